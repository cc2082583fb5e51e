"""How the facts of a profile are found at a target before a run, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class FactRead:
    """A call that only reads and shows the record that a fact names.

    `path` and `query` are the parameters of the `operation` (a GET); `{name}` in them stands for a fact.
    Without `rows` it shows one record: `missing` are the statuses that say that it is not there, `key` a
    pointer to the fact's text in the answer, "" if a 2xx is enough. With `rows`, a pointer ("" for the root),
    it shows a list: the fact's text stands at `key` in a row, and a usable row has the values of `having`, by
    pointer. `size` is the most rows that the answer may have, 0: it has all of them.
    """

    operation: str
    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    rows: str | None = None
    key: str = ""
    having: Mapping[str, Any] = field(default_factory=dict)
    size: int = 0
    missing: tuple[int, ...] = (404, 410)


@dataclass(frozen=True, slots=True)
class FactCheck:
    """How a fact is checked; one that must be there in several tenants has a check for each.

    The first of `reads` that gives a clear answer counts; without any, nobody can check it. `needed_by` are
    the batch operations whose items rely on it, () for every call. `parts` separates several records in one
    text. `made_up`: it names nothing that must be there (how keys begin). `replaceable`: records only refer
    to it and nothing changes it, so that another one of a list may take its place.
    """

    fact: str
    reads: tuple[FactRead, ...] = ()
    needed_by: tuple[str, ...] = ()
    tenant: int = 0
    parts: str = ""
    made_up: bool = False
    replaceable: bool = False
