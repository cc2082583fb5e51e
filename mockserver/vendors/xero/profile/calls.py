"""Requests of the contract suite to Xero; readers of outcomes and documents in the responses.

Source: docs/vendors/xero.md#summarizeerrors, #error-shapes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import ROUND_DOWN, Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from mockserver.contract.exchange import Exchange, Request, json_request
from mockserver.contract.profile import (
    BatchItem,
    DrawnValues,
    Facts,
    Record,
    ReportedOutcome,
    ReportedOutcomes,
)
from mockserver.contract.profile_file.tables import ProfileTables
from mockserver.model import EMPTY, Json, Value
from mockserver.vendor import read_tables

_ZERO_ID = "00000000-0000-0000-0000-000000000000"
_OK, _REFUSED = 200, 400
_FLAGS = ("HasErrors", "HasValidationErrors")
_ANSWER_ONLY_MEMBERS = ("ValidationErrors", "StatusAttributeString", *_FLAGS)
_FILLED_MEMBERS = "AmountCredited AmountDue AmountPaid CurrencyRate HasAccount IsDiscounted RemainingCredit"
"""Members that the server adds to a failed element."""

_REFERENCES = ("ContactID", "ContactNumber", "AccountID", "InvoiceID", "Code", "InvoiceNumber", "Name")
"""Members that name a contact, account or invoice, by precedence; the server fills in what was not sent."""

_FILLED_PARTS = ("Contact", "Account", "Invoice")
_DATES = ("Date", "DateString")
"""Endings of the names of date members. A failed element shows dates in another form than was sent."""

_LONG_TEXT = 255
"""Maximum number of characters of a text. A failed element does not show a longer text.

Source: docs/vendors/xero.md#what-clients-can-read.
"""

UNKNOWN_ID = "00000000-0000-4000-8000-00000000dead"
"""An id that no document has."""

_API = "/api.xro/2.0"
_JSON = {"accept": "application/json"}
_FOUND, _NOT_FOUND = 200, 404
_CENT = Decimal("0.01")
TABLES = ProfileTables(Path(__file__).with_name("batches.yaml"))
_WHOLES = tuple(map(Decimal, ("0.30", "19.99", "1234567890.12", "33.34", "4.35")))


class ElementReader(Value, frozen=True):
    """Reads the outcomes of one kind of element."""

    plural: str
    """Name of the list of elements."""
    name: str
    """The member by which clients recognise an element, such as Reference."""
    id: str = ""
    """The member with the id, if elements have ids."""
    amount: str = ""
    """The member with the amount, if elements have amounts."""
    creates: bool = False
    """Whether each saved element is new, with an id of its own."""
    longest_name: int = _LONG_TEXT
    """Maximum number of characters of a name. A failed element does not show a longer name."""

    def read(self, exchange: Exchange, items: Sequence[BatchItem]) -> ReportedOutcomes | None:
        """Return the outcomes of all elements in order; if the response is a 400, only of failed elements.

        Return None if the call was refused without elements. Raises ValueError: the list of elements is
        missing, an element is both saved and failed, or a saved element has no id or another element's id.
        """
        status = exchange.response.status
        document = exchange.response.json() if status in (_OK, _REFUSED) else {}
        if status == _OK:
            return self._read_all(_list_of(document, self.plural), items)
        if isinstance(document, dict) and "Elements" in document:
            return self._read_summary(_list_of(document, "Elements"), items)
        if status < _REFUSED:
            raise ValueError(f"an answer with the status {status} says nothing of {self.plural}")
        return None

    def _read_all(
        self, elements: Sequence[Mapping[str, Any]], items: Sequence[BatchItem]
    ) -> ReportedOutcomes:
        told = []
        for place, element in enumerate(elements):
            at = f"/{self.plural}/{place}"
            accepted = not _is_failed(element, at)
            if accepted and self.id and element.get(self.id) in (None, _ZERO_ID):
                raise ValueError(f"the element at {at} is reported as saved, but has no {self.id}")
            item = items[place] if place < len(items) else None
            told.append(self._outcome(element, item, at, accepted=accepted))
        if self.id and self.creates:
            self._refuse_shared_ids([one for one, of in zip(elements, told, strict=True) if of.accepted])
        return ReportedOutcomes(tuple(told))

    def _outcome(
        self, element: Mapping[str, Any], item: BatchItem | None, at: str, *, accepted: bool
    ) -> ReportedOutcome:
        amount = element.get(self.amount) if accepted else None
        return ReportedOutcome(
            place=None if item is None else item.place,
            accepted=accepted,
            key=self._key(element, item),
            message=_error_text(element),
            amount=None if amount is None else Decimal(amount),
            at=at,
        )

    def _read_summary(
        self, elements: Sequence[Mapping[str, Any]], items: Sequence[BatchItem]
    ) -> ReportedOutcomes:
        places = tuple(items) if len(elements) == len(items) else tuple(self._match_items(elements, items))
        told = (
            self._outcome(element, item, f"/Elements/{number}", accepted=False)
            for number, (element, item) in enumerate(zip(elements, places, strict=True))
        )
        return ReportedOutcomes(tuple(told), is_complete=False)

    def _match_items(
        self, elements: Sequence[Mapping[str, Any]], items: Sequence[BatchItem]
    ) -> Iterator[BatchItem | None]:
        """Yield for each element its item, or None. Elements are in the order of their items.

        If an element repeats no remaining item, it belongs to the next item, unless its name was never sent.
        """
        left, names = list(items), (None, *(_document_of(item).get(self.name) for item in items))
        for element in elements:
            # The server fills in the number of a stored document that was sent without the number.
            is_stored = element.get(self.id, _ZERO_ID) != _ZERO_ID
            name = None if is_stored and element.get(self.name) not in names else element.get(self.name)
            shown = self._shown_members({**element, self.name: name})
            alike = [place for place, item in enumerate(left) if _repeats(shown, _document_of(item))]
            if not shown:
                alike.sort(key=lambda place: self._shows_name(_document_of(left[place]).get(self.name)))
            found = next(iter(alike), None)
            if found is None and left and name in names:
                found = 0
            yield None if found is None else left[found]
            del left[: 0 if found is None else found + 1]

    def _shown_members(self, element: Mapping[str, Any]) -> dict[str, Json]:
        """Return the members that identify the element's item. Omit empty lists, which may be unsent."""
        answered = (*_ANSWER_ONLY_MEMBERS, *_FILLED_MEMBERS.split(), self.id)
        return {
            name: value for name, value in element.items() if name not in answered and value not in ([], None)
        }

    def _shows_name(self, name: Json) -> bool:
        return isinstance(name, str) and len(name) <= self.longest_name

    def _key(self, element: Mapping[str, Any], item: BatchItem | None) -> str | None:
        """Return the item's key if its sent name or id is shown; else the shown name or id, or None."""
        if item is None:
            return element.get(self.name)
        sent = _document_of(item)
        named = self.name if sent.get(self.name) else self.id
        if not sent.get(named) or element.get(named) in (None, _ZERO_ID):
            return None
        return item.key if _is_same(element[named], sent[named]) else str(element[named])

    def _refuse_shared_ids(self, saved: Sequence[Mapping[str, Any]]) -> None:
        ids = [one[self.id] for one in saved]
        for place, one in enumerate(ids):
            if one in ids[:place]:
                raise ValueError(f"two {self.plural} that were saved have one {self.id}, {one}")


def _list_of(document: Json, name: str) -> Sequence[Mapping[str, Any]]:
    found = document.get(name) if isinstance(document, dict) else None
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise ValueError(f"the answer has no list of elements at /{name}")
    return found


def _is_failed(element: Mapping[str, Any], at: str) -> bool:
    signs = {bool(element.get("ValidationErrors"))}
    if "StatusAttributeString" in element:
        signs.add(element["StatusAttributeString"] == "ERROR")
    signs.update(element[name] is True for name in _FLAGS if name in element)
    if len(signs) > 1:
        raise ValueError(f"the element at {at} is reported as saved and as failed at once")
    return signs.pop()


def _error_text(element: Mapping[str, Any]) -> str:
    errors = element.get("ValidationErrors") or ()
    return "; ".join(str(error.get("Message", "")) for error in errors if isinstance(error, dict))


def _repeats(shown: Json, sent: Json) -> bool:
    """Return whether every value that a failed element shows was sent. `shown` may omit sent values."""
    if isinstance(shown, dict) and isinstance(sent, dict):
        names = [name for name in shown if name not in _ANSWER_ONLY_MEMBERS and not name.endswith(_DATES)]
        return all(
            _refers_to(shown[name], sent.get(name, EMPTY))
            if name in _FILLED_PARTS
            else _repeats(shown[name], sent.get(name))
            for name in names
        )
    if isinstance(shown, list) and isinstance(sent, list):
        whole = len(shown) == len(sent)
        return len(shown) < len(sent) or (whole and all(map(_repeats, shown, sent)))
    return _is_same(shown, sent)


def _refers_to(shown: Json, sent: Json) -> bool:
    """Return whether the first of `_REFERENCES` that was sent is shown. If none was sent, return True."""
    if not isinstance(shown, dict) or not isinstance(sent, dict):
        return _is_same(shown, sent)
    named = next((name for name in _REFERENCES if sent.get(name)), None)
    return named is None or _is_same(shown.get(named), sent[named])


def _document_of(item: BatchItem) -> Mapping[str, Json]:
    return item.document if isinstance(item.document, dict) else {}


def _is_same(shown: Json, sent: Json) -> bool:
    return bool(shown == sent) or str(shown).lower() == str(sent).lower()


READERS: Mapping[str, ElementReader] = {
    operation: ElementReader(**row)
    for operations, row in read_tables(__file__).items()
    for operation in operations.split(", ")
}
"""Readers of elements by operation."""


def read_request(path: str, **query: str) -> Request:
    return Request("GET", f"{_API}/{path}{_query(query)}", _JSON)


def write_request(method: str, path: str, document: Json, **query: str) -> Request:
    return json_request(method, f"{_API}/{path}{_query(query)}", document, _JSON)


def batch_request(
    method: str, plural: str, *, summarised: bool = False
) -> Callable[[Sequence[Json], int], Request]:
    query = {} if summarised else {"summarizeErrors": "false"}
    return lambda items, _tenant: write_request(method, plural, {plural: list(items)}, **query)


def read_authorised(plural: str, condition: str = "") -> Request:
    """Return a request that lists authorised documents, filtered by `condition` if it is given."""
    return read_request(
        plural, where=f'{condition} AND Status=="AUTHORISED"' if condition else 'Status=="AUTHORISED"'
    )


def path_segment(text: str) -> str:
    return quote(text, safe="")


def split_amount(amount: Decimal) -> tuple[Decimal, Decimal]:
    """Split an amount into two amounts of whole cents. If the amount is one cent, the second is zero."""
    half = (amount / 2).quantize(_CENT, ROUND_DOWN)
    return amount - half, half


def full_amount(key: str) -> Decimal:
    """Return the amount that pays the invoices of `key` in full. The amount depends on `key` alone."""
    return _WHOLES[int(key.rpartition("-")[2]) % len(_WHOLES)]


def invoice_document(facts: Facts, number: str, *amounts: Decimal) -> Json:
    """Return an approved sales invoice with a line for each amount, without tax."""
    lines = [TABLES.document("line", {**facts, "amount": amount}) for amount in amounts]
    return TABLES.document("invoice", {**facts, "key": number, "lines": lines})


def create_invoices(*invoices: Json) -> tuple[Request, ...]:
    return (write_request("POST", "Invoices", {"Invoices": list(invoices)}),)


def payment_document(facts: Facts, number: str, amount: Decimal) -> Json:
    return TABLES.document("payment", {**facts, "key": number, "amount": amount})


def delete_first(
    plural: str, body: Callable[[Json], Json] | None = None
) -> Callable[[Exchange, str, DrawnValues, int], Request]:
    """Return a function that builds the deletion of the first document in an exchange.

    If `body` is None, the path has the id; else `body` makes the request body of a document with the id.
    """
    name, change = f"{plural.removesuffix('s')}ID", {"Status": "DELETED"}

    def request(exchange: Exchange, _key: str, _drawn: DrawnValues, _tenant: int) -> Request:
        found = next((str(document[name]) for document in documents_in(exchange, plural)), UNKNOWN_ID)
        if body is None:
            return write_request("POST", f"{plural}/{found}", change)
        return write_request("POST", plural, body({name: found, **change}))

    return request


def documents_in(exchange: Exchange, plural: str) -> Sequence[Mapping[str, Any]]:
    """Return the documents in a response; () for a 404. Raises ValueError if there is no list `plural`."""
    response = exchange.response
    if response.status == _NOT_FOUND:
        return ()
    document = response.json() if response.status == _FOUND else None
    shown = document.get(plural) if isinstance(document, dict) else None
    if not isinstance(shown, list):
        raise ValueError(f"a read was answered {response.status} and shows no {plural}")  # noqa: TRY004 - unreadable
    return shown


def read_paid(_key: str, exchange: Exchange) -> Record | None:
    """Return a record with the sum that was paid on the invoices in a response; None if the sum is zero.

    Raises ValueError: the paid, credited and due amounts of an invoice do not add up to its total.
    """
    total = Decimal(0)
    for one in documents_in(exchange, "Invoices"):
        came, due = Decimal(one["AmountPaid"]), Decimal(one["AmountDue"])
        credited = Decimal(one.get("AmountCredited", 0))
        if came + credited + due != Decimal(one["Total"]):
            raise ValueError(
                f"of {one['Total']}, {came} is shown as paid, {credited} as credited and {due} as due"
            )
        total += came
    return {"Paid": total} if total else None


def added_to(member: str) -> Callable[[Record | None, str, DrawnValues], Record]:
    """Return a `BatchProfile.record_after` that adds the drawn amount to the member `member` of a record."""

    def upon(before: Record | None, _key: str, drawn: DrawnValues) -> Record:
        earlier = before[member] if before else None
        return {member: drawn.amount + (earlier if isinstance(earlier, Decimal) else 0)}

    return upon


def sums_by_reference(
    plural: str, amount: str, member: str = "Paid"
) -> Callable[[Exchange], Mapping[str, Record]]:
    """Return a reader of lists: for each reference, a record with the sum of `amount` under `member`."""

    def listed(exchange: Exchange) -> Mapping[str, Record]:
        totals: dict[str, Decimal] = {}
        for document in documents_in(exchange, plural):
            if reference := document.get("Reference"):
                totals[reference] = totals.get(reference, Decimal(0)) + Decimal(document[amount])
        return {reference: {member: total} for reference, total in totals.items()}

    return listed


def _query(query: Mapping[str, str]) -> str:
    return f"?{urlencode(query)}" if query else ""
