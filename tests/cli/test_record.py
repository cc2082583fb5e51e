from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner, Result

from mockserver.cli.main import main
from mockserver.server.application import Options, create_app
from mockserver.testing.threaded_server import run_in_thread

CALL = """
import os, sys, urllib.error, urllib.request
url, status = sys.argv[1:]
assert os.environ["MOCKSERVER_URL"] == url
headers = {"Content-Type": "application/json", "x-api-key": "g3heim-1", "Authorization": "Bearer g3heim-2"}
headers["vbasoftware-database"] = "sandbox"
body = b'[{"invoice_Key": 1, "note": "anna.bakker@bedrijf.nl"}, {"invoice_Key": 2, "payee_ID": "NOPE"}]'
urllib.request.urlopen(
    urllib.request.Request(url + "/vba/claim-invoice-batch", body, headers, method="PUT")
)
sys.exit(int(status))
"""

Run = Callable[..., Result]


@pytest.fixture
def real() -> Iterator[tuple[str, ...]]:
    """The options of a recording of a real server."""
    with run_in_thread(create_app(Options(vendors=("vba",)))) as url:
        yield "--target", f"{url}/vba", "--port", "0"


@pytest.fixture
def record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, real: tuple[str, ...]) -> Run:
    """Run the command in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    return lambda *words: CliRunner().invoke(main, ["record", "vba", *real, *words])


def client(program: str = CALL, status: int = 0) -> tuple[str, ...]:
    return ("--", sys.executable, "-S", "-c", program, "{url}", str(status))


def test_the_calls_of_a_command_are_written_masked(record: Run, tmp_path: Path) -> None:
    result = record("--case", "calls.yaml", *client())

    assert (result.exit_code, result.stderr.splitlines()[1:]) == (0, ["1 call written"])
    archive, case = (tmp_path / name for name in ("recording.har", "calls.yaml"))
    texts = archive.read_text() + case.read_text()
    assert len(json.loads(archive.read_text())["log"]["entries"]) == 1
    assert not any(secret in texts for secret in ("g3heim", "anna.bakker"))


def test_a_recorded_case_passes_where_the_answers_are_the_same(record: Run) -> None:
    record("--case", "calls.yaml", *client())

    result = CliRunner().invoke(main, ["cases", "run", "calls.yaml"])

    assert (result.exit_code, result.output[:5]) == (0, "PASS ")


@pytest.mark.parametrize(("options", "code"), [((), 2), (("--force",), 0)])
def test_a_file_that_exists_is_replaced_only_by_force(
    record: Run, tmp_path: Path, options: tuple[str, ...], code: int
) -> None:
    file = tmp_path / "recording.har"
    file.write_text("mine")

    result = record(*options, *client())

    assert (result.exit_code, file.read_text() == "mine") == (code, code != 0)


def test_a_recording_without_calls_is_not_written(record: Run, tmp_path: Path) -> None:
    result = record(*client("pass"))

    assert (result.exit_code, "no call was made" in result.stderr) == (1, True)
    assert list(tmp_path.iterdir()) == []


def test_the_calls_of_a_command_that_fails_are_written(record: Run, tmp_path: Path) -> None:
    result = record(*client(status=3))

    assert (result.exit_code, "COMMAND ended with status 3" in result.stderr) == (1, True)
    assert (tmp_path / "recording.har").exists()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (
            ("--target", "http://vendor.example"),
            "vendor.example is neither loopback nor allowed\n   at: --target\n",
        ),
        (("--target", "vendor.example"), "expected http:// or https:// and a host"),
        (("--", "./no-such-program"), "the command cannot be started"),
        (("--out", "no-folder/x.har", *client()), "the recording cannot be written"),
    ],
)
def test_what_cannot_be_recorded_ends_with_2(record: Run, words: tuple[str, ...], says: str) -> None:
    result = record(*words)

    assert (result.exit_code, says in result.stderr) == (2, True)


def test_a_recording_does_not_call_itself(record: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    result = record("--target", f"http://localhost:{port}/payt", "--port", str(port))

    assert (result.exit_code, result.stderr.splitlines()[1]) == (2, "   at: --target")
    assert f"localhost is this server itself, at 127.0.0.1 port {port}" in result.stderr


def test_a_port_that_is_taken_ends_with_5(record: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        result = record("--port", str(taken.getsockname()[1]))

    assert (result.exit_code, "try: --port 0" in result.stderr) == (5, True)


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_recording_and_writes_it(
    tmp_path: Path, ending: signal.Signals, real: tuple[str, ...]
) -> None:
    file = tmp_path / "calls.har"
    words = (sys.executable, "-m", "mockserver", "record", "vba", *real, "--out", str(file))
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as running:  # noqa: S603 - our own program
        assert running.stderr is not None
        url = running.stderr.readline().split()[2]
        httpx.get(f"{url}/vba/providers", timeout=20)
        running.send_signal(ending)

        assert running.wait(20) == 0
    assert len(json.loads(file.read_text())["log"]["entries"]) == 1
