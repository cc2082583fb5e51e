"""Track when each sandbox was last used; expire idle ones and limit their number."""

from __future__ import annotations

from datetime import datetime
from threading import Lock
from typing import Protocol

from mockserver.errors import TooManySandboxesError
from mockserver.sandbox.clock import Clock, system_clock

DEFAULT_SANDBOX = "default"
MAX_SANDBOXES = 1000


class UseTimes(Protocol):
    """When each sandbox was last used, by name."""

    def add(self, name: str, used: datetime) -> bool:
        """Take one more in; False, and nothing changes, if it is here."""

    def touch(self, name: str, used: datetime) -> None:
        """Note the use of one that is here."""

    def remove(self, name: str) -> None:
        """Forget one, if it is here."""

    def find(self, name: str) -> datetime | None:
        """Return when one was last used; None if it is not here."""

    def has(self, name: str) -> bool:
        """Return whether one is here; it may have gone this moment."""

    def names(self) -> list[str]:
        """Return the names of all."""


class MemoryUseTimes:
    """The times of one process."""

    def __init__(self) -> None:
        self._used: dict[str, datetime] = {}

    def add(self, name: str, used: datetime) -> bool:
        """See `UseTimes.add`."""
        if name in self._used:
            return False
        self._used[name] = used
        return True

    def touch(self, name: str, used: datetime) -> None:
        """See `UseTimes.touch`."""
        if name in self._used:
            self._used[name] = used

    def remove(self, name: str) -> None:
        """See `UseTimes.remove`."""
        self._used.pop(name, None)

    def find(self, name: str) -> datetime | None:
        """See `UseTimes.find`."""
        return self._used.get(name)

    def has(self, name: str) -> bool:
        """See `UseTimes.has`."""
        return name in self._used

    def names(self) -> list[str]:
        """See `UseTimes.names`."""
        return list(self._used)


class IdleTracker:
    """The sandboxes by name; one that is idle for `idle_seconds` is over, None: never.

    `used` are the times at which they were last used, None keeps them in this process.
    """

    def __init__(
        self,
        clock: Clock = system_clock,
        idle_seconds: int | None = None,
        max_sandboxes: int = MAX_SANDBOXES,
        used: UseTimes | None = None,
    ) -> None:
        self._clock, self._idle_seconds, self._max_sandboxes = clock, idle_seconds, max_sandboxes
        self._used: UseTimes = used or MemoryUseTimes()
        self._lock = Lock()

    def add(self, name: str) -> bool:
        """Take one more in; False when it is here already.

        Raises:
            TooManySandboxesError: there are as many as there may be.
        """
        with self._lock:
            if self._used.find(name) is not None:
                return False
            if len(self._used.names()) >= self._max_sandboxes:
                raise TooManySandboxesError(self._max_sandboxes)
            return self._used.add(name, self._clock())

    def is_present(self, name: str) -> bool:
        """Return whether the sandbox is there; it may have ended this moment."""
        return self._used.has(name)

    def touch(self, name: str) -> None:
        """Note that the sandbox is used, if it is here."""
        with self._lock:
            self._used.touch(name, self._clock())

    def forget(self, name: str) -> None:
        """Forget the sandbox."""
        with self._lock:
            self._used.remove(name)

    def last_use(self, name: str) -> datetime | None:
        """Return when the sandbox was last used; None if it is not here."""
        return self._used.find(name)

    def idle_seconds(self, name: str) -> int:
        """For how many whole seconds the sandbox was not used; 0 for one that is not here."""
        used = self.last_use(name)
        return 0 if used is None else max(0, int((self._clock() - used).total_seconds()))

    def is_expired(self, name: str) -> bool:
        """Return whether the sandbox has been idle for too long."""
        if self._idle_seconds is None or name == DEFAULT_SANDBOX:
            return False
        return self.idle_seconds(name) >= self._idle_seconds

    def over(self) -> list[str]:
        """Return every sandbox that has been idle for too long."""
        return [name for name in self._used.names() if self.is_expired(name)]
