"""Patterns with which an engine that steps back needs minutes: every place that uses a pattern is quick."""

from __future__ import annotations

import json
from pathlib import Path
from time import process_time
from typing import Any
from urllib.parse import quote

import pytest
from click.testing import CliRunner

from mockserver.cli.main import main
from mockserver.contract.oracle.schemas import is_match
from mockserver.model import EMPTY
from mockserver.server.application import Options
from mockserver.spec.loading import load_own
from mockserver.spec.patterns import foreign_pattern, is_straight, text_for
from mockserver.spec.schema import COMMON_FORMATS, compile_schema
from tests.support.client import Client
from tests.support.frozen_app import create_frozen_app

LIMIT_S = 0.3
"""Three times what is promised, because two tests share a core."""

TEXT = "a" * 40 + "!"
# For each pattern, whether the text matches; None if the search is cut.
SLOW: dict[str, bool | None] = {
    r"^(https?:\/\/)?([\da-z\.-]+)\.([a-z\.]{2,6})([\/\w \.-]*)*\/?$": False,
    r"^(a+)+$": False,
    r"^(a|a)*$": False,
    r"^(a|aa)+$": False,
    r"^([a-zA-Z0-9]+[._-]?)+@x$": False,
    r"^(\s*\w*\s*)*;$": False,
    r"^(.*a){12}$": False,
    r"^(\w+\s?)*(?<=z)$": None,
    r"^(\w+\s?)*\1z$": None,
    r"^(?!x)(?:(\w+\s?)*)(?=;)$": None,
}
CUT = [pattern for pattern, found in SLOW.items() if found is None]
each_pattern = pytest.mark.parametrize("pattern", SLOW)


def one_file(folder: Path, *patterns: str) -> Path:
    """Write a file that has each pattern at every place, with an example or a default that is slow."""
    paths: dict[str, Any] = {}
    for number, pattern in enumerate(patterns):
        text = {"type": "string", "pattern": pattern}
        record = {
            "type": "object",
            "required": ["id"],
            "properties": {
                "id": text,
                "shown": {**text, "example": TEXT},
                "usual": {**text, "default": TEXT},
                "either": {"oneOf": [text, {"type": "integer"}]},
                "other": {"not": text},
            },
            "patternProperties": {pattern: {"type": "integer"}},
        }
        place = f"/r{number}"
        key = {"name": "id", "in": "path", "required": True, "schema": text}
        shown = {"description": "done", "content": {"application/json": {"schema": record}}}
        sent = {"content": {"application/json": {"schema": record}}}
        rows = {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"id": {"type": "string"}, "status": {"type": "integer"}},
            },
        }
        items = {"content": {"application/json": {"schema": {"type": "array", "items": record}}}}
        told = {"description": "rows", "content": {"application/json": {"schema": rows}}}
        asked = [{"name": name, "in": at, "schema": text} for name, at in (("q", "query"), ("X-Q", "header"))]
        paths |= {
            f"{place}-shown": {"get": {"parameters": asked, "responses": {"200": shown}}},
            place: {"post": {"requestBody": sent, "responses": {"201": shown}}},
            f"{place}/{{id}}": {"parameters": [key], "get": {"responses": {"200": shown}}},
            f"{place}/{{id}}.txt": {"parameters": [key], "get": {"responses": {"200": shown}}},
            f"{place}/batch": {"post": {"requestBody": items, "responses": {"207": told}}},
        }
    file = folder / "slow.json"
    document = {"openapi": "3.0.3", "info": {"title": "Slow", "version": "1"}, "paths": paths}
    file.write_text(json.dumps(document), encoding="utf-8")
    return file


def client_of(file: Path) -> Client:
    return Client(create_frozen_app(Options(files=(file,), vendors=("slow",))).entry, {}).within("/slow")


@each_pattern
@pytest.mark.parametrize("text", [TEXT, "a" * 2_000, "ab " * 30_000])
def test_a_search_ends(pattern: str, text: str) -> None:
    known = foreign_pattern(pattern)
    assert known is not None
    known.search("")
    begin = process_time()

    known.search(text)

    assert process_time() - begin < LIMIT_S


@each_pattern
def test_a_search_that_is_cut_is_not_judged(pattern: str) -> None:
    known = foreign_pattern(pattern)

    assert known is not None
    assert known.search(TEXT) is SLOW[pattern]
    assert is_match(pattern, TEXT) is SLOW[pattern]
    assert not is_straight(pattern)


@pytest.mark.parametrize("pattern", ["(?=.*x$).z", r"^(?:\s*\w)+;(?=x)", "(a|b)*a(a|b){200}c"])
def test_a_text_that_is_long_for_a_pattern_is_not_judged(pattern: str) -> None:
    known = foreign_pattern(pattern)

    assert known is not None
    assert known.search("a" * 100_000) is None


@pytest.mark.parametrize(
    "pattern", ["((((x{999}){999}){999}){999})", "((((){999}){999}){999}){999}", "^[a-z]$"]
)
def test_no_text_is_made_that_is_too_long(pattern: str) -> None:
    assert text_for(pattern, 1, 50_000) is None


@pytest.mark.parametrize(
    "pattern",
    [
        r"\B\w+\d$",
        r"\w+\b\w+$",
        r"\w[a-c]+\d+?.+?",
        "[a-z]+x",
        "^[a-z]+$",
        "^[^z]*z$",
        r"^\w{1,9}$",
    ],
)
@pytest.mark.parametrize("text", ["a", "é", "ab1 "])
def test_a_pattern_of_few_parts_is_quick_in_a_large_text(pattern: str, text: str) -> None:
    known = foreign_pattern(pattern)
    assert known is not None
    known.search("")
    sent, begin = text * (5_000_000 // len(text)), process_time()

    known.search(sent)

    assert process_time() - begin < LIMIT_S


NAMED, FINAL = "(?=.*a.*b.*c)z", "(?!x)z$"
TEXT_OF = {"type": "string"}


@pytest.mark.parametrize(
    ("schema", "is_alike"),
    [
        ({"oneOf": [{**TEXT_OF, "pattern": NAMED}, {**TEXT_OF, "pattern": FINAL}]}, False),
        ({"not": {**TEXT_OF, "pattern": NAMED}}, True),
        ({"allOf": [{"pattern": NAMED}, {"not": {"pattern": FINAL}}]}, False),
    ],
)
def test_a_text_too_long_to_search_breaks_no_rule(schema: dict[str, Any], *, is_alike: bool) -> None:
    judge = compile_schema(EMPTY, schema, COMMON_FORMATS)

    assert [judge.accepts("a" * 2_001), judge.problems("a" * 2_001)] == [True, []]
    assert judge.accepts("a" * 9) is is_alike


def test_several_valid_alternatives_are_refused_beside_a_long_text() -> None:
    members = {"text": {"pattern": NAMED}, "kind": {"oneOf": [{}, {"maxLength": 5}]}}
    judge = compile_schema(EMPTY, {"properties": members}, COMMON_FORMATS)

    found = judge.problems({"text": "a" * 3_000, "kind": "x"})

    assert [(problem.rule, problem.path) for problem in found] == [("oneOf", ("kind",))]


@pytest.mark.parametrize("length", [2_000, 5_000, 1_000_000])
def test_names_of_members_are_searched_quickly(length: int) -> None:
    schema = {"patternProperties": {NAMED: {"type": "integer"}}, "additionalProperties": False}
    judge = compile_schema(EMPTY, schema, COMMON_FORMATS)
    judge.accepts({})
    begin = process_time()

    found = judge.problems({"a" * length: "x"})

    assert process_time() - begin < LIMIT_S
    assert bool(found) is (length <= 2_000)


@pytest.mark.parametrize(
    ("name", "rules"), [("x-abcz", ["type"]), ("title", ["additionalProperties"]), ("é", [])]
)
def test_names_of_members_are_searched_whatever_the_pattern_begins_with(name: str, rules: list[str]) -> None:
    names = {"x-(?=a).*z": {"type": "integer"}, "é": {"type": "string"}}
    judge = compile_schema(EMPTY, {"patternProperties": names, "additionalProperties": False}, COMMON_FORMATS)

    assert [problem.rule for problem in judge.problems({name: "x"})] == rules


@each_pattern
def test_every_call_is_answered(pattern: str, tmp_path: Path) -> None:
    client, sent = client_of(one_file(tmp_path, pattern)), quote(TEXT, safe="")
    is_cut = SLOW[pattern] is None
    shown = (200, 404, 501) if is_cut else (400,)  # no text may be known that matches
    record = {"id": TEXT, TEXT: 1}

    assert client.get("/r0-shown").status in (200, 501)
    assert client.get(f"/r0-shown?q={sent}").status in shown
    assert client.get("/r0-shown", headers={"X-Q": TEXT}).status in shown
    assert client.get(f"/r0/{sent}").status in shown
    assert client.get(f"/r0/{sent}.txt").status in shown
    assert client.post("/r0", json=record).status == (201 if is_cut else 400)
    rows = client.post(
        "/r0/batch", json=[{**record, "id": f"{TEXT}!"}, {"id": "b" * 100_000}, {"id": 1}]
    ).json
    assert [row["status"] for row in rows][::2] == [201 if is_cut else 422, 422]


@pytest.mark.parametrize("pattern", CUT)
@pytest.mark.parametrize("member", ["id", "shown", "either", "other"])
def test_a_value_that_is_not_judged_is_accepted(pattern: str, member: str, tmp_path: Path) -> None:
    client = client_of(one_file(tmp_path, pattern))

    assert client.post("/r0", json={"id": TEXT, member: TEXT}).status == 201
    assert client.post("/r0", json={"id": TEXT, member: TEXT, "shown": 1}).status == 400


def test_the_start_names_each_pattern_whose_search_may_be_cut_once(tmp_path: Path) -> None:
    told = [note.message for note in load_own(one_file(tmp_path, *SLOW), ()).notes]

    named = [one for one in told if one.startswith("pattern: ")]
    assert [one.removeprefix("pattern: ").partition(" is searched")[0] for one in named] == CUT


@pytest.mark.parametrize("command", ["check", "explain", "suggest"])
def test_a_command_about_the_file_ends(command: str, tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["spec", command, str(one_file(tmp_path, *SLOW))])

    assert done.exception is None or isinstance(done.exception, SystemExit)
    assert "r0" in done.output or command == "check"


def test_a_quick_run_of_the_suite_ends(tmp_path: Path) -> None:
    file = one_file(tmp_path, next(iter(SLOW)), CUT[0])
    arguments = ["contract", "--spec", str(file), "--quick", "--max-examples", "1", "--phase", "fuzzing"]

    done = CliRunner().invoke(main, [*arguments, "--operation", "postR0,getR1Shown"])

    assert "0 failed" in done.output, done.output
