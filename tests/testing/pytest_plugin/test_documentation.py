"""The page on tests: its examples run, and it is complete."""

from __future__ import annotations

import re
import shlex
from itertools import pairwise
from pathlib import Path

import httpx
import pytest

import mockserver
from mockserver.testing.pytest_plugin.options import MARKERS
from mockserver.testing.sandbox import Sandbox
from mockserver.testing.scenarios import EFFECTS
from mockserver.testing.server import MockServer

pytest_plugins = ["pytester"]
PAGE = (Path(mockserver.__file__).parents[1] / "docs" / "in-tests.md").read_text(encoding="utf-8")
SAMPLES = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
LEDGER = Path(__file__).parents[3] / "examples" / "ledger" / "ledger" / "__init__.py"


@pytest.mark.parametrize("sample", SAMPLES, ids=["pytest", "example", "ledger", "cases", "unittest"])
def test_a_sample_passes(pytester: pytest.Pytester, server: MockServer, sample: str) -> None:
    pytester.makepyfile(ledger=LEDGER.read_text(encoding="utf-8"))
    pytester.makepyfile(sample.replace("MockServer()", f'MockServer("{server.url}")'))
    pytester.syspathinsert()

    result = pytester.runpytest_inprocess("-p", "no:randomly", "--mockserver-url", server.url)

    assert result.ret == 0
    assert result.parseoutcomes().keys() == {"passed"}


@pytest.mark.parametrize("marker", [marker.partition("(")[0] for marker in MARKERS])
def test_every_marker_stands_there(marker: str) -> None:
    assert f"`{marker}(" in PAGE


@pytest.mark.parametrize("effect", EFFECTS)
def test_every_effect_stands_there(effect: str) -> None:
    assert f"`{effect}`" in PAGE or f"`{effect}=" in PAGE


@pytest.mark.parametrize("option", ["url", "command", "artifacts", "seed"])
def test_every_option_stands_there(option: str) -> None:
    assert f"`--mockserver-{option}=" in PAGE


@pytest.mark.parametrize("member", [name for name in vars(Sandbox) if not name.startswith("_")])
def test_every_member_of_a_sandbox_that_a_test_needs_stands_there(member: str) -> None:
    ends = {"open", "drop", "save", "find_violations"}

    assert member in ends or f"`.{member}" in PAGE


def sent(client: httpx.Client, command: str) -> httpx.Response:
    """Return the response to a curl command of the page."""
    words = shlex.split(command)
    url = next(word for word in words if word.startswith("http://127.0.0.1:8080"))
    headers = dict(text.split(": ", 1) for flag, text in pairwise(words) if flag == "-H")
    values = dict(pairwise(words))
    path = url.removeprefix("http://127.0.0.1:8080")
    return client.request(values.get("-X", "POST"), path, content=values["-d"], headers=headers)
