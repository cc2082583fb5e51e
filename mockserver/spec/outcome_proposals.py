"""Propose what an `x-batch` says, by names and schemas: whole requests, and the places of outcomes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mockserver.model import EMPTY, Document, Value, escape_step, parse_pointer
from mockserver.spec.batch_forms import OutcomeRows
from mockserver.spec.openapi import member_at, merged, plain, resolve
from mockserver.spec.outcomes import is_map_schema, lists_of, object_lists, row_schema, side_of

_INDEX = re.compile("index|position|element|^row(number)?$|^line(number)?$")
_BY_INDEX = re.compile(r"\bby (the |their )?index\b", re.IGNORECASE)
_KEYS = ("id", "key", "reference", "number")
_CODES = ("code", "errorcode", "errortype", "category", "type", "kind", "reason", "error")
_STATUSES = ("status", "statuscode", "httpstatus", "errorcode", "code")
_LISTED_MESSAGES = ("errors", "messages", "details", "problems")
_SAID = ("message", "errormessage", "detail", "description", "reason", "error", "text", "title")
_OF_JOBS = re.compile("id$|status$|state$|progress$")
_CODE = re.compile("(code|id|number|status)$")
_VERBS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})
_TEXTS = frozenset({"string", "array", ""})
_NAMES = frozenset({"key", "index", "record"})
_ECHOES = ("item", "input", "sent", "request", "original", "record", "data")
_REQUEST: Mapping[str, tuple[str, ...]] = {
    "method": ("method", "verb", "httpmethod"),
    "path": ("path", "relativepath", "url", "relativeurl", "uri", "href"),
    "body": ("body", "data", "payload"),
    "id": ("id", "bulkid", "requestid", "contentid", "bid"),
    "headers": ("headers",),
    "depends-on": ("dependson",),
    "group": ("atomicitygroup", "group"),
}
_RESPONSE: Mapping[str, tuple[str, ...]] = {
    "status": ("status", "statuscode", "httpstatus", "code"),
    "body": ("body", "response", "data", "payload"),
    "headers": ("headers",),
}
_STOPS = {"stop-after": ("failonerrors", "stopafter", "maxerrors")}


def propose_requests(document: Document, body: Document, answer: Document) -> dict[str, Any]:
    """Return the `x-batch` of a batch of whole requests; {} if the items are no requests with responses."""
    lists, rows = list(lists_of(document, body)), object_lists(document, answer)
    if len(lists) != 1 or len(rows) != 1:
        return {}
    (place, node), form = lists[0], OutcomeRows("all", parse_pointer(rows[0]), "", {})
    row = row_schema(document, answer, form)
    item = merged(document, node["items"])
    sent, told = _parts(item, _REQUEST), _parts(row, _RESPONSE)
    members = {f"/{escape_step(name)}" for name in row.get("properties", EMPTY)}
    are_requests = {"method", "path"} <= sent.keys() and {"status", "body"} <= told.keys()
    if not are_requests or sent["path"] in members:  # a row that repeats the path is a record: a webhook
        return {}
    methods = member_at(document, item, parse_pointer(sent["method"])).get("enum", _VERBS)
    if _VERBS.isdisjoint(str(one).upper() for one in methods):
        return {}
    has_id, stops = sent.get("id") in members, {} if "group" in sent else _parts(body, _STOPS)
    if has_id:
        told["id"] = sent["id"]
    else:
        sent = {name: one for name, one in sent.items() if name not in ("id", "depends-on")}
    requests = {"list": place, **sent, **stops}
    serial = {} if has_id and not stops else {"serial": True}
    return {"requests": requests, "responses": {"list": rows[0], **told}, **serial}


def _parts(schema: Document, names: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """Return for each part the pointer to the first member with one of its names."""
    members = {plain(name): f"/{escape_step(name)}" for name in schema.get("properties", EMPTY)}
    found = {part: next(filter(None, map(members.get, known)), "") for part, known in names.items()}
    return {part: pointer for part, pointer in found.items() if pointer}


def propose_apart(document: Document, answer: Document, item: Document, key: str) -> dict[str, Any]:
    """Return the `accepted` and `rejected` of an `x-batch.outcome`; {} if the answer has no place for both.

    `answer` and `item` are merged schemas; `key` is the member of an item that is its key.
    """
    reading = _RowReading(document, answer, item, key)
    apart = dict(zip(("rejected", "accepted"), map(reading.rows, _sides(document, answer)), strict=False))
    return apart if all(apart.values()) else {}


def unnamed_rows(document: Document, answer: Document, item: Document, key: Sequence[str]) -> str:
    """Return the pointer to a place of rejected or accepted items whose rows name no item; else ""."""
    reading = _RowReading(document, answer, item, "".join(key[:1]))
    return next((f"/{escape_step(one)}" for one in _sides(document, answer) if not reading.rows(one)), "")


def _sides(document: Document, answer: Document) -> tuple[str, ...]:
    """Return the name of the only place for rejected items, then of the only other place; () if unclear."""
    places = list(_places(document, answer))
    bad = [name for name in places if side_of(name) == "bad"]
    good = [name for name in places if name not in bad]
    return (*bad, *good) if len(bad) == 1 and len(good) <= 1 else ()


def is_sure(outcome: Document) -> bool:
    """Return whether the names of the places for accepted and rejected items say which items they have."""
    apart = (outcome.get(one, EMPTY) for one in ("accepted", "rejected"))
    sides = [side_of(one.get("list", one.get("map", "")).rpartition("/")[2]) for one in apart]
    return sides == ["good", "bad"]


def propose_map(document: Document, answer: Document, item: Document) -> dict[str, Any]:
    """Return the `x-batch.outcome` of an answer whose only place is a map with the names of the items."""
    places = list(_places(document, answer))
    rows_at = next((one for one in places if is_map_schema(member_at(document, answer, (one,)))), "")
    return _RowReading(document, answer, item, "").rows(rows_at) if rows_at and not places[1:] else {}


def propose_counts(document: Document, answer: Document) -> dict[str, Any]:
    """Return the `x-batch.outcome` of an answer that has a number of rejected items, and no list or map.

    An answer with an id or a state is that of a job, whose numbers are told later.
    """
    members = {} if any(_places(document, answer)) else dict(_leaves(document, answer))
    named = {pointer: plain(pointer.rpartition("/")[2]) for pointer in members}
    numbers = (one for one, node in members.items() if node.get("type") == "integer")
    rejected = [one for one in numbers if side_of(named[one]) == "bad" and not _CODE.search(named[one])]
    is_job = any(map(_OF_JOBS.search, named.values()))
    return {"summary": {"rejected": rejected[0]}} if len(rejected) == 1 and not is_job else {}


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
        if isinstance(node.get("items"), dict) or is_map_schema(node):
            yield name


class _RowReading(Value, frozen=True):
    """Reading of the rows in the places of an answer."""

    document: Document
    answer: Document
    item: Document
    key: str

    def rows(self, name: str) -> dict[str, Any]:
        """Return place and members of the rows in a list or map; {} if the rows do not name their items."""
        place, node = f"/{escape_step(name)}", member_at(self.document, self.answer, (name,))
        is_named = is_map_schema(node)
        rows = OutcomeRows("all", parse_pointer(place), "key" if is_named else "", {})
        row = row_schema(self.document, self.answer, rows)
        members = dict(self._members(row, is_named=is_named))
        if is_named:
            by = {"by": "index"} if _BY_INDEX.search(node.get("description", "")) else {}
            return {"map": place, **by, **(members if row.get("properties") else {"message": ""})}
        told = row.get("properties", EMPTY).keys() - self.item.get("properties", EMPTY).keys()
        if plain(name).startswith("unprocessed") and not told:
            return {"list": place, "echo": ""}
        own = self.item.get("properties", EMPTY)
        if not row.get("properties") and side_of(name) != "bad":
            if (kind := row.get("type")) in (None, self.item.get("type", "object")):
                return {"list": place, "echo": ""}
            of_key = merged(self.document, own.get(self.key, EMPTY)).get("type", "string")
            return {"list": place, "key": ""} if kind == of_key else {}
        is_unnamed = self.key not in own or _NAMES.isdisjoint(members)
        if side_of(name) == "bad" and is_unnamed and "index" not in members:
            members |= self._echo(row, members.pop("record", ""))
        return {} if (_NAMES | {"echo"}).isdisjoint(members) else {"list": place, **members}

    def _echo(self, row: Document, record: str) -> dict[str, str]:
        """Return the member of a row that has the refused item: `record`, else a member for any item."""
        named = (one for one in row.get("properties", EMPTY) if plain(one) in _ECHOES)
        free = (
            one for one in named if member_at(self.document, row, (one,)).get("type", "object") == "object"
        )
        found = record or next((f"/{escape_step(one)}" for one in free), "")
        return {"echo": found} if found else {}

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
