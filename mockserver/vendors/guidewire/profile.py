"""Parts of Guidewire's profile that need code: batches, and the reader of outcomes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from msgspec.structs import replace

from mockserver.contract.exchange import Exchange, Request, json_request
from mockserver.contract.profile import (
    REFUSED_STEP,
    BatchItem,
    BatchProfile,
    Corruption,
    DrawnValues,
    Facts,
    Profile,
    Record,
    RefusedStep,
    ReportedOutcome,
    ReportedOutcomes,
    Step,
    after_change,
    after_deletion,
    always_refused,
)
from mockserver.contract.profile_file.tables import ProfileTables
from mockserver.model import Json, value_at

_TABLES = ProfileTables(Path(__file__).with_name("batches.yaml"))
_FOUND, _CREATED, _FIRST_REFUSAL = 200, 201, 400
_API = "/claim/v1"

_CHANGED_MEMBERS = ("mailTo", "bulkInvoiceTotal")
_CREATED_MEMBERS = (*_CHANGED_MEMBERS, "totalTransactionAmount")
"""Members to compare in created records. `totalTransactionAmount`, the sum of the items, is 0 at first."""

_PATH = "/bulk-invoices"
_ROWS = f"{_API}{_PATH}"


def read_outcomes(exchange: Exchange, items: Sequence[BatchItem]) -> ReportedOutcomes | None:
    """Return the outcomes of a batch's subrequests, in order, or None if the batch was refused.

    If a failed subrequest has `onFail: abort`, later subrequests have no response, and count as rejected.
    Source: docs/vendors/guidewire.md#batches. Raises ValueError if the list of responses or the status of
    a response is missing.
    """
    if exchange.response.status >= _FIRST_REFUSAL:
        return None
    document = exchange.response.json()
    answers = document.get("responses") if isinstance(document, dict) else None
    if not isinstance(answers, list):
        raise ValueError("the answer has no list of answers at /responses")  # noqa: TRY004 - of the answer
    told = [_outcome(answer, place, items) for place, answer in enumerate(answers)]
    return ReportedOutcomes((*told, *_skipped(told, items)))


def _invoices(exchange: Exchange, member: str, names: Sequence[str]) -> dict[str, Record]:
    """Return members `names` of each invoice in a response, by the value of `member`; {} without a 200."""
    return {str(row.get(member)): _shown_record(row, names) for row in _rows(exchange)}


def _rows(exchange: Exchange) -> list[Mapping[str, Json]]:
    """Return the attributes of the resources that a response shows, or [] if its status is not 200."""
    if exchange.response.status != _FOUND:
        return []
    data = value_at(exchange.response.json(), ("data",))
    found = [value_at(resource, ("attributes",)) for resource in (data if isinstance(data, list) else [data])]
    return [attributes for attributes in found if isinstance(attributes, dict)]


def _shown_record(row: Mapping[str, Json], names: Sequence[str]) -> Record:
    money = row.get("totalTransactionAmount")
    total = money.get("amount") if isinstance(money, dict) else money
    values = {**row, "totalTransactionAmount": total}
    return {name: values.get(name) if name == "mailTo" else _amount(values.get(name)) for name in names}


def _outcome(answer: Json, place: int, items: Sequence[BatchItem]) -> ReportedOutcome:
    status = answer.get("status") if isinstance(answer, dict) else None
    if not isinstance(status, int):
        raise ValueError(f"the answer at /responses/{place} has no status")  # noqa: TRY004 - of the answer
    sent = items[place] if place < len(items) else None
    method = value_at(sent.document, ("method",)) if sent else None
    body = answer.get("body")
    error = value_at(body, ("error",))  # assumed: docs/vendors/guidewire.md#errors
    message = value_at(error if isinstance(error, dict) else body, ("userMessage",))
    href = value_at(body, ("data", "links", "self", "href"))  # no other member names the call
    total = _amount(value_at(body, ("data", "attributes", "bulkInvoiceTotal")))
    return ReportedOutcome(
        place=None if sent is None else place,
        accepted=status < _FIRST_REFUSAL,
        key=str(href or "").removeprefix(_API) or None if method in ("get", "patch") else None,
        made=_action(status, method),
        status=status,
        message=str(message or ""),
        amount=total if isinstance(total, Decimal) else None,
        at=f"/responses/{place}",
    )


def _action(status: int, method: Json) -> Literal["created", "updated", ""]:
    if status == _CREATED:
        return "created"
    return "updated" if status == _FOUND and method == "patch" else ""


def _skipped(told: Sequence[ReportedOutcome], items: Sequence[BatchItem]) -> Iterator[ReportedOutcome]:
    """Yield a rejected outcome for each subrequest after a failed subrequest with `onFail: abort`."""
    last = items[len(told) - 1].document if 0 < len(told) <= len(items) else None
    if not isinstance(last, dict) or last.get("onFail") != "abort" or told[-1].accepted:
        return
    for item in items[len(told) :]:
        yield ReportedOutcome(
            item.place, accepted=False, message="not run, as the batch ended", at="/responses"
        )


def _amount(text: Json) -> str | Decimal | None:
    """Return `text` as a number; return `text` itself if it is no number, and None for None."""
    try:
        return None if text is None else Decimal(str(text))
    except InvalidOperation:
        return str(text)


def batch_profiles(facts: Facts) -> tuple[BatchProfile, ...]:
    """Return ClaimCenter's two batch profiles: creation and change of bulk invoices."""
    return (_creation(facts), _change(facts))


def _creation(facts: Facts) -> BatchProfile:
    """Return the profile of batches that create bulk invoices, which are found by number.

    Of several invoices with equal numbers, the newest is compared. No step deletes an invoice, because a
    search would then find an older invoice with an equal number.
    """
    payee, prefix = {"payeeAddressBookUID": facts["payee"]}, facts["prefix"]

    def item(key: str, drawn: DrawnValues) -> Json:
        attributes = {**payee, "invoiceNumber": key, **_attributes(drawn)}
        return {"method": "post", "path": _PATH, "body": {"data": {"attributes": attributes}}}

    return BatchProfile(
        operation="runBatch",
        key=lambda number: f"{prefix}{number}",
        item=item,
        record=lambda _key, drawn: {**_record(drawn), "totalTransactionAmount": Decimal(0)},
        call=_call,
        read=lambda key, _tenant: _search("eq", key),
        shown=lambda key, exchange: _invoices(exchange, "invoiceNumber", _CREATED_MEMBERS).get(key),
        corruptions=_corruptions("created", facts),
        listing=lambda _tenant: _search("sw", prefix),
        listed=lambda exchange: _invoices(exchange, "invoiceNumber", _CREATED_MEMBERS),
        steps=_creation_steps(facts),
        reader=read_outcomes,
        amount=_total,
        values=_TABLES.values("created-values"),
    )


def _change(facts: Facts) -> BatchProfile:
    """Return the profile of batches that change existing bulk invoices; the path of an invoice is its key."""
    keys = [f"{_PATH}/{name}" for name in facts["bulk_invoices"].split(",")]

    def item(key: str, drawn: DrawnValues) -> Json:
        return {"method": "patch", "path": key, "body": {"data": {"attributes": _attributes(drawn)}}}

    def listed(exchange: Exchange) -> dict[str, Record]:
        invoices = _invoices(exchange, "id", _CHANGED_MEMBERS)
        return {f"{_PATH}/{name}": record for name, record in invoices.items()}

    return BatchProfile(
        operation="runBatch",
        key=lambda number: keys[number % len(keys)],
        item=item,
        record=lambda _key, drawn: _record(drawn),
        call=_call,
        read=lambda key, _tenant: Request("GET", f"{_API}{key}"),
        shown=lambda key, exchange: listed(exchange).get(key),
        corruptions=_corruptions("changed", facts),
        listing=lambda _tenant: Request("GET", f"{_ROWS}?fields=*all&pageSize=100"),
        listed=listed,
        steps=_change_steps(),
        reader=read_outcomes,
        amount=_total,
        creates=False,
        twice="each",
        values=_TABLES.values("changed-values"),
        version="/data/checksum",
    )


def _corruptions(name: str, facts: Facts) -> tuple[Corruption, ...]:
    return (*_TABLES.corruptions("calls", facts), *_TABLES.corruptions(name, facts))


def _call(items: Sequence[Json], _tenant: int) -> Request:
    return json_request("POST", f"{_API}/batch", {"requests": items})


def _attributes(drawn: DrawnValues) -> dict[str, Json]:
    return {"mailTo": f"Desk {drawn.number}", "bulkInvoiceTotal": f"{drawn.amount:f}"}


def _record(drawn: DrawnValues) -> Record:
    return {"mailTo": f"Desk {drawn.number}", "bulkInvoiceTotal": drawn.amount}


def _total(item: Json) -> Decimal:
    return Decimal(item["body"]["data"]["attributes"]["bulkInvoiceTotal"])


def _search(how: str, text: str) -> Request:
    """Return a search for invoices whose number equals `text` (`how` is `eq`) or starts with it (`sw`)."""
    named = quote(text.replace(":", "::"), safe="")
    return Request("GET", f"{_ROWS}?fields=*all&pageSize=100&filter=invoiceNumber:{how}:{named}")


def _patch(path: str, drawn: DrawnValues) -> Request:
    return json_request("PATCH", path, {"data": {"attributes": _attributes(drawn)}})


def _composite_that_fails(method: str, uri: str, attributes: Json) -> Request:
    """Return a composite whose second request fails, so that its first request must have no effect."""
    calls = [(method, uri, attributes), ("patch", f"{_ROWS}/xc:none", {"mailTo": "Nobody"})]
    requests = [
        {"method": name, "uri": path, "body": {"data": {"attributes": sent}}} for name, path, sent in calls
    ]
    return json_request("POST", "/composite/v1/composite", {"requests": requests})


def _change_steps() -> tuple[Step, ...]:
    return (
        Step(
            "change it in a composite that fails",
            lambda key, drawn, _: _composite_that_fails("patch", f"{_API}{key}", _attributes(drawn)),
            always_refused,
        ),
        Step(
            "change it by itself", lambda key, drawn, _: _patch(f"{_API}{key}", drawn), after_change(_record)
        ),
        Step("delete it", lambda key, _drawn, _: Request("DELETE", f"{_API}{key}"), after_deletion),
        Step("stop it, a draft", lambda key, _drawn, _: Request("POST", f"{_API}{key}/stop"), always_refused),
    )


def _creation_steps(facts: Facts) -> tuple[Step, ...]:
    """Return steps for created invoices. Most steps first search for the invoice's id by its number."""

    def on(
        name: str,
        request: Callable[[str, DrawnValues], Request],
        after: Callable[[Record | None, DrawnValues], Record | RefusedStep],
    ) -> Step:
        def then(found: Exchange, _key: str, drawn: DrawnValues, _tenant: int) -> Request:
            names = [str(row.get("id")) for row in _rows(found)]
            return request(f"{_ROWS}/{quote(names[-1] if names else 'xc:none')}", drawn)

        return Step(name, lambda key, _drawn, _tenant: _search("eq", key), after, then)

    def item_on(path: str, drawn: DrawnValues) -> Request:
        attributes = {
            "claim": {"id": facts["claim"]},
            "amount": {"amount": f"{drawn.amount:f}", "currency": "usd"},
            "costType": {"code": "claimcost"},
            "costCategory": {"code": "medical"},
            "paymentType": {"code": "partial"},
        }
        return json_request("POST", f"{path}/bulk-invoice-items", {"data": {"attributes": attributes}})

    def dearer(record: Record | None, drawn: DrawnValues) -> Record | RefusedStep:
        if record is None:
            return REFUSED_STEP
        total = Decimal(record["totalTransactionAmount"] or 0) + drawn.amount
        return {**record, "totalTransactionAmount": total}

    def created(key: str, drawn: DrawnValues, _tenant: int) -> Request:
        attributes = {"payeeAddressBookUID": facts["payee"], "invoiceNumber": key, **_attributes(drawn)}
        return _composite_that_fails("post", _ROWS, attributes)

    return (
        on("change it by itself", _patch, after_change(_record)),
        Step("make another in a composite that fails", created, always_refused),
        on("add an item to it", item_on, dearer),
        on("submit it, not yet validated", lambda path, _: Request("POST", f"{path}/submit"), always_refused),
    )


def complete(profile: Profile) -> Profile:
    """Return the profile with batches and the reader of outcomes."""
    return replace(profile, batches=batch_profiles, readers={"runBatch": read_outcomes})
