"""What a worker of this form has stored is read by every later one; or else `FORMAT` is another number."""

from __future__ import annotations

from decimal import Decimal

from msgspec.structs import replace

from mockserver.journal.entry import ItemResults
from mockserver.model import Action, Item, Outcome, Problem
from mockserver.redis_store.journal import decode
from mockserver.redis_store.keys import FORMAT, list_keys, sandbox_keys
from mockserver.redis_store.sandbox_copy import read_before
from tests.support.journal_entries import ENTRY

HOW = "a version that cannot read this needs another FORMAT, and this test what that one stores"
ENTRY_OF_FORM_1 = rb"""
{"number":17,"at":"2026-01-05T09:00:00Z","call":{"vendor":"acme","sandbox":"default","method":"PUT",
"path":"/orders","query":"page=2","headers":{"host":"127.0.0.1:8080","authorization":"Bearer abcdef",
"content-type":"application/json"},"body":"AP8=","mount":"/acme","origin":"http://127.0.0.1:8080",
"principal":{"name":"anybody","scopes":null,"facts":{}},"assumptions":{"quotas":"on"},"in_flight":1,
"same_key_in_flight":0,"target":"/acme/orders","now":"2026-01-05T09:00:00Z","scenarios":[]},
"reply":{"status":207,"body":"eyJyZXN1bHRzIjpbXX0=","media_type":"application/json","headers":[],"reason":""},
"operation":"putOrders","refusal":null,
"decided":{"packed":"W1siQSIsIkIiXSxbImNyZWF0ZWQiLCJyZWplY3RlZCJdXQ==",
"problems":{"1":[{"code":"too-long","path":["items",3,"a/b"],"detail":"detail","rule":"maxLength",
"expected":2.50,"found":[1,null]}]},"warnings":{},"counts":{"created":1,"rejected":1}},
"duration_ms":3.4567,"trace":"","applied":[],"effects":{},"delivery":null,"off_contract":"","reason":"",
"request_cut_bytes":0,"reply_cut_bytes":0}
"""
CHANGE_OF_FORM_1 = (
    b'\x00\x00\x00\x16\x00\x00\x00\x0fvba/sandbox\x00invoices\x007{"amount":2.50}'
    b"\x00\x00\x00\x17\xff\xff\xff\xffvba/sandbox\x00invoices\x00\xc3\xa9"
)
"""One document that was there before, and one that was not."""


def test_an_entry_of_form_1_is_read() -> None:
    problem = Problem("too-long", ("items", 3, "a/b"), "detail", "maxLength", Decimal("2.50"), [1, None])
    results = ItemResults.of(
        (
            Outcome(Item(0, "A", {}), Action.CREATED),
            Outcome(Item(1, "B", {}), Action.REJECTED, problems=(problem,)),
        )
    )

    call = replace(ENTRY.call, body=b"\x00\xff", assumptions={"quotas": "on"})

    assert decode(ENTRY_OF_FORM_1) == replace(ENTRY, call=call, decided=results), HOW


def test_a_change_of_form_1_is_read() -> None:
    place = ("vba/sandbox", "invoices")

    assert read_before(CHANGE_OF_FORM_1) == [(place, "7", {"amount": Decimal("2.50")}), (place, "é", None)], (
        HOW
    )


def test_every_key_names_the_form() -> None:
    assert FORMAT == 2, HOW
    assert sandbox_keys("mock", "a").head == "mock:2:{3}:a:head"
    assert sandbox_keys("mock", "a").journal == "mock:2:{3}:a:journal"


def test_all_keys_of_a_sandbox_and_its_list_are_in_one_slot() -> None:
    for name in ("a", "default", "team-7"):
        keys = sandbox_keys("mock", name)

        assert len({key.partition("{")[2].partition("}")[0] for key in keys}) == 1
        assert keys.sandboxes in list_keys("mock")
