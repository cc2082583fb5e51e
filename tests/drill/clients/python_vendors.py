"""What the vendors' batches look like: items, what answers say of them, and the list to look in."""

import base64
import json
from typing import Any, ClassVar
from urllib.parse import urlencode

Json = Any

PAGE_SIZE = 2

STORED, AGAIN, UNSURE, REFUSED = "stored", "again", "unsure", "refused"
"""What became of an item; an item of which nothing is known has no outcome at all."""

TRANSIENT_STATUSES = (408, 425, 429)
TRANSIENT_WORDS = (
    "could not be processed",
    "rate limit",
    "too many requests",
    "timed out",
    "in time",
    "timeout",
    "try again",
    "an error occurred",
    "another request",
)
VALIDATION_WORDS = (
    "must ",
    "can't be",
    "cannot ",
    "can only",
    "invalid",
    "not valid",
    "taken",
    "too long",
    "truncated",
    "not included",
    "no longer",
    "more than",
    "not be found",
    "conflicted with",
    "violation of",
)


class Unreadable(Exception):
    """An answer that says nothing of the items; it counts as lost."""


class Row:
    """One item, with the number of times that it was sent."""

    def __init__(self, document: Json) -> None:
        self.key: str = document["key"]
        self.document = document
        self.tries = 0
        self.why = ""

    def total(self, fault: str) -> str:
        lines: list[str] = self.document["lines"]
        if fault == "float-sums":
            return repr(sum(float(line) for line in lines))
        cents = sum(to_cents(line) or 0 for line in lines)
        if fault == "truncates-amounts" and self.tries > 1:
            cents -= cents % 100
        return f"{cents // 100}.{cents % 100:02d}"


class Reply:
    """An answer; `lost` says why nothing is known of the call's effect."""

    def __init__(self, status: int, headers: dict[str, str], body: bytes, lost: str = "") -> None:
        self.status = status
        self.headers = headers
        self.body = body
        self.lost = lost

    def document(self) -> Json:
        kind = self.headers.get("content-type", "application/json")
        if "json" not in kind and "text/plain" not in kind:
            raise Unreadable(f"the answer is {kind}")
        try:
            return json.loads(self.body)
        except ValueError as problem:
            raise Unreadable("the answer is no JSON") from problem


def to_cents(amount: Json) -> int | None:
    """Return an amount in cents, exactly; None for what is none."""
    whole, _, fraction = str(amount).partition(".")
    if not (whole + fraction).isdigit() or len(fraction.rstrip("0")) > 2:
        return None
    return int(whole) * 100 + int(fraction.rstrip("0").ljust(2, "0"))


def member(document: Json, name: str) -> Json:
    """Return a member by name, in whatever letter case a later version writes it; None if there is none."""
    if not isinstance(document, dict):
        return None
    if name in document:
        return document[name]
    plain = name.lower().replace("_", "")
    return next((value for key, value in document.items() if key.lower().replace("_", "") == plain), None)


def listed(document: Json) -> list[Json]:
    if not isinstance(document, list):
        raise Unreadable("the answer has no list of items")
    return document


def by_status(status: Json, text: str) -> tuple[str, str]:
    code = int(status) if str(status).isdigit() else 0
    if 200 <= code < 300:
        return STORED, ""
    if code == 500 and any(word in text.lower() for word in VALIDATION_WORDS):
        return REFUSED, f"{code} {text}"  # VBA has this status for whatever its database refuses
    if code in TRANSIENT_STATUSES or code >= 500:
        return AGAIN, f"{code} {text}"
    return (REFUSED if code else UNSURE), f"{code} {text}"


def by_words(text: str) -> tuple[str, str]:
    """Judge a failure that has nothing but a text; an unknown text may be either kind."""
    plain = text.lower()
    if any(word in plain for word in TRANSIENT_WORDS):
        return AGAIN, text
    return (REFUSED if any(word in plain for word in VALIDATION_WORDS) else UNSURE), text


class Results:
    """What an answer says: outcomes and warnings by key, and failures that it gives no key for."""

    def __init__(self) -> None:
        self.outcomes: dict[str, tuple[str, str]] = {}
        self.warnings: list[tuple[str, str]] = []
        self.keyless: list[tuple[str, str]] = []
        self.in_order: list[tuple[str, str]] = []
        self.count: int | None = None
        self.strange = ""
        self._torn: set[str] = set()

    def add(self, key: str, outcome: tuple[str, str]) -> None:
        """Note an outcome; two that differ for one key are as good as none."""
        self.in_order.append(outcome)
        if not key:
            if outcome[0] != STORED:
                self.keyless.append(outcome)
        elif self.outcomes.get(key, outcome)[0] != outcome[0] or key in self._torn:
            self._torn.add(key)
            self.outcomes.pop(key, None)
        else:
            self.outcomes[key] = outcome

    def expect(self, document: Json, names: str) -> None:
        """Note a member that the documents do not name; only a faulty client minds."""
        if isinstance(document, dict):
            self.strange = self.strange or next((name for name in document if name not in names.split()), "")


class Vendor:
    """What differs between the vendors."""

    method = "POST"
    path = ""
    keyed = False
    login_path = ""

    def headers(self, token: str) -> dict[str, str]:
        return {
            "Authorization": f"Bearer {token}",
            "Accept": "application/json",
            "User-Agent": "drill-client/1",
        }

    def key_header(self, key: str) -> dict[str, str]:  # noqa: ARG002
        return {}

    def login(self) -> tuple[dict[str, str], bytes]:
        """Return headers and form of the call to `login_path`."""
        raise NotImplementedError

    def token(self, document: Json) -> Json:
        return member(document, "access_token")

    def body(self, rows: list[Row], key: str, fault: str) -> Json:
        raise NotImplementedError

    def read(self, reply: Reply, rows: list[Row]) -> Results:
        raise NotImplementedError

    def tells_items(self, reply: Reply) -> bool:
        """Return whether the status is one of answers that tell of single items."""
        return 200 <= reply.status < 300

    def job_path(self, reply: Reply) -> str:  # noqa: ARG002
        """Return where the outcomes of a call are told later, "" if its answer tells them."""
        return ""

    def is_done(self, document: Json) -> bool:  # noqa: ARG002
        """Return whether a job has ended."""
        return True

    def record_path(self, row: Row) -> str:  # noqa: ARG002
        """Return where one record is read, "" if the list of records is read instead."""
        return ""

    def item(self, row: Row, fault: str) -> Json:
        raise NotImplementedError

    def refused_items(self, reply: Reply, rows: list[Row]) -> dict[str, str]:  # noqa: ARG002
        """Return those that a refusal of the whole call blames, by key, with reasons."""
        return {}

    first_page = ""

    def page(self, document: Json, number: int) -> tuple[dict[str, int | None], str]:
        """Return what one page of the list shows, by key, with amounts in cents; and the next page's path."""
        raise NotImplementedError


def basic(user: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(user.encode()).decode()}


FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Vba(Vendor):
    method = "PUT"
    path = "/claim-invoice-batch"
    login_path = "/user-authentication"
    first_page = f"/claim-invoice?page=1&pageSize={PAGE_SIZE}"
    gateway: ClassVar = {"vbasoftware-database": "sandbox", "x-api-key": "good-key"}

    def headers(self, token: str) -> dict[str, str]:
        return super().headers(token) | self.gateway

    def login(self) -> tuple[dict[str, str], bytes]:
        return basic("jdoe:harbor-42") | {"vbasoftware-client-id": "c1", "vbasoftware-client-code": "c1"}, b""

    def token(self, document: Json) -> Json:
        return member(member(member(document, "data"), "authenticationResult"), "idToken")

    def body(self, rows: list[Row], key: str, fault: str) -> Json:  # noqa: ARG002
        return [
            {
                "invoice_Key": int(row.key),
                "description": f"{row.document['name']}: {row.total(fault)}",
                "invoice_Number": f"N-{row.key}",
                "invoice_Status": "Open",
                "payee_ID": "P100",
            }
            for row in rows
        ]

    def read(self, reply: Reply, rows: list[Row]) -> Results:  # noqa: ARG002
        results = Results()
        document = reply.document()
        results.expect(document, "data error debug")
        for one in listed(member(document, "data")):
            results.expect(one, "id status body")
            pairs = member(one, "id")
            key = str(member(pairs[0], "value")) if isinstance(pairs, list) and pairs else ""
            text = str(member(one, "body") or "")
            outcome = by_status(member(one, "status"), text)
            if outcome[0] == STORED and text not in ("Created", "Updated"):
                results.strange = results.strange or text
            results.add(key, outcome)
        return results

    def page(self, document: Json, number: int) -> tuple[dict[str, int | None], str]:
        found = listed(member(document, "data"))
        shown = {
            str(member(one, "invoice_Key")): to_cents(str(member(one, "description")).rpartition(": ")[2])
            for one in found
        }
        return shown, f"/claim-invoice?page={number + 1}&pageSize={PAGE_SIZE}" if found else ""


class Payt(Vendor):
    path = "/v1/invoices"
    login_path = "/oauth/token"
    first_page = f"/v1/invoices?administration_id=81&per_page={PAGE_SIZE}"

    def login(self) -> tuple[dict[str, str], bytes]:
        return basic("sandbox-client:sandbox-secret") | FORM, b"grant_type=client_credentials"

    def body(self, rows: list[Row], key: str, fault: str) -> Json:  # noqa: ARG002
        return {"administration_id": "81", "invoices": [self._invoice(row, row.total(fault)) for row in rows]}

    def _invoice(self, row: Row, total: str) -> Json:
        totals = ("amount_total", "book_amount_total", "amount_open", "book_amount_open")
        return {
            "invoice_number": row.key,
            "invoice_date": "2026-06-01",
            "due_date": "2026-07-01",
            "description": row.document["name"],
            "currency_code": "EUR",
            "debtor_number": "D-1",
            **dict.fromkeys(totals, total),
        }

    def read(self, reply: Reply, rows: list[Row]) -> Results:
        """Only errors have keys; the others are stored if the count says so."""
        results = Results()
        document = reply.document()
        results.expect(document, "success count errors warnings")
        errors = self._texts(member(document, "errors"))
        count = str(member(document, "count"))
        results.count = int(count) if count.isdigit() else None
        failed = {key: by_words("; ".join(texts)) for key, texts in errors.items()}
        for row in rows:
            if row.key in failed:
                results.add(row.key, failed[row.key])
            elif results.count == len(rows) - sum(other.key in failed for other in rows):
                results.add(row.key, (STORED, ""))
        for key, texts in self._texts(member(document, "warnings") or {}).items():
            results.warnings.append((key, "; ".join(texts)))
        return results

    def _texts(self, texts: Json) -> dict[str, list[str]]:
        if texts == []:  # an empty map of some languages
            return {}
        if not isinstance(texts, dict):
            raise Unreadable("the answer has no map of errors")
        return {
            key: [str(text) for text in (value if isinstance(value, list) else [value])]
            for key, value in texts.items()
        }

    def page(self, document: Json, number: int) -> tuple[dict[str, int | None], str]:  # noqa: ARG002
        found = listed(member(document, "data"))
        shown = {str(member(one, "invoice_number")): to_cents(member(one, "total_amount")) for one in found}
        cursor = member(member(document, "pagination"), "cursor")
        return shown, f"{self.first_page}&cursor={cursor}" if cursor and found else ""


class Pvex(Vendor):
    path = "/api/InvoiceBatch"
    login_path = "/token"
    first_page = "/api/Invoice?subscriberId=SUB-100"

    def login(self) -> tuple[dict[str, str], bytes]:
        user = {
            "grant_type": "password",
            "username": "sync@cedarhollow.example",
            "password": "cedar-hollow-9",
        }
        return FORM, urlencode(user).encode()

    def body(self, rows: list[Row], key: str, fault: str) -> Json:  # noqa: ARG002
        return [
            {
                "Number": f"N-{row.key}",
                "ClientId": "C-1",
                "ClientPmsId": "5001",
                "Amount": float(
                    row.total(fault)
                ),  # json writes the shortest text, which has the cents exactly
                "BalanceDue": float(row.total(fault)),
                "PmsStatus": "Open",
                "IsComplete": True,
                "ApiCreateDate": "2025-12-16T00:00:00Z",
                "CheckSum": 1,
                "RowKey": int(row.key.rpartition("-")[2]),
                "Id": row.key,
                "SyncId": f"SYNC-{row.key}",
                "SubscriberId": "SUB-100",
            }
            for row in rows
        ]

    def read(self, reply: Reply, rows: list[Row]) -> Results:  # noqa: ARG002
        """An empty 200 says nothing of single items, so that all are looked up."""
        if reply.body:
            reply.document()
        return Results()

    def refused_items(self, reply: Reply, rows: list[Row]) -> dict[str, str]:
        try:
            places = member(reply.document(), "ModelState")
        except Unreadable:
            return {}
        blamed: dict[str, str] = {}
        for place, texts in places.items() if isinstance(places, dict) else ():
            number = place.partition("[")[2].partition("]")[0]
            if number.isdigit() and int(number) < len(rows):
                blamed[rows[int(number)].key] = str(texts)
        return blamed

    def page(self, document: Json, number: int) -> tuple[dict[str, int | None], str]:  # noqa: ARG002
        return {str(member(one, "Id")): to_cents(member(one, "Amount")) for one in listed(document)}, ""


class Xero(Vendor):
    method = "PUT"
    path = "/api.xro/2.0/BatchPayments?summarizeErrors=false"
    keyed = True
    login_path = "/connect/token"
    first_page = "/api.xro/2.0/BatchPayments"

    def headers(self, token: str) -> dict[str, str]:
        return super().headers(token) | {"xero-tenant-id": "00000000-0000-4000-8000-000000000001"}

    def key_header(self, key: str) -> dict[str, str]:
        return {"Idempotency-Key": key} if key else {}

    def login(self) -> tuple[dict[str, str], bytes]:
        return basic("drill:drill") | FORM, b"grant_type=client_credentials"

    def body(self, rows: list[Row], key: str, fault: str) -> Json:  # noqa: ARG002
        return {
            "BatchPayments": [
                {
                    "Account": {"Code": "BANK1"},
                    "Reference": row.key,
                    "Date": "2026-01-05",
                    "Payments": [
                        {
                            "Invoice": {"InvoiceNumber": row.document["invoice"]},
                            "Amount": float(row.total(fault)),
                        }
                    ],
                }
                for row in rows
            ]
        }

    def read(self, reply: Reply, rows: list[Row]) -> Results:  # noqa: ARG002
        results = Results()
        document = reply.document()
        results.expect(document, "Id Status ProviderName DateTimeUTC BatchPayments")
        for one in listed(member(document, "BatchPayments")):
            errors, warnings = member(one, "ValidationErrors"), member(one, "Warnings")
            key = str(member(one, "Reference") or "")
            if errors or member(one, "StatusAttributeString") == "ERROR":
                results.add(key, by_words(self._text(errors)))
                continue
            if member(one, "Status") not in (None, "AUTHORISED"):
                results.strange = results.strange or str(member(one, "Status"))
            results.add(key, (STORED, ""))
            if warnings:
                results.warnings.append((key, self._text(warnings)))
        return results

    def _text(self, messages: Json) -> str:
        if not isinstance(messages, list):
            return str(messages or "refused")
        return "; ".join(str(member(one, "Message") or one) for one in messages)

    def page(self, document: Json, number: int) -> tuple[dict[str, int | None], str]:  # noqa: ARG002
        found = listed(member(document, "BatchPayments"))
        kept = [one for one in found if member(one, "Status") != "DELETED"]
        return {str(member(one, "Reference")): to_cents(member(one, "TotalAmount")) for one in kept}, ""


class Guidewire(Vendor):
    path = "/claim/v1/batch"
    keyed = True
    first_page = f"/claim/v1/bulk-invoices?pageSize={PAGE_SIZE}"

    def body(self, rows: list[Row], key: str, fault: str) -> Json:
        return {"requests": [self._request(row, key, fault) for row in rows]}

    def _request(self, row: Row, key: str, fault: str) -> Json:
        """Each request has a transaction id of its own; the first would use up one of the batch."""
        name = key if fault == "reuses-key" else f"{key}-{row.key}"
        attributes = {
            "payeeAddressBookUID": "ab:1",
            "invoiceNumber": row.key,
            "mailTo": row.document["name"],
            "bulkInvoiceTotal": row.total(fault),
        }
        request = {
            "method": "post",
            "path": "/bulk-invoices",
            "body": {"data": {"attributes": attributes}},
        }
        return request | ({"headers": [{"name": "GW-DBTransaction-ID", "value": name}]} if key else {})

    def read(self, reply: Reply, rows: list[Row]) -> Results:  # noqa: ARG002
        results = Results()
        document = reply.document()
        results.expect(document, "responses")
        for one in listed(member(document, "responses")):
            results.expect(one, "status body headers")
            body = member(one, "body")
            attributes = member(member(body, "data"), "attributes")
            text = str(member(body, "userMessage") or "")
            outcome = by_status(member(one, "status"), text)
            if "AlreadyExecuted" in str(member(body, "errorCode")):
                outcome = UNSURE, text  # it was done under this id: the list will show it
            if member(member(attributes, "status"), "code") not in (None, "draft"):
                results.strange = results.strange or "status"
            results.add(str(member(attributes, "invoiceNumber") or ""), outcome)
        return results

    def page(self, document: Json, number: int) -> tuple[dict[str, int | None], str]:
        found = listed(member(document, "data"))
        shown: dict[str, int | None] = {
            str(member(member(one, "attributes"), "invoiceNumber")): None for one in found
        }
        return shown, f"{self.first_page}&pageOffset={number * PAGE_SIZE}" if found else ""


VENDORS: dict[str, type[Vendor]] = {
    "vba": Vba,
    "payt": Payt,
    "pvex": Pvex,
    "xero": Xero,
    "guidewire": Guidewire,
}
