"""A mock server for tests: one that runs elsewhere, or one started in this process."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Self

from mockserver.contract.loading import ApiUnderTest, load_api, load_vendor_api
from mockserver.model import Json
from mockserver.spec.folder import specs_folder
from mockserver.testing.control_client import ControlClient

TOKEN_VARIABLE = "MOCKSERVER_CONTROL_TOKEN"  # noqa: S105 - the name of a variable
_MAX_SANDBOXES = 100_000
"""Sandboxes that are kept: those of failed tests last as long as the run."""


class MockServer:
    """Context manager of the server at `url`; None starts one and stops it at the end.

    `strict` and `specs` (folders with more specs) are for one that is started. The environment's
    `MOCKSERVER_CONTROL_TOKEN` opens the control plane of one that was started with `--control-token`.
    """

    def __init__(self, url: str | None = None, *, strict: bool = False, specs: Iterable[Path] = ()) -> None:
        self._url = url
        self._strict = strict
        self._specs = tuple(specs)
        self._open = ExitStack()
        self._contracts: dict[str, ApiUnderTest] = {}

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
        return self._url is None

    def health(self) -> Mapping[str, Json]:
        """`status`, `version`, `auth` and `vendors`.

        Raises:
            ServerUnreachableError: nothing answers, or no mockserver.
        """
        return self.control.request("GET", "/health")  # type: ignore[no-any-return]

    def contract(self, vendor: str) -> ApiUnderTest:
        """Return a vendor's spec and profile; of a foreign vendor, its spec as served.

        Raises:
            ControlPlaneError: the server has no such vendor.
        """
        if vendor not in self._contracts:
            ours = (specs_folder() / f"{vendor}.yaml").is_file()
            self._contracts[vendor] = load_vendor_api(vendor) if ours else self._shown(vendor)
        return self._contracts[vendor]

    def _shown(self, vendor: str) -> ApiUnderTest:
        with TemporaryDirectory() as folder:
            file = Path(folder) / f"{vendor}.yaml"
            file.write_bytes(self.control.download(f"/{vendor}/openapi.yaml"))
            return load_api(file)

    def _started(self) -> AbstractContextManager[str]:
        with warnings.catch_warnings():
            # Connexion warns about itself at import, which a suite may have made an error.
            warnings.simplefilter("ignore")
            from mockserver.contract.examples import ProfileExamples  # noqa: PLC0415
            from mockserver.server.application import Options, create_app  # noqa: PLC0415 - slow
            from mockserver.testing.threaded_server import HOST, run_in_thread  # noqa: PLC0415 - slow
        options = Options(
            strict_auth=self._strict,
            specs=self._specs,
            hosts=(HOST,),
            max_sandboxes=_MAX_SANDBOXES,
            examples=ProfileExamples(),
        )
        return run_in_thread(create_app(options))
