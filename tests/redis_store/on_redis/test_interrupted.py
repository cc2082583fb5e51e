"""Sandboxes that one worker deletes while another makes them, or works in them."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any

import pytest

from mockserver.redis_store.addresses import parse_address
from mockserver.redis_store.connection import RedisConnection
from mockserver.server.application import Options, create_app
from mockserver.server.backend import shared_backend
from tests.support.client import Client, Response

CREDENTIALS = {"authorization": "Bearer any", "x-api-key": "any", "vbasoftware-database": "sandbox"}
TRIPS = range(12)
"""No delete and no call asks Redis more often, if it is not interrupted."""

TIMES = 8
"""In how many trips one after the other a call is interrupted, so that its sandbox ends more than once."""

Act = Callable[[], object]
Interrupt = Callable[[range, Act], None]


@pytest.fixture(scope="module")
def workers(new_address: Callable[[], str]) -> tuple[Client, Client]:
    """Two workers of one server."""
    address, options = parse_address(new_address()), Options(vendors=("vba",))
    headers = {"host": "testserver", "user-agent": "tests", **CREDENTIALS}
    one, other = (Client(create_app(options, shared_backend(address)), headers) for _ in range(2))
    return one, other


@pytest.fixture
def interrupt(monkeypatch: pytest.MonkeyPatch) -> Interrupt:
    """A function that lets something happen just before some of the trips to Redis that come then."""
    ask = RedisConnection.ask

    def interrupt_before(chosen: range, act: Act) -> None:
        trips = count()

        def counted(connection: RedisConnection, work: Callable[[Any], Any]) -> Any:
            if next(trips) in chosen:
                with monkeypatch.context() as meanwhile:
                    meanwhile.setattr(RedisConnection, "ask", ask)
                    with ThreadPoolExecutor(1) as elsewhere:  # here an event loop runs already
                        elsewhere.submit(act).result()
            return ask(connection, work)

        monkeypatch.setattr(RedisConnection, "ask", counted)

    return interrupt_before


def put(client: Client, name: str) -> Response:
    return client.put(f"/sandboxes/{name}/vba/claim-invoice-batch", json=[{"invoice_Key": 7}])


def delete(client: Client, name: str) -> Response:
    return client.delete(f"/_mock/sandboxes/{name}")


@pytest.mark.parametrize("trip", TRIPS)
@pytest.mark.parametrize("work", [put, delete], ids=["made", "deleted"])
def test_a_sandbox_that_is_deleted_and_made_anew_is_listed_and_numbers_its_calls_from_1(
    workers: tuple[Client, Client],
    interrupt: Interrupt,
    monkeypatch: pytest.MonkeyPatch,
    work: Callable[[Client, str], Response],
    trip: int,
) -> None:
    one, other = workers
    name = f"{work.__name__}-{trip}"
    put(one, name)

    def make_anew() -> None:
        assert delete(other, name).status in (204, 404)
        assert put(other, name).status == 207

    if work is delete:
        interrupt(range(trip, trip + 1), make_anew)
    else:
        interrupt(range(trip, trip + TIMES), lambda: delete(other, name))
    said = work(one, name)
    monkeypatch.undo()
    last = put(one, name)

    assert (said.status, last.status) == (204 if work is delete else 207, 207), said.text
    journal = other.get(f"/_mock/sandboxes/{name}/journal").json
    numbers = [entry["number"] for entry in journal]
    assert numbers == list(range(1, int(last.headers["mock-journal"]) + 1))
    is_first = [item["status"] for item in last.json["data"]] == [201]
    assert is_first == (numbers == [1])
    for client in workers:
        assert name in [shown["name"] for shown in client.get("/_mock/sandboxes").json]


@pytest.mark.parametrize("trip", TRIPS)
def test_a_list_leaves_out_a_sandbox_that_ends_meanwhile(
    workers: tuple[Client, Client], interrupt: Interrupt, trip: int
) -> None:
    one, other = workers
    put(one, "ends")

    interrupt(range(trip, trip + 1), lambda: delete(other, "ends"))

    assert one.get("/_mock/sandboxes").status == 200
