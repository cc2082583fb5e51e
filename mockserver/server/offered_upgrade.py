"""uvicorn's HTTP protocol for clients that offer another one: the offer is ignored (RFC 9110 §7.8).

Java's own client and `curl --http2` offer HTTP/2 with each first request. The parser takes what follows such
a head for bytes of the other protocol, so that the request would lose its body.
"""

from __future__ import annotations

import sys

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_FRAMING = (b"content-length", b"transfer-encoding")


class OfferedUpgradeProtocol(HttpToolsProtocol):
    """Reads the body of a request that offers another protocol; its connection ends after the answer."""

    _body_start: int | None = None

    def data_received(self, data: bytes) -> None:
        """Parse what has arrived."""
        super().data_received(data)
        if self._body_start is not None:
            rest, self._body_start = data[self._body_start :], None
            self.parser = httptools.HttpRequestParser(_Body(self))
            self.parser.feed_data(self._framing_head())
            super().data_received(rest)

    def on_message_complete(self) -> None:
        """End the request, unless its body has still to be read."""
        if not self.parser.should_upgrade():
            super().on_message_complete()

    def _unsupported_upgrade_warning(self) -> None:
        """Note where the body begins; uvicorn calls this where it handles the parser's exception."""
        offered = sys.exception()
        self._body_start = offered.args[0] if isinstance(offered, httptools.HttpParserUpgrade) else None
        self.cycle.keep_alive = False

    def _framing_head(self) -> bytes:
        """Return a head without the offer, for a parser that reads the body alone."""
        framing = (b"%s: %s\r\n" % one for one in self.headers if one[0] in _FRAMING)
        return b"POST / HTTP/1.1\r\n%s\r\n" % b"".join(framing)


class _Body:
    """What a parser of a body tells: pieces, and the end; all else was told before."""

    def __init__(self, protocol: HttpToolsProtocol) -> None:
        self._protocol = protocol
        self._is_over = False

    def on_body(self, body: bytes) -> None:
        if not self._is_over:
            self._protocol.on_body(body)

    def on_message_complete(self) -> None:
        # What comes behind it is not answered: the connection ends.
        if not self._is_over:
            self._is_over = True
            self._protocol.on_message_complete()
