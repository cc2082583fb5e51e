from __future__ import annotations

import asyncio
import json
from threading import Event, Thread, current_thread, main_thread
from types import FunctionType
from typing import Any

import pytest

from mockserver.control.sandboxes import SandboxOperations
from mockserver.control.status import ServerOperations
from mockserver.engine import call
from mockserver.server.application import Application, Options, create_app
from mockserver.server.exchange import Recorder
from mockserver.server.work_threads import LARGE_BODY, MANY_COMMAS, CallThread
from tests.support.client import Client, Response, send_call
from tests.support.engine_samples import CALL, arrival_of

BATCH, LIST = "/pvex/api/InvoiceBatch", "/payt/v1/invoices"
SENT = {"authorization": "Bearer t", "content-type": "application/json"}
SMALL = b'[{"number": "1"}]'
MANY_TESTS: dict[str, Any] = {
    "version": 1,
    "name": "many-tests",
    "rules": [
        {
            "id": f"r{number}",
            "match": {"body": {"path": "$.a", "matches": "a{999}"}},
            "response": {"status": 500},
        }
        for number in range(100)
    ],
}


@pytest.fixture
def in_loop(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether each call that was recorded was worked on in the thread of the event loop."""
    noted: list[bool] = []
    record = Recorder.record

    def note(*arguments: Any) -> Any:
        noted.append(current_thread() is main_thread())
        return record(*arguments)

    monkeypatch.setattr(Recorder, "record", note)
    return noted


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (SMALL, True),
        (json.dumps([{"number": str(number)} for number in range(100)]).encode(), True),
        (b"[" + b"{}," * 300 + b"{}]", False),
        (b'[{"lines": [' + b"1," * MANY_COMMAS + b"1, 2]}]", False),
        (b'["' + b"a" * LARGE_BODY + b'"]', False),
    ],
    ids=["one item", "100 items", "300 items", "many values", "large"],
)
def test_a_call_with_much_in_it_is_worked_on_in_a_thread(
    client: Client, in_loop: list[bool], body: bytes, *, expected: bool
) -> None:
    client.post(BATCH, content=body, headers=SENT)
    assert in_loop == [expected]


@pytest.mark.parametrize(("length", "expected"), [(100, True), (1_100, False)])
def test_json5_that_is_not_short_is_read_in_a_thread(
    client: Client, in_loop: list[bool], length: int, *, expected: bool
) -> None:
    body = b"[{Id: '" + b"a" * length + b"'}]"
    client.post(BATCH, content=body, headers=SENT)
    assert in_loop == [expected]


@pytest.mark.parametrize(("path", "expected"), [(LIST, False), (f"{LIST}/1", True)])
def test_a_list_in_a_sandbox_of_many_records_is_made_in_a_thread(
    client: Client, in_loop: list[bool], monkeypatch: pytest.MonkeyPatch, path: str, *, expected: bool
) -> None:
    client.get(path, headers=SENT)
    monkeypatch.setattr(call, "_MANY_RECORDS", 1)
    client.get(path, headers=SENT)
    assert in_loop == [True, expected]


def test_a_call_that_rules_have_much_to_test_of_is_worked_on_in_a_thread(
    client: Client, sandbox: str, in_loop: list[bool]
) -> None:
    assert client.put(f"/_mock/sandboxes/{sandbox}/scenarios/many-tests", json=MANY_TESTS).status == 200
    client.post(BATCH, content=SMALL, headers=SENT)
    client.post(BATCH, content=b'{"number": "1"}', headers=SENT)
    assert in_loop == [False, False]
    assert len(client.get(f"/_mock/sandboxes/{sandbox}/journal").json) == len(in_loop)


def test_others_are_answered_while_a_sandbox_is_at_work(app: Application, sandbox: str) -> None:
    held, let_go = Event(), Event()

    def hold() -> None:
        with app.sandboxes.store.lock(sandbox):
            held.set()
            let_go.wait()

    async def calls() -> tuple[bool, Response, Response]:
        headers = {"host": "127.0.0.1", "mock-sandbox": sandbox, **SENT, "content-length": str(len(SMALL))}
        waiting = asyncio.create_task(send_call(app, "POST", BATCH, headers, [SMALL]))
        await asyncio.sleep(0)
        health = await send_call(app, "GET", "/_mock/health", {"host": "127.0.0.1"}, [b""])
        is_waiting = not waiting.done()
        let_go.set()
        return is_waiting, health, await waiting

    holder = Thread(target=hold)
    holder.start()
    held.wait()
    is_waiting, health, answer = asyncio.run(calls())
    holder.join()
    assert (is_waiting, health.status, answer.status) == (True, 200, 400)


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        (ServerOperations.health, "/health", True),
        (SandboxOperations.list_snapshots, "/sandboxes/default/snapshots", False),
    ],
)
def test_control_calls_but_health_are_worked_on_in_a_thread(
    monkeypatch: pytest.MonkeyPatch, method: FunctionType, path: str, *, expected: bool
) -> None:
    noted: list[bool] = []

    def note(own: object, **given: Any) -> Any:
        noted.append(current_thread() is main_thread())
        return method(own, **given)

    monkeypatch.setattr(f"{method.__module__}.{method.__qualname__}", note)
    assert Client(create_app(Options(vendors=("payt",))), {}).get(f"/_mock{path}").status == 200
    assert noted == [expected]


def test_an_error_of_the_work_arrives(app: Application) -> None:
    def fail(_arrival: object) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        asyncio.run(CallThread(app.sandboxes.store).call(arrival_of(CALL), fail))
