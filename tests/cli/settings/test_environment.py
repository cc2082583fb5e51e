from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import click
import pytest

from mockserver.cli.main import main
from mockserver.cli.settings import commands_of, cure_for, setting_names, unknown_names

SHARED = {
    "MOCKSERVER_ASSUME",
    "MOCKSERVER_CONTROL_TOKEN",
    "MOCKSERVER_FORMAT",
    "MOCKSERVER_JSON",
    "MOCKSERVER_OVERLAY",
    "MOCKSERVER_QUIET",
    "MOCKSERVER_SANDBOX",
    "MOCKSERVER_SPECS",
    "MOCKSERVER_URL",
    "MOCKSERVER_VENDOR",
    "MOCKSERVER_VERBOSE",
    "MOCKSERVER_YES",
}
"""Variables that mean the same in every command that reads them."""


def known() -> frozenset[str]:
    return setting_names(main, click.Context(main))


def options(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[str, click.Option]]:
    for param in command.params:
        if isinstance(param, click.Option):
            yield " ".join(path), param
    if isinstance(command, click.Group):
        for name, one in commands_of(command, click.Context(command)).items():
            yield from options(one, (*path, name))


@pytest.mark.parametrize(
    ("command", "option"),
    [(path, one) for path, one in options(main) if isinstance(one.envvar, str)],
    ids=lambda part: part if isinstance(part, str) else part.name,
)
def test_a_variable_follows_its_flag(command: str, option: click.Option) -> None:
    flags = [flag[2:].replace("-", "_").upper() for flag in option.opts if flag.startswith("--")]
    scope = command.partition(" ")[0].upper()

    assert option.envvar in {f"MOCKSERVER_{prefix}{flag}" for flag in flags for prefix in ("", f"{scope}_")}


def test_a_variable_means_one_thing() -> None:
    readers = defaultdict(list)
    for command, option in options(main):
        if isinstance(option.envvar, str):
            readers[option.envvar].append(command)

    assert {name: paths for name, paths in readers.items() if len(paths) > 1 and name not in SHARED} == {}


def test_a_seed_for_the_server_is_not_one_for_the_contract_suite() -> None:
    assert {"MOCKSERVER_SEED", "MOCKSERVER_CONTRACT_SEED"} <= known()


@pytest.mark.parametrize(
    "name",
    [
        "MOCKSERVER_CREDENTIAL_BEARERAUTH",
        "MOCKSERVER_HEADER_AUTHORIZATION",
        "MOCKSERVER_COMMAND",
        "MOCKSERVER_TARGET",
        "MOCKSERVER_PORT",
        "PATH",
    ],
)
def test_what_something_reads_is_known(name: str) -> None:
    assert unknown_names({name: "x"}, known()) == []


def test_an_unknown_variable_gets_the_near_name() -> None:
    assert cure_for("MOCKSERVER_PROT", known()) == "MOCKSERVER_PORT instead of MOCKSERVER_PROT"


def test_a_variable_near_none_is_to_be_removed() -> None:
    assert cure_for("MOCKSERVER_QQQQQQ", known()) == "unset MOCKSERVER_QQQQQQ"
