"""Write a file that only the user can read, completely or not at all."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from tempfile import mkstemp


def replace_file(file: Path, content: bytes) -> None:
    """Replace the file, or make it, with mode 0600.

    The content is written beside it, and to the disk, before the old file goes.

    Raises:
        OSError: it cannot be written; then the old file is as it was.
    """
    target = file.resolve()  # a link stays a link
    opened, name = mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with os.fdopen(opened, "wb") as written:
            written.write(content)
            written.flush()
            os.fsync(written.fileno())
        Path(name).replace(target)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise
