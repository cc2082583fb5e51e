"""What scenarios make of records and of their outcomes, in the vendor's words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import pytest
from msgspec.structs import replace

from mockserver.codec import json
from mockserver.engine.registry import LoadedVendor
from mockserver.errors import Refusal, Rejected, TooManyRequests, Unavailable, VendorFailure
from mockserver.model import Action, Call, Fault, Item, Outcome, Problem, Reply
from mockserver.server.application import Application
from mockserver.vendor import FAULT_RULE, BatchResult, Request
from mockserver.vendors.payt import VENDOR
from tests.support.client import Client
from tests.support.engine_samples import refuse_dispatch
from tests.vendors.payt.samples import invoice

TOO_LONG = "is too long (maximum is 255 characters)"
TAKEN = "has already been taken"
COMMON = {
    "conflict": "Record was changed by another request",
    "throttled": "Rate limit exceeded",
    "internal": "Record could not be processed",
    "timeout": "Record was not processed in time",
    "not-found": "Record could not be processed",
    "whatever": "Record could not be processed",
}
SAID: dict[str, dict[str, str]] = {
    "postV1Invoices": {
        "missing-required": "Invoice number can't be blank",
        "too-long": f"Description {TOO_LONG}",
        "duplicate-key": f"Invoice number {TAKEN}",
        "unknown-reference": "Debtor must exist",
        "locked": "Invoice can no longer be changed",
    },
    "postV1Debtors": {
        "missing-required": "Customer number can't be blank",
        "too-long": f"Remark {TOO_LONG}",
        "duplicate-key": f"Customer number {TAKEN}",
        "unknown-reference": "Contact could not be found",
        "locked": "Record can no longer be changed",
    },
    "postV1Contacts": {
        "missing-required": "Contact identifier can't be blank",
        "too-long": f"Lastname {TOO_LONG}",
        "duplicate-key": f"Contact identifier {TAKEN}",
        "unknown-reference": "Contact could not be found",
    },
    "postV1VatRates": {"missing-required": "Code can't be blank", "too-long": f"Name {TOO_LONG}"},
    "postV1PaymentConditions": {
        "duplicate-key": f"Code {TAKEN}",
        "unknown-reference": "Administration must exist",
    },
}
SENTENCES = [
    (operation, code, sentence)
    for operation, own in SAID.items()
    for code, sentence in {**own, **COMMON}.items()
]
KEYS = {
    "postV1Invoices": "invoice_number",
    "patchV1Invoices": "invoice_number",
    "postV1Debtors": "debtor_number",
    "postV1Contacts": "contact_identifier",
    "postV1VatRates": "code",
    "postV1PaymentConditions": "code",
}
MAGIC = {
    "/v1/invoices": (
        "invoices",
        invoice("mine", description="sbx.fail.locked"),
        "Invoice can no longer be changed",
    ),
    "/v1/debtors": (
        "debtors",
        {"debtor_number": "mine", "debtor_identifier": "1", "name": "N", "remark": "sbx.fail.locked"},
        "Record can no longer be changed",
    ),
    "/v1/contacts": (
        "contacts",
        {"contact_identifier": "mine", "lastname": "sbx.fail.locked"},
        "Record can no longer be changed",
    ),
    "/v1/vat_rates": (
        "vat_rates",
        {"code": "mine", "rate": "1", "name": "sbx.fail.locked"},
        "Record can no longer be changed",
    ),
    "/v1/payment_conditions": (
        "payment_conditions",
        {"code": "mine", "name": "sbx.fail.locked"},
        "Record can no longer be changed",
    ),
}

Told: TypeAlias = Callable[..., Any]
Refused: TypeAlias = Callable[[Refusal, Request], Reply]


@pytest.fixture
def served(app: Application) -> LoadedVendor:
    """Payt as it is served."""
    return next(one for one in app.served if one.name == "payt")


@pytest.fixture
def told(app: Application, sandbox: str) -> Told:
    """The answer to a batch that had these outcomes."""

    def told(request: Request, *outcomes: Outcome) -> Any:
        render = VENDOR.batches[request.operation.id].render
        assert render is not None
        reply = app.sandboxes.transact(
            sandbox, "payt/81", lambda state: render(BatchResult(request, outcomes), state)
        )
        return json.decode(reply.body)

    return told


@pytest.fixture
def refused(app: Application, served: LoadedVendor, sandbox: str) -> Refused:
    """The answer to a call that the core refuses."""

    def refused(refusal: Refusal, request: Request) -> Reply:
        return app.sandboxes.transact(
            sandbox, "payt/81", lambda state: served.refuse(refusal, request.call, request.operation, state)
        )

    return refused


def asked(served: LoadedVendor, operation: str, *names: str) -> Request:
    """A call of that operation with records of those names."""
    found = served.spec.operations[operation]
    call = Call("payt", "s", found.method.upper(), found.path, assumptions=served.assumptions)
    items = tuple(Item(at, name, {KEYS[operation]: name}) for at, name in enumerate(names))
    return Request(call, found, {}, "81", refuse_dispatch, items=items)


def created(request: Request, at: int = 0) -> Outcome:
    return Outcome(request.items[at], Action.CREATED, {"id": "1"})


def failed(request: Request, fault: Fault, at: int = 0) -> Outcome:
    """The outcome of a record that was stored and is told as refused."""
    item = request.items[at]
    return Outcome(item, Action.REJECTED, {"id": "1"}, (VENDOR.fault(fault, item, request),))


def warned(request: Request, fault: Fault, at: int = 0) -> Outcome:
    return replace(created(request, at), warnings=(VENDOR.fault(fault, request.items[at], request),))


def made_up(outcome: Outcome, operation: str, number: int = 1) -> Outcome:
    make = VENDOR.batches[operation].extra_outcome
    assert make is not None
    return make(outcome, number)


class TestWords:
    @pytest.mark.parametrize(("operation", "code", "sentence"), SENTENCES)
    def test_a_code_is_a_sentence_of_the_record(
        self, served: LoadedVendor, told: Told, operation: str, code: str, sentence: str
    ) -> None:
        request = asked(served, operation, "mine")

        assert told(request, failed(request, Fault(code))) == {
            "success": True,
            "count": 0,
            "errors": {"mine": [sentence]},
        }

    def test_the_sentence_of_a_rule_is_printed_as_it_stands(self, served: LoadedVendor, told: Told) -> None:
        request = asked(served, "patchV1Invoices", "mine")

        answer = told(request, failed(request, Fault("locked", 423, "Not on Sundays")))

        assert answer["errors"] == {"mine": ["Not on Sundays"]}

    def test_a_warning_stands_among_the_warnings(self, served: LoadedVendor, told: Told) -> None:
        request = asked(served, "postV1Invoices", "mine")

        assert told(request, warned(request, Fault("locked"))) == {
            "success": True,
            "count": 1,
            "errors": {},
            "warnings": {"mine": ["Invoice can no longer be changed"]},
        }

    @pytest.mark.parametrize("path", MAGIC)
    def test_a_token_in_the_freest_text_of_a_record_refuses_it(self, payt: Client, path: str) -> None:
        kind, record, sentence = MAGIC[path]

        answer = payt.post(path, json={"administration_id": "81", kind: [record]})

        assert answer.json == {"success": True, "count": 0, "errors": {"mine": [sentence]}}

    def test_a_file_that_is_refused_has_no_place_in_the_answer(
        self, served: LoadedVendor, told: Told
    ) -> None:
        operation = served.spec.operations["postV1Files"]
        call = Call("payt", "s", "POST", "/v1/files", assumptions=served.assumptions)
        items = tuple(Item(at, name, {"checksum": name}) for at, name in enumerate("ab"))
        request = Request(call, operation, {}, "81", refuse_dispatch, items=items)
        shown = [{"checksum": name, "url": f"http://s/{name}", "expires_at": "never"} for name in "ab"]
        good = Outcome(items[0], Action.CREATED, shown[0])
        bad = Outcome(
            items[1], Action.REJECTED, shown[1], (VENDOR.fault(Fault("internal"), items[1], request),)
        )

        assert told(request, good, bad) == shown[:1]


class TestBentOutcomes:
    """The answer is made of the outcomes that it is given, whatever was sent."""

    def test_in_another_order_the_maps_have_that_order(self, served: LoadedVendor, told: Told) -> None:
        request = asked(served, "postV1Invoices", "a", "b")
        outcomes = [failed(request, Fault("internal"), at) for at in (1, 0)]

        assert list(told(request, *outcomes)["errors"]) == ["b", "a"]

    def test_one_that_is_left_out_is_neither_counted_nor_named(
        self, served: LoadedVendor, told: Told
    ) -> None:
        request = asked(served, "postV1Invoices", "a", "b")

        assert told(request, created(request, 1)) == {"success": True, "count": 1, "errors": {}}

    def test_one_that_comes_twice_counts_twice_and_is_named_once(
        self, served: LoadedVendor, told: Told
    ) -> None:
        request = asked(served, "postV1Invoices", "a", "b")
        bad = failed(request, Fault("internal"), 1)

        answer = told(request, created(request), created(request), bad, bad)

        assert answer == {"success": True, "count": 2, "errors": {"b": ["Record could not be processed"]}}


class TestPhantoms:
    """Records that nobody sent; the maps hold none that all is well with."""

    @pytest.mark.parametrize("operation", KEYS)
    def test_one_of_a_good_record_is_refused_under_a_name_of_its_own(
        self, served: LoadedVendor, told: Told, operation: str
    ) -> None:
        request = asked(served, operation, "mine")
        true = created(request)

        answer = told(request, true, made_up(true, operation), made_up(true, operation, 2))

        assert answer["count"] == 1
        assert list(answer["errors"]) == ["phantom-1", "phantom-2"]

    def test_one_of_a_warned_record_is_warned(self, served: LoadedVendor, told: Told) -> None:
        request = asked(served, "postV1Invoices", "mine")
        true = warned(request, Fault("locked"))

        answer = told(request, true, made_up(true, "postV1Invoices"))

        assert list(answer["warnings"]) == ["mine", "phantom-1"]

    def test_one_of_an_unknown_record_is_as_unknown(self, payt: Client, stored: Any) -> None:
        before = stored()["payt/81"]

        answer = payt.patch(
            "/v1/invoices",
            json={"administration_id": "81", "invoices": [{"invoice_number": "ZZ"}]},
            headers={"mock-scenario": "phantom"},
        )

        assert answer.json == {"success": True, "count": 0, "errors": {"not_found": ["ZZ", "phantom-1"]}}
        assert stored()["payt/81"] == before

    def test_one_of_a_record_that_is_none_has_a_name(self, served: LoadedVendor, told: Told) -> None:
        request = asked(served, "postV1Invoices")
        null = Outcome(Item(0, "", None), Action.REJECTED, None, (Problem("wrong-type", detail="is odd"),))

        answer = told(request, null, made_up(null, "postV1Invoices"))

        assert answer["errors"] == {"invoices[0]": ["is odd"], "phantom-1": ["is odd"]}

    def test_one_of_a_file_has_another_checksum_and_address(self, payt: Client) -> None:
        file = {"byte_size": 1, "checksum": "A" * 88, "content_type": "text/plain"}

        answer = payt.post(
            "/v1/files",
            json={"administration_id": "81", "files": [file]},
            headers={"mock-scenario": "phantom"},
        )

        true, phantom = answer.json
        assert len(phantom["checksum"]) == 88
        assert phantom["checksum"] != true["checksum"]
        assert phantom["url"].endswith("/phantom-1")

    def test_one_of_a_file_that_is_stored_is_not_shown_either(self) -> None:
        stored = Outcome(Item(0, "a", {"checksum": "a"}), Action.UNCHANGED)

        assert made_up(stored, "postV1Files").document is None


class TestAFaultOfOneCall:
    """What the core refuses a call with that is no batch."""

    def test_it_is_an_error_with_its_sentence(self, served: LoadedVendor, refused: Refused) -> None:
        request = asked(served, "patchV1InvoicesBlock")

        reply = refused(Rejected(VENDOR.fault(Fault("conflict"), Item(0, "", {}), request)), request)

        assert (reply.status, json.decode(reply.body)) == (
            422,
            {"code": "unprocessable_entity", "message": "Record was changed by another request"},
        )

    @pytest.mark.parametrize(
        ("status", "code"), [(409, "conflict"), (423, "locked"), (404, "not_found"), (499, "error")]
    )
    def test_a_status_that_the_rule_sets_wins(
        self, served: LoadedVendor, refused: Refused, status: int, code: str
    ) -> None:
        request = asked(served, "patchV1InvoicesBlock")
        problem = VENDOR.fault(Fault("locked", status, "Go away"), Item(0, "", {}), request)

        reply = refused(Rejected(problem), request)

        assert problem.rule == FAULT_RULE
        assert (reply.status, json.decode(reply.body)) == (status, {"code": code, "message": "Go away"})

    @pytest.mark.parametrize(("wait", "headers"), [(7, (("Retry-After", "7"),)), (None, ())])
    def test_the_wait_of_a_scenario_is_told_where_it_states_one(
        self, served: LoadedVendor, refused: Refused, wait: int | None, headers: Any
    ) -> None:
        request = asked(served, "patchV1InvoicesBlock")

        assert refused(TooManyRequests("", wait), request).headers == headers

    @pytest.mark.parametrize(
        ("refusal", "status", "code"),
        [
            (VendorFailure(), 500, "internal_server_error"),
            (Unavailable(), 503, "service_unavailable"),
            (TooManyRequests(), 429, "too_many_requests"),
        ],
    )
    def test_refusals_of_the_whole_call_are_said_too(
        self, served: LoadedVendor, refused: Refused, refusal: Refusal, status: int, code: str
    ) -> None:
        reply = refused(refusal, asked(served, "patchV1InvoicesBlock"))

        assert (reply.status, json.decode(reply.body)["code"]) == (status, code)
