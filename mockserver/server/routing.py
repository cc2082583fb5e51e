"""Routing of the vendors' operations: Connexion, its security, and Flask views."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextvars import Context
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from itertools import count
from typing import Any

import flask
from jsonschema_rs import Draft4Validator
from starlette.exceptions import HTTPException
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from mockserver.engine.admission import Arrival
from mockserver.engine.call import Pipeline
from mockserver.engine.registry import LoadedVendor
from mockserver.model import Answer, Reply
from mockserver.server.connexion_parts import (
    NO_VALUE,
    ROUTING_CONTEXT,
    OpenAPISpecification,
    Resolver,
    RoutingMiddleware,
    RoutingOperation,
    SecurityAPI,
    SecurityMiddleware,
    SecurityOperation,
)
from mockserver.server.exchange import Recorder, send_reply, vendor_headers
from mockserver.server.transport_faults import OutgoingReply, connection_of, deliver, is_bodiless
from mockserver.server.work_threads import CallThread
from mockserver.spec.openapi import METHODS, literalness, parameter_names


class ExactRouting(RoutingMiddleware):  # type: ignore[misc] # Connexion ships no types
    """Connexion's routing without slash redirects, which would answer before the security check."""

    def add_api(self, *args: Any, **kwargs: Any) -> None:
        super().add_api(*args, **kwargs)
        self.router.redirect_slashes = False
        for route in self.router.routes:
            route.app.redirect_slashes = False


class VendorRouting(ExactRouting):
    """Connexion's routing, with a lookup table for paths without parameters.

    Other paths are matched with all routes. The scope is the one that `MockServerApp` makes.
    """

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(app)
        self._literal: dict[tuple[str, str], Mapping[str, str]] = {}

    def add_api(self, *args: Any, **kwargs: Any) -> None:
        super().add_api(*args, **kwargs)
        for mount in self.router.routes:
            self._literal |= literal_routes(mount)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        context = self._literal.get((scope["method"], scope["path"][len(scope["root_path"]) :]))
        if context is None:
            await super().__call__(scope, receive, send)
        else:
            scope["extensions"][ROUTING_CONTEXT] = context
            await self.app(scope, receive, send)


def literal_routes(mount: Mount) -> dict[tuple[str, str], Mapping[str, str]]:
    """Connexion's routes of paths without parameters, by method and path.

    A path that also matches an earlier route with parameters is left out.
    """
    found: dict[tuple[str, str], Mapping[str, str]] = {}
    earlier: list[re.Pattern[str]] = []
    for route in mount.routes:
        if not isinstance(route, Route):
            continue
        if route.param_convertors:
            earlier.append(route.path_regex)
        elif not any(one.match(route.path) for one in earlier):
            operation: RoutingOperation = route.endpoint
            context = {"api_base_path": mount.path, "operation_id": operation.operation_id}
            for method in route.methods or ():
                found.setdefault((method, mount.path + route.path), context)
    return found


@dataclass(slots=True)
class _SecuredRequest:
    """The part of a Connexion request that security needs."""

    scope: Scope
    context: dict[str, Any] = field(default_factory=dict)


class _SecurityOperation(SecurityOperation):  # type: ignore[misc] # Connexion ships no types
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.security:
            await self.verification_fn(_SecuredRequest(scope))
        await self.next_app(scope, receive, send)


class _SecurityAPI(SecurityAPI):  # type: ignore[misc] # Connexion ships no types
    def make_operation(self, operation: Any) -> SecurityOperation:
        return _SecurityOperation.from_operation(
            operation, next_app=self.next_app, security_handler_factory=self.security_handler_factory
        )


class _VendorSecurity(SecurityMiddleware):  # type: ignore[misc] # Connexion ships no types
    """Connexion's security without a Starlette request, which it does not read."""

    api_cls = _SecurityAPI


@dataclass(frozen=True, slots=True)
class SecurityHandler:
    """Connexion security handler for every scheme of a vendor: checks that a credential is present.

    The vendor's admission decides whether it is valid, and whose it is.
    """

    served: LoadedVendor

    def get_fn(self, node: Mapping[str, Any], _scopes: list[str]) -> Callable[[_SecuredRequest], Any]:
        name = node["x-name"]
        scheme = self.served.schemes[name]

        def check(request: _SecuredRequest) -> Any:
            return NO_VALUE if scheme.credential(request.scope[ARRIVAL]) is None else {"sub": name}

        return check


_OPENAPI = Draft4Validator(OpenAPISpecification.openapi_schema, validate_formats=False)


class _RoutingSpecification(OpenAPISpecification):  # type: ignore[misc] # Connexion ships no types
    """A specification that Connexion's slow validator sees only if it is not valid."""

    @classmethod
    def _validate_spec(cls, spec: Mapping[str, Any]) -> None:
        if not _OPENAPI.is_valid(spec):
            super()._validate_spec(spec)


def build_connexion(vendor: LoadedVendor, app: ASGIApp) -> VendorRouting:
    """Wrap `app` in Connexion's routing and security for one vendor.

    Connexion's validation step is left out: the engine validates envelope and items separately, also for
    subrequests, and Connexion would rebuild its validators for every request.
    """
    guard = partial(SecurityHandler, vendor)
    specification = _RoutingSpecification(routing_document(vendor))
    security = _VendorSecurity(app)
    routing = VendorRouting(security)
    added = {"base_path": f"/{vendor.name}", "resolver": Resolver(lambda _operation_id: _placeholder)}
    security.add_api(
        specification,
        security_map=dict.fromkeys(("apiKey", "basic", "bearer", "oauth2", "openIdConnect"), guard),
        **added,
    )
    routing.add_api(specification, **added)
    return routing


def routing_document(vendor: LoadedVendor) -> dict[str, Any]:
    """Return the parts of a spec that Connexion needs: paths, operation ids, security.

    All path parameters are declared as strings: a key that is not an integer gets the vendor's 400, not a
    404.
    """
    document = vendor.spec.document
    schemes = document.get("components", {}).get("securitySchemes", {})
    paths: dict[str, dict[str, Any]] = {}
    for path in sorted(document["paths"], key=literalness):
        if not path.startswith("x-"):
            methods = (method for method in METHODS if method in document["paths"][path])
            item = {method: _routing_operation(document, path, method) for method in methods}
            # Of two templates that are alike but for names, the first answers what both have.
            paths[_numbered(path)] = item | paths.get(_numbered(path), {})
    return {
        "openapi": "3.0.3",
        "info": {"title": vendor.name, "version": "1"},
        "paths": paths,
        "components": {
            "securitySchemes": {
                name: {"type": "apiKey", "in": "header", "name": "any", "x-name": name} for name in schemes
            }
        },
    }


def _numbered(path: str) -> str:
    """The path with plain names for its parameters: Connexion reads few of those that vendors give."""
    numbers = count()
    return re.sub(r"\{[^{}]+\}", lambda _: f"{{p{next(numbers)}}}", path)


def _routing_operation(document: Mapping[str, Any], path: str, method: str) -> dict[str, Any]:
    node = document["paths"][path][method]
    return {
        "operationId": node["operationId"],
        "security": node.get("security", document.get("security", [])),
        "parameters": [
            {"in": "path", "name": f"p{number}", "required": True, "schema": {"type": "string"}}
            for number, _ in enumerate(parameter_names(path))
        ],
        "responses": {"default": {"description": "as the vendor's spec says"}},
    }


def _placeholder() -> None:
    """Stand in for the view function that Connexion requires; the bridge uses the operation id."""


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
        if scope.get("extensions", {}).get(_ROUTING, {}).get("operation_id") is None:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        view: Any = self._flask.view_functions[_VIEW]
        work = partial(self._context.copy().run, view, started=scope[STARTED])
        reply, answer = await self._thread.call(scope[ARRIVAL], work)
        if answer.delivery is None:
            await send_reply(reply, send)
        else:
            headers = vendor_headers(reply)
            bare = is_bodiless(scope["method"], reply.status)
            connection = connection_of(scope)
            await deliver(
                OutgoingReply(reply.status, headers, reply.body, bare, answer.delivery, send, connection)
            )

    def _answer(self, arrival: Arrival, started: float) -> tuple[Reply, Answer]:
        """Reply to a request, with its answer: the catch-all view.

        The answer is held until the reply is out: freeing a large batch takes a while.
        """
        call, answer = self._pipeline.handle(arrival)
        return self._recorder.record(call, answer, started), answer
