"""What is answered is in the contract, and nothing breaks. Edge-cases §3, 25 and 26."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.invariants.sandboxes import (
    VendorSandbox,
    example_settings,
    invariant,
    item_specs,
    open_sandbox,
    unchecked_client,
)
from tests.invariants.sequences import run_sequence, sequences
from tests.invariants.vendors import for_each_vendor
from tests.support.client import Response
from tests.support.profiled_vendor import ProfiledVendor

MEDIA_TYPES = ("application/json", "text/json", "application/xml", "application/x-www-form-urlencoded", "")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@invariant(25)
@for_each_vendor()
@example_settings(8)
@given(data=st.data())
def test_every_answer_is_one_that_the_published_contract_states(
    vendor: ProfiledVendor, data: st.DataObject
) -> None:
    """The client of the tests holds each against the spec; the journal says the same of each."""
    with open_sandbox(vendor) as here:
        run_sequence(here, data.draw(sequences(vendor)))

        entries = here.app.journal.kept.entries(here.sandbox)
        assert [entry.off_contract for entry in entries] == [""] * len(entries)


@invariant(25)
@for_each_vendor()
@example_settings(5)
@given(data=st.data(), status=st.sampled_from((299, 418, 599)))
def test_what_a_scenario_makes_of_an_answer_is_flagged_when_no_contract_states_it(
    vendor: ProfiledVendor, data: st.DataObject, status: int
) -> None:
    with open_sandbox(vendor) as here:
        here.arm(
            {"id": "r", "response": {"status": status, "body": {"text": "<p>", "mediaType": "text/html"}}}
        )
        call = vendor.batch(data.draw(item_specs(vendor, at_least=1)))
        answered = vendor.send(unchecked_client(here), call)

        assert answered.status == status
        assert here.entry().off_contract


@invariant(26)
@for_each_vendor()
@example_settings(20)
@given(body=st.binary(max_size=60), media_type=st.sampled_from(MEDIA_TYPES))
def test_no_bytes_break_it(vendor: ProfiledVendor, body: bytes, media_type: str) -> None:
    with open_sandbox(vendor) as here:
        assert _thrown(here, body, media_type).status < 500


@invariant(26)
@for_each_vendor()
@example_settings(20)
@given(document=JSON, data=st.data())
def test_no_document_breaks_it(vendor: ProfiledVendor, document: object, data: st.DataObject) -> None:
    with open_sandbox(vendor) as here:
        sent = json.loads(vendor.batch(data.draw(item_specs(vendor, at_least=1))).body)
        assert _thrown(here, _corrupted(sent, document, data), "application/json").status < 500


def _thrown(here: VendorSandbox, body: bytes, media_type: str) -> Response:
    headers = {"content-type": media_type} if media_type else {}
    return here.call(replace(here.vendor.batch(()), headers=headers, body=body))


def _corrupted(sent: Any, document: object, data: st.DataObject) -> bytes:
    """What was sent with some place of it taken by something else."""
    places = list(_places(sent))
    corrupted = _put(sent, data.draw(st.sampled_from(places)), document)
    return json.dumps(corrupted).encode("utf-8", "surrogatepass")


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
