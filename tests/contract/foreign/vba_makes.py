"""Claim invoices and payees, written from the VBA spec alone, as four makers have built them.

Each maker has built a part of the operations, and has ways of its own where the spec leaves something open.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from typing import Any, Literal

from tests.contract.foreign.access import API_KEY, NOW, PAYEES, TOKEN, next_activity
from tests.contract.foreign.plain_http import Reply, Sent, as_asgi, serving
from tests.support.asgi_server import listen
from tests.support.spec_documents import operations, spec

Row = dict[str, Any]

_HALF, _MANY, _LONGEST_PAGE, _FIRST_FREE = 2**31, 50, 500, 70_000
_FIRST_DAY = "1753-01-01"
_MOMENT = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[Tt](\d\d:\d\d(?::\d\d)?)(?:\.(\d+))?([Zz]|[+-]\d\d:\d\d)?)?", re.ASCII
)
_ENTRY = ("entry_Date", "entry_User")
_KEPT = {
    "an update ignores the description": "description",
    "an update keeps the status": "invoice_Status",
    "an update ignores the name": "name",
    "an update empties the due date": "due_Date",
}
_LIMITS = {"loses what comes after 50 rows", "a batch stores fifty rows at most"}


class _RefusedError(Exception):
    """The call is refused: status, why, and headers."""


@dataclass(frozen=True, slots=True)
class Make:
    """What a maker has built, what its server does where the spec is silent, and its possible bugs."""

    built: tuple[str, ...]
    bugs: tuple[str, ...]
    twice: Literal["last", "first", "none", "call"] = "last"
    """What counts of rows with one key: the last one, the first, none, or the call is refused."""
    refuses_long_texts: bool = False
    """A text that is too long refuses the call, not its row alone."""
    takes_early_dates: bool = False
    takes_quoted_numbers: bool = False
    takes_any_case: bool = False
    needs_keys: bool = False
    takes_null_rows: bool = False
    """A row that is null fails alone."""
    takes_nul: bool = True
    merges: bool = False
    """An update leaves alone what a row does not name."""
    failed: int = 500
    has_microseconds: bool = False
    longest_page: int = _LONGEST_PAGE
    nulls_last: bool = False
    """Lists show null last, and sort without regard to letter case."""
    has_problems: bool = False
    """400 is ASP.NET's problem document."""
    databases: tuple[str, ...] = ()
    """(): all that are named."""
    payees: tuple[str, ...] = PAYEES
    words: tuple[str, str] = ("Updated", "Created")
    place: str = "$[{}]"
    """How a refusal names a row."""
    key_name: Callable[[str], str] = str
    has_text_keys: bool = False
    media_type: str = "application/json"


class _Table:
    """The rows of one schema in one database."""

    def __init__(self, make: Make, schema: str, bugs: tuple[str, ...]) -> None:
        self.make, self.bugs = make, bugs
        self.members: Mapping[str, Any] = spec("vba")["components"]["schemas"][schema]["properties"]
        self.key = "payee_ID" if schema == "Payee" else "invoice_Key"
        self.blank = {name: False if one["type"] == "boolean" else None for name, one in self.members.items()}
        self.rows: dict[Any, Row] = {}
        self.more: list[Row] = []
        """Rows that a list shows by mistake."""
        self._numbers = count(_FIRST_FREE)
        if self.key == "payee_ID" and make.databases:
            self.rows = {key: self._record({"payee_ID": key}, None) for key in make.payees}

    def readable(self, row: Any, at: str) -> Row | None:
        """Return the known members of a row; a value of a wrong type refuses the call."""
        if row is None and self.make.takes_null_rows:
            return None
        if not isinstance(row, dict):
            raise _RefusedError(400, f"{at} is no object.")
        given = {name.lower(): value for name, value in row.items()} if self.make.takes_any_case else row
        names = {name: name.lower() if self.make.takes_any_case else name for name in self.members}
        read = {name: self._value(name, given[known], at) for name, known in names.items() if known in given}
        if self.make.needs_keys and self.key not in read:
            raise _RefusedError(400, f"{at} has no {self.key}.")
        return read

    def _value(self, name: str, value: Any, at: str) -> Any:
        kind = self.members[name]
        kinds = {"integer": int | str, "number": int | float | Decimal, "boolean": bool, "string": str}
        if value is None and kind.get("nullable", False):
            return None
        is_flag = isinstance(value, bool) != (kind["type"] == "boolean")
        if is_flag or not isinstance(value, kinds[kind["type"]]):
            raise _RefusedError(400, f"{at}: {name} cannot be read.")
        if kind["type"] == "integer":
            return _whole(value, is_kind=self.make.takes_quoted_numbers)
        if self.make.refuses_long_texts and self._is_long(name, value):
            raise _RefusedError(400, f"{at}: {name} is too long.")
        if kind.get("format") == "date-time":
            return self._moment(str(value), f"{at}: {name}")
        return value

    def _is_long(self, name: str, value: Any) -> bool:
        return isinstance(value, str) and len(value) > self.members[name].get("maxLength", len(value))

    def _moment(self, text: str, where: str) -> str:
        """Return the time in UTC as the spec prints it: up to seven fractional digits, no zone."""
        found = _MOMENT.fullmatch(text)
        try:
            day, time, digits, zone = found.groups() if found else ("", "", "", "")
            moment = datetime.fromisoformat(f"{day}T{time or '00:00'}{(zone or '').upper()}")
            moment = moment.astimezone(UTC).replace(tzinfo=None) if zone else moment
        except (ValueError, OverflowError):
            raise _RefusedError(400, f"{where} is no time.") from None
        fraction = (digits or "")[:7].rstrip("0")
        if self.make.has_microseconds:
            fraction = fraction[:6].ljust(6, "0")
        if "a time loses its fractions" in self.bugs:
            fraction = ""
        return f"{moment.isoformat()}.{fraction}" if fraction else moment.isoformat()

    def put_all(self, rows: list[Row | None], payees: Mapping[Any, Row]) -> list[Row]:
        """Store rows and return their results."""
        keys = Counter(row[self.key] for row in rows if row and row.get(self.key))
        if self.make.twice == "call" and keys.total() > len(keys):
            raise _RefusedError(400, "A key is there twice.")
        before, seen, results = dict(self.rows), set[Any](), list[Row]()
        for place, row in enumerate(rows):
            key = (row.get(self.key) or None) if row else None
            is_second = {"none": keys[key] > 1, "first": key is not None and key in seen}
            seen.add(key)
            why = "its key is there twice" if is_second.get(self.make.twice) else ""
            results.append(self.put(row, payees, why, is_lost=self._is_lost(place, results)))
        if "one bad row rejects all" in self.bugs and any(one["status"] >= 400 for one in results):
            self.rows = before
            raise _RefusedError(400, "A row cannot be stored.")
        if len(rows) > _MANY and "the last of more than fifty is lost" in self.bugs:
            self.rows.pop(results[-1]["id"][0]["value"], None)
        return self._misreported(results)

    def _is_lost(self, place: int, results: list[Row]) -> bool:
        is_late = place >= _MANY and not _LIMITS.isdisjoint(self.bugs)
        is_after_a_bad_one = any(one["status"] >= 400 for one in results)
        return is_late or (is_after_a_bad_one and "rows before a bad one are all that is stored" in self.bugs)

    def _misreported(self, results: list[Row]) -> list[Row]:
        ids, bad = [one["id"] for one in results], [one for one in results if one["status"] >= 400]
        if "a result names the next row" in self.bugs:
            return [{**one, "id": id_} for one, id_ in zip(results, ids[1:] + ids[:1], strict=True)]
        if "a rejected row has the message of the one before" in self.bugs:
            for one, body in zip(bad[1:], [one["body"] for one in bad], strict=False):
                one["body"] = body
        return results

    def put(self, row: Row | None, payees: Mapping[Any, Row], why: str = "", *, is_lost: bool = False) -> Row:
        """Store a row and return its result."""
        if row is None:
            return self._result(None, self.make.failed, "A row that is null cannot be stored.")
        if "a state that is too long is cut" in self.bugs and isinstance(row.get("state"), str):
            row = {**row, "state": row["state"][:2]}
        if "texts are trimmed" in self.bugs:
            row = {name: value.strip() if isinstance(value, str) else value for name, value in row.items()}
        key = self.stored_key(row.get(self.key) or self._free())
        known, whys = self.rows.get(key), [*filter(None, [why]), *self._whys(row, payees)]
        if (not whys or "a rejected row is stored all the same" in self.bugs) and not (
            is_lost or (known and "accepted but not stored" in self.bugs)
        ):
            self.rows[key] = self._record({**row, self.key: key}, known)
            if "a new row is stored twice" in self.bugs and not known:
                self.more.append(self.rows[key])
        if whys and "a bad row is called created" not in self.bugs:
            return self._result(key, self.make.failed, " and ".join(whys))
        is_update = known and "an update is called created" not in self.bugs
        is_told = is_update and "an update says that it created the row" not in self.bugs
        return self._result(key, 200 if is_update else 201, self.make.words[0 if is_told else 1])

    def stored_key(self, key: Any) -> Any:
        return key.lower() if "keys are folded to lower case" in self.bugs else key

    def _free(self) -> Any:
        kind = str if self.key == "payee_ID" else int
        return next(key for key in map(kind, self._numbers) if key not in self.rows)

    def _whys(self, row: Row, payees: Mapping[Any, Row]) -> Iterator[str]:
        for name, value in row.items():
            if self._is_long(name, value):
                yield f"{name} is too long"
            if not self.make.takes_nul and isinstance(value, str) and "\0" in value:
                yield f"{name} has a NUL"
            is_early = self.members[name].get("format") == "date-time" and value and value < _FIRST_DAY
            if is_early and not self.make.takes_early_dates:
                yield f"{name} is before 1753"
        known = payees if self.make.databases else self.make.payees
        if self.key != "payee_ID" and row.get("payee_ID") is not None and row["payee_ID"] not in known:
            yield "the payee is not known"

    def _record(self, row: Row, known: Row | None) -> Row:
        now = f"{NOW}.000000" if self.make.has_microseconds else NOW
        record = {**self.blank, **(known if known and self.make.merges else {}), **row}
        record |= {"update_Date": now, "update_User": row.get("update_User") or "jan"}
        for name, usual in zip(_ENTRY, (now, "jan"), strict=True):
            record[name] = known[name] if known else row.get(name) or usual
        if known:
            for bug, name in _KEPT.items():
                if bug in self.bugs and name in self.members:
                    record[name] = None if name == "due_Date" else known[name]
        if "letters outside Latin-1 are lost" in self.bugs:
            for name in {name for name, value in record.items() if isinstance(value, str)} - {self.key}:
                record[name] = record[name].encode("latin-1", "ignore").decode("latin-1")
        return record

    def _result(self, key: Any, status: int, body: str) -> Row:
        shown = str(key) if self.make.has_text_keys else key
        return {"body": body, "status": status, "id": [{"value": shown, "key": self.make.key_name(self.key)}]}

    def sorted(self, rows: list[Row], by: str) -> list[Row]:
        names = {name.lower(): name for name in self.members}
        found = sorted(rows, key=lambda row: self._rank(row[self.key]))
        for part in reversed((by or self.key).split(",")):
            name, colon, way = part.partition(":")
            if name.lower() not in names or (colon and way.lower() not in ("asc", "desc")):
                raise _RefusedError(400, f"Rows cannot be sorted by {part!r}.")
            if "sortBy is ignored" not in self.bugs:
                member = names[name.lower()]
                found.sort(key=lambda row: self._rank(row[member]), reverse=way.lower() == "desc")
        return found

    def _rank(self, value: Any) -> tuple[bool, Any]:
        if not self.make.nulls_last:
            return (value is not None, value if value is not None else 0)
        return (value is None, value.casefold() if isinstance(value, str) else value or 0)


class VbaServer:
    """The tables of a maker's server, and what it answers."""

    def __init__(self, make: Make, bugs: tuple[str, ...]) -> None:
        self.make, self.bugs = make, bugs
        self._tables: dict[tuple[str, str], _Table] = {}

    def answer(self, sent: Sent) -> Reply:
        try:
            status, data, headers = self._answer(sent)
        except _RefusedError as error:
            return self._refusal(sent, *error.args)
        document = {"debug": {"activityID": next_activity()}, "error": None, "data": data}
        return Reply(status, document, headers, self.make.media_type)

    def _answer(self, sent: Sent) -> tuple[int, Any, Mapping[str, str]]:
        ways = {
            method: str(operation["operationId"])
            for method, template, operation in operations(spec("vba"))
            if operation["operationId"] in self.make.built and _fits(template, sent.path)
        }
        if not ways:
            raise _RefusedError(404, "There is no such path.")
        if sent.method not in ways:
            raise _RefusedError(405, "The path has other methods.", {"Allow": ", ".join(ways)})
        name = ways[sent.method]
        schema = "Payee" if "Payee" in name else "ClaimInvoice"
        database = self._database(sent)
        table = self._table(database, schema)
        verb = re.split("[A-Z]", name)[0]
        if verb == "put":
            return self._put(table, database, sent)
        if verb == "list":
            return self._list(table, schema, sent)
        if verb == "create":
            return 201, self._written(table, database, self._row(table, sent)), {}
        key = sent.path[-1] if schema == "Payee" else _whole(sent.path[-1], is_kind=True)
        key = table.stored_key(key)
        if key not in table.rows:
            raise _RefusedError(404, f"There is no {key!r}.")
        if verb == "update":
            return 200, self._written(table, database, self._row(table, sent), key), {}
        if verb == "delete":
            gone = table.rows.pop(key)
            table.more += [gone] if "a deleted row is still in the list" in self.bugs else []
        return 200, table.rows.get(key), {}

    def _database(self, sent: Sent) -> str:
        if not sent.headers.get("user-agent") or sent.headers.get("x-api-key") != API_KEY:
            raise _RefusedError(403, "")
        if sent.headers.get("authorization") != f"Bearer {TOKEN}":
            raise _RefusedError(401, "The token is not ours.", {"WWW-Authenticate": "Bearer"})
        database = sent.headers.get("vbasoftware-database", "")
        if not database:
            raise _RefusedError(400, "No database is named.")
        if self.make.databases and database not in self.make.databases:
            raise _RefusedError(403, "This database is not yours.")
        return "" if "all databases are one" in self.bugs else database

    def _table(self, database: str, schema: str) -> _Table:
        if (database, schema) not in self._tables:
            self._tables[database, schema] = _Table(self.make, schema, self.bugs)
        return self._tables[database, schema]

    def _document(self, sent: Sent) -> Any:
        media_type = sent.headers.get("content-type", "").partition(";")[0].strip().lower()
        if not re.fullmatch(r"text/json|application/(\S+\+)?json", media_type):
            raise _RefusedError(415, "Only JSON is read here.")
        try:
            return sent.document()
        except ValueError:
            raise _RefusedError(400, "The body is not JSON.") from None

    def _row(self, table: _Table, sent: Sent) -> Row:
        return table.readable(self._document(sent), "$") or {}

    def _written(self, table: _Table, database: str, row: Row, key: Any = None) -> Row:
        if key is None and row.get(table.key) in table.rows:
            raise _RefusedError(400, f"{row[table.key]!r} is there already.")
        if key is not None and row.setdefault(table.key, key) != key:
            raise _RefusedError(400, "Path and body name two records.")
        result = table.put(row, self._table(database, "Payee").rows)
        if result["status"] >= 400:
            raise _RefusedError(400, result["body"])
        return table.rows[result["id"][0]["value"]]

    def _put(self, table: _Table, database: str, sent: Sent) -> tuple[int, Any, Mapping[str, str]]:
        document = self._document(sent)
        if not isinstance(document, list):
            raise _RefusedError(400, "The body is no list.")
        first = -1 if "a refusal names the row before the bad one" in self.bugs else 0
        rows = [table.readable(row, self.make.place.format(at)) for at, row in enumerate(document, first)]
        results = table.put_all(rows, self._table(database, "Payee").rows)
        return 200 if "a batch is answered with 200" in self.bugs else 207, results, {}

    def _list(self, table: _Table, schema: str, sent: Sent) -> tuple[int, Any, Mapping[str, str]]:
        query = {name.lower(): text for name, text in sent.query.items()}
        page, size = (
            _whole(query.get(name, usual), is_kind=True)
            for name, usual in (("page", "1"), ("pagesize", "100"))
        )
        page, size = max(page, 1), min(size if size > 0 else 100, self.make.longest_page)
        tables = [table]
        if "reads look into the other database" in self.bugs:
            tables = [one for (_, of), one in self._tables.items() if of == schema]
        rows = [row for one in tables for row in (*one.rows.values(), *one.more)]
        found = table.sorted(rows, query.get("sortby", ""))
        told = {"TotalCount": len(found), "TotalPages": -(-len(found) // size)}
        told |= {"CurrentPage": page, "PageSize": size}
        first = 0 if page == 2 and "the second page repeats the first" in self.bugs else (page - 1) * size
        return 200, found[first : first + size], {"X-PAGINATION": json.dumps(told, separators=(",", ":"))}

    def _refusal(self, sent: Sent, status: int, why: str, headers: Mapping[str, str] | None = None) -> Reply:
        if status == 403 and not why:
            return Reply(status, {"message": "Forbidden"})
        where, activity = "/" + "/".join(sent.path), next_activity()
        if status == 400 and self.make.has_problems:
            problem = {"status": 400, "title": "Unreadable", "type": "about:blank", "traceId": activity}
            return Reply(status, {**problem, "errors": {"": [why]}}, kind="application/problem+json")
        problem = {"detail": why, "instance": where, "status": status, "title": "Refused", "type": None}
        document = {"debug": {"activityID": activity}, "error": problem, "data": None}
        return Reply(status, document, headers or {}, self.make.media_type)


def _fits(template: str, path: tuple[str, ...]) -> bool:
    steps = template.split("/")[1:]
    return len(steps) == len(path) and all(
        step == one or (step[:1] == "{" and one) for step, one in zip(steps, path, strict=True)
    )


def _whole(value: Any, *, is_kind: bool) -> int:
    is_text = is_kind and isinstance(value, str) and re.fullmatch("-?[0-9]{1,10}", value)
    number = int(value) if is_text else value
    if type(number) is not int or not -_HALF <= number < _HALF:
        raise _RefusedError(400, f"{value!r} is no number of 32 bits.")
    return number


MAKES: Mapping[str, Make] = {
    "strict": Make(
        built=("putClaimInvoiceBatch", "getClaimInvoice", "deleteClaimInvoice"),
        media_type="text/json; charset=utf-8",
        bugs=(
            "loses what comes after 50 rows",
            "an update ignores the description",
            "accepted but not stored",
            "one bad row rejects all",
            "a result names the next row",
            "a time loses its fractions",
            "an update says that it created the row",
        ),
    ),
    "kind": Make(
        built=("putClaimInvoiceBatch", "listClaimInvoice", "getClaimInvoice", "deleteClaimInvoice"),
        twice="first",
        refuses_long_texts=True,
        takes_quoted_numbers=True,
        takes_any_case=True,
        needs_keys=True,
        key_name=lambda name: name[0].upper() + name[1:],
        has_text_keys=True,
        place="row {}",
        bugs=(
            "a batch stores fifty rows at most",
            "an update keeps the status",
            "rows before a bad one are all that is stored",
            "a refusal names the row before the bad one",
            "a deleted row is still in the list",
            "all databases are one",
        ),
    ),
    "payees": Make(
        built=("putPayeesBatch", "getPayee", "deletePayee"),
        twice="none",
        takes_early_dates=True,
        takes_null_rows=True,
        takes_nul=False,
        bugs=(
            "the last of more than fifty is lost",
            "keys are folded to lower case",
            "an update ignores the name",
            "one bad row rejects all",
            "a state that is too long is cut",
            "texts are trimmed",
        ),
    ),
    "north": Make(
        built=tuple(one["operationId"] for _, path, one in operations(spec("vba")) if "/user-" not in path),
        twice="call",
        takes_early_dates=True,
        takes_quoted_numbers=True,
        merges=True,
        failed=422,
        has_microseconds=True,
        longest_page=200,
        nulls_last=True,
        has_problems=True,
        databases=("north", "south"),
        payees=("N-7", "N-8"),
        words=("Now as sent.", "Taken in."),
        key_name=lambda name: name.replace("_", ""),
        bugs=(
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
        ),
    ),
}


def application(*bugs: str) -> Any:
    """Return the kind maker's server as an ASGI application."""
    return as_asgi(VbaServer(MAKES["kind"], bugs).answer)


@contextmanager
def serve_make(name: str, *bugs: str) -> Iterator[str]:
    """Serve on a free port with these bugs; yield the address."""
    made = VbaServer(MAKES[name], bugs).answer
    with listen(as_asgi(made)) if name == "kind" else serving(made) as url:
        yield url
