"""Names of what is kept in Redis; all keys of one sandbox share a hash slot."""

from __future__ import annotations

from typing import NamedTuple

FORMAT = 1
"""Number of the form in which things are stored, a part of every key.

It is raised when a version cannot read what another stores; each then has a world of its own.
"""


class SandboxKeys(NamedTuple):
    """The keys of a sandbox, in the order in which its script has them."""

    head: str
    documents: str
    log: str
    lock: str
    queue: str
    wake: str
    calls: str


class JournalKeys(NamedTuple):
    """The keys of a sandbox's journal, likewise; `sandbox` is there as long as the sandbox is."""

    sandbox: str
    entries: str
    head: str


def sandbox_keys(prefix: str, sandbox: str) -> SandboxKeys:
    """Return the keys of a sandbox."""
    return SandboxKeys(*(_key(prefix, sandbox, part) for part in SandboxKeys._fields))


def journal_keys(prefix: str, sandbox: str) -> JournalKeys:
    """Return the keys of a sandbox's journal."""
    return JournalKeys(*(_key(prefix, sandbox, part) for part in ("head", "journal", "journal-head")))


def common_key(prefix: str, name: str) -> str:
    """Return the key of something that belongs to no sandbox."""
    return f"{prefix}:{FORMAT}:{name}"


def _key(prefix: str, sandbox: str, part: str) -> str:
    return common_key(prefix, f"{{{sandbox}}}:{part}")
