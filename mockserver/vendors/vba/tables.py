"""Tables of the database: keys and references, rows of claim invoices and payees, dates.

Assumptions decide whether text keys that differ only in letter case or blanks are equal.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TypeAlias

from mockserver.errors import Rejected
from mockserver.model import Document, Json, Problem, Value
from mockserver.sandbox.assumptions import key_rules
from mockserver.sandbox.store import Collection, State
from mockserver.spec.schema import DAY_PATTERN, MINUTE_PATTERN
from mockserver.vendor import FAULT_RULE, Request
from mockserver.vendors.vba.messages import CLAIM_INVOICE, PAYEE, RecordNames, message

_SECONDS = r"(?::[0-5][0-9](?:\.[0-9]{1,16})?)?"
_ZONE = "(?:Z|[+-](?:0[0-9]|1[0-3]):[0-5][0-9]|[+-]14:00)?"
DATE_TIME_PATTERN = f"^{DAY_PATTERN}(?:T{MINUTE_PATTERN}{_SECONDS}{_ZONE})?$"
"""DateTime as System.Text.Json reads it: ISO 8601; time, seconds and zone may be missing.

Source: docs/vendors/vba.md#bodies-that-cannot-be-read.
"""

_PARTS = re.compile(
    r"([0-9-]{10})(?:T([0-9]{2}:[0-9]{2})(:[0-9]{2})?(?:\.([0-9]+))?(Z|([+-])([0-9]{2}):([0-9]{2}))?)?"
)
_FRACTION_DIGITS = 7
FIRST_YEAR, _SURE_YEAR = "1753", "1754"
"""First year that can be stored; first year that can be stored with any offset, which moves a day at most."""

MAX_KEY = 2**31 - 1
_LAST_KEYS = "identity"
_USER_LENGTH = 20
DATE_MEMBERS = ("due_Date", "entry_Date", "invoice_Date")


class TooEarlyError(ValueError):
    """The date is before 1753, when SQL Server's calendar begins."""


@lru_cache(maxsize=4096)
def normalize_date(text: str) -> str:
    """Return a valid date-time in its stored form: without `Z`; a time with an offset is turned into UTC.

    .NET keeps seven digits of a fraction, without trailing zeros. Source: docs/vendors/vba.md#claim-invoice,
    #failed-rows, #state. Raises TooEarlyError.
    """
    match = _PARTS.fullmatch(text)
    if match is None:
        return text
    day, minute, second, fraction, zone, sign, hours, minutes = match.groups()
    wall = f"{day}T{minute or '00:00'}{second or ':00'}"
    if zone not in (None, "Z"):
        wall = _to_utc(wall, int(f"{sign}1") * timedelta(hours=int(hours), minutes=int(minutes)))
    if wall < FIRST_YEAR:
        raise TooEarlyError(text)
    digits = (fraction or "")[:_FRACTION_DIGITS].rstrip("0")
    return f"{wall}.{digits}" if digits else wall


@lru_cache(maxsize=16)
def print_wall_time(moment: datetime) -> str:
    text = moment.astimezone(UTC).replace(tzinfo=None).isoformat()
    return text.rstrip("0") if "." in text else text


def _to_utc(wall: str, offset: timedelta) -> str:
    """Return the time in UTC, or `wall` itself if the time in UTC lies outside the calendar."""
    try:
        return (datetime.fromisoformat(wall) - offset).isoformat()
    except OverflowError:
        return wall


BuildRow: TypeAlias = Callable[[Document, Json, Document | None], Document]
"""Builds the row to store from the sent row, its key, and the stored row if any. Raises Rejected."""

FindProblems: TypeAlias = Callable[[Document, Document | None, Request, State], Iterable[Problem]]
"""Returns the problems that the database has with a sent row, given the stored row of that key, or None."""


class Reference(Value, frozen=True):
    """Foreign key: a column of another table that refers to this table."""

    constraint: str
    collection: str
    table: str
    member: str
    assumption: str = ""
    """If set, the foreign key is checked only while this assumption is on."""


class Table(Value, frozen=True):
    """A table of the database."""

    names: RecordNames
    blank_key: Json
    """The value that stands for a missing key, in requests and responses."""
    key_type: Callable[[int], Json]
    """Turns an assigned number into a key."""
    prepare: Callable[[Request, State], BuildRow]
    """Returns, once for each call, the function that builds rows."""
    not_inherited: tuple[str, ...] = ()
    """The members that an update does not take from the stored row."""
    find_problems: FindProblems | None = None
    """Lists all problems of a row. If None, a row is checked only when it is stored."""
    references: tuple[Reference, ...] = ()

    def rows(self, state: State) -> Collection:
        return state.collection(self.names.collection)

    def row_builder(self, request: Request, state: State) -> BuildRow:
        """Return the function that builds the rows of this call. Assumptions are read once for all rows."""
        record = self.prepare(request, state)
        return (
            self._with_stored_members(record)
            if request.call.assumptions["merge_on_update"] == "on"
            else record
        )

    def next_key(self, state: State) -> Json:
        """Return the next free key after the last assigned key; at first, after the highest stored key.

        Source: docs/vendors/vba.md#state. Raises Rejected: no number is left.
        """
        rows, identity = self.rows(state), state.collection(_LAST_KEYS)
        known = identity.get(self.names.collection)
        last = known["last"] if known else self._highest_key(rows)
        number = max(int(last), 0) + 1
        while str(number) in rows:
            number += 1
        if number > MAX_KEY:
            raise rejection("out-of-range", self.names.key, message("keys-exhausted"), "identity")
        identity[self.names.collection] = {"last": number}
        return self.key_type(number)

    def _with_stored_members(self, record: BuildRow) -> BuildRow:
        """Return a builder that takes absent members from the stored row.

        Source: docs/vendors/vba.md#state (assumption `merge_on_update`).
        """

        def merge(row: Document, key: Json, stored: Document | None) -> Document:
            kept = {name: value for name, value in (stored or {}).items() if name not in self.not_inherited}
            return record({**kept, **row}, key, stored)

        return merge

    def _highest_key(self, rows: Collection) -> int:
        """Return the highest stored key; 0 if keys are texts, because new text keys are numbered from 1."""
        return max((int(key) for key in rows), default=0) if self.key_type is int else 0


def rejection(code: str, member: str, text: str, rule: str, expected: Json = None) -> Rejected:
    """Return the exception with which the database refuses a row, with `text` as its message."""
    return Rejected(Problem(code, (member,), text, rule, expected))


def _prepare_payees(request: Request, state: State) -> BuildRow:
    """Return the builder of payee rows. Source: docs/vendors/vba.md#payees."""
    members = request.contract["components"]["schemas"]["StoredPayee"]["properties"]
    blank = {name: node.get("default") for name, node in members.items()}
    user, now = _user_and_time(request, state)

    def record(sent: Document, key: Json, stored: Document | None) -> Document:
        """Return the whole row: an absent text is null, an absent flag false."""
        for problem in _early_dates(sent, stored):
            raise Rejected(problem)
        entered = {
            "entry_Date": now if stored else normalize_date(sent.get("entry_Date") or now),
            "entry_User": sent.get("entry_User") or user,
            **(stored or {}),
        }
        return {
            **blank,
            **sent,
            "payee_ID": key,
            "entry_Date": entered["entry_Date"],
            "entry_User": entered["entry_User"],
            "update_Date": now,
            "update_User": sent.get("update_User") or user,
        }

    return record


def _user_and_time(request: Request, state: State) -> tuple[str, str]:
    return request.call.principal.facts.get("user", "sandbox")[:_USER_LENGTH], print_wall_time(state.now)


PAYEE_TABLE = Table(
    names=PAYEE,
    blank_key=None,
    key_type=str,
    prepare=_prepare_payees,
    not_inherited=("update_User",),
    references=(
        Reference(
            "FK_Claim_Invoice_Payee",
            CLAIM_INVOICE.collection,
            "Claim_Invoice",
            "payee_ID",
            assumption="fk_payee",
        ),
    ),
)


def _prepare_claim_invoices(request: Request, state: State) -> BuildRow:
    """Return the builder of claim invoices. Assumptions, clock and user are read once for all rows.

    Source: docs/vendors/vba.md#claim-invoice, #state.
    """
    checked = request.call.assumptions["fk_payee"] == "on"
    payees = state.collection(PAYEE.collection)
    payee_of, rules = payees.get if checked else _any_payee, key_rules(request.call.assumptions)
    as_sent = not (rules.trims or rules.ignores_case)
    user, now = _user_and_time(request, state)

    def record(row: Document, key: Json, stored: Document | None) -> Document:
        """Return the whole row: absent members are null or a default; updates do not change `entry_…`."""
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
    """Yield a problem for each date before the first storable date, and for an unknown payee.

    Source: docs/vendors/vba.md#failed-rows.
    """
    yield from _early_dates(row, stored)
    payees, payee = state.collection(PAYEE.collection), row.get("payee_ID")
    if payee is None or request.call.assumptions["fk_payee"] == "off":
        return
    if key_rules(request.call.assumptions).find_key(payee, payees) not in payees:
        text = message(
            "unknown-payee", verb="INSERT" if stored is None else "UPDATE", database=request.tenant
        )
        yield Problem("unknown-reference", ("payee_ID",), text, "foreign-key")


def _early_dates(row: Document, stored: Document | None) -> Iterator[Problem]:
    for name in DATE_MEMBERS:
        text = row.get(name)
        if text and text < _SURE_YEAR and not (stored and name == "entry_Date") and _is_too_early(text):
            yield Problem("out-of-range", (name,), message("date-overflow"), "datetime")


def _is_too_early(text: str) -> bool:
    try:
        normalize_date(text)
    except TooEarlyError:
        return True
    return False


def _any_payee(payee: str) -> Document | None:
    """Return a record for every `payee`; used while the assumption `fk_payee` is off, instead of a search."""
    return {PAYEE.key: payee}


def _with_assumed_checks(record: BuildRow, request: Request, state: State) -> BuildRow:
    """Return `record` with the checks that assumptions add, or `record` itself if they add no checks."""
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
        raise rejection(
            "duplicate-key", "invoice_Number", message("duplicate-number", number=number), "unique-key"
        )


def _parse_row_faults(value: str) -> Mapping[Json, tuple[int, str]]:
    """Return status and message by row key, from the value of the assumption `row_faults`."""
    if value == "none":
        return {}
    parts = [part.strip().partition("=") for part in value.split(";")]
    return {int(key): (int(message[:3]), message[4:]) for key, _, message in parts}


CLAIM_INVOICE_TABLE = Table(
    names=CLAIM_INVOICE,
    blank_key=0,
    key_type=int,
    prepare=_prepare_claim_invoices,
    not_inherited=("update_User",),
    find_problems=_row_problems,
    # Payments are out of scope; the fixtures have one payment, which prevents a delete.
    references=(
        Reference(
            "FK_Claim_Invoice_Payment_Claim_Invoice",
            "claim-invoice-payments",
            "Claim_Invoice_Payment",
            "invoice_Key",
        ),
    ),
)
