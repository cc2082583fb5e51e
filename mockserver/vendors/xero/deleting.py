"""Deleting payments, alone or with their batch; what they had paid is due again.

Source: Xero fact sheet §4.4 to §4.6.
"""

from collections.abc import Iterator

from mockserver.errors import Rejected
from mockserver.model import Document, Path, Problem, Reply
from mockserver.store import State
from mockserver.vendor import Request, record
from mockserver.vendors.xero import batches, history, payments
from mockserver.vendors.xero.batches import PAYMENTS
from mockserver.vendors.xero.booking import take_back
from mockserver.vendors.xero.replies import enveloped
from mockserver.vendors.xero.wire import optional, stamp
from mockserver.vendors.xero.words import say

_HERE: Path = ("Status",)


def batch_named(request: Request, state: State) -> Reply:
    """Delete the batch payment that the body names.

    Raises:
        NotFound: the tenant has none of that id.
        Rejected: it cannot be deleted.
    """
    return _batch(str(request.document["BatchPaymentID"]).lower(), request, state)


def batch(request: Request, state: State) -> Reply:
    """Delete the batch payment that the path names.

    Raises:
        NotFound: the tenant has none of that id.
        Rejected: it cannot be deleted.
    """
    return _batch(str(request.parameters["BatchPaymentID"]).lower(), request, state)


def payment(request: Request, state: State) -> Reply:
    """Delete one payment.

    Raises:
        NotFound: the tenant has none of that id.
        Rejected: it cannot be deleted.
    """
    key = str(request.parameters["PaymentID"]).lower()
    found = record(PAYMENTS, key, state)
    _refuse(tuple(_payment_stays(found)), "PaymentID", key, request)
    return enveloped({"Payments": [payments.shown(take_back(found, state), state)]}, request.call, state)


def _batch(key: str, request: Request, state: State) -> Reply:
    found = record(batches.COLLECTION, key, state)
    _refuse(tuple(_batch_stays(found, request)), "BatchPaymentID", key, request)
    members = state.collection(PAYMENTS)
    for one in found["Payments"]:
        take_back(members[one], state)
    deleted = {**found, "Status": "DELETED", "UpdatedDateUTC": stamp(state.now)}
    state.collection(batches.COLLECTION)[key] = deleted
    history.enter(key, "history-deleted", state)
    return enveloped({"BatchPayments": [batches.shown(deleted, request.call, state)]}, request.call, state)


def _batch_stays(found: Document, request: Request) -> Iterator[Problem]:
    """Why a batch payment cannot be deleted. Source: Xero fact sheet §3.7, §6.1."""
    if request.call.assumptions["batch_delete"] == "refused":
        yield say("batch-undeletable", _HERE)
    elif found["Status"] == "DELETED":
        yield say("batch-deleted", _HERE)
    elif found["IsReconciled"]:
        yield say("batch-reconciled", _HERE)


def _payment_stays(found: Document) -> Iterator[Problem]:
    """Why a payment cannot be deleted. Source: Xero fact sheet §3.7."""
    if "BatchPaymentID" in found:
        yield say("payment-in-batch", _HERE)
    elif found["Status"] == "DELETED":
        yield say("payment-deleted", _HERE)
    elif found["IsReconciled"]:
        yield say("payment-reconciled", _HERE)


def _refuse(problems: tuple[Problem, ...], member: str, key: str, request: Request) -> None:
    if problems:
        raise Rejected(*problems, document={member: key, **optional(request.document, "Status")})
