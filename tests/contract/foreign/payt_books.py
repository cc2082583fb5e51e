"""Invoices and their payments on Flask, written from the Payt spec alone.

Built are both batches of invoices, reads of invoices, payments, debtors and administrations, and tokens.
Where the spec leaves it open: faults stay with their record, numbers are no texts, null counts as left
out, cents are rounded, a number that is there twice is applied twice, another debtor is taken over, another
sent_at is left out with a warning, the newest comes first, the last page has a cursor, administrations of
others are not found. Messages are in Dutch.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal, localcontext
from itertools import count
from socket import SHUT_RD
from threading import RLock
from typing import Any

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException, abort
from werkzeug.serving import WSGIRequestHandler, make_server

from tests.contract.foreign.access import TOKEN, running
from tests.contract.foreign.payt_rules import Books, Record, RecordError, find, moment, why_not
from tests.support.spec_documents import operation, parameters, spec

BUGS = (
    "the third record is not stored",
    "a message is that of the record before",
    "a rejected record counts",
    "a rejected record is stored all the same",
    "a change empties the description",
    "amounts are cut as floats",
    "texts are stored in Latin-1",
    "one bad record rejects all",
    "a page begins with the first record",
    "the filter of numbers is ignored",
    "other administrations are listed",
)

CLIENT, _OURS = "boek:houding", ("12", "13")
_NAMES = {"ids": "id", "invoice_numbers": "invoice_number", "invoice_identifiers": "invoice_identifier"}
_NAMES |= {"debtor_ids": "debtor_id", "debtor_numbers": "debtor_number"}
_NAMES |= {"debtor_identifiers": "debtor_identifier", "credit_case_ids": "credit_case_id"}
_BUILT: tuple[str, ...] = (
    "postV1Invoices",
    "patchV1Invoices",
    "getV1Invoices",
    "getV1InvoicesId",
    "getV1InvoicesDeleted",
)
_BUILT += ("getV1Payments", "getV1Debtors", "getV1DebtorsId", "getV1Administrations", "postOauthToken")
_BUILT += ("getV1AdministrationsAdministrationId",)
_LATER = ("labels", "invoice_lines", "peppol_identifier")

_FILTERS: Mapping[str, Callable[[Record, Any], bool]] = {
    "paid": lambda row, is_paid: (Decimal(row["open_amount"]) == 0) == is_paid,
    "book_amount_total_gte": lambda row, least: Decimal(row["book_total_amount"]) >= Decimal(str(least)),
    "book_amount_total_lte": lambda row, most: Decimal(row["book_total_amount"]) <= Decimal(str(most)),
    "updated_after": lambda row, after: moment(row["updated_at"]) > moment(after),
}


class _Api:
    """The operations that are built."""

    def __init__(self, bugs: tuple[str, ...]) -> None:
        self.bugs, self.tokens, ids = bugs, [TOKEN], count(900, 3)
        self.books = {number: Books(number, bugs, ids) for number in _OURS}
        for books in self.books.values():
            books.others = Books("14", bugs, ids).debtors

    def answer(self, name: str, path: Record) -> tuple[int, Any]:
        if name == "postOauthToken":
            return self._token()
        if request.headers.get("Authorization", "").removeprefix("Bearer ") not in self.tokens:
            abort(401, "dit token is onbekend")
        if not name.startswith("get"):
            return self._batch(is_change=name.startswith("patch"))
        query, schemas = self._query(name), spec("payt")["components"]["schemas"]
        if "Administrations" in name:
            members = schemas["Administration"]["allOf"][1]["required"]
            rows = [{**dict.fromkeys(members, "-"), "status": "active", "id": one} for one in _OURS]
        else:
            rows, kind = self._rows(name, self._books(query["administration_id"]))
            members = schemas[f"{kind}Part"]["properties"]
        if not path:
            return self._page(rows, query, members)
        if "an invoice of the other administration can be shown" in self.bugs and name == "getV1InvoicesId":
            rows = [row for books in self.books.values() for row in books.invoices.values()]
        found = find(rows, query.get("identifier_type", "id"), next(iter(path.values())))
        if found and "a single read shows what was there before the last change" in self.bugs:
            found = self._books(query["administration_id"]).before.get(found["id"], found)
        return 200, self._shown(found, query, members) if found else abort(404, "niet gevonden")

    def _rows(self, name: str, books: Books) -> tuple[list[Record], str]:
        shown = [books]
        if "other administrations are listed" in self.bugs and name == "getV1Invoices":
            shown = [*self.books.values()]
        rows = [row for one in shown for row in one.invoices.values()]
        if "Debtors" in name:
            return books.debtors, "Debtor"
        if name == "getV1Payments":
            return [{**row, **payment} for row in rows for payment in row["payments"]], "Payment"
        return [] if name.endswith("Deleted") else rows, "Invoice"

    def _books(self, number: str) -> Books:
        return self.books[number] if number in self.books else abort(404, "deze administratie is er niet")

    def _query(self, name: str) -> Record:
        query: Record = {}
        _, path, node = operation(spec("payt"), name)
        for one in [one for one in parameters(spec("payt"), path, node) if one["in"] == "query"]:
            text, kind = request.args.get(one["name"]), one["schema"]["type"]
            if text is not None:
                try:
                    query[one["name"]] = text if kind == "string" else json.loads(text, parse_constant=int)
                except ValueError:
                    abort(422, f"{one['name']} is onleesbaar")
                if why_not(query[one["name"]], one["schema"]):
                    abort(422, f"{one['name']} klopt niet")
            elif one.get("required"):
                abort(422, f"{one['name']} ontbreekt")
        return query

    def _page(self, rows: list[Record], query: Record, members: Mapping[str, Any]) -> tuple[int, Any]:
        if "a list shows another id of a changed invoice" in self.bugs:
            changed = {one for books in self.books.values() for one in books.before}
            rows = [{**row, "id": f"{row['id']}0"} if row["id"] in changed else row for row in rows]
        for name, member in _NAMES.items():
            if name in query and not ("number" in name and "the filter of numbers is ignored" in self.bugs):
                rows = [row for row in rows if row.get(member) in query[name].split(",")]
        for name in _FILTERS.keys() & query.keys():
            rows = [row for row in rows if _FILTERS[name](row, query[name])]
        member, _, way = query.get("order", "").rpartition("_")
        rows = sorted(rows, key=lambda row: int(row["id"]), reverse=True)
        rows.sort(key=lambda row: str(row.get(member)), reverse=way == "desc")
        if "cursor" in query and "a page begins with the first record" not in self.bugs:
            place = next((at for at, row in enumerate(rows, 1) if row["id"] == query["cursor"]), len(rows))
            rows = rows[place:]
        rows = rows[: query.get("per_page", 100)]
        data = [self._shown(row, query, members) for row in rows]
        return 200, {"pagination": {"cursor": rows[-1]["id"] if rows else None}, "data": data}

    def _shown(self, row: Record, query: Record, members: Mapping[str, Any]) -> Record:
        wanted = [name for name in members if name not in _LATER]
        if "fields" in query:
            only = json.loads(query["fields"])["only"]
            wanted = [one if isinstance(one, str) else next(iter(one)) for one in only]
        return {name: row[name] for name in wanted if name in row and name in members}

    def _sent(self) -> tuple[str, list[Record]]:
        if request.mimetype != "application/json":
            abort(415, "alleen JSON")
        try:
            document = json.loads(request.get_data().decode(), parse_constant=int)
            number, records = document["administration_id"], document["invoices"]
        except (ValueError, RecursionError, LookupError, TypeError):
            abort(422, "dit zijn geen facturen")
        is_list = isinstance(records, list) and all(isinstance(one, dict) for one in records)
        return (number, records) if is_list and isinstance(number, str) else abort(422, "onleesbaar")

    def _batch(self, *, is_change: bool) -> tuple[int, Any]:
        number, records = self._sent()
        books, stored, errors, warnings = self._books(number), 0, Record(), Record()
        before, last, keys = dict(books.invoices), "", list[str]()
        schema = {"$ref": f"#/components/schemas/{'InvoiceChange' if is_change else 'InvoiceRecord'}"}
        for place, sent in enumerate(records):
            record = {name: value for name, value in sent.items() if value is not None}
            key = record.get("invoice_number") or record.get("invoice_identifier")
            key = key if isinstance(key, str) and key else f"invoices[{place}]"
            why = why_not(record, schema)
            try:
                if not why and not self._is_dropped(place, key, keys):
                    warned = books.put(record, is_change=is_change)
                    warnings |= {key: warned} if warned else {}
            except LookupError:
                errors.setdefault("not_found", []).append(key)
                continue
            except RecordError as error:
                why = str(error)
            if why:
                is_mixed = last and "a message is that of the record before" in self.bugs
                errors.setdefault(key, []).append(last if is_mixed else why)
                last = why
            elif any("checksum" in record.get(name, ()) for name in ("document", "ubl_document")):
                warnings[key] = ["het document is onbekend"]
            keys.append(key)
            stored += not why or "a rejected record counts" in self.bugs
        if errors and "one bad record rejects all" in self.bugs:
            books.invoices = before
            abort(422, "een factuur klopt niet")
        return self._result(errors, warnings, stored, is_change=is_change)

    def _is_dropped(self, place: int, key: str, keys: list[str]) -> bool:
        is_second = key in keys and "the second record of a number is dropped" in self.bugs
        return is_second or (place == 2 and "the third record is not stored" in self.bugs)

    def _result(self, errors: Record, warnings: Record, stored: int, *, is_change: bool) -> tuple[int, Any]:
        bugs, told = self.bugs, [key for key in errors if key != "not_found"]
        if len(told) == 2 and "the messages of two rejected records are exchanged" in bugs:
            errors |= dict(zip(told, [errors[one] for one in reversed(told)], strict=True))
        if "a record with a warning does not count" in bugs:
            stored -= len(warnings)
        is_good = not errors or "success is false once a record is rejected" not in bugs
        answer = {"errors": errors, "count": stored, "success": is_good}
        if "a record that is taken in part comes without a warning" in bugs:
            warnings = {}
        is_odd = not stored and "a batch that creates nothing is answered with 200" in bugs
        return 200 if is_change or is_odd else 201, answer | ({"warnings": warnings} if warnings else {})

    def _token(self) -> tuple[int, Any]:
        if request.headers.get("Authorization") != f"Basic {b64encode(CLIENT.encode()).decode()}":
            return 401, {"error_description": "wie is dat?", "error": "invalid_client"}
        sent: Any = request.get_json(silent=True) if request.is_json else request.form.to_dict()
        if why_not(sent, {"$ref": "#/components/schemas/TokenRequest"}):
            return 400, {"error_description": "zo vraagt men geen token", "error": "invalid_request"}
        if sent["grant_type"] != "client_credentials":
            return 400, {"error_description": "dat geeft hier geen token", "error": "invalid_grant"}
        self.tokens.append(f"t{len(self.tokens)}")
        token = {"access_token": self.tokens[-1], "token_type": "Bearer", "scope": "invoices:write"}
        return 200, {**token, "created_at": 1_767_600_000}


def _refuse(error: HTTPException) -> Response:
    document = {"message": error.description, "code": error.name.lower().replace(" ", "_")}
    answer = Response(json.dumps(document), error.code, content_type="application/json")
    if allowed := getattr(error, "valid_methods", None):
        answer.headers["Allow"] = ", ".join(allowed)
    return answer


def _end_reading(response: Response) -> Response:
    """Let Werkzeug see that nothing more is coming, for which it else waits 10 ms after each answer."""
    request.get_data()
    request.environ["werkzeug.socket"].shutdown(SHUT_RD)
    return response


class _Quiet(WSGIRequestHandler):
    def log(self, *_words: object) -> None:
        """Say nothing."""


@contextmanager
def serve(*bugs: str) -> Iterator[str]:
    """Serve on a free port with these bugs; yield the address."""
    api, lock, app = _Api(bugs), RLock(), Flask(__name__)

    def view(name: str) -> Callable[..., Response]:
        def handle(**path: str) -> Response:
            with lock, localcontext(prec=600):
                status, document = api.answer(name, path)
            return Response(json.dumps(document, indent=1), status, content_type="application/json")

        return handle

    for name in _BUILT:
        method, path, _ = operation(spec("payt"), name)
        rule = path.replace("{", "<path:").replace("}", ">")
        app.add_url_rule(rule, name, view(name), methods=[method], provide_automatic_options=False)
    app.register_error_handler(HTTPException, _refuse)
    app.after_request(_end_reading)
    with running(make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)) as url:
        yield url
