"""Creation and change of items and accounts, deletion of accounts.

Source: docs/vendors/xero.md#settings, #account, #messages.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from msgspec import structs

from mockserver.errors import Rejected
from mockserver.model import EMPTY, Action, Document, Item, Json, Outcome, Path, Problem, Reply
from mockserver.sandbox.store import State
from mockserver.vendor import BatchHandler, BatchResult, CheckItem, Request
from mockserver.vendors.xero import answers, documents
from mockserver.vendors.xero.access import base_currency
from mockserver.vendors.xero.books import find_in_path
from mockserver.vendors.xero.dates_and_amounts import stored_instant
from mockserver.vendors.xero.messages import item_path, make_problem
from mockserver.vendors.xero.resources import (
    ACCOUNT,
    BANK_TRANSACTION,
    BATCH_PAYMENT,
    CREDIT_NOTE,
    INVOICE,
    ITEM,
    OVERPAYMENT,
    PAYMENT,
    PREPAYMENT,
    Resource,
)
from mockserver.vendors.xero.settings import show_item, shown_by_row

_CREATION = "createItems"
_SOLD = ("Description", "SalesDetails")
_PURCHASED = ("PurchaseDescription", "PurchaseDetails")
_CLASSES = {
    "ASSET": ("BANK", "CURRENT", "FIXED", "INVENTORY", "NONCURRENT", "PREPAYMENT"),
    "EQUITY": ("EQUITY",),
    "EXPENSE": ("DEPRECIATN", "DIRECTCOSTS", "EXPENSE", "OVERHEADS"),
    "LIABILITY": ("CURRLIAB", "LIABILITY", "PAYG", "TERMLIAB"),
    "REVENUE": ("OTHERINCOME", "REVENUE", "SALES"),
}
_CLASS_OF = {kind: name for name, kinds in _CLASSES.items() for kind in kinds}
_TAXED = ("EXPENSE", "REVENUE")
_REPORTED = {"ASSET": "Assets", "LIABILITY": "Liabilities"}
_REQUIRED = ("Type", "Name")
_FIXED = ("AccountID", "Type", "CurrencyCode")
"""Members of an account that a change ignores."""

_BOOKED = (INVOICE, CREDIT_NOTE, OVERPAYMENT, PREPAYMENT, BANK_TRANSACTION, PAYMENT, BATCH_PAYMENT)
"""Resources whose documents or lines name accounts."""


def check_item(item: Item, request: Request, state: State) -> Iterator[Problem]:
    sent, here = item.document, item_path(item, request)
    key, stored = _find_target(sent, request, state)
    taken = ITEM.first("Code", sent.get("Code"), state)
    if key and stored is None:
        yield make_problem("not-here", (*here, ITEM.id))
    elif stored is None and not sent.get("Code"):
        yield make_problem("item-code-missing", (*here, "Code"))
    elif taken is not None and taken != stored:
        yield make_problem("item-code-taken", (*here, "Code"), code=sent["Code"])


def _find_target(sent: Document, request: Request, state: State) -> tuple[str, Document | None]:
    """Return the sent id or "", and the item to change, found by path, else id, else code, or None.

    For a creation, return "" and None, because a sent id is ignored (assumed).
    """
    if request.operation.id == _CREATION:
        return "", None
    key = answers.named_id(sent, ITEM.id, request)
    if ITEM.id in request.parameters:
        return key, find_in_path(ITEM, request, state)
    return key, ITEM.rows(state).get(key) if key else ITEM.first("Code", sent.get("Code"), state)


def store_item(item: Item, request: Request, state: State) -> Outcome:
    """Store a new item, or change the sent members of a stored item and of its prices."""
    _, stored = _find_target(item.document, request, state)
    before = {"IsSold": True, "IsPurchased": True, **(stored or {"ItemID": state.uuid()})}
    changes = {**answers.pick_members(item.document, *ITEM.echoed), ITEM.id: before[ITEM.id]}
    for name in ("PurchaseDetails", "SalesDetails"):
        changes[name] = {**before.get(name, EMPTY), **changes.get(name, EMPTY)}
    after = {**before, **changes}
    dropped = (() if after["IsSold"] else _SOLD) + (() if after["IsPurchased"] else _PURCHASED)
    cost_account = after["PurchaseDetails"].get("COGSAccountCode")
    shown = {
        **{name: value for name, value in after.items() if name not in dropped},
        "IsTrackedAsInventory": bool(after.get("InventoryAssetAccountCode") and cost_account),
        "UpdatedDateUTC": stored_instant(state.now),
    }
    return Outcome(item, Action.UPDATED if stored else Action.CREATED, ITEM.store(shown, state))


def check_account(item: Item, request: Request, state: State) -> Iterator[Problem]:
    sent, here = item.document, item_path(item, request)
    needed = (*_REQUIRED, "BankAccountNumber" if sent.get("Type") == "BANK" else "Code")
    for name in needed:
        if not sent.get(name):
            yield make_problem("account-incomplete", (*here, name), field=name)
    for name in ("Code", "Name"):
        if ACCOUNT.first(name, sent.get(name), state):
            yield make_problem("account-taken", (*here, name), field=name)


def create_account(item: Item, request: Request, state: State) -> Outcome:
    kind = _CLASS_OF[item.document["Type"]]
    taxes = dict(zip(_TAXED, request.call.assumptions["account_tax"].split("/"), strict=True))
    is_bank = item.document["Type"] == "BANK"
    account = {
        **({"BankAccountType": "BANK", "CurrencyCode": base_currency(state)} if is_bank else {}),
        "TaxType": taxes.get(kind, "NONE"),
        "EnablePaymentsToAccount": False,
        "ShowInExpenseClaims": False,
        "ReportingCode": kind[:3],
        **answers.pick_members(item.document, *ACCOUNT.echoed),
        "AccountID": state.uuid(),
        "Status": documents.ACTIVE,
        "Class": kind,
        "ReportingCodeName": _REPORTED.get(kind, kind.capitalize()),
        "HasAttachments": False,
        "UpdatedDateUTC": stored_instant(state.now),
    }
    return Outcome(item, Action.CREATED, ACCOUNT.store(account, state))


def check_account_change(item: Item, request: Request, state: State) -> Iterator[Problem]:
    sent, here = item.document, item_path(item, request)
    stored = ACCOUNT.rows(state).get(answers.id_parameter(request, ACCOUNT.id))
    if stored is None:
        yield make_problem("not-here", (*here, ACCOUNT.id))
        return
    for name in ("Code", "Name"):
        other = ACCOUNT.first(name, sent.get(name), state)
        if other is not None and other != stored:
            yield make_problem("account-taken", (*here, name), field=name)
    if stored["Status"] != documents.ACTIVE:
        yield make_problem("account-archived", here)
    elif sent.get("Status", stored["Status"]) != stored["Status"]:
        if _changed_members(sent):
            yield make_problem("account-status-alone", (*here, "Status"))
        yield from _kept_account_problems(stored, (*here, "Status"))


def _changed_members(sent: Document) -> dict[str, Json]:
    """Return the members that change an account, apart from its status."""
    return answers.pick_members(sent, *(name for name in ACCOUNT.echoed if name not in _FIXED))


def _kept_account_problems(stored: Document, path: Path) -> Iterator[Problem]:
    if stored.get("SystemAccount"):
        yield make_problem("account-of-system", path)


def change_account(item: Item, request: Request, state: State) -> Outcome:
    stored = ACCOUNT.rows(state)[answers.id_parameter(request, ACCOUNT.id)]
    status = item.document.get("Status", stored["Status"])
    changed = {**stored, **_changed_members(item.document), "Status": status}
    changed["UpdatedDateUTC"] = stored_instant(state.now)
    return Outcome(item, Action.UPDATED, ACCOUNT.store(changed, state))


def delete_account(request: Request, state: State) -> Reply:
    """Delete an account. Raises Rejected if it belongs to the system or a document uses it."""
    stored = documents.find_by_id(ACCOUNT, request, state)
    problems = [*_kept_account_problems(stored, ())]
    if _is_used(stored[ACCOUNT.id], state):
        problems.append(make_problem("account-used"))
    if problems:
        raise Rejected(*problems, document=documents.echo(ACCOUNT, stored, stored[ACCOUNT.id]))
    del ACCOUNT.rows(state)[stored[ACCOUNT.id]]
    shown = {**stored, "Status": "DELETED", "UpdatedDateUTC": stored_instant(state.now)}
    return answers.success_reply({ACCOUNT.plural: [ACCOUNT.represent(shown)]}, request.call, state)


def _is_used(key: str, state: State) -> bool:
    booked = (one for kind in _BOOKED for one in kind.rows(state).values())
    return any(
        key in (one.get(ACCOUNT.id), *(line.get(ACCOUNT.id) for line in one.get("LineItems", ())))
        for one in booked
    )


def _first_only(handler: BatchHandler) -> BatchHandler:
    """Return `handler` so that it stores and shows the first element only, and does not tell of the others.

    Source: docs/vendors/xero.md#account (Xero-Net#285).
    """
    check, render = handler.check, handler.render
    assert check is not None and render is not None  # noqa: S101, PT018 - `batch_handler` always has both

    def check_first(item: Item, request: Request, state: State) -> Iterable[Problem]:
        return check(item, request, state) if item.index == 0 else (make_problem("not-processed"),)

    def render_first(result: BatchResult, state: State) -> Reply:
        return render(structs.replace(result, outcomes=result.outcomes[:1]), state)

    return replace(handler, check=check_first, render=render_first)


def _handler(
    resource: Resource, show: documents.Show, check: CheckItem, store: documents.Store
) -> BatchHandler:
    return documents.batch_handler(
        resource,
        check,
        store,
        saved=documents.saved_by(show, StatusAttributeString="OK"),
        rejected=documents.echo_rejected(resource),
        named="Code",
    )


_ITEMS = _handler(ITEM, show_item, check_item, store_item)
BATCHES = {
    **documents.write_operations(ITEM, create=_ITEMS, update=_ITEMS),
    "createAccount": _first_only(_handler(ACCOUNT, shown_by_row(ACCOUNT), check_account, create_account)),
    "updateAccount": _first_only(
        _handler(ACCOUNT, shown_by_row(ACCOUNT), check_account_change, change_account)
    ),
}
OPERATIONS = {"deleteAccount": delete_account}
