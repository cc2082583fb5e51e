"""Input and output of every screen: the visit, calls of the control plane, responses."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlencode

from flask import Response, make_response, redirect
from msgspec import field

from mockserver.codec import json
from mockserver.codec.http import JSON_TYPE
from mockserver.console.contract_run import ContractRun
from mockserver.control.http_client import HttpClient, HttpRequest, HttpResponse, LostResponse
from mockserver.errors import MockServerError
from mockserver.model import EMPTY, Document, Json, Value
from mockserver.sandbox.sandboxes import DEFAULT_SANDBOX

CONSOLE = "/_console"
"""Path at which the console is mounted."""

FOREIGN_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
"""Headers of an untrusted page, which then runs nothing, loads nothing, and has an origin of its own."""

_TIMEOUT_MS = 120_000
_FIRST_REFUSAL = 400


class ControlRefusal(MockServerError):
    """The control plane refused a call; `problem` is the document of its problem details."""

    def __init__(self, status: int, problem: Document) -> None:
        super().__init__(str(problem.get("detail") or problem.get("title") or status))
        self.status, self.problem = status, problem


class RawBody(Value, frozen=True):
    content: bytes
    media_type: str


class ConsoleControl(Value, frozen=True):
    """Client of the control plane; paths are below `/_mock`. Every method raises ControlRefusal.

    Query parameters that are None or "" are not sent.
    """

    client: HttpClient
    origin: str = "http://127.0.0.1:80"
    """The server's own address; runs of cases send their calls there, to see how answers are lost."""
    run: Callable[[Coroutine[Any, Any, Any]], Any] = asyncio.run
    """Runs a coroutine to its end; the calls of one page share an event loop."""

    def get(self, path: str, **query: Json) -> Json:
        return _document(self.call("GET", path, query=query))

    def post(self, path: str, document: Json | RawBody = None, **query: Json) -> Json:
        return _document(self.call("POST", path, document, query))

    def put(self, path: str, document: Json) -> Json:
        return _document(self.call("PUT", path, document))

    def patch(self, path: str, document: Json) -> Json:
        return _document(self.call("PATCH", path, document))

    def delete(self, path: str) -> None:
        self.call("DELETE", path)

    def call(
        self,
        method: str,
        path: str,
        document: Json | RawBody = None,
        query: Mapping[str, Json] = EMPTY,
    ) -> HttpResponse:
        """Send the document, as JSON unless it is a raw body, and return the whole response."""
        given = {name: _text(value) for name, value in query.items() if value not in (None, "")}
        target = f"/_mock{path}" + (f"?{urlencode(given)}" if given else "")
        body = document if isinstance(document, RawBody) else _json_body(document)
        headers = (("accept", "*/*"), *([("content-type", body.media_type)] if body.content else []))
        request = HttpRequest(
            method, target, headers, body.content, timeout_ms=_TIMEOUT_MS, origin=self.origin
        )
        response: HttpResponse | LostResponse = self.run(self.client.send(request))
        if isinstance(response, LostResponse):
            raise ControlRefusal(500, {"title": "No answer", "detail": response.detail})
        if response.status >= _FIRST_REFUSAL:
            raise ControlRefusal(response.status, response.json)
        return response


def _json_body(document: Json) -> RawBody:
    return RawBody(b"" if document is None else json.encode(document), JSON_TYPE)


def _document(response: HttpResponse) -> Json:
    return response.json if response.body else None


def _text(value: Json) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


class Visit(Value, frozen=True):
    """A person's request for a page about a sandbox; the HTTP request itself is Flask's `request`."""

    control: ConsoleControl
    server: HttpClient
    contract: ContractRun
    sandbox: str
    origin: str = ""
    path: Mapping[str, str] = field(default_factory=dict)
    """Values of the variables in the path of the page's address, by name."""

    def address(self, path: str, /, **query: object) -> str:
        """Return the address of a page in this sandbox; query parameters that are None or "" are omitted."""
        given = {name: str(value) for name, value in query.items() if value not in (None, "")}
        return f"{CONSOLE}{path}?{urlencode({'sandbox': self.sandbox, **given})}"

    def base(self, mount: str) -> str:
        """Return the address that a client calls for an API of this sandbox."""
        below = "" if self.sandbox == DEFAULT_SANDBOX else f"/sandboxes/{self.sandbox}"
        return f"{self.origin}{below}{mount}"

    def of_sandbox(self, path: str = "") -> str:
        return f"/sandboxes/{quote(self.sandbox, safe='')}{path}"


class Screen(Value, frozen=True):
    """A template and its document, which is also the screen's JSON twin."""

    template: str
    document: Document = field(default_factory=dict)
    status: int = 200
    is_part: bool = False
    """Whether this is a piece of a page, sent without the page's head."""
    sandboxes: Json = None
    """All sandboxes, for the page's head, if the screen has listed them already."""


def move_to(address: str) -> Response:
    """Return a redirect to another page, after a change."""
    return make_response(redirect(address, HTTPStatus.SEE_OTHER))


def download(name: str, media_type: str, content: bytes) -> Response:
    """Return a response that browsers save as a file."""
    disposition = f'attachment; filename="{name}"'
    return Response(content, content_type=media_type, headers={"Content-Disposition": disposition})


def foreign(content: bytes, media_type: str) -> Response:
    """Return an untrusted page unchanged, with headers by which it runs nothing and loads nothing."""
    return Response(content, content_type=media_type, headers=dict(FOREIGN_HEADERS))


def find_one(found: Iterable[Document], member: str, wanted: str, code: str, detail: str) -> Document:
    """Return the document whose member has the wanted text. Raises ControlRefusal (404) with the detail."""
    for one in found:
        if one[member] == wanted:
            return one
    raise ControlRefusal(404, {"title": "Not Found", "code": code, "detail": detail})


def refusal_of(detail: str, cure: str = "") -> Document:
    return {"detail": detail, "errors": [{"pointer": "", "detail": "", "try": cure}] if cure else []}
