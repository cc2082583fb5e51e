"""The same calls come to the same, to the byte. Edge-cases §3, 16, 19, 20, 22 and 31."""

from __future__ import annotations

import gzip
import json as stdlib
from collections.abc import Callable
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.codec import json
from mockserver.model import Json
from mockserver.server.application import Application, Options, create_app
from mockserver.server.backend import memory_backend
from tests.invariants.sandboxes import (
    VendorSandbox,
    example_settings,
    invariant,
    item_specs,
    open_sandbox,
)
from tests.invariants.sequences import run_sequence, sequences
from tests.invariants.vendors import for_each_vendor
from tests.support import sixth_vendor
from tests.support.client import Response
from tests.support.profiled_vendor import ProfiledVendor


@cache
def plain() -> Application:
    """All vendors on the store as it is in use, whose documents anybody could alter."""
    return create_app(Options(specs=(sixth_vendor.FOLDER,)), backend=memory_backend())


@invariant(16)
@for_each_vendor()
@example_settings(6)
@given(data=st.data(), seed=st.integers(0, 2**31))
def test_two_sandboxes_of_one_seed_answer_the_same_calls_alike(
    vendor: ProfiledVendor, data: st.DataObject, seed: int
) -> None:
    walked = data.draw(sequences(vendor))
    with open_sandbox(vendor, seed=seed) as here, open_sandbox(vendor, seed=seed) as there:
        assert run_sequence(here, walked) == run_sequence(there, walked)
        assert here.dump() == there.dump()


@invariant(31)
@for_each_vendor()
@example_settings(6)
@given(data=st.data())
def test_two_stores_answer_the_same_calls_alike(vendor: ProfiledVendor, data: st.DataObject) -> None:
    """The memory store and the one of the tests, whose documents are frozen; there is no third one yet."""
    walked = data.draw(sequences(vendor))
    with open_sandbox(vendor) as here, open_sandbox(vendor, plain()) as there:
        assert run_sequence(here, walked) == run_sequence(there, walked)
        assert json.encode(here.dump()) == json.encode(there.dump())


@invariant(19)
@for_each_vendor()
@example_settings(6)
@given(data=st.data())
def test_a_sandbox_that_is_set_back_is_what_it_was_and_goes_on_alike(
    vendor: ProfiledVendor, data: st.DataObject
) -> None:
    before, after = data.draw(sequences(vendor)), data.draw(sequences(vendor))
    with open_sandbox(vendor) as here:
        here.use_keys()
        here.arm({"id": "r", "times": {"after": 2}, "probability": 0.5, "response": {"status": 503}})
        run_sequence(here, before)
        kept, snapshot = here.dump(), here.control("POST", "/snapshots", {}).json["id"]
        first, then = run_sequence(here, after), here.dump()
        here.control("POST", f"/snapshots/{snapshot}/restore")
        assert here.dump() == kept

        assert run_sequence(here, after) == first
        assert here.dump() == then


@invariant(19)
@for_each_vendor()
@example_settings(4)
@given(data=st.data())
def test_a_dump_that_is_loaded_elsewhere_goes_on_there_alike(
    vendor: ProfiledVendor, data: st.DataObject
) -> None:
    before, after = (data.draw(item_specs(vendor, at_least=1)) for _ in range(2))
    with open_sandbox(vendor) as here, open_sandbox(vendor) as there:
        here.send(*before)
        there.control("PUT", "/state", here.control("GET", "/dump").json)
        assert there.dump() == here.dump()

        assert there.send(*after).body == here.send(*after).body
        assert there.dump() == here.dump()


@invariant(20)
@for_each_vendor()
@example_settings(6)
@given(data=st.data())
def test_a_sandbox_that_is_reset_is_what_a_fresh_one_is(vendor: ProfiledVendor, data: st.DataObject) -> None:
    with open_sandbox(vendor) as here, open_sandbox(vendor) as fresh:
        here.use_keys()
        run_sequence(here, data.draw(sequences(vendor)))
        here.control("POST", "/reset")

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
    vendor: ProfiledVendor, wire: Callable[[Json], tuple[bytes, dict[str, str], int]], data: st.DataObject
) -> None:
    items = data.draw(item_specs(vendor, at_least=1))
    with open_sandbox(vendor) as here, open_sandbox(vendor) as there:
        plainly = here.send(*items)
        body, headers, chunks = wire(stdlib.loads(vendor.batch(items).body))
        otherwise = _sent(there, body, headers, chunks)

        assert otherwise.status == plainly.status
        assert otherwise.body == plainly.body or otherwise.json == plainly.json
        assert there.without_generated() == here.without_generated()


def _sent(there: VendorSandbox, body: bytes, headers: dict[str, str], chunks: int) -> Response:
    sent = there.vendor.batch(())
    path, named = f"/{there.vendor.name}{sent.path}", {"content-type": "application/json", **headers}
    return there.client.request(sent.method, path, content=body, headers=named, chunks=chunks)


def _turned(value: Json) -> Json:
    """The same document, members the other way round."""
    if isinstance(value, dict):
        return {name: _turned(value[name]) for name in reversed(value)}
    return [_turned(one) for one in value] if isinstance(value, list) else value


def _escaped(text: str) -> str:
    """The same text of JSON, with every v in its strings spelt by its number."""
    quoted = text.split('"')
    return '"'.join(part.replace("v", "\\u0076") if at % 2 else part for at, part in enumerate(quoted))
