from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import pytest

from mockserver.cli.main import main
from mockserver.cli.settings import InvalidConfigError, defaults_from, read_config


def defaults(tmp_path: Path, text: str) -> dict[str, Any]:
    file = tmp_path / "mockserver.toml"
    file.write_text(text, encoding="utf-8")
    return defaults_from(read_config(file), main, click.Context(main))


def test_values_are_given_by_command_and_parameter(tmp_path: Path) -> None:
    found = defaults(tmp_path, '[run]\nport = 9000\nmock-headers = false\nvendor = ["a", "b"]\n')

    assert found["run"] == {"port": 9000, "mock_headers": False, "vendors": ["a", "b"]}


def test_one_value_will_do_for_an_option_that_may_be_repeated(tmp_path: Path) -> None:
    assert defaults(tmp_path, '[run]\nvendor = "a"\n')["run"] == {"vendors": ["a"]}


def test_a_path_is_relative_to_the_file(tmp_path: Path) -> None:
    assert defaults(tmp_path, '[run]\nspecs = "more"\n')["run"] == {"specs": [str(tmp_path / "more")]}


def test_a_global_key_reaches_every_command_that_has_the_option(tmp_path: Path) -> None:
    found = defaults(tmp_path, 'url = "http://127.0.0.1:9"\n')

    address = {"url": "http://127.0.0.1:9"}
    assert (found["health"], found["run"]) == (address, {})
    assert found["assumptions"] == {**address, "set": address}


def test_a_commands_own_key_wins_over_the_global_one(tmp_path: Path) -> None:
    found = defaults(tmp_path, 'url = "http://a"\n[assumptions]\nurl = "http://b"\n')

    assert found["assumptions"] == {"url": "http://b", "set": {"url": "http://a"}}


def test_a_sandbox_is_a_name_for_every_command_or_the_table_of_its_own(tmp_path: Path) -> None:
    assert defaults(tmp_path, 'sandbox = "acme"\n')["assumptions"]["sandbox"] == "acme"
    assert defaults(tmp_path, "[sandbox.create]\nseed = 7\n")["sandbox"]["create"] == {"seed": 7}


def test_a_command_of_a_group_has_a_table_below_it(tmp_path: Path) -> None:
    found = defaults(tmp_path, "[config.show]\nall = true\n")

    assert found["config"] == {"show": {"everything": True}}


@pytest.mark.parametrize(
    ("text", "what", "line", "cure"),
    [
        ("[run]\nprot = 1\n", "unknown key prot in [run]", 2, "port instead of prot"),
        ("[rnu]\nport = 1\n", "unknown key rnu in the top level", 1, "run instead of rnu"),
        ('ulr = "x"\n', "unknown key ulr in the top level", 1, "url instead of ulr"),
        ("[config.shows]\n", "unknown key shows in [config]", 1, "show instead of shows"),
        (
            '[run]\n\nport = "9000"\n',
            "run.port: expected a whole number, found 9000, text",
            3,
            "port = 8080",
        ),
        (
            "[run]\nport = true\n",
            "run.port: expected a whole number, found True, true or false",
            2,
            "port = 8080",
        ),
        ('[run]\nempty = "yes"\n', "run.empty: expected true or false, found yes, text", 2, "empty = true"),
        (
            "[run]\nvendor = [1]\n",
            "run.vendor: expected text in quotes, found 1, a number",
            2,
            'vendor = ["text"]',
        ),
        ("run = 1\n", "run: expected a table, found 1, a number", 1, "[run]"),
        ("url = 1\n", "url: expected text in quotes, found 1, a number", 1, 'url = "text"'),
    ],
)
def test_what_is_wrong_is_told_with_its_line(
    text: str, what: str, line: int, cure: str, tmp_path: Path
) -> None:
    with pytest.raises(InvalidConfigError) as refused:
        defaults(tmp_path, text)

    error = refused.value
    assert (str(error), error.where, error.cure) == (what, f"{tmp_path / 'mockserver.toml'}:{line}", cure)


def test_a_key_near_none_is_told_with_those_that_there_are(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfigError) as refused:
        defaults(tmp_path, "[config.show]\nzzz = 1\n")

    assert refused.value.cure == "remove it; [config.show] may have json, all"
