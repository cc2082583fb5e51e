"""Every made-up file is read: what cannot be served is left out by operation, and told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mockserver.spec.openapi import METHODS
from mockserver.spec.schema import COMMON_FORMATS, compile_schema
from mockserver.spec.served_form import NOT_SERVED, ServedForm, served_form
from mockserver.spec.source_files import read_source
from tests.any_files.support import made_up_files, write_files

LEFT_OUT = {"broken-one": 7, "x-members": 1}
"""Operations that cannot be served, by file; all of any other file are."""


def read(name: str, folder: Path) -> ServedForm:
    return served_form(read_source(write_files(name, folder)).document)


def operations(form: ServedForm) -> list[dict[str, Any]]:
    return [item[one] for item in form.document["paths"].values() for one in METHODS if one in item]


def schemas_of(node: Any) -> list[Any]:
    """The schemas that stand below `schema` in the node."""
    if isinstance(node, list):
        return [found for child in node for found in schemas_of(child)]
    if not isinstance(node, dict):
        return []
    own = [node["schema"]] if isinstance(node.get("schema"), dict) else []
    return own + [found for name, child in node.items() if name != "schema" for found in schemas_of(child)]


@pytest.mark.parametrize("name", sorted(made_up_files()))
def test_every_operation_is_read_or_told(name: str, tmp_path: Path) -> None:
    form = read(name, tmp_path)
    assert len(form.left_out) == LEFT_OUT.get(name, 0), [one.message for one in form.left_out]
    assert len([one for one in operations(form) if NOT_SERVED not in one]) >= 1


@pytest.mark.parametrize("name", sorted(made_up_files()))
def test_every_operation_has_an_id_of_its_own(name: str, tmp_path: Path) -> None:
    ids = [one["operationId"] for one in operations(read(name, tmp_path))]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("name", sorted(made_up_files()))
def test_every_schema_compiles(name: str, tmp_path: Path) -> None:
    document = read(name, tmp_path).document
    found = [*schemas_of(document["paths"]), *document["components"]["schemas"].values()]
    assert found
    for schema in found:
        compile_schema(document, schema, COMMON_FORMATS)
