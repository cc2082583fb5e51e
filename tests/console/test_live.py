from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import httpx
import pytest
from starlette.responses import StreamingResponse

from mockserver.console import live
from mockserver.console.live import LiveCalls
from mockserver.testing.threaded_server import run_in_thread
from tests.support import sample_vendor
from tests.support.journal_entries import entry


async def opened(calls: LiveCalls) -> tuple[StreamingResponse, AsyncIterator[bytes]]:
    response = calls.response()
    return response, aiter(response.body_iterator)  # type: ignore[arg-type] # all parts are bytes


def run(check: Callable[[LiveCalls], Awaitable[None]]) -> None:
    async def with_deadline() -> None:
        await asyncio.wait_for(check(LiveCalls("run-1")), 10)

    asyncio.run(with_deadline())


def test_a_stream_begins_with_the_name_of_the_run() -> None:
    async def check(calls: LiveCalls) -> None:
        response, events = await opened(calls)

        assert (response.media_type, response.headers["cache-control"]) == ("text/event-stream", "no-store")
        assert await anext(events) == b'retry: 500\nevent: server\ndata: {"server":"run-1"}\n\n'

    run(check)


def test_every_stream_is_told_of_a_call() -> None:
    async def check(calls: LiveCalls) -> None:
        streams = [(await opened(calls))[1] for _ in range(3)]
        for events in streams:
            await anext(events)
        calls(entry(number=18, sandbox="one"))

        assert [await anext(events) for events in streams] == [b'event: calls\ndata: {"one":18}\n\n'] * 3

    run(check)


def test_calls_that_come_faster_than_they_are_read_become_one_event() -> None:
    async def check(calls: LiveCalls) -> None:
        _, events = await opened(calls)
        await anext(events)
        for number in range(1, 500):
            calls(entry(number=number, sandbox="one"))
        calls(entry(number=7, sandbox="two"))

        assert await anext(events) == b'event: calls\ndata: {"one":499,"two":7}\n\n'

    run(check)


def test_a_call_that_is_not_kept_is_nothing_to_tell() -> None:
    async def check(calls: LiveCalls) -> None:
        _, events = await opened(calls)
        await anext(events)
        calls(entry(number=0))
        calls(entry(number=1, sandbox="one"))

        assert await anext(events) == b'event: calls\ndata: {"one":1}\n\n'

    run(check)


def test_a_call_of_another_thread_is_told() -> None:
    async def check(calls: LiveCalls) -> None:
        _, events = await opened(calls)
        await anext(events)
        await asyncio.to_thread(calls, entry(number=1, sandbox="one"))

        assert await anext(events) == b'event: calls\ndata: {"one":1}\n\n'

    run(check)


def test_a_silent_stream_says_that_it_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "_KEEP_ALIVE_S", 0)

    async def check(calls: LiveCalls) -> None:
        _, events = await opened(calls)
        await anext(events)

        assert await anext(events) == b": still here\n\n"

    run(check)


def test_a_stream_ends_when_the_server_stops() -> None:
    async def check(calls: LiveCalls) -> None:
        _, events = await opened(calls)
        await anext(events)
        calls.close()

        assert [
            event async for event in events if b"data" in event and event != b"event: calls\ndata: {}\n\n"
        ] == []

    run(check)


def test_a_stream_that_is_left_is_forgotten() -> None:
    async def check(calls: LiveCalls) -> None:
        _, events = await opened(calls)
        await anext(events)
        await events.aclose()  # type: ignore[attr-defined] # a generator

        calls(entry(number=1))  # nobody listens

    run(check)


def test_a_stream_of_a_later_run_goes_on() -> None:
    async def check(calls: LiveCalls) -> None:
        calls.close()
        _, events = await opened(calls)
        await anext(events)
        calls(entry(number=1, sandbox="one"))

        assert await anext(events) == b'event: calls\ndata: {"one":1}\n\n'

    run(check)


def test_a_server_in_a_thread_does_not_wait_for_streams(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with run_in_thread(sample_vendor.create_application(tmp_path)) as url:
        client = httpx.Client(base_url=url, timeout=30, trust_env=False)
        answer = client.send(client.build_request("GET", "/_console/events"), stream=True)
        parts = answer.iter_bytes()
        assert b"event: server" in next(parts)

    assert b"retry" not in b"".join(parts)
    assert [record.message for record in caplog.records if "graceful" in record.message] == []
    client.close()
