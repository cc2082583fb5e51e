"""How ClaimCenter's lists are paged: by offset and size, with links, counts and filters.

Source: docs/vendors/guidewire.md#queries.
"""

from __future__ import annotations

from mockserver.contract.profile import ListFilter, ListOrder, ListProfile, Selects

_AT = "/attributes"
_HOW: dict[str, Selects] = {
    "eq": "equal",
    "ne": "not-equal",
    "in": "equal",
    "ge": "at-least",
    "le": "at-most",
}


def _filter(member: str, how: str, at: str, unknown: str = "") -> ListFilter:
    text = f"{member}:{how}:{{value}}"
    separator = "," if how == "in" else ""
    return ListFilter("filter", f"{_AT}{at}", text, _HOW[how], unknown, {":": "::"}, separator)


def _list(operation: str, filters: tuple[ListFilter, ...], orders: tuple[ListOrder, ...] = ()) -> ListProfile:
    return ListProfile(
        operation,
        query={"fields": "*all", "includeTotal": "true"},
        paging="offset",
        position="pageOffset",
        size="pageSize",
        largest=100,
        usual=25,
        rows="/data",
        identity=f"{_AT}/id",
        counts={"all": "/total", "page": "/count"},
        links={name: f"/links/{name}/href" for name in ("next", "prev", "first", "self")},
        filters=filters,
        orders=orders,
    )


LISTS = (
    _list(
        "getBulkInvoices",
        filters=(
            _filter("invoiceNumber", "eq", "/invoiceNumber", "none-has-this"),
            _filter("status", "eq", "/status/code"),
            _filter("status", "ne", "/status/code"),
            _filter("status", "in", "/status/code"),
            _filter("scheduledSendDate", "ge", "/scheduledSendDate"),
            _filter("scheduledSendDate", "le", "/scheduledSendDate"),
        ),
        orders=(ListOrder("sort", "-invoiceNumber", f"{_AT}/invoiceNumber", descending=True),),
    ),
    _list(
        "getBulkInvoiceItems",
        filters=(
            _filter("status", "eq", "/status/code"),
            _filter("costType", "in", "/costType/code"),
            _filter("paymentType", "ne", "/paymentType/code"),
        ),
    ),
    _list("getClaims", filters=()),
)
