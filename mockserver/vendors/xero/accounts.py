"""Accounts of the chart: find the account of a reference, and check whether it can take payments.

Source: docs/vendors/xero.md#account, #messages.
"""

from collections.abc import Iterator, Mapping

from mockserver.model import Call, Document, Path, Problem
from mockserver.sandbox.store import State
from mockserver.vendors.xero.answers import pick_members
from mockserver.vendors.xero.messages import make_problem
from mockserver.vendors.xero.resources import ACCOUNT


def find_account(reference: Document, state: State, code: str = "Code") -> Document | None:
    """Find an account by the reference's id or, without an id, by the code in its member named `code`."""
    if "AccountID" in reference:
        return ACCOUNT.rows(state).get(str(reference["AccountID"]).lower())
    return ACCOUNT.first("Code", reference.get(code), state)


def unnamed_account_problems(reference: Document | None, path: Path) -> Iterator[Problem]:
    if not reference or ("AccountID" not in reference and not reference.get("Code")):
        yield make_problem("account-unknown", path)


def paying_account_problems(
    reference: Document, path: Path, call: Call, state: State, *, bank_only: bool = False
) -> Iterator[Problem]:
    """Yield the reasons why no payment can use the account; if `bank_only`, it must be a bank account."""
    account = find_account(reference, state)
    if "AccountID" in reference and reference.get("Code"):
        named = {name: find_account(pick_members(reference, name), state) for name in ("AccountID", "Code")}
        yield from reference_conflict_problems(named, "AccountID", call, path)
    if account is None or account["Status"] == "DELETED":
        yield make_problem("account-unknown", path)
    elif account["Status"] == "ARCHIVED":
        yield make_problem("account-archived", path)
    elif account["Type"] != "BANK" and bank_only:
        yield make_problem("bank-account-unfit", path)
    elif account["Type"] != "BANK" and not account.get("EnablePaymentsToAccount", False):
        yield make_problem("account-unfit", path)


def reference_conflict_problems(
    named: Mapping[str, Document | None], identifier: str, call: Call, path: Path
) -> Iterator[Problem]:
    ids = {document[identifier] for document in named.values() if document is not None}
    if len(ids) > 1 and call.assumptions["ids_disagree"] == "refused":
        first, other = named
        yield make_problem("ids-disagree", path, one=first, other=other)
