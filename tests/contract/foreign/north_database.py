"""Claim invoices and payees on the WSGI server of the standard library, written from the VBA spec alone.

All is built but the tokens, for the databases north and south. Where the spec leaves it open: an update
leaves alone what a row does not name, a key that is there twice refuses the call, failed rows have
status 422, single records are made with 201, 400 is ASP.NET's problem document, times have six digits,
lists sort without regard to letter case and null comes last, pages end at 200 rows. Words and the order
of members are its own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from socketserver import ThreadingMixIn
from threading import Lock
from typing import Any
from urllib.parse import parse_qs
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from tests.contract.foreign.access import API_KEY, NOW, TOKEN, next_activity, running
from tests.support.spec_documents import operations, spec

BUGS = (
    "an update is called created",
    "a rejected row is stored all the same",
    "a new row is stored twice",
    "letters outside Latin-1 are lost",
    "a rejected row has the message of the one before",
    "a bad row is called created",
    "a batch is answered with 200",
    "an update empties the due date",
    "the second page repeats the first",
    "sortBy is ignored",
    "reads look into the other database",
)

DATABASES, PAYEES = ("north", "south"), ("N-7", "N-8")
_HALF, _LONGEST_PAGE, _FIRST_FREE = 2**31, 200, 70_000
_MOMENT = re.compile(r"[0-9-]{10}(T[0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?(Z|[+-][0-9]{2}:[0-9]{2})?)?")
_WORDS = {200: "Fine", 201: "Made", 207: "See Each Row", 400: "Unreadable", 401: "Who", 403: "Not For You"}
_WORDS |= {404: "Nothing There", 405: "Not This Way", 415: "Unknown Language"}

_Row = dict[str, Any]


class _RefusedError(Exception):
    """The call is refused: status, why, and headers."""


class _Table:
    """The rows of one kind in one database."""

    keys = count(_FIRST_FREE)

    def __init__(self, schema: str, bugs: tuple[str, ...], payees: Mapping[Any, _Row]) -> None:
        self.members: Mapping[str, Any] = spec("vba")["components"]["schemas"][schema]["properties"]
        self.key = next(name for name in self.members if name in ("invoice_Key", "payee_ID"))
        self.bugs, self.payees, self.rows = bugs, payees, dict[Any, _Row]()
        self.blank = {name: False if one["type"] == "boolean" else None for name, one in self.members.items()}

    def readable(self, row: Any, at: str = "$") -> _Row:
        """Return the known members of a row; a value of a wrong type refuses the call."""
        if not isinstance(row, dict):
            raise _RefusedError(400, f"{at} is no object.")
        read = {name: row[name] for name in self.members if name in row}
        for name, value in read.items():
            kind = self.members[name]
            if kind["type"] == "integer":
                read[name] = _whole(value)
            elif kind["type"] == "number" and type(value) in (int, float):
                pass
            elif not (
                isinstance(value, bool if kind["type"] == "boolean" else str) or self._null(kind, value)
            ):
                raise _RefusedError(400, f"{at}.{name} cannot be read.")
            elif kind.get("format") == "date-time" and value is not None:
                read[name] = _moment(value, f"{at}.{name}")
        return read

    def _null(self, kind: Mapping[str, Any], value: Any) -> bool:
        return value is None and kind.get("nullable", False)

    def put(self, row: _Row) -> _Row:
        """Store a row, and return its result."""
        key = row.get(self.key) or self._free()
        known = self.rows.get(key)
        whys = [
            f"{name} {value!r} is too long"
            for name, value in row.items()
            if value and len(str(value)) > self.members[name].get("maxLength", len(str(value)))
        ]
        if self.key != "payee_ID" and row.get("payee_ID") is not None and row["payee_ID"] not in self.payees:
            whys.append(f"payee {row['payee_ID']!r} is not known")
        if not whys or "a rejected row is stored all the same" in self.bugs:
            self.rows[key] = self._record({**row, self.key: key}, known)
            if "a new row is stored twice" in self.bugs and not known:
                self.rows[key, "again"] = self.rows[key]
        status, body = (200, "Now as sent.") if known else (201, "Taken in.")
        if known and "an update is called created" in self.bugs:
            status, body = 201, "Taken in."
        if whys and "a bad row is called created" not in self.bugs:
            status, body = 422, " and ".join(whys)
        return {"body": body, "status": status, "id": [{"value": key, "key": self.key.replace("_", "")}]}

    def _free(self) -> Any:
        kind = str if self.key == "payee_ID" else int
        return next(key for key in map(kind, self.keys) if key not in self.rows)

    def _record(self, row: _Row, known: _Row | None) -> _Row:
        record, now = {**(known or self.blank), **row}, f"{NOW}.000000"
        record |= {"update_Date": now, "update_User": row.get("update_User") or "jan"}
        for name, usual in (("entry_Date", now), ("entry_User", "jan")):
            record[name] = known[name] if known else row.get(name) or usual
        if known and "an update empties the due date" in self.bugs and "due_Date" in self.members:
            record["due_Date"] = None
        if "letters outside Latin-1 are lost" in self.bugs:
            for name in set(record) - {self.key}:
                if isinstance(record[name], str):
                    record[name] = record[name].encode("latin-1", "ignore").decode("latin-1")
        return record

    def sorted(self, rows: Mapping[Any, _Row], by: str) -> list[_Row]:
        names = {form: name for name in self.members for form in (name, name[0].upper() + name[1:])}
        found = sorted(rows.values(), key=lambda row: (_rank(row[self.key]), row[self.key]))
        for part in reversed((by or self.key).split(",")):
            name, colon, way = part.partition(":")
            if name not in names or (colon and way not in ("asc", "desc")):
                raise _RefusedError(400, f"Rows cannot be sorted by {part!r}.")
            if "sortBy is ignored" not in self.bugs:
                found.sort(key=lambda row: _rank(row[names[name]]), reverse=way == "desc")
        return found


class _Call:
    """One call of an operation."""

    def __init__(
        self, environ: _Row, tables: Mapping[tuple[str, bool], _Table], bugs: tuple[str, ...]
    ) -> None:
        self.environ, self.tables, self.bugs = environ, tables, bugs
        self.headers: list[tuple[str, str]] = []

    def answer(self) -> tuple[int, Any]:
        path, method = self.environ["PATH_INFO"].encode("latin-1").decode(), self.environ["REQUEST_METHOD"]
        ways = {}
        for known, template, operation in operations(spec("vba")):
            found = re.fullmatch(re.sub("{.*?}", "(.+)", template), path)
            if found and "/user-" not in template:
                ways[known] = (operation["operationId"], *found.groups())
        if not ways:
            raise _RefusedError(404, "There is no such path.")
        if method not in ways:
            raise _RefusedError(405, "The path has other methods.", ("Allow", ", ".join(ways)))
        name, *keys = ways[method]
        table = self._table(has_invoices="Payee" not in name)
        if not keys:
            return getattr(self, "_" + re.split("[A-Z]", name)[0])(table)  # type: ignore[no-any-return]
        key = keys[0] if "Payee" in name else _whole(keys[0])
        if key not in table.rows:
            raise _RefusedError(404, f"There is no {key!r}.")
        return getattr(self, "_" + re.split("[A-Z]", name)[0])(table, key)  # type: ignore[no-any-return]

    def _table(self, *, has_invoices: bool) -> _Table:
        given = {name.lower()[5:]: text for name, text in self.environ.items() if name.startswith("HTTP_")}
        if not given.get("user_agent") or given.get("x_api_key") != API_KEY:
            raise _RefusedError(403, "")
        if given.get("authorization") != f"Bearer {TOKEN}":
            raise _RefusedError(401, "The token is not ours.", ("WWW-Authenticate", "Bearer"))
        if not given.get("vbasoftware_database"):
            raise _RefusedError(400, "No database is named.")
        if given["vbasoftware_database"] not in DATABASES:
            raise _RefusedError(403, "This database is not yours.")
        return self.tables[given["vbasoftware_database"], has_invoices]

    def _document(self) -> Any:
        media_type = self.environ.get("CONTENT_TYPE", "").partition(";")[0].strip().lower()
        if not re.fullmatch(r"text/json|application/(\S+\+)?json", media_type):
            raise _RefusedError(415, "Only JSON is read here.")
        try:
            body = self.environ["wsgi.input"].read(int(self.environ.get("CONTENT_LENGTH") or 0))
            return json.loads(body.decode(), parse_constant=int)
        except (ValueError, RecursionError):
            raise _RefusedError(400, "The body is not JSON.") from None

    def _list(self, table: _Table) -> tuple[int, Any]:
        query = {
            name: texts[-1]
            for name, texts in parse_qs(self.environ["QUERY_STRING"], keep_blank_values=True).items()
        }
        page, size = max(_whole(query.get("page", "1")), 1), _whole(query.get("pageSize", "100"))
        size = min(size, _LONGEST_PAGE) if size > 0 else 100
        rows = table.rows
        if "reads look into the other database" in self.bugs:
            rows = {
                key: row
                for one in self.tables.values()
                if one.key == table.key
                for key, row in one.rows.items()
            }
        found = table.sorted(rows, query.get("sortBy", ""))
        total = len(found)
        place = {"TotalCount": total, "TotalPages": -(-total // size), "CurrentPage": page, "PageSize": size}
        self.headers.append(("X-PAGINATION", json.dumps(place, separators=(",", ":"))))
        first = 0 if page == 2 and "the second page repeats the first" in self.bugs else (page - 1) * size
        return 200, found[first : first + size]

    def _create(self, table: _Table) -> tuple[int, Any]:
        row = table.readable(self._document())
        if row.get(table.key) in table.rows:
            raise _RefusedError(400, f"{row[table.key]!r} is there already.")
        return 201, self._written(table, row)

    def _update(self, table: _Table, key: Any) -> tuple[int, Any]:
        row = {table.key: key, **table.readable(self._document())}
        if row[table.key] != key:
            raise _RefusedError(400, "Path and body name two records.")
        return 200, self._written(table, row)

    def _written(self, table: _Table, row: _Row) -> _Row:
        result = table.put(row)
        if result["status"] == 422:
            raise _RefusedError(400, result["body"])
        return table.rows[result["id"][0]["value"]]

    def _get(self, table: _Table, key: Any) -> tuple[int, Any]:
        return 200, table.rows[key]

    def _delete(self, table: _Table, key: Any) -> tuple[int, Any]:
        del table.rows[key]
        return 200, None

    def _put(self, table: _Table) -> tuple[int, Any]:
        document = self._document()
        if not isinstance(document, list):
            raise _RefusedError(400, "The body is no list.")
        rows = [table.readable(row, f"$[{at}]") for at, row in enumerate(document)]
        keys = [row[table.key] for row in rows if row.get(table.key)]
        if len(set(keys)) < len(keys):
            raise _RefusedError(400, "A key is there twice.")
        results = [table.put(row) for row in rows]
        if "a rejected row has the message of the one before" in self.bugs:
            bad = [one for one in results if one["status"] == 422]
            for one, body in zip(bad[1:], [one["body"] for one in bad], strict=False):
                one["body"] = body
        return 200 if "a batch is answered with 200" in self.bugs else 207, results


def _rank(value: Any) -> tuple[bool, Any]:
    return (value is None, value.casefold() if isinstance(value, str) else value or 0)


def _whole(value: Any) -> int:
    is_text = isinstance(value, str) and re.fullmatch("-?[0-9]{1,10}", value)
    number = int(value) if is_text else value
    if type(number) is not int or not -_HALF <= number < _HALF:
        raise _RefusedError(400, f"{value!r} is no number of 32 bits.")
    return number


def _moment(text: str, at: str) -> str:
    try:
        moment = datetime.fromisoformat(text.upper() if _MOMENT.fullmatch(text.upper()) else "")
        moment = moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
    except (ValueError, OverflowError):
        raise _RefusedError(400, f"{at} is no time.") from None
    return moment.isoformat(timespec="microseconds")


def _refusal(status: int, why: str, where: str) -> tuple[str, Any]:
    if status == 403 and not why:
        return "application/json", {"message": "No."}
    if status == 400:
        problem = {"status": 400, "title": "Unreadable", "type": "about:blank", "traceId": next_activity()}
        return "application/problem+json", {**problem, "errors": {"": [why]}}
    problem = {"detail": why, "instance": where, "status": status, "title": _WORDS[status], "type": None}
    return "application/json", {"debug": {"activityID": next_activity()}, "error": problem, "data": None}


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_words: object) -> None:
        """Say nothing."""


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 64


@contextmanager
def serve(*bugs: str) -> Iterator[str]:
    """Serve on a free port with these bugs; yield the address."""
    lock, tables = Lock(), dict[tuple[str, bool], _Table]()
    for database in DATABASES:
        payees = tables[database, False] = _Table("Payee", bugs, {})
        dates = dict.fromkeys(("entry_Date", "update_Date"), f"{NOW}.000000")
        payees.rows |= {key: {**payees.blank, **dates, "payee_ID": key} for key in PAYEES}
        tables[database, True] = _Table("ClaimInvoice", bugs, payees.rows)

    def application(environ: _Row, start_response: Any) -> list[bytes]:
        call, media_type = _Call(environ, tables, bugs), "application/json;charset=UTF-8"
        try:
            with lock:
                status, data = call.answer()
            document: Any = {"debug": {"activityID": next_activity()}, "error": None, "data": data}
        except _RefusedError as error:
            status, why, *call.headers = error.args
            media_type, document = _refusal(status, why, environ["PATH_INFO"])
        body = json.dumps(document, separators=(" , ", " : ")).encode()
        lengths = [("content-type", media_type), ("content-length", str(len(body)))]
        start_response(f"{status} {_WORDS[status]}", [*call.headers, *lengths])
        return [body]

    with make_server("127.0.0.1", 0, application, _Server, _Quiet) as server, running(server) as url:
        yield url
