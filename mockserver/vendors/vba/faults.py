"""What a scenario lets go wrong with a row, in the words of the database or the service.

Which text stands for which code is assumed; so is that a row's status is 500 whatever the database says, but
for a row that is throttled. Source: VBA fact sheet §3.4.
"""

from collections.abc import Mapping

from mockserver.model import Fault, Item, Path, Problem
from mockserver.vendor import FAULT, Request
from mockserver.vendors.vba import words
from mockserver.vendors.vba.names import names_at

_FAILED = 500
_STATUS: Mapping[str, int] = {"throttled": 429}
_SERVICE: Mapping[str, str] = {
    "locked": words.DEADLOCK,
    "conflict": words.CHANGED_MEANWHILE,
    "throttled": words.TOO_MANY_REQUESTS,
    "timeout": words.TIMEOUT,
}


def fault(what: Fault, item: Item, request: Request) -> Problem:
    """The fault as a problem of the row; one that nobody knows is that the changes could not be saved."""
    status = what.status if what.status is not None else _STATUS.get(what.code, _FAILED)
    path: Path = (item.index,) if request.operation.batch else ()
    return Problem(what.code, path, what.message or _said(what.code, item, request), FAULT, status)


def _said(code: str, item: Item, request: Request) -> str:
    names, database = names_at(request.call.path), request.tenant
    match code:
        case "missing-required":
            return words.null_key(database, names)
        case "too-long":
            member = "description" if names.key == "invoice_Key" else "name"
            text = item.document.get(member) if isinstance(item.document, dict) else None
            return words.truncated(database, names.table, member, str(text or ""), 0)
        case "duplicate-key":
            return words.duplicate_key(names.table, item.key)
        case "unknown-reference":
            return words.unknown_payee("INSERT", database)
    return _SERVICE.get(code, words.NOT_SAVED)
