"""Find out what an answer can tell of each item of a batch: by words, lists and members of rows."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Mapping, Sequence
from typing import Any, Literal

from mockserver.model import EMPTY, Document, Json, Path, escape_step, member_path, pointer_of
from mockserver.spec.batch_annotation import read_outcome
from mockserver.spec.batch_forms import OutcomeForm, OutcomeRows
from mockserver.spec.openapi import member_at, merged, plain

Side = Literal["good", "partial", "bad", ""]

_PARTIAL = re.compile("partial|partly|mixed|witherror|withfail|withwarning|incomplete|^some|^warnings?$")
_BAD = re.compile(
    "fail|error|reject|invalid|refus|denied|decline|duplicate|conflict|problem|violation"
    "|^(not|un)(ok|accept|creat|stor|save|success|process|found|known|auth)|^(no|nok|ko|bad|false)$|^[45][0-9]{2}$"
)
_GOOD = re.compile(
    "complete|success|succeed|accept|creat|insert|update|replace|modified|changed|stored|saved|added|imported"
    "|processed|finished|^(all)?(ok|new|done|yes|true)$|^all$|^[23][0-9]{2}$"
)
_IDENTITIES = re.compile("(id|key|number|reference|href|url|uri|link|location|rev|etag)$")
_TOLD = frozenset({"code", "errorcode", "status", "statuscode", "httpstatus"})
"""Names of a row's members whose value can be derived from the outcome of the item."""

_SENTENCES = re.compile(
    "(validation|field)?(errors?|details|problems|violations|messages|issues|causes|reasons)"
)
"""Names of lists of texts that say why items were refused."""

_WORDS = re.compile("(message|detail|description|text|title|reason|status|state|result|outcome)$")
"""Ends of names of members that have a sentence or a word about an item."""

_NAMING = frozenset({"key", "index", "record", "echo"})
"""Members of a row that tell which item the row is about."""

_NOTES = frozenset({"title", "description", "example", "examples", "default", "deprecated"})
"""Keywords of a schema that limit no value."""

NO_ROWS = "its answer has no list with a row for each item"
_STATUSES = (200, 422)
_LONGEST_WORD = len("rejected")


def side_of(word: Json) -> Side:
    """Return what a status, or the name of a list or flag, says of an item; "" if it says nothing."""
    text = plain(word)
    sides: Mapping[Side, re.Pattern[str]] = {"partial": _PARTIAL, "bad": _BAD, "good": _GOOD}
    return next((side for side, words in sides.items() if words.search(text)), "")


def tells_outcomes(node: Document) -> bool:
    """Return whether a member of this schema can have one value for good items and one for refused items."""
    if node.get("enum"):
        return {"good", "bad"} <= {side_of(one) for one in node["enum"]}
    if node.get("type") in ("integer", "number"):
        least, most = node.get("minimum", 0), node.get("maximum", _STATUSES[1])
        return bool(least <= _STATUSES[0] and most >= _STATUSES[1])
    if node.get("type") == "string":
        is_limited = {"format", "pattern"} & node.keys() or node.get("maxLength", 99) < _LONGEST_WORD
        return not is_limited and ("example" not in node or side_of(node["example"]) != "")
    return node.get("type", "boolean") == "boolean" and not {"properties", "items"} & node.keys()


def object_lists(document: Document, schema: Document) -> list[str]:
    """Return pointers to the lists of objects in an answer: the answer itself, or its members."""
    found = lists_of(document, schema)
    return [place for place, node in found if "properties" in merged(document, node["items"])]


def lists_of(document: Document, schema: Document) -> Iterator[tuple[str, Document]]:
    """Yield pointer and schema of each list in a value: the value itself, or its members."""
    if "items" in schema:
        yield "", schema
    for name, one in schema.get("properties", EMPTY).items():
        node = merged(document, one)
        if "items" in node:
            yield f"/{escape_step(name)}", node


def maps_of(document: Document, schema: Document) -> list[tuple[str, dict[str, Any]]]:
    """Return pointer and merged schema of the values of each map of objects among the members of a value."""
    members = ((name, merged(document, one)) for name, one in schema.get("properties", EMPTY).items())
    maps = ((name, one["additionalProperties"]) for name, one in members if is_map_schema(one))
    found = ((f"/{escape_step(name)}", merged(document, values)) for name, values in maps)
    return [(place, values) for place, values in found if "properties" in values]


def is_map_schema(node: Document) -> bool:
    """Return whether a merged schema is that of an object whose names are keys."""
    return isinstance(node.get("additionalProperties"), dict) and "properties" not in node


def row_schema(document: Document, answer: Document, rows: OutcomeRows) -> dict[str, Any]:
    """Return the merged schema of a row in an answer; {} if the schema allows any row."""
    node = member_at(document, answer, rows.place).get("additionalProperties" if rows.names else "items")
    row = merged(document, node) if isinstance(node, dict) else {}
    if not rows.wrapped:
        return row
    inner = next(iter(row.get("properties", EMPTY).values()), row.get("additionalProperties"))
    return merged(document, inner) if isinstance(inner, dict) else {}


def fault_of_outcome(document: Document, answer: Document, batch: Document, item: Document) -> str:
    """Return why an answer cannot tell the outcome of each item; "" if it can.

    `batch` is the `x-batch`; `answer` and `item` are schemas, merged by `openapi.merged`.
    """
    form = read_outcome(batch.get("outcome", EMPTY))
    if not form.rows and {*form.summary, *form.headers} & {"accepted", "rejected"}:
        return ""  # a count is what the file says that its answer tells
    if not {rows.subset for rows in form.rows} - {"warned"}:
        lists = object_lists(document, answer)
        return f"its answer has the lists {' and '.join(lists)}" if lists[1:] else NO_ROWS
    if other := next(_untold(document, answer, (), form), ""):
        return f"its {other} would be empty, whatever became of the items"
    absent = next(_absent_keys(document, item, batch.get("key", ())), "")
    if absent and form.names_by_key and item.get("properties"):
        return f"its rows name an item by {absent}, which no item has"
    judges = (_fault_of_echo, _fault_of_rows)
    faults = (judge(document, answer, rows, batch, item) for rows in form.rows for judge in judges)
    return next(filter(None, faults), "")


def _absent_keys(document: Document, item: Document, key: Sequence[str]) -> Iterator[str]:
    """Yield the members of a key that the schema of an item does not have."""
    for name, (*above, last) in zip(key, map(member_path, key), strict=True):
        if last not in member_at(document, item, tuple(above)).get("properties", EMPTY):
            yield name


def _fault_of_echo(
    document: Document, answer: Document, rows: OutcomeRows, batch: Document, item: Document
) -> str:
    """Return why the schema of `echo` may not take an item as it was sent; "" if it takes each item."""
    if (path := rows.members.get("echo")) is None:
        return ""
    node, where = member_at(document, row_schema(document, answer, rows), path), (*rows.place, *path)
    kind = item.get("type", "object")
    if node.get("type", kind) != kind:
        return f"an item does not fit the schema of {pointer_of(where)}"
    limits = {name for name, one in node.items() if name not in _NOTES and one not in (True, {}, [])}
    if "type" in item and "type" in batch.get("fatal", ()):
        limits.discard("type")
    is_free = rows.subset == "accepted" or not limits
    return "" if is_free else f"a refused item may break the schema of {pointer_of(where)}"


def _fault_of_rows(
    document: Document, answer: Document, rows: OutcomeRows, batch: Document, item: Document
) -> str:
    row, place = row_schema(document, answer, rows), pointer_of(rows.place)
    own, keys, at_key = item.get("properties", EMPTY), batch.get("key", ()), rows.members.get("key", ())
    paths = [member_path(name) for name in keys]
    if row.get("additionalProperties") is False:
        inner = (path for path in rows.members.values() if path)
        if forbidden := next((one for one in inner if one[0] not in row.get("properties", EMPTY)), None):
            return f"its rows at {place} must not have {pointer_of(forbidden)}"
    if rows.subset == "all":
        name = str(rows.place[-1]) if rows.place else ""
        if side_of(name) and plain(name) != "processed":
            return f"its list {place} has a place for a part of the items alone"
        if row and not _is_told(document, row, rows):
            return "its rows have no member that says whether an item was refused"
    elif not rows.names and rows.members.keys().isdisjoint(_NAMING):
        return f"its rows at {place} do not say which item they are about"
    if rows.subset == "accepted" or (rows.subset == "all" and rows.members.get("record") == ()):
        return _fault_of_accepted(document, row, rows, own)
    kind = member_at(document, row, at_key).get("type") if at_key else None
    kinds = {member_at(document, item, path).get("type", kind) for path in paths}
    has_key = not any(_absent_keys(document, item, keys)) and (kind in (None, *kinds) or len(keys) > 1)
    lacks = {*(() if has_key else ("key",)), "record"}
    known = {*own, *(path[0] for part, path in rows.members.items() if path and part not in lacks)}
    whole = rows.members.get("record")
    if whole is not None and {*member_at(document, row, whole).get("required", ())} - {*keys}:
        # Of a refused item, nothing but its key is known to fit the schema.
        known = known - {*whole[:1]} if whole else {*keys}
    invented = next(_invented(document, row, known), "")
    return f"its rows must have {invented}, which a refused item does not have" if invented else ""


def _fault_of_accepted(document: Document, row: Document, rows: OutcomeRows, own: Container[str]) -> str:
    """Return why the row of an accepted item may lack a member; "" if the server can assign each member.

    A row that is the stored record has each member.
    """
    if rows.members.get("record") == ():
        return ""
    known = {path[0] for path in rows.members.values() if path}
    nodes = ((str(name), member_at(document, row, (name,))) for name in row.get("required", ()))
    objects = (name for name, node in nodes if "properties" in node and name not in known)
    lost = next((name for name in objects if name not in own), "")
    return f"its rows need {lost}; write record: /{escape_step(lost)} beside their list" if lost else ""


def is_assigned(name: str, node: Document) -> bool:
    """Return whether a server assigns a member of a row of an accepted item: an id, a number, a time."""
    called = plain(name)
    told = called in _TOLD or side_of(name) == "bad" or _SENTENCES.fullmatch(called) or _WORDS.search(called)
    return not (told or "enum" in node or node.get("type") == "boolean" or "properties" in node)


def _untold(document: Document, node: Document, path: Path, form: OutcomeForm) -> Iterator[str]:
    """Yield pointers to required lists and maps that only a part of the items fills; skip the rows."""
    places = {rows.place for rows in form.rows}
    for name in node.get("required", ()):
        member, here = member_at(document, node, (name,)), (*path, str(name))
        if "properties" in member:
            yield from _untold(document, member, here, form)
        elif member.get("type") in ("array", "object") and here not in places and side_of(name):
            is_text = merged(document, member.get("items", EMPTY)).get("type") == "string"
            if not (is_text and _SENTENCES.fullmatch(plain(name))):
                yield pointer_of(here)


def _is_told(document: Document, row: Document, rows: OutcomeRows) -> bool:
    if "status" in rows.members:
        return bool(rows.words) or tells_outcomes(member_at(document, row, rows.members["status"]))
    place = rows.members.get("message", rows.members.get("code", ()))
    node = member_at(document, row, place)
    may_lack = place[:1] and place[0] not in row.get("required", ())
    return bool(place) and bool(may_lack or node.get("nullable") or node.get("type") == "array")


def _invented(document: Document, row: Document, known: Container[str]) -> Iterator[str]:
    """Yield the required members of a row for which a refused item has no value."""
    for name in row.get("required", ()):
        node = merged(document, row.get("properties", EMPTY).get(name, EMPTY))
        if name in known or node.get("nullable") or plain(name) in _TOLD:
            continue
        is_text = node.get("type", "string") == "string" and not node.get("enum")
        is_number = node.get("type") in ("integer", "number")
        if "properties" in node or is_number or (is_text and _IDENTITIES.search(plain(name))):
            yield str(name)
