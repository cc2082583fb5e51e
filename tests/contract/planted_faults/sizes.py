"""Batches of certain sizes that are lost, cut, late or refused, or wrong from one chunk to the next."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from mockserver.contract.exchange import TargetUnreachableError
from tests.contract.planted_faults.batch_changes import Items, size
from tests.contract.planted_faults.client import FIRST_BAD, Vendor, VendorClient
from tests.contract.planted_faults.table import read_faults
from tests.contract.planted_faults.wrappers import (
    NO_RESPONSE,
    Json,
    Planted,
    SendOn,
    WrappedRequest,
    WrappedResponse,
    changes_response,
    planted_at,
)

CHUNK = 25
"""Items that some servers do at a time."""
_SECONDS = 4e-6
"""Seconds that each pair of items costs the slow server."""
LISTS: Mapping[str, Callable[[Items], Items]] = {
    "first_chunk": lambda items: items[:CHUNK],
    "first_hundred": lambda items: items[:100],
    "first_300": lambda items: items[:300],
    "without_last_over_50": lambda items: items[:-1] if len(items) > 50 else items,
    "without_each_hundredth": lambda items: [one for place, one in enumerate(items, 1) if place % 100],
    "without_the_900th": lambda items: [*items[:899], *items[900:]],
    "first_chunk_twice": lambda items: [*items, *items[:CHUNK]] if len(items) > CHUNK else items,
    "full_chunks": lambda items: items[: len(items) // CHUNK * CHUNK] if len(items) > CHUNK else items,
    "700th_updated": lambda rows: [
        {**row, "status": 200} if place == 700 else row for place, row in enumerate(rows, 1)
    ],
    "two_swapped_after_256": lambda rows: [*rows[:256], *rows[256:258][::-1], *rows[258:]],
    "evens_first": lambda rows: [*rows[1::2], *rows[::2]],
    "first_256_again": lambda rows: [*rows[:256], *rows[: len(rows) - 256]],
}
RESPONSES: Mapping[str, Callable[[WrappedResponse], WrappedResponse]] = {
    "cut": lambda received: replace(received, body=received.body[: len(received.body) // 2]),
    "one_less": lambda received: received.holding({**received.json(), "count": received.json()["count"] - 1}),
    "too_many": lambda received: received.as_json(400, {"error": {"code": "400", "message": "Too many"}}),
    "too_large": lambda received: received.as_json(413, {"Message": "Too many elements"}),
}


def counts_the_last_chunk(sent: Json, told: Json) -> Json:
    return {**told, "count": told["count"] % CHUNK} if len(sent["invoices"]) > CHUNK else told


def errors_of_the_last_chunk(sent: Json, told: Json) -> Json:
    invoices = sent["invoices"]
    last = {one["invoice_number"] for one in invoices[(len(invoices) - 1) // CHUNK * CHUNK :]}
    return {**told, "errors": {name: why for name, why in told["errors"].items() if name in last}}


def places_in_chunks(_call: WrappedRequest, received: WrappedResponse) -> WrappedResponse:
    """Places are counted from the beginning of each chunk."""
    told = received.json()
    state = {
        re.sub(r"\[(\d+)\]", lambda found: f"[{int(found[1]) % CHUNK}]", name): why
        for name, why in told["ModelState"].items()
    }
    return received.holding({**told, "ModelState": state})


def over(vendor: Vendor, most: int, change: Callable[[WrappedResponse], WrappedResponse]) -> Planted:
    """Another answer to a batch of more items."""
    return changes_response(
        vendor.batch, lambda call, received: change(received) if size(vendor, call) > most else received
    )


def outcomes_over(vendor: Vendor, most: int, change: Callable[[Items], Items]) -> Planted:
    """Other outcomes of a batch of more items."""

    def changed(received: WrappedResponse) -> WrappedResponse:
        if not received.good:
            return received
        told, name = received.json(), vendor.outcomes
        return received.holding({**told, name: change(told[name])})

    return over(vendor, most, changed)


def silent_over(vendor: Vendor, most: int) -> Planted:
    """The connection ends at a batch of more items."""

    async def fault(ask: SendOn, call: WrappedRequest) -> WrappedResponse:
        return NO_RESPONSE if size(vendor, call) > most else await ask(call)

    return planted_at(vendor.batch, fault)


def slow(vendor: Vendor) -> Planted:
    """Each item is compared with every other one, and the answer says how long that took."""

    async def fault(ask: SendOn, call: WrappedRequest) -> WrappedResponse:
        seconds = size(vendor, call) ** 2 * _SECONDS
        await asyncio.sleep(seconds)
        received = await ask(call)
        timing = {"server-timing": f"pairs;dur={seconds * 1000:.2f}"}
        return replace(received, headers={**received.headers, **timing})

    return planted_at(vendor.batch, fault)


def _numbers(count: int, bad: int = -1) -> list[int]:
    """The numbers of so many items; the one at place `bad` cannot be processed."""
    return [FIRST_BAD + place if place == bad else 1 + place for place in range(count)]


def told_of(client: VendorClient, count: int, bad: int) -> str:
    """What is told of so many items, of which one is bad."""
    return client.tells(*_numbers(count, bad))


def told_at(client: VendorClient, count: int, place: int) -> str:
    """What is told of one of so many items."""
    return client.tells(*_numbers(count)).split("; ")[place]


def kept_of(client: VendorClient, count: int, *numbers: int) -> Json:
    """How many of so many items are done, and what is read of some of them."""
    try:
        done = client.done(*_numbers(count))
    except ValueError:
        return "no JSON"
    return [done, *(client.reads(number) for number in numbers)]


def status_of(client: VendorClient, count: int) -> Json:
    """The status of a batch of so many items."""
    try:
        return client.sends(*_numbers(count)).status
    except TargetUnreachableError:
        return "no answer"


def keys_of(client: VendorClient, count: int) -> list[int]:
    """The first and the last key that is told of so many rows, and how many different ones are told."""
    keys = [row["id"][0]["value"] for row in client.sends(*_numbers(count)).json()["data"]]
    return [keys[0], keys[-1], len(set(keys))]


def timing(client: VendorClient) -> str:
    return client.sends(*_numbers(10)).headers.get("server-timing", "none")


SIZES = read_faults(globals(), LISTS, RESPONSES)
