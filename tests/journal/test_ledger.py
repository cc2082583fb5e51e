"""How each item of a run ended, and the sums of items and money."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from tests.control.operators import NEW, SANDBOXES, create, order
from tests.journal.test_item_history import DRIFT, FAIL_B, OF_B, arm, call_of
from tests.support import sample_vendor
from tests.support.client import Client
from tests.vendors.payt.samples import invoice
from tests.vendors.xero.documents import TENANT, line
from tests.vendors.xero.documents import invoice as xero_invoice

RESET: dict[str, Any] = {"response": {"fault": "CONNECTION_RESET_BY_PEER"}}


@pytest.fixture
def reader() -> Iterator[Client]:
    with sample_vendor.shared_client(seed=3) as client:
        create(client)
        yield client


def ledger_of(client: Client, sandbox: str = NEW) -> Any:
    return client.get(f"{sandbox}/ledger").json


def ends(client: Client) -> dict[str, str]:
    return {one["key"]: one["end"] for one in client.get(f"{NEW}/journal/items").json}


@pytest.mark.parametrize(
    ("rule", "of_b"),
    [
        ({"items": [FAIL_B]}, "refused"),
        ({"items": [{**OF_B, "effect": {"omit": True}}]}, "created"),
        ({"items": [{**OF_B, "effect": {"omit": True, "commit": False}}]}, "lost"),
        ({"items": [{**OF_B, "effect": {"commit": False}}]}, "phantom"),
        ({"items": [{**OF_B, "effect": {"fail": {"code": "locked"}, "commit": True}}]}, "created"),
        ({"commit": "none"}, "phantom"),
        ({"commit": "none", "response": {"status": 409}}, "refused"),
        ({"commit": "none", "response": {"status": 503}}, "refused"),
        ({"commit": "none", **RESET}, "lost"),
        ({"commit": "none", "envelope": {"drift": [DRIFT]}}, "lost"),
    ],
)
def test_an_item_ends_by_what_is_stored_and_told(reader: Client, rule: dict[str, Any], of_b: str) -> None:
    arm(reader, **rule)

    call_of(lambda: order(reader, "A", "B"))

    assert ends(reader)["B"] == of_b


def test_the_last_call_with_an_item_decides(reader: Client) -> None:
    arm(reader, items=[FAIL_B])

    order(reader, "A", "B")
    order(reader, "B")

    assert ends(reader)["B"] == "created"


def test_an_update_after_a_lost_answer_creates_nothing_twice(reader: Client) -> None:
    arm(reader, **RESET)

    call_of(lambda: order(reader, "A"))
    order(reader, "A")

    assert ledger_of(reader)["doubled"] == {"items": 0, "sums": []}


def test_a_stored_item_without_an_answer_counts_as_never_answered(reader: Client) -> None:
    arm(reader, **RESET)

    call_of(lambda: order(reader, "A"))

    ledger = ledger_of(reader)
    assert (ledger["stored"]["items"], ledger["unanswered"]["items"], ledger["lost"]["items"]) == (1, 1, 0)


def test_the_headline_names_rare_ends_only_if_there_are_any(reader: Client) -> None:
    arm(reader, items=[{**OF_B, "effect": {"commit": False}}])

    order(reader, "A", "B", "")

    assert ledger_of(reader)["says"] == (
        "sent 3 · stored 1 · refused 1 · lost 0 · phantom 1 · doubled 0 · never answered 0"
    )


def test_equal_content_is_created_twice_where_the_vendor_numbers(client: Client, sandbox: str) -> None:
    xero = client.within("/xero", authorization="Bearer good-token", xero_tenant_id=TENANT)
    sent = {"Invoices": [{**xero_invoice(), "CurrencyCode": "USD"}]}
    numbers = [
        xero.put("/api.xro/2.0/Invoices", json=sent).json["Invoices"][0]["InvoiceNumber"] for _ in range(2)
    ]

    ledger = ledger_of(client, f"{SANDBOXES}/{sandbox}")
    (doubled,) = client.get(f"{SANDBOXES}/{sandbox}/journal/items?figure=doubled").json
    assert ledger["stored"] == {"items": 1, "sums": [{"currency": "USD", "amount": "100.0"}]}
    assert ledger["doubled"] == {"items": 1, "sums": [{"currency": "USD", "amount": "100.0"}]}
    assert doubled["why"] == "created by #1 and #2"
    assert doubled["name"] == " and ".join(numbers)


def test_an_item_that_was_created_more_than_twice_says_how_often(client: Client, sandbox: str) -> None:
    xero = client.within("/xero", authorization="Bearer good-token", xero_tenant_id=TENANT)
    for _ in range(4):
        xero.put("/api.xro/2.0/Invoices", json={"Invoices": [xero_invoice()]})

    (doubled,) = client.get(f"{SANDBOXES}/{sandbox}/journal/items?figure=doubled").json
    assert doubled["why"] == "created 4 times by #1, #2, #3 and 1 more"


def test_amounts_are_summed_by_currency(client: Client, sandbox: str) -> None:
    invoices = [invoice("A1"), invoice("A2", currency_code="GBP")]
    records = {"administration_id": "81", "invoices": invoices}
    client.post("/payt/v1/invoices", json=records, headers={"authorization": "Bearer full-token"})

    sums = ledger_of(client, f"{SANDBOXES}/{sandbox}")["sent"]["sums"]
    assert sums == [{"currency": "EUR", "amount": "100.00"}, {"currency": "GBP", "amount": "100.00"}]


FLOAT = 10 + 137 / 100
NZD = {"LineAmountTypes": "Exclusive", "CurrencyCode": "NZD"}


@pytest.mark.parametrize(
    ("changes", "rule", "stored"),
    [
        ({}, {}, "12.19"),
        ({}, RESET, "12.19"),
        ({"InvoiceNumber": "A-1"}, {}, "12.19"),
        ({}, {"envelope": {"order": "reverse"}}, "12.195"),
        ({}, {"items": [{"select": {"index": 0}, "effect": {"omit": True}}]}, "12.195"),
    ],
)
def test_what_the_store_holds_wins_over_what_was_sent(
    client: Client, sandbox: str, changes: Any, rule: Any, stored: str
) -> None:
    xero = client.within("/xero", authorization="Bearer good-token", xero_tenant_id=TENANT)
    if rule:
        arm(client, sandbox, **rule)
    part = line(Quantity=0.33, UnitAmount=1.25)
    invoices = [
        xero_invoice(**NZD, **changes, LineItems=[line(Quantity=1, UnitAmount=FLOAT)]),
        xero_invoice(**NZD, LineItems=[part, part]),
        xero_invoice(**NZD, Contact=None, LineItems=[line(Quantity=1, UnitAmount=FLOAT)]),
    ]
    call_of(lambda: xero.put("/api.xro/2.0/Invoices?summarizeErrors=false", json={"Invoices": invoices}))

    ledger = ledger_of(client, f"{SANDBOXES}/{sandbox}")
    found = {name: Decimal(ledger[name]["sums"][0]["amount"]) for name in ("sent", "stored")}
    assert found == {"sent": Decimal(stored) + Decimal("11.37"), "stored": Decimal(stored)}
    shown = client.get(f"{SANDBOXES}/{sandbox}/journal/1").json["decided"]
    assert (shown[0]["amount"], shown[0]["currency"]) == ("11.37", "NZD")


def test_currencies_have_one_order_in_all_figures(client: Client, sandbox: str) -> None:
    sent = {"A1": ("USD", 1), "A2": ("EUR", 5), "A3": ("CHF", 1), "A4": ("EUR", 5), "A5": ("GBP", 7)}
    refused = {"debtor_number": "NOPE"}
    invoices = [
        invoice(key, currency_code=currency, book_amount_total=amount, **(refused if key in "A2A3A4" else {}))
        for key, (currency, amount) in sent.items()
    ]
    records = {"administration_id": "81", "invoices": invoices}
    client.post("/payt/v1/invoices", json=records, headers={"authorization": "Bearer full-token"})

    ledger = ledger_of(client, f"{SANDBOXES}/{sandbox}")

    found = {
        name: [one["currency"] for one in ledger[name]["sums"]] for name in ("sent", "refused", "stored")
    }
    every = ["EUR", "GBP", "CHF", "USD"]
    assert found == {"sent": every, "refused": ["EUR", "CHF"], "stored": ["GBP", "USD"]}


def test_items_are_listed_by_figure(reader: Client) -> None:
    order(reader, "A", "")

    found = reader.get(f"{NEW}/journal/items?figure=refused").json
    assert [one["why"] is not None for one in found] == [True]


def test_items_of_several_figures_are_listed_once_in_the_order_of_the_run(reader: Client) -> None:
    order(reader, "A", "", "B")

    found = reader.get(f"{NEW}/journal/items?figure=refused,stored,sent").json
    assert [one["end"] for one in found] == ["created", "refused", "created"]


def exported_ledger(client: Client) -> str:
    return str(client.get(f"{NEW}/journal/export?format=har").json["log"]["comment"])


def test_the_ledger_of_an_export_names_money_and_the_first_keys(reader: Client) -> None:
    lose = {"omit": True, "commit": False}
    arm(reader, items=[{"select": {"key": key}, "effect": lose} for key in "ABCDE"])

    order(reader, "A", "B", "C", "D", "E")

    assert exported_ledger(reader) == "sent 5 (5) · lost 5 (A, B, C and 2 more, 5)"


def test_the_ledger_of_an_export_stays_in_its_line(reader: Client) -> None:
    arm(reader, items=[{"select": {"index": 0}, "effect": {"omit": True, "commit": False}}])

    order(reader, "A\nB\u2028")

    assert exported_ledger(reader) == "sent 1 (1) · lost 1 (A B, 1)"
