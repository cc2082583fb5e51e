"""Complete the annotations `x-batch` and `x-collection` of a file from its paths and schemas.

An operation is a batch if it declares 207 with one list of rows in which an item may be refused. An `x-batch`
in the file replaces members of the `x-batch` that is found; `x-batch: false` declares that there is no batch.
A path that ends in a parameter, such as `/orders/{id}`, is the path of a record if a `PUT` on this path, or a
`POST` or a batch on the path above, makes records. An `x-collection` in the file names another
collection; "" names no collection.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from functools import lru_cache
from typing import Any

import yaml

from mockserver.errors import SpecError
from mockserver.model import EMPTY, Document, Json, escape_step, parse_pointer
from mockserver.spec.batch_annotation import APART, read_outcome
from mockserver.spec.item_forms import bind_lines, item_schema
from mockserver.spec.openapi import (
    METHODS,
    Note,
    filled_path,
    is_json_content,
    member_at,
    merged,
    parameter_names,
    plain,
    resolve,
)
from mockserver.spec.outcome_proposals import (
    is_sure,
    propose_apart,
    propose_counts,
    propose_map,
    propose_requests,
    propose_statuses,
    unnamed_rows,
)
from mockserver.spec.outcomes import (
    fault_of_outcome,
    lists_of,
    maps_of,
    object_lists,
    row_schema,
    side_of,
    tells_outcomes,
)

_ASSIGNED_KEYS = ("id", "uuid", "guid", "key")
_USUAL_KEYS = (*_ASSIGNED_KEYS, "code", "number", "reference", "slug", "name")
_METHODS = ("post", "put", "patch")
_LISTED = ("messages", "problems", "violations", "issues", "causes", "reasons", "details")
_SAID = ("detail", "error", "errors", "reason", "description", "title", "text", *_LISTED)
_ROW_MEMBERS: Mapping[str, tuple[str, ...]] = {
    "status": ("status", "statuscode", "httpstatus", "code", "result", "outcome", "state", "success", "ok"),
    "message": ("message", "errormessage", *_SAID),
    "index": ("index", "position", "row", "line"),
}
_OWN_ROWS = APART | {"map", "wrapped"}
"""Members of `x-batch.outcome` to which nothing that is found in the answer is added."""

_MULTI_STATUS = "207"
_BATCH_WORDS = re.compile("bulk|batch")
_MAKING = frozenset({"create", "upsert", "insert", "add", "import"})
_LOOKING = ("read", "get", "search", "query", "validate", "calculate", "preview", "simulate")
_OTHER_WORK = (*_LOOKING, "delete", "remove", "archive", "cancel", "update")
NO_BATCH = "x-no-batch"
"""Member with the reason why an operation is no batch although its path or status suggests a batch."""

AS_WRITTEN = "x-batch says"
"""The reason of an operation whose `x-batch` is false."""


def complete_collections(document: dict[str, Any]) -> None:
    """Write `x-collection` to each operation that reads or writes records of a collection, in place."""
    paths = document["paths"]
    owners: dict[str, str] = {}
    of_batches = dict(_places_of_batches(document))
    for path, item in paths.items():
        for node in (item[method] for method in METHODS if method in item):
            if not isinstance(node.get("x-collection", ""), str):
                del node["x-collection"]
        above = paths.get(path.rpartition("/")[0], EMPTY)
        if name := mark_of(item):
            item["x-collection"] = name  # tells what is written from what is found
        if is_record_path(path) and (_makes_records(above, "post") or "put" in item or path in of_batches):
            name, usual = mark_of(item), collection_name(path)
            # Records with different parents are different collections, even if the paths have equal words.
            form = filled_path(path, {})  # two names of one parameter are one path
            usual = usual if owners.setdefault(usual, form) == form else path.strip("/")
            _write_collection(item, usual if name is None else name)
            _write_collection(above, name or usual)
        elif (name := mark_of(item)) is not None:
            _write_collection(item, name)
        elif path in of_batches and "get" in item and _is_list(document, item["get"]):
            item["get"]["x-collection"] = of_batches[path]


def _places_of_batches(document: Document) -> Iterator[tuple[str, str]]:
    """Yield path and collection: for each batch its record path, or if missing, its parent and own path."""
    for path, item in document["paths"].items():
        for batch in (item[method].get("x-batch") for method in _METHODS if method in item):
            collection = batch.get("collection") if isinstance(batch, dict) else None
            record = _resource_path(document, path)
            if isinstance(collection, str) and collection == collection_of(document, path):
                yield from (
                    (one, collection) for one in ([record] if record else [path.rpartition("/")[0], path])
                )


def _is_list(document: Document, node: Document) -> bool:
    return len(object_lists(document, answer_schema(document, node))) == 1


def _makes_records(item: Document, method: str) -> bool:
    return method in item and {"x-batch", NO_BATCH}.isdisjoint(item[method])


def _write_collection(item: Document, name: str) -> None:
    if mark_of(item) in (None, name):
        for method in METHODS:
            if _makes_records(item, method):
                item[method]["x-collection"] = name


def mark_of(item: Document, name: str = "x-collection") -> str | None:
    """Return the annotation `name` of a path item, else that of its first annotated operation, else None.

    An annotation that is not a text belongs to another program and is ignored.
    """
    nodes = (item, *(item[method] for method in METHODS if method in item))
    return next((node[name] for node in nodes if isinstance(node.get(name), str)), None)


def is_record_path(path: str) -> bool:
    """Return whether the last step of a path is one parameter and nothing else."""
    last = path.rpartition("/")[2]
    return last.startswith("{") and last.endswith("}") and last.count("{") == 1


def complete_batches(document: dict[str, Any]) -> tuple[bool, list[Note]]:
    """Complete the `x-batch` of each operation that is a batch, in place.

    Return whether at least one operation is annotated now, and a note on each operation that looks like a
    batch but is not taken for a batch.
    """
    notes: list[Note] = []
    marked = False
    for path, item in document["paths"].items():
        for method in (one for one in _METHODS if one in item):
            node = item[method]
            written = node.get("x-batch")
            if isinstance(written, dict):
                bind_lines(document, node)
            if written is False:
                del node["x-batch"]
                node[NO_BATCH] = AS_WRITTEN
            elif isinstance(written, dict) and "requests" not in written:
                given = written.get("outcome")
                rows_at = given.get("list") if isinstance(given, dict) else None
                found = found_batch(document, path, method, rows_at=rows_at)
                node["x-batch"] = {**found, **written, **_corrected_outcome(found, written)}
            elif written is True or (written is None and _looks_like_batch(document, path, method)):
                found = found_batch(document, path, method, of_objects=not written)
                if doubt := (_fault if written else _doubt)(document, path, method, found):
                    node.pop("x-batch", None)
                    node[NO_BATCH] = doubt
                    notes.append(_note(document, path, method, doubt))
                else:
                    node["x-batch"] = found
            if isinstance(node.get("x-batch"), dict):
                bind_lines(document, node)
            marked = marked or not {"x-batch", NO_BATCH}.isdisjoint(node)
    return marked, notes


def _looks_like_batch(document: Document, path: str, method: str) -> bool:
    """Return whether an operation takes a list of objects, and its answer or its name suggests a batch.

    A declared 207 suggests a batch; so does a name with batch or bulk, if the answer has several lists.
    """
    node = document["paths"][path][method]
    is_multi = _MULTI_STATUS in node.get("responses", EMPTY)
    if not is_multi and not _BATCH_WORDS.search(f"{path} {node.get('operationId')}".lower()):
        return False
    if not object_lists(document, json_schema(document, node.get("requestBody", EMPTY))):
        return False
    return is_multi or len(object_lists(document, answer_schema(document, node))) > 1


def _doubt(document: Document, path: str, method: str, found: Document) -> str:
    """Return why an operation is not taken for a batch; "" if it is taken for a batch."""
    word = _other_work(document, path, method)
    if word or _requests(document, document["paths"][path][method]):
        return f"its name says {word}" if word else "its items are whole requests"
    if fault := _fault(document, path, method, found):
        return fault
    outcome = found["outcome"]
    if "rejected" in outcome and not is_sure(outcome):
        lists = object_lists(document, answer_schema(document, document["paths"][path][method]))
        if "accepted" in outcome:
            return f"its answer has the lists {' and '.join(lists)}"
        place = outcome["rejected"].get("list", outcome["rejected"].get("map"))
        return f"its {place} has a place for a part of the items alone"
    return "" if {"status", "rejected"} & outcome.keys() else "its rows have no status"


def _fault(document: Document, path: str, method: str, found: Document) -> str:
    """Return why no `x-batch` can be worked out for an operation; "" if `found` is one."""
    if "key" in found:
        return outcome_fault(document, path, method, found)
    return "no member of an item is its key" if found else "its body has no list of objects"


def _requests(document: Document, node: Document) -> Document:
    body = json_schema(document, node.get("requestBody", EMPTY))
    return propose_requests(document, body, answer_schema(document, node))


def _other_work(document: Document, path: str, method: str) -> str:
    """Return the word for work other than storing: `delete` for `POST /orders/batch-delete`; else ""."""
    name = f"{path.rpartition('/')[2]} {document['paths'][path][method].get('operationId')}"
    words = {one.lower() for one in re.findall("[A-Z]?[a-z]+", name)}
    known = _OTHER_WORK if method == "post" else _OTHER_WORK[:-1]
    return next((one for one in known if one in words and _MAKING.isdisjoint(words)), "")


def outcome_fault(document: Document, path: str, method: str, batch: Document) -> str:
    """Return why the answer of an operation cannot tell the outcomes of this `x-batch`; "" if it can."""
    node = document["paths"][path][method]
    body, item = json_schema(document, node.get("requestBody", EMPTY)), EMPTY
    with suppress(SpecError):  # the start says what is wrong with `items`
        item = merged(
            document, item_schema(document, body, parse_pointer(batch["items"]), batch.get("key", ()))
        )
    answer = answer_schema(document, _teller(document, node, batch))
    if not batch.get("outcome") and (place := unnamed_rows(document, answer, item, batch.get("key", ()))):
        return f"a row of {place} has no known key or position of the item"
    return fault_of_outcome(document, answer, batch, item)


def _teller(document: Document, node: Document, batch: Document) -> Document:
    """Return the operation whose answer tells the outcomes: the one that `x-batch.job` names, or `node`."""
    job = batch.get("job", EMPTY)
    results = job.get("results")
    name = results.get("operation") if isinstance(results, dict) else job.get("poll")
    gets = (item.get("get", EMPTY) for item in document["paths"].values())
    return next((one for one in gets if one.get("operationId", "") == name), node)


def _note(document: Document, path: str, method: str, doubt: str) -> Note:
    message = f"{method.upper()} {path} is answered as one call, not as a batch: {doubt}"
    correction = batch_correction(document, path, method)
    cure = f"actions: [{{target: \"$.paths['{path}'].{method}\", update: {{{correction}}}}}] in an --overlay"
    return Note(("paths", path, method), message, cure)


def batch_correction(document: Document, path: str, method: str) -> str:
    """Return the `x-batch` to write for an operation; "" if the operation is not like a batch.

    If an operation like a batch does other work than storing, or if no `x-batch` could tell the outcome of
    each item, return `x-batch: false`.
    """
    node = document["paths"][path][method]
    if method not in _METHODS:
        return ""
    if requests := _requests(document, node):
        return f"x-batch: {flow(requests)}"
    answer = answer_schema(document, node)
    places = [None, *object_lists(document, answer)]
    batches = [found_batch(document, path, method, rows_at=place) for place in places]
    if batches[0] and (counts := propose_counts(document, answer)):
        batches.append({**batches[0], "outcome": counts})
    told = (
        one
        for one in batches
        if _tells_rejections(document, answer, one) and not outcome_fault(document, path, method, one)
    )
    if found := None if _other_work(document, path, method) else next(told, None):
        return f"x-batch: {flow(found)}"
    return "x-batch: false" if node.get(NO_BATCH, AS_WRITTEN) != AS_WRITTEN else ""


def _tells_rejections(document: Document, answer: Document, batch: Document) -> bool:
    """Return whether rows have a status, or a member, place or number that by its name is for rejected items.

    Rows with an index, but without a status or with any text as status, may be those of the rejected items
    alone, so they do not tell. An answer with an id is a record, whose lists do not tell either.
    """
    outcome, own = batch.get("outcome", EMPTY), {plain(one) for one in answer.get("properties", EMPTY)}
    if own & {"id", *map(plain, batch.get("key", own))} or side_of(batch.get("items")) == "bad":
        return False
    steps = [one for name in ("code", "message") for one in outcome.get(name, "").split("/")]
    is_told = bool({"status", "rejected", "summary"} & outcome.keys())
    is_told = is_told or ("index" not in outcome and "bad" in map(side_of, steps))
    for rows in read_outcome(outcome).rows if {"index", "status"} <= outcome.keys() else ():
        row = row_schema(document, answer, rows)
        status = member_at(document, row, rows.members["status"])
        is_told = is_told and (status.get("type") != "string" or "enum" in status)
    return is_told


def flow(value: Json) -> str:
    """Return the value in YAML's flow style, on one line."""
    return yaml.safe_dump(value, default_flow_style=True, sort_keys=False, width=10_000).strip()


def _corrected_outcome(found: Document, written: Document) -> Document:
    known, given = found.get("outcome", EMPTY), written.get("outcome", EMPTY)
    if not known or not isinstance(given, Mapping) or "job" in written or not _OWN_ROWS.isdisjoint(given):
        return EMPTY
    return {"outcome": {**known, **given}}


def found_batch(
    document: Document, path: str, method: str, *, of_objects: bool = False, rows_at: str | None = None
) -> dict[str, Any]:
    """Return the `x-batch` that path and schemas of an operation suggest; {} if its body has no list.

    If `of_objects`, only a list of objects counts. `rows_at` is the pointer to the answer's rows; None means
    the answer's only list of objects.
    """
    node = document["paths"][path][method]
    body = json_schema(document, node.get("requestBody", EMPTY))
    lists = [(place, merged(document, one["items"])) for place, one in lists_of(document, body)]
    # Lists whose names stand in the path come first: they have the records; others may have warnings.
    lists.sort(key=lambda one: plain(one[0]) not in plain(path))
    objects = [one for one in lists if "properties" in one[1]]
    free = [one for one in lists if one[1].get("type", "object") == "object"]
    candidates = objects if of_objects else [*objects, *free]
    maps = [] if candidates else maps_of(document, body)
    if len(maps) == 1 and not of_objects:
        candidates = maps
    if not candidates:
        return {}
    items, item = candidates[0]
    resource = _resource_path(document, path)
    at_resource = document["paths"].get(resource, EMPTY)
    near = (at_resource, document["paths"].get(resource.rpartition("/")[0], EMPTY))
    written = next(filter(None, (mark_of(one, "x-key") for one in near)), "")
    named = written or ["", *parameter_names(resource)][-1]
    wanted, (rows_at, row) = rows_at, _rows(document, node, rows_at)
    shown = answer_schema(document, at_resource.get("get", EMPTY))
    own = item.get("properties", EMPTY).keys()
    if own and own.isdisjoint(shown.get("properties", EMPTY)):
        shown = EMPTY  # the items are parts of a record, or something else
    assigned = {plain(named), *_ASSIGNED_KEYS}  # of a row, which may have the code of an error too
    members = {
        name: one
        for node in (shown, row, item)
        for name, one in node.get("properties", EMPTY).items()
        if node is not row or plain(name) in assigned
    }
    key = (not named and _shared_key(document, row, item)) or key_member({"properties": members}, named)
    is_upsert = method != "post" or "upsert" in f"{path} {node.get('operationId')}".lower()
    found: dict[str, Any] = {"items": items, "upsert": is_upsert}
    found["collection"] = collection_of(document, path)
    if key:
        found["key"] = [key]
    answer = answer_schema(document, node)
    of_rows = _outcome(document, row, item, key) if row else {}
    is_of_all = "status" in of_rows and side_of(rows_at.rpartition("/")[2]) == ""
    apart = {} if is_of_all or wanted or not key else propose_apart(document, answer, item, key)
    if apart:
        if apart["rejected"].get("echo"):
            found["fatal"] = ["type"]  # what is no object fits no row for any object
        statuses = propose_statuses(document, node.get("responses", EMPTY))
        found["outcome"] = {**apart, **({"statuses": statuses} if statuses else {})}
    elif row:
        found["outcome"] = {"list": rows_at, **of_rows}
    elif maps and named and (mapped := propose_map(document, answer, item)):
        found["outcome"] = mapped
    return found


def _shared_key(document: Document, row: Document, item: Document) -> str:
    """Return the first text or integer member required by item and row that tells no outcome; else ""."""
    told = {one for names in _ROW_MEMBERS.values() for one in names}
    shared = (
        one for one in row.get("required", ()) if one in item.get("required", ()) and plain(one) not in told
    )
    kinds = ((one, member_at(document, item, (one,)).get("type")) for one in shared)
    return next((one for one, kind in kinds if kind in ("string", "integer")), "")


def _outcome(document: Document, row: Document, item: Document, key: str) -> dict[str, str]:
    """Return pointers to the status, message, index, key and record of a row, as far as the row has them."""
    members = {plain(name): name for name in row.get("properties", EMPTY)}
    own = item.get("properties", EMPTY)
    statuses = {
        called: name
        for called, name in members.items()
        if tells_outcomes(node := merged(document, row["properties"][name]))
        and not (name in own and merged(document, own[name]).get("type") == node.get("type"))
    }
    wanted = {**_ROW_MEMBERS, "key": tuple(filter(None, (plain(key), "key", "id", "reference")))}
    names = {
        part: _first(statuses if part == "status" else members, likely) for part, likely in wanted.items()
    }
    pointers = {part: f"/{escape_step(name)}" for part, name in names.items() if name}
    for name, one in row.get("properties", EMPTY).items():
        inner = merged(document, one).get("properties", EMPTY)
        if name == names["message"] and (said := key_member({"properties": inner}, "message")):
            pointers["message"] = f"/{escape_step(name)}/{escape_step(said)}"
        elif name not in names.values() and inner and set(item.get("required", inner)) <= set(inner):
            pointers["record"] = f"/{escape_step(name)}"
        elif key in inner and not names["key"]:
            pointers["key"] = f"/{escape_step(name)}/{escape_step(key)}"
    order = [f"/{escape_step(name)}" for name in row.get("properties", EMPTY)]
    return dict(sorted(pointers.items(), key=lambda one: order.index("/" + one[1].split("/")[1])))


def _rows(document: Document, node: Document, wanted: str | None) -> tuple[str, Document]:
    """Return pointer to an answer's rows (`wanted`, else its only list), and schema of a row; {} if none."""
    answer = answer_schema(document, node)
    places = object_lists(document, answer) if wanted is None else [wanted]
    if len(places) != 1:
        return "", EMPTY
    rows = member_at(document, answer, parse_pointer(places[0]))
    return places[0], merged(document, rows.get("items", EMPTY))


def answer_schema(document: Document, node: Document) -> Document:
    """Return the merged schema of an operation's success: 207 if declared, else the first 2xx; {} if none."""
    responses: Document = node.get("responses", EMPTY)
    successes = [one for one in (_MULTI_STATUS, *responses) if one in responses and one.startswith("2")]
    return json_schema(document, responses[successes[0]]) if successes else EMPTY


def _resource_path(document: Document, path: str) -> str:
    """Return the path of one record, such as `/orders/{id}` for `/orders/bulk`; "" if there is none."""
    records, start = _records_below(tuple(document["paths"])), path
    while start and start not in records:
        start = start.rpartition("/")[0]
    return records.get(start, "")


@lru_cache(maxsize=8)
def _records_below(paths: tuple[str, ...]) -> Mapping[str, str]:
    """Return the paths of single records, by the path without the parameter."""
    return {one.rpartition("/")[0]: one for one in reversed(paths) if is_record_path(one)}


def collection_name(path: str) -> str:
    """Return the name of the records at a path: the words of the path, without parameters."""
    words = "/".join(one for one in path.split("/") if one and "{" not in one)
    return words or "/".join(re.findall("[^/{}]+", path))


def collection_of(document: Document, path: str) -> str:
    """Return the name of the records that calls of a path make or read.

    The name is taken from the path of one record, else from the nearest path upwards that has a GET, else
    from `path` itself.
    """
    start = path
    while start and "get" not in document["paths"].get(start, EMPTY):
        start = start.rpartition("/")[0]
    return collection_name(_resource_path(document, path) or start or path)


def key_member(record: Document, named: str) -> str:
    """Return the member of a record that is its key: `named`, else a usual name; "" if there is neither."""
    members = {plain(name): name for name in record.get("properties", EMPTY)}
    known = [*_USUAL_KEYS, *members]
    wanted = [plain(named), *(one for one in known if one and plain(named).endswith(one)), *_USUAL_KEYS]
    return _first(members, wanted)


def _first(members: Mapping[str, str], names: Iterable[str]) -> str:
    return next((members[one] for one in names if one in members), "")


def json_schema(document: Document, holder: Document) -> Document:
    """Return the merged schema of the JSON content of a body or an answer; {} if there is none."""
    contents = resolve(document, holder).get("content", EMPTY)
    found = (one for name, one in contents.items() if is_json_content(document, name, one))
    return merged(document, next(found, EMPTY).get("schema", EMPTY))
