"""Items that are created and changed, accounts that are created.

Source: docs/vendors/xero.md#settings, #account, #messages.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from mockserver.model import EMPTY, Action, Document, Item, Json, Outcome, Problem
from mockserver.sandbox.store import State
from mockserver.vendor import BatchHandler, Request
from mockserver.vendors.xero import answers, documents
from mockserver.vendors.xero.dates_and_amounts import stored_instant
from mockserver.vendors.xero.messages import item_path, make_problem
from mockserver.vendors.xero.resources import ACCOUNT, ITEM, Resource
from mockserver.vendors.xero.settings import find_item, show_item

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
_REQUIRED = ("Type", "Name")


def check_new_item(item: Item, request: Request, state: State) -> Iterator[Problem]:
    """Problems of a new item; a sent id is ignored (assumed)."""
    code = item.document.get("Code", "")
    if not code:
        yield make_problem("item-code-missing", (*item_path(item, request), "Code"))
    elif ITEM.rows(state).find("Code", code):
        yield make_problem("item-code-taken", (*item_path(item, request), "Code"), code=code)


def check_item_update(item: Item, request: Request, state: State) -> Iterator[Problem]:
    stored, code = _find_target(item.document, request, state), item.document.get("Code", "")
    if stored is None and answers.names_id(item.document, ITEM.id, request):
        yield make_problem("not-here", (*item_path(item, request), ITEM.id))
    elif stored is None or (code and code != stored["Code"]):
        yield from check_new_item(item, request, state)


def create_item(item: Item, _request: Request, state: State) -> Outcome:
    return Outcome(item, Action.CREATED, _store_item({"ItemID": state.uuid()}, item.document, state))


def update_or_create_item(item: Item, request: Request, state: State) -> Outcome:
    stored = _find_target(item.document, request, state)
    if stored is None:
        return create_item(item, request, state)
    return Outcome(item, Action.UPDATED, _store_item(stored, item.document, state))


def _find_target(sent: Document, request: Request, state: State) -> Document | None:
    """The item to change: by path, else by id, else by code."""
    if ITEM.id in request.parameters:
        return find_item(request, state)
    if key := answers.named_id(sent, ITEM.id, request):
        return ITEM.rows(state).get(key)
    return next(iter(ITEM.rows(state).find("Code", sent.get("Code", ""))), None)


def _store_item(stored: Document, sent: Document, state: State) -> Document:
    """Store a change of an item: absent members stay, also inside its prices."""
    changes = {name: value for name, value in sent.items() if name in ITEM.echoed and name != ITEM.id}
    for name in ("PurchaseDetails", "SalesDetails"):
        changes[name] = {**stored.get(name, EMPTY), **changes.get(name, EMPTY)}
    item = {"IsSold": True, "IsPurchased": True, **stored, **changes}
    dropped = (() if item["IsSold"] else _SOLD) + (() if item["IsPurchased"] else _PURCHASED)
    cost_account = item["PurchaseDetails"].get("COGSAccountCode")
    item = {
        **{name: value for name, value in item.items() if name not in dropped},
        "IsTrackedAsInventory": bool(item.get("InventoryAssetAccountCode") and cost_account),
        "UpdatedDateUTC": stored_instant(state.now),
    }
    ITEM.rows(state)[item[ITEM.id]] = item
    return item


def check_account(item: Item, request: Request, state: State) -> Iterator[Problem]:
    sent, here = item.document, item_path(item, request)
    needed = (*_REQUIRED, "BankAccountNumber" if sent.get("Type") == "BANK" else "Code")
    for name in needed:
        if not sent.get(name):
            yield make_problem("account-incomplete", (*here, name), field=name)
    for name in ("Code", "Name"):
        if sent.get(name) and ACCOUNT.rows(state).find(name, sent[name]):
            yield make_problem("account-taken", (*here, name), field=name)


def create_account(item: Item, request: Request, state: State) -> Outcome:
    kind = _CLASS_OF[item.document["Type"]]
    taxes = dict(zip(_TAXED, request.call.assumptions["account_tax"].split("/"), strict=True))
    account = {
        "TaxType": taxes.get(kind, "NONE"),
        "EnablePaymentsToAccount": False,
        "ShowInExpenseClaims": False,
        "ReportingCode": kind[:3],
        **answers.pick_members(item.document, *ACCOUNT.echoed),
        "AccountID": state.uuid(),
        "Status": documents.ACTIVE,
        "Class": kind,
        "ReportingCodeName": kind.capitalize(),
        "HasAttachments": False,
        "UpdatedDateUTC": stored_instant(state.now),
    }
    ACCOUNT.rows(state)[account["AccountID"]] = account
    return Outcome(item, Action.CREATED, account)


def _saved(show: documents.Show) -> answers.PrepareSaved:
    """A maker of functions that show what was saved; it says OK only in per-element answers."""

    def represent(outcome: Outcome, request: Request, state: State) -> Json:
        shown = show(outcome.document, request, state)
        return shown if answers.is_summarised(request) else {**shown, "StatusAttributeString": "OK"}

    return lambda: represent


def _show_account(account: Document, _request: Request, _state: State) -> Json:
    return ACCOUNT.represent(account)


def _handler(resource: Resource, show: documents.Show) -> partial[BatchHandler]:
    return partial(
        documents.batch_handler,
        resource,
        saved=_saved(show),
        rejected=documents.echo_rejected(resource),
        named="Code",
    )


BATCHES = {
    **documents.write_operations(
        ITEM,
        create=_handler(ITEM, show_item)(check_new_item, create_item),
        update=_handler(ITEM, show_item)(check_item_update, update_or_create_item),
    ),
    "createAccount": _handler(ACCOUNT, _show_account)(check_account, create_account),
}
