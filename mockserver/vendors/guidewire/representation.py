"""JSON representation of bulk invoices and items: single elements, and filtered, sorted, paged lists."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from hashlib import blake2b
from urllib.parse import unquote_plus

from msgspec.structs import replace

from mockserver.model import Call, Document, Json, Problem, Reply
from mockserver.sandbox.assumptions import ON
from mockserver.sandbox.store import State
from mockserver.vendor import Request
from mockserver.vendors.guidewire import attributes
from mockserver.vendors.guidewire.attributes import (
    INVOICE_PLAIN_ATTRIBUTES,
    INVOICE_SUMMARY,
    INVOICE_TYPELISTS,
    ITEM_PLAIN_ATTRIBUTES,
    ITEM_SUMMARY,
    ITEM_TYPELISTS,
    REPORTING_CURRENCY,
    typekey,
)
from mockserver.vendors.guidewire.errors import rejection
from mockserver.vendors.guidewire.lifecycle import (
    BANK_ACCOUNTS,
    CLAIMS,
    EDITABLE,
    EXPOSURES,
    INVOICES,
    PAYEES,
    TRANSITIONS,
    allowed_actions,
)

PAGE_SIZE = 25
"""Default number of rows on a page. Source: docs/vendors/guidewire.md#queries."""

API = "/claim/v1"
"""Path with which links begin, as in the vendor's documents; clients know the URL that precedes it."""

CORRELATION = "X-Correlation-ID"

_ROW_PAYEE_LACKS = frozenset({"primaryAddress"})
_EVERYTHING = frozenset({"*all", "*detail"})

_CLAIM_TEXTS = ("id", "claimNumber", "policyNumber", "lossDate")
_CLAIM_TYPELISTS = {"currency": "Currency", "state": "ClaimState"}
_SORTED_MEMBERS = json.JSONEncoder(sort_keys=True)
_FILTER_OPERATORS: Mapping[str, Callable[[str, str], bool]] = {
    "eq": lambda found, wanted: found == wanted,
    "ne": lambda found, wanted: found != wanted,
    "lt": lambda found, wanted: found < wanted,
    "gt": lambda found, wanted: found > wanted,
    "le": lambda found, wanted: found <= wanted,
    "ge": lambda found, wanted: found >= wanted,
    "in": lambda found, wanted: found in wanted.split(","),
    "ni": lambda found, wanted: found not in wanted.split(","),
    "sw": lambda found, wanted: found.startswith(wanted),
    "cn": lambda found, wanted: wanted in found,
}
_NEGATIVE_OPERATORS = frozenset({"ne", "ni"})


def invoice_element(invoice: Document, request: Request, state: State) -> Json:
    fields = _select_fields(
        _invoice_attributes(invoice, request.call, state), request, INVOICE_SUMMARY, "*detail"
    )
    return _element(fields, invoice, _invoice_links(invoice))


def invoice_row(invoice: Document, request: Request, state: State) -> Json:
    """Return the invoice as a row of a list, without its payee's address."""
    shown = _invoice_attributes(invoice, request.call, state)
    payee = {name: value for name, value in shown["payee"].items() if name not in _ROW_PAYEE_LACKS}
    fields = _select_fields({**shown, "payee": payee}, request, INVOICE_SUMMARY, "*summary")
    return _element(fields, invoice, _invoice_links(invoice))


def item_element(item: Document, request: Request, state: State, default: str = "*detail") -> Json:
    fields = _select_fields(_item_attributes(item, state), request, ITEM_SUMMARY, default)
    return _element(fields, item, _item_links(item, state))


def item_row(item: Document, request: Request, state: State) -> Json:
    return item_element(item, request, state, "*summary")


def claim_element(claim: Document, request: Request, _state: State) -> Json:
    """Return a claim, as lists and the single claim show it. Source: docs/vendors/guidewire.md#claims."""
    attributes = _texts_and_typekeys(claim, _CLAIM_TEXTS, _CLAIM_TYPELISTS)
    fields = _select_fields(attributes, request, attributes, "*summary")
    return _element(fields, claim, {"self": link(f"{API}/claims/{claim['id']}", "get")})


def claim_info_row(claim: Document, request: Request, _state: State) -> Json:
    """Return the row of a claim info, which has few members and exists for archived claims too.

    Source: docs/vendors/guidewire.md#claims (assumed).
    """
    attributes = _texts_and_typekeys(claim, _CLAIM_TEXTS, {})
    fields = _select_fields(attributes, request, attributes, "*summary")
    return {"attributes": fields, "checksum": checksum(claim)}


def invoice_path(invoice: Document) -> str:
    return f"{API}/bulk-invoices/{invoice['id']}"


def item_path(item: Document) -> str:
    return f"{API}/bulk-invoices/{item['bulkInvoice']}/bulk-invoice-items/{item['id']}"


def link(href: str, *methods: str) -> Json:
    return {"href": href, "methods": list(methods)}


def checksum(document: Document) -> str:
    """Return 32 hexadecimal digits that change with every version of the document.

    Source: docs/vendors/guidewire.md#values (assumed).
    """
    stored = _SORTED_MEMBERS.encode(document).encode()
    return blake2b(stored, digest_size=16).hexdigest()


def with_correlation_id(reply: Reply, call: Call, state: State) -> Reply:
    """Add the caller's correlation id, or a fresh one. Source: docs/vendors/guidewire.md#headers."""
    name = call.headers.get(CORRELATION.lower()) or state.uuid()
    headers = (*reply.headers, (CORRELATION, name))
    return replace(reply, headers=headers)


def _invoice_attributes(invoice: Document, call: Call, state: State) -> dict[str, Json]:
    payee_id = invoice["payeeAddressBookUID"]
    payee = state.collection(PAYEES)[payee_id]
    approved, total = invoice["approvedAmount"], invoice["totalAmount"]
    shown = {
        **_texts_and_typekeys(invoice, INVOICE_PLAIN_ATTRIBUTES, INVOICE_TYPELISTS),
        "approvedReportingAmount": _reporting_amount(approved),
        "approvedTransactionAmount": _money(approved, invoice["currency"]),
        "payTo": payee["displayName"],
        "payee": payee,
        "totalReportingAmount": _reporting_amount(total),
        "totalTransactionAmount": _money(total, invoice["currency"]),
        **({"mailingAddress": payee["primaryAddress"]} if "primaryAddress" in payee else {}),
    }
    if invoice["paymentMethod"] == "eft":
        shown = {**shown, **(state.collection(BANK_ACCOUNTS).get(payee_id) or {})}
    if call.assumptions["payee_uid_echoed"] == ON:
        shown["payeeAddressBookUID"] = payee_id
    return shown


def _item_attributes(item: Document, state: State) -> dict[str, Json]:
    shown = {
        **_texts_and_typekeys(item, ITEM_PLAIN_ATTRIBUTES, ITEM_TYPELISTS),
        "amount": _money(item["amount"], item["currency"]),
        "claim": _claim(item["claim"], state),
    }
    if "exposure" in item:
        shown["exposure"] = _exposure(item["exposure"], state)
    return shown


def _texts_and_typekeys(
    document: Document, texts: Iterable[str], typelists: Mapping[str, str]
) -> dict[str, Json]:
    return {
        **{name: document[name] for name in texts if name in document},
        **{name: typekey(words, document[name]) for name, words in typelists.items() if name in document},
    }


def _select_fields(attributes: Document, request: Request, summary: Iterable[str], default: str) -> Json:
    """Return the selected attributes, in alphabetical order. Source: docs/vendors/guidewire.md#queries."""
    fields = request.parameters.get("fields", ())
    names = {default if field == "*default" else field for field in fields} or {default}
    if names & _EVERYTHING:
        names |= attributes.keys()
    if "*summary" in names:
        names |= set(summary)
    return {name: attributes[name] for name in sorted(attributes) if name in names}


def _element(attributes: Json, document: Document, links: Json) -> Json:
    return {"attributes": attributes, "checksum": checksum(document), "links": links}


def _invoice_links(invoice: Document) -> Json:
    """Return the links to the invoice, and to the actions that its status allows.

    Source: docs/vendors/guidewire.md#body-and-links (assumed).
    """
    path, status = invoice_path(invoice), invoice["status"]
    methods = ["get"]
    methods += ["patch"] if status in EDITABLE else []
    methods += ["delete"] if status in TRANSITIONS["delete"].sources else []
    actions = {action: link(f"{path}/{action}", "post") for action in allowed_actions(invoice)}
    return {"self": link(path, *methods), **actions}


def _item_links(item: Document, state: State) -> Json:
    editable = state.collection(INVOICES)[item["bulkInvoice"]]["status"] in EDITABLE
    return {"self": link(item_path(item), "get", *(("patch", "delete") if editable else ()))}


def _claim(claim_id: str, state: State) -> Json:
    number = state.collection(CLAIMS)[claim_id]["claimNumber"]
    return {"displayName": number, "id": claim_id, "type": "Claim", "uri": f"{API}/claims/{claim_id}"}


def _exposure(exposure_id: str, state: State) -> Json:
    exposure = state.collection(EXPOSURES)[exposure_id]
    return {
        "displayName": exposure["displayName"],
        "id": exposure_id,
        "type": "Exposure",
        "uri": f"{API}/claims/{exposure['claim']}/exposures/{exposure_id}",
    }


def _money(amount: str, currency: str) -> Json:
    return {"amount": amount, "currency": currency}


def _reporting_amount(amount: str) -> Json:
    return _money(attributes.print_amount(Decimal(amount), REPORTING_CURRENCY), REPORTING_CURRENCY)


RenderRow = Callable[[Document, Request, State], Json]


def render_page(request: Request, documents: Iterable[Document], row: RenderRow, state: State) -> Json:
    """Return the page of `documents` that the call asks for.

    Source: docs/vendors/guidewire.md#body-and-links, #queries.
    """
    found = _sorted(request, _filtered(request, documents, state))
    size = request.parameters.get("pageSize", PAGE_SIZE)
    offset = request.parameters.get("pageOffset", 0)
    rows = [row(document, request, state) for document in found[offset : offset + size]]
    collection = {"count": len(rows), "data": rows, "links": _page_links(request, size, offset, len(found))}
    if request.parameters.get("includeTotal"):
        collection["total"] = len(found)
    return collection


def _filtered(request: Request, documents: Iterable[Document], state: State) -> list[Document]:
    found = list(documents)
    for place, text in enumerate(request.parameters.get("filter", ())):
        field, operator, wanted = _parse_filter(place, text)
        compare = _FILTER_OPERATORS[operator]
        found = [
            document
            for document in found
            if (
                operator in _NEGATIVE_OPERATORS
                if (value := _filter_value(document, field, state)) is None
                else compare(value, wanted)
            )
        ]
    return found


def _parse_filter(place: int, text: str) -> tuple[str, str, str]:
    """Return field, operator and value of a filter; convert date-times to their stored form."""
    field, operator, value = text.split(":", 2)
    value = value.replace("::", ":")
    if field != "scheduledSendDate":
        return field, operator, value
    moments = [attributes.normalize_instant(moment) for moment in value.split(",")]
    if None in moments:
        raise rejection(Problem("bad-format", ("query", "filter", place), rule="filter", found=text))
    return field, operator, ",".join(filter(None, moments))


def _filter_value(document: Document, field: str, state: State) -> str | None:
    if field == "payTo":
        name: str = state.collection(PAYEES)[document["payeeAddressBookUID"]]["displayName"]
        return name
    return document.get(field)


def _sorted(request: Request, documents: list[Document]) -> list[Document]:
    """Sort by the first requested field, then the next, last by id. If no field is sent, keep the order."""
    if "sort" in request.parameters:
        documents.sort(key=lambda document: document["id"])
    for name in reversed(request.parameters.get("sort", ())):
        field = name.removeprefix("-")
        documents.sort(key=lambda document: _sort_key(document, field), reverse=name != field)
    return documents


def _sort_key(document: Document, field: str) -> tuple[bool, str | Decimal]:
    value = document.get(field)
    if value is None:
        return False, ""
    return True, Decimal(value) if field == "amount" else value


def _page_links(request: Request, size: int, offset: int, total: int) -> Json:
    links = {"first": _page_link(request, 0), "self": link(_href(request, request.call.query), "get")}
    if offset + size < total:
        links["next"] = _page_link(request, offset + size)
    if min(offset, total) > 0:
        links["prev"] = _page_link(request, max(0, min(offset, total) - size))
    return {name: links[name] for name in sorted(links)}


def _page_link(request: Request, offset: int) -> Json:
    pairs = [pair for pair in request.call.query.split("&") if pair and not _is_offset(pair)]
    if offset:
        pairs.append(f"pageOffset={offset}")
    return link(_href(request, "&".join(pairs)), "get")


def _is_offset(pair: str) -> bool:
    return unquote_plus(pair.partition("=")[0]) == "pageOffset"


def _href(request: Request, query: str) -> str:
    return request.call.path + ("?" + query if query else "")
