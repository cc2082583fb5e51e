"""Open the envelope of a call: parameters, media type, body, coercion and item list."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from msgspec.structs import replace

from mockserver.codec import json
from mockserver.codec.http import parse_content_type
from mockserver.codec.json import check_depth, may_contain_nul
from mockserver.engine.plan import CompiledBody, CompiledItems, CompiledOperation
from mockserver.errors import InvalidCall, MalformedBody, TooManyItems, UnsupportedMediaType
from mockserver.model import Call, Item, Json, Path, Problem, join_key
from mockserver.spec.openapi import Batch, RouteMatch, Spec
from mockserver.vendor import ClassifyProblem, DispatchCall, Request

MAX_ITEMS = 10_000


@dataclass(frozen=True, slots=True)
class EnvelopeReader:
    """The room, furnished for one vendor."""

    spec: Spec
    plans: Mapping[str, CompiledOperation]
    classify: ClassifyProblem
    max_items: int = MAX_ITEMS

    def open(
        self, call: Call, match: RouteMatch, dispatch: DispatchCall, *, may_take_long: bool = True
    ) -> Request:
        """Return the request that `call` makes.

        Raises:
            InvalidCall: parameters or envelope break the contract.
            UnsupportedMediaType, MalformedBody, TooManyItems: the body cannot be read.
            TakesLongError: to read it takes long, and it may not.
        """
        plan = self.plans[match.operation.id]
        parameters, problems = plan.parameters.read(call, match.values)
        if problems:
            self._refuse(problems, call)
        if not plan.bodies or (not call.body and not plan.operation.body_required):
            tenant = self.spec.tenant(call.headers, parameters)
            return Request(call, plan.operation, parameters, tenant, dispatch, contract=self.spec.document)
        body, charset = _select_body(plan, call)
        decoded = body.decode(call.body, charset, call.assumptions, may_take_long=may_take_long)
        document = _wrap_bare_item(decoded, body.items)
        document = self._read_envelope(call, body, document)
        found: tuple[list[Json], frozenset[int]] = ([], frozenset())
        if body.items is not None:
            found = self._read_items(body.items, self._listed(call, body.items, document))
        return Request(
            call,
            plan.operation,
            parameters,
            self.spec.tenant(call.headers, parameters, document),
            dispatch,
            document=document,
            may_contain_nul=may_contain_nul(call.body),
            items=_build_items(found[0], plan.operation.batch),
            media_type=body.media_type,
            unproven=found[1],
            contract=self.spec.document,
        )

    def _read_envelope(self, call: Call, body: CompiledBody, document: Json) -> Json:
        """Return the document as the vendor reads it, if nothing outside its items is wrong."""
        is_closed = body.closed.accepts(document)
        if not (is_closed and body.shallow):
            check_depth(document)
        if is_closed:
            return document
        read = document if body.read is None else body.read(document)
        items = None if body.items is None else _value_at(body.items.batch.items, read)
        self._refuse(body.whole.problems(read, unread=items), call, read)
        return read

    def _listed(self, call: Call, plan: CompiledItems, document: Json) -> list[Json]:
        """Return the list of items, which must be there even if the spec does not require it."""
        found = _value_at(plan.batch.items, document)
        if isinstance(found, list):
            return found
        absent = Problem("wrong-type", plan.batch.items, "a list is expected", "type", ["array"], found)
        self._refuse((absent,), call, document)
        return []

    def _read_items(self, plan: CompiledItems, sent: list[Json]) -> tuple[list[Json], frozenset[int]]:
        """Return the items as the vendor reads them, and the indexes of those that may break their schema.

        An item that satisfies the closed schema as it was sent is not looked at any further.
        """
        if len(sent) > self.max_items:
            check_depth(sent, above=len(plan.batch.items))
            raise TooManyItems(self.max_items, len(sent))
        unproven = plan.unproven(sent)
        check_depth([sent[index] for index in unproven], above=len(plan.batch.items))
        if not unproven or plan.read is None:
            return sent, frozenset(unproven)
        found = list(sent)
        for index in unproven:
            found[index] = plan.read(sent[index])
        return found, frozenset(index for index in unproven if not plan.proves(found[index]))

    def _refuse(self, problems: Iterable[Problem], call: Call, document: Json = None) -> None:
        graded = [kept for problem in problems if (kept := self.classify(problem, call)) is not None]
        if graded:
            raise InvalidCall(graded, document)


def _select_body(plan: CompiledOperation, call: Call) -> tuple[CompiledBody, str]:
    if not call.body:
        raise MalformedBody("a body is required")
    media_type, charset = parse_content_type(call.headers)
    body = plan.bodies.get(media_type)
    if body is None:
        family, _, suffix = media_type.partition("+")
        body = plan.bodies.get(f"{family.split('/')[0]}/*+{suffix}") if suffix else None
    body = body or plan.bodies.get("*/*")
    if body is None:
        raise UnsupportedMediaType(media_type, plan.bodies)
    return body, charset


def _value_at(path: Path, document: Json) -> Json:
    for step in path:
        document = document.get(step) if isinstance(document, dict) else None
    return document


def _wrap_bare_item(document: Json, plan: CompiledItems | None) -> Json:
    """Return the list form of a document that is one bare item, where the operation takes that."""
    if plan is None or not plan.batch.bare_item or not isinstance(document, dict):
        return document
    name = str(plan.batch.items[0])
    if name in document:
        return document
    given = {key.lower() for key in document} if plan.any_case else document.keys()
    bare = (name.lower() if plan.any_case else name) not in given and not plan.members.isdisjoint(given)
    return {name: [document]} if bare else document


def _build_items(found: list[Json], batch: Batch | None) -> tuple[Item, ...]:
    if batch is None:
        return ()
    key = batch.key
    if len(key) == 1:
        name = key[0]
        items = [
            Item(index, "" if (value := item.get(name)) is None else str(value), item)
            if type(item) is dict
            else Item(index, "", item)
            for index, item in enumerate(found)
        ]
    else:
        items = [Item(index, _composite_key(item, key), item) for index, item in enumerate(found)]
    return _with_digests(items, batch)


def _with_digests(items: list[Item], batch: Batch) -> tuple[Item, ...]:
    """Return the items; one without a key of its own has a digest, numbered if it equals an earlier one."""
    keyless = {item.index for item in items if not item.key}
    for name, value in batch.keyless.items():
        keyless.update([item.index for item in items if item.key and item.document.get(name) == value])
    seen: Counter[str] = Counter()
    for index in sorted(keyless):
        item, document = items[index], items[index].document
        if batch.identity and isinstance(document, dict):
            document = {name: document.get(name) for name in batch.identity}
        digest = json.digest(document)
        seen[item.key + digest] += 1
        number = seen[item.key + digest]
        items[index] = replace(item, digest=digest if number == 1 else f"{digest}.{number}")
    return tuple(items)


def _composite_key(item: Json, key: tuple[str, ...]) -> str:
    """Join the parts that are present, escaped so that different keys stay different."""
    if not isinstance(item, dict):
        return ""
    return join_key(str(item[name]) for name in key if item.get(name) is not None)
