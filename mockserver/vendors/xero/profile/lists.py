"""How Xero's lists are paged: by number and size; others come whole. All but a few filter by `where`.

Source: docs/vendors/xero.md#headers-and-parameters.
"""

from __future__ import annotations

from collections.abc import Mapping

from mockserver.contract.profile import Counted, ListFilter, ListOrder, ListProfile, Selects

_COUNTS: Mapping[Counted, str] = {
    "all": "/pagination/itemCount",
    "pages": "/pagination/pageCount",
    "number": "/pagination/page",
    "size": "/pagination/pageSize",
}


def _where(member: str, unknown: str = "") -> ListFilter:
    return ListFilter("where", f"/{member}", f'{member}=="{{value}}"', unknown=unknown)


def _named(parameter: str, member: str, unknown: str = "") -> ListFilter:
    return ListFilter(parameter, f"/{member}", unknown=unknown, separator=",")


def _dated(sign: str, selects: Selects) -> ListFilter:
    text = f"Date{sign}DateTime({{value}})"
    return ListFilter("where", "/DateString", text, selects, escapes={"T00:00:00": "", "-": ","})


_DATES = (_dated(">=", "at-least"), _dated("<=", "at-most"))


def _paged(
    plural: str, key: str, *filters: ListFilter, order: str = "", query: Mapping[str, str] | None = None
) -> ListProfile:
    return ListProfile(
        f"get{plural}",
        query=query or {"page": "1"},
        paging="page",
        position="page",
        size="pageSize",
        largest=1000,
        usual=100,
        rows=f"/{plural}",
        identity=f"/{key}",
        counts=_COUNTS,
        filters=filters,
        orders=(ListOrder("order", f"{order} DESC", f"/{order}", descending=True),) if order else (),
    )


def _whole(plural: str, key: str, *filters: ListFilter, operation: str = "") -> ListProfile:
    return ListProfile(
        operation or f"get{plural}",
        query={"order": f"{key} ASC"},
        paging="none",
        rows=f"/{plural}",
        identity=f"/{key}",
        filters=filters,
    )


LISTS = (
    _paged(
        "Invoices",
        "InvoiceID",
        _named("InvoiceNumbers", "InvoiceNumber", "no-such-number"),
        _named("IDs", "InvoiceID", "ba5eba11-0000-4000-8000-00000000dead"),
        _named("Statuses", "Status"),
        _where("Type"),
        *_DATES,
        order="InvoiceNumber",
    ),
    _paged("Contacts", "ContactID", _where("Name", "no such contact"), order="Name"),
    _paged("CreditNotes", "CreditNoteID", _where("Type"), _where("Status")),
    _paged("Payments", "PaymentID", _where("Status"), _where("PaymentType")),
    _paged("BankTransactions", "BankTransactionID", _where("Type"), _where("Status")),
    _paged("Overpayments", "OverpaymentID", _where("Status")),
    _paged("Prepayments", "PrepaymentID", _where("Status")),
    _whole("BatchPayments", "BatchPaymentID", _where("Status"), _where("Type")),
    _whole("Accounts", "AccountID", _where("Code", "NONE"), _where("Type")),
)
