from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mockserver.sandbox.store import State
from mockserver.server.application import Application
from tests.support.client import Client
from tests.vendors.payt.samples import invoice, line, payment, still_open

LIST = "/v1/invoices?administration_id=81"


@pytest.fixture
def three(post: Any) -> None:
    """Three invoices of three days; the first has the latest."""
    post(
        invoice("L1", invoice_date="2026-06-03", due_date="2026-07-01", invoice_identifier="l-1"),
        invoice("L2", invoice_date="2026-06-01", due_date="2026-07-03", debtor_number="D-2"),
        invoice("L3", invoice_date="2026-06-02", due_date="2026-07-02", book_amount_total="99.99"),
    )


def numbers(payt: Client, query: str) -> list[str]:
    """The numbers of the listed invoices, those of the fixtures left out."""
    rows = payt.get(f"{LIST}{query}").json["data"]
    return [row["invoice_number"] for row in rows if row["invoice_number"].startswith("L")]


@pytest.mark.usefixtures("three")
class TestPages:
    def test_a_page_ends_with_the_cursor_of_its_last_record(self, payt: Client) -> None:
        page = payt.get(f"{LIST}&invoice_numbers=L1,L2,L3&per_page=2").json

        assert [row["id"] for row in page["data"]] == ["2603746", "2603747"]
        assert page["pagination"] == {"cursor": "2603747"}

    def test_the_last_page_has_no_cursor(self, payt: Client) -> None:
        page = payt.get(f"{LIST}&invoice_numbers=L1,L2,L3&per_page=2&cursor=2603747").json

        assert [row["id"] for row in page["data"]] == ["2603748"]
        assert page["pagination"] == {"cursor": None}

    def test_a_full_last_page_has_none_either(self, payt: Client) -> None:
        page = payt.get(f"{LIST}&invoice_numbers=L1,L2,L3&per_page=3").json

        assert page["pagination"] == {"cursor": None}

    def test_after_the_last_record_there_is_an_empty_page(self, payt: Client) -> None:
        page = payt.get(f"{LIST}&cursor=2603748").json

        assert page == {"data": [], "pagination": {"cursor": None}}

    @pytest.mark.parametrize(
        ("order", "first", "rest"),
        [
            ("invoice_date_asc", "2603747", ["L3", "L1"]),
            ("due_date_desc", "2603747", ["L3", "L1"]),
            ("invoice_date_desc", "2603746", ["L3", "L2"]),
        ],
    )
    def test_a_page_goes_on_in_its_order(self, payt: Client, order: str, first: str, rest: list[str]) -> None:
        assert numbers(payt, f"&invoice_numbers=L1,L2,L3&order={order}&cursor={first}") == rest


def test_ids_are_ordered_as_numbers(app: Application, sandbox: str, payt: Client, post: Any) -> None:
    app.sandboxes.transact(sandbox, "payt/", _count_on_from(9_999_998))
    post(invoice("L1"), invoice("L2"))

    rows = payt.get(LIST).json["data"]

    assert [row["id"] for row in rows] == ["2603744", "2603745", "9999999", "10000000"]


@pytest.mark.usefixtures("three")
class TestFilters:
    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("", ["L1", "L2", "L3"]),
            ("&ids=2603748,2603746", ["L1", "L3"]),
            ("&invoice_numbers=L3, L9", ["L3"]),
            ("&invoice_identifiers=l-1", ["L1"]),
            ("&debtor_ids=502", ["L2"]),
            ("&debtor_numbers=D-2", ["L2"]),
            ("&debtor_identifiers=1001", ["L1", "L3"]),
            ("&debtor_numbers=D-9", []),
            ("&credit_case_ids=1", []),
            ("&ids=", ["L1", "L2", "L3"]),
            ("&paid=true", []),
            ("&paid=false", ["L1", "L2", "L3"]),
            ("&book_amount_total_lte=99.99", ["L3"]),
            ("&book_amount_total_gte=1e2", ["L1", "L2"]),
            ("&updated_after=2026-01-05T08:59:59Z", ["L1", "L2", "L3"]),
            ("&updated_after=2026-01-05T10:00:00%2B01:00", []),
            ("&order=invoice_date_asc", ["L2", "L3", "L1"]),
            ("&order=invoice_date_desc", ["L1", "L3", "L2"]),
            ("&order=due_date_asc", ["L1", "L3", "L2"]),
            ("&order=due_date_desc", ["L2", "L3", "L1"]),
        ],
    )
    def test_invoices_are_listed_by_what_is_asked(self, payt: Client, query: str, found: list[str]) -> None:
        assert numbers(payt, query) == found

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("", ["6999", "7000", "7001"]),
            ("&ids=7001", ["7001"]),
            ("&invoice_numbers=L9", ["7001"]),
            ("&invoice_identifiers=800,801", ["6999", "7000"]),
            ("&credit_case_numbers=1", []),
            ("&updated_after=2025-12-20T08:00:00Z", ["7001"]),
            ("&cursor=7000", ["7001"]),
        ],
    )
    def test_payments_are_listed_by_what_is_asked(
        self, payt: Client, post: Any, query: str, found: list[str]
    ) -> None:
        post(invoice("L9", **still_open("50"), payments=[payment("P1", "50")]))

        rows = payt.get(f"/v1/payments?administration_id=81{query}").json["data"]

        assert [row["id"] for row in rows] == found


class TestShown:
    @pytest.mark.parametrize(
        ("place", "kind"),
        [("2603744", "id"), ("F-1001", "invoice_number"), ("800", "invoice_identifier")],
    )
    def test_an_invoice_goes_by_each_identifier(self, payt: Client, place: str, kind: str) -> None:
        answer = payt.get(f"/v1/invoices/{place}?administration_id=81&identifier_type={kind}")

        assert (answer.status, answer.json["invoice_number"]) == (200, "F-1001")

    def test_its_names_differ_from_those_posted(self, post: Any, shown: Any) -> None:
        post(invoice("A1", amount_total="1000", amount_open="1000.0", book_amount_total="900.5"))

        invoiced = shown("A1")

        assert {name: invoiced[name] for name in invoiced if "amount" in name} == {
            "total_amount": "1000.00",
            "open_amount": "1000.00",
            "book_total_amount": "900.50",
            "book_open_amount": "100.00",
        }

    def test_it_has_no_envelope_and_every_ordinary_member(self, post: Any, shown: Any) -> None:
        post(invoice("A1"))

        invoiced = shown("A1")

        assert (invoiced["id"], invoiced["administration_id"], invoiced["debtor_id"]) == (
            "2603746",
            "81",
            "501",
        )
        assert (invoiced["payment_method"], invoiced["paused_by_user"]) == ("unknown", False)
        assert (invoiced["payment_date"], invoiced["sent_at"], invoiced["bailiff_at"]) == (None, None, None)

    @pytest.mark.parametrize("member", ["labels", "invoice_lines", "document_url", "peppol_identifier"])
    def test_some_members_come_only_when_named(self, post: Any, shown: Any, member: str) -> None:
        post(invoice("A1"))

        assert member not in shown("A1")
        assert list(shown("A1", member)) == [member]

    def test_only_gives_exactly_what_it_names(self, post: Any, payt: Client) -> None:
        post(invoice("A1", labels=["b"], invoice_lines=[line()]))

        answer = payt.get(
            f"{LIST}&invoice_numbers=A1"
            '&fields={"only":["id",{"invoice_lines":["vat_amount"]},{"labels":["name"]},"unheard_of"]}'
        )

        assert answer.json["data"] == [
            {"id": "2603746", "invoice_lines": [{"vat_amount": "2.10"}], "labels": [{"name": "b"}]}
        ]

    def test_only_nothing_gives_nothing(self, payt: Client) -> None:
        answer = payt.get('/v1/invoices/2603744?administration_id=81&fields={"only":[]}')

        assert answer.json == {}

    @pytest.mark.parametrize("member", ["psp_transaction", "bank_transaction"])
    def test_the_transactions_of_payments_come_only_when_named(self, payt: Client, member: str) -> None:
        path = "/v1/payments?administration_id=81&ids=6999"

        assert member not in payt.get(path).json["data"][0]
        assert payt.get(f'{path}&fields={{"only":["{member}"]}}').json["data"] == [{member: None}]


def _count_on_from(last: int) -> Callable[[State], None]:
    def work(state: State) -> None:
        state.collection("sequences")["invoices"] = {"last": last}

    return work


INVOICES = "/v1/invoices/deleted?administration_id=81"
PAYMENTS = "/v1/payments/deleted?administration_id=81"


def test_a_deleted_invoice_shows_its_identifier_under_the_other_name(payt: Client) -> None:
    answer = payt.get(f"{INVOICES}&deleted_after=2025-12-01T00:00:00Z")

    assert answer.json == {
        "data": [
            {
                "id": "2603740",
                "administration_id": "81",
                "debtor_id": "501",
                "invoice_number": "F-0998",
                "origin_identifier": "798",
                "deleted_at": "2025-12-28T10:00:00Z",
            }
        ],
        "pagination": {"cursor": None},
    }


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("deleted_after=2025-01-01T00:00:00Z", ["F-0998"]),
        ("deleted_after=2025-12-28T10:00:00Z", []),
        ("deleted_after=2025-12-01T00:00:00Z&deleted_before=2025-12-28T10:00:00Z", []),
        ("deleted_after=2025-12-01T00:00:00Z&deleted_before=2025-12-28T10:00:01Z", ["F-0998"]),
    ],
)
def test_both_ends_of_the_time_asked_for_are_left_out(payt: Client, query: str, numbers: list[str]) -> None:
    rows = payt.get(f"{INVOICES}&{query}").json["data"]

    assert [row["invoice_number"] for row in rows] == numbers


def test_ninety_days_later_nothing_is_told_of_it(payt: Client, set_clock: Any) -> None:
    set_clock("2026-03-28T10:00:00Z")

    assert payt.get(f"{INVOICES}&deleted_after=2025-01-01T00:00:00Z").json["data"] == []


def test_deleted_payments_are_paged(payt: Client, post: Any) -> None:
    payments = [payment(f"P{number}", "10") for number in range(3)]
    post(invoice("A1", payments=payments, **still_open("70")))
    post(invoice("A1", payments=[]))

    first = payt.get(f"{PAYMENTS}&deleted_after=2026-01-01T00:00:00Z&per_page=2").json
    cursor = first["pagination"]["cursor"]
    second = payt.get(f"{PAYMENTS}&deleted_after=2026-01-01T00:00:00Z&per_page=2&cursor={cursor}").json

    assert [row["origin_identifier"] for row in first["data"] + second["data"]] == ["P0", "P1", "P2"]
    assert (cursor, second["pagination"]["cursor"]) == (first["data"][1]["id"], None)


@pytest.mark.parametrize("path", [INVOICES, PAYMENTS])
def test_since_when_has_to_be_said(payt: Client, path: str) -> None:
    answer = payt.get(path)

    assert (answer.status, answer.json["message"]) == (422, "deleted_after is missing")
