"""Claim invoices of VBA on a server of another make, which may answer otherwise in planted ways."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

from tests.contract.foreign.access import next_activity
from tests.contract.foreign.plain_http import Reply, Sent, closing, serving

_UNKNOWN = (
    'The INSERT statement conflicted with the FOREIGN KEY constraint "FK_Claim_Invoice_Payee". The conflict '
    'occurred in database "sandbox", table "dbo.Payee", column \'Payee_ID\'.'
)
_TOO_MANY = {"type": "about:blank", "title": "Too many", "status": 400, "detail": "2 rows", "instance": "/"}
_BLANK = ("description", "due_Date", "invoice_Date", "invoice_Number", "invoice_Status")


class _Claims:
    def __init__(self, seed: int, bugs: frozenset[str]) -> None:
        self.bugs, self._moments = bugs, count(seed)
        self._rows: dict[int, dict[str, Any]] = {}

    def answer(self, sent: Sent) -> Reply:
        if sent.method == "GET":
            row = self._rows.get(int(sent.path[-1]))
            return Reply(*self._around(200, row)) if row else Reply(404)
        rows = sent.document()
        if "limit" in self.bugs and len(rows) > 2:
            return Reply(*self._around(400, None, _TOO_MANY))
        results = [self._put(row) for row in rows]
        if "missing row" in self.bugs:
            del results[1]
        if "extra row" in self.bugs:
            results.append(results[1])
        return Reply(*self._around(207, results))

    def _around(self, status: int, data: Any, error: Any = None) -> tuple[int, Any]:
        return status, {"debug": {"activityID": next_activity()}, "data": data, "error": error}

    def _put(self, row: dict[str, Any]) -> dict[str, Any]:
        key, payee = row["invoice_Key"], row["payee_ID"]
        known = payee.upper() if "key case" in self.bugs else payee
        is_known = known == "P100" or (payee == "P777" and "unknown reference" in self.bugs)
        if not is_known and "outcome" not in self.bugs:
            body = "Payee is odd." if "message" in self.bugs else _UNKNOWN
            return self._result(key, 422 if "status" in self.bugs else 500, body)
        now, before = self._moment(), self._rows.get(key)
        times = {"update_Date": now, "entry_Date": before["entry_Date"] if before else now}
        stored = {**row, **times, "entry_User": "sandbox", "update_User": "sandbox"}
        stored |= {name: row.get(name) for name in _BLANK}
        if "record" in self.bugs:
            stored["description"] = "otherwise"
        self._rows[key] = stored
        is_update = before and "upsert" not in self.bugs
        return self._result(key, 200 if is_update else 201, "Updated" if is_update else "Created")

    def _result(self, key: int, status: int, body: str) -> dict[str, Any]:
        return {"body": body, "status": status, "id": [{"value": key, "key": "Invoice_Key"}]}

    def _moment(self) -> str:
        return f"2025-02-03T04:05:06.{next(self._moments):03}"


@contextmanager
def serve(*bugs: str, seed: int = 1) -> Iterator[str]:
    """Serve on a free port with these bugs; yield the address."""
    with serving(closing(_Claims(seed, frozenset(bugs)).answer)) as url:
        yield url
