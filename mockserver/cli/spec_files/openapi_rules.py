"""What OpenAPI itself does not allow in a spec."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from mockserver.cli.failure.suggestions import nearest, shown
from mockserver.cli.spec_files.cures import openapi_cure
from mockserver.spec.openapi import METHODS

Path_ = tuple[str | int, ...]
_MOST_PROBLEMS = 20
_TYPES = ("string", "number", "integer", "boolean", "array", "object")
_TYPE_NAMES = {
    **dict.fromkeys(("int", "long", "int32", "int64", "short"), "integer"),
    **dict.fromkeys(("float", "double", "decimal", "numeric"), "number"),
    **dict.fromkeys(("str", "text", "char", "varchar"), "string"),
    **{name: f"string, format: {name}" for name in ("date", "uuid", "email", "uri")},
    **dict.fromkeys(("datetime", "date-time", "timestamp"), "string, format: date-time"),
    **dict.fromkeys(("list", "tuple", "set"), "array"),
    **dict.fromkeys(("dict", "map", "json", "struct"), "object"),
    "bool": "boolean",
}
_SCHEMA_PLACES = frozenset({"schema", "schemas"})
_VALUES = frozenset({"example", "examples", "default", "enum"})
_PATH_PARAMETER = re.compile(r"Path parameter '(.+)' for '(\w+)' operation in '(.+)' was not resolved")


def operations_of(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield path, method and object of each operation, without what has not their structure."""
    paths = document.get("paths")
    for path, item in paths.items() if isinstance(paths, dict) else ():
        for method in METHODS:
            if isinstance(item, dict) and isinstance(item.get(method), dict):
                yield path, method, item[method]


def openapi_problems(document: dict[str, Any]) -> list[tuple[Path_, str, str]]:
    """Return path, problem and cure of what OpenAPI does not allow, 20 at most."""
    found: list[tuple[Path_, str, str]] = []
    try:
        for error in _errors(document):
            if len(found) == _MOST_PROBLEMS:
                break
            what = error.message.partition("\n")[0]
            if what.startswith("Operation ID "):  # our loader says where the other one is
                continue
            parameter = _PATH_PARAMETER.fullmatch(what)
            path = ("paths", parameter[3], parameter[2]) if parameter else tuple(error.absolute_path)
            found.append((path, f"OpenAPI: {shown(what)}", openapi_cure(what)))
    except Exception:  # noqa: BLE001 - the library ends in errors of any kind where a structure is wrong
        return found
    return found


def wrong_types(node: Any, path: Path_ = ()) -> Iterator[tuple[Path_, str, str]]:
    """Yield each `type` of a schema that OpenAPI does not have."""
    if isinstance(node, list):
        for index, one in enumerate(node):
            yield from wrong_types(one, (*path, index))
    if not isinstance(node, dict):
        return
    kind, is_schema = node.get("type"), not _SCHEMA_PLACES.isdisjoint(path)
    if is_schema and isinstance(kind, str) and kind not in _TYPES:
        near = _TYPE_NAMES.get(kind.lower()) or nearest(kind, _TYPES) or "string"
        said = f"OpenAPI: type: {shown(kind)} is no type; there are {', '.join(_TYPES)}"
        yield (*path, "type"), said, f"type: {near}"
    for name, value in node.items():
        if name not in _VALUES and not str(name).startswith("x-"):
            yield from wrong_types(value, (*path, name))


def _errors(document: dict[str, Any]) -> Iterator[Any]:
    from openapi_spec_validator import OpenAPIV30SpecValidator, OpenAPIV31SpecValidator  # noqa: PLC0415 - slow

    is_later = str(document.get("openapi", "")).startswith("3.1")
    validator = (OpenAPIV31SpecValidator if is_later else OpenAPIV30SpecValidator)(document)
    yield from validator.iter_errors()
