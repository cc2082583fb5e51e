"""What the README and the page of outcomes show is what happens: every curl is run, its answer compared."""

from __future__ import annotations

import re
import shlex
from itertools import pairwise
from pathlib import Path

import pytest

from mockserver.server.application import Application, Options, create_app
from tests.support.client import Client, Response

README = Path(__file__).parents[1] / "README.md"
OUTCOMES = README.parent / "docs" / "outcomes.md"
BLOCK = re.compile(r"```console\n\$ (curl .*?)\n(.*?)\n```", re.DOTALL)
EXAMPLES = [found for page in (README, OUTCOMES) for found in BLOCK.findall(page.read_text(encoding="utf-8"))]
MAX_LINES = 180


@pytest.fixture(scope="module")
def fresh() -> Application:
    """A server as `make run` starts it."""
    return create_app(Options())


def run(command: str, app: Application) -> Response:
    """What the curl command line gets from `app`; flags that are not known here are a mistake."""
    words = shlex.split(command)[1:]
    url = next(word for word in words if word.startswith("http://127.0.0.1:8080/"))
    headers = dict(text.split(": ", 1) for flag, text in pairwise(words) if flag == "-H")
    values = dict(pairwise(words))
    assert {word for word in words if word.startswith("-") and len(word) == 2} <= {"-s", "-X", "-H", "-d"}
    method = values.get("-X", "POST" if "-d" in values else "GET")
    client = Client(app, {"host": "127.0.0.1:8080", "user-agent": "curl/8", "accept": "*/*"})
    path = url.removeprefix("http://127.0.0.1:8080")
    return client.request(method, path, content=values["-d"].encode(), headers=headers)


def test_a_call_is_shown_for_every_vendor_and_for_a_scenario() -> None:
    shown = {url.split("/")[3] for url, _ in EXAMPLES}

    assert {"vba", "guidewire", "pvex", "payt", "xero", "_mock"} <= shown


@pytest.mark.parametrize(("command", "shown"), EXAMPLES, ids=[url.split("/")[3] for url, _ in EXAMPLES])
def test_a_call_is_answered_as_it_is_shown(command: str, shown: str, fresh: Application) -> None:
    answer = run(command, fresh)

    parts = [re.escape(part) for part in shown.split("…")]
    assert re.fullmatch(".*".join(parts), answer.text, re.DOTALL), answer.text


def test_the_readme_is_short_enough_to_be_read() -> None:
    assert len(README.read_text(encoding="utf-8").splitlines()) <= MAX_LINES
