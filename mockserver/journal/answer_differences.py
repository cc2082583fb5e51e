"""Differences between a real server's answer and the mock's answer to the same call, by item.

A twin of the mock, with another seed and clock, answers too. A value that differs between mock and twin was
drawn (an id, a time), and is not compared.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain
from typing import TypeAlias

from mockserver.codec.instants import parse_instant, print_instant
from mockserver.engine.declared_outcomes import count_outcomes
from mockserver.engine.real_answers import UNTOLD, read_outcomes
from mockserver.engine.told_rows import answered_document, key_texts, reported_rows, row_pointers, text_at
from mockserver.journal.replay import reported_counts
from mockserver.model import Difference, Item, Json, Outcome, Reply, parse_pointer, pointer_of, value_at
from mockserver.sandbox.snapshots import ValueChange, diff_values
from mockserver.vendor import Request

_FIRST_REFUSAL = 400
_MAX_TEXT = 200
DECIDING = ("missing-row", "outcome", "status")
"""Kinds of differences that hide others."""

_ROLES = ("status", "code", "message")
_ABSENT, _PRESENT = "no row", "a row"

Three: TypeAlias = tuple[Json, ...]
"""Documents of the real server, of the mock and of its twin."""


@dataclass(frozen=True, slots=True)
class Answers:
    """The answers of real server, mock and twin to one request."""

    request: Request
    sent: tuple[Item, ...]
    replies: tuple[Reply, Reply, Reply]
    made: AbstractSet[tuple[str, str]]
    """Name and text of members that identify the records that the client made."""
    has_prose: bool
    """Whether the mock has the vendor's own messages."""

    def differences(self) -> Iterator[Difference]:
        real, mock, _ = self.replies
        told = [read_outcomes(self.request, self.sent, one) for one in self.replies[:2]]
        decided = [one for two in zip(*told, strict=False) for one in _deciding(*two)]
        yield from decided
        if bool(told[0]) != bool(told[1]) or (real.status != mock.status and not decided):
            yield Difference("status", _said(real), _said(mock))
        elif told[0] or real.status < _FIRST_REFUSAL or self.has_prose:
            explained = {one.index for one in decided}
            for item, key, three in self.records():
                if item is None or item.index not in explained:
                    yield from self._of_values(item, key, three)
            yield from self._rows_apart()
        if all(told):
            yield from self._counts(*told)

    def records(self) -> Iterator[tuple[Item | None, str, Three]]:
        """Yield what the answers tell of each item, of each listed record, or the whole documents."""
        operation, batch = self.request.operation, self.request.operation.batch
        documents = [answered_document(one, operation) for one in self.replies]
        if batch is not None and read_outcomes(self.request, self.sent, self.replies[0]):
            places = [row_pointers([item.key for item in self.sent], batch, one) for one in documents]
            for at, item in enumerate(self.sent):
                if all(at in known for known in places):
                    rows = zip(documents, places, strict=True)
                    found = [value_at(one, parse_pointer(to[at])) for one, to in rows]
                    unwrapped = map(batch.outcome.rows[0].unwrapped, found)
                    yield item, item.key, tuple(map(self._ordered, unwrapped))
        elif self._is_list:
            real, mock, twin = (self._listed(self._ordered(one)) for one in documents)
            for key in [key for key in real if key in mock and key in twin]:
                yield None, key, (real[key], mock[key], twin[key])
        else:
            yield None, "", tuple(map(self._ordered, documents))

    @property
    def _is_list(self) -> bool:
        operation = self.request.operation
        return not (operation.writes or operation.path.endswith("}"))

    def _listed(self, document: Json) -> dict[str, Json]:
        """Return the records in the outermost lists of a document by key; the key is "" if others made it."""
        if isinstance(document, dict):
            return {key: row for one in document.values() for key, row in self._listed(one).items()}
        rows = [row for row in document if isinstance(row, dict)] if isinstance(document, list) else []
        shared = Counter(chain(*map(self._marks, rows)))
        return {
            max([one[1] for one in self._marks(row) if shared[one] == 1], default=""): row for row in rows
        }

    def _marks(self, document: Json) -> AbstractSet[tuple[str, str]]:
        """Return the members, at any depth, that identify records that the client made."""
        return self.made & {(name.lower(), str(value)) for name, value in _members(document)}

    def _ordered(self, document: Json) -> Json:
        """Return the document with the lists of such records in an order of their own."""
        if isinstance(document, dict):
            return {name: self._ordered(one) for name, one in document.items()}
        if isinstance(document, list):
            return sorted(map(self._ordered, document), key=lambda row: sorted(self._marks(row)))
        return document

    def _rows_apart(self) -> Iterator[Difference]:
        """Yield the rows that only one answer has. A list with records of others may have further pages."""
        operation, (real, mock, _) = self.request.operation, self.replies
        documents = [answered_document(one, operation) for one in (real, mock)]
        if self._is_list:
            known, expected = map(self._listed, documents)
            missing = [] if "" in known else [*expected.keys() - known.keys()]
            extra = [] if "" in expected else [*known.keys() - expected.keys()]
        else:
            missing, (extra, other) = [], map(self._strangers, documents)
            extra = [key for key in extra if key not in other]
        yield from (Difference("missing-row", _ABSENT, _PRESENT, key=key) for key in missing)
        indexes = {item.key: item.index for item in self.sent}
        yield from (Difference("extra-row", _PRESENT, _ABSENT, indexes.get(key), key) for key in extra)

    def _strangers(self, document: Json) -> list[str]:
        """Return the keys of the rows that tell of no item."""
        batch = self.request.operation.batch
        if batch is None:
            return []
        known = {*row_pointers([item.key for item in self.sent], batch, document).values()}
        told = [one for rows in batch.outcome.rows for one in reported_rows(document, rows, batch.key)]
        keys = {item.key for item in self.sent}
        strange = [key for pointer, key, _ in told if pointer not in known]
        return [next((text for text in key_texts(key) if text in keys), key) for key in strange]

    def _of_values(self, item: Item | None, key: str, three: Three) -> Iterator[Difference]:
        real, mock, twin = three
        drawn = {change.pointer for change in diff_values(mock, twin)}
        for change in diff_values(mock, real):
            old, new = change.values.get("old"), change.values.get("new")
            kind = self._kind(change.pointer, old, is_row=item is not None)
            if not (change.pointer in drawn or _plain(new) == _plain(old) or self._is_invented(kind, change)):
                place = change.pointer if kind == "record" else ""
                yield Difference(kind, _text(new), _text(old), item.index if item else None, key, place)

    def _kind(self, pointer: str, mock: Json, *, is_row: bool) -> str:
        """Return status, code or message, as `x-batch` says or as a refusal has them; else record."""
        batch = self.request.operation.batch
        if batch is not None and is_row:
            roles = [
                (pointer_of(path), name) for one in batch.outcome.rows for name, path in one.members.items()
            ]
            name = max(
                [(len(at), name) for at, name in roles if f"{pointer}/".startswith(f"{at}/")], default=(0, "")
            )[1]
            return name if name in _ROLES else "record"
        if self.replies[0].status < _FIRST_REFUSAL:
            return "record"
        return "message" if " " in str(mock) else "code"

    def _is_invented(self, kind: str, change: ValueChange) -> bool:
        """Return whether the mock cannot know the value: not sent, enumerated or of a vendor's package."""
        if self.has_prose or kind == "status":
            return False
        if kind == "record":
            sent = {name for name, _ in _members(self.request.document)}
            return sent.isdisjoint(parse_pointer(change.pointer))
        enumerated = [value for name, value in _members(self.request.contract) if name == "enum"]
        return not any(change.values.get("old") in value for value in enumerated)

    def _counts(self, *told: Sequence[Outcome]) -> Iterator[Difference]:
        """Yield the counts that differ by more than the outcomes of the items do."""
        real, mock = (reported_counts(one, self.request.operation) for one in self.replies[:2])
        implied = [count_outcomes(one) for one in told]
        for name in real.keys() & mock.keys():
            rests = [
                int(one[name]) - of.get(name, 0) if one[name].isdecimal() else ""
                for one, of in zip((real, mock), implied, strict=True)
            ]
            if rests[0] != rests[1]:
                yield Difference("count", real[name], mock[name], place=name)


def _deciding(real: Outcome, mock: Outcome) -> Iterator[Difference]:
    """Yield a difference that explains all others of the item."""
    rows = [
        _PRESENT if all(one.code != UNTOLD for one in told.problems) else _ABSENT for told in (real, mock)
    ]
    kind, ends = "outcome", [_end(real), _end(mock)]
    if rows[0] != rows[1]:
        kind, ends = "missing-row", rows
    if ends[0].partition(":")[0] != ends[1].partition(":")[0]:
        yield Difference(kind, ends[0], ends[1], real.item.index, real.item.key)


def _end(told: Outcome) -> str:
    said = "; ".join([one.detail for one in told.problems if one.detail])
    return f"{told.action}{' with a warning' if told.warnings else ''}{f': {said}' if said else ''}"


def _plain(value: Json) -> str:
    """Return a text that is equal for equal numbers, for equal instants, and for null and a missing value."""
    text = "" if value in (None, [], {}) else str(value)
    with suppress(ArithmeticError):
        return f"{Decimal(text).normalize():f}"
    with suppress(ValueError):
        return print_instant(parse_instant(text))
    return text


def _text(value: Json) -> str:
    return "nothing" if value is None else (text_at(value, ()) or '""')[:_MAX_TEXT]


def _said(reply: Reply) -> str:
    return f"{reply.status} {reply.body[:_MAX_TEXT].decode('utf-8', 'replace')}".strip()


def _members(document: Json) -> Iterator[tuple[str, Json]]:
    """Yield name and value of all members in a document, at any depth."""
    if isinstance(document, dict):
        yield from document.items()
    inner = document.values() if isinstance(document, dict) else document
    for value in inner if isinstance(document, dict | list) else ():
        yield from _members(value)
