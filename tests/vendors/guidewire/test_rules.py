from __future__ import annotations

from typing import Any

import pytest

from tests.support.client import Client
from tests.vendors.guidewire.samples import A, D, messages, sent

WHERE = {"parameterLocation": "body", "parameterName": "body"}


class TestRefused:
    """Nothing of a refused change is stored."""

    @pytest.mark.parametrize(
        ("body", "message", "path"),
        [
            (
                {"bulkInvoiceTotal": 3000},
                "The value of 'bulkInvoiceTotal' must be of type string",
                "data.attributes.bulkInvoiceTotal",
            ),
            (
                {"bulkInvoiceTotal": "-1.00"},
                "The value '-1.00' of 'bulkInvoiceTotal' is not in the expected format",
                "data.attributes.bulkInvoiceTotal",
            ),
            (
                {"bulkInvoiceTotal": "abc"},
                "The value 'abc' of 'bulkInvoiceTotal' is not in the expected format",
                "data.attributes.bulkInvoiceTotal",
            ),
            (
                {"deliveryMethod": {"code": "pigeon"}},
                "'pigeon' is not a valid code of the typelist 'DeliveryMethod'",
                "data.attributes.deliveryMethod.code",
            ),
            (
                {"deliveryMethod": "hold"},
                "The value of 'deliveryMethod' must be of type object",
                "data.attributes.deliveryMethod",
            ),
            (
                {"payeeAddressBookUID": "ab:999"},
                "No resource with the id 'ab:999' was found for 'payeeAddressBookUID'",
                "data.attributes.payeeAddressBookUID",
            ),
            (
                {"payeeAddressBookUID": None},
                "The value of 'payeeAddressBookUID' must be of type string",
                "data.attributes.payeeAddressBookUID",
            ),
            (
                {"payeeAddressBookUID": ""},
                "The value of 'payeeAddressBookUID' must have at least 1 characters",
                "data.attributes.payeeAddressBookUID",
            ),
            (
                {"currency": {"code": "jpy"}, "bulkInvoiceTotal": "100.50"},
                "The amount '100.50' has too many decimals for the currency 'jpy'",
                "data.attributes.bulkInvoiceTotal",
            ),
            ({"foo": 1}, "Property 'foo' is not defined in the schema", "data.attributes.foo"),
            (
                {"deliveryMethod": {"code": "hold", "foo": 1}},
                "Property 'foo' is not defined in the schema",
                "data.attributes.deliveryMethod.foo",
            ),
        ],
    )
    def test_one_fault_is_named_with_its_place(
        self, guidewire: Client, body: Any, message: str, path: str
    ) -> None:
        before = guidewire.get(A).body

        answered = guidewire.patch(A, json=sent(**body))

        assert answered.status == 400
        assert answered.json == {
            "status": 400,
            "errorCode": "gw.api.rest.exceptions.BadInputException",
            "userMessage": "The request parameters or body had issues",
            "details": [{"message": message, "properties": {**WHERE, "path": path}}],
        }
        assert guidewire.get(A).body == before

    @pytest.mark.parametrize(
        "name",
        [
            "status",
            "approvalStatus",
            "approvedReportingAmount",
            "id",
            "payTo",
            "payee",
            "totalTransactionAmount",
            "valid",
            "defaultCostType",
            "bankAccount",
        ],
    )
    @pytest.mark.parametrize("handling", ["reject", "ignore", "log"])
    def test_a_read_only_attribute_is_named_as_such(
        self, guidewire: Client, name: str, handling: str
    ) -> None:
        before = guidewire.get(A).body
        headers = {"GW-UnknownPropertyHandling": handling}

        answered = guidewire.patch(A, json=sent(**{name: {"code": "issued"}}), headers=headers)

        assert answered.status == 400
        assert messages(answered) == [f"Property '{name}' cannot be updated"]
        assert guidewire.get(A).body == before

    def test_two_faults_of_the_schema_come_together(self, guidewire: Client) -> None:
        answered = guidewire.patch(A, json=sent(currency={"code": "zzz"}, bulkInvoiceTotal="x"))

        assert answered.status == 400
        assert messages(answered) == [
            "The value 'x' of 'bulkInvoiceTotal' is not in the expected format",
            "'zzz' is not a valid code of the typelist 'Currency'",
        ]

    def test_faults_of_schema_and_state_come_together(self, guidewire: Client) -> None:
        answered = guidewire.patch(A, json=sent(currency={"code": "zzz"}, payeeAddressBookUID="ab:999"))

        assert messages(answered) == [
            "'zzz' is not a valid code of the typelist 'Currency'",
            "No resource with the id 'ab:999' was found for 'payeeAddressBookUID'",
        ]

    def test_attributes_without_their_envelope_are_named(self, guidewire: Client) -> None:
        answered = guidewire.patch(A, json={"bulkInvoiceTotal": "3000.00"})

        assert answered.status == 400
        assert messages(answered) == [
            "The 'data' property is required",
            "Property 'bulkInvoiceTotal' is not defined in the schema",
        ]

    def test_an_issued_invoice_cannot_be_edited(self, guidewire: Client) -> None:
        before = guidewire.get(D).body

        answered = guidewire.patch(D, json=sent(mailTo="x"))

        assert answered.status == 400
        assert answered.json == {
            "status": 400,
            "errorCode": "gw.api.rest.exceptions.BadInputException",
            "userMessage": "Cannot take action 'update'. See the details element for further information.",
            "details": [{"message": "The bulk invoice cannot be edited because its status is 'Issued'"}],
        }
        assert guidewire.get(D).body == before

    def test_an_unknown_invoice_is_not_found(self, guidewire: Client) -> None:
        answered = guidewire.patch("/claim/v1/bulk-invoices/xc:nope", json=sent(mailTo="x"))

        assert answered.status == 404
        assert answered.json == {
            "status": 404,
            "errorCode": "gw.api.rest.exceptions.NotFoundException",
            "userMessage": "No resource was found at path /claim/v1/bulk-invoices/xc:nope",
        }

    def test_a_nul_in_a_text_is_refused(self, guidewire: Client) -> None:
        before = guidewire.get(A).body

        answered = guidewire.patch(A, json=sent(mailTo="a\0b"))

        assert answered.status == 400
        assert guidewire.get(A).body == before
