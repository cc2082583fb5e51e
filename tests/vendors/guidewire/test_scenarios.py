from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.client import Client, Response
from tests.vendors.guidewire.samples import (
    A_ID,
    B_ID,
    B_ITEM,
    B_ITEMS,
    BATCH,
    C_ID,
    COMPOSITE,
    GOOD,
    INVOICES,
    ITEM,
    A,
    B,
    C,
    messages,
    patching,
    sent,
    shown,
    statuses,
)

DESK = patching(B_ID, mailTo="Claims desk")


def under(guidewire: Client, scenario: str, *calls: Any) -> Response:
    """A batch of these calls under a ready scenario."""
    return guidewire.post(BATCH, json={"requests": list(calls)}, headers={"Mock-Scenario": scenario})


def creating(name: str) -> dict[str, Any]:
    """A call that creates a bulk invoice."""
    body = sent(payeeAddressBookUID="ab:1", invoiceNumber=name)
    return {"method": "post", "path": "/bulk-invoices", "body": body}


class TestItemsWithoutAKey:
    def test_each_create_of_a_batch_fails_for_itself(
        self, guidewire: Client, fail_once: Callable[[], None]
    ) -> None:
        fail_once()
        calls = [creating("N-1"), creating("N-2"), creating("N-1")]

        failed = guidewire.post(BATCH, json={"requests": calls})
        again = guidewire.post(BATCH, json={"requests": calls[::-1]})

        assert (statuses(failed), statuses(again)) == ([500] * 3, [201] * 3)

    def test_a_retry_with_another_transaction_id_is_the_same_item(
        self, guidewire: Client, fail_once: Callable[[], None]
    ) -> None:
        fail_once()
        tries = [
            {**creating("N-1"), "headers": [{"name": "GW-DBTransaction-ID", "value": name}]}
            for name in ("t-1", "t-2")
        ]

        met = [statuses(guidewire.post(BATCH, json={"requests": [one]})) for one in tries]

        assert met == [[500], [201]]

    def test_each_item_that_is_added_fails_for_itself(
        self, guidewire: Client, fail_once: Callable[[], None]
    ) -> None:
        fail_once()
        items = [sent(**ITEM), sent(**{**ITEM, "amount": {"amount": "7.00", "currency": "usd"}})]

        met = [guidewire.post(B_ITEMS, json=one).status for one in (*items, *items)]

        assert met == [500, 500, 201, 201]


class TestScenariosOfABatch:
    def test_a_call_that_fails_is_undone_and_the_others_stand(self, guidewire: Client) -> None:
        answered = under(guidewire, "internal-error", GOOD, DESK)

        assert statuses(answered) == [500, 200]
        assert shown(guidewire, A)["bulkInvoiceTotal"] == "0.00"
        assert shown(guidewire, B)["mailTo"] == "Claims desk"

    def test_a_call_that_fails_ends_the_batch_if_it_says_so(self, guidewire: Client) -> None:
        answered = under(guidewire, "internal-error", {**GOOD, "onFail": "abort"}, DESK)

        assert statuses(answered) == [500]
        assert shown(guidewire, B)["mailTo"] == "Nora Whitlock"

    def test_an_answer_can_be_left_out(self, guidewire: Client) -> None:
        answered = under(guidewire, "omitted", GOOD, DESK)

        assert [entry["body"]["data"]["attributes"]["id"] for entry in answered.json["responses"]] == [B_ID]
        assert shown(guidewire, A)["bulkInvoiceTotal"] == "3000.00"

    def test_an_answer_can_come_twice(self, guidewire: Client) -> None:
        first, second, _ = under(guidewire, "duplicated", GOOD, DESK).json["responses"]

        assert first == second

    def test_answers_can_come_in_another_order(self, guidewire: Client) -> None:
        answered = under(guidewire, "reordered", GOOD, DESK)

        ids = [entry["body"]["data"]["attributes"]["id"] for entry in answered.json["responses"]]
        assert ids == [B_ID, A_ID]

    def test_an_answer_can_be_of_a_call_that_nobody_sent(self, guidewire: Client) -> None:
        answered = under(guidewire, "phantom", GOOD, DESK)

        ids = {entry["body"]["data"]["attributes"]["id"] for entry in answered.json["responses"]}
        (stranger,) = ids - {A_ID, B_ID}
        assert guidewire.get(f"{INVOICES}/{stranger}").status == 404

    def test_an_answer_that_carries_a_warning_is_the_same(self, guidewire: Client) -> None:
        assert statuses(under(guidewire, "warned", GOOD, DESK)) == [200, 200]


TOKENS = [
    ("sbx.fail.missing-required", 400),
    ("sbx.fail.too-long", 400),
    ("sbx.fail.duplicate-key", 400),
    ("sbx.fail.unknown-reference", 400),
    ("sbx.fail.locked", 400),
    ("sbx.fail.conflict", 409),
    ("sbx.fail.internal", 500),
    ("sbx.fail.timeout", 503),
]


class TestMagicNumbers:
    """An invoice number can be a magic token, an item's description too."""

    @pytest.mark.parametrize(("token", "status"), TOKENS)
    def test_one_fails_the_change_that_brings_it(self, guidewire: Client, token: str, status: int) -> None:
        answered = guidewire.patch(A, json=sent(invoiceNumber=token, mailTo="x"))

        assert (answered.status, answered.json["status"]) == (status, status)
        assert shown(guidewire, A)["mailTo"] == "Nora Whitlock"

    @pytest.mark.parametrize(("token", "status"), TOKENS)
    def test_one_fails_its_own_call_of_a_batch(self, guidewire: Client, token: str, status: int) -> None:
        requests = [GOOD, patching(B_ID, invoiceNumber=token), patching(C_ID, mailTo="x")]

        answered = guidewire.post(BATCH, json={"requests": requests})

        assert statuses(answered) == [200, status, 200]
        assert shown(guidewire, B)["invoiceNumber"] == "INV-2026-002"
        assert shown(guidewire, C)["mailTo"] == "x"

    def test_one_keeps_an_invoice_from_being_made(self, guidewire: Client) -> None:
        body = sent(payeeAddressBookUID="ab:1", invoiceNumber="sbx.fail.duplicate-key")

        answered = guidewire.post(INVOICES, json=body)

        assert messages(answered) == ["Another resource has the 'invoiceNumber' 'sbx.fail.duplicate-key'"]
        assert guidewire.get(INVOICES).json["count"] == 7

    def test_the_description_of_an_item_may_be_one(self, guidewire: Client) -> None:
        made = guidewire.post(B_ITEMS, json=sent(**ITEM, description="sbx.fail.unknown-reference"))
        changed = guidewire.patch(B_ITEM, json=sent(description="sbx.fail.locked"))

        assert messages(made) == ["No resource with the id 'demo_sample:30005' was found for 'claim'"]
        assert messages(changed) == ["The bulk invoice cannot be edited because its status is 'Issued'"]
        assert guidewire.get(B_ITEMS).json["count"] == 3


def test_a_composite_that_is_throttled_changes_nothing(guidewire: Client) -> None:
    body = {"requests": [{"method": "patch", "uri": A, "body": sent(mailTo="x")}]}

    answered = guidewire.post(COMPOSITE, json=body, headers={"Mock-Scenario": "throttle-seconds"})

    assert (answered.status, answered.headers["retry-after"]) == (429, "7")
    assert answered.json["errorCode"] == "gw.api.rest.exceptions.TooManyRequestsException"
    assert shown(guidewire, A)["mailTo"] == "Nora Whitlock"
