"""How VBA's lists are paged: by number and size, with counts in a header.

Source: docs/vendors/vba.md#lists.
"""

from __future__ import annotations

from mockserver.contract.profile import Counted, ListOrder, ListProfile

_COUNTS: dict[Counted, str] = {
    "all": "x-pagination#/TotalCount",
    "pages": "x-pagination#/TotalPages",
    "number": "x-pagination#/CurrentPage",
    "size": "x-pagination#/PageSize",
}


def _list(operation: str, key: str) -> ListProfile:
    return ListProfile(
        operation,
        paging="page",
        position="page",
        size="pageSize",
        rows="/data",
        identity=f"/{key}",
        counts=_COUNTS,
        orders=(ListOrder("sortBy", f"{key}:desc", f"/{key}", descending=True),),
    )


LISTS = (_list("listClaimInvoice", "invoice_Key"), _list("listPayee", "payee_ID"))
