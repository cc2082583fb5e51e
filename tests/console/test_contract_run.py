from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mockserver.console import contract_run
from mockserver.console.contract_run import ContractRun
from mockserver.engine.registry import vendor_packages
from tests.support.commands import UNUSED_URL

DEADLINE_S = 60
WORDS = "import json, os, sys; print(json.dumps([sys.argv[1:], sorted(os.environ)]))"
STUBBORN = """
import signal, threading
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("begun", flush=True)
threading.Event().wait(60)
"""


def begun(folder: Path, source: str) -> tuple[ContractRun, Any]:
    """A run of a program in place of the suite, and its process."""
    run = ContractRun(folder, command=(sys.executable, "-c", source))
    assert run.start("acme", "http://127.0.0.1:1")
    return run, run._process  # noqa: SLF001 - to wait for its end


def ended(folder: Path, source: str) -> Any:
    run, process = begun(folder, source)
    process.wait(DEADLINE_S)
    return run.document()


@pytest.fixture
def waiting(tmp_path: Path) -> Iterator[tuple[ContractRun, Any]]:
    """A run that goes on until it is ended."""
    run, process = begun(tmp_path, "import threading; threading.Event().wait(60)")
    yield run, process
    run.close()


def test_there_is_no_run_before_the_first(tmp_path: Path) -> None:
    assert ContractRun(tmp_path).document() is None


def test_the_suite_is_given_the_vendor_and_the_address_of_this_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOCKSERVER_SEED", "7")

    words, names = json.loads(ended(tmp_path, WORDS)["lines"][0])

    assert words[:3] == ["acme", "--target", "http://127.0.0.1:1/acme"]
    assert words[3:5] == ["--report-dir", str(tmp_path / "contract-acme")]
    assert "--quick" in words
    assert [name for name in names if name.startswith("MOCKSERVER_")] == []


def test_a_run_that_ended_has_its_status_and_its_last_lines(tmp_path: Path) -> None:
    found = ended(tmp_path, "import sys; [print(n) for n in range(100)]; sys.exit(1)")

    assert found == {
        "vendor": "acme",
        "status": 1,
        "lines": [str(number) for number in range(80, 100)],
        "report": "contract-acme/index.html",
    }


def test_a_run_goes_on_until_it_ends(waiting: tuple[ContractRun, Any]) -> None:
    found = waiting[0].document()

    assert found is not None
    assert found["status"] is None


def test_a_second_run_is_not_started_beside_the_first(waiting: tuple[ContractRun, Any]) -> None:
    assert not waiting[0].start("other", "http://127.0.0.1:1")


def test_another_run_follows_one_that_ended(waiting: tuple[ContractRun, Any]) -> None:
    run, process = waiting
    process.kill()
    process.wait(DEADLINE_S)

    assert run.start("other", "http://127.0.0.1:1")


def test_no_process_is_left_when_the_server_ends(waiting: tuple[ContractRun, Any]) -> None:
    run, process = waiting

    run.close()

    assert process.returncode is not None


def test_a_process_that_does_not_end_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contract_run, "_STOP_S", 0.1)
    run, process = begun(tmp_path, STUBBORN)
    while process.poll() is None and not (run.document() or {})["lines"]:
        pass  # until it ignores the signal

    run.close()

    assert process.returncode not in (None, 0)


def test_a_folder_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(OSError, match="file"):
        ContractRun(tmp_path / "file").start("acme", "http://127.0.0.1:1")


def test_the_suite_itself_is_run(tmp_path: Path) -> None:
    run = ContractRun(tmp_path)
    run.start(vendor_packages()[0], UNUSED_URL)
    process: subprocess.Popen[bytes] | None = run._process  # noqa: SLF001
    assert process is not None

    process.wait(DEADLINE_S)

    found = run.document()
    assert found is not None
    assert (found["status"], "no server answers" in "\n".join(found["lines"])) == (3, True)
