"""Contract profile of Xero: facts, fixture ids, lists, expected statuses, tolerances.

Source: docs/vendors/xero.md#headers-and-parameters.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from mockserver.contract.profile import (
    FOUND_OR_NOT,
    PER_ITEM_REASON,
    STATE_REASON,
    UNKNOWN_ID_REASON,
    BatchProfile,
    Counted,
    ExpectedStatuses,
    FactCheck,
    FactRead,
    Facts,
    FixturePins,
    IdempotencyRule,
    LimitedCredentials,
    ListFilter,
    ListOrder,
    ListProfile,
    Profile,
    RefusalRule,
    Selects,
    Tolerance,
    ValueChange,
    ValueRules,
)
from mockserver.vendors.xero.profile import calls, documents, payments

_NUMBERS = "docs/vendors/xero.md#dates-and-numbers"
_OF_ANSWERS = (
    "StatusAttributeString",
    "HasErrors",
    "HasValidationErrors",
    "HasAttachments",
    "HasAccount",
    "Payments.StatusAttributeString",
    "Payments.HasValidationErrors",
    "Payments.HasAccount",
    "DateString",
    "DueDateString",
)
_REFERENCES = ("Contact", "Account", "BankAccount", "Invoice", "CreditNote", "Payments.Invoice")
_WORKED_OUT = (
    "SubTotal",
    "Total",
    "TotalTax",
    "RemainingCredit",
    "AppliedAmount",
    "CurrencyRate",
    "SentToContact",
    "IsCustomer",
    "IsSupplier",
    "LineItems.TaxType",
    "LineItems.TaxAmount",
    "LineItems.LineAmount",
)
"""The good documents are without tax and in the organisation's currency; a new contact is neither customer
nor supplier."""

DOCUMENT_VALUES = ValueRules(
    left_alone=(*_OF_ANSWERS, *_REFERENCES, *_WORKED_OUT),
    changes=(
        *(
            ValueChange(name, "time added", "a day is shown as midnight UTC", _NUMBERS)
            for name in ("Date", "DueDate", "ExpectedPaymentDate", "PlannedPaymentDate")
        ),
        *(
            ValueChange(name, "rounded", "an amount has two decimals", _NUMBERS, places=2)
            for name in ("LineItems.UnitAmount", "Payments.Amount", "Amount")
        ),
        *(
            ValueChange(f"LineItems.{name}", "rounded", "it has four decimals", _NUMBERS, places=4)
            for name in ("Quantity", "DiscountRate", "DiscountAmount")
        ),
    ),
)


_INVOICES = (
    "updateOrCreateInvoices",
    "createInvoices",
    "createBatchPayment",
    "createPayments",
    "createPayment",
)
_OF_LINES = (*_INVOICES, "createBankTransactions", "updateOrCreateCreditNotes")
_OF_BANK = ("createBatchPayment", "createPayments", "createPayment", "createBankTransactions")
_TENANTS = FactRead("getConnections", rows="", key="/tenantId")


def _account(kind: str) -> FactRead:
    return FactRead("getAccounts", rows="/Accounts", key="/Code", having={"/Status": "ACTIVE", "/Type": kind})


FACT_CHECKS = (
    FactCheck("tenant", (_TENANTS,)),
    FactCheck("other_tenant", (_TENANTS,), tenant=1),
    *(
        FactCheck(name, (_account(kind),), needed_by=needed_by, tenant=tenant, replaceable=True)
        for name, kind, needed_by in (
            ("bank", "BANK", _OF_BANK),
            ("account", "REVENUE", _OF_LINES),
        )
        for tenant in (0, 1)
    ),
    FactCheck("contact", made_up=True),
    FactCheck("date", made_up=True),
    FactCheck("due_date", made_up=True),
)


_COUNTS: Mapping[Counted, str] = {
    "all": "/pagination/itemCount",
    "pages": "/pagination/pageCount",
    "number": "/pagination/page",
    "size": "/pagination/pageSize",
}


def _where(member: str, unknown: str = "") -> ListFilter:
    return ListFilter("where", f"/{member}", f'{member}=="{{value}}"', unknown=unknown)


def _named(parameter: str, member: str, unknown: str = "") -> ListFilter:
    return ListFilter(parameter, f"/{member}", unknown=unknown, separator=",")


def _dated(sign: str, selects: Selects) -> ListFilter:
    text = f"Date{sign}DateTime({{value}})"
    return ListFilter("where", "/DateString", text, selects, escapes={"T00:00:00": "", "-": ","})


_DATES = (_dated(">=", "at-least"), _dated("<=", "at-most"))


def _paged(
    plural: str, key: str, *filters: ListFilter, order: str = "", query: Mapping[str, str] | None = None
) -> ListProfile:
    return ListProfile(
        f"get{plural}",
        query=query or {"page": "1"},
        paging="page",
        position="page",
        size="pageSize",
        largest=1000,
        usual=100,
        rows=f"/{plural}",
        identity=f"/{key}",
        counts=_COUNTS,
        filters=filters,
        orders=(ListOrder("order", f"{order} DESC", f"/{order}", descending=True),) if order else (),
    )


def _whole(plural: str, key: str, *filters: ListFilter, operation: str = "") -> ListProfile:
    return ListProfile(
        operation or f"get{plural}",
        query={"order": f"{key} ASC"},
        paging="none",
        rows=f"/{plural}",
        identity=f"/{key}",
        filters=filters,
    )


LISTS = (
    _paged(
        "Invoices",
        "InvoiceID",
        _named("InvoiceNumbers", "InvoiceNumber", "no-such-number"),
        _named("IDs", "InvoiceID", "ba5eba11-0000-4000-8000-00000000dead"),
        _named("Statuses", "Status"),
        _where("Type"),
        *_DATES,
        order="InvoiceNumber",
    ),
    _paged("Contacts", "ContactID", _where("Name", "no such contact"), order="Name"),
    _paged("CreditNotes", "CreditNoteID", _where("Type"), _where("Status")),
    _paged("Payments", "PaymentID", _where("Status"), _where("PaymentType")),
    _paged("BankTransactions", "BankTransactionID", _where("Type"), _where("Status")),
    _paged("Overpayments", "OverpaymentID", _where("Status")),
    _paged("Prepayments", "PrepaymentID", _where("Status")),
    _whole("BatchPayments", "BatchPaymentID", _where("Status"), _where("Type")),
    _whole("Accounts", "AccountID", _where("Code", "NONE"), _where("Type")),
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


NO_POSITIONS = {
    "require_key": "the vendor's documents say that a call may come without an idempotency key",
    "silent_failure": "a fault that the vendor had once: an answer that hides why an element was not saved",
}


_FACTS = {
    "tenant": "00000000-0000-4000-8000-000000000001",
    "other_tenant": "00000000-0000-4000-8000-000000000002",
    "bank": "BANK1",
    "account": "SALES",
    "contact": "Ridgeway University",
    "date": "2026-01-05",
    "due_date": "2026-02-05",
}
"""In both organisations: a bank account and one for sales by their codes, and days that are not locked.

An empty `other_tenant` says that there is only one.
"""


_KEYS = IdempotencyRule("Idempotency-Key", again="same", conflict_status=400)
_READS_ONLY = LimitedCredentials(
    {"OAuth2": {"bearer": "read-only-token"}},
    ("createInvoices", "updateOrCreateInvoices", "createBatchPayment", "createPayments", "createContacts"),
)
_LACKS_SCOPE = RefusalRule(
    "no right", (401,), "a token without the scope is answered 401 with the detail AuthorizationUnsuccessful"
)


def _headers(facts: Facts, tenant: int) -> Mapping[str, str]:
    return {"xero-tenant-id": (facts["tenant"], facts["other_tenant"])[tenant]}


def _batch_profiles(facts: Facts) -> tuple[BatchProfile, ...]:
    """Return the batch profiles; idempotency keys belong to caller and organisation."""
    return tuple(
        replace(
            subject,
            tenants=2 if facts["other_tenant"] else 1,
            key_header=_KEYS.name,
            again=_KEYS.again,
            conflict_status=_KEYS.conflict_status,
            values=DOCUMENT_VALUES,
        )
        for subject in (
            payments.batch_payments_in_parts(facts),
            payments.batch_payments_in_full(facts),
            documents.updated_invoices(facts),
            documents.new_invoices(facts),
            payments.single_payments(facts),
            payments.posted_payments(facts),
            payments.updated_contacts(),
            documents.received_money(facts),
            documents.credit_notes(facts),
        )
    )


PROFILE = Profile(
    facts=_FACTS,
    credentials={"OAuth2": {"bearer": "good-token"}},
    headers=_headers,
    batches=_batch_profiles,
    pins=PINS,
    fact_checks=FACT_CHECKS,
    no_positions=NO_POSITIONS,
    lists=LISTS,
    tolerances=TOLERANCES,
    idempotency=_KEYS,
    refusals=(_LACKS_SCOPE,),
    limited=(_READS_ONLY,),
    readers={
        "createBankTransactions": calls.NEW_BANK_TRANSACTIONS.read,
        "updateBankTransaction": calls.BANK_TRANSACTIONS.read,
        "updateOrCreateBankTransactions": calls.BANK_TRANSACTIONS.read,
        "createBatchPayment": calls.BATCH_PAYMENTS.read,
        "createBatchPaymentHistoryRecord": calls.NOTES.read,
        "createContacts": calls.NEW_CONTACTS.read,
        "createCreditNoteAllocation": calls.ALLOCATIONS.read,
        "createCreditNotes": calls.NEW_CREDIT_NOTES.read,
        "createInvoiceHistory": calls.NOTES.read,
        "createPaymentHistory": calls.NOTES.read,
        "createInvoices": calls.NEW_INVOICES.read,
        "createOverpaymentAllocations": calls.ALLOCATIONS.read,
        "createPayment": calls.POSTED_PAYMENTS.read,
        "createPayments": calls.PAYMENTS.read,
        "createPrepaymentAllocations": calls.ALLOCATIONS.read,
        "deleteBatchPayment": calls.DELETED_BATCH_PAYMENTS.read,
        "deleteBatchPaymentByUrlParam": calls.DELETED_BATCH_PAYMENTS.read,
        "deletePayment": calls.DELETED_PAYMENTS.read,
        "updateContact": calls.CONTACTS.read,
        "updateCreditNote": calls.CREDIT_NOTES.read,
        "updateInvoice": calls.INVOICES.read,
        "updateOrCreateContacts": calls.CONTACTS.read,
        "updateOrCreateCreditNotes": calls.CREDIT_NOTES.read,
        "updateOrCreateInvoices": calls.INVOICES.read,
    },
)
