"""Servers of another make answer the calls of the contract suite through the mock as they do directly."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import cycle, islice
from pathlib import Path
from shutil import which

import pytest
from click.testing import CliRunner

from mockserver.cli.main import main
from mockserver.server.application import Options
from mockserver.server.forwarding import ForwardRules
from mockserver.testing.threaded_server import run_in_thread
from tests.contract.foreign import harbour, payt_books
from tests.contract.foreign.access import API_KEY
from tests.contract.foreign.servers import SEED, SERVERS
from tests.forward.twice import sent_twice
from tests.support.frozen_app import create_frozen_app

CALLS = 2_000
NODE = which("node") or ""


@contextmanager
def node_harbour() -> Iterator[str]:
    with subprocess.Popen(  # noqa: S603 - our own program
        [NODE, str(Path(__file__).with_name("harbour.mjs")), API_KEY],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.kill()


def options(name: str, behind: str) -> Options:
    forward = ForwardRules(behind)
    if name == "payt":
        return Options(vendors=("payt",), forward=forward)
    files, overlays = (harbour.SPEC,), (harbour.OVERLAY,)
    return Options(files=files, overlays=overlays, vendors=("harbour",), forward=forward)


@pytest.mark.parametrize(
    ("name", "serve"),
    [
        pytest.param("payt", payt_books.serve, id="Payt in Python"),
        pytest.param("own", harbour.serve, id="own API in Python"),
        pytest.param(
            "own", node_harbour, id="own API in Node", marks=pytest.mark.skipif(not NODE, reason="no Node")
        ),
    ],
)
def test_2000_calls_have_the_same_answers(
    name: str, serve: Callable[[], AbstractContextManager[str]]
) -> None:
    foreign = SERVERS[name]
    facts = [text for fact in foreign.facts for text in ("--fact", fact)]
    with serve() as direct, serve() as behind:
        given = options(name, behind)
        with (
            run_in_thread(create_frozen_app(given)) as mock,
            sent_twice(direct, f"{mock}/{given.vendors[0]}") as (url, twice),
        ):
            arguments = [*foreign.options, "--target", url, "--seed", SEED, "--quick", "--no-shrink", *facts]
            if name == "payt":
                arguments += ["--phase", "fuzzing"]  # the others take minutes, and their calls are alike
            result = CliRunner().invoke(main, ["contract", *arguments], env=dict(foreign.environment))
            assert result.exit_code in (0, 1), result.output
            for call in islice(cycle([*twice.calls]), max(0, CALLS - len(twice.calls))):
                twice.pass_on(*call)

    assert twice.differences[:3] == []
    assert len(twice.calls) >= CALLS
