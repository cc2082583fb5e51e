"""Build batch profiles of Payt record types, and read outcomes from responses."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Literal, TypeAlias
from urllib.parse import quote

from mockserver.contract.exchange import Exchange, Request, json_request
from mockserver.contract.profile import (
    Assumption,
    BatchItem,
    BatchProfile,
    Corruption,
    DrawnValues,
    Facts,
    OutcomeReader,
    Record,
    ReportedOutcome,
    ReportedOutcomes,
)
from mockserver.model import Json

ComparedMembers: TypeAlias = Mapping[str, Literal["text", "amount"]]
"""The members of a record that are compared, and whether they are amounts."""

_FIRST_REFUSAL, _FOUND = 400, 200
TOO_LONG = Assumption("a text of more than 255 characters", ("alone", "taken", "call"))
BROKEN = Assumption("a missing member, a word of no list, a value of a wrong type", ("call", "alone"))
_NOT_FOUND = "not_found"


def outcome_reader(kind: str, *members: str) -> OutcomeReader:
    """Return a reader of responses to a batch of `kind`, whose records are keyed by `members`.

    A record that is in no map was done, one that is among the warnings too; those of one name share what is
    said of it. The entry `not_found` holds names, every other one of `errors` messages.
    Source: seed; docs/vendors/payt.md#partial-errors.
    """

    def read(exchange: Exchange, items: Sequence[BatchItem]) -> ReportedOutcomes | None:
        if exchange.response.status >= _FIRST_REFUSAL:
            return None
        document = exchange.response.json()
        count = document.get("count") if isinstance(document, dict) else None
        if not isinstance(count, int) or isinstance(count, bool):
            raise ValueError("the answer has no number of records at /count")  # noqa: TRY004 - of the answer
        sent = _SentRecords(kind, members, items)
        refused = list(sent.refused(_message_map(document, "errors")))
        known = {told.place for told in refused}
        warned = [told for told in sent.warned(_message_map(document, "warnings")) if told.place not in known]
        return ReportedOutcomes((*refused, *warned), count, is_complete=False)

    return read


@dataclass(frozen=True, slots=True)
class RecordType:
    """Records of one kind: `name` is the path's last part and the body's member, `member` tells them apart.

    `one` is where a single one is asked for, below `/v1`, with `{key}` and `{administration}` to be filled.
    """

    name: str
    member: str
    shown: ComparedMembers
    one: str

    def subject(self, operation: str, batch: BatchRecords, facts: Facts) -> BatchProfile:
        """Return the upsert of them, by POST."""
        prefix = facts["prefix"]
        return BatchProfile(
            operation=operation,
            key=lambda number: f"{prefix}{number}",
            item=batch.item,
            record=batch.record,
            call=lambda items, tenant: self.sending("POST", items, administration_of(facts, tenant)),
            read=lambda key, tenant: self.asking(key, administration_of(facts, tenant)),
            shown=lambda key, exchange: self.records(exchange).get(key),
            corruptions=batch.corruptions,
            listing=lambda tenant: self.listing(administration_of(facts, tenant)),
            listed=self.records,
            reader=batch.reader,
            tenants=2 if facts["other_administration"] else 1,
            twice="none",  # assumed: docs/vendors/payt.md#identity
            twice_positions=("each", "first", "call"),
        )

    def sending(self, method: str, items: Sequence[Json], administration_id: str) -> Request:
        """Return a batch."""
        body = {"administration_id": administration_id, self.name: items}
        return json_request(method, f"/v1/{self.name}", body)

    def asking(self, key: str, administration_id: str) -> Request:
        """Return one record."""
        named = self.one.format(key=quote(key, safe=""), administration=quote(administration_id, safe=""))
        return Request("GET", f"/v1/{named}")

    def listing(self, administration_id: str) -> Request:
        """Return a list request with the largest page."""
        named = quote(administration_id, safe="")
        return Request("GET", f"/v1/{self.name}?administration_id={named}&per_page=500")

    def records(self, exchange: Exchange) -> dict[str, Record]:
        """Return the records of a page, or a single one, by key; none where the answer is no 200."""
        if exchange.response.status != _FOUND:
            return {}
        document = exchange.response.json()
        data = document.get("data", [document]) if isinstance(document, dict) else []
        return {str(row.get(self.member)): self._record(row) for row in data if isinstance(row, dict)}

    def _record(self, row: Mapping[str, Json]) -> Record:
        return {
            name: _amount(row.get(name)) if how == "amount" else row.get(name)
            for name, how in self.shown.items()
        }


@dataclass(frozen=True, slots=True)
class BatchRecords:
    """Good records of one type, their read-back form, corruptions, and the reader of outcomes."""

    item: Callable[[str, DrawnValues], Json]
    record: Callable[[str, DrawnValues], Record]
    corruptions: tuple[Corruption, ...]
    reader: OutcomeReader


def administration_of(facts: Facts, tenant: int) -> str:
    """Return the administration of the first tenant, or of the second."""
    return (facts["administration"], facts["other_administration"])[tenant]


@dataclass(frozen=True, slots=True)
class _SentRecords:
    """The records of a call, and how the answer may name them."""

    kind: str
    members: tuple[str, ...]
    items: Sequence[BatchItem]
    by_name: dict[str, list[BatchItem]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for item in self.items:
            self.by_name.setdefault(self._name(item), []).append(item)

    def refused(self, errors: Mapping[str, Json]) -> Iterator[ReportedOutcome]:
        """Yield the records named in `errors`, and the names that were not sent."""
        for key, said in errors.items():
            at = f"/errors/{_escaped(key)}"
            if key == _NOT_FOUND and isinstance(said, list):
                for number, name in enumerate(said):
                    named = [item for item in self.items if str(name) in self._texts(item)]
                    yield from self._told(named, str(name), "not found", f"{at}/{number}", accepted=False)
            else:
                yield from self._told(self._named(key), key, _joined_messages(said), at, accepted=False)

    def warned(self, warnings: Mapping[str, Json]) -> Iterator[ReportedOutcome]:
        """Yield those that `warnings` names, likewise."""
        for key, said in warnings.items():
            at = f"/warnings/{_escaped(key)}"
            yield from self._told(self._named(key), key, _joined_messages(said), at, accepted=True)

    def _named(self, key: str) -> list[BatchItem]:
        """Return the items of a name; which of its names tells a record is assumed."""
        return self.by_name.get(key) or [
            item for item in self.items if key in (*self._texts(item), f"{self.kind}[{item.place}]")
        ]

    def _name(self, item: BatchItem) -> str:
        """Return the first member that is not blank, else the index.

        Source: docs/vendors/payt.md#partial-errors.
        """
        told = (text for text in self._texts(item) if text.strip())
        return next(told, f"{self.kind}[{item.place}]")

    def _texts(self, item: BatchItem) -> list[str]:
        """Numbers are read as texts. Source: docs/vendors/payt.md#conventions."""
        sent = item.document if isinstance(item.document, dict) else {}
        values = [sent.get(member) for member in self.members]
        return [
            format(value, "f") if isinstance(value, Decimal) else str(value)
            for value in values
            if value is not None
        ]

    def _told(
        self, named: Sequence[BatchItem], key: str, message: str, at: str, *, accepted: bool
    ) -> Iterator[ReportedOutcome]:
        for item in named:
            yield ReportedOutcome(item.place, accepted=accepted, key=item.key, message=message, at=at)
        if not named:
            yield ReportedOutcome(None, accepted=accepted, key=key, message=message, at=at)


def _message_map(document: Mapping[str, Json], name: str) -> Mapping[str, Json]:
    found = document.get(name, {} if name == "warnings" else None)
    if not isinstance(found, dict):
        raise ValueError(f"the answer has no map from records to messages at /{name}")  # noqa: TRY004
    return found


def _joined_messages(messages: Json) -> str:
    return "; ".join(map(str, messages)) if isinstance(messages, list) else str(messages)


def _escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")


def _amount(text: Json) -> str | Decimal | None:
    """Return the amount that a text or a number spells; what spells none is itself."""
    try:
        return None if text is None else Decimal(str(text))
    except InvalidOperation:
        return str(text)
