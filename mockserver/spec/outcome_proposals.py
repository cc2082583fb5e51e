"""Propose where an answer tells of accepted and rejected items apart, by names and schemas."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mockserver.model import EMPTY, Document, escape_step, parse_pointer
from mockserver.spec.batch_forms import OutcomeRows
from mockserver.spec.openapi import member_at, merged, plain, resolve
from mockserver.spec.outcomes import row_schema, side_of

_INDEX = re.compile("index|position|element|^row(number)?$|^line(number)?$")
_KEYS = ("id", "key", "reference", "number", "code", "name")
_CODES = ("code", "errorcode", "errortype", "category", "type", "kind", "reason", "error")
_STATUSES = ("status", "statuscode", "httpstatus", "errorcode", "code")
_LISTED_MESSAGES = ("errors", "messages", "details", "problems")
_SAID = ("message", "errormessage", "detail", "description", "reason", "error", "text", "title")
_TEXTS = frozenset({"string", "array", ""})


def propose_apart(document: Document, answer: Document, item: Document, key: str) -> dict[str, Any]:
    """Return the `accepted` and `rejected` of an `x-batch.outcome`; {} if the answer has no place for both.

    `answer` and `item` are merged schemas; `key` is the member of an item that is its key.
    """
    places = list(_places(document, answer))
    bad = [name for name in places if side_of(name) == "bad" or plain(name).startswith("unprocessed")]
    good = [name for name in places if name not in bad]
    if len(bad) != 1 or len(good) > 1:
        return {}
    reading = _RowReading(document, answer, item, key)
    apart = dict(zip(("rejected", "accepted"), map(reading.rows, (*bad, *good)), strict=False))
    return apart if all(apart.values()) else {}


def is_sure(outcome: Document) -> bool:
    """Return whether the names of the places for accepted and rejected items say which items they have."""
    apart = (outcome.get(one, EMPTY) for one in ("accepted", "rejected"))
    sides = [side_of(one.get("list", one.get("map", "")).rpartition("/")[2]) for one in apart]
    return sides == ["good", "bad"]


def propose_statuses(document: Document, responses: Document) -> dict[str, int]:
    """Return `statuses` (all, some, none) if 207 and another success have equal content; else {}."""
    contents = {code: resolve(document, node).get("content") for code, node in responses.items()}
    multi = contents.get("207")
    good = next((code for code in ("200", "201") if multi and contents.get(code) == multi), "")
    return {"all": int(good), "some": 207, "none": 207} if good else {}


def _places(document: Document, answer: Document) -> Iterator[str]:
    """Yield the name of each list and map in an answer."""
    for name, one in answer.get("properties", EMPTY).items():
        node = merged(document, one)
        if isinstance(node.get("items", node.get("additionalProperties")), dict) and "properties" not in node:
            yield name


@dataclass(frozen=True, slots=True)
class _RowReading:
    """Reading of the rows in the places of an answer."""

    document: Document
    answer: Document
    item: Document
    key: str

    def rows(self, name: str) -> dict[str, Any]:
        """Return place and members of the rows in a list or map; {} if the rows do not name their items."""
        place = f"/{escape_step(name)}"
        is_map = "items" not in member_at(self.document, self.answer, (name,))
        rows = OutcomeRows("all", parse_pointer(place), "key" if is_map else "", {})
        row = row_schema(self.document, self.answer, rows)
        members = dict(self._members(row, is_named=is_map))
        if is_map:
            return {"map": place, **(members if row.get("properties") else {"message": ""})}
        if not row.get("properties") and side_of(name) != "bad":
            return {"list": place, "echo": ""}
        return {} if {"key", "index", "record"}.isdisjoint(members) else {"list": place, **members}

    def _members(self, row: Document, *, is_named: bool) -> Iterator[tuple[str, str]]:
        """Yield name and pointer of each declared member of a row, at most two levels deep.

        If the name of a row in a map tells the item, no member of the row does.
        """
        own = {*self.item.get("required", self.item.get("properties", EMPTY))}
        if own and own <= row.get("properties", EMPTY).keys():
            yield "record", ""
            return
        for name, one in row.get("properties", EMPTY).items():
            if own and own <= merged(self.document, one).get("properties", EMPTY).keys():
                yield "record", f"/{escape_step(name)}"
        members = dict(_leaves(self.document, row))
        named = {pointer: plain(pointer.rpartition("/")[2]) for pointer in members}
        texts = {one for one, node in members.items() if node.get("type", "") in _TEXTS}
        numbers = {one for one, node in members.items() if node.get("type") == "integer"}
        indexes = (one for one in members if one in numbers and _INDEX.search(named[one]))
        wanted = {"index": "" if is_named else next(indexes, "")}
        kinds: Mapping[str, tuple[tuple[str, ...], set[str]]] = {
            "key": (() if is_named else (plain(self.key), *_KEYS), texts | numbers),
            "status": (_STATUSES, numbers),
            "message": ((*_SAID, *_LISTED_MESSAGES), texts),
            "code": (_CODES, texts),
        }
        for part, (names, allowed) in kinds.items():
            free = [one for one in members if one in allowed and one not in wanted.values()]
            wanted[part] = next((one for name in names for one in free if named[one] == name), "")
        yield from ((part, pointer) for part, pointer in wanted.items() if pointer)


def _leaves(document: Document, row: Document, above: str = "") -> Iterator[tuple[str, Document]]:
    """Yield pointer and merged schema of the members of a row and of its objects, outer members first."""
    inner = []
    for name, one in row.get("properties", EMPTY).items():
        node, pointer = merged(document, one), f"{above}/{escape_step(name)}"
        if "properties" in node and not above:
            inner.append((node, pointer))
        elif "properties" not in node:
            yield pointer, node
    for node, pointer in inner:
        yield from _leaves(document, node, pointer)
