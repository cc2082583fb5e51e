"""A real server with the mock beside it: what would have been answered otherwise, by item."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from mockserver.contract.examples import ProfileExamples
from mockserver.control.examples import MissingExampleError
from mockserver.control.http_client import HttpRequest
from mockserver.engine.admission import Arrival
from mockserver.engine.passage import Passage
from mockserver.engine.registry import LoadedVendor, vendor_packages
from mockserver.model import Call, Difference
from mockserver.sandbox.clock import system_clock
from mockserver.server.application import Options
from mockserver.server.forwarding import ForwardRules
from mockserver.server.shadow import Shadow
from tests.contract.foreign import harbour
from tests.contract.foreign.access import API_KEY
from tests.contract.foreign.plain_http import Reply, closing, serving
from tests.support import claims_server
from tests.support.client import Client
from tests.support.frozen_app import create_frozen_app

GOOD = {"invoice_Key": 1, "payee_ID": "P100", "description": "rent"}
BAD = {"invoice_Key": 2, "payee_ID": "NOPE"}
ROWS = [GOOD, BAD, {"invoice_Key": 3, "payee_ID": "P100"}]
HEADERS = {
    "user-agent": "tests",
    "authorization": "Bearer t",
    "x-api-key": "k",
    "vbasoftware-database": "sandbox",
}


def front(url: str, *, headers: Mapping[str, str] = HEADERS, **options: Any) -> Client:
    """Return a client of a mock that passes calls on to `url`, and answers beside it."""
    forward = ForwardRules(url, is_shadowed=True)
    return Client(create_frozen_app(Options(forward=forward, **options)), dict(headers))


def claims(url: str, **assumptions: str) -> Client:
    given = {f"vba.{name}": value for name, value in assumptions.items()}
    return front(url, vendors=("vba",), assumptions=given).within("/vba")


def control(client: Client, path: str) -> Any:
    return Client(client.app, {}).get(f"/_mock/sandboxes/default{path}").json


def found(client: Client) -> list[dict[str, Any]]:
    """Return the differences of all calls, in the order of the calls."""
    numbers = [one["number"] for one in control(client, "/journal")]
    return [one for number in numbers for one in control(client, f"/journal/{number}")["differing"]]


def outcomes(difference: Mapping[str, str]) -> tuple[str, str]:
    real, mock = (difference[name].partition(":")[0] for name in ("real", "mock"))
    return real, mock


def put_and_read(client: Client, rows: list[dict[str, Any]]) -> list[Any]:
    for _ in range(2):
        client.put("/claim-invoice-batch", json=rows)
    client.get("/claim-invoice/1")
    return found(client)


@pytest.mark.parametrize("seed", [1, 40, 700])
def test_a_right_server_with_ids_and_times_of_its_own_differs_in_nothing(seed: int) -> None:
    with claims_server.serve(seed=seed) as url:
        assert put_and_read(claims(url), ROWS) == []


@pytest.mark.parametrize(
    ("bug", "rows", "expected"),
    [
        ("status", [GOOD, BAD], ("status", 1, "2")),
        ("outcome", [GOOD, BAD], ("outcome", 1, "2")),
        ("message", [GOOD, BAD], ("message", 1, "2")),
        ("missing row", [GOOD, BAD, ROWS[2]], ("missing-row", 1, "2")),
        ("extra row", [GOOD, BAD], ("extra-row", 1, "2")),
        ("limit", ROWS, ("status", None, "")),
        ("unknown reference", [GOOD, {**BAD, "payee_ID": "P777"}], ("outcome", 1, "2")),
        ("key case", [{**GOOD, "payee_ID": "p100"}], ("outcome", 0, "1")),
    ],
)
def test_a_planted_difference_is_shown_once_with_its_item(
    bug: str, rows: list[dict[str, Any]], expected: tuple[Any, ...]
) -> None:
    with claims_server.serve(bug) as url:
        client = claims(url)
        client.put("/claim-invoice-batch", json=rows)
        assert [(one["kind"], one["index"], one["key"]) for one in found(client)] == [expected]


def test_an_update_told_as_a_creation_is_shown_with_its_item() -> None:
    with claims_server.serve("upsert") as url:
        shown = put_and_read(claims(url), [GOOD])
        assert [(one["kind"], one["key"], outcomes(one)) for one in shown] == [
            ("outcome", "1", ("created", "updated"))
        ]


def test_a_record_that_is_read_back_otherwise_is_shown_with_its_member() -> None:
    with claims_server.serve("record") as url:
        shown = put_and_read(claims(url), [GOOD])
        assert [(one["kind"], one["place"], one["real"], one["mock"]) for one in shown] == [
            ("record", "/data/description", "otherwise", "rent")
        ]


@pytest.mark.parametrize(
    ("bug", "payee", "cure"),
    [
        ("key case", "p100", "assumption vba.ci_keys=on"),
        ("unknown reference", "P777", "fixture payees P777"),
        ("message", "NOPE", "the real server has a rule that the mock lacks"),
    ],
)
def test_a_difference_says_what_would_settle_it(bug: str, payee: str, cure: str) -> None:
    with claims_server.serve(bug) as url:
        client = claims(url)
        client.put("/claim-invoice-batch", json=[{**GOOD, "payee_ID": payee}])
        assert [one["cure"] for one in found(client)] == [cure]


def test_a_found_cure_is_told_only_of_differences_that_it_settles() -> None:
    with claims_server.serve("upsert") as url:
        client = claims(url, ci_keys="on")
        for row in ({**GOOD, "payee_ID": "p100", "invoice_Key": 9}, GOOD, GOOD):
            client.put("/claim-invoice-batch", json=[row])
        assert [one["cure"] for one in found(client)] == [
            "assumption vba.ci_keys=off",
            "the real server has a rule that the mock lacks",
        ]


def test_an_assumption_that_settles_a_difference_settles_it_at_the_next_call() -> None:
    with claims_server.serve("key case") as url:
        client = claims(url)
        Client(client.app, {}).patch("/_mock/sandboxes/default/assumptions", json={"vba.ci_keys": "on"})
        client.put("/claim-invoice-batch", json=[{**GOOD, "payee_ID": "p100"}])
        assert found(client) == []


HARBOUR = {"files": (harbour.SPEC,), "overlays": (harbour.OVERLAY,), "vendors": ("harbour",)}
BERTHS = {
    "berths": [{"code": "AB-1", "metres": 8, "boat": "Ann"}, {"code": "AB-2", "metres": 2, "boat": "Bea"}]
}


def file_and_read(*bugs: str, turned: bool = False) -> list[Any]:
    with serving(closing(harbour.answer_with(*bugs, turned=turned))) as url:
        client = front(url, headers={"x-harbour-pass": API_KEY}, **HARBOUR).within("/harbour")
        client.post("/berths/batch", json=BERTHS)
        client.post("/berths/batch", json=BERTHS)
        client.get("/berths/AB-1")
        client.get("/berths")
        return found(client)


@pytest.mark.parametrize("turned", [False, True])
def test_a_right_server_of_an_own_file_may_have_words_and_an_order_of_its_own(*, turned: bool) -> None:
    assert file_and_read(turned=turned) == []


@pytest.mark.parametrize(
    ("bug", "expected"),
    [
        ("a refused berth counts", ("count", "", "accepted")),
        ("an update is told as a creation", ("outcome", "AB-1", "")),
    ],
)
def test_a_planted_difference_of_an_own_file_is_shown(bug: str, expected: tuple[str, str, str]) -> None:
    assert expected in {(one["kind"], one["key"], one["place"]) for one in file_and_read(bug)}


def test_the_journal_counts_the_differences_and_finds_the_calls_that_have_some() -> None:
    with claims_server.serve("status") as url:
        client = claims(url)
        for row in (GOOD, BAD):
            client.put("/claim-invoice-batch", json=[row])
        listed = control(client, "/journal?differs=true")
        assert [(one["number"], one["differences"]) for one in listed] == [(2, 1)]
        assert "  ≠ 1 in the mock" in listed[0]["line"]


def test_alike_differences_are_listed_together_with_examples() -> None:
    with claims_server.serve("status") as url:
        client = claims(url)
        for _ in range(2):
            client.put("/claim-invoice-batch", json=[GOOD, BAD])
        (group,) = control(client, "/differences")
        assert (group["kind"], group["count"], group["calls"]) == ("status", 2, 2)
        assert [(one["number"], one["key"]) for one in group["examples"]] == [(1, "2"), (2, "2")]


def test_an_item_that_a_rule_holds_back_is_not_given_to_the_mock_either() -> None:
    lie = {"select": {"index": 0}, "effect": {"commit": False}}
    scenario = {
        "version": 1,
        "name": "lie",
        "rules": [{"id": "r", "match": {"writes": True}, "items": [lie]}],
    }
    with claims_server.serve() as url:
        client = claims(url)
        Client(client.app, {}).put("/_mock/sandboxes/default/scenarios/lie", json=scenario)
        client.put("/claim-invoice-batch", json=ROWS)
        Client(client.app, {}).delete("/_mock/sandboxes/default/scenarios/lie")
        client.put("/claim-invoice-batch", json=ROWS)
        assert found(client) == []


def test_a_refusal_of_credentials_tells_nothing_of_the_vendor() -> None:
    with serving(closing(lambda _sent: Reply(403, {"message": "Forbidden"}))) as url:
        client = claims(url)
        client.put("/claim-invoice-batch", json=[GOOD])
        assert found(client) == []


def test_a_mock_that_fails_leaves_the_real_answer_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ValueError("odd")

    monkeypatch.setattr(Shadow, "_pair", fail)
    with claims_server.serve() as url:
        client = claims(url)
        assert client.put("/claim-invoice-batch", json=[GOOD]).status == 207
        assert [(one["kind"], one["mock"]) for one in found(client)] == [("failure", "ValueError('odd')")]


def test_a_sandbox_that_is_reset_gets_a_new_shadow() -> None:
    with claims_server.serve() as url:
        client = claims(url)
        client.put("/claim-invoice-batch", json=[GOOD])
        Client(client.app, {}).post("/_mock/sandboxes/default/reset")
        client.put("/claim-invoice-batch", json=[GOOD])
        assert [outcomes(one) for one in found(client)] == [("updated", "created")]


def test_a_secret_that_is_shown_is_not_among_the_differences(tmp_path: Path) -> None:
    rows = [{"id": "low", "meter": {"id": "low", "value": 1, "password": "of the vendor"}}]
    file = tmp_path / "meters.yaml"
    file.write_text(CODED.replace("unit: {type: string}", "password: {type: string}"))
    with serving(closing(lambda _sent: Reply(200, rows))) as url:
        client = front(url, headers={}, files=(file,), vendors=("meters",)).within("/meters")
        client.post("/meters", json=[{"id": "low", "value": 1, "password": "of the client"}])
        assert found(client) == []


REFUSED = "{description: refused, content: {application/json: {}}}"


def test_no_difference_shows_a_credential_in_the_answer_to_a_whole_call(tmp_path: Path) -> None:
    file = tmp_path / "meters.yaml"
    file.write_text(CODED.replace("components:", f"        default: {REFUSED}\ncomponents:"))
    told = {"access_token": "qL7-hidden-1", "error": "Bearer qL7-hidden-2"}
    with serving(closing(lambda _sent: Reply(400, told))) as url:
        client = front(url, headers={}, files=(file,), vendors=("meters",)).within("/meters")
        client.post("/meters", json=[{"id": "low", "value": 1}])
        (difference,) = found(client)
    assert difference["kind"] == "status"
    assert "hidden" not in str(difference)


def test_no_sandbox_of_a_user_is_a_shadow() -> None:
    with claims_server.serve() as url:
        client = claims(url)
        client.put("/claim-invoice-batch", json=[GOOD])
        listed = Client(client.app, {}).get("/_mock/sandboxes").json
        assert [one["name"] for one in listed] == ["default"]


class Mock:
    """A mock that is called without HTTP, with the headers that the vendor needs."""

    def __init__(self, name: str, **options: Any) -> None:
        self.app = create_frozen_app(Options(vendors=(name,), **options))
        self.pipeline = self.app.asgi.vendors[name].pipeline
        self.headers = {"user-agent": "tests", **ProfileExamples().access(self.pipeline.served).headers}

    def arrival(self, call: HttpRequest) -> Arrival:
        path, _, query = call.target.partition("?")
        headers, name = {**self.headers, **dict(call.headers)}, self.pipeline.served.name
        sent = Call(name, "default", call.method, path, query, headers, call.content, f"/{name}")
        route = self.pipeline.served.spec.match(call.method, path)
        return Arrival(sent, route, sent_body=call.content, may_take_long=True)


def example_calls(served: LoadedVendor) -> Iterator[HttpRequest]:
    """Yield batches with and without bad items, each twice, then reads of all lists."""
    for subject in ProfileExamples().subjects(served):
        for bad in (0, 1, 0):
            with suppress(MissingExampleError):
                draft = subject.draft(3, bad, 1)
                yield from (*draft.prepare, draft.call)
    for operation in served.spec.operations.values():
        if operation.method.upper() == "GET" and "{" not in operation.path:
            yield HttpRequest("GET", operation.path)


@pytest.mark.parametrize("name", vendor_packages())
@pytest.mark.parametrize("seed", [3, 88, 901])
def test_another_mock_in_place_of_the_real_server_differs_in_nothing(name: str, seed: int) -> None:
    real, mock = Mock(name, seed=seed, freeze="2026-03-05T09:00:00Z"), Mock(name)
    passage = Passage(mock.pipeline, "http://127.0.0.1:9", 1 << 20)
    shadow, shown = Shadow(mock.pipeline, system_clock, 1 << 20), list[Difference]()
    for call in example_calls(mock.pipeline.served):
        departure = passage.depart(mock.arrival(call))
        reply = real.pipeline.handle(real.arrival(call))[1].reply
        shown += shadow.compare(mock.arrival(call), departure, reply)
    assert shown == []


CODED = """
openapi: 3.1.0
info: {title: Meters, version: "1"}
paths:
  /meters:
    post:
      operationId: putMeters
      x-batch:
        items: ""
        key: [id]
        collection: meters
        outcome: {list: "", code: /code, message: /text, key: /id, record: /meter}
      requestBody:
        required: true
        content: {application/json: {schema: {type: array, items: {$ref: "#/components/schemas/Meter"}}}}
      responses:
        "200":
          description: A row for each meter
          content: {application/json: {schema: {type: array, items: {$ref: "#/components/schemas/Row"}}}}
components:
  schemas:
    Meter:
      type: object
      required: [id, value]
      properties: {id: {type: string}, value: {type: integer, maximum: 9}, unit: {type: string}}
    Row:
      type: object
      required: [id]
      properties:
        id: {type: string}
        code: {type: string, enum: [out_of_range, missing]}
        text: {type: string}
        meter: {$ref: "#/components/schemas/Meter"}
"""


@pytest.mark.parametrize(
    ("code", "value", "expected"),
    [
        ("out_of_range", 1, []),
        ("missing", 1, [("code", "high", "", "missing", "out_of_range")]),
        ("out_of_range", 2, [("record", "low", "/meter/value", "2", "1")]),
    ],
)
def test_an_own_file_is_compared_by_its_codes_and_by_what_was_sent(
    code: str, value: int, expected: list[tuple[str, ...]], tmp_path: Path
) -> None:
    rows = [
        {"id": "high", "code": code, "text": "in words of its own"},
        {"id": "low", "meter": {"unit": "kWh", "value": value, "id": "low"}},
    ]
    file = tmp_path / "meters.yaml"
    file.write_text(CODED)
    with serving(closing(lambda _sent: Reply(200, rows))) as url:
        client = front(url, headers={}, files=(file,), vendors=("meters",)).within("/meters")
        client.post("/meters", json=[{"id": "high", "value": 10}, {"id": "low", "value": 1}])
        shown = [[one[name] for name in ("kind", "key", "place", "real", "mock")] for one in found(client)]
        assert [tuple(one) for one in shown] == expected


READS = {
    "guidewire": ("/claim/v1/bulk-invoices", "data", "id", ""),
    "payt": ("/v1/invoices", "data", "id", "?administration_id=81"),
    "xero": ("/api.xro/2.0/Invoices", "Invoices", "InvoiceID", ""),
}
"""Path of a list, its member with the records, the id of a record, and the query."""


@pytest.mark.parametrize("name", ["guidewire", "payt", "xero"])
def test_records_are_read_by_the_ids_of_the_real_server(name: str) -> None:
    real, mock = Mock(name, seed=5), Mock(name)
    passage = Passage(mock.pipeline, "http://127.0.0.1:9", 1 << 20)
    shadow = Shadow(mock.pipeline, system_clock, 1 << 20)
    first, second = (
        ProfileExamples().subjects(real.pipeline.served)[0].draft(3, 0, at).call for at in (900, 1)
    )
    real.pipeline.handle(real.arrival(first))  # a record that another client has made

    def send(call: HttpRequest) -> tuple[Any, tuple[Difference, ...]]:
        departure = passage.depart(mock.arrival(call))
        reply = real.pipeline.handle(real.arrival(call))[1].reply
        return json.loads(reply.body), shadow.compare(mock.arrival(call), departure, reply)

    send(second)
    collection, rows, key, query = READS[name]
    listed, shown = send(HttpRequest("GET", f"{collection}{query}"))
    for row in listed[rows][-3:]:
        found_id = (row.get("attributes") or row)[key]
        shown += send(HttpRequest("GET", f"{collection}/{found_id}{query}"))[1]
    assert shown == ()


def test_an_id_that_the_real_server_tells_only_later_is_not_compared() -> None:
    real, mock = Mock("xero", seed=5), Mock("xero")
    passage = Passage(mock.pipeline, "http://127.0.0.1:9", 1 << 20)
    shadow, shown = Shadow(mock.pipeline, system_clock, 1 << 20), list[Difference]()
    created = ProfileExamples().subjects(real.pipeline.served)[2].draft(3, 0, 1).call
    for call, untold in ((created, rb'"InvoiceID":"[^"]*",'), (HttpRequest("GET", READS["xero"][0]), b"$")):
        reply = real.pipeline.handle(real.arrival(call))[1].reply
        reply = replace(reply, body=re.sub(untold, b"", reply.body))
        shown += shadow.compare(mock.arrival(call), passage.depart(mock.arrival(call)), reply)
    assert shown == []
