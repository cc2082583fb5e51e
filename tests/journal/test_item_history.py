"""What the journal knows of an item in each call that carried it, and what the answer told of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from decimal import Decimal
from typing import Any, TypeAlias

import pytest

from mockserver.control.scenarios import PackagedScenarios
from mockserver.journal.entry import cut_bodies
from mockserver.journal.item_history import ItemHistory, find_histories
from mockserver.journal.view import View
from mockserver.server.application import Application
from mockserver.server.transport_faults import ConnectionLostError
from tests.control.operators import NEW, create, order
from tests.support import sample_vendor
from tests.support.client import Client
from tests.vendors.guidewire.samples import BATCH, C_ITEMS, INVOICES, ITEM, sent
from tests.vendors.payt.samples import invoice
from tests.vendors.xero.documents import BATCHES, EACH, R1, R2, TENANT, batch, pay

Fate: TypeAlias = tuple[str, bool, str]
"""Action, whether it took effect, and what the answer told."""

STORED = ("created", True, "stored")
LOST = ("created", True, "nothing")
OF_B = {"select": {"key": "B"}}
FAIL_B = {**OF_B, "effect": {"fail": {"code": "locked"}}}
DRIFT = {"path": "$.results", "change": "rename", "to": "rows"}


@pytest.fixture
def reader() -> Iterator[Client]:
    """A client of the sample vendor, whose sandbox `new` stands still."""
    with sample_vendor.shared_client(seed=3) as client:
        create(client, freeze="2026-01-05T09:00:00Z")
        yield client


def arm(client: Client, sandbox: str = "new", **rule: Any) -> None:
    document = {"version": 1, "name": "s", "rules": [{"id": "r", "times": {"count": 1}, **rule}]}
    assert client.put(f"/_mock/sandboxes/{sandbox}/scenarios/s", json=document).status == 200


def call_of(call: Callable[[], object]) -> None:
    """A call whose answer may be lost, or be none of the vendor's spec."""
    with suppress(ConnectionLostError, AssertionError):
        call()


def histories(app: Any, sandbox: str = "new", key: str | None = None) -> tuple[ItemHistory, ...]:
    packaged = PackagedScenarios(app.served)
    return find_histories(app.journal.kept.entries(sandbox), app.served, lambda: packaged.documents, key)


def fates(app: Any, sandbox: str = "new") -> dict[str, list[Fate]]:
    """The fates of each item in the order of calls; the item of a call without a batch is ""."""
    return {
        "" if " /" in one.key else one.key: [(at.action, at.stored, str(at.told)) for at in one.attempts]
        for one in histories(app, sandbox)
    }


def test_a_plain_call_tells_of_each_item(reader: Client) -> None:
    order(reader, "A", "")

    found = fates(reader.app)
    assert found == {"A": [STORED], "#2d80711301ba": [("rejected", False, "rejected")]}


@pytest.mark.parametrize(
    ("rule", "of_a", "of_b"),
    [
        ({"items": [FAIL_B]}, STORED, ("rejected", False, "rejected")),
        ({"items": [{**OF_B, "effect": {"hang": 1}}]}, STORED, ("rejected", False, "rejected")),
        ({"items": [{**OF_B, "effect": {"omit": True}}]}, STORED, LOST),
        (
            {"items": [{**OF_B, "effect": {"omit": True, "commit": False}}]},
            STORED,
            ("lost", False, "nothing"),
        ),
        ({"items": [{**OF_B, "effect": {"commit": False}}]}, STORED, ("lost", False, "stored")),
        (
            {"items": [{**OF_B, "effect": {"fail": {"code": "locked"}, "commit": True}}]},
            STORED,
            ("created", True, "rejected"),
        ),
        ({"items": [{**OF_B, "effect": {"duplicate": 1}}]}, STORED, STORED),
        ({"commit": {"partial": 1}}, STORED, ("lost", False, "stored")),
        ({"commit": "none"}, ("lost", False, "stored"), ("lost", False, "stored")),
        (
            {"commit": "none", "response": {"status": 409}},
            ("skipped", False, "refused"),
            ("skipped", False, "refused"),
        ),
        ({"response": {"status": 409}}, ("created", True, "refused"), ("created", True, "refused")),
        ({"response": {"status": 503}}, LOST, LOST),
        ({"commit": {"partial": 1}, "response": {"status": 500}}, LOST, ("skipped", False, "nothing")),
        ({"response": {"fault": "CONNECTION_RESET_BY_PEER"}}, LOST, LOST),
        ({"response": {"truncateBodyAtFraction": 0.5}}, LOST, LOST),
        ({"response": {"fault": "CLOSE_IDLE"}}, STORED, STORED),
        ({"response": {"status": 307}}, LOST, LOST),
        ({"response": {"body": {"text": "ok", "mediaType": "text/plain"}}}, LOST, LOST),
        ({"envelope": {"drift": [DRIFT]}}, LOST, LOST),
    ],
)
def test_a_rule_decides_what_is_stored_and_told(
    reader: Client, rule: dict[str, Any], of_a: Fate, of_b: Fate
) -> None:
    arm(reader, **rule)

    call_of(lambda: order(reader, "A", "B"))

    found = fates(reader.app)
    assert found == {"A": [of_a], "B": [of_b]}


def test_an_answer_off_contract_tells_nothing(reader: Client) -> None:
    arm(reader, commit="none", response={"status": 429})

    call_of(lambda: order(reader, "A"))

    found = fates(reader.app)
    assert found == {"A": [("skipped", False, "nothing")]}


def test_a_call_refused_before_it_is_read_still_carried_its_items(reader: Client) -> None:
    body = {"orders": [{"id": "A", "amount": 2}]}
    reader.without("authorization").put("/acme/orders", json=body, headers={"mock-sandbox": "new"})

    ((attempt,),) = (one.attempts for one in histories(reader.app))

    assert (attempt.action, attempt.stored, str(attempt.told)) == ("unread", False, "refused")
    assert (attempt.code, attempt.amount) == ("unauthorized", Decimal(2))
    assert attempt.detail.startswith("no credentials")


def test_a_body_that_cannot_be_read_carried_nothing(reader: Client) -> None:
    headers = {"mock-sandbox": "new", "content-type": "application/json"}
    reader.put("/acme/orders", content=b"{", headers=headers)

    found = histories(reader.app)
    assert found == ()


def test_a_body_that_was_cut_leaves_the_fates_and_no_amount(reader: Client) -> None:
    order(reader, "A", "B")
    entries = [cut_bodies(entry, 20) for entry in reader.app.journal.kept.entries("new")]  # type: ignore[attr-defined]

    found = find_histories(entries, reader.app.served)  # type: ignore[attr-defined]

    assert [(one.key, one.stored, one.attempts[0].amount) for one in found] == [
        ("A", True, None),
        ("B", True, None),
    ]


def test_an_item_twice_in_a_call_has_two_attempts(reader: Client) -> None:
    order(reader, "A", "A")

    ((first, second),) = (one.attempts for one in histories(reader.app))

    assert [(one.number, one.index, one.action) for one in (first, second)] == [
        (1, 0, "created"),
        (1, 1, "updated"),
    ]


def test_the_items_of_one_key_are_found_alone(reader: Client) -> None:
    order(reader, "A", "B")
    order(reader, "B")

    (found,) = histories(reader.app, key="B")

    assert [(one.number, one.index) for one in found.attempts] == [(1, 1), (2, 0)]
    assert found.says == "stored by attempts 1, 2 of 2"


@pytest.mark.parametrize(
    ("calls", "failing", "said"),
    [
        (["A"], (), "stored by attempt 1 of 1"),
        (["A", "A"], (2,), "stored by attempt 1 of 2; attempt 2 was refused"),
        (["A", "A", "A", "A"], (2, 3, 4), "stored by attempt 1 of 4; attempts 2 to 4 were refused"),
        (["A", "A", "A"], (1, 3), "stored by attempt 2 of 3; attempt 3 was refused"),
        (["A", "A"], (1, 2), "never stored (2 attempts)"),
    ],
)
def test_a_history_says_which_attempts_were_stored(
    reader: Client, calls: list[str], failing: tuple[int, ...], said: str
) -> None:
    for number, key in enumerate(calls, 1):
        if number in failing:
            arm(reader, items=[{"select": {"key": key}, "effect": {"fail": {"code": "locked"}}}])
        order(reader, key)

    (found,) = histories(reader.app)
    assert found.says == said


def test_attempts_of_which_nothing_was_told_are_not_called_refused(reader: Client) -> None:
    order(reader, "A")
    for lost in ({"fail": {"code": "locked"}}, {"omit": True, "commit": False}):
        arm(reader, items=[{"select": {"key": "A"}, "effect": lost}])
        order(reader, "A")

    (found,) = histories(reader.app)
    assert found.says == "stored by attempt 1 of 3; attempts 2 to 3 were not stored"


def test_the_document_has_times_since_the_first_attempt(reader: Client) -> None:
    arm(reader, response={"delay": {"type": "fixed", "value": 5}})
    order(reader, "A")
    reader.post(f"{NEW}/clock/advance", json={"seconds": 60})
    order(reader, "A")

    (found,) = histories(reader.app)
    first, second = found.document(View())["attempts"]

    assert (first["sinceFirstMillis"], first["waitedMillis"], first["answeredMillis"] >= 5) == (0, None, True)
    assert second["sinceFirstMillis"] == 60_000
    assert 59_000 < second["waitedMillis"] <= 59_995
    assert first["rules"] == ["s/r"]


@pytest.mark.parametrize(
    ("scenario", "fate"),
    [
        ("commit-then-504", LOST),
        ("half-then-500", LOST),
        ("new-field", LOST),
        ("drop-before-commit", ("skipped", False, "nothing")),
    ],
)
def test_the_rules_of_a_packaged_scenario_count_where_a_header_names_it(
    reader: Client, scenario: str, fate: Fate
) -> None:
    headers = {"mock-sandbox": "new", "mock-scenario": scenario}
    body = {"orders": [{"id": "A", "amount": 2}]}

    call_of(lambda: reader.put("/acme/orders", json=body, headers=headers))

    found = fates(reader.app)
    assert found == {"A": [fate]}


@pytest.mark.parametrize(
    ("rule", "fate"),
    [
        ({}, STORED),
        ({"response": {"status": 503}}, LOST),
        ({"commit": "none", "response": {"status": 429}}, ("skipped", False, "refused")),
        ({"commit": {"partial": 0}, "response": {"status": 500}}, ("skipped", False, "nothing")),
        ({"commit": "none"}, ("lost", False, "stored")),
        ({"commit": "none", "response": {"fault": "EMPTY_RESPONSE"}}, ("skipped", False, "nothing")),
        ({"response": {"fault": "EMPTY_RESPONSE"}}, LOST),
        ({"items": [{"select": {"all": True}, "effect": {"commit": False}}]}, ("lost", False, "stored")),
        ({"items": [{"select": {"all": True}, "effect": {"omit": True}}]}, STORED),
        (
            {"items": [{"select": {"all": True}, "effect": {"fail": {"code": "locked"}}}]},
            ("rejected", False, "refused"),
        ),
        (
            {"items": [{"select": {"all": True}, "effect": {"fail": {"code": "locked"}, "commit": True}}]},
            ("created", True, "refused"),
        ),
    ],
)
def test_a_call_without_a_batch_is_one_item(
    app: Application, client: Client, sandbox: str, rule: dict[str, Any], fate: Fate
) -> None:
    guidewire = client.within("/guidewire", authorization="Bearer guidewire-good")
    before = len(guidewire.get(C_ITEMS).json["data"])
    if rule:
        arm(client, sandbox, match={"operation": "createBulkInvoiceItem"}, **rule)

    call_of(lambda: guidewire.post(C_ITEMS, json=sent(**ITEM)))

    found = fates(app, sandbox)
    assert found == {"": [fate]}
    after = len(guidewire.get(C_ITEMS).json["data"])
    assert (after > before) is fate[1]


@pytest.mark.parametrize(
    ("scenario", "stored"), [("commit-then-504", True), ("half-then-500", True), ("internal-error", False)]
)
def test_a_header_decides_of_a_call_without_a_batch(
    app: Application, client: Client, sandbox: str, scenario: str, *, stored: bool
) -> None:
    guidewire = client.within("/guidewire", authorization="Bearer guidewire-good")

    call_of(lambda: guidewire.post(C_ITEMS, json=sent(**ITEM), headers={"mock-scenario": scenario}))

    ((fate,),) = fates(app, sandbox).values()
    assert fate[1:] == (stored, "nothing")


def test_an_example_that_a_call_prefers_stores_nothing(
    app: Application, client: Client, sandbox: str
) -> None:
    guidewire = client.within("/guidewire", authorization="Bearer guidewire-good")

    guidewire.post(C_ITEMS, json=sent(**ITEM), headers={"prefer": "code=201"})

    found = fates(app, sandbox)
    assert found == {"": [("unread", False, "stored")]}


def test_reads_and_logins_carry_no_items(app: Application, client: Client, sandbox: str) -> None:
    client.within("/guidewire", authorization="Bearer guidewire-good").get(INVOICES)
    client.post("/payt/oauth/token", json={"grant_type": "client_credentials"})

    calls, found = len(app.journal.kept.entries(sandbox)), fates(app, sandbox)
    assert (calls, found) == (2, {})


def test_an_omitted_item_is_masked_by_one_that_was_never_sent(
    app: Application, client: Client, sandbox: str
) -> None:
    guidewire = client.within("/guidewire", authorization="Bearer guidewire-good")
    omit = [{"select": {"index": 0}, "effect": {"omit": True}}]
    requests = [{"method": "get", "path": "/bulk-invoices", "query": f"pageSize={n}"} for n in (1, 2)]
    arm(client, sandbox, items=omit, envelope={"phantom": 1})

    call_of(lambda: guidewire.post(BATCH, json={"requests": requests}))

    told = [attempt.told for one in histories(app, sandbox) for attempt in one.attempts]
    assert told == ["stored", "stored"]


def test_a_count_that_does_not_add_up_tells_of_no_item(
    app: Application, client: Client, sandbox: str
) -> None:
    omit = [{"select": {"index": 0}, "effect": {"omit": True}}]
    arm(client, sandbox, items=omit, envelope={"phantom": 1})
    records = {"administration_id": "81", "invoices": [invoice("R-1"), invoice("R-2")]}
    client.post("/payt/v1/invoices", json=records, headers={"authorization": "Bearer full-token"})

    found = fates(app, sandbox)
    assert found == {"R-1": [LOST], "R-2": [LOST]}


@pytest.mark.parametrize(("added", "told"), [(1, "stored"), (2, "nothing"), (-1, "nothing")])
def test_an_omitted_item_is_masked_by_a_count_that_makes_up_for_it(
    app: Application, client: Client, sandbox: str, added: int, told: str
) -> None:
    omit = [{"select": {"index": 0}, "effect": {"omit": True, "commit": False}}]
    arm(client, sandbox, items=omit, envelope={"countAdd": added})
    records = {"administration_id": "81", "invoices": [invoice("R-1"), invoice("R-2")]}
    client.post("/payt/v1/invoices", json=records, headers={"authorization": "Bearer full-token"})

    found = fates(app, sandbox)
    assert [fate[2] for (fate,) in found.values()] == [told, told]


@pytest.fixture
def put(client: Client) -> Callable[..., None]:
    """Put batch payments on two invoices, the second of which is too much, under an idempotency key."""
    xero = client.within("/xero", authorization="Bearer good-token", xero_tenant_id=TENANT)

    def put(key: str, query: str = EACH, amount: int = 9_999_999) -> None:
        batches = [batch(pay(R1, 1), Reference="P-1"), batch(pay(R2, amount), Reference="P-2")]
        body, headers = {"BatchPayments": batches}, {"idempotency-key": key} if key else {}
        call_of(lambda: xero.put(f"{BATCHES}{query}", json=body, headers=headers))

    return put


def test_a_repeated_call_tells_what_the_first_did(
    app: Application, sandbox: str, put: Callable[..., None]
) -> None:
    put("k")
    put("k")

    found = fates(app, sandbox)
    assert found == {
        "P-1": [STORED, ("repeated", False, "stored")],
        "P-2": [("rejected", False, "rejected"), ("repeated", False, "rejected")],
    }


def test_a_repeated_call_tells_what_the_lost_one_did(
    app: Application, client: Client, sandbox: str, put: Callable[..., None]
) -> None:
    arm(client, sandbox, response={"fault": "EMPTY_RESPONSE"})
    put("k")
    put("k")

    found = fates(app, sandbox)["P-1"]
    assert found == [LOST, ("repeated", False, "stored")]


def test_a_repeated_call_tells_nothing_of_a_call_that_did_nothing(
    app: Application, client: Client, sandbox: str, put: Callable[..., None]
) -> None:
    arm(client, sandbox, commit="none", response={"status": 429})
    put("k", amount=1)
    put("k", amount=1)
    put("k", amount=1)

    told = [("skipped", False, "refused"), STORED, ("repeated", False, "stored")]
    found = fates(app, sandbox)
    assert found == {"P-1": told, "P-2": told}


def test_a_refusal_that_shows_bad_items_alone_tells_nothing_of_the_good_ones(
    app: Application, sandbox: str, put: Callable[..., None]
) -> None:
    put("", query="")

    found = fates(app, sandbox)
    assert found == {"P-1": [LOST], "P-2": [("rejected", False, "rejected")]}


def test_a_call_without_a_batch_under_the_same_key_is_repeated(
    app: Application, client: Client, sandbox: str
) -> None:
    client.patch(f"/_mock/sandboxes/{sandbox}/assumptions", json={"vba.idempotency_keys": "on"})
    vba = client.within("/vba", x_api_key="any", authorization="Bearer any", vbasoftware_database="sandbox")
    arm(client, sandbox, response={"status": 504})
    for key in ("k", "k", "l"):
        body = {"payee_ID": f"P-{key}", "name": "N"}
        call_of(lambda body=body, key=key: vba.post("/payees", json=body, headers={"idempotency-key": key}))  # type: ignore[misc]

    first, second = histories(app, sandbox)
    found = [(at.action, at.stored, str(at.told)) for at in (*first.attempts, *second.attempts)]
    assert found == [LOST, ("repeated", False, "stored"), STORED]
