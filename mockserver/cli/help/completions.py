"""Values that the shell completes; nothing here loads a vendor."""

from __future__ import annotations

from collections.abc import Iterable

import click
from click.shell_completion import CompletionItem

from mockserver.cli.help import known_names
from mockserver.cli.help.check_names import CHECK_NAMES


def complete_vendors(context: click.Context, _param: click.Parameter, begun: str) -> list[str]:
    """Return the vendors, those of `--specs` included, that begin with `begun`."""
    return _beginning(known_names.vendor_names(context.params.get("specs") or ()), begun)


def complete_operations(context: click.Context, _param: click.Parameter, begun: str) -> list[str]:
    """Return the operations of the vendors that are named, or of all, that begin with `begun`."""
    return complete_listed(known_names.operation_ids(_named_vendors(context)), begun)


def complete_checks(_context: click.Context, _param: click.Parameter, begun: str) -> list[str]:
    """Return the checks of the contract suite that begin with `begun`."""
    return complete_listed(CHECK_NAMES, begun)


def complete_assumptions(context: click.Context, _param: click.Parameter, begun: str) -> list[str]:
    """Return assumption ids that begin with `begun`, or the values of the one before the `=`."""
    name, equals, value = begun.partition("=")
    if equals:
        return [f"{name}={one}" for one in known_names.assumption_values_of(name) if one.startswith(value)]
    return _beginning(known_names.assumption_ids(_named_vendors(context)), begun)


def complete_scenarios(_context: click.Context, _param: click.Parameter, begun: str) -> list[str]:
    """Return the packaged scenarios that begin with `begun`."""
    return _beginning(known_names.packaged_scenarios(), begun)


def complete_cases(_context: click.Context, _param: click.Parameter, begun: str) -> list[CompletionItem]:
    """Return the rows of the catalogue that begin with `begun`, and files."""
    found = _beginning(known_names.case_ids(), begun)
    return [CompletionItem(one) for one in found] or [CompletionItem(begun, type="file")]


def complete_sections(_context: click.Context, _param: click.Parameter, begun: str) -> list[str]:
    """Return the sections of the catalogue that begin with `begun`."""
    return _beginning(known_names.case_sections(), begun)


def _named_vendors(context: click.Context) -> list[str]:
    """Return the vendors on the line; Click leaves arguments in `args` when an option has no value yet."""
    given = context.params.get("vendors") or context.params.get("vendor") or context.args
    vendors = known_names.vendor_names()
    return [one for one in ([given] if isinstance(given, str) else given) if one in vendors]


def _beginning(names: Iterable[str], begun: str) -> list[str]:
    return [one for one in names if one.startswith(begun)]


def complete_listed(names: Iterable[str], begun: str) -> list[str]:
    """Return the texts that complete the last name of a list with commas."""
    before, comma, last = begun.rpartition(",")
    return [before + comma + one for one in _beginning(names, last)]
