"""What the server prints when it listens."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mockserver import __version__
from mockserver.model import Value
from mockserver.server.application import Application, Options
from mockserver.server.listening import listens_everywhere


class Facts(Value, frozen=True):
    """Facts of a server that starts: its address with a slash at the end, and how it is run.

    `ca_file` is what clients have to trust, None without TLS.
    """

    url: str
    host: str
    seconds: float
    ca_file: Path | None = None
    state_file: Path | None = None
    watched: tuple[Path, ...] = ()
    workers: int = 1


def render_banner(app: Application, options: Options, facts: Facts) -> str:
    """Return the lines to print, without a line feed at the end."""
    return "\n".join(_lines(app, options, facts))


def token_line(options: Options) -> str:
    """Return the line with the token that was made for other machines."""
    return (
        f"  control token for other machines: {options.foreign_token}   (MOCKSERVER_CONTROL_TOKEN sets one)"
    )


def _lines(app: Application, options: Options, facts: Facts) -> Iterator[str]:
    auth = "strict" if options.strict_auth else "lenient"
    clock = f"frozen at {options.freeze}" if options.freeze else "system"
    mounts = "  ".join(f"/{vendor.name}" for vendor in app.served)
    console = f"console: {facts.url}_console/"
    pages = console if options.console else f"docs: {facts.url}{app.served[0].name}/ui/"
    store = f"memory, saved to {facts.state_file} at the end" if facts.state_file else "memory"
    if options.store:
        store = f"{options.store.shown} · workers {facts.workers}"
    yield f"mockserver {__version__} ready in {facts.seconds:.1f} s     {facts.url}"
    yield f"  {mounts}        {pages}"
    yield f"  sandbox default · auth {auth} · clock {clock} · store {store}        Ctrl-C stops"
    if listens_everywhere(facts.host):
        yield "  listens on all addresses; --allow-host NAME lets other machines use the control plane"
    if options.foreign_token:
        yield token_line(options)
    if facts.ca_file:
        yield f"  try: curl --cacert {facts.ca_file} {facts.url}_mock/health"
    if facts.watched:
        yield f"  watches {', '.join(map(str, facts.watched))}"
