"""Claim invoices: build the stored row from the sent one, and check it against the database."""

from collections.abc import Iterator, Mapping

from mockserver.errors import Rejected
from mockserver.model import Document, Json, Problem
from mockserver.sandbox.key_rules import key_rules
from mockserver.sandbox.store import Collection, State
from mockserver.vendor import FAULT_RULE, Request
from mockserver.vendors.vba import messages
from mockserver.vendors.vba.dates import TooEarlyError, normalize_date, print_wall_time
from mockserver.vendors.vba.record_names import CLAIM_INVOICE, PAYEE
from mockserver.vendors.vba.tables import BuildRow, Reference, Table, rejection

DATE_MEMBERS = ("due_Date", "entry_Date", "invoice_Date")
_USER_LENGTH = 20


def _prepare(request: Request, state: State) -> BuildRow:
    """Return what makes rows for this call: assumptions, clock and user are asked for once.

    Source: docs/vendors/vba.md#claim-invoice, #state.
    """
    checked = request.call.assumptions["fk_payee"] == "on"
    payees = state.collection(PAYEE.collection)
    payee_of, rules = payees.get if checked else _any_payee, key_rules(request.call.assumptions)
    as_sent = not (rules.trims or rules.ignores_case)
    user = request.call.principal.facts.get("user", "sandbox")[:_USER_LENGTH]
    now = print_wall_time(state.now)

    def record(row: Document, key: Json, stored: Document | None) -> Document:
        """Return the whole row anew: members left out are null, what was said at entry stays as it was."""
        get = row.get
        payee, due, entry, issued = get("payee_ID"), get("due_Date"), get("entry_Date"), get("invoice_Date")
        if payee and not as_sent:
            payee = rules.find_key(payee, payees)
        if payee is not None and payee_of(payee) is None:
            raise Rejected(*_row_problems(row, stored, request, state))
        try:
            return {
                "invoice_Key": key,
                "description": get("description"),
                "due_Date": due and normalize_date(due),
                "entry_Date": (normalize_date(entry) if entry else now)
                if stored is None
                else stored["entry_Date"],
                "entry_User": (get("entry_User") or user) if stored is None else stored["entry_User"],
                "invoice_Date": issued and normalize_date(issued),
                "invoice_Number": get("invoice_Number"),
                "invoice_Status": get("invoice_Status"),
                "payee_ID": payee,
                "update_Date": now,
                "update_User": get("update_User") or user,
            }
        except TooEarlyError:
            raise Rejected(*_row_problems(row, stored, request, state)) from None

    return _with_assumed_checks(record, request, state)


def _row_problems(
    row: Document, stored: Document | None, request: Request, state: State
) -> Iterator[Problem]:
    """Dates before the first that can be stored, and a payee that is not there.

    Source: docs/vendors/vba.md#failed-rows.
    """
    for name in DATE_MEMBERS:
        if row.get(name) and not (stored and name == "entry_Date") and _is_too_early(row[name]):
            yield Problem("out-of-range", (name,), messages.DATE_OVERFLOW, "datetime")
    payees, payee = state.collection(PAYEE.collection), row.get("payee_ID")
    if payee is None or request.call.assumptions["fk_payee"] == "off":
        return
    if key_rules(request.call.assumptions).find_key(payee, payees) not in payees:
        text = messages.unknown_payee("INSERT" if stored is None else "UPDATE", request.tenant)
        yield Problem("unknown-reference", ("payee_ID",), text, "foreign-key")


def _is_too_early(text: str) -> bool:
    try:
        normalize_date(text)
    except TooEarlyError:
        return True
    return False


def _any_payee(payee: str) -> Document | None:
    """Return any payee is one (`fk_payee` off)."""
    return {PAYEE.key: payee}


def _with_assumed_checks(record: BuildRow, request: Request, state: State) -> BuildRow:
    """`record` after what the assumptions ask of a row beside the usual; itself when they ask nothing."""
    assumptions = request.call.assumptions
    faults = _parse_row_faults(assumptions["row_faults"]) if request.operation.batch else {}
    unique = assumptions["unique_invoice_number"] == "on"
    if not faults and not unique:
        return record
    invoices = state.collection(CLAIM_INVOICE.collection)

    def inspect(row: Document, key: Json, stored: Document | None) -> Document:
        if key in faults:
            status, text = faults[key]
            raise rejection(FAULT_RULE, CLAIM_INVOICE.key, text, FAULT_RULE, status)
        if unique:
            _check_unique_number(row, key, invoices)
        return record(row, key, stored)

    return inspect


def _check_unique_number(row: Document, key: Json, invoices: Collection) -> None:
    """Raise Rejected when another invoice has the number.

    Source: docs/vendors/vba.md#claim-invoice, #failed-rows.
    """
    number = row.get("invoice_Number")
    if number is None:
        return
    if any(other["invoice_Key"] != key for other in invoices.find("invoice_Number", number)):
        raise rejection("duplicate-key", "invoice_Number", messages.duplicate_number(number), "unique-key")


def _parse_row_faults(value: str) -> Mapping[Json, tuple[int, str]]:
    """Status and message by key, of the value of `row_faults`."""
    if value == "none":
        return {}
    parts = [part.strip().partition("=") for part in value.split(";")]
    return {int(key): (int(said[:3]), said[4:]) for key, _, said in parts}


TABLE = Table(
    names=CLAIM_INVOICE,
    blank_key=0,
    key_type=int,
    prepare=_prepare,
    not_inherited=("update_User",),
    find_problems=_row_problems,
    # Payments are out of scope; the fixtures have one, so that a delete can meet it.
    references=(
        Reference(
            "FK_Claim_Invoice_Payment_Claim_Invoice",
            "claim-invoice-payments",
            "Claim_Invoice_Payment",
            "invoice_Key",
        ),
    ),
)
