"""The same calls come to the same, to the byte. Edge-cases §3, 16, 19, 20, 22 and 31."""

from __future__ import annotations

import gzip
import json as stdlib
from collections.abc import Callable
from dataclasses import replace
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.codec import json
from mockserver.model import Json
from mockserver.server.application import Application, create_app
from mockserver.server.backend import memory_backend
from tests.invariants.adapters import for_each_vendor
from tests.invariants.sandboxes import (
    VendorAdapter,
    VendorSandbox,
    example_settings,
    invariant,
    item_specs,
    open_sandbox,
)
from tests.invariants.sequences import run_sequence, sequences
from tests.support.client import Response


@cache
def plain() -> Application:
    """All vendors on the store as it is in use, whose documents anybody could alter."""
    return create_app(backend=memory_backend())


def keyed(here: VendorSandbox) -> None:
    if here.adapter.key_assumption:
        here.assume(**{here.adapter.key_assumption: "on"})


@invariant(16)
@for_each_vendor()
@example_settings(6)
@given(data=st.data(), seed=st.integers(0, 2**31))
def test_two_sandboxes_of_one_seed_answer_the_same_calls_alike(
    adapter: VendorAdapter, data: st.DataObject, seed: int
) -> None:
    walked = data.draw(sequences(adapter))
    with open_sandbox(adapter, seed=seed) as here, open_sandbox(adapter, seed=seed) as there:
        assert run_sequence(here, walked) == run_sequence(there, walked)
        assert here.dump() == there.dump()


@invariant(31)
@for_each_vendor()
@example_settings(6)
@given(data=st.data())
def test_two_stores_answer_the_same_calls_alike(adapter: VendorAdapter, data: st.DataObject) -> None:
    """The memory store and the one of the tests, whose documents are frozen; there is no third one yet."""
    walked = data.draw(sequences(adapter))
    with open_sandbox(adapter) as here, open_sandbox(adapter, plain()) as there:
        assert run_sequence(here, walked) == run_sequence(there, walked)
        assert json.encode(here.dump()) == json.encode(there.dump())


@invariant(19)
@for_each_vendor()
@example_settings(6)
@given(data=st.data())
def test_a_sandbox_that_is_set_back_is_what_it_was_and_goes_on_alike(
    adapter: VendorAdapter, data: st.DataObject
) -> None:
    before, after = data.draw(sequences(adapter)), data.draw(sequences(adapter))
    with open_sandbox(adapter) as here:
        keyed(here)
        here.arm({"id": "r", "times": {"after": 2}, "probability": 0.5, "response": {"status": 503}})
        run_sequence(here, before)
        kept, snapshot = here.dump(), here.control("POST", "/snapshots", {}).json["id"]
        first, then = run_sequence(here, after), here.dump()
        here.control("POST", f"/snapshots/{snapshot}/restore")
        assert here.dump() == kept

        assert run_sequence(here, after) == first
        assert here.dump() == then


@invariant(20)
@for_each_vendor()
@example_settings(6)
@given(data=st.data())
def test_a_sandbox_that_is_reset_is_what_a_fresh_one_is(adapter: VendorAdapter, data: st.DataObject) -> None:
    with open_sandbox(adapter) as here, open_sandbox(adapter) as fresh:
        keyed(here)
        run_sequence(here, data.draw(sequences(adapter)))
        here.control("POST", "/reset")
        here.adapter.create_second_tenant(here.app, here.sandbox)

        assert here.dump() == fresh.dump()


def _gzipped(body: bytes) -> tuple[bytes, dict[str, str], int]:
    return gzip.compress(body), {"content-encoding": "gzip"}, 1


WIRES: dict[str, Callable[[Json], tuple[bytes, dict[str, str], int]]] = {
    "indented": lambda document: (stdlib.dumps(document, indent=3).encode(), {}, 1),
    "ordered": lambda document: (stdlib.dumps(_turned(document)).encode(), {}, 1),
    "escaped": lambda document: (_escaped(stdlib.dumps(document)).encode(), {}, 1),
    "chunked": lambda document: (stdlib.dumps(document).encode(), {}, 7),
    "gzip": lambda document: _gzipped(stdlib.dumps(document).encode()),
}


@invariant(22)
@for_each_vendor()
@pytest.mark.parametrize("wire", WIRES.values(), ids=WIRES.keys())
@example_settings(5)
@given(data=st.data())
def test_how_a_body_travels_changes_neither_answer_nor_state(
    adapter: VendorAdapter, wire: Callable[[Json], tuple[bytes, dict[str, str], int]], data: st.DataObject
) -> None:
    items = data.draw(item_specs(adapter, at_least=1))
    with open_sandbox(adapter) as here, open_sandbox(adapter) as there:
        plainly = here.send(*items)
        body, headers, chunks = wire(adapter.batch(items).document)
        otherwise = _sent(there, body, headers, chunks)

        assert otherwise.status == plainly.status
        assert otherwise.body == plainly.body or otherwise.json == plainly.json
        assert there.without_generated() == here.without_generated()


def _sent(there: VendorSandbox, body: bytes, headers: dict[str, str], chunks: int) -> Response:
    sent = replace(there.adapter.batch(()), document=None)
    named = {"content-type": "application/json", **headers}
    return there.client.request(sent.method, sent.path, content=body, headers=named, chunks=chunks)


def _turned(value: Json) -> Json:
    """The same document, members the other way round."""
    if isinstance(value, dict):
        return {name: _turned(value[name]) for name in reversed(value)}
    return [_turned(one) for one in value] if isinstance(value, list) else value


def _escaped(text: str) -> str:
    """The same text of JSON, with every v in its strings spelt by its number."""
    quoted = text.split('"')
    return '"'.join(part.replace("v", "\\u0076") if at % 2 else part for at, part in enumerate(quoted))
