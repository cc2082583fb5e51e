"""Payt: invoices and debtors upserted in bulk, each record on its own; payments come with invoices."""

from __future__ import annotations

from mockserver.vendor import BatchRoom, Vendor, one_by_one
from mockserver.vendors.payt import checks, debtors, invoices, lists, rules
from mockserver.vendors.payt.access import admit
from mockserver.vendors.payt.entities import DEBTOR, INVOICE, PAYMENT
from mockserver.vendors.payt.moments import is_moment
from mockserver.vendors.payt.operations import (
    list_administrations,
    listing,
    show_administration,
    showing,
)
from mockserver.vendors.payt.refusals import grade, refuse
from mockserver.vendors.payt.render import success_entity

VENDOR = Vendor(
    batches={
        "postV1Invoices": BatchRoom(
            apply=one_by_one(invoices.keep),
            render=success_entity,
            rules=(rules.invoice_faults,),
            across=rules.unique("invoices", "invoice_number", "number-repeated"),
            check=checks.invoice,
        ),
        "postV1Debtors": BatchRoom(
            apply=one_by_one(debtors.keep),
            render=success_entity,
            rules=(rules.debtor_faults,),
            warn=(rules.debtor_warnings,),
            across=rules.unique("debtors", "debtor_number", "debtor-number-repeated"),
            check=checks.debtor,
        ),
    },
    operations={
        "getV1Invoices": listing(INVOICE, lists.invoice_filters),
        "getV1InvoicesId": showing(INVOICE),
        "getV1Debtors": listing(DEBTOR, lists.debtor_filters),
        "getV1DebtorsId": showing(DEBTOR),
        "getV1Payments": listing(PAYMENT, lists.payment_filters),
        "getV1Administrations": list_administrations,
        "getV1AdministrationsAdministrationId": show_administration,
    },
    refuse=refuse,
    grade=grade,
    admit=admit,
    formats={"date-time": is_moment},
    standing=("administrations", "vat_rates", "payment_conditions"),
)
