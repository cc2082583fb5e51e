"""The example of the page about own specs is free of problems, and answers as the page shows."""

from __future__ import annotations

import json
import re
import shlex
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

from mockserver.cli.spec_check import find_problems
from mockserver.errors import SpecError
from mockserver.server.application import Options, create_app
from mockserver.spec import loading
from tests.docs.pages import DOCS
from tests.support.client import Client

PAGE = (DOCS / "own-spec.md").read_text(encoding="utf-8")
[SPEC] = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
[CONSOLE] = re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL)
ADDRESS = "http://127.0.0.1:8080"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    written = tmp_path / "parcels.yaml"
    written.write_text(SPEC, encoding="utf-8")
    return written


def test_the_example_has_neither_problem_nor_warning(file: Path) -> None:
    assert find_problems(file) == ()


def test_the_example_answers_as_the_page_shows(file: Path) -> None:
    client = Client(create_app(Options(vendors=("parcels",), specs=(file.parent,))), {"host": "testserver"})
    _start, *steps = re.findall(r"^\$ (.*)\n((?:[^$].*\n)*)", CONSOLE, re.MULTILINE)

    for command, shown in steps:
        pattern = ".*".join(re.escape(part) for part in shown.rstrip("\n").split("…"))
        assert re.fullmatch(pattern, answer(client, command), re.DOTALL), command


def answer(client: Client, command: str) -> str:
    """What the server answers to the curl command."""
    words = shlex.split(command)
    options = dict(pairwise(words))
    headers = dict(text.split(": ", 1) for flag, text in pairwise(words) if flag == "-H")
    [url] = [word for word in words if word.startswith(ADDRESS)]
    called = client.request(
        options.get("-X", "GET"),
        url.removeprefix(ADDRESS),
        content=options.get("-d", "").encode(),
        headers=headers,
    )
    return called.text


@pytest.mark.parametrize(
    ("section", "right", "wrong"),
    [
        ("x-batch", "upsert: true", "upset: true"),
        ("x-batch.outcome", "status: /status", "state: /status"),
        ("x-paths", "\npaths:\n", "\nx-paths: {slash: taken}\npaths:\n"),
    ],
)
def test_every_member_of_an_extension_is_in_its_table(
    section: str, right: str, wrong: str, tmp_path: Path
) -> None:
    file = tmp_path / "wrong.yaml"
    file.write_text(SPEC.replace(right, wrong), encoding="utf-8")
    with pytest.raises(SpecError, match="unknown; known are") as refused:
        loading.load_spec(file)

    known = str(refused.value).partition("known are ")[2].split(", ")
    rows = re.findall(r"^\| `([a-z-]+)` \|", section_of(section), re.MULTILINE)
    assert sorted(rows) == sorted(known)


def section_of(extension: str) -> str:
    """The part of the page about an extension."""
    return PAGE.partition(f"## `{extension}`\n")[2].partition("\n## ")[0]


@pytest.mark.parametrize("path", ["/PARCELS", "/parcels/", "/rest/parcels", "/packages", "/rest/Packages/"])
def test_the_forms_of_paths_are_taken_as_the_page_says(path: str, file: Path) -> None:
    [line] = re.findall(r"^x-paths: .*\n", section_of("x-paths"), re.MULTILINE)
    file.write_text(SPEC.replace("\npaths:\n", f"\n{line}paths:\n"), encoding="utf-8")
    client = Client(create_app(Options(vendors=("parcels",), specs=(file.parent,))), {"host": "testserver"})

    answered = client.get(f"/parcels{path}", headers={"authorization": "Bearer any"})

    assert (answered.status, answered.json) == (200, [])


@pytest.mark.parametrize(
    ("member", "bodies", "expected"),
    [
        (
            "atomicity: all-or-nothing",
            [{"number": "P-1", "grams": 1}, {"number": "P-2", "grams": 0}],
            [424, 422],
        ),
        ("fatal: [minimum]", [{"number": "P-2", "grams": 0}], 400),
        ("bare-item: true", {"number": "P-1", "grams": 1}, [201]),
    ],
)
def test_members_of_a_batch_do_what_the_table_says(
    member: str, bodies: object, expected: object, file: Path
) -> None:
    file.write_text(SPEC.replace("upsert: true", member), encoding="utf-8")
    client = Client(create_app(Options(vendors=("parcels",), specs=(file.parent,))), {"host": "testserver"})
    sent = bodies if isinstance(bodies, dict) else {"parcels": bodies}

    answered = client.request("PUT", "/parcels/parcels", json=sent, headers={"authorization": "Bearer any"})

    results = answered.json.get("results")
    assert (answered.status if results is None else [one["status"] for one in results]) == expected


def test_the_example_with_xml_takes_and_shows_xml_as_the_page_says(file: Path) -> None:
    section = PAGE.partition("## XML\n")[2].partition("\n## ")[0]
    [added] = re.findall(r"^```\n(.*?)^```", section, re.DOTALL | re.MULTILINE)
    [body] = re.findall(r"^    (<parcels>.*)", section, re.MULTILINE)
    file.write_text(json.dumps(merged(yaml.safe_load(SPEC), yaml.safe_load(added))), encoding="utf-8")
    client = Client(create_app(Options(vendors=("parcels",), specs=(file.parent,))), {"host": "testserver"})
    headers = {"authorization": "Bearer any", "content-type": "application/xml", "accept": "application/xml"}

    stored = client.request("PUT", "/parcels/parcels", content=body.encode(), headers=headers)
    shown = client.get("/parcels/parcels/P-1", headers=headers)

    assert find_problems(file) == ()
    assert [one["status"] for one in stored.json["results"]] == [201]
    assert shown.media_type == "application/xml"
    assert "<number>P-1</number><grams>300</grams></parcel>" in shown.text


def merged(whole: Any, added: Any) -> Any:
    """The document with what is added to it, member by member."""
    if not (isinstance(whole, dict) and isinstance(added, dict)):
        return added
    return {**whole, **{name: merged(whole.get(name), child) for name, child in added.items()}}
