"""Faults in the vendor's words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import pytest

from mockserver.codec import json
from mockserver.engine.registry import LoadedVendor
from mockserver.errors import Refusal, Rejected, TooManyRequests, Unavailable, VendorFailure
from mockserver.model import Call, Fault, Item, Problem, Reply
from mockserver.server.application import Application
from mockserver.vendor import FAULT_RULE, Request
from mockserver.vendors.xero import VENDOR
from tests.support.engine_samples import refuse_dispatch
from tests.vendors.xero.documents import TENANT, TWO_CURRENCIES, ZERO

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

Refused: TypeAlias = Callable[[Refusal, Request], Reply]


@pytest.fixture
def served(app: Application) -> LoadedVendor:
    """Xero as it is served."""
    return next(one for one in app.served if one.name == "xero")


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


def asked(served: LoadedVendor, operation: str, document: Any) -> Request:
    """A call of that operation."""
    found = served.spec.operations[operation]
    call = Call("xero", "s", found.method.upper(), found.path, assumptions=served.assumptions)
    parameters = {"BatchPaymentID": TWO_CURRENCIES, "PaymentID": ZERO, "summarizeErrors": False}
    contract = served.spec.document
    return Request(call, found, parameters, TENANT, refuse_dispatch, document, (), contract=contract)


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
