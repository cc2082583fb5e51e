"""Calls that no operation answers: at a vendor, outside of every vendor, and what browsers ask for."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mockserver.journal.access_log import text_line
from mockserver.journal.entry import Entry
from mockserver.server.application import Application, Options, create_app
from tests.support import sample_vendor
from tests.support.client import Client, Response

NEAREST = "no such operation; nearest is PUT /acme/orders"
BATCH = b'{"orders":[]}'


@pytest.fixture
def caller() -> Iterator[Client]:
    with sample_vendor.shared_client() as client:
        yield client


def entries(caller: Client, sandbox: str = "default") -> list[Entry]:
    assert isinstance(caller.app, Application)
    return caller.app.journal.kept.entries(sandbox)


def put(caller: Client, path: str, **headers: str) -> Response:
    return caller.put(
        path, content=BATCH, headers={name.replace("_", "-"): text for name, text in headers.items()}
    )


@pytest.mark.parametrize(
    ("path", "vendor", "below"), [("/acme/order", "acme", "/order"), ("/order", "", "/order")]
)
def test_a_miss_is_recorded_with_its_body_and_the_nearest_operation(
    caller: Client, path: str, vendor: str, below: str
) -> None:
    answered = put(caller, path)

    (entry,) = entries(caller)
    assert (answered.status, answered.headers["mock-reason"]) == (404, NEAREST)
    assert (entry.call.vendor, entry.call.method, entry.call.path, entry.call.body) == (
        vendor,
        "PUT",
        below,
        BATCH,
    )
    assert (entry.refusal, entry.reason, entry.operation) == ("not-found", NEAREST, None)
    assert answered.headers["mock-journal"] == str(entry.number)


@pytest.mark.parametrize("path", ["/acme/order", "/order"])
@pytest.mark.parametrize(("below", "headers"), [("", {"mock_sandbox": "fresh"}), ("/sandboxes/fresh", {})])
def test_a_miss_makes_the_sandbox_that_it_names(
    caller: Client, path: str, below: str, headers: dict[str, str]
) -> None:
    answered = put(caller, f"{below}{path}", **headers)

    assert [(one.number, one.call.path, one.call.body) for one in entries(caller, "fresh")] == [
        (1, "/order", BATCH)
    ]
    assert answered.headers["mock-reason"].endswith(f"nearest is PUT {below}/acme/orders")


def test_a_miss_outside_of_every_vendor_has_the_time_of_its_sandbox(tmp_path: Path) -> None:
    caller = sample_vendor.create_client(tmp_path, freeze="2020-02-29T12:00:00Z")

    put(caller, "/order")

    (entry,) = entries(caller)
    assert entry.call.now is not None
    assert entry.call.now.isoformat() == "2020-02-29T12:00:00+00:00"


def test_the_answer_to_a_miss_outside_of_every_vendor_stays_as_it_was(caller: Client) -> None:
    answered = put(caller, "/order")

    assert answered.json == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "instance": "/order",
        "detail": "nothing is served here; vendors are listed at /_mock/vendors",
    }
    assert answered.headers["content-length"] == str(len(answered.body))


def test_the_body_of_a_miss_is_decoded(caller: Client) -> None:
    caller.put("/order", content=gzip.compress(BATCH), headers={"content-encoding": "gzip"})

    assert [entry.call.body for entry in entries(caller)] == [BATCH]


def test_the_body_of_a_miss_has_the_limit_of_all_bodies(tmp_path: Path) -> None:
    caller = sample_vendor.create_client(tmp_path, max_body_bytes=5)

    answered = put(caller, "/order")

    assert (answered.status, [entry.call.body for entry in entries(caller)]) == (404, [b""])


def test_a_miss_is_counted_for_no_vendor(caller: Client) -> None:
    before = caller.get("/_mock/metrics").json

    put(caller, "/order")

    assert caller.get("/_mock/metrics").json["vendors"] == before["vendors"]


def test_a_page_asked_with_another_method_is_a_miss(caller: Client) -> None:
    answered = caller.post("/")

    assert (answered.status, [entry.refusal for entry in entries(caller)]) == (405, ["method-not-allowed"])
    assert answered.headers["allow"]


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_another_method_is_told_with_those_that_there_are(caller: Client, method: str) -> None:
    answered = caller.request(method, "/acme/orders")

    assert answered.headers["mock-reason"] == f"this path has no {method}; it has GET or PUT"


@pytest.mark.parametrize(
    ("method", "path", "headers"),
    [
        ("GET", "/favicon.ico", {}),
        ("GET", "/robots.txt", {}),
        ("GET", "/apple-touch-icon-precomposed.png", {}),
        ("GET", "/.well-known/appspecific/com.chrome.devtools.json", {}),
        ("GET", "/docs", {"sec-fetch-dest": "document"}),
        ("GET", "/order.js", {"sec-fetch-dest": "script"}),
        ("OPTIONS", "/orders", {"origin": "http://a.example", "access-control-request-method": "PUT"}),
        ("GET", "/_console/nothing", {}),
        ("GET", "/_nothing", {}),
        ("GET", "/", {}),
        ("GET", "/acme/ui/", {}),
    ],
)
def test_what_browsers_ask_for_is_not_recorded(
    caller: Client, method: str, path: str, headers: dict[str, str]
) -> None:
    answered = caller.request(method, path, headers={**headers, "mock-sandbox": "fresh"})

    assert isinstance(caller.app, Application)
    assert (entries(caller, "fresh"), caller.app.sandboxes.store.names()) == ([], ["default"])
    assert "mock-journal" not in answered.headers


def test_a_call_by_a_program_in_a_page_is_recorded(caller: Client) -> None:
    put(caller, "/order", sec_fetch_dest="empty")

    assert [entry.call.path for entry in entries(caller)] == ["/order"]


def test_a_miss_of_the_vendor_at_the_root_names_the_operation_at_the_root(tmp_path: Path) -> None:
    caller = sample_vendor.create_client(tmp_path, at_root="acme")

    answered, page = put(caller, "/order"), caller.get("/robots.txt")

    assert answered.headers["mock-reason"] == "no such operation; nearest is PUT /orders"
    assert [(entry.call.vendor, entry.call.body) for entry in entries(caller)] == [("acme", BATCH)]
    assert page.status == 404


def test_a_host_that_is_not_let_in_is_the_reason_of_its_miss(tmp_path: Path) -> None:
    caller = sample_vendor.create_client(tmp_path, hosts=())

    answered = put(caller, "/order", host="mock:8080")

    said = "expected a Host of this server, found mock:8080; allow it with --allow-host"
    assert (answered.status, answered.headers["mock-reason"]) == (403, said)
    assert [(entry.refusal, entry.reason) for entry in entries(caller)] == [("forbidden", said)]


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("/acme", "acme PUT / 404  not-found: no such operation; all are listed at /acme/ui/  "),
        ("/order", f"PUT /order 404  not-found: {NEAREST}  "),
    ],
)
def test_the_line_of_a_miss_has_no_gaps(tmp_path: Path, path: str, line: str) -> None:
    told: list[str] = []
    sample_vendor.write_spec(tmp_path)
    options = Options(specs=(tmp_path,), vendors=(sample_vendor.NAME,))
    caller = Client(
        create_app(options, listeners=(lambda entry: told.append(text_line(entry)),)), {"host": "testserver"}
    )

    put(caller, path)

    assert told[0].startswith(line)


def test_a_miss_is_listed_shown_exported_and_sent_again_like_any_call(caller: Client) -> None:
    put(caller, "/order")
    journal = "/_mock/sandboxes/default/journal"

    (short,) = caller.get(journal).json
    shown: Any = caller.get(f"{journal}/{short['number']}").json
    exports = [caller.get(f"{journal}/1/export?format={form}") for form in ("curl", "har", "pytest")]

    assert (short["vendor"], short["reason"], shown["request"]["body"]) == ("", NEAREST, BATCH.decode())
    assert [(one.status, "/order" in one.text) for one in exports] == [(200, True)] * 3
    assert caller.post(f"{journal}/1/replay", json={}).status == 200


def test_a_miss_does_not_spoil_a_verification(caller: Client) -> None:
    put(caller, "/order")

    match = {"vendor": "acme", "operation": "putOrders"}
    answered = caller.post("/_mock/sandboxes/default/journal/verify", json={"match": match, "calls": 1})

    assert answered.status == 409


def test_a_header_that_names_no_scenario_is_recorded_with_its_reason(caller: Client) -> None:
    answered = caller.get("/acme/orders", headers={"mock-scenario": "nope"})

    (entry,) = entries(caller)
    assert (answered.status, entry.refusal) == (400, "invalid-header")
    assert answered.headers["mock-reason"].startswith("Mock-Scenario: there is no scenario nope; there are ")
