"""Calls through the server to a real one: bytes, connections and hosts."""

from __future__ import annotations

import gzip
import json
import re
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest
import uvloop

from mockserver.server.application import Options
from mockserver.server.forwarding import ForwardRules
from mockserver.server.listening import StartupError, make_certificate
from mockserver.testing.threaded_server import run_in_thread
from tests.support.client import Client
from tests.support.forwarding import EXAMPLES
from tests.support.frozen_app import create_frozen_app
from tests.support.raw_server import End, head_and_body, raw_server
from tests.support.wire import PATIENCE_S, exchange

NAME = "two-lists"
FILE = EXAMPLES / f"{NAME}.yaml"
BATCH = f"/{NAME}/seeds/batch"
SEEDS = json.dumps({"inputs": [{"number": "1", "grams": 5}, {"number": "2", "grams": 6}]}).encode()
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: application/json\r\n\r\n{}"
MARKS = ("mock-journal", "mock-applied", "mock-reason")


class Front(NamedTuple):
    """A running server in front of another."""

    url: str
    control: Client
    """Client of the control plane."""

    def send(
        self, target: str, method: str = "GET", body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> bytes:
        """Return the bytes of the answer."""
        own = {"Host": "shop.example", "Connection": "close", **(headers or {})}
        if body and "Transfer-Encoding" not in own:
            own["Content-Length"] = str(len(body))
        lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {text}" for name, text in own.items()), "", ""]
        return exchange(self.url, "\r\n".join(lines).encode("latin-1") + body)

    def entry(self, number: int = 1) -> Any:
        return self.control.get(f"/_mock/sandboxes/default/journal/{number}").json

    def arm(self, **rule: Any) -> None:
        document = {"version": 1, "name": "test", "rules": [{"id": "rule", **rule}]}
        stored = self.control.put("/_mock/sandboxes/default/scenarios/test", json=document)
        assert stored.status == 200, stored.text


def address_of(url: str) -> tuple[str, int]:
    place = urlsplit(url)
    return str(place.hostname), int(place.port or 0)


@contextmanager
def in_front_of(
    url: str, *, remote: tuple[str, ...] = (), max_body: int = 1 << 20, **rules: Any
) -> Iterator[Front]:
    options = Options(
        files=(FILE,),
        vendors=(NAME,),
        forward=ForwardRules(url, **rules),
        remote_hosts=remote,
        max_body_bytes=max_body,
    )
    app = create_frozen_app(options)
    with run_in_thread(app) as own:
        yield Front(own, Client(app, {}))


@contextmanager
def answered_by(answer: bytes, end: End = "close", **options: Any) -> Iterator[tuple[Front, list[bytes]]]:
    with raw_server(answer, end) as (url, received), in_front_of(url, **options) as front:
        yield front, received


def without_marks(answer: bytes) -> tuple[bytes, dict[str, str], bytes]:
    headers, body = head_and_body(answer)
    return answer[9:12], {name: text for name, text in headers.items() if name not in MARKS}, body


DATED = "Date: Thu, 01 Jan 2026 00:00:00 GMT\r\n"
GZIPPED = gzip.compress(b'{"results": []}')


def test_blanks_around_a_header_do_not_reach_the_real_server() -> None:
    with answered_by(OK) as (front, received):
        answer = front.send(f"/{NAME}/seeds", headers={"X-Padded": "\t one two \t"})

    assert answer.startswith(b"HTTP/1.1 200 ")
    assert re.search(rb"(?i)x-padded: one two\r\n", b"".join(received))


@pytest.mark.parametrize(
    ("method", "answer"),
    [
        ("GET", b"HTTP/1.1 200 OK\r\n%sContent-Length: 2\r\nContent-Type: a/b\r\n\r\nok"),
        ("GET", b"HTTP/1.1 299 Own\r\n%sContent-Length: 0\r\n\r\n"),
        ("GET", b"HTTP/1.1 200 OK\r\n%sContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%s"),
        ("GET", b"HTTP/1.1 200 OK\r\n%sContent-Encoding: br\r\nContent-Length: 3\r\n\r\n\x0b\x00\x80"),
        ("GET", b"HTTP/1.1 204 No Content\r\n%sX-Real: 1\r\n\r\n"),
        ("GET", b'HTTP/1.1 304 Not Modified\r\n%sETag: "1"\r\n\r\n'),
        ("HEAD", b"HTTP/1.1 200 OK\r\n%sContent-Length: 77\r\n\r\n"),
        ("GET", b"HTTP/1.1 302 Found\r\n%sLocation: http://elsewhere.example/\r\nContent-Length: 0\r\n\r\n"),
        ("GET", b"HTTP/1.1 200 OK\r\n%sSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Length: 0\r\n\r\n"),
        ("GET", b"HTTP/1.1 200 OK\r\n%sX-Odd: \xe9\x80\tx\r\nX-None:\r\nContent-Length: 0\r\n\r\n"),
        ("GET", b"HTTP/1.1 200 OK\r\n%sTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"),
        ("POST", b"HTTP/1.1 400 Bad\r\n%sContent-Length: 2\r\n\r\n{}"),
    ],
)
def test_an_answer_is_passed_back_as_it_came(method: str, answer: bytes) -> None:
    values = (DATED.encode(), len(GZIPPED), GZIPPED)
    answer = answer % values[: answer.count(b"%s") + answer.count(b"%d")]

    with answered_by(answer) as (front, _):
        status, headers, body = without_marks(front.send(BATCH, method))

    wanted = without_marks(answer)
    headers.pop("connection")
    assert (status, headers, body) == wanted


@pytest.mark.parametrize("word", ["off", "OFF"])
def test_the_mock_answers_a_call_that_asks_for_it(word: str) -> None:
    with answered_by(OK) as (front, received):
        assert front.send(BATCH, "POST", SEEDS, {"Mock-Forward": word, "Content-Type": "application/json"})

    assert received == []
    assert not front.entry()["forwardedTo"]


def test_the_mock_answers_the_calls_of_a_case() -> None:
    with raw_server(OK) as (url, received):
        app = create_frozen_app(Options(vendors=("vba",), forward=ForwardRules(url)))
        ran = Client(app, {}).post("/_mock/sandboxes/default/cases/101/run", json={"vendor": "vba"}).json

    assert ran["passed"] is True
    assert received == []


def test_headers_of_the_connection_and_of_ours_stop_here_in_both_directions() -> None:
    answer = OK.replace(b"\r\n\r\n", b"\r\nConnection: X-Hop, close\r\nX-Hop: 1\r\nKeep-Alive: 5\r\n\r\n")
    hop = {"Connection": "close, X-Hop", "X-Hop": "1", "TE": "trailers", "Mock-Sandbox": "default"}

    with answered_by(answer) as (front, received):
        answered, _ = head_and_body(front.send(BATCH, headers={**hop, "X-Kept": "1"}))

    sent, _ = head_and_body(received[0])
    assert {name: text for name, text in sent.items() if name != "host"} == {"x-kept": "1"}
    assert sent["host"].startswith("127.0.0.1:")
    assert {"x-hop", "keep-alive"}.isdisjoint(answered)


@pytest.mark.parametrize(
    ("target", "sent"),
    [
        ("/", "/"),
        ("", "/base"),
        ("/a%2Fb//c?q=%20&q", "/base/a%2Fb//c?q=%20&q"),
        ("/.../x/./y", "/base/.../x/./y"),
        ("//evil.example/x", "/base//evil.example/x"),
    ],
)
def test_path_and_query_are_sent_as_they_came(target: str, sent: str) -> None:
    with raw_server(OK) as (url, received), in_front_of(f"{url}/base") as front:
        front.send(f"/{NAME}{target}")

    wanted = "/base/" if target == "/" else sent
    assert received[0].split(b"\r\n")[0].decode("latin-1") == f"GET {wanted} HTTP/1.1"


@pytest.mark.parametrize(
    "target", ["/../admin", "/%2e%2E/admin", "/a/..%2fadmin", "/..;x/admin", "/..%5Cadmin", "/%25252e./admin"]
)
def test_no_path_leads_out_of_the_base_path(target: str) -> None:
    with raw_server(OK) as (url, received), in_front_of(f"{url}/base") as front:
        answered = front.send(f"/{NAME}{target}")
        reason = front.entry()["reason"]

    assert (answered[9:12], received) == (b"400", [])
    assert reason.endswith("a segment .. of the path may lead out of the base path; leave it out")


def test_a_coded_body_is_sent_as_it_came_and_read_here() -> None:
    body = gzip.compress(SEEDS)

    with answered_by(OK) as (front, received):
        front.send(BATCH, "POST", body, {"Content-Encoding": "gzip", "Content-Type": "application/json"})
        request = front.entry()["request"]["body"]

    headers, sent = head_and_body(received[0])
    assert (headers["content-encoding"], sent, request) == ("gzip", body, SEEDS.decode())


def test_a_body_in_chunks_is_sent_with_its_length() -> None:
    chunks = b"%x\r\n%s\r\n0\r\n\r\n" % (len(SEEDS), SEEDS)

    with answered_by(OK) as (front, received):
        front.send(BATCH, "POST", chunks, {"Transfer-Encoding": "chunked"})

    headers, sent = head_and_body(received[0])
    assert (headers["content-length"], "transfer-encoding" in headers, sent) == (
        str(len(SEEDS)),
        False,
        SEEDS,
    )


def test_a_coded_body_without_an_item_is_sent_without_coding() -> None:
    rule = {"items": [{"select": {"index": 1}, "effect": {"fail": {"code": "locked"}}}]}
    sent = {"Content-Encoding": "gzip", "Content-Type": "application/json"}

    with answered_by(OK) as (front, received):
        front.arm(**rule)
        front.send(BATCH, "POST", gzip.compress(SEEDS), sent)

    headers, body = head_and_body(received[0])
    assert ("content-encoding" in headers, [one["number"] for one in json.loads(body)["inputs"]]) == (
        False,
        ["1"],
    )


def test_credentials_are_sent_and_masked_in_the_journal() -> None:
    with answered_by(OK.replace(b"\r\n\r\n", b"\r\nSet-Cookie: s=topsecret\r\n\r\n")) as (front, received):
        answered = front.send(BATCH, headers={"Authorization": "Bearer topsecret", "Cookie": "s=topsecret"})
        entry = front.control.get("/_mock/sandboxes/default/journal/1").text
        exported = front.control.get("/_mock/sandboxes/default/journal/export?format=har").text

    assert received[0].count(b"topsecret") == 2
    assert b"topsecret" in answered
    assert "topsecret" not in entry + exported


CUT_CHUNKS = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"


@pytest.mark.parametrize(
    ("answer", "end", "status", "fault"),
    [
        (b"", "close", b"", "EMPTY_RESPONSE"),
        (b"", "reset", None, "CONNECTION_RESET_BY_PEER"),
        (b"nonsense\r\n\r\n", "close", None, "RANDOM_DATA_THEN_CLOSE"),
        (OK.replace(b": 2", b": 9"), "close", b"200", "WRONG_LENGTH"),
        (CUT_CHUNKS, "close", b"200", "WRONG_LENGTH"),
    ],
    ids=["empty", "reset", "garbage", "cut off", "cut chunks"],
)
def test_an_answer_that_breaks_off_breaks_off_at_the_client(
    answer: bytes, end: End, status: bytes | None, fault: str
) -> None:
    with answered_by(answer, end) as (front, _):
        try:
            got: bytes | None = front.send(BATCH, "POST", SEEDS)
        except ConnectionResetError:
            got = None
        entry = front.entry()

    if status is not None:
        assert got is not None
        assert got[9:12] == status
        assert b"\r\n0\r\n\r\n" not in got
    assert (entry["fault"], entry["operation"], entry["decided"]) == (fault, "createSeeds", [])


def test_a_connection_that_is_reset_within_the_body_is_reset_for_the_client() -> None:
    with answered_by(OK.replace(b": 2", b": 9"), "reset") as (front, _), pytest.raises(ConnectionResetError):
        front.send(BATCH)


def test_a_server_that_does_not_answer_is_a_gateway_timeout() -> None:
    with answered_by(b"", "hold", timeout_s=0.05) as (front, _):
        answered = front.send(BATCH, "POST", SEEDS)
        entry = front.entry()

    assert (answered[9:12], entry["forwardedTo"] is not None) == (b"504", True)
    assert entry["reason"].startswith("the real server gave no answer: timeout")
    assert entry["reason"].endswith("; run --forward-timeout SECONDS waits longer")


@pytest.mark.parametrize(
    ("url", "remote"),
    [("http://127.0.0.1:1", ()), ("http://no-such-host.invalid", ("no-such-host.invalid",))],
    ids=["refused", "unknown name"],
)
def test_a_server_that_is_not_there_is_a_bad_gateway(url: str, remote: tuple[str, ...]) -> None:
    with in_front_of(url, remote=remote) as front:
        answered = front.send(BATCH)

    assert answered[9:12] == b"502"
    assert b'"code":"target-unreachable"' in answered


def test_an_answer_over_the_limit_is_passed_on_unread() -> None:
    body = bytes(range(256)) * 40_000
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nX-Real: 1\r\n\r\n%s" % (len(body), body)

    with answered_by(answer, max_body=1000) as (front, _):
        headers, got = head_and_body(front.send(BATCH))
        entry = front.entry()

    assert (got == body, headers["x-real"], headers["content-length"]) == (True, "1", str(len(body)))
    assert "passed on unread" in entry["reason"]
    assert len(entry["reply"]["body"]) < len(body)


def test_a_rule_breaks_the_answer_after_the_real_commit() -> None:
    with answered_by(OK) as (front, received):
        front.arm(commit="full", response={"fault": "EMPTY_RESPONSE"})
        answered = front.send(BATCH, "POST", SEEDS)
        entry = front.entry()

    assert (answered, len(received), entry["fault"]) == (b"", 1, "EMPTY_RESPONSE")
    assert entry["applied"] == ["test/rule"]


def test_an_answer_that_a_rule_delays_is_the_real_one() -> None:
    answer = OK.replace(b"\r\n\r\n", b"\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n\r\n")

    with answered_by(answer) as (front, _):
        front.arm(response={"delay": {"type": "fixed", "value": 1}})
        headers, body = head_and_body(front.send(BATCH))

    assert (headers["set-cookie"], body, headers["mock-applied"]) == ("a=1|b=2", b"{}", "test/rule")


@pytest.mark.parametrize(
    ("rules", "forwarded"),
    [
        ({}, {"POST": True, "GET": True, "unknown": True}),
        ({"mocked": frozenset({"createSeeds"})}, {"POST": False, "GET": True, "unknown": True}),
        ({"only": frozenset({"createSeeds"})}, {"POST": True, "GET": False, "unknown": False}),
    ],
    ids=["all", "--mock", "--forward-only"],
)
def test_which_calls_are_passed_on(rules: Any, forwarded: Mapping[str, bool]) -> None:
    with answered_by(OK, **rules) as (front, received):
        found = {}
        for name, method, target in (
            ("POST", "POST", BATCH),
            ("GET", "GET", f"/{NAME}/seeds/1"),
            ("unknown", "GET", f"/{NAME}/none"),
        ):
            before = len(received)
            front.send(target, method, SEEDS if method == "POST" else b"")
            found[name] = len(received) > before

    assert found == forwarded


def test_a_body_over_the_limit_is_refused_here() -> None:
    with answered_by(OK, max_body=10) as (front, received):
        answered = front.send(BATCH, "POST", SEEDS)

    assert (answered[9:12], received) == (b"413", [])


def test_calls_without_and_with_a_real_server_have_the_journal_tell_which() -> None:
    with answered_by(OK, mocked=frozenset({"createSeeds"})) as (front, _):
        front.send(BATCH, "POST", SEEDS)
        front.send(f"/{NAME}/seeds/1")
        told = [front.entry(number)["forwardedTo"] for number in (1, 2)]

    assert told[0] is None
    assert told[1].startswith("http://127.0.0.1:")


EVIL = "evil.example"


def resolved(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let each name lead to this machine; return the list of the names that are asked for."""
    asked: list[str] = []

    async def getaddrinfo(_loop: object, host: str, port: int, **_: object) -> Any:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", port))]

    monkeypatch.setattr(uvloop.Loop, "getaddrinfo", getaddrinfo)
    return asked


@pytest.mark.parametrize(
    ("target", "headers", "body"),
    [
        (BATCH, {"Host": EVIL}, b""),
        (BATCH, {"Forwarded": f"host={EVIL}", "X-Forwarded-Host": EVIL, "X-Original-URL": EVIL}, b""),
        (f"http://{EVIL}{BATCH}", {}, b""),
        (f"/{NAME}//{EVIL}/", {}, b""),
        (f"/{NAME}/@{EVIL}/", {}, b""),
        (BATCH, {}, json.dumps({"url": f"http://{EVIL}/", "callback": f"//{EVIL}"}).encode()),
    ],
    ids=["Host", "Forwarded", "absolute target", "two slashes", "user", "body"],
)  # fmt: skip
def test_no_request_leads_elsewhere(
    monkeypatch: pytest.MonkeyPatch, target: str, headers: Mapping[str, str], body: bytes
) -> None:
    asked = resolved(monkeypatch)

    with answered_by(OK) as (front, received):
        front.send(target, "POST" if body else "GET", body, headers)

    assert (len(received), asked) == (1, ["127.0.0.1"])
    assert head_and_body(received[0])[0]["host"].startswith("127.0.0.1:")


def test_a_name_that_leads_to_this_machine_is_not_called(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = resolved(monkeypatch)

    with raw_server(OK) as (url, received):
        named = url.replace("127.0.0.1", EVIL)
        with in_front_of(named, remote=(EVIL,)) as front:
            answered = front.send(BATCH)

    assert (answered[9:12], received, asked) == (b"502", [], [EVIL])
    assert b'"code":"target-not-allowed"' in answered


def test_a_tunnel_is_refused() -> None:
    with answered_by(OK) as (front, received):
        answered = exchange(
            front.url, b"CONNECT evil.example:443 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
        )

    assert (answered[9:10], received) == (b"4", [])


@pytest.mark.parametrize(
    ("rules", "vendors", "what"),
    [
        ({"to": "http://evil.example"}, (NAME,), "evil.example is neither loopback nor allowed"),
        ({"to": "ftp://127.0.0.1"}, (NAME,), "expected http:// or https:// and a host"),
        ({"mocked": frozenset({"createSeed"})}, (NAME,), "two-lists has no operation createSeed"),
        ({"only": frozenset({"none"})}, (NAME,), "two-lists has no operation none"),
        ({}, ("payt", "vba"), "a real server answers for one vendor or FILE; 2 are named"),
        ({}, (), "a real server answers for one vendor or FILE; none are named"),
    ],
    ids=["host", "address", "--mock", "--forward-only", "two vendors", "no vendor"],
)
def test_what_cannot_be_forwarded_is_refused_at_the_start(
    rules: Any, vendors: tuple[str, ...], what: str
) -> None:
    files = (FILE,) if vendors == (NAME,) else ()
    forward = ForwardRules(**{"to": "http://127.0.0.1:1", **rules})

    with pytest.raises(StartupError, match=re.escape(what)):
        create_frozen_app(Options(files=files, vendors=vendors, forward=forward))


@pytest.mark.parametrize(("is_trusted", "status"), [(True, b"200"), (False, b"502")])
def test_the_certificate_of_the_real_server_is_checked(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    is_trusted: bool,  # noqa: FBT001
    status: bytes,
) -> None:
    certificate = make_certificate(tmp_path, ())
    if is_trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate.ca_file))
    real = create_frozen_app(Options(files=(FILE,), vendors=(NAME,)))

    with (
        run_in_thread(real, tls=lambda _config, _default: certificate.context) as url,
        in_front_of(f"{url}/{NAME}") as front,
    ):
        front.send(BATCH, "POST", SEEDS, {"Content-Type": "application/json"})
        answered = front.send(f"/{NAME}/seeds/1")

    assert answered[9:12] == status


def test_a_client_that_goes_away_leaves_the_call_to_its_end() -> None:
    is_gone, recorded = Event(), Event()

    def answer(_request: bytes) -> bytes:
        is_gone.wait(PATIENCE_S)
        return OK

    with raw_server(answer) as (url, received):
        options = Options(files=(FILE,), vendors=(NAME,), forward=ForwardRules(url))
        app = create_frozen_app(options, listeners=(lambda _entry: recorded.set(),))
        with run_in_thread(app) as own:
            with socket.create_connection(address_of(own)) as wire:
                wire.sendall(f"GET {BATCH} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
            is_gone.set()
            assert recorded.wait(PATIENCE_S)

    (entry,) = app.journal.kept.entries("default")
    assert (len(received), entry.status) == (1, 200)


def test_a_large_answer_streams_through_before_its_end_has_come() -> None:
    has_begun, piece = Event(), b"a" * 65_536
    size = 64 * len(piece)

    def pieces(_request: bytes) -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size
        yield piece * 32
        if has_begun.wait(PATIENCE_S):
            yield piece * 32

    with (
        raw_server(pieces) as (url, _),
        in_front_of(url) as front,
        socket.create_connection(address_of(front.url), PATIENCE_S) as wire,
    ):
        wire.sendall(f"GET {BATCH} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
        got = len(wire.recv(65_536))
        has_begun.set()
        got += sum(len(octets) for octets in iter(partial(wire.recv, 65_536), b""))

    assert got > size


def test_an_export_sends_nothing_to_the_real_server() -> None:
    rows = b'{"results": [{"number": "1", "grams": 5}, {"number": "2", "grams": 6}], "errors": []}'
    answer = b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
    with answered_by(answer % (len(rows), rows)) as (front, received):
        front.send(BATCH, "POST", SEEDS, {"Content-Type": "application/json"})
        journal = "/_mock/sandboxes/default/journal"
        exported = front.control.get(f"{journal}/export?format=curl")

    assert (exported.status, len(received)) == (200, 1), exported.text


def test_an_export_says_that_the_mock_answers_otherwise_than_the_real_server() -> None:
    rows = b'{"results": [], "errors": [{"context": {"number": "1"}}, {"context": {"number": "2"}}]}'
    answer = b"HTTP/1.1 207 Multi-Status\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
    with answered_by(answer % (len(rows), rows)) as (front, received):
        front.send(BATCH, "POST", SEEDS, {"Content-Type": "application/json"})
        exported = front.control.get("/_mock/sandboxes/default/journal/export?format=curl")

    assert (exported.status, len(received)) == (409, 1)
    assert "answered it, and an export is tried with the mock alone" in exported.text


@pytest.mark.parametrize(
    "answer", [b"HTTP/1.1 204 No Content\r\n\r\n", OK], ids=["no body", "no rows where the file says"]
)
def test_of_an_answer_that_tells_nothing_of_items_the_ledger_does_not_say_what_is_stored(
    answer: bytes,
) -> None:
    with answered_by(answer) as (front, _):
        front.send(BATCH, "POST", SEEDS, {"Content-Type": "application/json"})
        ledger = front.control.get("/_mock/sandboxes/default/ledger").json

    assert ledger["says"].startswith("sent 2 · stored 0 · refused 0 · lost 2 ·")
