"""Two organisations' books over HTTP, written from the Xero spec alone: JSON only, no frameworks.

Built are accounts, invoices, payments and batch payments. Their rules are in `xero_books`, the reading of
bodies, days and filters in `xero_language`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any

from tests.contract.foreign.access import TOKEN
from tests.contract.foreign.plain_http import Reply, Sent, serving
from tests.contract.foreign.xero_books import ZERO, Books, ElementError
from tests.contract.foreign.xero_language import (
    Json,
    UnreadableError,
    moment,
    read_elements,
)
from tests.contract.foreign.xero_lists import filtered, ordered, read_query, with_dashes
from tests.contract.foreign.xero_shown import show_batch, show_invoice, show_payment

TENANTS = ("7e4a4711-0000-4000-9000-00000000000a", "7e4a4711-0000-4000-9000-00000000000b")
_TITLES = {401: "Unauthorized", 403: "Forbidden", 412: "Precondition Failed"}
_PLURALS = {
    "accounts": "Accounts",
    "invoices": "Invoices",
    "payments": "Payments",
    "batchpayments": "BatchPayments",
}
_IDS = {
    "Accounts": "AccountID",
    "Invoices": "InvoiceID",
    "Payments": "PaymentID",
    "BatchPayments": "BatchPaymentID",
}
_TABLES = {"Accounts": "accounts", "Invoices": "invoices", "Payments": "payments", "BatchPayments": "batches"}
_NAMES = {"Invoices": "InvoiceNumber", "Payments": "Reference", "BatchPayments": "Reference"}
_OPERATIONS: Mapping[tuple[str, str, bool], str] = {
    ("Accounts", "GET", False): "getAccounts",
    ("Accounts", "GET", True): "getAccount",
    ("Invoices", "GET", False): "getInvoices",
    ("Invoices", "GET", True): "getInvoice",
    ("Invoices", "PUT", False): "createInvoices",
    ("Invoices", "POST", False): "updateOrCreateInvoices",
    ("Invoices", "POST", True): "updateInvoice",
    ("Payments", "GET", False): "getPayments",
    ("Payments", "GET", True): "getPayment",
    ("Payments", "PUT", False): "createPayments",
    ("Payments", "POST", False): "createPayment",
    ("Payments", "POST", True): "deletePayment",
    ("BatchPayments", "GET", False): "getBatchPayments",
    ("BatchPayments", "GET", True): "getBatchPayment",
    ("BatchPayments", "PUT", False): "createBatchPayment",
    ("BatchPayments", "POST", False): "deleteBatchPayment",
    ("BatchPayments", "POST", True): "deleteBatchPaymentByUrlParam",
}
_BODIES = {
    "createInvoices": "InvoicesInput",
    "updateOrCreateInvoices": "InvoicesInput",
    "updateInvoice": "InvoicesInput",
    "createPayments": "PaymentsInput",
    "createPayment": "PaymentsInput",
    "deletePayment": "PaymentsDelete",
    "createBatchPayment": "BatchPaymentsInput",
    "deleteBatchPayment": "BatchPaymentsDelete",
    "deleteBatchPaymentByUrlParam": "BatchPaymentsDeleteByUrlParam",
}
_WORDS = {
    14: ("PostDataInvalidException", "The body, or a parameter, cannot be read"),
    16: ("QueryParseException", "The filter or the order cannot be read"),
    17: ("NoDataProcessedException", "No data has been processed for this endpoint."),
    20: ("MethodNotImplementedException", "There is no such method here"),
}
_LONGEST_KEY = 128
_numbers = count(1)


class _NoDocumentError(Exception):
    """What the path or the body names is not there."""


@dataclass(frozen=True, slots=True)
class _Element:
    sent: Json
    shown: Json | None
    faults: tuple[str, ...]


def _guid() -> str:
    return f"{next(_numbers):08x}-cccc-4ddd-8eee-000000000001"


def _error(number: int, **more: Any) -> Reply:
    name, text = _WORDS.get(number, ("ValidationException", "A validation exception occurred"))
    return Reply(400, {"ErrorNumber": number, "Type": name, "Message": text, **more})


def _problem(status: int, detail: str) -> Reply:
    words = {"Type": None, "Title": _TITLES[status], "Status": status, "Detail": detail}
    return Reply(status, {**words, "Instance": _guid(), "Extensions": {}})


class _Api:
    def __init__(self, bugs: tuple[str, ...]) -> None:
        self.bugs = bugs
        self.books = {tenant: Books(tenant, number, bugs) for number, tenant in enumerate(TENANTS, 1)}
        first, second = self.books.values()
        first.other, second.other = second, first
        self.replies: dict[tuple[str, str], tuple[str, Reply]] = {}

    def answer(self, sent: Sent) -> Reply:
        reply = self._answer(sent)
        more = {"Xero-Correlation-Id": _guid(), "X-DayLimit-Remaining": "4999"}
        more |= {"X-MinLimit-Remaining": "59", "X-AppMinLimit-Remaining": "9999"}
        return Reply(reply.status, reply.document, {**reply.headers, **more}, reply.kind)

    def _answer(self, sent: Sent) -> Reply:
        path = [one for one in sent.path if one]
        plural = _PLURALS.get(path[2].lower(), "") if len(path) in (3, 4) else ""
        if not plural or [one.lower() for one in path[:2]] != ["api.xro", "2.0"]:
            return Reply(404, "The resource you're looking for cannot be found", kind="text/html")
        has_id = len(path) == 4
        methods = {
            how: name for (of, how, single), name in _OPERATIONS.items() if (of, single) == (plural, has_id)
        }
        if sent.method not in methods:
            refused = _error(20).document
            return Reply(501, refused, {"Allow": ", ".join(methods)})
        if sent.headers.get("authorization") != f"Bearer {TOKEN}":
            return _problem(401, "AuthenticationUnsuccessful")
        books = self.books.get(sent.headers.get("xero-tenant-id", ""))
        if books is None:
            return _problem(403, "AuthenticationUnsuccessful")
        name = methods[sent.method]
        call = _Call(self.bugs, books, name, plural, with_dashes(path[3]) if has_id else "", sent)
        if sent.method == "GET":
            return call.guarded(call.read)
        return self._once(books.tenant, sent, lambda: call.guarded(call.write))

    def _once(self, tenant: str, sent: Sent, work: Callable[[], Reply]) -> Reply:
        """Do the work, or answer as the first call of this idempotency key."""
        key = sent.headers.get("idempotency-key", "")
        if len(key) > _LONGEST_KEY:
            return _error(10)
        if not key or "an idempotency key is ignored" in self.bugs:
            return work()
        said, reply = self.replies.get((tenant, key), ("", None))
        print_of = str((sent.method, sent.path, sent.query, sent.body))
        if reply and (said == print_of or "a key takes another body" in self.bugs):
            return reply
        if reply:
            return _error(10, Elements=[])
        reply = work()
        if reply.status < 400 or "an error is not replayed under its key" not in self.bugs:
            self.replies[tenant, key] = print_of, reply
        return reply


@dataclass(frozen=True, slots=True)
class _Call:
    bugs: tuple[str, ...]
    books: Books
    name: str
    plural: str
    id: str
    sent: Sent

    def guarded(self, work: Callable[[], Reply]) -> Reply:
        try:
            return work()
        except UnreadableError as error:
            return _error(error.args[0])
        except _NoDocumentError:
            return Reply(404, "The resource you're looking for cannot be found", kind="text/html")

    # Reads

    def read(self) -> Reply:
        query = dict(read_query(self.name, self.sent.query))
        since = self.sent.headers.get("if-modified-since")
        changed = moment(since) if since else None
        if since and not self.id and changed is None:
            return _problem(412, "PreconditionFailed")
        if self.id:
            return self._said([self._show(self._found(), query)])
        rows = [self._show(one, query) for one in self._table().values()]
        if changed:
            first = changed.timestamp() * 1000
            rows = [row for row in rows if int(row["UpdatedDateUTC"][6:].partition("+")[0]) > first]
        return self._page(ordered(filtered(rows, query), query, _IDS[self.plural]), query)

    def _table(self) -> dict[str, Json]:
        books = [self.books]
        if "lists show the other organisation" in self.bugs and self.plural != "Accounts":
            books.append(self.books.other)
        return {id_: one for of in books for id_, one in getattr(of, _TABLES[self.plural]).items()}

    def _found(self) -> Json:
        found: Json | None = getattr(self.books, _TABLES[self.plural]).get(self.id.lower())
        if self.plural == "Invoices":
            found = found or self.books.find_invoice({"InvoiceNumber": self.id})
        if found is None:
            raise _NoDocumentError
        return found

    def _show(self, one: Json, query: Json, *, whole: bool = False) -> Json:
        is_ours = one[_IDS[self.plural]] in getattr(self.books, _TABLES[self.plural])
        books = self.books if is_ours else self.books.other
        if self.plural == "Invoices":
            is_short = not (whole or self.id or "page" in query or "Statuses" in query)
            is_short |= bool(query.get("summaryOnly"))
            return show_invoice(books, one, short=is_short, decimals=4 if query.get("unitdp") == 4 else 2)
        if self.plural == "Payments":
            return show_payment(books, one)
        return show_batch(books, one) if self.plural == "BatchPayments" else one

    def _page(self, rows: list[Json], query: Json) -> Reply:
        asked = {"page", "Statuses", "summaryOnly"} & query.keys()
        if self.plural not in ("Invoices", "Payments") or not asked:
            return self._said(rows)
        page, size = query.get("page", 1), min(max(query.get("pageSize", 100), 1), 1000)
        shown = rows[(page - 1) * size : page * size]
        total = len(shown) if "itemCount is that of the page" in self.bugs else len(rows)
        told = {"page": page, "pageSize": size, "pageCount": -(-len(rows) // size), "itemCount": total}
        return self._said(shown, pagination=told)

    def _said(self, rows: list[Json], **more: Any) -> Reply:
        head = {
            "Id": _guid(),
            "Status": "OK",
            "ProviderName": "Counting house",
            "DateTimeUTC": "/Date(1530432000000)/",
        }
        return Reply(200, {**head, **more, self.plural: rows})

    # Writes

    def write(self) -> Reply:
        kind = self.sent.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/json":
            return Reply(415, _error(14).document)
        try:
            document = self.sent.document()
        except ValueError:
            return _error(14)
        query = dict(read_query(self.name, self.sent.query))
        elements, faults = read_elements(document, _BODIES[self.name])
        before, done, seen = self.books.tables(), list[_Element](), dict[str, _Element]()
        for place, sent in enumerate(elements):
            done.append(self._element(sent, faults.get(place, []), query, seen))
        is_summed = self.id or "Delete" in _BODIES[self.name] or query.get("summarizeErrors", True)
        failed = [one for one in done if one.faults]
        if failed and is_summed and "a summary takes the good elements back" in self.bugs:
            self.books.restore(before)
        if len(done) > 2 and not done[-1].faults and "the last element of a call is lost" in self.bugs:
            self._forget(done[-1])
        if "an error is told of the failed element before" in self.bugs:
            words = [one.faults for one in failed]
            turned = dict(zip(map(id, failed), [*words[-1:], *words[:-1]], strict=True))
            done = [_Element(one.sent, one.shown, turned.get(id(one), ())) for one in done]
        if failed and is_summed:
            return _error(10, Elements=[self._echo(one) for one in done if one.faults])
        shown, is_late = [], False
        for one in done:
            is_late |= bool(one.faults)
            is_other = is_late and "after a failed element ids are those of nothing" in self.bugs
            shown.append(
                self._echo(one)
                if one.faults
                else self._result(one, is_other=is_other, summed=bool(is_summed))
            )
        return self._said(shown[::-1] if "the elements come in another order" in self.bugs else shown)

    def _element(self, sent: Json, faults: list[str], query: Json, seen: dict[str, _Element]) -> _Element:
        key = str(sent.get(_NAMES[self.plural]))
        if faults and "a rejected element is saved all the same" not in self.bugs:
            return _Element(sent, None, tuple(faults))
        if (
            key in seen
            and seen[key].shown
            and "the second of a key in a call is told as saved, and dropped" in self.bugs
        ):
            return seen[key]
        try:
            shown = self._show(self._save(sent), query, whole=True)
        except ElementError as error:
            return _Element(sent, None, (*faults, *error.args))
        seen[key] = _Element(sent, shown, tuple(faults))
        return seen[key]

    def _save(self, sent: Json) -> Json:
        books, id_ = self.books, self.id or str(sent.get(_IDS[self.plural], "")).lower()
        if self.plural == "Invoices":
            known = (
                self._found() if self.id else books.find_invoice(sent) if self.sent.method == "POST" else None
            )
            if known is None and id_ and id_ != ZERO and self.sent.method == "POST":
                raise ElementError("The document could not be found")
            return books.change_invoice(known, sent) if known else books.create_invoice(sent)
        if self.name in ("createPayments", "createBatchPayment"):
            return books.create_payment(sent) if self.plural == "Payments" else books.create_batch(sent)
        if self.name == "createPayment" and not id_:
            return books.create_payment(sent)
        if id_ not in getattr(books, _TABLES[self.plural]):
            if self.name == "createPayment":
                raise ElementError("The payment could not be found")
            raise _NoDocumentError
        more = sent.keys() - {"PaymentID", "BatchPaymentID", "Status", "HasAccount", "HasValidationErrors"}
        if sent.get("Status") != "DELETED" or (self.plural == "Payments" and more):
            raise ElementError("There is no other change than a deletion")
        return books.delete_payment(id_) if self.plural == "Payments" else books.delete_batch(id_)

    def _forget(self, one: _Element) -> None:
        if one.shown and self.plural == "Invoices":
            self.books.invoices.pop(one.shown["InvoiceID"], None)

    def _echo(self, one: _Element) -> Json:
        wrong = {text.partition(" ")[0] for text in one.faults}
        days = ("Date", "DueDate", "ExpectedPaymentDate", "PlannedPaymentDate")
        name = _IDS[self.plural]
        left_out = (*wrong, *days, *["Amount"] * (self.plural == "BatchPayments"))
        shown = {key: value for key, value in one.sent.items() if key not in left_out}
        is_kept = self.plural == "Invoices" or self.sent.method == "POST"
        shown[name] = (is_kept and str(one.sent.get(name, "")).lower()) or ZERO
        shown |= {
            "StatusAttributeString": "ERROR",
            "ValidationErrors": [{"Message": text} for text in one.faults],
        }
        if "a failed element says OK" in self.bugs:
            shown["StatusAttributeString"] = "OK"
        flag = {"Invoices": "HasErrors", "Payments": "HasValidationErrors"}
        return {**shown, **({flag[self.plural]: True} if self.plural in flag else {})}

    def _result(self, one: _Element, *, is_other: bool, summed: bool) -> Json:
        shown = {**(one.shown or {}), **({_IDS[self.plural]: _guid()} if is_other else {})}
        return shown if self.plural == "BatchPayments" or summed else {**shown, "StatusAttributeString": "OK"}


@contextmanager
def serve(*bugs: str) -> Iterator[str]:
    """Serve on a free port with these bugs; yield the address."""
    with serving(_Api(bugs).answer) as url:
        yield url
