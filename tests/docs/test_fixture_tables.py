"""The tables of fixtures name every record and what matters of it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from mockserver.engine.auth import CREDENTIALS
from mockserver.engine.registry import LoadedVendor, discover_vendors
from tests.docs.fixture_tables import Fixtures, collection_table, describe
from tests.docs.pages import vendor_page

VENDORS = list(discover_vendors())


@pytest.mark.parametrize("vendor", VENDORS, ids=lambda one: one.name)
def test_every_record_and_every_credential_stands_on_the_page_of_its_vendor(vendor: LoadedVendor) -> None:
    page = vendor_page(vendor).read_text(encoding="utf-8")
    keys = [
        key
        for collections in vendor.fixtures.values()
        for documents in collections.values()
        for key, one in documents.items()
        if set(one) != {"last"}
    ]

    assert keys
    assert [key for key in keys if f"| `{key}` |" not in page] == []


def test_what_a_record_is_called_comes_first_then_its_status_then_what_is_owed() -> None:
    record = {
        "total": Decimal("12.50"),
        "amount_due": Decimal("2.50"),
        "status": "open",
        "note": "by hand",
        "invoice_number": "N-1",
    }

    assert collection_table({"1": record}, frozenset()).splitlines() == [
        "| key | invoice_number | status | amount_due | total |",
        "| --- | --- | --- | --- | --- |",
        "| `1` | N-1 | open | 2.50 | 12.50 |",
    ]


def test_a_member_that_names_another_record_is_shown() -> None:
    shown = collection_table({"1": {"debtor": "D-1", "note": "by hand"}}, {"D-1"})

    assert shown.splitlines()[0] == "| key | debtor |"


def test_the_key_is_not_shown_again() -> None:
    assert collection_table({"1": {"number": 1}}, frozenset()).splitlines()[0] == "| key |"


def test_flags_lists_and_empty_members_are_not_shown() -> None:
    record = {"open": True, "name": "", "number": None, "total": [1]}

    assert collection_table({"1": record}, frozenset()).splitlines()[0] == "| key |"


def test_a_table_has_a_heading_with_its_tenant() -> None:
    shown = describe({"vendor/": {"users": {"a": {}}}, "vendor/t1": {"debts": {"b": {}}}})

    assert [line for line in shown.splitlines() if line.startswith("#")] == ["#### users", "#### debts of t1"]


def test_credentials_and_counters_have_no_table_here() -> None:
    fixtures: Fixtures = {
        "vendor/": {CREDENTIALS: {"token": {"kind": "good"}}, "sequences": {"ids": {"last": 7}}}
    }

    assert describe(fixtures) == "None."
