"""The generated part of the page of the control API: operations, parameters, bodies, answers, examples."""

from __future__ import annotations

import shlex
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeAlias

from mockserver.codec import json, yaml
from mockserver.spec.folder import specs_folder
from tests.docs.markdown import code, table

Node: TypeAlias = Mapping[str, Any]

ADDRESS = "http://127.0.0.1:8080"
MOUNT = "/_mock"
_METHODS = ("get", "put", "post", "patch", "delete")
_BOUNDS = {
    "minimum": "at least {:,}",
    "maximum": "at most {:,}",
    "minLength": "at least {:,} characters",
    "maxLength": "at most {:,} characters",
    "minItems": "at least {:,}",
    "maxItems": "at most {:,}",
    "minProperties": "at least {:,} members",
    "maxProperties": "at most {:,} members",
}
_TYPES = {"string": "text", "integer": "whole number", "number": "number", "boolean": "true or false"}
_VALUES_OF_EXAMPLES = {
    "name": "default",
    "number": "1",
    "snapshot": "s1",
    "scenario": "flaky",
    "vendor": "xero",
    "format": "har",
    "run": "1",
}
"""For parameters that must be given and have no example of their own."""
_ALSO_GIVEN = {"export_case": ("vendor",)}
"""Parameters that an example needs, although the contract can do without, by operation."""


@dataclass(frozen=True, slots=True)
class ControlOperation:
    """An operation of the control plane, as the contract has it; `path` includes `/_mock`."""

    id: str
    method: str
    path: str
    node: Node
    parameters: tuple[Node, ...]


@cache
def contract() -> Node:
    """Return the contract of the control plane."""
    text = (specs_folder() / "_control.yaml").read_text(encoding="utf-8")
    document: Node = yaml.load(text)
    return document


def operations() -> tuple[ControlOperation, ...]:
    """Return all operations, in the order of the contract."""
    return tuple(
        ControlOperation(
            node["operationId"],
            method.upper(),
            f"{MOUNT}{path}",
            node,
            tuple(_resolved(one) for one in (*item.get("parameters", ()), *node.get("parameters", ()))),
        )
        for path, item in contract()["paths"].items()
        for method, node in item.items()
        if method in _METHODS
    )


def describe() -> str:
    """Return the generated part of the page."""
    return "\n\n".join([*_operation_sections(), "## Bodies", *_body_sections()])


def _operation_sections() -> Iterator[str]:
    by_tag = defaultdict(list)
    for operation in operations():
        by_tag[operation.node["tags"][0]].append(operation)
    for tag in contract()["tags"]:
        yield f"## Operations: {tag['name']}\n\n{tag['description']}."
        yield from map(_operation, by_tag[tag["name"]])


def _operation(operation: ControlOperation) -> str:
    says = ". ".join(one.rstrip(".") for one in (operation.node["summary"], _says(operation.node)) if one)
    parts = [f"### {operation.id}", f"{code(f'{operation.method} {operation.path}')}: {says}."]
    if operation.parameters:
        parts.append(table(("parameter", "in", "value", "what"), map(_parameter, operation.parameters)))
    body = _body_of(operation)
    if body:
        parts.append(_body(body))
    parts.append(table(("answer", "what"), _answers(operation.node["responses"])))
    parts.append(f"```console\n$ {example(operation)}\n```")
    return "\n\n".join(parts)


def _parameter(node: Node) -> Sequence[str]:
    star = " *" if node.get("required") else ""
    schema = _resolved(node["schema"])
    says = [_says(node) or _says(schema), _default(schema)]
    return f"{code(node['name'])}{star}", node["in"], _value(node["schema"]), ". ".join(filter(None, says))


def _body_of(operation: ControlOperation) -> Node:
    found: Node = operation.node.get("requestBody", {}).get("content", {}).get("application/json", {})
    return found


def _body(media: Node) -> str:
    schema = media["schema"]
    if "$ref" in schema:
        return f"Body: {_value(schema)}."
    says = f"Body: {_says(schema) or 'an object'}."
    rows = list(_members(schema, ""))
    return f"{says}\n\n{_member_table(rows)}" if rows else says


def _answers(responses: Node) -> Iterator[Sequence[str]]:
    problems = [status for status, node in responses.items() if node.get("$ref", "").endswith("/Problem")]
    for status, node in responses.items():
        if status in problems:
            continue
        types = node.get("content", {})
        schemas = dict.fromkeys(_value(one["schema"]) for one in types.values() if "schema" in one)
        shown = f": {', '.join(schemas)}" if schemas else ""
        kinds = f" ({', '.join(map(code, types))})" if set(types) - {"application/json"} else ""
        yield status, f"{node['description']}{shown}{kinds}"
    if problems:
        yield ", ".join(problems), "[Problem](#problem), see [messages](messages.md)"


def _body_sections() -> Iterator[str]:
    for name, schema in contract()["components"]["schemas"].items():
        rows = list(_members(schema, ""))
        if not rows and name not in _linked_names():
            continue
        says = f"{_says(schema)}.\n\n" if _says(schema) else ""
        yield f"### {name}\n\n{says}{_member_table(rows) if rows else _kind(schema).capitalize() + '.'}"


def _member_table(rows: Sequence[Sequence[str]]) -> str:
    return table(("member", "value", "what"), rows)


def _members(schema: Node, prefix: str) -> Iterator[Sequence[str]]:
    """Yield a row for each member, with those of objects inside it, down to schemas with a name."""
    for part in schema.get("allOf", ()):
        yield from _members(_resolved(part), prefix)
    for name, node in schema.get("properties", {}).items():
        star = " *" if name in schema.get("required", ()) else ""
        resolved = _resolved(node)
        says = ". ".join(filter(None, (_says(node) or _says(resolved), _default(resolved))))
        yield f"{code(prefix + name)}{star}", _value(node), says
        yield from _inner_members(node, prefix + name)
    if isinstance(inner := schema.get("additionalProperties"), Mapping) and not schema.get("properties"):
        yield from _inner_members(inner, f"{prefix}<name>".removeprefix("."))


def _inner_members(node: Node, prefix: str) -> Iterator[Sequence[str]]:
    if "$ref" in node:
        return
    if node.get("type") == "array":
        yield from _inner_members(node.get("items", {}), f"{prefix}[]")
    elif "properties" in node or isinstance(node.get("additionalProperties"), Mapping):
        yield from _members(node, f"{prefix}.")


def _value(schema: Node) -> str:
    """Return the value in words; a schema with a name is a link to it."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})" if name in _linked_names() else _value(_resolved(schema))
    if "anyOf" in schema:
        return " or ".join(map(_value, schema["anyOf"]))
    if schema.get("type") == "array":
        return f"list of {_value(schema.get('items', {}))}{_limits(schema)}"
    return f"{_kind(schema)}{_limits(schema)}{', or null' if schema.get('nullable') else ''}"


def _kind(schema: Node) -> str:
    if "allOf" in schema:
        return " with ".join(_value(one) for one in schema["allOf"] if "$ref" in one)
    if "enum" in schema:
        return ", ".join(code(str(one)) for one in schema["enum"])
    if "pattern" in schema:
        return f"text like {code(schema['pattern'])}"
    if schema.get("format") == "date-time":
        return "instant"
    if schema.get("type") == "object":
        inner = schema.get("additionalProperties")
        return f"object of {_value(inner)}" if isinstance(inner, Mapping) else "object"
    return _TYPES.get(schema.get("type", ""), "any value")


def _limits(schema: Node) -> str:
    found = (words.format(schema[name]) for name, words in _BOUNDS.items() if name in schema)
    return "".join(f", {one}" for one in found)


@cache
def _linked_names() -> frozenset[str]:
    """Return the names of schemas that have members, and so a section."""
    schemas = contract()["components"]["schemas"].items()
    return frozenset(name for name, schema in schemas if any(True for _ in _member_names(schema)))


def _member_names(schema: Node) -> Iterator[str]:
    yield from schema.get("properties", {})
    for part in schema.get("allOf", ()):
        yield from _member_names(_resolved(part))
    if isinstance(schema.get("additionalProperties"), Mapping) and schema.get("type") == "object":
        yield "<name>"


def _resolved(node: Node) -> Node:
    while "$ref" in node:
        found: Any = contract()
        for step in node["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        node = found
    return node


def _says(node: Node) -> str:
    return str(node.get("description", "")).strip().rstrip(".")


def _default(schema: Node) -> str:
    default = schema.get("default")
    if default in (None, {}):
        return ""
    return f"{code(json.encode(default).decode() if not isinstance(default, str) else default)} if left out"


def example(operation: ControlOperation) -> str:
    """Return a curl command for the operation, in the sandbox `default`."""
    path, query = operation.path, []
    for node in operation.parameters:
        value = _example_value(node)
        if node["in"] == "path":
            path = path.replace(f"{{{node['name']}}}", value)
        elif node.get("required") or node["name"] in _ALSO_GIVEN.get(operation.id, ()):
            query.append(f"{node['name']}={value}")
    url = f"{ADDRESS}{path}{'?' * bool(query)}{'&'.join(query)}"
    words = ["curl", "-s", *([] if operation.method == "GET" else ["-X", operation.method]), url]
    media = _body_of(operation)
    if "example" in media:
        words += ["-H", "Content-Type: application/json", "-d", json.encode(media["example"]).decode()]
    return shlex.join(words)


def _example_value(node: Node) -> str:
    allowed = _resolved(node["schema"]).get("enum", ())
    value = str(node.get("example", _VALUES_OF_EXAMPLES.get(node["name"], "")))
    return allowed[0] if allowed and value not in allowed else value
