"""One vendor's application: Connexion routes and secures each call, then the pipeline answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from http import HTTPStatus
from itertools import count
from typing import TYPE_CHECKING, Any

from jsonschema_rs import Draft4Validator
from msgspec import Struct, field
from msgspec.structs import replace
from starlette.exceptions import HTTPException
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from mockserver.codec.urls import key_of
from mockserver.engine.admission import Arrival
from mockserver.engine.call import Pipeline
from mockserver.engine.registry import LoadedVendor
from mockserver.errors import MethodNotAllowed, NotFound, Refusal
from mockserver.journal.sent_headers import vendor_headers
from mockserver.model import EMPTY, Answer, Reply, Value
from mockserver.server.connexion_parts import (
    NO_VALUE,
    ROUTING_CONTEXT,
    OpenAPISpecification,
    ProblemException,
    Resolver,
    RoutingMiddleware,
    RoutingOperation,
    SecurityAPI,
    SecurityMiddleware,
    SecurityOperation,
)
from mockserver.server.exchange import Recorder, send_reply
from mockserver.server.sending import DeliverySender
from mockserver.server.transport_faults import OutgoingReply, connection_of, deliver, is_bodiless
from mockserver.server.work_threads import CallThread
from mockserver.spec.openapi import Operation, RouteMatch, Spec, parameter_names

if TYPE_CHECKING:
    from mockserver.server.forwarding import Forwarder  # loaded if a server forwards

ARRIVAL = "mockserver.arrival"
"""ASGI scope key of the `Arrival`, the request as it was read."""

STARTED = "mockserver.started"
_OPENAPI = Draft4Validator(OpenAPISpecification.openapi_schema, validate_formats=False)
_SCHEME_KINDS = ("apiKey", "basic", "bearer", "oauth2", "openIdConnect")


class ExactRouting(RoutingMiddleware):  # type: ignore[misc] # Connexion ships no types
    """Connexion's routing without slash redirects, which would answer before the security check."""

    def add_api(self, *args: Any, **kwargs: Any) -> None:
        super().add_api(*args, **kwargs)
        self.router.redirect_slashes = False
        for route in self.router.routes:
            route.app.redirect_slashes = False


class VendorRouting(ExactRouting):
    """Connexion's routing by the patterns of a spec, with a lookup table for paths without parameters.

    A path that is not in the table is matched with all routes. A path with a line break has no route.
    `MockServerApp` makes the scope.
    """

    def __init__(self, app: ASGIApp, spec: Spec) -> None:
        super().__init__(app)
        self._patterns = {one.id: pattern for pattern, methods in spec.routes for one in methods.values()}
        self._literal: dict[tuple[str, str], Mapping[str, str]] = {}

    def add_api(self, *args: Any, **kwargs: Any) -> None:
        super().add_api(*args, **kwargs)
        for mount in self.router.routes:
            for route in mount.routes:
                route.path_regex = self._patterns[route.endpoint.operation_id]
            self._literal |= literal_routes(mount)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        context = self._literal.get((scope["method"], scope["path"][len(scope["root_path"]) :]))
        if context is not None:
            scope["extensions"][ROUTING_CONTEXT] = context
            await self.app(scope, receive, send)
        elif "\n" in scope["path"]:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        else:
            await super().__call__(scope, receive, send)

    def operations_at(self, path: str) -> list[str]:
        """Return the ids of the operations of a path below the mount, whatever their method."""
        routes = [route for mount in self.router.routes for route in mount.routes if isinstance(route, Route)]
        found: list[Any] = [route.endpoint for route in routes if route.path_regex.match(path)]
        return [endpoint.operation_id for endpoint in found]


def literal_routes(mount: Mount) -> dict[tuple[str, str], Mapping[str, str]]:
    """Return Connexion's routes of paths without parameters, by method and path.

    A path is left out if an earlier route with parameters matches the path too.
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


class _SecuredRequest(Struct):
    """Part of a Connexion request that security needs; a whole request would cost more than the check."""

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
    api_cls = _SecurityAPI


class SecurityHandler(Value, frozen=True):
    """Connexion security handler for every scheme of a vendor. It only checks that a credential is present.

    The vendor's admission decides whether the credential is valid, and whose it is.
    """

    served: LoadedVendor

    def get_fn(self, node: Mapping[str, Any], _scopes: list[str]) -> Callable[[_SecuredRequest], Any]:
        name = node["x-name"]
        scheme = self.served.schemes[name]

        def check(request: _SecuredRequest) -> Any:
            return NO_VALUE if scheme.credential(request.scope[ARRIVAL].call) is None else {"sub": name}

        return check


class CheckedSpecification(OpenAPISpecification):  # type: ignore[misc] # Connexion ships no types
    """A specification that Connexion's slow validator checks only if a fast validator has refused it."""

    @classmethod
    def _validate_spec(cls, spec: Mapping[str, Any]) -> None:
        if not _OPENAPI.is_valid(spec):
            super()._validate_spec(spec)


class VendorApp:
    """One vendor's ASGI application: Connexion routes and secures a call, then the pipeline answers.

    Connexion finds the operation and the path values, and whether the call has credentials. These facts are
    added to the scope's `Arrival`, which has no route before; the vendor words each refusal.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        recorder: Recorder,
        thread: CallThread,
        sender: DeliverySender,
        forwarder: Forwarder | None = None,
    ) -> None:
        self.pipeline, self._recorder, self._thread = pipeline, recorder, thread
        self._sender, self._forwarder = sender, forwarder
        self.served = pipeline.served
        self._connexion = build_connexion(self.served, self._answer_routed)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._connexion(scope, receive, send)
        except ProblemException:
            arrival = replace(scope[ARRIVAL], route=self._route(scope), has_credentials=False)
        except HTTPException:
            arrival = replace(scope[ARRIVAL], route=self._refusal(scope[ARRIVAL].call.path))
        else:
            return
        await self._answer(arrival, scope, send)

    async def _answer_routed(self, scope: Scope, _receive: Receive, send: Send) -> None:
        await self._answer(replace(scope[ARRIVAL], route=self._route(scope)), scope, send)

    def _route(self, scope: Scope) -> RouteMatch | Refusal:
        """Return the operation that Connexion's router found, or a refusal if the router found none."""
        operation_id = scope["extensions"][ROUTING_CONTEXT]["operation_id"]
        if operation_id is None:
            return self._refusal(scope[ARRIVAL].call.path)
        operation = self.served.spec.operations[operation_id]
        texts = scope.get("path_params")
        if not texts:
            return RouteMatch(operation, EMPTY)
        names = parameter_names(operation.path)
        return RouteMatch(operation, dict(zip(names, map(key_of, texts.values()), strict=True)))

    def _refusal(self, path: str) -> Refusal:
        operations = map(self.served.spec.operations.__getitem__, self._connexion.operations_at(path))
        allowed = dict.fromkeys(operation.method.upper() for operation in operations)
        return MethodNotAllowed(allowed) if allowed else NotFound("path", path)

    async def _answer(self, arrival: Arrival, scope: Scope, send: Send) -> None:
        if self._forwarder is not None and self._forwarder.rules.pass_on(arrival):
            await self._forwarder(arrival, scope, send, scope[STARTED])
            return
        reply, answer = await self._thread.call(arrival, partial(self._work, started=scope[STARTED]))
        if not answer.cause:
            await self._send(reply, answer, scope, send)
            return
        sandbox = arrival.call.sandbox
        try:
            await self._sender.send_early(sandbox, answer.cause)
            await self._send(reply, answer, scope, send)
        finally:
            self._sender.answered(sandbox, answer.cause)

    async def _send(self, reply: Reply, answer: Answer, scope: Scope, send: Send) -> None:
        if answer.delivery is None:
            await send_reply(reply, send)
        else:
            headers, bare = vendor_headers(reply), is_bodiless(scope["method"], reply.status)
            connection = connection_of(scope)
            await deliver(
                OutgoingReply(reply.status, headers, reply.body, bare, answer.delivery, send, connection)
            )

    def _work(self, arrival: Arrival, started: float) -> tuple[Reply, Answer]:
        """Run and record the call of a request; return the reply, and the pipeline's answer.

        The caller holds the answer until the reply is sent, because freeing a large batch takes time.
        """
        call, answer = self.pipeline.handle(arrival)
        if answer.cause:
            self._sender.hold(call.sandbox, answer.cause)
        return self._recorder.record(call, answer, started), answer


def build_connexion(vendor: LoadedVendor, app: ASGIApp) -> VendorRouting:
    """Wrap `app` in Connexion's routing and security for one vendor."""
    guard = partial(SecurityHandler, vendor)
    specification = CheckedSpecification(routing_document(vendor))
    security = _VendorSecurity(app)
    routing = VendorRouting(security, vendor.spec)
    added = {"base_path": f"/{vendor.name}", "resolver": Resolver(lambda _operation_id: app)}
    security.add_api(specification, security_map=dict.fromkeys(_SCHEME_KINDS, guard), **added)
    routing.add_api(specification, **added)
    return routing


def routing_document(vendor: LoadedVendor) -> dict[str, Any]:
    """Return the part of a spec that Connexion gets: paths, methods, operation ids, security.

    The schemas are left out, and with them Connexion's validation. The engine judges the envelope and each
    item separately, in subrequests too, while Connexion would refuse a batch for one bad item, and would
    build its validators anew for each request. Path parameters are texts, because a vendor has its own 400
    for a key that is no integer, and Connexion would answer 404. Each security scheme is a header of any
    name, because `SecurityHandler` finds the credential.
    """
    schemes = vendor.spec.document.get("components", {}).get("securitySchemes", {})
    paths: dict[str, dict[str, Any]] = {}
    for _, methods in vendor.spec.routes:
        # HEAD first: Connexion's route of a GET takes HEAD too.
        for method in sorted(methods, key=lambda name: name != "head"):
            operation = methods[method]
            # If two templates differ only in names, the first answers the methods that both have.
            paths.setdefault(_numbered(operation.path), {}).setdefault(method, _routing_operation(operation))
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
    """Return the path with parameters called p0, p1, …, because Connexion cannot read all vendors' names."""
    numbers = count()
    return re.sub(r"\{[^{}]+\}", lambda _: f"{{p{next(numbers)}}}", path)


def _routing_operation(operation: Operation) -> dict[str, Any]:
    return {
        "operationId": operation.id,
        "security": [{name: [] for name in alternative} for alternative in operation.security],
        "parameters": [
            {"in": "path", "name": f"p{number}", "required": True, "schema": {"type": "string"}}
            for number, _ in enumerate(parameter_names(operation.path))
        ],
        "responses": {"default": {"description": "as the vendor's spec says"}},
    }
