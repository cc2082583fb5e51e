"""Our server without its journal: `python -m tests.tools.bench.bare_server --port 8080`, options as of `run`.

With `--no-scenarios` and `--no-mock-headers` it shows what journal, scenarios and a named sandbox cost. The
state by sandbox stays: every vendor reads and writes there.
"""

from __future__ import annotations

import sys
from datetime import datetime
from typing import Any

from mockserver.cli.main import main
from mockserver.journal.journal import Journal


def _no_entry(self: Journal, at: datetime, *call: Any, **kept: Any) -> int:  # noqa: ARG001 - in place of a method
    return 0


def without_journal() -> None:
    """Make every journal of this process forget each call."""
    Journal.append = _no_entry  # type: ignore[method-assign]  # there is no such switch


if __name__ == "__main__":
    without_journal()
    main(["run", *sys.argv[1:]])
