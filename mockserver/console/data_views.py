"""Data as pages show it: lines of a body, documents, tables of records, differences."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from html import escape
from itertools import accumulate
from typing import NamedTuple, TypeAlias

from msgspec import Struct, field
from msgspec.structs import replace

from mockserver.codec import json
from mockserver.codec.http import parse_content_type
from mockserver.codec.lines import is_lines_type
from mockserver.errors import MalformedBody
from mockserver.model import Document, Json, Value, escape_step, parse_pointer

MAX_CHARACTERS = 200_000
"""Maximum number of characters of a body that is shown whole."""

MAX_LINES = 2_000
"""Maximum number of lines of a body that is shown whole."""

MAX_LINE_LENGTH = 2_000
"""Maximum number of characters of a line that is shown whole."""

_FIRST_LINES = 60
_AROUND = 3
_MOST_OF_A_VALUE = 150
_FORM = "application/x-www-form-urlencoded"
_INDENT = "  "
_CONTAINERS = frozenset({dict, list})

MAX_COLUMNS = 6
_MAX_TEXT = 60
_NAMES = re.compile("name|number|code|reference", re.IGNORECASE)
_STATES = re.compile("status|state", re.IGNORECASE)
_AMOUNTS = re.compile("amount|total|due|balance|rate|price", re.IGNORECASE)
_OTHERS = re.compile("date|description|type|currency", re.IGNORECASE)
_LAST_RANK = 4
MAX_RECORDS = 200
"""Maximum number of records that a difference shows; the server's own records are counted separately."""

WHOLE_RECORDS = 20
"""Maximum number of added records that a difference shows with their documents."""

_OPEN_RECORDS = 5
_JSON_TEXT = r'"(?:[^"\\]|\\.)*"'
_JSON_TOKEN = re.compile(
    f"(?P<name>{_JSON_TEXT}(?=:))|(?P<text>{_JSON_TEXT})|(?P<number>-?[0-9][0-9.eE+-]*)|(?P<word>true|false|null)"
)
_SIGNS = {"removed": "-", "changed": "~", "added": "+"}


class Line(Value, frozen=True):
    """A line of a body."""

    number: int
    text: str
    pointer: str | None = None
    """Pointer of the value that begins on the line; None if no value begins there."""

    def document(self) -> Document:
        text, longer = self.text[:MAX_LINE_LENGTH], len(self.text) - MAX_LINE_LENGTH
        cut = max(0, longer)
        return {"number": self.number, "text": text, "cutCharacters": cut, "pointer": self.pointer}


def read_body(text: str, media_type: str) -> ShownBody:
    """Return the body in lines. JSON breaks at each value, a form at each field, XML also between tags."""
    name = parse_content_type({"content-type": media_type})[0]
    if is_lines_type(name):
        return LinesBody([line for line in text.splitlines() if line.strip()])
    try:
        document = json.decode(text.encode("utf-8", "replace"))
        json.check_depth(document)
    except MalformedBody:
        return TextBody(_text_lines(text, name))
    return JsonBody(document)


def matching_lines(body: ShownBody, text: str) -> list[int]:
    """Return the numbers of lines with `text`, as sent or as shown, ignoring case; [] for an empty text."""
    wanted = _plain(text)
    lines = body.lines(bytearray(b"\1") * (body.total + 1)) if text else ()
    return [line.number for line in lines if wanted in _plain(line.text)]


def _plain(text: str) -> str:
    return text.casefold().replace('\\"', '"').replace('": ', '":')


def shown_lines(  # noqa: PLR0913 - each argument names other lines
    body: ShownBody,
    size: int,
    marked: Iterable[str],
    picked: str | None,
    hits: Iterable[int] = (),
    *,
    opened: int = 0,
) -> list[Line]:
    """Return the lines to show of a body of `size` characters: all lines, unless the body is long.

    Of a long body, return the first lines, the item at the pointer `picked`, the lines near the pointers
    `marked` and near the line numbers `hits`, and the lines from the number `opened`; 0 is no line.
    """
    is_short = size <= MAX_CHARACTERS and body.total <= MAX_LINES
    wanted = bytearray(b"\1" if is_short else b"\0") * (body.total + 1)
    if not is_short:
        _want(wanted, range(1, _FIRST_LINES + 1))
        for line in (*(body.find(pointer).start for pointer in marked), *filter(None, hits)):
            _want(wanted, range(line - _AROUND, line + _AROUND + 1))
        if picked is not None:
            _want(wanted, body.find(picked)[:_MOST_OF_A_VALUE])
        if opened:
            _want(wanted, range(opened, opened + MAX_LINES + 1))
    return list(body.lines(wanted))


def value_lines(body: ShownBody, pointer: str) -> list[Line]:
    """Return the first lines of the value at `pointer`, without its indent and the comma after it."""
    place, wanted = body.find(pointer), bytearray(body.total + 1)
    _want(wanted, place[:_MOST_OF_A_VALUE])
    lines = list(body.lines(wanted))
    indent = len(lines[0].text) - len(lines[0].text.lstrip()) if lines else 0
    texts = [line.text[indent:] for line in lines]
    if len(place) == len(texts) > 0:
        texts[-1] = texts[-1].removesuffix(",")
    return [replace(line, text=text) for line, text in zip(lines, texts, strict=True)]


def json_html(text: str) -> str:
    """Return a piece of JSON as HTML in which names, texts, numbers and literals have classes."""
    return _JSON_TOKEN.sub(
        lambda token: f'<span class="j-{token.lastgroup}">{token[0]}</span>', escape(text, quote=False)
    )


def _want(wanted: bytearray, numbers: range) -> None:
    first, end = max(1, numbers.start), min(len(wanted), numbers.stop)
    if first < end:
        wanted[first:end] = b"\1" * (end - first)


def _text_lines(text: str, media_type: str) -> list[str]:
    if media_type == _FORM:
        return re.split("(?=&)", text)
    if media_type.endswith("xml"):
        text = text.replace("><", ">\n<")
    return text.splitlines()


class TextBody(Value, frozen=True):
    texts: Sequence[str]

    @property
    def total(self) -> int:
        return len(self.texts)

    def find(self, pointer: str) -> range:  # noqa: ARG002 - only JSON has pointers
        return range(0)

    def lines(self, wanted: bytearray) -> Iterator[Line]:
        for number, text in enumerate(self.texts, 1):
            if wanted[number]:
                yield Line(number, text)


class _Place(NamedTuple):
    """Position of a value in a JSON document."""

    line: int
    """Number of the value's first line."""
    depth: int = 0
    pointer: str = ""
    name: str = ""
    """Text before the value."""
    end: str = ""
    """Text after the value."""

    def below(self, step: str | int, line: int, *, is_last: bool) -> _Place:
        name = f"{json.encode(step).decode()}: " if isinstance(step, str) else ""
        return _Place(
            line, self.depth + 1, f"{self.pointer}/{escape_step(step)}", name, "" if is_last else ","
        )


class JsonBody(Struct):
    """A JSON document in lines. Lines that are not shown are counted, but not built."""

    document: Json
    _sizes: dict[int, int] = field(default_factory=dict)
    _starts: dict[int, list[int]] = field(default_factory=dict)
    _names: dict[int, dict[str, int]] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return self._size(self.document)

    def find(self, pointer: str) -> range:
        """Return the numbers of the lines of the value at `pointer`, or of its nearest existing parent."""
        node, line = self.document, 1
        for step in parse_pointer(pointer):
            at = self._position(node, str(step))
            if at is None:
                break
            line += 1 + self._starts_of(node)[at]
            node = _children(node)[at]
        return range(line, line + self._size(node))

    def lines(self, wanted: bytearray) -> Iterator[Line]:
        return self._lines(self.document, _Place(1), wanted)

    def _lines(self, node: Json, place: _Place, wanted: bytearray) -> Iterator[Line]:
        size, indent = self._size(node), _INDENT * place.depth
        if size == 1:
            text = f"{indent}{place.name}{json.encode(node).decode()}{place.end}"
            yield Line(place.line, text, place.pointer)
            return
        brackets = "{}" if isinstance(node, dict) else "[]"
        if wanted[place.line]:
            yield Line(place.line, f"{indent}{place.name}{brackets[0]}", place.pointer)
        starts, last = self._starts_of(node), len(node) - 1
        for at, (name, child) in enumerate(_members(node)):
            line, end = (place.line + 1 + start for start in starts[at : at + 2])
            if wanted.find(1, line, end) >= 0:
                yield from self._lines(child, place.below(name, line, is_last=at == last), wanted)
        if wanted[place.line + size - 1]:
            yield Line(place.line + size - 1, f"{indent}{brackets[1]}{place.end}")

    def _size(self, node: Json) -> int:
        if not node or type(node) not in _CONTAINERS:
            return 1
        size = self._sizes.get(id(node))
        if size is None:
            size = 2 + len(node)
            children = node.values() if type(node) is dict else node
            if not _CONTAINERS.isdisjoint(map(type, children)):
                size += sum([self._size(child) - 1 for child in children])
            self._sizes[id(node)] = size
        return size

    def _starts_of(self, node: Json) -> list[int]:
        """Return for each child the number of lines of earlier children; the last value is the total."""
        starts = self._starts.get(id(node))
        if starts is None:
            sizes = map(self._size, _children(node))
            starts = self._starts[id(node)] = list(accumulate(sizes, initial=0))
        return starts

    def _position(self, node: Json, step: str) -> int | None:
        """Return the position of a child, or None. If no name equals `step`, ignore the case of letters."""
        if isinstance(node, list):
            return int(step) if step.isdecimal() and int(step) < len(node) else None
        if not isinstance(node, dict):
            return None
        names = self._names.get(id(node))
        if names is None:
            names = {name.lower(): at for at, name in enumerate(node)}
            names |= {name: at for at, name in enumerate(node)}
            self._names[id(node)] = names
        return names.get(step, names.get(step.lower()))


class LinesBody(TextBody, frozen=True):
    """A body of lines such as NDJSON; line 1 has the value at `/0`."""

    def find(self, pointer: str) -> range:
        step = pointer.split("/")[1:2]
        line = int(step[0]) + 1 if step and step[0].isdecimal() else 0
        return range(line, line + 1) if 0 < line <= self.total else range(0)

    def lines(self, wanted: bytearray) -> Iterator[Line]:
        yield from (replace(line, pointer=f"/{line.number - 1}") for line in TextBody.lines(self, wanted))


ShownBody: TypeAlias = TextBody | JsonBody


def _children(node: Json) -> Sequence[Json]:
    return list(node.values()) if isinstance(node, dict) else node


def _members(node: Json) -> Iterable[tuple[str | int, Json]]:
    return node.items() if isinstance(node, dict) else enumerate(node)


def document_lines(document: Json) -> list[Document]:
    """Return the lines with `text` and `pointer`; `pointer` is "" for closing brackets."""
    body = JsonBody(document)
    lines = body.lines(bytearray(b"\1") * (body.total + 1))
    return [{"text": line.text, "pointer": line.pointer or ""} for line in lines]


def table_columns(records: Sequence[Document]) -> list[str]:
    """Return the names of the most telling scalar members, in the order in which the records have them."""
    values: dict[str, list[Json]] = {}
    for record in records:
        for name, value in record["document"].items():
            if _is_single(value) and value not in ("", None) and str(value) != record["key"]:
                values.setdefault(name, []).append(value)
    order = [name for name, found in values.items() if len(found) * 2 >= len(records)] or list(values)
    ranked = sorted(order, key=lambda name: (_rank(name, values[name]), order.index(name)))
    return sorted(ranked[:MAX_COLUMNS], key=order.index)


def table_rows(records: Sequence[Document], columns: Sequence[str]) -> list[Document]:
    """Return each record's key, writer and text of each column; "" for a missing text. Cut long texts."""
    return [
        {
            "key": record["key"],
            "writtenBy": record["writtenBy"],
            "cells": [_text(record["document"].get(name)) for name in columns],
        }
        for record in records
    ]


def _rank(name: str, values: Sequence[Json]) -> int:
    """Return the rank of a member as a column, by its name and values; 0 is the most telling rank."""
    if len(values) > 1 and len({str(value) for value in values}) == 1:
        return _LAST_RANK
    if _AMOUNTS.search(name) and all(_is_number(value) for value in values):
        return 2
    ranks = ((0, _NAMES), (1, _STATES), (3, _OTHERS))
    return next((rank for rank, words in ranks if words.search(name)), _LAST_RANK)


def _is_number(value: Json) -> bool:
    try:
        return not isinstance(value, bool) and Decimal(str(value)).is_finite()
    except InvalidOperation:
        return False


def _is_single(value: Json) -> bool:
    return not isinstance(value, Mapping | list | tuple)


def _text(value: Json) -> str:
    if value is None or not _is_single(value):
        return ""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return text if len(text) <= _MAX_TEXT else f"{text[: _MAX_TEXT - 1]}…"


def shown_difference(found: Document) -> Document:
    """Return the records that differ, by collection, and separately the server's own records.

    `found` is the control plane's response to `/diff`. Above `MAX_RECORDS`, leave out added records first;
    above `WHOLE_RECORDS`, leave out the documents of added records.
    """
    entries = [{**one, "kind": kind} for kind in _SIGNS for one in found[kind]]
    records = [entry for entry in entries if not entry["own"]]
    own = [entry for entry in entries if entry["own"]]
    kinds = [record["kind"] for record in records]
    return {
        "counts": {kind: kinds.count(kind) for kind in ("added", "removed", "changed")},
        "groups": _groups(_entries(records)),
        "own": _entries(own),
        "more": max(0, len(records) - MAX_RECORDS) + max(0, len(own) - MAX_RECORDS),
        "open": len(records) <= _OPEN_RECORDS,
    }


def _groups(entries: Sequence[Document]) -> list[Document]:
    groups: dict[tuple[str, str], list[Document]] = {}
    for entry in entries:
        groups.setdefault((entry["scope"], entry["collection"]), []).append(entry)
    return [
        {"scope": scope, "collection": collection, "records": groups[scope, collection]}
        for scope, collection in sorted(groups)
    ]


def _entries(found: Sequence[Document]) -> list[Document]:
    return [
        _entry(one, is_whole=at < WHOLE_RECORDS or one["kind"] == "removed")
        for at, one in enumerate(found[:MAX_RECORDS])
    ]


def _entry(one: Document, *, is_whole: bool) -> Document:
    shown = {name: one[name] for name in ("kind", "scope", "collection", "key", "label")}
    shown |= {"sign": _SIGNS[one["kind"]], "vendor": one["scope"].partition("/")[0]}
    if "document" in one:
        return {**shown, "lines": document_lines(one["document"])[:MAX_LINES] if is_whole else []}
    return {**shown, "changes": [_change(change) for change in one["changes"]]}


def _change(change: Document) -> Document:
    kind = "changed" if "old" in change and "new" in change else "added" if "new" in change else "removed"
    texts = {side: json.encode(change[side]).decode() if side in change else None for side in ("old", "new")}
    return {"pointer": change["pointer"], "kind": kind, "sign": _SIGNS[kind], **texts}
