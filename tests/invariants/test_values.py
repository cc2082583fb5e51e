"""Money, dates, checksums, media types: what comes out is what went in. Edge-cases §3, 21, 23, 24, 27."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from hashlib import blake2b
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from mockserver.model import Json
from mockserver.spec import typed_xml
from tests.invariants.sandboxes import example_settings, invariant, item_specs, numbers, open_sandbox
from tests.invariants.vendors import ALL_VENDORS, GUIDEWIRE, PVEX, VBA, XERO
from tests.support import sample_vendor
from tests.support.client import Client
from tests.support.profiled_vendor import ItemSpec, ProfiledVendor
from tests.vendors.guidewire.samples import A_ID as A
from tests.vendors.guidewire.samples import B_ID as B
from tests.vendors.pvex.samples import visit
from tests.vendors.xero.documents import INVOICES, invoice

DECIMALS = 100_000
CHUNK = 5_000
CENTS = st.integers(0, 10**15).map(lambda cents: f"{cents // 100}.{cents % 100:02}")
_MS = re.compile(r"/Date\((-?[0-9]+)\+0000\)/")
_INSTANT = re.compile(r"([0-9T:-]{19})(?:\.([0-9]+))?(Z|[+-][0-9:]{5})")
_BULK = "/guidewire/claim/v1/bulk-invoices"


@invariant(21)
@pytest.mark.parametrize(
    ("vendor", "media_type"), [(one, name) for one in ALL_VENDORS for name in one.profile.encodings]
)
@example_settings(10)
@given(data=st.data())
def test_another_media_type_says_what_json_says(
    vendor: ProfiledVendor, media_type: str, data: st.DataObject
) -> None:
    items = data.draw(item_specs(vendor, at_least=1, good=True))
    with open_sandbox(vendor) as here, open_sandbox(vendor) as there:
        as_json, usual = here.send(*items), vendor.batch(items)
        body = vendor.profile.encodings[media_type]([vendor.document(one) for one in items])
        answered = there.call(
            replace(usual, headers={**usual.headers, "content-type": media_type}, body=body)
        )

        assert answered.status == as_json.status
        assert there.without_generated() == here.without_generated()


@invariant(21)
@example_settings(20)
@given(items=item_specs(PVEX, at_least=1, good=True))
def test_what_is_read_as_xml_is_what_is_read_as_json(items: list[ItemSpec]) -> None:
    with open_sandbox(PVEX) as here:
        here.send(*items)
        as_json, as_xml = (
            here.client.get("/pvex/api/Invoice", headers={"accept": name})
            for name in ("application/json", "application/xml")
        )

        stated = PVEX.api.spec.document["paths"]["/api/Invoice"]["get"]["responses"]["200"]
        schema = stated["content"]["application/xml"]["schema"]
        assert typed_xml.read(as_xml.body, schema, PVEX.api.spec.document) == as_json.json


@invariant(23)
def test_a_hundred_thousand_decimals_come_out_as_they_went_in(tmp_path: Path) -> None:
    client = sample_vendor.create_client(tmp_path)
    sent = list(_decimals())

    for at in range(0, DECIMALS, CHUNK):
        chunk = sent[at : at + CHUNK]
        orders = ",".join(f'{{"id":"{number:05}","amount":{text}}}' for number, text in enumerate(chunk))
        body = f'{{"orders":[{orders}]}}'.encode()
        client.put("/acme/orders", content=body, headers={"content-type": "application/json"})

        listed = re.findall(r'"amount":([^,}]+)', client.get("/acme/orders").text)
        assert [Decimal(text).as_tuple() for text in listed] == [Decimal(text).as_tuple() for text in chunk]


def _decimals() -> Iterator[str]:
    """Amounts of one to 28 digits, of every scale; the same ones every time."""
    for number in range(DECIMALS):
        drawn = int.from_bytes(blake2b(str(number).encode(), digest_size=16).digest())
        size, scale = 1 + drawn % 28, (drawn >> 8) % 29
        digits = str((drawn >> 16) % 10**size)
        whole, fraction = (
            digits[: len(digits) - scale] or "0",
            digits[len(digits) - scale :].rjust(scale, "0"),
        )
        yield f"{whole}.{fraction[:scale]}" if scale else digits


@invariant(23)
@example_settings(20)
@given(total=CENTS)
def test_the_shares_of_a_total_are_the_total(total: str) -> None:
    with open_sandbox(GUIDEWIRE) as here:
        change = {"data": {"attributes": {"splitEqually": True, "bulkInvoiceTotal": total}}}
        assert here.client.patch(f"{_BULK}/{B}", json=change).status == 200

        rows = here.client.get(f"{_BULK}/{B}/bulk-invoice-items").json["data"]
        shares = [Decimal(row["attributes"]["amount"]["amount"]) for row in rows]
        assert sum(shares) == Decimal(total)
        assert max(shares) - min(shares) <= Decimal("0.01")


@invariant(23)
@example_settings(20)
@given(amount=st.decimals(0, 10**12, places=4))
def test_an_amount_is_read_as_it_was_written(amount: Decimal) -> None:
    with open_sandbox(PVEX) as here:
        sent = f'[{_json(visit(1))[:-1]},"Amount":{amount}}}]'.encode()
        here.client.post("/pvex/api/InvoiceBatch", content=sent, headers={"content-type": "application/json"})

        assert here.client.get("/pvex/api/Invoice/I-1?subscriberId=SUB-1").json["Amount"] == amount


def _json(document: Json) -> str:
    return "{" + ",".join(f'"{name}":"{value}"' for name, value in document.items()) + "}"


@invariant(24)
@example_settings(20)
@given(day=st.dates(date(2016, 1, 1), date(2099, 12, 31)), as_ms=st.booleans())
def test_a_date_and_its_text_name_the_day_that_was_sent(day: date, as_ms: bool) -> None:  # noqa: FBT001 - drawn
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    sent = f"/Date({int(midnight.timestamp()) * 1000}+0000)/" if as_ms else day.isoformat()
    with open_sandbox(XERO) as here:
        made = invoice(InvoiceNumber="K-1", Date=sent, DueDate="2099-12-31")
        here.client.put(f"/xero{INVOICES}", json={"Invoices": [made]})

        shown = here.client.get(f"/xero{INVOICES}/K-1").json["Invoices"][0]
        assert shown["DateString"] == f"{day.isoformat()}T00:00:00"
        stamp = _MS.fullmatch(shown["Date"])
        assert stamp is not None
        assert int(stamp[1]) == int(midnight.timestamp()) * 1000


@invariant(24)
@example_settings(20)
@given(
    moment=st.datetimes(datetime(2000, 1, 1), datetime(2099, 12, 31)),  # noqa: DTZ001 - the zone is drawn apart
    fraction=st.text("0123456789", max_size=7),
    zone=st.sampled_from(("Z", "+00:00", "-05:00", "+13:45")),
)
def test_an_instant_that_is_read_is_the_one_that_was_written(
    moment: datetime, fraction: str, zone: str
) -> None:
    text = f"{moment:%Y-%m-%dT%H:%M:%S}{'.' if fraction else ''}{fraction}{zone}"
    with open_sandbox(PVEX) as here:
        here.client.post("/pvex/api/InvoiceBatch", json=[visit(1, ApiCreateDate=text)])

        read = here.client.get("/pvex/api/Invoice/I-1?subscriberId=SUB-1").json["ApiCreateDate"]
        assert _instant(read) == _instant(text)


def _instant(text: str) -> tuple[datetime, Decimal]:
    """The second, and the fraction of it, which has a digit more than a datetime can hold."""
    parts = _INSTANT.fullmatch(text)
    assert parts is not None, text
    return datetime.fromisoformat(parts[1] + parts[3]).astimezone(UTC), Decimal(f"0.{parts[2] or 0}")


@invariant(24)
@example_settings(6)
@given(waits=st.lists(st.integers(0, 10**6), min_size=2, max_size=5))
def test_audit_dates_never_go_back(waits: list[int]) -> None:
    with open_sandbox(VBA) as here:
        stamps = []
        for number, seconds in enumerate(waits):
            here.send(ItemSpec(VBA.keys[0], number + 1))
            found = here.client.get(f"/vba/claim-invoice/{VBA.keys[0]}").json["data"]
            stamps.append((found["entry_Date"], found["update_Date"]))
            here.control("POST", "/clock/advance", {"seconds": seconds})

        assert stamps == [(stamps[0][0], _after(stamps[0][1], sum(waits[:at]))) for at in range(len(waits))]


def _after(text: str, seconds: int) -> str:
    return (datetime.fromisoformat(text) + timedelta(seconds=seconds)).isoformat()


@invariant(27)
@example_settings(20)
@given(first=numbers(), second=numbers())
def test_a_checksum_changes_when_what_is_shown_does_and_only_then(first: int, second: int) -> None:
    with open_sandbox(GUIDEWIRE) as here:
        path = f"{_BULK}/{A}"
        seen = [_changed(here.client, path, value) for value in (first, second)]

        assert (seen[0] == seen[1]) == (first == second)
        assert here.client.get(path).json["data"]["checksum"] == seen[1]


@invariant(27)
@example_settings(20)
@given(first=numbers(), second=numbers())
def test_a_change_with_a_checksum_goes_in_while_that_is_current_and_only_then(
    first: int, second: int
) -> None:
    with open_sandbox(GUIDEWIRE) as here:
        path = f"{_BULK}/{A}"
        old = here.client.get(path).json["data"]["checksum"]
        current = _changed(here.client, path, first)
        stale = here.client.patch(path, json=_change(second, checksum=old))
        fresh = here.client.patch(path, json=_change(second, checksum=current))

        assert (stale.status, fresh.status) == (409, 200)
        assert here.client.get(path).json["data"]["attributes"]["mailTo"] == f"Desk {second}"


def _changed(client: Client, path: str, number: int) -> Any:
    return client.patch(path, json=_change(number)).json["data"]["checksum"]


def _change(number: int, **members: str) -> Json:
    return {"data": {"attributes": {"mailTo": f"Desk {number}"}, **members}}
