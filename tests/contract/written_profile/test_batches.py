"""Each member of a written batch does what its table says: tenants, steps, reading, replays, blank keys."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from mockserver.contract.api import ApiUnderTest
from mockserver.contract.exchange import Exchange, Request, Response
from mockserver.contract.loading import load_api, load_vendor_api
from mockserver.contract.profile import REFUSED_STEP, BatchItem, BatchProfile, DrawnValues
from mockserver.errors import SpecError
from mockserver.model import Json
from tests.support import sample_vendor

DRAWN = DrawnValues(17, Decimal("19.90"))
READ = Request("GET", "/orders/K-1")
SHOWN = {"operation": "showOrder", "path": {"id": "{key}"}, "shows": ["/amount"]}


@cache
def payt() -> ApiUnderTest:
    return load_vendor_api("payt", None, Path(__file__).parent / "payt.yaml")


def payt_batch(operation: str, **facts: str) -> BatchProfile:
    there = payt().profile.batches({**payt().facts, **facts})
    return next(one for one in there if one.operation == operation)


def acme(folder: Path, **members: Any) -> BatchProfile:
    """The batch of the made-up vendor with an `x-contract`."""
    document = sample_vendor.changed_document("/paths/~1orders/put/x-contract", members)
    api = load_api(sample_vendor.write_spec(folder, document))
    [batch] = api.profile.batches(api.facts)
    return batch


def answered(status: int, document: Json = None) -> Exchange:
    return Exchange(READ, Response(status, {}, json.dumps(document).encode()))


def test_a_body_names_the_tenant() -> None:
    batch = payt_batch("postV1Invoices")

    assert [batch.call([], tenant).json()["administration_id"] for tenant in (0, 1)] == ["81", "82"]
    assert "administration_id=82" in batch.read("K", 1).path


def test_a_tenant_with_an_empty_fact_is_left_out() -> None:
    assert payt_batch("postV1Invoices").tenants == 2
    assert payt_batch("postV1Invoices", other_administration="").tenants == 1


def test_a_fact_of_the_user_is_in_the_items() -> None:
    assert payt_batch("postV1Invoices", debtor="D-7").item("K", DRAWN)["debtor_number"] == "D-7"


def test_a_bad_item_with_an_empty_fact_is_left_out() -> None:
    profile, why = load_vendor_api("payt", {}).profile, "a debtor of a third administration"

    def is_sent(debtor: str) -> bool:
        first, *_ = profile.batches({**profile.facts, "foreign_debtor": debtor})
        return why in [one.name for one in first.corruptions]

    assert is_sent("K-14")
    assert not is_sent("")


def test_a_step_changes_the_members_that_it_names() -> None:
    step = next(one for one in payt_batch("postV1Invoices").steps if one.name == "pay all of it")
    before = payt_batch("postV1Invoices").record("K", DRAWN)

    zero = {"open_amount": Decimal(0), "book_open_amount": Decimal(0)}
    assert step.after(before, DRAWN) == {**before, **zero}
    assert step.after(None, DRAWN) is None


def test_a_step_sends_a_good_item_with_its_changes() -> None:
    batch = payt_batch("postV1Invoices")
    step = next(one for one in batch.steps if one.name == "send it again with another day to pay")

    sent = step.request("K", DRAWN, 1).json()

    item = {**batch.item("K", DRAWN), "due_date": "2026-08-01"}
    assert sent == {"administration_id": "82", "invoices": [item]}
    assert step.after(None, DRAWN) == {**batch.record("K", DRAWN), "due_date": "2026-08-01"}


def test_what_a_key_needs_is_sent_first() -> None:
    batch = payt_batch("patchV1Invoices")

    assert batch.prepare
    [request] = batch.prepare("K", 1)
    assert (request.method, request.json()["invoices"][0]["amount_open"]) == ("POST", "0.01")
    assert not batch.creates


def test_what_is_left_out_is_made_of_the_spec(tmp_path: Path) -> None:
    written, plain = acme(tmp_path, twice="each"), acme(tmp_path)

    assert (written.twice, plain.twice) == ("each", "")
    assert written.item(written.key(1), DRAWN) == {"id": "k1001", "amount": Decimal("19.90"), "note": "v17"}
    assert [one.name for one in written.corruptions] == [one.name for one in plain.corruptions]
    assert written.listing


def test_ways_to_spoil_that_do_not_fit_the_item_are_left_out(tmp_path: Path) -> None:
    batch = acme(tmp_path, item={"id": "{key}", "amount": "{amount}"})

    assert "no amount" in [one.name for one in batch.corruptions]
    assert batch.record("K", DRAWN) == {"id": "K", "amount": Decimal("19.90")}


def test_several_items_are_taken_in_turn(tmp_path: Path) -> None:
    batch = acme(tmp_path, item=[{"id": "{key}", "amount": 1}, {"id": "{key}", "amount": 1, "note": "odd"}])

    drawn = [DrawnValues(number, Decimal(1)) for number in (2, 3)]

    assert [batch.item("K", one).get("note") for one in drawn] == [None, "odd"]


@pytest.mark.parametrize(
    ("shows", "shown"),
    [
        ({"/amount": "/amount"}, "19.9"),
        ({"/amount": {"as": "amount"}}, Decimal("19.9")),
        ({"/amount": {"value": "{amount}", "as": "text"}}, "19.9"),
    ],
)
def test_a_member_is_compared_as_it_is_written(
    tmp_path: Path, shows: Mapping[str, Any], shown: str | Decimal
) -> None:
    batch = acme(tmp_path, read={**SHOWN, "shows": shows})

    assert batch.shown("K-1", answered(200, {"id": "K-1", "amount": "19.9"})) == {"amount": shown}


def test_a_value_of_its_own_is_due_whatever_was_sent(tmp_path: Path) -> None:
    batch = acme(tmp_path, read={**SHOWN, "shows": {"/state": {"value": "OPEN"}}})

    assert batch.record("K-1", DRAWN) == {"state": "OPEN"}


def test_a_record_in_a_list_is_found_by_its_key(tmp_path: Path) -> None:
    batch = acme(tmp_path, read={**SHOWN, "record": "/data"})
    rows = [{"id": "K-2", "amount": 2}, {"id": "K-1", "amount": 1}]

    assert batch.shown("K-1", answered(200, {"data": rows})) == {"amount": Decimal(1)}
    assert batch.shown("K-3", answered(200, {"data": rows})) is None


def test_a_record_that_says_that_it_is_deleted_is_none(tmp_path: Path) -> None:
    batch = acme(tmp_path, read={**SHOWN, "deleted": {"/gone": True}}, list={"operation": "listOrders"})
    gone, there = {"id": "K-1", "amount": 1, "gone": True}, {"id": "K-1", "amount": 1, "gone": False}

    assert batch.shown("K-1", answered(200, gone)) is None
    assert batch.shown("K-1", answered(200, there)) == {"amount": Decimal(1)}
    assert batch.listed
    assert batch.listed(answered(200, [gone])) == {}


def test_other_statuses_may_say_that_there_is_none(tmp_path: Path) -> None:
    batch = acme(tmp_path, read={**SHOWN, "missing": [403]})

    assert batch.shown("K-1", answered(403)) is None
    with pytest.raises(ValueError, match="a read was answered 404 and shows no record"):
        batch.shown("K-1", answered(404))


@pytest.mark.parametrize(
    ("document", "message"),
    [("x", "a text"), (None, "not there"), (5, "a number")],
    ids=["text", "nothing", "number"],
)
def test_an_answer_without_a_record_cannot_be_read(tmp_path: Path, document: Json, message: str) -> None:
    with pytest.raises(ValueError, match=f"a read was answered with {message} at its root"):
        acme(tmp_path, read=SHOWN).shown("K-1", answered(200, document))


def test_an_answer_without_a_list_cannot_be_read(tmp_path: Path) -> None:
    batch = acme(tmp_path, read=SHOWN, list={"operation": "listOrders"})

    assert batch.listed
    with pytest.raises(ValueError, match="a list was answered with an object at its root, not with a list"):
        batch.listed(answered(200, {}))


def test_a_replay_is_as_it_is_written(tmp_path: Path) -> None:
    replay = {"header": "Idempotency-Key", "again": "refused", "status": 409, "conflict": 422}

    batch = acme(tmp_path, replay=replay)

    assert (batch.key_header, batch.again) == ("Idempotency-Key", "refused")
    assert (batch.replay_status, batch.conflict_status) == (409, 422)


def test_other_media_types_have_the_same_body(tmp_path: Path) -> None:
    batch = acme(tmp_path, **{"media-types": ["text/json"]})

    assert batch.encodings["text/json"]([{"id": "K-1"}]) == batch.call([{"id": "K-1"}], 0).body


def test_the_key_that_a_blank_one_was_given_is_not_the_callers(tmp_path: Path) -> None:
    batch = acme(tmp_path, **{"blank-keys": ["0"]})
    items = [BatchItem(0, "0", {"id": "0"}), BatchItem(1, "K-1", {"id": "K-1"})]
    rows = [{"status": 201, "order": {"id": key}} for key in ("9", "K-1")]

    assert batch.reader
    found = batch.reader(answered(207, {"results": rows}), items)

    assert found
    assert [one.key for one in found.outcomes] == [None, "K-1"]
    assert batch.reader(answered(400), items) is None


def test_a_status_says_what_was_done(tmp_path: Path) -> None:
    batch = acme(tmp_path, classes={"200": "updated"})
    items = [BatchItem(place, key, {"id": key}) for place, key in enumerate(("K-1", "K-2", "K-3"))]
    rows = [{"status": status, "order": {"id": "K"}} for status in (200, 201, 422)]

    assert batch.reader
    reported = batch.reader(answered(207, {"results": rows}), items)

    assert reported
    assert [outcome.made for outcome in reported.outcomes] == ["updated", "created", ""]


def test_the_amount_of_an_item_is_found(tmp_path: Path) -> None:
    batch = acme(tmp_path, amount="/amount")

    assert batch.amount
    assert batch.amount(batch.item("K", DRAWN)) == Decimal("19.90")
    with pytest.raises(SpecError, match="amount: a good item has nothing there"):
        acme(tmp_path, amount="/sum")


def test_a_refused_step_is_refused(tmp_path: Path) -> None:
    step = {
        "name": "look",
        "operation": "showOrder",
        "path": {"id": "{key}"},
        "if-there": "unchanged",
        "if-not": "refused",
    }
    [made] = acme(tmp_path, steps=[step]).steps

    assert (made.after({"amount": "1"}, DRAWN), made.after(None, DRAWN)) == ({"amount": "1"}, REFUSED_STEP)
    assert made.request("K-1", DRAWN, 0).path == "/orders/K-1"


def example(folder: Path, members: Json) -> Any:
    """What a server answers that is asked for an example of the batch."""
    document = sample_vendor.changed_document("/paths/~1orders/put/x-contract", members)
    client = sample_vendor.create_client(folder, document)
    return client.post("/_mock/sandboxes/default/examples", json={"vendor": "acme", "items": 1}).json


def test_an_example_of_the_server_is_an_item_of_the_profile(tmp_path: Path) -> None:
    item = {"id": "{key}", "amount": 7, "note": "by hand"}

    assert json.loads(example(tmp_path, {"item": item})["body"])["orders"][0]["note"] == "by hand"


def test_a_mistake_is_told_to_who_asks_for_an_example(tmp_path: Path) -> None:
    assert (
        "x-contract.twice: expected call or each or first" in example(tmp_path, {"twice": "both"})["detail"]
    )


def test_a_bad_item_has_a_number_as_text_and_other_names(tmp_path: Path) -> None:
    bad = [
        {"because": "its amount in quotes", "as-text": "/amount"},
        {"because": "names in capitals", "names": "upper"},
    ]
    batch = acme(tmp_path, item={"id": "{key}", "amount": 5}, bad=bad)

    assert [one.change({"id": "K", "amount": 5}) for one in batch.corruptions] == [
        {"id": "K", "amount": "5"},
        {"ID": "K", "AMOUNT": 5},
    ]


def test_several_operations_have_the_same_pins(tmp_path: Path) -> None:
    document = sample_vendor.document()
    statuses = {"showOrder, listOrders": {"valid": ["200", "404"], "reason": "ids"}}
    document["x-contract"] = {"pins": {"known": {"showOrder": {"id": "K"}}, "expected-statuses": statuses}}

    pins = load_api(sample_vendor.write_spec(tmp_path, document)).profile.pins

    assert pins.known == {"showOrder": {"id": "K"}}
    assert {name: one.valid for name, one in pins.expected_statuses.items()} == {
        "showOrder": ("200", "404"),
        "listOrders": ("200", "404"),
    }


def test_refusals_and_limited_credentials_are_those_of_the_file(tmp_path: Path) -> None:
    document = sample_vendor.document()
    document["x-contract"] = {
        "refusals": [{"situation": "no right", "statuses": [404], "reason": "it hides records"}],
        "limited": [{"given": {"bearer": {"bearer": "reader"}}, "operations": ["putOrders"]}],
        "idempotency": {"name": "x-key", "again": "same"},
        "message-exceptions": ["created earlier"],
    }
    profile = load_api(sample_vendor.write_spec(tmp_path, document)).profile

    assert [(rule.situation, rule.statuses) for rule in profile.refusals] == [("no right", (404,))]
    assert [one.operations for one in profile.limited] == [("putOrders",)]
    assert profile.idempotency is not None
    assert (profile.idempotency.name, profile.idempotency.again) == ("x-key", "same")
    assert profile.message_exceptions == ("created earlier",)


def test_an_exempted_message_must_be_a_pattern_that_can_be_read(tmp_path: Path) -> None:
    document = {**sample_vendor.document(), "x-contract": {"message-exceptions": ["created", "(earlier"]}}

    with pytest.raises(SpecError, match=r"message-exceptions\.1: no regular expression: \(earlier"):
        load_api(sample_vendor.write_spec(tmp_path, document))
