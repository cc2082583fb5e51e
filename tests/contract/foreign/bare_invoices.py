"""Claim invoices on the standard library's HTTP server, written from the VBA spec alone.

Built are the batch, one read and the deletion. Where the spec leaves something open, this server reads
strictly: numbers in quotes and null rows refuse the call, names count in one letter case only. Of two rows
with one key the last one wins. Answers come in chunks, as `text/json`, members in another order.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from threading import Lock
from typing import Any

from tests.contract.foreign.access import API_KEY, NOW, PAYEES, TOKEN, next_activity, running

BUGS = (
    "loses what comes after 50 rows",
    "an update ignores the description",
    "accepted but not stored",
    "one bad row rejects all",
    "a result names the next row",
    "a time loses its fractions",
    "an update says that it created the row",
)

_TEXTS = {
    "description": None,
    "entry_User": 20,
    "invoice_Number": 32,
    "invoice_Status": 16,
    "payee_ID": 20,
    "update_User": 20,
}
_DATES = ("due_Date", "entry_Date", "invoice_Date", "update_Date")
_NEVER_NULL = ("entry_Date", "update_Date")
_MOMENT = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[Tt](\d\d:\d\d(?::\d\d)?)(?:\.(\d+))?([Zz]|[+-]\d\d:\d\d)?)?", re.ASCII
)
_ONE = re.compile(r"/claim-invoice/([^/]+)")
_FIRST_DAY, _LARGEST, _SIGNIFICANT, _FEW = "1753-01-01", 2**31 - 1, 7, 50


class _RefusedError(Exception):
    """The whole call is refused; the argument is the status, then why."""


class _RowError(Exception):
    """One row is refused; the text says why."""


class _Shop:
    """The records, by database and key, and the bugs that are switched on."""

    def __init__(self, bugs: tuple[str, ...]) -> None:
        self.bugs = bugs
        self.rows: dict[tuple[str, int], dict[str, Any]] = {}
        self.lock = Lock()

    def put_batch(self, database: str, rows: Any) -> list[dict[str, Any]]:
        if not isinstance(rows, list):
            raise _RefusedError(400, "Expected an array. Path: $")
        read = [self._read_row(row, f"$[{place}]") for place, row in enumerate(rows)]
        results = []
        with self.lock:
            for place, row in enumerate(read):
                results.append(self._put(database, row, place))
        if "one bad row rejects all" in self.bugs and any(one["status"] == 500 for one in results):
            raise _RefusedError(400, "A row is not valid.")
        if "a result names the next row" in self.bugs:
            names = [one["id"] for one in results]
            results = [{**one, "id": name} for one, name in zip(results, names[1:] + names[:1], strict=True)]
        return results

    def _put(self, database: str, row: dict[str, Any], place: int) -> dict[str, Any]:
        key = row["invoice_Key"] or next(free for free in count(1) if (database, free) not in self.rows)
        known = self.rows.get((database, key))
        is_told_new = not known or "an update says that it created the row" in self.bugs
        answer = {"body": "Created" if is_told_new else "Updated", "status": 200 if known else 201}
        try:
            stored = self._stored(row, key, known)
        except _RowError as error:
            answer = {"body": str(error), "status": 500}
        else:
            is_lost = place >= _FEW and "loses what comes after 50 rows" in self.bugs
            is_lost |= bool(known) and "accepted but not stored" in self.bugs
            if not is_lost:
                self.rows[database, key] = stored
        return {**answer, "id": [{"value": key, "key": "invoice_Key"}]}

    def _stored(self, row: dict[str, Any], key: int, known: dict[str, Any] | None) -> dict[str, Any]:
        for name, most in _TEXTS.items():
            if most and len(row[name] or "") > most:
                raise _RowError(f"{name} is longer than {most}")
        if any(row[name] and row[name] < _FIRST_DAY for name in _DATES):
            raise _RowError("a date is before 1753")
        if row["payee_ID"] is not None and row["payee_ID"] not in PAYEES:
            raise _RowError("there is no such payee")
        stored = {**row, "invoice_Key": key, "update_Date": NOW, "update_User": row["update_User"] or "me"}
        stored |= {"entry_Date": row["entry_Date"] or NOW, "entry_User": row["entry_User"] or "me"}
        if known:
            stored |= {name: known[name] for name in ("entry_Date", "entry_User")}
            if "an update ignores the description" in self.bugs:
                stored["description"] = known["description"]
        return dict(reversed(stored.items()))

    def _read_row(self, row: Any, at: str) -> dict[str, Any]:
        if not isinstance(row, dict):
            raise _RefusedError(400, f"Expected an object. Path: {at}")
        key = row.get("invoice_Key", 0)
        if type(key) is not int or not -_LARGEST - 1 <= key <= _LARGEST:
            raise _RefusedError(400, f"Expected a number of 32 bits. Path: {at}.invoice_Key")
        read: dict[str, Any] = {"invoice_Key": key}
        for name in _TEXTS:
            read[name] = row.get(name)
            if not isinstance(read[name], str | None):
                raise _RefusedError(400, f"Expected a text. Path: {at}.{name}")
        for name in _DATES:
            if row.get(name) is None and not (name in row and name in _NEVER_NULL):
                read[name] = None
            else:
                read[name] = self._moment(row[name], f"{at}.{name}")
        return read

    def _moment(self, text: Any, at: str) -> str:
        found = _MOMENT.fullmatch(text) if isinstance(text, str) else None
        if not found:
            raise _RefusedError(400, f"Expected a date. Path: {at}")
        try:
            zone = (found[4] or "").upper().replace("Z", "+00:00")
            moment = datetime.fromisoformat(f"{found[1]}T{found[2] or '00:00'}{zone}")
            moment = moment.astimezone(UTC) if zone else moment
        except (ValueError, OverflowError):
            raise _RefusedError(400, f"Expected a date. Path: {at}") from None
        fraction = (found[3] or "")[:_SIGNIFICANT].rstrip("0")
        if "a time loses its fractions" in self.bugs:
            fraction = ""
        return f"{moment:%Y-%m-%dT%H:%M:%S}".rjust(19, "0") + (f".{fraction}" if fraction else "")


class _Handler(BaseHTTPRequestHandler):
    """One call; the shop is that of the server."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1
    shop: _Shop

    def handle_call(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        try:
            status, data, problem = *self._answer(body), None
        except _RefusedError as error:
            status, detail = error.args
            data, problem = None, {"detail": detail, "title": "Refused", "type": None, "status": status}
            problem["instance"] = self.path
        if status == 403:
            self._send(status, {"message": "Forbidden"})
            return
        self._send(status, {"debug": {"activityID": next_activity()}, "error": problem, "data": data})

    def __getattr__(self, name: str) -> Any:
        """Handle every method in the same way."""
        if name.startswith("do_"):
            return self.handle_call
        raise AttributeError(name)

    def _answer(self, body: bytes) -> tuple[int, Any]:
        path = self.path.partition("?")[0]
        one = _ONE.fullmatch(path)
        methods = ("PUT",) if path == "/claim-invoice-batch" else ("GET", "DELETE") if one else ()
        if not methods:
            raise _RefusedError(404, "Nothing is here.")
        if self.command not in methods:
            self.allow = ", ".join(methods)
            raise _RefusedError(405, "Not with this method.")
        database = self._database()
        if one is None:
            return 207, self.shop.put_batch(database, self._document(body))
        if not re.fullmatch(r"-?[0-9]{1,10}", one[1]) or not -_LARGEST - 1 <= int(one[1]) <= _LARGEST:
            raise _RefusedError(400, f"The value {one[1]} is not valid.")
        with self.shop.lock:
            found = self.shop.rows.get((database, int(one[1])))
            if found is None:
                raise _RefusedError(404, f"The invoice ({one[1]}) was not found.")
            if self.command == "DELETE":
                del self.shop.rows[database, int(one[1])]
                found = None
        return 200, found

    def _database(self) -> str:
        if not self.headers.get("user-agent") or self.headers.get("x-api-key") != API_KEY:
            raise _RefusedError(403, "")
        if self.headers.get("authorization") != f"Bearer {TOKEN}":
            raise _RefusedError(401, "Who are you?")
        if not self.headers.get("vbasoftware-database"):
            raise _RefusedError(400, "vbasoftware-database is missing.")
        return str(self.headers["vbasoftware-database"])

    def _document(self, body: bytes) -> Any:
        media_type = (self.headers.get("content-type") or "").partition(";")[0].strip().lower()
        if not re.fullmatch(r"text/json|application/(\S+\+)?json", media_type):
            raise _RefusedError(415, "JSON only.")
        try:
            return json.loads(body.decode("utf-8-sig"), parse_constant=self._no_number)
        except (ValueError, RecursionError):
            raise _RefusedError(400, "The body is not JSON. Path: $") from None

    def _no_number(self, text: str) -> None:
        raise ValueError(text)

    allow = ""

    def _send(self, status: int, document: Any) -> None:
        body = json.dumps(document, indent=3).encode()
        self.send_response(status)
        kind = "application/json" if status == 403 else "text/json; charset=utf-8"
        self.send_header("CONTENT-TYPE", kind)
        if status == 405:
            self.send_header("ALLOW", self.allow)
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        if self.command == "HEAD":
            return
        for part in (body[:5], body[5:], b""):
            self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))

    def log_message(self, *_words: object) -> None:
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True


@contextmanager
def serve(*bugs: str) -> Iterator[str]:
    """Serve on a free port with these bugs; return the address."""
    handler = type("Handler", (_Handler,), {"shop": _Shop(bugs)})
    with _Server(("127.0.0.1", 0), handler) as server, running(server) as url:
        yield url
