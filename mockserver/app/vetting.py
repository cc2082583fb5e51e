"""The control plane's contract, held against a call: all that is wrong at once, by pointer, code and detail.

Connexion's own validators stop at the first problem, leave out which parameter it is, and print schemas.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator, Mapping
from functools import cache
from typing import Any

from connexion.datastructures import MediaTypeDict
from connexion.lifecycle import ConnexionRequest
from connexion.validators import JSONRequestBodyValidator, ParameterValidator
from starlette.types import Scope

from mockserver.codec import json
from mockserver.control.refusals import ControlRefusal
from mockserver.formats import COMMON
from mockserver.model import Document, Json, Problem, pointer_of
from mockserver.schema import Schema, compile_schema

MAX_TOLD = 20
_MAX_SIGNS = 300


class Unkept(ControlRefusal):
    """The call does not keep the contract; `errors` hold pointer, code and detail each."""

    status = 400
    code = "http-400"


class Parameters(ParameterValidator):  # type: ignore[misc] # Connexion ships no types
    """Judges the parameters of a path and a query; a pointer is `/query/last`."""

    def validate_request(self, request: ConnexionRequest) -> None:
        """Let pass a request whose parameters keep the contract, and has no others.

        Raises:
            Unkept: they do not.
        """
        _refuse([*self._unknown(request), *self._wrong("path", request), *self._wrong("query", request)])

    def _unknown(self, request: ConnexionRequest) -> Iterator[Document]:
        names = [parameter["name"] for parameter in self.parameters["query"]]
        for name in sorted(request.query_params.keys() - set(names)):
            error = _error(("query", name), "unknown-parameter", f"there is no query parameter {name}")
            yield {**error, "try": f"there are {', '.join(names)}" if names else "leave it out"}

    def _wrong(self, where: str, request: ConnexionRequest) -> Iterator[Document]:
        given: Mapping[str, Json] = request.path_params if where == "path" else request.query_params
        # Connexion has those of a path several times.
        for name, parameter in {one["name"]: one for one in self.parameters[where]}.items():
            value = given.get(name)
            if value is not None:
                schema = _compiled(json.encode(parameter["schema"]))
                yield from map(_told, schema.problems(value, (where, name)))
            elif parameter.get("required"):
                yield _error((where, name), "missing-required", f"the {where} parameter {name} is missing")


class Body(JSONRequestBodyValidator):  # type: ignore[misc] # Connexion ships no types
    """Judges a JSON body, which the intake has made plain; one that may be missing has a default."""

    async def _parse(self, stream: AsyncGenerator[bytes, None], scope: Scope) -> Json:  # noqa: ARG002
        return json.decode(b"".join([piece async for piece in stream]))

    def _validate(self, body: Json) -> None:
        if body is None and not self._nullable:
            _refuse([_error((), "wrong-type", "expected a document, found none")])
        schema = _compiled(json.encode(self._schema))
        _refuse([_told(problem) for problem in schema.problems(body)])


VALIDATORS: Mapping[str, Any] = {"parameter": Parameters, "body": MediaTypeDict({"*/*json": Body})}
"""What Connexion is given in the place of its own."""


@cache
def _compiled(schema: bytes) -> Schema:
    """The schema of that text; a contract has some dozens."""
    node = json.decode(schema)
    return compile_schema(node, node, COMMON)


def _refuse(errors: list[Document]) -> None:
    if errors:
        where = f"{errors[0]['pointer']}: " if errors[0]["pointer"] else ""
        more = f", and {len(errors) - 1:,} more" if len(errors) > 1 else ""
        detail = f"{where}{errors[0]['detail']}{more}"
        raise Unkept(detail, {"errors": errors[:MAX_TOLD]})


def _told(problem: Problem) -> Document:
    return _error(problem.path, problem.code, problem.detail)


def _error(path: tuple[str | int, ...], code: str, detail: str) -> Document:
    shown = detail if len(detail) <= _MAX_SIGNS else f"{detail[:_MAX_SIGNS]}…"
    return {"pointer": pointer_of(path), "code": code, "detail": shown}
