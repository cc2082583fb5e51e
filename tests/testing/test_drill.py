"""Clients under test, as functions and as processes."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from mockserver.testing.client_process import ClientCommand, ProcessGroups
from mockserver.testing.drill import DrillTarget, call_function

TARGET: Any = DrillTarget("http://127.0.0.1:1/x", "secret", "t", {}, "box", None, lambda: 4)  # type: ignore[arg-type]


@pytest.mark.parametrize(("code", "status"), [(None, 0), (0, 0), (3, 3), ("no file", 1)])
def test_a_function_that_exits_ends_as_a_program_does(code: Any, status: int) -> None:
    ended = call_function(lambda _: sys.exit(code))(TARGET)

    assert ended.status == status
    assert str(code or "").strip() in ended.output


def test_placeholders_are_filled_in_and_a_failure_is_started_again() -> None:
    program = "import sys; print(*sys.argv[1:]); sys.exit(1)"
    words = (sys.executable, "-S", "-c", program, "{url}", "{token}", "{port}", "{more}", "{other}")
    with ProcessGroups() as groups:
        ended = ClientCommand(words, {}, groups, 20, repeats=2).run(TARGET, {"more": "x"})

    assert (ended.status, ended.starts) == (1, (5, 5))
    assert ended.output.splitlines() == ["http://127.0.0.1:1/x secret 1 x {other}"] * 2


def test_what_is_started_after_the_end_is_killed_at_once_and_not_started_again() -> None:
    with ProcessGroups() as groups:
        pass
    words = (sys.executable, "-c", "import time; time.sleep(30)")
    ended = ClientCommand(words, {}, groups, 20, repeats=5).run(TARGET)

    assert ended.status not in (0, None)
    assert len(ended.starts) == 1
