"""Servers of another make answer the calls of the contract suite through the mock as they do directly."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
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
from tests.contract.foreign.servers import SERVERS
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


def options(name: str) -> Options:
    if name == "payt":
        return Options(vendors=("payt",))
    return Options(files=(harbour.SPEC,), overlays=(harbour.OVERLAY,), vendors=("harbour",))


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
        given = options(name)
        given = Options(
            files=given.files, overlays=given.overlays, vendors=given.vendors, forward=ForwardRules(behind)
        )
        with (
            run_in_thread(create_frozen_app(given)) as mock,
            sent_twice(direct, f"{mock}/{given.vendors[0]}") as (url, twice),
        ):
            arguments = [*foreign.options, "--target", url, "--no-shrink", *facts, "--max-examples", "40"]
            for seed in range(1, 20):
                result = CliRunner().invoke(
                    main, ["contract", *arguments, "--seed", str(seed)], env=dict(foreign.environment)
                )
                assert result.exit_code in (0, 1), result.output
                if twice.calls >= CALLS:
                    break

    assert twice.differences[:3] == []
    assert twice.calls >= CALLS
