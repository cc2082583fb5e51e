"""Filters of the journal as options, and the journal followed while it grows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import wraps
from typing import Any, TypeVar

import click

from mockserver.cli.control_plane import ControlPlane
from mockserver.cli.outcome_lines import shorten
from mockserver.cli.server_completion import complete_operations, complete_scenarios, complete_vendors
from mockserver.cli.verb_options import own_option
from mockserver.codec.durations import parse_duration
from mockserver.codec.instants import parse_instant
from mockserver.model import Document

F = TypeVar("F", bound=Callable[..., Any])

Filters = Mapping[str, str]
"""Values of the journal's query parameters."""

_OUTCOMES = ("created", "updated", "unchanged", "rejected", "skipped", "warned")
_MOST = 10_000
_STATUS = re.compile("[1-5]xx|[1-5][0-9]{2}|none")
_FILTERS = ("vendor", "operation", "method", "status", "outcome", "item", "scenario", "since", "fault")


def _status(_context: click.Context, _parameter: click.Parameter, text: str) -> str:
    if text and not _STATUS.fullmatch(text):
        raise click.BadParameter(f"{shorten(text)} is not a status; write 207, 4xx or none")
    return text


def _since(_context: click.Context, _parameter: click.Parameter, text: str) -> str:
    if not text or text.isdecimal():
        return text
    for read in (parse_duration, parse_instant):
        with suppress(ValueError):
            read(text)
            return text
    raise click.BadParameter(f"{shorten(text)} is not a time; write 10m, 17 or 2026-01-05T09:00:00Z")


def filter_options(command: F) -> F:
    """Add the filters; the command receives those that are given as keyword `filters`."""

    @own_option("--vendor", default="", shell_complete=complete_vendors, help="Calls of this vendor.")
    @own_option(
        "--operation", default="", shell_complete=complete_operations, help="Calls of this operation."
    )
    @own_option("--method", default="", help="Calls with this method.")
    @own_option(
        "--status",
        default="",
        callback=_status,
        metavar="STATUS",
        help="A status, a class such as 4xx, or none.",
    )
    @own_option(
        "--outcome",
        type=click.Choice(_OUTCOMES),
        metavar="OUTCOME",
        help=f"Outcome of at least one item: {', '.join(_OUTCOMES)}.",
    )
    @own_option("--item", default="", metavar="KEY", help="Calls with this item.")
    @own_option(
        "--scenario",
        default="",
        shell_complete=complete_scenarios,
        help="Calls hit by it, or by SCENARIO/RULE.",
    )
    @own_option(
        "--since",
        default="",
        callback=_since,
        metavar="TIME",
        help="The last 10m (5s, 2h, 1d), after a number, or since an instant.",
    )
    @own_option("--fault", default="", help="Calls with this fault of the connection, or any.")
    @wraps(command)
    def run(**chosen: Any) -> Any:
        filters = {name: chosen.pop(name) for name in _FILTERS}
        return command(filters={name: text for name, text in filters.items() if text}, **chosen)

    return run  # type: ignore[return-value] # click reads the keywords from the options


def follow(
    control: ControlPlane, filters: Filters, last: int, wait: Callable[[], None]
) -> Iterator[Document]:
    """Yield the newest `last` matching entries, then each new one; `wait` is called between two looks."""
    seen = _newest(control)
    while True:
        found = control.here("GET", "/journal", **filters, last=last) if last else []
        yield from found
        seen = max(seen, found[-1]["number"] if found else 0)
        while (newest := _newest(control)) == seen:
            wait()
        begin = seen if newest > seen else 0  # after a reset the numbers begin again
        filters, last, seen = {**filters, "since": str(begin)}, _MOST, newest


def _newest(control: ControlPlane) -> int:
    """Return the number of the newest entry, 0 if there is none."""
    found = control.here("GET", "/journal", last=1)
    return int(found[-1]["number"]) if found else 0
