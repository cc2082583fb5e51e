from __future__ import annotations

import hypothesis
import pytest
from hypothesis import strategies as st

from mockserver.contract.config import RunConfig
from mockserver.contract.failure_search import hypothesis_settings, warm_up
from tests.support.hypothesis_settings import without_constants


def test_the_same_cases_are_drawn_in_a_process_that_was_warmed_up(monkeypatch: pytest.MonkeyPatch) -> None:
    without_constants(monkeypatch)
    before = _drawn()

    warm_up()

    assert _drawn() == before


def _drawn() -> list[tuple[int, str]]:
    cases = []

    @hypothesis.seed(7)
    @hypothesis_settings(RunConfig(7, 20))
    @hypothesis.given(st.tuples(st.integers(), st.text()))
    def one(case: tuple[int, str]) -> None:
        cases.append(case)

    one()
    return cases
