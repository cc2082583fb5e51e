"""Hold a response against the spec: status, media type, headers, body, undeclared members."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from mockserver.contract.exchange import Exchange, Response
from mockserver.contract.oracle.decoding import UnreadableError, decode
from mockserver.contract.oracle.expectations import explain
from mockserver.contract.oracle.validation import OracleSchema, compile_schema, unfold
from mockserver.model import EMPTY, Document, Json, Path, pointer_of
from mockserver.spec.openapi import Operation, Spec, resolve
from mockserver.spec.xml_places import XML_MEDIA_TYPES, without_omitted

_MAX_PROBLEMS = 3


@dataclass(frozen=True, slots=True)
class ConformanceProblem:
    """Raised for a status or media type outside the spec; `of_body` if only the body differs."""

    said: str
    expected: str
    came: str
    pointer: str = ""
    of_body: bool = False


@dataclass(frozen=True, slots=True)
class ConformanceResult:
    """Comparison of a response with the spec.

    `undeclared` is what the spec does not declare, `unacceptable` a media type that was not asked for,
    `undeclared_member` a member that no schema names; each None if there is none. `has_declared_body`: the
    spec declares a body for the status. `body` is the document, None if it is absent or unreadable.
    """

    undeclared: ConformanceProblem | None = None
    unacceptable: ConformanceProblem | None = None
    undeclared_member: Path | None = None
    has_declared_body: bool = False
    body: Json = None


class ResponseConformance:
    """Conformance of responses with one spec; schemas are compiled on first use."""

    def __init__(self, spec: Spec) -> None:
        self._spec = spec
        self._schemas: dict[tuple[str, int, str], OracleSchema] = {}

    def conformance(self, operation: Operation, exchange: Exchange) -> ConformanceResult:
        """Compare the response of an exchange with the operation's declaration."""
        response = exchange.response
        stated = self._stated(operation, response.status)
        if stated is None:
            known = ", ".join(sorted(operation.responses))
            said = f"answers {response.status}, which the spec does not state for {operation.id}"
            return ConformanceResult(
                ConformanceProblem(said, known, str(response.status)), body=_read(response, EMPTY)[0]
            )
        content: Mapping[str, Document] = stated.get("content", EMPTY)
        if not response.body or exchange.request.method == "HEAD":
            return ConformanceResult(has_declared_body=bool(content) and exchange.request.method != "HEAD")
        unasked = _unacceptable_media_type(exchange, content)
        media_type = next((name for name in content if fnmatchcase(response.media_type, name)), None)
        if media_type is None:
            came, known = response.media_type or "no media type", ", ".join(content) or "no body"
            said = f"answers {response.status} as {came}; the spec states {known}"
            other = ConformanceProblem(said, known, came)
            return ConformanceResult(
                other, unasked, has_declared_body=bool(content), body=_read(response, EMPTY)[0]
            )
        return self._bodied(operation, response, content[media_type], media_type, unasked)

    def _stated(self, operation: Operation, status: int) -> Document | None:
        """Return the operation's response for a status, its class or the default; None if undeclared."""
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
        unacceptable: ConformanceProblem | None,
    ) -> ConformanceResult:
        key = (operation.id, response.status, media_type)
        if key not in self._schemas:
            document = self._spec.document
            if media_type in XML_MEDIA_TYPES:
                document = without_omitted(document)
            self._schemas[key] = compile_schema(unfold(document, stated.get("schema", EMPTY)))
        known = self._schemas[key]
        document, error = _read(response, known.node)
        if error:
            said = f"answers {response.status} with a body that cannot be read: {error}"
            return ConformanceResult(
                ConformanceProblem(said, media_type, "", of_body=True), unacceptable, has_declared_body=True
            )
        stranger = next(undeclared_members(document, (known.node,)), None)
        return ConformanceResult(
            _body_problems(response, known, document),
            unacceptable,
            stranger,
            has_declared_body=True,
            body=document,
        )


def _read(response: Response, node: Document) -> tuple[Json, str]:
    """Return the document, and why there is none."""
    try:
        return decode(response.body, response.headers.get("content-type", ""), node).document, ""
    except UnreadableError as error:
        return None, str(error)


def _body_problems(response: Response, known: OracleSchema, document: Json) -> ConformanceProblem | None:
    if "xml" in response.media_type and "type" not in known.node:
        return None  # nothing says what its texts stand for
    broken = known.broken(document)
    if not broken:
        return None
    told = "; ".join(explain(one) for one in broken[:_MAX_PROBLEMS])
    more = f"; {len(broken) - _MAX_PROBLEMS} more" if len(broken) > _MAX_PROBLEMS else ""
    said = f"answers {response.status} with a body that breaks its schema: {told}{more}"
    return ConformanceProblem(
        said, broken[0].keyword, explain(broken[0]), pointer_of(broken[0].path), of_body=True
    )


def _unacceptable_media_type(
    exchange: Exchange, content: Mapping[str, Document]
) -> ConformanceProblem | None:
    """Another media type than those that were asked for, where the spec states one of these.

    A server may choose among the forms of JSON that the spec states: whoever reads one reads all.
    """
    response, accept = exchange.response, exchange.request.headers.get("accept", "")
    asked = [one.partition(";")[0].strip().lower() for one in accept.split(",")]
    offered = [name for name in content if name in asked]
    if not offered or any(fnmatchcase(response.media_type, one) for one in asked):
        return None
    if _is_json(response.media_type) and any(map(_is_json, offered)):
        return None
    came = response.media_type or "no media type"
    said = f"asked for {', '.join(asked)}, which the spec states for {response.status}; {came} came"
    return ConformanceProblem(said, offered[0], came)


def _is_json(media_type: str) -> bool:
    return media_type.endswith(("/json", "+json"))


_PARTS = ("allOf", "anyOf", "oneOf")


def undeclared_members(value: Json, nodes: tuple[Document, ...], path: Path = ()) -> Iterator[Path]:
    """Return the outermost members that the unfolded schemas do not name.

    An object of which nothing is said may have any.
    """
    parts = [part for node in nodes for part in _parts(node)]
    if isinstance(value, list):
        elements = tuple(part["items"] for part in parts if "items" in part)
        for place, child in enumerate(value):
            yield from undeclared_members(child, elements, (*path, place))
    elif isinstance(value, dict):
        others = tuple(one for part in parts if isinstance(one := part.get("additionalProperties"), dict))
        free = any(map(_is_free, parts)) or not any("properties" in part for part in parts)
        for name, child in value.items():
            named = tuple(part["properties"][name] for part in parts if name in part.get("properties", {}))
            if named or others:
                yield from undeclared_members(child, named or others, (*path, name))
            elif not free:
                yield (*path, name)


def _parts(node: Document) -> Iterator[Document]:
    yield node
    for keyword in _PARTS:
        for part in node.get(keyword, ()):
            yield from _parts(part)


def _is_free(part: Document) -> bool:
    """Return whether the part alone takes any object."""
    if "additionalProperties" in part:
        return part["additionalProperties"] is True
    return part.get("type") == "object" and not any(
        word in part for word in ("properties", "required", *_PARTS)
    )
