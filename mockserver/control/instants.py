"""Instants as operators write them, for a clock to stand at."""

from __future__ import annotations

from mockserver.clock import FIRST_YEAR, LAST_YEAR, clock_instant, parse_instant
from mockserver.control.refusals import Impossible


def instant(text: str, pointer: str) -> str:
    """The instant that `text` names, in UTC.

    Raises:
        Impossible: it names none at which a clock may stand; `pointer` is where it stands.
    """
    try:
        parse_instant(text)
    except ValueError:
        raise Impossible(pointer, f"{text} is no instant", "write 2026-01-05T09:00:00Z") from None
    try:
        return clock_instant(text)
    except ValueError as error:
        raise Impossible(pointer, str(error), f"a clock stands from {FIRST_YEAR} to {LAST_YEAR}") from None
