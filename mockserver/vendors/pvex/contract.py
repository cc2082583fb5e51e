"""What PVEx says of itself to the contract suite: batches of invoices that are taken whole or not at all.

That a stored invoice can be read at all is this mock's: the vendor only takes (PVEx fact sheet §1.1), so at
the real one its stories end with the first look at what is there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import partial
from typing import Any
from urllib.parse import quote, urlencode

from mockserver.contract.exchange import Exchange, Request, json_request
from mockserver.contract.spoils import lacking, setting
from mockserver.contract.subject import (
    REFUSED,
    Drawn,
    Facts,
    Json,
    Profile,
    Record,
    Spoil,
    Step,
    Subject,
)
from mockserver.vendors.pvex.contract_bodies import form, text_json, xml
from mockserver.vendors.pvex.contract_reading import told
from mockserver.vendors.pvex.forgiven import FORGIVEN
from mockserver.vendors.pvex.pins import PINS

_BATCH, _ONE = "/api/InvoiceBatch", "/api/Invoice"
_FOUND, _NOT_FOUND = 200, 404
_AS_JSON = {"accept": "application/json"}


def _doubly_bad(invoice: Json) -> Json:
    return setting("/PmsStatus", "long " * 11)(lacking("/ClientPmsId")(invoice))


_SPOILS = (
    Spoil("no client", lacking("/ClientId")),
    Spoil("an empty number", setting("/Number", "")),
    Spoil("a number of 51 characters", setting("/Number", "9" * 51)),
    Spoil("a sync id of spaces", setting("/SyncId", "   ")),
    Spoil("no subscriber", lacking("/SubscriberId")),
    Spoil("a provider of 60 characters", setting("/ProviderId", "P" * 60)),
    Spoil("no client of the practice system and a long status", _doubly_bad),
    # Its reader gives up in the middle, and all behind it is lost (PVEx fact sheet §3.3, verified by a run).
    Spoil("a row key of more than 32 bits", setting("/RowKey", 99_999_999_999), refuses=True),
    Spoil("a checksum of more than 32 bits", setting("/CheckSum", -(1 << 40)), refuses=True),
)


def _subjects(facts: Facts) -> tuple[Subject, ...]:
    subscriber = facts["subscriber"]
    return (
        Subject(
            operation="postInvoiceBatch",
            key=lambda number: f"CT-{number}",
            item=partial(_invoice, facts),
            record=_record,
            call=lambda items, _tenant: json_request("POST", _BATCH, list(items)),
            read=lambda key, _tenant: _get(f"{_ONE}/{quote(key, safe='')}", subscriberId=subscriber),
            shown=_shown,
            spoils=_SPOILS,
            listing=lambda _tenant: _get(_ONE, subscriberId=subscriber, deleted="false"),
            listed=_listed,
            steps=_steps(facts),
            reader=told,
            twice="last",
            encodings={
                "application/xml": xml,
                "text/xml": xml,
                "text/json": text_json,
                "application/x-www-form-urlencoded": form,
            },
        ),
    )


def _steps(facts: Facts) -> tuple[Step, ...]:
    return (
        Step(
            "send it on its own", _pushed(facts, lambda one: one), lambda _before, drawn: _record("", drawn)
        ),
        Step(
            "delete it by its flag",
            _pushed(facts, setting("/Deleted", value=True)),
            lambda _before, _drawn: None,
        ),
        Step(
            "delete it by its flag, in a batch",
            lambda key, drawn, _tenant: json_request(
                "POST", _BATCH, [{**_invoice(facts, key, drawn), "Deleted": True}]
            ),
            lambda _before, _drawn: None,
        ),
        Step(
            "send it on its own, without a client",
            _pushed(facts, lacking("/ClientId")),
            lambda _before, _drawn: REFUSED,
        ),
    )


def _pushed(facts: Facts, change: Callable[[Json], Json]) -> Callable[[str, Drawn, int], Request]:
    return lambda key, drawn, _tenant: json_request("POST", _ONE, change(_invoice(facts, key, drawn)))


def _invoice(facts: Facts, key: str, drawn: Drawn) -> Json:
    """An invoice; every other one has a site, so that one which replaces another must clear it."""
    return {
        "Number": f"N-{drawn.number}",
        "ClientId": facts["client"],
        "ClientPmsId": facts["client_pms"],
        "Amount": drawn.amount,
        "BalanceDue": drawn.amount,
        "PmsStatus": f"Open & <{drawn.number}>",
        "IsComplete": True,
        **({"SiteId": _site(drawn)} if _site(drawn) else {}),
        "ApiCreateDate": "2025-12-16T00:00:00Z",
        "CheckSum": drawn.number % 1_000_000,
        "RowKey": drawn.number % 1_000_000,
        "Id": key,
        "SyncId": f"SYNC-{drawn.number}",
        "SubscriberId": facts["subscriber"],
    }


def _record(_key: str, drawn: Drawn) -> Record:
    return {
        "Number": f"N-{drawn.number}",
        "Amount": drawn.amount,
        "BalanceDue": drawn.amount,
        "PmsStatus": f"Open & <{drawn.number}>",
        "SiteId": _site(drawn),
        "SyncId": f"SYNC-{drawn.number}",
    }


def _site(drawn: Drawn) -> str | None:
    return f"SITE-{drawn.number}" if drawn.number % 2 else None


def _get(path: str, **query: str) -> Request:
    return Request("GET", f"{path}?{urlencode(query)}", _AS_JSON)


def _shown(_key: str, exchange: Exchange) -> Record | None:
    if exchange.response.status == _NOT_FOUND:
        return None
    invoice = _read(exchange)
    return None if invoice["Deleted"] else _of(invoice)


def _listed(exchange: Exchange) -> Mapping[str, Record]:
    return {invoice["Id"]: _of(invoice) for invoice in _read(exchange) if not invoice["Deleted"]}


def _read(exchange: Exchange) -> Json:
    if exchange.response.status != _FOUND:
        raise ValueError(f"a read was answered {exchange.response.status} and shows no invoices")
    return exchange.response.json()


def _of(invoice: Mapping[str, Any]) -> Record:
    amounts = {name: _exact(invoice[name]) for name in ("Amount", "BalanceDue")}
    return {name: invoice[name] for name in ("Number", "PmsStatus", "SiteId", "SyncId")} | amounts


def _exact(amount: Decimal | int | None) -> Decimal | None:
    return None if amount is None else Decimal(amount)


CONTRACT = Profile(
    facts={"subscriber": "SUB-100", "client": "C-1", "client_pms": "5001"},
    credentials={"bearerAuth": {"bearer": "good-token"}},
    subjects=_subjects,
    pins=PINS,
    forgiven=FORGIVEN,
    readers={"postInvoiceBatch": told},
)
