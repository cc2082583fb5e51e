"""Find out who listens on a port that is taken: another mockserver, or a process of this machine."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path

from mockserver.codec import json
from mockserver.codec.hosts import origin_of
from mockserver.errors import MalformedBody
from mockserver.model import Document
from mockserver.server.access_guard import HEALTH_PATH

_TIMEOUT_S = 0.5
_MAX_ANSWER_BYTES = 64 * 1024
_LISTENING = "0A"
_PROC = Path("/proc")
_MINUTE_S, _HOUR_S, _DAY_S = 60, 3600, 86_400


@dataclass(frozen=True, slots=True)
class PortOwner:
    """Who listens on a port, in words, and the address if it is a mockserver, else ""."""

    name: str
    url: str = ""


def find_owner(host: str, port: int, proc: Path = _PROC) -> PortOwner | None:
    """Return who listens on the port; None if that cannot be known. Asks for a second at most."""
    for scheme in ("http", "https"):
        health = _ask_health(scheme, host, port)
        if health is not None:
            return PortOwner(_describe(health), origin_of(scheme, host, port))
    found = _process_on(port, proc)
    return PortOwner(f"process {found}") if found else None


def _ask_health(scheme: str, host: str, port: int) -> Document | None:
    """Return what a mockserver says at that address; None if there is none."""
    if scheme == "http":
        connection = HTTPConnection(host, port, timeout=_TIMEOUT_S)
    else:
        # Only its name is wanted, and its certificate is of its own making.
        unchecked = ssl._create_unverified_context()  # noqa: S323, SLF001 - no secret is sent
        connection = HTTPSConnection(host, port, timeout=_TIMEOUT_S, context=unchecked)
    with closing(connection), suppress(OSError, HTTPException, MalformedBody):
        connection.request("GET", HEALTH_PATH)
        found = json.decode(connection.getresponse().read(_MAX_ANSWER_BYTES))
        if isinstance(found, dict) and found.get("status") == "ok" and isinstance(found.get("version"), str):
            return found
    return None


def _describe(health: Document) -> str:
    uptime = health.get("uptimeSeconds")
    facts = [str(health["version"]), *([f"up {print_uptime(uptime)}"] if isinstance(uptime, int) else [])]
    return f"another mockserver ({', '.join(facts)})"


def print_uptime(seconds: int) -> str:
    """Return a duration in its largest whole unit: `40 s`, `3 min`, `3 h`, `2 d`."""
    for unit, length in (("d", _DAY_S), ("h", _HOUR_S), ("min", _MINUTE_S)):
        if seconds >= length:
            return f"{seconds // length} {unit}"
    return f"{seconds} s"


def _process_on(port: int, proc: Path) -> str:
    """Return name and id of a process that listens on the port, as Linux tells it; "" if it does not."""
    sockets = set(_listening_sockets(port, proc))
    for folder in proc.glob("[0-9]*") if sockets else ():
        with suppress(OSError):
            if any(str(link.readlink()) in sockets for link in (folder / "fd").iterdir()):
                return f"{folder.name} ({(folder / 'comm').read_text(encoding='utf-8').strip()})"
    return ""


def _listening_sockets(port: int, proc: Path) -> Iterator[str]:
    for table in ("tcp", "tcp6"):
        with suppress(OSError):
            for line in (proc / "net" / table).read_text(encoding="ascii").splitlines()[1:]:
                columns = line.split()
                if columns[3] == _LISTENING and int(columns[1].rpartition(":")[2], 16) == port:
                    yield f"socket:[{columns[9]}]"
