"""The specs as a reader finds them: their examples beside the schemas, and where a seed's facts stand.

Nothing here comes from the server, so that a mistake of the server cannot hide one of a spec.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias
from xml.etree.ElementTree import Element

from defusedxml.ElementTree import fromstring
from openapi_schema_validator import OAS30Validator, oas30_format_checker
from openapi_spec_validator.readers import read_from_filename

ROOT = Path(__file__).parents[2]
SEEDS = ROOT / "tests" / "seeds"
SPECS: Mapping[str, Path] = {file.stem: file for file in sorted((ROOT / "specs").glob("*.yaml"))}
VENDORS = tuple(name for name in SPECS if not name.startswith("_"))
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")

Node: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Example:
    """An example and the schema that it stands beside."""

    where: str
    value: Any
    schema: Node
    media_type: str = ""


@dataclass(frozen=True, slots=True)
class Field:
    """What a seed says of one member: `part` is `request` or a status."""

    vendor: str
    operation: str
    part: str
    path: str
    facts: Node


@cache
def spec(name: str) -> Any:
    """The document in `specs/<name>.yaml`; dates are the text they are."""
    return read_from_filename(str(SPECS[name]))[0]


@cache
def seed(vendor: str) -> Any:
    """What the seed of `vendor` says, by operation; nothing for a vendor without a seed."""
    file = SEEDS / vendor / "fields.yaml"
    return read_from_filename(str(file))[0] if file.is_file() else {}


def operations(document: Node) -> Iterator[tuple[str, str, Node]]:
    """Method, path and object of every operation."""
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield method.upper(), path, item[method]


def operation(document: Node, name: str) -> tuple[str, str, Node]:
    """Method, path and object of the operation `name`."""
    return next(one for one in operations(document) if one[2].get("operationId") == name)


def resolved(node: Node, document: Node) -> Node:
    """`node`, or what its `$ref` points at."""
    while "$ref" in node:
        found: Any = document
        for step in node["$ref"].removeprefix("#/").split("/"):
            found = found[step.replace("~1", "/").replace("~0", "~")]
        node = found
    return node


def security(document: Node, node: Node) -> Sequence[Node]:
    """The alternatives of an operation's security."""
    found: Sequence[Node] = node.get("security", document.get("security", ()))
    return found


def parameters(document: Node, path: str, node: Node) -> Iterator[Node]:
    """The parameters of an operation, those of its path first."""
    for one in (*document["paths"][path].get("parameters", ()), *node.get("parameters", ())):
        yield resolved(one, document)


def content(document: Node, node: Node, part: str) -> Node:
    """Media type objects of the request (`request`) or of the response of a status."""
    holder = node["requestBody"] if part == "request" else node["responses"][part]
    found: Node = resolved(holder, document).get("content", {})
    return found


# Examples


def examples(document: Node) -> Iterator[Example]:
    """Every example of `document`, wherever it stands."""
    yield from _examples(document, document, "#", "")


def problems(example: Example, document: Node) -> list[str]:
    """Why `example` is none of its schema; XML is judged by its root alone."""
    if example.media_type.endswith("xml") and isinstance(example.value, str):
        return _root_problems(fromstring(example.value), resolved(example.schema, document))
    checked = OAS30Validator(
        {**example.schema, "components": document["components"]},
        format_checker=oas30_format_checker,
    )
    return [f"{error.json_path}: {error.message}" for error in checked.iter_errors(example.value)]


def _examples(node: Any, document: Node, where: str, media_type: str) -> Iterator[Example]:
    if isinstance(node, list):
        for number, child in enumerate(node):
            yield from _examples(child, document, f"{where}/{number}", media_type)
    elif isinstance(node, dict):
        schema = node.get("schema", node)
        if "example" in node:
            yield Example(f"{where}/example", node["example"], schema, media_type)
        for name, example in (node.get("examples", {}) if "schema" in node else {}).items():
            value = resolved(example, document)["value"]
            yield Example(f"{where}/examples/{name}", value, schema, media_type)
        for name, child in node.items():
            if name in {"example", "examples"} or name.startswith("x-"):
                continue
            yield from _below(name, child, document, f"{where}/{name}")


def _below(name: str, child: Any, document: Node, where: str) -> Iterator[Example]:
    """Members of `properties` and `content` are names, whatever they are called."""
    if name in {"properties", "content"} and isinstance(child, dict):
        for key, node in child.items():
            yield from _examples(node, document, f"{where}/{key}", key if name == "content" else "")
    else:
        yield from _examples(child, document, where, "")


def _root_problems(root: Element, schema: Node) -> list[str]:
    xml = schema["xml"]
    wanted = f"{{{xml['namespace']}}}{xml['name']}" if "namespace" in xml else xml["name"]
    return [] if root.tag == wanted else [f"root {root.tag}, not {wanted}"]


# Facts of the seeds


def fields(vendor: str) -> Iterator[Field]:
    """Every member that the seed of `vendor` lists."""
    for name, node in seed(vendor).items():
        parts = {"request": node.get("request", {}), **node.get("responses", {})}
        for part, listed in parts.items():
            for path, facts in listed.get("fields", {}).items():
                yield Field(vendor, name, part, path, facts)


def untrue(field: Field, document: Node) -> list[str]:
    """The facts of `field` that some media type of the spec does not state."""
    node = operation(document, field.operation)[2]
    return [
        f"{media_type}: {fact}"
        for media_type, holder in content(document, node, field.part).items()
        for fact in disagreements(_body(holder), field.path, field.facts, document)
    ]


def disagreements(schema: Node, path: str, facts: Node, document: Node) -> list[str]:
    """What of `facts` does not hold of the member at `path`."""
    parents, found = [schema], [schema]
    name = ""
    for name in path.split("/")[1:]:
        parents = [facet for node in found for facet in facets(node, document)]
        found = [child for facet in parents for child in _member(facet, name)]
    if not found:
        return [f"{path} is not there"]
    stated = [facet for node in found for facet in facets(node, document)]
    required = any(name in facet.get("required", ()) for facet in parents)
    return [
        f"{path}: {fact} is not {value}"
        for fact, value in facts.items()
        if not (required is value if fact == "required" else _stated(stated, fact, value))
    ]


def _body(holder: Node) -> Node:
    """The schema of a body; of a form, that of the list which its keys spell."""
    found: Node = holder.get("x-binder", {}).get("schema", holder["schema"])
    return found


def facets(node: Node, document: Node) -> list[Node]:
    """`node` and all that it is put together of."""
    node = resolved(node, document)
    parts = [part for word in ("allOf", "oneOf", "anyOf") for part in node.get(word, ())]
    return [node, *(facet for part in parts for facet in facets(part, document))]


def _member(facet: Node, name: str) -> list[Node]:
    found = facet.get("items") if name == "*" else facet.get("properties", {}).get(name)
    return [] if found is None else [found]


def _stated(stated: Sequence[Node], fact: str, value: Any) -> bool:
    if fact == "enum":
        return any(set(value) <= set(facet.get("enum", ())) for facet in stated)
    return any(facet.get(fact) == value for facet in stated)
