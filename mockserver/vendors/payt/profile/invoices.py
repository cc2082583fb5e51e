"""Batches of invoices that the contract suite sends to Payt."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import ROUND_DOWN, Decimal

from mockserver.contract.exchange import Request
from mockserver.contract.profile import Assumption, BatchProfile, Corruption, DrawnValues, Facts, Record, Step
from mockserver.contract.samples import remove_member, set_member
from mockserver.model import Json
from mockserver.vendors.payt.profile import reference_data
from mockserver.vendors.payt.profile.batches import (
    BROKEN,
    TOO_LONG,
    BatchRecords,
    RecordType,
    administration_of,
    outcome_reader,
)
from mockserver.vendors.payt.profile.values import INVOICE_VALUES

_INVOICES = RecordType(
    "invoices",
    "invoice_number",
    {
        "description": "text",
        "due_date": "text",
        "total_amount": "amount",
        "open_amount": "amount",
        "book_total_amount": "amount",
        "book_open_amount": "amount",
    },
    "invoices/{key}?administration_id={administration}&identifier_type=invoice_number",
)
INVOICE_READER = outcome_reader("invoices", "invoice_number", "invoice_identifier")
_CENT = Decimal("0.01")
_PARTS_OF_A_CENT = Assumption("parts of a cent", ("alone", "taken", "call"))

# That missing and malformed parameters end the call is the vendor's word; where the border to the faults of a
# record runs is assumed, as the 255 characters and the two decimals are.
_CORRUPTIONS = (
    Corruption("an unknown debtor", set_member("/debtor_number", "no such debtor")),
    Corruption("a day to pay before its own", set_member("/due_date", "2001-01-01")),
    Corruption("a day to pay that no calendar has", set_member("/due_date", "2026-02-30")),
    Corruption("a word for its total", set_member("/amount_total", "a lot")),
    Corruption("parts of a cent open", set_member("/amount_open", "10.005"), assumption=_PARTS_OF_A_CENT),
    Corruption("a currency that is none", set_member("/currency_code", "XQZ")),
    Corruption("a payment condition that is none", set_member("/payment_condition", "no such condition")),
    Corruption(
        "a description of 256 characters, one too many",
        set_member("/description", "x" * 256),
        assumption=TOO_LONG,
    ),
    Corruption("a checksum of 20 characters", set_member("/document", {"checksum": "c" * 20})),
    Corruption(
        "a way to pay that is none",
        set_member("/payment_method", "shells"),
        refuses_call=True,
        assumption=BROKEN,
    ),
    Corruption(
        "a word for its term", set_member("/payment_term", "soon"), refuses_call=True, assumption=BROKEN
    ),
    Corruption(
        "a word for the moment it was sent",
        set_member("/sent_at", "yesterday"),
        refuses_call=True,
        assumption=BROKEN,
    ),
    Corruption("no number", remove_member("/invoice_number"), refuses_call=True, assumption=BROKEN),
)
_POST_CORRUPTIONS = (
    Corruption(
        "a payment that was not paid", set_member("/payments", [{"amount": "0.01", "origin_identifier": "p"}])
    ),
    Corruption(
        "a line of a VAT rate that is none",
        set_member(
            "/invoice_lines", [{"description": "x", "vat_rate_code": "?", "total_excl_tax_amount": "1"}]
        ),
    ),
    Corruption("no currency", remove_member("/currency_code"), refuses_call=True, assumption=BROKEN),
)
_CHANGE_CORRUPTIONS = (
    Corruption("a number that no invoice has", set_member("/invoice_number", "no such")),
    *_CORRUPTIONS,
)


def batch_profiles(facts: Facts) -> tuple[BatchProfile, ...]:
    """Return the batch profiles of invoices and payments."""

    def posted(key: str, drawn: DrawnValues) -> Json:
        return {
            **_change(key, drawn),
            "currency_code": "EUR",
            "invoice_date": "2026-06-01",
            "debtor_number": facts["debtor"],
        }

    def prepared(key: str, tenant: int) -> tuple[Request, ...]:
        items = [posted(key, DrawnValues(0, Decimal("0.01")))]
        return (_INVOICES.sending("POST", items, administration_of(facts, tenant)),)

    invoices = BatchRecords(posted, _record, (*_CORRUPTIONS, *_POST_CORRUPTIONS), INVOICE_READER)
    changes = BatchRecords(_change, _record, _CHANGE_CORRUPTIONS, INVOICE_READER)
    return (
        replace(
            _INVOICES.subject("postV1Invoices", invoices, facts),
            steps=_steps(facts, posted),
            values=INVOICE_VALUES,
        ),
        replace(
            _INVOICES.subject("patchV1Invoices", changes, facts),
            call=lambda items, tenant: _INVOICES.sending("PATCH", items, administration_of(facts, tenant)),
            prepare=prepared,
            creates=False,
            values=INVOICE_VALUES,
        ),
        *reference_data.batch_profiles(facts),
    )


def _change(key: str, drawn: DrawnValues) -> Json:
    """Return what may be changed of an invoice, all of it open."""
    return {
        "invoice_number": key,
        "due_date": "2026-07-01",
        "description": f"Work {drawn.number}",
        **_amounts(drawn.amount, drawn.amount),
    }


def _record(_key: str, drawn: DrawnValues) -> Record:
    return {
        "description": f"Work {drawn.number}",
        "due_date": "2026-07-01",
        "total_amount": drawn.amount,
        "book_total_amount": drawn.amount,
        **_open_amounts(drawn.amount),
    }


def _amounts(total: Decimal, still_open: Decimal) -> dict[str, str]:
    """Total and open amount, in both currencies."""
    totals = dict.fromkeys(("amount_total", "book_amount_total"), f"{total:f}")
    return {**totals, **dict.fromkeys(("amount_open", "book_amount_open"), f"{still_open:f}")}


def _open_amounts(amount: Decimal) -> Record:
    return dict.fromkeys(("open_amount", "book_open_amount"), amount)


def _third_of(drawn: DrawnValues) -> Decimal:
    """Return a third of the amount, in whole cents."""
    return (drawn.amount / 3).quantize(_CENT, ROUND_DOWN)


def _steps(facts: Facts, posted: Callable[[str, DrawnValues], Json]) -> tuple[Step, ...]:
    def patching(
        change: Callable[[DrawnValues], Mapping[str, Json]],
    ) -> Callable[[str, DrawnValues, int], Request]:
        def request(key: str, drawn: DrawnValues, tenant: int) -> Request:
            record = {"invoice_number": key, **change(drawn)}
            return _INVOICES.sending("PATCH", [record], administration_of(facts, tenant))

        return request

    # What is not there stays away; the call is answered 200 all the same, with the number in `not_found`.
    def described(record: Record | None, drawn: DrawnValues) -> Record | None:
        return record and {**record, "description": f"Changed {drawn.number}"}

    def settled(record: Record | None, _drawn: DrawnValues) -> Record | None:
        return record and {**record, **_open_amounts(Decimal(0))}

    def pay_a_third(key: str, drawn: DrawnValues, tenant: int) -> Request:
        paid = _third_of(drawn)
        payment = {"amount": f"{paid:f}", "origin_identifier": f"pay-{key}", "payment_date": "2026-06-15"}
        record = {**posted(key, drawn), **_amounts(drawn.amount, drawn.amount - paid), "payments": [payment]}
        return _INVOICES.sending("POST", [record], administration_of(facts, tenant))

    def paid_a_third(_record_before: Record | None, drawn: DrawnValues) -> Record:
        return {**_record("", drawn), **_open_amounts(drawn.amount - _third_of(drawn))}

    return (
        Step(
            "change its description",
            patching(lambda drawn: {"description": f"Changed {drawn.number}"}),
            described,
        ),
        Step(
            "pay all of it",
            patching(lambda _drawn: dict.fromkeys(("amount_open", "book_amount_open"), "0")),
            settled,
        ),
        Step("send it again with a third paid", pay_a_third, paid_a_third),
    )
