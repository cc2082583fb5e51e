"""Paths of plain files: several parameters in one step, optional endings, values with dots, queries."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mockserver.codec import json
from mockserver.server.application import Options
from tests.support.client import Client
from tests.support.frozen_app import create_frozen_app

DIGITS = {"type": "string", "pattern": r"^\d+$"}
ENDING = {"$ref": "#/components/schemas/Ending"}
COMPONENTS = {"schemas": {"Ending": {"type": "string", "pattern": "^(.(json|xml))?$"}}}


def parameter(name: str, schema: Any) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": schema}


def operation(name: str, *parameters: Any) -> dict[str, Any]:
    """An operation that answers its own name."""
    answer = {"description": "", "content": {"text/plain": {"example": name}}}
    return {"operationId": name, "parameters": list(parameters), "responses": {"200": answer}}


def serve(folder: Path, paths: Any) -> Client:
    file = folder / "boats.json"
    head = {"openapi": "3.0.3", "info": {"title": "Boats", "version": "1"}, "components": COMPONENTS}
    file.write_bytes(json.encode({**head, "paths": paths}))
    return Client(create_frozen_app(Options(files=(file,), vendors=("boats",))).entry, {}).within("/boats")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/boats/456.json", 200),
        ("/boats/456", 200),
        ("/boats/456.yaml", 404),
        ("/boats/456/json", 404),
        ("/boats.xml", 200),
        ("/boats", 200),
    ],
)
def test_what_the_file_declares_decides_between_parameters_of_one_step(
    tmp_path: Path, path: str, status: int
) -> None:
    show = operation("show", parameter("id", DIGITS), parameter("format", ENDING))
    lists = operation("list", parameter("format", ENDING))
    client = serve(tmp_path, {"/boats/{id}{format}": {"get": show}, "/boats{format}": {"get": lists}})

    assert client.get(path).status == status


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/tags/v1.2", "show"),
        ("/tags/v1.2.json", "as-json"),
        ("/tags/a.b.diff", "difference"),
        ("/tags/diff", "show"),
        ("/tags.csv", "list"),
    ],
)
def test_the_more_literal_path_answers(tmp_path: Path, path: str, found: str) -> None:
    kind = parameter("kind", {"type": "string", "enum": ["diff", "patch"]})
    paths = {
        "/tags/{tag}": {"get": operation("show")},
        "/tags/{tag}.json": {"get": operation("as-json")},
        "/tags/{tag}.{kind}": {"get": operation("difference", kind)},
        "/tags.{format}": {"get": operation("list")},
    }
    client = serve(tmp_path, paths)

    assert client.get(path).text == found


def test_paths_that_differ_in_the_name_of_a_parameter_both_answer(tmp_path: Path) -> None:
    paths = {"/pages/{id}": {"get": operation("show")}, "/pages/{pageId}": {"delete": operation("delete")}}
    client = serve(tmp_path, paths)

    answers = [client.get("/pages/a.b").text, client.request("DELETE", "/pages/a.b").text]

    assert answers == ["show", "delete"]


@pytest.mark.parametrize("pattern", [r"^(?P<sign>a)\1$", "^(a$", "a+", r"^(?<sign>a)$"])
def test_a_pattern_that_cannot_be_part_of_another_decides_nothing(tmp_path: Path, pattern: str) -> None:
    odd = parameter("sign", {"type": "string", "pattern": pattern})
    client = serve(tmp_path, {"/signs/{sign}{format}": {"get": operation("show", odd)}})

    assert client.get("/signs/aa").status in {200, 400}


@pytest.mark.parametrize("path", ["/boats?expand=all", "/boats", "/boats?other"])
def test_a_path_with_a_query_is_answered_with_501_and_the_reason(tmp_path: Path, path: str) -> None:
    paths = {"/boats?expand=all": {"get": operation("expand")}, "/boats": {"post": operation("create")}}
    client = serve(tmp_path, paths)

    refused = client.get(path)

    assert (refused.status, "/boats?expand=all has a query" in refused.text) == (501, True)
    assert client.post("/boats").text == "create"


@pytest.mark.parametrize("path", ["", "/", "/v1", "/v1/"])
@pytest.mark.parametrize(
    "others", [{}, {"/{key}": {"get": operation("key", parameter("key", {"type": "string"}))}}]
)
def test_the_root_is_reached_with_and_without_a_final_slash(tmp_path: Path, path: str, others: Any) -> None:
    file = tmp_path / "boats.json"
    head = {"openapi": "3.0.3", "info": {"title": "Boats", "version": "1"}, "servers": [{"url": "/v1"}]}
    file.write_bytes(json.encode({**head, "paths": {"/": {"get": operation("root")}, **others}}))
    client = Client(create_frozen_app(Options(files=(file,), vendors=("boats",))).entry, {})

    answer = client.get(f"/boats{path}")

    assert (answer.status, answer.body) == (200, b"root")
