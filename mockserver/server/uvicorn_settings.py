"""How uvicorn is set up: no logging, and access to the connection of each call."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from typing import Any, TypeAlias

import uvicorn
from starlette.types import ASGIApp

from mockserver.server.uvicorn_protocol import checked_protocol

TlsFactory: TypeAlias = Callable[[uvicorn.Config, Callable[[], ssl.SSLContext]], ssl.SSLContext]

_STOP_S = 2
"""For how long a server that stops goes on with the calls that are open."""


def uvicorn_config(
    app: ASGIApp | Callable[[], ASGIApp], tls: TlsFactory | None = None, **more: Any
) -> uvicorn.Config:
    """Return the configuration; `more` are settings of uvicorn itself.

    Raises:
        ProtocolError: the installed uvicorn is not the locked version.
    """
    return uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        http=checked_protocol(),
        timeout_graceful_shutdown=_STOP_S,
        ssl_context_factory=tls,
        **more,
    )
