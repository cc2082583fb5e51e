"""Load an OpenAPI file; refuse a file that cannot be served, and say which line to add."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path as FilePath
from typing import Any
from urllib.parse import unquote

from msgspec.structs import replace

from mockserver.codec import json
from mockserver.errors import SpecError
from mockserver.model import EMPTY, Document, Json, Path, Value, parse_pointer, pointer_of, unescape_step
from mockserver.spec.atomicity import check_places
from mockserver.spec.batch_annotation import check_jobs, read_batch
from mockserver.spec.batch_forms import Batch
from mockserver.spec.item_forms import bind_lines, is_map
from mockserver.spec.marks import complete_batches, complete_collections
from mockserver.spec.openapi import (
    BINDER,
    METHODS,
    MediaType,
    Note,
    Operation,
    Parameter,
    Spec,
    build_routes,
    has_lines,
    is_json_content,
    misused,
    read_path_forms,
    resolve,
)
from mockserver.spec.overlay import Overlay, apply_overlays
from mockserver.spec.own_bodies import unread_bodies
from mockserver.spec.served_form import served_form
from mockserver.spec.source_files import PARTS, listed, members, parse, parse_yaml, read_source, read_text
from mockserver.spec.yaml_positions import compose, place_in

_DATA = {"example", "default", "enum", "value"}
_MAPS_OF_NAMES = frozenset(
    {"properties", "patternProperties", "definitions", "schemas", "paths", "callbacks", "responses", "links"}
    | {"content", "headers", "encoding", "examples", "parameters", "requestBodies", "securitySchemes"}
    | {"variables"}
)

MALFORMED = "not built as OpenAPI 3.0 says"
"""Beginning of the message of a `SpecError` without a place: only OpenAPI's own schema can tell the place."""

_VENDOR_NAME = re.compile(r"_?[a-z0-9][a-z0-9_-]*")
_RESERVED_NAMES = ("sandbox", "sandboxes")
_OF_ROOT = frozenset({"x-paths", "x-scope", "x-rate-limit", "x-contract", "x-query"})
"""Annotations at the root of a document."""

_MARK = re.compile(r"\bx-(?:batch|collection|paths|scope|rate-limit|contract|query)\b")
_VERSION_3_0 = re.compile(r"""openapi["']?\s*:\s*["']?3\.0""")


class BrokenReference(Value, frozen=True):
    """A `$ref` that has no target, or leads to itself."""

    path: Path
    """Path of the object that has the `$ref`."""
    problem: str
    nearest: str
    """The nearest reference that has a target; "" if there is none."""


def find_broken_references(document: Document) -> Iterator[BrokenReference]:
    """Yield, in order, every `$ref` that is no text, leads out of the document, to nothing or to itself."""
    for path, reference in _references(document, (), named=False):
        fault, nearest = _fault_of(document, reference)
        if fault:
            yield BrokenReference(path, f"$ref: {reference} {fault}", nearest)


def _fault_of(document: Document, reference: Json) -> tuple[str, str]:
    """Return a reference's own fault ("" if none), and the nearest valid reference ("" if none is near)."""
    if not isinstance(reference, str):
        return "is not a text", ""
    if not reference.startswith("#/"):
        return "points out of this file", ""
    seen: set[str] = set()
    node: Any = {"$ref": reference}
    while isinstance(node, dict) and isinstance(here := node.get("$ref"), str):
        if here in seen:
            return "points at itself", ""
        seen.add(here)
        node, missing = _walk(document, here)
        if missing:
            return ("points at nothing", _nearest(document, here)) if here == reference else ("", "")
    return "", ""


def _references(node: Json, path: Path, *, named: bool) -> Iterator[tuple[Path, Json]]:
    """Yield path and `$ref` of each object with a `$ref`; if `named`, the keys of `node` are names."""
    if isinstance(node, list):
        for index, child in enumerate(node):
            yield from _references(child, (*path, index), named=False)
    if not isinstance(node, dict):
        return
    if "$ref" in node and not named:
        yield path, node["$ref"]
        return
    for name, child in node.items():
        if not named and (name in _DATA or str(name).startswith("x-")):
            continue
        yield from _references(child, (*path, name), named=not named and name in _MAPS_OF_NAMES)


def _steps(reference: str) -> list[str]:
    return [unescape_step(step) for step in reference.removeprefix("#/").split("/")]


def _walk(document: Document, reference: str) -> tuple[Any, list[str]]:
    """Follow a reference as far as there are values; return the last value, and the missing steps."""
    node: Any = document
    steps = _steps(reference)
    for number, step in enumerate(steps):
        below = _below(node, step)
        if below is None:
            return node, steps[number:]
        node = below
    return node, []


def _below(node: Any, step: str) -> Any:
    if isinstance(node, Mapping):
        return node.get(step, node.get(unquote(step)))
    if isinstance(node, list) and step.isdecimal() and int(step) < len(node):
        return node[int(step)]
    return None


def _nearest(document: Document, reference: str) -> str:
    """Replace the first missing step by the most similar name; return "" if the result has no target."""
    node, missing = _walk(document, reference)
    names = {str(name).casefold(): str(name) for name in node} if isinstance(node, dict) else {}
    near = get_close_matches(missing[0].casefold(), names, 1)
    if not near:
        return ""
    steps = _steps(reference)
    steps[len(steps) - len(missing)] = names[near[0]]
    made = "#" + pointer_of(steps)
    return "" if _walk(document, made)[1] else made


def load_spec(file: FilePath, overlays: Sequence[Overlay] = ()) -> Spec:
    """Read and index one spec, changed by overlays and named after its file. Raises SpecError."""
    if not _VENDOR_NAME.fullmatch(file.stem) or file.stem in _RESERVED_NAMES:
        message = "a vendor has its file's name: a-z, 0-9, - and _, but not sandbox"
        raise SpecError(message, file=file.name)
    text = read_text(file)
    document = parse_yaml(text, file.name)
    if not overlays:
        return index(file.stem, text, document, file.name)
    with refuse_malformed(file.name):
        notes = tuple(apply_overlays(document, overlays))
    return dataclasses.replace(
        index(file.stem, json.encode(document).decode(), document, file.name), notes=notes
    )


def vendor_name(file: FilePath) -> str:
    """Return a vendor's name: the file's name without extension, in lower case, dashes for other signs."""
    stem = re.sub(r"\.(ya?ml|json)$", "", file.name, flags=re.IGNORECASE)
    name = re.sub(r"[^a-z0-9_-]+", "-", stem.lower()).strip("-_") or "api"
    return f"{name}-api" if name in _RESERVED_NAMES else name


def is_marked(file: FilePath) -> bool:
    """Return whether a file is OpenAPI 3.0 with annotations at its root or at an operation.

    Such a file is read strictly, because its author wants to know every mistake in the file. A batch whose
    `x-batch` is only true or false does not count. Raises SpecError: the file is unreadable.
    """
    text = read_text(file)
    if not (_MARK.search(text) and _VERSION_3_0.search(text)):
        return False
    document = parse(text, file.name)
    if not isinstance(document, dict) or not _OF_ROOT.isdisjoint(document):
        return isinstance(document, dict)
    items = members(document.get("paths")).values()
    operations = [one for item in items for one in members(item).values()]
    marks = ((members(one).get("x-batch"), members(one).get("x-collection")) for one in operations)
    return any(isinstance(batch, dict) or isinstance(collection, str) for batch, collection in marks)


def load_own(file: FilePath, overlays: Sequence[Overlay] = ()) -> Spec:
    """Read any OpenAPI file, changed by overlays; an operation that cannot be served is left out with a note.

    Raises SpecError.
    """
    source = read_source(file)
    try:
        unused = tuple(apply_overlays(source.document, overlays))
        form = served_form(source.document)
    except SpecError as error:
        raise error.within(file.name) from None
    is_as_written = str(source.document.get("openapi", "")).startswith("3.0.") and not (
        overlays or form.notes or form.left_out or PARTS in source.document
    )
    document = form.document
    while misplaced := list(find_broken_references(document)):  # where OpenAPI allows no reference
        for one in misplaced:
            node: Any = document
            for step in one.path:
                node = node[step]
            node.pop("$ref", None)
    prefixes = [*document.get("x-paths", {}).get("prefixes", ()), *server_paths(document)]
    if prefixes:
        document["x-paths"] = {**document.get("x-paths", {}), "prefixes": list(dict.fromkeys(prefixes))}
    with refuse_malformed(file.name):
        has_marks, doubts = complete_batches(document)
        complete_collections(document)
    text = source.text if is_as_written and not has_marks else json.encode(document).decode()
    spec = index(vendor_name(file), text, document, file.name, is_whole=True)
    faults, unread = source.faults, unread_bodies(document, spec.operations.values())
    told = (Note((), one.message.removeprefix("not YAML: "), one.cure, *one.place[:1]) for one in faults)
    notes = (
        *unused,
        *told,
        *_with_lines((*form.notes, *form.left_out, *doubts, *unread), source.text),
    )
    return dataclasses.replace(spec, notes=notes, is_own=True, parts=source.files)


def server_paths(document: Document) -> tuple[str, ...]:
    """Return the paths in all server URLs, with the variables' defaults: prefixes that clients may send."""
    found: dict[str, None] = {}
    items = [document, *members(document.get("paths")).values()]
    nodes = [*items, *(members(item).get(method) for item in items[1:] for method in METHODS)]
    for server in (one for node in nodes for one in listed(members(node).get("servers"))):
        address = str(members(server).get("url") or "")
        for name, variable in members(server.get("variables")).items() if address else ():
            address = address.replace(f"{{{name}}}", str(members(variable).get("default", "")))
        address = address.replace("{", "").replace("}", "")
        path = re.sub(r"^(\w+:)?//[^/?#]*|[?#].*", "", address).rstrip("/")
        if re.fullmatch(r"(/[^/{}\s]+)+", path):
            found[path] = None
    return tuple(found)


def _with_lines(notes: Sequence[Note], text: str) -> Iterator[Note]:
    root = compose(text) if notes else None
    yield from notes if root is None else (replace(one, line=place_in(root, one.path).line) for one in notes)


def index(name: str, text: str, document: Json, file: str, *, is_whole: bool = False) -> Spec:
    """Index the document of a spec; `file` is named in errors. Raises SpecError.

    `is_whole`: the caller knows that no reference is broken, so that references need no further check.
    """
    with refuse_malformed(file):
        try:
            return _index(name, text, document, is_whole=is_whole)
        except SpecError as error:
            raise error.within(file) from None


@contextmanager
def refuse_malformed(where: str) -> Iterator[None]:
    """Turn errors of a malformed document into a `SpecError`."""
    try:
        yield
    except (AttributeError, IndexError, KeyError, RecursionError, TypeError, ValueError, re.error) as error:
        raise SpecError(f"{MALFORMED}: {type(error).__name__}: {error}", file=where) from error


def _index(name: str, text: str, document: Json, *, is_whole: bool) -> Spec:
    if not isinstance(document, dict) or not str(document.get("openapi", "")).startswith("3.0."):
        cure = 'openapi: 3.0.3, with nullable: true for type: [..., "null"]'
        raise SpecError("openapi: expected 3.0.x", ("openapi",), cure=cure)
    if not document.get("info", {}).get("title"):
        raise SpecError("info.title is missing", ("info",), cure="info: {title: Orders, version: '1'}")
    for broken in () if is_whole else find_broken_references(document):
        raise SpecError(f"{_owner(document, broken)}{broken.problem}", broken.path)
    operations: dict[str, Operation] = {}
    for operation in _read_operations(document):
        if operation.id in operations:
            raise _repeated_id(operations[operation.id], operation)
        operations[operation.id] = operation
    check_jobs(operations)
    paths = read_path_forms(document.get("x-paths", {}))
    return Spec(
        name=name,
        text=text,
        document=document,
        operations=operations,
        routes=build_routes(document, operations, any_case=paths.any_case),
        paths=paths,
        scope=tuple(document.get("x-scope", ())),
        any_case_query=document.get("x-query") == "any-case",
        idempotency_header=document.get("x-idempotency-header", "Idempotency-Key"),
        idempotency_member=_idempotency_member(document),
    )


def _idempotency_member(document: Document) -> str:
    member = document.get("x-idempotency-member", "")
    if not isinstance(member, str) or (not member and "x-idempotency-member" in document):
        raise misused("x-idempotency-member", f"expected the name of a member of bodies, found {member}")
    if member and "x-idempotency-header" in document:
        raise misused("x-idempotency-member", "the key is either in a member or in x-idempotency-header")
    return member


def _repeated_id(first: Operation, second: Operation) -> SpecError:
    cure = _id_for(second.path, second.method)
    return SpecError(
        f"{second.id}: operationId occurs twice, in {first.method.upper()} {first.path} and in "
        f"{second.method.upper()} {second.path}",
        (*second.place, "operationId"),
        cure=f"{cure}2" if cure == f"operationId: {second.id}" else cure,
    )


def _id_for(path: str, method: str) -> str:
    """Return an operationId as YAML, such as `operationId: putOrders`."""
    words = re.findall(r"\w+", path)
    return f"operationId: {method}" + "".join(word.capitalize() for word in words)


def _owner(document: Document, broken: BrokenReference) -> str:
    """Return the id of the operation that has the reference, with a colon; "" if no operation has it."""
    match broken.path:
        case ("paths", path, method, *_) if method in METHODS:
            return f"{document['paths'][path][method].get('operationId', f'{method} {path}')}: "
    return ""


def _read_operations(document: Document) -> Iterator[Operation]:
    if not document.get("paths"):
        raise SpecError(
            "paths is missing", ("paths",), cure="paths: {/orders: {put: {operationId: putOrders, …}}}"
        )
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                place = ("paths", path, method)
                cures = {
                    "operationId": _id_for(path, method),
                    "responses": 'responses: {"200": {description: done, content: {application/json: {}}}}',
                }
                for member, cure in cures.items():
                    if member not in item[method]:
                        raise SpecError(f"{method} {path}: {member} is missing", place, cure=cure)
                try:
                    yield _read_operation(document, path, method)
                except SpecError as error:
                    raise error.within("", item[method]["operationId"], place) from None


def _read_operation(document: Document, path: str, method: str) -> Operation:
    node = document["paths"][path][method]
    parameters = [*document["paths"][path].get("parameters", ()), *node.get("parameters", ())]
    body = resolve(document, node.get("requestBody", {}))
    security = node.get("security", document.get("security", ()))
    if "x-batch" in node and not body.get("content"):
        raise misused("x-batch", "the operation has no requestBody to find items in")
    if isinstance(node.get("x-batch"), dict):
        bind_lines(document, node)
    schemes = document.get("components", {}).get("securitySchemes", {})
    if unknown := {name for alternative in security for name in alternative}.difference(schemes):
        raise SpecError(
            f"security: add {min(unknown)} to components.securitySchemes",
            ("security",) if "security" in node else (),
            cure=f"components: {{securitySchemes: {{{min(unknown)}: {{type: http, scheme: bearer}}}}}}",
        )
    operation = Operation(
        id=node["operationId"],
        method=method,
        path=path,
        parameters=tuple(_read_parameter(resolve(document, parameter)) for parameter in parameters),
        bodies=tuple(
            _media_type(document, name, one, is_batch="x-batch" in node)
            for name, one in body.get("content", {}).items()
        ),
        body_required=body.get("required", False),
        responses={status: resolve(document, answer) for status, answer in node["responses"].items()},
        security=tuple(tuple(alternative) for alternative in security),
        scopes=frozenset(node.get("x-scopes", ())),
        safe=bool(node.get("x-safe", False)),
        batch=_read_batch(document, node["x-batch"], body["content"]) if "x-batch" in node else None,
        collection=node.get("x-collection", ""),
        magic=parse_pointer(node.get("x-magic", "")),
        node=node,
        document=document,
    )
    check_places(document, operation)
    return operation


def _read_batch(document: Document, node: Json, contents: Document) -> Batch:
    batch = read_batch(node)
    first = min(contents, key=lambda name: not is_json_content(document, name, contents[name]))
    if not is_map(document, contents[first].get("schema", EMPTY), batch.items):
        return batch
    if len(batch.key) != 1 or len(batch.key_paths[0]) > 1:
        cure = f"key: [{batch.key_paths[0][-1] if batch.key else 'name'}]"
        raise misused("x-batch.key", "the names of a map of items are the values of one member", cure)
    return replace(batch, is_map=True)


def _media_type(document: Document, name: str, content: Document, *, is_batch: bool) -> MediaType:
    """Return the media type with the binder that the spec declares, else with the usual binder."""
    is_lines = has_lines(content)
    is_bound = BINDER in content and (is_batch or not is_lines)
    if is_bound or (not is_lines and is_json_content(document, name, content)):
        return MediaType(name, content.get("schema", {}), content.get("x-binder", {}))
    if name == "application/x-www-form-urlencoded":
        coerce = ["integer-from-string", "number-from-string", "boolean-from-string"]
        return MediaType(name, content.get("schema", {}), {"format": "form", "coerce": coerce})
    return MediaType(name, {}, {"format": "octets"})


def _read_parameter(node: Document) -> Parameter:
    explode = node.get("explode", node.get("style", "form") == "form" and node["in"] == "query")
    return Parameter(
        name=node["name"],
        place=node["in"],
        required=node.get("required", False),
        explode=explode,
        schema=node.get("schema", {}),
        style=str(node.get("style", "")),
        content=node.get("x-content", ""),
    )
