"""Replace the application by a new one, built from changed files, while the server runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click
from starlette.types import Receive, Scope, Send

from mockserver.errors import MockServerError
from mockserver.server.application import Application, Options, reload_app


class ReloadingApp:
    """ASGI application that can be reloaded; calls that have begun end in the old one.

    `report` is called with the error if a file cannot be used; then the old application stays.
    """

    def __init__(self, app: Application, options: Options, report: Callable[[MockServerError], None]) -> None:
        self.current = app
        self._options, self._report = options, report

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one ASGI connection."""
        await self.current.entry(scope, receive, send)

    def reload(self, changed: list[Path]) -> None:
        """Build the application again and use it, or report why that is not possible."""
        try:
            self.current = reload_app(self._options, self.current)
        except MockServerError as error:
            self._report(error)
        else:
            click.echo(f"reloaded: {', '.join(map(str, changed))}", err=True)
