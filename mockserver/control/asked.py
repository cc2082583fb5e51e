"""What an operation may know of a control call beside its parameters."""

from __future__ import annotations

from mockserver.model import Value


class Asked(Value, frozen=True):
    """The call itself: media type and bytes of its body as they came, and the server's own address.

    `origin` is where the server listens, `http://127.0.0.1:8080`, whatever name the client called it by.
    """

    media_type: str = ""
    content: bytes = b""
    origin: str = ""
