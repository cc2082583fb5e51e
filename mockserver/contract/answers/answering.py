"""Answers held against the spec: status, media type, body; by the oracle's own validator."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from mockserver.contract.answers.naming import unnamed
from mockserver.contract.exchange import Exchange, Response
from mockserver.contract.oracle.decoding import UnreadableError, decode
from mockserver.contract.oracle.expecting import why
from mockserver.contract.oracle.validating import Schema, schema, unfolded
from mockserver.model import EMPTY, Document, Json, Path, pointer_of
from mockserver.spec.openapi import Operation, Spec, resolve

_MOST = 3


@dataclass(frozen=True, slots=True)
class Unstated:
    """What the spec does not say of an answer; `of_body` where status and media type are as it says."""

    said: str
    expected: str
    came: str
    pointer: str = ""
    of_body: bool = False


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer beside what the spec says of it.

    `unstated` is what it does not say, `unasked` how the media type is not what was asked for, `unnamed` a
    member that no schema names; None where there is nothing. `bodied`: the spec states a body for the
    status. `body` is the document, None where it is none or cannot be read.
    """

    unstated: Unstated | None = None
    unasked: Unstated | None = None
    unnamed: Path | None = None
    bodied: bool = False
    body: Json = None


class Answers:
    """What one spec says of answers; schemas are made when they are first needed."""

    def __init__(self, spec: Spec) -> None:
        self._spec = spec
        self._schemas: dict[tuple[str, int, str], Schema] = {}

    def answered(self, operation: Operation, exchange: Exchange) -> Answered:
        """The answer of an exchange."""
        response = exchange.response
        stated = self._stated(operation, response.status)
        if stated is None:
            known = ", ".join(sorted(operation.responses))
            said = f"answers {response.status}, which the spec does not state for {operation.id}"
            return Answered(Unstated(said, known, str(response.status)), body=_read(response, EMPTY)[0])
        content: Mapping[str, Document] = stated.get("content", EMPTY)
        if not response.body or exchange.request.method == "HEAD":
            return Answered(bodied=bool(content) and exchange.request.method != "HEAD")
        unasked = _unasked(exchange, content)
        media_type = next((name for name in content if fnmatchcase(response.media_type, name)), None)
        if media_type is None:
            came, known = response.media_type or "no media type", ", ".join(content) or "no body"
            said = f"answers {response.status} as {came}; the spec states {known}"
            other = Unstated(said, known, came)
            return Answered(other, unasked, bodied=bool(content), body=_read(response, EMPTY)[0])
        return self._bodied(operation, response, content[media_type], media_type, unasked)

    def _stated(self, operation: Operation, status: int) -> Document | None:
        """What the operation says of a status, by itself, by its class or by default; None where nothing."""
        node = self._spec.document["paths"][operation.path][operation.method]["responses"]
        for name in (str(status), f"{status // 100}XX", "default"):
            if name in node:
                found: Document = resolve(self._spec.document, node[name])
                return found
        return None

    def _bodied(
        self,
        operation: Operation,
        response: Response,
        stated: Document,
        media_type: str,
        unasked: Unstated | None,
    ) -> Answered:
        key = (operation.id, response.status, media_type)
        if key not in self._schemas:
            self._schemas[key] = schema(unfolded(self._spec.document, stated.get("schema", EMPTY)))
        known = self._schemas[key]
        document, error = _read(response, known.node)
        if error:
            said = f"answers {response.status} with a body that cannot be read: {error}"
            return Answered(Unstated(said, media_type, "", of_body=True), unasked, bodied=True)
        stranger = next(unnamed(document, (known.node,)), None)
        return Answered(_broken(response, known, document), unasked, stranger, bodied=True, body=document)


def _read(response: Response, node: Document) -> tuple[Json, str]:
    """The document, and why there is none."""
    try:
        return decode(response.body, response.headers.get("content-type", ""), node).document, ""
    except UnreadableError as error:
        return None, str(error)


def _broken(response: Response, known: Schema, document: Json) -> Unstated | None:
    if "xml" in response.media_type and "type" not in known.node:
        return None  # nothing says what its texts stand for
    broken = known.broken(document)
    if not broken:
        return None
    told = "; ".join(why(one) for one in broken[:_MOST])
    more = f"; {len(broken) - _MOST} more" if len(broken) > _MOST else ""
    said = f"answers {response.status} with a body that breaks its schema: {told}{more}"
    return Unstated(said, broken[0].keyword, why(broken[0]), pointer_of(broken[0].path), of_body=True)


def _unasked(exchange: Exchange, content: Mapping[str, Document]) -> Unstated | None:
    """Another media type than those that were asked for, where the spec states one of these."""
    response, accept = exchange.response, exchange.request.headers.get("accept", "")
    asked = [one.partition(";")[0].strip().lower() for one in accept.split(",")]
    offered = [name for name in content if name in asked]
    if not offered or any(fnmatchcase(response.media_type, one) for one in asked):
        return None
    came = response.media_type or "no media type"
    said = f"asked for {', '.join(asked)}, which the spec states for {response.status}; {came} came"
    return Unstated(said, offered[0], came)
