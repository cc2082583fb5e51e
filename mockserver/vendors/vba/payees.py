"""Payees: what an invoice's `payee_ID` points at."""

from mockserver.errors import Rejected
from mockserver.model import Document, Problem, Reply
from mockserver.store import State
from mockserver.vendor import Request, record
from mockserver.vendors.vba import pages, sql
from mockserver.vendors.vba.envelope import enveloped

COLLECTION = "payees"
TEXTS = (
    "name",
    "address",
    "address2",
    "city",
    "state",
    "zip_Code",
    "federal_ID",
    "phone_Number",
    "email_Address",
)
FLAGS = ("inactive", "virtual_Office", "void_Checks", "w9_Received", "wire_Transfer")


def create(request: Request, state: State) -> Reply:
    """Store a payee; without an id it gets the next number.

    Source: VBA fact sheet §1.1, §4.2.

    Raises:
        Rejected: the id is taken.
    """
    payees, sent = state.collection(COLLECTION), request.document
    key = sent.get("payee_ID") or _next_id(request.tenant, state)
    if key in payees:
        raise Rejected(
            Problem("duplicate-key", ("payee_ID",), sql.duplicate_key("Payee", key), "primary-key", found=key)
        )
    payees[key] = _record(key, sent)
    return enveloped(200, payees[key], request.call, state)


def listing(request: Request, state: State) -> Reply:
    """One page of the database's payees, by id unless `sortBy` says otherwise."""
    return pages.page(state.collection(COLLECTION).values(), "payee_ID", request, state)


def show(request: Request, state: State) -> Reply:
    """One payee.

    Raises:
        NotFound: the database has none of that id.
    """
    found = record(COLLECTION, request.parameters["payeeID"], state)
    return enveloped(200, found, request.call, state)


def _record(key: str, sent: Document) -> Document:
    texts = {name: sent.get(name) for name in TEXTS}
    return {"payee_ID": key, **texts, **{name: sent.get(name, False) for name in FLAGS}}


def _next_id(database: str, state: State) -> str:
    payees = state.collection(COLLECTION)
    while (key := str(state.next(f"payee_ID/{database}"))) in payees:
        pass
    return key
