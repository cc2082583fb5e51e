"""Members of the schemas of a spec, and cures of a refused spec."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mockserver.cli.options import nearest
from mockserver.errors import SpecError
from mockserver.model import Document, Json
from mockserver.spec.marks import is_record_path
from mockserver.spec.openapi import merged, plain, resolve

_FACTS = ("type", "format", "pattern", "minLength", "maxLength", "minimum", "maximum", "nullable", "default")
_CHOICES = ("allOf", "oneOf", "anyOf")
_DEEPEST = 12


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a schema: whether it is required, its keywords as texts, the values of its enum."""

    required: bool
    facts: Mapping[str, str]
    values: tuple[str, ...]


def members_of(document: Mapping[str, Any], schema: Any) -> dict[str, Member]:
    """Members by JSON Pointer; `*` stands for each item of a list, "" for the schema itself."""
    found: dict[str, Member] = {}
    for pointer, member in _members(document, schema, "", required=True, refs=()):
        found.setdefault(pointer, member)
    return found


def _members(
    document: Mapping[str, Any], schema: Any, pointer: str, *, required: bool, refs: tuple[str, ...]
) -> Iterator[tuple[str, Member]]:
    reference = schema.get("$ref", "") if isinstance(schema, dict) else ""
    if reference in refs or pointer.count("/") > _DEEPEST:
        return
    refs = (*refs, reference) if reference else refs
    try:
        node = resolve(document, schema)
    except SpecError:
        return
    if not isinstance(node, dict):
        return
    facts = {name: str(node[name]) for name in _FACTS if name in node}
    yield pointer, Member(required, facts, tuple(map(str, node.get("enum", ()))))
    for keyword in _CHOICES:
        for one in node.get(keyword, ()):
            yield from _members(document, one, pointer, required=required, refs=refs)
    needed = node.get("required", ())
    for name, one in node.get("properties", {}).items():
        yield from _members(document, one, f"{pointer}/{name}", required=name in needed, refs=refs)
    if "items" in node:
        yield from _members(document, node["items"], f"{pointer}/*", required=False, refs=refs)


_STATUS_NAMES = ("status", "code", "result", "state")
_MESSAGE_NAMES = ("message", "text", "detail", "error", "reason", "description")
_KEY_NAMES = ("key", "id", "number", "reference")


def answer_schema(document: Document, node: Document) -> Json:
    for status, answer in node["responses"].items():
        content = resolve(document, answer).get("content", {}) if str(status).startswith("2") else {}
        for name, media in content.items():
            if name.endswith("json") and "schema" in media:
                return media["schema"]
    return None


def outcome_for(document: Document, path: Sequence[str | int], key: str) -> str:
    """An `outcome` as YAML, of pointers in the answer schema; `key` identifies an item."""
    known: list[str] = []
    try:
        schema = answer_schema(document, document["paths"][path[1]][path[2]])
        known = list(members_of(document, schema)) if schema else []
    except (AttributeError, KeyError, SpecError, TypeError):
        known = []
    rows = next((one for one in known if one.endswith("/*")), "")
    inside = [
        one.removeprefix(rows)
        for one in known
        if rows and one.startswith(f"{rows}/") and "*" not in one[len(rows) :]
    ]
    list_pointer = rows.removesuffix("/*") if rows else "/results"
    parts = {
        "list": list_pointer or '""',
        "status": _pick(inside, _STATUS_NAMES, "/status"),
        "message": _pick(inside, _MESSAGE_NAMES, "/message"),
        "key": _pick(inside, (key, *_KEY_NAMES) if key else _KEY_NAMES, f"/{key or 'key'}"),
    }
    return "{" + ", ".join(f"{name}: {pointer}" for name, pointer in parts.items()) + "}"


def _pick(pointers: Sequence[str], names: Sequence[str], otherwise: str) -> str:
    return next(
        (
            pointer
            for name in names
            for pointer in pointers
            if pointer.rpartition("/")[2].lower() == name.lower()
        ),
        otherwise,
    )


_BATCH_METHODS = ("put", "post", "patch")
_KEY_ENDINGS = ("id", "number", "key", "code", "reference")


def cure_of(error: SpecError, document: dict[str, Any]) -> str:
    """The cure, as YAML where possible."""
    if error.known:
        name = str(error.path[-1])
        return f"{nearest(name, error.known) or error.known[0]}: instead of {name}:"
    if error.lacks == "handler":
        return _handler_cure(error.path, document)
    if error.lacks == "items":
        return _items_cure(error.path, document)
    if error.lacks == "key":
        key = next((key for _, key, _ in _lists(error.path, document) if key), "id")
        return f"collection: {_collection_of(str(error.path[1]), document)}, key: [{key}]"
    if error.lacks == "outcome":
        return f"outcome: {outcome_for(document, error.path, '')}"
    return error.cure or "see what was expected, and mockserver spec check again"


def openapi_cure(what: str) -> str:
    if parameter := re.match(r"Path parameter '(.+?)' for", what):
        return f"parameters: [{{name: {parameter[1]}, in: path, required: true, schema: {{type: string}}}}]"
    if member := re.match(r"['\"](.+?)['\"] is a required property", what):
        return f"{member[1]}: …"
    if member := re.search(r"\(['\"](.+?)['\"] (?:was|were) unexpected\)", what):
        return f"remove {member[1]}, or name it x-{member[1]}"
    return "what the OpenAPI specification has at this place"


def _handler_cure(path: tuple[str | int, ...], document: dict[str, Any]) -> str:
    template, method = str(path[1]), str(path[2])
    collection = _collection_of(template, document)
    if method == "get" or (method == "delete" and template.endswith("}")):
        return f"x-collection: {collection}"
    is_batch = "207" in map(str, document["paths"][template][method].get("responses", {}))
    found = _lists(path, document) if method in _BATCH_METHODS else ()
    # A list beside other members may be the lines of one order.
    lists = [one for one in found if one[1] and (is_batch or one[2] or plain(one[0]) == plain(collection))]
    if not lists:
        return f"remove this {method.upper()}, or write the marks as an --overlay: then it is served"
    items, key, _ = lists[0]
    upsert = "" if method == "post" else " upsert: true,"
    outcome = outcome_for(document, path, key)
    return (
        f'x-batch: {{items: "{items}", key: [{key}],{upsert} collection: {collection}, outcome: {outcome}}}'
    )


def _collection_of(template: str, document: dict[str, Any]) -> str:
    """The collection of a path, such as `/orders/bulk`: that of the GETs of `/orders`, if there are any."""
    reads = {path for path, item in document["paths"].items() if isinstance(item, dict) and "get" in item}
    reads |= {path.rpartition("/")[0] for path in reads if is_record_path(path)}
    start = template
    while start and start not in reads:
        start = start.rpartition("/")[0]
    words = [word for word in (start or template).split("/") if word and not word.startswith("{")]
    return re.sub(r"\W+", "-", words[-1].lower()) if words else "records"


def _items_cure(path: tuple[str | int, ...], document: dict[str, Any]) -> str:
    pointers = [f'items: "{items}"' for items, *_ in _lists(path, document)]
    return " or ".join(pointers) or "items: the JSON Pointer of the list in the request body"


def _lists(path: tuple[str | int, ...], document: dict[str, Any]) -> Iterator[tuple[str, str, bool]]:
    """Pointers of lists in the request's schema, a likely key of each, and whether it is alone."""
    try:
        body = resolve(document, document["paths"][path[1]][path[2]].get("requestBody", {}))
        schemas = [content.get("schema", {}) for content in body.get("content", {}).values()]
        for schema in schemas[:1]:
            whole = resolve(document, schema)
            if whole.get("type") == "array":
                yield "", _key_of(whole, document), True
            for name, one in whole.get("properties", {}).items():
                node = resolve(document, one)
                if node.get("type") == "array":
                    yield f"/{name}", _key_of(node, document), len(whole["properties"]) == 1
    except (SpecError, AttributeError, TypeError):
        return


def _key_of(node: dict[str, Any], document: dict[str, Any]) -> str:
    item = merged(document, node.get("items", {}))
    names = [*item.get("required", ()), *item.get("properties", {})]
    likely = [name for name in names if name.lower().endswith(_KEY_ENDINGS)]
    return str((likely or names or [""])[0])
