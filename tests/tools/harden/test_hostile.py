"""A short form of `make harden`: what is no matter of time or memory."""

from __future__ import annotations

from tests.tools.harden.hostile import run_trial


def test_no_hostile_call_breaks_the_server() -> None:
    result = run_trial(calls=400, seed=3)

    assert sum(result.trial.statuses.values()) == 400
    assert result.trial.unplanned == []
    assert result.crashes == []
