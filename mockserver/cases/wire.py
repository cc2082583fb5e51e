"""What a case sends and what comes of it, whatever carries it: a socket, or the application itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from mockserver.codec import json
from mockserver.model import Json
from mockserver.reply import media_type_of

PATIENCE_MS = 10_000
KINDS = ("reset", "empty", "truncated", "malformed", "closed", "timeout", "refused")
"""How an answer is lost, as any client can tell it: the connection was reset; it was closed without a byte;
before the end of the body; what came is no HTTP; it was kept open and closed under the next request;
nothing, or not all of it, came in time; nobody listens there."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A request; `target` is path and query as they stand on the wire.

    The content goes out in `pieces`, chunked when they are several; after `patience_ms` the client gives up.
    With `keep_alive` it goes out on the connection that the call before it left open.
    """

    method: str
    target: str
    headers: tuple[tuple[str, str], ...] = ()
    content: bytes = b""
    pieces: int = 1
    patience_ms: int = PATIENCE_MS
    keep_alive: bool = False

    def cut(self) -> list[bytes]:
        """The content in its pieces; at least one, which may be empty."""
        size = max(1, -(-len(self.content) // self.pieces))
        return [self.content[at : at + size] for at in range(0, len(self.content), size)] or [b""]


@dataclass(frozen=True, slots=True)
class Answered:
    """What came back, and after how long; header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    elapsed_ms: float = 0

    @property
    def text(self) -> str:
        """The body in the charset that its media type names."""
        return self.body.decode(media_type_of(self.headers)[1], errors="replace")

    @property
    def json(self) -> Json:
        """The body as JSON, with exact decimals.

        Raises:
            Malformed: it is none.
        """
        return json.decode(self.body, media_type_of(self.headers)[1])

    @property
    def media_type(self) -> str:
        """What kind of body it is, "" when the answer does not say."""
        return media_type_of(self.headers)[0]


@dataclass(frozen=True, slots=True)
class Lost:
    """No whole answer came: one of `KINDS`, the status if that was seen, and what the client said of it."""

    kind: str
    status: int | None
    detail: str
    elapsed_ms: float = 0


class Sender(Protocol):
    """Carries one request."""

    async def send(self, sent: Sent) -> Answered | Lost:
        """The answer, or how it was lost."""
