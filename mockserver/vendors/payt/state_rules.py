"""Rules that depend on the administration's stored records, for readable records."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mockserver.model import Document, Item, Problem
from mockserver.sandbox.store import State
from mockserver.vendor import Request
from mockserver.vendors.payt import files, invoices, sent_records
from mockserver.vendors.payt.amounts_and_dates import ZERO, exact_arithmetic, is_day, read_amount, to_utc
from mockserver.vendors.payt.messages import UNKNOWN_RECORD, record_problem
from mockserver.vendors.payt.sent_records import RecordMatch, changeable_members, normalize


def check_invoice(item: Item, request: Request, state: State) -> Iterator[Problem]:
    """Yield the problems of an invoice. If an invoice to update does not exist, yield only that problem.

    If the number of an invoice to update is blank, yield nothing, because another rule reports it.
    Source: docs/vendors/payt.md#invoice, #identity, #amounts-and-payments, #partial-errors.
    """
    updates = request.operation.method == "patch"
    if updates and not item.document["invoice_number"].strip():
        return
    match = sent_records.find_invoice(normalize(item.document, request), request, state)
    if updates and match.stored is None:
        yield _unknown_record(item, "invoices", "invoice_number")
    else:
        yield from _invoice_problems(item, match, request, state)


def check_debtor(item: Item, request: Request, state: State) -> Iterator[Problem]:
    """Reject a number or identifier that another debtor has. Source: docs/vendors/payt.md#messages."""
    record = normalize(item.document, request)
    if sent_records.find_debtor(record, request, state).taken:
        yield record_problem("debtor-number-taken", item, "debtor_number", of="debtors")


def check_contact(item: Item, request: Request, state: State) -> Iterator[Problem]:
    """Yield the problems of a contact. Source: docs/vendors/payt.md#operations-and-paths (assumed)."""
    match = sent_records.find_contact(normalize(item.document, request), request, state)
    if item.document.get("id") and match.stored is None:
        yield _unknown_record(item, "contacts", "id")
    if match.taken:
        yield record_problem("contact-taken", item, "contact_identifier", of="contacts")


def check_vat_rate(item: Item, _request: Request, state: State) -> Iterator[Problem]:
    """Reject a new VAT rate without `rate` or `name`. Source: docs/vendors/payt.md#operations-and-paths."""
    record = item.document
    if state.collection("vat_rates").find("code", record.get("code")):
        return
    for member in ("rate", "name"):
        if record.get(member) is None:
            yield record_problem(f"{member}-blank", item, member, of="vat_rates")


def _unknown_record(item: Item, kind: str, member: str) -> Problem:
    return Problem(UNKNOWN_RECORD, (kind, item.index, member), "not found", found=item.document[member])


def _invoice_problems(item: Item, match: RecordMatch, request: Request, state: State) -> Iterator[Problem]:
    assumptions = request.call.assumptions
    stored = invoices.sent_by_now(match.stored, state, assumptions) if match.stored else None
    record = changeable_members(normalize(item.document, request), stored, assumptions)
    yield from _identity_problems(item, match, assumptions)
    if _due_too_early(record, stored):
        yield record_problem("due-too-early", item, "due_date")
    if _lacks_debtor(record, stored, request, state):
        yield record_problem("debtor-missing", item, "debtor_number")
    condition = record.get("payment_condition")
    if condition and not state.collection("payment_conditions").find("code", condition):
        yield record_problem("condition-missing", item, "payment_condition")
    if _changes_sent_at(record, stored, assumptions):
        yield record_problem("sent-at-fixed", item, "sent_at")
    for member in _missing_documents(record, stored, assumptions, state):
        yield record_problem(f"{member.replace('_', '-')}-missing", item, member)
    for code in _payment_problems(record, stored, assumptions, state):
        yield record_problem(code, item, "payments")
    for code in _rate_problems(record, state):
        yield record_problem(code, item, "invoice_lines")


def _identity_problems(item: Item, match: RecordMatch, assumptions: Mapping[str, str]) -> Iterator[Problem]:
    told = match.taken
    if match.crossed and assumptions["crossed_identity"] == "number":
        told = told[:1]
    for member in told:
        yield record_problem(
            "number-taken" if member == "invoice_number" else "identifier-taken", item, member
        )


def _due_too_early(record: Document, stored: Document | None) -> bool:
    invoiced, due = (
        record[member] if member in record else stored[member] if stored else ""
        for member in ("invoice_date", "due_date")
    )
    return is_day(invoiced) and is_day(due) and bool(due < invoiced)


def _lacks_debtor(record: Document, stored: Document | None, request: Request, state: State) -> bool:
    debtor_number = record.get("debtor_number") or record.get("debtor_identifier")
    if not debtor_number:
        return stored is None
    return sent_records.find_named_debtor(record, request, state) is None


def _changes_sent_at(record: Document, stored: Document | None, assumptions: Mapping[str, str]) -> bool:
    if assumptions["sent_at_change"] != "error" or stored is None or "sent_at" not in record:
        return False
    return stored["sent_at"] is not None and to_utc(record["sent_at"]) != stored["sent_at"]


def _missing_documents(
    record: Document, stored: Document | None, assumptions: Mapping[str, str], state: State
) -> Iterator[str]:
    if assumptions["missing_document"] != "error":
        return
    for member in ("document", "ubl_document"):
        current = stored[member] if stored else None
        if member in record and not files.attach_file(record[member], current, state)[1]:
            yield member


def _payment_problems(
    record: Document, stored: Document | None, assumptions: Mapping[str, str], state: State
) -> Iterator[str]:
    if "payments" not in record:
        return
    posted = record["payments"] or ()
    if not _adds_up(record, stored):
        yield "payments-sum"
    if assumptions["payments_order"] == "error" and not invoices.is_chronological(posted, stored, state):
        yield "payments-order"
    names = [payment["origin_identifier"] for payment in posted]
    if len(set(names)) < len(names) or any(invoices.is_taken(name, stored, state) for name in names):
        yield "payment-taken"


def _adds_up(record: Document, stored: Document | None) -> bool:
    paid = [
        read_amount(payment["amount"])
        for payment in record["payments"] or ()
        if payment.get("cost_type") in (None, "principal")
    ]
    total, still_open = (
        read_amount(record[member]) if member in record else stored[member] if stored else None
        for member in ("amount_total", "amount_open")
    )
    read = [one for one in paid if one is not None]
    if total is None or still_open is None or len(read) < len(paid):
        return True
    with exact_arithmetic():
        return bool(sum(read, ZERO) == total - still_open)


def _rate_problems(record: Document, state: State) -> Iterator[str]:
    rates = state.collection("vat_rates")
    for line in record.get("invoice_lines") or ():
        found = rates.find("code", line["vat_rate_code"])
        percentage = read_amount(line.get("vat_percentage"))
        if not found:
            yield "rate-missing"
        elif percentage is not None and percentage != read_amount(found[0]["rate"]):
            yield "rate-differs"
