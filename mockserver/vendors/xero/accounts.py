"""The chart of accounts, and which account a payment may be made from or to."""

from collections.abc import Iterator, Mapping

from mockserver.model import Call, Document, Json, Path, Problem, Reply
from mockserver.store import State
from mockserver.vendor import Request, record
from mockserver.vendors.xero import fields, lists
from mockserver.vendors.xero.fields import Entity, Kind, Operand
from mockserver.vendors.xero.naming import disagreeing
from mockserver.vendors.xero.replies import enveloped
from mockserver.vendors.xero.wire import ms_instant, optional
from mockserver.vendors.xero.words import say

COLLECTION = "accounts"
_MEMBERS = (
    "AccountID",
    "Code",
    "Name",
    "Status",
    "Type",
    "TaxType",
    "Description",
    "Class",
    "SystemAccount",
    "BankAccountNumber",
    "BankAccountType",
    "CurrencyCode",
    "EnablePaymentsToAccount",
    "ShowInExpenseClaims",
    "ReportingCode",
    "ReportingCodeName",
    "AddToWatchlist",
    "HasAttachments",
)
_FLAGS = ("EnablePaymentsToAccount", "ShowInExpenseClaims", "AddToWatchlist", "HasAttachments")
_TEXTS = tuple(name for name in _MEMBERS if name not in (*_FLAGS, "AccountID"))
_FIELDS: Mapping[str, Operand] = {
    **fields.own(Kind.GUID, "AccountID"),
    **fields.own(Kind.TEXT, *_TEXTS),
    **fields.own(Kind.FLAG, *_FLAGS),
    **fields.own(Kind.MOMENT, "UpdatedDateUTC"),
}
ENTITY = Entity("Account", _FIELDS)


def listing(request: Request, state: State) -> Reply:
    """The accounts that the call asks for."""
    found = lists.chosen(state.collection(COLLECTION).values(), ENTITY, request, state)
    return lists.answered("Accounts", found, _shown, request, state)


def show(request: Request, state: State) -> Reply:
    """One account.

    Raises:
        NotFound: the tenant has none of that id.
    """
    found = record(COLLECTION, str(request.parameters["AccountID"]).lower(), state)
    return enveloped({"Accounts": [_shown(found)]}, request.call, state)


def referred(reference: Document, state: State, code: str = "Code") -> Document | None:
    """The account that a reference means: by its id, or by its code where it has no id."""
    accounts = state.collection(COLLECTION)
    if "AccountID" in reference:
        return accounts.get(str(reference["AccountID"]).lower())
    return next(iter(accounts.find("Code", reference.get(code))), None) if reference.get(code) else None


def disagreeing_account(reference: Document, path: Path, call: Call, state: State) -> Iterator[Problem]:
    """Why it cannot be said which account is meant: the id is that of one, the code of another."""
    named = {name: referred(optional(reference, name), state) for name in ("AccountID", "Code")}
    yield from disagreeing(named, "AccountID", call, path)


def unpayable(account: Document | None, path: Path) -> Iterator[Problem]:
    """Why no payment can go through the account.

    Source: Xero fact sheet §2.5, §3.7.
    """
    if account is None or account["Status"] == "DELETED":
        yield say("account-unknown", path)
    elif account["Status"] == "ARCHIVED":
        yield say("account-archived", path)
    elif account["Type"] != "BANK" and not account.get("EnablePaymentsToAccount", False):
        yield say("account-unfit", path)


def _shown(account: Document) -> Json:
    return {**optional(account, *_MEMBERS), "UpdatedDateUTC": ms_instant(account["UpdatedDateUTC"])}
