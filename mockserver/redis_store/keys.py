"""Names of what is kept in Redis; all keys of one sandbox share a hash slot."""

from __future__ import annotations

from collections.abc import Sequence

_SANDBOX_PARTS = ("head", "documents", "log", "lock", "queue", "wake", "calls")
_JOURNAL_PARTS = ("head", "journal", "journal-head")


def sandbox_keys(prefix: str, sandbox: str) -> Sequence[str]:
    """Return the keys of a sandbox, in the order in which its script has them."""
    return [_key(prefix, sandbox, part) for part in _SANDBOX_PARTS]


def journal_keys(prefix: str, sandbox: str) -> Sequence[str]:
    """Return the keys of a sandbox's journal, likewise."""
    return [_key(prefix, sandbox, part) for part in _JOURNAL_PARTS]


def _key(prefix: str, sandbox: str, part: str) -> str:
    return f"{prefix}:{{{sandbox}}}:{part}"
