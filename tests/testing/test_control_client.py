from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal

import pytest

from mockserver.sandbox.sandboxes import is_sandbox_name
from mockserver.testing import control_client
from mockserver.testing.control_client import sandbox_name
from mockserver.testing.http_call import HttpReply, NoResponseError, send_request


def test_a_decimal_keeps_its_value_and_its_scale_both_ways() -> None:
    content = b'{"a":[1,0.10,12345678901234567890.50,1E+2]}'

    document = control_client.decode(content)

    assert document["a"][1:3] == [Decimal("0.10"), Decimal("12345678901234567890.50")]
    assert control_client.encode(document) == content


def test_texts_are_utf_8_and_names_are_texts() -> None:
    assert control_client.encode({"ü": ("\n", None, True)}).decode() == '{"ü":["\\n",null,true]}'


@pytest.mark.parametrize("content", [b"", b"<html>", b"[NaN]", b"\xff", b"[" * 100_000])
def test_what_is_not_json_is_a_value_error(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        control_client.decode(content)


@pytest.mark.parametrize("number", [Decimal("NaN"), Decimal("Infinity"), float("inf")])
def test_a_number_that_is_not_finite_is_refused(number: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        control_client.encode([number])


def test_a_value_that_is_not_json_is_refused() -> None:
    with pytest.raises(TypeError, match="not JSON serializable"):
        control_client.encode({"at": object()})


def test_plain_json_has_numbers_of_the_same_value_that_every_writer_accepts() -> None:
    plain = control_client.plain_json({"a": [Decimal("100.00"), Decimal("0.10")]})

    assert json.dumps(plain) == '{"a": [100, 0.1]}'


@contextmanager
def answering(response: bytes) -> Iterator[str]:
    """Answer one request with these bytes; yields the address."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            with listening.accept()[0] as connection:
                connection.recv(65536)
                connection.sendall(response)

        thread = threading.Thread(target=answer)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
        thread.join()


def get(url: str) -> HttpReply:
    return send_request("GET", url, {}, None, 10)


@pytest.mark.parametrize(
    ("status", "is_success"), [("200 OK", True), ("302 Found", False), ("404 Not Found", False)]
)
def test_every_status_is_a_response(status: str, *, is_success: bool) -> None:
    raw = f"HTTP/1.1 {status}\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 2\r\n\r\nhi"
    with answering(raw.encode()) as url:
        response = get(url)

    assert (f"{response.status} {response.reason}", response.is_success) == (status, is_success)
    assert response.body == b"hi"


@pytest.mark.parametrize("raw", [b"", b"no HTTP\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi"])
def test_an_answer_that_is_not_complete_http_is_no_response(raw: bytes) -> None:
    with answering(raw) as url, pytest.raises(NoResponseError, match=r"."):
        get(url)


@pytest.mark.parametrize("token", ["€", "a\nb"], ids=["beyond Latin-1", "line break"])
def test_a_header_that_cannot_be_sent_is_no_response(token: str) -> None:
    with pytest.raises(NoResponseError, match=r"."):
        send_request("GET", "http://127.0.0.1:1", {"authorization": token}, None, 5)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://127.0.0.1:1", "Connection refused"),
        ("nonsense", "write an address such as http://127.0.0.1:8080"),
        ("file:///etc/hostname", "write an address such as http://127.0.0.1:8080"),
        ("http://127.0.0.1:nine", "write an address such as http://127.0.0.1:8080"),
    ],
)
def test_an_address_where_nothing_answers_is_told(url: str, said: str) -> None:
    with pytest.raises(NoResponseError, match=said):
        get(url)


def test_proxies_of_the_environment_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")

    with answering(b"HTTP/1.1 204 No Content\r\n\r\n") as url:
        assert get(url).status == 204


HOSTILE = [
    "",
    "::",
    "a::b[x/../y]",
    "t::test_ß[\ud800\x00\n]",
    "t::test[" + "long" * 99 + "]",
    "::--",
    "t::ÄÖÜ",
]


@pytest.mark.parametrize("test", HOSTILE)
@pytest.mark.parametrize("worker", ["", "gw0", "Worker Nr. 12345678901"])
def test_every_test_has_a_name_that_a_sandbox_can_have(worker: str, test: str) -> None:
    assert is_sandbox_name(sandbox_name(worker, test))


def test_no_two_tests_have_one_name() -> None:
    assert len({sandbox_name("gw0", test) for test in HOSTILE}) == len(HOSTILE)


def test_workers_tell_names_apart() -> None:
    assert sandbox_name("gw0", "t") != sandbox_name("gw1", "t")


def test_a_name_can_be_read() -> None:
    assert sandbox_name("gw0", "tests/t.py::test_pays[one]").startswith("t-gw0-test-pays-one-")
