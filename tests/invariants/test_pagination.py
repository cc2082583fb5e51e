"""Pages of a list that stands still: no record twice, none left out, in one order. Edge-cases §3, 34."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.invariants.adapters import GUIDEWIRE, PAYT, PVEX, VBA, XERO
from tests.invariants.sandboxes import VendorAdapter, example_settings, invariant, item_specs, open_sandbox
from tests.support.client import Client

Pages = Callable[[Client, int], Iterator[list[str]]]


def _of_vba(client: Client, size: int) -> Iterator[list[str]]:
    page, pages = 1, 1
    while page <= pages:
        answered = client.get(f"/vba/claim-invoice?page={page}&pageSize={size}")
        pages = json.loads(answered.headers["x-pagination"])["TotalPages"]
        yield [str(row["invoice_Key"]) for row in answered.json["data"]]
        page += 1


def _of_xero(client: Client, size: int) -> Iterator[list[str]]:
    page, pages = 1, 1
    while page <= pages:
        answered = client.get(f"/xero/api.xro/2.0/Invoices?page={page}&pageSize={size}").json
        pages = answered["pagination"]["pageCount"]
        yield [row["InvoiceID"] for row in answered["Invoices"]]
        page += 1


def _of_payt(client: Client, size: int) -> Iterator[list[str]]:
    cursor: str | None = ""
    while cursor is not None:
        query = f"administration_id=81&per_page={size}" + (f"&cursor={cursor}" if cursor else "")
        answered = client.get(f"/payt/v1/invoices?{query}").json
        cursor = answered["pagination"]["cursor"]
        yield [row["id"] for row in answered["data"]]


def _of_guidewire(client: Client, size: int) -> Iterator[list[str]]:
    path: str | None = f"/claim/v1/bulk-invoices?pageSize={size}"
    while path is not None:
        answered = client.get(f"/guidewire{path}").json
        path = answered["links"].get("next", {}).get("href")
        yield [row["attributes"]["id"] for row in answered["data"]]


PAGED: tuple[tuple[VendorAdapter, Pages], ...] = (
    (GUIDEWIRE, _of_guidewire),
    (PAYT, _of_payt),
    (VBA, _of_vba),
    (XERO, _of_xero),
)


@invariant(34)
@pytest.mark.parametrize(("adapter", "pages"), PAGED, ids=[dialect.name for dialect, _ in PAGED])
@example_settings(6)
@given(data=st.data(), size=st.integers(1, 9))
def test_pages_part_the_whole_list_in_its_order(
    adapter: VendorAdapter, pages: Pages, data: st.DataObject, size: int
) -> None:
    with open_sandbox(adapter) as here:
        here.send(*data.draw(item_specs(adapter)))
        (whole,) = _not_empty(pages(here.client, 100))
        parts = _not_empty(pages(here.client, size))

        assert [one for part in parts for one in part] == whole
        assert len(set(whole)) == len(whole)
        assert all(len(part) == size for part in parts[:-1])


@invariant(34)
@example_settings(6)
@given(items=item_specs(PVEX, good=True))
def test_a_list_without_pages_is_in_one_order(items: Any) -> None:
    with open_sandbox(PVEX) as here:
        here.send(*items)

        assert PVEX.listing(here.client).body == PVEX.listing(here.client).body


def _not_empty(parts: Iterator[list[str]]) -> list[list[str]]:
    """All pages; a walk by cursor may end in an empty one."""
    return [part for part in parts if part]
