"""Post payments and batch payments: delete those that are named by id, create payments that are not.

Source: docs/vendors/xero.md#operations-and-paths, #messages, #state.
"""

from collections.abc import Iterator, Mapping

from mockserver.errors import NotFound
from mockserver.model import EMPTY, Action, Document, Item, Json, Outcome, Path, Problem, Reply
from mockserver.sandbox.store import State
from mockserver.vendor import BatchHandler, BatchResult, RenderBatch, Request, store_each
from mockserver.vendors.xero import refusals
from mockserver.vendors.xero.contacts.contacts import ContactPrinter
from mockserver.vendors.xero.dates import stored_instant
from mockserver.vendors.xero.faults import extra_outcome
from mockserver.vendors.xero.history import history
from mockserver.vendors.xero.invoices.storage import PAYMENTS, reverse_payment
from mockserver.vendors.xero.messages import item_path, make_problem
from mockserver.vendors.xero.payments import batch_payments, payments
from mockserver.vendors.xero.payments.payments import BATCH_PAYMENTS
from mockserver.vendors.xero.replies.batch_results import (
    echo_members,
    known_members,
    render_prepared_results,
    render_results,
)
from mockserver.vendors.xero.replies.envelope import ZERO_ID, named_id, pick_members

_PAYMENT_ID, _BATCH_PAYMENT_ID, _STATUS, _DELETED = "PaymentID", "BatchPaymentID", "Status", "DELETED"
_NOT_HERE = "not-here"
_BESIDE_STATUS = frozenset(
    {_PAYMENT_ID, _STATUS, "HasAccount", "HasValidationErrors", "StatusAttributeString", "ValidationErrors"}
)
"""Members that clients send with the status of a payment: its id, and flags that they fill in unasked."""


def _posted_payment_problems(item: Item, request: Request) -> Iterator[Problem]:
    """Yield that a payment which is named takes Status DELETED alone, or what a new one lacks."""
    if not named_id(item.document, _PAYMENT_ID, request):
        yield from payments.payment_problems(item, request)
        return
    here = (*item_path(item, request), _STATUS)
    if not item.document.keys() <= _BESIDE_STATUS:
        yield make_problem("only-status", here)
    elif _PAYMENT_ID not in request.parameters and item.document.get(_STATUS) != _DELETED:
        # Where the path names the payment, its schema has no other status.
        yield make_problem("status-not-deleted", here)


def _check_posted_payment(item: Item, request: Request, state: State) -> Iterator[Problem]:
    """Yield why a payment cannot be deleted, or what the books have against a new one."""
    key = named_id(item.document, _PAYMENT_ID, request)
    if not key:
        yield from payments.check_payment(item, request, state)
        return
    found = state.collection(PAYMENTS).get(key)
    here = item_path(item, request)
    if found is None:
        yield make_problem(_NOT_HERE, (*here, _PAYMENT_ID))
    elif item.document.get(_STATUS) == _DELETED:
        yield from _payment_deletion_problems(found, (*here, _STATUS))


def _payment_deletion_problems(found: Document, here: Path) -> Iterator[Problem]:
    """Yield why a payment cannot be deleted. Source: docs/vendors/xero.md#messages."""
    if _BATCH_PAYMENT_ID in found:
        yield make_problem("payment-in-batch", here)
    elif found[_STATUS] == _DELETED:
        yield make_problem("payment-deleted", here)
    elif found["IsReconciled"]:
        yield make_problem("payment-reconciled", here)


def _store_posted_payment(item: Item, request: Request, state: State) -> Outcome:
    """Delete the payment that is named, or book a new one."""
    key = named_id(item.document, _PAYMENT_ID, request)
    if not key:
        return payments.create_payment(item, request, state)
    return Outcome(item, Action.UPDATED, reverse_payment(state.collection(PAYMENTS)[key], state))


def _represent_deleted_payment(outcome: Outcome, _request: Request, state: State) -> Json:
    return payments.represent_payment(outcome.document, ContactPrinter(), state)


def _represent_kept_payment(outcome: Outcome, request: Request, omitted: frozenset[Path]) -> dict[str, Json]:
    """Return a payment that was not deleted, with what was sent."""
    sent = known_members(outcome.item.document, request)
    return {
        **echo_members(sent, payments.PAYMENT_BEFORE_ID, omitted),
        _PAYMENT_ID: _shown_id(outcome.item, request, _PAYMENT_ID),
        **echo_members(sent, payments.PAYMENT_AFTER_ID, omitted),
        **pick_members(sent, _STATUS),
    }


def _represent_rejected_posted_payment(
    outcome: Outcome, request: Request, omitted: frozenset[Path]
) -> dict[str, Json]:
    """Return a payment that was neither created nor deleted."""
    if _shown_id(outcome.item, request, _PAYMENT_ID) == ZERO_ID:
        return payments.represent_rejected_payment(outcome, request, omitted)
    return {**_represent_kept_payment(outcome, request, omitted), "HasValidationErrors": True}


def _shown_id(item: Item, request: Request, name: str) -> str:
    sent = item.document if isinstance(item.document, Mapping) else EMPTY
    return named_id(sent, name, request) or ZERO_ID


def _check_deleted_batch(item: Item, request: Request, state: State) -> Iterator[Problem]:
    """Yield why a batch payment cannot be deleted. Source: docs/vendors/xero.md#messages, #state."""
    found = state.collection(BATCH_PAYMENTS).get(named_id(item.document, _BATCH_PAYMENT_ID, request))
    here = item_path(item, request)
    if item.document.get(_STATUS) != _DELETED:
        return
    if found is None:
        yield make_problem(_NOT_HERE, (*here, _BATCH_PAYMENT_ID))
    elif request.call.assumptions["batch_delete"] == "refused":
        yield make_problem("batch-undeletable", (*here, _STATUS))
    elif found[_STATUS] == _DELETED:
        yield make_problem("batch-deleted", (*here, _STATUS))
    elif found["IsReconciled"]:
        yield make_problem("batch-reconciled", (*here, _STATUS))


def _delete_batch(item: Item, request: Request, state: State) -> Outcome:
    """Delete a batch payment with its payments."""
    key = named_id(item.document, _BATCH_PAYMENT_ID, request)
    found, members = state.collection(BATCH_PAYMENTS)[key], state.collection(PAYMENTS)
    for one in found["Payments"]:
        reverse_payment(members[one], state)
    deleted = {**found, _STATUS: _DELETED, "UpdatedDateUTC": stored_instant(state.now)}
    state.collection(BATCH_PAYMENTS)[key] = deleted
    history.add_history_line(key, "history-deleted", state)
    return Outcome(item, Action.UPDATED, deleted)


def _represent_deleted_batch(outcome: Outcome, request: Request, state: State) -> Json:
    return batch_payments.represent_batch_payment(outcome.document, request.call, state)


def _represent_kept_batch(outcome: Outcome, request: Request, omitted: frozenset[Path]) -> dict[str, Json]:
    """Return a batch payment that was not deleted, with what was sent."""
    sent = known_members(outcome.item.document, request)
    return {
        **echo_members(sent, batch_payments.BATCH_BEFORE_ID, omitted),
        _BATCH_PAYMENT_ID: _shown_id(outcome.item, request, _BATCH_PAYMENT_ID),
        **echo_members(sent, ("Date", "Payments"), omitted),
        **pick_members(sent, _STATUS),
    }


def _or_not_found(name: str, collection: str, render: RenderBatch) -> RenderBatch:
    """Return a render that refuses a call with a 404 where nothing that it names is there."""

    def answer(result: BatchResult, state: State) -> Reply:
        if result.outcomes and all(map(_is_unknown, result.outcomes)):
            raise NotFound(collection, _shown_id(result.outcomes[0].item, result.request, name))
        return render(result, state)

    return answer


def _is_unknown(outcome: Outcome) -> bool:
    return {problem.code for problem in outcome.problems} == {_NOT_HERE}


_BATCH_DELETION = BatchHandler(
    check=_check_deleted_batch,
    apply=store_each(_delete_batch),
    rules=(refusals.nul_problems,),
    render=_or_not_found(
        _BATCH_PAYMENT_ID,
        BATCH_PAYMENTS,
        render_results("BatchPayments", _represent_deleted_batch, _represent_kept_batch),
    ),
    extra_outcome=extra_outcome("Reference", _BATCH_PAYMENT_ID, _PAYMENT_ID),
)


def _posted_payments(render: RenderBatch) -> BatchHandler:
    return BatchHandler(
        check=_check_posted_payment,
        apply=store_each(_store_posted_payment),
        rules=(refusals.nul_problems, _posted_payment_problems),
        render=render,
        extra_outcome=extra_outcome("Reference", _PAYMENT_ID),
    )


BATCHES: Mapping[str, BatchHandler] = {
    "createPayment": _posted_payments(
        render_prepared_results(
            "Payments", payments.represent_created_payments, _represent_rejected_posted_payment
        )
    ),
    "deleteBatchPayment": _BATCH_DELETION,
    "deleteBatchPaymentByUrlParam": _BATCH_DELETION,
    "deletePayment": _posted_payments(
        _or_not_found(
            _PAYMENT_ID,
            PAYMENTS,
            render_results("Payments", _represent_deleted_payment, _represent_kept_payment),
        )
    ),
}
