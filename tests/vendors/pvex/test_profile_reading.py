from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from mockserver.contract.exchange import Exchange, Request, Response
from mockserver.contract.loading import load_vendor_api
from mockserver.contract.profile import BatchItem, ReportedOutcomes

ITEMS = tuple(
    BatchItem(place, f"SUB-1/I-{place}", {"Id": f"I-{place}", "RowKey": place}) for place in range(3)
)
REQUIRED = "The ClientId field is required."
XML_ERROR = (
    "<Error><Message>The request is invalid.</Message><ModelState>"
    f"<invoices_x005B_1_x005D_.ClientId>{REQUIRED}</invoices_x005B_1_x005D_.ClientId>"
    "</ModelState></Error>"
)


def read_outcomes(exchange: Exchange, items: tuple[BatchItem, ...]) -> ReportedOutcomes | None:
    api = load_vendor_api("pvex")
    (batch,) = api.profile.batches(api.facts)
    assert batch.reader is not None
    return batch.reader(exchange, items)


def answered(status: int, body: str = "", media_type: str = "application/json") -> Exchange:
    headers = {"content-type": f"{media_type}; charset=utf-8"} if body else {}
    return Exchange(Request("POST", "/"), Response(status, headers, body.encode()))


def invalid(state: Mapping[str, Any]) -> Exchange:
    return answered(400, json.dumps({"Message": "The request is invalid.", "ModelState": state}))


def test_a_success_without_a_body_takes_every_invoice() -> None:
    telling = read_outcomes(answered(200), ITEMS)

    assert telling is not None
    assert [(one.place, one.accepted) for one in telling.outcomes] == [(0, True), (1, True), (2, True)]
    assert telling.count is None


def test_a_success_may_say_how_many_it_took() -> None:
    telling = read_outcomes(answered(201, "3"), ITEMS)

    assert telling is not None
    assert telling.count == 3


@pytest.mark.parametrize(
    "exchange",
    [invalid({"invoices[1].ClientId": [REQUIRED]}), answered(400, XML_ERROR, "application/xml")],
    ids=["json", "xml"],
)
def test_the_model_state_names_the_bad_invoices_by_place(exchange: Exchange) -> None:
    telling = read_outcomes(exchange, ITEMS)

    assert telling is not None
    assert not telling.is_complete
    assert [(one.place, one.accepted, one.message, one.at) for one in telling.outcomes] == [
        (1, False, REQUIRED, "/ModelState/invoices[1].ClientId")
    ]


def test_several_faults_of_an_invoice_are_one_outcome() -> None:
    telling = read_outcomes(
        invalid({"invoices[2].Id": ["a"], "invoices[0]": ["b", "c"], "invoices[2].SyncId": ["d"]}), ITEMS
    )

    assert telling is not None
    assert [(one.place, one.message) for one in telling.outcomes] == [(0, "b c"), (2, "a d")]


def test_a_place_that_no_invoice_was_sent_for_is_told_without_one() -> None:
    telling = read_outcomes(invalid({"invoices[3].Id": ["a"]}), ITEMS)

    assert telling is not None
    assert telling.outcomes[0].place is None


@pytest.mark.parametrize(
    "exchange",
    [
        invalid({"invoices": ["An error has occurred."]}),
        invalid({"invoices[0].Id": ["a"], "invoices.Number": ["b"]}),
        answered(400, '{"Message": "An error has occurred."}'),
        answered(401, '{"Message": "Authorization has been denied for this request."}'),
        answered(404, "<html></html>", "text/html"),
    ],
    ids=["body", "body-too", "no-places", "unauthorised", "html"],
)
def test_what_names_no_places_refuses_the_call(exchange: Exchange) -> None:
    assert read_outcomes(exchange, ITEMS) is None


@pytest.mark.parametrize("value", [2**31, "99999999999", -(2**31) - 1])
def test_behind_a_number_that_is_too_wide_nothing_is_judged(value: Any) -> None:
    wide = BatchItem(1, None, {"rowKey": value})

    assert read_outcomes(invalid({"invoices[1].RowKey": ["a"]}), (ITEMS[0], wide, ITEMS[2])) is None


@pytest.mark.parametrize("value", [2**31 - 1, "many", None, True, [1]])
def test_other_values_are_judged_in_their_place(value: Any) -> None:
    item = BatchItem(1, None, {"RowKey": value})

    assert read_outcomes(invalid({"invoices[1].RowKey": ["a"]}), (ITEMS[0], item)) is not None


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        ("<html>", "application/json"),
        ("[]", "application/json"),
        ('{"ModelState": []}', "application/json"),
        ("{}", "application/xml"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><Error>&b;</Error>', "text/xml"),
    ],
)
def test_an_error_that_is_none_of_the_vendors_cannot_be_read(body: str, media_type: str) -> None:
    with pytest.raises(ValueError, match=r"object|XML|Expecting"):
        read_outcomes(answered(400, body, media_type), ITEMS)
