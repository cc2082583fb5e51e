"""`mockserver contract` against servers that listen: an honest one, and some that cheat."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from mockserver.cli.main import main
from mockserver.contract.exchange import BrokenRule
from mockserver.contract.session import holds_again
from mockserver.server.application import Application
from tests.any_files.support import write_files
from tests.support import sample_vendor
from tests.support.asgi_server import listen
from tests.support.server_process import serve_process

Sent = list[dict[str, Any]]


def is_blind(_status: int, results: list[Any]) -> tuple[int, list[Any]]:
    return 207, [{**one, "status": 201} for one in results]


def drops_the_last(status: int, results: list[Any]) -> tuple[int, list[Any]]:
    return status, results[:-1]


def lets_nobody_in(_status: int, _results: list[Any]) -> tuple[int, list[Any]]:
    return 401, []


class Cheat:
    """Answers batches as the application does, less what `bent` makes of it."""

    def __init__(self, app: Application, bent: Callable[[int, list[Any]], tuple[int, list[Any]]]) -> None:
        self.app, self.bent = app, bent

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        status, headers, body = 0, [], b""

        async def kept(message: Any) -> None:
            nonlocal status, headers, body
            if message["type"] == "http.response.start":
                status, headers = message["status"], message["headers"]
            else:
                body += message.get("body", b"")

        await self.app(scope, receive, kept)
        if scope["method"] == "PUT" and status == 207:
            status, results = self.bent(status, json.loads(body)["results"])
            body = json.dumps({"results": results}).encode()
        named = [(name, text) for name, text in headers if name.lower() != b"content-length"]
        headers = [*named, (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def called(spec: Path, target: str, *arguments: str) -> Result:
    put = ("--operation", "putOrders", "--phase", "fuzzing", "--max-examples", "1")
    return CliRunner().invoke(main, ["contract", "--spec", str(spec), "--target", target, *put, *arguments])


def failures(result: Result) -> list[str]:
    """What is said of each failure, with what was sent and what came."""
    lines = result.output.splitlines()
    return [one for one in lines if one.startswith(" " * 8) and "again:" not in one]


@pytest.mark.parametrize(
    ("bent", "check", "said"),
    [
        (is_blind, "outcome-fits-the-item", r"sent \d items?.*bad.*done.*"),
        (drops_the_last, "one-outcome-per-item", r"sent \d items?.*outcome.*"),
        (lets_nobody_in, "positive-data-acceptance,envelope-is-judged", r".*401.*"),
    ],
    ids=["blind", "drops", "401"],
)
def test_a_server_that_cheats_is_told_so(tmp_path: Path, bent: Any, check: str, said: str) -> None:
    app = sample_vendor.create_application(tmp_path)
    with listen(Cheat(app, bent)) as url:
        result = called(tmp_path / "acme.yaml", f"{url}/acme", "--only", check)

    assert result.exit_code == 1, result.output
    assert re.search(f"\n        {said}\n", result.output), result.output


def test_the_line_that_is_printed_comes_to_the_same_again(tmp_path: Path) -> None:
    app = sample_vendor.create_application(tmp_path)
    with listen(Cheat(app, drops_the_last)) as url:
        first = called(tmp_path / "acme.yaml", f"{url}/acme", "--only", "one-outcome-per-item", "--seed", "7")
        line = next(one for one in first.output.splitlines() if "again:" in one)
        second = CliRunner().invoke(main, shlex.split(line.partition("mockserver ")[2]))

    assert first.exit_code == 1
    assert failures(first)
    assert failures(second) == failures(first)


def test_the_test_that_is_written_fails_with_the_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = sample_vendor.create_application(tmp_path)
    with listen(Cheat(app, drops_the_last)) as url:
        monkeypatch.setenv("MOCKSERVER_TARGET", f"{url}/acme")
        with pytest.raises(BrokenRule, match="one-outcome-per-item: sent "):
            holds_again(
                "acme",
                "one-outcome-per-item",
                seed=7,
                max_examples=1,
                spec=str(tmp_path / "acme.yaml"),
                operations=("putOrders",),
            )


def test_an_honest_server_holds_in_a_process_of_its_own(tmp_path: Path) -> None:
    spec = sample_vendor.write_spec(tmp_path)
    with serve_process("--specs", str(tmp_path), "--vendor", "acme") as url:
        places = ["--spec", str(spec), "--target", f"{url}/acme", "--report-dir", str(tmp_path / "report")]
        options = ["--max-examples", "1", "--operation", "putOrders", "--report", "junit,html"]
        done = subprocess.run(  # noqa: S603 - our own command line
            [sys.executable, "-m", "mockserver", "contract", *places, *options],
            capture_output=True,
            text=True,
            check=False,
        )

    assert done.returncode == 0, done.stdout
    assert re.fullmatch(
        r"loading acme…\n"
        r"acme PUT /orders  \d+ checks ok  \d+ calls  [\d.]+ s\n"
        r"(acme PUT /orders sequences  \d+ checks ok  \d+ calls  [\d.]+ s\n)?",
        done.stderr,
    )
    assert re.fullmatch(
        r"acme  http://\S+     seed 0 · .*\nnote: acme: no sequences of PUT /orders, because .*\n"
        r"reports: \S+/junit.xml  \S+/index.html\n0 failed, \d+ passed\n",
        done.stdout,
    )
    assert "\x1b" not in done.stdout


def test_any_file_is_called_in_its_served_form(tmp_path: Path) -> None:
    spec = write_files("crud-3-1", tmp_path)
    with serve_process(str(spec), "--vendor", "openapi") as url:
        result = CliRunner().invoke(
            main,
            ["contract", "--spec", str(spec), "--target", f"{url}/openapi", "--max-examples", "1", "--json"],
        )

    document = json.loads(result.stdout)
    operations = {one["operation"] for one in document["vendors"][0]["operations"]}
    assert (result.exit_code, operations) == (
        0,
        {"orders.list", "orders.create", "orders.createMany", "orders.get"},
    )
