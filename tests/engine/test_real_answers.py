"""What answers of real servers tell of each item, in words that our own answers do not have."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mockserver.model import Reply
from tests.engine.test_passage import FORMS, LOCKED, NDJSON
from tests.support.forwarding import JSON, Mock, Passed, example_app, vendor_app


def pass_on(name: str, reply: Reply) -> Passed:
    """Send the call with the items 2, 1, 3 and 4 of an example; `reply` is what the real server answers."""
    form = FORMS[name]
    return Mock(example_app(name), name).pass_on(reply, form.method, form.path, form.second, form.media_type)


def rows(member: str, *listed: Any, **more: Any) -> Any:
    return {member: list(listed), **more}


C, U, R, S = "created", "updated", "rejected", "skipped"


# fmt: off
ANSWERS: tuple[tuple[str, int, Any, tuple[str, ...]], ...] = (
    ("rows-with-words", 200,
     [{"result": one} for one in ("created", "exists", "DENIED", "Not tried")], (C, U, R, S)),
    ("rows-with-words", 200, [{"result": {}}, {"result": []}, {"result": 1}, {"result": None}], (C, C, U, C)),
    ("rows-200-or-207", 207,
     rows("responses", *({"statusCode": one} for one in (201, 200, 409, 424))), (C, U, R, S)),
    ("rows-200-or-207", 207,
     rows("responses", *({"statusCode": one} for one in ("201", "304", "503", "200"))),
     (C, "unchanged", R, U)),
    ("rows-by-flag", 200,
     rows("value", *({"status": one} for one in (True, False, True, False))), (C, R, C, R)),
    ("rows-and-failed-count", 200,
     rows("records", {"id": "2"}, {"id": "1", "errorMessage": "no"}, {"id": "3"}, {"id": "4"}),
     (C, R, C, C)),
    ("two-lists", 207,
     {"results": [{"number": "3"}, {"number": "2"}], "errors": [{"context": {"number": "1"}}]},
     (C, R, C, S)),
    ("created-and-failed-elements", 201,
     {"tickets": [{"number": "A"}, {"number": "B"}], "errors": [{"failedElement": 1}, {"failedElement": 3}]},
     (C, R, C, R)),
    ("maps-by-index", 200, {"stars": [], "failedRequests": {"1": {}, "2": {}}}, (S, R, R, S)),
    ("maps-of-problems", 201, {"count": 3, "errors": {"1": ["no"]}}, (C, R, C, C)),
    ("maps-of-problems", 201, {"count": 4, "errors": []}, (C, C, C, C)),
    ("only-failures", 200, [{"index": 3, "result": "no"}], (C, C, C, R)),
    ("unprocessed-items", 200, {}, (C, C, C, C)),
    ("a-count-only", 200, {"partialSuccess": {"rejectedSpans": 0}}, (C, C, C, C)),
    ("a-count-only", 200, {"partialSuccess": {"rejectedSpans": 4}}, (R, R, R, R)),
    ("a-count-only", 200, {"partialSuccess": {"rejectedSpans": 1}}, (S, S, S, S)),
    ("items-in-a-map", 200,
     {"responses": {"1": {"error": {"code": "x"}}, "4": {}}}, (S, R, S, C)),
    ("all-or-nothing-by-switch", 200,
     [{"id": one, "success": False, "statusCode": "ALL_OR_NONE"} for one in "2134"], (R, R, R, R)),
    ("requests-by-id", 200,
     rows("responses", {"id": "c", "status": 500}, {"id": "a", "status": 201}), (C, S, R, S)),
    ("two-lists", 200, {"other": 1}, ()),
    ("two-lists", 500, {"results": "none"}, ()),
    ("only-failures", 400, {"message": "no"}, ()),
)
# fmt: on


@pytest.mark.parametrize(("name", "status", "document", "actions"), ANSWERS)
def test_the_outcomes_of_items(name: str, status: int, document: Any, actions: tuple[str, ...]) -> None:
    passed = pass_on(name, Reply(status, json.dumps(document).encode(), JSON))

    assert tuple(str(one.action) for one in passed.answer.outcomes) == actions


@pytest.mark.parametrize(
    ("headers", "actions"),
    [
        ((("Samples-Written", "4"),), (C, C, C, C)),
        ((("samples-written", "0"), ("samples-refused", "4")), (R, R, R, R)),
        ((("samples-written", "3"), ("samples-refused", "1")), (S, S, S, S)),
        ((), ()),
    ],
)
def test_the_outcomes_of_items_by_counts_in_headers(
    headers: tuple[tuple[str, str], ...], actions: tuple[str, ...]
) -> None:
    passed = pass_on("counts-in-headers", Reply(400, headers=headers))

    assert tuple(str(one.action) for one in passed.answer.outcomes) == actions


def test_items_with_equal_keys_have_their_rows_in_order() -> None:
    told = [
        {"index": {"_id": one, "status": status}}
        for one, status in (("2", 409), ("1", 201), ("3", 201), ("2", 200))
    ]

    passed = pass_on("lines-in-pairs", Reply(200, json.dumps({"items": told}).encode(), JSON))

    assert [str(one.action) for one in passed.answer.outcomes] == [R, C, C, U]


def test_items_with_equal_keys_may_share_a_row() -> None:
    told = [{"index": {"_id": one, "status": 201}} for one in "213"]

    passed = pass_on("lines-in-pairs", Reply(200, json.dumps({"items": told}).encode(), JSON))

    assert [str(one.action) for one in passed.answer.outcomes] == [C, C, C, C]


def test_a_rejection_has_code_message_and_status_of_its_row() -> None:
    error = {"category": "TOO_DRY", "message": "water it", "context": {"number": "1"}}

    passed = pass_on("two-lists", Reply(207, json.dumps({"results": [], "errors": [error]}).encode(), JSON))

    (problem,) = passed.answer.outcomes[1].problems
    assert (problem.code, problem.detail, problem.path) == ("TOO_DRY", "water it", ("inputs", 1))


def test_an_item_without_a_row_is_told_as_not_known() -> None:
    passed = pass_on("two-lists", Reply(207, b'{"results": [], "errors": []}', JSON))

    assert {one.problems[0].code for one in passed.answer.outcomes} == {"untold"}


def test_the_record_of_an_accepted_item_is_that_of_its_row() -> None:
    stored = {"number": "2", "grams": 7, "made": "today"}

    passed = pass_on("two-lists", Reply(201, json.dumps({"results": [stored], "errors": []}).encode(), JSON))

    assert passed.answer.outcomes[0].document == stored


def test_rows_that_only_their_order_tells_apart_must_be_as_many_as_the_items() -> None:
    passed = pass_on("lines-in-and-out", Reply(200, b'{"success":true}\n{"succ', NDJSON))

    assert [str(one.action) for one in passed.answer.outcomes] == [S, S, S, S]


def test_a_bare_item_is_a_batch_of_one() -> None:
    front = Mock(vendor_app(), "xero", xero_tenant_id="t")
    told = {"Invoices": [{"InvoiceNumber": "W-1", "StatusAttributeString": "OK"}]}

    passed = front.pass_on(
        Reply(200, json.dumps(told).encode(), JSON),
        "PUT",
        "/api.xro/2.0/Invoices",
        b'{"InvoiceNumber":"W-1"}',
    )

    assert [(one.item.key, str(one.action)) for one in passed.answer.outcomes] == [("W-1", C)]


XML, TENANT = "application/xml", "00000000-0000-4000-8000-000000000001"
INVOICES = {
    "Invoices": [
        {
            "InvoiceNumber": "W-1",
            "Type": "ACCREC",
            "Contact": {"Name": "A"},
            "LineItems": [{"Description": "x"}],
        },
        {"InvoiceNumber": "W-2", "Type": "ACCREC"},
    ]
}


def pass_on_for_xml(**rule: Any) -> tuple[Passed, Reply]:
    """Send two invoices, the second without a contact, to a real server that answers in XML."""
    front, real = (
        Mock(vendor_app(), "xero", xero_tenant_id=TENANT, authorization="Bearer any", accept=XML)
        for _ in "12"
    )
    front.arm(rule)
    call = ("PUT", "/api.xro/2.0/Invoices?summarizeErrors=false", json.dumps(INVOICES).encode())
    told = real.answer(*call).reply
    return front.pass_on(told, *call), told


def test_the_rows_of_an_answer_in_xml_are_read_by_their_schema() -> None:
    passed, told = pass_on_for_xml()

    assert told.media_type == f"{XML}; charset=utf-8"
    assert [str(one.action) for one in passed.answer.outcomes] == [C, R]
    assert passed.answer.outcomes[1].problems[0].detail == "One or more line items must be specified"


def test_no_rule_changes_the_rows_of_an_answer_in_xml() -> None:
    passed, told = pass_on_for_xml(items=[{"select": {"index": 0}, "effect": {"omit": True}}])

    assert passed.answer.reply.body == told.body
    assert [str(one.action) for one in passed.answer.outcomes] == [C, R]
    assert "is XML or tells nothing of items" in passed.answer.reason


def test_an_item_that_is_not_sent_is_skipped_if_the_answer_is_xml() -> None:
    passed, _ = pass_on_for_xml(items=[{"select": {"index": 0}, "effect": {"fail": LOCKED}}])

    assert passed.received is not None
    assert b"W-1" not in passed.received
    assert [str(one.action) for one in passed.answer.outcomes] == [S, R]
    assert passed.answer.outcomes[0].problems[0].detail.startswith("not sent, because of test/rule;")


@pytest.mark.parametrize("body", [b"<Response><Invoices>", b"<Other/>", b""])
def test_an_answer_in_xml_that_cannot_be_read_tells_nothing(body: bytes) -> None:
    front = Mock(vendor_app(), "xero", xero_tenant_id=TENANT)

    passed = front.pass_on(
        Reply(200, body, XML), "PUT", "/api.xro/2.0/Invoices", json.dumps(INVOICES).encode()
    )

    assert passed.answer.outcomes == ()
