"""Callbacks and webhooks: which are sent, when, how often, signed how, and what the journal tells."""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterator
from gc import collect
from pathlib import Path
from socket import create_server
from threading import enumerate as enumerate_threads
from time import perf_counter, sleep
from typing import Any
from unittest.mock import patch
from weakref import ref

import pytest

from mockserver.contract.examples import ProfileExamples
from mockserver.server.application import Application, Options
from mockserver.testing.threaded_server import run_in_thread
from tests.support.client import Client
from tests.support.frozen_app import create_frozen_app
from tests.support.receiver import PATIENCE_S, Receiver, receiving

NOW = "2026-01-05T09:00:00Z"
ORDER = {"type": "object", "required": ["number"], "properties": {"number": {"type": "string"}, "qty": {}}}
ROW = {"type": "object", "properties": {"status": {"type": "integer"}, "number": {"type": "string"}}}
X = "x-callback"


def schema(node: Any) -> dict[str, Any]:
    return {"required": True, "content": {"application/json": {"schema": node}}}


def listed(name: str, node: Any, **others: Any) -> dict[str, Any]:
    members = {name: {"type": "array", "items": node}, **others}
    return {"type": "object", "required": [name], "properties": members}


def document(webhook: Any = None, callback: Any = None, **of_batch: Any) -> dict[str, Any]:
    """An API with a batch of orders, a single order, a callback and a webhook, with these annotations."""
    order = {"$ref": "#/components/schemas/Order"}
    told: dict[str, Any] = {"type": "object", "required": ["event", "data"]}
    told |= {"properties": {"event": {"type": "string"}, "data": order}}
    batch = {
        "operationId": "addOrders",
        "x-batch": {
            "items": "/orders",
            "key": ["number"],
            "collection": "orders",
            "outcome": {"list": "/results", "status": "/status", "key": "/number"},
            **of_batch,
        },
        "requestBody": schema(listed("orders", order, callbackUrl={"type": "string"})),
        "responses": {"200": {"description": "", **schema(listed("results", ROW))}},
        "callbacks": {
            "done": {
                "{$request.body#/callbackUrl}": {"post": {"requestBody": schema(order), **marked(callback)}}
            }
        },
    }
    single = {
        "put": {
            "operationId": "putOrder",
            "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
            "requestBody": schema(order),
            "responses": {"200": {"description": "", **schema(order)}},
        }
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "Orders", "version": "1"},
        "paths": {"/orders": {"post": batch}, "/orders/{id}": single},
        "webhooks": {"orderMade": {"post": {"requestBody": schema(told), **marked(webhook)}}},
        "components": {"schemas": {"Order": ORDER}},
    }


def marked(annotation: Any) -> dict[str, Any]:
    return {} if annotation is None else {X: annotation}


class Orders:
    """A server of the API, and a receiver."""

    def __init__(self, folder: Path, receiver: Receiver, made: Any, **options: Any) -> None:
        (folder / "orders.yaml").write_text(json.dumps(made))
        chosen = Options(files=(folder / "orders.yaml",), vendors=("orders",), freeze=NOW, **options)
        self.application: Application = create_frozen_app(chosen)
        self.client = Client(self.application, {"host": "127.0.0.1"})
        self.url = receiver.url

    def register(self, url: str = "", **others: Any) -> int:
        body = [{"url": url or f"{self.url}/hook", "vendor": "orders", **others}]
        return self.client.put("/_mock/sandboxes/default/webhooks", json=body).status

    def send(self, *numbers: str, **others: Any) -> None:
        body = {"orders": [{"number": one, "qty": 1} for one in numbers], **others}
        assert self.client.post("/orders/orders", json=body).status == 200

    def advance(self, seconds: int) -> None:
        self.client.post("/_mock/sandboxes/default/clock/advance", json={"seconds": seconds})

    def arm(self, select: Any, effect: Any) -> None:
        rule = {"id": "r", "items": [{"select": select, "effect": {"callback": effect}}]}
        scenario = {"version": 1, "name": "hooks", "rules": [rule]}
        assert self.client.post("/_mock/sandboxes/default/scenarios", json=scenario).status == 200

    def deliveries(self, call: int = 1) -> list[dict[str, Any]]:
        path = f"/_mock/sandboxes/default/journal/{call}"
        found: list[dict[str, Any]] = self.client.get(path).json["deliveries"]
        return found

    def ended(self, call: int = 1) -> list[dict[str, Any]]:
        """The deliveries of a call, once none of them waits."""
        until = perf_counter() + PATIENCE_S
        found = self.deliveries(call)
        while any(one["state"] == "waiting" for one in found):
            assert perf_counter() < until, found
            found = self.deliveries(call)
        return found

    def tried(self, attempts: int, call: int = 1) -> dict[str, Any]:
        """The first delivery of a call, once it has so many attempts."""
        until = perf_counter() + PATIENCE_S
        while len((found := self.deliveries(call)[0])["attempts"]) < attempts:
            assert perf_counter() < until, found
        return found


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


def test_a_webhook_without_annotation_tells_each_item(tmp_path: Path, receiver: Receiver) -> None:
    orders = Orders(tmp_path, receiver, document())
    orders.register()
    orders.send("A", "B")
    assert [one.json for one in receiver.take(2)] == [
        {"event": "orderMade", "data": {"number": "A", "qty": 1}},
        {"event": "orderMade", "data": {"number": "B", "qty": 1}},
    ]


def test_a_webhook_tells_the_records_of_a_body_that_has_a_name(tmp_path: Path, receiver: Receiver) -> None:
    made = document()
    batch, single = made["paths"]["/orders"]["post"], made["paths"]["/orders/{id}"]["put"]
    made["components"]["schemas"]["Orders"] = batch["requestBody"]["content"]["application/json"]["schema"]
    batch["requestBody"] = schema({"$ref": "#/components/schemas/Orders"})
    note = {"type": "object", "properties": {"text": {"type": "string"}}}
    answer = {"200": {"description": "", **schema(note)}}
    made["paths"]["/notes"] = {
        "post": {"operationId": "addNote", "requestBody": schema(note), "responses": answer}
    }
    single["requestBody"] = schema(ORDER)
    orders = Orders(tmp_path, receiver, made)
    orders.register()
    assert orders.client.post("/orders/notes", json={"text": "hello"}).status == 200
    orders.send("A")
    assert receiver.take()[0].json == {"event": "orderMade", "data": {"number": "A", "qty": 1}}


def test_a_callback_goes_where_the_body_says(tmp_path: Path, receiver: Receiver) -> None:
    Orders(tmp_path, receiver, document()).send("A", callbackUrl=f"{receiver.url}/cb?of=A")
    (one,) = receiver.take()
    assert (one.path, one.json) == ("/cb?of=A", {"number": "A", "qty": 1})


def test_a_batch_is_told_as_one_if_declared(tmp_path: Path, receiver: Receiver) -> None:
    made = document()
    told = listed("orders", {"$ref": "#/components/schemas/Order"})
    made["webhooks"] = {"made": {"post": {"requestBody": schema(told), X: {"per": "batch"}}}}
    orders = Orders(tmp_path, receiver, made)
    orders.register()
    orders.send("A", "B")
    assert [one["number"] for one in receiver.take()[0].json["orders"]] == ["A", "B"]


def test_a_single_write_is_an_item(tmp_path: Path, receiver: Receiver) -> None:
    orders = Orders(tmp_path, receiver, document())
    orders.register()
    orders.client.put("/orders/orders/A", json={"number": "A", "qty": 2})
    assert receiver.take()[0].json["data"] == {"number": "A", "qty": 2}
    assert orders.ended()[0]["items"] == ["A"]


def test_rejected_items_are_told_if_declared(tmp_path: Path, receiver: Receiver) -> None:
    orders = Orders(tmp_path, receiver, document({"when": ["rejected"]}))
    orders.register()
    body = {"orders": [{"number": "A"}, {"number": 7}]}
    orders.client.post("/orders/orders", json=body)
    assert len(orders.ended()) == 1


def test_only_records_that_fulfil_the_condition_are_told(tmp_path: Path, receiver: Receiver) -> None:
    where = {"path": "$.number", "equals": "B"}
    orders = Orders(tmp_path, receiver, document({"where": where}))
    orders.register()
    orders.send("A", "B")
    assert [one["items"] for one in orders.ended()] == [["B"]]


def test_an_address_gets_only_the_events_that_it_asked_for(tmp_path: Path, receiver: Receiver) -> None:
    made = document()
    made["webhooks"]["other"] = made["webhooks"]["orderMade"]
    orders = Orders(tmp_path, receiver, made)
    orders.register(events=["other"])
    orders.send("A")
    assert [one["event"] for one in orders.ended()] == ["other"]


def test_the_signature_is_that_of_the_raw_body(tmp_path: Path, receiver: Receiver) -> None:
    sign = {"header": "X-Signature", "prefix": "sha256="}
    orders = Orders(tmp_path, receiver, document({"sign": sign, "id": "X-Id"}))
    orders.register(secret="s3cret")
    orders.send("A")
    (one,) = receiver.take()
    made = hmac.new(b"s3cret", one.body, "sha256").hexdigest()
    assert one.headers["X-Signature"] == f"sha256={made}"
    assert one.headers["X-Id"] == orders.ended()[0]["id"]


def test_a_header_may_repeat_a_part_of_the_call(tmp_path: Path, receiver: Receiver) -> None:
    headers = {"X-Of": "to {$request.header.x-tenant}, {$request.body#/orders/0/number}"}
    orders = Orders(tmp_path, receiver, document({"headers": headers}))
    orders.register()
    orders.client.post("/orders/orders", json={"orders": [{"number": "A"}]}, headers={"x-tenant": "T"})
    assert receiver.take()[0].headers["X-Of"] == "to T, A"


def test_a_header_may_repeat_url_method_status_and_type(tmp_path: Path, receiver: Receiver) -> None:
    headers = {"X-Of": "{$method} {$url} {$statusCode} {$response.header.content-type}", "X-Bare": "$url"}
    orders = Orders(tmp_path, receiver, document({"headers": headers}))
    orders.register()
    orders.client.post("/orders/orders?a=b", json={"orders": [{"number": "A"}]})
    (one,) = receiver.take()
    assert one.headers["X-Of"] == "POST http://127.0.0.1/orders/orders?a=b 200 application/json"
    assert one.headers["X-Bare"] == "http://127.0.0.1/orders/orders?a=b"


def test_with_a_frozen_clock_a_later_delivery_is_sent_when_the_clock_is_advanced(
    tmp_path: Path, receiver: Receiver
) -> None:
    orders = Orders(tmp_path, receiver, document({"after": 60}))
    orders.register()
    orders.send("A")
    orders.advance(59)
    assert [one["state"] for one in orders.deliveries()] == ["waiting"]
    orders.advance(1)
    assert orders.ended()[0]["attempts"][0]["at"] == "2026-01-05T09:01:00Z"


def test_what_is_answered_500_three_times_is_sent_a_fourth_time(tmp_path: Path) -> None:
    with receiving(500, 500, 500) as receiver:
        orders = Orders(tmp_path, receiver, document({"backoff": [10, 20]}))
        orders.register()
        orders.send("A")
        for number, pause in enumerate((10, 20, 20), 1):
            orders.tried(number)
            orders.advance(pause)
        (ended,) = orders.ended()
    assert [(one["status"], one["at"][11:19]) for one in ended["attempts"]] == [
        (500, "09:00:00"),
        (500, "09:00:10"),
        (500, "09:00:30"),
        (200, "09:00:50"),
    ]


def test_the_last_attempt_ends_a_delivery(tmp_path: Path) -> None:
    with receiving(404) as receiver:
        orders = Orders(tmp_path, receiver, document({"attempts": 1}))
        orders.register()
        orders.send("A")
        assert orders.ended()[0]["state"] == "failed"


def test_a_delivery_that_is_tried_again_holds_up_the_next(tmp_path: Path) -> None:
    with receiving(500) as receiver:
        orders = Orders(tmp_path, receiver, document())
        orders.register()
        orders.send("A", "B")
        orders.tried(1)
        orders.advance(10)
        assert [one.json["data"]["number"] for one in receiver.take(3)] == ["A", "A", "B"]


def test_without_order_the_next_overtakes(tmp_path: Path) -> None:
    with receiving(500) as receiver:
        orders = Orders(tmp_path, receiver, document({"ordered": False}))
        orders.register()
        orders.send("A", "B")
        orders.tried(1)
        assert [one.json["data"]["number"] for one in receiver.take(2)] == ["A", "B"]


def test_a_redirect_is_not_followed(tmp_path: Path) -> None:
    with receiving(302) as receiver:
        orders = Orders(tmp_path, receiver, document({"attempts": 1}))
        orders.register()
        orders.send("A")
        orders.ended()
        assert [one.path for one in receiver.take()] == ["/hook"]
        assert receiver.received.empty()


@pytest.mark.parametrize(
    "url",
    ["http://example.test/hook", "http://169.254.169.254/", "file:///x", "http://[", "http://127.0.0.1/?a b"],
)
def test_no_foreign_address_of_a_body_is_called(tmp_path: Path, receiver: Receiver, url: str) -> None:
    orders = Orders(tmp_path, receiver, document())
    orders.send("A", callbackUrl=url)
    (one,) = orders.ended()
    assert (one["state"], [attempt["status"] for attempt in one["attempts"]]) == ("refused", [None])


def test_the_journal_says_how_a_foreign_host_is_allowed(tmp_path: Path, receiver: Receiver) -> None:
    orders = Orders(tmp_path, receiver, document())
    orders.send("A", callbackUrl="http://example.test/")
    assert orders.ended()[0]["attempts"][0]["lost"] == (
        "example.test is neither loopback nor allowed; start the server with --allow-remote example.test"
    )


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0.0.0.0", "[::ffff:127.0.0.1]"])  # noqa: S104
def test_no_address_of_a_body_leads_to_the_control_plane(
    tmp_path: Path, receiver: Receiver, host: str
) -> None:
    orders = Orders(tmp_path, receiver, document())
    with run_in_thread(orders.application) as url:
        own = url.replace("127.0.0.1", host)
        orders.send("A", callbackUrl=f"{own}/_mock/sandboxes/default/reset")
        (one,) = orders.ended()
    assert one["state"] == "refused"
    assert "is this server itself, at " in one["attempts"][0]["lost"]


@pytest.mark.parametrize("url", ["http://example.test/", "http://127.0.0.1/?a b", "http://127.0.0.1/?é#a"])
def test_an_address_that_cannot_be_called_is_not_registered(
    tmp_path: Path, receiver: Receiver, url: str
) -> None:
    assert Orders(tmp_path, receiver, document()).register(url) == 422


def test_a_vendor_without_webhooks_has_none_to_register(tmp_path: Path, receiver: Receiver) -> None:
    made = document()
    del made["webhooks"]
    assert Orders(tmp_path, receiver, made).register() == 422


def test_an_unknown_event_is_not_registered(tmp_path: Path, receiver: Receiver) -> None:
    assert Orders(tmp_path, receiver, document()).register(events=["orderGone"]) == 422


def test_a_callback_is_not_registered(tmp_path: Path, receiver: Receiver) -> None:
    assert Orders(tmp_path, receiver, document()).register(events=["done"]) == 422


def test_the_journal_masks_secrets(tmp_path: Path, receiver: Receiver) -> None:
    orders = Orders(tmp_path, receiver, document({"headers": {"X-Api-Key": "k3y-of-ours"}}))
    orders.register(f"{receiver.url}/hook?token=t0k3n")
    orders.send("A")
    (one,) = orders.ended()
    assert (one["url"][-3:], one["headers"]["X-Api-Key"]) == ("t0…", "k3…")


def test_the_journal_masks_a_credential_that_a_header_repeats(tmp_path: Path, receiver: Receiver) -> None:
    orders = Orders(tmp_path, receiver, document({"headers": {"X-Nope": "{$request.header.authorization}"}}))
    orders.client = orders.client.within(authorization="Bearer t0ken-of-ours")
    orders.register()
    orders.send("A")
    assert receiver.take()[0].headers["X-Nope"] == "Bearer t0ken-of-ours"
    assert "t0ken-of-ours" not in json.dumps(orders.ended())


def test_a_lost_receiver_is_journalled_and_tried_again(tmp_path: Path) -> None:
    with receiving() as receiver:
        pass
    orders = Orders(tmp_path, receiver, document())
    orders.register()
    orders.send("A")
    assert "refused" in orders.tried(1)["attempts"][0]["lost"]
    assert orders.deliveries()[0]["state"] == "waiting"


def test_a_receiver_that_does_not_answer_is_a_timeout(tmp_path: Path, receiver: Receiver) -> None:
    orders = Orders(tmp_path, receiver, document({"timeout": 1, "attempts": 1}))
    with create_server(("127.0.0.1", 0)) as silent:
        orders.register(f"http://127.0.0.1:{silent.getsockname()[1]}")
        orders.send("A")
        (one,) = orders.ended()
    assert (one["state"], one["attempts"][0]["lost"]) == ("failed", "timeout: not in 1 s")


def test_a_new_server_sends_what_its_saved_state_owes(tmp_path: Path, receiver: Receiver) -> None:
    earlier, later = (Orders(tmp_path, receiver, document({"after": 60})) for _ in range(2))
    earlier.register()
    earlier.send("A")
    dump = earlier.client.get("/_mock/sandboxes/default/dump").json
    assert later.client.put("/_mock/sandboxes/default/state", json=dump).status == 200
    later.advance(60)
    assert receiver.take()[0].json["data"]["number"] == "A"


def test_a_start_sends_what_a_shared_store_owes(tmp_path: Path, receiver: Receiver) -> None:
    earlier, later = (Orders(tmp_path, receiver, document({"after": 60})) for _ in range(2))
    earlier.register()
    earlier.send("A")
    tables = earlier.client.get("/_mock/sandboxes/default/dump").json
    for one in tables["sandbox/"]["deliveries"].values():
        one["due"] = NOW
    later.application.sandboxes.store.control("default", lambda whole: whole.load(tables))
    later.application.lasting.sender.start()
    assert receiver.take()[0].json["data"]["number"] == "A"


def test_what_waits_is_part_of_a_snapshot(tmp_path: Path, receiver: Receiver) -> None:
    orders = Orders(tmp_path, receiver, document({"after": 60}))
    orders.register()
    orders.send("A")
    taken = orders.client.post("/_mock/sandboxes/default/snapshots", json={}).json["id"]
    orders.advance(60)
    receiver.take()
    orders.client.post(f"/_mock/sandboxes/default/snapshots/{taken}/restore")
    orders.advance(60)
    assert receiver.take()[0].json["data"]["number"] == "A"


def test_a_sender_that_waits_keeps_no_application_alive(tmp_path: Path, receiver: Receiver) -> None:
    before = set(enumerate_threads())
    orders = Orders(tmp_path, receiver, document({"after": 60}))
    orders.register()
    orders.send("A")
    (thread,) = [one for one in enumerate_threads() if one.name == "deliveries" and one not in before]
    sender = ref(orders.application.lasting.sender)
    del orders
    until = perf_counter() + PATIENCE_S
    while sender() is not None and perf_counter() < until:
        collect()
        sleep(0.05)
    thread.join(PATIENCE_S)
    assert (sender(), thread.is_alive()) == (None, False)


def test_a_sandbox_that_owes_nothing_is_not_searched(tmp_path: Path, receiver: Receiver) -> None:
    orders = Orders(tmp_path, receiver, document())
    orders.register()
    orders.send("A")
    orders.ended()
    sleep(0.3)
    store = orders.application.sandboxes.store
    with patch.object(store, "control", side_effect=AssertionError) as control:
        sleep(0.5)
    assert not control.called


def test_a_reset_forgets_what_waits(tmp_path: Path, receiver: Receiver) -> None:
    orders = Orders(tmp_path, receiver, document({"after": 60}))
    orders.register()
    orders.send("A")
    orders.client.post("/_mock/sandboxes/default/reset")
    assert "deliveries" not in orders.client.get("/_mock/sandboxes/default/dump").json["sandbox/"]


@pytest.mark.parametrize("node", [7, {"$ref": "#/nowhere"}, {"post": {"requestBody": {"$ref": "#/nowhere"}}}])
def test_a_broken_callback_or_webhook_is_left_out(tmp_path: Path, receiver: Receiver, node: Any) -> None:
    made = document()
    made["webhooks"]["broken"] = node
    made["paths"]["/orders"]["post"]["callbacks"]["broken"] = {"{$request.body#/callbackUrl}": node}
    orders = Orders(tmp_path, receiver, made)
    orders.register()
    orders.send("A", callbackUrl=f"{receiver.url}/cb")
    assert sorted(one["event"] for one in orders.ended()) == ["done", "orderMade"]


def test_each_method_of_a_webhook_has_its_own_causes(tmp_path: Path, receiver: Receiver) -> None:
    made = document({"of": ["putOrder"]})
    made["webhooks"]["orderMade"]["put"] = {**made["webhooks"]["orderMade"]["post"], X: {"of": ["addOrders"]}}
    orders = Orders(tmp_path, receiver, made)
    orders.register()
    orders.send("A")
    assert len(orders.deliveries()) == 1


def test_a_webhook_with_a_broken_schema_is_left_out(tmp_path: Path, receiver: Receiver) -> None:
    made = document()
    broken = {"type": "object", "properties": {"a": {"$ref": "#/components/schemas/Gone"}}}
    made["webhooks"]["broken"] = {"post": {"requestBody": schema(broken)}}
    orders = Orders(tmp_path, receiver, made)
    orders.register()
    orders.send("A")
    assert [one["event"] for one in orders.ended()] == ["orderMade"]


def test_a_condition_that_cannot_be_read_is_refused(tmp_path: Path, receiver: Receiver) -> None:
    with pytest.raises(Exception, match=r"x-callback\.where"):
        Orders(tmp_path, receiver, document({"where": {"path": "number", "equals": 1}}))


@pytest.mark.parametrize(
    ("annotation", "said"),
    [
        ({"of": ["nobody"]}, "no operation is called nobody"),
        ({"attempts": 0}, "Expected `int` >= 1"),
        ({"backoff": [-1]}, "Expected `int` >= 0"),
    ],
)
def test_an_impossible_annotation_is_refused(
    tmp_path: Path, receiver: Receiver, annotation: Any, said: str
) -> None:
    with pytest.raises(Exception, match=said):
        Orders(tmp_path, receiver, document(annotation))


def test_a_malformed_annotation_is_refused(tmp_path: Path, receiver: Receiver) -> None:
    with pytest.raises(Exception, match="x-callback: orderMade: Object contains unknown field `every`"):
        Orders(tmp_path, receiver, document({"every": 1}))


@pytest.mark.parametrize(
    ("select", "effect", "sent"),
    [
        ({"index": 0}, {"lost": True}, ["B", "C"]),
        ({"index": 0}, {"duplicate": 1}, ["A", "A", "B", "C"]),
        ({"index": 0}, {"outOfOrder": True}, ["B", "C", "A"]),
        ({"all": True}, {"outOfOrder": True}, ["C", "B", "A"]),
        ({"index": 2}, {"early": True}, ["C", "A", "B"]),
    ],
)
def test_an_effect_changes_number_or_order(
    tmp_path: Path, receiver: Receiver, select: Any, effect: Any, sent: list[str]
) -> None:
    orders = Orders(tmp_path, receiver, document())
    orders.register()
    orders.arm(select, effect)
    orders.send("A", "B", "C")
    orders.ended()
    assert [one.json["data"]["number"] for one in receiver.take(len(sent))] == sent


def test_an_early_delivery_is_there_before_the_answer(tmp_path: Path, receiver: Receiver) -> None:
    orders = Orders(tmp_path, receiver, document())
    orders.register()
    orders.arm({"all": True}, {"early": True})
    orders.send("A")
    assert receiver.received.qsize() == 1


def test_early_deliveries_hold_up_an_answer_for_a_limited_time(tmp_path: Path, receiver: Receiver) -> None:
    orders = Orders(tmp_path, receiver, document({"timeout": 1, "ordered": False}))
    orders.arm({"all": True}, {"early": True})
    with (
        create_server(("127.0.0.1", 0)) as silent,
        patch("mockserver.server.sending._LONGEST_EARLY_S", 0.5),
    ):
        orders.register(f"http://127.0.0.1:{silent.getsockname()[1]}")
        started = perf_counter()
        orders.send(*map(str, range(9)))
        assert perf_counter() - started < 5


def test_addresses_that_do_not_answer_hold_up_no_other_address(tmp_path: Path, receiver: Receiver) -> None:
    orders = Orders(tmp_path, receiver, document({"timeout": 60}))
    with create_server(("127.0.0.1", 0)) as silent:
        urls = [f"http://127.0.0.1:{silent.getsockname()[1]}/{at}" for at in range(6)]
        body = [{"url": url, "vendor": "orders"} for url in (*urls, receiver.url)]
        assert orders.client.put("/_mock/sandboxes/default/webhooks", json=body).status == 200
        orders.send("A")
        receiver.take()


def test_a_late_delivery_does_not_hold_up_the_next(tmp_path: Path, receiver: Receiver) -> None:
    orders = Orders(tmp_path, receiver, document())
    orders.register()
    orders.arm({"index": 0}, {"late": 30})
    orders.send("A", "B")
    assert receiver.take()[0].json["data"]["number"] == "B"
    orders.advance(30)
    assert receiver.take()[0].json["data"]["number"] == "A"


def test_a_wrong_signature_is_wrong(tmp_path: Path, receiver: Receiver) -> None:
    orders = Orders(tmp_path, receiver, document({"sign": {"header": "X-Signature"}}))
    orders.register(secret="s3cret")
    orders.arm({"all": True}, {"wrongSignature": True})
    orders.send("A")
    (one,) = receiver.take()
    assert one.headers["X-Signature"] != hmac.new(b"s3cret", one.body, "sha256").hexdigest()


def test_nothing_is_sent_for_what_a_rule_did_not_store(tmp_path: Path, receiver: Receiver) -> None:
    orders = Orders(tmp_path, receiver, document())
    orders.register()
    rule = {"id": "r", "commit": "none", "response": {"status": 503}}
    scenario = {"version": 1, "name": "gone", "rules": [rule]}
    orders.client.post("/_mock/sandboxes/default/scenarios", json=scenario)
    orders.client.post("/orders/orders", json={"orders": [{"number": "A"}]})
    assert orders.deliveries() == []


def test_nothing_is_sent_for_a_single_write_that_a_rule_did_not_store(
    tmp_path: Path, receiver: Receiver
) -> None:
    orders = Orders(tmp_path, receiver, document())
    orders.register()
    rule = {"id": "r", "items": [{"select": {"all": True}, "effect": {"commit": False}}]}
    scenario = {"version": 1, "name": "gone", "rules": [rule]}
    orders.client.post("/_mock/sandboxes/default/scenarios", json=scenario)
    orders.client.put("/orders/orders/A", json={"number": "A", "qty": 2})
    assert orders.deliveries() == []


def test_the_story_of_an_item_has_its_webhooks(tmp_path: Path, receiver: Receiver) -> None:
    orders = Orders(tmp_path, receiver, document())
    orders.register()
    orders.send("A", "B")
    orders.ended()
    (told,) = orders.client.get("/_mock/sandboxes/default/journal/items?item=B").json
    assert [(one["call"], one["items"], one["state"]) for one in told["deliveries"]] == [(1, ["B"], "sent")]


def test_a_lost_answer_does_not_lose_the_webhook(tmp_path: Path, receiver: Receiver) -> None:
    orders = Orders(tmp_path, receiver, document())
    orders.register()
    scenario = {"version": 1, "name": "gone", "rules": [{"id": "r", "response": {"status": 503}}]}
    orders.client.post("/_mock/sandboxes/default/scenarios", json=scenario)
    orders.client.post("/orders/orders", json={"orders": [{"number": "A"}]})
    assert receiver.take()[0].json["data"]["number"] == "A"


def test_an_export_has_no_secret_and_sends_nothing(tmp_path: Path, receiver: Receiver) -> None:
    orders = Orders(tmp_path, receiver, document({"sign": {"header": "X-Signature"}}))
    orders.register(f"{receiver.url}/hook?token=t0k3n", secret="s3cret-of-ours")
    orders.send("A", callbackUrl=f"{receiver.url}/cb")
    orders.send("B")
    receiver.take(3)
    for chosen in ("", "&from=2"):
        answered = orders.client.get(f"/_mock/sandboxes/default/journal/export?format=case{chosen}")
        assert answered.status == 200
        assert "hook?token=" in answered.text
        assert "t0k3n" not in answered.text
        assert "s3cret-of-ours" not in answered.text
        assert "attemptsLeft" not in answered.text
    sleep(0.3)
    assert receiver.received.empty()


def test_an_export_with_secrets_has_the_secret_of_a_registration(tmp_path: Path, receiver: Receiver) -> None:
    orders = Orders(tmp_path, receiver, document())
    orders.register(secret="s3cret-of-ours")
    orders.send("A")
    answered = orders.client.get("/_mock/sandboxes/default/journal/export?format=case&secrets=shown")
    assert "s3cret-of-ours" in answered.text


def test_an_example_that_is_tried_sends_nothing(tmp_path: Path, receiver: Receiver) -> None:
    made = document()
    url = {"type": "string", "example": f"{receiver.url}/cb"}
    made["paths"]["/orders"]["post"]["requestBody"] = schema(
        {
            **listed("orders", {"$ref": "#/components/schemas/Order"}, callbackUrl=url),
            "required": ["orders", "callbackUrl"],
        }
    )
    orders = Orders(tmp_path, receiver, made, examples=ProfileExamples)
    answered = orders.client.post("/_mock/sandboxes/default/examples", json={"vendor": "orders"})
    assert answered.status == 200, answered.text
    assert "/cb" in answered.json["body"]
    sleep(0.3)
    assert receiver.received.empty()


def test_a_thousand_items_with_all_effects(tmp_path: Path, receiver: Receiver) -> None:
    orders = Orders(tmp_path, receiver, document({"sign": {"header": "X-Signature"}}))
    orders.register(secret="s3cret")
    effects = ["lost", "duplicate", "late", "outOfOrder", "wrongSignature", "early"]
    values: dict[str, Any] = {"duplicate": 1, "late": 30}
    rules = [
        {"select": {"key": f"{at:04}"}, "effect": {"callback": {effect: values.get(effect, True)}}}
        for at, effect in enumerate(effects * 20)
    ]
    scenario = {"version": 1, "name": "hooks", "rules": [{"id": "r", "items": rules}]}
    assert orders.client.post("/_mock/sandboxes/default/scenarios", json=scenario).status == 200
    orders.send(*(f"{at:04}" for at in range(1000)))
    of = {effect: [f"{at:04}" for at in range(120) if effects[at % 6] == effect] for effect in effects}
    on_time = [
        one
        for at in range(1000)
        if (one := f"{at:04}") not in of["lost"] + of["late"] + of["outOfOrder"] + of["early"]
        for _ in range(1 + (one in of["duplicate"]))
    ]
    wanted = [*of["early"], *on_time, *reversed(of["outOfOrder"])]
    received = receiver.take(len(wanted))
    orders.advance(30)
    received += receiver.take(len(of["late"]))
    assert [one.json["data"]["number"] for one in received] == [*wanted, *of["late"]]
    signed = [one for one in received if one.headers["X-Signature"] == signature(one.body)]
    assert {one.json["data"]["number"] for one in received if one not in signed} == {*of["wrongSignature"]}
    assert receiver.received.empty()


def signature(body: bytes) -> str:
    return hmac.new(b"s3cret", body, "sha256").hexdigest()
