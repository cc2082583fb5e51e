from __future__ import annotations

from collections.abc import Iterator

import pytest

from mockserver.server.application import Application
from mockserver.server.protocol import spell_names
from mockserver.testing.threaded_server import run_in_thread
from tests.support.client import Client
from tests.support.operations import called_operations
from tests.support.wire import exchange, head_names, names_sent

HEAD = b"HTTP/1.1 200 OK\r\ndate: today: now\r\nx-one: 1\r\ncontent-type: text/plain\r\n\r\n"


@pytest.fixture(scope="module")
def url(app: Application) -> Iterator[str]:
    with run_in_thread(app) as url:
        yield url


def test_a_name_leaves_as_it_was_given() -> None:
    assert spell_names(HEAD, [(b"X-ONE", b"1")]).split(b"\r\n")[2] == b"X-ONE: 1"


def test_a_usual_name_that_a_library_lowered_gets_its_capitals() -> None:
    sent = [(b"x-one", b"1"), (b"content-type", b"text/plain")]

    assert head_names(spell_names(HEAD, sent)) == ["Date", "x-one", "Content-Type"]


def test_a_usual_name_may_be_spelled_otherwise() -> None:
    assert head_names(spell_names(HEAD, [(b"Content-type", b"")])) == ["Date", "x-one", "Content-type"]


def test_nothing_but_the_names_changes() -> None:
    assert spell_names(HEAD, [(b"X-ONE", b"1")]).lower() == HEAD.lower()


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "/_console/"),
        ("POST", "/_console/"),
        ("GET", "/_mock/vendors"),
        ("HEAD", "/_mock/vendors"),
        ("DELETE", "/_mock/vendors"),
        ("GET", "/_mock/nothing"),
        ("GET", "/_mock/sandboxes/default/journal/export?format=har"),
        ("GET", "/nothing"),
        ("POST", "/nothing"),
        ("GET", "/sandboxes/Not_One/nothing"),
    ],
)
def test_our_own_answers_have_the_usual_spelling(url: str, method: str, path: str) -> None:
    names = names_sent(url, method, path)

    assert [name for name in names if name.islower()] == []
    assert {"Date", "Connection"} <= set(names)


def test_what_is_not_http_is_answered_in_the_usual_spelling(url: str) -> None:
    answer = exchange(url, b"nonsense\r\n\r\n")

    assert head_names(answer) == ["Date", "Content-Type", "Content-Length", "Connection"]
    assert answer.endswith(b"Invalid HTTP request received.")


def test_a_header_of_a_scenario_is_spelled_as_it_is_written_there(
    url: str, app: Application, client: Client, sandbox: str
) -> None:
    answered = {"status": 429, "headers": {"retry-after": "7", "X-LIMIT": "minute"}}
    rule = {"id": "limited", "commit": "none", "response": answered}
    added = client.put(
        f"/_mock/sandboxes/{sandbox}/scenarios/limited",
        json={"version": 1, "name": "limited", "rules": [rule]},
    )
    assert added.status in {200, 201}, added.text
    one = next(one for one in called_operations() if one.operation.method == "get")

    names = names_sent(url, "GET", one.path, {**one.headers(app), "Mock-Sandbox": sandbox})

    assert {"retry-after", "X-LIMIT"} <= set(names)
