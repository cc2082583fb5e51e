"""The oracle: what a request is, by the bytes that were sent and the spec alone.

It knows neither the server nor its state. That the schema takes an item does not say that it must be
accepted; that the schema forbids it says that it must not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from urllib.parse import unquote

from mockserver.contract.call_profile import Tolerance
from mockserver.contract.exchange import Request
from mockserver.contract.json_values import value_at
from mockserver.contract.loading import ApiUnderTest
from mockserver.contract.oracle.decoding import Decoded, UnreadableError, decode, media_type_of
from mockserver.contract.oracle.expectations import (
    ExpectedItem,
    ExpectedResponse,
    ExpectedVerdict,
    expected_item,
    weigh_problems,
)
from mockserver.contract.oracle.keys import keys_of
from mockserver.contract.oracle.leniency import Leniency, leniency
from mockserver.contract.oracle.parameters import ParameterOracle, find_operation
from mockserver.contract.oracle.typed_values import properties_of
from mockserver.contract.oracle.validation import OracleSchema, compile_schema, unfold, without_member
from mockserver.contract.profile import BatchItem
from mockserver.errors import MethodNotAllowed, NotFound
from mockserver.model import EMPTY, Document, Json, pointer_of
from mockserver.spec.openapi import Batch, MediaType, Operation

_ANSWERED_FOR_ALL = ("HEAD", "OPTIONS")
_BENT = ("mock-scenario",)
"""Headers with which a caller asks a mock for something else than the truth."""


@dataclass(frozen=True, slots=True)
class _Body:
    """A media type of an operation, ready to be judged; `item` is None without a batch."""

    media_type: MediaType
    node: Document
    settings: Document
    whole: OracleSchema
    item: OracleSchema | None


class Oracle:
    """Expectations of calls to one API; schemas are compiled on first use."""

    def __init__(self, api: ApiUnderTest) -> None:
        self._spec = api.spec
        self._profile = api.profile
        self._asking = ParameterOracle(api.spec)
        self._bodies: dict[tuple[str, str], _Body] = {}

    def found(self, request: Request) -> tuple[Operation, Mapping[str, str]] | None:
        """Return the operation that the spec has for the request, and the values of its path.

        Raises:
            MethodNotAllowed: the path has operations, but not by that method.
        """
        path = unquote(request.path.partition("?")[0], errors="replace")
        try:
            match = find_operation(self._spec, request.method, self._spec.canonical_path(path))
        except NotFound:
            return None
        return match.operation, match.values

    def expected(self, request: Request, operation: str = "") -> ExpectedResponse:
        """Match and decode the request; `operation` is used if the path matches none."""
        meant = self._spec.operations.get(operation)
        try:
            found = self.found(request)
        except MethodNotAllowed:
            other = request.method in _ANSWERED_FOR_ALL
            return ExpectedResponse(
                meant, "doubtful" if other else "bad", f"the path has no operation for {request.method}"
            )
        if found is None:
            return ExpectedResponse(meant, "doubtful", "the spec has nothing at that path")
        return self._expected(found[0], found[1], request)

    def _expected(
        self, operation: Operation, values: Mapping[str, str], request: Request
    ) -> ExpectedResponse:
        if any(name in request.headers for name in _BENT) or _asks_for_an_example(request):
            return ExpectedResponse(operation, "doubtful", "a mock was asked for something")
        asked = self._asking.problems(operation, request, values, self._forgiven(operation, request))
        of_body = self._of_body(operation, request)
        if asked.bad or of_body.envelope == "bad":
            reason = asked.bad[0] if asked.bad else of_body.reason
            return replace(of_body, envelope="bad", reason=reason)
        if asked.doubts:
            return replace(of_body, envelope="doubtful", reason=asked.doubts[0])
        return of_body

    def _of_body(self, operation: Operation, request: Request) -> ExpectedResponse:
        if not operation.bodies or (not request.body and not operation.body_required):
            return ExpectedResponse(operation, "good")
        if not request.body:
            return ExpectedResponse(operation, "bad", "there is no body")
        body = self._body(operation, request)
        if body is None:
            return ExpectedResponse(operation, self._of_media_type(operation, request), _not_stated(request))
        try:
            content_type = request.headers.get("content-type", "")
            decoded = decode(request.body, content_type, body.node, body.settings)
        except UnreadableError as error:
            verdict: ExpectedVerdict = "doubtful" if body.settings.get("lenient") else "bad"
            return ExpectedResponse(operation, verdict, f"the body cannot be read: {error}")
        return self._judged(operation, body, decoded, self._leniency(operation, body, request))

    def _of_media_type(self, operation: Operation, request: Request) -> ExpectedVerdict:
        """Return what a body is that comes in a media type which the spec does not state."""
        sent = request.media_type
        near = "json" in sent and any("json" in one.name for one in operation.bodies)
        forgiven = any(one.keyword == "content-type" for one in self._forgiven(operation, request))
        return "doubtful" if not sent or near or forgiven else "bad"

    def _judged(
        self, operation: Operation, body: _Body, decoded: Decoded, lenient: Leniency
    ) -> ExpectedResponse:
        document, batch = decoded.document, operation.batch
        if batch and body.item and _is_bare(document, batch, body.item, any_case=lenient.any_case):
            document = {str(batch.items[0]): [document]}
        verdict, reason = weigh_problems(body.whole.broken(document), lenient, decoded)
        if not batch or not body.item:
            if verdict == "good" and lenient.is_renamed(document, body.node):
                return ExpectedResponse(operation, "doubtful", "a name is written otherwise")
            return ExpectedResponse(operation, verdict, reason)
        found = value_at(document, batch.items)
        if not isinstance(found, list):
            missing = f"there is no list at {pointer_of(batch.items) or 'the root'}"
            sure = verdict != "doubtful" and not (lenient.any_case and batch.items)
            return ExpectedResponse(operation, "bad" if sure else "doubtful", reason or missing)
        if verdict == "good" and not found:
            verdict, reason = "doubtful", "there are no items"
        items = tuple(self._items(found, batch, body.item, lenient, decoded))
        keys = [key for one in items for key in set(one.keys)]
        if len(set(keys)) < len(keys) and any(one.keyword == "uniqueItems" for one in lenient.tolerances):
            items = tuple(replace(one, may_refuse_call=True) for one in items)
        return ExpectedResponse(operation, verdict, reason, items, not decoded.doubts)

    def _items(
        self, found: list[Json], batch: Batch, item: OracleSchema, lenient: Leniency, decoded: Decoded
    ) -> Iterator[ExpectedItem]:
        for place, one in enumerate(found):
            keys = keys_of(one, batch.key, any_case=lenient.any_case)
            sent = BatchItem(place, keys[0] if keys else None, one)
            if decoded.doubts:
                yield ExpectedItem(sent, "doubtful", decoded.doubts[0], keys=keys, may_refuse_call=True)
            else:
                yield expected_item(sent, keys, batch, item, lenient)

    def _body(self, operation: Operation, request: Request) -> _Body | None:
        sent, _ = media_type_of(request.headers.get("content-type", ""))
        stated = next((one for one in operation.bodies if fnmatchcase(sent, one.name)), None)
        if stated is None or not sent:
            return None
        key = (operation.id, stated.name)
        if key not in self._bodies:
            self._bodies[key] = self._made(operation, stated)
        return self._bodies[key]

    def _made(self, operation: Operation, stated: MediaType) -> _Body:
        node = unfold(self._spec.document, stated.coercion.get("schema", stated.schema))
        if operation.batch is None:
            return _Body(stated, node, stated.coercion, compile_schema(node), None)
        pointer = operation.batch.items
        items = node
        for step in pointer:
            items = properties_of(items).get(str(step), EMPTY)
        whole = compile_schema(without_member(node, pointer))
        return _Body(stated, node, stated.coercion, whole, compile_schema(items.get("items", EMPTY)))

    def _leniency(self, operation: Operation, body: _Body, request: Request) -> Leniency:
        media_type = request.media_type
        return leniency(
            body.settings,
            self._forgiven(operation, request),
            spells="xml" in media_type or "form" in media_type,
            ignores_unknown=_passes_over(operation, request),
        )

    def _forgiven(self, operation: Operation, request: Request) -> tuple[Tolerance, ...]:
        known = self._profile.tolerances
        of_it = (*known.get("", ()), *known.get(operation.id, ()))
        return tuple(one for one in of_it if fnmatchcase(request.media_type, one.media_type))


def expected_response(api: ApiUnderTest, operation: Operation, request: Request) -> ExpectedResponse:
    """Return what one request is; whoever asks more than once keeps an `Oracle`."""
    return Oracle(api).expected(request, operation.id)


def _not_stated(request: Request) -> str:
    return f"the body is {request.media_type or 'of no media type'}, which the spec does not state"


def _is_bare(document: Json, batch: Batch, item: OracleSchema, *, any_case: bool) -> bool:
    if not batch.bare_item or not isinstance(document, dict):
        return False
    sent, known, wrapper = set(document), set(properties_of(item.node)), str(batch.items[0])
    if any_case:
        sent, known, wrapper = _lower(sent), _lower(known), wrapper.lower()
    return wrapper not in sent and not known.isdisjoint(sent)


def _lower(names: Iterable[str]) -> set[str]:
    return {name.lower() for name in names}


def _asks_for_an_example(request: Request) -> bool:
    prefer = request.headers.get("prefer", "")
    return "code=" in prefer or "example=" in prefer or b"sbx." in request.body


def _passes_over(operation: Operation, request: Request) -> bool:
    """Return whether a header of the operation's, one of whose values is to ignore, has not its default."""
    for one in operation.parameters:
        sent = request.headers.get(one.name.lower())
        if one.place == "header" and sent and "ignore" in one.schema.get("enum", ()):
            return bool(sent != one.schema.get("default"))
    return False
