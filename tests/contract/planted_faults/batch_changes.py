"""What a broken server does to the items of a batch, whichever vendor's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.contract.planted_faults.client import Vendor, listed, with_list
from tests.contract.planted_faults.wrappers import (
    Json,
    Planted,
    SendOn,
    WrappedRequest,
    WrappedResponse,
    changes_each,
    changes_member,
    changes_request,
    planted_at,
    unless_misshapen,
)

Items = list[Any]


def outcomes(vendor: Vendor, change: Callable[[Items], Items]) -> Planted:
    """Another list of outcomes than the answer's."""
    return changes_member(vendor.batch, vendor.outcomes, change)


def each_outcome(vendor: Vendor, change: Callable[[Json], Json]) -> Planted:
    """Every outcome changed."""
    return changes_each(vendor.batch, vendor.outcomes, change)


def is_refused(outcome: Json) -> bool:
    """Whether an outcome of VBA or Guidewire is a refusal."""
    return bool(outcome["status"] >= 400)


def size(vendor: Vendor, call: WrappedRequest) -> int:
    return len(listed(call.json(), vendor.items)) if call.body else 0


def sends_items(vendor: Vendor, change: Callable[[Items], Items]) -> Planted:
    """The application gets other items than were sent."""

    def changed(call: WrappedRequest) -> WrappedRequest:
        document = call.json()
        return call.holding(with_list(document, vendor.items, change(listed(document, vendor.items))))

    return changes_request(vendor.batch, changed)


def without_member(vendor: Vendor, member: str) -> Planted:
    """Items are taken without a member."""
    return sends_items(
        vendor, lambda items: [{name: one[name] for name in one if name != member} for one in items]
    )


def loses(vendor: Vendor, kept: Callable[[Items], Items]) -> Planted:
    """Some items do not reach the application; the answer says that they were done, at its end."""

    async def fault(ask: SendOn, call: WrappedRequest) -> WrappedResponse:
        sent = unless_misshapen(None, call.json)
        items = unless_misshapen([], lambda: list(listed(sent, vendor.items)))
        left = kept(items)
        if len(left) == len(items):
            return await ask(call)
        received = await ask(call.holding(with_list(sent, vendor.items, left)))
        arrived = {id(one) for one in left}
        lost = [one for one in items if id(one) not in arrived]
        claims = _CLAIMS.get(vendor.name)
        if not received.good or claims is None:
            return received
        claimed: WrappedResponse = unless_misshapen(
            received, lambda: received.holding(claims(lost, received.json()))
        )
        return claimed

    return planted_at(vendor.batch, fault)


async def runs_twice(ask: SendOn, call: WrappedRequest) -> WrappedResponse:
    """A batch is run two times; the answer is the second's."""
    await ask(call)
    return await ask(call)


def _vba_claims(lost: Items, told: Json) -> Json:
    made = [
        {"id": [{"key": "Invoice_Key", "value": row["invoice_Key"]}], "status": 201, "body": "Created"}
        for row in lost
    ]
    return {**told, "data": [*told["data"], *made]}


def _gw_claims(lost: Items, told: Json) -> Json:
    return {**told, "responses": [*told["responses"], *told["responses"][-1:] * len(lost)]}


def _payt_claims(lost: Items, told: Json) -> Json:
    return {**told, "count": told["count"] + len(lost)}


def _xero_claims(lost: Items, told: Json) -> Json:
    listed_ = told["Invoices"]
    made = [
        {
            **listed_[0],
            "InvoiceNumber": one["InvoiceNumber"],
            "InvoiceID": f"ba5eba11-0000-4000-8000-{place:012d}",
        }
        for place, one in enumerate(lost, 1)
    ]
    return {**told, "Invoices": [*listed_, *made]}


_CLAIMS: dict[str, Callable[[Items, Json], Json]] = {
    "vba": _vba_claims,
    "guidewire": _gw_claims,
    "payt": _payt_claims,
    "xero": _xero_claims,
}
"""Answers that say of lost items that they were done. PVEx names no item that was done."""
