from __future__ import annotations

from typing import Any

import pytest

from tests.support.client import Client, Response
from tests.vendors.payt.samples import invoice

FORM = {"content-type": "application/x-www-form-urlencoded"}
NOW = "2026-01-05T09:00:00Z"


def send(payt: Client, what: str, form: str) -> Response:
    return payt.patch(f"/v1/invoices/{what}", content=form.encode(), headers=FORM)


def done(count: int, *unknown: str) -> Any:
    return {"success": True, "count": count, "errors": {"not_found": list(unknown)} if unknown else {}}


@pytest.mark.parametrize(
    "form",
    [
        "administration_id=81&invoice_numbers[]=A1&invoice_numbers[]=A2",
        "administration_id=81&invoice_numbers%5B%5D=A1&invoice_numbers%5B%5D=A2",
        "administration_id=81&invoice_numbers=A1&invoice_numbers=A2",
        "administration_id=81&invoice_numbers=A1&invoice_identifiers=902",
    ],
)
def test_every_spelling_of_the_lists_is_read(payt: Client, post: Any, shown: Any, form: str) -> None:
    post(invoice("A1"), invoice("A2", invoice_identifier="902"), invoice("A3"))

    assert send(payt, "block", form).json == done(2)

    assert [shown(number)["paused_at"] for number in ("A1", "A2", "A3")] == [NOW, NOW, None]


def test_json_is_read_as_well(payt: Client, post: Any, shown: Any) -> None:
    post(invoice("A1"))

    answer = payt.patch("/v1/invoices/block", json={"administration_id": "81", "invoice_numbers": ["A1"]})

    assert answer.json == done(1)
    assert shown("A1")["paused_at"] == NOW


def test_what_was_blocked_is_taken_up_again(payt: Client, post: Any, shown: Any) -> None:
    post(invoice("A1"))
    send(payt, "block", "administration_id=81&invoice_numbers=A1")

    assert send(payt, "resume", "administration_id=81&invoice_numbers=A1").json == done(1)

    assert shown("A1")["paused_at"] is None


def test_what_a_user_paused_stays_paused(payt: Client, shown: Any) -> None:
    before = shown("F-1001")
    send(payt, "block", "administration_id=81&invoice_numbers=F-1001")

    assert send(payt, "resume", "administration_id=81&invoice_numbers=F-1001").json == done(1)

    assert shown("F-1001") == before
    assert before["paused_by_user"] is True


def test_an_invoice_named_in_two_ways_counts_once(payt: Client) -> None:
    form = "administration_id=81&invoice_numbers=F-1002&invoice_identifiers=801"

    assert send(payt, "block", form).json == done(1)


def test_unknown_ones_stand_under_the_kind_of_failure(payt: Client) -> None:
    form = "invoice_numbers=ZZ&invoice_identifiers=9&invoice_numbers=F-1002&invoice_numbers="

    assert send(payt, "block", f"administration_id=81&{form}").json == done(1, "ZZ", "", "9")


def test_nothing_named_is_nothing_done(payt: Client) -> None:
    assert send(payt, "block", "administration_id=81").json == done(0)


def test_a_thousand_can_be_named_and_not_one_more(payt: Client, stored: Any) -> None:
    names = "".join(f"&invoice_numbers[]=F-{number}" for number in range(1001, 2001))

    assert send(payt, "block", f"administration_id=81{names}").json["count"] == 2
    before = stored()

    answer = send(payt, "block", f"administration_id=81{names}&invoice_numbers[]=F-1")

    assert (answer.status, answer.json["message"]) == (422, "invoice_numbers is invalid")
    assert stored() == before


@pytest.mark.parametrize(
    ("form", "status", "message"),
    [
        ("invoice_numbers=A1", 422, "administration_id is missing"),
        ("administration_id=99&invoice_numbers=A1", 403, "No access to administration 99"),
        ("administration_id=&invoice_numbers=A1", 403, "No access to administration "),
        ("administration_id=81&invoice_numbers=%FF", 422, "message body does not match declared format"),
    ],
)
def test_a_form_is_refused_as_json_is(
    payt: Client, stored: Any, form: str, status: int, message: str
) -> None:
    before = stored()

    answer = send(payt, "block", form)

    assert (answer.status, answer.json["message"]) == (status, message)
    assert stored() == before


@pytest.mark.parametrize("what", ["block", "resume"])
def test_they_are_patched_and_nothing_else(payt: Client, what: str) -> None:
    answer = payt.post(f"/v1/invoices/{what}", json={})

    assert (answer.status, answer.headers["allow"]) == (405, "PATCH")


@pytest.mark.parametrize("what", ["block", "resume"])
def test_an_empty_form_lacks_the_administration(payt: Client, what: str) -> None:
    answer = send(payt, what, "")

    assert (answer.status, answer.json["message"]) == (422, "administration_id is missing")
