"""The report of a fault of our own: enough to find it, without anything of the user's."""

from __future__ import annotations

import platform
import sys
import tempfile
from collections.abc import Iterator

from mockserver import __version__
from mockserver.errors import lines_of_code


def write_fault_report(error: BaseException) -> str:
    """Write the report into the temporary folder and return its path; "" where it cannot be written.

    It has versions, the types of the errors and the lines of code. Messages, arguments and local values are
    left out, as they may hold bodies or credentials.
    """
    try:
        with tempfile.NamedTemporaryFile(
            "w", prefix="mockserver-fault-", suffix=".txt", delete=False, encoding="utf-8"
        ) as file:
            file.write("\n".join(_lines(error)) + "\n")
            return file.name
    except OSError:
        return "no report, the temporary folder cannot be written"


def _lines(error: BaseException) -> Iterator[str]:
    yield f"mockserver {__version__}, Python {platform.python_version()}, {sys.platform}"
    yield from lines_of_code(error)
