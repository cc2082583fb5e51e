"""Which MOCKSERVER_… variables are settings; warnings about those that are not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import click

from mockserver.cli.failure.suggestions import nearest
from mockserver.cli.options import VARIABLE_PREFIX, show_error
from mockserver.cli.settings.config_settings import commands_of

OTHER_NAMES = (
    "MOCKSERVER_COMMAND",  # the pytest plugin: how to start a server
    "MOCKSERVER_CONTROL_TOKEN",
    "MOCKSERVER_SANDBOX",
    "MOCKSERVER_TARGET",  # scripts and tests that `contract` writes
    "MOCKSERVER_URL",
)
"""Variables that something else than an option reads."""

OTHER_PREFIXES = ("MOCKSERVER_CREDENTIAL_", "MOCKSERVER_HEADER_")
"""Beginnings of names that users complete: credentials by security scheme, headers by name."""


def setting_names(group: click.Group, context: click.Context) -> frozenset[str]:
    """Return the variables of every option of every command, and the others that something reads."""
    return frozenset([*OTHER_NAMES, *_variables(group, context)])


def unknown_names(environment: Mapping[str, str], known: frozenset[str]) -> list[str]:
    """Return the MOCKSERVER_… variables that nothing reads."""
    return sorted(
        name
        for name in environment
        if name.startswith(VARIABLE_PREFIX) and name not in known and not name.startswith(OTHER_PREFIXES)
    )


def warn_of_unknown_names(environment: Mapping[str, str], group: click.Group, context: click.Context) -> None:
    """Print a warning for each variable that nothing reads, with the name that may be meant."""
    if not unknown_names(environment, frozenset(OTHER_NAMES)):
        return
    known = setting_names(group, context)
    for name in unknown_names(environment, known):
        show_error(f"no setting is called {name}", "the environment", cure_for(name, known), "warning")


def cure_for(name: str, known: frozenset[str]) -> str:
    """Return what to do about a variable that nothing reads."""
    near = nearest(name.removeprefix(VARIABLE_PREFIX), [one.removeprefix(VARIABLE_PREFIX) for one in known])
    return f"{VARIABLE_PREFIX}{near} instead of {name}" if near else f"unset {name}"


def _variables(command: click.Command, context: click.Context) -> Iterator[str]:
    for param in command.params:
        if isinstance(param.envvar, str):
            yield param.envvar
    if isinstance(command, click.Group):
        for one in commands_of(command, context).values():
            yield from _variables(one, context)
