from __future__ import annotations

import pytest

from tests.support.client import Client
from tests.vendors.guidewire.world import (
    A_ID,
    INVOICES,
    A,
    messages,
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
