"""Run the vendor operations as Flask views in the event loop, behind Connexion."""

from __future__ import annotations

import io
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

import flask
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send
from werkzeug.datastructures import Headers
from werkzeug.http import remove_entity_headers

from mockserver.engine.admission import Arrival
from mockserver.engine.pipeline import Pipeline
from mockserver.model import Answer
from mockserver.server.connection import connection_of
from mockserver.server.recorder import Recorder
from mockserver.server.transport_faults import OutgoingReply, deliver, is_bodiless

ARRIVAL = "mockserver.arrival"
"""The scope key of the request as it was read."""

STARTED = "mockserver.started"
_ANSWER = "mockserver.answer"
_ROUTING = "connexion_routing"


class _Response(flask.Response):
    default_mimetype = None


class _Flask(flask.Flask):
    """Flask without a URL map: Connexion has routed the request already."""

    def create_url_adapter(self, request: flask.Request | None) -> None:
        """Return no adapter, so that no second router can disagree with the first."""


class FlaskBridge:
    """Flask with one view for every operation of a vendor, called inside the event loop."""

    def __init__(self, pipeline: Pipeline, recorder: Recorder) -> None:
        self._pipeline, self._recorder = pipeline, recorder
        self._flask = _Flask(__name__, static_folder=None)

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Answer a request that Connexion routed, and send what the view returns.

        Raises:
            HTTPException: Connexion routed the request to no operation.
        """
        if scope.get("extensions", {}).get(_ROUTING, {}).get("operation_id") is None:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        environ = _environ(scope)
        with self._flask.request_context(environ):
            response = self._view()
        status, content = response.status_code, response.get_data()
        headers = encode_headers(_sendable(response))
        answer: Answer = environ[_ANSWER]
        if answer.delivery is None:
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": content})
        else:
            bare = is_bodiless(scope["method"], status)
            await deliver(
                OutgoingReply(status, headers, content, bare, answer.delivery, send, connection_of(scope))
            )

    def _view(self) -> flask.Response:
        """Return the reply to the request of the context: the catch-all view."""
        environ = flask.request.environ
        arrival: Arrival = environ[ARRIVAL]
        call, answer = self._pipeline.handle(arrival)
        # Held until the reply is out: taking down what a large batch was made of takes a while.
        environ[_ANSWER] = answer
        reply = self._recorder.record(call, answer, environ[STARTED])
        response = _Response(reply.body, reply.status, list(reply.headers))
        if reply.media_type is not None:
            response.headers["Content-Type"] = reply.media_type
        return response


def _environ(scope: Scope) -> dict[str, Any]:
    return {
        "REQUEST_METHOD": "POST",
        "SCRIPT_NAME": "",
        "PATH_INFO": "/",
        "QUERY_STRING": "",
        "SERVER_NAME": "mockserver",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
        ARRIVAL: scope[ARRIVAL],
        STARTED: scope[STARTED],
    }


def _sendable(response: flask.Response) -> Headers:
    """Return the headers of a response, without those that its status forbids (RFC 9110 §8.6, §15.4.5)."""
    if response.status_code == HTTPStatus.NO_CONTENT:
        response.headers.remove("Content-Length")
    elif response.status_code == HTTPStatus.NOT_MODIFIED:
        remove_entity_headers(response.headers)
    return response.headers


def encode_headers(headers: Iterable[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    """Headers for ASGI, each name as the vendor spells it; ASGI would have them in lower case."""
    return [(name.encode("latin-1"), text.encode("latin-1")) for name, text in headers]
