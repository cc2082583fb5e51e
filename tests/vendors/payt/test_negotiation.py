from __future__ import annotations

from typing import Any

import pytest

from tests.support.client import Client

LIST = "/v1/debtors?administration_id=81"


class TestQuotas:
    @pytest.fixture(autouse=True)
    def _counted(self, assume: Any) -> None:
        assume(quotas="on")

    def test_bad_tokens_are_told_of_that_however_often_they_come(self, payt: Client) -> None:
        expired = payt.within(authorization="Bearer expired-token")

        assert {expired.get(LIST).status for _ in range(12)} == {401}

    def test_refused_calls_count(self, payt: Client) -> None:
        reader = payt.within(authorization="Bearer read-token")

        statuses = [reader.get(LIST).status for _ in range(11)]

        assert statuses == [403] * 10 + [429]

    def test_calls_for_tokens_are_not_counted(self, payt: Client) -> None:
        nobody = payt.without("authorization")

        assert {nobody.post("/oauth/token", json={}).status for _ in range(12)} == {401}


class TestAccept:
    @pytest.fixture(autouse=True)
    def _minded(self, assume: Any) -> None:
        assume(unacceptable="406")

    @pytest.mark.parametrize(
        ("accept", "status"),
        [
            ("application/json", 200),
            ("application/*;q=0.5", 200),
            ("*/*", 200),
            ("", 200),
            ("text/html, application/json;q=0", 406),
            ("text/html", 406),
        ],
    )
    def test_json_is_served_to_who_takes_it(self, payt: Client, accept: str, status: int) -> None:
        assert payt.get(LIST, headers={"accept": accept}).status == status

    def test_an_upload_has_no_format_to_choose(self, payt: Client) -> None:
        headers = {"accept": "image/png", "content-type": "text/plain"}

        assert payt.put("/storage/uploads/sandbox-upload", content=b"a", headers=headers).status == 204


class TestOrder:
    @pytest.mark.parametrize(
        ("availability", "code", "message"),
        [
            ("failing", "internal_server_error", "Internal server error"),
            ("offline", "service_unavailable", "Service unavailable"),
        ],
    )
    def test_a_vendor_out_of_order_keeps_its_shape(
        self, payt: Client, assume: Any, availability: str, code: str, message: str
    ) -> None:
        assume(availability=availability)

        assert payt.get(LIST).json == {"code": code, "message": message}
