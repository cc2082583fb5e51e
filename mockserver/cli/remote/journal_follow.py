"""Follow a journal while it grows."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from mockserver.cli.remote.journal_filters import Filters
from mockserver.cli.server import ControlPlane
from mockserver.model import Document

_MOST = 10_000


def follow(
    control: ControlPlane, filters: Filters, last: int, wait: Callable[[], None]
) -> Iterator[Document]:
    """Yield the newest `last` matching entries, then each new one; `wait` is called between two looks."""
    seen = _newest(control)
    while True:
        found = control.here("GET", "/journal", **filters, last=last) if last else []
        yield from found
        seen = max(seen, found[-1]["number"] if found else 0)
        while (newest := _newest(control)) == seen:
            wait()
        begin = seen if newest > seen else 0  # after a reset the numbers begin again
        filters, last, seen = {**filters, "since": str(begin)}, _MOST, newest


def _newest(control: ControlPlane) -> int:
    """Return the number of the newest entry, 0 if there is none."""
    found = control.here("GET", "/journal", last=1)
    return int(found[-1]["number"]) if found else 0
