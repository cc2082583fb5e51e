from __future__ import annotations

import hmac
import json
import re
import signal
import subprocess
import sys
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.client import HTTPConnection, RemoteDisconnected
from threading import Thread
from typing import Any

import pytest
from click.testing import CliRunner

from mockserver.cli.listen import Receiver
from mockserver.cli.main import main
from tests.support.wire import exchange

BODY = b'{"id": 1}'
DIGEST = hmac.new(b"s3cret", BODY, "sha256").digest()


def send_to(port: int, method: str = "POST", path: str = "/hook", **headers: str) -> int:
    connection = HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.putrequest(method, path, skip_accept_encoding=True)
        for name, text in {"Content-Length": str(len(BODY)), **headers}.items():
            connection.putheader(name, text)
        connection.endheaders(BODY)
        return connection.getresponse().status
    finally:
        connection.close()


@contextmanager
def serving(*answers: str, **settings: Any) -> Iterator[Callable[..., int]]:
    """A receiver; the function sends it a call and returns the status."""
    with Receiver(0, answers, **settings) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield partial(send_to, server.server_port)
        finally:
            server.shutdown()
            thread.join()


def test_answers_are_given_in_turn() -> None:
    with serving("500", "200") as send:
        assert [send() for _ in range(3)] == [500, 200, 500]


def test_drop_closes_the_connection() -> None:
    with serving("drop") as send, pytest.raises(RemoteDisconnected):
        send()


def test_a_call_is_printed_with_its_key_headers(capsys: pytest.CaptureFixture[str]) -> None:
    headers = {"Accept": "*/*", "X-Payt-Delivery": "d-1", "Content-Type": "application/json"}

    with serving("200") as send:
        send(**headers)

    assert capsys.readouterr().out.splitlines() == [
        "POST /hook → 200",
        "  X-Payt-Delivery: d-1",
        "  Content-Type: application/json",
        '  {"id": 1}',
    ]


@pytest.mark.parametrize(
    ("signature", "said"),
    [
        (DIGEST.hex(), "signature right"),
        (f"sha256={DIGEST.hex()}", "signature right"),
        (b64encode(DIGEST).decode(), "signature right"),
        (DIGEST.hex()[:-1], "signature WRONG"),
        ("", "signature WRONG"),
    ],
)
def test_the_signature_is_checked(signature: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with serving("200", secret="s3cret") as send:
        send(**{"x-sign": signature})

    assert said in capsys.readouterr().out


def test_a_body_in_chunks_is_read_whole(capsys: pytest.CaptureFixture[str]) -> None:
    chunks = b"5\r\n" + BODY[:5] + b"\r\n%x;x=1\r\n" % len(BODY[5:]) + BODY[5:] + b"\r\n0\r\n\r\n"
    head = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nX-Sign: %s\r\n\r\n"
    with Receiver(0, ["200"], "s3cret") as server:
        thread = Thread(target=server.handle_request)
        thread.start()
        answer = exchange(f"http://127.0.0.1:{server.server_port}", head % DIGEST.hex().encode() + chunks)
        thread.join()

    assert answer.split()[1] == b"200"
    assert "signature right" in capsys.readouterr().out


@pytest.mark.parametrize("length", ["abc", "1.5"])
def test_a_length_that_is_no_number_is_refused(length: str, capsys: pytest.CaptureFixture[str]) -> None:
    with serving("200") as send:
        assert send(**{"Content-Length": length}) == 400

    assert capsys.readouterr() == ("", "")


def test_json_has_a_document_for_each_call(capsys: pytest.CaptureFixture[str]) -> None:
    with serving("201", as_json=True) as send:
        send("PUT", "/a", **{"X-Event-Id": "7"})

    assert json.loads(capsys.readouterr().out) == {
        "method": "PUT",
        "path": "/a",
        "headers": {"X-Event-Id": "7"},
        "body": '{"id": 1}',
        "times": 1,
        "signed": None,
        "answer": "201",
    }


@pytest.mark.parametrize("headers", [{"X-Delivery": "7"}, {}])
def test_a_doubled_call_is_told(headers: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    with serving("200") as send:
        for _ in range(2):
            send(path="/", **headers)

    assert [line for line in capsys.readouterr().out.splitlines() if line.startswith("POST")] == [
        "POST / → 200",
        "POST / → 200  time 2",
    ]


def test_an_answer_is_a_status_or_drop() -> None:
    result = CliRunner().invoke(main, ["listen", "--answer", "500,later"])

    assert "expected statuses or drop, such as 500,drop,200; found 500,later" in result.output
    assert result.exit_code == 2


def test_a_taken_port_is_named() -> None:
    with Receiver(0, ("200",)) as server:
        result = CliRunner().invoke(main, ["listen", "--port", str(server.server_port)])

    assert f"port {server.server_port} cannot be used" in result.output
    assert result.exit_code == 5


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGINT for a child process")
def test_ctrl_c_ends_with_a_summary() -> None:
    words = [sys.executable, "-m", "mockserver", "listen", "--port", "0"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own program
        assert process.stderr is not None
        address = re.search(r"127.0.0.1:(\d+)/ until Ctrl-C", process.stderr.readline())
        assert address is not None
        for _ in range(2):
            send_to(int(address[1]))
        process.send_signal(signal.SIGINT)
        process.wait(20)

        assert process.stdout is not None
        assert (process.stdout.read().splitlines()[-1], process.returncode) == (
            "2 calls arrived, 1 doubled",
            0,
        )
