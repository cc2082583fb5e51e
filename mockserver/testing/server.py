"""A mock server for tests: a running one, or one started in this process."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Self

from mockserver.contract.profiles import Contracted, contracted, of_spec
from mockserver.engine.registry import specs_folder
from mockserver.model import Json
from mockserver.testing.control_client import ControlClient

TOKEN_VARIABLE = "MOCKSERVER_CONTROL_TOKEN"  # noqa: S105 - the name of a variable
_MAX_SANDBOXES = 100_000
"""Limit of sandboxes, because those of failed tests are kept until the end of the run."""


class MockServer:
    """The server at `url`; with None one is started with the context and stopped at its end.

    `strict` and `specs` (folders with more specs) apply to a server that is started. The environment variable
    `MOCKSERVER_CONTROL_TOKEN` is the token of a server that was started with `--control-token`.
    """

    def __init__(self, url: str | None = None, *, strict: bool = False, specs: Iterable[Path] = ()) -> None:
        self._url = url
        self._strict = strict
        self._specs = tuple(specs)
        self._open = ExitStack()
        self._contracts: dict[str, Contracted] = {}

    def __enter__(self) -> Self:
        with ExitStack() as opening:
            self.url = (self._url or opening.enter_context(self._start())).rstrip("/")
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
        """Whether the server stops with the context."""
        return self._url is None

    def health(self) -> Mapping[str, Json]:
        """Return `status`, `version`, `auth` and `vendors`.

        Raises:
            ServerUnreachableError: there is no response, or not from a mockserver.
        """
        return self.control.request("GET", "/health")  # type: ignore[no-any-return]

    def contract(self, vendor: str) -> Contracted:
        """Return a vendor's spec and profile; for a vendor outside this package, its spec as served.

        Raises:
            ControlPlaneError: the server has no such vendor.
        """
        if vendor not in self._contracts:
            ours = (specs_folder() / f"{vendor}.yaml").is_file()
            self._contracts[vendor] = contracted(vendor) if ours else self._load_spec(vendor)
        return self._contracts[vendor]

    def _load_spec(self, vendor: str) -> Contracted:
        with TemporaryDirectory() as folder:
            file = Path(folder) / f"{vendor}.yaml"
            file.write_bytes(self.control.download(f"/{vendor}/openapi.yaml"))
            return of_spec(file)

    def _start(self) -> AbstractContextManager[str]:
        with warnings.catch_warnings():
            # Connexion emits a warning on import, which the suite's filters may turn into an error.
            warnings.simplefilter("ignore")
            from mockserver.server.application import Options, create_app  # noqa: PLC0415 - takes 1 s
            from mockserver.testing.threaded_server import HOST, run_in_thread  # noqa: PLC0415 - as above
        options = Options(
            strict_auth=self._strict, specs=self._specs, hosts=(HOST,), max_sandboxes=_MAX_SANDBOXES
        )
        return run_in_thread(create_app(options))
