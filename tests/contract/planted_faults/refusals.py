"""Calls that are let in, refused or answered in another way than the specification has."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from mockserver.contract.exchange import UnansweredCallError
from tests.contract.planted_faults.batch_changes import Items, sends_items
from tests.contract.planted_faults.client import Vendor, VendorClient
from tests.contract.planted_faults.rollback import undoes
from tests.contract.planted_faults.table import read_faults
from tests.contract.planted_faults.vendors import PVEX_XML, VBA
from tests.contract.planted_faults.wrappers import (
    NO_RESPONSE,
    Json,
    Planted,
    Route,
    SendOn,
    WrappedRequest,
    WrappedResponse,
    changes_request,
    changes_response,
)

PAYT_DEBTORS = Route("PUT PATCH DELETE", "/payt/v1/debtors")
VBA_METHODS = Route("PATCH POST OPTIONS TRACE", "/vba/claim-invoice/{}")
_DEBUG = {"activityID": "c837afc4-e7ff-4d11-a82c-cbc9a838c312"}
REFUSALS_OF: Mapping[str, Json] = {
    "vba": {
        "data": None,
        "error": {
            "type": "https://httpstatuses.com/401",
            "title": "Refused",
            "status": 401,
            "detail": "Refused.",
            "instance": "/claim-invoice-batch",
        },
        "debug": _DEBUG,
    },
    "guidewire": {
        "status": 401,
        "errorCode": "gw.api.rest.exceptions.NotAuthenticatedException",
        "userMessage": "Not authenticated",
    },
}
VALUES: Mapping[str, Callable[[Any], Json]] = {
    "nothing": lambda _value: None,
    "as_text": str,
    "as_list": list,
}
RESPONSES: Mapping[str, Callable[[WrappedResponse], WrappedResponse]] = {
    "as_problem": lambda received: received.typed("application/problem+json").holding(
        {"type": "about:blank", "title": "Bad Request", "status": received.status}
    ),
    "as_page": lambda received: replace(
        received.typed("text/html"), body=b"<html><body><h1>Not here</h1></body></html>"
    ),
    "typed_as_xml": lambda received: received.typed("application/xml"),
    "without_user_message": lambda received: received.holding({**received.json(), "userMessage": ""}),
    "without_messages": lambda received: received.holding(
        {name: text for name, text in received.json().items() if name not in {"Message", "Detail"}}
    ),
    "taken_without_rows": lambda received: received.as_json(
        207, {"data": [], "error": None, "debug": _DEBUG}
    ),
    "taken_without_responses": lambda received: received.as_json(200, {"responses": []}),
    "taken": lambda received: received.as_json(200, {}),
    "found_null": lambda received: received.as_json(200, {**received.json(), "error": None}),
    "without_body": lambda received: replace(received.typed(""), body=b""),
    "allowing_deletion": lambda received: replace(
        received, headers={**received.headers, "allow": f"{received.headers['allow']}, DELETE"}
    ),
}


def with_text_status(row: Json) -> Json:
    return {**row, "status": str(row["status"])}


def with_wider_amount(resource: Json) -> Json:
    attributes = resource["attributes"]
    amount = {**attributes["approvedReportingAmount"], "scale": 2}
    return {**resource, "attributes": {**attributes, "approvedReportingAmount": amount}}


def answers_in_json(route: Route) -> Planted:
    """JSON is answered, whatever is asked for."""
    return changes_request(route, lambda call: call.having(accept="application/json"))


def lets_nobody_in(vendor: Vendor) -> Planted:
    document = REFUSALS_OF[vendor.name]
    return changes_response(vendor.everything, lambda _call, received: received.as_json(401, document))


def needs_no_credentials(vendor: Vendor) -> Planted:
    """Every call has good credentials."""
    good = {name: text for name, text in vendor.headers.items() if name in {"authorization", "x-api-key"}}
    return changes_request(vendor.everything, lambda call: call.having(**good))


def needs_no_tenant(vendor: Vendor) -> Planted:
    """A call without a tenant is for the usual one."""
    name, usual, _ = vendor.tenants
    return changes_request(
        vendor.everything, lambda call: call if call.headers.get(name) else call.having(**{name: usual})
    )


def refuses_all_for_one(vendor: Vendor, document: Json) -> Planted:
    """One bad item refuses the batch, and nothing is stored: what a contract mock does."""
    return undoes(
        vendor.batch,
        lambda _call, received: received.good and bool(vendor.refused(received.json())),
        lambda received: received.as_json(400, document),
    )


def answers_bad_json(vendor: Vendor, status: int) -> Planted:
    """A body that is no JSON is answered with another status."""

    def change(call: WrappedRequest, received: WrappedResponse) -> WrappedResponse:
        try:
            call.json()
        except ValueError:
            if "json" not in call.media_type:
                return received
            taken = WrappedResponse(status, {}, b"")
            return taken if taken.good else replace(received, status=status)
        return received

    return changes_response(vendor.batch, change)


def takes_any_type(route: Route) -> Planted:
    """A body of an unknown type is read as JSON."""

    def change(call: WrappedRequest) -> WrappedRequest:
        is_known = "json" in call.media_type or "xml" in call.media_type
        return call if is_known else call.having(content_type="application/json")

    return changes_request(route, change)


def refused_if_two(call: WrappedRequest, received: WrappedResponse) -> WrappedResponse:
    refused = {"Message": "The request is invalid."}
    return received.as_json(400, refused) if len(call.json()) > 1 else received


def writes_header(route: Route, name: str, text: str = "") -> Planted:
    """Answers that have the header have another text in it, or lack it if `text` is ""."""

    def change(_call: WrappedRequest, received: WrappedResponse) -> WrappedResponse:
        if name not in received.headers:
            return received
        others = {key: value for key, value in received.headers.items() if key != name}
        return replace(received, headers={**others, name: text} if text else others)

    return changes_response(route, change)


def never_found(_call: WrappedRequest, received: WrappedResponse) -> WrappedResponse:
    return replace(received, status=404, body=b'{"Message": "No."}')


def lacking_in_xml(vendor: Vendor, name: str) -> Planted:
    """XML is read without one of its elements."""
    element = re.compile(rf"<{name}>[^<]*</{name}>".encode())

    def change(call: WrappedRequest) -> WrappedRequest:
        return replace(call, body=element.sub(b"", call.body)) if "xml" in call.media_type else call

    return changes_request(vendor.batch, change)


async def takes_the_first(ask: SendOn, call: WrappedRequest) -> WrappedResponse:
    """The second of VBA's rows with one key is told as done and never taken."""
    sent: list[Any] = call.json() if call.body[:1] == b"[" else []
    keys = [row.get("invoice_Key") if isinstance(row, dict) else None for row in sent]
    first = [row for place, row in enumerate(sent) if keys[place] not in keys[:place]]
    if None in keys or len(first) == len(sent):
        return await ask(call)
    received = await ask(call.holding(first))
    if not received.good:
        return received
    told = received.json()
    by_key = dict(zip(dict.fromkeys(keys), told["data"], strict=True))
    rows = [
        {**by_key[one], "status": 200, "body": "Updated"} if one in keys[:place] else by_key[one]
        for place, one in enumerate(keys)
    ]
    return received.holding({**told, "data": rows})


def takes_the_last(vendor: Vendor) -> Planted:
    """The first of two items with one key is left out, and nothing is said of it."""

    def change(items: Items) -> Items:
        keys = [one[vendor.identity] for one in items]
        return [one for place, one in enumerate(items) if keys[place] not in keys[place + 1 :]]

    return sends_items(vendor, change)


async def hangs_up_at_three(ask: SendOn, call: WrappedRequest) -> WrappedResponse:
    """A batch of three rows is done and not answered."""
    received = await ask(call)
    return NO_RESPONSE if received.good and len(call.json()) >= 3 else received


def status_and_read(client: VendorClient, *numbers: int) -> Json:
    """The status of a batch, and what is read of its first item."""
    return [client.sends(*numbers).status, client.reads(numbers[0])]


def gw_amount(client: VendorClient) -> list[str]:
    """The names of the members of an amount."""
    return sorted(client.reads(1, "approvedReportingAmount"))


def read_of_xml(client: VendorClient) -> Json:
    """The status of a batch in XML, and a member of it as it is read."""
    sent = client.raw(PVEX_XML.encode(), content_type="application/xml")
    return [sent.status, client.reads(7, "PmsStatus")]


def sent_twice(client: VendorClient) -> Json:
    """What is read of a row that a batch has twice."""
    client.sends(VBA.item(5001, description="first"), VBA.item(5001, description="second"))
    return client.reads(5001)


def status_of_three(client: VendorClient) -> Json:
    try:
        return client.sends(5001, 5002, 5003).status
    except UnansweredCallError:
        return "no answer"


REFUSALS = read_faults(globals(), VALUES, RESPONSES)
