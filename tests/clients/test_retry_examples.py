"""The Python clients of examples/drill/retries that need no package but ours, each against two cases."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from mockserver.cli.main import main
from tests.tools.retries import CALLS, EXAMPLES


@pytest.mark.parametrize(
    ("program", "keys", "words"),
    [
        ("requests_alone.py", "", ["told", "DROPPED"]),
        ("httpx_transport.py", "", ["told", "DROPPED"]),
        ("urllib3_retry.py", "", ["TWICE", "DROPPED"]),
        ("urllib3_retry.py", "on", ["survived", "DROPPED"]),
        ("right.py", "on", ["survived", "told"]),
    ],
)
def test_a_client_ends_as_the_page_of_retries_says(
    program: str, keys: str, words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(EXAMPLES)  # so that the files, and with them the keys, have short names
    variables = ("--env", "TOKEN={token}", "--env", "TENANT={tenant}", "--env", f"KEYS={keys}")
    options = ("--case", "commit-then-reset,item-refused", "--report-dir", str(tmp_path), "--json")
    command = (sys.executable, program, *CALLS["xero"])

    printed = CliRunner().invoke(main, ["drill", "xero", *variables, *options, "--", *command])

    assert [case["word"] for case in json.loads(printed.stdout)["cases"]] == words
