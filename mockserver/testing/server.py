"""A mock server for tests: one that runs elsewhere, or one that is started and stopped."""

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
"""Sandboxes that are kept: those of failed tests last as long as the run."""


class MockServer:
    """Context manager of the server at `url`; without one a server is started, and stopped at the end.

    It is started by `command` (such as "uvx mockserver"), else in a thread if the server is installed in this
    environment, else by the command `mockserver`. `strict`, `specs` (OpenAPI files, or folders of them) and
    `overlays` (files that change them) are for one that is started. Where `url` and `command` are missing,
    the environment's `MOCKSERVER_URL` and `MOCKSERVER_COMMAND` are used; with `url` "" a server is started.
    `MOCKSERVER_CONTROL_TOKEN` opens the control plane of a server that was started with `--control-token`.
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
        """Whether the server ends with the context."""
        return not self._url

    def health(self) -> Mapping[str, Json]:
        """`status`, `version`, `auth` and `vendors`.

        Raises ServerUnreachableError: nothing answers, or no mockserver.
        """
        return self.control.request("GET", "/health")  # type: ignore[no-any-return]

    def _started(self) -> AbstractContextManager[str]:
        is_named = self._command or os.environ.get(server_command.COMMAND_VARIABLE)
        if not is_named and is_server_installed():
            with warnings.catch_warnings():
                # Connexion warns about itself at import, which a suite may have made an error.
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
    """Return whether this environment has the server, and not only this package."""
    return find_spec("mockserver.server") is not None
