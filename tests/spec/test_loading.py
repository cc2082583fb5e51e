"""Every `$ref` that leads to nothing is found, wherever it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mockserver.spec.loading import find_broken_references, load_own


def broken(**members: Any) -> list[tuple[Any, ...]]:
    document = {"components": {"schemas": {"Order": {"type": "object"}}}, **members}
    return [(one.path, one.problem, one.nearest) for one in find_broken_references(document)]


@pytest.mark.parametrize(
    ("reference", "problem", "nearest"),
    [
        (
            "#/components/schemas/Ordr",
            "$ref: #/components/schemas/Ordr points at nothing",
            "#/components/schemas/Order",
        ),
        (
            "#/component/schemas/Order",
            "$ref: #/component/schemas/Order points at nothing",
            "#/components/schemas/Order",
        ),
        ("#/components/schemas/Zebra", "$ref: #/components/schemas/Zebra points at nothing", ""),
        ("other.yaml#/Order", "$ref: other.yaml#/Order points out of this file", ""),
        (5, "$ref: 5 is not a text", ""),
    ],
)
def test_a_broken_reference_has_its_path_and_the_nearest(reference: Any, problem: str, nearest: str) -> None:
    assert broken(paths={"/a": {"schema": {"$ref": reference}}}) == [
        (("paths", "/a", "schema"), problem, nearest)
    ]


def test_a_reference_to_itself_is_broken() -> None:
    loop = {"$ref": "#/definitions/loop"}

    assert broken(definitions={"loop": loop}) == [
        (("definitions", "loop"), "$ref: #/definitions/loop points at itself", "")
    ]


def test_a_reference_into_a_list_is_whole() -> None:
    assert broken(tags=[{"name": "a"}], paths={"/a": {"$ref": "#/tags/0"}}) == []


@pytest.mark.parametrize("keyword", ["example", "default", "x-mine"])
def test_data_may_hold_a_member_named_ref(keyword: str) -> None:
    assert broken(schema={keyword: {"$ref": "nothing"}}) == []


def test_a_property_may_be_named_ref_or_like_a_keyword() -> None:
    properties = {"$ref": {"type": "string"}, "value": {"$ref": "#/nothing"}}

    assert [path for path, _, _ in broken(schema={"properties": properties})] == [
        ("schema", "properties", "value")
    ]


def test_an_own_file_may_have_references_where_there_are_none(tmp_path: Path) -> None:
    odd = "{$ref: '#/nowhere', beside: {$ref: 1}}"
    answer = f"{{headers: {{X-A: {odd}}}, content: {{text/plain: {{encoding: {odd}}}}}}}"
    (tmp_path / "api.yaml").write_text(
        f"openapi: 3.0.3\nservers: [{odd}]\npaths: {{/a: {{head: {{responses: {{200: {answer}}}}}}}}}"
    )
    spec = load_own(tmp_path / "api.yaml")

    assert spec.document["servers"] == [{"beside": {}}]
    assert spec.match("HEAD", "/a").operation.id == "headA"
