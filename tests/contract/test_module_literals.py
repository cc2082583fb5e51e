from __future__ import annotations

import hypothesis
import pytest
from hypothesis import strategies as st

from mockserver.contract.failure_search import hypothesis_settings, without_module_literals
from mockserver.contract.fuzzing.generated_requests import own_header
from mockserver.contract.run_state import RunConfig

NAMES = st.lists(st.text(alphabet="abcdkmnosx-", min_size=10), max_size=20)
"""Names of headers in few letters: of the literals of our modules, few but `mock-sandbox` are among them."""


@pytest.fixture(autouse=True)
def _no_literals_of_modules() -> None:
    """As Hypothesis is by itself; in the other tests of this folder it draws no literals."""


def drawn_own_headers() -> set[str]:
    drawn: set[str] = set()

    @hypothesis.seed(7)
    @hypothesis_settings(RunConfig(max_examples=200))
    @hypothesis.given(NAMES)
    def one(names: list[str]) -> None:
        drawn.update(own_header({name: "x"}, []) for name in names)

    one()
    return drawn - {""}


def test_headers_of_ours_are_never_drawn() -> None:
    with without_module_literals():
        assert not drawn_own_headers()


def test_after_a_run_hypothesis_draws_as_it_did_before() -> None:
    before = drawn_own_headers()

    with without_module_literals():
        pass

    assert before == drawn_own_headers() == {"mock-sandbox"}
