"""When each sandbox was last used, by any worker."""

from __future__ import annotations

from datetime import datetime, timedelta

from mockserver.errors import StoreUnavailableError
from mockserver.redis_store.connection import RedisConnection

_FRESH = timedelta(seconds=1)
"""For how long a worker does not tell the others again that it uses a sandbox."""


class RedisUseTimes:
    """See `UseTimes`; the times by name are in one hash of Redis.

    A worker remembers when it last told of a sandbox, so that not every call asks Redis.
    """

    def __init__(self, connection: RedisConnection) -> None:
        self._connection, self._key = connection, connection.key("used")
        self._told: dict[str, datetime] = {}

    def add(self, name: str, used: datetime) -> bool:
        """See `UseTimes.add`."""
        is_new = self._connection.ask(lambda client: client.hsetnx(self._key, name, used.isoformat()))
        if is_new:
            self._told[name] = used
        return bool(is_new)

    def touch(self, name: str, used: datetime) -> None:
        """See `UseTimes.touch`."""
        told = self._told.get(name)
        if told is not None and used - told < _FRESH:
            return
        if self.find(name) is None:
            self._told.pop(name, None)
            return
        self._connection.ask(lambda client: client.hset(self._key, name, used.isoformat()))
        self._told[name] = used

    def remove(self, name: str) -> None:
        """See `UseTimes.remove`."""
        self._told.pop(name, None)
        self._connection.ask(lambda client: client.hdel(self._key, name))

    def find(self, name: str) -> datetime | None:
        """See `UseTimes.find`."""
        found = self._connection.ask(lambda client: client.hget(self._key, name))
        return None if found is None else datetime.fromisoformat(found.decode())

    def has(self, name: str) -> bool:
        """See `UseTimes.has`; none is here while Redis does not answer."""
        if name in self._told:
            return True
        try:
            return bool(self._connection.ask(lambda client: client.hexists(self._key, name)))
        except StoreUnavailableError:
            return False

    def names(self) -> list[str]:
        """See `UseTimes.names`."""
        found = self._connection.ask(lambda client: client.hkeys(self._key))
        return [name.decode() for name in found]
