"""A file that is there while the server listens, for scripts that wait for it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from mockserver.server.private_file import replace_file
from mockserver.server.startup_error import StartupError

_ADDRESS = re.compile(rb"(https?://[^\s]{1,300}\n?)?")
_LONGEST_BYTES = 1024


@dataclass(frozen=True, slots=True)
class ReadyFile:
    """The file of `--ready-file`; it holds the address of the server."""

    file: Path

    @contextmanager
    def removed_at_end(self) -> Iterator[None]:
        """Remove the file before and after the context.

        Raises:
            StartupError: something else than an address is in the file, or it cannot be removed.
        """
        try:
            self._check_is_ours()
            self.file.unlink(missing_ok=True)
        except OSError as error:
            what = f"cannot write the ready file: {error.strerror}"
            raise StartupError(
                what, f"--ready-file {self.file}", "name a file in a folder of yours"
            ) from None
        try:
            yield
        finally:
            with suppress(OSError):
                self.file.unlink()

    def write(self, url: str) -> None:
        """Write the address, with a line feed.

        Raises:
            OSError: it cannot be written.
        """
        replace_file(self.file, f"{url}\n".encode())

    def _check_is_ours(self) -> None:
        if not self.file.parent.is_dir():
            raise FileNotFoundError(2, f"there is no folder {self.file.parent}")
        if self.file.exists():
            with self.file.open("rb") as opened:
                content = opened.read(_LONGEST_BYTES)
            if not _ADDRESS.fullmatch(content):
                what = "the ready file is there and holds something else than an address"
                raise StartupError(what, f"--ready-file {self.file}", "name another file")
