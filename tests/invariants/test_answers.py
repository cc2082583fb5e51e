"""What is answered is in the contract, and nothing breaks. Edge-cases §3, 25 and 26."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.invariants.dialects import each
from tests.invariants.walks import steps, walk
from tests.invariants.world import Dialect, World, examples, invariant, things, unchecked, world
from tests.support.client import Answered

MEDIA_TYPES = ("application/json", "text/json", "application/xml", "application/x-www-form-urlencoded", "")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@invariant(25)
@each()
@examples(8)
@given(data=st.data())
def test_every_answer_is_one_that_the_published_contract_states(
    dialect: Dialect, data: st.DataObject
) -> None:
    """The client of the tests holds each against the spec; the journal says the same of each."""
    with world(dialect) as here:
        walk(here, data.draw(steps(dialect)))

        entries = here.app.journal.entries(here.sandbox)
        assert [entry.off_contract for entry in entries] == [""] * len(entries)


@invariant(25)
@each()
@examples(5)
@given(data=st.data(), status=st.sampled_from((299, 418, 599)))
def test_what_a_scenario_makes_of_an_answer_is_flagged_when_no_contract_states_it(
    dialect: Dialect, data: st.DataObject, status: int
) -> None:
    with world(dialect) as here:
        here.arm(
            {"id": "r", "response": {"status": status, "body": {"text": "<p>", "mediaType": "text/html"}}}
        )
        call = dialect.batch(data.draw(things(dialect, at_least=1)))
        answered = call.to(unchecked(here))

        assert answered.status == status
        assert f"{status} is not in the spec" in here.entry().off_contract


@invariant(26)
@each()
@examples(20)
@given(body=st.binary(max_size=60), media_type=st.sampled_from(MEDIA_TYPES))
def test_no_bytes_break_it(dialect: Dialect, body: bytes, media_type: str) -> None:
    with world(dialect) as here:
        assert _thrown(here, body, media_type).status < 500


@invariant(26)
@each()
@examples(20)
@given(document=JSON, data=st.data())
def test_no_document_breaks_it(dialect: Dialect, document: object, data: st.DataObject) -> None:
    with world(dialect) as here:
        sent = dialect.batch(data.draw(things(dialect, at_least=1))).document
        assert _thrown(here, _spoilt(sent, document, data), "application/json").status < 500


def _thrown(here: World, body: bytes, media_type: str) -> Answered:
    sent = here.dialect.batch(())
    headers = {"content-type": media_type} if media_type else {}
    return here.client.request(sent.method, sent.path, content=body, headers=headers)


def _spoilt(sent: Any, document: object, data: st.DataObject) -> bytes:
    """What was sent with some place of it taken by something else."""
    places = list(_places(sent))
    spoilt = _put(sent, data.draw(st.sampled_from(places)), document)
    return json.dumps(spoilt).encode("utf-8", "surrogatepass")


def _places(value: Any, path: tuple[Any, ...] = ()) -> Any:
    yield path
    if isinstance(value, dict):
        for name, child in value.items():
            yield from _places(child, (*path, name))
    if isinstance(value, list):
        for at, child in enumerate(value):
            yield from _places(child, (*path, at))


def _put(value: Any, path: tuple[Any, ...], new: object) -> Any:
    if not path:
        return new
    step, rest = path[0], path[1:]
    if isinstance(value, dict):
        return {name: _put(child, rest, new) if name == step else child for name, child in value.items()}
    return [_put(child, rest, new) if at == step else child for at, child in enumerate(value)]
