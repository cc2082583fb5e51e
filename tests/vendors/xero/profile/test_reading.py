from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import pytest

from mockserver.contract.exchange import Exchange, Request, Response
from mockserver.contract.profile import BatchItem, ReportedOutcomes
from mockserver.vendors.xero.profile.calls import READERS

BATCH_PAYMENTS, PAYMENTS = READERS["createBatchPayment"], READERS["createPayments"]
INVOICES, NOTES = READERS["updateOrCreateInvoices"], READERS["createInvoiceHistory"]
ZERO = "00000000-0000-0000-0000-000000000000"
FIRST = "d318c343-208e-49fe-b04a-45642349bcf1"
SAVED: dict[str, Any] = {"Reference": "A", "BatchPaymentID": FIRST, "TotalAmount": 3.0}
WRONG = [{"Message": "Account could not be found"}]
FAILED: dict[str, Any] = {
    "Reference": "B",
    "BatchPaymentID": ZERO,
    "StatusAttributeString": "ERROR",
    "ValidationErrors": WRONG,
}


def sent(*documents: Any) -> tuple[BatchItem, ...]:
    return tuple(
        BatchItem(place, document.get("Reference") if isinstance(document, dict) else None, document)
        for place, document in enumerate(documents)
    )


def answered(document: Any, status: int = 200) -> Exchange:
    return Exchange(Request("PUT", "/"), Response(status, {}, json.dumps(document).encode()))


def read(
    elements: Sequence[Mapping[str, Any]], items: Sequence[BatchItem], kind: Any = BATCH_PAYMENTS
) -> ReportedOutcomes | None:
    told: ReportedOutcomes | None = kind.read(answered({kind.plural: elements}), items)
    return told


def failed(elements: Sequence[Mapping[str, Any]], items: Sequence[BatchItem]) -> list[int | None]:
    told = BATCH_PAYMENTS.read(answered({"ErrorNumber": 10, "Elements": elements}, 400), items)
    assert told is not None
    assert not told.is_complete
    assert not any(one.accepted for one in told.outcomes)
    return [one.place for one in told.outcomes]


A, B = {"Reference": "A"}, {"Reference": "B"}


def test_a_saved_element_is_told_by_its_name_with_its_amount() -> None:
    told = read([SAVED], sent(A))

    assert told is not None
    assert [(one.place, one.accepted, one.key, one.amount) for one in told.outcomes] == [
        (0, True, "A", Decimal(3))
    ]


def test_a_failed_element_says_why() -> None:
    told = read([SAVED, FAILED], sent(A, B))

    assert told is not None
    assert [(one.accepted, one.message) for one in told.outcomes] == [
        (True, ""),
        (False, "Account could not be found"),
    ]


def test_a_warned_element_was_saved() -> None:
    warned = SAVED | {"StatusAttributeString": "WARNING", "Warnings": WRONG}

    told = read([warned], sent(A))

    assert told is not None
    assert told.outcomes[0].accepted


def test_an_element_that_no_item_was_sent_for_has_no_place() -> None:
    told = read([SAVED, FAILED], sent(A))

    assert told is not None
    assert [(one.place, one.key) for one in told.outcomes] == [(0, "A"), (None, "B")]


def test_another_name_than_the_one_sent_is_told_as_it_is_shown() -> None:
    told = read([SAVED], sent(B))

    assert told is not None
    assert told.outcomes[0].key == "A"


def test_what_was_sent_without_a_name_is_told_without_one() -> None:
    told = read([SAVED], sent({"Date": "2026-01-05"}))

    assert told is not None
    assert told.outcomes[0].key is None


def test_an_invoice_that_was_sent_by_number_and_id_keeps_the_items_key() -> None:
    document = {"InvoiceNumber": "R1", "InvoiceID": FIRST.upper()}
    item = BatchItem(0, f"R1/{FIRST}", document)

    told = read(
        [{"InvoiceNumber": "R1", "InvoiceID": FIRST, "Total": 1.5, "HasErrors": False}], [item], INVOICES
    )

    assert told is not None
    assert told.outcomes[0].key == f"R1/{FIRST}"


def test_a_note_has_no_id() -> None:
    told = read(
        [{"Details": "called", "ValidationErrors": []}],
        [BatchItem(0, "called", {"Details": "called"})],
        NOTES,
    )

    assert told is not None
    assert told.outcomes[0].accepted


def test_a_failed_note_that_is_left_out_is_the_one_that_is_too_long() -> None:
    notes = [BatchItem(place, text, {"Details": text}) for place, text in enumerate(("x" * 2500, "x" * 2501))]

    told = NOTES.read(answered({"ErrorNumber": 10, "Elements": [{"ValidationErrors": WRONG}]}, 400), notes)

    assert told is not None
    assert [one.place for one in told.outcomes] == [1]


@pytest.mark.parametrize(
    "element",
    [
        FAILED | {"StatusAttributeString": "OK"},
        FAILED | {"HasErrors": False},
        SAVED | {"StatusAttributeString": "ERROR"},
        SAVED | {"ValidationErrors": WRONG, "HasValidationErrors": False},
    ],
    ids=["ok-with-errors", "no-errors-with-errors", "error-without-errors", "errors-that-are-none"],
)
def test_an_element_that_is_saved_and_failed_at_once_cannot_be_read(element: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="/BatchPayments/0 is reported as saved and as failed at once"):
        read([element], sent(A))


@pytest.mark.parametrize("named", [{"BatchPaymentID": ZERO}, {"BatchPaymentID": None}])
def test_a_saved_element_without_an_id_cannot_be_read(named: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="has no BatchPaymentID"):
        read([SAVED | named], sent(A))


def test_two_new_elements_with_one_id_cannot_be_read() -> None:
    with pytest.raises(ValueError, match=f"have one BatchPaymentID, {FIRST}"):
        read([SAVED, SAVED | {"Reference": "B"}], sent(A, B))


def test_two_changes_of_one_invoice_have_one_id() -> None:
    shown = {"InvoiceNumber": "R1", "InvoiceID": FIRST, "Total": 1.5}

    assert read([shown, shown], sent(A, A), INVOICES)


@pytest.mark.parametrize("document", [{}, {"BatchPayments": None}, {"BatchPayments": [1]}, []])
def test_a_success_without_elements_cannot_be_read(document: Any) -> None:
    with pytest.raises(ValueError, match="no list of elements at /BatchPayments"):
        BATCH_PAYMENTS.read(answered(document), sent(A))


def test_a_success_of_another_kind_cannot_be_read() -> None:
    with pytest.raises(ValueError, match="status 204 says nothing of BatchPayments"):
        BATCH_PAYMENTS.read(answered({}, 204), sent(A))


@pytest.mark.parametrize(
    "exchange",
    [
        answered({"ErrorNumber": 14, "Type": "PostDataInvalidException", "Message": "no JSON"}, 400),
        answered({"Title": "Unauthorized"}, 401),
        Exchange(Request("PUT", "/"), Response(404, {}, b"The resource cannot be found")),
    ],
    ids=["unreadable", "unauthorised", "no-json"],
)
def test_a_refusal_without_elements_is_of_the_whole_call(exchange: Exchange) -> None:
    assert BATCH_PAYMENTS.read(exchange, sent(A)) is None


def test_a_summary_names_those_that_failed_by_what_it_shows_again() -> None:
    assert failed([FAILED], sent(A, B, {"Reference": "C"})) == [1]


def test_a_summary_of_all_items_is_in_their_order() -> None:
    assert failed([FAILED, FAILED], sent(B, B)) == [0, 1]


def test_a_summary_without_the_name_is_told_by_the_rest() -> None:
    payments = [
        {"Reference": "A" * 256, "Payments": [{"Invoice": {"InvoiceNumber": number}, "Amount": 1}]}
        for number in ("R1", "R2")
    ]
    shown = {"BatchPaymentID": ZERO, "Payments": payments[1]["Payments"], "ValidationErrors": WRONG}

    assert failed([shown], sent(*payments)) == [1]


def test_a_summary_shows_dates_in_another_form() -> None:
    shown = FAILED | {"DateString": "2026-01-05T00:00:00", "Date": "/Date(1767571200000+0000)/"}

    assert failed([shown], sent(A, {**B, "Date": "2026-01-05"})) == [1]


def test_what_a_summary_shows_and_nobody_sent_has_no_place() -> None:
    assert failed([FAILED | {"Reference": "X"}], sent(A, B)) == [None]


def test_a_summary_without_its_list_cannot_be_read() -> None:
    with pytest.raises(ValueError, match="no list of elements at /Elements"):
        PAYMENTS.read(answered({"ErrorNumber": 10, "Elements": None}, 400), sent(A))


def test_an_element_that_shows_no_item_as_it_was_sent_is_taken_for_the_next() -> None:
    assert failed([{"BatchPaymentID": ZERO, "Details": "other", "ValidationErrors": WRONG}], sent(A, B)) == [
        0
    ]


def test_other_dates_of_a_summary_come_in_another_form_too() -> None:
    shown = FAILED | {"PlannedPaymentDate": "/Date(1767571200000+0000)/"}

    assert failed([shown], sent(A, {**B, "PlannedPaymentDate": "2026-01-05"})) == [1]


def test_an_empty_list_that_nobody_sent_says_nothing_of_the_item() -> None:
    empty = {"BatchPaymentID": ZERO, "Payments": [], "ValidationErrors": WRONG}
    named = {"BatchPaymentID": "e3e70682", "Payments": [], "Details": "", "ValidationErrors": WRONG}

    items = sent({}, {"Reference": "saved"}, {}, {"BatchPaymentID": "e3e70682", "Details": ""}, {})

    assert failed([empty, empty, named, empty], items) == [0, 2, 3, 4]


def test_an_element_that_shows_nothing_is_an_item_of_which_nothing_can_be_shown() -> None:
    hidden = {"ValidationErrors": WRONG}

    items = sent({"Reference": "A"}, {"Other": None}, {}, {"Reference": "B"}, {"Reference": "x" * 256})

    assert failed([hidden, hidden, hidden], items) == [1, 2, 4]


FILLED: dict[str, Any] = {
    "InvoiceID": ZERO,
    "AmountDue": 20.0,
    "CurrencyRate": 1.0,
    "Payments": [],
    "IsDiscounted": False,
    "ValidationErrors": WRONG,
}
OURS = {
    "ContactID": FIRST,
    "ContactNumber": "HILL",
    "Name": "Hilltop School",
    "Phones": [{"PhoneType": "DDI"}],
}


@pytest.mark.parametrize(
    ("documents", "element", "place"),
    [
        (({"Contact": {"Name": "N"}}, {"Contact": {"Name": "hilltop school"}}), {"Contact": OURS}, 1),
        (({"Contact": {"ContactNumber": "N"}}, {"Contact": {"ContactNumber": "HILL"}}), {"Contact": OURS}, 1),
        (({"Contact": {"Name": "N"}}, {"Reference": "B"}), {"Reference": "B", "Contact": OURS}, 1),
        (
            ({"Contact": {"Name": "N"}}, {"Contact": {"ContactID": FIRST, "Name": "Hill"}}),
            {"Contact": OURS},
            1,
        ),
        (
            ({"LineItems": [{"UnitAmount": 1}]}, {"LineItems": [{"UnitAmount": 1, "AccountCode": "NOPE"}]}),
            {"LineItems": [{"UnitAmount": 1, "AccountCode": "NOPE"}]},
            1,
        ),
    ],
    ids=["name", "number", "contact-unsent", "id", "lines"],
)
def test_a_filled_element_belongs_to_the_item_that_names_its_contact(
    documents: tuple[Any, ...], element: dict[str, Any], place: int
) -> None:
    told = INVOICES.read(
        answered({"ErrorNumber": 10, "Elements": [{**element, **FILLED}]}, 400), sent(*documents)
    )

    assert told is not None
    assert [one.place for one in told.outcomes] == [place]


def test_a_payment_belongs_to_the_item_with_its_invoice() -> None:
    sent_payments = [
        {"Invoice": {"InvoiceNumber": number}, "Account": {"Code": "B"}} for number in ("R1", "R2")
    ]
    shown = {
        "Account": {"AccountID": FIRST, "Code": "B", "Name": "Cheque account"},
        "HasAccount": True,
        "Invoice": {"InvoiceID": FIRST, "InvoiceNumber": "R2", "AmountDue": 100.0},
        "ValidationErrors": WRONG,
    }

    told = PAYMENTS.read(answered({"ErrorNumber": 10, "Elements": [shown]}, 400), sent(*sent_payments))

    assert told is not None
    assert [one.place for one in told.outcomes] == [1]


def test_the_zero_id_of_a_failed_element_names_nothing() -> None:
    told = INVOICES.read(
        answered({"ErrorNumber": 10, "Elements": [FILLED]}, 400),
        [BatchItem(0, FIRST, {"InvoiceID": FIRST})],
    )

    assert told is not None
    assert told.outcomes[0].key is None


def test_a_filled_element_may_show_the_number_of_the_document_that_its_item_names_by_id() -> None:
    changes = [
        BatchItem(place, FIRST, {"InvoiceID": FIRST, "Reference": text}) for place, text in enumerate("AB")
    ]
    shown = {**FILLED, "InvoiceID": FIRST, "InvoiceNumber": "R1", "Reference": "B"}

    told = INVOICES.read(answered({"ErrorNumber": 10, "Elements": [shown]}, 400), changes)

    assert told is not None
    assert [one.place for one in told.outcomes] == [1]
