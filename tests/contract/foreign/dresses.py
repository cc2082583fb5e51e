"""Ways to send the same right answer: a proxy that passes bytes on and dresses the answers.

A dress changes nothing that a spec states: a finding at a right server in a dress is a false alarm.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from decimal import Decimal
from email.utils import parsedate_to_datetime
from http.client import HTTPException, HTTPResponse
from socket import create_connection
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread
from typing import Any
from urllib.parse import urlsplit
from zlib import crc32

import msgspec

from tests.support.spec_documents import SPECS, spec

_OF_THE_CONNECTION = {"connection", "transfer-encoding", "content-length", "keep-alive"}


@dataclass(frozen=True, slots=True)
class PassedCall:
    """What was asked for; headers are named in lower case."""

    vendor: str
    method: str
    path: str
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class PassedAnswer:
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def is_json(self) -> bool:
        kind = next((text for name, text in self.headers if name.lower() == "content-type"), "")
        return kind.partition(";")[0].strip().lower().endswith("json")


@dataclass(frozen=True, slots=True)
class Dress:
    change: Callable[[PassedCall, PassedAnswer], PassedAnswer] = lambda _sent, answer: answer
    chunk: int = 0
    """Bytes of a chunk; 0 sends the whole body with its length."""
    closes: bool = False
    """Answer as HTTP/1.0, without a length, and close the connection."""


def _pack(sent: PassedCall, answer: PassedAnswer) -> PassedAnswer:
    if "gzip" not in sent.headers.get("accept-encoding", "") or not answer.body:
        return answer
    headers = (*answer.headers, ("Content-Encoding", "gzip"), ("Vary", "Accept-Encoding"))
    return replace(answer, headers=headers, body=gzip.compress(answer.body))


def _turn(_sent: PassedCall, answer: PassedAnswer) -> PassedAnswer:
    """Turn the order of the members, escape all that may be, and write headers in another way."""

    def turned(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        return dict(reversed(pairs))

    body = answer.body
    if answer.is_json:
        with suppress(ValueError, TypeError):
            document = json.loads(body, object_pairs_hook=turned, parse_float=Decimal, parse_int=Decimal)
            text = msgspec.json.Encoder(decimal_format="number").encode(document)
            spread = msgspec.json.format(text, indent=1).decode()
            body = re.sub(r"[^\x00-\x7f]+", lambda found: json.dumps(found[0])[1:-1], spread).encode()
    headers = ((name.upper(), text.replace("; charset", ";CharSet")) for name, text in answer.headers)
    return replace(
        answer, headers=(*headers, ("X-Served-By", "node-7"), ("ETag", f'"{crc32(body):x}"')), body=body
    )


def _leave_out(sent: PassedCall, answer: PassedAnswer) -> PassedAnswer:
    """Answer 304 where nothing is newer than the caller says, and the spec declares a 304."""
    paths = spec(sent.vendor)["paths"] if sent.vendor in SPECS else {}
    operation = paths.get(urlsplit(sent.path).path, {}).get("get", {})
    since = sent.headers.get("if-modified-since")
    is_meant = sent.method == "GET" and answer.status == 200 and answer.is_json and since
    if not is_meant or "304" not in operation.get("responses", {}):
        return answer
    rows: list[Any] = next((one for one in json.loads(answer.body).values() if isinstance(one, list)), [None])
    with suppress(ValueError):
        parsedate_to_datetime(str(since))
        headers = tuple(one for one in answer.headers if not one[0].lower().startswith("content-"))
        return answer if rows else PassedAnswer(304, headers, b"")
    return answer


DRESSES: Mapping[str, Dress] = {
    "plain": Dress(),
    "chunked": Dress(chunk=7),
    "gzip": Dress(_pack),
    "closing": Dress(closes=True),
    "unmodified": Dress(_leave_out),
    "turned": Dress(_turn),
}


class _Handler(StreamRequestHandler):
    wbufsize = -1
    dress: Dress
    vendor: str
    inner: tuple[str, int]

    def handle(self) -> None:
        with suppress(OSError, HTTPException):
            while self._pass_on():
                self.wfile.flush()

    def _pass_on(self) -> bool:
        lines = [*iter(self.rfile.readline, b"\r\n")] if self.rfile.peek(1) else []  # type: ignore[attr-defined]
        if not lines or not lines[-1]:
            return False
        method, path, *_ = lines[0].decode("latin-1").split(" ")
        pairs = (line.decode("latin-1").partition(":") for line in lines[1:])
        headers = {name.strip().lower(): text.strip() for name, _, text in pairs}
        body = self._body(headers)
        answer = self._ask(method, b"".join([*lines, b"\r\n", body]))
        self._send(self.dress.change(PassedCall(self.vendor, method, path, headers), answer), method)
        return not self.dress.closes and headers.get("connection", "").lower() != "close"

    def _body(self, headers: Mapping[str, str]) -> bytes:
        if headers.get("transfer-encoding", "").lower() != "chunked":
            return self.rfile.read(int(headers.get("content-length") or 0))
        parts = []
        while True:
            head = self.rfile.readline()
            parts += [head, self.rfile.read(int(head, 16) + 2)]
            if not int(head, 16):
                return b"".join(parts)

    def _ask(self, method: str, call: bytes) -> PassedAnswer:
        with create_connection(self.inner) as connection:
            connection.sendall(call)
            response = HTTPResponse(connection, method=method)
            response.begin()
            body = response.read()
            kept = [one for one in response.getheaders() if one[0].lower() not in _OF_THE_CONNECTION]
            return PassedAnswer(response.status, tuple(kept), body)

    def _send(self, answer: PassedAnswer, method: str) -> None:
        version = "1.0" if self.dress.closes else "1.1"
        lines = [f"HTTP/{version} {answer.status} So", *(f"{name}: {text}" for name, text in answer.headers)]
        has_body = method != "HEAD" and answer.status not in (204, 304)
        if self.dress.closes:
            lines.append("Connection: close")
        elif self.dress.chunk and has_body:
            lines.append("Transfer-Encoding: chunked")
        elif has_body:
            lines.append(f"Content-Length: {len(answer.body)}")
        self.wfile.write("\r\n".join([*lines, "", ""]).encode("latin-1"))
        if not has_body:
            return
        if not self.dress.chunk or self.dress.closes:
            self.wfile.write(answer.body)
            return
        for at in range(0, len(answer.body), self.dress.chunk):
            part = answer.body[at : at + self.dress.chunk]
            self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
        self.wfile.write(b"0\r\n\r\n")


class _Server(ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 64


@contextmanager
def dressed(url: str, dress: str, vendor: str) -> Iterator[str]:
    """Serve the answers of this server in a dress; yield the address."""
    if dress == "plain":
        yield url
        return
    parts = urlsplit(url)
    inner = (parts.hostname, parts.port)
    members = {"dress": DRESSES[dress], "vendor": vendor, "inner": inner}
    with _Server(("127.0.0.1", 0), type("Handler", (_Handler,), members)) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()
