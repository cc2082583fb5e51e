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

import pytest
from click.testing import CliRunner

from mockserver.cli.listen import Receiver, make_server
from mockserver.cli.main import main

BODY = b'{"id": 1}'
DIGEST = hmac.new(b"s3cret", BODY, "sha256").digest()


def send_to(port: int) -> int:
    connection = HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("POST", "/hook", BODY)
        return connection.getresponse().status
    finally:
        connection.close()


@contextmanager
def serving(receiver: Receiver) -> Iterator[Callable[[], int]]:
    """The receiver on a socket; the function sends it a call and returns the status."""
    with make_server(0, receiver) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()

        yield partial(send_to, server.server_port)
        server.shutdown()
        thread.join()


def test_answers_are_given_in_turn() -> None:
    with serving(Receiver(("500", "200"))) as send:
        assert [send() for _ in range(3)] == [500, 200, 500]


def test_drop_closes_the_connection() -> None:
    with serving(Receiver(("drop",))) as send, pytest.raises(RemoteDisconnected):
        send()


def test_a_call_is_printed_with_its_key_headers(capsys: pytest.CaptureFixture[str]) -> None:
    headers = {"Accept": "*/*", "X-Payt-Delivery": "d-1", "Content-Type": "application/json"}

    Receiver(("200",)).receive("POST", "/hook", headers, b'{\n  "id": 1\n}')

    assert capsys.readouterr().out.splitlines() == [
        "POST /hook → 200",
        "  X-Payt-Delivery: d-1",
        "  Content-Type: application/json",
        '  { "id": 1 }',
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
    Receiver(("200",), "s3cret", "X-Sign").receive("POST", "/", {"x-sign": signature}, BODY)

    assert said in capsys.readouterr().out


def test_json_has_a_document_for_each_call(capsys: pytest.CaptureFixture[str]) -> None:
    Receiver(("201",), as_json=True).receive("PUT", "/a", {"X-Event-Id": "7"}, BODY)

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
    receiver = Receiver(("200",))
    for _ in range(2):
        receiver.receive("POST", "/", headers, BODY)

    assert [line for line in capsys.readouterr().out.splitlines() if line.startswith("POST")] == [
        "POST / → 200",
        "POST / → 200  time 2",
    ]


def test_an_answer_is_a_status_or_drop() -> None:
    result = CliRunner().invoke(main, ["listen", "--answer", "500,later"])

    assert "expected statuses or drop, such as 500,drop,200; found 500,later" in result.output
    assert result.exit_code == 2


def test_a_taken_port_is_named() -> None:
    with make_server(0, Receiver(("200",))) as server:
        result = CliRunner().invoke(main, ["listen", "--port", str(server.server_port)])

    assert f"port {server.server_port} cannot be used" in result.output
    assert result.exit_code == 5


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGINT for a child process")
def test_ctrl_c_ends_with_a_summary() -> None:
    words = [sys.executable, "-m", "mockserver", "listen", "--port", "0", "--json"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own program
        assert process.stderr is not None
        address = re.search(r"127.0.0.1:(\d+)/ until Ctrl-C", process.stderr.readline())
        assert address is not None
        for _ in range(2):
            send_to(int(address[1]))
        process.send_signal(signal.SIGINT)
        process.wait(20)

        assert (process.stderr.read(), process.returncode) == ("2 calls arrived, 1 doubled\n", 0)
