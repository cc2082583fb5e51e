from __future__ import annotations

import pytest

from tests.packaging.command_lines import command_lines, environment_names, unknown_parts


@pytest.mark.parametrize(
    ("words", "unknown"),
    [
        (["run", "--port", "9000"], []),
        (["run", "--prot", "9000"], ["--prot"]),
        (["run", "--seed=7", "--nothing=1"], ["--nothing=1"]),
        (["no-such-command"], ["no-such-command"]),
        (["--version"], []),
        (["drill", "ledger", "--nothing", "--", "sync", "--all"], ["--nothing"]),
        (["run", "--no-mock-headers"], []),
    ],
)
def test_parts_that_do_not_exist_are_found(words: list[str], unknown: list[str]) -> None:
    assert unknown_parts(words) == unknown


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("nohup mockserver run --port 1 > log 2>&1 &", ["run", "--port", "1"]),
        (".mock/bin/mockserver run 2> log &", ["run"]),
        ("docker run --rm mockserver run --seed 7", ["run", "--seed", "7"]),
        ("$ uvx --from . mockserver run", ["run"]),
        (".venv\\Scripts\\python -m mockserver run", ["run"]),
    ],
)
def test_calls_are_found_in_lines_of_shell(line: str, words: list[str]) -> None:
    assert list(command_lines(line)) == [words]


@pytest.mark.parametrize("line", ["docker build -t mockserver .", "pip install ./mockserver", "# mockserver"])
def test_a_line_that_only_names_the_program_calls_nothing(line: str) -> None:
    assert list(command_lines(line)) == []


def test_environment_names_follow_the_flags() -> None:
    assert {"MOCKSERVER_HOST", "MOCKSERVER_PORT"} <= environment_names()
