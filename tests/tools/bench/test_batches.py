"""The batches are what they say they are: to the floor, to our server, and by the published schemas."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from mockserver.engine.registry import discover_vendors
from mockserver.server.application import Application, Options, create_app
from tests.support.client import Client
from tests.tools.bench.against_floor import STYLES, SUBJECTS, work_of
from tests.tools.bench.batches import LEDGER, SHARES, VBA, Bad, Batches, bad_count, bad_places, vendor_batches
from tests.tools.bench.floor import Floor, Message
from tests.tools.bench.servers import SPECS
from tests.tools.bench.wire import body_of

VENDORS = discover_vendors()
OTHERS = list(vendor_batches(VENDORS))


@pytest.fixture(scope="module")
def app() -> Application:
    return create_app(Options(specs=(SPECS,)))


def sent(app: Application, batches: Batches, items: int, bad: Bad) -> Any:
    """The journal entry of a batch, in a sandbox as new."""
    client = Client(app, {"user-agent": "bench"})
    client.request("POST", "/_mock/sandboxes/default/reset")
    body = body_of(batches.call(items, 1_000_000, bad))
    headers = {name.lower(): text for name, text in batches.headers.items()}
    answer = client.request(batches.method, batches.path, content=body, headers=headers)
    number = answer.headers["mock-journal"]
    return client.request("GET", f"/_mock/sandboxes/default/journal/{number}").json


def told_by_floor(batches: Batches, body: bytes) -> Any:
    """What the floor answers a batch with."""
    answered: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        answered.append(message)

    asyncio.run(Floor()({"type": "http", "path": batches.path}, receive, send))
    return json.loads(answered[1]["body"])


@pytest.mark.parametrize(("bad", "number"), [("none", 0), ("one", 1), ("tenth", 10), ("half", 50)])
def test_so_many_of_100_items_are_bad(bad: Bad, number: int) -> None:
    places = bad_places(100, bad)

    assert (len(set(places)), bad_count(100, bad)) == (number, number)
    assert all(place in range(100) for place in places)


@pytest.mark.parametrize("bad", SHARES)
def test_a_batch_of_one_item_has_at_most_one_bad_one(bad: Bad) -> None:
    assert bad_places(1, bad) == ([] if bad == "none" else [0])


def test_the_keys_of_a_batch_follow_each_other() -> None:
    assert [item["invoice_Key"] for item in VBA.items(3, 10)] == [11, 12, 13]


@pytest.mark.parametrize("batches", [*SUBJECTS, *STYLES, *OTHERS], ids=lambda one: one.name)
def test_each_header_goes_over_the_wire_once(batches: Batches) -> None:
    head, _, _ = batches.call(1, 0).partition(b"\r\n\r\n")
    names = [line.partition(b":")[0].lower() for line in head.splitlines()[1:]]

    assert len(set(names)) == len(names)


@pytest.mark.parametrize("batches", [*SUBJECTS, *STYLES, *OTHERS], ids=lambda one: one.name)
def test_all_good_items_are_accepted(app: Application, batches: Batches) -> None:
    entry = sent(app, batches, 12, "none")

    assert entry["status"] < 300
    assert entry["outcomes"] in ({"created": 12}, {"updated": 12})


@pytest.mark.parametrize("batches", [*SUBJECTS, *STYLES, *OTHERS], ids=lambda one: one.name)
def test_the_bad_items_are_rejected_each(app: Application, batches: Batches) -> None:
    decided = sent(app, batches, 8, "half")["decided"]

    rejected = {one["index"] for one in decided if one["problems"]}
    assert rejected == set(bad_places(8, "half"))


@pytest.mark.parametrize("bad", SHARES)
@pytest.mark.parametrize("batches", SUBJECTS, ids=lambda one: one.name)
def test_the_floor_rejects_the_same_items(batches: Batches, bad: Bad) -> None:
    (rows,) = told_by_floor(batches, body_of(batches.call(16, 0, bad))).values()

    assert [place for place, row in enumerate(rows) if row["status"] >= 300] == bad_places(16, bad)


@pytest.mark.parametrize("batches", STYLES, ids=lambda one: one.name)
def test_the_floor_tells_accepted_and_rejected_items_apart_as_we_do(
    app: Application, batches: Batches
) -> None:
    body = body_of(batches.call(16, 2_000_000, "half"))
    headers = {name.lower(): text for name, text in batches.headers.items()}
    ours = (
        Client(app, {"user-agent": "bench"}).request("PUT", batches.path, content=body, headers=headers).json
    )
    floor = told_by_floor(batches, body)

    keys = [
        [one["id"] if isinstance(one, dict) else one for one in told[name]]
        for told in (ours, floor)
        for name in told
    ]
    assert (keys[:2], len(keys[0])) == (keys[2:], 8)


def test_the_floor_knows_an_item_again() -> None:
    floor = Floor()
    contract = floor._contracts[LEDGER.path]  # noqa: SLF001 - ours
    items = LEDGER.items(1, 0)

    assert [contract.answer(items)["data"][0]["status"] for _ in range(2)] == [201, 200]


def test_each_size_is_measured_with_fresh_and_with_known_keys() -> None:
    works = [(work.items, work.keys) for work in work_of(VBA) if work.bad == "none"]

    assert works == [(items, keys) for items in (1, 100, 1000, 10_000) for keys in ("fresh", "update")]


def test_every_vendor_that_ships_is_measured() -> None:
    assert {one.name.partition(" ")[0] for one in OTHERS} == {vendor.name for vendor in VENDORS}
