"""The reference of the scenario language at the end of docs/scenarios.md: what the schema says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mockserver.model import Document, Json
from mockserver.scenario.language import SCHEMA

_SCALAR_NAMES: Mapping[str, str] = {
    "name": "name: lower-case letters, digits and hyphens, at most 64",
    "ms": "milliseconds, at most 600,000",
    "chance": "number from 0 to 1",
    "texts": "object of texts",
    "states": "object of texts",
}
_REFERENCE_TYPE_NAMES: Mapping[str, str] = {
    "string": "text",
    "boolean": "`true` or `false`",
    "array": "list",
    "object": "object",
}


def render_reference(schema: Document) -> str:
    objects = [schema, *(node for node in schema["$defs"].values() if "title" in node)]
    return "\n".join(line for node in objects for line in _section(node))


def _section(node: Document) -> Iterator[str]:
    yield from (
        f"### {node['title']}",
        "",
        _join_lines(node["description"]),
        "",
        "| member | value | what |",
        "|---|---|---|",
    )
    for name, member in node["properties"].items():
        needed = " *" if name in node.get("required", ()) else ""
        yield f"| `{name}`{needed} | {_describe_value(member)} | {_join_lines(member['description'])} |"
    yield ""


def _join_lines(text: str) -> str:
    return " ".join(text.split())


def _describe_value(node: Document) -> str:
    referred = str(node.get("$ref", "")).rpartition("/")[2]
    if referred in _SCALAR_NAMES:
        return _SCALAR_NAMES[referred]
    if referred:
        title = SCHEMA["$defs"][referred]["title"]
        return f"[{title}](#{title.lower().replace(' ', '-')})"
    if "const" in node or "enum" in node:
        return ", ".join(f"`{_literal(value)}`" for value in node.get("enum", [node.get("const")]))
    return f"list of {_describe_value(node['items'])}" if "items" in node else _describe_inline(node)


def _describe_inline(node: Document) -> str:
    if "oneOf" in node:
        return ", ".join(_describe_value(choice) for choice in node["oneOf"])
    if "properties" in node:
        return ", ".join(f"`{{{name}: …}}`" for name in node["properties"])
    kinds = node.get("type", ())
    names = [_REFERENCE_TYPE_NAMES.get(kind, kind) for kind in ([kinds] if isinstance(kinds, str) else kinds)]
    return " or ".join(names) + _describe_bounds(node) if names else "any value"


def _describe_bounds(node: Document) -> str:
    least, most = node.get("minimum"), node.get("maximum")
    if "maxLength" in node:
        return f", at most {node['maxLength']:,} characters"
    if least is None or most is None or most > 2**53:
        return ""
    return f" from {least:,} to {most:,}"


def _literal(value: Json) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
