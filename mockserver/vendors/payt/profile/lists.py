"""How Payt's lists are paged: by a cursor, the id of the last record.

Source: docs/vendors/payt.md#lists.
"""

from __future__ import annotations

from collections.abc import Mapping

from mockserver.contract.profile import ListFilter, ListOrder, ListProfile

_ADMINISTRATION = {"administration_id": "{administration}"}


def _list(
    operation: str,
    filters: tuple[ListFilter, ...] = (),
    orders: tuple[ListOrder, ...] = (),
    query: Mapping[str, str] = _ADMINISTRATION,
) -> ListProfile:
    return ListProfile(
        operation,
        query=query,
        paging="cursor",
        position="cursor",
        size="per_page",
        largest=500,
        usual=100,
        rows="/data",
        identity="/id",
        cursor="/pagination/cursor",
        filters=filters,
        orders=orders,
    )


def _named(parameter: str, member: str, unknown: str) -> ListFilter:
    return ListFilter(parameter, f"/{member}", unknown=unknown, separator=",")


_INVOICE_FILTERS = (
    _named("ids", "id", "1"),
    _named("invoice_numbers", "invoice_number", "no-such-number"),
    _named("debtor_numbers", "debtor_number", "no-such-debtor"),
    ListFilter("book_amount_total_gte", "/book_total_amount", selects="at-least"),
    ListFilter("book_amount_total_lte", "/book_total_amount", selects="at-most"),
)
_INVOICE_ORDERS = tuple(
    ListOrder("order", f"{name}_{way}", f"/{name}", descending=way == "desc")
    for name, way in (("invoice_date", "asc"), ("due_date", "desc"))
)

LISTS = (
    _list("getV1Invoices", _INVOICE_FILTERS, _INVOICE_ORDERS),
    _list("getV1Debtors", (_named("debtor_numbers", "debtor_number", "no-such-debtor"),)),
    _list("getV1Contacts"),
    _list("getV1Payments", (_named("ids", "id", "1"),)),
    _list("getV1VatRates"),
    _list("getV1Administrations", query={}),
)
