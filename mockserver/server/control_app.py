"""Connexion application of the control plane: body, validation, errors as RFC 9457."""

from __future__ import annotations

import asyncio
import logging
import re
from asyncio import to_thread
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Iterator, Mapping
from functools import cache, partial
from http import HTTPStatus
from inspect import isawaitable, iscoroutine, signature
from typing import Any, TypeAlias

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mockserver.codec import json
from mockserver.codec.http import JSON_TYPE, REFUSAL_STATUSES, json_reply, parse_content_type, problem_reply
from mockserver.codec.urls import origin_of
from mockserver.control.control_call import ControlCall, ControlError, control_contract
from mockserver.errors import (
    MalformedBody,
    NotFound,
    SpecError,
    StoreUnavailableError,
    TooLarge,
    TooManySandboxesError,
    UnknownSandboxError,
    UnsupportedMediaType,
)
from mockserver.model import Document, Json, Problem, Reply
from mockserver.sandbox.snapshots import TooManySnapshotsError, UnknownSnapshotError
from mockserver.server.connexion_parts import (
    API,
    AsyncApp,
    ConnexionMiddleware,
    ConnexionRequest,
    ConnexionResponse,
    JSONRequestBodyValidator,
    MediaTypeDict,
    ParameterValidator,
    ProblemException,
    Resolver,
    RoutingMiddleware,
    SwaggerUIMiddleware,
    scope,
)
from mockserver.server.exchange import check_values, read_body
from mockserver.server.routing import CheckedSpecification, ExactRouting
from mockserver.server.work_threads import LARGE_BODY
from mockserver.spec.openapi import Operation, Spec
from mockserver.spec.schema import COMMON_FORMATS, Schema, compile_schema

MOUNT = "/_mock"

_REFUSALS: Mapping[type[Exception], tuple[int, str]] = {
    UnknownSandboxError: (404, "unknown-sandbox"),
    UnknownSnapshotError: (404, "unknown-snapshot"),
    TooManySnapshotsError: (409, "too-many-snapshots"),
    TooManySandboxesError: (503, "too-many-sandboxes"),
    StoreUnavailableError: (503, "store-unavailable"),
}
"""Status and code of errors raised by sandboxes and snapshots."""

_QUICK_OPERATIONS = frozenset({"health", "replay_entry"})
"""Operations that the event loop runs itself: they take only a moment, or only wait for other calls."""

_SCHEMA = re.compile(r"#/components/schemas/(\w+)")

_Method: TypeAlias = Callable[..., Json]
_Function: TypeAlias = Callable[..., Awaitable[ConnexionResponse]]

CONTROL_CALL_KEY = "mockserver.control_call"
"""ASGI scope key of the `ControlCall` that an operation receives."""

DOCUMENT_KEY = "mockserver.document"
"""ASGI scope key of a JSON body's document, with exact decimals."""

YAML_TYPE = "application/yaml"
_YAML_TYPES = (YAML_TYPE, "text/yaml")
MAX_SEGMENT = 64
"""Maximum length of a path segment. (Python refuses to convert very long numbers.)"""

_LEAST_SEGMENTS = 3
MAX_PROBLEMS = 20
_MAX_DETAIL = 300


def control_app(groups: Iterable[object], max_body_bytes: int) -> ASGIApp:
    """Build the application below `/_mock`; each operation is a method of one of `groups`.

    Raises SpecError if an operation of the spec is a method of none of the `groups`, or of several.
    """
    # Connexion logs a line for every call of an operation that accepts both JSON and YAML.
    logging.getLogger("connexion.operations").setLevel(logging.ERROR)
    contract = control_contract()
    functions = _functions(contract, tuple(groups))
    stack = [
        ExactRouting if step is RoutingMiddleware else step
        for step in ConnexionMiddleware.default_middlewares
        if step is not SwaggerUIMiddleware
    ]
    app = AsyncApp(__name__, middlewares=stack, validator_map=dict(VALIDATORS))
    settings = app.middleware.options.replace(
        resolver=Resolver(functions.__getitem__), strict_validation=True, pythonic_params=True
    )
    # `add_api` takes no `CheckedSpecification`, and Connexion's own is validated slowly for each middleware.
    specification = CheckedSpecification(_connexion_document(contract.document))
    app.middleware.apis.append(API(specification, base_path=MOUNT, name=None, **vars(settings)))
    for kind in (ControlError, *_REFUSALS):
        app.add_error_handler(kind, _refusal_response)
    framework = partial(_framework_response, contract)
    app.add_error_handler(ProblemException, framework)
    app.add_error_handler(HTTPException, framework)
    return ControlBodyReader(app, max_body_bytes)


def _connexion_document(document: Document) -> dict[str, Any]:
    """Return the spec without response schemas, whose validation would take half of Connexion's start."""
    responses = {"default": {"description": "see _control.yaml"}}
    paths = {
        path: {
            name: node if name == "parameters" else {**node, "responses": responses}
            for name, node in item.items()
        }
        for path, item in document["paths"].items()
    }
    components = document["components"]
    schemas: dict[str, Any] = {}
    waiting = _SCHEMA.findall(f"{paths}{components['parameters']}")
    while waiting:
        name = waiting.pop()
        if name not in schemas:
            schemas[name] = components["schemas"][name]
            waiting += _SCHEMA.findall(str(schemas[name]))
    return {
        **document,
        "paths": paths,
        "components": {"parameters": components["parameters"], "schemas": schemas},
    }


def _functions(contract: Spec, groups: tuple[object, ...]) -> Mapping[str, _Function]:
    functions: dict[str, _Function] = {}
    for operation in contract.operations.values():
        methods = [getattr(group, operation.id) for group in groups if hasattr(group, operation.id)]
        if len(methods) != 1:
            raise SpecError(
                f"{operation.id}: {len(methods)} classes of the control plane implement it, expected 1"
            )
        functions[operation.id] = _function(methods[0], operation)
    return functions


def _function(method: _Method, operation: Operation) -> _Function:
    is_quick = operation.id in _QUICK_OPERATIONS
    status = int(next(code for code in operation.responses if code.startswith("2")))
    parameters = signature(method).parameters

    async def function(**arguments: Any) -> ConnexionResponse:
        arguments.pop("body", None)
        if "body" in parameters:
            arguments["body"] = scope[DOCUMENT_KEY]
        if "call" in parameters:
            arguments["call"] = scope[CONTROL_CALL_KEY]
        if not is_quick:
            return await asyncio.to_thread(_run, method, arguments, status)
        result = method(**arguments)
        return _response(await result if isawaitable(result) else result, status)

    return function


def _run(method: _Method, arguments: Mapping[str, Any], status: int) -> ConnexionResponse:
    result = method(**arguments)
    return _response(asyncio.run(result) if iscoroutine(result) else result, status)


def _response(result: Json | Reply, status: int) -> ConnexionResponse:
    if result is None:
        return ConnexionResponse(HTTPStatus.NO_CONTENT)
    reply = result if isinstance(result, Reply) else json_reply(status, result)
    return ConnexionResponse(
        reply.status, content_type=reply.media_type, body=reply.body, headers=dict(reply.headers)
    )


def _refusal_response(_request: ConnexionRequest, error: Exception) -> ConnexionResponse:
    if isinstance(error, ControlError):
        return _problem_response(error.status, str(error), {"code": error.code, **error.members})
    status, code = _REFUSALS[type(error)]
    return _problem_response(status, str(error), {"code": code})


def _framework_response(contract: Spec, request: ConnexionRequest, error: Any) -> ConnexionResponse:
    status = getattr(error, "status", None) or error.status_code
    headers = dict(getattr(error, "headers", None) or {})
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(_allowed(contract, request.scope["path"].removeprefix(MOUNT)))
    return _problem_response(status, str(error.detail or ""), {"code": f"http-{status}"}, headers)


def _allowed(contract: Spec, path: str) -> list[str]:
    """Return the methods of a path; literal paths take precedence over templates, as in routing."""
    for pattern, methods in contract.routes:
        if pattern.fullmatch(path):
            return [method.upper() for method in methods]
    return []


def _problem_response(
    status: int, detail: str, members: Mapping[str, Json], headers: Mapping[str, str] | None = None
) -> ConnexionResponse:
    reply = problem_reply(status, detail, **members)
    return ConnexionResponse(
        status, content_type=reply.media_type, body=reply.body, headers=dict(headers or {})
    )


class ControlBodyReader:
    def __init__(self, app: ASGIApp, max_body_bytes: int) -> None:
        self._app = app
        self._max_body_bytes = max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = MutableHeaders(raw=list(scope["headers"]))
        try:
            _check_path(scope["path"])
            content = await read_body(receive, headers.get("content-length", ""), self._max_body_bytes)
            read = partial(_read_document, content, headers, self._max_body_bytes)
            body, document = await to_thread(read) if len(content) > LARGE_BODY else read()
        except ClientDisconnect:
            return
        except (NotFound, TooLarge, MalformedBody, UnsupportedMediaType) as refusal:
            status = REFUSAL_STATUSES[refusal.code]
            reply = problem_reply(status, refusal.hint or refusal.detail, code=f"http-{status}")
            await Response(reply.body, status, media_type=reply.media_type)(scope, receive, send)
            return
        headers["content-length"] = str(len(body))
        origin = origin_of(scope["scheme"], *(scope.get("server") or ("127.0.0.1", None)))
        call = ControlCall(parse_content_type(headers)[0], content, origin, headers.get("accept", ""))
        inner = {**scope, "headers": headers.raw, CONTROL_CALL_KEY: call, DOCUMENT_KEY: document}
        await self._app(inner, _replay_body(body, receive), send)


def _check_path(path: str) -> None:
    segments = path.split("/")
    if any(len(segment) > MAX_SEGMENT for segment in segments):
        raise NotFound("no path here", f"has a segment of over {MAX_SEGMENT} signs")
    if len(segments) < _LEAST_SEGMENTS:
        # Connexion would redirect to the same path with a slash, which does not exist either.
        raise NotFound("nothing is served here;", f"begin with {path}/health")


def _read_document(content: bytes, headers: MutableHeaders, limit: int) -> tuple[bytes, Json]:
    """Return body and document: JSON as UTF-8, with its document; a YAML or empty body unchanged, with None.

    Without a media type, a body is JSON if it begins with { or [, otherwise YAML. Adapts the Content-Type in
    `headers` to the body. Raises UnsupportedMediaType, MalformedBody, TooLarge.
    """
    media_type, charset = parse_content_type(headers)
    is_unnamed = "content-type" not in headers
    if content and is_unnamed and content.lstrip()[:1] not in (b"{", b"["):
        media_type = headers["content-type"] = YAML_TYPE
    if not content:
        del headers["content-type"]  # there is no body that it could describe
    if not content or media_type in _YAML_TYPES:
        return content, None
    if media_type != JSON_TYPE and not is_unnamed:
        found = media_type or "an empty Content-Type"
        detail = f"expected {JSON_TYPE}, or {YAML_TYPE} where it is declared; found {found}"
        raise UnsupportedMediaType(detail, (JSON_TYPE, YAML_TYPE))
    check_values(content, limit)
    document = json.decode(content, charset)
    json.check_depth(document)
    headers["content-type"] = JSON_TYPE
    return json.encode(document), document


def _replay_body(body: bytes, receive: Receive) -> Receive:
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def received() -> Message:
        return messages.pop() if messages else await receive()

    return received


class InvalidControlCallError(ControlError):
    status = 400
    code = "http-400"


class ParameterCheck(ParameterValidator):  # type: ignore[misc] # Connexion ships no types
    def validate_request(self, request: ConnexionRequest) -> None:
        _refuse([*self._unknown(request), *self._wrong("path", request), *self._wrong("query", request)])

    def _unknown(self, request: ConnexionRequest) -> Iterator[Document]:
        names = [parameter["name"] for parameter in self.parameters["query"]]
        for name in sorted(request.query_params.keys() - set(names)):
            detail = f"there is no query parameter {name}"
            error = _problem_document(Problem("unknown-parameter", ("query", name), detail))
            yield {**error, "try": f"there are {', '.join(names)}" if names else "leave it out"}

    def _wrong(self, where: str, request: ConnexionRequest) -> Iterator[Document]:
        values: Mapping[str, Json] = request.path_params if where == "path" else request.query_params
        # Connexion lists path parameters several times.
        for name, parameter in {node["name"]: node for node in self.parameters[where]}.items():
            value = values.get(name)
            if value is not None:
                schema = _compiled(json.encode(parameter["schema"]))
                yield from map(_problem_document, schema.problems(value, (where, name)))
            elif parameter.get("required"):
                detail = f"the {where} parameter {name} is missing"
                yield _problem_document(Problem("missing-required", (where, name), detail))


class BodyCheck(JSONRequestBodyValidator):  # type: ignore[misc] # Connexion ships no types
    """Validator of a JSON body, which `ControlBodyReader` has encoded again."""

    async def _parse(self, stream: AsyncGenerator[bytes, None], scope: Scope) -> Json:  # noqa: ARG002
        """Return the validated document; a large document is validated in a thread."""
        content = b"".join([piece async for piece in stream])
        return await to_thread(self._valid, content) if len(content) > LARGE_BODY else self._valid(content)

    def _valid(self, content: bytes) -> Json:
        body = json.decode(content)
        if body is None and not self._nullable:
            _refuse([_problem_document(Problem("wrong-type", (), "expected a document, found none"))])
        schema = _compiled(json.encode(self._schema))
        _refuse([_problem_document(problem) for problem in schema.problems(body)])
        return body

    def _validate(self, body: Json) -> None:
        """Do nothing: `_parse` has validated."""


VALIDATORS: Mapping[str, Any] = {"parameter": ParameterCheck, "body": MediaTypeDict({"*/*json": BodyCheck})}
"""Validators that replace Connexion's own."""


@cache
def _compiled(schema: bytes) -> Schema:
    node = json.decode(schema)
    return compile_schema(node, node, COMMON_FORMATS)


def _refuse(errors: list[Document]) -> None:
    if errors:
        where = f"{errors[0]['pointer']}: " if errors[0]["pointer"] else ""
        more = f", and {len(errors) - 1:,} more" if len(errors) > 1 else ""
        detail = f"{where}{errors[0]['detail']}{more}"
        raise InvalidControlCallError(detail, {"errors": errors[:MAX_PROBLEMS]})


def _problem_document(problem: Problem) -> Document:
    detail = problem.detail
    shown = detail if len(detail) <= _MAX_DETAIL else f"{detail[:_MAX_DETAIL]}…"
    return {"pointer": problem.pointer, "code": problem.code, "detail": shown}
