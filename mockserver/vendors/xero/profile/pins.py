"""Fixture ids, expected statuses and tolerances for generated requests to Xero."""

from __future__ import annotations

from mockserver.contract.profile import (
    FOUND_OR_NOT,
    PER_ITEM_REASON,
    STATE_REASON,
    UNKNOWN_ID_REASON,
    ExpectedStatuses,
    FixturePins,
    Tolerance,
)

_QUERY = "the schema cannot spell the filter language or the form of If-Modified-Since"
_SUMMARY = f"{PER_ITEM_REASON}, or as one 400; a summarizeErrors that is no boolean counts as true"
_LIST = ExpectedStatuses(_QUERY, valid=("200", "400", "412"))
_QUERIED = ExpectedStatuses(_QUERY, valid=("200", "400"))
_BATCH = ExpectedStatuses(_SUMMARY, valid=("200", "400"), invalid=("200", "4xx"))
_ONE_CHANGE = ExpectedStatuses(
    f"{PER_ITEM_REASON}; no number has a line end in it", valid=("200", "400", "404")
)
_REFERENCED_LIST = ExpectedStatuses(
    f"{_QUERY}; in a comma list any text is a text, and an empty one is no list",
    valid=_LIST.valid,
    invalid=("200", "4xx"),
)
_BATCH_OF_ONE = ExpectedStatuses(
    f"{_SUMMARY}; {UNKNOWN_ID_REASON}", valid=("200", "400", "404"), invalid=("200", "4xx")
)
_NUMBERED_BATCH = ExpectedStatuses(
    f"{_SUMMARY}; no number has a line end in it", valid=("200", "400", "404"), invalid=("200", "4xx")
)
_ALWAYS_SUMMARISED = ExpectedStatuses(PER_ITEM_REASON, valid=("200", "400"))
_DELETION = ExpectedStatuses(f"{STATE_REASON}; {UNKNOWN_ID_REASON}", valid=("200", "400", "404"))
_UPLOAD = ExpectedStatuses(
    f"{UNKNOWN_ID_REASON}; a document takes ten files, and not every name", valid=("200", "400", "404")
)
_GRANT = ExpectedStatuses(
    "the schema cannot say which codes, tokens and clients are good", valid=("200", "400")
)


_ALLOCATION_DELETIONS = (
    "deleteCreditNoteAllocations",
    "deleteOverpaymentAllocations",
    "deletePrepaymentAllocations",
)
"""Walks begin at deletions rather than at reads, and these find nothing unless a link leads to them."""

PINS = FixturePins(
    headers={"xero-tenant-id": "00000000-0000-4000-8000-000000000001"},
    body={"BatchPaymentID": "d318c343-208e-49fe-b04a-45642349bcf1"},
    known={
        "getBankTransaction": {"BankTransactionID": "ba9c0de0-0000-4000-8000-000000000002"},
        "updateBankTransaction": {"BankTransactionID": "ba9c0de0-0000-4000-8000-000000000001"},
        "getContact": {"ContactID": "c0ffee00-0000-4000-8000-000000000001"},
        "deleteBatchPaymentByUrlParam": {"BatchPaymentID": "d318c343-208e-49fe-b04a-45642349bcf1"},
        "getBatchPaymentHistory": {"BatchPaymentID": "d318c343-208e-49fe-b04a-45642349bcf1"},
        "createBatchPaymentHistoryRecord": {"BatchPaymentID": "d318c343-208e-49fe-b04a-45642349bcf1"},
        "getInvoiceHistory": {"InvoiceID": "3323652c-155e-433b-8a73-4dde7cfbf410"},
        "getInvoiceAttachments": {"InvoiceID": "1abe1ed0-0000-4000-8000-000000000005"},
        "getInvoiceAttachmentByFileName": {
            "InvoiceID": "1abe1ed0-0000-4000-8000-000000000005",
            "FileName": "letter.txt",
        },
        "createInvoiceAttachmentByFileName": {"InvoiceID": "3323652c-155e-433b-8a73-4dde7cfbf410"},
        "updateInvoiceAttachmentByFileName": {"InvoiceID": "3323652c-155e-433b-8a73-4dde7cfbf410"},
        "getOnlineInvoice": {"InvoiceID": "3323652c-155e-433b-8a73-4dde7cfbf410"},
        "createInvoiceHistory": {"InvoiceID": "3323652c-155e-433b-8a73-4dde7cfbf410"},
        "getPaymentHistory": {"PaymentID": "5a1ab1e0-0000-4000-8000-000000000007"},
        "createPaymentHistory": {"PaymentID": "5a1ab1e0-0000-4000-8000-000000000007"},
        "updateInvoice": {"InvoiceID": "1abe1ed0-0000-4000-8000-000000000004"},
        "updateContact": {"ContactID": "c0ffee00-0000-4000-8000-000000000001"},
        "updateCreditNote": {"CreditNoteID": "c4ed1700-0000-4000-8000-000000000001"},
        "createCreditNoteAllocation": {"CreditNoteID": "c4ed1700-0000-4000-8000-000000000003"},
        "createOverpaymentAllocations": {"OverpaymentID": "0be44a1d-0000-4000-8000-000000000001"},
        "createPrepaymentAllocations": {"PrepaymentID": "94e4a1d0-0000-4000-8000-000000000001"},
        "deleteCreditNoteAllocations": {
            "CreditNoteID": "c4ed1700-0000-4000-8000-000000000006",
            "AllocationID": "a110c000-0000-4000-8000-000000000001",
        },
        "deleteOverpaymentAllocations": {
            "OverpaymentID": "0be44a1d-0000-4000-8000-000000000002",
            "AllocationID": "a110c000-0000-4000-8000-000000000002",
        },
        "deletePrepaymentAllocations": {
            "PrepaymentID": "94e4a1d0-0000-4000-8000-000000000002",
            "AllocationID": "a110c000-0000-4000-8000-000000000003",
        },
        "deletePayment": {"PaymentID": "5a1ab1e0-0000-4000-8000-000000000007"},
    },
    omitted_headers=("Idempotency-Key",),
    expected_statuses={
        "createBatchPayment": _BATCH,
        "createContacts": _BATCH,
        "createBankTransactions": _BATCH,
        "updateOrCreateBankTransactions": _BATCH,
        "updateBankTransaction": _DELETION,
        "createInvoices": _BATCH,
        "createPayments": _BATCH,
        "createPayment": _BATCH,
        "updateOrCreateContacts": _BATCH,
        "updateOrCreateInvoices": _BATCH,
        "updateContact": _ONE_CHANGE,
        "updateInvoice": _ONE_CHANGE,
        "createCreditNotes": _BATCH,
        "updateOrCreateCreditNotes": _BATCH,
        "createCreditNoteAllocation": _NUMBERED_BATCH,
        "createOverpaymentAllocations": _BATCH_OF_ONE,
        "createPrepaymentAllocations": _BATCH_OF_ONE,
        "updateCreditNote": _ONE_CHANGE,
        "createBatchPaymentHistoryRecord": _ALWAYS_SUMMARISED,
        "createInvoiceHistory": _ALWAYS_SUMMARISED,
        "createPaymentHistory": _ALWAYS_SUMMARISED,
        "deleteBatchPayment": _DELETION,
        "deleteBatchPaymentByUrlParam": _DELETION,
        "deletePayment": _DELETION,
        **dict.fromkeys(_ALLOCATION_DELETIONS, FOUND_OR_NOT),
        "deleteConnection": ExpectedStatuses(UNKNOWN_ID_REASON, valid=("204", "404")),
        "requestToken": _GRANT,
        "revokeToken": _GRANT,
        "getBatchPayments": _LIST,
        "getInvoices": _REFERENCED_LIST,
        "getAccounts": _LIST,
        "getBankTransactions": _LIST,
        "getBankTransaction": FOUND_OR_NOT,
        "getContacts": ExpectedStatuses(
            f"{_QUERY}; an empty list of ids is no list", valid=_LIST.valid, invalid=("200", "4xx")
        ),
        "getPayments": _LIST,
        **dict.fromkeys(("getCurrencies", "getTaxRates", "getTrackingCategories"), _QUERIED),
        **dict.fromkeys(("getItems", "getUsers"), _LIST),
        **dict.fromkeys(
            ("getBrandingTheme", "getItem", "getTaxRateByTaxType", "getTrackingCategory", "getUser"),
            FOUND_OR_NOT,
        ),
        "getCreditNotes": _LIST,
        "getOverpayments": _REFERENCED_LIST,
        "getPrepayments": _REFERENCED_LIST,
        "getBatchPayment": FOUND_OR_NOT,
        "getBatchPaymentHistory": FOUND_OR_NOT,
        "getInvoiceHistory": FOUND_OR_NOT,
        "getInvoiceAttachments": FOUND_OR_NOT,
        "getInvoiceAttachmentByFileName": FOUND_OR_NOT,
        "getOnlineInvoice": FOUND_OR_NOT,
        "createInvoiceAttachmentByFileName": _UPLOAD,
        "updateInvoiceAttachmentByFileName": _UPLOAD,
        "getPaymentHistory": FOUND_OR_NOT,
        "getInvoice": FOUND_OR_NOT,
        "getAccount": FOUND_OR_NOT,
        "getPayment": FOUND_OR_NOT,
        "getContact": FOUND_OR_NOT,
        "getCreditNote": FOUND_OR_NOT,
        "getOverpayment": FOUND_OR_NOT,
        "getPrepayment": FOUND_OR_NOT,
    },
    # Whole documents inside a payment: 20,000 coverage cases with them, 1,200 without. What an invoice's
    # contact and lines have inside them makes half of its cases.
    omitted_members={
        "PaymentInput": ("Invoice", "CreditNote", "Prepayment", "Overpayment", "Account"),
        "CreditNoteInput": ("Allocations", "Payments", "Warnings", "ValidationErrors"),
        "AllocationInput": ("Invoice", "ValidationErrors"),
        "BankTransactionInput": ("BankAccount", "ValidationErrors"),
        "InvoiceInput": ("Attachments", "Warnings", "ValidationErrors"),
        "ContactInput": (
            "AccountsPayableTaxType",
            "AccountsReceivableTaxType",
            "Addresses",
            "BatchPayments",
            "CompanyNumber",
            "ContactPersons",
            "PaymentTerms",
            "Phones",
            "PurchasesDefaultAccountCode",
            "PurchasesDefaultLineAmountType",
            "PurchasesTrackingCategories",
            "SalesDefaultAccountCode",
            "SalesDefaultLineAmountType",
            "SalesTrackingCategories",
            "TaxNumberType",
            "ValidationErrors",
            "XeroNetworkKey",
        ),
        "LineItem": ("Tracking", "ValidationErrors"),
    },
    walk_exclusions=((), ("getConnections", *_ALLOCATION_DELETIONS)),
)

TOLERANCES = {
    "": (
        Tolerance(
            "type", "the assumption unreadable_flag: what is no boolean counts as true", "summarizeErrors"
        ),
    )
}
"""By operation. Source: docs/vendors/xero.md#headers-and-parameters."""
