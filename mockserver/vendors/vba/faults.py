"""Scenario faults of rows, in the words of the database or the service.

Which text stands for which code is assumed; so is that a row's status is 500 whatever the database says,
except for a throttled row. Source: docs/vendors/vba.md#failed-rows.
"""

from collections.abc import Mapping

from mockserver.model import Fault, Item, Path, Problem
from mockserver.vendor import FAULT_RULE, Request
from mockserver.vendors.vba import messages
from mockserver.vendors.vba.record_names import names_for_path

_DEFAULT_STATUS = 500
_STATUSES: Mapping[str, int] = {"throttled": 429}
_MESSAGES: Mapping[str, str] = {
    "locked": messages.DEADLOCK,
    "conflict": messages.CHANGED_MEANWHILE,
    "throttled": messages.TOO_MANY_REQUESTS,
    "timeout": messages.TIMEOUT,
}


def fault_problem(what: Fault, item: Item, request: Request) -> Problem:
    """Return the fault as a problem of the row; an unknown one is a failed save."""
    status = what.status if what.status is not None else _STATUSES.get(what.code, _DEFAULT_STATUS)
    path: Path = (item.index,) if request.operation.batch else ()
    return Problem(
        what.code, path, what.message or _fault_message(what.code, item, request), FAULT_RULE, status
    )


def _fault_message(code: str, item: Item, request: Request) -> str:
    names, database = names_for_path(request.call.path), request.tenant
    match code:
        case "missing-required":
            return messages.null_key(database, names)
        case "too-long":
            member = "description" if names.key == "invoice_Key" else "name"
            text = item.document.get(member) if isinstance(item.document, dict) else None
            return messages.truncated(database, names.table, member, str(text or ""), 0)
        case "duplicate-key":
            return messages.duplicate_key(names.table, item.key)
        case "unknown-reference":
            return messages.unknown_payee("INSERT", database)
    return _MESSAGES.get(code, messages.NOT_SAVED)
