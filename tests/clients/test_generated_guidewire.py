"""A client that openapi-python-client made of specs/guidewire.yaml."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.clients.generated import Api, Made, stated, warnings

VENDOR = "guidewire"

A = "xc:SdLxd3WOhsS0mT2Vi1XEu"  # a draft without items
B = "xc:SF3EIyYvshoSm2pwaUnT_"  # a draft with three items
D = "xc:SjY5uD8gQ-aZf1sEo3TkM"  # issued
G = "xc:SpE3hWx5C_dLy0aIu9OtF"  # requested
B_ITEM = "xc:Sk2vQ8_mZrT0bLw5YhEa1"
NOBODY = "xc:nope"
LATER = "xc:SdU4nWy7K_h2Jx-9bTqMe"
ITEM = {
    "claim": {"id": "demo_sample:30005"},
    "amount": {"amount": "500.00", "currency": "usd"},
    "costType": {"code": "claimcost"},
    "costCategory": {"code": "medical"},
    "paymentType": {"code": "partial"},
}


@pytest.fixture
def guidewire(anyone: Api) -> Api:
    """The client of someone who may read and write."""
    return anyone.signed_in("guidewire-good")


def a_draft(guidewire: Api, **attributes: Any) -> Any:
    """The body of a new invoice."""
    models = guidewire.models
    return models.BulkInvoiceCreateRequest(
        data=models.BulkInvoiceCreateRequestData(
            attributes=models.BulkInvoiceCreateAttributes(payee_address_book_uid="ab:1", **attributes)
        )
    )


def an_item(guidewire: Api, **attributes: Any) -> Any:
    """The body of a new item."""
    return guidewire.models.BulkInvoiceItemCreateRequest.from_dict(
        {"data": {"attributes": {**ITEM, **attributes}}}
    )


def changes(guidewire: Api, checksum: str | None = None, **attributes: Any) -> Any:
    """The body of a change to an invoice."""
    models = guidewire.models
    data = models.BulkInvoicePatchRequestData(attributes=models.BulkInvoicePatchAttributes(**attributes))
    if checksum is not None:
        data.checksum = checksum
    return models.BulkInvoicePatchRequest(data=data)


def item_changes(guidewire: Api, **attributes: Any) -> Any:
    """The body of a change to an item."""
    return guidewire.models.BulkInvoiceItemPatchRequest.from_dict({"data": {"attributes": attributes}})


def batch(guidewire: Api, *requests: dict[str, Any]) -> Any:
    """The body of a batch."""
    models = guidewire.models
    return models.BatchRequest(requests=[models.BatchSubRequest.from_dict(request) for request in requests])


def patching(name: str, **attributes: Any) -> dict[str, Any]:
    """A call of a batch."""
    return {
        "method": "patch",
        "path": f"/bulk-invoices/{name}",
        "body": {"data": {"attributes": attributes}},
    }


def composite(guidewire: Api, *amounts: str) -> Any:
    """The body of a composite: an invoice and its items, then the invoice as it is."""
    uri = "/claim/v1/bulk-invoices/${invoice}"
    made = {
        "method": "post",
        "uri": "/claim/v1/bulk-invoices",
        "body": {"data": {"attributes": {"payeeAddressBookUID": "ab:1", "invoiceNumber": "INV-9"}}},
        "vars": [{"name": "invoice", "path": "$.data.attributes.id"}],
    }
    items = [
        {
            "method": "post",
            "uri": f"{uri}/bulk-invoice-items",
            "body": {"data": {"attributes": {**ITEM, "amount": {"amount": amount, "currency": "usd"}}}},
            "includeResponse": False,
        }
        for amount in amounts
    ]
    return guidewire.models.CompositeRequest.from_dict(
        {"requests": [made, *items], "selections": [{"uri": uri}]}
    )


def invoice(guidewire: Api, name: str) -> Any:
    """What is stored of an invoice."""
    return guidewire.get_bulk_invoice(name).parsed.data.attributes


def status(answer: Any) -> str:
    """The status of the invoice in an answer."""
    return str(answer.parsed.data.attributes.status.code.value)


def test_the_generator_reads_the_spec_as_it_stands_without_a_warning(tmp_path: Path) -> None:
    assert warnings("guidewire", tmp_path) == []


def test_every_operation_is_made_with_all_its_answers(made: Made) -> None:
    assert made.endpoints() == stated("guidewire")


def test_a_caller_without_a_token_is_not_authenticated(anyone: Api) -> None:
    answer = anyone.get_bulk_invoice(A)

    assert isinstance(answer.parsed, anyone.models.Error)
    assert (answer.status_code, answer.parsed.user_message) == (401, "Authentication is required")


def test_a_reader_may_not_write(anyone: Api) -> None:
    answer = anyone.signed_in("guidewire-read-only").create_bulk_invoice(body=a_draft(anyone))

    assert isinstance(answer.parsed, anyone.models.Error)
    assert answer.parsed.error_code == "gw.api.rest.exceptions.NotAuthorizedException"


def test_a_new_invoice_is_a_draft_of_its_payee(guidewire: Api) -> None:
    answer = guidewire.create_bulk_invoice(body=a_draft(guidewire, invoice_number="INV-9"))

    found = answer.parsed.data.attributes
    assert isinstance(found, guidewire.models.BulkInvoiceDetail)
    assert found.status.code is guidewire.models.BulkInvoiceStatusCode.DRAFT
    assert (found.pay_to, found.invoice_number, found.valid) == ("Nora Whitlock", "INV-9", False)


def test_a_new_invoice_is_read_back(guidewire: Api) -> None:
    created = guidewire.create_bulk_invoice(body=a_draft(guidewire)).parsed.data

    read = guidewire.get_bulk_invoice(created.attributes.id).parsed.data

    assert isinstance(read, guidewire.models.BulkInvoiceElement)
    assert (read.checksum, read.attributes.payee) == (created.checksum, created.attributes.payee)


def test_an_unknown_payee_is_told_of_in_the_details(guidewire: Api) -> None:
    body = a_draft(guidewire)
    body.data.attributes.payee_address_book_uid = "ab:404"

    answer = guidewire.create_bulk_invoice(body=body)

    assert isinstance(answer.parsed, guidewire.models.Error)
    assert [detail.message for detail in answer.parsed.details] == [
        "No resource with the id 'ab:404' was found for 'payeeAddressBookUID'"
    ]


def test_an_item_adds_to_the_total(guidewire: Api) -> None:
    created = guidewire.create_bulk_invoice_item(B, body=an_item(guidewire)).parsed.data.attributes

    read = guidewire.get_bulk_invoice_item(B, created.id).parsed.data.attributes
    assert isinstance(created, guidewire.models.BulkInvoiceItemDetail)
    assert (read.amount, read.status) == (created.amount, created.status)
    assert invoice(guidewire, B).total_transaction_amount.amount == "2000.00"


def test_a_deleted_item_takes_its_amount_along(guidewire: Api) -> None:
    answer = guidewire.delete_bulk_invoice_item(B, B_ITEM)

    left = guidewire.get_bulk_invoice_items(B).parsed
    assert (answer.status_code, left.count) == (204, 2)
    assert invoice(guidewire, B).total_transaction_amount.amount == "1000.00"


def test_an_item_is_changed_in_part(guidewire: Api) -> None:
    changed = guidewire.update_bulk_invoice_item(
        B, B_ITEM, body=item_changes(guidewire, description="Surgery")
    ).parsed.data.attributes

    assert (changed.description, changed.amount.amount) == ("Surgery", "500.00")


def test_an_invoice_without_items_is_not_valid(guidewire: Api) -> None:
    found = guidewire.validate_bulk_invoice(A).parsed.data.attributes

    assert found.valid is False
    assert [type(alert) for alert in found.validation_alerts] == [guidewire.models.ValidationAlert]


def test_a_valid_invoice_is_submitted_and_approved(guidewire: Api) -> None:
    validated = guidewire.validate_bulk_invoice(B).parsed.data.attributes

    submitted = guidewire.submit_bulk_invoice(B).parsed.data.attributes

    assert (validated.valid, submitted.approval_status.code.value) == (True, "approved")
    assert submitted.approved_transaction_amount.amount == "1500.00"


def test_an_invoice_that_was_not_validated_cannot_be_submitted(guidewire: Api) -> None:
    answer = guidewire.submit_bulk_invoice(B)

    assert isinstance(answer.parsed, guidewire.models.Error)
    assert answer.parsed.details == [guidewire.models.ErrorDetail(message="The bulk invoice is not valid")]


def test_a_requested_invoice_is_voided_when_the_bank_says_so(guidewire: Api) -> None:
    helpers = guidewire.models.HelpBulkInvoiceAlongHelper

    asked = guidewire.void_bulk_invoice(G)
    done = guidewire.help_bulk_invoice_along(G, helpers.CONFIRM_VOID)

    assert (status(asked), status(done)) == ("pendingvoid", "voided")


def test_a_requested_invoice_is_stopped_when_the_bank_says_so(guidewire: Api) -> None:
    helpers = guidewire.models.HelpBulkInvoiceAlongHelper

    asked = guidewire.stop_bulk_invoice(G)
    done = guidewire.help_bulk_invoice_along(G, helpers.CONFIRM_STOP)

    assert (status(asked), status(done)) == ("pendingstop", "stopped")


def test_an_issued_invoice_cannot_be_deleted(guidewire: Api) -> None:
    answer = guidewire.delete_bulk_invoice(D)

    assert isinstance(answer.parsed, guidewire.models.Error)
    assert (answer.status_code, status(guidewire.get_bulk_invoice(D))) == (400, "issued")


def test_a_draft_is_deleted(guidewire: Api) -> None:
    answer = guidewire.delete_bulk_invoice(A)

    assert (answer.status_code, answer.parsed) == (204, None)
    assert isinstance(guidewire.get_bulk_invoice(A).parsed, guidewire.models.Error)


def test_a_checksum_that_was_read_is_good_for_one_change(guidewire: Api) -> None:
    checksum = guidewire.get_bulk_invoice(A).parsed.data.checksum

    changed = guidewire.update_bulk_invoice(
        A, body=changes(guidewire, checksum, bulk_invoice_total="3000.00")
    ).parsed.data
    again = guidewire.update_bulk_invoice(
        A, body=changes(guidewire, checksum, bulk_invoice_total="1.00")
    ).parsed

    detail = again.details[0].properties
    assert isinstance(again, guidewire.models.Error)
    assert (detail.supplied_checksum, detail.current_checksum) == (checksum, changed.checksum)
    assert invoice(guidewire, A).bulk_invoice_total == "3000.00"


def test_a_stale_checksum_in_the_header_is_a_conflict(guidewire: Api) -> None:
    answer = guidewire.delete_bulk_invoice(A, gw_checksum="1")

    assert (answer.status_code, guidewire.get_bulk_invoice(A).status_code) == (409, 200)


def test_a_change_that_is_not_committed_is_answered_and_undone(guidewire: Api) -> None:
    answer = guidewire.update_bulk_invoice(
        A, body=changes(guidewire, mail_to="Claims desk"), gw_do_not_commit=True
    )

    assert answer.parsed.data.attributes.mail_to == "Claims desk"
    assert invoice(guidewire, A).mail_to == "Nora Whitlock"


def test_a_transaction_id_is_good_once(guidewire: Api) -> None:
    body = a_draft(guidewire)
    guidewire.create_bulk_invoice(body=body, gw_db_transaction_id="t-1")

    answer = guidewire.create_bulk_invoice(body=body, gw_db_transaction_id="t-1")

    assert answer.parsed.error_code == "gw.api.webservice.exception.AlreadyExecutedException"


def test_a_correlation_id_comes_back(guidewire: Api) -> None:
    answer = guidewire.get_bulk_invoice(A, x_correlation_id="mine")

    assert answer.headers["x-correlation-id"] == "mine"


def test_invoices_are_filtered_sorted_and_counted(guidewire: Api) -> None:
    models = guidewire.models

    page = guidewire.get_bulk_invoices(
        filter_=["status:in:draft,rejected"],
        sort=[models.GetBulkInvoicesSortItem("-scheduledSendDate")],
        page_size=2,
        include_total=True,
    ).parsed

    assert isinstance(page, models.BulkInvoiceCollection)
    assert [row.attributes.id for row in page.data] == [B, A]
    assert (page.count, page.total, isinstance(page.links.next_, models.Link)) == (2, 3, True)


def test_fields_leave_the_rest_out(guidewire: Api) -> None:
    # One alone: the generator repeats the parameter for several, whatever the spec says of `explode`.
    found = guidewire.get_bulk_invoice(A, fields=[guidewire.models.BulkInvoiceField.STATUS]).parsed

    assert list(found.data.attributes.to_dict()) == ["status"]


def test_the_calls_of_a_batch_have_their_own_answers(guidewire: Api) -> None:
    models = guidewire.models
    body = batch(
        guidewire,
        patching(A, bulkInvoiceTotal="3000.00"),
        patching(A, bulkInvoiceTotal="-1.00"),
        patching(NOBODY, bulkInvoiceTotal="3000.00"),
        {"method": "get", "path": f"/bulk-invoices/{A}"},
    )

    done, bad, lost, read = guidewire.run_batch(body=body).parsed.responses

    assert [one.status for one in (done, bad, lost, read)] == [200, 400, 404, 200]
    assert [type(one.body) for one in (done, bad, lost, read)] == [
        models.BulkInvoiceResponse,
        models.Error,
        models.Error,
        models.BulkInvoiceResponse,
    ]
    assert read.body.data.attributes.bulk_invoice_total == "3000.00"


def test_a_batch_stops_where_a_call_says_so(guidewire: Api) -> None:
    body = batch(
        guidewire,
        {**patching(NOBODY, mailTo="Claims desk"), "onFail": "abort"},
        patching(A, mailTo="Claims desk"),
    )

    answers = guidewire.run_batch(body=body).parsed.responses

    assert ([one.status for one in answers], invoice(guidewire, A).mail_to) == ([404], "Nora Whitlock")


def test_a_composite_makes_an_invoice_with_its_items(guidewire: Api) -> None:
    models = guidewire.models

    result = guidewire.run_composite(body=composite(guidewire, "500.00", "250.00")).parsed

    assert isinstance(result, models.CompositeResponse)
    assert [type(one) for one in result.responses] == [
        models.BatchSubResponse,
        models.CompositeResponseLeftOut,
        models.CompositeResponseLeftOut,
    ]
    assert result.selections[0].body.data.attributes.total_transaction_amount.amount == "750.00"


def test_a_composite_with_a_bad_item_makes_nothing(guidewire: Api) -> None:
    before = guidewire.get_bulk_invoices(include_total=True).parsed.total

    answer = guidewire.run_composite(body=composite(guidewire, "500.00", "-1.00"))

    assert isinstance(answer.parsed, guidewire.models.CompositeFailure)
    assert isinstance(answer.parsed.responses[2], guidewire.models.CompositeRequestError)
    assert (answer.status_code, guidewire.get_bulk_invoices(include_total=True).parsed.total) == (400, before)


def test_the_api_tells_what_it_is(anyone: Api) -> None:
    found = anyone.get_open_api().parsed

    assert isinstance(found, anyone.models.OpenApiDefinition)
    assert (found.openapi, "/claim/v1/bulk-invoices" in found.paths.to_dict()) == ("3.0.3", True)


def test_every_operation_goes_well_in_one_journey(guidewire: Api) -> None:
    models = guidewire.models
    helpers = models.HelpBulkInvoiceAlongHelper
    answers = [
        guidewire.create_bulk_invoice(body=a_draft(guidewire)),
        guidewire.create_bulk_invoice_item(B, body=an_item(guidewire)),
        guidewire.update_bulk_invoice_item(B, B_ITEM, body=item_changes(guidewire, description="x")),
        guidewire.get_bulk_invoice_item(B, B_ITEM),
        guidewire.get_bulk_invoice_items(B),
        guidewire.update_bulk_invoice(B, body=changes(guidewire, mail_to="Claims desk")),
        guidewire.validate_bulk_invoice(B),
        guidewire.submit_bulk_invoice(B),
        guidewire.request_bulk_invoice(B),
        guidewire.run_escalation(),
        guidewire.place_hold_on_bulk_invoice(G),
        guidewire.stop_bulk_invoice(G),
        guidewire.help_bulk_invoice_along(G, helpers.RESET),
        guidewire.void_bulk_invoice(D),
        guidewire.run_batch(body=batch(guidewire, patching(A, mailTo="x"))),
        guidewire.run_composite(body=composite(guidewire, "1.00")),
        guidewire.get_async_request(LATER),
        guidewire.get_open_api(),
        guidewire.get_swagger(),
        guidewire.get_bulk_invoices(),
        guidewire.get_bulk_invoice(A),
        guidewire.get_claims(),
        guidewire.get_claim("demo_sample:30005"),
        guidewire.get_claim_infos(),
        guidewire.get_apis(),
    ]
    gone = [
        guidewire.delete_bulk_invoice_item(G, "xc:SmE5wJf3Q_b1Lz9vCyTo6"),
        guidewire.delete_bulk_invoice(A),
    ]

    item, detail = models.BulkInvoiceItemDetailResponse, models.BulkInvoiceDetailResponse
    assert [type(answer.parsed) for answer in answers] == [
        detail,
        item,
        item,
        models.BulkInvoiceItemResponse,
        models.BulkInvoiceItemCollection,
        *[detail] * 4,
        models.EscalatedInvoices,
        *[detail] * 4,
        models.BatchResponse,
        models.CompositeResponse,
        models.AsyncRequest,
        models.OpenApiDefinition,
        models.SwaggerDefinition,
        models.BulkInvoiceCollection,
        models.BulkInvoiceResponse,
        models.ClaimCollection,
        models.ClaimResponse,
        models.ClaimInfoCollection,
        models.PublishedApis,
    ]
    assert [answer.status_code for answer in gone] == [204, 204]
    assert guidewire.called == guidewire.all
