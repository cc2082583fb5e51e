"""Chart of accounts: list and find accounts, and check that payments may use one."""

from collections.abc import Iterator, Mapping

from mockserver.model import Call, Document, Json, Path, Problem, Reply
from mockserver.sandbox.store import State
from mockserver.vendor import Request, find_record
from mockserver.vendors.xero import lists
from mockserver.vendors.xero.answers import id_parameter, pick_members, success_reply
from mockserver.vendors.xero.dates_and_amounts import print_instant_ms
from mockserver.vendors.xero.lists import FieldType, FilterEntity, Operand
from mockserver.vendors.xero.messages import make_problem

ACCOUNTS = "accounts"
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
    "EnablePaymentsToAccount",
    "ShowInExpenseClaims",
    "BankAccountNumber",
    "BankAccountType",
    "CurrencyCode",
    "ReportingCode",
    "ReportingCodeName",
    "HasAttachments",
)
_FLAGS = ("EnablePaymentsToAccount", "ShowInExpenseClaims", "AddToWatchlist", "HasAttachments")
_TEXTS = tuple(name for name in _MEMBERS if name not in (*_FLAGS, "AccountID"))
_FIELDS: Mapping[str, Operand] = {
    **lists.own_fields(FieldType.GUID, "AccountID"),
    **lists.own_fields(FieldType.TEXT, *_TEXTS),
    **lists.own_fields(FieldType.FLAG, *_FLAGS),
    **lists.own_fields(FieldType.MOMENT, "UpdatedDateUTC"),
}
ENTITY = FilterEntity("Account", _FIELDS)


def list_accounts(request: Request, state: State) -> Reply:
    """Return the accounts that the call asks for."""
    found = lists.select_documents(state.collection(ACCOUNTS).values(), ENTITY, request, state)
    return lists.list_reply("Accounts", found, _represent_account, request, state)


def get_account(request: Request, state: State) -> Reply:
    """Return one account.

    Raises:
        NotFound: the tenant has none of that id.
    """
    found = find_record(ACCOUNTS, id_parameter(request, "AccountID"), state)
    return success_reply({"Accounts": [_represent_account(found)]}, request.call, state)


def find_account(reference: Document, state: State, code: str = "Code") -> Document | None:
    """Return the account that a reference means: by its id, or by its code where it has no id."""
    accounts = state.collection(ACCOUNTS)
    if "AccountID" in reference:
        return accounts.get(str(reference["AccountID"]).lower())
    wanted = reference.get(code)
    found = accounts.find("Code", wanted) if wanted else ()
    return found[0] if found else None


def account_conflict_problems(reference: Document, path: Path, call: Call, state: State) -> Iterator[Problem]:
    """Yield the problem of an account reference whose id and code name different accounts."""
    if "AccountID" not in reference or not reference.get("Code"):
        return
    named = {name: find_account(pick_members(reference, name), state) for name in ("AccountID", "Code")}
    yield from reference_conflict_problems(named, "AccountID", call, path)


def unpayable_account_problems(account: Document | None, path: Path) -> Iterator[Problem]:
    """Yield why no payment can go through the account.

    Source: docs/vendors/xero.md#account, #messages.
    """
    if account is None or account["Status"] == "DELETED":
        yield make_problem("account-unknown", path)
    elif account["Status"] == "ARCHIVED":
        yield make_problem("account-archived", path)
    elif account["Type"] != "BANK" and not account.get("EnablePaymentsToAccount", False):
        yield make_problem("account-unfit", path)


def _represent_account(account: Document) -> Json:
    """Return an account, its members in the vendor's order.

    Source: docs/vendors/xero.md#account.
    """
    return {
        **pick_members(account, *_MEMBERS),
        "UpdatedDateUTC": print_instant_ms(account["UpdatedDateUTC"]),
        **pick_members(account, "AddToWatchlist"),
    }


def reference_conflict_problems(
    found: Mapping[str, Document | None], identifier: str, call: Call, path: Path
) -> Iterator[Problem]:
    """Return the problem of a reference whose two names find two different documents."""
    ids = {document[identifier] for document in found.values() if document is not None}
    if len(ids) > 1 and call.assumptions["ids_disagree"] == "refused":
        one, other = found
        yield make_problem("ids-disagree", path, one=one, other=other)
