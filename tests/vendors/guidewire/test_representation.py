from __future__ import annotations

import pytest

from tests.support.client import Client
from tests.vendors.guidewire.samples import (
    A_ID,
    B_ID,
    C_ID,
    D_ID,
    E_ID,
    F_ID,
    G_ID,
    INVOICES,
    A,
    attributes,
    ids,
    messages,
    sent,
    shown,
)


class TestFields:
    def test_named_ones_are_all_there_is(self, guidewire: Client) -> None:
        assert shown(guidewire, f"{A}?fields=id,status") == {
            "id": A_ID,
            "status": {"code": "draft", "name": "Draft"},
        }

    @pytest.mark.parametrize("sets", ["*all", "*detail", "*default", "*summary,*all"])
    def test_one_invoice_shows_everything_by_default(self, guidewire: Client, sets: str) -> None:
        assert shown(guidewire, f"{A}?fields={sets}") == shown(guidewire, A)

    def test_a_set_and_a_name_add_up(self, guidewire: Client) -> None:
        found = shown(guidewire, f"{A}?fields=*summary,valid")

        assert list(found) == [
            "id",
            "payTo",
            "payee",
            "scheduledSendDate",
            "status",
            "totalTransactionAmount",
            "valid",
        ]

    def test_rows_can_show_more(self, guidewire: Client) -> None:
        row = guidewire.get(f"{INVOICES}?fields=*default,mailTo").json["data"][0]

        assert row["attributes"]["mailTo"] == "Nora Whitlock"
        assert "valid" not in row["attributes"]

    @pytest.mark.parametrize("names", ["nope", "id,nope", ""])
    def test_unknown_ones_are_refused(self, guidewire: Client, names: str) -> None:
        answered = guidewire.get(f"{A}?fields={names}")

        assert answered.status == 400


class TestUnknownParameters:
    @pytest.mark.parametrize("path", [INVOICES, A])
    def test_they_are_refused(self, guidewire: Client, path: str) -> None:
        answered = guidewire.get(f"{path}?bogus=1")

        assert answered.status == 400
        assert messages(answered) == ["Query parameter 'bogus' is not defined"]

    @pytest.mark.parametrize("handling", ["ignore", "log"])
    def test_a_header_lets_them_pass(self, guidewire: Client, handling: str) -> None:
        headers = {"GW-UnknownQueryParamHandling": handling}

        answered = guidewire.get(f"{INVOICES}?bogus=1", headers=headers)

        assert answered.status == 200

    def test_the_header_has_three_values(self, guidewire: Client) -> None:
        answered = guidewire.get(INVOICES, headers={"GW-UnknownQueryParamHandling": "maybe"})

        assert answered.status == 400
        assert messages(answered) == [
            "The value 'maybe' of 'GW-UnknownQueryParamHandling' is not one of: reject, ignore, log"
        ]


ALL = [A_ID, B_ID, C_ID, D_ID, E_ID, F_ID, G_ID]


def test_all_invoices_come_in_order_of_creation(guidewire: Client) -> None:
    answered = guidewire.get(INVOICES)

    assert answered.status == 200
    assert ids(answered) == ALL
    assert (answered.json["count"], "total" in answered.json) == (7, False)


def test_a_new_one_comes_last(guidewire: Client) -> None:
    made = attributes(guidewire.post(INVOICES, json=sent(payeeAddressBookUID="ab:1")))

    assert ids(guidewire.get(INVOICES)) == [*ALL, made["id"]]


def test_a_row_shows_the_summary(guidewire: Client) -> None:
    row = guidewire.get(INVOICES).json["data"][1]

    assert list(row["attributes"]) == [
        "id",
        "invoiceNumber",
        "payTo",
        "payee",
        "scheduledSendDate",
        "status",
        "totalTransactionAmount",
    ]
    assert "primaryAddress" not in row["attributes"]["payee"]


def test_a_row_has_the_checksum_of_the_invoice(guidewire: Client) -> None:
    row = guidewire.get(INVOICES).json["data"][0]

    alone = guidewire.get(A).json["data"]
    assert (row["checksum"], row["links"]) == (alone["checksum"], alone["links"])


class TestPages:
    def test_the_first_of_several(self, guidewire: Client) -> None:
        answered = guidewire.get(f"{INVOICES}?pageSize=2&includeTotal=true")

        assert (answered.json["count"], answered.json["total"]) == (2, 7)
        assert answered.json["links"] == {
            "first": {"href": f"{INVOICES}?pageSize=2&includeTotal=true", "methods": ["get"]},
            "next": {"href": f"{INVOICES}?pageSize=2&includeTotal=true&pageOffset=2", "methods": ["get"]},
            "self": {"href": f"{INVOICES}?pageSize=2&includeTotal=true", "methods": ["get"]},
        }

    def test_one_in_the_middle(self, guidewire: Client) -> None:
        links = guidewire.get(f"{INVOICES}?pageSize=2&pageOffset=3").json["links"]

        assert links["prev"]["href"] == f"{INVOICES}?pageSize=2&pageOffset=1"
        assert links["next"]["href"] == f"{INVOICES}?pageSize=2&pageOffset=5"

    def test_the_last(self, guidewire: Client) -> None:
        answered = guidewire.get(f"{INVOICES}?pageSize=4&pageOffset=4")

        assert ids(answered) == ALL[4:]
        assert "next" not in answered.json["links"]

    def test_one_past_the_end(self, guidewire: Client) -> None:
        answered = guidewire.get(f"{INVOICES}?pageSize=2&pageOffset=50")

        assert (answered.status, answered.json["count"]) == (200, 0)
        assert answered.json["links"]["prev"]["href"] == f"{INVOICES}?pageSize=2&pageOffset=5"

    def test_following_next_finds_everything_once(self, guidewire: Client) -> None:
        first = guidewire.get(f"{INVOICES}?pageSize=3&filter=status:ne:draft")
        second = guidewire.get(first.json["links"]["next"]["href"])

        assert ids(first) + ids(second) == [C_ID, D_ID, E_ID, F_ID, G_ID]

    @pytest.mark.parametrize(
        "query",
        [
            "pageSize=101",
            "pageSize=0",
            "pageSize=x",
            "pageSize=1.5",
            "pageSize=" + "1" * 5000,
            "pageOffset=-1",
            "includeTotal=maybe",
        ],
    )
    def test_what_is_no_page_is_refused(self, guidewire: Client, query: str) -> None:
        answered = guidewire.get(f"{INVOICES}?{query}")

        assert answered.status == 400
        assert answered.json["details"][0]["properties"] == {
            "parameterLocation": "query",
            "parameterName": query.partition("=")[0],
        }


class TestFilters:
    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ("filter=status:in:draft,rejected", [A_ID, B_ID, F_ID]),
            ("filter=status:ni:draft,rejected", [C_ID, D_ID, E_ID, G_ID]),
            ("filter=status:eq:issued", [D_ID]),
            ("filter=status:ne:draft&filter=paymentMethod:eq:check&filter=payTo:sw:Tomas", [F_ID]),
            ("filter=status%3Ain%3Adraft%2Crejected", [A_ID, B_ID, F_ID]),
            ("filter=scheduledSendDate:lt:2026-01-05T00::00::00.000Z", [D_ID, E_ID]),
            ("filter=scheduledSendDate:le:2026-01-05T01::00::00%2B01::00", [D_ID, E_ID, G_ID]),
            ("filter=scheduledSendDate:gt:2026-03-10T00::00::00Z", [B_ID, C_ID]),
            ("filter=scheduledSendDate:ge:2026-03-10T00::00::00Z", [A_ID, B_ID, C_ID]),
            (
                "filter=scheduledSendDate:in:2026-03-10T00::00::00Z,2026-03-17T01::00::00%2B01::00",
                [A_ID, B_ID],
            ),
            ("filter=scheduledSendDate:in:2026-03-10T00::00::00Z", [A_ID]),
            (
                "filter=scheduledSendDate:ni:2026-03-10T00::00::00Z,2026-03-17T00::00::00Z&filter=status:eq:rejected",
                [F_ID],
            ),
            ("filter=invoiceNumber:cn:2025", [D_ID, E_ID]),
            ("filter=invoiceNumber:eq:nothing", []),
            ("filter=invoiceNumber:ne:INV-2026-002", [A_ID, C_ID, D_ID, E_ID, F_ID, G_ID]),
        ],
    )
    def test_rows_keep_every_filter(self, guidewire: Client, query: str, expected: list[str]) -> None:
        answered = guidewire.get(f"{INVOICES}?{query}")

        assert answered.status == 200
        assert ids(answered) == expected

    def test_a_doubled_colon_stands_for_one(self, guidewire: Client) -> None:
        guidewire.patch(A, json=sent(invoiceNumber="a:b"))

        assert ids(guidewire.get(f"{INVOICES}?filter=invoiceNumber:eq:a::b")) == [A_ID]

    @pytest.mark.parametrize(
        "text",
        [
            "status:xx:draft",
            "status:draft",
            "mailTo:eq:x",
            "scheduledSendDate:lt:2026-05-11T07:00:00.000Z",
            "scheduledSendDate:lt:tomorrow",
            "scheduledSendDate:eq:2026-03-10T00::00::00Z,2026-03-17T00::00::00Z",
            "scheduledSendDate:in:2026-03-10T00::00::00Z,",
            "scheduledSendDate:in:2025-02-29T00::00::00Z",
            "scheduledSendDate:in:tomorrow",
            "scheduledSendDate:lt:0001-01-01T00::00::00%2B14::00",
            "",
        ],
    )
    def test_what_is_no_filter_is_refused(self, guidewire: Client, text: str) -> None:
        answered = guidewire.get(f"{INVOICES}?filter={text}")

        assert answered.status == 400
        assert answered.json["details"][0]["properties"] == {
            "parameterLocation": "query",
            "parameterName": "filter",
        }

    def test_the_total_counts_what_is_left(self, guidewire: Client) -> None:
        answered = guidewire.get(f"{INVOICES}?filter=status:eq:draft&pageSize=1&includeTotal=true")

        assert (answered.json["count"], answered.json["total"]) == (1, 2)


class TestSorting:
    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ("sort=scheduledSendDate", [E_ID, D_ID, G_ID, F_ID, A_ID, B_ID, C_ID]),
            ("sort=-scheduledSendDate", [C_ID, B_ID, A_ID, F_ID, G_ID, D_ID, E_ID]),
            ("sort=invoiceNumber", [A_ID, E_ID, D_ID, B_ID, C_ID, F_ID, G_ID]),
            ("sort=status,-invoiceNumber", [C_ID, E_ID, B_ID, A_ID, D_ID, F_ID, G_ID]),
        ],
    )
    def test_the_first_field_counts_most(self, guidewire: Client, query: str, expected: list[str]) -> None:
        assert ids(guidewire.get(f"{INVOICES}?{query}")) == expected

    @pytest.mark.parametrize("query", ["sort=mailTo", "sort="])
    def test_other_fields_are_refused(self, guidewire: Client, query: str) -> None:
        answered = guidewire.get(f"{INVOICES}?{query}")

        assert answered.status == 400
