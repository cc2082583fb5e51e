from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from tests.support.client import Client, Response
from tests.vendors.pvex.samples import BATCH, JSON, SAMPLES, invoice, less, required

Push = Callable[..., Response]
Stored = Callable[[], list[dict[str, Any]]]


def test_one_bad_invoice_of_three_refuses_all_of_them(push: Push, stored: Stored, elsewhere: Client) -> None:
    answer = push(invoice(Id="I-1"), less("Number", Id="I-2"), invoice(Id="I-3"))

    assert answer.status == 400
    assert answer.json == {"Message": "The request is invalid.", "ModelState": required(1, "Number")}
    assert stored() == []
    assert elsewhere.get("/api/Invoice?subscriberId=SUB-1").json == []


def test_a_batch_is_seen_in_its_own_sandbox_only(push: Push, pvex: Client, elsewhere: Client) -> None:
    push(invoice())

    assert pvex.get("/api/Invoice/I-1").json["Number"] == "N-1"
    assert elsewhere.get("/api/Invoice/I-1").status == 404


def test_success_is_empty_and_untyped(push: Push) -> None:
    answer = push(invoice())

    assert (answer.status, answer.body) == (200, b"")
    assert answer.headers["content-length"] == "0"
    assert "content-type" not in answer.headers


def test_the_seed_sample_is_stored_as_it_is(pvex: Client) -> None:
    answer = pvex.post(BATCH, content=(SAMPLES / "request.json").read_bytes(), headers=JSON)

    kept = pvex.get("/api/Invoice/sample%20string%2012").json
    assert answer.status == 200
    assert kept["ApiCreateDate"] == "2025-12-16T00:51:54.4190046+00:00"
    assert (kept["Amount"], kept["CheckSum"], kept["RowKey"]) == (Decimal("1.0"), 10, 11)


@pytest.mark.parametrize("media_type", ["application/json", "text/json", "Application/JSON ; charset=UTF-8"])
def test_both_names_of_json_are_read(push: Push, stored: Stored, media_type: str) -> None:
    answer = push(invoice(), content_type=media_type)

    assert answer.status == 200
    assert len(stored()) == 1


def test_an_empty_list_changes_nothing(push: Push, stored: Stored) -> None:
    assert push().status == 200
    assert stored() == []


def test_a_null_item_is_passed_over(push: Push, stored: Stored) -> None:
    answer = push(None, invoice())

    assert answer.status == 200
    assert len(stored()) == 1


def test_a_number_of_fifty_characters_passes(push: Push) -> None:
    assert push(invoice(Number="x" * 50)).status == 200


def test_twenty_five_emoji_are_fifty_units(push: Push, stored: Stored) -> None:
    push(invoice(Number="\N{DOG FACE}" * 25))

    assert stored()[0]["Number"] == "\N{DOG FACE}" * 25


def test_quoted_values_are_converted_and_strangers_dropped(push: Push, stored: Stored) -> None:
    push(invoice(RowKey="7", Amount="12.50", Deleted="true", Bogus=1))

    kept = stored()[0]
    assert (kept["RowKey"], str(kept["Amount"]), kept["Deleted"]) == (7, "12.50", True)
    assert "Bogus" not in kept


def test_names_may_come_in_any_case(push: Push, stored: Stored) -> None:
    push({name.lower(): value for name, value in invoice().items()})

    assert stored()[0]["ClientPmsId"] == "5001"


@pytest.mark.parametrize(
    ("member", "sent", "kept"),
    [
        ("Number", 123, "123"),
        ("Number", True, "True"),
        ("Deleted", 1, True),
        ("Deleted", "", None),
        ("Amount", "", None),
        ("DateTime", "", None),
        ("Amount", "1,234.50", Decimal("1234.50")),
        ("RowKey", 0, 0),
        ("RowKey", -5, -5),
        ("CheckSum", 2147483647, 2147483647),
        ("SiteId", "", ""),
    ],
)
def test_a_value_is_read_as_json_net_reads_it(
    push: Push, stored: Stored, member: str, sent: object, kept: object
) -> None:
    push(invoice(**{member: sent}))

    assert stored()[0][member] == kept


@pytest.mark.parametrize(
    ("sent", "printed"),
    [
        ("1", "1.0"),
        ("1.0", "1.0"),
        ("12.10", "12.10"),
        ("1e3", "1000.0"),
        ("0.1000000000000000055511151231257827", "0.1000000000000000055511151231257827"),
        ("79228162514264337593543950335", "79228162514264337593543950335.0"),
        ("0.00000001", "0.00000001"),
        ("-0.005", "-0.005"),
    ],
)
def test_an_amount_is_exact_and_has_a_point(pvex: Client, sent: str, printed: str) -> None:
    body = str(invoice()).replace("'", '"').replace("}", f', "Amount": {sent}}}')

    pvex.post(BATCH, content=f"[{body}]".encode(), headers=JSON)

    assert f'"Amount":{printed},' in pvex.get("/api/Invoice/I-1").text


def test_the_last_of_equal_members_counts(pvex: Client, stored: Stored) -> None:
    body = str(invoice()).replace("'", '"').replace("}", ', "Number": "N-2", "number": "N-3"}')

    pvex.post(BATCH, content=f"[{body}]".encode(), headers=JSON)

    assert stored()[0]["Number"] == "N-3"


def test_lenient_json_is_read(pvex: Client, stored: Stored) -> None:
    body = str(invoice()).replace("'Number'", "Number").replace("}", ", /* late */ Amount: 2.50,}")

    answer = pvex.post(BATCH, content=f"[{body},]".encode(), headers=JSON)

    assert answer.status == 200
    assert str(stored()[0]["Amount"]) == "2.50"


def test_of_two_equal_keys_the_later_wins(push: Push, stored: Stored) -> None:
    push(invoice(Amount=1), invoice(Amount=2))

    assert [str(one["Amount"]) for one in stored()] == ["2.0"]


def test_a_known_invoice_is_replaced_whole(push: Push, stored: Stored) -> None:
    push(invoice(Amount=1, SiteId="MAIN"))

    push(invoice(Number="N-2"))

    (kept,) = stored()
    assert (kept["Number"], kept["Amount"], kept["SiteId"]) == ("N-2", None, None)


def test_the_first_creation_date_stays(push: Push, stored: Stored) -> None:
    push(invoice())

    push(invoice(ApiCreateDate="2026-01-01T00:00:00Z"))

    assert stored()[0]["ApiCreateDate"] == "2025-12-16T00:00:00Z"


def test_the_change_date_is_the_servers_unless_it_is_sent(push: Push, stored: Stored) -> None:
    push(invoice(Id="I-1"), invoice(Id="I-2", ApiLastChangeDate="2025-12-17T00:00:00Z"))

    assert [one["ApiLastChangeDate"] for one in stored()] == ["2026-01-05T09:00:00Z", "2025-12-17T00:00:00Z"]


def test_one_id_of_two_subscribers_is_two_invoices(push: Push, pvex: Client) -> None:
    push(invoice(Number="A", SubscriberId="SUB-1"), invoice(Number="B", SubscriberId="SUB-2"))

    assert pvex.get("/api/Invoice/I-1?subscriberId=SUB-2").json["Number"] == "B"


def test_a_slash_never_mixes_two_keys_up(push: Push, pvex: Client) -> None:
    push(invoice(SubscriberId="a/b", Id="c"), invoice(SubscriberId="a", Id="b/c"))

    assert len(pvex.get("/api/Invoice?subscriberId=a").json) == 1
    assert len(pvex.get("/api/Invoice?subscriberId=a%2Fb").json) == 1


def test_a_deleted_invoice_comes_back(push: Push, stored: Stored) -> None:
    push(invoice(Deleted=True))

    push(invoice(Deleted=False))

    assert [one["Deleted"] for one in stored()] == [False]


def test_an_offset_becomes_server_time(push: Push, stored: Stored) -> None:
    push(invoice(ApiCreateDate="2025-12-16T10:00:00-06:00"))

    assert stored()[0]["ApiCreateDate"] == "2025-12-16T16:00:00+00:00"


def test_texts_are_kept_as_they_are(push: Push, stored: Stored) -> None:
    text = " =cmd() <b>&amp; \u202eabc\u0301 "

    push(invoice(Number=text))

    assert stored()[0]["Number"] == text
