"""Run the vendor operations as Flask views, behind Connexion."""

from __future__ import annotations

from contextvars import Context
from functools import partial
from http import HTTPStatus
from typing import Any

import flask
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send

from mockserver.engine.admission import Arrival
from mockserver.engine.pipeline import Pipeline
from mockserver.model import Answer, Reply
from mockserver.server.connection import connection_of
from mockserver.server.recorder import Recorder
from mockserver.server.reply import vendor_headers
from mockserver.server.transport_faults import OutgoingReply, deliver, is_bodiless
from mockserver.server.work_threads import CallThread

ARRIVAL = "mockserver.arrival"
"""The scope key of the request as it was read."""

STARTED = "mockserver.started"
_ROUTING = "connexion_routing"
_VIEW = "answer"


class _Flask(flask.Flask):
    """Flask without a URL map: Connexion has routed the request already."""

    def create_url_adapter(self, request: flask.Request | None) -> None:
        """Return no adapter, so that no second router can disagree with the first."""


class FlaskBridge:
    """Flask with one view for every operation of a vendor, called in the event loop, or in a thread.

    The view runs in the application's context, which is pushed once and not for each call.
    """

    def __init__(self, pipeline: Pipeline, recorder: Recorder, thread: CallThread) -> None:
        self._pipeline, self._recorder, self._thread = pipeline, recorder, thread
        self._flask = _Flask(__name__, static_folder=None)
        views: dict[str, Any] = self._flask.view_functions
        views[_VIEW] = self._answer
        self._context = Context()
        self._context.run(self._flask.app_context().push)

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Answer a request that Connexion routed, and send what the view returns.

        Raises:
            HTTPException: Connexion routed the request to no operation.
        """
        if scope.get("extensions", {}).get(_ROUTING, {}).get("operation_id") is None:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        view: Any = self._flask.view_functions[_VIEW]
        work = partial(self._context.copy().run, view, started=scope[STARTED])
        reply, answer = await self._thread.call(scope[ARRIVAL], work)
        headers = vendor_headers(reply)
        if answer.delivery is None:
            await send({"type": "http.response.start", "status": reply.status, "headers": headers})
            await send({"type": "http.response.body", "body": reply.body})
        else:
            bare = is_bodiless(scope["method"], reply.status)
            connection = connection_of(scope)
            await deliver(
                OutgoingReply(reply.status, headers, reply.body, bare, answer.delivery, send, connection)
            )

    def _answer(self, arrival: Arrival, started: float) -> tuple[Reply, Answer]:
        """Return the reply to a request, with the answer that it came from: the catch-all view.

        The answer is held until the reply is out: taking down what a large batch was made of takes a while.
        """
        call, answer = self._pipeline.handle(arrival)
        return self._recorder.record(call, answer, started), answer
