"""Execute `mockserver clock …`."""

from __future__ import annotations

from mockserver.cli.options import EXIT_USAGE
from mockserver.cli.output import shorten, write_json, write_lines
from mockserver.cli.server import ServerOptions, connected, end
from mockserver.codec.instants import parse_duration
from mockserver.model import Document, Json


def show(*, server: ServerOptions) -> None:
    """Print the time."""
    _print_clock(server, "GET", "/clock")


def freeze(*, server: ServerOptions, instant: str) -> None:
    """Stop the clock at TIME, or at its current time."""
    _print_clock(server, "POST", "/clock/freeze", {"at": instant} if instant else {})


def advance(*, server: ServerOptions, duration: str) -> None:
    """Move the clock on, whether it is frozen or not: 90s, 6m, 1h30m, 2d."""
    try:
        seconds = int(parse_duration(duration).total_seconds())
    except ValueError:
        problem = {
            "title": "Wrong usage",
            "code": "no-duration",
            "detail": f"{shorten(duration)} is not a duration",
        }
        end(server, problem, "DURATION", "write 90s, 6m, 1h30m or 2d", EXIT_USAGE)
    _print_clock(server, "POST", "/clock/advance", {"seconds": seconds})


def thaw(*, server: ServerOptions) -> None:
    """Let the clock run again with the machine's time."""
    _print_clock(server, "POST", "/clock/thaw")


def _print_clock(server: ServerOptions, method: str, below: str, body: Json = None) -> None:
    with connected(server) as control:
        found = control.here(method, below, body)
    if server.json:
        write_json(found)
    else:
        write_lines([f"{server.sandbox}  {describe_clock(found)}"])


def describe_clock(found: Document) -> str:
    """Return `frozen  2026-01-05T09:06:00Z`, or `system  …  (+360 s)`."""
    ahead = f"  ({found['aheadSeconds']:+,} s)" if found["aheadSeconds"] and found["mode"] != "frozen" else ""
    return f"{found['mode']}  {found['now']}{ahead}"
