"""Connections on which an answer, its head and its body together, has to come in the time of one read.

A timeout of a socket begins anew with every byte that comes, so that an answer in drops would never be late.
"""

from __future__ import annotations

import http.client
import io
import socket
from time import perf_counter
from typing import Any

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool


class _TimedReader(io.RawIOBase):
    """Reads a socket until a moment, in seconds of `perf_counter`.

    Raises:
        TimeoutError: the moment is over.
    """

    def __init__(self, raw: io.RawIOBase, connection: socket.socket, until: float) -> None:
        super().__init__()
        self._raw, self._connection, self._until = raw, connection, until

    def readable(self) -> bool:
        """Return that it can be read."""
        return True

    def readinto(self, buffer: Any) -> int | None:
        """Fill the buffer with what comes next."""
        left = self._until - perf_counter()
        if left <= 0:
            raise TimeoutError("timed out")
        self._connection.settimeout(left)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        """Close the file of the socket."""
        self._raw.close()
        super().close()


class _TimedResponse(http.client.HTTPResponse):
    """A response that ends as the timeout, which its socket has at the beginning, is over."""

    def __init__(self, sock: socket.socket, *rest: Any, **options: Any) -> None:
        super().__init__(sock, *rest, **options)
        seconds = sock.gettimeout()
        if seconds is not None:
            raw = self.fp.detach()
            self.fp = io.BufferedReader(_TimedReader(raw, sock, perf_counter() + seconds))


class _TimedConnection(HTTPConnection):
    response_class = _TimedResponse


class _TimedTlsConnection(HTTPSConnection):
    response_class = _TimedResponse


class _TimedPool(HTTPConnectionPool):
    ConnectionCls = _TimedConnection


class _TimedTlsPool(HTTPSConnectionPool):
    ConnectionCls = _TimedTlsConnection


TIMED_POOLS = {"http": _TimedPool, "https": _TimedTlsPool}
"""Pools of such connections, by scheme, for a pool manager."""
