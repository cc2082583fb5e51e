"""Whatever values a refused element has, the server refuses it in Xero's words and stores nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.support.client import Client
from tests.vendors.xero.documents import API, R1

NUMBERS = (
    *("9" * 40, "9" * 4000, "1e400", "-1e400", "1e-400", "1e99999", "-1e99999", "9e999999", "-9e999999"),
    *("1e-999999", "0", "-0", "true", "null", "[]"),
    *('"99999999999999999999"', '"1e400"', '"two"', '""', '"NaN"', '"Infinity"', '"9e999999"'),
)
OTHERS = {
    "Account": ("null", "{}", "[]", '"x"', '{"AccountID":5}', '{"Code":[]}'),
    "Contact": ("null", "{}", "[]", '"x"', '{"ContactID":"x"}', '{"ContactID":null}', '{"Name":5}'),
    "CreditNote": ("null", "{}", "[]", '{"CreditNoteNumber":5}'),
    "CurrencyCode": ("null", '"XXX"', "5", "[]", '""'),
    "Date": ("null", '"/Date(999999999999999)/"', '"9999-99-99"', "5", "{}", '"0000-00-00"'),
    "Invoice": ("null", "{}", "[]", '"x"', '{"InvoiceID":5}', '{"InvoiceNumber":{}}'),
    "LineAmountTypes": ("null", '"X"', "5", "{}"),
    "LineItems": ("null", "{}", "[]", "[null]", "[[]]", "[{}]", '[{"Tracking":null}]', '[{"ItemCode":5}]'),
    "Status": ("null", '"X"', "5"),
    "Type": ("null", '"X"', "5"),
}
LINE_NUMBERS = ("Quantity", "UnitAmount", "TaxAmount", "LineAmount", "DiscountRate", "DiscountAmount")
PAYMENT = f'"Invoice":{{"InvoiceID":"{R1}"}},"Account":{{"Code":"BANK1"}}'
CONTACT = '"Contact":{"Name":"Ridgeway University"}'
STARTS = {
    "Payments": PAYMENT,
    "Invoices": f'"Type":"ACCREC",{CONTACT}',
    "CreditNotes": f'"Type":"ACCRECCREDIT",{CONTACT}',
}
STORED = {
    "Invoices": f'"InvoiceID":"{R1}"',
    "CreditNotes": '"CreditNoteID":"c4ed1700-0000-4000-8000-000000000001"',
}
TOO_LONG = f'"Reference":"{"x" * 5000}"'


def hostile_members(plural: str) -> Iterator[str]:
    """Yield members as JSON: a hostile value at each place that is computed with."""
    for text in NUMBERS:
        yield f'"CurrencyCode":"USD","CurrencyRate":{text}'
        if plural == "Payments":
            yield f'"Amount":{text}'
            continue
        for name in LINE_NUMBERS:
            yield f'"LineItems":[{{"AccountCode":"SALES","Quantity":3,"UnitAmount":2,"{name}":{text}}}]'
        for names in (LINE_NUMBERS, ("Quantity", "LineAmount"), ("Quantity", "UnitAmount", "DiscountRate")):
            line = ",".join(f'"{name}":{text}' for name in names)
            yield f'"LineItems":[{{{line}}},{{{line}}}]'
    for name, texts in OTHERS.items():
        yield from (f'"{name}":{text}' for text in texts)


@pytest.mark.parametrize(
    ("method", "path", "start"),
    [
        *(("PUT", f"{plural}?summarizeErrors=false", start) for plural, start in STARTS.items()),
        *(("POST", plural, start) for plural, start in (*STARTS.items(), *STORED.items())),
    ],
    ids=lambda text: text[:24],
)
def test_no_value_breaks_the_answer(
    method: str, path: str, start: str, xero: Client, books: Callable[[], Any]
) -> None:
    before, judged, plural = books(), 0, path.partition("?")[0]
    for members in hostile_members(plural):
        sent = f'{{"{plural}":[{{{start},{TOO_LONG},{members}}}]}}'.encode()
        typed = {"content-type": "application/json"}
        answer = xero.request(method, f"{API}/{path}", content=sent, headers=typed)

        told = answer.json.get("Elements", answer.json.get(plural))
        assert answer.status == (200 if plural in answer.json else 400), (members[:200], answer.text)
        assert told is None or told[0]["ValidationErrors"], members[:200]
        judged += told is not None
    assert judged > len(NUMBERS)  # the others cannot be read
    assert books() == before
