"""An ASGI application behind a port of this process."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

import uvicorn

STOP_S = 10


@contextmanager
def listen(app: Any) -> Iterator[str]:
    """Serve `app` on a free port; yield the address, without a slash at the end."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        # Whoever calls before the server is up waits in the queue.
        listener.listen()
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off", ws="none"))
        running = Thread(target=server.run, args=([listener],), daemon=True)
        running.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            running.join(STOP_S)
