"""Custom actions on bulk invoices: validation, submission, approval, processing, escalation, payment."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import TypeAlias

from mockserver.codec.http import json_reply
from mockserver.model import Document, Json, Problem, Reply
from mockserver.sandbox.assumptions import key_rules
from mockserver.sandbox.store import State
from mockserver.vendor import Handler, Request
from mockserver.vendors.guidewire import attributes
from mockserver.vendors.guidewire.attributes import without_nulls
from mockserver.vendors.guidewire.bulk_invoices import (
    invoice_in_path,
    invoice_reply,
    refuse_problems,
    refuse_stale,
)
from mockserver.vendors.guidewire.errors import ALERTS, EXPLANATIONS
from mockserver.vendors.guidewire.lifecycle import (
    BANK_ACCOUNTS,
    CLAIMS,
    INVOICES,
    ITEMS,
    NEXT_STATUS,
    PAYEES,
    TRANSITIONS,
    InvoiceWithItems,
    in_creation_order,
    items_of,
    save,
    to_draft,
    transition_problems,
    with_status,
    withdraw_approval,
)
from mockserver.vendors.guidewire.representation import invoice_element, invoice_path

FIRST_CHECK_NUMBER = 100_500
"""Number before the first check number.

Source: docs/vendors/guidewire.md#bulk-invoice (that an issued invoice has a check number).
"""


def validate(invoice: Document, assumptions: Mapping[str, str], state: State) -> Document:
    """Store the time of validation and the alerts in the invoice.

    Raises Rejected if there are alerts, and the assumption `failed_validation` refuses them.
    """
    alerts = [
        *_amount_alerts(invoice, items_of(invoice, state)),
        *_payee_alerts(invoice, state),
        *_number_alerts(invoice, assumptions, state),
    ]
    looked_at = {
        **invoice,
        "lastValidatedDate": attributes.print_instant(state.now),
        "valid": not alerts,
        "validationAlerts": alerts or None,
    }
    validated = save(without_nulls(looked_at), (), state)
    if assumptions["failed_validation"] == "refused":
        refuse_problems(Problem("alert", detail=alert["message"], expected="validate") for alert in alerts)
    return validated


def _amount_alerts(invoice: Document, items: Sequence[Document]) -> Iterator[Json]:
    if not items:
        yield _alert("noItems")
    total = Decimal(invoice["bulkInvoiceTotal"])
    if total and not invoice["splitEqually"] and total != Decimal(invoice["totalAmount"]):
        yield _alert("totalDiffers", total=invoice["bulkInvoiceTotal"], sum=invoice["totalAmount"])


def _payee_alerts(invoice: Document, state: State) -> Iterator[Json]:
    payee = state.collection(PAYEES)[invoice["payeeAddressBookUID"]]
    if invoice["paymentMethod"] == "eft" and invoice["payeeAddressBookUID"] not in state.collection(
        BANK_ACCOUNTS
    ):
        yield _alert("noBankData")
    if invoice["paymentMethod"] == "check" and "primaryAddress" not in payee:
        yield _alert("noMailingAddress")
    if invoice["reportability"] == "reportable" and "taxId" not in payee:
        yield _alert("noTaxId")


def _number_alerts(invoice: Document, assumptions: Mapping[str, str], state: State) -> Iterator[Json]:
    number = invoice.get("invoiceNumber")
    if assumptions["duplicate_invoice_numbers"] == "allowed" or not number:
        return
    # Numbers are trimmed as they are read, so that the index finds them.
    rules = key_rules(assumptions).of_stored_keys
    same = rules.find("invoiceNumber", number, state.collection(INVOICES))
    if any(other["id"] != invoice["id"] for other in same):
        yield _alert("duplicateInvoiceNumber", number=number)


def _alert(kind: str, **values: str) -> Json:
    return {"message": ALERTS[kind].format(**values), "type": kind}


def submit(invoice: Document, assumptions: Mapping[str, str], state: State) -> Document:
    """Approve the invoice if the total is within the approval limit, else set `inreview`. Raises Rejected."""
    refuse_problems(_submission_problems(invoice, assumptions, state))
    if Decimal(invoice["totalAmount"]) <= Decimal(assumptions["approval_limit"]):
        return approve_invoice(invoice, assumptions, state)
    waiting = withdraw_approval({**invoice, "status": "inreview"})
    return save(waiting, with_status(items_of(invoice, state), "inreview"), state)


def approve_invoice(invoice: Document, assumptions: Mapping[str, str], state: State) -> Document:
    approved: Document = {
        **invoice,
        "approvalDate": attributes.print_instant(state.now),
        "approvalStatus": "approved",
        "approvedAmount": invoice["totalAmount"],
        "status": "pendingitemvalidation",
    }
    items = with_status(items_of(invoice, state), "approved")
    if assumptions["item_processing"] == "fast":
        approved, items = _process_items(approved, items, assumptions, state)
    return save(approved, items, state)


def reject_invoice(invoice: Document, _assumptions: Mapping[str, str], state: State) -> Document:
    rejected = {**withdraw_approval(invoice), "approvalStatus": "rejected", "status": "rejected"}
    items = with_status(items_of(invoice, state), "rejected", EXPLANATIONS["rejected"])
    return save(rejected, items, state)


def request_invoice(invoice: Document, assumptions: Mapping[str, str], state: State) -> Document:
    """If the invoice is due and its delivery method is not `hold`, request payment, else change nothing."""
    if not _is_due(invoice, state) or invoice["deliveryMethod"] == "hold":
        return invoice
    status = "requested" if assumptions["item_processing"] == "fast" else "requesting"
    return save({**invoice, "status": status}, with_status(items_of(invoice, state), "submitting"), state)


def change_status(action: str, invoice: Document, state: State) -> Document:
    chosen, items = TRANSITIONS[action], items_of(invoice, state)
    moved = {**invoice, "status": chosen.target}
    if action == "issue" and "checkNumber" not in invoice:
        number = str(FIRST_CHECK_NUMBER + state.next("check"))
        moved = {**moved, "checkNumber": number, "issueDate": attributes.print_instant(state.now)}
    return save(moved, with_status(items, chosen.items) if chosen.items else (), state)


def reset_invoice(invoice: Document, _assumptions: Mapping[str, str], state: State) -> Document:
    draft, items = to_draft({**invoice, "valid": False}, items_of(invoice, state))
    forgotten = dict.fromkeys(("checkNumber", "issueDate", "lastValidatedDate", "validationAlerts"))
    return save(without_nulls({**draft, **forgotten}), items, state)


def _escalate(invoice: Document, assumptions: Mapping[str, str], state: State) -> Document:
    status = invoice["status"]
    if status in NEXT_STATUS[assumptions["item_processing"]]:
        return save(*_process_items(invoice, items_of(invoice, state), assumptions, state), state)
    if status == "requesting":
        return save({**invoice, "status": "requested"}, (), state)
    return request_invoice(invoice, assumptions, state) if status == "awaitingsubmission" else invoice


def _process_items(
    invoice: Document, items: Sequence[Document], assumptions: Mapping[str, str], state: State
) -> InvoiceWithItems:
    """Return the invoice in its next status (`invaliditems` if an item is invalid), and the checked items."""
    looked_at = [_check_item(item, state) for item in items]
    if any(item["status"] == "notvalid" for item in looked_at):
        return {**invoice, "status": "invaliditems"}, looked_at
    status = NEXT_STATUS[assumptions["item_processing"]][invoice["status"]]
    done = status == "awaitingsubmission"
    return {**invoice, "status": status}, with_status(items, status) if done else list(items)


def _check_item(item: Document, state: State) -> Document:
    """Return the item, with status `notvalid` if its claim cannot be paid (assumed)."""
    claim = state.collection(CLAIMS)[item["claim"]]
    if claim.get("abilityToPay", True):
        return item
    explanation = EXPLANATIONS["no-ability-to-pay"].format(claim=claim["claimNumber"])
    return {**item, "status": "notvalid", "explanation": explanation}


def _is_due(invoice: Document, state: State) -> bool:
    today = state.now.date().isoformat()
    return "scheduledSendDate" in invoice and invoice["scheduledSendDate"][: len(today)] <= today


TakeAction: TypeAlias = Callable[[Document, Mapping[str, str], State], Document]


def action_handler(name: str, take: TakeAction) -> Handler:
    """Return a handler that applies an action to the invoice in the path; the body must be empty."""

    def handle(request: Request, state: State) -> Reply:
        invoice = invoice_in_path(request, state)
        refuse_problems(_body_problems(request))
        refuse_stale(invoice, invoice_path(invoice), request)
        refuse_problems(transition_problems(name, invoice))
        after = take(invoice, request.call.assumptions, state)
        return invoice_reply(after, request, state)

    return handle


def transition_handler(name: str) -> Handler:
    return action_handler(name, lambda invoice, _, state: change_status(name, invoice, state))


def run_helper(request: Request, state: State) -> Reply:
    """Apply a helper action, which at the real vendor only staff or systems can take."""
    return _HELPERS[request.parameters["helper"]](request, state)


def run_escalation(request: Request, state: State) -> Reply:
    """Advance by one status each invoice that awaits a batch process; reply with the advanced invoices."""
    refuse_problems(_body_problems(request))
    waiting = in_creation_order(state.collection(INVOICES).values())
    escalated = [(_escalate(invoice, request.call.assumptions, state), invoice) for invoice in waiting]
    rows = [invoice_element(after, request, state) for after, before in escalated if after is not before]
    return json_reply(200, {"count": len(rows), "data": rows})


def _submission_problems(
    invoice: Document, assumptions: Mapping[str, str], state: State
) -> Iterator[Problem]:
    if not state.collection(ITEMS).find("bulkInvoice", invoice["id"]):
        yield Problem("no-items", expected="submit")
    if "scheduledSendDate" not in invoice:
        yield Problem("no-send-date", expected="submit")
    if not invoice["valid"] and assumptions["unvalidated_submit"] == "refused":
        yield Problem("not-valid", expected="submit")


def _body_problems(request: Request) -> Iterator[Problem]:
    if request.call.body.strip():
        yield Problem("body-not-empty")


_HELPERS: Mapping[str, Handler] = {
    "force-approve": action_handler("force-approve", approve_invoice),
    "force-reject": action_handler("force-reject", reject_invoice),
    "reset": action_handler("reset", reset_invoice),
    **{name: transition_handler(name) for name in ("issue", "clear", "confirm-stop", "confirm-void")},
}
