"""Send a reply as ASGI messages."""

from __future__ import annotations

from typing import Any

from starlette.types import Send

from mockserver.model import Reply
from mockserver.server.flask_bridge import encode_headers

_BODILESS_STATUSES = (204, 304)


async def send_reply(reply: Reply, send: Send) -> None:
    """Send a reply with its Content-Length, unless its status has no body."""
    headers = encode_headers(reply.headers)
    if reply.media_type is not None:
        headers.append((b"content-type", reply.media_type.encode("latin-1")))
    if reply.status not in _BODILESS_STATUSES:
        headers.append((b"content-length", str(len(reply.body)).encode()))
    start: dict[str, Any] = {"type": "http.response.start", "status": reply.status, "headers": headers}
    await send(start)
    await send({"type": "http.response.body", "body": reply.body})
