"""Names of keys in Redis; all keys of one sandbox share a hash slot, with its list."""

from __future__ import annotations

from typing import NamedTuple
from zlib import crc32

FORMAT = 2
"""Number of the form in which things are stored, a part of every key.

It is raised when a version cannot read what another stores; each then has a world of its own.
"""

_LISTS = 16
"""How many lists of sandboxes there are, each in a slot of its own: a cluster has few more masters."""


class SandboxKeys(NamedTuple):
    """The keys of a sandbox, in the order in which its script takes them.

    `sandboxes` is the list with this sandbox: the time of the last use of each sandbox, by name.
    """

    sandboxes: str
    head: str
    documents: str
    log: str
    lock: str
    queue: str
    wake: str
    calls: str
    open: str
    journal: str
    journal_head: str


class JournalKeys(NamedTuple):
    """The keys of a sandbox's journal, in its script's order; `sandbox` exists while the sandbox does."""

    sandbox: str
    entries: str
    head: str


def sandbox_keys(prefix: str, sandbox: str) -> SandboxKeys:
    number = crc32(sandbox.encode()) % _LISTS
    names = (f"{{{number}}}:{sandbox}:{part}" for part in SandboxKeys._fields[1:])
    return SandboxKeys(_list_key(prefix, number), *(common_key(prefix, name) for name in names))


def journal_keys(prefix: str, sandbox: str) -> JournalKeys:
    keys = sandbox_keys(prefix, sandbox)
    return JournalKeys(keys.head, keys.journal, keys.journal_head)


def list_keys(prefix: str) -> list[str]:
    return [_list_key(prefix, number) for number in range(_LISTS)]


def common_key(prefix: str, name: str) -> str:
    """Return the key of a value that belongs to no sandbox."""
    return f"{prefix}:{FORMAT}:{name}"


def _list_key(prefix: str, number: int) -> str:
    return common_key(prefix, f"{{{number}}}:sandboxes")
