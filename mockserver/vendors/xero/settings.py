"""Reads of settings: organisations, accounts, tax rates, currencies, items, users, categories, themes.

Source: docs/vendors/xero.md#account, #settings, #small-objects.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from mockserver.model import Document, Json, Reply
from mockserver.sandbox.store import State
from mockserver.vendor import Handler, Request
from mockserver.vendors.xero import answers, documents
from mockserver.vendors.xero.access import current_organisation
from mockserver.vendors.xero.dates_and_amounts import print_amount, print_unit
from mockserver.vendors.xero.lines import is_precise
from mockserver.vendors.xero.resources import (
    ACCOUNT,
    BRANDING_THEME,
    CURRENCY,
    ITEM,
    ORGANISATION,
    TAX_RATE,
    TRACKING_CATEGORY,
    USER,
    Resource,
)


def list_organisations(request: Request, state: State) -> Reply:
    unknown: Document = {"Addresses": [], "Phones": [], "ExternalLinks": []}
    shown = ORGANISATION.represent({**unknown, **current_organisation(state)})
    return answers.success_reply({ORGANISATION.plural: [shown]}, request.call, state)


def shown_by_row(resource: Resource) -> documents.Show:
    return lambda document, _request, _state: resource.represent(document)


def _show_tax_rate(tax_rate: Document, _request: Request, _state: State) -> Json:
    rate = print_amount(Decimal(tax_rate["Rate"]))
    component = {"Name": tax_rate["Component"], "Rate": rate, "IsCompound": False, "IsNonRecoverable": False}
    return TAX_RATE.represent({**tax_rate, "TaxComponents": [component]})


def show_item(item: Document, request: Request, _state: State) -> Json:
    prices = {name: _show_price(item.get(name, {}), request) for name in ("PurchaseDetails", "SalesDetails")}
    return ITEM.represent({**item, **prices})


def _show_price(details: Document, request: Request) -> Json:
    if "UnitPrice" not in details:
        return details
    return {**details, "UnitPrice": print_unit(details["UnitPrice"], precise=is_precise(request))}


def _show_category(category: Document, request: Request, _state: State) -> Json:
    """Return a category. If it is shown alone or the call asks for archived options, show all options."""
    asked = request.parameters
    whole = "TrackingCategoryID" in asked or asked.get("includeArchived", False)
    options = [Option for Option in category["Options"] if whole or Option["Status"] == documents.ACTIVE]
    return TRACKING_CATEGORY.represent({**category, "Options": options})


OPERATIONS: Mapping[str, Handler] = {
    "getOrganisations": list_organisations,
    **documents.read_operations(ACCOUNT, shown_by_row(ACCOUNT), find=documents.find_by_id),
    "getCurrencies": documents.list_handler(CURRENCY, shown_by_row(CURRENCY)),
    "getTaxRates": documents.list_handler(TAX_RATE, _show_tax_rate),
    "getTaxRateByTaxType": documents.get_handler(TAX_RATE, _show_tax_rate),
    **documents.read_operations(ITEM, show_item),
    **documents.read_operations(USER, shown_by_row(USER)),
    **documents.read_operations(TRACKING_CATEGORY, _show_category),
    **documents.read_operations(BRANDING_THEME, shown_by_row(BRANDING_THEME)),
}
