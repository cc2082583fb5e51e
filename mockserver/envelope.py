"""Room 1: the envelope. Parameters, media type, body, binder; strict, and before any item is judged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from mockserver.errors import Invalid, Malformed, TooManyItems, UnsupportedMediaType
from mockserver.model import Call, Document, Item, Json, Path, Problem
from mockserver.plan import BodyPlan, ItemPlan, Plan
from mockserver.spec import Match, Spec
from mockserver.vendor import Dispatch, Grade, Request

MAX_ITEMS = 10_000


@dataclass(frozen=True, slots=True)
class Envelope:
    """The room, furnished for one vendor."""

    spec: Spec
    plans: Mapping[str, Plan]
    grade: Grade
    max_items: int = MAX_ITEMS

    def open(self, call: Call, match: Match, dispatch: Dispatch) -> Request:
        """The request that `call` makes.

        Raises:
            Invalid: parameters or envelope break the contract.
            UnsupportedMediaType, Malformed, TooManyItems: the body cannot be read.
        """
        plan = self.plans[match.operation.id]
        parameters, problems = plan.parameters.read(call, match.values)
        if problems:
            self._refuse(problems, call)
        if not plan.bodies or (not call.body and not plan.operation.body_required):
            return self._request(call, plan, parameters, dispatch)
        body, charset = _body_plan(plan, call)
        document = _wrapped(body.decode(call.body, charset), body.items)
        if body.items is None:
            document = self._single(call, body, document)
            return self._request(call, plan, parameters, dispatch, document, body.media_type)
        items, proven = self._batch(call, body, body.items, document)
        return self._request(call, plan, parameters, dispatch, document, body.media_type, items, proven=proven)

    def _single(self, call: Call, body: BodyPlan, document: Json) -> Json:
        if not body.closed.accepts(document):
            document = body.binder.bind(document, body.whole.node) if body.binder.reads else document
            self._refuse(body.whole.problems(document), call, document)
        return document

    def _batch(
        self, call: Call, body: BodyPlan, plan: ItemPlan, document: Json
    ) -> tuple[tuple[Item, ...], bool]:
        if not body.whole.accepts(document):
            self._refuse(body.whole.problems(document), call, document)
        found = _at(document, plan.batch.items)
        if len(found) > self.max_items:
            raise TooManyItems(self.max_items, len(found))
        proven = plan.all.accepts(found)
        if not proven and body.binder.reads:
            found = [body.binder.bind(item, plan.one.node) for item in found]
            proven = plan.all.accepts(found)
        return _items(found, plan.batch.key), proven

    def _refuse(self, problems: Iterable[Problem], call: Call, document: Json = None) -> None:
        graded = [kept for problem in problems if (kept := self.grade(problem, call)) is not None]
        if graded:
            raise Invalid(graded, document)

    def _request(  # noqa: PLR0913 - the one place where a request is put together
        self,
        call: Call,
        plan: Plan,
        parameters: Document,
        dispatch: Dispatch,
        document: Json = None,
        media_type: str = "",
        items: tuple[Item, ...] = (),
        *,
        proven: bool = False,
    ) -> Request:
        tenant = self._tenant(call, parameters, document)
        return Request(
            call, plan.operation, parameters, document, items, tenant, media_type, proven, dispatch
        )

    def _tenant(self, call: Call, parameters: Document, document: Json) -> str:
        for place in self.spec.scope:
            if place["in"] == "header":
                found: Any = call.headers.get(place["name"].lower())
            elif place["in"] == "query":
                found = parameters.get(place["name"])
            else:
                found = document.get(place["pointer"][1:]) if isinstance(document, dict) else None
            if found is not None:
                return str(found)
        return ""


def media_type_of(headers: Mapping[str, str]) -> tuple[str, str]:
    """The Content-Type's media type, in lower case, and its charset; ("", "utf-8") when it has none."""
    kind, _, rest = headers.get("content-type", "").partition(";")
    charset = "utf-8"
    for parameter in rest.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            charset = value.strip().strip('"').lower()
    return kind.strip().lower(), charset


def _body_plan(plan: Plan, call: Call) -> tuple[BodyPlan, str]:
    if not call.body:
        raise Malformed("a body is required")
    media_type, charset = media_type_of(call.headers)
    body = plan.bodies.get(media_type)
    if body is None:
        family, _, suffix = media_type.partition("+")
        body = plan.bodies.get(f"{family.split('/')[0]}/*+{suffix}") if suffix else None
    if body is None:
        raise UnsupportedMediaType(media_type, plan.bodies)
    return body, charset


def _wrapped(document: Json, plan: ItemPlan | None) -> Json:
    """The list form of a document that is one bare item, where the operation takes that."""
    if plan is None or not plan.batch.bare_item or not isinstance(document, dict):
        return document
    name = str(plan.batch.items[0])
    bare = name not in document and bool(plan.members & document.keys())
    return {name: [document]} if bare else document


def _at(document: Json, pointer: Path) -> Any:
    for step in pointer:
        document = document[step]
    return document


def _items(found: list[Json], key: tuple[str, ...]) -> tuple[Item, ...]:
    if len(key) == 1:
        name = key[0]
        return tuple(
            [
                Item(index, str(item.get(name, "")) if type(item) is dict else "", item)
                for index, item in enumerate(found)
            ]
        )
    return tuple([Item(index, _joined(item, key), item) for index, item in enumerate(found)])


def _joined(item: Json, key: tuple[str, ...]) -> str:
    if not isinstance(item, dict):
        return ""
    return "/".join(str(item[name]) for name in key if item.get(name) is not None)
