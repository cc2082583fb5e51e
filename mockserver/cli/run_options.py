"""Options of `run` about origins, https, files and what happens to a port that is taken."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from mockserver.cli.failure.startup_errors import startup_message
from mockserver.cli.options import EXIT_USAGE, InvalidValueError, fail, option, show_error

if TYPE_CHECKING:
    from mockserver.errors import MockServerError
    from mockserver.redis_store.addresses import StoreAddress
    from mockserver.server.listening import PortTakenError
    from mockserver.server.uvicorn_server import Serving

F = TypeVar("F", bound=Callable[..., Any])

DEFAULT_TLS_DIR = Path(".mockserver")
DEFAULT_REPORTS = Path("report")
MAKE_VARIABLE = "STARTED_BY_MAKE"
"""Set by the Makefile's `run`, whose user types PORT=… instead of an option."""

_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://[^/?#@\s]+")
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_PATH = click.Path(path_type=Path)


def _origins(_context: click.Context, _option: click.Parameter, given: tuple[str, ...]) -> tuple[str, ...]:
    for text in given:
        if text in ("*", "null") or _ORIGIN.fullmatch(text):
            continue
        near = _ORIGIN.match(text.lower())
        cure = near[0] if near else "http://localhost:3000"
        what = f"expected an origin such as http://localhost:3000, or *; found {text}"
        raise InvalidValueError(what, text, cure)
    return given


def _store_address(
    _context: click.Context, _option: click.Parameter, given: str | None
) -> StoreAddress | None:
    if not given:
        return None
    # Here, for completions are asked for at every press of a key.
    from mockserver.redis_store.addresses import EXAMPLES, StoreAddressError, parse_address  # noqa: PLC0415

    try:
        return parse_address(given)
    except StoreAddressError as error:
        raise InvalidValueError(str(error), given, EXAMPLES[0]) from None


_OPTIONS = (
    option(
        "--scenario",
        "scenario_files",
        multiple=True,
        type=_FILE,
        metavar="FILE",
        help="Scenario to arm in every sandbox; may be repeated.",
    ),
    option(
        "--fixtures",
        "fixtures_file",
        type=_FILE,
        metavar="FILE",
        help="Dump that every sandbox begins with, instead of the packaged fixtures.",
    ),
    option(
        "--state",
        "state_file",
        type=_PATH,
        metavar="FILE",
        help="Load all sandboxes from this file, if it exists, and save them there at the end.",
    ),
    option(
        "--store",
        callback=_store_address,
        metavar="URL",
        help="Redis or Valkey that holds all sandboxes: redis://HOST:PORT/0.  [default: this process]",
    ),
    option(
        "--workers",
        default=1,
        type=click.IntRange(1),
        metavar="NUMBER",
        help="Processes that serve; several need --store.",
    ),
    option("--watch", is_flag=True, help="Load specs, scenarios and fixtures again when their files change."),
    option(
        "--cors",
        multiple=True,
        callback=_origins,
        metavar="ORIGIN",
        help="Origin whose pages may call the vendors from a browser, * for any; may be repeated.",
    ),
    option(
        "--reports",
        type=click.Path(file_okay=False, path_type=Path),
        default=DEFAULT_REPORTS,
        metavar="DIR",
        help="Folder whose reports the console shows; it need not exist.",
    ),
    option("--tls", is_flag=True, help="Serve https, with a certificate made for this machine."),
    option(
        "--tls-dir",
        type=click.Path(file_okay=False, path_type=Path),
        default=DEFAULT_TLS_DIR,
        metavar="DIR",
        help="Folder of the certificate authority.",
    ),
    option(
        "--ready-file",
        type=_PATH,
        metavar="FILE",
        help="Write the address to this file once the server listens; removed at the end.",
    ),
)


def run_options(command: F) -> F:
    """Add the options to a command."""
    for one in reversed(_OPTIONS):
        command = one(command)
    return command


def serving_of(chosen: dict[str, Any]) -> Serving:
    """Take how the server is run out of the chosen options, and return it.

    Exits with status 2 if the options contradict each other.
    """
    from mockserver.server.uvicorn_server import Serving  # noqa: PLC0415 - slow

    if chosen["watch"] and not (chosen["specs"] or chosen["scenario_files"] or chosen["fixtures_file"]):
        what = "there is nothing to watch: no --specs, --scenario or --fixtures"
        fail(what, "--watch", "mockserver run --watch --scenario FILE", EXIT_USAGE)
    if chosen["scenario_files"] and not chosen["scenarios"]:
        what = "--no-scenarios switches off what --scenario arms"
        fail(what, "--no-scenarios", "mockserver run --scenario FILE", EXIT_USAGE)
    _check_store(chosen)
    tls_dir, wants_tls = chosen.pop("tls_dir"), chosen.pop("tls")
    names = ("host", "port", "log", "print_url", "state_file", "ready_file", "watch", "workers")
    return Serving(**{name: chosen.pop(name) for name in names}, tls_dir=tls_dir if wants_tls else None)


def _check_store(chosen: dict[str, Any]) -> None:
    """Exit with status 2 if the chosen options do not go with the store."""
    if chosen["workers"] > 1 and not chosen["store"]:
        what = "each of several workers would have a world of its own; with --store they share one"
        fail(what, "--workers", "mockserver run --workers 4 --store redis://localhost:6379/0", EXIT_USAGE)
    if chosen["store"] and chosen["state_file"]:
        what = "the store keeps the state already; --state is for a server without"
        fail(what, "--state", "mockserver run --store redis://localhost:6379/0", EXIT_USAGE)
    if chosen["workers"] > 1 and chosen["watch"]:
        what = "only a single worker loads files again when they change"
        fail(what, "--watch", "mockserver run --watch --workers 1", EXIT_USAGE)


def show_startup_error(error: MockServerError, context: click.Context) -> None:
    """Print what keeps the server from starting, or a file from being loaded again."""
    message = startup_message(error, context)
    show_error(message.what, message.where, message.cure)


def port_taken_cure(error: PortTakenError) -> str:
    """Return what to type if the port is taken."""
    other = "PORT=0 make run" if os.environ.get(MAKE_VARIABLE) else "mockserver run --port 0"
    use = f"\n   or: mockserver health {error.owner.url}" if error.owner and error.owner.url else ""
    return f"{other}{use}"
