"""The page of an API: its operations, schemas and sample values; assumptions and fixtures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from mockserver.codec import json
from mockserver.codec.http import JSON_TYPE
from mockserver.console.assets import Assets
from mockserver.console.pages import POLICY, SiteTemplates
from mockserver.console.screen import ControlClient, ControlRefusal
from mockserver.engine.registry import LoadedVendor, list_assumptions
from mockserver.model import Document, Json
from mockserver.sandbox.sandboxes import DEFAULT_SANDBOX, is_sandbox_name
from mockserver.sandbox.store import Tables
from mockserver.spec.openapi import METHODS, Spec, resolve

CONTROL = "_mock"
"""The name of the control plane among the APIs: its first segment."""

_SWAGGER_POLICY = f"{POLICY}; style-src 'self' 'unsafe-inline'; img-src 'self' data:"
"""Swagger UI has styles in its elements and images in its style sheet."""

_MOST_KEYS = 8
_SANDBOX_PREFIX = "/sandboxes/"


@dataclass(frozen=True, slots=True)
class ApiPages:
    """The pages and the contracts of all APIs: those of the vendors, and that of the control plane."""

    vendors: Mapping[str, LoadedVendor]
    contract: Spec
    control: ControlClient
    assets: Assets
    templates: SiteTemplates
    _views: dict[str, ContractView] = field(default_factory=dict)

    async def page(self, request: Request) -> Response:
        """Show the page of a vendor."""
        name = request.path_params["vendor"]
        if name == CONTROL:
            return RedirectResponse("/_console/api/")
        return await self._page(request, name)

    async def control_page(self, request: Request) -> Response:
        """Show the page of the control plane."""
        return await self._page(request, CONTROL)

    async def yaml(self, request: Request) -> Response:
        """Return a contract as its file has it."""
        return Response(self._spec(request.path_params["vendor"]).text, media_type="application/yaml")

    async def json(self, request: Request) -> Response:
        """Return a contract as JSON; with `sandbox` in the query its server is that sandbox."""
        name = request.path_params["vendor"]
        document = self._spec(name).document
        if "sandbox" in request.query_params and name != CONTROL:
            sandbox, _ = _chosen_sandbox(request)
            server = {"url": f"{_prefix_of(sandbox)}/{name}", "description": f"sandbox {sandbox}"}
            document = {**document, "servers": [server]}
        return Response(json.encode(document), media_type=JSON_TYPE)

    def _spec(self, name: str) -> Spec:
        if name == CONTROL:
            return self.contract
        if name not in self.vendors:
            raise HTTPException(404)
        return self.vendors[name].spec

    async def _page(self, request: Request, name: str) -> Response:
        info = self._spec(name).document["info"]
        sandbox, sandbox_error = _chosen_sandbox(request)
        has_swagger, is_plain = bool(self._swagger()), "plain" in request.query_params
        swagger = None if is_plain else self._swagger()
        mount = f"/{name}" if name == CONTROL else f"{_prefix_of(sandbox)}/{name}"
        return self.templates.response(
            request,
            "api.html",
            policy=_SWAGGER_POLICY if swagger else POLICY,
            here=name,
            title=info["title"],
            version_of_api=info.get("version", ""),
            description=info.get("description", ""),
            contract=None if swagger else self._view(name),
            sandbox=sandbox,
            sandbox_error=sandbox_error,
            mount=mount,
            base=f"{request.url.scheme}://{request.url.netloc}{mount}",
            spec=f"/{name}/openapi",
            kept="" if name == CONTROL else f"sandbox={sandbox}&",
            swagger=swagger,
            has_swagger=has_swagger,
            is_plain=is_plain,
            opened=request.query_params.get("operation", ""),
            headers=await self._headers(name) if swagger else {},
            **self._facts(name),
        )

    def _view(self, name: str) -> ContractView:
        if name not in self._views:
            self._views[name] = view_contract(self._spec(name).document)
        return self._views[name]

    def _swagger(self) -> Mapping[str, str] | None:
        """Return the addresses of Swagger UI, None where it is not there."""
        found = {
            "style": self.assets.address("swagger-ui.css"),
            "script": self.assets.address("swagger-ui-bundle.js"),
        }
        return found if all(found.values()) else None

    async def _headers(self, name: str) -> Mapping[str, str]:
        """Return the headers with which calls are accepted, as far as they are known."""
        if name == CONTROL:
            return {}
        try:
            access: Document = await self.control.get(f"/vendors/{name}/access")
        except ControlRefusal:
            return {}
        headers: Mapping[str, str] = access["headers"]
        return headers

    def _facts(self, name: str) -> dict[str, Json]:
        vendor = self.vendors.get(name)
        if vendor is None:
            return {"is_vendor": False, "assumptions": (), "fixtures": ()}
        return {
            "is_vendor": True,
            "assumptions": list_assumptions([vendor]),
            "fixtures": list(_fixtures(vendor.fixtures)),
        }


def _chosen_sandbox(request: Request) -> tuple[str, str]:
    """Return the sandbox that query or path name, and why it is another one if that cannot be."""
    below = request.scope.get("root_path", "").removeprefix(_SANDBOX_PREFIX)
    name = request.query_params.get("sandbox") or below or DEFAULT_SANDBOX
    if is_sandbox_name(name):
        return name, ""
    return DEFAULT_SANDBOX, "A sandbox name is 1 to 64 of a-z, 0-9 and -; this is the default sandbox."


def _prefix_of(sandbox: str) -> str:
    return "" if sandbox == DEFAULT_SANDBOX else f"{_SANDBOX_PREFIX}{sandbox}"


def _fixtures(tables: Tables) -> Iterator[Document]:
    """Yield the tenants with their collections, and the first keys of each."""
    for scope, collections in tables.items():
        yield {
            "scope": scope,
            "tenant": scope.partition("/")[2],
            "collections": [
                {
                    "name": name,
                    "count": len(documents),
                    "first": list(documents)[:_MOST_KEYS],
                    "more": max(0, len(documents) - _MOST_KEYS),
                }
                for name, documents in sorted(collections.items())
            ],
        }


_FORM = "application/x-www-form-urlencoded"
_MAX_EXAMPLE = 8_000


@dataclass(frozen=True, slots=True)
class ParameterView:
    """A parameter of an operation: `place` is OpenAPI's `in`."""

    name: str
    place: str
    is_required: bool
    kind: Kind
    limits: tuple[str, ...]
    description: str


@dataclass(frozen=True, slots=True)
class BodyView:
    """A body: its media types, which have one schema, the members not shown elsewhere, an example."""

    media_types: tuple[str, ...]
    kind: Kind
    members: tuple[Member, ...]
    example: str


@dataclass(frozen=True, slots=True)
class AnswerView:
    """An answer to a call: status, what it means, and the kind of its body."""

    status: str
    description: str
    kind: Kind | None


@dataclass(frozen=True, slots=True)
class OperationView:
    """An operation; `batch` says how its items are judged, "" where it has none."""

    id: str
    method: str
    path: str
    summary: str
    description: str
    is_deprecated: bool
    batch: str
    parameters: tuple[ParameterView, ...]
    bodies: tuple[BodyView, ...]
    answers: tuple[AnswerView, ...]
    refusals: tuple[AnswerView, ...]


@dataclass(frozen=True, slots=True)
class OperationGroup:
    """Operations of one tag."""

    name: str
    description: str
    operations: tuple[OperationView, ...]


@dataclass(frozen=True, slots=True)
class NamedSchema:
    """A schema of the document with its members; one without members says its kind alone."""

    name: str
    description: str
    kind: Kind
    limits: tuple[str, ...]
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class ContractView:
    """A document as a page shows it."""

    groups: tuple[OperationGroup, ...]
    schemas: tuple[NamedSchema, ...]


def view_contract(document: Document) -> ContractView:
    """Return the operations of a document by tag, in its order, and its schemas."""
    schemas = SchemaViews(document)
    named = document.get("components", {}).get("schemas", {})
    return ContractView(
        groups=tuple(_groups(document, schemas)),
        schemas=tuple(_named_schema(schemas, name, node) for name, node in named.items()),
    )


def _groups(document: Document, schemas: SchemaViews) -> Iterator[OperationGroup]:
    described = {tag["name"]: str(tag.get("description", "")) for tag in document.get("tags", ())}
    found: dict[str, list[OperationView]] = {name: [] for name in described}
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                tag = str(next(iter(item[method].get("tags", ())), "Operations"))
                found.setdefault(tag, []).append(_operation(schemas, item, path, method))
    for name, operations in found.items():
        if operations:
            yield OperationGroup(name, described.get(name, ""), tuple(operations))


def _operation(schemas: SchemaViews, item: Document, path: str, method: str) -> OperationView:
    node = item[method]
    batch = node.get("x-batch")
    answers = [_answer(schemas, str(status), one) for status, one in node["responses"].items()]
    return OperationView(
        id=node["operationId"],
        method=method.upper(),
        path=path,
        summary=str(node.get("summary", "")),
        description=str(node.get("description", "")),
        is_deprecated=bool(node.get("deprecated")),
        batch="" if batch is None else str(batch.get("atomicity", "per-item")).replace("-", " "),
        parameters=tuple(_parameters(schemas, (*item.get("parameters", ()), *node.get("parameters", ())))),
        bodies=tuple(_bodies(schemas, resolve(schemas.document, node.get("requestBody", {})))),
        answers=tuple(one for one in answers if one.status[0] in "123"),
        refusals=tuple(one for one in answers if one.status[0] not in "123"),
    )


def _parameters(schemas: SchemaViews, nodes: Iterable[Document]) -> Iterator[ParameterView]:
    for node in (resolve(schemas.document, one) for one in nodes):
        schema = node.get("schema", {})
        yield ParameterView(
            name=node["name"],
            place=node["in"],
            is_required=bool(node.get("required")),
            kind=schemas.kind(schema),
            limits=schemas.limits(schema),
            description=str(node.get("description", "")),
        )


def _bodies(schemas: SchemaViews, node: Mapping[str, Any]) -> Iterator[BodyView]:
    """Yield each schema once, with all media types that have it."""
    by_schema: dict[str, list[str]] = {}
    for media_type, content in node.get("content", {}).items():
        by_schema.setdefault(str(content.get("schema", {})), []).append(media_type)
    for names in by_schema.values():
        content = node["content"][names[0]]
        kind = schemas.kind(content.get("schema", {}))
        sample = sample_body(schemas.document, content)
        members = () if kind.name else schemas.members(content.get("schema", {}))
        yield BodyView(tuple(names), kind, members, _example_text(names[0], sample))


def _example_text(media_type: str, sample: Json) -> str:
    if isinstance(sample, str):
        text = sample
    elif media_type == _FORM and isinstance(sample, dict):
        text = urlencode(sample)
    else:
        text = msgspec.json.format(json.encode(sample), indent=2).decode()
    return text if len(text) <= _MAX_EXAMPLE else f"{text[:_MAX_EXAMPLE]}\n…"


def _answer(schemas: SchemaViews, status: str, node: Document) -> AnswerView:
    found = resolve(schemas.document, node)
    content = next(iter(found.get("content", {}).values()), None)
    kind = None if content is None else schemas.kind(content.get("schema", {}))
    return AnswerView(status, str(found.get("description", "")), kind)


def _named_schema(schemas: SchemaViews, name: str, node: Document) -> NamedSchema:
    described = str(resolve(schemas.document, node).get("description", ""))
    return NamedSchema(name, described, schemas.kind(node), schemas.limits(node), schemas.members(node))


_PREFIX = "#/components/schemas/"
_MOST_VALUES = 12
_SCALAR_LIMITS: tuple[tuple[str, str], ...] = (
    ("pattern", "pattern {}"),
    ("minLength", "from {} characters"),
    ("maxLength", "up to {} characters"),
    ("minimum", "from {}"),
    ("maximum", "up to {}"),
    ("multipleOf", "in steps of {}"),
    ("minItems", "from {} members"),
    ("maxItems", "up to {} members"),
    ("default", "default {}"),
)


@dataclass(frozen=True, slots=True)
class Kind:
    """The kind of a value: words, and the schema of a name that they end with, "" for none."""

    words: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Member:
    """A member of an object; the path of one inside another has dots, and `[]` for a list."""

    path: str
    kind: Kind
    is_required: bool
    limits: tuple[str, ...]
    description: str


@dataclass(frozen=True, slots=True)
class SchemaViews:
    """Reads the schemas of one document."""

    document: Document

    def kind(self, schema: Document) -> Kind:
        """Return the kind of the values of a schema."""
        reference = schema.get("$ref", "")
        if reference.startswith(_PREFIX):
            return Kind("", reference.removeprefix(_PREFIX))
        schema = resolve(self.document, schema)
        if schema.get("type") == "array" or "items" in schema:
            inner = self.kind(schema.get("items", {}))
            return Kind(f"list of {inner.words}".rstrip() + (" " if inner.name else ""), inner.name)
        for keyword, words in (("oneOf", "one of"), ("anyOf", "any of")):
            if keyword in schema:
                kinds = (self.kind(one) for one in schema[keyword])
                return Kind(f"{words}: " + ", ".join(one.name or one.words for one in kinds))
        parts = schema.get("allOf", ())
        if len(parts) == 1 and "properties" not in schema:
            return self.kind(parts[0])
        return Kind(_plain_words(schema))

    def limits(self, schema: Document) -> tuple[str, ...]:
        """Return what else a schema says of its values, in short."""
        schema = resolve(self.document, schema)
        said = [words.format(schema[keyword]) for keyword, words in _SCALAR_LIMITS if keyword in schema]
        if "enum" in schema:
            said.append(_values(schema["enum"]))
        flags = (
            ("nullable", "may be null"),
            ("readOnly", "only in answers"),
            ("writeOnly", "never in answers"),
        )
        return (*said, *(words for keyword, words in flags if schema.get(keyword)))

    def members(self, schema: Document) -> tuple[Member, ...]:
        """Return the members of an object, with those of unnamed objects in it."""
        return tuple(self._members(schema, "", frozenset()))

    def _members(self, schema: Document, place: str, above: frozenset[str]) -> Iterator[Member]:
        reference = schema.get("$ref", "")
        if reference in above:
            return
        schema, above = resolve(self.document, schema), above | ({reference} - {""})
        for part in (*schema.get("allOf", ()), *schema.get("oneOf", ()), *schema.get("anyOf", ())):
            yield from self._members(part, place, above)
        if "items" in schema and not schema["items"].get("$ref"):
            yield from self._members(schema["items"], f"{place}[]", above)
        required = schema.get("required", ())
        for name, node in _properties(schema):
            path = f"{place}.{name}" if place else name
            found = resolve(self.document, node)
            yield Member(
                path, self.kind(node), name in required, self.limits(node), str(found.get("description", ""))
            )
            if not _is_named(node):
                yield from self._members(node, path, above)


def _properties(schema: Document) -> Iterable[tuple[str, Mapping[str, Any]]]:
    found = schema.get("properties", {})
    others = schema.get("additionalProperties")
    return [*found.items(), *([("(any name)", others)] if isinstance(others, dict) and others else [])]


def _is_named(schema: Document) -> bool:
    """Return whether a schema has a name, so that its members are shown there."""
    parts = schema.get("allOf", ())
    return "$ref" in schema or (len(parts) == 1 and _is_named(parts[0]))


def _plain_words(schema: Document) -> str:
    kind = str(
        schema.get("type") or ("object" if "properties" in schema or "allOf" in schema else "any value")
    )
    form = schema.get("format", "")
    return f"{kind} ({form})" if form else kind


def _values(values: Iterable[object]) -> str:
    shown = [str(value) for value in values]
    more = f", and {len(shown) - _MOST_VALUES} more" if len(shown) > _MOST_VALUES else ""
    return "one of " + ", ".join(shown[:_MOST_VALUES]) + more


_DEEPEST = 5
_TEXTS: Mapping[str, str] = {
    "date": "2026-01-31",
    "date-time": "2026-01-31T09:00:00Z",
    "uuid": "00000000-0000-4000-8000-000000000000",
    "email": "nobody@example.com",
    "uri": "about:blank",
}


def sample_body(document: Document, media_type: Document) -> Json:
    """Return the example of a media type, or one made from its schema."""
    if "example" in media_type:
        return media_type["example"]
    for example in media_type.get("examples", {}).values():
        found = resolve(document, example)
        if "value" in found:
            return found["value"]
    return sample_value(document, media_type.get("schema", {}))


def sample_value(document: Document, schema: Document, depth: int = 0) -> Json:
    """Return a value of the kind that the schema describes; what lies too deep is left out."""
    schema = resolve(document, schema)
    for keyword in ("example", "default"):
        if keyword in schema:
            return schema[keyword]
    if schema.get("enum"):
        return schema["enum"][0]
    for keyword in ("oneOf", "anyOf"):
        if schema.get(keyword):
            return sample_value(document, schema[keyword][0], depth)
    if "allOf" in schema or "properties" in schema or schema.get("type") == "object":
        return _object(document, schema, depth)
    if schema.get("type") == "array":
        return [sample_value(document, schema.get("items", {}), depth + 1)] if depth < _DEEPEST else []
    return _scalar(schema)


def _object(document: Document, schema: Document, depth: int) -> Json:
    if depth >= _DEEPEST:
        return {}
    found: dict[str, Json] = {}
    for part in schema.get("allOf", ()):
        value = sample_value(document, part, depth)
        if not isinstance(value, dict):
            return value
        found |= value
    for name, node in schema.get("properties", {}).items():
        if not resolve(document, node).get("readOnly"):
            found[name] = sample_value(document, node, depth + 1)
    return found


def _scalar(schema: Mapping[str, Any]) -> Json:
    kind = schema.get("type")
    if kind == "boolean":
        return True
    if kind in ("integer", "number"):
        return schema.get("minimum", 1)
    return _TEXTS.get(str(schema.get("format", "")), "text")
