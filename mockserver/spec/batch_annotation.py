"""Read `x-batch`: where a batch has its items, and where its answer tells what became of each item."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

from mockserver.errors import SpecError
from mockserver.model import EMPTY, Action, Json, Path, parse_pointer
from mockserver.spec.openapi import Batch, OutcomeForm, OutcomeRows, Requests, Subset, check_names, misused

_KINDS: Mapping[str, tuple[type, str]] = {
    "items": (str, "a JSON Pointer"),
    "key": (list, "a list of names"),
    "upsert": (bool, "true or false"),
    "fatal": (list, "a list of schema keywords"),
    "collection": (str, "a name"),
    "outcome": (dict, "a mapping"),
    "bare-item": (bool, "true or false"),
    "keyless": (dict, "a mapping of members"),
    "identity": (list, "a list of names"),
}
_BATCH_KEYS = {*_KINDS, "atomicity"}
_ATOMICITIES = ("per-item", "all-or-nothing")
_ROW_MEMBERS = ("status", "code", "message", "key", "index", "record", "echo")
_ROWS_KEYS = {*_ROW_MEMBERS, "list", "map", "by", "words", "first-index"}
_SUBSETS: tuple[Subset, ...] = ("accepted", "rejected", "warned")
APART = frozenset({"accepted", "rejected", "maps"})
"""Members of `x-batch.outcome` for rows of a subset of the items."""

_OF_ANSWER = {*_SUBSETS, "count", "maps", "summary", "statuses"}
_FACTS = ("accepted", "rejected", "total", "any-rejected", "all-accepted")
_RESULTS = ("all", "some", "none")
_OUTCOME = "x-batch.outcome"
_OF_REQUESTS = frozenset({"requests", "responses", "serial", "fatal"})
"""Members of an `x-batch` of whole requests."""

_SENT = ("list", "method", "path", "body", "id", "headers", "depends-on", "group", "stop-after")
_TOLD = ("list", "id", "status", "body", "headers")


def read_batch(node: Json) -> Batch:
    """Return the batch that an `x-batch` declares. Raises SpecError."""
    if not isinstance(node, dict):
        raise misused("x-batch", f"expected a mapping, found {node}")
    if "requests" in node:
        return _read_batch_of_requests(node)
    check_names("x-batch", node, _BATCH_KEYS | _OF_REQUESTS)
    if others := (_OF_REQUESTS - {"fatal"}) & node.keys():
        cure = "requests: {list: /requests, method: /method, path: /url}"
        raise misused(f"x-batch.{min(others)}", "it needs requests, which say where the requests are", cure)
    atomicity = node.get("atomicity", "per-item")
    if atomicity not in _ATOMICITIES:
        raise misused("x-batch.atomicity", f"expected {' or '.join(_ATOMICITIES)}, found {atomicity}")
    if "items" not in node:
        cure = 'items: "" when the body itself is the list'
        raise SpecError(f"x-batch.items is missing; write {cure}", ("x-batch", "items"), cure=cure)
    for name, (kind, expected) in _KINDS.items():
        if name in node and not isinstance(node[name], kind):
            raise misused(f"x-batch.{name}", f"expected {expected}, found {node[name]}")
    return Batch(
        items=parse_pointer(node["items"]),
        key=tuple(node.get("key", ())),
        upsert=node.get("upsert", False),
        atomic=atomicity == "all-or-nothing",
        fatal=frozenset(node.get("fatal", ())),
        collection=node.get("collection", ""),
        outcome=read_outcome(node.get("outcome", EMPTY)),
        bare_item=node.get("bare-item", False),
        keyless=node.get("keyless", EMPTY),
        identity=tuple(node.get("identity", ())),
    )


def _read_batch_of_requests(node: Mapping[str, Any]) -> Batch:
    """Return the batch of an `x-batch` with `requests`. Raises SpecError."""
    if others := node.keys() - _OF_REQUESTS:
        raise misused(f"x-batch.{min(map(str, others))}", "beside requests, it has no meaning: leave it out")
    sent = _read_parts(node["requests"], "x-batch.requests", _SENT, ("method", "path"))
    told = _read_parts(node.get("responses", EMPTY), "x-batch.responses", _TOLD, ("status",))
    serial, has_id = node.get("serial", False), "id" in sent
    by_id, by_order = "id: /id", "serial: true"
    faults = (
        (not isinstance(serial, bool), "serial", f"expected true or false, found {serial}", by_order),
        (has_id and len(sent["id"]) != 1, "requests.id", "expected a member of the request", by_id),
        ("depends-on" in sent and not has_id, "requests.depends-on", "it needs requests.id", by_id),
        ("id" in told and not has_id, "responses.id", "it needs requests.id", by_id),
        (not serial and "id" not in told, "serial", "without responses.id, the order has to tell", by_order),
        (not serial and "stop-after" in sent, "requests.stop-after", "it needs serial: true", by_order),
        (
            {"group", "stop-after"} <= sent.keys(),
            "requests.stop-after",
            "it would cut a group in two",
            "",
        ),
    )
    for is_wrong, member, fault, cure in faults:
        if is_wrong:
            raise misused(f"x-batch.{member}", fault, cure)
    rows = OutcomeRows(
        subset="all",
        place=told.pop("list"),
        names="",
        members={"key" if name == "id" else name: told[name] for name in ("id", "status") if name in told},
        any_order=not serial,
    )
    derived = {"items": node["requests"]["list"], "key": list(sent.get("id", ()))}
    batch = read_batch({**derived, **({"fatal": node["fatal"]} if "fatal" in node else {})})
    del sent["list"]
    return replace(batch, outcome=OutcomeForm((rows,)), requests=Requests(sent, told, is_serial=serial))


def _read_parts(node: Json, mark: str, known: Collection[str], needed: Iterable[str]) -> dict[str, Path]:
    for name in ("list", *needed):
        if name not in _read_mapping(node, mark, known):
            raise misused(f"{mark}.{name}", "it is missing", f"{name}: /{name}")
    return {name: _read_pointer(one, f"{mark}.{name}") for name, one in node.items()}


def read_outcome(node: Mapping[str, Any]) -> OutcomeForm:
    """Return the form that `x-batch.outcome` declares. Raises SpecError."""
    check_names(_OUTCOME, node, _ROWS_KEYS | _OF_ANSWER)
    of_row = {name: value for name, value in node.items() if name not in _OF_ANSWER}
    apart = [(subset, node[subset]) for subset in _SUBSETS if subset in node]
    has_rows = {"list", "map"} & of_row.keys()  # without them the start says which list to write
    rows = [_read_rows("all", of_row, _OUTCOME)] if has_rows else []
    rows += [_read_rows(subset, one, f"{_OUTCOME}.{subset}") for subset, one in apart]
    # `maps` is an older form of `rejected` and `warned`.
    for number, pointer in enumerate(node.get("maps", ())):
        mapped = {"map": pointer, "message": ""}
        rows.append(_read_rows("warned" if number else "rejected", mapped, f"{_OUTCOME}.maps"))
    if of_row and {subset for subset, _ in apart} - {"warned"}:
        raise misused(f"{_OUTCOME}.{apart[0][0]}", "a row for each item, or accepted and rejected apart")
    mark = f"{_OUTCOME}.summary"
    summary = _read_mapping(node.get("summary", EMPTY), mark, (*_FACTS, "word"))
    word = _read_mapping(summary.get("word", EMPTY), f"{mark}.word", ("at", *_RESULTS))
    facts = {name: one for name, one in summary.items() if name != "word"}
    in_headers = {name: one for name, one in facts.items() if isinstance(one, dict)}
    in_body = {name: one for name, one in facts.items() if name not in in_headers}
    pointers = {name: _read_pointer(one, f"{mark}.{name}") for name, one in in_body.items()}
    if "count" in node:
        pointers["accepted"] = _read_pointer(node["count"], f"{_OUTCOME}.count")
    return OutcomeForm(
        rows=tuple(rows),
        summary=pointers,
        headers={name: _read_header(one, f"{mark}.{name}") for name, one in in_headers.items()},
        word_at=_read_pointer(word["at"], f"{mark}.word.at") if word else (),
        words={name: one for name, one in word.items() if name != "at"},
        statuses=_read_statuses(node.get("statuses", EMPTY)),
    )


def _read_rows(subset: Subset, node: Json, mark: str) -> OutcomeRows:
    node = _read_mapping(node, mark, _ROWS_KEYS)
    if ("list" in node) == ("map" in node):
        cure = "list: /results"
        raise misused(mark, "expected one of list and map, which say where the rows are", cure)
    by, first = node.get("by", "key"), node.get("first-index", 0)
    if by not in ("key", "index"):
        raise misused(f"{mark}.by", f"expected key or index, found {by}")
    if first not in (0, 1):
        raise misused(f"{mark}.first-index", f"expected 0 or 1, found {first}")
    words = _read_mapping(node.get("words", EMPTY), f"{mark}.words", tuple(map(str, Action)))
    place = "list" if "list" in node else "map"
    return OutcomeRows(
        subset=subset,
        place=_read_pointer(node[place], f"{mark}.{place}"),
        names="" if "list" in node else by,
        members={name: _read_pointer(node[name], f"{mark}.{name}") for name in node if name in _ROW_MEMBERS},
        words=words,
        first_index=first,
    )


def _read_mapping(node: Json, mark: str, known: Collection[str]) -> dict[str, Any]:
    if not isinstance(node, dict):
        raise misused(mark, f"expected a mapping, found {node}")
    check_names(mark, node, known)
    return node


def _read_pointer(node: Json, mark: str) -> Path:
    if not isinstance(node, str) or (node and not node.startswith("/")):
        cure = f"{mark.rpartition('.')[2]}: /{node}"
        raise misused(mark, f"expected a JSON Pointer, found {node}", cure)
    return parse_pointer(node)


def _read_header(node: Json, mark: str) -> str:
    name = _read_mapping(node, mark, ("header",)).get("header")
    if not isinstance(name, str) or not name:
        raise misused(mark, "expected a JSON Pointer, or the name of a header", "{header: X-Count}")
    return name


def _read_statuses(node: Json) -> Mapping[str, int]:
    mark = f"{_OUTCOME}.statuses"
    found = _read_mapping(node, mark, _RESULTS)
    for name, status in found.items():
        if not isinstance(status, int) or not 200 <= status < 500:  # noqa: PLR2004 - HTTP's classes
            raise misused(f"{mark}.{name}", f"expected a status from 200 to 499, found {status}")
    if found and len(found) < len(_RESULTS):
        raise misused(mark, f"expected a status for each of {', '.join(_RESULTS)}")
    return found
