from __future__ import annotations

from typing import Any

import pytest

from tests.support.client import Client, Response
from tests.vendors.payt.samples import debtor, invoice, still_open, without


@pytest.fixture
def post_debtors(payt: Client) -> Any:
    def post(*records: Any) -> Response:
        return payt.post("/v1/debtors", json={"administration_id": "81", "debtors": list(records)})

    return post


def show(payt: Client, number: str) -> Response:
    return payt.get(f"/v1/debtors/{number}?administration_id=81&identifier_type=debtor_number")


def test_one_bad_of_three_is_named_and_the_others_are_shown(payt: Client, post_debtors: Any) -> None:
    answer = post_debtors(debtor("D-7"), debtor("D-8", country_code="XX"), debtor("D-9"))

    assert (answer.status, answer.json) == (
        201,
        {"success": True, "count": 2, "errors": {"D-8": ["Country code is not included in the list"]}},
    )
    assert [show(payt, number).status for number in ("D-7", "D-8", "D-9")] == [200, 404, 200]


def test_another_sandbox_knows_nothing_of_it(post_debtors: Any, neighbour: Client) -> None:
    post_debtors(debtor("D-9"))

    assert show(neighbour, "D-9").status == 404


def test_an_odd_vat_number_is_a_warning(post_debtors: Any) -> None:
    answer = post_debtors(debtor("D-9", vat_number="123"))

    assert (answer.status, answer.json) == (
        201,
        {"success": True, "count": 1, "errors": {}, "warnings": {"D-9": ["VAT number is invalid"]}},
    )


@pytest.mark.parametrize("number", ["NL001234567B01", "", None])
def test_a_vat_number_with_its_country_or_none_is_not(post_debtors: Any, number: Any) -> None:
    assert "warnings" not in post_debtors(debtor("D-9", vat_number=number)).json


def test_a_missing_member_refuses_the_call_and_stores_nothing(post_debtors: Any, stored: Any) -> None:
    before = stored()

    answer = post_debtors(without(debtor("D-9"), "debtor_identifier"))

    assert (answer.status, answer.json) == (
        422,
        {"code": "unprocessable_entity", "message": "debtors[0][debtor_identifier] is missing"},
    )
    assert stored() == before


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"debtor_number": ""}, "Customer number can't be blank"),
        ({"debtor_number": " "}, "Customer number can't be blank"),
        ({"debtor_number": "x" * 256}, "Customer number is too long (maximum is 255 characters)"),
        ({"name": ""}, "Name can't be blank"),
        ({"country_code": "nl"}, "Country code is not included in the list"),
        ({"vat_number": "N" * 256}, "VAT number is too long (maximum is 255 characters)"),
    ],
)
def test_each_fault_refuses_its_record_and_stores_nothing(
    post_debtors: Any, stored: Any, changes: Any, message: str
) -> None:
    before = stored()

    answer = post_debtors(debtor("D-9", **changes))

    assert (answer.status, answer.json["count"]) == (201, 0)
    assert list(answer.json["errors"].values()) == [[message]]
    assert stored() == before


def test_a_known_debtor_is_updated(payt: Client, post_debtors: Any) -> None:
    post_debtors(debtor("D-1", debtor_identifier="1001", name="Jansen BV"))

    shown = show(payt, "D-1").json

    assert (shown["id"], shown["name"], shown["language_code"]) == ("501", "Jansen BV", "nl")


def test_a_number_of_another_debtor_is_taken(post_debtors: Any) -> None:
    answer = post_debtors(debtor("D-2", debtor_identifier="1001"))

    assert answer.json["errors"] == {"D-2": ["Customer number has already been taken"]}


def test_a_known_number_under_another_identifier_is_taken(post_debtors: Any) -> None:
    answer = post_debtors(debtor("D-2", debtor_identifier="9999"))

    assert answer.json["errors"] == {"D-2": ["Customer number has already been taken"]}


def test_repeated_numbers_are_all_refused(payt: Client, post_debtors: Any) -> None:
    answer = post_debtors(debtor("D-9"), debtor("D-9", debtor_identifier="x"), debtor("D-8"))

    assert answer.json == {
        "success": True,
        "count": 1,
        "errors": {"D-9": ["Customer numbers must be unique"]},
    }
    assert show(payt, "D-9").status == 404


def test_an_unknown_contact_is_a_warning(post_debtors: Any) -> None:
    answer = post_debtors(debtor("D-9", contact_identifier="C-9"), debtor("D-8", contact_identifier="C-1"))

    assert answer.json["warnings"] == {"D-9": ["Contact could not be found"]}


def test_a_new_debtor_can_be_invoiced(post: Any, post_debtors: Any) -> None:
    post_debtors(debtor("D-9"))

    assert post(invoice("A1", debtor_number="D-9")).json["count"] == 1


def test_a_debtor_shows_what_it_was_given(payt: Client, post_debtors: Any) -> None:
    post_debtors(debtor("D-9", country_code="BE", coc_number="0123", remark="hidden"))

    shown = show(payt, "D-9").json

    assert (shown["id"], shown["administration_id"], shown["debtor_identifier"]) == ("503", "81", "id-D-9")
    assert shown["postal_address"]["country_code"] == "BE"
    assert (shown["coc_number"], shown["updated_at"]) == ("0123", "2026-01-05T09:00:00Z")
    assert "remark" not in shown


def test_some_members_come_only_when_named(payt: Client, post: Any, post_debtors: Any) -> None:
    post_debtors(debtor("D-9", labels=["b", "a"], remark="hidden", peppol_enabled=True))
    post(invoice("A1", debtor_number="D-9"), invoice("A2", debtor_number="D-9", **still_open("0.5")))

    answer = payt.get(
        "/v1/debtors/D-9?administration_id=81&identifier_type=debtor_number"
        '&fields={"only":["remark","labels","peppol_enabled","book_open_amount"]}'
    )

    assert answer.json == {
        "remark": "hidden",
        "labels": [{"name": "b"}, {"name": "a"}],
        "peppol_enabled": True,
        "book_open_amount": "100.50",
    }


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("", ["D-1", "D-2"]),
        ("&ids=502", ["D-2"]),
        ("&debtor_numbers=D-2,D-1", ["D-1", "D-2"]),
        ("&debtor_identifiers=1001", ["D-1"]),
        ("&updated_after=2025-11-03T08:00:00Z", []),
        ("&cursor=501", ["D-2"]),
    ],
)
def test_debtors_are_listed_by_what_is_asked(payt: Client, query: str, numbers: list[str]) -> None:
    answer = payt.get(f"/v1/debtors?administration_id=81{query}")

    assert [row["debtor_number"] for row in answer.json["data"]] == numbers


@pytest.mark.parametrize(
    ("place", "kind"), [("501", "id"), ("D-1", "debtor_number"), ("1001", "debtor_identifier")]
)
def test_a_debtor_goes_by_each_identifier(payt: Client, place: str, kind: str) -> None:
    answer = payt.get(f"/v1/debtors/{place}?administration_id=81&identifier_type={kind}")

    assert answer.json["name"] == "Jansen Installatie BV"


def test_an_unknown_debtor_is_not_found(payt: Client) -> None:
    answer = payt.get("/v1/debtors/999?administration_id=81")

    assert (answer.status, answer.json) == (404, {"code": "not_found", "message": "Debtor not found"})


def test_parts_of_an_address_can_be_named(payt: Client) -> None:
    answer = payt.get('/v1/debtors/501?administration_id=81&fields={"only":[{"postal_address":["city"]}]}')

    assert answer.json == {"postal_address": {"city": "Utrecht"}}


def test_a_country_goes_into_the_address_that_is_known(post_debtors: Any, payt: Client) -> None:
    post_debtors(debtor("D-1", debtor_identifier="1001", country_code="BE"))

    address = payt.get("/v1/debtors/501?administration_id=81").json["postal_address"]

    assert (address["country_code"], address["city"]) == ("BE", "Utrecht")


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
