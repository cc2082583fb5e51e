"""Lists: which records are asked for, in which order, from where on.

Source: Payt fact sheet §1.3.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import TypeAlias

from mockserver.clock import parse_instant
from mockserver.errors import Invalid
from mockserver.model import Document
from mockserver.store import Collection, State
from mockserver.vendor import Request
from mockserver.vendors.payt.moments import read_moment
from mockserver.vendors.payt.wording import unreadable

Predicate: TypeAlias = Callable[[Document], bool]
Filters: TypeAlias = Callable[[Document, State], Iterator[Predicate]]

_PER_PAGE = 100
_INVOICE: Mapping[str, str] = {
    "ids": "id",
    "invoice_numbers": "invoice_number",
    "invoice_identifiers": "invoice_identifier",
    "debtor_ids": "debtor_id",
    "credit_case_ids": "active_credit_case_id",
}
_DEBTOR: Mapping[str, str] = {
    "debtor_numbers": "debtor_number",
    "debtor_identifiers": "debtor_identifier",
}
_INVOICE_OF_PAYMENT: Mapping[str, str] = {
    "invoice_numbers": "invoice_number",
    "invoice_identifiers": "invoice_identifier",
    "credit_case_ids": "active_credit_case_id",
    "credit_case_numbers": "active_credit_case_number",
}


def invoice_filters(parameters: Document, state: State) -> Iterator[Predicate]:
    """What the parameters of a list of invoices ask for; paid is what has nothing open (assumed)."""
    yield from _named(parameters, _INVOICE)
    yield from _of_others(parameters, _DEBTOR, "debtor_id", state.collection("debtors"))
    if (paid := parameters.get("paid")) is not None:
        yield lambda invoice: (invoice["amount_open"] == 0) is paid
    if (most := parameters.get("book_amount_total_lte")) is not None:
        yield lambda invoice: bool(invoice["book_amount_total"] <= most)
    if (least := parameters.get("book_amount_total_gte")) is not None:
        yield lambda invoice: bool(invoice["book_amount_total"] >= least)
    yield from _changed(parameters)


def payment_filters(parameters: Document, state: State) -> Iterator[Predicate]:
    """What the parameters of a list of payments ask for."""
    yield from _named(parameters, {"ids": "id"})
    yield from _of_others(parameters, _INVOICE_OF_PAYMENT, "invoice_id", state.collection("invoices"))
    yield from _changed(parameters)


def debtor_filters(parameters: Document, _state: State) -> Iterator[Predicate]:
    """What the parameters of a list of debtors ask for."""
    yield from _named(parameters, {"ids": "id", **_DEBTOR})
    yield from _changed(parameters)


def contact_filters(parameters: Document, state: State) -> Iterator[Predicate]:
    """What the parameters of a list of contacts ask for; a debtor has the contact that it names."""
    yield from _named(parameters, {"ids": "id", "contact_identifiers": "contact_identifier"})
    tests = list(_named(parameters, {"debtor_numbers": "debtor_number"}))
    if tests:
        debtors = [one for one in state.collection("debtors").values() if tests[0](one)]
        codes = {one["contact_identifier"] for one in debtors if one.get("contact_identifier")}
        yield partial(_among, "contact_identifier", codes)
    yield from _changed(parameters)


def no_filters(_parameters: Document, _state: State) -> Iterator[Predicate]:
    """Everything."""
    yield from ()


def page(
    records: Iterable[Document], request: Request, collection: Collection, state: State, sequence: str = ""
) -> tuple[list[Document], str | None]:
    """One page in the order asked for, else by id, and the cursor of the next one, None on the last.

    `sequence` is where the records' ids were counted, "" where nobody counts them.
    Source: Payt fact sheet §1.3 (the last cursor is assumed).

    Raises:
        Invalid: the cursor is an id that no record has ever had, and the switch says that this counts.
    """
    parameters = request.parameters
    member, _, way = parameters.get("order", "").rpartition("_")
    place = partial(_place, member)
    rows = sorted(records, key=place, reverse=way == "desc")
    if (cursor := parameters.get("cursor")) is not None:
        if request.call.assumptions["unknown_cursor"] == "refused" and cursor not in collection:
            _refuse_unless_given(cursor, sequence, state)
        last = collection.get(cursor) or {"id": cursor, member: ""}
        rows = [
            row for row in rows if (place(row) < place(last) if way == "desc" else place(row) > place(last))
        ]
    size = parameters.get("per_page", _PER_PAGE)
    shown = rows[:size]
    leads_on = len(rows) > size or request.call.assumptions["last_cursor"] == "last_id"
    return shown, shown[-1]["id"] if shown and leads_on else None


def _refuse_unless_given(cursor: str, sequence: str, state: State) -> None:
    """Let pass the id of a record that is gone, but not one of another sandbox or of before a reset."""
    counted = state.collection("sequences", "").get(sequence)
    if counted is None or int(cursor) > counted["last"]:
        raise Invalid((unreadable(("query", "cursor")),))


def _place(member: str, record: Document) -> tuple[str, int]:
    """Where a record stands; the id orders those of one day."""
    return record[member] if member else "", int(record["id"])


def _named(parameters: Document, columns: Mapping[str, str]) -> Iterator[Predicate]:
    for parameter, member in columns.items():
        wanted = {part.strip() for part in parameters.get(parameter, "").split(",")} - {""}
        if wanted:
            yield partial(_among, member, wanted)


def _of_others(
    parameters: Document, columns: Mapping[str, str], member: str, others: Collection
) -> Iterator[Predicate]:
    """Records whose `member` is the id of another record that the parameters name."""
    tests = list(_named(parameters, columns))
    if tests:
        yield partial(_among, member, {one["id"] for one in others.values() if all(t(one) for t in tests)})


def _among(member: str, wanted: set[str], record: Document) -> bool:
    return record.get(member) in wanted


def _changed(parameters: Document) -> Iterator[Predicate]:
    if (text := parameters.get("updated_after")) is not None:
        moment = read_moment(text)
        yield lambda record: parse_instant(record["updated_at"]) > moment
