"""An item that is proven valid at once, and one that every step looks at, come to the same.

The quick way of a batch proves each item by its closed schema; what is proven is neither coerced nor judged.
Here every batch is sent twice: to a sandbox where items are proven, and to one where none ever is.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from mockserver.contract.examples import ProfileExamples, ProfileSubject
from mockserver.contract.exchange import Request
from mockserver.contract.profile import DrawnValues
from mockserver.engine.admission import Arrival
from mockserver.engine.call import Pipeline
from mockserver.engine.plan import CompiledBody, CompiledOperation
from mockserver.engine.registry import LoadedVendor, discover_vendors
from mockserver.errors import UnknownSandboxError
from mockserver.model import Call, Json
from mockserver.sandbox.sandboxes import Settings
from mockserver.sandbox.store import SANDBOX_SCOPE
from mockserver.server.application import Application, Options, create_app
from mockserver.spec.schema import LoneSchema, Schema
from tests.invariants.sandboxes import example_settings
from tests.support.engine_samples import handle

OWN_SPECS = Path(__file__).parents[1] / "contract" / "specs"
NOW = "2026-01-05T09:00:00Z"
KEYS = 4
NOTHING_IS_PROVEN = jsonschema_rs.Draft4Validator({"not": {}})
NO_ITEM_IS_PROVEN = jsonschema_rs.Draft4Validator({"items": {"not": {}}})

Place = tuple[str | int, ...]


@cache
def served() -> Mapping[str, LoadedVendor]:
    return {one.name: one for one in discover_vendors((OWN_SPECS,))}


@cache
def app() -> Application:
    return create_app(Options(specs=(OWN_SPECS,)))


@cache
def examples() -> ProfileExamples:
    return ProfileExamples()


@cache
def subjects() -> Mapping[str, ProfileSubject]:
    """Every batch operation that good items are known of, by vendor and name."""
    return {
        f"{vendor.name}-{subject.operation}": subject
        for vendor in served().values()
        for subject in examples().subjects(vendor)
    }


def never_proven(schema: Schema, quick: jsonschema_rs.Draft4Validator = NOTHING_IS_PROVEN) -> Schema:
    assert isinstance(schema, LoneSchema)  # no vendor of ours has a schema with so many references
    return replace(schema, quick=quick)


def patient_body(body: CompiledBody) -> CompiledBody:
    items = body.items
    if items is not None:
        listed = items.closed
        whole = never_proven(listed.whole, NO_ITEM_IS_PROVEN)
        unproven = replace(listed, whole=whole, one=never_proven(listed.one), unclear=frozenset({"not"}))
        items = replace(items, closed=unproven)
    return replace(body, closed=never_proven(body.closed), items=items)


def patient(pipeline: Pipeline) -> Pipeline:
    """The same way of calls, on which every document and item is coerced and judged."""
    plans: dict[str, CompiledOperation] = {
        name: replace(plan, bodies={kind: patient_body(body) for kind, body in plan.bodies.items()})
        for name, plan in pipeline.served.plans.items()
    }
    return dataclasses.replace(
        pipeline,
        admission=replace(pipeline.admission, served=dataclasses.replace(pipeline.served, plans=plans)),
        envelope=replace(pipeline.envelope, plans=plans),
    )


class Seen(NamedTuple):
    """The answer to a call, what became of its items, and all that is stored afterwards."""

    answer: Any
    outcomes: Any
    stored: Any


@dataclass(frozen=True, slots=True)
class Sides:
    """Both ways of one vendor's calls, each with a new sandbox of the same seed and time."""

    vendor: str
    ways: Mapping[str, Pipeline]

    def send(self, request: Request) -> list[Seen]:
        """Send the request both ways; return what is seen of each."""
        seen = []
        for sandbox, pipeline in self.ways.items():
            _, answer = handle(pipeline, arrival(sandbox, request, self.vendor))
            outcomes = [(one.action, one.document, one.problems, one.warnings) for one in answer.outcomes]
            tables = app().sandboxes.dump(sandbox)
            stored = {scope: found for scope, found in tables.items() if scope != SANDBOX_SCOPE}
            seen.append(Seen((answer.reply, answer.refusal, answer.reason), outcomes, stored))
        return seen


def arrival(sandbox: str, request: Request, vendor: str) -> Arrival:
    access = examples().access(served()[vendor])
    path, _, query = request.path.partition("?")
    headers = {**access.headers, **{name.lower(): text for name, text in request.headers.items()}}
    return Arrival(Call(vendor, sandbox, request.method, path, query, headers, request.body))


def both_ways(vendor: str) -> Sides:
    quick = app().asgi.vendors[vendor].pipeline
    for name in ("proven", "unproven"):
        with suppress(UnknownSandboxError):
            app().sandboxes.delete(name)
        app().sandboxes.create(Settings(name, frozen=NOW))
    return Sides(vendor, {"proven": quick, "unproven": patient(quick)})


def places_in(value: Json, here: Place = ()) -> Iterator[Place]:
    """Where in a document there are values, itself first."""
    yield here
    children = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for step, child in children:
        yield from places_in(child, (*here, step))


def changed(value: Json, place: Place, change: Any) -> Json:
    """Return the document with the value at a place as `change` makes it."""
    if not place:
        return change(value)
    step, *rest = place
    made: Json = dict(value) if isinstance(value, dict) else list(value)
    made[step] = changed(value[step], tuple(rest), change)
    return made


CHANGES = {
    "null": lambda _value: None,
    "text of it": lambda value: str(value) if isinstance(value, (int, Decimal)) else value,
    "empty": lambda _value: "",
    "long": lambda value: value * 40 if isinstance(value, str) else value,
    "number": lambda _value: 17,
    "in a list": lambda value: [value],
    "another case": lambda value: (
        {name.swapcase(): one for name, one in value.items()} if isinstance(value, dict) else value
    ),
    "one more": lambda value: {**value, "More": [1]} if isinstance(value, dict) else value,
    "one less": lambda value: dict(list(value.items())[1:]) if isinstance(value, dict) else value,
}


@st.composite
def item_lists(draw: st.DrawFn, subject: ProfileSubject) -> list[Json]:
    """Items of a batch: good ones, ones that the vendor rejects, and ones with something odd in them."""
    profile = subject.profile
    items = []
    for _ in range(draw(st.integers(0, 5))):
        values = DrawnValues(draw(st.integers(1, 50)), Decimal(draw(st.integers(1, 20_000))) / 100)
        item = profile.item(profile.key(draw(st.integers(0, KEYS - 1))), values)
        spoil = draw(st.sampled_from(("", "", "rule", "change", "change")))
        if spoil == "rule" and profile.corruptions:
            item = draw(st.sampled_from(profile.corruptions)).change(item)
        elif spoil == "change":
            place = draw(st.sampled_from(list(places_in(item))))
            item = changed(item, place, CHANGES[draw(st.sampled_from(sorted(CHANGES)))])
        items.append(item)
    return items


def preparations(subject: ProfileSubject) -> Sequence[Request]:
    """What the keys need first."""
    prepare = subject.profile.prepare
    if prepare is None:
        return ()
    return [one for number in range(KEYS) for one in prepare(subject.profile.key(number), 0)]


@pytest.mark.parametrize("name", subjects())
@example_settings(20)
@given(data=st.data())
def test_a_proven_item_comes_to_what_an_unproven_one_does(name: str, data: st.DataObject) -> None:
    subject = subjects()[name]
    sides = both_ways(name.partition("-")[0])
    batches = data.draw(st.lists(item_lists(subject), min_size=1, max_size=3))
    for request in (*preparations(subject), *(subject.profile.call(items, 0) for items in batches)):
        proven, unproven = sides.send(subject.complete(request))

        assert proven.answer == unproven.answer
        assert proven.outcomes == unproven.outcomes
        assert proven.stored == unproven.stored
