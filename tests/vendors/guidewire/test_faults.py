from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from msgspec.structs import replace

from mockserver.codec import json
from mockserver.engine.refusals import CallRefuser
from mockserver.engine.registry import LoadedVendor
from mockserver.errors import Refusal, Rejected, TooManyRequests, Unavailable, VendorFailure
from mockserver.model import Action, Call, Document, Fault, Item, Outcome, Problem, Reply
from mockserver.server.application import Application
from mockserver.vendor import FAULT_RULE, BatchResult, Request
from mockserver.vendors.guidewire import VENDOR
from tests.support.engine_samples import refuse_dispatch
from tests.vendors.guidewire.samples import A_ID, B_ID, B_ITEMS, BATCH, A, patching, sent

BAD_INPUT = "gw.api.rest.exceptions.BadInputException"
ISSUED = "The bulk invoice cannot be edited because its status is 'Issued'"
STALE = (
    "The supplied checksum '1' does not match the current checksum 'c93919e43b2853a3e7cf3ab60028b7be' "
    f"for the resource with uri '{A}'"
)

CODES = [
    ("missing-required", 400, "The 'payeeAddressBookUID' property is required"),
    ("too-long", 400, "The value of 'invoiceNumber' is longer than 255 characters"),
    ("duplicate-key", 400, "Another resource has the 'invoiceNumber' 'INV-9'"),
    ("unknown-reference", 400, "No resource with the id 'ab:9' was found for 'payeeAddressBookUID'"),
    ("locked", 400, ISSUED),
    ("conflict", 409, STALE),
    ("throttled", 429, "Too many requests were sent"),
    ("internal", 500, "An unexpected error occurred"),
    ("timeout", 503, "The server is not available"),
    ("no-such-code", 400, "The value of 'data' is not valid"),
]
CHANGE: dict[str, Any] = {
    "data": {"attributes": {"invoiceNumber": "INV-9", "payeeAddressBookUID": "ab:9"}, "checksum": "1"}
}


@pytest.fixture
def served(app: Application) -> LoadedVendor:
    """Guidewire as it is served."""
    return next(one for one in app.served if one.name == "guidewire")


def asked(served: LoadedVendor, operation: str, path: str, body: Any, **values: str) -> Request:
    """A call of that operation."""
    found = served.spec.operations[operation]
    sent_calls = body["requests"] if found.batch else ()
    items = tuple(Item(at, one["path"], one) for at, one in enumerate(sent_calls))
    assumed = {**served.assumptions, **values}
    call = Call("guidewire", "s", found.method.upper(), path, assumptions=assumed)
    return Request(call, found, {}, "", refuse_dispatch, body, items)


def batch(served: LoadedVendor, *calls: Document, **values: str) -> Request:
    """A batch of these calls."""
    return asked(served, "runBatch", BATCH, {"requests": list(calls)}, **values)


def change(served: LoadedVendor, **values: str) -> Request:
    """One change of one invoice."""
    return asked(served, "updateBulkInvoice", A, CHANGE, **values)


def failed(request: Request, fault: Fault, *, at: int = 0) -> Outcome:
    """The outcome of an item that a scenario fails."""
    item = request.items[at]
    return Outcome(item, Action.REJECTED, None, (VENDOR.fault(fault, item, request),))


def done(request: Request, at: int = 0) -> Outcome:
    """The outcome of an item that went well."""
    item = request.items[at]
    shown = {"id": A_ID, "bulkInvoiceTotal": "1.00"}
    body = {"data": {"attributes": shown, "links": {"self": {"href": A, "methods": ["get"]}}}}
    return Outcome(item, Action.UPDATED, {"status": 200, "body": body, "headers": []})


def answered(app: Application, request: Request, *outcomes: Outcome) -> list[Any]:
    """The entries of a batch's answer."""
    render = VENDOR.batches["runBatch"].render
    assert render is not None

    def shown(state: Any) -> Reply:
        return render(BatchResult(request, outcomes), state)

    reply = app.sandboxes.transact("default", "guidewire/", shown)
    entries: list[Any] = json.decode(reply.body)["responses"]
    return entries


class TestAFaultInABatch:
    """It is the entry that the call would have had."""

    @pytest.mark.parametrize(("code", "status", "sentence"), CODES, ids=[code for code, _, _ in CODES])
    def test_every_code_has_its_status_and_its_sentence(
        self, app: Application, served: LoadedVendor, code: str, status: int, sentence: str
    ) -> None:
        request = batch(served, {"method": "patch", "path": f"/bulk-invoices/{A_ID}", "body": CHANGE})

        (entry,) = answered(app, request, failed(request, Fault(code)))

        assert (entry["status"], entry["body"]["status"]) == (status, status)
        assert _sentence(entry["body"]) == sentence

    def test_what_a_rule_says_itself_stands_in_the_answer_as_it_is(
        self, app: Application, served: LoadedVendor
    ) -> None:
        request = batch(served, patching(A_ID, mailTo="x"))

        (entry,) = answered(app, request, failed(request, Fault("locked", 418, "Go away")))

        assert entry["status"] == 418
        assert entry["body"] == {"errorCode": BAD_INPUT, "userMessage": "Go away", "status": 418}

    def test_it_names_its_place_in_the_whole_batch(self, served: LoadedVendor) -> None:
        request = batch(served, patching(A_ID, mailTo="x"), patching(B_ID, mailTo="x"))

        (problem,) = failed(request, Fault("locked"), at=1).problems

        assert (problem.pointer, problem.rule, problem.detail) == ("/requests/1", FAULT_RULE, ISSUED)

    def test_a_call_that_was_run_is_answered_as_failed(self, app: Application, served: LoadedVendor) -> None:
        request = batch(served, patching(A_ID, mailTo="x"))
        told = replace(failed(request, Fault("internal")), document=done(request).document)

        (entry,) = answered(app, request, told)

        assert entry["status"] == 500

    def test_what_is_no_call_can_fail_too(self, app: Application, served: LoadedVendor) -> None:
        request = batch(served, patching(A_ID, mailTo="x"))
        item = Item(0, "", None)
        told = Outcome(item, Action.REJECTED, None, (VENDOR.fault(Fault("conflict"), item, request),))

        (entry,) = answered(app, request, told)

        assert entry["status"] == 409

    def test_the_assumptions_hold_for_it(self, app: Application, served: LoadedVendor) -> None:
        values = {"business_rule_status": "422", "conflict_status": "400", "error_wrapper": "error_object"}
        request = batch(served, patching(A_ID, mailTo="x"), **values)

        rule, stale = answered(
            app, request, failed(request, Fault("locked")), failed(request, Fault("conflict"))
        )

        assert (rule["status"], rule["body"]["error"]["status"], stale["status"]) == (422, 422, 400)


class TestWhatElseMayComeToTheAnswer:
    def test_outcomes_may_stand_in_another_order(self, app: Application, served: LoadedVendor) -> None:
        request = batch(served, patching(A_ID, mailTo="x"), patching(B_ID, mailTo="x"))

        entries = answered(app, request, failed(request, Fault("internal"), at=1), done(request))

        assert [entry["status"] for entry in entries] == [500, 200]

    def test_one_may_be_missing(self, app: Application, served: LoadedVendor) -> None:
        request = batch(served, patching(A_ID, mailTo="x"), patching(B_ID, mailTo="x"))

        assert len(answered(app, request, done(request, 1))) == 1

    def test_one_may_come_twice(self, app: Application, served: LoadedVendor) -> None:
        request = batch(served, patching(A_ID, mailTo="x"))

        first, second = answered(app, request, done(request), done(request))

        assert first == second

    def test_a_warning_stays_out_of_it(self, app: Application, served: LoadedVendor) -> None:
        request = batch(served, patching(A_ID, mailTo="x"))
        warned = replace(done(request), warnings=(Problem("too-long", (), "careful", FAULT_RULE),))

        assert answered(app, request, warned) == answered(app, request, done(request))


class TestPhantoms:
    """Outcomes of calls that nobody sent."""

    def test_one_is_of_an_invoice_of_its_own(self, app: Application, served: LoadedVendor) -> None:
        request = batch(served, patching(A_ID, mailTo="x"))
        made = _phantom(done(request), 2)

        (entry,) = answered(app, request, made)

        name = "xc:Sphantom0000000000002"
        assert made.item.key == f"/bulk-invoices/{name}"
        assert entry["body"]["data"]["attributes"]["id"] == name
        assert entry["body"]["data"]["links"]["self"]["href"] == f"/claim/v1/bulk-invoices/{name}"
        assert A_ID not in str(entry)

    def test_that_of_a_new_item_names_no_true_one(self, app: Application, served: LoadedVendor) -> None:
        call = {"method": "post", "path": f"/bulk-invoices/{B_ID}/bulk-invoice-items", "body": sent()}
        request = batch(served, call)
        shown = {"id": "xc:Snew"}
        links = {"self": {"href": f"{B_ITEMS}/xc:Snew", "methods": ["get"]}}
        entry = {"status": 201, "body": {"data": {"attributes": shown, "links": links}}, "headers": []}
        made = _phantom(Outcome(request.items[0], Action.CREATED, entry), 1)

        (told,) = answered(app, request, made)

        assert "xc:Snew" not in str(told)
        assert B_ID not in str(told)

    def test_the_same_number_is_the_same_phantom(self, served: LoadedVendor) -> None:
        request = batch(served, patching(A_ID, mailTo="x"))

        assert _phantom(done(request), 1) == _phantom(done(request), 1)
        assert _phantom(done(request), 1) != _phantom(done(request), 2)

    def test_a_failure_or_what_is_no_call_has_one_too(self, app: Application, served: LoadedVendor) -> None:
        request = batch(served, {"method": "get", "path": "/bulk-invoices"})
        nothing = Item(0, "", None)
        fault = (VENDOR.fault(Fault("internal"), nothing, request),)
        outcomes = [failed(request, Fault("locked")), Outcome(nothing, Action.REJECTED, None, fault)]

        entries = answered(app, request, *[_phantom(outcome, 1) for outcome in outcomes])

        assert [entry["status"] for entry in entries] == [400, 500]


class TestAFaultOfOneCall:
    """What the core refuses a call with that is no batch."""

    @pytest.mark.parametrize(("code", "status", "sentence"), CODES, ids=[code for code, _, _ in CODES])
    def test_every_code_is_refused_in_the_vendors_words(
        self, app: Application, served: LoadedVendor, code: str, status: int, sentence: str
    ) -> None:
        request = change(served)

        refused = _refused(app, request, Rejected(_fault(Fault(code), request)))

        body = json.decode(refused.body)
        assert (refused.status, body["status"], _sentence(body)) == (status, status, sentence)

    def test_a_status_and_a_message_win(self, app: Application, served: LoadedVendor) -> None:
        request = change(served, business_rule_status="422")

        refused = _refused(app, request, Rejected(_fault(Fault("locked", 451, "Not here"), request)))

        assert (refused.status, json.decode(refused.body)["userMessage"]) == (451, "Not here")

    @pytest.mark.parametrize(
        ("refusal", "status"), [(VendorFailure(), 500), (Unavailable(), 503), (TooManyRequests(), 429)]
    )
    def test_refusals_of_the_whole_call_are_said_too(
        self, app: Application, served: LoadedVendor, refusal: Refusal, status: int
    ) -> None:
        assert _refused(app, change(served), refusal).status == status

    def test_a_scenario_that_names_no_more_than_a_status_gets_it(
        self, app: Application, served: LoadedVendor
    ) -> None:
        refusal = Rejected(Problem("conflict", (), "the call is refused", FAULT_RULE, 418))

        refused = _refused(app, change(served), refusal)

        error = json.decode(refused.body)
        assert (refused.status, error["status"]) == (418, 418)
        assert error["errorCode"] == "gw.api.rest.exceptions.ConflictException"

    def test_a_wait_is_told_in_a_header(self, app: Application, served: LoadedVendor) -> None:
        refused = _refused(app, change(served), TooManyRequests(wait=7))

        assert dict(refused.headers)["Retry-After"] == "7"

    @pytest.mark.parametrize(
        ("operation", "path", "sentence"),
        [
            ("deleteBulkInvoice", A, "The status of the bulk invoice is 'Issued'"),
            ("submitBulkInvoice", f"{A}/submit", "The status of the bulk invoice is 'Issued'"),
            ("deleteBulkInvoiceItem", f"{B_ITEMS}/xc:Sk2vQ8_mZrT0bLw5YhEa1", ISSUED),
        ],
    )
    def test_a_locked_invoice_says_what_cannot_be_done(
        self, served: LoadedVendor, operation: str, path: str, sentence: str
    ) -> None:
        request = asked(served, operation, path, None)

        assert _fault(Fault("locked"), request).detail == sentence

    @pytest.mark.parametrize(
        ("code", "sentence"),
        [
            ("missing-required", "The 'claim' property is required"),
            ("unknown-reference", "No resource with the id 'demo_sample:1' was found for 'claim'"),
            ("too-long", "The value of 'description' is longer than 255 characters"),
            ("duplicate-key", "Another resource has the 'description' 'Imaging'"),
        ],
    )
    def test_one_of_an_item_speaks_of_items(self, served: LoadedVendor, code: str, sentence: str) -> None:
        body = sent(claim={"id": "demo_sample:1"}, description="Imaging")
        request = asked(served, "createBulkInvoiceItem", B_ITEMS, body)

        assert _fault(Fault(code), request).detail == sentence


def _fault(fault: Fault, request: Request) -> Problem:
    return VENDOR.fault(fault, Item(0, "", request.document), request)


def _phantom(outcome: Outcome, number: int) -> Outcome:
    make = VENDOR.batches["runBatch"].extra_outcome
    assert make is not None
    return make(outcome, number)


def _refused(app: Application, request: Request, refusal: Refusal) -> Reply:
    assert VENDOR.refuse is not None
    refuse = CallRefuser(VENDOR, VENDOR.refuse, {})

    def said(state: Any) -> Reply:
        return refuse(refusal, request.call, request.operation, state)

    return app.sandboxes.transact("default", "guidewire/", said)


def _sentence(error: Mapping[str, Any]) -> str:
    """The sentence that says most."""
    sentence: str = error["details"][0]["message"] if "details" in error else error["userMessage"]
    return sentence
