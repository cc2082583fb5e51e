"""Calls over a socket that keep the bytes of the answer, for what a client in between would hide."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from urllib.parse import urlsplit

PATIENCE_S = 10


def exchange(url: str, request: bytes) -> bytes:
    """What the server sends until it closes."""
    place = urlsplit(url)
    received = b""
    with socket.create_connection((str(place.hostname), int(place.port or 0)), PATIENCE_S) as wire:
        wire.sendall(request)
        while octets := wire.recv(1 << 16):
            received += octets
    return received


def head_names(answer: bytes) -> list[str]:
    """The names of an answer's headers, as they came."""
    lines = answer.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")[1:]
    return [line.partition(":")[0] for line in lines]


def names_sent(url: str, method: str, path: str, headers: Mapping[str, str] | None = None) -> list[str]:
    """The names of the headers that answer a call without a body."""
    own = {"Host": urlsplit(url).netloc, "Connection": "close", **(headers or {})}
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {text}" for name, text in own.items()), "", ""]
    return head_names(exchange(url, "\r\n".join(lines).encode()))
