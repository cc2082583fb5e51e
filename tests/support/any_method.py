"""A handler of `http.server` that treats every method alike."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler
from typing import Any


class AnyMethodHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def __getattr__(self, name: str) -> Any:
        if name.startswith("do_"):
            return self.handle_call
        raise AttributeError(name)

    def handle_call(self) -> None:
        """Answer a call; its method is `command`."""
        raise NotImplementedError

    def read_body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("content-length") or 0))

    def log_message(self, *_words: object) -> None:
        """Say nothing."""
