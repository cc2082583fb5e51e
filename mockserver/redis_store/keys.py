"""Names of keys in Redis. All keys of a sandbox are in the hash slot of the list that has the sandbox."""

from __future__ import annotations

from typing import NamedTuple
from zlib import crc32

FORMAT = 2
"""Number of the storage format, a part of every key.

The number is raised when a release of the server cannot read what the previous release stores. The two
releases then share no data.
"""

_LISTS = 16
"""Number of lists of sandboxes, each in its own hash slot, so that a cluster spreads the sandboxes."""


class SandboxKeys(NamedTuple):
    """The keys of a sandbox, in the order in which the script `sandbox.lua` takes them."""

    sandboxes: str
    """Key of the list that has this sandbox. The list stores the last use of each sandbox by name."""
    head: str
    """A key that exists as long as the sandbox exists."""
    documents: str
    log: str
    lock: str
    queue: str
    wake: str
    calls: str
    open: str
    journal: str
    """The entries of the journal."""
    journal_head: str


def sandbox_keys(prefix: str, sandbox: str) -> SandboxKeys:
    number = crc32(sandbox.encode()) % _LISTS
    names = (f"{{{number}}}:{sandbox}:{part}" for part in SandboxKeys._fields[1:])
    return SandboxKeys(_list_key(prefix, number), *(common_key(prefix, name) for name in names))


def list_keys(prefix: str) -> list[str]:
    return [_list_key(prefix, number) for number in range(_LISTS)]


def common_key(prefix: str, name: str) -> str:
    """Return `name` with the prefix and the number of the storage format."""
    return f"{prefix}:{FORMAT}:{name}"


def _list_key(prefix: str, number: int) -> str:
    return common_key(prefix, f"{{{number}}}:sandboxes")
