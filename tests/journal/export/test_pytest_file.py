from __future__ import annotations

import ast
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mockserver.journal.export.formats import FORMATS
from mockserver.journal.export.scripts import pytest_source
from mockserver.journal.export.story import VARYING, Story
from mockserver.model import Delivery
from tests.support.journal_entries import story


def source(**changes: Any) -> str:
    made = pytest_source(story(**changes))
    ast.parse(made)
    return made


def expecting(body: Any) -> Story:
    made = story()
    [call] = made.calls
    return replace(made, calls=(replace(call, expected=replace(call.expected, has_body=True, body=body)),))


def test_a_file_names_its_test_after_its_call() -> None:
    assert FORMATS["pytest"].named(story().stem) == "test_call_17.py"
    assert "def test_call_17_answered_as_recorded(sandbox, vendors):" in source()


def test_values_that_vary_are_left_open() -> None:
    made = pytest_source(expecting({"id": VARYING, "amounts": [1, VARYING]}))

    assert "assert response.json() == {'id': ANY, 'amounts': [1, ANY]}" in made


@pytest.mark.parametrize(
    "changes",
    [
        {"body": bytes(range(256)) * 3},
        {"path": '/a"""b\\'},
        {"headers": {"x": 'it\'s "q" \\ é'}},
        {"reply_body": 'line\n"quoted" é'.encode(), "reply_media_type": "text/plain"},
        {"delivery": Delivery(fault="CONNECTION_RESET_BY_PEER")},
    ],
    ids=["binary", "path", "header", "text", "lost"],
)
def test_what_is_odd_in_a_call_makes_a_file_of_python_all_the_same(changes: dict[str, Any]) -> None:
    assert source(**changes)


def test_a_lost_answer_is_expected_lost() -> None:
    made = source(delivery=Delivery(fault="CONNECTION_RESET_BY_PEER"))

    assert "with pytest.raises(httpx.TransportError):\n        send(vendors, " in made


def test_a_percent_sign_in_a_scenario_stays_one() -> None:
    scenario = {"version": 1, "name": "p", "rules": [{"id": "100%s"}]}
    made = pytest_source(story({"seed": 7, "scenarios": [scenario]}))
    [value] = [
        ast.literal_eval(node.value)
        for node in ast.parse(made).body
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "BEGINNING"
    ]

    assert (value % b"new").decode() == (
        '{"name":"new","seed":7,"scenarios":[{"version":1,"name":"p","rules":[{"id":"100%s"}]}]}'
    )


def test_without_a_server_the_test_fails_with_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "test_x.py").write_text(source(), encoding="utf-8")

    done = subprocess.run(  # noqa: S603 - our own export
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", os.devnull, str(tmp_path)],
        env={
            **os.environ,
            "MOCKSERVER_URL": "http://127.0.0.1:1",
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        },
        capture_output=True,
        text=True,
        check=False,
    )

    said = "no mockserver answers at http://127.0.0.1:1; set MOCKSERVER_URL or start one: mockserver run"
    assert done.returncode == 1
    assert said in done.stdout.splitlines()
    assert "ConnectError" not in done.stdout
