"""Differences between a real server's answer and the mock's answer to the same call, by item.

A twin of the mock, with another seed and clock, answers too. A value that differs between mock and twin was
drawn (an id, a time), and is not compared.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from contextlib import suppress
from decimal import Decimal
from typing import TypeAlias

from mockserver.codec import json
from mockserver.codec.instants import parse_instant, print_instant
from mockserver.codec.masking import Redaction
from mockserver.engine.real_answers import UNTOLD, read_outcomes
from mockserver.engine.told_rows import answered_document, reported_rows, row_pointers, text_at
from mockserver.journal.replay import reported_counts
from mockserver.model import (
    Difference,
    Item,
    Json,
    Path,
    Reply,
    Value,
    leaves,
    parse_pointer,
    pointer_of,
    texts_in,
)
from mockserver.sandbox.snapshots import ValueChange, diff_values
from mockserver.vendor import Request

_FIRST_REFUSAL = 400
_MAX_TEXT = 200
EXPLAINING = ("missing-row", "outcome", "status")
"""Kinds of differences that explain others, which are not told."""

_OTHERS = "others"
"""Name of what is told of records that the client did not make: another page may have more of them."""

Told: TypeAlias = tuple[Json, Json, Mapping[Path, ValueChange]]
"""What real server and mock tell, and the drawn values: `old` is that of the mock, `new` that of the twin."""


class Answers(Value, frozen=True):
    """The answers of real server, mock and twin to one request."""

    request: Request
    sent: tuple[Item, ...]
    replies: tuple[Reply, Reply, Reply]
    made: AbstractSet[tuple[str, str]]
    """Name and text of members that identify the records that the client made."""
    has_prose: bool
    """Whether the mock has the vendor's own messages."""

    def told(self) -> Told:
        real, mock, twin = map(self._told, self.replies)
        return real, mock, dict(_changes(mock, twin))

    def differences(self, told: Told) -> Iterator[Difference]:
        real, mock, drawn = told
        found = _changes(mock, real)
        status = [one for one in found if one[0] == ("", "status")]
        if status and not real.keys() & mock.keys() & {str(item.index) for item in self.sent}:
            found = status
        explained = {path[0] for path, _ in found if path[1:] == ("outcome",)}
        for path, change in found:
            is_explained = explained and path[0] in {"", *explained} and path[1:] != ("outcome",)
            may_be_elsewhere = len(path) == 1 and _OTHERS in (real, mock)["new" in change.values]
            if path[0] != _OTHERS and path not in drawn and not is_explained and not may_be_elsewhere:
                yield from self._difference(path, change, told)

    def _told(self, reply: Reply) -> dict[str, Json]:
        """Return what an answer tells: of the call under "", of items by index, of other rows after a "+"."""
        operation, keys = self.request.operation, [item.key for item in self.sent]
        document = answered_document(reply, operation)
        outcomes = read_outcomes(self.request, self.sent, reply)
        if operation.batch is None or not outcomes:
            status = reply.status if operation.batch is None else f"{reply.status} for the whole call"
            if not operation.writes and not operation.path.endswith("}"):
                return {"": {"status": status}, **self._listed(document)}
            last = self.request.call.path.rpartition("/")[2]
            is_own = operation.writes or last in [text for _, text in self.made]
            is_shown = is_own or reply.status >= _FIRST_REFUSAL
            return {"": {"status": status, "row": self._ordered(document) if is_shown else None}}
        told = {"": {"status": reply.status, "count": reported_counts(reply, operation)}}
        places = row_pointers(keys, operation.batch, document)
        rows = {
            pointer: (key, row)
            for form in operation.batch.outcome.rows
            for pointer, key, row in reported_rows(document, form, operation.batch.key)
        }
        for at, one in enumerate(outcomes):
            row = self._ordered(rows.get(places.get(at, ""), ("", None))[1])
            untold = UNTOLD in [problem.code for problem in one.problems]
            end = UNTOLD if untold else f"{one.action}{' with a warning' if one.warnings else ''}"
            told[str(one.item.index)] = {"outcome": end, "row": row}
        for pointer, (key, row) in rows.items():
            if pointer not in places.values():
                told["+" + next((text for text in texts_in(row) if text in keys), key)] = row
        return told

    def _listed(self, document: Json) -> dict[str, Json]:
        """Return by key the records in the outermost lists of a document that the client made."""
        if isinstance(document, dict):
            return {key: row for one in document.values() for key, row in self._listed(one).items()}
        rows = list(map(self._ordered, document)) if isinstance(document, list) else []
        shared = Counter([mark for row in rows for mark in self._marks(row)])
        own = [[f"+{text}" for name, text in self._marks(row) if shared[name, text] == 1] for row in rows]
        return {
            max(marks, default=_OTHERS): {"row": row} if marks else None
            for marks, row in zip(own, rows, strict=True)
        }

    def _marks(self, document: Json) -> AbstractSet[tuple[str, str]]:
        """Return the members, at any depth, that identify records that the client made."""
        return self.made & {(name.lower(), text) for name, text in leaves(document)}

    def _ordered(self, document: Json) -> Json:
        """Return the document with the lists of such records in an order of their own."""
        if isinstance(document, dict):
            return {name: self._ordered(one) for name, one in document.items()}
        if isinstance(document, list):
            return sorted(map(self._ordered, document), key=lambda row: sorted(self._marks(row)))
        return document

    def _difference(self, path: Path, change: ValueChange, told: Told) -> Iterator[Difference]:
        """Yield the difference, unless the values are alike, secret, or unknown to any mock."""
        mock, real = change.values.get("old"), change.values.get("new")
        kind = self._kind(path, change)
        member = json.encode({str(path[-1]): _text(real)}).decode()
        redaction = Redaction.of(self.request.call)
        is_secret = redaction.text(member) != member
        if is_secret or _plain(mock) == _plain(real) or self._is_invented(kind, path, mock):
            return
        if path[1:] == ("outcome",):
            ends = [(one[path[0]]["outcome"], one[path[0]]["row"]) for one in told[:2]]
            real, mock = (f"{end}: {_text(row)}" if row else end for end, row in ends)
        if path == ("", "status"):
            real, mock = (
                f"{one.status} {one.body.decode('utf-8', 'replace')}".strip() for one in self.replies[:2]
            )
        item = next((one for one in self.sent if path[0] in (str(one.index), f"+{one.key}")), None)
        index, key = (None, str(path[0])[1:]) if item is None else (item.index, item.key)
        place = {"record": pointer_of(path[2:]), "count": str(path[-1])}.get(kind, "")
        real, mock = (redaction.text(_text(one)) for one in (real, mock))
        yield Difference(kind, real, mock, index, key, place)

    def _kind(self, path: Path, change: ValueChange) -> str:
        if len(path) == 1:
            return "extra-row" if "new" in change.values else "missing-row"
        if path[1] != "row":
            return "missing-row" if UNTOLD in change.values.values() else str(path[1])
        batch, place = self.request.operation.batch, path[2:]
        if batch is not None and path[0]:
            members = [one for rows in batch.outcome.rows for one in rows.members.items()]
            roles = [(len(at), name) for name, at in members if place[: len(at)] == at]
            name = max(roles, default=(0, ""))[1]
            return name if name in ("status", "code", "message") else "record"
        if self.replies[0].status < _FIRST_REFUSAL:
            return "record"
        return "message" if " " in str(change.values.get("old")) else "code"

    def _is_invented(self, kind: str, path: Path, mock: Json) -> bool:
        """Return whether the mock has no source for the value: vendor's package, request or enumeration."""
        if self.has_prose or kind not in ("record", "code", "message"):
            return False
        if kind == "record":
            return dict(leaves(self.request.document)).keys().isdisjoint([*path, *dict(leaves(mock))])
        return ("enum", str(mock)) not in leaves(self.request.contract)


def _changes(old: Json, new: Json) -> list[tuple[Path, ValueChange]]:
    return [(parse_pointer(one.pointer), one) for one in diff_values(old, new)]


def _plain(value: Json) -> str:
    """Return a text that is equal for equal numbers, for equal instants, and for null and a missing value."""
    text = "" if value in (None, [], {}) else str(value)
    with suppress(ArithmeticError):
        return str(Decimal(text).normalize())
    with suppress(ValueError):
        return print_instant(parse_instant(text))
    return text


def _text(value: Json) -> str:
    return "nothing" if value is None else (text_at(value, ()) or '""')[:_MAX_TEXT]
