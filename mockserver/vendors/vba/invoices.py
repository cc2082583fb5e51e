"""Claim invoices: the batch that creates or replaces them, and reading them."""

from mockserver.errors import Rejected
from mockserver.model import Action, Document, Item, Outcome, Problem, Reply, Value
from mockserver.store import Collection, State
from mockserver.vendor import BatchResult, Keep, Request, record
from mockserver.vendors.vba import pages, sql
from mockserver.vendors.vba.dates import TooEarlyError, stamp, wall_time
from mockserver.vendors.vba.envelope import enveloped

# Bound once: until Python 3.12 an enum member costs a call each time it is named.
CREATED, UPDATED = Action.CREATED, Action.UPDATED

COLLECTION = "claim-invoices"
KEY_NAME = "Invoice_Key"
DATES = ("due_Date", "entry_Date", "invoice_Date")
MAX_KEY = 2**31 - 1
_USER_LENGTH = 20
_IDENTITY = "identity"


class KeyPair(Value, frozen=True, gc=False):
    """One column of a row's key, as the wire has it."""

    key: str
    value: int


class RowResult(Value, frozen=True, gc=False):
    """What the wire says of one row."""

    id: tuple[KeyPair]
    status: int
    body: str


def upsert(request: Request, state: State) -> Keep:
    """Replace the row of its key or create it; key 0 or none asks for the next free one.

    Source: VBA fact sheet §4.
    """
    invoices, payees = state.collection(COLLECTION), state.collection("payees")
    user = request.call.principal.facts.get("user", "sandbox")[:_USER_LENGTH]
    now = stamp(state.now)

    def keep(item: Item) -> Outcome:
        """Store one row; Rejected when its payee is not there, a date too early, or no key is left."""
        row: Document = item.document
        key, name = row.get("invoice_Key"), item.key
        if not key:
            key = _next_key(item, invoices, state)
            name = str(key)
        stored, payee = invoices.get(name), row.get("payee_ID")
        if payee is not None and payees.get(payee) is None:
            text = sql.unknown_payee("INSERT" if stored is None else "UPDATE", request.tenant)
            raise Rejected(Problem("unknown-reference", (item.index, "payee_ID"), text, "foreign-key"))
        document = _record(item, key, stored, now, user)
        invoices[name] = document
        return Outcome(item, CREATED if stored is None else UPDATED, document)

    return keep


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
    found = record(COLLECTION, str(request.parameters["invoiceKey"]), state)
    return enveloped(200, found, request.call, state)


def _record(item: Item, key: int, stored: Document | None, now: str, user: str) -> Document:
    """The whole row anew: members left out are null, what was said at entry stays as it was."""
    get = item.document.get
    due, entry, issued = get("due_Date"), get("entry_Date"), get("invoice_Date")
    try:
        return {
            "invoice_Key": key,
            "description": get("description"),
            "due_Date": due and wall_time(due),
            "entry_Date": (wall_time(entry) if entry else now) if stored is None else stored["entry_Date"],
            "entry_User": (get("entry_User") or user) if stored is None else stored["entry_User"],
            "invoice_Date": issued and wall_time(issued),
            "invoice_Number": get("invoice_Number"),
            "invoice_Status": get("invoice_Status"),
            "payee_ID": get("payee_ID"),
            "update_Date": now,
            "update_User": get("update_User") or user,
        }
    except TooEarlyError as early:
        name = next(name for name in DATES if get(name) == early.text)
        raise Rejected(Problem("out-of-range", (item.index, name), sql.DATE_OVERFLOW, "datetime")) from None


def _result(outcome: Outcome) -> RowResult:
    if outcome.action is CREATED:
        return RowResult((KeyPair(KEY_NAME, outcome.document["invoice_Key"]),), 201, "Created")
    if outcome.action is UPDATED:
        return RowResult((KeyPair(KEY_NAME, outcome.document["invoice_Key"]),), 200, "Updated")
    key = outcome.item.document.get("invoice_Key", 0)
    return RowResult((KeyPair(KEY_NAME, key),), 500, " ".join(problem.detail for problem in outcome.problems))


def _next_key(item: Item, invoices: Collection, state: State) -> int:
    """The next free key after the last one given, the first time after the highest stored."""
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
