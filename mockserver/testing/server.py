"""A mock server for tests: a running server, or a server that is started and stopped for the tests."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager, ExitStack
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Self

from mockserver.testing import server_command
from mockserver.testing.control_client import ControlClient, Json

TOKEN_VARIABLE = "MOCKSERVER_CONTROL_TOKEN"  # noqa: S105 - the name of a variable
URL_VARIABLE = "MOCKSERVER_URL"
_MAX_SANDBOXES = 100_000
"""Maximum number of sandboxes of a started server: sandboxes of failed tests stay until the run ends."""


class MockServer:
    """The server at `url`, or a server that is started for the context.

    If `url` is None and no `command` is given, `MOCKSERVER_URL` is used. Without a URL a server is started:
    by `command` (such as "uvx mockserver") or `MOCKSERVER_COMMAND`, otherwise in a thread if the server is
    installed in this environment, otherwise by the command `mockserver`. Only a started server gets `strict`,
    `specs` (OpenAPI files or folders) and `overlays` (OpenAPI Overlay files). `MOCKSERVER_CONTROL_TOKEN` is
    the token for a server that was started with `--control-token`.
    """

    def __init__(
        self,
        url: str | None = None,
        *,
        strict: bool = False,
        specs: Iterable[Path] = (),
        overlays: Iterable[Path] = (),
        command: str = "",
    ) -> None:
        self._url = ("" if command else os.environ.get(URL_VARIABLE, "")) if url is None else url
        self._command = command
        self._strict = strict
        self._specs, self._overlays = tuple(map(Path, specs)), tuple(map(Path, overlays))
        self._open = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as opening:
            self.url = (self._url or opening.enter_context(self._started())).rstrip("/")
            self.control = ControlClient(self.url, os.environ.get(TOKEN_VARIABLE, ""))
            opening.callback(self.control.close)
            self.vendors = tuple(str(name) for name in self.health()["vendors"])
            self._open = opening.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    @property
    def is_own(self) -> bool:
        """Whether the server is started for the context, and stops at the end of the context."""
        return not self._url

    def health(self) -> Mapping[str, Json]:
        """Return `status`, `version`, `auth` and `vendors` of the server.

        Raises ServerUnreachableError: no mockserver responds.
        """
        return self.control.request("GET", "/health")  # type: ignore[no-any-return]

    def _started(self) -> AbstractContextManager[str]:
        is_named = self._command or os.environ.get(server_command.COMMAND_VARIABLE)
        if not is_named and is_server_installed():
            with warnings.catch_warnings():
                # Connexion warns about itself at import; some suites turn warnings into errors.
                warnings.simplefilter("ignore")
                from mockserver.testing.threaded_server import start_in_thread  # noqa: PLC0415 - the server itself
            return start_in_thread(
                strict_auth=self._strict,
                specs=self._specs,
                overlays=self._overlays,
                max_sandboxes=_MAX_SANDBOXES,
            )
        command = server_command.find_command(self._command)
        return server_command.run_command(command, self._options())

    def _options(self) -> list[str]:
        return [
            "--max-sandboxes",
            str(_MAX_SANDBOXES),
            *(("--auth", "strict") if self._strict else ()),
            *(word for file in self._overlays for word in ("--overlay", str(file.absolute()))),
            *(word for one in self._specs for word in _spec_words(one.absolute())),
        ]


def _spec_words(path: Path) -> tuple[str, ...]:
    return ("--specs", str(path)) if path.is_dir() else (str(path),)


def is_server_installed() -> bool:
    """Return whether this environment has the server, and not only the testing library."""
    return find_spec("mockserver.server") is not None
