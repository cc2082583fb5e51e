"""Numbers of calls that are open at all workers, by group."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from hashlib import sha256
from secrets import token_hex
from typing import Any, TypeAlias

from mockserver.errors import StoreUnavailableError
from mockserver.redis_store.connection import RedisConnection
from mockserver.sandbox.clock import Clock

Group: TypeAlias = tuple[str, ...]
"""What the calls of a group have in common, their sandbox first."""

LONGEST_S = 600
"""A call that began longer ago than this is not open any more: its worker was killed."""


class OpenCalls:
    """The calls that are open, each with a name of its own; while Redis does not answer, there are none."""

    def __init__(self, connection: RedisConnection, clock: Clock) -> None:
        self._connection, self._clock = connection, clock

    def enter(self, groups: Sequence[Group]) -> tuple[str, list[int]]:
        """Count a call in each group, and return its name and how many calls each group has now."""
        name, now = token_hex(8), self._clock().timestamp()
        keys = [self._key(group) for group in groups]

        def work(pipeline: Any) -> None:
            for key in keys:
                pipeline.zremrangebyscore(key, "-inf", now)
                pipeline.zadd(key, {name: now + LONGEST_S})
                pipeline.expire(key, LONGEST_S)
                pipeline.zcard(key)

        try:
            return name, [int(count) for count in self._connection.once(work)[3::4]]
        except StoreUnavailableError:
            return name, [1 for _ in groups]

    def leave(self, name: str, groups: Sequence[Group]) -> None:
        """Note that a call of these groups has ended."""
        keys = [self._key(group) for group in groups]
        with suppress(StoreUnavailableError):
            self._connection.once(lambda pipeline: [pipeline.zrem(key, name) for key in keys])

    def count(self, group: Group) -> int:
        """Return how many calls a group has."""
        key, now = self._key(group), self._clock().timestamp()
        return int(self._connection.ask(lambda client: client.zcount(key, now, "+inf")))

    def _key(self, group: Group) -> str:
        digest = sha256("\0".join(group).encode("utf-8", "surrogateescape")).hexdigest()[:32]
        return self._connection.key(f"{{{group[0]}}}:in-flight:{digest}")
