"""Each check by an exchange that holds, and by ones that do not."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from mockserver.contract.api import ApiUnderTest
from mockserver.contract.exchange import Exchange, Request, Response
from mockserver.contract.loading import load_vendor_api
from mockserver.contract.oracle.checks import CHECKS
from tests.contract.exchanges import (
    BAD,
    GOOD,
    JSON,
    OTHER,
    acme,
    answered,
    judged,
    message,
    put,
    results,
    row,
    with_outcome,
)

COUNTED = with_outcome({"count": "/count", "maps": ["/errors"]})
WHOLE = with_outcome({}, atomicity="all-or-nothing")
PROBLEM = "application/problem+json"


def fatal() -> dict[str, Any]:
    """The made-up spec whose reader fails at a wrong type."""
    return with_outcome(
        {"list": "/results", "status": "/status", "message": "/text", "key": "/order/id"}, fatal=["type"]
    )


def counted(items: tuple[Any, ...], count: int, errors: Mapping[str, Any]) -> Exchange:
    """An answer that counts."""
    return answered(put(*items), 207, {"count": count, "errors": dict(errors)})


@pytest.mark.parametrize(
    ("request_", "status", "document"),
    [
        (put(GOOD, OTHER), 207, results(row("A-1"), row("A-2"))),
        (put(GOOD, BAD), 207, results(row("A-1"), row("A-9", 422, "below 0"))),
        (put(GOOD), 207, results(row("A-1", 409, "locked"))),
        (put(GOOD), 503, {"title": "Service Unavailable"}),
        (put(), 207, results()),
        (Request("PUT", "/orders", JSON, b"{"), 400, {"detail": "no JSON"}),
        (Request("GET", "/orders"), 200, [GOOD]),
        (Request("GET", "/orders/A-1"), 404, {"detail": "not there"}),
    ],
    ids=["all-good", "one-bad", "by-state", "out-of-order", "nothing", "unreadable", "list", "not-found"],
)
def test_a_right_answer_is_found_right(request_: Request, status: int, document: Any, tmp_path: Path) -> None:
    exchange = answered(request_, status, document, PROBLEM if status >= 400 else "application/json")

    found, _ = judged(acme(tmp_path), exchange)

    assert [one.check for one in found if one.check != "no-server-error"] == []


BELOW_0 = "amount is -1, which is below 0"
WARNED = with_outcome({"count": "/count", "maps": ["/errors", "/warnings"]})
DONE = with_outcome({"list": "/results", "status": "/status", "message": "/text", "count": "/done"})
MUCH = {"id": "A-9", "amount": "much"}
HELD = {"count": 1, "errors": {"A-9": ["no VAT number"]}, "warnings": {"A-1": ["no VAT number"]}}


def batch(items: tuple[Any, ...], *rows: Any, status: int = 207, **members: Any) -> Exchange:
    """A batch of the items, answered with these outcomes."""
    return answered(put(*items), status, {**results(*rows), **members})


def refused(items: tuple[Any, ...], status: int, document: Any) -> Exchange:
    """A batch of the items, refused as a whole."""
    return answered(put(*items), status, document, PROBLEM)


SENTENCES: Mapping[str, Mapping[str, tuple[Mapping[str, Any] | None, Exchange, str]]] = {
    "answers-match-the-spec": {
        "an unstated status": (
            None,
            batch((GOOD,), row("A-1"), status=202),
            "answers 202, which the spec does not state for putOrders",
        ),
        "an unstated media type": (
            None,
            answered(put(GOOD), 207, results(row("A-1")), "text/html"),
            "answers 207 as text/html; the spec states application/json",
        ),
        "a refusal in another shape": (None, refused((GOOD,), 409, ["no"]), ""),
    },
    "members-are-stated": {"an object without a schema": (None, batch((), x=1), "")},
    "no-server-error": {
        "a stated server error": (
            None,
            refused((GOOD,), 500, {"title": "Oops"}),
            "answers 500: a server must have an answer to every request",
        ),
    },
    "refusals-have-the-shape": {
        "no body": (
            None,
            refused((GOOD,), 409, None),
            "answers 409 without a body; the spec has one for this status",
        ),
        "another shape": (
            None,
            refused((GOOD,), 409, ["no"]),
            'answers 409 with a body that breaks its schema: it is ["no"], which is not of type object',
        ),
    },
    "refusals-say-why": {
        "the words of an item that was done": (
            None,
            batch((GOOD, BAD), row("A-1"), row("A-9", 422, "Created")),
            "item 1 is rejected with the message of item 0, which was accepted",
        ),
        "the words of a warning": (WARNED, answered(put(GOOD, BAD), 207, HELD), ""),
        "no words": (
            None,
            batch((GOOD, BAD), row("A-1"), row("A-9", 422, "  ")),
            "item 1 is rejected without a message",
        ),
    },
    "envelope-is-judged": {
        "an envelope that nobody can read": (
            None,
            answered(Request("PUT", "/orders", JSON, b"{}"), 207, results()),
            "answers 207 to a call that must be refused: orders is missing",
        ),
        "an item that nobody can read": (
            fatal(),
            batch((GOOD, MUCH), row("A-1"), row("A-9", 422, "no")),
            (
                'sent 2 items; item 1 cannot be read (amount is "much", which is not of type number), '
                "so the call must be refused as a whole; 207 came"
            ),
        ),
        "an item that nobody can read, refused": (fatal(), refused((GOOD, MUCH), 400, {"detail": "no"}), ""),
    },
    "outcome-fits-the-item": {
        "a bad item of all or nothing": (
            WHOLE,
            answered(put(GOOD, BAD), 207, {}),
            f"sent 2 items, 1 of them bad (item 1: {BELOW_0}); all 2 are reported as done",
        ),
        "a bad item that no map names": (
            COUNTED,
            counted((GOOD, BAD), 2, {}),
            f"sent 2 items, 1 of them bad (item 1: {BELOW_0}); all 2 are reported as done",
        ),
        "bad items are accepted as the others": (
            None,
            batch((GOOD, BAD, OTHER), row("A-1"), row("A-9"), row("A-2")),
            f"sent 3 items, 1 of them bad (item 1: {BELOW_0}); all 3 are reported as done",
        ),
        "outcomes have changed places": (
            None,
            batch((GOOD, BAD), row("A-1", 422, "no"), row("A-9")),
            f"sent 2 items, 1 of them bad (item 1: {BELOW_0}); item 1 is reported as done",
        ),
        "one bad item alone": (
            None,
            batch((BAD,), row("A-9")),
            f"sent 1 item, 1 of them bad (item 0: {BELOW_0}); it is reported as done",
        ),
    },
    "one-outcome-per-item": {
        "dropped": (
            None,
            batch((GOOD, OTHER), row("A-1")),
            "sent 2 items, 1 outcome came; sent: A-1, A-2; the answer names: A-1",
        ),
        "doubled": (
            None,
            batch((GOOD, OTHER), row("A-1"), row("A-2"), row("A-2")),
            "sent 2 items, 3 outcomes came; sent: A-1, A-2; the answer names: A-1, A-2, A-2",
        ),
        "somebody else's": (
            None,
            batch((GOOD, OTHER), row("S-1"), row("S-2"), row("S-3")),
            (
                "gives no per-item outcome: sent 2 items, 3 outcomes came; sent: A-1, A-2; "
                "the answer names: S-1, S-2, S-3"
            ),
        ),
        "none": (None, batch((GOOD, OTHER)), "sent 2 items, 0 outcomes came"),
        "no list": (
            None,
            answered(put(GOOD, OTHER), 207, {"orders": [GOOD]}),
            "gives no per-item outcome: 2 items sent, and /results of the answer is not there, not a list",
        ),
    },
    "count-is-processed": {
        "right": (COUNTED, counted((GOOD, OTHER, BAD), 2, {"A-9": ["no"]}), ""),
        "too many": (
            COUNTED,
            counted((GOOD, OTHER, BAD), 3, {"A-9": ["no"]}),
            "sent 3 items, 1 rejected: count is 3, expected 2",
        ),
        "too few": (
            COUNTED,
            counted((GOOD, OTHER, BAD), 1, {"A-9": ["no"]}),
            "sent 3 items, 1 rejected: count is 1, expected 2",
        ),
        "beside a list": (
            DONE,
            batch((GOOD, OTHER), row("A-1"), row("A-2", 422, "no"), done=2),
            "sent 2 items, 1 rejected: count is 2, expected 1",
        ),
    },
}
"""The spec, the exchange and the sentence ("" if all is right), by check and case."""


@pytest.mark.parametrize(
    ("check", "case"), [(check, case) for check in SENTENCES for case in SENTENCES[check]]
)
def test_a_check_says_what_does_not_hold(check: str, case: str, tmp_path: Path) -> None:
    made, exchange, sentence = SENTENCES[check][case]

    assert message(acme(tmp_path, made), exchange, check) == ([sentence] if sentence else [])


@pytest.mark.parametrize(
    ("made", "exchange", "finding"),
    [
        (
            None,
            answered(Request("GET", "/orders"), 200, [GOOD, {"id": "A"}]),
            (
                "answers-match-the-spec",
                "answers 200 with a body that breaks its schema: amount is missing",
                "/1/amount",
            ),
        ),
        (
            None,
            answered(Request("GET", "/orders"), 200, [GOOD, {**GOOD, "trace": "x"}]),
            (
                "members-are-stated",
                "answers 200 with a member that the spec does not name: trace",
                "/1/trace",
            ),
        ),
        (
            COUNTED,
            counted((GOOD,), 1, {"ZZ": ["no"]}),
            (
                "one-outcome-per-item",
                "sent 1 item; the answer has an outcome for an item that was not sent (ZZ)",
                "/errors/ZZ",
            ),
        ),
        (
            None,
            batch((GOOD, OTHER), row("A-2"), row("A-1")),
            (
                "order-is-kept",
                "sent 2 items; at the position of item 0 (A-1) is the outcome of A-2, which is item 1",
                "/results/0",
            ),
        ),
        (
            None,
            batch((GOOD, OTHER), row("A-1"), row("B-7")),
            ("keys-are-the-items", "item 1 was sent as A-2; its outcome names B-7", "/results/1"),
        ),
    ],
    ids=["schema", "member", "unsent", "order", "key"],
)
def test_a_finding_names_its_place_and_stands_alone(
    made: Mapping[str, Any] | None, exchange: Exchange, finding: tuple[str, str, str], tmp_path: Path
) -> None:
    found, _ = judged(acme(tmp_path, made), exchange)

    assert [(one.check, one.message, one.pointer) for one in found] == [finding]


def test_a_range_and_a_default_state_an_answer_too(tmp_path: Path) -> None:
    spec = with_outcome({})
    spec["paths"]["/orders"]["get"]["responses"] = {
        "2XX": {"description": "fine"},
        "default": {"description": "no"},
    }
    known = acme(tmp_path, spec)

    found = [judged(known, answered(Request("GET", "/orders"), status, None))[0] for status in (206, 418)]

    assert found == [(), ()]


def test_a_body_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    exchange = Exchange(Request("GET", "/orders"), Response(200, JSON, b"[{"))

    assert "cannot be read" in message(acme(tmp_path), exchange, "answers-match-the-spec")[0]


@pytest.mark.parametrize(
    ("media_type", "body"),
    [
        ("text/xml", b"<ArrayOfInvoice/>"),
        (
            "application/xml",
            b'<ArrayOfInvoice xmlns="http://schemas.datacontract.org/2004/07/PVExDataModel"><Invoice/></ArrayOfInvoice>',
        ),
    ],
)
def test_xml_is_held_against_its_schema(media_type: str, body: bytes) -> None:
    exchange = Exchange(Request("GET", "/api/Invoice"), Response(200, {"content-type": media_type}, body))

    assert message(load_vendor_api("pvex"), exchange, "answers-match-the-spec")


@pytest.mark.parametrize("media_type", ["text/plain", "text/json", "application/json"])
def test_json_under_its_other_names_is_held_against_its_schema(media_type: str) -> None:
    headers = {"vbasoftware-database": "sandbox", **JSON}
    request = Request("PUT", "/claim-invoice-batch", headers, b'[{"invoice_Key": 1}]')

    assert message(
        load_vendor_api("vba"), answered(request, 207, {"data": 5}, media_type), "answers-match-the-spec"
    )


@pytest.mark.parametrize(
    ("accept", "sentences"),
    [
        (
            "application/xml",
            ["asked for application/xml, which the spec states for 200; application/json came"],
        ),
        ("application/xml, */*;q=0.1", []),
        ("application/*", []),
        ("image/png", []),
        ("application/json", []),
    ],
)
def test_an_answer_comes_as_asked_for_where_the_spec_states_it(accept: str, sentences: list[str]) -> None:
    exchange = answered(Request("GET", "/api/Invoice", {"accept": accept}), 200, [])

    assert message(load_vendor_api("pvex"), exchange, "comes-as-asked-for") == sentences


@pytest.mark.parametrize("status", [406, 415])
def test_a_refusal_of_a_media_type_comes_in_the_one_that_there_is(status: int) -> None:
    exchange = answered(
        Request("GET", "/api.xro/2.0/Invoices", {"accept": "application/xml"}), status, {"Title": "no"}
    )

    assert message(load_vendor_api("xero"), exchange, "comes-as-asked-for") == []


def test_an_answer_may_be_in_any_form_of_json_that_the_spec_states() -> None:
    exchange = answered(Request("GET", "/claim-invoice", {"accept": "text/json"}), 200, {"data": []})

    assert exchange.response.media_type == "application/json"
    assert message(load_vendor_api("vba"), exchange, "comes-as-asked-for") == []


@pytest.mark.parametrize("document", [{"detail": ""}, {"title": " ", "status": 409}, {}, {"errors": []}])
def test_a_refusal_that_does_not_say_why_is_told(document: Any, tmp_path: Path) -> None:
    found = message(acme(tmp_path), answered(put(GOOD), 409, document, PROBLEM), "refusals-say-why")

    assert found == ["answers 409 without a message"]


def test_the_words_nearest_to_the_root_are_the_reason(tmp_path: Path) -> None:
    document = {"errorCode": "Bad", "userMessage": "", "details": [{"message": "too long"}]}

    assert message(acme(tmp_path), answered(put(GOOD), 409, document, PROBLEM), "refusals-say-why")


@pytest.mark.parametrize(
    ("items", "why"),
    [
        ((GOOD, OTHER), "the spec allows each of them"),
        ((GOOD, BAD), "item 1 alone is bad: amount is -1, which is below 0"),
        ((BAD, BAD), "2 of them are bad, each by itself (item 0: amount is -1, which is below 0)"),
    ],
    ids=["none", "one", "all"],
)
def test_a_bad_item_does_not_cost_the_others_their_place(
    items: tuple[Any, ...], why: str, tmp_path: Path
) -> None:
    exchange = answered(put(*items), 400, {"detail": "bad"}, PROBLEM)

    assert message(acme(tmp_path), exchange, "envelope-is-judged") == [
        f"sent 2 items; {why}; but 400 rejects all of them"
    ]


@pytest.mark.parametrize("status", [401, 403, 404, 409])
def test_a_call_may_be_refused_for_its_caller_and_the_state(status: int, tmp_path: Path) -> None:
    exchange = answered(put(GOOD), status, {"detail": "no"}, PROBLEM)

    assert message(acme(tmp_path), exchange, "envelope-is-judged") == []


KNOWN = {"x-api-key": "good-key", "authorization": "Bearer good-token", "vbasoftware-database": "north"}


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ({}, 1),
        ({"vbasoftware-database": "VBADEMO"}, 1),
        ({"x-api-key": ""}, 0),
        ({"authorization": "Bearer x"}, 0),
        ({"vbasoftware-database": "sandbox"}, 0),
    ],
    ids=["all", "the other tenant", "empty key", "another token", "another tenant"],
)
def test_a_call_of_an_unknown_caller_or_tenant_may_be_refused_for_that(
    sent: dict[str, str], told: int
) -> None:
    api = load_vendor_api("vba", {"database": "north"})
    request = Request("PUT", "/claim-invoice-batch", {**JSON, **KNOWN, **sent}, b'[{"invoice_Key": 9}]')
    refusal = {"data": None, "error": {"detail": "no"}, "debug": {"activityID": "1"}}

    assert len(message(api, answered(request, 400, refusal), "envelope-is-judged")) == told


def test_all_or_nothing_may_be_refused_for_any_item(tmp_path: Path) -> None:
    exchange = answered(put(GOOD, BAD), 400, {"detail": "no"}, PROBLEM)

    assert judged(acme(tmp_path, WHOLE), exchange)[0] == ()


@pytest.mark.parametrize(("count", "holds"), [(0, True), (1, True), (2, False)])
def test_items_of_one_key_may_have_failed_together_or_in_part(
    count: int,
    holds: bool,  # noqa: FBT001 - expected
    tmp_path: Path,
) -> None:
    exchange = counted((GOOD, GOOD), count, {"A-1": ["no"]})

    assert (message(acme(tmp_path, COUNTED), exchange, "count-is-processed") == []) is holds


def test_what_is_in_doubt_is_neither_expected_nor_refused(tmp_path: Path) -> None:
    known = acme(tmp_path)
    doubtful = {"id": "A-1", "amount": 1, "note": " " + "x" * 10}

    for outcome in (row("A-1"), row("A-1", 422, "no")):
        assert judged(known, answered(put(doubtful), 207, results(outcome)))[0] == ()


def _pvex(body: bytes, status: int, answer: bytes = b"") -> tuple[ApiUnderTest, Exchange]:
    headers = {"authorization": "Bearer x", "content-type": "application/x-www-form-urlencoded"}
    request = Request("POST", "/api/InvoiceBatch", headers, body)
    return load_vendor_api("pvex"), Exchange(request, Response(status, JSON if answer else {}, answer))


def test_a_bad_item_in_a_form_is_not_taken() -> None:
    found = message(*_pvex(b"[0].Number=7&[0].RowKey=many", 200), "outcome-fits-the-item")

    assert len(found) == 1
    assert found[0].endswith("it is reported as done")


def test_a_bad_item_in_a_form_is_refused() -> None:
    refusal = json.dumps(
        {
            "Message": "The request is invalid.",
            "ModelState": {"invoices[0].RowKey": ["An error has occurred."]},
        }
    ).encode()

    assert judged(*_pvex(b"[0].Number=7&[0].RowKey=many", 400, refusal))[0] == ()


def test_a_refusal_of_all_names_every_bad_item() -> None:
    refusal = {
        "Message": "The request is invalid.",
        "ModelState": {"invoices[0].Number": ["It is required."]},
    }
    request = Request("POST", "/api/InvoiceBatch", {"authorization": "Bearer x", **JSON}, b"[{}, {}]")

    assert message(load_vendor_api("pvex"), answered(request, 400, refusal), "outcome-fits-the-item") == [
        "refuses all items for item 0 and says nothing of item 1: Number is missing"
    ]


def test_ids_and_sentences_of_the_table_are_stable() -> None:
    assert list(CHECKS) == [
        "answers-match-the-spec",
        "members-are-stated",
        "comes-as-asked-for",
        "headers-match-the-spec",
        "no-server-error",
        "refusals-have-the-shape",
        "envelope-is-judged",
        "one-outcome-per-item",
        "outcome-fits-the-item",
        "order-is-kept",
        "keys-are-the-items",
        "count-is-processed",
        "refusals-say-why",
        "message-fits-the-outcome",
        "message-names-its-item",
    ]
    assert all(one.says and one.reason and one.counts for one in CHECKS.values())
