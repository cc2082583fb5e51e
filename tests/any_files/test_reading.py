"""What is wrong in the text of a plain file is said with its place, and with something to do about it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mockserver.cli.spec_check import find_problems
from mockserver.codec import json
from mockserver.errors import SpecError
from mockserver.server.application import Options
from mockserver.spec.loading import load_own
from tests.support.client import Client
from tests.support.frozen_app import create_frozen_app

PATHS = '"paths": {"/boats": {"get": {"responses": {"200": {"description": "boats"}}}}}'
HEAD = f'{{"openapi": "3.1.0", {PATHS},\n'


def written(folder: Path, name: str, text: str | bytes) -> Path:
    file = folder / name
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return file


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("boats.json", HEAD + '"info": {},\n"info": {}}'),
        ("tabs.json", HEAD + '\t"x-a": "\\ud83d\\ude00",\n\t"x-a": 1}'),
        ("paths.json", HEAD + f'"tags": [],\n{PATHS}}}'),
        (
            "boats.yaml",
            f"openapi: 3.1.0\n{PATHS}\nopenapi: 3.1.0",
        ),
    ],
)
def test_a_name_that_is_written_twice_is_told_at_the_start_with_its_line(
    tmp_path: Path, name: str, text: str
) -> None:
    [note] = load_own(written(tmp_path, name, text)).notes

    assert (note.line, "occurs twice" in note.message, "remove" in note.cure) == (3, True, True)


def test_a_name_that_is_written_twice_in_json_is_a_problem_at_its_place(tmp_path: Path) -> None:
    [problem] = find_problems(written(tmp_path, "boats.json", HEAD + '"info": {},\n  "info": {}}'))

    assert (problem.place, "twice" in problem.what) == ((3, 3), True)


@pytest.mark.parametrize(
    ("name", "text", "place", "what"),
    [
        ("boats.json", HEAD + '"info" 1}', (2, 8), "not JSON: Expecting ':' delimiter"),
        ("boats.yaml", "openapi: 3.1.0\ninfo: {title: é\x01}", (2, 16), "not YAML: unacceptable character"),
        ("boats.yaml", "openapi: 3.1.0\ninfo: é".encode("latin-1"), (2, 7), "the file is not UTF-8 text"),
        (
            "boats.yaml",
            "openapi: 3.1.0\ninfo: é".encode("utf-16") + b"\x00",
            (2, 8),
            "the file is not UTF-16",
        ),
    ],
)
def test_what_cannot_be_read_is_placed_and_has_a_cure(
    tmp_path: Path, name: str, text: str | bytes, place: tuple[int, int], what: str
) -> None:
    [problem] = find_problems(written(tmp_path, name, text))

    assert (problem.place, problem.what.startswith(what)) == (place, True)
    assert problem.cure
    assert "spec check" not in problem.cure


@pytest.mark.parametrize(
    ("paths", "line", "message"),
    [
        ('"/b": {"get": {"parameters": 5}}', 2, "parameters is no list"),
        ('"/b": {"get": {"security": "x"}}', 2, "security is no list"),
        ('"b": {"get": {}}', 2, "a path begins with a slash"),
        ('"/b/{id": {"get": {}}', 2, "/b/{id has a brace"),
        (
            '"/b": {"post": {"requestBody": {"content": {"a/b": {"schema": {"properties": "x"}}}}}}',
            2,
            "properties: x is no object",
        ),
    ],
)
def test_a_member_that_is_read_differently_is_told_with_its_line_and_a_cure(
    tmp_path: Path, paths: str, line: int, message: str
) -> None:
    file = written(tmp_path, "boats.json", f'{{"openapi": "3.1.0", "paths": {{\n{paths}}}}}')

    [note] = load_own(file).notes

    assert (note.line, note.message.startswith(message), bool(note.cure)) == (line, True, True)


def test_a_text_in_flow_style_is_yaml(tmp_path: Path) -> None:
    file = written(tmp_path, "boats.yaml", HEAD + "# a comment\n}")

    assert load_own(file).operations.keys() == {"getBoats"}


def test_a_document_that_cannot_be_read_is_refused_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"not JSON: .* \(line 2, column 8\)"):
        load_own(written(tmp_path, "boats.json", HEAD + '"info" 1}'))


@pytest.mark.parametrize(
    ("schema", "status"), [({"type": "object", "required": ["id"]}, 400), ({"type": "string"}, 200)]
)
def test_json_is_judged_where_the_file_takes_any_media_type(tmp_path: Path, schema: Any, status: int) -> None:
    body = {"content": {"*/*": {"schema": schema}}}
    paths = {"/boats": {"post": {"requestBody": body, "responses": {"200": {"description": ""}}}}}
    file = tmp_path / "boats.json"
    file.write_bytes(
        json.encode({"openapi": "3.0.3", "info": {"title": "B", "version": "1"}, "paths": paths})
    )
    client = Client(create_frozen_app(Options(files=(file,), vendors=("boats",))).entry, {})

    assert client.post("/boats/boats", json={"name": "Ada"}).status == status
