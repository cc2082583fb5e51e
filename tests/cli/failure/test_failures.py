"""Whatever fails ends in one of our exit codes; a fault of ours leaves a report, and nothing a traceback."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from mockserver.cli.main import CommandGroup

SECRET = "sesame-open-1"


@click.group(cls=CommandGroup)
@click.option("--debug", is_flag=True)
def program(*, debug: bool) -> None:
    """Stand in for the root command."""
    del debug


@program.command()
@click.argument("kind")
def failing(kind: str) -> None:
    """Fail in the way that is asked for."""
    failures: dict[str, BaseException] = {
        "fault": KeyError(SECRET),
        "interrupt": KeyboardInterrupt(),
        "abort": click.Abort(),
        "pipe": BrokenPipeError(),
        "usage": click.UsageError("it is so"),
    }
    raise failures[kind]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(program, list(arguments))


@pytest.fixture(autouse=True)
def _reports_go_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


@pytest.mark.parametrize(
    ("kind", "status"), [("fault", 70), ("interrupt", 130), ("abort", 130), ("pipe", 141), ("usage", 2)]
)
def test_each_failure_has_its_exit_code(kind: str, status: int) -> None:
    result = run("failing", kind)

    assert (result.exit_code, "Traceback" in result.output) == (status, False)


@pytest.mark.parametrize("kind", ["interrupt", "pipe"])
def test_an_interrupt_and_a_closed_pipe_are_quiet(kind: str) -> None:
    assert run("failing", kind).output.strip() == ""


def test_a_fault_of_ours_names_a_report_with_the_lines_of_code_and_nothing_of_the_user(
    tmp_path: Path,
) -> None:
    result = run("failing", "fault")
    [report] = tmp_path.iterdir()
    text = report.read_text(encoding="utf-8")

    assert f"error: internal error in mockserver: KeyError\n   at: {report}\n" in result.stderr
    assert (f"{Path(__file__)}:" in text, SECRET in text) == (True, False)


@pytest.mark.parametrize("arguments", [("--debug", "failing", "fault"), ("failing", "fault", "--debug")])
def test_debug_shows_the_traceback_of_a_fault(arguments: tuple[str, ...]) -> None:
    result = run(*arguments)

    assert (result.exit_code, "Traceback (most recent call last)" in result.stderr) == (70, True)


def test_a_fault_that_cannot_be_reported_is_still_one_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", "/nowhere/at/all")

    assert "no report" in run("failing", "fault").stderr


def test_a_reader_that_leaves_ends_the_command_quietly() -> None:
    line = [sys.executable, "-m", "mockserver", "config", "show", "--all"]
    with subprocess.Popen(  # noqa: S603 - our own program
        line, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        told = process.stderr.read()

    assert (process.wait(), told) == (141, b"")


def test_outside_of_a_program_click_raises_as_ever() -> None:
    with pytest.raises(click.UsageError, match="it is so"):
        program.main(["failing", "usage"], standalone_mode=False)
