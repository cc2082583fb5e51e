"""What OpenAPI itself does not allow in a spec."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from mockserver.cli.failure.suggestions import shown
from mockserver.cli.spec_files.cures import openapi_cure
from mockserver.spec.openapi import METHODS

Path_ = tuple[str | int, ...]
_MOST_PROBLEMS = 20
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
            parameter = _PATH_PARAMETER.fullmatch(what)
            path = ("paths", parameter[3], parameter[2]) if parameter else tuple(error.absolute_path)
            found.append((path, f"OpenAPI: {shown(what)}", openapi_cure(what)))
    except Exception:  # noqa: BLE001 - the library ends in errors of any kind where a structure is wrong
        return found
    return found


def _errors(document: dict[str, Any]) -> Iterator[Any]:
    from openapi_spec_validator import OpenAPIV30SpecValidator, OpenAPIV31SpecValidator  # noqa: PLC0415 - slow

    is_later = str(document.get("openapi", "")).startswith("3.1")
    validator = (OpenAPIV31SpecValidator if is_later else OpenAPIV30SpecValidator)(document)
    yield from validator.iter_errors()
