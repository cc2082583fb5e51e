"""Write down every connection and look-up of this process, in the file that CONNECTIONS names."""

from __future__ import annotations

import os
import sys
from pathlib import Path

_RECORD = Path(os.environ["CONNECTIONS"])
_EVENTS = {"socket.connect": 1, "socket.getaddrinfo": 0, "socket.gethostbyname": 0}
"""Audit events with the place of the address among their arguments."""


def _write_down(event: str, arguments: tuple[object, ...]) -> None:
    if event in _EVENTS:
        address = arguments[_EVENTS[event]]
        told = f"unix {address!r}" if isinstance(address, str) and address.startswith("/") else repr(address)
        with _RECORD.open("a", encoding="utf-8") as record:
            record.write(f"{event} {told}\n")


sys.addaudithook(_write_down)
