from __future__ import annotations

from typing import Any

import pytest

from tests.support.client import Client, Response
from tests.vendors.payt.samples import invoice

LIST = "/v1/invoices?administration_id=81"


def refusal(answer: Response) -> tuple[int, Any]:
    return answer.status, answer.json


def unauthorized(message: str) -> tuple[int, Any]:
    return 401, {"code": "unauthorized", "message": message}


def forbidden(message: str) -> tuple[int, Any]:
    return 403, {"code": "forbidden", "message": message}


def body(administration_id: Any, **changes: Any) -> dict[str, Any]:
    return {"administration_id": administration_id, "invoices": [invoice("A1", **changes)]}


def holding(payt: Client, token: str) -> Client:
    return payt.within(authorization=f"Bearer {token}")


class TestTokens:
    def test_no_token_is_none(self, payt: Client) -> None:
        answer = payt.without("authorization").get(LIST)

        assert refusal(answer) == unauthorized("The access token is invalid")
        assert answer.headers["www-authenticate"] == "Bearer"

    @pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer ", "Basic eDp5", "full-token"])
    def test_another_scheme_is_none(self, payt: Client, authorization: str) -> None:
        answer = payt.within(authorization=authorization).get(LIST)

        assert refusal(answer) == unauthorized("The access token is invalid")

    @pytest.mark.parametrize(
        ("token", "message"),
        [
            ("expired-token", "The access token expired"),
            ("revoked-token", "The access token was revoked"),
        ],
    )
    def test_a_token_that_was_good_is_so_no_more(self, payt: Client, token: str, message: str) -> None:
        assert refusal(holding(payt, token).get(LIST)) == unauthorized(message)

    def test_any_other_token_is_good(self, payt: Client) -> None:
        assert holding(payt, "anything").post("/v1/invoices", json=body("81")).status == 201

    def test_a_reader_may_read(self, payt: Client) -> None:
        assert holding(payt, "read-token").get(LIST).status == 200

    def test_a_reader_may_not_write(self, payt: Client, stored: Any) -> None:
        before = stored()

        answer = holding(payt, "read-token").post("/v1/invoices", json=body("81"))

        assert refusal(answer) == forbidden("Missing permission: invoices:write")
        assert stored() == before

    @pytest.mark.parametrize(
        ("path", "scope"),
        [
            ("/v1/payments?administration_id=81", "payments:read"),
            ("/v1/debtors?administration_id=81", "debtors:read"),
            ("/v1/debtors/501?administration_id=81", "debtors:read"),
            ("/v1/administrations", "administrations:read"),
            ("/v1/administrations/81", "administrations:read"),
        ],
    )
    def test_every_resource_has_its_scope(self, payt: Client, path: str, scope: str) -> None:
        assert refusal(holding(payt, "read-token").get(path)) == forbidden(f"Missing permission: {scope}")

    def test_the_token_is_looked_at_before_the_body(self, payt: Client) -> None:
        answer = payt.without("authorization").post("/v1/invoices", content=b"{")

        assert answer.status == 401

    def test_the_scope_is_looked_at_before_the_body(self, payt: Client) -> None:
        answer = holding(payt, "read-token").post("/v1/invoices", content=b"{")

        assert answer.status == 403


class TestAdministrations:
    @pytest.mark.parametrize("administration_id", ["99", "90", "91", "404", "81 ", "8/1"])
    def test_one_that_is_not_granted_deleted_or_unknown_is_closed(
        self, payt: Client, stored: Any, administration_id: str
    ) -> None:
        before = stored()

        answer = payt.post("/v1/invoices", json=body(administration_id))

        assert refusal(answer) == forbidden(f"No access to administration {administration_id}")
        assert stored() == before

    @pytest.mark.parametrize("token", ["full-token", "anything"])
    def test_99_is_granted_to_nobody(self, payt: Client, token: str) -> None:
        answer = holding(payt, token).get("/v1/invoices?administration_id=99")

        assert refusal(answer) == forbidden("No access to administration 99")

    def test_none_is_closed_as_well(self, payt: Client) -> None:
        assert payt.get("/v1/invoices?administration_id=").status == 403

    def test_another_company_s_token_is_shut_out(self, payt: Client) -> None:
        answer = holding(payt, "foreign-token").get(LIST)

        assert refusal(answer) == forbidden("No access to administration 81")

    def test_the_form_is_looked_at_before_the_administration(self, payt: Client) -> None:
        answer = payt.post("/v1/invoices", json=body("99", payment_method="gold"))

        assert answer.status == 422

    def test_the_administration_is_looked_at_before_the_records(self, payt: Client) -> None:
        answer = payt.post("/v1/invoices", json=body("99", amount_total="abc"))

        assert answer.status == 403

    def test_the_list_holds_those_granted_and_the_lately_deleted(self, payt: Client) -> None:
        rows = payt.get("/v1/administrations").json["data"]

        assert [(row["id"], row["status"]) for row in rows] == [
            ("81", "active"),
            ("82", "active"),
            ("90", "deleted"),
            ("91", "inactive"),
        ]

    def test_the_list_of_another_company_is_empty(self, payt: Client) -> None:
        answer = holding(payt, "foreign-token").get("/v1/administrations")

        assert answer.json == {"data": [], "pagination": {"cursor": None}}

    def test_a_page_of_the_list_leads_to_the_next(self, payt: Client) -> None:
        first = payt.get("/v1/administrations?per_page=1").json
        second = payt.get("/v1/administrations?per_page=1&cursor=81").json

        assert (first["data"][0]["id"], first["pagination"]["cursor"]) == ("81", "81")
        assert (second["data"][0]["id"], second["pagination"]["cursor"]) == ("82", "82")

    def test_one_is_shown(self, payt: Client) -> None:
        shown = payt.get("/v1/administrations/81").json

        assert (shown["id"], shown["name"], shown["currency_code"]) == ("81", "Voorbeeld BV", "EUR")

    def test_some_members_come_only_when_named(self, payt: Client) -> None:
        answer = payt.get('/v1/administrations?per_page=1&fields={"only":["id","import_origin_identifier"]}')

        assert answer.json["data"] == [{"id": "81", "import_origin_identifier": None}]

    @pytest.mark.parametrize("administration_id", ["99", "7"])
    def test_one_that_is_not_granted_or_unknown_is_not_shown(
        self, payt: Client, administration_id: str
    ) -> None:
        answer = payt.get(f"/v1/administrations/{administration_id}")

        assert refusal(answer) == forbidden(f"No access to administration {administration_id}")

    def test_a_deleted_one_is_shown_for_thirty_days(self, payt: Client, set_clock: Any) -> None:
        assert payt.get("/v1/administrations/90").json["status"] == "deleted"

        set_clock("2026-01-19T10:00:01Z")

        assert payt.get("/v1/administrations/90").status == 403
