from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.client import Client, Response
from tests.vendors.pvex.samples import BATCH, GENERAL, JSON, VALID, invoice, less, required

Push = Callable[..., Response]
Stored = Callable[[], list[dict[str, Any]]]
TOO_LONG = "The field Number must be a string with a maximum length of 50."


def test_every_item_is_looked_at(push: Push) -> None:
    answer = push(less("ClientId"), invoice(), invoice(SyncId="  "))

    assert answer.json["ModelState"] == required(0, "ClientId") | required(2, "SyncId")


@pytest.mark.parametrize("nothing", [None, "", "   ", "\u3000\u0085"])
def test_a_required_text_needs_more_than_white_space(push: Push, stored: Stored, nothing: object) -> None:
    answer = push(invoice(Number=nothing))

    assert answer.json["ModelState"] == required(0, "Number")
    assert stored() == []


@pytest.mark.parametrize("text", ["x" * 51, "\N{DOG FACE}" * 26], ids=["ascii", "emoji"])
def test_a_text_has_fifty_utf16_units_at_most(push: Push, text: str) -> None:
    assert push(invoice(Number=text)).json["ModelState"] == {"invoices[0].Number": [TOO_LONG]}


def test_a_long_blank_text_breaks_both_attributes(push: Push) -> None:
    answer = push(invoice(Number=" " * 51))

    assert answer.json["ModelState"] == {"invoices[0].Number": ["The Number field is required.", TOO_LONG]}


def test_left_out_value_types_are_faults_of_the_item(push: Push) -> None:
    answer = push(less("RowKey", "ApiCreateDate"))

    assert answer.json["ModelState"] == {"invoices[0]": [GENERAL, GENERAL]}


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("Amount", "abc"),
        ("Amount", {}),
        ("Amount", 10**29),
        ("DateTime", "nope"),
        ("DateTime", 20251216),
        ("ApiCreateDate", ""),
        ("ApiCreateDate", None),
        ("RowKey", None),
        ("RowKey", ""),
        ("RowKey", 1.5),
        ("CheckSum", None),
        ("IsComplete", None),
        ("Deleted", "yes"),
        ("Number", []),
        ("Number", "a\x00b"),
        ("SiteId", "a\x0bb"),
    ],
)
def test_what_the_reader_cannot_take_has_a_general_text(
    push: Push, stored: Stored, member: str, value: object
) -> None:
    answer = push(invoice(**{member: value}))

    assert (answer.status, answer.json["ModelState"]) == (400, {f"invoices[0].{member}": [GENERAL]})
    assert stored() == []


def test_an_overflow_loses_the_rest_of_the_array(push: Push) -> None:
    answer = push(less("Number"), invoice(RowKey=99999999999), less("Number"))

    assert list(answer.json["ModelState"]) == ["invoices[1].RowKey", "invoices[1].Id", "invoices[0].Number"]


def test_an_overflow_in_quotes_loses_nothing(push: Push) -> None:
    answer = push(invoice(RowKey="99999999999"), less("Number"))

    assert list(answer.json["ModelState"]) == ["invoices[0].RowKey", "invoices[1].Number"]


def test_an_overflow_at_the_end_of_an_item_stands_alone(push: Push) -> None:
    answer = push({**less("RowKey", "Number", Amount="abc"), "CheckSum": 2**40})

    assert list(answer.json["ModelState"]) == ["invoices[0].Amount", "invoices[0].CheckSum"]


def test_readers_faults_stand_before_those_of_the_attributes(push: Push) -> None:
    answer = push(less("SyncId", "Number"), invoice(Amount="abc", DateTime="nope"))

    assert list(answer.json["ModelState"]) == [
        "invoices[1].DateTime",
        "invoices[1].Amount",
        "invoices[0].Number",
        "invoices[0].SyncId",
    ]


@pytest.mark.parametrize("item", [1, "text", True, [], [[]]], ids=str)
def test_what_is_no_object_is_a_fault_of_the_item(push: Push, item: object) -> None:
    assert push(invoice(), item).json["ModelState"] == {"invoices[1]": [GENERAL]}


@pytest.mark.parametrize(
    ("body", "key"),
    [
        (b'{"Number": "N-1", "Id": "I-1"}', "invoices.Number"),
        (b"{}", "invoices"),
        (b"5", "invoices"),
        (b'"text"', "invoices"),
        (b"hello", "invoices"),
        (b'[{"Number": "\xff"}]', "invoices"),
        (b'[{"Number": "\\ud800"}]', "invoices"),
        (b'{"\\ud800": 1}', "invoices"),
        (b"[" * 100_000, "invoices"),
        (b'[{"RowKey": ' + b"9" * 5000 + b"}]", "invoices"),
        (b'[{"Amount": 1e400}]', "invoices"),
    ],
    ids=lambda value: str(value[:12]),
)
def test_a_body_that_is_no_list_has_one_key(pvex: Client, body: bytes, key: str) -> None:
    answer = pvex.post(BATCH, content=body, headers=JSON)

    assert answer.status == 400
    assert answer.json == {"Message": "The request is invalid.", "ModelState": {key: [GENERAL]}}


@pytest.mark.parametrize(
    ("body", "key"),
    [
        (b'[{"Number": ', "invoices[0].Number"),
        (b'[{"Number": "N-1" "Id": 1}]', "invoices[0].Number"),
        (b'[{"Number": "N-1"}, {"id" 5}]', "invoices[1].id"),
        (b'[{"Number": "N-1"}, ', "invoices[0]"),
        (b'[{"Amount": NaN}]', "invoices[0].Amount"),
        (b'[{"Amount": -Infinity,}]', "invoices[0].Amount"),
        (b"[/* one */ {Number: 'N-1', Id:", "invoices[0].Id"),
        (b'[{"a b": }]', "invoices[0]['a b']"),
        (b'[{"Number": "\n', "invoices[0].Number"),
        (b'{"Number": ', "invoices.Number"),
        (b"[", "invoices"),
        (b"[{", "invoices[0]"),
    ],
    ids=lambda value: str(value[:24]),
)
def test_broken_json_is_keyed_by_the_place_that_was_reached(pvex: Client, body: bytes, key: str) -> None:
    answer = pvex.post(BATCH, content=body, headers=JSON)

    assert (answer.status, answer.json["ModelState"]) == (400, {key: [GENERAL]})


@pytest.mark.parametrize(
    "body", [b"null", b"", b"  ", b"/* nothing */ // here"], ids=["null", "none", "blank", "comment"]
)
def test_a_null_body_is_no_crash(pvex: Client, body: bytes) -> None:
    answer = pvex.post(BATCH, content=body, headers=JSON)

    assert (answer.status, answer.json) == (400, {"Message": GENERAL})


def test_all_required_members_can_be_missing_at_once(push: Push) -> None:
    answer = push({})

    texts = [name for name in VALID if name not in ("ApiCreateDate", "RowKey")]
    assert answer.json["ModelState"] == {"invoices[0]": [GENERAL, GENERAL]} | required(0, *texts)
