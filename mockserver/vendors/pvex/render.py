"""Replies: stored invoices, the outcome of a push, and errors, each in the representation asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from html import escape

from mockserver.codec import json
from mockserver.model import NOTHING, Call, Document, Json, Problem, Reply, Value
from mockserver.vendor import FAULT
from mockserver.vendors.pvex import markup
from mockserver.vendors.pvex.faults import ModelState
from mockserver.vendors.pvex.keeping import CALENDAR, DATABASE, NULL_ITEM
from mockserver.vendors.pvex.members import DECLARED, MONEY
from mockserver.vendors.pvex.representation import negotiated
from mockserver.vendors.pvex.words import ASSUMED, GENERAL, Page, Thrown

CRASHES: Mapping[str, Thrown] = {
    NULL_ITEM: ASSUMED.null,
    DATABASE: ASSUMED.database,
    CALENDAR: ASSUMED.out_of_calendar,
    "internal": ASSUMED.broken,
    "timeout": ASSUMED.late,
    "throttled": ASSUMED.busy,
}
"""What is thrown where storing fails, by the code of the problem; the last three a scenario asks for."""


def success_reply(call: Call, stored: Sequence[Document], *, listed: bool = True) -> Reply:
    """What a push is answered with that was taken.

    Source: PVEx fact sheet §1.1, settings `success_status` and `success_body`.
    """
    status, wanted = int(call.assumptions["success_status"]), call.assumptions["success_body"]
    if wanted == "empty" or status == 204:  # noqa: PLR2004 - HTTP's No Content
        return Reply(status)
    if wanted == "count":
        return count_reply(call, status, len(stored))
    return invoices_reply(call, stored, status) if listed else invoice_reply(call, stored[0], status)


class Error(Value, frozen=True):
    """What an error says; `details` are for local callers."""

    status: int
    message: str
    state: ModelState = NOTHING
    details: Mapping[str, str] = NOTHING
    headers: tuple[tuple[str, str], ...] = ()


def error_reply(call: Call, error: Error) -> Reply:
    """The vendor's error object.

    Source: PVEx fact sheet §3.1.
    """
    found = negotiated(call)
    shown = error.details if call.assumptions["error_detail"] == "on" else NOTHING
    if found.xml:
        text = markup.error(error.message, error.state, shown)
    else:
        state = {"ModelState": error.state} if error.state else {}
        text = json.encode({"Message": error.message, **state, **shown}).decode()
    return Reply(error.status, found.encode(text), found.content_type, error.headers)


def crash_reply(call: Call, thrown: Thrown, said: str = "") -> Reply:
    """What the framework makes of an exception of the vendor's, unless something else is to be said.

    Source: PVEx fact sheet §3.2.
    """
    details = {
        "ExceptionMessage": thrown.message,
        "ExceptionType": thrown.type,
        "StackTrace": thrown.trace,
    }
    return error_reply(call, Error(500, said or GENERAL, details=details))


def storing_failed(call: Call, problem: Problem) -> Reply:
    """The database, or the code before it, failed."""
    return crash_reply(call, CRASHES[problem.code], problem.detail if problem.rule == FAULT else "")


def page_reply(page: Page) -> Reply:
    """A page of the web server's own."""
    return Reply(page.status, page.html.encode(), "text/html")


def offline_reply(said: str) -> Reply:
    """The web server's page while the vendor is offline, with other words where they are `said`."""
    page = ASSUMED.offline
    return page_reply(Page(page.status, f"<p>{escape(said)}</p>") if said else page)


def invoices_reply(call: Call, invoices: Iterable[Document], status: int = 200) -> Reply:
    """A list of stored invoices."""
    found = negotiated(call)
    text = markup.invoice_list(invoices) if found.xml else f"[{','.join(map(_json, invoices))}]"
    return Reply(status, found.encode(text), found.content_type)


def invoice_reply(call: Call, invoice: Document, status: int = 200) -> Reply:
    """One stored invoice."""
    found = negotiated(call)
    text = markup.one_invoice(invoice) if found.xml else _json(invoice)
    return Reply(status, found.encode(text), found.content_type)


def count_reply(call: Call, status: int, count: int) -> Reply:
    """A bare number."""
    found = negotiated(call)
    return Reply(status, found.encode(markup.number(count) if found.xml else str(count)), found.content_type)


def _json(invoice: Document) -> str:
    """Every member in declared order, nulls too; written by hand, for the codec prints 1E-8 and 1E+3."""
    pairs = (f'"{name}":{_value(name, invoice[name])}' for name in DECLARED)
    return f"{{{','.join(pairs)}}}"


def _value(name: str, value: Json) -> str:
    if name not in MONEY or value is None:
        return json.encode(value).decode()
    digits = format(Decimal(value), "f")
    return digits if "." in digits else f"{digits}.0"
