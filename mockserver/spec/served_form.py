"""Convert an OpenAPI document to the form that is served: OpenAPI 3.0, one file, every operation complete.

All references lead to schemas in `components`; each operation contains its parameters, bodies and answers. An
operation that cannot be read stays in the document, with the reason in `x-not-served`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any
from urllib.parse import unquote

from msgspec import Struct

from mockserver.codec.lines import is_lines_type
from mockserver.errors import SpecError
from mockserver.model import EMPTY, Document, Json, Path, Value, unescape_step
from mockserver.spec.dialects import SchemaDialect, anchors, combined_parts
from mockserver.spec.openapi import BINDER, LINES, METHODS, Note, parameter_names
from mockserver.spec.source_files import PARTS, extensions, listed, members, texts
from mockserver.spec.swagger2 import to_openapi3

NOT_SERVED = "x-not-served"
_SCHEMAS = "#/components/schemas/"
_LONGEST_CHAIN = 50
_MEDIA_TYPE = re.compile(r"[\w.+*!#$&^-]+/[\w.+*!#$&^-]+")
_PARAMETER_PLACES = ("path", "query", "header", "cookie")
_OWN_HEADERS = frozenset({"accept", "content-type", "authorization"})
"""Headers that OpenAPI does not describe as parameters; header parameters with these names are ignored."""

_LEAST_OPERATION = "get: {responses: {'200': {description: orders}}}"
_LISTS = {"parameters": "[{name: page, in: query, schema: {type: integer}}]", "security": "[{token: []}]"}
_SUCCESS = {"post": "201", "delete": "204"}


class ServedForm(Value, frozen=True):
    """The document in the form that is served, and notes on what was changed."""

    document: dict[str, Any]
    notes: tuple[Note, ...]
    left_out: tuple[Note, ...]
    """Operations, methods and paths that are not served, with the reasons."""


def served_form(source: Document) -> ServedForm:
    """Return the served form of an OpenAPI or Swagger document.

    Raises SpecError: the version is not supported, or the document has no operation.
    """
    version = str(source.get("openapi", source.get("swagger", "")))
    if not version.startswith(("2", "3")):
        cure = "openapi: 3.1.0"
        raise SpecError("expected OpenAPI 3.0, 3.1 or 3.2, or Swagger 2.0", ("openapi",), cure=cure)
    if "swagger" in source and "openapi" not in source:
        source = to_openapi3(source, _Reader(source).target_or_nothing)
    return _Reader(source).read()


class _Component(Struct):
    """A schema in `components`."""

    name: str
    schema: dict[str, Any]
    uses: set[str]
    """Names of the components that the schema refers to."""
    fault: str = ""
    """Message about a broken reference in the schema; "" if there is none."""


@dataclass(slots=True)
class _Reader:
    source: Document
    notes: list[Note] = field(default_factory=list)
    left_out: list[Note] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    """For each reference, the name of the schema in `components`."""
    taken: set[str] = field(default_factory=set)
    components: dict[str, _Component] = field(default_factory=dict)
    waiting: list[tuple[str, Json]] = field(default_factory=list)
    ids: dict[str, Path] = field(default_factory=dict)
    place: Path = ()
    uses: set[str] = field(default_factory=set)
    fault: str = ""
    anchors: dict[str, Json] | None = None
    schemes: dict[str, dict[str, Any]] = field(init=False)
    dialect: SchemaDialect = field(init=False)

    def __post_init__(self) -> None:
        self.dialect = SchemaDialect(self._refer, self._find_mapped, self._tell)
        self.schemes = dict(self._schemes())

    def read(self) -> ServedForm:
        source, info = self.source, self.source.get("info")
        described = members(info)
        paths = dict(self._paths())
        for path, item in self._queried_paths():
            paths[path] = {**item, **paths.get(path, {})}
        webhooks = self._called_back(members(source.get("x-webhooks")) | members(source.get("webhooks")))
        self._read_waiting()
        done: set[str] = set()
        for name in self.components:
            self._break_circles(name, (), done)
        self._leave_out_broken(paths)
        if not any(method in item for item in paths.values() for method in METHODS):
            raise SpecError(
                "paths is missing, or has no operation",
                ("paths",),
                cure=f"paths: {{/orders: {{{_LEAST_OPERATION}}}}}",
            )
        document = {
            "openapi": "3.0.3",
            "info": {
                **_prose(described),
                "title": _text(described.get("title"), "API"),
                "version": _text(described.get("version"), "1"),
            },
            **{name: source[name] for name in ("servers", "externalDocs") if source.get(name)},
            **{name: value for name, value in extensions(source).items() if name != PARTS},
            **self._default_security(),
            **({"x-webhooks": webhooks} if webhooks else {}),
            "paths": paths,
            "components": {
                "securitySchemes": self.schemes,
                "schemas": {one.name: one.schema for one in self.components.values()},
            },
        }
        return ServedForm(document, tuple(self.notes), tuple(self.left_out))

    def _paths(self) -> Iterator[tuple[str, dict[str, Any]]]:
        seen: dict[str, dict[str, set[str]]] = {}
        for given, node in members(self.source.get("paths")).items():
            if given.startswith("x-"):
                continue
            if {"?", "#"}.intersection(given):
                continue
            self.place, path = ("paths", given), given if given.startswith("/") else f"/{given}"
            alike = re.sub(r"\{[^}]*\}", "{}", path)
            if path != given:
                self._tell(f"a path begins with a slash, so {given} is read as {path}", path)
            if {"{", "}"}.intersection(re.sub(r"\{[^{}]+\}", "", path)):
                self._tell(
                    f"{path} has a brace that is no parameter's, so it is a plain sign", "/orders/{id}"
                )
            item = self._path_item(path, node)
            known = seen.setdefault(alike, {})
            for other, methods in known.items():
                if same := methods.intersection(item, METHODS):
                    first, second = sorted((path, other))
                    names = ", ".join(sorted(same)).upper()
                    self._tell(f"{names} {second} is the same as {first}, which answers")
            known[path] = set(item)
            yield path, item

    def _queried_paths(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield path and operation of each path with a query or fragment, which stays unserved."""
        for holder in ("paths", "x-ms-paths"):
            for given, node in members(self.source.get(holder)).items():
                path = re.split("[?#]", given)[0]
                item = members(self.target_or_nothing(node)) if path != given else EMPTY
                for method in [one for one in METHODS if one in item]:
                    self.place = (holder, given, method)
                    name = self._operation_id(path, method, self.target_or_nothing(item[method]))
                    reason = f"{given} has a query or fragment, and a path has none"
                    cure = f"{path}, with the query as parameters"
                    yield path, {method: self._not_served(name, method, path, reason, cure)}

    def _path_item(self, path: str, node: Json) -> dict[str, Any]:
        try:
            item = self._with_siblings(node)
        except SpecError as error:
            self.left_out.append(Note(self.place, f"{path}: {error.message}", error.cure))
            return {}
        made = extensions(item)
        for method in METHODS:
            if method in item:
                self.place = ("paths", self.place[1], method)
                made[method] = self._operation(path, method, item)
        known = {"parameters", "servers", "summary", "description", "$ref", "additionalOperations", *METHODS}
        others = [*item, *members(item.get("additionalOperations"))]
        for name in (str(one) for one in others if one not in known and not str(one).startswith("x-")):
            self.left_out.append(
                Note((*self.place[:2], name), f"{path}: no method {name}", f"one of {', '.join(METHODS)}")
            )
        return made

    def _with_siblings(self, node: Json) -> dict[str, Any]:
        """Return a path item; if it has a `$ref`, add the members that only the referenced path item has."""
        target = self._target(node)
        siblings = {name: value for name, value in members(node).items() if name != "$ref"}
        return {**members(target), **siblings}

    def _operation(self, path: str, method: str, item: Document) -> dict[str, Any]:
        self.uses, self.fault = set(), ""
        name = self._operation_id(path, method, self.target_or_nothing(item[method]))
        try:
            made = self._read_operation(path, method, item, self._target(item[method]))
        except SpecError as error:
            return self._not_served(name, method, path, error.message, error.cure)
        if self.fault:
            return self._not_served(name, method, path, self.fault)
        return {"operationId": name, **made, "x-uses": self.uses}

    def _not_served(self, name: str, method: str, path: str, reason: str, cure: str = "") -> dict[str, Any]:
        self.left_out.append(Note(self.place, f"{method.upper()} {path}: {reason}", cure))
        return {
            "operationId": name,
            "parameters": _missing_in_template(path, ()),
            "responses": {"501": {"description": "not served"}},
            "security": [],
            NOT_SERVED: reason,
        }

    def _read_operation(self, path: str, method: str, item: Document, node: Json) -> dict[str, Any]:
        if not isinstance(node, dict):
            raise SpecError("an operation is an object", cure=_LEAST_OPERATION)
        made = _prose(node) | extensions(node)
        parameters: dict[tuple[str, str], dict[str, Any]] = {}
        for one in (*self._listed(item, "parameters"), *self._listed(node, "parameters")):
            if parameter := self._parameter(one, path):
                parameters[parameter["name"], parameter["in"]] = parameter
        made["parameters"] = [*parameters.values(), *_missing_in_template(path, parameters)]
        body = self._body(node.get("requestBody"))
        if body:
            made["requestBody"] = body
        made["responses"] = dict(self._responses(node.get("responses")))
        if not made["responses"]:
            made["responses"] = {_SUCCESS.get(method, "200"): {"description": ""}}
        if "security" in node:
            made["security"] = self._security(node)
        if "callbacks" in node:
            found = {name: members(self._target(one)) for name, one in members(node["callbacks"]).items()}
            made["callbacks"] = {name: self._called_back(one) for name, one in found.items()}
        return made

    def _called_back(self, items: Document) -> dict[str, Any]:
        """Return path items of calls that the server makes, with bodies alone; leave out broken calls."""
        kept, made = (self.uses, self.fault), {name: dict[str, Any]() for name in items}
        for name, one in items.items():
            item = members(self.target_or_nothing(one))
            for method in (method for method in METHODS if method in item):
                node, self.fault = members(item[method]), ""
                with suppress(SpecError):
                    body = self._body(node.get("requestBody")) or {}
                    if not self.fault:
                        made[name][method] = {**extensions(node), "requestBody": body}
        self.uses, self.fault = kept
        return made

    def _operation_id(self, path: str, method: str, node: Json) -> str:
        given = node.get("operationId") if isinstance(node, dict) else None
        words = re.findall(r"[A-Za-z0-9_]+", path)
        made = method + "".join(word[:1].upper() + word[1:] for word in words)
        name = re.sub(r"[^\w.-]+", "-", _text(given, ""), flags=re.ASCII).strip("-.") or made
        if name in self.ids:
            first = self.ids[name]
            name = next(
                one for one in _numbered(made if made not in self.ids else name) if one not in self.ids
            )
            if given:
                other = f"{str(first[2]).upper()} {first[1]}"
                self._tell(f"operationId: {given} is that of {other} too; here it is {name}")
        self.ids[name] = self.place
        return name

    def _parameter(self, given: Json, path: str) -> dict[str, Any] | None:
        node = self._target(given)
        if not isinstance(node, dict) or "name" not in node or node.get("in") not in _PARAMETER_PLACES:
            self._tell("a parameter without name, or in another place than path, query, header or cookie")
            return None
        name, where = str(node["name"]), node["in"]
        if where == "header" and name.lower() in _OWN_HEADERS:
            return None
        if where == "path" and f"{{{name}}}" not in path:
            self._tell(f"the path has no {{{name}}}, which a parameter describes")
            return None
        kept = ("description", "style", "deprecated", "example")
        made: dict[str, Any] = {key: node[key] for key in kept if key in node}
        made |= {
            **extensions(node),
            "name": name,
            "in": where,
            "required": node.get("required") is True or where == "path",
        }
        if isinstance(node.get("examples"), dict):
            made["examples"] = self._examples(node["examples"])
        if isinstance(node.get("explode"), bool):
            made["explode"] = node["explode"]
        kind, content = next(iter(members(node.get("content")).items()), ("", None))
        if isinstance(content, dict):
            schema = self.dialect.read(content.get("schema", {}))
            return {**made, "schema": schema, "x-content": _media_type(kind)}
        return {**made, "schema": self.dialect.read(node.get("schema", {}))}

    def _body(self, given: Json) -> dict[str, Any] | None:
        node = members(self._target(given))
        if not isinstance(node.get("content"), dict):
            return None
        content = self._content(node["content"])
        needed = {"required": True} if node.get("required") is True else {}
        return {"content": content, **needed, **_prose(node)} if content else None

    def _content(self, content: Document) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for given, one in content.items():
            name = _media_type(str(given))
            media = self._target(one)
            if name and name not in made and isinstance(media, dict):
                made[name] = {**media, "schema": self.dialect.read(self._whole_schema(name, media))}
                made[name].pop("itemSchema", None)
                if is_lines_type(name) and made[name]["schema"].get("type") == "array":
                    made[name].setdefault(BINDER, {"format": LINES})
                if "encoding" in media:
                    encodings = members(media["encoding"]).items()
                    made[name]["encoding"] = {part: one for part, one in encodings if isinstance(one, dict)}
                if isinstance(media.get("examples"), dict):
                    made[name]["examples"] = self._examples(media["examples"])
                else:
                    made[name].pop("examples", None)
        return made

    def _whole_schema(self, name: str, media: Document) -> Json:
        """Return the schema of a whole body: of the list of its elements, if `itemSchema` describes one.

        In a media type of lines, a schema that is no list is read as the schema of a line.
        """
        schema = media.get("schema", {})
        whole = members(self.target_or_nothing(schema))
        if "itemSchema" in media:
            return {**whole, "type": "array", "items": media["itemSchema"]}
        is_line = is_lines_type(name) and {"object"} >= {whole.get("type", "object")} and "items" not in whole
        return {"type": "array", "items": schema} if is_line and whole else schema

    def _examples(self, named: Document) -> dict[str, Any]:
        targets = ((name, self._target(one)) for name, one in named.items())
        return {name: _example(one) for name, one in targets}

    def _responses(self, given: Json) -> Iterator[tuple[str, dict[str, Any]]]:
        for status, one in members(given).items():
            key = str(status).upper() if str(status).lower() != "default" else "default"
            if not re.fullmatch(r"[1-5](\d\d|XX)|default", key):
                continue
            node = self._target(one)
            node = node if isinstance(node, dict) else {}
            made: dict[str, Any] = {"description": _text(node.get("description"), "")}
            headers = [(name, self._target(header)) for name, header in members(node.get("headers")).items()]
            if headers:
                made["headers"] = {
                    name: {**header, "schema": self.dialect.read(header.get("schema", {}))}
                    for name, header in headers
                    if isinstance(header, dict) and name.lower() != "content-type"
                }
            if content := self._content(node["content"]) if isinstance(node.get("content"), dict) else {}:
                made["content"] = content
            yield key, {**made, **extensions(node)}

    def _schemes(self) -> Iterator[tuple[str, dict[str, Any]]]:
        written = members(self.source.get("components")).get("securitySchemes")
        for name, one in members(written).items():
            try:
                node = self._target(one)
            except SpecError:
                continue
            if isinstance(node, dict) and isinstance(node.get("type"), str):
                yield name, _scheme(node)

    def _default_security(self) -> dict[str, Any]:
        self.place = ("security",)
        return {"security": self._security(self.source)} if self.source.get("security") else {}

    def _security(self, node: Document) -> list[dict[str, Any]]:
        made: list[dict[str, Any]] = []
        for alternative in self._listed(node, "security"):
            named = members(alternative)
            for unknown in named.keys() - self.schemes.keys():
                cure = f"components: {{securitySchemes: {{{unknown}: {{type: http, scheme: bearer}}}}}}"
                self._tell(f"security: there is no scheme {unknown}, so none is asked for", cure)
            kept = {name: texts(scopes) for name, scopes in named.items() if name in self.schemes}
            if kept or not named:
                made.append(kept)
        return made

    def _listed(self, node: Document, name: str) -> list[Any]:
        """Return the list of a member, or an empty list with a note that the member is no list."""
        if not isinstance(node.get(name) or [], list):
            self._tell(f"{name} is no list, so it is read as an empty one", f"{name}: {_LISTS[name]}")
        return listed(node.get(name))

    def _tell(self, message: str, cure: str = "") -> None:
        self.notes.append(Note(self.place, message, cure))

    def _target(self, node: Json) -> Json:
        """Return the value to which the node leads by references, or the node itself. Raises SpecError."""
        for _ in range(_LONGEST_CHAIN):
            if not isinstance(node, dict) or not isinstance(node.get("$ref"), str):
                return node
            try:
                node = self._find(node["$ref"])
            except RecursionError:
                break
        raise SpecError(f"$ref: {node['$ref']} points at itself")

    def target_or_nothing(self, node: Json) -> Json:
        """Return what `_target` returns; if a reference is broken, return the node itself."""
        try:
            return self._target(node)
        except SpecError:
            return node

    def _find(self, reference: str) -> Json:
        """Return the value at a reference. Raises SpecError: the value is missing or on another host."""
        if not reference.startswith("#"):
            if re.match("(https?:)?//", reference):
                cure = "download it beside the file, and refer to that"
                raise SpecError(f"$ref: {reference} is on another host, which is not asked", cure=cure)
            raise SpecError(f"$ref: {reference} points at a file that is not there")
        if reference in ("#", "#/"):
            return self.source
        if not reference.startswith("#/") or "/#" in reference:
            return self._find_anchor(reference)
        node: Any = self.source
        for step in reference[2:].split("/"):
            if isinstance(node, dict) and isinstance(node.get("$ref"), str) and step not in node:
                node = self._target(node)
            node = self._step(node, step, reference)
        return node

    def _step(self, node: Json, step: str, reference: str) -> Json:
        for name in (unescape_step(step), unescape_step(unquote(step))):
            if isinstance(node, dict) and name in node:
                return node[name]
            if isinstance(node, list) and name.isdecimal() and int(name) < len(node):
                return node[int(name)]
        name = unescape_step(unquote(step))
        names = {str(one).casefold(): str(one) for one in node} if isinstance(node, dict) else {}
        near = get_close_matches(name.casefold(), names, 1)
        cure = f'$ref: "{reference.replace(step, names[near[0]])}"' if near else ""
        raise SpecError(f"$ref: {reference} points at nothing", cure=cure)

    def _find_anchor(self, reference: str) -> Json:
        if self.anchors is None:
            self.anchors = dict(anchors(self.source))
        name = reference.rpartition("#")[2]
        if name not in self.anchors:
            raise SpecError(f"$ref: {reference} points at nothing")
        return self.anchors[name]

    def _refer(self, reference: str) -> dict[str, Any]:
        """Return a reference into `components`; if `reference` is broken, set `self.fault` and return {}."""
        name = self.names.get(reference)
        if name is None:
            try:
                node = self._schema_at(reference)
            except SpecError as error:
                self.fault = self.fault or error.message
                return {}
            name = self.names[reference] = self._name_for(reference)
            self.waiting.append((name, node))
        self.uses.add(name)
        return {"$ref": _SCHEMAS + name}

    def _find_mapped(self, reference: str) -> str:
        try:
            self._schema_at(reference)
        except SpecError:
            return ""
        return str(self._refer(reference)["$ref"])

    def _schema_at(self, reference: str) -> Json:
        try:
            node = self._find(reference)
        except SpecError:
            local = re.fullmatch(r"#/(?:\$defs|definitions)/([^/]+)", reference)
            name = unescape_step(local[1]) if local else ""
            for scope in reversed(self.dialect.scopes):
                for place in ("$defs", "definitions"):
                    if local and name in (scope.get(place) or ()):
                        return scope[place][name]
            raise
        self._target(node)
        return node

    def _name_for(self, reference: str) -> str:
        last = unescape_step(unquote(reference.rpartition("/")[2]))
        last = re.sub(r"\.(ya?ml|json)$", "", last.rpartition("/")[2])
        name = re.sub(r"[^A-Za-z0-9._-]+", "_", last).strip("_#") or "Schema"
        is_own = reference.startswith(_SCHEMAS)
        kept = EMPTY if is_own else members(members(self.source.get("components")).get("schemas"))
        name = next(one for one in _numbered(name) if one not in self.taken and one not in kept)
        self.taken.add(name)
        return name

    def _read_waiting(self) -> None:
        while self.waiting:
            name, node = self.waiting.pop()
            self.uses, self.fault, self.place = set(), "", ("components", "schemas", name)
            try:
                schema = self.dialect.read(node)
            except SpecError as error:
                schema, self.fault = {}, error.message
            self.components[name] = _Component(name, schema, self.uses, self.fault)

    def _break_circles(self, name: str, above: tuple[str, ...], done: set[str]) -> None:
        """Replace each meaningless reference, which makes a schema part of itself (`allOf` …), with {}."""
        above = (*above, name)
        for parts, place in list(combined_parts(self.components[name].schema)):
            target = str(parts[place].get("$ref", "")).removeprefix(_SCHEMAS)
            if target in above:
                parts[place] = {}
            elif target in self.components and target not in done:
                self._break_circles(target, above, done)
        done.add(name)

    def _leave_out_broken(self, paths: dict[str, dict[str, Any]]) -> None:
        """Mark each operation that uses a schema with a broken reference as not served."""
        broken = self._broken_components()
        for path, item in paths.items():
            for method in METHODS:
                used = item.get(method, EMPTY).pop("x-uses", ()) if method in item else ()
                if faults := [broken[name] for name in sorted(used) if name in broken]:
                    self.place = ("paths", path, method)
                    item[method] = self._not_served(item[method]["operationId"], method, path, faults[0])

    def _broken_components(self) -> Mapping[str, str]:
        broken = {name: one.fault for name, one in self.components.items() if one.fault}
        ahead = list(broken)
        users: dict[str, list[str]] = {}
        for name, one in self.components.items() if broken else ():
            for used in one.uses:
                users.setdefault(used, []).append(name)
        while ahead:
            name = ahead.pop()
            for user in users.get(name, ()):
                if user not in broken:
                    broken[user] = broken[name]
                    ahead.append(user)
        return broken


def _scheme(node: Document) -> dict[str, Any]:
    kind = node["type"]
    if kind == "basic":  # as Swagger 2.0 says
        return {"type": "http", "scheme": "basic"}
    made = dict(node)
    if kind == "http":
        made["scheme"] = str(node.get("scheme", "bearer")).lower()
    if kind.lower() == "apikey":
        place = node.get("in") if node.get("in") in ("query", "header", "cookie") else "header"
        made |= {"type": "apiKey", "in": place, "name": str(node.get("name", "Authorization"))}
    return made


def _missing_in_template(path: str, known: Iterable[tuple[str, str]]) -> list[dict[str, Any]]:
    there = {name for name, place in known if place == "path"}
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in dict.fromkeys(parameter_names(path))
        if name not in there
    ]


def _example(node: Json) -> dict[str, Any]:
    """Return a named example; OpenAPI 3.2 has its value in `dataValue`."""
    if not isinstance(node, dict):
        return {"value": node}
    return {**node, "value": node["dataValue"]} if "dataValue" in node else node


def _media_type(given: str) -> str:
    """Return the media type in lower case without parameters; "" if the text is not a media type."""
    name = given.partition(";")[0].strip().lower()
    return name if _MEDIA_TYPE.fullmatch(name) else ""


def _numbered(name: str) -> Iterator[str]:
    yield name
    number = 2
    while True:
        yield f"{name}{number}"
        number += 1


def _prose(node: Document) -> dict[str, Any]:
    """Return the members for human readers: summary, description, tags, deprecated."""
    kept = {name: node[name] for name in ("summary", "description") if isinstance(node.get(name), str)}
    if tags := texts(node.get("tags")):
        kept["tags"] = tags
    if node.get("deprecated") is True:
        kept["deprecated"] = True
    return kept


def _text(value: Json, otherwise: str) -> str:
    return str(value) if value is not None and value != "" else otherwise
