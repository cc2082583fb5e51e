"""What a batch carries beside changes of invoices: deletions, actions, items."""

from __future__ import annotations

from tests.support.client import Client
from tests.vendors.guidewire.samples import (
    A_ID,
    B_ID,
    B_ITEMS,
    BATCH,
    C_ID,
    GOOD,
    INVOICES,
    ITEM,
    A,
    B,
    amounts,
    attributes,
    checksum,
    patching,
    sent,
    shown,
    statuses,
)
from tests.vendors.guidewire.statuses import Assume

STALE = {
    "method": "patch",
    "path": f"/bulk-invoices/{B_ID}",
    "body": {"data": {"checksum": "1", "attributes": {"mailTo": "Claims desk"}}},
}


LOST = patching("xc:nope", mailTo="Claims desk")


class TestThreeCallsSecondBad:
    """The case that the batch is there for."""

    def test_each_call_has_its_own_answer(self, guidewire: Client) -> None:
        answered = guidewire.post(BATCH, json={"requests": [GOOD, STALE, LOST]})

        assert answered.status == 200
        assert statuses(answered) == [200, 409, 404]
        good, stale, lost = (entry["body"] for entry in answered.json["responses"])
        assert good["data"]["attributes"]["bulkInvoiceTotal"] == "3000.00"
        assert stale["details"][0]["properties"]["uri"] == B
        assert lost["userMessage"] == "No resource was found at path /bulk-invoices/xc:nope"

    def test_the_good_ones_are_kept_and_the_bad_one_is_not(self, guidewire: Client) -> None:
        guidewire.post(BATCH, json={"requests": [GOOD, STALE, patching(C_ID, mailTo="Claims desk")]})

        assert shown(guidewire, A)["bulkInvoiceTotal"] == "3000.00"
        assert shown(guidewire, B)["mailTo"] == "Nora Whitlock"
        assert shown(guidewire, f"{INVOICES}/{C_ID}")["mailTo"] == "Claims desk"

    def test_the_journal_says_what_was_wrong_with_each_and_where(
        self, guidewire: Client, client: Client, sandbox: str
    ) -> None:
        bad = patching(B_ID, bulkInvoiceTotal="-1.00", **{"no name": 1})

        guidewire.post(BATCH, json={"requests": [GOOD, bad, LOST]})

        decided = client.get(f"/_mock/sandboxes/{sandbox}/journal/1").json["decided"]
        assert [(one["pointer"], one["detail"]) for item in decided for one in item["problems"]] == [
            (
                "/requests/1/body/data/attributes/bulkInvoiceTotal",
                "The value '-1.00' of 'bulkInvoiceTotal' is not in the expected format",
            ),
            ("/requests/1", "Property 'no name' is not defined in the schema"),
            ("/requests/2", "No resource was found at path /bulk-invoices/xc:nope"),
        ]

    def test_a_second_sandbox_is_untouched(self, guidewire: Client, elsewhere: Client) -> None:
        guidewire.post(BATCH, json={"requests": [GOOD, STALE, LOST]})

        assert shown(elsewhere, A)["bulkInvoiceTotal"] == "0.00"

    def test_an_answer_is_that_of_the_call_alone(self, guidewire: Client) -> None:
        answered = guidewire.post(BATCH, json={"requests": [GOOD, STALE, LOST]})

        assert answered.json["responses"][0]["body"] == guidewire.get(A).json
        assert answered.json["responses"][0]["headers"] == []

    def test_abort_ends_the_batch(self, guidewire: Client) -> None:
        requests = [GOOD, {**STALE, "onFail": "abort"}, patching(C_ID, mailTo="Claims desk")]

        answered = guidewire.post(BATCH, json={"requests": requests})

        assert statuses(answered) == [200, 409]
        assert shown(guidewire, A)["bulkInvoiceTotal"] == "3000.00"
        assert shown(guidewire, f"{INVOICES}/{C_ID}")["mailTo"] == "Larkspur Medical Group"

    def test_abort_on_a_good_call_ends_nothing(self, guidewire: Client) -> None:
        answered = guidewire.post(BATCH, json={"requests": [{**GOOD, "onFail": "abort"}, STALE]})

        assert statuses(answered) == [200, 409]


class TestOrder:
    def test_a_call_sees_what_those_before_it_did(self, guidewire: Client) -> None:
        reading = {"method": "get", "path": f"/bulk-invoices/{A_ID}", "query": "fields=bulkInvoiceTotal"}

        answered = guidewire.post(BATCH, json={"requests": [reading, GOOD, reading]})

        before, _, after = (entry["body"]["data"]["attributes"] for entry in answered.json["responses"])
        assert (before, after["bulkInvoiceTotal"]) == ({"bulkInvoiceTotal": "0.00"}, "3000.00")

    def test_the_second_change_on_one_checksum_is_stale(self, guidewire: Client) -> None:
        body = {"data": {"attributes": {"mailTo": "x"}, "checksum": checksum(guidewire, A)}}
        call = {"method": "patch", "path": f"/bulk-invoices/{A_ID}", "body": body}

        answered = guidewire.post(BATCH, json={"requests": [call, call]})

        assert statuses(answered) == [200, 409]

    def test_items_can_be_added_one_after_the_other(self, guidewire: Client) -> None:
        path = f"/bulk-invoices/{B_ID}/bulk-invoice-items"
        good = {"method": "post", "path": path, "body": sent(**ITEM)}
        bad = {"method": "post", "path": path, "body": sent(**{**ITEM, "claim": {"id": "xc:none"}})}

        answered = guidewire.post(BATCH, json={"requests": [good, bad, good]})

        assert statuses(answered) == [201, 400, 201]
        assert amounts(guidewire, B_ITEMS) == ["500.00"] * 5
        assert shown(guidewire, B)["totalTransactionAmount"]["amount"] == "2500.00"

    def test_an_exact_amount_passes_through(self, guidewire: Client) -> None:
        exact = "123456789012345678901234567890.12"

        guidewire.post(BATCH, json={"requests": [patching(A_ID, bulkInvoiceTotal=exact)]})

        assert shown(guidewire, A)["bulkInvoiceTotal"] == exact


class TestHeaders:
    def test_a_checksum_is_not_inherited(self, guidewire: Client) -> None:
        answered = guidewire.post(BATCH, json={"requests": [GOOD]}, headers={"GW-Checksum": "1"})

        assert statuses(answered) == [200]

    def test_a_calls_own_checksum_counts(self, guidewire: Client) -> None:
        call = {**GOOD, "headers": [{"name": "GW-Checksum", "value": "1"}]}

        answered = guidewire.post(BATCH, json={"requests": [call]})

        assert statuses(answered) == [409]

    def test_an_inherited_transaction_id_lets_one_change_through(self, guidewire: Client) -> None:
        requests = [GOOD, {"method": "get", "path": "/bulk-invoices"}, patching(B_ID, mailTo="x")]

        answered = guidewire.post(BATCH, json={"requests": requests}, headers={"GW-DBTransaction-ID": "t-1"})

        assert statuses(answered) == [200, 200, 400]
        assert answered.json["responses"][2]["body"]["errorCode"].endswith("AlreadyExecutedException")

    def test_a_retry_of_half_a_batch_does_the_rest(self, guidewire: Client) -> None:
        added = {"method": "post", "path": f"/bulk-invoices/{B_ID}/bulk-invoice-items", "body": sent(**ITEM)}
        ids = [[{"name": "GW-DBTransaction-ID", "value": name}] for name in ("t-1", "t-2")]
        both = {"requests": [{**added, "headers": one} for one in ids]}
        before = len(amounts(guidewire, B_ITEMS))

        broken = guidewire.post(BATCH, json=both, headers={"Mock-Scenario": "half-then-500"})
        again = guidewire.post(BATCH, json=both)

        assert (broken.status, statuses(again)) == (500, [400, 201])
        assert len(amounts(guidewire, B_ITEMS)) == before + 2

    def test_a_calls_own_headers_come_first(self, guidewire: Client) -> None:
        call = patching(A_ID, foo=1, mailTo="x")
        own = {**call, "headers": [{"name": "gw-unknownpropertyhandling", "value": "reject"}]}

        answered = guidewire.post(
            BATCH, json={"requests": [call, own]}, headers={"GW-UnknownPropertyHandling": "ignore"}
        )

        assert statuses(answered) == [200, 400]

    def test_a_batch_can_be_tried(self, guidewire: Client) -> None:
        answered = guidewire.post(BATCH, json={"requests": [GOOD]}, headers={"GW-DoNotCommit": "true"})

        assert statuses(answered) == [200]
        assert shown(guidewire, A)["bulkInvoiceTotal"] == "0.00"

    def test_a_call_can_be_of_no_json(self, guidewire: Client) -> None:
        call = {**GOOD, "headers": [{"name": "Content-Type", "value": "text/plain"}]}

        answered = guidewire.post(BATCH, json={"requests": [call]})

        assert statuses(answered) == [415]

    def test_what_no_http_header_could_hold_does_no_harm(self, guidewire: Client) -> None:
        call = {**GOOD, "headers": [{"name": "X-Correlation-ID", "value": "a\r\nb 李"}]}

        answered = guidewire.post(BATCH, json={"requests": [call]})

        assert statuses(answered) == [200]

    def test_a_call_without_body_is_refused(self, guidewire: Client) -> None:
        answered = guidewire.post(
            BATCH, json={"requests": [{"method": "patch", "path": f"/bulk-invoices/{A_ID}"}]}
        )

        assert statuses(answered) == [400]


def test_an_invoice_can_be_made_in_a_batch(guidewire: Client) -> None:
    call = {"method": "post", "path": "/bulk-invoices", "body": sent(payeeAddressBookUID="ab:1")}

    answered = guidewire.post(BATCH, json={"requests": [call]})

    made = answered.json["responses"][0]
    assert made["status"] == 201
    path = made["body"]["data"]["links"]["self"]["href"]
    assert attributes(guidewire.get(path)) == made["body"]["data"]["attributes"]


class TestCredentialsOfACall:
    """Headers of a call come before those of the batch, credentials too."""

    def test_who_may_only_read_runs_a_batch_of_reads(self, stranger: Client) -> None:
        reader = stranger.within(authorization="Bearer guidewire-read-only")

        answered = reader.post(BATCH, json={"requests": [{"method": "get", "path": "/bulk-invoices"}, GOOD]})

        assert statuses(answered) == [200, 403]

    def test_a_call_may_bring_a_token_that_is_no_longer_good(self, guidewire: Client) -> None:
        expired = {"name": "Authorization", "value": "Bearer guidewire-expired"}

        answered = guidewire.post(BATCH, json={"requests": [{**GOOD, "headers": [expired]}]})

        assert statuses(answered) == [401]
        assert shown(guidewire, A)["bulkInvoiceTotal"] == "0.00"


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
