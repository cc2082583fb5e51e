"""Filters of the journal as options."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import wraps
from typing import Any, TypeVar

import click

from mockserver.cli.options import InvalidValueError, shown
from mockserver.cli.server import complete_operations, complete_scenarios, complete_vendors, own_option
from mockserver.codec.instants import parse_duration, parse_instant

F = TypeVar("F", bound=Callable[..., Any])

Filters = Mapping[str, str]
"""Values of the journal's query parameters."""

_OUTCOMES = ("created", "updated", "unchanged", "rejected", "skipped", "warned")
_STATUS = re.compile("[1-5]xx|[1-5][0-9]{2}|none")
_FILTERS = ("vendor", "operation", "method", "status", "outcome", "item", "scenario", "since", "fault")


def _status(_context: click.Context, _parameter: click.Parameter, text: str) -> str:
    if text and not _STATUS.fullmatch(text):
        raise InvalidValueError(f"expected 207, 4xx or none, found {shown(text)}", text, "4xx")
    return text


def _since(_context: click.Context, _parameter: click.Parameter, text: str) -> str:
    if not text or text.isdecimal():
        return text
    for read in (parse_duration, parse_instant):
        with suppress(ValueError):
            read(text)
            return text
    what = f"expected 10m, 17 or 2026-01-05T09:00:00Z, found {shown(text)}"
    raise InvalidValueError(what, text, "10m")


_OPTIONS = (
    own_option("--vendor", default="", shell_complete=complete_vendors, help="Calls of this vendor."),
    own_option(
        "--operation", default="", shell_complete=complete_operations, help="Calls of this operation."
    ),
    own_option("--method", default="", help="Calls with this method."),
    own_option(
        "--status",
        default="",
        callback=_status,
        metavar="STATUS",
        help="A status, a class such as 4xx, or none.",
    ),
    own_option(
        "--outcome",
        type=click.Choice(_OUTCOMES),
        metavar="OUTCOME",
        help=f"Outcome of at least one item: {', '.join(_OUTCOMES)}.",
    ),
    own_option("--item", default="", metavar="KEY", help="Calls with this item, by its key in the journal."),
    own_option(
        "--scenario",
        default="",
        shell_complete=complete_scenarios,
        help="Calls hit by it, or by SCENARIO/RULE.",
    ),
    own_option(
        "--since",
        default="",
        callback=_since,
        metavar="TIME",
        help="The last 10m (5s, 2h, 1d), after a number, or since an instant.",
    ),
    own_option("--fault", default="", help="Calls with this fault of the connection, or any."),
)


def filter_options(command: F) -> F:
    """Add the filters; the command receives those that are given as keyword `filters`."""

    @wraps(command)
    def run(**chosen: Any) -> Any:
        filters = {name: chosen.pop(name) for name in _FILTERS}
        return command(filters={name: text for name, text in filters.items() if text}, **chosen)

    for add in reversed(_OPTIONS):
        run = add(run)
    return run  # type: ignore[return-value] # click reads the keywords from the options
