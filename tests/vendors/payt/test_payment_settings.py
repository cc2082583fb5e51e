from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.support.client import Client
from tests.vendors.payt.samples import invoice, line


@pytest.fixture
def post_settings(payt: Client) -> Any:
    """Post settings of a kind into administration 81."""

    def post(kind: str, *records: Any) -> Any:
        return payt.post(f"/v1/{kind}", json={"administration_id": "81", kind: list(records)}).json

    return post


def rates(payt: Client, query: str = "") -> Any:
    return payt.get(f"/v1/vat_rates?administration_id=81{query}").json


def told(count: int, errors: Any) -> Any:
    return {"success": True, "count": count, "errors": errors}


def test_rates_are_shown_as_numbers(payt: Client) -> None:
    assert rates(payt)["data"][0] == {
        "id": "11",
        "administration_id": "81",
        "code": "NL21",
        "name": "BTW hoog",
        "category": "regular",
        "rate": 21,
    }


def test_rates_are_paged(payt: Client) -> None:
    assert rates(payt, "&per_page=2")["pagination"] == {"cursor": "12"}
    assert [one["code"] for one in rates(payt, "&per_page=2&cursor=12")["data"]] == ["NL0"]


def test_a_new_rate_serves_lines(payt: Client, post: Any, post_settings: Any, shown: Any) -> None:
    assert post_settings("vat_rates", {"code": "BE6", "rate": "6.5", "name": "BTW 6,5%"}) == told(1, {})
    assert rates(payt)["data"][-1]["rate"] == Decimal("6.5")

    post(invoice("A1", invoice_lines=[line(vat_rate_code="BE6")]))

    assert shown("A1", "invoice_lines")["invoice_lines"][0]["total_incl_tax_amount"] == "10.65"


def test_a_known_rate_keeps_what_is_not_said(payt: Client, post_settings: Any) -> None:
    assert post_settings("vat_rates", {"code": "NL0", "category": "exempt"}) == told(1, {})

    shown = rates(payt)["data"][2]

    assert (shown["name"], shown["rate"], shown["category"]) == ("BTW nul", 0, "exempt")


@pytest.mark.parametrize(
    ("record", "errors"),
    [
        ({"code": "BE6"}, {"BE6": ["Rate can't be blank", "Name can't be blank"]}),
        ({"rate": "6", "name": "x"}, {"vat_rates[0]": ["Code can't be blank"]}),
        ({"code": " ", "rate": "6", "name": "x"}, {"vat_rates[0]": ["Code can't be blank"]}),
        ({"code": "BE6", "rate": "six", "name": "x"}, {"BE6": ["Rate is not a number"]}),
    ],
)
def test_a_bad_rate_is_told_why(payt: Client, post_settings: Any, record: Any, errors: Any) -> None:
    assert post_settings("vat_rates", record) == told(0, errors)
    assert len(rates(payt)["data"]) == 3


def test_a_code_twice_in_a_call_is_refused(post_settings: Any) -> None:
    record = {"code": "60", "name": "60 dagen"}

    answer = post_settings("payment_conditions", record, record)

    assert answer == told(0, {"60": ["Codes must be unique"]})


def test_a_new_payment_condition_can_be_named(post: Any, post_settings: Any) -> None:
    assert post(invoice("A1", payment_condition="60")).json["count"] == 0

    assert post_settings("payment_conditions", {"code": "60", "name": "60 dagen"}) == told(1, {})

    assert post(invoice("A1", payment_condition="60")).json["count"] == 1


def test_a_payment_condition_posted_again_is_renamed(post_settings: Any, stored: Any) -> None:
    assert post_settings("payment_conditions", {"code": "30", "name": "Een maand"}) == told(1, {})

    kept = stored()["payt/81"]["payment_conditions"]
    assert [(one["code"], one["name"]) for one in kept.values()] == [("14", "14 dagen"), ("30", "Een maand")]


def test_payment_conditions_are_not_listed(payt: Client) -> None:
    answer = payt.get("/v1/payment_conditions?administration_id=81")

    assert (answer.status, answer.headers["allow"]) == (405, "POST")
