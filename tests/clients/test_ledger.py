"""The example project: a client with tests of its own, which use the plugin as anybody would."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

import pytest

from tests.support.quick_pytest import QUICK

HERE = Path(__file__).parents[2] / "examples" / "ledger"


@dataclass(frozen=True, slots=True)
class Done:
    """Exit code and lines of the project's own test run, and where it kept what failed tests saw."""

    code: int
    lines: tuple[str, ...]
    kept: Path

    def shows(self, pattern: str) -> bool:
        return any(fnmatch(line, pattern) for line in self.lines)


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Done:
    """The project's tests on two workers, each of which starts a server of its own."""
    kept, options = tmp_path_factory.mktemp("kept"), ("-p", "no:cacheprovider", "-n", "2", "-rA")
    run = subprocess.run(  # noqa: S603 - our own words
        [sys.executable, "-m", "pytest", *QUICK, *options, f"--mockserver-artifacts={kept}"],
        cwd=HERE,
        capture_output=True,
        text=True,
        check=False,
        env={name: text for name, text in os.environ.items() if not name.startswith("PYTEST")},
    )
    return Done(run.returncode, tuple(run.stdout.splitlines()), kept)


@pytest.mark.parametrize(
    "test",
    ["retries_only_the_failed_item", "gives_up_after_fifteen_seconds", "sends_credentials_that_are_good"],
)
def test_a_client_that_resends_failed_items_alone_passes(done: Done, test: str) -> None:
    assert done.shows(f"PASSED tests/test_retry.py::test_{test}"), "\n".join(done.lines)


@pytest.mark.parametrize(
    "line",
    [
        "E *calls sent 3, 3, 3 items: the client resent 2 items that were already created (#2, #3)",
        "E         [[]3, 3, 3[]] == [[]3, 1, 1[]]",
        "*- mock journal -*",
        "vba PUT /claim-invoice-batch 207  3 items: 2 created 1 rejected  * ms  *  #1  armed-vba-1/fail",
        "vba PUT /claim-invoice-batch 207  3 items: 2 updated 1 created  * ms  *  #3",
        "FAILED tests/test_hasty.py::test_retries_only_the_failed_item*",
    ],
)
def test_a_client_that_resends_everything_fails_with_a_sentence(done: Done, line: str) -> None:
    assert done.code == 1
    assert done.shows(line), "\n".join(done.lines)


def test_what_the_failed_test_saw_is_kept(done: Done) -> None:
    [folder] = done.kept.iterdir()

    assert folder.name.startswith("t-gw")
    assert done.shows(f"kept in {folder}")
    assert (folder / "story.sh").is_file()
