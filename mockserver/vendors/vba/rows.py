"""What becomes of the schema's findings in a row."""

from msgspec.structs import replace

from mockserver.model import Call, Problem
from mockserver.vendor import keep_known
from mockserver.vendors.vba import sql

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


def _database(call: Call) -> str:
    return call.headers.get("vbasoftware-database", "")
