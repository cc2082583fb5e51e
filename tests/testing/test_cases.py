from __future__ import annotations

import pytest

from mockserver.testing.sandbox import CatalogueTest, Sandbox, find_cases, show_case
from mockserver.testing.server import MockServer
from tests.testing.sending import send


def test_a_case_runs_and_its_calls_are_excused(server: MockServer) -> None:
    with Sandbox(server) as box:
        case = box.case("vba", "144")
        case.run()

        assert case.section == "drift"
        assert box.journal(off_contract=True) != ()


def test_a_case_that_does_not_hold_says_why(server: MockServer, box: Sandbox) -> None:
    row = show_case(server.control, "54-all-good-207")
    case = CatalogueTest(row, "vba", box, lambda *_: {"passed": False, "says": ["expected 207, found 500"]})

    with pytest.raises(AssertionError, match="54-all-good-207 of vba:\nexpected 207, found 500"):
        case.run()


def test_a_case_is_arranged_for_a_client(box: Sandbox) -> None:
    vba = box.vendor("vba")
    box.case("vba", "55").arrange()

    send(vba, vba.example())

    assert vba.calls[0].applied == ("internal-error/internal",)


@pytest.mark.parametrize("tag", ["partial-success", "seed", "all-good-207", "54-all-good-207", "54"])
def test_cases_are_chosen_by_a_tag(server: MockServer, tag: str) -> None:
    assert "54-all-good-207" in find_cases(server.control, "vba", tag)


def test_a_case_that_is_not_there_is_told(box: Sandbox) -> None:
    with pytest.raises(LookupError, match="vba has no case 999"):
        box.case("vba", "999")
