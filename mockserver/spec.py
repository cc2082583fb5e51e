"""A vendor's OpenAPI document, checked and indexed: operations, media types, batches, routes.

What a spec says is said there and nowhere else; `x-batch` marks the operations whose items are judged
one by one (design §1.2). The document stays as written, its `$ref`s unresolved.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any

from mockserver.codec import yaml
from mockserver.errors import MethodNotAllowed, NotFound, SpecError
from mockserver.model import Document, Path

METHODS = ("get", "put", "post", "patch", "delete", "head", "options", "trace")
_BATCH_KEYS = {"items", "key", "upsert", "atomicity", "fatal", "collection", "outcome", "bare-item"}
_ATOMICITIES = ("per-item", "all-or-nothing")


@dataclass(frozen=True, slots=True)
class Parameter:
    """A path, query or header parameter; `place` is OpenAPI's `in`, an exploded list is a repeated name."""

    name: str
    place: str
    required: bool
    explode: bool
    schema: Document


@dataclass(frozen=True, slots=True)
class MediaType:
    """One request representation: a media type or range, its schema, and how the vendor's decoder reads it."""

    name: str
    schema: Document
    binder: Document


@dataclass(frozen=True, slots=True)
class Batch:
    """The operation's `x-batch`: where the items are, what identifies them, what refuses the whole call."""

    items: Path
    key: tuple[str, ...]
    upsert: bool
    atomic: bool
    fatal: frozenset[str]
    collection: str
    outcome: Mapping[str, str]
    bare_item: bool


@dataclass(frozen=True, slots=True)
class Operation:
    """One OpenAPI operation; `responses` maps a status to the media types it may have."""

    id: str
    method: str
    path: str
    parameters: tuple[Parameter, ...]
    bodies: tuple[MediaType, ...]
    body_required: bool
    responses: Mapping[str, tuple[str, ...]]
    security: tuple[tuple[str, ...], ...]
    scopes: frozenset[str]
    batch: Batch | None
    collection: str


@dataclass(frozen=True, slots=True)
class Match:
    """A path found in a spec: the operation and the values of its path parameters."""

    operation: Operation
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Spec:
    """A vendor's contract, as served and as indexed."""

    name: str
    text: str
    document: Document
    operations: Mapping[str, Operation]
    routes: tuple[tuple[re.Pattern[str], Mapping[str, Operation]], ...]
    scope: tuple[Document, ...]
    aliases: tuple[tuple[str, str], ...]
    any_case_query: bool

    def match(self, method: str, path: str) -> Match:
        """The operation that serves `method` on `path`, which starts below the mount.

        Raises:
            NotFound: nothing is served at that path.
            MethodNotAllowed: something is, but not by that method.
        """
        wanted = "get" if method == "HEAD" else method.lower()
        allowed: list[str] = []
        for pattern, methods in self.routes:
            if found := pattern.fullmatch(path):
                if operation := methods.get(wanted):
                    return Match(operation, found.groupdict())
                allowed += [name.upper() for name in methods]
        if allowed:
            raise MethodNotAllowed(dict.fromkeys(allowed))
        raise NotFound("path", path)

    def canonical(self, path: str) -> str:
        """`path` with the vendor's aliases rewritten and literal segments in the spec's letter case."""
        for prefix, target in self.aliases:
            if path == prefix or path.startswith(prefix + "/"):
                path = target + path[len(prefix) :]
                break
        for pattern, methods in self.routes:
            if pattern.flags & re.IGNORECASE and (found := pattern.fullmatch(path)):
                values = found.groupdict()
                template = next(iter(methods.values())).path
                return re.sub(r"\{(\w+)\}", lambda name: str(values[name[1]]), template)
        return path


def load(file: FilePath) -> Spec:
    """Read and index one spec; its name is the file's.

    Raises:
        SpecError: the document cannot be served.
    """
    text = file.read_text(encoding="utf-8")
    document = yaml.load(text)
    if not isinstance(document, dict) or not str(document.get("openapi", "")).startswith("3.0."):
        raise SpecError(f"{file.name}: openapi: expected 3.0.x")
    operations = {operation.id: operation for operation in _operations(file.name, document)}
    paths = document.get("x-paths", {})
    return Spec(
        name=file.stem,
        text=text,
        document=document,
        operations=operations,
        routes=_routes(operations, any_case=bool(paths.get("any-case", False))),
        scope=tuple(document.get("x-scope", ())),
        aliases=tuple(paths.get("aliases", {}).items()),
        any_case_query=document.get("x-query") == "any-case",
    )


def resolve(document: Document, node: Any) -> Any:
    """`node`, or what its `$ref` points at inside `document`."""
    while isinstance(node, dict) and "$ref" in node:
        target: Any = document
        for step in node["$ref"].removeprefix("#/").split("/"):
            target = target[step.replace("~1", "/").replace("~0", "~")]
        node = target
    return node


def pointer_path(pointer: str) -> Path:
    """The steps of an RFC 6901 JSON Pointer; all of them names."""
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:])


def _operations(file: str, document: Document) -> Iterator[Operation]:
    for path, item in document.get("paths", {}).items():
        for method in METHODS:
            if method in item:
                if "operationId" not in item[method]:
                    raise SpecError(f"{file}: {method} {path}: operationId is missing")
                yield _operation(f"{file}: {item[method]['operationId']}", document, path, method)


def _operation(where: str, document: Document, path: str, method: str) -> Operation:
    node = document["paths"][path][method]
    parameters = [*document["paths"][path].get("parameters", ()), *node.get("parameters", ())]
    body = resolve(document, node.get("requestBody", {}))
    responses = {status: resolve(document, answer) for status, answer in node["responses"].items()}
    security = node.get("security", document.get("security", ()))
    return Operation(
        id=node["operationId"],
        method=method,
        path=path,
        parameters=tuple(_parameter(resolve(document, parameter)) for parameter in parameters),
        bodies=tuple(
            MediaType(name, content.get("schema", {}), content.get("x-binder", {}))
            for name, content in body.get("content", {}).items()
        ),
        body_required=body.get("required", False),
        responses={status: tuple(answer.get("content", ())) for status, answer in responses.items()},
        security=tuple(tuple(alternative) for alternative in security),
        scopes=frozenset(node.get("x-scopes", ())),
        batch=_batch(where, node["x-batch"]) if "x-batch" in node else None,
        collection=node.get("x-collection", ""),
    )


def _parameter(node: Document) -> Parameter:
    explode = node.get("explode", node.get("style", "form") == "form" and node["in"] == "query")
    return Parameter(node["name"], node["in"], node.get("required", False), explode, node.get("schema", {}))


def _batch(where: str, node: Document) -> Batch:
    if unknown := set(node) - _BATCH_KEYS:
        raise SpecError(f"{where}: x-batch.{min(unknown)}: unknown; known are {', '.join(sorted(_BATCH_KEYS))}")
    atomicity = node.get("atomicity", "per-item")
    if atomicity not in _ATOMICITIES:
        raise SpecError(f"{where}: x-batch.atomicity: expected {' or '.join(_ATOMICITIES)}, found {atomicity}")
    if "items" not in node:
        raise SpecError(f'{where}: x-batch.items is missing; write items: "" when the body itself is the list')
    return Batch(
        items=pointer_path(node["items"]),
        key=tuple(node.get("key", ())),
        upsert=node.get("upsert", False),
        atomic=atomicity == "all-or-nothing",
        fatal=frozenset(node.get("fatal", ())),
        collection=node.get("collection", ""),
        outcome=node.get("outcome", {}),
        bare_item=node.get("bare-item", False),
    )


def _routes(
    operations: Mapping[str, Operation], *, any_case: bool
) -> tuple[tuple[re.Pattern[str], Mapping[str, Operation]], ...]:
    """One pattern a path template, literal templates before those with parameters."""
    by_path: dict[str, dict[str, Operation]] = {}
    for operation in operations.values():
        by_path.setdefault(operation.path, {})[operation.method] = operation
    flags = re.IGNORECASE if any_case else re.NOFLAG
    return tuple(
        (re.compile(_pattern(path), flags), by_path[path])
        for path in sorted(by_path, key=lambda path: (path.count("{"), path))
    )


def _pattern(template: str) -> str:
    parts = re.split(r"\{(\w+)\}", template)
    return "".join(
        f"(?P<{part}>[^/\n]+)" if odd else re.escape(part)
        for part, odd in zip(parts, (i % 2 for i in range(len(parts))), strict=True)
    )
