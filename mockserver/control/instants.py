"""Instants as operators write them."""

from __future__ import annotations

from mockserver.clock import parse_instant, print_instant
from mockserver.control.refusals import Impossible


def instant(text: str, pointer: str) -> str:
    """The instant that `text` names, in UTC.

    Raises:
        Impossible: it names none; `pointer` is where it stands.
    """
    try:
        return print_instant(parse_instant(text))
    except ValueError:
        raise Impossible(pointer, f"{text} is no instant; write 2026-01-05T09:00:00Z") from None
