"""When each sandbox was last used, by any worker."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from mockserver.errors import StoreUnavailableError
from mockserver.redis_store.connection import RedisConnection
from mockserver.redis_store.keys import SandboxKeys, sandbox_keys

_FRESH = timedelta(seconds=1)
"""For how long a worker does not tell the others again that it uses a sandbox."""


class RedisUseTimes:
    """See `UseTimes`; the times by name are in the lists of the sandboxes, of which `names` returns all.

    A sandbox is in its list as long as it is there: the store sees to that, so nothing is added or removed
    here. A worker remembers when it last told of a sandbox, so that not every call asks Redis.
    """

    def __init__(self, connection: RedisConnection, names: Callable[[], list[str]]) -> None:
        self._connection, self.names = connection, names
        self._told: dict[str, datetime] = {}

    def add(self, name: str, used: datetime) -> bool:
        """See `UseTimes.add`."""
        self._told[name] = used
        return True

    def touch(self, name: str, used: datetime) -> None:
        """See `UseTimes.touch`."""
        told = self._told.get(name)
        if told is not None and used - told < _FRESH:
            return
        if self._connection.script("sandbox", self._keys(name), "touch", name, used.isoformat()):
            self._told[name] = used
        else:
            self.remove(name)

    def remove(self, name: str) -> None:
        """See `UseTimes.remove`."""
        self._told.pop(name, None)

    def find(self, name: str) -> datetime | None:
        """See `UseTimes.find`."""
        key = self._keys(name).sandboxes
        found = self._connection.ask(lambda client: client.hget(key, name))
        return None if found is None else datetime.fromisoformat(found.decode())

    def has(self, name: str) -> bool:
        """See `UseTimes.has`; none is here while Redis does not answer."""
        if name in self._told:
            return True
        try:
            return self.find(name) is not None
        except StoreUnavailableError:
            return False

    def _keys(self, name: str) -> SandboxKeys:
        return sandbox_keys(self._connection.address.prefix, name)
