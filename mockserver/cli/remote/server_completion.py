"""Names that TAB completes, read from the running server; none if it does not answer at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from mockserver.cli.remote.control_plane import ControlPlane
    from mockserver.model import Json

_TIMEOUT_S = 0.5

Complete = Callable[[click.Context, click.Parameter, str], list[str]]


def _completion(read: Callable[[ControlPlane, click.Context], Iterable[str]]) -> Complete:
    def complete(context: click.Context, _parameter: click.Parameter, begun: str) -> list[str]:
        from mockserver.cli.remote import control_plane  # noqa: PLC0415 - slow for help
        from mockserver.cli.remote.server_options import DEFAULT_URL, ServerOptions  # noqa: PLC0415 - imports this

        given = context.params
        server = ServerOptions(
            str(given.get("url") or DEFAULT_URL).rstrip("/"),
            str(given.get("sandbox") or "default"),
            json=False,
            token=str(given.get("control_token") or ""),
        )
        try:
            names = list(read(control_plane.ControlPlane(server, _TIMEOUT_S), context))
        except control_plane.FAILURES:
            return []
        return [name for name in names if name.startswith(begun)]

    return complete


def _names(listed: Json, member: str = "name") -> list[str]:
    return [str(one[member]) for one in listed]


def _operations(control: ControlPlane, context: click.Context) -> Iterable[str]:
    vendor = context.params.get("vendor")
    for one in control.call("GET", "/vendors"):
        if vendor in (None, "", one["name"]):
            yield from one["operations"]


def _batches(control: ControlPlane, context: click.Context) -> Iterable[str]:
    vendor = context.params.get("vendor")
    for one in control.call("GET", "/vendors"):
        if vendor in (None, "", one["name"]):
            yield from one["batches"]


complete_sandboxes = _completion(lambda control, _: _names(control.call("GET", "/sandboxes")))
complete_vendors = _completion(lambda control, _: _names(control.call("GET", "/vendors")))
complete_operations = _completion(_operations)
complete_batches = _completion(_batches)
complete_scenarios = _completion(lambda control, _: _names(control.here("GET", "/scenarios")))
complete_packaged = _completion(lambda control, _: _names(control.call("GET", "/scenarios")))
complete_snapshots = _completion(lambda control, _: _names(control.here("GET", "/snapshots"), "id"))
complete_numbers = _completion(
    lambda control, _: [str(one["number"]) for one in reversed(control.here("GET", "/journal", last=20))]
)
complete_cases = _completion(lambda control, _: _names(control.call("GET", "/cases"), "id"))
