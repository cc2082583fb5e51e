"""Custom actions on an invoice, and what in real life an approver, a batch process or a bank does.

Source: Guidewire fact sheet §1.1 rows 8 and 9, §1.2, §4.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

from mockserver.errors import Rejected
from mockserver.model import Document, Problem, Reply
from mockserver.reply import json_reply
from mockserver.store import State
from mockserver.vendor import Handler, Request
from mockserver.vendors.guidewire import processing, validation
from mockserver.vendors.guidewire.lifecycle import wrong_state
from mockserver.vendors.guidewire.operations import element, named_invoice, refuse_any, refuse_stale
from mockserver.vendors.guidewire.records import ITEMS
from mockserver.vendors.guidewire.render import invoice_element, invoice_path

Take: TypeAlias = Callable[[Document, Mapping[str, str], State], Document]


def action(name: str, take: Take) -> Handler:
    """The handler of the action on the invoice that the path names; its body must be empty."""

    def handle(request: Request, state: State) -> Reply:
        invoice = named_invoice(request, state)
        refuse_any(_filled_body(request))
        refuse_stale(invoice, invoice_path(invoice), request)
        refuse_any(wrong_state(name, invoice))
        after = take(invoice, request.call.assumptions, state)
        return element(200, invoice_element(after, request, state))

    return handle


def moving(name: str) -> Handler:
    """The handler of an action that only leads to another status."""
    return action(name, lambda invoice, _, state: processing.move(name, invoice, state))


def validate(invoice: Document, assumptions: Mapping[str, str], state: State) -> Document:
    """Look at the invoice; what is wrong with it is no error unless a switch says so (assumed).

    Raises:
        Rejected: it does, and something is wrong.
    """
    looked_at = validation.validate(invoice, assumptions, state)
    if assumptions["failed_validation"] == "refused":
        found = looked_at.get("validationAlerts", ())
        refuse_any(Problem("alert", detail=alert["message"], expected="validate") for alert in found)
    return looked_at


def submit(invoice: Document, assumptions: Mapping[str, str], state: State) -> Document:
    """Send the invoice to approval.

    Raises:
        Rejected: it has no items, no send date, or is not valid.
    """
    if found := tuple(_against_submission(invoice, assumptions, state)):
        raise Rejected(*found)
    return processing.submit(invoice, assumptions, state)


def help_along(request: Request, state: State) -> Reply:
    """Do to the invoice what its path says, and what only others can do in real life."""
    return _HELPERS[request.parameters["helper"]](request, state)


def run_escalation(request: Request, state: State) -> Reply:
    """One run of the batch processes over all invoices; the answer is those that went on."""
    refuse_any(_filled_body(request))
    moved = processing.run_escalation(request.call.assumptions, state)
    rows = [invoice_element(invoice, request, state) for invoice in moved]
    return json_reply(200, {"count": len(rows), "data": rows})


def _against_submission(invoice: Document, assumptions: Mapping[str, str], state: State) -> Iterator[Problem]:
    """Source: Guidewire fact sheet §5 rules 6, 12, 18."""
    if not state.collection(ITEMS).find("bulkInvoice", invoice["id"]):
        yield Problem("no-items", expected="submit")
    if "scheduledSendDate" not in invoice:
        yield Problem("no-send-date", expected="submit")
    if not invoice["valid"] and assumptions["unvalidated_submit"] == "refused":
        yield Problem("not-valid", expected="submit")


def _filled_body(request: Request) -> Iterator[Problem]:
    if request.call.body.strip():
        yield Problem("body-not-empty")


_HELPERS: Mapping[str, Handler] = {
    "force-approve": action("force-approve", processing.approve),
    "force-reject": action("force-reject", lambda invoice, _, state: processing.reject(invoice, state)),
    "reset": action("reset", lambda invoice, _, state: processing.reset(invoice, state)),
    **{name: moving(name) for name in ("issue", "clear", "confirm-stop", "confirm-void")},
}
