"""Runs of cases, and their verdicts, of all workers together."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from secrets import token_hex

from mockserver.codec import json
from mockserver.control.cases.runs import MAX_RUNS
from mockserver.errors import StoreUnavailableError
from mockserver.model import Document
from mockserver.redis_store.connection import RedisConnection

LONGEST_S = 120
"""A run that began longer ago than this is not going on any more: its worker was killed."""


class RedisCaseRuns:
    """See `CaseRuns`. All methods raise `StoreUnavailableError` when Redis does not answer."""

    def __init__(self, connection: RedisConnection) -> None:
        self._connection = connection
        self._last_key, self._verdicts_key = connection.key("case-runs-last"), connection.key("case-runs")

    @contextmanager
    def claim(self, sandbox: str) -> Iterator[bool]:
        """See `CaseRuns.claim`."""
        keys, token = [self._connection.key(f"{{{sandbox}}}:case")], token_hex(8)
        try:
            yield bool(self._connection.script("case_run", keys, "claim", token, LONGEST_S))
        finally:
            with suppress(StoreUnavailableError):
                self._connection.script("case_run", keys, "end", token)

    def add(self, verdict: Document) -> Document:
        """See `CaseRuns.add`; a number may be left out where the answer of Redis was lost."""
        number = int(self._connection.ask(lambda client: client.incr(self._last_key)))
        numbered = {"run": number, **verdict}
        self._connection.ask(lambda client: client.hset(self._verdicts_key, number, json.encode(numbered)))
        self._connection.ask(lambda client: client.hdel(self._verdicts_key, number - MAX_RUNS))
        return numbered

    def find(self, run: int) -> Document | None:
        """See `CaseRuns.find`."""
        found = self._connection.ask(lambda client: client.hget(self._verdicts_key, run))
        verdict: Document | None = json.decode(found) if found else None
        return verdict
