"""Contract profile of PVEx: batches in JSON, XML and as a form, outcomes, fixture ids.

It is an extension of this mock (docs/vendors/pvex.md#operations-and-paths).

Source: docs/vendors/pvex.md#errors to docs/vendors/pvex.md#modelstate.

Source: docs/vendors/pvex.md#media-types, #xml, #forms.

Reading stored invoices is an extension of this mock: the vendor only accepts them
(docs/vendors/pvex.md#operations-and-paths), so
against the real one a stateful test ends with the first read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import Any
from urllib.parse import quote, urlencode
from xml.sax.saxutils import escape

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from mockserver.contract.exchange import Exchange, Request, Response, json_request, to_json_bytes
from mockserver.contract.profile import (
    FOUND_OR_NOT,
    REFUSED_STEP,
    Assumption,
    BatchItem,
    BatchProfile,
    Corruption,
    DrawnValues,
    ExpectedStatuses,
    FactCheck,
    Facts,
    FixturePins,
    ListFilter,
    ListProfile,
    OpenCase,
    Profile,
    Record,
    RecordAfter,
    RefusedStep,
    ReportedOutcome,
    ReportedOutcomes,
    Step,
    Tolerance,
    UpdatePosition,
    ValueChange,
    ValueRules,
)
from mockserver.contract.samples import remove_member, set_member
from mockserver.model import Json

INVOICE_VALUES = ValueRules(
    decimals={"Amount": -1, "BalanceDue": -1},
    changes=(
        ValueChange(
            "ApiLastChangeDate",
            "null is filled",
            "an invoice that names no last change was changed now",
            "docs/vendors/pvex.md#state",
        ),
        ValueChange("ApiCreateDate", "kept", "the first one stays", "docs/vendors/pvex.md#state"),
    ),
)
"""The scale of an amount is kept."""


FACT_CHECKS = tuple(
    FactCheck(name, needed_by=("postInvoiceBatch",)) for name in ("subscriber", "client", "client_pms")
)


LISTS = (
    ListProfile(
        "listInvoices",
        # A subscriber who is named would hide those of the others, which the filter is to leave out.
        query={},
        paging="none",
        rows="",
        identity="/Id",
        filters=(
            ListFilter("subscriberId", "/SubscriberId", unknown="no-such-subscriber"),
            ListFilter("deleted", "/Deleted"),
        ),
    ),
)


PINS = FixturePins(
    known={"getInvoice": {"id": "INV-1", "subscriberId": "SUB-100"}},
    empty_responses=("BatchTaken", "OneTaken"),
    codec="latin-1",  # .NET counts UTF-16 units against maxLength, the schema counts characters
    expected_statuses={
        "getInvoice": FOUND_OR_NOT,
        "postInvoiceBatch": ExpectedStatuses(
            "the vendor's JSON reader takes numbers and booleans for texts; XML cannot carry the characters "
            "that the pattern forbids, so the writer leaves them out",
            invalid=("2xx", "4xx"),
        ),
        "postInvoice": ExpectedStatuses(
            "as of a batch",
            invalid=("2xx", "4xx"),
        ),
        "issueToken": ExpectedStatuses("the schema cannot say which users are there", valid=("200", "400")),
    },
    accepts=(
        ("postInvoiceBatch", "text/xml"),
        ("postInvoice", "application/xml"),
        ("listInvoices", "application/xml"),
        ("listInvoices", "text/xml"),
        ("listInvoices", "text/json"),
        ("getInvoice", "application/xml"),
    ),
)

_XML_TOLERANCES = (
    Tolerance("required", "XML reads a value that is left out as 0", "RowKey", media_type="*/xml"),
    Tolerance("required", "XML reads one as 0001-01-01T00:00:00", "ApiCreateDate", media_type="*/xml"),
    Tolerance("type", "a nil invoice is passed over", media_type="*/xml"),
)

TOLERANCES = {"postInvoiceBatch": _XML_TOLERANCES, "postInvoice": _XML_TOLERANCES}
"""By operation. Source: docs/vendors/pvex.md#xml."""


_EITHER = ExpectedStatuses("the documents do not say whether it is refused", valid=("2xx", "400"))
_PUSHES = {"postInvoiceBatch": _EITHER, "postInvoice": _EITHER}

OPEN_CASES = (
    OpenCase("an invoice that is stored already", expected_statuses=_PUSHES),
    OpenCase("more due than the amount", expected_statuses=_PUSHES),
    OpenCase(
        "a required text that is empty",
        {"": (Tolerance("pattern", "its length from 0 on suggests that it may be empty"),)},
    ),
)


_OK, _REFUSED = 200, 400
_ITEM_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\[([0-9]+)\](?:\..*)?", re.DOTALL)
_ENCODED_CHARACTER = re.compile("_x([0-9A-Fa-f]{4})_")
_INTEGER_MEMBERS = ("rowkey", "checksum")
_INT32_LIMIT = 1 << 31

ModelState = Mapping[str, str]
"""Problems by place; several sentences about one place are joined."""


def read_outcomes(exchange: Exchange, items: Sequence[BatchItem]) -> ReportedOutcomes | None:
    """Return a success is everybody's; a `ModelState` with the places of invoices names those that are bad.

    No invoice of a refused batch is stored, also not those that it does not name. None where the batch is
    refused without places: credentials, a body that cannot be read, a number that its reader gives up at.

    Raises:
        ValueError: the answer says what it is in a way that cannot be read.
    """
    response = exchange.response
    if _OK <= response.status < _OK + 100:
        return ReportedOutcomes(
            tuple(ReportedOutcome(one.place, accepted=True) for one in items), _accepted_count(response)
        )
    if response.status != _REFUSED or any(_stops_reader(one.document) for one in items):
        return None
    state = model_state(response)
    places = {name: found for name in state if (found := _ITEM_KEY.fullmatch(name))}
    if not state or len(places) < len(state):
        return None
    return ReportedOutcomes(tuple(_rejected_outcomes(places, state, len(items))), is_complete=False)


def model_state(response: Response) -> ModelState:
    """Return the `ModelState` of an error, empty where it has none.

    Raises:
        ValueError: it is no error of the vendor's.
    """
    if response.media_type.endswith("/xml"):
        return dict(_xml_model_state(response.body))
    error = response.json()
    if not isinstance(error, dict) or not isinstance(error.get("ModelState", {}), dict):
        raise ValueError("the error is no object with a ModelState")  # noqa: TRY004 - as unreadable as any other
    return {name: " ".join(map(str, said)) for name, said in error.get("ModelState", {}).items()}


def _rejected_outcomes(
    places: Mapping[str, re.Match[str]], state: ModelState, sent: int
) -> Iterator[ReportedOutcome]:
    by_place: dict[int, list[str]] = {}
    for name, found in places.items():
        by_place.setdefault(int(found[1]), []).append(name)
    for place, names in sorted(by_place.items()):
        yield ReportedOutcome(
            place if place < sent else None,
            accepted=False,
            message=" ".join(state[name] for name in names),
            at=f"/ModelState/{names[0]}",
        )


def _xml_model_state(body: bytes) -> Iterator[tuple[str, str]]:
    try:
        root = ElementTree.fromstring(body)
    except (ElementTree.ParseError, DefusedXmlException) as error:
        raise ValueError(f"the error is no XML: {error}") from error
    for one in root.iterfind("ModelState/*"):
        yield _ENCODED_CHARACTER.sub(lambda found: chr(int(found[1], 16)), one.tag), one.text or ""


def _accepted_count(response: Response) -> int | None:
    """Return how many were taken, where the answer is a number (the mock's assumption `success_body`)."""
    if not response.body or response.media_type.endswith("/xml"):
        return None
    document = response.json()
    return document if isinstance(document, int) else None


def _stops_reader(invoice: Json) -> bool:
    """Return whether the vendor's JSON reader stops here, so that later items are not judged."""
    if not isinstance(invoice, dict):
        return False
    return any(
        name.lower() in _INTEGER_MEMBERS and not isinstance(value, bool) and _is_too_wide(value)
        for name, value in invoice.items()
    )


def _is_too_wide(value: Json) -> bool:
    try:
        return not -_INT32_LIMIT <= int(value) < _INT32_LIMIT
    except (TypeError, ValueError, OverflowError):
        return False


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


PROFILE = Profile(
    facts={"subscriber": "SUB-100", "client": "C-1", "client_pms": "5001"},
    credentials={"bearerAuth": {"bearer": "good-token"}},
    batches=batch_profiles,
    pins=PINS,
    fact_checks=FACT_CHECKS,
    open_cases=OPEN_CASES,
    lists=LISTS,
    tolerances=TOLERANCES,
    readers={"postInvoiceBatch": read_outcomes},
)
