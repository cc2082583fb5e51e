"""What a row is judged by beside its schema, and what becomes of the schema's own findings."""

from collections.abc import Iterator

from msgspec.structs import replace

from mockserver.model import Call, Item, Problem
from mockserver.vendor import Request, keep_known
from mockserver.vendors.vba import sql

DATES = ("due_Date", "entry_Date", "invoice_Date", "update_Date")
KEY = "invoice_Key"


def grade(problem: Problem, call: Call) -> Problem | None:
    """A missing key is assigned and no problem; a text that is too long is the database's to say.

    Source: VBA fact sheet §3.3, §3.4 (`missing_key` assign, `length_errors` item).
    """
    if problem.rule == "required" and problem.path[-1:] == (KEY,):
        return None
    if problem.rule == "maxLength":
        table = "Payee" if call.path.startswith("/payees") else "Claim_Invoice"
        text = sql.truncated(_database(call), table, str(problem.path[-1]), problem.found, problem.expected)
        return replace(problem, detail=text)
    return keep_known(problem, call)


def dates_fit_sql(item: Item, _request: Request) -> Iterator[Problem]:
    """SQL Server's datetime begins in 1753.

    Source: VBA fact sheet §3.4.
    """
    row = item.document
    for name in DATES:
        text = row.get(name)
        if text is not None and text < sql.FIRST_YEAR:
            yield Problem("out-of-range", (item.index, name), sql.DATE_OVERFLOW, "datetime")


def _database(call: Call) -> str:
    return call.headers.get("vbasoftware-database", "")
