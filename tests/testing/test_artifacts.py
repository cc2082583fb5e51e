"""What a failed test leaves runs again on another server."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mockserver.testing.sandbox import Sandbox
from mockserver.testing.server import MockServer
from tests.support.quick_pytest import QUICK
from tests.support.server_process import serve_process
from tests.testing.sending import put_invoices, send

pytest_plugins = ["pytester"]


@pytest.fixture(scope="module")
def fresh_url() -> Iterator[str]:
    with serve_process("--vendor", "vba") as url:
        yield url


def saved(box: Sandbox, folder: Path) -> Path:
    box.save(folder)
    return folder / box.name


def test_the_files_of_a_scenario_run_again_on_another_server(
    server: MockServer, fresh_url: str, tmp_path: Path
) -> None:
    with Sandbox(server, allow=("never-hit",)) as box:
        vba = box.vendor("vba")
        put_invoices(vba, [{"invoice_Key": 1, "payee_ID": "P100"}])
        vba.arm(fail="internal", item="1", times=2)
        put_invoices(vba, [{"invoice_Key": 1, "payee_ID": "P100"}, {"invoice_Key": 2, "payee_ID": "P100"}])
        folder = saved(box, tmp_path / "a folder")
    commands = [
        ["sh", "story.sh"],
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", os.devnull, "test_story.py"],
        [sys.executable, "-m", "mockserver", "cases", "run", "story.case.yaml", "--target", fresh_url],
    ]

    for command in commands:
        done = subprocess.run(  # noqa: S603 - our own exports
            command,
            cwd=folder,
            env={**os.environ, "MOCKSERVER_URL": fresh_url, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
            capture_output=True,
            timeout=60,
            check=False,
        )
        assert (done.returncode, command) == (0, command), done.stdout.decode() + done.stderr.decode()


@pytest.fixture
def project_with_story(server: MockServer, pytester: pytest.Pytester) -> Path:
    """Return the folder of a saved call inside a project with one test of its own."""
    pytester.makepyfile(test_own="def test_own(): pass")
    with Sandbox(server) as box:
        send(box.vendor("vba"), box.vendor("vba").example(items=1))
        return saved(box, pytester.path / "artifacts")


def test_pytest_does_not_collect_a_saved_story_with_the_tests_of_the_project(
    project_with_story: Path, pytester: pytest.Pytester
) -> None:
    assert (project_with_story / "test_story.py").is_file()

    pytester.runpytest_subprocess(*QUICK, "-p", "no:randomly").assert_outcomes(passed=1)


def test_a_saved_story_runs_when_its_file_is_named(
    project_with_story: Path, pytester: pytest.Pytester, server: MockServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOCKSERVER_URL", server.url)
    story = (project_with_story / "test_story.py").relative_to(pytester.path)

    result = pytester.runpytest_subprocess(*QUICK, "-p", "no:randomly", str(story), "-v")

    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*test_story.py::*PASSED*"])


def test_a_form_that_is_refused_leaves_the_reason(server: MockServer, tmp_path: Path) -> None:
    with Sandbox(server) as box:
        folder = saved(box, tmp_path)

    assert (folder / "case.refused.txt").read_text() == "no call of the journal matches\n"
    assert not (folder / "story.case.yaml").exists()


def test_files_of_an_earlier_failure_are_replaced(server: MockServer, tmp_path: Path) -> None:
    with Sandbox(server) as box:
        folder = saved(box, tmp_path)
        send(box.vendor("vba"), box.vendor("vba").example(items=1))
        saved(box, tmp_path)

    assert (folder / "story.case.yaml").exists()
    assert not (folder / "case.refused.txt").exists()
