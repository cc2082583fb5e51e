"""Load anybody's OpenAPI file for a run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from yaml import YAMLError

from mockserver.codec import yaml
from mockserver.contract.loading import ApiUnderTest, load_api
from mockserver.contract.profile import Facts, Profile
from mockserver.errors import SpecError
from mockserver.model import Document
from mockserver.spec.openapi import METHODS, Operation, Spec


def load_foreign_api(file: Path, facts: Facts) -> tuple[ApiUnderTest, bool]:
    """Load the API that `file` describes, and say whether it has no batch operations.

    Raises:
        SpecError: it cannot be read, or has batches and cannot be served.
    """
    try:
        text = file.read_text(encoding="utf-8")
        document = yaml.load(text)
    except (OSError, UnicodeError, YAMLError) as error:
        raise SpecError(f"{file.name}: {error}") from None
    if not isinstance(document, Mapping) or not isinstance(document.get("paths"), Mapping):
        raise SpecError(f"{file.name}: paths is missing")
    operations = {one.id: one for one in _operations(document)}
    if any("x-batch" in node for _, _, node in _nodes(document)):
        return load_api(file, facts), False
    outline = Spec(
        file.stem, text, document, operations, (), (), (), any_case_query=False, idempotency_header=""
    )
    return ApiUnderTest(file.stem, outline, Profile(), facts), True


def _nodes(document: Document) -> Iterator[tuple[str, str, Document]]:
    for path, item in document["paths"].items():
        for method in METHODS:
            if isinstance(item, Mapping) and isinstance(item.get(method), Mapping):
                yield path, method, item[method]


def _operations(document: Document) -> Iterator[Operation]:
    """Yield what has to be known of an operation to call it: its name and who may."""
    for path, method, node in _nodes(document):
        security = node.get("security", document.get("security", ()))
        yield Operation(
            id=node.get("operationId") or f"{method.upper()} {path}",
            method=method,
            path=path,
            parameters=(),
            bodies=(),
            body_required=False,
            responses={},
            security=tuple(tuple(alternative) for alternative in security),
            scopes=frozenset(),
            safe=False,
            batch=None,
            collection="",
            magic=(),
        )
