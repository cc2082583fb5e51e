from __future__ import annotations

from typing import Any

import pytest

from tests.support.client import Client
from tests.vendors.payt.records import debtor, invoice

ODD = "Probably incorrect SMS or phone number"


@pytest.fixture
def post_contacts(payt: Client) -> Any:
    """Post contacts into administration 81."""

    def post(*records: Any) -> Any:
        return payt.post("/v1/contacts", json={"administration_id": "81", "contacts": list(records)}).json

    return post


def listed(payt: Client, query: str = "") -> Any:
    return payt.get(f"/v1/contacts?administration_id=81{query}").json["data"]


def told(count: int, errors: Any, **warnings: Any) -> Any:
    return {"success": True, "count": count, "errors": errors, **warnings}


def test_a_contact_of_the_fixtures_is_shown(payt: Client) -> None:
    shown = listed(payt)[0]

    assert (shown["id"], shown["contact_identifier"], shown["lastname"]) == ("301", "C-1", "Jansen")
    assert (shown["debtor_numbers"], shown["validation_errors"]) == (["D-1"], {})


def test_a_posted_contact_is_updated_by_its_code(payt: Client, post_contacts: Any) -> None:
    assert post_contacts({"contact_identifier": "C-9", "firstname": "Sanne"}) == told(1, {})
    assert post_contacts({"contact_identifier": "C-9", "lastname": "Bakker", "firstname": None}) == told(
        1, {}
    )

    shown = listed(payt, "&contact_identifiers=C-9")

    assert [(one["id"], one["firstname"], one["lastname"]) for one in shown] == [("302", None, "Bakker")]


def test_a_contact_is_updated_by_payt_s_id(payt: Client, post_contacts: Any) -> None:
    assert post_contacts({"id": "301", "contact_identifier": "C-5"}) == told(1, {})

    assert [one["contact_identifier"] for one in listed(payt)] == ["C-5"]


@pytest.mark.parametrize(
    ("record", "errors"),
    [
        ({}, {"contacts[0]": ["Contact identifier can't be blank"]}),
        ({"id": "999"}, {"not_found": ["999"]}),
        ({"id": "302", "contact_identifier": "C-1"}, {"C-1": ["Contact identifier has already been taken"]}),
        ({"contact_identifier": "C-2", "birth_date": "1990-02-30"}, {"C-2": ["Birth date is invalid"]}),
        (
            {"contact_identifier": "C-2", "postal_address_country_code": "XX"},
            {"C-2": ["Postal address country code is not included in the list"]},
        ),
        (
            {"contact_identifier": "C-2", "prefix": "x" * 256},
            {"C-2": ["Prefix is too long (maximum is 255 characters)"]},
        ),
    ],
)
def test_a_bad_contact_is_told_why(payt: Client, post_contacts: Any, record: Any, errors: Any) -> None:
    post_contacts({"contact_identifier": "C-8"})
    before = listed(payt)

    assert post_contacts(record) == told(0, errors)

    assert listed(payt) == before


def test_a_gender_is_one_of_three(payt: Client) -> None:
    record = {"contact_identifier": "C-2", "gender": "x"}

    answer = payt.post("/v1/contacts", json={"administration_id": "81", "contacts": [record]})

    assert (answer.status, answer.json["message"]) == (422, "contacts[0][gender] does not have a valid value")


def test_an_odd_number_is_a_warning_and_stays_visible(payt: Client, post_contacts: Any) -> None:
    answer = post_contacts({"contact_identifier": "C-9", "sms_phone_number": "12", "call_phone_number": "x"})

    assert answer == told(1, {}, warnings={"C-9": [ODD]})
    assert listed(payt, "&ids=302")[0]["validation_errors"] == {
        "call_phone_number": [ODD],
        "sms_phone_number": [ODD],
    }


def test_a_code_twice_in_a_call_is_refused(post_contacts: Any) -> None:
    answer = post_contacts({"contact_identifier": "C-9"}, {"contact_identifier": "C-9"}, {"id": "301"})

    assert answer == told(1, {"C-9": ["Contact identifiers must be unique"]})


def test_contacts_are_found_by_their_debtors(payt: Client, post_contacts: Any) -> None:
    post_contacts({"contact_identifier": "C-9"})
    payt.post(
        "/v1/debtors",
        json={"administration_id": "81", "debtors": [debtor("D-9", contact_identifier="C-9")]},
    )

    assert [one["contact_identifier"] for one in listed(payt, "&debtor_numbers=D-9,D-2")] == ["C-9"]


def test_a_new_contact_can_be_named_by_an_invoice(post: Any, post_contacts: Any) -> None:
    post_contacts({"contact_identifier": "C-9"})

    assert post(invoice("A1", contact_identifier="C-9")).json == told(1, {})
