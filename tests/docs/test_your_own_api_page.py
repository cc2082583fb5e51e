"""The page about any OpenAPI file shows what happens."""

from __future__ import annotations

import re
import shlex
from itertools import pairwise

import pytest
from click.testing import CliRunner

from mockserver.cli.main import main
from mockserver.server.application import Application, Options, create_app
from tests.docs.pages import DOCS
from tests.support.client import Client

ROOT = DOCS.parent
PAGE = (DOCS / "your-own-api.md").read_text(encoding="utf-8")
ADDRESS = "http://127.0.0.1:8080"
STEPS = [
    re.findall(r"^\$ (.*)\n((?:[^$].*\n)*)", console, re.MULTILINE)
    for console in re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL)
]
SERVED = [steps for steps in STEPS if steps[0][0].startswith("mockserver run")]


def started(command: str) -> Application:
    words = shlex.split(command)
    named = {flag: ROOT / file for flag, file in pairwise(words) if flag in ("--fixtures", "--overlay")}
    overlays = (named["--overlay"],) if "--overlay" in named else ()
    options = Options(
        files=(ROOT / words[2],), vendors=("shop",), overlays=overlays, fixtures_file=named.get("--fixtures")
    )
    return create_app(options)


@pytest.mark.parametrize("steps", SERVED, ids=lambda steps: steps[0][0][-30:])
def test_calls_are_answered_as_the_page_shows(steps: list[tuple[str, str]]) -> None:
    (start, _), *calls = steps
    client = Client(started(start).entry, {"host": "testserver"})

    for command, shown in calls:
        words = shlex.split(command)
        values = dict(pairwise(words))
        headers = dict(text.split(": ", 1) for flag, text in pairwise(words) if flag == "-H")
        [url] = [word for word in words if word.startswith(ADDRESS)]
        body = values["-d"].encode() if "-d" in values else None
        path = url.removeprefix(ADDRESS)
        answer = client.request(values.get("-X", "GET"), path, content=body, headers=headers)
        pattern = ".*".join(re.escape(part) for part in shown.rstrip("\n").split("…"))
        assert re.fullmatch(pattern, answer.text, re.DOTALL), (command, answer.text)


def test_operations_are_explained_as_the_page_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    [(command, shown)] = [step for steps in STEPS for step in steps if "spec explain" in step[0]]

    assert CliRunner().invoke(main, shlex.split(command)[1:]).stdout == shown


def test_the_overlay_of_the_page_is_that_of_the_examples() -> None:
    [written] = re.findall(r"```yaml\n(overlay: .*?)```", PAGE, re.DOTALL)

    assert (ROOT / "examples" / "shop" / "changes.yaml").read_text(encoding="utf-8") == written
