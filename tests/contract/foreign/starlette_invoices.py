"""Claim invoices on Starlette, written from the VBA spec alone.

Built are the batch, the list, one read and the deletion. Where the spec leaves something open, this server
reads kindly: numbers in quotes and names in any letter case are taken. A text that is too long and a row
without a key refuse the call. Of two rows with one key the second fails. Answers are `application/json`,
without white space.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime
from itertools import count
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.contract.foreign.access import API_KEY, NOW, PAYEES, TOKEN, next_activity
from tests.support.asgi_server import listen

BUGS = (
    "a batch stores fifty rows at most",
    "an update keeps the status",
    "rows before a bad one are all that is stored",
    "a refusal names the row before the bad one",
    "a deleted row is still in the list",
    "all databases are one",
)

_MEMBERS: Mapping[str, int | str | None] = {
    "description": None,
    "due_Date": "moment",
    "entry_Date": "moment",
    "entry_User": 20,
    "invoice_Date": "moment",
    "invoice_Number": 32,
    "invoice_Status": 16,
    "payee_ID": 20,
    "update_Date": "moment",
    "update_User": 20,
}
_KINDS = {"application/json", "text/json"}
_TITLES = {400: "Bad Request", 401: "Unauthorized", 404: "Not Found", 405: "Method Not Allowed"}
_FIRST_YEAR, _HALF, _MOST = 1753, 2**31, 50


class InvoiceApi:
    """The records, by database and key, and what is done with them."""

    def __init__(self, bugs: tuple[str, ...]) -> None:
        self._bugs = bugs
        self._rows: dict[str, dict[int, dict[str, Any]]] = {}
        self._gone: dict[str, dict[int, dict[str, Any]]] = {}
        self._turn = asyncio.Lock()

    async def batch(self, request: Request) -> Response:
        """Create or update many."""
        rows = self._of(request)
        document = _json(request, await request.body())
        if not isinstance(document, list):
            raise HTTPException(400, "a list of invoices is wanted")
        first = -1 if "a refusal names the row before the bad one" in self._bugs else 0
        items = [_item(row, number) for number, row in enumerate(document, first)]
        async with self._turn:
            seen: set[int] = set()
            results: list[dict[str, Any]] = []
            for number, item in enumerate(items):
                results.append(self._put(rows, item, seen, number, results))
        return _reply(207, results)

    def _put(
        self,
        rows: dict[int, dict[str, Any]],
        item: dict[str, Any],
        seen: set[int],
        number: int,
        before: list[dict[str, Any]],
    ) -> dict[str, Any]:
        key = item["invoice_Key"] or next(free for free in count(1) if free not in rows)
        known, why = rows.get(key), _why_not(item)
        if key in seen:
            why = "this invoice is in the batch already"
        seen.add(key)
        if why:
            return _result(key, 500, why)
        row = {**item, "invoice_Key": key, "update_Date": NOW}
        row["update_User"] = row["update_User"] if row["update_User"] is not None else "api"
        for name, usual in (("entry_Date", NOW), ("entry_User", "api")):
            row[name] = known[name] if known else usual if row[name] is None else row[name]
        if known and "an update keeps the status" in self._bugs:
            row["invoice_Status"] = known["invoice_Status"]
        broken = any(one["status"] == 500 for one in before)
        lost = number >= _MOST and "a batch stores fifty rows at most" in self._bugs
        lost |= broken and "rows before a bad one are all that is stored" in self._bugs
        if not lost:
            rows[key] = row
        return _result(key, 200, "Updated") if known else _result(key, 201, "Created")

    async def list(self, request: Request) -> Response:
        """Return a page."""
        rows = self._of(request)
        query = {name.lower(): text for name, text in request.query_params.items()}
        page, size = (_whole(query.get(name), usual) for name, usual in (("page", 1), ("pagesize", 100)))
        page, size = max(page, 1), min(max(size, 1), 500)
        found = sorted(rows.values(), key=lambda row: int(row["invoice_Key"]))
        if "a deleted row is still in the list" in self._bugs:
            found += self._gone.get(request.headers["vbasoftware-database"], {}).values()
        for part in reversed((query.get("sortby") or "invoice_Key").split(",")):
            name, _, way = part.partition(":")
            member = next((one for one in ("invoice_Key", *_MEMBERS) if one.lower() == name.lower()), None)
            if member is None or way.lower() not in ("", "asc", "desc"):
                raise HTTPException(400, f"cannot sort by {part}")
            found.sort(key=lambda row: _rank(row[member]), reverse=way.lower() == "desc")
        head = {"TotalCount": len(found), "TotalPages": -(-len(found) // size), "CurrentPage": page}
        answer = _reply(200, found[(page - 1) * size : page * size])
        answer.headers["x-pagination"] = json.dumps({**head, "PageSize": size}, separators=(",", ":"))
        return answer

    async def read(self, request: Request) -> Response:
        """Return one."""
        rows = self._of(request)
        return _reply(200, _found(rows, request.path_params["key"]))

    async def delete(self, request: Request) -> Response:
        """Delete one."""
        rows = self._of(request)
        row = _found(rows, request.path_params["key"])
        gone = rows.pop(row["invoice_Key"])
        self._gone.setdefault(request.headers["vbasoftware-database"], {})[row["invoice_Key"]] = gone
        return _reply(200, None)

    def _of(self, request: Request) -> dict[int, dict[str, Any]]:
        if not request.headers.get("user-agent") or request.headers.get("x-api-key") != API_KEY:
            raise HTTPException(403)
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or token != TOKEN:
            raise HTTPException(401, "the token is not known", {"www-authenticate": "Bearer"})
        database = request.headers.get("vbasoftware-database")
        if not database:
            raise HTTPException(400, "no database is named")
        return self._rows.setdefault("" if "all databases are one" in self._bugs else database, {})


def _result(key: int, status: int, body: str) -> dict[str, Any]:
    return {"id": [{"key": "Invoice_Key", "value": str(key)}], "status": status, "body": body}


def _why_not(item: dict[str, Any]) -> str:
    moments = [item[name] for name, kind in _MEMBERS.items() if kind == "moment" and item[name]]
    if any(int(one[:4]) < _FIRST_YEAR for one in moments):
        return "no date before 1753 can be stored"
    if item["payee_ID"] is not None and item["payee_ID"] not in PAYEES:
        return f"payee {item['payee_ID']} is not known"
    return ""


def _rank(value: Any) -> tuple[bool, Any]:
    return (value is not None, value if value is not None else 0)


def _whole(text: str | None, usual: int) -> int:
    try:
        number = usual if text is None else int(text)
    except ValueError:
        raise HTTPException(400, f"{text} is no number") from None
    if not -_HALF <= number < _HALF:
        raise HTTPException(400, f"{text} is no number of 32 bits")
    return number


def _found(rows: dict[int, dict[str, Any]], key: str) -> dict[str, Any]:
    number = _whole(key, 0)
    if number not in rows:
        raise HTTPException(404, f"invoice {number} is not here")
    return rows[number]


def _item(row: Any, number: int) -> dict[str, Any]:
    if not isinstance(row, dict):
        raise HTTPException(400, f"row {number} is no invoice")
    given = {str(name).lower(): value for name, value in row.items()}
    key = given.get("invoice_key")
    if isinstance(key, str) and key.strip().lstrip("-").isdecimal() and key.isascii():
        key = int(key)
    if not isinstance(key, int) or isinstance(key, bool) or not -_HALF <= key < _HALF:
        raise HTTPException(400, f"row {number} has no invoice_Key of 32 bits")
    item: dict[str, Any] = {"invoice_Key": key}
    for name, kind in _MEMBERS.items():
        value = given.get(name.lower())
        if value is None and name in ("entry_Date", "update_Date") and name.lower() in given:
            raise HTTPException(400, f"row {number}: {name} is null")
        if value is not None and not isinstance(value, str):
            raise HTTPException(400, f"row {number}: {name} is no text")
        if value is not None and isinstance(kind, int) and len(value) > kind:
            raise HTTPException(400, f"row {number}: {name} has more than {kind} characters")
        item[name] = (
            _moment(value, f"row {number}: {name}") if value is not None and kind == "moment" else value
        )
    return item


def _moment(text: str, where: str) -> str:
    """Return the time in UTC as the spec prints it: up to seven fractional digits, no zone."""
    day, _, time = text.upper().partition("T")
    main, _, rest = time.partition(".")
    digits = rest[: len(rest) - len(rest.lstrip("0123456789"))]
    if not text.isascii() or len(day) != len("2025-03-01"):
        raise HTTPException(400, f"{where} is no date")
    try:
        whole = f"{day}T{main}{rest[len(digits) :]}" if time else date.fromisoformat(day).isoformat()
        moment = datetime.fromisoformat(whole)
        if moment.tzinfo:
            moment = moment.astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):
        raise HTTPException(400, f"{where} is no date") from None
    return moment.isoformat() + (f".{digits[:7]}" if digits else "")


def _json(request: Request, body: bytes) -> Any:
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind not in _KINDS and not (kind.startswith("application/") and kind.endswith("+json")):
        raise HTTPException(415)
    try:
        return json.loads(body.decode(), parse_constant=_reject)
    except (ValueError, RecursionError):
        raise HTTPException(400, "this is no JSON") from None


def _reject(text: str) -> None:
    raise ValueError(text)


def _reply(status: int, data: Any, error: dict[str, Any] | None = None) -> Response:
    document = {"data": data, "error": error, "debug": {"activityID": next_activity()}}
    text = json.dumps(document, separators=(",", ":"))
    return Response(text, status, media_type="application/json")


async def _refuse(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    if status == 403:
        return Response('{"message":"No."}', status, media_type="application/json")
    detail = str(error.detail) if isinstance(error, HTTPException) else "a fault of ours"
    title, where = _TITLES.get(status, "Refused"), request.url.path
    problem = {"type": None, "title": title, "status": status, "detail": detail, "instance": where}
    answer = _reply(status, None, problem)
    answer.headers.update((isinstance(error, HTTPException) and error.headers) or {})
    return answer


def application(*bugs: str) -> Starlette:
    """Return a server with these bugs."""
    api = InvoiceApi(bugs)
    routes = [
        Route("/claim-invoice-batch", api.batch, methods=["PUT"]),
        Route("/claim-invoice", api.list, methods=["GET"]),
        Route("/claim-invoice/{key}", api.read, methods=["GET"]),
        Route("/claim-invoice/{key}", api.delete, methods=["DELETE"]),
    ]
    return Starlette(routes=routes, exception_handlers={HTTPException: _refuse})


@contextmanager
def serve(*bugs: str) -> Iterator[str]:
    """Serve on a free port with these bugs; yield the address."""
    with listen(application(*bugs)) as url:
        yield url
