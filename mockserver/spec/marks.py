"""Marks of a file that is not ours, as far as its paths and schemas tell them: `x-batch` and `x-collection`.

An operation that declares 207 with a list of rows is a batch; `x-batch` corrects that, member by member, and
`x-batch: false` says that it is none. A path that ends in a parameter, `/orders/{id}`, is a record's if
the path without it, or itself by `PUT`, makes records; `x-collection` gives it other ones, or none ("").
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from mockserver.model import EMPTY, Document, escape_step
from mockserver.spec.openapi import METHODS, merged, parameter_names, plain, resolve

_USUAL_KEYS = ("id", "uuid", "guid", "key", "code", "number", "reference", "slug", "name")
_METHODS = ("post", "put", "patch")
_ROW_MEMBERS: Mapping[str, tuple[str, ...]] = {
    "status": ("status", "statuscode", "httpstatus", "code", "result", "outcome", "state", "success", "ok"),
    "message": ("message", "detail", "error", "errors", "reason", "description", "title"),
    "index": ("index", "position", "row", "line"),
}
_MULTI_STATUS = "207"


def complete_collections(document: dict[str, Any]) -> None:
    """Write the collection to each operation that has to do with its records, in place."""
    paths = document["paths"]
    owners: dict[str, str] = {}
    for path, item in paths.items():
        for node in (item[method] for method in METHODS if method in item):
            if not isinstance(node.get("x-collection", ""), str):
                del node["x-collection"]
        above = paths.get(path.rpartition("/")[0], EMPTY)
        if is_record_path(path) and (_makes_records(above, "post") or "put" in item):
            name, usual = mark_of(item), collection_name(path)
            # Records with other parents are others, though the words of their paths are alike.
            usual = usual if owners.setdefault(usual, path) == path else path.strip("/")
            _write_collection(item, usual if name is None else name)
            _write_collection(above, name or usual)
        elif (name := mark_of(item)) is not None:
            _write_collection(item, name)


def _makes_records(item: Document, method: str) -> bool:
    return method in item and "x-batch" not in item[method]


def _write_collection(item: Document, name: str) -> None:
    if mark_of(item) in (None, name):
        for method in METHODS:
            if _makes_records(item, method):
                item[method]["x-collection"] = name


def mark_of(item: Document, name: str = "x-collection") -> str | None:
    """The mark of a path item, or of the first of its operations that has it; None without.

    One that is no text is somebody else's.
    """
    nodes = (item, *(item[method] for method in METHODS if method in item))
    return next((node[name] for node in nodes if isinstance(node.get(name), str)), None)


def is_record_path(path: str) -> bool:
    """Whether a path ends in one parameter and nothing beside it."""
    last = path.rpartition("/")[2]
    return last.startswith("{") and last.endswith("}") and last.count("{") == 1


def complete_batches(document: dict[str, Any]) -> bool:
    """Write a whole `x-batch` to each operation that is a batch, in place; whether there is one."""
    has_batches = False
    for path, item in document["paths"].items():
        for method in _METHODS:
            node = item.get(method, EMPTY)
            written = node.get("x-batch")
            if written is False:
                del node["x-batch"]
            elif written is not None or _MULTI_STATUS in node.get("responses", EMPTY):
                # Without a mark, only a batch of objects whose rows have a status is no guess.
                is_marked = written is True or isinstance(written, dict)
                found = found_batch(document, path, method, of_objects=not is_marked)
                if isinstance(written, dict):
                    node["x-batch"] = {**found, **written, **_corrected_outcome(found, written)}
                elif written is True or ("key" in found and "status" in found.get("outcome", EMPTY)):
                    node["x-batch"] = found
            has_batches = has_batches or "x-batch" in node
    return has_batches


def _corrected_outcome(found: Document, written: Document) -> Document:
    known, given = found.get("outcome", EMPTY), written.get("outcome", EMPTY)
    return {"outcome": {**known, **given}} if known and isinstance(given, Mapping) else EMPTY


def found_batch(document: Document, path: str, method: str, *, of_objects: bool = False) -> dict[str, Any]:
    """The `x-batch` of an operation, without the members that nothing tells; {} if its body has no list.

    `of_objects`: {} as well if it has no list of objects.
    """
    node = document["paths"][path][method]
    body = json_schema(document, node.get("requestBody", EMPTY))
    lists = [(place, merged(document, one["items"])) for place, one in _lists(document, body)]
    objects = [one for one in lists if "properties" in one[1]]
    candidates = objects if of_objects else [*objects, *lists]
    if not candidates:
        return {}
    items, item = candidates[0]
    resource = _resource_path(document, path)
    named = parameter_names(resource)[-1] if resource else ""
    rows_at, row = _rows(document, node)
    shown = _answer_schema(document, document["paths"].get(resource, EMPTY).get("get", EMPTY))
    members = {
        name: one for node in (shown, row, item) for name, one in node.get("properties", EMPTY).items()
    }
    key = key_member({"properties": members}, named)
    found: dict[str, Any] = {"items": items, "upsert": method != "post"}
    found["collection"] = collection_name(resource or path)
    if key:
        found["key"] = [key]
    if row:
        found["outcome"] = {"list": rows_at, **_outcome(document, row, item, key)}
    return found


def _outcome(document: Document, row: Document, item: Document, key: str) -> dict[str, str]:
    """Pointers of a row's members: status, message, index, key, and the record, whichever there are."""
    members = {plain(name): name for name in row.get("properties", EMPTY)}
    wanted = {**_ROW_MEMBERS, "key": tuple(filter(None, (plain(key), "key", "id", "reference")))}
    names = {part: _first(members, likely) for part, likely in wanted.items()}
    pointers = {part: f"/{escape_step(name)}" for part, name in names.items() if name}
    for name, one in row.get("properties", EMPTY).items():
        inner = merged(document, one).get("properties", EMPTY)
        if name == names["message"] and (said := key_member({"properties": inner}, "message")):
            pointers["message"] = f"/{escape_step(name)}/{escape_step(said)}"
        elif name not in names.values() and inner and set(item.get("required", inner)) <= set(inner):
            pointers["record"] = f"/{escape_step(name)}"
    order = [f"/{escape_step(name)}" for name in row.get("properties", EMPTY)]
    return dict(sorted(pointers.items(), key=lambda one: order.index("/" + one[1].split("/")[1])))


def _rows(document: Document, node: Document) -> tuple[str, Document]:
    """The place and the schema of the rows of an answer; {} for none."""
    found = _lists(document, _answer_schema(document, node))
    rows = ((place, merged(document, one["items"])) for place, one in found)
    return next(((place, row) for place, row in rows if "properties" in row), ("", EMPTY))


def _answer_schema(document: Document, node: Document) -> Document:
    """The merged schema of the success of an operation, of 207 if that is declared; {} for none."""
    responses: Document = node.get("responses", EMPTY)
    successes = [one for one in (_MULTI_STATUS, *responses) if one in responses and one.startswith("2")]
    return json_schema(document, responses[successes[0]]) if successes else EMPTY


def _lists(document: Document, schema: Document) -> Iterator[tuple[str, Document]]:
    """Yield the lists of a value by their pointers: the value itself, or its members."""
    if "items" in schema:
        yield "", schema
    for name, one in schema.get("properties", EMPTY).items():
        node = merged(document, one)
        if "items" in node:
            yield f"/{escape_step(name)}", node


def _resource_path(document: Document, path: str) -> str:
    """The path of one record for a path of many, "" for none: `/orders/{id}` for `/orders/bulk`."""
    start = path
    while start:
        for one in document["paths"]:
            if one.rpartition("/")[0] == start and is_record_path(one):
                return str(one)
        start = start.rpartition("/")[0]
    return ""


def collection_name(path: str) -> str:
    """The name of the records at a path: its words, without parameters."""
    return "/".join(one for one in path.split("/") if one and "{" not in one) or path.strip("/{}")


def key_member(record: Document, named: str) -> str:
    """The member of a record that is its key: the one that is `named`, else a usual name; "" for none."""
    members = {plain(name): name for name in record.get("properties", EMPTY)}
    wanted = [plain(named), *(one for one in _USUAL_KEYS if plain(named).endswith(one)), *_USUAL_KEYS]
    return _first(members, wanted)


def _first(members: Mapping[str, str], names: Iterable[str]) -> str:
    return next((members[one] for one in names if one in members), "")


def json_schema(document: Document, holder: Document) -> Document:
    """The merged schema of the JSON content of a body or an answer, {} for none."""
    contents = resolve(document, holder).get("content", EMPTY)
    found = next((one for name, one in contents.items() if name.endswith("json")), EMPTY)
    return merged(document, found.get("schema", EMPTY))
