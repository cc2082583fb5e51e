"""What happens to a call of one worker when another acts between two of its trips to Redis."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from mockserver.redis_store.addresses import StoreAddress, parse_address
from mockserver.redis_store.connection import RedisConnection
from mockserver.redis_store.keys import sandbox_keys
from mockserver.sandbox.clock import Clock, system_clock
from mockserver.server.application import Options, create_app
from mockserver.server.backend import shared_backend
from tests.support.client import Client, Response
from tests.support.engine_samples import NOW

BATCH = "/vba/claim-invoice-batch"
CREDENTIALS = {"authorization": "Bearer any", "x-api-key": "any", "vbasoftware-database": "sandbox"}
TRIPS = range(12)
"""No delete and no call asks Redis more often, if it is not interrupted."""

TIMES = 8
"""In how many trips one after the other a call is interrupted, so that its sandbox ends more than once."""

Act = Callable[[], object]
Interrupt = Callable[[range, Act], None]


@pytest.fixture(scope="module")
def shared(new_address: Callable[[], str]) -> StoreAddress:
    """The address of the workers' store."""
    return parse_address(new_address())


@pytest.fixture(scope="module")
def workers(shared: StoreAddress) -> tuple[Client, Client]:
    """Two workers of one server."""
    return workers_on(shared, system_clock)


def workers_on(address: StoreAddress, clock: Clock, sandbox_idle: int | None = None) -> tuple[Client, Client]:
    options = Options(vendors=("vba",), sandbox_idle=sandbox_idle)
    apps = (create_app(options, shared_backend(address, clock), clock=clock) for _ in range(2))
    one, other = (Client(app, {"host": "testserver", "user-agent": "tests", **CREDENTIALS}) for app in apps)
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


def put(client: Client, name: str, **headers: str) -> Response:
    return client.put(f"/sandboxes/{name}{BATCH}", json=[{"invoice_Key": 7}], headers=headers)


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


@pytest.mark.parametrize("trip", TRIPS)
def test_a_call_that_lost_its_lease_is_stored_once_all_the_same(
    workers: tuple[Client, Client],
    interrupt: Interrupt,
    shared: StoreAddress,
    trip: int,
) -> None:
    one, other = workers
    name = f"lease-{trip}"
    one.post("/_mock/sandboxes", json={"name": name, "assumptions": {"vba.idempotency_keys": "on"}})
    connection, leases = RedisConnection(shared), sandbox_keys(shared.prefix, name).open
    answers = []

    def lose_lease_and_call() -> None:
        connection.ask(lambda client: client.delete(leases))
        answers.append(put(other, name, **{"Idempotency-Key": "k"}))

    interrupt(range(trip, trip + 1), lose_lease_and_call)
    answers.append(put(one, name, **{"Idempotency-Key": "k"}))

    assert [item["status"] for said in answers for item in said.json["data"]] in ([201], [201, 201])


@pytest.mark.parametrize("trip", TRIPS)
def test_a_sandbox_that_was_idle_for_too_long_ends_once_though_two_workers_see_it(
    new_address: Callable[[], str], interrupt: Interrupt, trip: int
) -> None:
    machine = [NOW]
    one, other = workers_on(parse_address(new_address()), lambda: machine[0], sandbox_idle=60)
    put(one, "idle")
    machine[0] += timedelta(minutes=2)
    answers = []

    interrupt(range(trip, trip + 1), lambda: answers.append(put(other, "idle")))
    answers.append(put(one, "idle"))

    statuses = sorted(item["status"] for said in answers for item in said.json["data"])
    assert statuses in ([201], [200, 201])


def test_a_client_that_repeats_its_call_at_the_last_byte_of_the_answer_meets_nobody(
    workers: tuple[Client, Client],
) -> None:
    one, other = workers
    name, key = "at-once", {"Idempotency-Key": "k"}
    one.post("/_mock/sandboxes", json={"name": name, "assumptions": {"vba.idempotency_keys": "on"}})
    again: list[Response] = []

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_and_repeat(message: Message) -> None:
            if message["type"] == "http.response.body" and not message.get("more_body"):
                with ThreadPoolExecutor(1) as elsewhere:
                    again.append(elsewhere.submit(put, other, name, **key).result())
            await send(message)

        await one.app(scope, receive, send_and_repeat)

    first = put(Client(answer, one.headers), name, **key)

    assert [said.status for said in (first, *again)] == [207, 207]
