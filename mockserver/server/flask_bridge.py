"""Run the vendor operations as Flask views in the event loop, behind Connexion."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from functools import cached_property
from http import HTTPStatus
from typing import Any

import flask
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send
from werkzeug.datastructures import Headers
from werkzeug.http import remove_entity_headers
from werkzeug.routing import MapAdapter

from mockserver.engine.admission import Arrival
from mockserver.engine.pipeline import Pipeline
from mockserver.model import Answer
from mockserver.server.connection import connection_of
from mockserver.server.recorder import Recorder
from mockserver.server.transport_faults import OutgoingReply, deliver, is_bodiless

ARRIVAL = "mockserver.arrival"
"""ASGI scope key of the `Arrival`: the request, fully read."""

STARTED = "mockserver.started"
"""ASGI scope key of the time at which the request arrived (`perf_counter`)."""
VENDOR = "mockserver.vendor"
"""ASGI scope key of the vendor's name."""
_ANSWER = "mockserver.answer"
_ROUTING = "connexion_routing"


class _Response(flask.Response):
    default_mimetype = None


class _Flask(flask.Flask):
    """Flask with a single route, bound once instead of for each request."""

    def create_url_adapter(self, request: flask.Request | None) -> MapAdapter | None:  # noqa: ARG002 - Flask's name
        """Return the adapter of the single route."""
        return self._bound

    @cached_property
    def _bound(self) -> MapAdapter:
        return self.url_map.bind("mockserver", default_method="POST", path_info="/")


class FlaskBridge:
    """ASGI application that runs every operation of every vendor as one Flask view, inside the event loop."""

    def __init__(self, pipelines: Mapping[str, Pipeline], recorder: Recorder) -> None:
        self._pipelines, self._recorder = pipelines, recorder
        self._flask = _Flask(__name__, static_folder=None)
        self._flask.add_url_rule(
            "/", "answer", self._answer, methods=["POST"], provide_automatic_options=False
        )

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Run the view for a request that Connexion routed, and send its response.

        Raises:
            HTTPException: Connexion matched no operation.
        """
        if scope.get("extensions", {}).get(_ROUTING, {}).get("operation_id") is None:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        environ = _environ(scope)
        with self._flask.request_context(environ):
            response = self._flask.full_dispatch_request()
        status, content = response.status_code, response.get_data()
        headers = encode_headers(_allowed_headers(response))
        answer: Answer = environ[_ANSWER]
        if answer.delivery is None:
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": content})
        else:
            bodiless = is_bodiless(scope["method"], status)
            await deliver(
                OutgoingReply(status, headers, content, bodiless, answer.delivery, send, connection_of(scope))
            )

    def _answer(self) -> flask.Response:
        environ = flask.request.environ
        arrival: Arrival = environ[ARRIVAL]
        call, answer = self._pipelines[environ[VENDOR]].handle(arrival)
        # Keep a reference until the reply is sent: freeing the objects of a large batch takes time.
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
        VENDOR: scope[VENDOR],
    }


def _allowed_headers(response: flask.Response) -> Headers:
    """Return the response's headers without those that its status forbids (RFC 9110 §8.6, §15.4.5)."""
    if response.status_code == HTTPStatus.NO_CONTENT:
        response.headers.remove("Content-Length")
    elif response.status_code == HTTPStatus.NOT_MODIFIED:
        remove_entity_headers(response.headers)
    return response.headers


def encode_headers(headers: Iterable[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    """Encode headers for an ASGI message."""
    return [(name.lower().encode("latin-1"), text.encode("latin-1")) for name, text in headers]
