"""What the administration's records have against a posted one, in addition to what it shows by itself.

Source: Payt fact sheet §3.3, §4.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mockserver.model import Document, Item, Problem
from mockserver.store import State
from mockserver.vendor import Request
from mockserver.vendors.payt import documents, identity, payments, sending
from mockserver.vendors.payt.identity import Match
from mockserver.vendors.payt.moments import in_utc, is_day
from mockserver.vendors.payt.money import ZERO, amount, exact
from mockserver.vendors.payt.reading import changing, is_readable, meant
from mockserver.vendors.payt.wording import fault

NOT_FOUND = "not-found"
"""The code of a problem that is told as a kind of failure, not as a message of its record."""


def invoice(item: Item, request: Request, state: State) -> Iterator[Problem]:
    """Everything that stands against an invoice record that is posted.

    Source: Payt fact sheet §2.1, §4.1, §4.3.
    """
    if is_readable(item, request):
        yield from _faults(
            item,
            identity.invoice(meant(item.document, request), state, request.call.assumptions),
            request,
            state,
        )


def change(item: Item, request: Request, state: State) -> Iterator[Problem]:
    """Everything that stands against the change of an invoice, first that there is none.

    A blank number means no invoice, and is told of as blank already.

    Source: Payt fact sheet §2.6, §3.2.
    """
    if not is_readable(item, request):
        return
    if not item.document["invoice_number"].strip():
        return
    match = identity.numbered_invoice(meant(item.document, request), state, request.call.assumptions)
    if match.stored is None:
        yield _unknown(item, "invoices", "invoice_number")
    else:
        yield from _faults(item, match, request, state)


def debtor(item: Item, request: Request, state: State) -> Iterator[Problem]:
    """Everything that stands against a debtor record.

    Source: Payt fact sheet §3.3.
    """
    if not is_readable(item, request):
        return
    record = meant(item.document, request)
    if identity.debtor(record, state, request.call.assumptions).taken:
        yield fault("debtor-number-taken", item, "debtor_number", of="debtors")


def contact(item: Item, request: Request, state: State) -> Iterator[Problem]:
    """Everything that stands against a contact record.

    Source: Payt fact sheet §1.2 (assumed).
    """
    if not is_readable(item, request):
        return
    match = identity.contact(meant(item.document, request), state, request.call.assumptions)
    if item.document.get("id") and match.stored is None:
        yield _unknown(item, "contacts", "id")
    if match.taken:
        yield fault("contact-taken", item, "contact_identifier", of="contacts")


def vat_rate(item: Item, request: Request, state: State) -> Iterator[Problem]:
    """What a new rate lacks.

    Source: Payt fact sheet §1.2.
    """
    record = item.document
    if not is_readable(item, request) or state.collection("vat_rates").find("code", record.get("code")):
        return
    for member in ("rate", "name"):
        if record.get(member) is None:
            yield fault(f"{member}-blank", item, member, of="vat_rates")


def _unknown(item: Item, kind: str, member: str) -> Problem:
    return Problem(NOT_FOUND, (kind, item.index, member), "not found", found=item.document[member])


def _faults(item: Item, match: Match, request: Request, state: State) -> Iterator[Problem]:
    assumptions = request.call.assumptions
    stored = sending.as_of(match.stored, state, assumptions) if match.stored else None
    record = changing(meant(item.document, request), stored, assumptions)
    yield from _identity_faults(item, match, assumptions)
    if _due_too_early(record, stored):
        yield fault("due-too-early", item, "due_date")
    if _lacks_debtor(record, stored, assumptions, state):
        yield fault("debtor-missing", item, "debtor_number")
    if _lacks_condition(record, state):
        yield fault("condition-missing", item, "payment_condition")
    if _moves_sending(record, stored, assumptions):
        yield fault("sent-at-fixed", item, "sent_at")
    for member in _missing_documents(record, stored, assumptions, state):
        yield fault(f"{member.replace('_', '-')}-missing", item, member)
    for code in _payment_faults(record, stored, assumptions, state):
        yield fault(code, item, "payments")
    for code in _rate_faults(record, state):
        yield fault(code, item, "invoice_lines")


def _identity_faults(item: Item, match: Match, assumptions: Mapping[str, str]) -> Iterator[Problem]:
    told = match.taken
    if match.crossed and assumptions["crossed_identity"] == "number":
        told = told[:1]
    for member in told:
        yield fault("number-taken" if member == "invoice_number" else "identifier-taken", item, member)


def _due_too_early(record: Document, stored: Document | None) -> bool:
    invoiced, due = (
        record[member] if member in record else stored[member] if stored else ""
        for member in ("invoice_date", "due_date")
    )
    return is_day(invoiced) and is_day(due) and bool(due < invoiced)


def _lacks_debtor(
    record: Document, stored: Document | None, assumptions: Mapping[str, str], state: State
) -> bool:
    named = record.get("debtor_number") or record.get("debtor_identifier")
    if not named:
        return stored is None
    return identity.named_debtor(record, state, assumptions) is None


def _lacks_condition(record: Document, state: State) -> bool:
    code = record.get("payment_condition")
    return bool(code) and not state.collection("payment_conditions").find("code", code)


def _moves_sending(record: Document, stored: Document | None, assumptions: Mapping[str, str]) -> bool:
    if assumptions["sent_at_change"] != "error" or stored is None or "sent_at" not in record:
        return False
    return stored["sent_at"] is not None and in_utc(record["sent_at"]) != stored["sent_at"]


def _missing_documents(
    record: Document, stored: Document | None, assumptions: Mapping[str, str], state: State
) -> Iterator[str]:
    if assumptions["missing_document"] != "error":
        return
    for member in ("document", "ubl_document"):
        current = stored[member] if stored else None
        if member in record and not documents.attached(record[member], current, state)[1]:
            yield member


def _payment_faults(
    record: Document, stored: Document | None, assumptions: Mapping[str, str], state: State
) -> Iterator[str]:
    if "payments" not in record:
        return
    posted = record["payments"] or ()
    if not _adds_up(record, stored):
        yield "payments-sum"
    if assumptions["payments_order"] == "error" and not payments.in_order(posted, stored, state):
        yield "payments-order"
    names = [payment["origin_identifier"] for payment in posted]
    if len(set(names)) < len(names) or any(payments.taken(name, stored, state) for name in names):
        yield "payment-taken"


def _adds_up(record: Document, stored: Document | None) -> bool:
    """Whether the payments on the principal are what was paid; unreadable amounts are told of elsewhere."""
    paid = [
        amount(payment["amount"])
        for payment in record["payments"] or ()
        if payment.get("cost_type") in (None, "principal")
    ]
    total, still_open = (
        amount(record[member]) if member in record else stored[member] if stored else None
        for member in ("amount_total", "amount_open")
    )
    read = [one for one in paid if one is not None]
    if total is None or still_open is None or len(read) < len(paid):
        return True
    with exact():
        return bool(sum(read, ZERO) == total - still_open)


def _rate_faults(record: Document, state: State) -> Iterator[str]:
    rates = state.collection("vat_rates")
    for line in record.get("invoice_lines") or ():
        found = rates.find("code", line["vat_rate_code"])
        percentage = amount(line.get("vat_percentage"))
        if not found:
            yield "rate-missing"
        elif percentage is not None and percentage != amount(found[0]["rate"]):
            yield "rate-differs"
