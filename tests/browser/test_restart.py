from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from mockserver.server.application import Application, Options, create_app
from mockserver.testing.threaded_server import run_in_thread
from tests.browser.forwarder import Forwarder, forwarding
from tests.browser.rows import numbers, wait_for
from tests.browser.sending import Sender
from tests.browser.visitor import Visiting, Visitor

CALLS = "/_console/?sandbox=one"
LOST = ("net::ERR_CONNECTION_REFUSED", "net::ERR_CONNECTION_RESET", "net::ERR_INCOMPLETE_CHUNKED_ENCODING")
LOST_EARLY = ("net::ERR_EMPTY_RESPONSE", "net::ERR_SOCKET_NOT_CONNECTED")


@pytest.fixture
def line(url: str) -> Iterator[Forwarder]:
    with forwarding(url) as made:
        yield made


def told(page: Page, text: str) -> None:
    expect(page.locator("#live-state")).to_contain_text(text, timeout=20_000)


def visitor_of(window: Visiting, line: Forwarder) -> Visitor:
    visitor = window(at=line.url)
    visitor.may_say += [*LOST, *LOST_EARLY]
    return visitor


def other_server() -> Application:
    return create_app(Options(vendors=("vba",)))


def test_calls_of_a_time_without_a_connection_come_once(
    window: Visiting, line: Forwarder, sender: Sender, url: str
) -> None:
    visitor = visitor_of(window, line)
    sender.batch()
    pages = [visitor.open(f"/_console/?sandbox={sender.name}") for _ in range(2)]
    for page in pages:
        told(page, "Live")

    line.cut()
    for page in pages:
        told(page, "Connection lost: trying again")
    sender.batch()
    sender.batch()
    line.join(url)

    for page in pages:
        wait_for(page, 3)
        told(page, "Live: 2 new")
        assert numbers(page) == [3, 2, 1]


def test_after_a_restart_a_page_shows_the_calls_of_the_new_server(window: Visiting, line: Forwarder) -> None:
    visitor = visitor_of(window, line)
    with run_in_thread(other_server()) as first, Sender.into(first, "one") as sender:
        line.cut()
        line.join(first)
        sender.batch()
        page = visitor.open(CALLS)
        told(page, "Live")
        line.cut()
        told(page, "Connection lost: trying again")

    with run_in_thread(other_server()) as second, Sender.into(second, "one") as sender:
        for _ in range(3):
            sender.batch(2)
        line.join(second)

        told(page, "The server was started again. Live: 3 new")
        assert numbers(page) == [3, 2, 1]
        sender.batch(2)
        wait_for(page, 4)
        assert numbers(page) == [4, 3, 2, 1]
        assert page.locator("#calls tbody").inner_text().count("2 items: 2 created") == 1


def test_a_server_stops_at_once_with_a_page_open(window: Visiting) -> None:
    app = other_server()
    with run_in_thread(app) as address, Sender.into(address, "one"):
        visitor = window(at=address)
        visitor.may_say += [*LOST, *LOST_EARLY]
        page = visitor.open(CALLS)
        told(page, "Live")

    told(page, "Connection lost: trying again")
