"""How invoices and items are shown: attributes, checksum, links, and the reply round them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from decimal import Decimal
from hashlib import blake2b

from mockserver.model import Call, Document, Json, Reply
from mockserver.store import State
from mockserver.vendor import Request
from mockserver.vendors.guidewire import amounts
from mockserver.vendors.guidewire.assumed import REPORTING_CURRENCY
from mockserver.vendors.guidewire.assumptions import ON
from mockserver.vendors.guidewire.lifecycle import EDITABLE, MOVES, allowed_actions
from mockserver.vendors.guidewire.limits import HEADERS, left
from mockserver.vendors.guidewire.records import BANK_ACCOUNTS, CLAIMS, EXPOSURES, INVOICES, PAYEES
from mockserver.vendors.guidewire.words import (
    INVOICE_SUMMARY,
    INVOICE_TEXTS,
    INVOICE_TYPELISTS,
    ITEM_SUMMARY,
    ITEM_TEXTS,
    ITEM_TYPELISTS,
    typekey,
)

API = "/claim/v1"
"""Where links begin: as in the vendor's documents, below the address that a client is configured with."""

CORRELATION = "X-Correlation-ID"
OF_THE_WHOLE = frozenset({CORRELATION, *HEADERS})
"""Headers that an answer has and the answers to calls inside of it have not."""

_ROW_PAYEE_LACKS = frozenset({"primaryAddress"})
_EVERYTHING = frozenset({"*all", "*detail"})


def invoice_element(invoice: Document, request: Request, state: State) -> Json:
    """One invoice with the attributes that `fields` name, all of them by default."""
    shown = _chosen(_invoice_attributes(invoice, request.call, state), request, INVOICE_SUMMARY, "*detail")
    return _element(shown, invoice, _invoice_links(invoice))


def invoice_row(invoice: Document, request: Request, state: State) -> Json:
    """One invoice of a list; a row's payee has no address."""
    attributes = _invoice_attributes(invoice, request.call, state)
    payee = {name: value for name, value in attributes["payee"].items() if name not in _ROW_PAYEE_LACKS}
    shown = _chosen({**attributes, "payee": payee}, request, INVOICE_SUMMARY, "*summary")
    return _element(shown, invoice, _invoice_links(invoice))


def item_element(item: Document, request: Request, state: State) -> Json:
    """One item with the attributes that `fields` name, all of them by default."""
    shown = _chosen(_item_attributes(item, state), request, ITEM_SUMMARY, "*detail")
    return _element(shown, item, _item_links(item, state))


def item_row(item: Document, request: Request, state: State) -> Json:
    """One item of a list."""
    shown = _chosen(_item_attributes(item, state), request, ITEM_SUMMARY, "*summary")
    return _element(shown, item, _item_links(item, state))


def invoice_path(invoice: Document) -> str:
    """Where an invoice is read."""
    return f"{API}/bulk-invoices/{invoice['id']}"


def item_path(item: Document) -> str:
    """Where an item is read."""
    return f"{API}/bulk-invoices/{item['bulkInvoice']}/bulk-invoice-items/{item['id']}"


def link(href: str, *methods: str) -> Json:
    """A link of the vendor's form."""
    return {"href": href, "methods": list(methods)}


def checksum(document: Document) -> str:
    """32 hexadecimal digits that change with every version. Source: Guidewire fact sheet §2.1 (assumed)."""
    stored = json.dumps(document, sort_keys=True).encode()
    return blake2b(stored, digest_size=16).hexdigest()


def correlated(reply: Reply, call: Call, state: State) -> Reply:
    """The reply with the caller's correlation id, or a fresh one. Source: Guidewire fact sheet §1.5."""
    name = call.headers.get(CORRELATION.lower()) or state.uuid()
    headers = (*reply.headers, *left(call, state), (CORRELATION, name))
    return Reply(reply.status, reply.body, reply.media_type, headers)


def _invoice_attributes(invoice: Document, call: Call, state: State) -> dict[str, Json]:
    payee_id = invoice["payeeAddressBookUID"]
    payee = state.collection(PAYEES)[payee_id]
    approved, total = invoice["approvedAmount"], invoice["totalAmount"]
    shown = {
        **_texts_and_typekeys(invoice, INVOICE_TEXTS, INVOICE_TYPELISTS),
        "approvedReportingAmount": _reported(approved),
        "approvedTransactionAmount": _money(approved, invoice["currency"]),
        "payTo": payee["displayName"],
        "payee": payee,
        "totalReportingAmount": _reported(total),
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
        **_texts_and_typekeys(item, ITEM_TEXTS, ITEM_TYPELISTS),
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


def _chosen(attributes: Document, request: Request, summary: Iterable[str], default: str) -> Json:
    """The attributes that are asked for, in alphabetical order. Source: Guidewire fact sheet §1.4."""
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
    """Itself, and the actions that its status allows. Source: Guidewire fact sheet §1.3 (assumed)."""
    path, status = invoice_path(invoice), invoice["status"]
    methods = ["get"]
    methods += ["patch"] if status in EDITABLE else []
    methods += ["delete"] if status in MOVES["delete"].sources else []
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


def _reported(amount: str) -> Json:
    return _money(amounts.printed(Decimal(amount), REPORTING_CURRENCY), REPORTING_CURRENCY)
