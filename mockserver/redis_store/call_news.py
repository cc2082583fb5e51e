"""News of calls that any worker has recorded."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread
from time import sleep
from typing import Any

from mockserver.redis_store.connection import FAILURES, RedisConnection

_PAUSE_S = 0.5


class CallNews:
    """A thread that hears of each new entry, and tells `listener` its sandbox and number.

    What is recorded while Redis does not answer is not told of; a page that asks later sees it.
    """

    def __init__(
        self, connection: RedisConnection, channel: str, listener: Callable[[str, int], None]
    ) -> None:
        self._connection, self._channel, self._listener = connection, channel, listener

    def start(self) -> None:
        """Hear from now on, until the process ends."""
        Thread(target=self._hear, name="call-news", daemon=True).start()

    def _hear(self) -> None:
        while True:
            try:
                with self._connection.subscribed(self._channel) as messages:
                    self._pass_on(messages)
            except FAILURES:
                sleep(_PAUSE_S)

    def _pass_on(self, messages: Any) -> None:
        while True:
            message = messages.get_message(ignore_subscribe_messages=True, timeout=_PAUSE_S)
            if message is not None:
                sandbox, _, number = message["data"].decode().partition(" ")
                self._listener(sandbox, int(number))
