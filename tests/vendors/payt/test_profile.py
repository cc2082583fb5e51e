"""What Payt says of itself to the contract suite is so at the server."""

from __future__ import annotations

from decimal import Decimal

import pytest

from mockserver.contract.loading import load_vendor_api
from mockserver.contract.profile import ReportedOutcome
from mockserver.model import Json
from tests.support.profile_checks import told_of

POST = "payt.postV1Invoices"
A, B = {"invoice_number": "A"}, {"invoice_number": "B"}


def told(errors: Json, *items: Json, warnings: Json = None, operation: str = POST) -> list[ReportedOutcome]:
    """What is told of the items of an answer that has these errors."""
    said = {} if warnings is None else {"warnings": warnings}
    telling = told_of(operation, {"success": True, "count": 1, "errors": errors, **said}, *items)
    assert telling is not None
    assert telling.count == 1
    assert not telling.is_complete
    return list(telling.outcomes)


def test_an_error_is_of_the_record_of_its_number() -> None:
    (one,) = told({"B": ["Debtor must exist", "Amount total is not a number"]}, A, B)

    assert (one.place, one.accepted, one.at) == (1, False, "/errors/B")
    assert one.message == "Debtor must exist; Amount total is not a number"


def test_records_of_one_number_share_an_error() -> None:
    assert [one.place for one in told({"A": ["Invoice numbers must be unique"]}, A, B, A)] == [0, 2]


def test_a_record_without_a_number_goes_by_its_identifier() -> None:
    nameless = {"invoice_number": " ", "invoice_identifier": "777"}

    assert [one.place for one in told({"777": ["x"]}, A, nameless)] == [1]


def test_a_record_without_any_name_goes_by_its_place() -> None:
    assert [one.place for one in told({"invoices[1]": ["x"]}, A, {"invoice_number": ""})] == [1]


def test_a_record_whose_number_is_no_text_may_go_by_its_place() -> None:
    assert [one.place for one in told({"invoices[1]": ["x"]}, A, {"invoice_number": {}})] == [1]


def test_a_number_that_is_sent_as_a_number_is_found() -> None:
    assert [one.place for one in told({"5.0": ["x"]}, {"invoice_number": Decimal("5.0")})] == [0]


def test_a_kind_of_failure_names_its_records() -> None:
    found = told({"not_found": ["B", "C"]}, A, B, operation="payt.patchV1Invoices")

    assert [(one.place, one.key, one.at) for one in found] == [
        (1, None, "/errors/not_found/0"),
        (None, "C", "/errors/not_found/1"),
    ]


def test_a_record_that_is_warned_of_was_done() -> None:
    (one,) = told({}, A, warnings={"A": ["Debtor cannot be changed"]})

    assert (one.place, one.accepted, one.message) == (0, True, "Debtor cannot be changed")


def test_a_record_that_is_refused_and_warned_of_is_told_of_once() -> None:
    (one,) = told({"A": ["x"]}, A, warnings={"A": ["y"]})

    assert not one.accepted


def test_a_name_that_nobody_sent_stands_for_no_record() -> None:
    assert [(one.place, one.key) for one in told({"Z/1": ["x"]}, A)] == [(None, "Z/1")]


@pytest.mark.parametrize(
    "answer",
    [[], {}, {"count": True, "errors": {}}, {"count": 1}, {"count": 1, "errors": [], "warnings": {}}],
)
def test_an_answer_without_counters_and_maps_cannot_be_read(answer: Json) -> None:
    with pytest.raises(ValueError, match="the answer has no"):
        told_of(POST, answer, A)


def test_without_another_administration_there_is_one_tenant() -> None:
    under = load_vendor_api("payt", {"other_administration": ""})

    assert {one.tenants for one in under.profile.batches(under.facts)} == {1}
