"""Validate a control plane call against its spec and report all problems at once."""

from __future__ import annotations

from asyncio import to_thread
from collections.abc import AsyncGenerator, Iterator, Mapping
from functools import cache
from typing import Any

from starlette.types import Scope

from mockserver.codec import json
from mockserver.control.control_call import ControlError
from mockserver.model import Document, Json, Problem, pointer_of
from mockserver.server.connexion_parts import (
    ConnexionRequest,
    JSONRequestBodyValidator,
    MediaTypeDict,
    ParameterValidator,
)
from mockserver.server.work_threads import LARGE_BODY
from mockserver.spec.formats import COMMON_FORMATS
from mockserver.spec.schema import Schema, compile_schema

MAX_PROBLEMS = 20
_MAX_DETAIL = 300


class InvalidControlCallError(ControlError):
    """The call does not conform to the spec; each of `errors` has pointer, code and detail."""

    status = 400
    code = "http-400"


class ParameterCheck(ParameterValidator):  # type: ignore[misc] # Connexion ships no types
    """Validates path and query parameters; a pointer is for example `/query/last`."""

    def validate_request(self, request: ConnexionRequest) -> None:
        """Raise unless all parameters are valid and known.

        Raises:
            InvalidControlCallError: a parameter is invalid, missing or unknown.
        """
        _refuse([*self._unknown(request), *self._wrong("path", request), *self._wrong("query", request)])

    def _unknown(self, request: ConnexionRequest) -> Iterator[Document]:
        names = [parameter["name"] for parameter in self.parameters["query"]]
        for name in sorted(request.query_params.keys() - set(names)):
            error = _error_document(
                ("query", name), "unknown-parameter", f"there is no query parameter {name}"
            )
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
                yield _error_document(
                    (where, name), "missing-required", f"the {where} parameter {name} is missing"
                )


class BodyCheck(JSONRequestBodyValidator):  # type: ignore[misc] # Connexion ships no types
    """Validates a JSON body, already re-encoded by `ControlBodyReader`; an optional body has a default."""

    async def _parse(self, stream: AsyncGenerator[bytes, None], scope: Scope) -> Json:  # noqa: ARG002
        """Return the document, once it is validated: a large one takes a while, in which others go on."""
        content = b"".join([piece async for piece in stream])
        return await to_thread(self._valid, content) if len(content) > LARGE_BODY else self._valid(content)

    def _valid(self, content: bytes) -> Json:
        body = json.decode(content)
        if body is None and not self._nullable:
            _refuse([_error_document((), "wrong-type", "expected a document, found none")])
        schema = _compiled(json.encode(self._schema))
        _refuse([_problem_document(problem) for problem in schema.problems(body)])
        return body

    def _validate(self, body: Json) -> None:
        """Leave it at what `_parse` has found."""


VALIDATORS: Mapping[str, Any] = {"parameter": ParameterCheck, "body": MediaTypeDict({"*/*json": BodyCheck})}
"""Validators that replace Connexion's own."""


@cache
def _compiled(schema: bytes) -> Schema:
    """Return the compiled schema of that JSON text; the spec has a few dozen."""
    node = json.decode(schema)
    return compile_schema(node, node, COMMON_FORMATS)


def _refuse(errors: list[Document]) -> None:
    if errors:
        where = f"{errors[0]['pointer']}: " if errors[0]["pointer"] else ""
        more = f", and {len(errors) - 1:,} more" if len(errors) > 1 else ""
        detail = f"{where}{errors[0]['detail']}{more}"
        raise InvalidControlCallError(detail, {"errors": errors[:MAX_PROBLEMS]})


def _problem_document(problem: Problem) -> Document:
    return _error_document(problem.path, problem.code, problem.detail)


def _error_document(path: tuple[str | int, ...], code: str, detail: str) -> Document:
    shown = detail if len(detail) <= _MAX_DETAIL else f"{detail[:_MAX_DETAIL]}…"
    return {"pointer": pointer_of(path), "code": code, "detail": shown}
