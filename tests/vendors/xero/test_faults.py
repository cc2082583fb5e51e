"""What scenarios make of elements and of their outcomes, in the vendor's words."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, TypeAlias

import pytest
from msgspec.structs import replace

from mockserver.codec import json
from mockserver.engine.registry import LoadedVendor
from mockserver.errors import Refusal, Rejected, TooManyRequests, Unavailable, VendorFailure
from mockserver.model import Action, Call, Fault, Item, Outcome, Problem, Reply
from mockserver.sandbox.store import State
from mockserver.server.application import Application
from mockserver.vendor import FAULT_RULE, BatchResult, Request
from mockserver.vendors.xero import VENDOR
from tests.support.engine_samples import refuse_dispatch
from tests.vendors.xero.documents import (
    R1,
    R2,
    R3,
    R4_DRAFT,
    TENANT,
    TWO_CURRENCIES,
    ZERO,
    batch,
    invoice,
    messages,
    pay,
)

BROKEN = "An error occurred in Xero"
CHANGED = "The document has been changed since it was last read"
ENTERED = "The document has already been entered"
INCOMPLETE = "A required element is missing"
LATE = "The request timed out before the element was processed"
LONG = "A value is longer than allowed"
NOT_HERE = "The document with the supplied id was not found for this endpoint."
THROTTLED = "Too many requests, the element has not been processed"
UNPAYABLE = "Payments can only be made against Authorised documents"

COMMON = {"conflict": CHANGED, "throttled": THROTTLED, "internal": BROKEN, "timeout": LATE, "what": BROKEN}
SAID: dict[str, dict[str, str]] = {
    "createBatchPayment": {
        "missing-required": "Date must be specified for the batch payment",
        "too-long": "Reference is too long. Maximum of 255 characters allowed",
        "duplicate-key": "The same invoice cannot appear more than once in a batch payment",
        "unknown-reference": "Document could not be found",
        "locked": UNPAYABLE,
    },
    "createPayments": {
        "missing-required": "Payment amount must be greater than zero",
        "too-long": LONG,
        "duplicate-key": ENTERED,
        "unknown-reference": "Document could not be found",
        "locked": UNPAYABLE,
    },
    "updateOrCreateInvoices": {
        "missing-required": "One or more line items must be specified",
        "too-long": "Reference is too long. Maximum of 255 characters allowed",
        "duplicate-key": "Invoice # must be unique.",
        "unknown-reference": "Contact could not be found",
        "locked": "This document cannot be edited as it has a payment or credit note allocated to it.",
    },
    "createBatchPaymentHistoryRecord": {
        "missing-required": "Details must be specified for the history record",
        "too-long": "Details is too long. Maximum of 2500 characters allowed",
        "duplicate-key": ENTERED,
        "unknown-reference": NOT_HERE,
        "locked": "The document is locked and cannot be changed",
    },
    "deleteBatchPayment": {
        "missing-required": INCOMPLETE,
        "too-long": LONG,
        "duplicate-key": "Batch payment has already been deleted",
        "unknown-reference": NOT_HERE,
        "locked": "Batch payment has been reconciled and cannot be deleted",
    },
    "deletePayment": {
        "missing-required": INCOMPLETE,
        "too-long": LONG,
        "duplicate-key": "Payment has already been deleted",
        "unknown-reference": NOT_HERE,
        "locked": "This payment has been reconciled and cannot be deleted",
    },
}
SENTENCES = [
    (operation, code, sentence)
    for operation, own in SAID.items()
    for code, sentence in {**own, **COMMON}.items()
]
PAYMENT = {"Invoice": {"InvoiceID": R1}, "Account": {"Code": "BANK1"}, "Amount": 10}
ELEMENTS: dict[str, Any] = {
    "createBatchPayment": batch(pay(R1, 10), pay(R2, 20), Reference="mine"),
    "createPayments": {**PAYMENT, "Reference": "mine"},
    "createInvoices": invoice(InvoiceNumber="mine", Contact={"Name": "Somebody New"}),
    "updateOrCreateInvoices": {"InvoiceID": R4_DRAFT, "InvoiceNumber": "mine"},
    "createBatchPaymentHistoryRecord": {"Details": "mine"},
}
IDS = {
    "createBatchPayment": "BatchPaymentID",
    "createPayments": "PaymentID",
    "createInvoices": "InvoiceID",
    "updateOrCreateInvoices": "InvoiceID",
}

Bend: TypeAlias = Callable[[list[Outcome]], Iterable[Outcome]]
Told: TypeAlias = Callable[..., list[Any]]
Refused: TypeAlias = Callable[[Refusal, Request], Reply]


@pytest.fixture
def served(app: Application) -> LoadedVendor:
    """Xero as it is served."""
    return next(one for one in app.served if one.name == "xero")


@pytest.fixture
def told(app: Application, sandbox: str) -> Told:
    """The elements of the answer to a batch whose outcomes were bent on the way."""

    def told(request: Request, bend: Bend, *, kept: bool = True) -> list[Any]:
        room = VENDOR.batches[request.operation.id]
        apply, render = room.apply, room.render
        assert apply is not None
        assert render is not None

        def work(state: State) -> list[Any]:
            outcomes: list[Outcome] = []
            with suppress(_TakenBackError), state.item():
                keep = apply(request, state)
                outcomes += [keep(item) for item in request.items]
                _take_back_unless(kept=kept)
            reply = render(BatchResult(request, tuple(bend(outcomes))), state)
            document = json.decode(reply.body)
            return next(value for value in document.values() if isinstance(value, list))

        return app.sandboxes.transact(sandbox, f"xero/{TENANT}", work)

    return told


@pytest.fixture
def refused(app: Application, served: LoadedVendor, sandbox: str) -> Refused:
    """The answer to a call that the core refuses."""

    def refused(refusal: Refusal, request: Request) -> Reply:
        return app.sandboxes.transact(
            sandbox,
            f"xero/{TENANT}",
            lambda state: served.refuse(refusal, request.call, request.operation, state),
        )

    return refused


class _TakenBackError(Exception):
    """Undoes what was kept."""


def _take_back_unless(*, kept: bool) -> None:
    if not kept:
        raise _TakenBackError


def asked(served: LoadedVendor, operation: str, *elements: Any, summarize: bool = False) -> Request:
    """A call of that operation."""
    found = served.spec.operations[operation]
    call = Call("xero", "s", found.method.upper(), found.path, assumptions=served.assumptions)
    items = tuple(Item(at, "mine", one) for at, one in enumerate(elements)) if found.batch else ()
    parameters = {"BatchPaymentID": TWO_CURRENCIES, "PaymentID": ZERO, "summarizeErrors": summarize}
    contract = served.spec.document
    return Request(call, found, parameters, TENANT, refuse_dispatch, elements[0], items, contract=contract)


def failing(fault: Fault, request: Request) -> Bend:
    """Every element fails, though it may have been kept."""

    def bend(outcomes: list[Outcome]) -> list[Outcome]:
        return [
            replace(
                one, action=Action.REJECTED, problems=(*one.problems, VENDOR.fault(fault, one.item, request))
            )
            for one in outcomes
        ]

    return bend


def phantoms(request: Request, *numbers: int) -> Bend:
    """The true outcome of the first element, and the phantoms of those numbers."""
    make = VENDOR.batches[request.operation.id].extra_outcome
    assert make is not None
    return lambda outcomes: [outcomes[0], *(make(outcomes[0], number) for number in numbers)]


class TestAFault:
    @pytest.mark.parametrize(("operation", "code", "sentence"), SENTENCES)
    def test_every_code_has_a_sentence_wherever_it_is_said(
        self, served: LoadedVendor, operation: str, code: str, sentence: str
    ) -> None:
        request = asked(served, operation, {})

        assert VENDOR.fault(Fault(code), Item(0, "", {}), request).detail == sentence

    def test_what_a_rule_says_itself_wins(self, served: LoadedVendor) -> None:
        request = asked(served, "createBatchPayment", {})

        problem = VENDOR.fault(Fault("locked", 423, "Go away"), Item(2, "", {}), request)

        assert problem == Problem("locked", ("BatchPayments", 2), "Go away", FAULT_RULE, 423)

    @pytest.mark.parametrize("operation", ELEMENTS)
    def test_an_element_that_was_kept_can_be_told_as_failed(
        self, served: LoadedVendor, told: Told, operation: str
    ) -> None:
        request = asked(served, operation, ELEMENTS[operation])

        (element,) = told(request, failing(Fault("internal"), request))

        assert messages(element) == [BROKEN]

    def test_a_failed_batch_payment_shows_no_id(self, served: LoadedVendor, told: Told) -> None:
        request = asked(served, "createBatchPayment", batch(pay(R1, 10)))

        (element,) = told(request, failing(Fault("conflict"), request))

        assert (element["BatchPaymentID"], element["StatusAttributeString"]) == (ZERO, "ERROR")
        assert "PaymentID" not in element["Payments"][0]

    def test_without_the_flag_it_is_one_of_the_failed_elements(
        self, served: LoadedVendor, told: Told
    ) -> None:
        request = asked(served, "createBatchPayment", batch(pay(R1, 10)), batch(pay(R2, 10)), summarize=True)
        bend = failing(Fault("throttled"), request)

        elements = told(request, lambda outcomes: [outcomes[0], *bend(outcomes[1:])])

        assert [messages(element) for element in elements] == [[THROTTLED]]

    def test_an_element_that_was_skipped_says_that_it_was_not_processed(
        self, served: LoadedVendor, told: Told
    ) -> None:
        request = asked(served, "createBatchPayment", batch(pay(R1, 10)))

        (element,) = told(request, lambda outcomes: [Outcome(outcomes[0].item, Action.SKIPPED)])

        assert messages(element) == ["The element has not been processed"]


class TestOutcomesThatAreBent:
    """Three batch payments of 10, 20 and 30."""

    @pytest.fixture
    def request_(self, served: LoadedVendor) -> Request:
        return asked(
            served,
            "createBatchPayment",
            *(batch(pay(key, due)) for key, due in ((R1, 10), (R2, 20), (R3, 30))),
        )

    @pytest.mark.parametrize(
        ("places", "totals"),
        [((2, 0, 1), [30, 10, 20]), ((0, 2), [10, 30]), ((0, 0, 1, 2), [10, 10, 20, 30]), ((), [])],
        ids=["reordered", "one left out", "one twice", "none"],
    )
    def test_each_is_shown_where_it_stands(
        self, request_: Request, told: Told, places: tuple[int, ...], totals: list[int]
    ) -> None:
        elements = told(request_, lambda outcomes: [outcomes[place] for place in places])

        assert [element["TotalAmount"] for element in elements] == totals

    @pytest.mark.parametrize("operation", ELEMENTS)
    def test_what_is_not_kept_after_all_is_shown_as_if_it_were(
        self, served: LoadedVendor, told: Told, operation: str
    ) -> None:
        request = asked(served, operation, ELEMENTS[operation])

        taken_back = told(request, list, kept=False)

        assert _without_ids(taken_back) == _without_ids(told(request, list))


class TestWarnings:
    @pytest.mark.parametrize("operation", ELEMENTS)
    def test_one_is_shown_with_the_saved_element(
        self, served: LoadedVendor, told: Told, operation: str
    ) -> None:
        request = asked(served, operation, ELEMENTS[operation])
        warning = VENDOR.fault(Fault("too-long", None, "Look at this"), request.items[0], request)

        (element,) = told(request, lambda outcomes: [replace(outcomes[0], warnings=(warning,))])

        assert element["StatusAttributeString"] == "WARNING"
        assert element["Warnings"] == [{"Message": "Look at this"}]

    def test_a_batch_payment_without_one_has_no_status(self, served: LoadedVendor, told: Told) -> None:
        (element,) = told(asked(served, "createBatchPayment", batch(pay(R1, 10))), list)

        assert "StatusAttributeString" not in element


class TestPhantoms:
    """Outcomes of elements that nobody sent."""

    @pytest.mark.parametrize("operation", IDS)
    def test_one_has_an_id_of_its_own(self, served: LoadedVendor, told: Told, operation: str) -> None:
        request = asked(served, operation, ELEMENTS[operation])

        elements = told(request, phantoms(request, 1, 2))

        assert len({element[IDS[operation]] for element in elements}) == 3
        assert ZERO not in {element[IDS[operation]] for element in elements}

    @pytest.mark.parametrize("operation", ELEMENTS)
    def test_one_has_a_name_of_its_own(self, served: LoadedVendor, told: Told, operation: str) -> None:
        request = asked(served, operation, ELEMENTS[operation])
        assert request.operation.batch is not None
        name = request.operation.batch.key[0]

        elements = told(request, phantoms(request, 1, 2))

        assert [element[name] for element in elements] == ["mine", "phantom-1", "phantom-2"]

    def test_its_payments_are_not_the_true_ones(self, served: LoadedVendor, told: Told) -> None:
        request = asked(served, "createBatchPayment", ELEMENTS["createBatchPayment"])

        elements = told(request, phantoms(request, 1))

        assert len({payment["PaymentID"] for element in elements for payment in element["Payments"]}) == 4

    def test_the_same_number_is_the_same_phantom(self, served: LoadedVendor) -> None:
        request = asked(served, "createPayments", PAYMENT)
        true = Outcome(request.items[0], Action.CREATED, {"PaymentID": R1})
        make = VENDOR.batches["createPayments"].extra_outcome
        assert make is not None

        assert make(true, 1) == make(true, 1)
        assert make(true, 1) != make(true, 2)

    def test_that_of_a_failure_is_a_failure(self, served: LoadedVendor, told: Told) -> None:
        request = asked(served, "createBatchPayment", ELEMENTS["createBatchPayment"])
        fail, double = failing(Fault("locked"), request), phantoms(request, 1)

        elements = told(request, lambda outcomes: double(list(fail(outcomes))))

        assert [(one["Reference"], messages(one)) for one in elements] == [
            ("mine", [UNPAYABLE]),
            ("phantom-1", [UNPAYABLE]),
        ]


class TestAFaultOfOneCall:
    """What the core refuses a call with that is no batch."""

    def test_it_is_an_error_with_its_sentence(self, served: LoadedVendor, refused: Refused) -> None:
        request = asked(served, "deletePayment", {"Status": "DELETED"})
        problem = VENDOR.fault(Fault("locked"), Item(0, "", request.document), request)

        reply = refused(Rejected(problem), request)

        assert (reply.status, json.decode(reply.body)) == (
            400,
            {"ErrorNumber": 10, "Type": "ValidationException", "Message": SAID["deletePayment"]["locked"]},
        )

    def test_a_status_that_the_rule_sets_wins(self, served: LoadedVendor, refused: Refused) -> None:
        request = asked(served, "deletePayment", {"Status": "DELETED"})
        problem = VENDOR.fault(Fault("locked", 423, "Go away"), Item(0, "", request.document), request)

        reply = refused(Rejected(problem), request)

        assert (reply.status, json.decode(reply.body)["Message"]) == (423, "Go away")

    @pytest.mark.parametrize(
        ("refusal", "status"), [(VendorFailure(), 500), (Unavailable(), 503), (TooManyRequests(), 429)]
    )
    def test_refusals_of_the_whole_call_are_said_too(
        self, served: LoadedVendor, refused: Refused, refusal: Refusal, status: int
    ) -> None:
        request = asked(served, "deletePayment", {"Status": "DELETED"})

        assert refused(refusal, request).status == status

    @pytest.mark.parametrize("which", ["", "whatever\r\nthe rule says"])
    def test_a_limit_that_the_vendor_does_not_have_is_that_of_the_minute(
        self, served: LoadedVendor, refused: Refused, which: str
    ) -> None:
        reply = refused(TooManyRequests(which), asked(served, "deletePayment", {"Status": "DELETED"}))

        assert dict(reply.headers)["X-Rate-Limit-Problem"] == "minute"


def _without_ids(value: Any) -> Any:
    """A document less what is given anew each time."""
    if isinstance(value, dict):
        return {name: _without_ids(child) for name, child in value.items() if not name.endswith("ID")}
    return [_without_ids(child) for child in value] if isinstance(value, list) else value
