"""Calls to a server in this process, by its HTTP protocol without sockets, so that steps can be counted."""

from __future__ import annotations

from asyncio import sleep
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, TypeVar

from uvicorn.server import ServerState

from mockserver.server.application import Options, create_app
from mockserver.server.protocol import uvicorn_config
from tests.tools.bench.servers import SPECS
from tests.tools.bench.wire import Reading

T = TypeVar("T")
_ADDRESS = ("127.0.0.1", 8080)


class KeptTransport:
    """Stands in the place of the socket, and keeps what the server writes."""

    def __init__(self) -> None:
        self.reading = Reading()

    def get_extra_info(self, name: str) -> Any:
        return _ADDRESS if name in ("sockname", "peername") else None

    def write(self, octets: bytes) -> None:
        self.reading.add(octets)

    def writelines(self, pieces: Iterable[bytes]) -> None:
        self.reading.add(b"".join(pieces))

    def is_closing(self) -> bool:
        return False

    def resume_reading(self) -> None:
        """Do nothing: reading never pauses here."""


class DirectCalls:
    """One connection to a server with all vendors and the specs of the bench."""

    def __init__(self) -> None:
        config = uvicorn_config(create_app(Options(specs=(SPECS,))))
        config.load()
        make_loop: Any = config.get_loop_factory()
        make_protocol: Any = config.http_protocol_class
        self._loop, self._transport = make_loop(), KeptTransport()
        self._protocol = make_protocol(
            config=config, server_state=ServerState(), app_state={}, _loop=self._loop
        )
        self._protocol.connection_made(self._transport)

    def run(self, work: Callable[[DirectCalls], Awaitable[T]]) -> T:
        """Run `work` in the event loop of the connection, and close the loop."""
        try:
            result: T = self._loop.run_until_complete(work(self))
            return result
        finally:
            self._loop.close()

    async def answer(self, call: bytes) -> bytes:
        """Return the whole answer to a call that is worked on in the event loop."""
        reading = self._transport.reading = Reading()
        self._protocol.data_received(call)
        await sleep(0)
        if not reading.complete:
            raise AssertionError("the call was not answered at once")
        return reading.answer
