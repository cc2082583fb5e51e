from __future__ import annotations

import asyncio
import ctypes
import gc
import gzip
import threading
from collections.abc import Callable, Iterator, Mapping
from queue import Queue
from types import FrameType
from typing import Any, TypeAlias

import pytest

from mockserver.engine.call import Pipeline
from mockserver.model import EMPTY
from mockserver.server import process_memory
from mockserver.server.application import Application
from mockserver.server.process_memory import collection_paused, freeze_heap, release_free_memory
from tests.support.client import Response, send_call
from tests.tools.bench.batches import Batches, vendor_batches

VENDORS = ("guidewire", "payt", "pvex", "vba", "xero")
Wanted: TypeAlias = tuple[str, str, Mapping[str, str], bytes]


@pytest.fixture(autouse=True, scope="module")
def _older_objects_left_alone() -> Iterator[None]:
    """A collection looks at new objects alone, which takes milliseconds in place of a second."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture(autouse=True)
def _same_collector_afterwards() -> Iterator[None]:
    threshold = gc.get_threshold()
    yield
    gc.set_threshold(*threshold)


def test_nothing_is_collected_while_a_server_starts() -> None:
    with collection_paused():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_the_collector_goes_on_after_a_start_that_failed() -> None:
    with pytest.raises(ValueError, match="no start"), collection_paused():
        raise ValueError("no start")
    assert gc.isenabled()


def test_a_started_server_collects_but_not_what_it_is_built_from() -> None:
    with collection_paused():
        freeze_heap()
        assert gc.isenabled()
        assert gc.get_freeze_count() > 0


def test_free_memory_is_given_back_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    options, trims = list[tuple[int, int]](), Queue[int]()

    class Library:
        mallopt = staticmethod(lambda *option: options.append(option))
        malloc_trim = staticmethod(trims.put)

    monkeypatch.setattr(ctypes, "CDLL", lambda _name: Library)
    monkeypatch.setattr(process_memory, "RELEASE_S", 0.001)
    release_free_memory()

    assert [trims.get(timeout=10) for _ in range(2)] == [0, 0]
    assert options == [(-8, 1)]


def test_another_allocator_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda _name: object())
    threads = threading.active_count()
    release_free_memory()
    assert threading.active_count() == threads


def _changed(
    path: str = "",
    body: bytes | None = None,
    method: str = "",
    less: str = "",
    headers: Mapping[str, str] = EMPTY,
    **named: str,
) -> Callable[[Batches], Wanted]:
    """A batch with another body, path, method or headers, and without some headers."""

    def change(batches: Batches) -> Wanted:
        changed = {name.replace("_", "-"): text for name, text in {**headers, **named}.items()}
        own = {
            name.lower(): text for name, text in batches.headers.items() if name.lower() not in less.split()
        }
        sent = batches.encode(batches.items(2, 0, "one")) if body is None else body
        return method or batches.method, batches.path.partition("?")[0] + path, {**own, **changed}, sent

    return change


REFUSED = {
    "malformed": _changed(body=b'{"a": ['),
    "empty": _changed(body=b""),
    "wrong type": _changed(body=b'"text"'),
    "unknown member": _changed(body=b'{"nobodys": 1}'),
    "too deep": _changed(body=b"[" * 100 + b"]" * 100),
    "too large": _changed(body=b" " * (10 * 1024 * 1024 + 1)),
    "too many items": _changed(body=b"[" + b"{}," * 10_000 + b"{}]"),
    "bad item": _changed(),
    "without credentials": _changed(less="authorization x-api-key ocp-apim-subscription-key"),
    "unknown media type": _changed(content_type="image/png"),
    "unknown charset": _changed(content_type="application/json; charset=klingon"),
    "not gzip": _changed(content_encoding="gzip"),
    "unknown coding": _changed(content_encoding="br"),
    "gzip of nothing good": _changed(body=gzip.compress(b"[1"), content_encoding="gzip"),
    "no such path": _changed(path="/nowhere/at/all"),
    "no such method": _changed(method="TRACE"),
    "unknown scenario": _changed(mock_scenario="nobodys"),
    "unknown example": _changed(prefer="example=nobodys"),
    "too many headers": _changed(headers=dict.fromkeys(map("x-{}".format, range(100)), "1")),
}
CONTROL = {
    "bad body": ("POST", "/_mock/sandboxes", {"content-type": "application/json"}, b'{"name": 1}'),
    "malformed": ("POST", "/_mock/sandboxes", {"content-type": "application/json"}, b'{"name":'),
    "unknown media type": ("POST", "/_mock/sandboxes", {"content-type": "image/png"}, b"{}"),
    "unknown sandbox": ("GET", "/_mock/sandboxes/nobodys/dump", {}, b""),
    "no such path": ("GET", "/_mock/nowhere/at/all", {}, b""),
    "too large": ("POST", "/_mock/sandboxes", {}, b" " * (10 * 1024 * 1024 + 1)),
    "bad scenario": ("PUT", "/_mock/sandboxes/default/scenarios/x", {}, b'{"rules": 1}'),
    "no vendor": ("POST", "/nowhere", {}, b"{}"),
}


@pytest.mark.parametrize("kind", REFUSED)
@pytest.mark.parametrize("vendor", VENDORS)
def test_what_a_refused_call_was_made_of_is_freed_at_once(
    app: Application, sandbox: str, vendor: str, kind: str
) -> None:
    batches = next(one for one in vendor_batches(app.served) if one.name == vendor)
    _check_freed(app, sandbox, REFUSED[kind](batches))


@pytest.mark.parametrize("kind", CONTROL)
def test_what_a_refused_call_outside_the_vendors_was_made_of_is_freed_at_once(
    app: Application, sandbox: str, kind: str
) -> None:
    _check_freed(app, sandbox, CONTROL[kind])


def test_what_a_crashed_call_was_made_of_is_freed_at_once(
    app: Application, sandbox: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_arguments: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(Pipeline, "open", crash)
    _check_freed(app, sandbox, _changed()(next(vendor_batches(app.served))))


def _check_freed(app: Application, sandbox: str, wanted: Wanted) -> None:
    """Fail unless reference counting alone frees errors, and the frames that hold what they were about."""
    method, path, headers, body = wanted
    sent = {
        "host": "127.0.0.1",
        "user-agent": "tests",
        "mock-sandbox": sandbox,
        **headers,
        "content-length": str(len(body)),
    }

    async def call() -> Response:
        return await send_call(app, method, path, {name.lower(): text for name, text in sent.items()}, [body])

    asyncio.run(call())  # the first call makes what lasts
    assert _errors_in_garbage_of(call) == []


def _errors_in_garbage_of(call: Callable[[], Any]) -> list[str]:
    """Return the names of errors and frames that only the collector would free of what a call made."""
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        asyncio.run(call())
        gc.set_debug(gc.DEBUG_SAVEALL)
        gc.collect()
        return [type(one).__name__ for one in gc.garbage if isinstance(one, (BaseException, FrameType))]
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()
