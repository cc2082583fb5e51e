"""Track when each sandbox was last used; expire idle ones and limit their number."""

from __future__ import annotations

from collections.abc import MutableMapping
from datetime import datetime
from threading import Lock

from mockserver.errors import TooManySandboxesError
from mockserver.sandbox.clock import Clock, system_clock

DEFAULT_SANDBOX = "default"
MAX_SANDBOXES = 1000


class IdleTracker:
    """The sandboxes by name; one that is idle for `idle_seconds` is over, None: never.

    `used` are the times at which they were last used, None keeps them in this process.
    """

    def __init__(
        self,
        clock: Clock = system_clock,
        idle_seconds: int | None = None,
        max_sandboxes: int = MAX_SANDBOXES,
        used: MutableMapping[str, datetime] | None = None,
    ) -> None:
        self._clock, self._idle_seconds, self._max_sandboxes = clock, idle_seconds, max_sandboxes
        self._used: MutableMapping[str, datetime] = {} if used is None else used
        self._lock = Lock()

    def add(self, name: str) -> bool:
        """Take one more in; False when it is here already.

        Raises:
            TooManySandboxesError: there are as many as there may be.
        """
        with self._lock:
            if name in self._used:
                return False
            if len(self._used) >= self._max_sandboxes:
                raise TooManySandboxesError(self._max_sandboxes)
            self._used[name] = self._clock()
            return True

    def is_present(self, name: str) -> bool:
        """Return whether the sandbox is there."""
        return name in self._used

    def touch(self, name: str) -> None:
        """Note that the sandbox is used, if it is here."""
        with self._lock:
            if name in self._used:
                self._used[name] = self._clock()

    def forget(self, name: str) -> None:
        """Forget the sandbox."""
        with self._lock:
            self._used.pop(name, None)

    def idle_seconds(self, name: str) -> int:
        """For how many whole seconds the sandbox was not used; 0 for one that is not here."""
        used = self._used.get(name)
        return 0 if used is None else max(0, int((self._clock() - used).total_seconds()))

    def is_expired(self, name: str) -> bool:
        """Return whether the sandbox has been idle for too long."""
        if self._idle_seconds is None or name == DEFAULT_SANDBOX:
            return False
        return self.idle_seconds(name) >= self._idle_seconds

    def over(self) -> list[str]:
        """Return every sandbox that has been idle for too long."""
        return [name for name in list(self._used) if self.is_expired(name)]
