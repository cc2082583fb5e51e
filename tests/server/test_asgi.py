from __future__ import annotations

import asyncio
import dataclasses
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from mockserver.engine.admission import Arrival
from mockserver.engine.call import Pipeline
from mockserver.engine.registry import LoadedVendor
from mockserver.errors import HeadersTooLarge, MockServerError, VendorError
from mockserver.model import Answer, Call, Reply
from mockserver.sandbox.store import State
from mockserver.server.application import Application, Options, create_app
from mockserver.server.asgi import MockServerApp
from mockserver.server.routing import VendorApp
from mockserver.vendor import Enter, Request
from tests.support import sample_vendor
from tests.support.client import Client, Response

BATCH = {"orders": [{"id": "A", "amount": 1}]}
PROBLEM = "application/problem+json"

HOST = {"host": "testserver"}


@pytest.fixture
def caller() -> Iterator[Client]:
    """A client of a server that serves only the sample vendor."""
    with sample_vendor.shared_client() as client:
        yield client


def ids(answered: Response) -> list[str]:
    return [order["id"] for order in answered.json]


def entries(caller: Client, sandbox: str = "default") -> list[Any]:
    assert isinstance(caller.app, Application)
    return caller.app.journal.kept.entries(sandbox)


def names(caller: Client) -> list[str]:
    assert isinstance(caller.app, Application)
    return caller.app.sandboxes.store.names()


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/acme/orders", {"mock-sandbox": "one"}),
        ("/sandboxes/one/acme/orders", {}),
        ("/sandboxes/one/acme/orders", {"mock-sandbox": "one"}),
    ],
)
def test_a_sandbox_is_named_by_header_or_prefix(caller: Client, path: str, headers: dict[str, str]) -> None:
    caller.put(path, json=BATCH, headers=headers)

    assert ids(caller.get("/sandboxes/one/acme/orders")) == ["A"]
    assert ids(caller.get("/acme/orders")) == []


@pytest.mark.parametrize("blanks", [" ", "\t", " \t "])
def test_blanks_around_a_header_are_none_of_it(caller: Client, blanks: str) -> None:
    headers = {"mock-sandbox": "qa", "content-type": "application/json", "authorization": "Bearer abc"}
    padded = {name: f"{blanks}{text}{blanks}" for name, text in headers.items()}

    made = caller.post(
        "/_mock/sandboxes", content=b'{"name": "qa"}', headers=padded | {"mock-sandbox": "default"}
    )
    stored = caller.put("/acme/orders", content=b'{"orders": [{"id": "A", "amount": 1}]}', headers=padded)
    entry = caller.get("/_mock/sandboxes/qa/journal/1").json

    assert (made.status, stored.status) == (201, 207)
    assert {name: entry["request"]["headers"][name] for name in ("mock-sandbox", "content-type")} == {
        "mock-sandbox": "qa",
        "content-type": "application/json",
    }


ORDERS = "/acme/orders"


@pytest.mark.parametrize(
    ("path", "name", "status"),
    [
        ("/sandboxes/one/acme/orders", "two", 400),
        *((ORDERS, name, 400) for name in ("", "One", "one two", "one/two", "a" * 65, "\xe9", "one\n")),
        *(
            (f"/sandboxes/{name}/acme/orders", None, 404)
            for name in ("", "One", "one%20two", "a" * 65, "%C3%A9", "one%0A")
        ),
    ],
)
def test_what_names_no_sandbox_or_two_is_refused(
    caller: Client, path: str, name: str | None, status: int
) -> None:
    answered = caller.get(path, headers={} if name is None else {"mock-sandbox": name})

    assert (answered.status, answered.media_type, names(caller)) == (status, PROBLEM, ["default"])


def test_two_headers_that_name_two_sandboxes_are_refused(caller: Client) -> None:
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/acme/orders",
        "headers": [(b"mock-sandbox", b"one"), (b"mock-sandbox", b"two")],
    }
    sent: list[Any] = []

    async def call() -> None:
        async def send(message: Any) -> None:
            sent.append(message)

        await caller.app(scope, lambda: asyncio.sleep(0, {"type": "http.disconnect"}), send)

    asyncio.run(call())

    assert sent[0]["status"] == 400


@pytest.mark.parametrize(
    ("method", "path"),
    [
        *(("GET", path) for path in ("/nope", "/nope/orders", "/Acme/orders", "/acm", "/sandboxes")),
        *(("GET", path) for path in ("//acme/orders", "/_acme/orders", "/sandboxes/one/_mock/health")),
        *(("GET", path) for path in ("/acme%2Forders", "/sandboxes%2Fone/acme/orders")),
        ("OPTIONS", "*"),
    ],
)
def test_a_path_outside_of_every_vendor_is_a_plain_404(caller: Client, method: str, path: str) -> None:
    answered = caller.request(method, path)

    assert (answered.status, answered.media_type) == (404, PROBLEM)


@pytest.mark.parametrize(
    "path",
    [
        "/acme",
        "/acme/orders%2FA",
        "/acme/",
        "/acme/orders/",
        "/acme//orders",
        "/acme/orders//A",
        "/acme/Orders",
        "/acme/orders/A/",
    ],
)
def test_slashes_count(caller: Client, path: str) -> None:
    answered = caller.get(path)

    assert (answered.status, [entry.refusal for entry in entries(caller)]) == (404, ["not-found"])


@pytest.mark.parametrize(
    "path",
    ["/acme/orders%0A", "/acme/orders%0D%0A", "/acme/orders/A%0A", "/acme/%0Aorders", "/acme%0A/orders"],
)
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_a_newline_in_the_path_leads_nowhere(caller: Client, method: str, path: str) -> None:
    answered = caller.request(method, path, json=BATCH)

    assert (answered.status, ids(caller.get("/acme/orders"))) == (404, [])


@pytest.mark.parametrize("method", ["DELETE", "OPTIONS", "PATCH", "TRACE", "BREW"])
def test_a_method_that_is_not_served_is_the_vendors_405(caller: Client, method: str) -> None:
    answered = caller.request(method, "/acme/orders")

    assert (answered.status, answered.headers["allow"]) == (405, "GET, PUT")


def test_head_is_answered_like_get(caller: Client) -> None:
    caller.put("/acme/orders", json=BATCH)

    head, get = caller.request("HEAD", "/acme/orders/A"), caller.get("/acme/orders/A")

    assert (head.status, head.headers["content-length"]) == (200, get.headers["content-length"])


@pytest.mark.parametrize(
    "headers",
    [
        {f"x-{number}": "1" for number in range(101)},
        {"x-long": "a" * 17_000},
        {"x" * 17_000: "1"},
    ],
    ids=["many", "long-value", "long-name"],
)
def test_a_flood_of_headers_is_refused(caller: Client, headers: dict[str, str]) -> None:
    answered = caller.get("/acme/orders", headers=headers)

    assert (answered.status, entries(caller)[0].refusal) == (431, "headers-too-large")


def test_the_same_header_over_and_over_is_a_flood(caller: Client) -> None:
    assert answered_raw(caller, [(b"x-same", b"1")] * 101) == 431


def test_a_hundred_headers_are_none(caller: Client) -> None:
    assert answered_raw(caller, [(b"authorization", b"Bearer abc")] + [(b"x-same", b"1")] * 99) == 200


def answered_raw(caller: Client, headers: list[tuple[bytes, bytes]]) -> int:
    """Return the status of a GET with exactly these headers."""
    statuses: list[int] = []
    scope = {
        "type": "http",
        "method": "GET",
        "scheme": "http",
        "path": "/acme/orders",
        "query_string": b"",
        "root_path": "",
        "headers": headers,
    }

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        statuses.append(message.get("status", 0))

    asyncio.run(caller.app(scope, receive, send))  # type: ignore[arg-type]
    return statuses[0]


@pytest.mark.parametrize(
    ("number", "path"), [("A/1", "A%2F1"), ("A/1", "A%2f1"), ("A%2F1", "A%252F1"), ("Ä 1", "%C3%84%201")]
)
def test_a_slash_that_is_escaped_belongs_to_the_key(tmp_path: Path, number: str, path: str) -> None:
    caller = sample_vendor.create_client(tmp_path)
    caller.put("/acme/orders", json={"orders": [{"id": number, "amount": 1}]})

    answered = caller.get(f"/acme/orders/{path}")

    assert (answered.status, answered.json["id"]) == (200, number)


def aliased() -> dict[str, Any]:
    return sample_vendor.document() | {"x-paths": {"prefixes": ["/api/v1"], "any-case": True}}


@pytest.mark.parametrize(
    "path", ["/acme/api/v1/orders", "/acme/ORDERS", "/sandboxes/default/acme/api/v1/orders"]
)
def test_a_path_may_be_written_as_the_vendor_takes_it(tmp_path: Path, path: str) -> None:
    caller = sample_vendor.create_client(tmp_path, aliased())

    caller.put(path, json=BATCH)

    assert ids(caller.get("/acme/orders")) == ["A"]


def test_the_alias_of_a_real_vendor_answers_as_the_vendor(client: Client) -> None:
    credentials = {"x-api-key": "any", "authorization": "Bearer any", "vbasoftware-database": "sandbox"}

    alias, path = (
        client.get(f"{mount}/payees", headers=credentials) for mount in ("/vba/vbasoftware", "/vba")
    )

    assert (alias.status, alias.json["data"]) == (200, path.json["data"])


def test_a_vendor_at_the_root_answers_there_and_at_its_mount(tmp_path: Path) -> None:
    caller = sample_vendor.create_client(tmp_path, at_root="acme")

    caller.put("/orders", json=BATCH)

    assert [ids(caller.get(path)) for path in ("/orders", "/acme/orders")] == [["A"], ["A"]]


def test_a_vendor_at_the_root_answers_below_a_sandbox_too(tmp_path: Path) -> None:
    caller = sample_vendor.create_client(tmp_path, at_root="acme")

    caller.put("/sandboxes/one/orders", json=BATCH)

    assert ids(caller.get("/acme/orders", headers={"mock-sandbox": "one"})) == ["A"]


@pytest.mark.parametrize("path", ["/_mock/health", "/_console/", "/acme/ui/"])
def test_a_vendor_at_the_root_leaves_ours_alone(tmp_path: Path, path: str) -> None:
    assert sample_vendor.create_client(tmp_path, at_root="acme").get(path).status == 200


def test_a_vendor_at_the_root_has_the_root_itself(tmp_path: Path) -> None:
    answered = sample_vendor.create_client(tmp_path, at_root="acme").get("/")

    assert (answered.status, answered.json["instance"]) == (404, "/")


@pytest.mark.parametrize("path", ["/orders", "/orders/7", "/orders/orders", "/orders/orders/7"])
def test_a_path_at_the_root_may_begin_with_the_name_of_the_vendor(tmp_path: Path, path: str) -> None:
    answer = "{responses: {'200': {description: read, content: {application/json: {example: 5}}}}}"
    number = "parameters: [{name: id, in: path, required: true, schema: {type: string}}]"
    file = tmp_path / "orders.yaml"
    file.write_text(
        "openapi: 3.1.0\ninfo: {title: Orders, version: '1'}\n"
        f"paths: {{/orders: {{get: {answer}}}, '/orders/{{id}}': {{{number}, get: {answer}}}}}"
    )
    caller = Client(create_app(Options(files=(file,), vendors=("orders",), at_root="orders")), {})

    assert caller.get(path).text == "5"


def test_an_unknown_vendor_at_the_root_is_refused_at_start_up() -> None:
    with pytest.raises(VendorError, match="no vendor named nope"):
        create_app(Options(vendors=("vba",), at_root="nope"))


def test_a_clock_that_stands_at_no_instant_is_refused_at_start_up(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="yesterday"):
        sample_vendor.create_application(tmp_path, freeze="yesterday")


def test_answers_are_numbered_in_the_journal(caller: Client) -> None:
    numbers = [caller.get("/acme/orders").headers["mock-journal"] for _ in range(2)]

    assert numbers == ["1", "2"]


@pytest.mark.parametrize("path", ["/acme/orders", "/acme/nope"], ids=["answered", "refused"])
def test_the_number_can_be_kept_out_of_the_answer(tmp_path: Path, path: str) -> None:
    caller = sample_vendor.create_client(tmp_path, mock_headers=False)

    assert "mock-journal" not in caller.get(path).headers
    assert len(entries(caller)) == 1


def test_a_call_without_credentials_is_the_vendors_401(caller: Client) -> None:
    answered = caller.without("authorization").put("/acme/orders", json=BATCH)

    assert (answered.status, answered.headers["www-authenticate"]) == (401, "Bearer")
    assert (entries(caller)[0].refusal, ids(caller.get("/acme/orders"))) == ("unauthorized", [])


def test_credentials_are_asked_for_before_the_body_is_read(caller: Client) -> None:
    answered = caller.without("authorization").put("/acme/orders", content=b"{")

    assert answered.status == 401


class BrokenError(Exception):
    """An exception raised by vendor code."""


def crashing(folder: Path, error: Exception, **options: Any) -> Client:
    """A server whose list of orders fails after writing to the state."""

    def broken(_request: Request, state: State) -> Reply:
        state.collection("orders")["half"] = {"id": "half"}
        raise error

    application = sample_vendor.create_application(folder, **options)
    pipeline = application.asgi.vendors["acme"].pipeline
    handlers = pipeline.served.handlers
    assert isinstance(handlers, dict)
    handlers["listOrders"] = broken
    return Client(application, {"host": "testserver", "authorization": "Bearer abc"})


@pytest.mark.parametrize("location", ["http://a..b/", "http://a:99999/x y", "/orders?a=%2F"])
def test_a_location_leaves_as_the_vendor_wrote_it(tmp_path: Path, location: str) -> None:
    application = sample_vendor.create_application(tmp_path)
    handlers = application.asgi.vendors["acme"].pipeline.served.handlers
    assert isinstance(handlers, dict)
    handlers["listOrders"] = lambda _request, _state: Reply(200, headers=(("Location", location),))

    answered = Client(application, {"authorization": "Bearer abc"}).get("/acme/orders")

    assert (answered.status, answered.headers["location"]) == (200, location)


@pytest.mark.parametrize(
    "error",
    [BrokenError("private"), KeyError("a"), RecursionError(), MockServerError("b")],
    ids=lambda e: type(e).__name__,
)
def test_a_crash_in_a_handler_is_a_plain_problem(
    tmp_path: Path, error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    caller = crashing(tmp_path, error)

    with caplog.at_level(logging.ERROR, "mockserver"):
        answered = caller.get("/acme/orders")

    assert (answered.status, answered.media_type, answered.json["title"]) == (
        500,
        PROBLEM,
        "Internal Server Error",
    )
    assert "private" not in answered.text


def test_a_crash_while_a_refusal_is_written_is_a_plain_problem_too(tmp_path: Path) -> None:
    def refuse(*_refusal: Any) -> Reply:
        raise BrokenError

    caller = Client(changed(tmp_path, lambda acme: dataclasses.replace(acme, refuse=refuse)), HOST)

    answered = caller.get("/acme/nowhere")

    assert (answered.status, answered.media_type) == (500, PROBLEM)
    assert "mock-journal" in answered.headers


def test_a_crash_is_in_the_journal_under_the_number_of_its_answer(tmp_path: Path) -> None:
    caller = crashing(tmp_path, BrokenError())

    answered = caller.get("/acme/orders")

    assert [(entry.number, entry.refusal, entry.reply.status) for entry in entries(caller)] == [
        (int(answered.headers["mock-journal"]), "crash", 500)
    ]


def test_a_crash_has_the_error_as_its_reason(tmp_path: Path) -> None:
    answered = crashing(tmp_path, BrokenError()).get("/acme/orders")

    assert answered.headers["mock-reason"] == (
        "the mock server itself failed: BrokenError; see the trace in the journal entry"
    )


def test_a_crash_is_logged_with_its_traceback(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caller = crashing(tmp_path, BrokenError())

    caller.get("/acme/orders")

    (record,) = [record for record in caplog.records if record.name == "mockserver"]
    assert record.exc_info is not None
    assert record.exc_info[0] is BrokenError


def test_a_crash_stores_nothing(tmp_path: Path) -> None:
    caller = crashing(tmp_path, BrokenError())

    caller.get("/acme/orders")

    assert caller.get("/acme/orders/half").status == 404


def test_a_vendor_may_refuse_before_anything_else(tmp_path: Path) -> None:
    def admit(_call: Call, _enter: Enter, _state: State) -> str:
        raise HeadersTooLarge("no room")

    def guard(acme: LoadedVendor) -> LoadedVendor:
        return dataclasses.replace(acme, vendor=replace(acme.vendor, admit=admit))

    assert Client(changed(tmp_path, guard), HOST).get("/acme/orders").status == 431


def changed(folder: Path, change: Callable[[LoadedVendor], LoadedVendor]) -> MockServerApp:
    """The sample vendor's server with another loaded vendor in it."""
    whole = sample_vendor.create_application(folder)
    app, sender = whole.asgi, whole.lasting.sender
    pipeline = app.vendors["acme"].pipeline
    acme = change(pipeline.served)
    other = dataclasses.replace(pipeline, admission=replace(pipeline.admission, served=acme))
    return replace(app, vendors={"acme": VendorApp(other, app.recorder, app.thread, sender)})


def test_a_vendor_sees_where_it_is_mounted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Call] = []
    handle = Pipeline.handle

    def spying(self: Pipeline, arrival: Arrival) -> tuple[Call, Answer]:
        call, answer = handle(self, arrival)
        seen.append(call)
        return call, answer

    monkeypatch.setattr(Pipeline, "handle", spying)
    sample_vendor.create_client(tmp_path).get("/sandboxes/one/acme/orders?page=2")

    assert (seen[0].mount, seen[0].origin, seen[0].path, seen[0].query) == (
        "/sandboxes/one/acme",
        "http://testserver",
        "/orders",
        "page=2",
    )


STATE = "/_mock/sandboxes/default/state"


def test_a_record_that_was_loaded_and_cannot_be_read_is_refused_with_its_place(tmp_path: Path) -> None:
    caller = crashing(tmp_path, KeyError("Status"))
    caller.patch(STATE, json={"acme/": {"orders": {"A/1": {"id": 5}}}})
    caller.patch(STATE, json={"sandbox/": {}})

    answered = caller.get("/acme/orders")
    entry = caller.get("/_mock/sandboxes/default/journal/1").json

    assert (answered.status, answered.json["type"]) == (422, "urn:mockserver:odd-record")
    assert answered.json["detail"] == (
        "a record that was loaded cannot be read (KeyError: 'Status'); "
        "see what was loaded at /acme~1/orders/A~11"
    )
    assert (entry["refusal"], entry["reason"]) == ("odd-record", answered.json["detail"])
    assert list(caller.get("/_mock/sandboxes/default/dump?vendor=acme").json["acme/"]["orders"]) == ["A/1"]


def test_an_error_that_no_record_makes_is_a_crash_whatever_was_loaded(tmp_path: Path) -> None:
    caller = crashing(tmp_path, BrokenError())
    caller.patch(STATE, json={"acme/": {"orders": {"A": {"id": 5}}}})

    assert caller.get("/acme/orders").status == 500


def test_records_of_a_file_may_be_odd_too(tmp_path: Path) -> None:
    file = tmp_path / "data.json"
    file.write_text('{"acme/": {"orders": {"A": {}}}}', encoding="utf-8")
    (tmp_path / "specs").mkdir()
    caller = crashing(tmp_path / "specs", TypeError("odd"), fixtures_file=file)

    for sandbox in ("default", "new"):
        answered = caller.get("/acme/orders", headers={"mock-sandbox": sandbox})
        assert (answered.status, str(file) in answered.json["detail"]) == (422, True)
