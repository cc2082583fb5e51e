from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from mockserver import __version__
from mockserver.cli.main import main
from mockserver.contract.examples import ProfileExamples
from mockserver.server import serving
from mockserver.server.application import Options
from mockserver.server.serving import Serving


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


@pytest.fixture
def taken() -> Iterator[int]:
    """A port of the loopback interface that somebody listens on."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield listening.getsockname()[1]


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What `run` would serve; nothing is."""
    calls: list[dict[str, Any]] = []

    def serve(options: Options, serving: Serving, _report: Any) -> None:
        calls.append({"options": options, "serving": serving})

    monkeypatch.setattr(serving, "serve", serve)
    return calls


@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_help_tells_the_commands(flag: str) -> None:
    result = run(flag)

    assert (result.exit_code, "run " in result.output) == (0, True)


def test_the_version_is_told() -> None:
    assert __version__ in run("--version").output


def test_a_port_that_is_taken_is_exit_5(taken: int) -> None:
    result = run("run", "--port", str(taken), "--log", "off")

    assert (result.exit_code, result.stdout) == (5, "")
    assert re.fullmatch(
        rf"error: port {taken} is taken( by process \d+ \(.+\))?\n"
        rf"   at: --port {taken}\n  try: mockserver run --port 0\n",
        result.stderr,
    )


def test_run_serves_everything_on_the_loopback_by_default(served: list[dict[str, Any]]) -> None:
    result = run("run")
    options = Options(hosts=("127.0.0.1",), examples=served[0]["options"].examples, reports=Path("report"))

    assert (result.exit_code, served) == (
        0,
        [{"options": options, "serving": Serving(host="127.0.0.1", port=8080)}],
    )


def test_run_makes_examples_of_what_the_contract_suite_knows(served: list[dict[str, Any]]) -> None:
    run("run")

    assert isinstance(served[0]["options"].examples(), ProfileExamples)


def test_options_reach_the_server(served: list[dict[str, Any]], tmp_path: Path) -> None:
    for vendor in ("a", "b"):
        (tmp_path / f"{vendor}.yaml").touch()

    run(
        *("run", "--vendor", "a", "--vendor", "b", "--specs", str(tmp_path), "--at-root", "a"),
        *("--auth", "strict", "--seed", "7", "--freeze", "2026-01-05T10:00:00+01:00", "--empty"),
        *("--max-body", "5", "--max-items", "6", "--no-mock-headers", "--host", "::1"),
        *("--max-sandboxes", "7", "--sandbox-idle", "8", "--allow-host", "mock", "--allow-host", "ci"),
        *("--control-token", "sesame", "--no-console"),
    )

    assert served[0]["options"] == Options(
        vendors=("a", "b"),
        specs=(tmp_path,),
        at_root="a",
        strict_auth=True,
        seed=7,
        freeze="2026-01-05T09:00:00Z",
        empty=True,
        max_body_bytes=5,
        max_items=6,
        mock_headers=False,
        console=False,
        max_sandboxes=7,
        sandbox_idle=8,
        hosts=("::1", "mock", "ci"),
        control_token="sesame",
        examples=served[0]["options"].examples,
        reports=Path("report"),
    )


def test_an_assumption_is_set_at_the_start(served: list[dict[str, Any]]) -> None:
    run("run", "--assume", "a.b=c=d", "--assume", "e.f=")

    assert served[0]["options"].assumptions == {"a.b": "c=d", "e.f": ""}


def test_an_assumption_without_a_value_is_a_usage_error() -> None:
    assert run("run", "--assume", "a.b").exit_code == 2
