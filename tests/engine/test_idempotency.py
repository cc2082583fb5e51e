"""Idempotency keys as the extension has them, at the made-up vendor."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from mockserver.engine.idempotency import IdempotencyExtension
from mockserver.engine.registry import discover_vendors
from mockserver.model import Call, Principal, Reply
from mockserver.sandbox.memory_store import MemoryStore
from tests.support import engine_samples, sample_vendor
from tests.support.client import Client, Response
from tests.support.overlapping_calls import OverlappingRequest, send_overlapping

NOW = "2026-01-05T09:00:00Z"
ONE = b'{"orders": [{"id": "A", "amount": 1}]}'
TWO = b'{"orders": [{"id": "A", "amount": 2}]}'


def acme(folder: Path, value: str = "on", **values: str) -> Client:
    assumptions = {"acme.idempotency_keys": value} | {f"acme.{name}": one for name, one in values.items()}
    return sample_vendor.create_client(folder, assumptions=assumptions, freeze=NOW)


def put(client: Client, body: bytes = ONE, key: str | None = "k", query: str = "") -> Response:
    named = {} if key is None else {"idempotency-key": key}
    return client.put(
        f"/acme/orders{query}", content=body, headers={"content-type": "application/json", **named}
    )


def amount(client: Client) -> Any:
    return client.get("/acme/orders/A").json["amount"]


def test_a_key_means_nothing_until_the_assumption_is_on(tmp_path: Path) -> None:
    client = acme(tmp_path, "off")

    assert [put(client).status, put(client, TWO).status, amount(client)] == [207, 207, 2]


def test_the_same_request_gets_the_same_bytes_and_happens_once(tmp_path: Path) -> None:
    client = acme(tmp_path)
    first = put(client)
    put(client, TWO, key=None)

    again = put(client)

    assert (again.status, again.media_type, again.body) == (first.status, first.media_type, first.body)
    assert (first.json["results"][0]["text"], amount(client)) == ("Created", 2)


def test_a_replay_has_its_own_journal_entry_and_no_items(tmp_path: Path) -> None:
    client = acme(tmp_path)
    first, again = put(client), put(client)

    assert (first.headers["mock-journal"], again.headers["mock-journal"]) == ("1", "2")
    entries = client.get("/_mock/sandboxes/default/journal").json
    assert sorted(entry["outcomes"].get("created", 0) for entry in entries) == [0, 1]


def test_a_refused_key_can_be_exported_as_a_case(tmp_path: Path) -> None:
    client = acme(tmp_path, "required")
    put(client, key=None)

    exported = client.get("/_mock/sandboxes/default/journal/1/export?format=case")

    assert (exported.status, "status: 400" in exported.text) == (200, True)


def test_a_refusal_is_replayed_too(tmp_path: Path) -> None:
    client = acme(tmp_path)
    first = put(client, b"{")

    again = put(client, b"{")

    assert (first.status, again.status, again.body) == (400, 400, first.body)
    assert put(client, ONE).status == 422


@pytest.mark.parametrize(("body", "query"), [(TWO, ""), (ONE, "?more=1")], ids=["body", "query"])
def test_another_request_under_the_same_key_is_refused(tmp_path: Path, body: bytes, query: str) -> None:
    client = acme(tmp_path)
    put(client)

    answered = put(client, body, query=query)

    assert (answered.status, answered.media_type, amount(client)) == (422, "application/problem+json", 1)
    assert answered.json == {
        "type": "urn:mockserver:idempotency-key-reused",
        "title": "Idempotency key reused",
        "status": 422,
        "instance": "/orders",
        "detail": "Idempotency-Key k was used with another request",
    }


def test_a_key_that_must_be_there_and_is_not_is_asked_for(tmp_path: Path) -> None:
    client = acme(tmp_path, "required")

    answered = put(client, key=None)

    assert (answered.status, answered.json["title"]) == (400, "Idempotency key missing")
    assert client.get("/acme/orders").json == []


def test_an_empty_key_is_none(tmp_path: Path) -> None:
    client = acme(tmp_path)

    assert [put(client, ONE, "").status, put(client, TWO, " ").status, amount(client)] == [207, 207, 2]
    assert put(acme(tmp_path, "required"), key="").status == 400


def test_a_refusal_links_to_a_page_that_tells_of_the_assumption(tmp_path: Path) -> None:
    client = acme(tmp_path, "required")

    link = put(client, key=None).headers["link"]

    assert link == '</acme/ui/>; rel="describedby"; type="text/html"'
    assert "idempotency_keys" in client.get("/acme/ui/").text


def test_a_quoted_key_is_the_same_as_a_bare_one(tmp_path: Path) -> None:
    client = acme(tmp_path)
    put(client, key='"k"')

    assert put(client, TWO, key="k").status == 422


def test_what_is_escaped_belongs_to_the_key(tmp_path: Path) -> None:
    client = acme(tmp_path)
    put(client, key=r'"a\"b"')

    assert (
        put(client, TWO, key=r'"a\"b"').json["detail"] == 'Idempotency-Key a"b was used with another request'
    )


@pytest.mark.parametrize("key", ["a, b", '"', '""', '"a', "a;b=1", 'a"b"', "two words", "\u00e9"])
def test_what_is_not_one_text_is_no_key(tmp_path: Path, key: str) -> None:
    client = acme(tmp_path)

    answered = put(client, key=key)

    assert (answered.status, answered.json["title"]) == (400, "Idempotency key malformed")
    assert client.get("/acme/orders").json == []


@pytest.mark.parametrize("quote", ["", '"'], ids=["bare", "quoted"])
def test_a_key_has_128_characters_at_most(tmp_path: Path, quote: str) -> None:
    client = acme(tmp_path)

    assert put(client, key=quote + "k" * 128 + quote).status == 207
    refused = put(client, key=quote + "k" * 129 + quote)
    assert (refused.status, refused.json["title"]) == (400, "Idempotency key too long")


@pytest.mark.parametrize("key", [None, "k" * 129])
def test_who_only_reads_is_asked_for_no_key(tmp_path: Path, key: str | None) -> None:
    client = acme(tmp_path, "required")
    named = {} if key is None else {"idempotency-key": key}

    assert client.get("/acme/orders", headers=named).status == 200


def test_who_may_not_enter_gets_no_answer_from_before(tmp_path: Path) -> None:
    client = acme(tmp_path)
    put(client)

    assert put(client.without("authorization")).status == 401


@pytest.mark.parametrize(
    ("values", "seconds", "again"),
    [({}, 86399, "Created"), ({}, 86400, "Updated"), ({"idempotency_lifetime": "360"}, 360, "Updated")],
)
def test_a_key_is_forgotten_after_its_lifetime_on_the_sandbox_clock(
    tmp_path: Path, values: dict[str, str], seconds: int, again: str
) -> None:
    client = acme(tmp_path, **values)
    put(client)

    client.post("/_mock/sandboxes/default/clock/advance", json={"seconds": seconds})

    assert put(client).json["results"][0]["text"] == again


def test_a_sandbox_that_is_reset_knows_no_key(tmp_path: Path) -> None:
    client = acme(tmp_path)
    put(client)

    client.post("/_mock/sandboxes/default/reset")

    assert put(client, TWO).status == 207


def test_the_dump_of_a_sandbox_holds_its_keys(tmp_path: Path) -> None:
    client = acme(tmp_path)
    put(client)

    kept = client.get("/_mock/sandboxes/default/dump").json["acme/"]["idempotency"]

    assert kept["token holder/putOrders/k"]["until"] == "2026-01-06T09:00:00Z"


def test_an_answer_that_was_lost_is_replayed_when_the_vendor_is_up_again(tmp_path: Path) -> None:
    client = acme(tmp_path, availability="failing_after_commit")
    lost = put(client)
    client.patch("/_mock/sandboxes/default/assumptions", json={"acme.availability": "up"})

    again = put(client)

    assert (lost.status, again.status, again.json["results"][0]["text"]) == (500, 207, "Created")


def overlapping(client: Client, *keys: str, done: bool = False) -> tuple[Response, Response]:
    """A call with the first key that is not over when one with the second is answered."""
    first, second = (
        OverlappingRequest("PUT", "/acme/orders", ONE, {"idempotency-key": key} if key else {})
        for key in keys
    )
    return send_overlapping(client, first, second, done=done)


@pytest.mark.parametrize("done", [False, True], ids=["asking", "answering"])
def test_while_the_first_call_is_not_over_the_second_is_refused(tmp_path: Path, *, done: bool) -> None:
    client = acme(tmp_path)

    first, second = overlapping(client, "k", "k", done=done)

    assert (first.status, second.status, amount(client)) == (207, 409, 1)
    assert second.json["title"] == "Idempotency key in flight"


@pytest.mark.parametrize("keys", [("k", "other"), ("", "")], ids=["two", "none"])
def test_calls_without_a_key_in_common_do_not_wait_for_each_other(
    tmp_path: Path, keys: tuple[str, str]
) -> None:
    first, second = overlapping(acme(tmp_path), *keys)

    assert (first.status, second.status) == (207, 207)


def test_another_request_is_refused_as_such_though_the_first_is_not_over(tmp_path: Path) -> None:
    client = acme(tmp_path)
    put(client)
    first, second = (
        OverlappingRequest("PUT", "/acme/orders", body, {"idempotency-key": "k"}) for body in (ONE, TWO)
    )

    assert [one.status for one in send_overlapping(client, first, second)] == [207, 422]


CALL = replace(
    engine_samples.CALL,
    headers={**engine_samples.CALL.headers, "idempotency-key": "k"},
    body=ONE,
    assumptions={"idempotency_keys": "on", "idempotency_lifetime": "60"},
)
Remembered = Callable[[Call, Call], Reply | None]


@pytest.fixture
def remembered(tmp_path: Path) -> Remembered:
    """What a second call is answered after a first one was, at a vendor whose tenants stand everywhere."""
    scope = [
        {"in": "header", "name": "X-Tenant"},
        {"in": "query", "name": "tenant"},
        {"in": "body", "pointer": "/tenant"},
    ]
    served = engine_samples.loaded_vendor(tmp_path, sample_vendor.document() | {"x-scope": scope})
    keys = IdempotencyExtension(served.spec)
    operation = served.spec.operations["putOrders"]
    store: MemoryStore = engine_samples.store()
    reply = Reply(207, b"\xff", "text/plain", (("Location", "/there"),))

    def second(first: Call, again: Call) -> Reply | None:
        engine_samples.transact(store, lambda state: keys.remember(first, operation, reply, state))
        return engine_samples.transact(store, lambda state: keys.replay(again, operation, state))

    return second


def test_a_replay_has_every_octet_and_every_header(remembered: Remembered) -> None:
    assert remembered(CALL, CALL) == Reply(207, b"\xff", "text/plain", (("Location", "/there"),))


@pytest.mark.parametrize(
    "other",
    [
        replace(CALL, principal=Principal("other")),
        replace(CALL, headers={**CALL.headers, "x-tenant": "b"}),
        replace(CALL, query="tenant=b"),
        replace(CALL, body=b'{"tenant": "b"}'),
    ],
    ids=["caller", "header", "query", "body"],
)
def test_callers_and_tenants_have_keys_of_their_own(remembered: Remembered, other: Call) -> None:
    assert remembered(CALL, other) is None


def test_a_key_that_looks_like_a_path_is_itself_alone(remembered: Remembered) -> None:
    deep = replace(CALL, headers={**CALL.headers, "idempotency-key": "a/putOrders/b"})
    flat = replace(
        CALL, headers={**CALL.headers, "idempotency-key": "b"}, principal=Principal("anybody/putOrders/a")
    )

    assert remembered(deep, flat) is None


def test_vendors_that_have_their_own_way_have_no_assumption_for_it() -> None:
    without = {
        vendor.name
        for vendor in discover_vendors()
        if not any(one.name.startswith("idempotency_") for one in vendor.all_assumptions)
    }

    assert without == {"guidewire", "xero"}
