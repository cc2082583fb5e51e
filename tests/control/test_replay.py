from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from mockserver.control import replay as replay_module
from mockserver.control.control_call import UnprocessableMemberError
from mockserver.control.http_client import HttpRequest, HttpResponse, LostResponse
from mockserver.outgoing import Door
from tests.control.operators import NEW, SANDBOXES, create, listed, order, orders
from tests.support import sample_vendor
from tests.support.client import Client, Response
from tests.support.server_process import serve_process

JOURNAL = f"{NEW}/journal"
SLOW = {
    "version": 1,
    "name": "slow",
    "rules": [{"id": "r1", "response": {"delay": {"type": "fixed", "value": 5}}}],
}


@pytest.fixture
def operator(tmp_path: Path) -> Client:
    """A client of a server of its own, whose replays nobody else has counted."""
    return sample_vendor.create_client(tmp_path, seed=3, freeze="2026-01-05T09:00:00Z")


def replay(operator: Client, number: int = 1, **body: Any) -> Response:
    return operator.post(f"{JOURNAL}/{number}/replay", json=body)


def changes(replayed: Any) -> list[str]:
    """Return the reported differences of items."""
    groups = replayed["difference"]["items"]["groups"]
    return [f"{' '.join(one['items'])}: {one['recorded']} → {one['replayed']}" for one in groups]


def test_a_call_is_sent_again_where_it_went(operator: Client) -> None:
    order(operator, "A", "")

    replayed = replay(operator)

    assert replayed.status == 200
    assert {name: replayed.json[name] for name in ("replays", "into", "to", "number", "status", "lost")} == {
        "replays": 1,
        "into": "new",
        "to": None,
        "number": 2,
        "status": 207,
        "lost": None,
    }
    assert (replayed.json["difference"]["says"], changes(replayed.json)) == (
        "same status, 1 of 2 outcomes differs",
        ["A: created → updated"],
    )


def test_without_a_body_a_call_is_sent_again_where_it_went(operator: Client) -> None:
    order(operator, "A")

    assert operator.post(f"{JOURNAL}/1/replay").json["into"] == "new"


def test_a_replay_sends_the_true_bytes_and_says_what_it_is(operator: Client) -> None:
    order(operator, "A")

    replay(operator)

    first, second = (operator.get(f"{JOURNAL}/{number}?secrets=shown").json for number in (1, 2))
    headers = second["request"]["headers"]
    assert second["request"]["body"] == first["request"]["body"]
    assert {**first["request"]["headers"], "mock-replay": "new/1;1"} == headers


def test_a_call_that_named_its_sandbox_by_prefix_goes_there_again(operator: Client) -> None:
    operator.put("/sandboxes/new/acme/orders", json={"orders": [{"id": "A", "amount": 1}]})

    assert replay(operator).json["into"] == "new"
    assert replay(operator, into="fresh").json["difference"]["same"] is True


def test_a_fresh_sandbox_begins_as_the_calls_own_did(operator: Client) -> None:
    create(operator, seed=7, assumptions={"acme.duplicate_members": "refused"})
    order(operator, "A", "")
    order(operator, "A", "B")

    replayed = replay(operator, number=2, into="fresh").json

    assert (replayed["into"], replayed["number"]) == ("replay-1", 1)
    assert changes(replayed)[0] == "A: updated → created"
    shown = operator.get(f"{SANDBOXES}/replay-1").json
    assert (shown["seed"], shown["assumptions"]) == (7, {"acme.duplicate_members": "refused"})


def test_a_fresh_sandbox_has_the_rules_that_hit_even_if_they_were_disarmed_since(operator: Client) -> None:
    effect = {"select": {"key": "B"}, "effect": {"fail": {"code": "locked"}}}
    create(
        operator, scenarios=[{"version": 1, "name": "locked-b", "rules": [{"id": "r1", "items": [effect]}]}]
    )
    order(operator, "A", "B")
    operator.delete(f"{NEW}/scenarios")

    assert replay(operator, into="fresh").json["difference"]["same"] is True


@pytest.mark.parametrize(
    ("to", "reason"),
    [
        *(
            (f"http://127.0.0.1:{port}/", "port")
            for port in ("-1", "0", "65536", "99999999", "8o", "9" * 500)
        ),
        *(
            (text, "expected http://")
            for text in ("", "127.0.0.1", "//127.0.0.1", "ftp://127.0.0.1", "file:///etc")
        ),
        *((text, "no host") for text in ("http://", "http://:80/", "http:///acme", "http:127.0.0.1")),
        *(
            (f"http://{host}/", "not an address")
            for host in ("[::1", "[::1]x", "[:::1]", "[localhost]", "a:1:2")
        ),
        *((f"http://127.0.0.1/{text}", "not an address") for text in ("\r\nX: y", "\0", "\x7f")),
        *((f"http://{host}.localhost/", "not an address") for host in ("xn--a", "loc\xadal", "\u2488")),
        *(
            (f"http://{text}", "leave out user, query")
            for text in ("u:p@127.0.0.1", "127.0.0.1/?a=b", "127.0.0.1/#a")
        ),
        (f"http://127.0.0.1/{'a' * 2000}", "too-long"),
    ],
)
def test_an_address_that_is_none_is_refused_with_the_reason(operator: Client, to: str, reason: str) -> None:
    order(operator, "A")

    refused = replay(operator, to=to)

    assert (refused.status, refused.json["code"], refused.json["errors"][0]["pointer"]) == (
        400,
        "http-400",
        "/to",
    )
    assert reason in str(refused.json), refused.json


def test_every_fresh_sandbox_is_another_one(operator: Client) -> None:
    order(operator, "A")

    names = [replay(operator, into="fresh").json["into"] for _ in range(2)]

    assert names == ["replay-1", "replay-2"]


def test_a_call_is_sent_into_another_sandbox_that_is_there(operator: Client) -> None:
    operator.post(SANDBOXES, json={"name": "other"})
    order(operator, "A")

    replayed = replay(operator, into="other").json

    assert (replayed["into"], replayed["number"], replayed["difference"]["same"]) == ("other", 1, True)
    assert orders(operator, "other") == ["A"]


def test_a_sandbox_that_is_not_there_is_not_made(operator: Client) -> None:
    order(operator, "A")

    refused = replay(operator, into="nope")

    assert (refused.status, refused.json["code"], listed(operator)) == (
        404,
        "unknown-sandbox",
        ["default", "new"],
    )


def test_a_replay_meets_the_rules_that_are_armed_there(operator: Client) -> None:
    create(operator)
    order(operator, "A")
    operator.put(f"{NEW}/scenarios/slow", json=SLOW)

    replayed = replay(operator).json

    entry = operator.get(f"{JOURNAL}/{replayed['number']}").json
    assert (entry["applied"], entry["delayMillis"]) == (["slow/r1"], 5)


def test_an_answer_that_is_lost_again_is_told(operator: Client) -> None:
    create(operator)
    order(operator, "A")

    replayed = replay(operator, headers={"Mock-Scenario": "reset"}).json

    assert replayed["lost"].startswith("empty: ")
    assert (replayed["status"], replayed["number"]) == (None, 2)
    assert replayed["difference"]["status"] == {"recorded": 207, "replayed": None}
    assert changes(replayed) == ["A: created → updated"]


def test_headers_stand_beside_the_recorded_ones_or_in_their_place(operator: Client) -> None:
    order(operator, "A")

    replay(operator, headers={"Authorization": "Bearer other", "X-More": "1"})

    headers = operator.get(f"{JOURNAL}/2?secrets=shown").json["request"]["headers"]
    assert (headers["authorization"], headers["x-more"]) == ("Bearer other", "1")


@pytest.mark.parametrize(
    "name", ["Host", "content-length", "Transfer-Encoding", "Mock-Sandbox", "mock-replay", "a b", "x:y", "é"]
)
def test_headers_that_are_not_theirs_to_set_are_refused(operator: Client, name: str) -> None:
    order(operator, "A")

    refused = replay(operator, headers={name: "1"})

    assert (refused.status, refused.json["errors"][0]["pointer"]) == (422, f"/headers/{name.lower()}")


@pytest.mark.parametrize("text", ["a\r\nb", "é", "a\x00"])
def test_a_headers_text_stays_on_its_line(operator: Client, text: str) -> None:
    order(operator, "A")

    assert replay(operator, headers={"X-More": text}).status == 422


def test_a_call_goes_into_a_sandbox_or_to_an_address(operator: Client) -> None:
    order(operator, "A")

    refused = replay(operator, into="here", to="http://127.0.0.1:9/acme")

    assert (refused.status, refused.json["errors"][0]["pointer"]) == (422, "/to")


def test_a_call_that_the_journal_does_not_have_is_not_found(operator: Client) -> None:
    create(operator)

    assert replay(operator).json["code"] == "unknown-entry"


def test_a_replay_without_headers_of_ours_finds_its_entry_all_the_same(tmp_path: Path) -> None:
    operator = sample_vendor.create_client(tmp_path, mock_headers=False)
    create(operator)
    order(operator, "A")

    assert replay(operator).json["number"] == 2


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The sample vendor on another server."""
    folder = tmp_path_factory.mktemp("specs")
    sample_vendor.write_spec(folder)
    with serve_process("--specs", str(folder), "--vendor", sample_vendor.NAME) as url:
        yield url


def test_a_call_is_sent_to_another_address_and_its_items_are_compared(
    operator: Client, elsewhere: str
) -> None:
    order(operator, "of-this-test", "")  # the other server is every test's

    first = replay(operator, to=f"{elsewhere}/acme", headers={"Authorization": "Bearer abc"})
    second = replay(operator, to=f"{elsewhere}/acme", headers={"Authorization": "Bearer abc"})

    assert (first.json["to"], first.json["into"], first.json["number"]) == (f"{elsewhere}/acme", None, None)
    assert (first.json["difference"]["says"], changes(second.json)) == (
        "same status, 0 of 2 outcomes differ",
        ["of-this-test: 201 → 200"],
    )


def test_no_recorded_credential_goes_to_another_address(operator: Client, elsewhere: str) -> None:
    order(operator, "A")

    replayed = replay(operator, to=f"{elsewhere}/acme").json

    assert (replayed["status"], replayed["withheld"]) == (401, ["authorization"])


def test_a_credential_of_the_other_address_is_not_called_withheld(operator: Client, elsewhere: str) -> None:
    order(operator, "A")

    replayed = replay(operator, to=f"{elsewhere}/acme", headers={"Authorization": "Bearer abc"}).json

    assert (replayed["status"], replayed["withheld"]) == (207, [])


def test_an_address_where_nobody_listens_has_lost_the_answer(operator: Client) -> None:
    order(operator, "A")

    replayed = replay(operator, to="http://127.0.0.1:1/acme").json

    assert replayed["status"] is None
    assert replayed["lost"].startswith("refused: ")


def test_hosts_that_the_server_was_started_with_may_be_called(tmp_path: Path) -> None:
    operator = sample_vendor.create_client(tmp_path, remote_hosts=("0.0.0.0",))  # noqa: S104 - called, not listened on
    create(operator)
    order(operator, "A")

    assert replay(operator, to="http://0.0.0.0:1/acme").json["lost"].startswith("refused")


class Echo(BaseHTTPRequestHandler):
    """Echoes the request; /moved redirects, /break closes early, /long sends too much."""

    protocol_version = "HTTP/1.1"

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        result = f"{self.path} {sorted(name.lower() for name in self.headers)} {body!r}".encode()
        self.send_response(302 if self.path.endswith("/moved") else 200)
        if self.path.endswith("/moved"):
            self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", str(len(result) + (9 if self.path.endswith("/break") else 0)))
        self.end_headers()
        self.wfile.write(result)
        if self.path.endswith("/break"):
            self.close_connection = True

    def log_message(self, *_: Any) -> None:
        """Log nothing."""


@contextmanager
def listening() -> Iterator[str]:
    """The URL of a server that is not a mock server."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with listening() as url:
        yield url


def came(to: str, sent: HttpRequest, hosts: tuple[str, ...] = ()) -> HttpResponse | LostResponse:
    return asyncio.run(replay_module.send_elsewhere(Door(hosts), to, sent))


def test_a_call_goes_below_the_address(url: str) -> None:
    response = came(f"{url}/acme/", HttpRequest("PUT", "/orders%2F?a=%20", (("x-one", "1"),), b"abc"))

    assert isinstance(response, HttpResponse)
    assert response.text == "/acme/orders%2F?a=%20 ['content-length', 'host', 'x-one'] b'abc'"


def test_a_redirect_is_an_answer_like_another(url: str) -> None:
    response = came(url, HttpRequest("PUT", "/moved"))

    assert isinstance(response, HttpResponse)
    assert (response.status, response.headers["location"]) == (302, "/elsewhere")


def test_an_answer_that_breaks_off_is_lost(url: str) -> None:
    lost = came(url, HttpRequest("PUT", "/break"))

    assert isinstance(lost, LostResponse)
    assert (lost.kind, lost.status) == ("truncated", 200)


def test_an_answer_that_is_too_long_is_lost(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay_module, "MAX_RESPONSE_BYTES", 10)

    lost = came(url, HttpRequest("PUT", "/"))

    assert isinstance(lost, LostResponse)
    assert (lost.kind, lost.detail) == ("truncated", "over 10 bytes")


def test_only_an_allowed_address_is_called() -> None:
    with pytest.raises(UnprocessableMemberError) as refused:
        came("http://10.0.0.1", HttpRequest("GET", "/"))

    (error,) = refused.value.members["errors"]
    assert (error["pointer"], "--allow-remote" in error["try"]) == ("/to", True)
