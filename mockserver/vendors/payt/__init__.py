"""Payt: invoices and debtors upserted in bulk, each record on its own; payments come with invoices."""

from __future__ import annotations

from mockserver.vendor import BatchRoom, Vendor, one_by_one
from mockserver.vendors.payt import (
    authorization,
    calls,
    checks,
    contacts,
    debtors,
    deletions,
    files,
    identity,
    invoices,
    lists,
    operations,
    pausing,
    render,
    rules,
    settings,
    tokens,
)
from mockserver.vendors.payt.access import enter_tenant
from mockserver.vendors.payt.assumptions import ASSUMPTIONS
from mockserver.vendors.payt.contacts import CONTACT
from mockserver.vendors.payt.door import admit
from mockserver.vendors.payt.entities import DEBTOR, INVOICE, PAYMENT
from mockserver.vendors.payt.faults import fault, phantom
from mockserver.vendors.payt.limits import telling_handler, telling_room
from mockserver.vendors.payt.moments import is_moment
from mockserver.vendors.payt.refusals import grade, refuse
from mockserver.vendors.payt.settings import VAT_RATE

_BATCHES = {
    "postV1Invoices": BatchRoom(
        apply=invoices.writing(identity.invoice),
        render=render.success_entity_with(invoices.warned(identity.invoice)),
        rules=(rules.of_readable(rules.invoice_faults),),
        across=rules.unique("invoices", "invoice_number", "number-repeated"),
        check=checks.invoice,
        phantom=phantom("invoices", "invoice_number", "invoice_identifier"),
    ),
    "patchV1Invoices": BatchRoom(
        apply=invoices.writing(identity.numbered_invoice),
        render=render.success_entity_with(invoices.warned(identity.numbered_invoice)),
        rules=(rules.of_readable(rules.invoice_faults),),
        across=rules.unique("invoices", "invoice_number", "number-repeated"),
        check=checks.change,
        phantom=phantom("invoices", "invoice_number", "invoice_identifier"),
    ),
    "postV1Debtors": BatchRoom(
        apply=one_by_one(debtors.keep),
        render=render.success_entity,
        rules=(rules.of_readable(rules.debtor_faults),),
        warn=(rules.of_readable(rules.debtor_warnings),),
        across=rules.unique("debtors", "debtor_number", "debtor-number-repeated"),
        check=checks.debtor,
        phantom=phantom("debtors", "debtor_number", "debtor_identifier"),
    ),
    "postV1Contacts": BatchRoom(
        apply=one_by_one(contacts.keep),
        render=render.contacts_posted,
        rules=(rules.of_readable(rules.contact_faults),),
        warn=(rules.of_readable(rules.contact_warnings),),
        across=rules.unique("contacts", "contact_identifier", "contact-repeated"),
        check=checks.contact,
        phantom=phantom("contacts", "contact_identifier", "id"),
    ),
    "postV1Files": BatchRoom(
        apply=files.announce,
        render=files.where_to_upload,
        across=calls.faults,
        phantom=files.phantom,
    ),
    "postV1VatRates": BatchRoom(
        apply=one_by_one(settings.keep_vat_rate),
        render=render.success_entity,
        rules=(rules.of_readable(rules.vat_rate_faults),),
        across=rules.unique("vat_rates", "code", "code-repeated"),
        check=checks.vat_rate,
        phantom=phantom("vat_rates", "code"),
    ),
    "postV1PaymentConditions": BatchRoom(
        apply=one_by_one(settings.keep_payment_condition),
        render=render.success_entity,
        across=rules.unique("payment_conditions", "code", "code-repeated"),
        phantom=phantom("payment_conditions", "code"),
    ),
}
_OPERATIONS = {
    "getV1Invoices": operations.listing(INVOICE, lists.invoice_filters, operations.as_sent),
    "getV1InvoicesId": operations.showing(INVOICE, operations.as_sent),
    "getV1InvoicesDeleted": deletions.listing("deleted_invoices", deletions.invoice),
    "patchV1InvoicesBlock": pausing.pausing(pausing.blocked),
    "patchV1InvoicesResume": pausing.pausing(pausing.resumed),
    "getV1Debtors": operations.listing(DEBTOR, lists.debtor_filters),
    "getV1DebtorsId": operations.showing(DEBTOR),
    "getV1Contacts": operations.listing(CONTACT, lists.contact_filters),
    "putUpload": files.upload,
    "getV1VatRates": operations.listing(VAT_RATE, lists.no_filters),
    "getV1Payments": operations.listing(PAYMENT, lists.payment_filters),
    "getV1PaymentsDeleted": deletions.listing("deleted_payments", deletions.payment),
    "getV1Administrations": operations.list_administrations,
    "getV1AdministrationsAdministrationId": operations.show_administration,
    "getOauthAuthorize": authorization.authorize,
    "postOauthToken": tokens.token,
    "postOauthRevoke": tokens.revoke,
    "postOauthIntrospect": tokens.introspect,
}

VENDOR = Vendor(
    batches={name: telling_room(room) for name, room in _BATCHES.items()},
    operations={name: telling_handler(handler) for name, handler in _OPERATIONS.items()},
    refuse=refuse,
    grade=grade,
    admit=admit,
    enter_tenant=enter_tenant,
    fault=fault,
    assumptions=ASSUMPTIONS,
    formats={"date-time": is_moment},
    standing=("administrations", "applications", "vat_rates", "payment_conditions"),
)
