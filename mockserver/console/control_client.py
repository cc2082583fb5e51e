"""Calls of the control plane from inside the server, as any other program makes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from mockserver.codec import json
from mockserver.codec.http import JSON_TYPE
from mockserver.control.cases.transport import HttpClient, LostResponse, Request, Response
from mockserver.errors import MockServerError
from mockserver.model import EMPTY, Document, Json

_TIMEOUT_MS = 120_000
_FIRST_REFUSAL = 400


class ControlRefusal(MockServerError):
    """The control plane refused a call; `problem` are its problem details."""

    def __init__(self, status: int, problem: Document) -> None:
        super().__init__(str(problem.get("detail") or problem.get("title") or status))
        self.status, self.problem = status, problem


@dataclass(frozen=True, slots=True)
class RawBody:
    """A body that is sent as it is."""

    content: bytes
    media_type: str


@dataclass(frozen=True, slots=True)
class ControlClient:
    """Client of the control plane; paths are below `/_mock`. Every method raises ControlRefusal.

    Parts of a query that are None or "" are left out. `origin` is where the server listens: the
    control plane calls it there to see how answers are lost.
    """

    client: HttpClient
    origin: str = "http://127.0.0.1:80"

    async def get(self, path: str, **query: Json) -> Json:
        """Return the document at the path."""
        return _document(await self.call("GET", path, query=query))

    async def post(self, path: str, document: Json = None) -> Json:
        """Post the document and return the answer."""
        return _document(await self.call("POST", path, document))

    async def put(self, path: str, document: Json) -> Json:
        """Put the document and return the answer."""
        return _document(await self.call("PUT", path, document))

    async def patch(self, path: str, document: Json) -> Json:
        """Change by the document and return the answer."""
        return _document(await self.call("PATCH", path, document))

    async def delete(self, path: str) -> None:
        """Delete what is at the path."""
        await self.call("DELETE", path)

    async def call(
        self,
        method: str,
        path: str,
        document: Json | RawBody = None,
        query: Mapping[str, Json] = EMPTY,
    ) -> Response:
        """Send the document, as JSON unless it is a raw body, and return the whole response.

        Raises:
            ControlRefusal: the answer is a refusal.
        """
        given = {name: _text(value) for name, value in query.items() if value not in (None, "")}
        target = f"/_mock{path}" + (f"?{urlencode(given)}" if given else "")
        body = document if isinstance(document, RawBody) else _json_body(document)
        headers = (("accept", "*/*"), *([("content-type", body.media_type)] if body.content else []))
        request = Request(method, target, headers, body.content, timeout_ms=_TIMEOUT_MS, origin=self.origin)
        response = await self.client.send(request)
        if isinstance(response, LostResponse):
            raise ControlRefusal(500, {"title": "No answer", "detail": response.detail})
        if response.status >= _FIRST_REFUSAL:
            raise ControlRefusal(response.status, response.json)
        return response


def _json_body(document: Json) -> RawBody:
    return RawBody(b"" if document is None else json.encode(document), JSON_TYPE)


def _document(response: Response) -> Json:
    return response.json if response.body else None


def _text(value: Json) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
