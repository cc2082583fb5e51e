"""Index a vendor's OpenAPI document: operations, media types, batches, routes, forms of paths."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path as FilePath
from typing import Any
from urllib.parse import quote

from mockserver.codec.http import JSON_RANGES, JSON_TYPE, is_json_type
from mockserver.codec.masking import declared_names
from mockserver.errors import MethodNotAllowed, NotFound, SpecError
from mockserver.model import EMPTY, SAFE_METHODS, Document, Json, Path, Value, unescape_step, values_in
from mockserver.spec.batch_forms import Batch
from mockserver.spec.patterns import is_straight

_PATH = re.compile(r"(/[^/{}\s]+)+")
_SLASHES = ("taken", "refused")
_MEMBERS: Mapping[str, tuple[str, str]] = {
    "any-case": ("true or false", "true"),
    "trailing-slash": (" or ".join(_SLASHES), "taken"),
    "prefixes": ("a list of paths such as /rest", "[/rest]"),
    "aliases": ("a mapping of paths such as {/old: /new}", "{/old: /new}"),
    "base": ("a path such as /v2", "/v2"),
}
"""The members of `x-paths`, each with its values in words and an example."""

METHODS = ("get", "put", "post", "patch", "delete", "head", "options", "trace")
BINDER, LINES = "x-binder", "lines"
"""Member of a media type that says how its bodies are read, and its format for bodies of lines."""

_MONEY, _MINOR = "x-money", "minor"
_IN_BRACES = re.compile(r"\{([^{}]+)\}")
_WHOLE_STEP = re.compile(r"(?<=/)\{[^{}]+\}(?=/|$)")
"""A parameter that is all of a step of a template."""

_ANY_VALUE = r"[^/\n]+"
_ANCHORED = re.compile(r"\^(?!.*(?:\(\?P?<\w|\\[1-9]))(.*)\$")
"""A pattern of whole values that refers to none of its own groups, so that it may be part of another."""


class PathForms(Value, frozen=True):
    """Rules for equivalent forms of a path (`x-paths`)."""

    any_case: bool = False
    trailing_slash: bool = False
    prefixes: tuple[str, ...] = ()
    """Beginnings that every path may have."""
    aliases: tuple[tuple[str, str], ...] = ()
    """Pairs of a path, or beginning of paths, that clients may use and the path that the spec has instead."""
    base: str = ""
    """Beginning of paths that clients put into their base URL; "" if they put no path into it."""

    def plain(self, path: str) -> str:
        """Return the path without prefix and trailing slash, and with the spec's path instead of an alias."""
        prefix = next((one for one in self.prefixes if self._begins(path, one)), "")
        path = path[len(prefix) :]
        if self.trailing_slash and len(path) > 1:
            path = path.removesuffix("/")
        for name, meant in self.aliases:
            if self._begins(path, name):
                return meant + path[len(name) :]
        return path

    def _begins(self, path: str, start: str) -> bool:
        first, rest = path[: len(start)], path[len(start) :]
        same = first.lower() == start.lower() if self.any_case else first == start
        return same and rest[:1] in ("", "/")


def misused(member: str, problem: str, cure: str = "", lacks: str = "") -> SpecError:
    """Return the error for a member of an extension, such as `x-batch.key`."""
    return SpecError(f"{member}: {problem}", tuple(member.split(".")), cure=cure, lacks=lacks)


def check_names(member: str, node: Iterable[Any], known: Collection[str]) -> None:
    """Raise SpecError if the extension has a name that is not in `known`."""
    if unknown := {str(name) for name in node} - set(known):
        name, names = min(unknown), sorted(known)
        message = f"{member}.{name}: unknown; known are {', '.join(names)}"
        raise SpecError(message, (*member.split("."), name), known=names)


def read_path_forms(node: Json) -> PathForms:
    if not isinstance(node, dict):
        raise misused("x-paths", f"expected a mapping, found {node}")
    check_names("x-paths", node, _MEMBERS)
    any_case, slash = node.get("any-case", False), node.get("trailing-slash", "refused")
    prefixes, aliases = node.get("prefixes", []), node.get("aliases", {})
    fits = {
        "any-case": isinstance(any_case, bool),
        "trailing-slash": slash in _SLASHES,
        "prefixes": isinstance(prefixes, list) and _are_paths(prefixes),
        "aliases": isinstance(aliases, dict) and _are_paths([*aliases, *aliases.values()]),
        "base": "base" not in node or _are_paths([node["base"]]),
    }
    for name in (name for name, is_good in fits.items() if not is_good):
        expected, example = _MEMBERS[name]
        raise misused(f"x-paths.{name}", f"expected {expected}, found {node[name]}", f"{name}: {example}")
    return PathForms(
        any_case=any_case,
        trailing_slash=slash == "taken",
        prefixes=tuple(sorted(prefixes, key=len, reverse=True)),
        aliases=tuple(sorted(aliases.items(), key=lambda one: len(one[0]), reverse=True)),
        base=node.get("base", ""),
    )


def _are_paths(found: Iterable[Any]) -> bool:
    return all(isinstance(one, str) and _PATH.fullmatch(one) for one in found)


class Parameter(Value, frozen=True):
    name: str
    place: str
    """OpenAPI's `in`."""
    required: bool
    explode: bool
    """OpenAPI's `explode`: in a query, whether a list is sent by repeating the parameter's name."""
    schema: Document
    style: str = ""
    content: str = ""
    """Media type of a value that is a document; "" for a value that `style` spells."""


class MediaType(Value, frozen=True):
    """A representation of a request's body."""

    name: str
    """A media type or range."""
    schema: Document
    coercion: Document
    """`x-binder`: how the vendor decodes the body."""

    @property
    def has_lines(self) -> bool:
        return bool(self.coercion.get("format") == LINES)

    @property
    def is_json(self) -> bool:
        return bool(self.coercion.get("format", "json") == "json")


@dataclass(frozen=True, slots=True)
class Operation:
    id: str
    method: str
    path: str
    parameters: tuple[Parameter, ...]
    bodies: tuple[MediaType, ...]
    body_required: bool
    responses: Mapping[str, Document]
    """The declared answers by status, without references."""
    security: tuple[tuple[str, ...], ...]
    """Alternatives, each with the names of the security schemes that it requires."""
    scopes: frozenset[str]
    safe: bool
    """`x-safe`: the operation itself writes nothing, whatever its method."""
    batch: Batch | None
    collection: str
    magic: Path
    """`x-magic`: path, from an item of a batch or from the body, to the text that may hold a magic token."""
    node: Document = field(repr=False, compare=False)
    """The operation as the document has it."""
    document: Document = field(repr=False, compare=False)
    """The document, for references in `node` and `responses`."""
    parameter_names: frozenset[str] = field(init=False, compare=False)
    """The names of the parameters, in lower case."""

    def __post_init__(self) -> None:
        names = frozenset([parameter.name.lower() for parameter in self.parameters])
        object.__setattr__(self, "parameter_names", names)

    @property
    def place(self) -> Path:
        """Path of the operation in the document."""
        return "paths", self.path, self.method

    @property
    def document_body(self) -> MediaType | None:
        """The body in JSON, `application/json` before all others, else in lines; None without either."""
        known = [one for one in self.bodies if one.is_json] or [one for one in self.bodies if one.has_lines]
        return min(known, key=lambda one: (one.name != JSON_TYPE, "*" in one.name), default=None)

    def json_content(self, key: str) -> tuple[str, Document]:
        """Return name and content of the JSON, or the lines, at a key of `responses`; "" and {} if none."""
        found = self.contents(key).items()
        return next((one for one in found if is_json_content(self.document, *one)), ("", EMPTY))

    @property
    def writes(self) -> bool:
        """Whether calls of the operation, or requests inside them, may change records."""
        return bool(self.magic) or not (self.safe or self.method.upper() in SAFE_METHODS)

    @property
    def has_success(self) -> bool:
        """Whether a status of 2xx or 3xx is declared. If not, `default` declares the success."""
        return any(name.startswith(("2", "3")) for name in self.responses)

    def declared_key(self, status: int) -> str:
        """Return the key of `responses` that declares the status; "" if no key does."""
        keys = (str(status), f"{status // 100}XX", "default")
        return next((key for key in keys if key in self.responses), "")

    def contents(self, key: str) -> Mapping[str, Document]:
        """Return the contents by media type that a key of `responses` declares; {} if there are none."""
        found: Mapping[str, Document] = self.responses.get(key, EMPTY).get("content", EMPTY)
        return found

    def content(self, status: int, media_type: str | None) -> Document:
        """Return the content that is declared for answers of a status and a media type; {} if none is."""
        name = str(media_type).partition(";")[0].strip()
        found: Document = self.contents(self.declared_key(status)).get(name, EMPTY)
        return found

    def answers_lines(self, status: int, media_type: str | None) -> bool:
        """Return whether the answers of a status and a media type are bodies of lines."""
        return has_lines(self.content(status, media_type))

    def has_parameter(self, name: str) -> bool:
        return name.lower() in self.parameter_names


def has_lines(content: Document) -> bool:
    """Return whether the bodies of a media type are lines."""
    return bool(content.get(BINDER, EMPTY).get("format") == LINES)


def is_json_content(document: Document, name: str, content: Document) -> bool:
    """Return whether the bodies of a declared media type are JSON, or lines of JSON.

    A range such as `*/*` is JSON if its schema is an object or a list; otherwise its bodies are bytes.
    """
    if name in JSON_RANGES:
        schema = merged(document, content.get("schema", EMPTY))
        return schema.get("type") in ("object", "array") or not {"properties", "items"}.isdisjoint(schema)
    return is_json_type(name) or has_lines(content)


class Note(Value, frozen=True):
    """A note on a part of a file that was left out, or read differently from what the file says."""

    path: Path
    message: str
    cure: str = ""
    line: int = 0
    """Line of that part, or of its nearest ancestor, in the root file, counted from 1; 0 if unknown."""


class RouteMatch(Value, frozen=True):
    """A path found in a spec: the operation and the values of its path parameters."""

    operation: Operation
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Spec:
    """A vendor's contract, with the text that is served and the index of its operations."""

    name: str
    text: str
    document: Document
    operations: Mapping[str, Operation]
    routes: tuple[tuple[re.Pattern[str], Mapping[str, Operation]], ...]
    scope: tuple[Document, ...]
    """`x-scope`: the header, query parameter or body member that may name the tenant, in this order."""
    paths: PathForms
    any_case_query: bool
    idempotency_header: str
    """`x-idempotency-header`: the header with the idempotency key."""
    idempotency_member: str = ""
    """`x-idempotency-member`: the member of a JSON body with the idempotency key, in place of a header."""
    notes: tuple[Note, ...] = ()
    """Notes on parts that were left out, or read differently from what the file says."""
    is_own: bool = False
    """Whether this is an own file: no package has its name, and it is not OpenAPI 3.0 with our annotations.

    Every operation of an own file answers calls.
    """
    parts: tuple[FilePath, ...] = ()
    """The other files that the spec refers to, including missing files."""
    tenant_key: str = field(init=False)
    """The header that names the tenant, in lower case, if `scope` begins with a header; else ""."""
    _literal: Mapping[tuple[str, str], RouteMatch] = field(init=False, repr=False, compare=False)
    """What `match` finds at the paths without parameters, by method and path."""
    _plain: frozenset[str] = field(init=False, repr=False, compare=False)
    """The paths without parameters that `canonical_path` leaves as they are."""
    collections: Mapping[str, str] = field(init=False, repr=False, compare=False)
    """For each operation, by id: the collection whose records it writes or reads; "" if it is not known.

    A batch of an own file belongs to the collection whose path its own path continues.
    """
    batches: Mapping[str, Batch] = field(init=False, repr=False, compare=False)
    """The first batch of each collection."""
    takes_key: frozenset[str] = field(init=False, repr=False, compare=False)
    """Ids of the operations that declare the header with the idempotency key as a parameter."""
    logins: frozenset[str] = field(init=False, repr=False, compare=False)
    """Ids of the operations that need no credential although other operations do."""
    minor_amounts: frozenset[str] = field(init=False, repr=False, compare=False)
    """`x-money: minor`: the members whose amounts are in the minor unit of a currency, such as cents."""
    credential_names: frozenset[str] = field(init=False, repr=False, compare=False)
    """What `declared_names` returns for `securitySchemes`."""

    def __post_init__(self) -> None:
        of_header = self.scope and self.scope[0]["in"] == "header"
        object.__setattr__(self, "tenant_key", self.scope[0]["name"].lower() if of_header else "")
        # `routes` is empty if the spec is only called, not served: then `_literal` stays empty too.
        routed = (method for _, methods in self.routes for method in methods.values())
        calls = [(one.method.upper(), one.path) for one in routed if "{" not in one.path]
        object.__setattr__(self, "_literal", {call: self._search(*call) for call in calls})
        object.__setattr__(self, "_plain", {path for _, path in calls if self._canonical(path) == path})
        known = self.operations.values()
        keyed = frozenset([one.id for one in known if one.has_parameter(self.idempotency_header)])
        object.__setattr__(self, "takes_key", keyed)
        open_ids = frozenset([one.id for one in known if not one.security])
        object.__setattr__(self, "logins", open_ids if len(open_ids) < len(known) else frozenset())
        bases = {one.path.partition("/{")[0]: one.collection for one in known if one.collection}
        object.__setattr__(self, "collections", {one.id: _collection_of(one, bases) for one in known})
        batches = {self.collections[one.id]: one.batch for one in reversed([*known]) if one.batch}
        object.__setattr__(self, "batches", batches)
        marked = self.document if _MONEY in self.text else EMPTY
        object.__setattr__(self, "minor_amounts", frozenset(_minor_amounts(marked)))
        schemes = self.document.get("components", {}).get("securitySchemes", {})
        object.__setattr__(self, "credential_names", declared_names(schemes))

    def match(self, method: str, path: str) -> RouteMatch:
        """Return the operation for `method` on `path` (below the mount), and the values of its parameters.

        Raises NotFound, MethodNotAllowed.
        """
        return self._literal.get((method, path)) or self._search(method, path)

    def _search(self, method: str, path: str) -> RouteMatch:
        wanted = ("head", "get") if method == "HEAD" else (method.lower(),)
        allowed: list[str] = []
        for pattern, methods in self.routes:
            if match := pattern.fullmatch(path):
                if operation := next((methods[name] for name in wanted if name in methods), None):
                    names = parameter_names(operation.path)
                    return RouteMatch(operation, dict(zip(names, match.groupdict().values(), strict=True)))
                allowed += [name.upper() for name in methods]
        if allowed:
            raise MethodNotAllowed(dict.fromkeys(allowed))
        raise NotFound("path", path)

    def find_operation(self, path: str, method: str) -> Operation | None:
        """Return the operation of method and path; else the first operation of the path; else None."""
        found = (methods for pattern, methods in self.routes if pattern.fullmatch(path))
        return next((one.get(method.lower()) or next(iter(one.values())) for one in found), None)

    def tenant(self, headers: Mapping[str, str], parameters: Document, document: Any = None) -> str:
        """Return the tenant in the call's header, query or body; "" if the call names no tenant."""
        if self.tenant_key and (tenant := headers.get(self.tenant_key)) is not None:
            return tenant
        for place in self.scope:
            if place["in"] == "header":
                found: Any = headers.get(place["name"].lower())
            elif place["in"] == "query":
                found = parameters.get(place["name"])
            else:
                found = document.get(place["pointer"][1:]) if isinstance(document, dict) else None
            if found is not None:
                return str(found)
        return ""

    def canonical_path(self, path: str) -> str:
        return path if path in self._plain else self._canonical(path) or "/"

    def _is_template(self, path: str) -> bool:
        """Return whether a template has the path as it is, although its first step may be a prefix too."""
        start = f"/{path.split('/')[1]}/"
        return any(
            pattern.fullmatch(path) and next(iter(methods.values())).path.startswith(start)
            for pattern, methods in self.routes
        )

    def _canonical(self, path: str) -> str:
        given, path = path, self.paths.plain(path)
        if path != given and self._is_template(given):
            return given
        for pattern, methods in self.routes if self.paths.any_case else ():
            if match := pattern.fullmatch(path):
                return _fill_template(next(iter(methods.values())).path, match.groupdict().values())
        return path


def _collection_of(operation: Operation, bases: Mapping[str, str]) -> str:
    """Return the collection of an operation; `bases` has collections by the beginnings of their paths."""
    if operation.batch is None or operation.batch.collection:
        return operation.batch.collection if operation.batch else operation.collection
    fitting = [base for base in bases if operation.path.startswith(f"{base}/")]
    return bases[max(fitting, key=len)] if fitting else ""


def _minor_amounts(document: Document) -> Iterator[str]:
    """Yield the names of the properties with `x-money: minor`. Raises SpecError: another value."""
    for path, node in values_in(document):
        if path[-2:-1] != ("properties",) or not isinstance(node, dict):
            continue
        unit = {**resolve(document, node), **node}.get(_MONEY)
        if unit == _MINOR:
            yield str(path[-1])
        elif unit is not None:
            raise misused(_MONEY, f"expected {_MINOR}, found {unit}", f"{_MONEY}: {_MINOR}")


def parameter_names(template: str) -> list[str]:
    """Return the names in a path template, in their order."""
    return _IN_BRACES.findall(template)


def filled_path(template: str, values: Mapping[str, str], safe: str = "") -> str:
    """Return a path template with quoted values; a parameter without a value has ""."""
    return _IN_BRACES.sub(lambda found: quote(values.get(found[1], ""), safe=safe), template)


def _fill_template(template: str, values: Iterable[str]) -> str:
    ordered = iter(values)
    return _IN_BRACES.sub(lambda _: next(ordered), template)


def resolve(document: Document, node: Any) -> Any:
    """Return `node`, or the target of its `$ref` in `document`. Raises SpecError."""
    while isinstance(node, dict) and "$ref" in node:
        target: Any = document
        for step in node["$ref"].removeprefix("#/").split("/"):
            name = unescape_step(step)
            if not isinstance(target, dict) or name not in target:
                raise SpecError(f"$ref: {node['$ref']} points at nothing")
            target = target[name]
        node = target
    return node


def merged(document: Document, schema: Any, turn: int | None = 0) -> dict[str, Any]:
    """Return the schema with references and `allOf` resolved, and one choice of each `oneOf` and `anyOf`.

    `turn` is the index of the choice, modulo the number of choices; None keeps `oneOf` and `anyOf`.
    Raises SpecError.
    """
    node = dict(resolve(document, schema))
    parts = list(node.pop("allOf", ()))
    words = () if turn is None else ("oneOf", "anyOf")
    choices = [choice for word in words if (choice := node.pop(word, ()))]
    chosen = [choice[(turn or 0) % len(choice)] for choice in choices]
    parts += chosen
    if any(one.get("enum") == [None] for choice in choices for one in choice):
        node["nullable"] = True
    for part in parts:
        for name, value in merged(document, part, turn).items():
            if name == "properties":
                known = node.get(name, {})
                common = (one for one in known.keys() & value if known[one] != value[one])
                node[name] = value | known | {one: {"allOf": [known[one], value[one]]} for one in common}
            elif name == "enum" and name in node:
                node[name] = [one for one in node[name] if one in value] or node[name]
            elif name == "required":
                node[name] = [*node.get(name, ()), *value]
            else:
                node.setdefault(name, value)
    named = chosen[0] if chosen else schema
    if "discriminator" in node and (chosen or _is_mapped(node["discriminator"], schema)):
        told = _discriminating(node["discriminator"], named)
        node["required"] = [*node.get("required", ()), *told]
        members = node.get("properties", {})
        both = {name: {"allOf": [members.get(name, {}), one]} for name, one in told.items()}
        node["properties"] = members | {name: merged(document, one) for name, one in both.items()}
    return node


def member_at(document: Document, schema: Document, path: Path) -> dict[str, Any]:
    """Return the merged schema at the steps of a pointer; {} if there is none."""
    node = merged(document, schema)
    for step in path:
        node = merged(document, node.get("properties", EMPTY).get(step, EMPTY))
    return node


def _is_mapped(discriminator: Document, schema: Any) -> bool:
    """Return whether a schema is a reference that the discriminator of its base names."""
    return isinstance(schema, dict) and schema.get("$ref") in discriminator.get("mapping", EMPTY).values()


def _discriminating(discriminator: Document, choice: Document) -> dict[str, Any]:
    """Return the schema of the member that tells the choice, with its only value; {} if that is unknown."""
    reference = choice.get("$ref", "")
    values = [name for name, target in discriminator.get("mapping", {}).items() if target == reference]
    value = next(iter(values), reference.rpartition("/")[2])
    return {discriminator["propertyName"]: {"type": "string", "enum": [value]}} if value else {}


@lru_cache(maxsize=4096)
def plain(name: object) -> str:
    """Return a name without case and separators: `error_code` and `errorCode` are equal."""
    return re.sub(r"[^a-z0-9]", "", str(name).lower())


def build_routes(
    document: Document, operations: Mapping[str, Operation], *, any_case: bool
) -> tuple[tuple[re.Pattern[str], Mapping[str, Operation]], ...]:
    """Return pattern and operations of each path template; the more literal templates come first.

    The values of parameters are the groups `p0`, `p1` … of a pattern, in the order of the template.
    """
    by_path: dict[str, dict[str, Operation]] = {}
    for operation in operations.values():
        by_path.setdefault(operation.path, {})[operation.method] = operation
    flags = re.IGNORECASE if any_case else re.NOFLAG
    return tuple(
        (re.compile(_path_pattern(document, path, by_path[path]), flags), by_path[path])
        for path in sorted(by_path, key=_literalness)
    )


def _literalness(template: str) -> tuple[int, int, str]:
    """Return a sort key that puts templates with fewer whole steps of parameters first."""
    return len(_WHOLE_STEP.findall(template)), template.count("{"), template


def _path_pattern(document: Document, template: str, methods: Mapping[str, Operation]) -> str:
    """Return the pattern of a template.

    What the file declares of a parameter decides only in a step that has other signs or parameters too: a
    wrong value in a step of its own is refused with a reason.
    """
    whole = {one.span() for one in _WHOLE_STEP.finditer(template)}
    schemas = {one.name: one.schema for each in methods.values() for one in each.parameters}
    made, end, guard = "", 0, ""
    for number, one in enumerate(_IN_BRACES.finditer(template)):
        schema = EMPTY if one.span() in whole else resolve(document, schemas.get(one[1], EMPTY))
        if declared := _declared_pattern(schema):
            # A declared pattern may accept slashes, but a template has all slashes of its paths.
            guard = rf"(?=(?:/[^/\n]*){{{template.count('/')}}}\Z)"
        made += f"{re.escape(template[end : one.start()])}(?P<p{number}>{declared or _ANY_VALUE})"
        end = one.end()
    return rf"{guard}{made}{re.escape(template[end:])}\Z"


def _declared_pattern(schema: Document) -> str:
    """Return a pattern of the texts that a schema declares by `enum` or an anchored `pattern`; "" if none."""
    if texts := [one for one in schema.get("enum", ()) if isinstance(one, str)]:
        return "|".join(map(re.escape, texts))
    anchored = _ANCHORED.fullmatch(schema.get("pattern", ""))
    return anchored[1] if anchored and is_straight(anchored[1]) else ""
