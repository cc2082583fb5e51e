"""Items that are lost, duplicated, reordered, misreported, and words that are another item's."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from tests.contract.planted_faults.batch_changes import (
    Items,
    each_outcome,
    is_refused,
    loses,
    outcomes,
)
from tests.contract.planted_faults.client import Vendor, VendorClient
from tests.contract.planted_faults.table import read_faults
from tests.contract.planted_faults.vendors import PAYT, PVEX, VBA
from tests.contract.planted_faults.wrappers import (
    Json,
    Planted,
    SendOn,
    WrappedFault,
    WrappedRequest,
    WrappedResponse,
    changes_response,
    unless_misshapen,
)

_VBA_PLACE = re.compile(rb"\$\[(\d+)\]")
_CREATED = {"status": 201, "body": "Created"}
LISTS: Mapping[str, Callable[[Items], Items]] = {
    "without_last": lambda found: found[:-1],
    "without_first": lambda found: found[1:],
    "without_middle": lambda found: [*found[:1], *found[2:]] if len(found) > 2 else found,
    "last_twice": lambda found: [*found, *found[-1:]],
    "first_twice": lambda found: [*found[:1], *found],
    "two_swapped": lambda found: [*found[1::-1], *found[2:]],
    "reversed": lambda found: found[::-1],
}
ROWS: Mapping[str, Callable[[Json], Json]] = {
    "created_if_refused": lambda row: {**row, **_CREATED} if is_refused(row) else row,
    "created_if_updated": lambda row: {**row, **_CREATED} if row["status"] == 200 else row,
    "updated_if_created": lambda row: (
        {**row, "status": 200, "body": "Updated"} if row["status"] == 201 else row
    ),
    "with_200_if_refused": lambda one: {**one, "status": 200} if is_refused(one) else one,
}
PAYT_ANSWERS: Mapping[str, Callable[[Json, Json], Json]] = {
    "all_done": lambda sent, told: {**told, "count": len(sent["invoices"]), "errors": {}},
    "lacks_an_error": lambda _sent, told: {**told, "errors": dict(list(told["errors"].items())[1:])},
    "wordless_errors": lambda _sent, told: {**told, "errors": {name: [] for name in told["errors"]}},
    "no_success": lambda _sent, told: {**told, "success": not told["errors"]},
    "without_warnings": lambda _sent, told: {name: told[name] for name in told if name != "warnings"},
}
STATES: Mapping[str, Callable[[Json], Json]] = {
    "one_further": lambda state: {
        re.sub(r"\d+", lambda found: str(int(found[0]) + 1), name, count=1): state[name] for name in state
    },
    "first_place_only": lambda state: {
        name: state[name] for name in state if name.startswith(next(iter(state)).partition(".")[0])
    },
}


def exchanges_keys(vendor: Vendor, member: str) -> Planted:
    """The first two outcomes come under each other's key."""

    def change(found: Items) -> Items:
        first, second, *rest = found
        return [{**first, member: second[member]}, {**second, member: first[member]}, *rest]

    return outcomes(vendor, change)


def last_done_is_refused(found: Items) -> Items:
    last = max(place for place, row in enumerate(found) if not is_refused(row))
    refusal = {**found[last], "status": 500, "body": "Execution timeout expired."}
    return [*found[:last], refusal, *found[last + 1 :]]


def bodies_of_the_row_before(found: Items) -> Items:
    before = [None, *found[:-1]]
    return [
        {**row, "body": one["body"]} if one and is_refused(row) else row
        for one, row in zip(before, found, strict=True)
    ]


def naming_the_neighbour(found: Items) -> Items:
    """Refused rows name the row after them."""
    after = [*found[1:], found[0]]
    return [
        {**row, "body": f"Row {other['id'][0]['value']}: {row['body']}"} if is_refused(row) else row
        for row, other in zip(found, after, strict=True)
    ]


def bodies_shifted(found: Items) -> Items:
    """Refused rows have the words of the refused row before them."""
    words = [row["body"] for row in found if is_refused(row)]
    before = iter([*words[-1:], *words[:-1]])
    return [{**row, "body": next(before)} if is_refused(row) else row for row in found]


def says(vendor: Vendor, body: str, *statuses: int) -> Planted:
    """Rows with these statuses have another message."""
    return each_outcome(vendor, lambda row: {**row, "body": body} if row["status"] in statuses else row)


def words_of(client: VendorClient, *items: int | Json) -> str:
    """The first two words of each row's message."""
    return "; ".join(" ".join(row["body"].split()[:2]) for row in client.sends(*items).json()["data"])


def words_of_bad_rows(client: VendorClient) -> str:
    return words_of(client, VBA.item(7000001, payee_ID="NOPE"), 3002, VBA.item(3003, update_User="x" * 300))


def shifts_places(vendor: Vendor, shift: int) -> Planted:
    """Refusals of the whole batch have other places in their paths."""

    def change(_call: WrappedRequest, received: WrappedResponse) -> WrappedResponse:
        body = _VBA_PLACE.sub(lambda found: b"$[%d]" % (int(found[1]) + shift), received.body)
        return replace(received, body=body)

    return changes_response(vendor.batch, change)


def refused_place(client: VendorClient) -> int:
    """The place in the refusal of a batch whose second row cannot be read."""
    received = client.sends(3001, VBA.item(3002, invoice_Number=12345), 3003)
    return int(re.findall(r"\$\[(-?\d+)\]", received.body.decode())[0])


async def by_number(ask: SendOn, call: WrappedRequest) -> WrappedResponse:
    """The row to update is looked up by its number: a row of another key and the same number is changed."""
    listed = await ask(WrappedRequest("GET", VBA.list.path, "pageSize=500", call.headers))
    rows = unless_misshapen([], lambda: [dict(row) for row in call.json()])
    stored = unless_misshapen([], lambda: listed.json()["data"])
    known = {row["invoice_Number"]: row["invoice_Key"] for row in stored if row.get("invoice_Number")}
    moved: dict[int, Json] = {}
    for place, row in enumerate(rows):
        number, key = row.get("invoice_Number"), row.get("invoice_Key")
        if isinstance(number, str) and known.setdefault(number, key) != key:
            moved[place], row["invoice_Key"] = key, known[number]
    received = await ask(call.holding(rows) if moved else call)
    if not moved or not received.good:
        return received
    told = received.json()
    for place, key in moved.items():
        told["data"][place]["id"][0]["value"] = key
    return received.holding(told)


def two_rows_of_a_number(client: VendorClient) -> Json:
    for key in (1, 2):
        client.sends(VBA.item(key, invoice_Number="N-1"))
    return [client.reads(1), client.reads(2)]


def first_is_refused(sent: Json, told: Json) -> Json:
    first, errors = sent["invoices"][0]["invoice_number"], told["errors"]
    if first in errors:
        return told
    return {**told, "count": told["count"] - 1, "errors": {**errors, first: ["Debtor must exist"]}}


def under_another(sent: Json, told: Json) -> Json:
    errors, (first, *_) = told["errors"], told["errors"]
    done = next(one["invoice_number"] for one in sent["invoices"] if one["invoice_number"] not in errors)
    return {**told, "errors": {(done if name == first else name): why for name, why in errors.items()}}


def warns_instead(_sent: Json, told: Json) -> Json:
    warned = {**told.get("warnings", {}), **told["errors"]}
    return {**told, "errors": {}, "warnings": warned} if told["errors"] else told


def errors_exchanged(_sent: Json, told: Json) -> Json:
    errors = told["errors"]
    if len(errors) != 2 or "not_found" in errors:
        return told
    return {**told, "errors": dict(zip(errors, [*errors.values()][::-1], strict=True))}


def lists_another_id() -> Planted:
    """The list shows another id of an invoice that was sent twice."""

    def planted() -> WrappedFault:
        times: dict[tuple[str, str], int] = {}

        async def fault(ask: SendOn, call: WrappedRequest) -> WrappedResponse:
            received = await ask(call)
            if PAYT.batch.matches(call) and received.good:
                for one in unless_misshapen((), lambda: call.json()["invoices"]):
                    name = call.sandbox, str(one.get("invoice_number"))
                    times[name] = times.get(name, 0) + 1
            if not (PAYT.list.matches(call) and received.good):
                return received
            told = received.json()
            again = {
                number for (sandbox, number), sent in times.items() if sandbox == call.sandbox and sent > 1
            }
            rows = [
                {**row, "id": f"9{row['id']}"} if row["invoice_number"] in again else row
                for row in told["data"]
            ]
            return received.holding({**told, "data": rows})

        return fault

    return planted


def ids_agree(client: VendorClient) -> bool:
    """Whether the list and a read show the same id of an invoice that was sent twice."""
    client.sends(1)
    client.sends(1)
    rows = client.rows("/v1/invoices?administration_id=81&per_page=50")
    row = next(row for row in rows if row["invoice_number"] == "N1")
    return bool(row["id"] == client.reads(1, "id"))


def blamed_on_debtors(client: VendorClient) -> list[bool]:
    """Whether the errors of two refused invoices are about the debtor."""
    errors = client.sends(9001, PAYT.item(2, currency_code="XQZ")).json()["errors"]
    return ["Debtor" in " ".join(errors[name]) for name in ("N9001", "N2")]


def warned(client: VendorClient) -> list[bool]:
    """Whether there are warnings of a first day of sending, and of another one."""
    days = ("2026-06-02T10:00:00Z", "2026-06-03T10:00:00Z")
    return ["warnings" in client.sends(PAYT.item(1, sent_at=day)).json() for day in days]


def pvex_all_done(_call: WrappedRequest, received: WrappedResponse) -> WrappedResponse:
    if received.status != 400 or b"invoices" not in received.body:
        return received
    bare = {name: text for name, text in received.headers.items() if name != "content-type"}
    return WrappedResponse(200, bare, b"")


def state(change: Callable[[Json], Json]) -> Planted:
    """Other places and words in PVEx's refusals."""

    def changed(_call: WrappedRequest, received: WrappedResponse) -> WrappedResponse:
        told = received.json()
        return received.holding({**told, "ModelState": change(told["ModelState"])})

    return changes_response(PVEX.batch, changed)


def xero_all_done(found: Items) -> Items:
    """Refused invoices are shown as made."""
    left_out = {"ValidationErrors", "HasErrors"}
    told = []
    for place, one in enumerate(found):
        good = {name: value for name, value in one.items() if name not in left_out}
        made = {"InvoiceID": f"ba5eba11-0000-4000-8000-{place:012d}", "StatusAttributeString": "OK"}
        told.append({**good, **made, "HasErrors": False} if one.get("HasErrors") else one)
    return told


def xero_wordless(one: Json) -> Json:
    silent = [{**error, "Message": ""} for error in one.get("ValidationErrors", ())]
    return {**one, "ValidationErrors": silent} if silent else one


def xero_words(client: VendorClient) -> list[str]:
    one = client.sends(9001).json()["Invoices"][0]
    return [error["Message"][:12] for error in one["ValidationErrors"]]


def all_but_the_last(vendor: Vendor) -> Planted:
    """The last of more than two items is lost."""
    return loses(vendor, lambda items: items[:-1] if len(items) > 2 else items)


ITEMS = read_faults(globals(), LISTS, ROWS, PAYT_ANSWERS, STATES)
