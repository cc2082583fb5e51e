"""Read outcomes and bulk invoices from Guidewire responses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Literal

from mockserver.contract.exchange import Exchange
from mockserver.contract.profile import BatchItem, Record, ReportedOutcome, ReportedOutcomes
from mockserver.model import Json

_FOUND, _CREATED, _FIRST_REFUSAL = 200, 201, 400
_API = "/claim/v1"

CHANGED_MEMBERS = ("mailTo", "bulkInvoiceTotal")
COMPARED_MEMBERS = (*CHANGED_MEMBERS, "totalTransactionAmount")
"""Compared members of changed records, and of created ones: their sums begin at 0."""


def read_outcomes(exchange: Exchange, items: Sequence[BatchItem]) -> ReportedOutcomes | None:
    """Return the answers to the calls of a batch, in their order.

    Where a call that failed was to end the batch, those after it have no answer and are told as not done.
    Source: docs/vendors/guidewire.md#batches.

    Raises:
        ValueError: there is no list of answers, or one lacks its status.
    """
    if exchange.response.status >= _FIRST_REFUSAL:
        return None
    document = exchange.response.json()
    answers = document.get("responses") if isinstance(document, dict) else None
    if not isinstance(answers, list):
        raise ValueError("the answer has no list of answers at /responses")  # noqa: TRY004 - of the answer
    told = [_outcome(answer, place, items) for place, answer in enumerate(answers)]
    return ReportedOutcomes((*told, *_skipped(told, items)))


def read_invoices(exchange: Exchange, member: str, names: Sequence[str]) -> dict[str, Record]:
    """Return the bulk invoices of a page, or a single one, by `member`; none where the answer is no 200."""
    return {str(row.get(member)): _record(row, names) for row in read_rows(exchange)}


def read_rows(exchange: Exchange) -> list[Mapping[str, Json]]:
    """Return the attributes of the resources that an answer shows."""
    if exchange.response.status != _FOUND:
        return []
    document = exchange.response.json()
    data = document.get("data") if isinstance(document, dict) else None
    elements = data if isinstance(data, list) else [data]
    found = [element.get("attributes") for element in elements if isinstance(element, dict)]
    return [attributes for attributes in found if isinstance(attributes, dict)]


def _record(row: Mapping[str, Json], names: Sequence[str]) -> Record:
    money = row.get("totalTransactionAmount")
    total = money.get("amount") if isinstance(money, dict) else money
    values = {**row, "totalTransactionAmount": total}
    return {name: values.get(name) if name == "mailTo" else _amount(values.get(name)) for name in names}


def _outcome(answer: Json, place: int, items: Sequence[BatchItem]) -> ReportedOutcome:
    status = answer.get("status") if isinstance(answer, dict) else None
    if not isinstance(status, int):
        raise ValueError(f"the answer at /responses/{place} has no status")  # noqa: TRY004 - of the answer
    sent = items[place] if place < len(items) else None
    method = str(sent.document.get("method")) if sent and isinstance(sent.document, dict) else ""
    body = answer.get("body")
    body = body if isinstance(body, dict) else {}
    error = body.get("error")  # assumed: docs/vendors/guidewire.md#errors
    refusal = error if isinstance(error, dict) else body
    return ReportedOutcome(
        place=None if sent is None else place,
        accepted=status < _FIRST_REFUSAL,
        key=_key(body) if method in ("get", "patch") else None,
        made=_action(status, method),
        status=status,
        message=str(refusal.get("userMessage") or ""),
        amount=_reported_total(body),
        at=f"/responses/{place}",
    )


def _action(status: int, method: str) -> Literal["created", "updated", ""]:
    if status == _CREATED:
        return "created"
    return "updated" if status == _FOUND and method == "patch" else ""


def _key(body: Mapping[str, Json]) -> str | None:
    """Return the path of the resource in a response; nothing else there names its call."""
    data = body.get("data")
    links = data.get("links") if isinstance(data, dict) else None
    itself = links.get("self") if isinstance(links, dict) else None
    href = str(itself.get("href", "")) if isinstance(itself, dict) else ""
    return href.removeprefix(_API) or None


def _reported_total(body: Mapping[str, Json]) -> Decimal | None:
    data = body.get("data")
    attributes = data.get("attributes") if isinstance(data, dict) else None
    total = _amount(attributes.get("bulkInvoiceTotal")) if isinstance(attributes, dict) else None
    return total if isinstance(total, Decimal) else None


def _skipped(told: Sequence[ReportedOutcome], items: Sequence[BatchItem]) -> Iterator[ReportedOutcome]:
    """Return the calls that `onFail: abort` kept from running; without it an outcome is missing."""
    last = items[len(told) - 1].document if 0 < len(told) <= len(items) else None
    if not isinstance(last, dict) or last.get("onFail") != "abort" or told[-1].accepted:
        return
    for item in items[len(told) :]:
        yield ReportedOutcome(
            item.place, accepted=False, message="not run, as the batch ended", at="/responses"
        )


def _amount(text: Json) -> str | Decimal | None:
    """Return the amount that a text spells; what spells none is itself."""
    try:
        return None if text is None else Decimal(str(text))
    except InvalidOperation:
        return str(text)
