"""Payees on Flask, written from the VBA spec alone.

Built are the batch, one read and the deletion. Where the spec leaves something open: a row that is null fails
alone, and so does every row of a key that is there twice. The media type is the one that was asked for.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import RLock
from typing import Any

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException, abort
from werkzeug.serving import WSGIRequestHandler, make_server

from tests.contract.foreign.access import API_KEY, NOW, TOKEN, next_activity, running
from tests.support.spec_documents import spec

BUGS = (
    "the last of more than fifty is lost",
    "keys are folded to lower case",
    "an update ignores the name",
    "one bad row rejects all",
    "a state that is too long is cut",
    "texts are trimmed",
)

_MEMBERS = spec("vba")["components"]["schemas"]["Payee"]["properties"]
_LENGTHS = {name: one["maxLength"] for name, one in _MEMBERS.items() if "maxLength" in one}
_TYPES = {"boolean": bool, "number": int | float | None, "string": str | None}
_ENTRY, _UPDATE = ("entry_Date", "entry_User"), ("update_Date", "update_User")
_MANY = 50


class _Payees:
    """The records of every database."""

    def __init__(self, bugs: tuple[str, ...]) -> None:
        self._bugs = bugs
        self._stored: dict[tuple[str, str], dict[str, Any]] = {}
        self._lock = RLock()
        self._numbers = 0

    def put_batch(self) -> Response:
        database, rows = _database(), _document()
        if not isinstance(rows, list):
            abort(400, "The body has to be a list.")
        for row in rows:
            _check_types(row)
        with self._lock:
            before = dict(self._stored)
            keys = Counter(row.get("payee_ID") for row in rows if row)
            results = [self._put(database, row, keys) for row in rows]
            if "one bad row rejects all" in self._bugs and any(one["status"] >= 400 for one in results):
                self._stored = before
                abort(400, "A row cannot be stored.")
            if len(rows) > _MANY and "the last of more than fifty is lost" in self._bugs:
                self._stored.pop((database, rows[-1]["payee_ID"]), None)
        return _answer(207, results)

    def _put(self, database: str, row: Any, keys: Counter[str | None]) -> dict[str, Any]:
        if row is None:
            return _result(None, 500, "A row that is null cannot be stored.")
        key = row.get("payee_ID") or self._next(database)
        if row.get("payee_ID") and keys[key] > 1:
            return _result(key, 500, f"{key} is in the batch more than once.")
        if "a state that is too long is cut" in self._bugs and isinstance(row.get("state"), str):
            row = {**row, "state": row["state"][:2]}
        if "texts are trimmed" in self._bugs:
            row = {name: value.strip() if isinstance(value, str) else value for name, value in row.items()}
        for name, length in _LENGTHS.items():
            if len(row.get(name) or "") > length:
                return _result(key, 500, f"{name} has more than {length} characters.")
            if "\0" in (row.get(name) or ""):
                return _result(key, 500, f"{name} has a NUL.")
        where = (database, key.lower() if "keys are folded to lower case" in self._bugs else key)
        known = self._stored.get(where)
        usual = {name: False if one["type"] == "boolean" else None for name, one in _MEMBERS.items()}
        record = usual | {name: value for name, value in row.items() if name in usual}
        for date, user in (_ENTRY, _UPDATE):
            record |= {date: _wall_time(row.get(date) or NOW), user: row.get(user) or "flo"}
        record |= {name: known[name] for name in _ENTRY} if known else {"update_Date": NOW}
        if known and "an update ignores the name" in self._bugs:
            record["name"] = known["name"]
        self._stored[where] = {**record, "payee_ID": where[1]}
        return _result(key, 200, "Updated") if known else _result(key, 201, "Created")

    def _next(self, database: str) -> str:
        while True:
            self._numbers += 1
            if (database, f"A{self._numbers}") not in self._stored:
                return f"A{self._numbers}"

    def read(self, key: str) -> Response:
        where = (_database(), key.lower() if "keys are folded to lower case" in self._bugs else key)
        if where not in self._stored:
            abort(404, f"There is no payee {key}.")
        return _answer(200, self._stored[where])

    def delete(self, key: str) -> Response:
        with self._lock:
            self.read(key)
            where = (_database(), key.lower() if "keys are folded to lower case" in self._bugs else key)
            self._stored.pop(where, None)
        return _answer(200, None)


def _result(key: str | None, status: int, body: str) -> dict[str, Any]:
    return {"status": status, "body": body, "id": [{"key": "payee_ID", "value": key}]}


def _check_types(row: Any) -> None:
    if row is None:
        return
    if not isinstance(row, dict):
        abort(400, "A row has to be an object.")
    for name in row.keys() & _MEMBERS.keys():
        kind, value = _MEMBERS[name], row[name]
        is_flag = isinstance(value, bool) != (kind["type"] == "boolean")
        is_missing = value is None and not kind.get("nullable", False)
        if is_flag or is_missing or not isinstance(value, _TYPES[kind["type"]]):
            abort(400, f"{name} has to be a {kind['type']}.")
        if kind.get("format") == "date-time":
            _wall_time(str(value))


def _wall_time(text: str) -> str:
    try:
        moment = datetime.fromisoformat(text)
        moment = moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
    except (ValueError, OverflowError):
        abort(400, f"{text} is no time.")
    return moment.isoformat()


def _database() -> str:
    headers = request.headers
    if not headers.get("User-Agent") or headers.get("X-Api-Key") != API_KEY:
        abort(403)
    if headers.get("Authorization") != f"Bearer {TOKEN}":
        abort(401, "The token is missing or wrong.")
    if not headers.get("Vbasoftware-Database"):
        abort(400, "Name a database.")
    return str(headers["Vbasoftware-Database"])


def _document() -> Any:
    kind = request.mimetype
    if kind not in ("application/json", "text/json") and not kind.endswith("+json"):
        abort(415, "Send JSON.")
    try:
        return json.loads(request.get_data())
    except (ValueError, RecursionError):
        return abort(400, "The body is not JSON.")


def _answer(status: int, data: Any, error: Any = None) -> Response:
    kind = request.accept_mimetypes.best_match(["application/json", "text/json"]) or "application/json"
    document = {"debug": {"activityID": next_activity()}, "data": data, "error": error}
    return Response(json.dumps(document, ensure_ascii=False) + "\n", status, content_type=kind)


def _refuse(error: HTTPException) -> Response:
    status = error.code or 500
    if status == 403:
        return Response('{"message": "Forbidden"}', status, content_type="application/json")
    problem = {"type": "about:blank", "title": error.name, "status": status}
    answer = _answer(status, None, {**problem, "detail": error.description, "instance": request.path})
    if allowed := getattr(error, "valid_methods", None):
        answer.headers["Allow"] = ", ".join(allowed)
    return answer


class Quiet(WSGIRequestHandler):
    """Says nothing of its calls."""

    def log(self, *_words: object) -> None:
        """Say nothing."""


@contextmanager
def serve(*bugs: str) -> Iterator[str]:
    """Serve on a free port with these bugs; yield the address."""
    payees, app = _Payees(bugs), Flask(__name__)
    options = {"provide_automatic_options": False}
    app.add_url_rule("/payees-batch", "batch", payees.put_batch, methods=["PUT"], **options)
    app.add_url_rule("/payees/<path:key>", "read", payees.read, methods=["GET"], **options)
    app.add_url_rule("/payees/<path:key>", "delete", payees.delete, methods=["DELETE"], **options)
    app.register_error_handler(HTTPException, _refuse)
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    with running(server) as url:
        yield url
