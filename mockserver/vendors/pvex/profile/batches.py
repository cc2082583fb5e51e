"""Batches of invoices that the contract suite sends to PVEx, in JSON, XML and as a form.

Source: docs/vendors/pvex.md#media-types, #xml, #forms.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import Any
from urllib.parse import quote, urlencode
from xml.sax.saxutils import escape

from mockserver.contract.exchange import Exchange, Request, json_request, to_json_bytes
from mockserver.contract.profile import (
    REFUSED_STEP,
    Assumption,
    BatchProfile,
    Corruption,
    DrawnValues,
    Facts,
    Record,
    RecordAfter,
    RefusedStep,
    Step,
    UpdatePosition,
)
from mockserver.contract.samples import remove_member, set_member
from mockserver.model import Json
from mockserver.vendors.pvex.profile.reading import read_outcomes
from mockserver.vendors.pvex.profile.values import INVOICE_VALUES

_BATCH_PATH, _SINGLE_PATH = "/api/InvoiceBatch", "/api/Invoice"
_FOUND, _NOT_FOUND = 200, 404
_AS_JSON = {"accept": "application/json"}


def _break_two_rules(invoice: Json) -> Json:
    return set_member("/PmsStatus", "long " * 11)(remove_member("/ClientPmsId")(invoice))


_EMPTY = Assumption("a required text that is empty", ("alone", "call", "taken"))
_WIDE = Assumption("an integer of more than 32 bits", ("call", "alone", "taken"))
_NO_RULE = Assumption("more due than the amount", ("taken", "alone", "call"))
_NULL = Assumption("an invoice that is null", ("taken", "alone", "call"))

_CORRUPTIONS = (
    Corruption("no client", remove_member("/ClientId")),
    Corruption("an empty number", set_member("/Number", ""), assumption=_EMPTY),
    Corruption("a number of 51 characters", set_member("/Number", "9" * 51)),
    Corruption("a sync id of spaces", set_member("/SyncId", "   "), assumption=_EMPTY),
    Corruption("no subscriber", remove_member("/SubscriberId")),
    Corruption("a provider of 60 characters", set_member("/ProviderId", "P" * 60)),
    Corruption("no client of the practice system and a long status", _break_two_rules),
    # Its reader gives up in the middle, and all behind it is lost (docs/vendors/pvex.md#modelstate, verified
    # by a run).
    Corruption(
        "a row key of more than 32 bits",
        set_member("/RowKey", 99_999_999_999),
        refuses_call=True,
        assumption=_WIDE,
    ),
    Corruption(
        "a checksum of more than 32 bits",
        set_member("/CheckSum", -(1 << 40)),
        refuses_call=True,
        assumption=_WIDE,
    ),
)
_ODDITIES = (
    Corruption("more due than its amount", set_member("/BalanceDue", 99_999_999), assumption=_NO_RULE),
    Corruption("null for all of it", set_member("", None), assumption=_NULL),
)
_FORM = "application/x-www-form-urlencoded"


def batch_profiles(facts: Facts) -> tuple[BatchProfile, ...]:
    """Return the batch profiles of invoices."""
    subscriber = facts["subscriber"]
    return (
        BatchProfile(
            operation="postInvoiceBatch",
            key=lambda number: f"CT-{number}",
            item=partial(_invoice, facts),
            record=_expected_record,
            call=lambda items, _tenant: json_request("POST", _BATCH_PATH, list(items)),
            read=lambda key, _tenant: _read_request(
                f"{_SINGLE_PATH}/{quote(key, safe='')}", subscriberId=subscriber
            ),
            shown=_read_record,
            corruptions=_CORRUPTIONS,
            listing=lambda _tenant: _read_request(_SINGLE_PATH, subscriberId=subscriber, deleted="false"),
            listed=_read_records,
            steps=_steps(facts),
            reader=read_outcomes,
            twice="last",  # assumed, as the rest of what becomes of a key: docs/vendors/pvex.md#state
            twice_positions=("kept", "none"),
            updates=_updates(facts),
            oddities=_ODDITIES,
            assumed_encodings=frozenset({_FORM}),
            encodings={
                "application/xml": encode_xml,
                "text/xml": encode_xml,
                "text/json": encode_json,
                _FORM: encode_form,
            },
            values=INVOICE_VALUES,
        ),
    )


def _updates(facts: Facts) -> tuple[UpdatePosition, ...]:
    """Return what may become of a stored invoice; what is deleted may come to light with some of them."""

    def kept(before: Record | None, _key: str, drawn: DrawnValues) -> Record:
        after = _expected_record("", drawn)
        return {**after, "SiteId": after["SiteId"] or (before or {}).get("SiteId")}

    def refused(before: Record | None, _key: str, drawn: DrawnValues) -> Record | RefusedStep:
        return _expected_record("", drawn) if before is None else REFUSED_STEP

    alone, *_, without_client = _steps(facts)
    positions = (("what it leaves out is kept", kept), ("rejected", refused))
    return (
        UpdatePosition("replaced as a whole", None, _steps(facts)),
        *(
            UpdatePosition(what, after, (_after_single(alone, after), without_client))
            for what, after in positions
        ),
    )


def _after_single(step: Step, after: RecordAfter) -> Step:
    return replace(step, after=lambda before, drawn: after(before, "", drawn))


def _steps(facts: Facts) -> tuple[Step, ...]:
    return (
        Step(
            "send it on its own",
            _push_single(facts, lambda one: one),
            lambda _before, drawn: _expected_record("", drawn),
        ),
        Step(
            "delete it by its flag",
            _push_single(facts, set_member("/Deleted", value=True)),
            lambda _before, _drawn: None,
        ),
        Step(
            "delete it by its flag, in a batch",
            lambda key, drawn, _tenant: json_request(
                "POST", _BATCH_PATH, [{**_invoice(facts, key, drawn), "Deleted": True}]
            ),
            lambda _before, _drawn: None,
        ),
        Step(
            "send it on its own, without a client",
            _push_single(facts, remove_member("/ClientId")),
            lambda _before, _drawn: REFUSED_STEP,
        ),
    )


def _push_single(facts: Facts, change: Callable[[Json], Json]) -> Callable[[str, DrawnValues, int], Request]:
    return lambda key, drawn, _tenant: json_request("POST", _SINGLE_PATH, change(_invoice(facts, key, drawn)))


def _invoice(facts: Facts, key: str, drawn: DrawnValues) -> Json:
    """Return an invoice; every second one has a site, which a replacement must clear."""
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
        "RowKey": drawn.number % 2_000_000_000,
        "Id": key,
        "SyncId": f"SYNC-{drawn.number}",
        "SubscriberId": facts["subscriber"],
    }


def _expected_record(_key: str, drawn: DrawnValues) -> Record:
    return {
        "Number": f"N-{drawn.number}",
        "Amount": drawn.amount,
        "BalanceDue": drawn.amount,
        "PmsStatus": f"Open & <{drawn.number}>",
        "SiteId": _site(drawn),
        "SyncId": f"SYNC-{drawn.number}",
    }


def _site(drawn: DrawnValues) -> str | None:
    return f"SITE-{drawn.number}" if drawn.number % 2 else None


def _read_request(path: str, **query: str) -> Request:
    return Request("GET", f"{path}?{urlencode(query)}", _AS_JSON)


def _read_record(_key: str, exchange: Exchange) -> Record | None:
    if exchange.response.status == _NOT_FOUND:
        return None
    invoice = _read_document(exchange)
    return None if invoice["Deleted"] else _record_of(invoice)


def _read_records(exchange: Exchange) -> Mapping[str, Record]:
    return {
        invoice["Id"]: _record_of(invoice) for invoice in _read_document(exchange) if not invoice["Deleted"]
    }


def _read_document(exchange: Exchange) -> Json:
    if exchange.response.status != _FOUND:
        raise ValueError(f"a read was answered {exchange.response.status} and shows no invoices")
    return exchange.response.json()


def _record_of(invoice: Mapping[str, Any]) -> Record:
    amounts = {name: _to_decimal(invoice[name]) for name in ("Amount", "BalanceDue")}
    return {name: invoice[name] for name in ("Number", "PmsStatus", "SiteId", "SyncId")} | amounts


def _to_decimal(amount: Decimal | int | None) -> Decimal | None:
    return None if amount is None else Decimal(amount)


_NAMESPACE = "http://schemas.datacontract.org/2004/07/PVExDataModel"
_NIL = "http://www.w3.org/2001/XMLSchema-instance"


def encode_json(invoices: Sequence[Json]) -> bytes:
    """Return the invoices as JSON."""
    return to_json_bytes(list(invoices)).encode()


def encode_xml(invoices: Sequence[Json]) -> bytes:
    """Return the invoices as the data contract has them: members in ordinal order, null as nil."""
    inside = "".join(f"<Invoice>{_xml_members(one)}</Invoice>" for one in invoices)
    return f'<ArrayOfInvoice xmlns="{_NAMESPACE}" xmlns:i="{_NIL}">{inside}</ArrayOfInvoice>'.encode()


def encode_form(invoices: Sequence[Json]) -> bytes:
    """Return the invoices as `[0].Number=…`; an empty value is null there."""
    pairs = [
        (f"[{place}].{name}", _value_text(value))
        for place, one in enumerate(invoices)
        for name, value in one.items()
    ]
    return urlencode(pairs).encode()


def _xml_members(invoice: Mapping[str, Json]) -> str:
    return "".join(
        f'<{name} i:nil="true"/>'
        if invoice[name] is None
        else f"<{name}>{escape(_value_text(invoice[name]))}</{name}>"
        for name in sorted(invoice)
    )


def _value_text(value: Json) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return format(value, "f") if isinstance(value, Decimal) else str(value)
