"""When each sandbox was last used, by any worker."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from datetime import datetime, timedelta

from mockserver.errors import StoreUnavailableError
from mockserver.redis_store.connection import RedisConnection

_FRESH = timedelta(seconds=1)
"""For how long a worker does not tell the others again that it uses a sandbox."""


class UseTimes(MutableMapping[str, datetime]):
    """The times by name, in one hash of Redis; a worker writes each at most once a second."""

    def __init__(self, connection: RedisConnection) -> None:
        self._connection, self._key = connection, connection.key("used")
        self._known: dict[str, datetime] = {}

    def __getitem__(self, name: str) -> datetime:
        found = self._connection.ask(lambda client: client.hget(self._key, name))
        if found is None:
            raise KeyError(name)
        return datetime.fromisoformat(found.decode())

    def __setitem__(self, name: str, used: datetime) -> None:
        known = self._known.get(name)
        if known is not None and used - known < _FRESH:
            return
        self._connection.ask(lambda client: client.hset(self._key, name, used.isoformat()))
        self._known[name] = used

    def __delitem__(self, name: str) -> None:
        self._known.pop(name, None)
        if not self._connection.ask(lambda client: client.hdel(self._key, name)):
            raise KeyError(name)

    def __contains__(self, name: object) -> bool:
        """Whether a sandbox is there; none is while Redis does not answer."""
        if name in self._known:
            return True
        try:
            return bool(self._connection.ask(lambda client: client.hexists(self._key, name)))
        except StoreUnavailableError:
            return False

    def __iter__(self) -> Iterator[str]:
        found = self._connection.ask(lambda client: client.hkeys(self._key))
        return iter([name.decode() for name in found])

    def __len__(self) -> int:
        return int(self._connection.ask(lambda client: client.hlen(self._key)))
