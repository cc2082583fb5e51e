"""The batches that are sent: of every vendor and size, with none, one, a tenth or half of the items bad."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from typing import Any, Literal, TypeAlias, get_args

from mockserver.contract.examples import ProfileExamples, ProfileSubject
from mockserver.contract.profile import DrawnValues
from mockserver.engine.registry import LoadedVendor
from tests.tools.bench.wire import request

Item: TypeAlias = Any
Bad: TypeAlias = Literal["none", "one", "tenth", "half"]
"""How many items of a batch are bad."""

BAD_WORDS: Mapping[Bad, str] = {
    "none": "all good",
    "one": "one bad",
    "tenth": "a tenth bad",
    "half": "half bad",
}
SHARES: tuple[Bad, ...] = get_args(Bad)
JSON_TYPE, XML_TYPE = "application/json", "application/xml"
_PARTS: Mapping[Bad, int] = {"tenth": 10, "half": 2}
_DAY = "2026-01-05T00:00:00Z"
_KEYS = 2_000_000_000
_AMOUNTS = 1000
_KINDS_OF_BAD_ITEMS = 2


@dataclass(frozen=True, slots=True)
class Batches:
    """Batches of one operation; `bad` change a good item into a bad one and take turns.

    `what` says in words what is wrong with the bad items.
    """

    name: str
    method: str
    path: str
    headers: Mapping[str, str]
    good: Callable[[int], Item]
    bad: Sequence[Callable[[Item], Item]]
    what: str
    encode: Callable[[Sequence[Item]], bytes]

    def items(self, number: int, first: int, bad: Bad = "none") -> list[Item]:
        """So many items, whose keys begin after `first`."""
        items = [self.good(first + place + 1) for place in range(number)]
        for turn, place in enumerate(bad_places(number, bad)):
            items[place] = self.bad[turn % len(self.bad)](items[place])
        return items

    def call(
        self, number: int, first: int, bad: Bad = "none", headers: Mapping[str, str] | None = None
    ) -> bytes:
        """A batch of so many items, as it goes over the wire."""
        body = self.encode(self.items(number, first, bad))
        return request(self.method, self.path, {**self.headers, **(headers or {})}, body)


def bad_count(items: int, bad: Bad) -> int:
    """How many of the items are bad; at least one, if any is to be."""
    return 0 if bad == "none" else max(1, items // _PARTS[bad]) if bad in _PARTS else 1


def bad_places(items: int, bad: Bad) -> list[int]:
    """Where the bad items stand: evenly spread, a lone one in the middle."""
    number = bad_count(items, bad)
    return [(2 * turn + 1) * items // (2 * number) for turn in range(number)]


def _invoice(number: int) -> Item:
    return {
        "invoice_Key": number % _KEYS,
        "description": "Outpatient visit",
        "due_Date": _DAY,
        "entry_Date": _DAY,
        "entry_User": "jdoe",
        "invoice_Date": _DAY,
        "invoice_Number": f"INV-{number}",
        "invoice_Status": "Open",
        "payee_ID": "P100",
        "update_Date": _DAY,
        "update_User": "jdoe",
    }


def _with_member(name: str, value: Any, item: Item) -> Item:
    return {**item, name: value}


_TOO_LONG = (
    partial(_with_member, "invoice_Number", "N" * 33),
    partial(_with_member, "invoice_Status", "S" * 17),
    partial(_with_member, "update_User", "u" * 21),
)
_UNKNOWN_PAYEE = partial(_with_member, "payee_ID", "nobody")
_WRONG_TYPE = partial(_with_member, "invoice_Number", 12345)


def to_json(document: Any) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode()


VBA = Batches(
    "vba",
    "PUT",
    "/vba/claim-invoice-batch",
    {
        "Accept": JSON_TYPE,
        "Content-Type": JSON_TYPE,
        "x-api-key": "k",
        "Authorization": "Bearer t",
        "vbasoftware-database": "sandbox",
    },
    _invoice,
    (*_TOO_LONG, _UNKNOWN_PAYEE),
    "in turns: a number, a status, a user that are too long (by schema), a payee that is not there (by rule)",
    to_json,
)
LEDGER = Batches(
    "ledger (by spec alone)",
    "PUT",
    "/ledger/invoices",
    {"Accept": JSON_TYPE, "Content-Type": JSON_TYPE, "Authorization": "Bearer t"},
    _invoice,
    (*_TOO_LONG, _WRONG_TYPE),
    "in turns: a number, a status and a user that are too long, a number where a text is due",
    to_json,
)


def _order(number: int) -> Item:
    return {
        "id": number % _KEYS,
        "amount": 100.25 + number % _AMOUNTS,
        "date": "2026-01-05",
        "currency": "EUR",
        "customer": "C-100",
        "reference": f"INV-{number}",
        "note": "Outpatient visit",
    }


def _without_date(item: Item) -> Item:
    return {name: value for name, value in item.items() if name != "date"}


ORDERS = Batches(
    "orders (by spec alone)",
    "PUT",
    "/orders/orders",
    LEDGER.headers,
    _order,
    (
        partial(_with_member, "amount", -1),
        partial(_with_member, "currency", "XXX"),
        _without_date,
        partial(_with_member, "extra", "x"),
    ),
    "in turns: an amount below 0, a currency that is none of the enum, no date, a member too many",
    lambda items: to_json({"orders": items}),
)


IN_LISTS = replace(ORDERS, name="orders in two lists", path="/orders/orders/lists")
IN_MAPS = replace(ORDERS, name="orders in two maps", path="/orders/orders/maps")


def vendor_batches(vendors: Sequence[LoadedVendor]) -> Iterator[Batches]:
    """Of each vendor the first batch operation that needs no call before it, as XML too if it takes that."""
    examples = ProfileExamples()
    for vendor in vendors:
        subject = next((one for one in examples.subjects(vendor) if not one.profile.prepare), None)
        if subject is not None:
            headers = examples.access(vendor).headers
            yield _profiled(vendor.name, subject, headers, JSON_TYPE)
            if XML_TYPE in subject.profile.encodings:
                yield _profiled(vendor.name, subject, headers, XML_TYPE)


def _profiled(vendor: str, subject: ProfileSubject, headers: Mapping[str, str], media_type: str) -> Batches:
    profile = subject.profile
    drawn = subject.complete(profile.call([], 0))
    kinds = [one for one in profile.corruptions if not one.refuses_call][:_KINDS_OF_BAD_ITEMS]

    def good(number: int) -> Item:
        return profile.item(profile.key(number), DrawnValues(number, Decimal(100 + number % _AMOUNTS)))

    def encode(items: Sequence[Item]) -> bytes:
        if media_type in profile.encodings:
            return profile.encodings[media_type](items)
        return profile.call(items, 0).body

    return Batches(
        vendor if media_type == JSON_TYPE else f"{vendor} (XML)",
        drawn.method,
        f"/{vendor}{drawn.path}",
        {"accept": JSON_TYPE, **headers, "content-type": media_type},
        good,
        [one.change for one in kinds],
        f"in turns: {', '.join(one.name for one in kinds)}",
        encode,
    )
