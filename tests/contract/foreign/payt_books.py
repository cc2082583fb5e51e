"""Invoices and their payments on Flask, written from the Payt spec alone.

Built are both batches of invoices, reads of invoices, payments, debtors and administrations, and tokens.
Where the spec leaves it open: faults stay with their record, numbers are no texts, null counts as left
out, cents are rounded, a number that is there twice is applied twice, another debtor is taken over,
sent_at stays, the newest comes first, the last page has a cursor, administrations of others are not
found. Messages are in Dutch.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, localcontext
from functools import cache
from itertools import count
from threading import RLock
from typing import Any

from flask import Flask, Response, request
from openapi_schema_validator import OAS30Validator, oas30_format_checker
from werkzeug.exceptions import HTTPException, abort
from werkzeug.serving import make_server

from tests.contract.foreign.access import NOW, TOKEN, running
from tests.contract.foreign.flask_payees import Quiet
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

CLIENT, _OURS, _DEBTORS = "boek:houding", ("12", "13"), ("K-1", "K-2")
_CURRENCIES = ("CHF", "DKK", "EUR", "GBP", "NOK", "PLN", "SEK", "USD")
_SUMS = {"amount_total": "total_amount", "amount_open": "open_amount"}
_SUMS |= {"book_amount_total": "book_total_amount", "book_amount_open": "book_open_amount"}
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

_Record = dict[str, Any]
_FILTERS: Mapping[str, Callable[[_Record, Any], bool]] = {
    "paid": lambda row, is_paid: (Decimal(row["open_amount"]) == 0) == is_paid,
    "book_amount_total_gte": lambda row, least: Decimal(row["book_total_amount"]) >= Decimal(str(least)),
    "book_amount_total_lte": lambda row, most: Decimal(row["book_total_amount"]) <= Decimal(str(most)),
    "updated_after": lambda row, after: _moment(row["updated_at"]) > _moment(after),
}
_seconds = count()


class _RecordError(Exception):
    """A record is rejected; the argument says why."""


@cache
def _judge(schema: str) -> OAS30Validator:
    whole = {**json.loads(schema), "components": spec("payt")["components"]}
    return OAS30Validator(whole, format_checker=oas30_format_checker)


def _why_not(value: Any, schema: Mapping[str, Any]) -> str:
    problems = _judge(json.dumps(schema)).iter_errors(value)
    return " en ".join(f"{'/'.join(map(str, one.path))} klopt niet" for one in problems)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text.upper())


def _find(rows: list[_Record], name: str, value: str | None) -> _Record | None:
    return next((row for row in rows if value and row[name] == value), None)


def _paid(payments: list[_Record]) -> Decimal:
    return sum(
        (Decimal(one["total_amount"]) for one in payments if one["cost_type"] == "principal"), Decimal()
    )


class _Books:
    """What one administration has; records are never changed, but put in place of each other."""

    def __init__(self, number: str, bugs: tuple[str, ...], ids: Iterator[int]) -> None:
        self.number, self.bugs, self._ids = number, bugs, ids
        self.invoices: dict[str, _Record] = {}
        usual = {"postal_address": {"city": "Breda", "country_code": "NL"}, "name": "Klant"}
        names = [{"debtor_number": one, "debtor_identifier": f"{one}/{number}"} for one in _DEBTORS]
        self.debtors = [{**self._new(), **usual, **one} for one in names]

    def _new(self) -> _Record:
        now = (_moment(f"{NOW}+00:00") + timedelta(seconds=next(_seconds))).isoformat()
        return {"id": str(next(self._ids)), "administration_id": self.number, "updated_at": now}

    def put(self, record: _Record, *, is_change: bool) -> None:
        stored, identifier = [*self.invoices.values()], record.get("invoice_identifier")
        by_number = _find(stored, "invoice_number", record["invoice_number"])
        by_identifier = _find(stored, "invoice_identifier", identifier)
        if is_change and by_number is None:
            raise LookupError
        known: _Record = by_number or by_identifier or {}
        is_another = identifier and (known.get("invoice_identifier") or identifier) != identifier
        if (by_identifier or known) is not known or is_another:
            raise _RecordError("nummer en kenmerk horen niet bij elkaar")
        if is_change and "a change empties the description" in self.bugs:
            record = {"description": "", **record}
        self._store(record, known)

    def _store(self, record: _Record, known: _Record) -> None:
        usual: _Record = {"payment_method": "unknown", "sent_at": None, "labels": [], "payments": []}
        usual |= dict.fromkeys(("invoice_identifier", "description", "category", "order_number", "debtor_id"))
        usual |= dict.fromkeys(("administration_costs_total", "administration_costs_open"), "0.00")
        new, lines = self._new(), record.get("invoice_lines", [])
        invoice = {**usual, **new, **known, **record, "updated_at": new["updated_at"]}
        if why := self._fault(invoice, lines, known):
            raise _RecordError(why)
        invoice |= {shown: self._money(invoice[name]) for name, shown in _SUMS.items()}
        invoice |= self._debtor(record, invoice)
        if "labels" in record:
            invoice["labels"] = [{"name": one} for one in record["labels"]]
        parts = ("description", "vat_rate_code", "line_order")
        invoice["invoice_lines"] = [{name: one[name] for name in parts if name in one} for one in lines]
        invoice["payments"] = self._payments(record.get("payments"), invoice, known.get("payments", []))
        days = [one["payment_date"] for one in invoice["payments"]]
        is_paid = Decimal(invoice["open_amount"]) == 0
        invoice["payment_date"] = max(days, default=NOW[:10]) if is_paid else None
        if "texts are stored in Latin-1" in self.bugs and invoice["description"]:
            invoice["description"] = invoice["description"].encode("latin-1", "replace").decode("latin-1")
        self.invoices[invoice["id"]] = invoice

    def _fault(self, invoice: _Record, lines: list[_Record], known: _Record) -> str:
        faults = {
            "de vervaldag klopt niet": invoice["due_date"] < invoice["invoice_date"],
            "deze betaalvoorwaarde is er niet": invoice.get("payment_condition", "30") != "30",
            "deze munt is er niet": invoice["currency_code"] not in _CURRENCIES,
            "dit tarief is er niet": any(one["vat_rate_code"] != "NL21" for one in lines),
            "sent_at staat al vast": known.get("sent_at") not in (None, invoice["sent_at"]),
        }
        if "a rejected record is stored all the same" in self.bugs:
            self.invoices |= {known["id"]: {**known, "description": invoice["description"]}} if known else {}
        return next((why for why, is_there in faults.items() if is_there), "")

    def _debtor(self, record: _Record, invoice: _Record) -> _Record:
        names = ("debtor_number", "debtor_identifier")
        found = [_find(self.debtors, name, record[name]) for name in names if record.get(name)]
        debtor = (found or [_find(self.debtors, "id", invoice["debtor_id"])])[0]
        if debtor is None or any(one is not debtor for one in found):
            raise _RecordError("deze debiteur is er niet")
        return {**{name: debtor[name] for name in names}, "debtor_id": debtor["id"]}

    def _payments(self, sent: list[_Record] | None, invoice: _Record, stored: list[_Record]) -> list[_Record]:
        """Return the payments of an invoice; without new ones another open amount makes one."""
        due = Decimal(invoice["total_amount"]) - Decimal(invoice["open_amount"])
        if sent is None:
            rest = due - _paid(stored)
            return [*stored, self._payment({"amount": f"{rest:f}"}, invoice)] if rest else stored
        others = [
            one for row in self.invoices.values() if row["id"] != invoice["id"] for one in row["payments"]
        ]
        names = [one["origin_identifier"] for one in (*sent, *others)]
        made = [self._payment(one, invoice) for one in sent]
        if any(names.count(one["origin_identifier"]) > 1 for one in sent) or _paid(made) != due:
            raise _RecordError("de betalingen kloppen niet")
        return made

    def _payment(self, sent: _Record, invoice: _Record) -> _Record:
        total, amount = Decimal(invoice["total_amount"]), Decimal(sent["amount"])
        book = amount * Decimal(invoice["book_total_amount"]) / total if total else amount
        usual = {"cost_type": "principal", "payment_date": NOW[:10], "origin_identifier": None}
        given = {name: value for name, value in sent.items() if value is not None}
        sums = {"total_amount": sent["amount"], "total_book_amount": given.get("book_amount", f"{book:f}")}
        payment = {**self._new(), **usual, **given, "invoice_id": invoice["id"]}
        return payment | {name: self._money(text) for name, text in sums.items()}

    def _money(self, text: str) -> str:
        if "amounts are cut as floats" in self.bugs:
            return f"{int(float(text) * 100) / 100:.2f}"
        return f"{Decimal(text).quantize(Decimal('0.01'), ROUND_HALF_UP):f}"


class _Api:
    """The operations that are built."""

    def __init__(self, bugs: tuple[str, ...]) -> None:
        self.bugs, self.tokens, ids = bugs, [TOKEN], count(900, 3)
        self.books = {number: _Books(number, bugs, ids) for number in _OURS}

    def answer(self, name: str, path: _Record) -> tuple[int, Any]:
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
        found = _find(rows, query.get("identifier_type", "id"), next(iter(path.values())))
        return 200, self._shown(found, query, members) if found else abort(404, "niet gevonden")

    def _rows(self, name: str, books: _Books) -> tuple[list[_Record], str]:
        shown = [books]
        if "other administrations are listed" in self.bugs and name == "getV1Invoices":
            shown = [*self.books.values()]
        rows = [row for one in shown for row in one.invoices.values()]
        if "Debtors" in name:
            return books.debtors, "Debtor"
        if name == "getV1Payments":
            return [{**row, **payment} for row in rows for payment in row["payments"]], "Payment"
        return [] if name.endswith("Deleted") else rows, "Invoice"

    def _books(self, number: str) -> _Books:
        return self.books[number] if number in self.books else abort(404, "deze administratie is er niet")

    def _query(self, name: str) -> _Record:
        query: _Record = {}
        _, path, node = operation(spec("payt"), name)
        for one in [one for one in parameters(spec("payt"), path, node) if one["in"] == "query"]:
            text, kind = request.args.get(one["name"]), one["schema"]["type"]
            if text is not None:
                try:
                    query[one["name"]] = text if kind == "string" else json.loads(text, parse_constant=int)
                except ValueError:
                    abort(422, f"{one['name']} is onleesbaar")
                if _why_not(query[one["name"]], one["schema"]):
                    abort(422, f"{one['name']} klopt niet")
            elif one.get("required"):
                abort(422, f"{one['name']} ontbreekt")
        return query

    def _page(self, rows: list[_Record], query: _Record, members: Mapping[str, Any]) -> tuple[int, Any]:
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

    def _shown(self, row: _Record, query: _Record, members: Mapping[str, Any]) -> _Record:
        wanted = [name for name in members if name not in _LATER]
        if "fields" in query:
            only = json.loads(query["fields"])["only"]
            wanted = [one if isinstance(one, str) else next(iter(one)) for one in only]
        return {name: row[name] for name in wanted if name in row and name in members}

    def _sent(self) -> tuple[str, list[_Record]]:
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
        books, stored, errors, warnings = self._books(number), 0, _Record(), _Record()
        before, last = dict(books.invoices), ""
        schema = {"$ref": f"#/components/schemas/{'InvoiceChange' if is_change else 'InvoiceRecord'}"}
        for place, sent in enumerate(records):
            record = {name: value for name, value in sent.items() if value is not None}
            key = record.get("invoice_number") or record.get("invoice_identifier")
            key = key if isinstance(key, str) and key else f"invoices[{place}]"
            why = _why_not(record, schema)
            try:
                if not why and (place != 2 or "the third record is not stored" not in self.bugs):
                    books.put(record, is_change=is_change)
            except LookupError:
                errors.setdefault("not_found", []).append(key)
                continue
            except _RecordError as error:
                why = str(error)
            if why:
                is_mixed = last and "a message is that of the record before" in self.bugs
                errors.setdefault(key, []).append(last if is_mixed else why)
                last = why
            elif any("checksum" in record.get(name, ()) for name in ("document", "ubl_document")):
                warnings[key] = ["het document is onbekend"]
            stored += not why or "a rejected record counts" in self.bugs
        if errors and "one bad record rejects all" in self.bugs:
            books.invoices = before
            abort(422, "een factuur klopt niet")
        answer = {"errors": errors, "count": stored, "success": True}
        return 200 if is_change else 201, answer | ({"warnings": warnings} if warnings else {})

    def _token(self) -> tuple[int, Any]:
        if request.headers.get("Authorization") != f"Basic {b64encode(CLIENT.encode()).decode()}":
            return 401, {"error_description": "wie is dat?", "error": "invalid_client"}
        sent: Any = request.get_json(silent=True) if request.is_json else request.form.to_dict()
        if _why_not(sent, {"$ref": "#/components/schemas/TokenRequest"}):
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
    with running(make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)) as url:
        yield url
