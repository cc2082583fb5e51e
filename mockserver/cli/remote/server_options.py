"""Options of every command that talks to a running server."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar

from mockserver.cli.options import option
from mockserver.cli.remote.server_completion import complete_sandboxes

F = TypeVar("F", bound=Callable[..., Any])

DEFAULT_URL = "http://127.0.0.1:8080"


@dataclass(frozen=True, slots=True)
class ServerOptions:
    """The server and the sandbox in it; `json` asks for JSON output, `token` is "" if none is needed."""

    url: str
    sandbox: str
    json: bool
    token: str


def server_options(command: F) -> F:
    """Add the options; the command receives them as keyword `server`, a `ServerOptions`."""

    @option("--json", "as_json", is_flag=True, help="Print JSON.")
    @option("--control-token", default="", metavar="TOKEN", help="Control token of the server.")
    @option(
        "-s",
        "--sandbox",
        default="default",
        metavar="NAME",
        shell_complete=complete_sandboxes,
        help="Sandbox of the server.",
    )
    @option("--url", default=DEFAULT_URL, metavar="URL", help="Address of the server.")
    @wraps(command)
    def run(*, url: str, sandbox: str, control_token: str, as_json: bool, **chosen: Any) -> Any:
        return command(server=ServerOptions(url.rstrip("/"), sandbox, as_json, control_token), **chosen)

    return run  # type: ignore[return-value] # click reads the keywords from the options
