"""What a batch carries beside changes of invoices: deletions, actions, items."""

from __future__ import annotations

from tests.support.client import Client
from tests.vendors.guidewire.lives import Assume
from tests.vendors.guidewire.world import A_ID, B_ID, BATCH, GOOD, A, B, patching, sent, shown, statuses

ITEM_PATH = f"/bulk-invoices/{B_ID}/bulk-invoice-items/xc:Sk2vQ8_mZrT0bLw5YhEa1"


def test_a_deletion_is_answered_without_a_body(guidewire: Client) -> None:
    answered = guidewire.post(
        BATCH, json={"requests": [{"method": "delete", "path": f"/bulk-invoices/{A_ID}"}]}
    )

    assert answered.json["responses"] == [{"status": 204, "headers": []}]
    assert guidewire.get(A).status == 404


def test_an_invoice_goes_through_its_life(guidewire: Client) -> None:
    path = f"/bulk-invoices/{B_ID}"
    requests = [
        {"method": "patch", "path": ITEM_PATH, "body": sent(amount={"amount": "1.00", "currency": "usd"})},
        {"method": "post", "path": f"{path}/submit"},
        {"method": "post", "path": f"{path}/validate"},
        {"method": "post", "path": f"{path}/submit"},
        {"method": "delete", "path": ITEM_PATH, "headers": [{"name": "GW-Checksum", "value": "1"}]},
    ]

    answered = guidewire.post(BATCH, json={"requests": requests})

    assert statuses(answered) == [200, 400, 200, 200, 409]
    assert shown(guidewire, B)["approvedTransactionAmount"] == {"amount": "1001.00", "currency": "usd"}


def test_what_is_not_the_claim_apis_cannot_be_reached(guidewire: Client) -> None:
    answered = guidewire.post(
        BATCH,
        json={
            "requests": [
                {"method": "post", "path": "/../../sandbox/v1/run-escalation"},
                {"method": "post", "path": "/../../composite/v1/composite", "body": {}},
            ]
        },
    )

    assert statuses(answered) == [404, 404]


def test_the_definition_can_be_asked_for(guidewire: Client) -> None:
    answered = guidewire.post(BATCH, json={"requests": [{"method": "get", "path": "/openapi.json"}]})

    assert answered.json["responses"][0]["body"]["openapi"] == "3.0.3"


def test_a_marked_call_of_a_bad_frame_still_has_its_own_error(guidewire: Client, assume: Assume) -> None:
    assume(skipped_calls="marked")
    frame = {"method": "get", "path": 5, "onFail": "abort"}

    answered = guidewire.post(BATCH, json={"requests": [frame, GOOD, GOOD]})

    assert statuses(answered) == [400, 424, 424]
    assert shown(guidewire, A)["bulkInvoiceTotal"] == "0.00"


def test_a_body_comes_before_bare_data(guidewire: Client, assume: Assume) -> None:
    assume(batch_data_alias="accepted")
    call = {**patching(A_ID, mailTo="Body"), "data": {"attributes": {"mailTo": "Data"}}}

    answered = guidewire.post(BATCH, json={"requests": [call]})

    assert statuses(answered) == [200]
    assert shown(guidewire, A)["mailTo"] == "Body"
