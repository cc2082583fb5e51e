"""Payt: bulk upserts of invoices, debtors and contacts, with payments posted as part of invoices."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from mockserver.vendor import BatchHandler, Handler, Vendor, store_each
from mockserver.vendors.payt import (
    access,
    batches,
    debtors_and_rates,
    files,
    invoices,
    representation,
    rules,
    state_rules,
)
from mockserver.vendors.payt.access import admit, enter_tenant
from mockserver.vendors.payt.amounts_and_dates import is_instant
from mockserver.vendors.payt.debtors_and_rates import CONTACT, VAT_RATE
from mockserver.vendors.payt.messages import REFUSALS
from mockserver.vendors.payt.refusals import classify, extra_outcome_of, fault_problem, refuse
from mockserver.vendors.payt.representation import (
    DEBTOR,
    DELETED_INVOICE,
    DELETED_PAYMENT,
    INVOICE,
    PAYMENT,
    list_handler,
    show_handler,
)

_INVOICES = BatchHandler(
    apply=invoices.upsert_invoices,
    render=partial(batches.success_entity, warned=invoices.warnings_of_rejected),
    rules=(rules.for_readable(rules.invoice_problems),),
    batch_rule=rules.unique_in_batch("invoices", "invoice_number", "number-repeated"),
    check=rules.for_readable(state_rules.check_invoice),
    extra_outcome=extra_outcome_of("invoices", "invoice_number", "invoice_identifier"),
)
_BATCHES = {
    "postV1Invoices": _INVOICES,
    "patchV1Invoices": _INVOICES,
    "postV1Debtors": BatchHandler(
        apply=store_each(debtors_and_rates.upsert_debtor),
        render=batches.success_entity,
        rules=(rules.for_readable(rules.debtor_problems),),
        warning_rules=(rules.for_readable(rules.debtor_warnings),),
        batch_rule=rules.unique_in_batch("debtors", "debtor_number", "debtor-number-repeated"),
        check=rules.for_readable(state_rules.check_debtor),
        extra_outcome=extra_outcome_of("debtors", "debtor_number", "debtor_identifier"),
    ),
    "postV1Contacts": BatchHandler(
        apply=store_each(debtors_and_rates.upsert_contact),
        render=batches.contacts_reply,
        rules=(rules.for_readable(rules.contact_problems),),
        warning_rules=(rules.for_readable(rules.contact_warnings),),
        batch_rule=rules.unique_in_batch("contacts", "contact_identifier", "contact-repeated"),
        check=rules.for_readable(state_rules.check_contact),
        extra_outcome=extra_outcome_of("contacts", "contact_identifier", "id"),
    ),
    "postV1Files": BatchHandler(
        apply=files.announce_files,
        render=files.render_upload_urls,
        batch_rule=batches.batch_problems,
        extra_outcome=files.extra_outcome,
    ),
    "postV1VatRates": BatchHandler(
        apply=store_each(debtors_and_rates.upsert_vat_rate),
        render=batches.success_entity,
        rules=(rules.for_readable(rules.vat_rate_problems),),
        batch_rule=rules.unique_in_batch("vat_rates", "code", "code-repeated"),
        check=rules.for_readable(state_rules.check_vat_rate),
        extra_outcome=extra_outcome_of("vat_rates", "code"),
    ),
    "postV1PaymentConditions": BatchHandler(
        apply=store_each(debtors_and_rates.upsert_payment_condition),
        render=batches.success_entity,
        batch_rule=rules.unique_in_batch("payment_conditions", "code", "code-repeated"),
        extra_outcome=extra_outcome_of("payment_conditions", "code"),
    ),
}
_OPERATIONS: Mapping[str, Handler] = {
    "getV1Invoices": list_handler(INVOICE, representation.as_sent_by_now),
    "getV1InvoicesId": show_handler(INVOICE, representation.as_sent_by_now),
    "getV1InvoicesDeleted": list_handler(DELETED_INVOICE),
    "patchV1InvoicesBlock": partial(invoices.change_named_invoices, invoices.block),
    "patchV1InvoicesResume": partial(invoices.change_named_invoices, invoices.resume),
    "getV1Debtors": list_handler(DEBTOR),
    "getV1DebtorsId": show_handler(DEBTOR),
    "getV1Contacts": list_handler(CONTACT),
    "putUpload": files.upload_file,
    "getV1VatRates": list_handler(VAT_RATE),
    "getV1Payments": list_handler(PAYMENT),
    "getV1PaymentsDeleted": list_handler(DELETED_PAYMENT),
    "getV1Administrations": representation.list_administrations,
    "getV1AdministrationsAdministrationId": representation.show_administration,
    "getOauthAuthorize": access.authorize,
    "postOauthToken": access.grant_token,
    "postOauthRevoke": access.revoke_token,
    "postOauthIntrospect": access.introspect_token,
}

VENDOR = Vendor(
    batches=_BATCHES,
    operations=_OPERATIONS,
    refuse=refuse,
    refusals=REFUSALS,
    classify=classify,
    admit=admit,
    enter_tenant=enter_tenant,
    fault=fault_problem,
    formats={"date-time": is_instant},
    kept_when_empty=("administrations", "applications", "vat_rates", "payment_conditions"),
)
