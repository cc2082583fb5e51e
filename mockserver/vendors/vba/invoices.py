"""Claim invoices: the batch that creates or replaces them, and reading them."""

from mockserver.errors import NotFound, Rejected
from mockserver.model import Action, Document, Item, Json, Outcome, Problem, Reply
from mockserver.store import Collection, State
from mockserver.vendor import Applied, BatchResult, Request
from mockserver.vendors.vba import pages, sql
from mockserver.vendors.vba.dates import stamp, wall_time
from mockserver.vendors.vba.envelope import enveloped

COLLECTION = "claim-invoices"
KEY_NAME = "Invoice_Key"
MAX_KEY = 2**31 - 1
_USER_LENGTH = 20
_UTC_LENGTH = len("2025-03-01T00:00:00Z")
_IDENTITY = "identity"
_CREATED, _UPDATED, _FAILED = (201, "Created"), (200, "Updated"), 500


def upsert(item: Item, request: Request, state: State) -> Applied:
    """Replace the row of its key or create it; key 0 or none asks for the next free one.

    Source: VBA fact sheet §4.

    Raises:
        Rejected: the payee is not there, a date is before the calendar's begin, or no key is left.
    """
    row: Document = item.document
    invoices = state.collection(COLLECTION)
    key = row.get("invoice_Key") or _next_key(item, invoices, state)
    stored = invoices.get(str(key))
    payee = row.get("payee_ID")
    if payee is not None and payee not in state.collection("payees"):
        text = sql.unknown_payee("INSERT" if stored is None else "UPDATE", request.tenant)
        raise Rejected(Problem("unknown-reference", (item.index, "payee_ID"), text, "foreign-key"))
    document = _record(key, item, stored, request, stamp(state.now))
    invoices[str(key)] = document
    return Applied(Action.CREATED if stored is None else Action.UPDATED, document)


def multi_status(result: BatchResult, state: State) -> Reply:
    """207 with one result a row, in the order of the rows, whatever became of them.

    Source: seed; VBA fact sheet §2.3, §3.4.
    """
    return enveloped(207, [_result(outcome) for outcome in result.outcomes], result.request.call, state)


def listing(request: Request, state: State) -> Reply:
    """One page of the database's invoices, by key unless `sortBy` says otherwise."""
    return pages.page(state.collection(COLLECTION).values(), "invoice_Key", request, state)


def show(request: Request, state: State) -> Reply:
    """One invoice.

    Raises:
        NotFound: the database has none of that key.
    """
    key = str(request.parameters["invoiceKey"])
    found = state.collection(COLLECTION).get(key)
    if found is None:
        raise NotFound(COLLECTION, key)
    return enveloped(200, found, request.call, state)


def _record(key: int, item: Item, stored: Document | None, request: Request, now: str) -> Document:
    """The whole row anew: members left out are null, what was said at entry stays as it was."""
    get = item.document.get
    user = request.call.principal.facts.get("user", "sandbox")[:_USER_LENGTH]
    return {
        "invoice_Key": key,
        "description": get("description"),
        "due_Date": _wall(item, "due_Date"),
        "entry_Date": (_wall(item, "entry_Date") or now) if stored is None else stored["entry_Date"],
        "entry_User": (get("entry_User") or user) if stored is None else stored["entry_User"],
        "invoice_Date": _wall(item, "invoice_Date"),
        "invoice_Number": get("invoice_Number"),
        "invoice_Status": get("invoice_Status"),
        "payee_ID": get("payee_ID"),
        "update_Date": now,
        "update_User": get("update_User") or user,
    }


def _wall(item: Item, name: str) -> str | None:
    """A date as it is stored; SQL Server's calendar begins in 1753."""
    text = item.document.get(name)
    if text is None:
        return None
    if text < sql.FIRST_YEAR:
        raise Rejected(Problem("out-of-range", (item.index, name), sql.DATE_OVERFLOW, "datetime"))
    return text[:-1] if len(text) == _UTC_LENGTH and text[-1] == "Z" else wall_time(text)


def _result(outcome: Outcome) -> Json:
    if outcome.action is Action.REJECTED:
        key = outcome.item.document.get("invoice_Key", 0)
        status, body = _FAILED, " ".join(problem.detail for problem in outcome.problems)
    else:
        key = outcome.document["invoice_Key"]
        status, body = _CREATED if outcome.action is Action.CREATED else _UPDATED
    return {"id": [{"key": KEY_NAME, "value": key}], "status": status, "body": body}


def _next_key(item: Item, invoices: Collection, state: State) -> int:
    """One more than the highest key ever given or found."""
    identity = state.collection(_IDENTITY)
    known = identity.get(COLLECTION)
    last = known["last"] if known else max((int(key) for key in invoices), default=0)
    key = max(int(last), 0) + 1
    while str(key) in invoices:
        key += 1
    if key > MAX_KEY:
        raise Rejected(Problem("out-of-range", (item.index, "invoice_Key"), sql.KEYS_EXHAUSTED, "identity"))
    identity[COLLECTION] = {"last": key}
    return key
