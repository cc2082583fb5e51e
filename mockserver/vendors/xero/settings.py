"""Settings of an organisation: tax rates, currencies, items and tracking categories.

Source: docs/vendors/xero.md#settings.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

from mockserver.errors import NotFound
from mockserver.model import Document, Json, Reply, Value
from mockserver.sandbox.store import State
from mockserver.vendor import Handler, Request
from mockserver.vendors.xero import lists
from mockserver.vendors.xero.answers import id_parameter, pick_members, success_reply
from mockserver.vendors.xero.dates_and_amounts import (
    APPLICABLE_CLASSES,
    CENT,
    CURRENCIES,
    TAX_RATES,
    amount_members,
    print_amount,
    print_instant_ms,
    round_to,
)
from mockserver.vendors.xero.invoices import FOUR_UNIT_DECIMALS
from mockserver.vendors.xero.lists import FieldType, FilterEntity

ShowSetting = Callable[[Document, Request], Json]

_ACTIVE = "ACTIVE"


class SettingList(Value, frozen=True):
    """A list: its name in answers, its collection, its filter fields, and how it shows a record.

    `identifier` is the path parameter that names one record, "" where none can be named; it may also hold the
    member `alias`. `archives`: archived records are shown on request only.
    """

    plural: str
    collection: str
    entity: FilterEntity
    show: ShowSetting
    identifier: str = ""
    alias: str = ""
    archives: bool = False


def _members(*names: str, moment: str = "") -> ShowSetting:
    """Return a view of records: the named members, and the instant `moment` if the record has one."""

    def show(one: Document, _request: Request) -> Json:
        moments = {moment: print_instant_ms(one[moment])} if moment in one else {}
        return {**pick_members(one, *names), **moments}

    return show


def _show_tax_rate(one: Document, _request: Request) -> Json:
    rate = print_amount(Decimal(one["Rate"]))
    component = {"Name": one["Component"], "Rate": rate, "IsCompound": False, "IsNonRecoverable": False}
    return {
        **pick_members(one, "Name", "TaxType", "ReportTaxType", *APPLICABLE_CLASSES.values()),
        "DisplayTaxRate": rate,
        "EffectiveRate": rate,
        **pick_members(one, "Status"),
        "TaxComponents": [component],
    }


def _show_item(one: Document, request: Request) -> Json:
    precise = request.parameters.get("unitdp") == FOUR_UNIT_DECIMALS
    return {
        **pick_members(one, "ItemID", "Code", "Description", "PurchaseDescription"),
        "UpdatedDateUTC": print_instant_ms(one["UpdatedDateUTC"]),
        "PurchaseDetails": _show_price(one.get("PurchaseDetails", {}), precise=precise),
        "SalesDetails": _show_price(one.get("SalesDetails", {}), precise=precise),
        **pick_members(one, "Name", "IsTrackedAsInventory", "InventoryAssetAccountCode"),
        **amount_members(one, "TotalCostPool", "QuantityOnHand"),
        **pick_members(one, "IsSold", "IsPurchased"),
    }


def _show_price(details: Document, *, precise: bool) -> Json:
    if "UnitPrice" not in details:
        return details
    price = Decimal(details["UnitPrice"])
    return {**details, "UnitPrice": print_amount(price if precise else round_to(price, CENT))}


def _show_category(one: Document, request: Request) -> Json:
    options = [option for option in one["Options"] if _is_shown(option, request)]
    return {**pick_members(one, "Name", "Status", "TrackingCategoryID"), "Options": options}


def _is_shown(one: Document, request: Request) -> bool:
    """Return whether a record or option is shown: a single category shows all of its options."""
    listed = "TrackingCategoryID" not in request.parameters
    return not listed or one["Status"] == _ACTIVE or request.parameters.get("includeArchived", False)


_LISTS = (
    SettingList(
        plural="Currencies",
        collection=CURRENCIES,
        entity=FilterEntity("Currency", lists.own_fields(FieldType.TEXT, "Code", "Description"), "Code"),
        show=_members("Code", "Description"),
    ),
    SettingList(
        plural="TaxRates",
        collection=TAX_RATES,
        entity=FilterEntity(
            "TaxRate",
            {
                **lists.own_fields(FieldType.TEXT, "Name", "TaxType", "ReportTaxType", "Status"),
                **lists.own_fields(FieldType.FLAG, *APPLICABLE_CLASSES.values()),
                "displaytaxrate": lists.own_fields(FieldType.NUMBER, "Rate")["rate"],
                "effectiverate": lists.own_fields(FieldType.NUMBER, "Rate")["rate"],
            },
            "Name",
        ),
        show=_show_tax_rate,
        identifier="TaxType",
    ),
    SettingList(
        plural="Items",
        collection="items",
        entity=FilterEntity(
            "Item",
            {
                **lists.own_fields(FieldType.GUID, "ItemID"),
                **lists.own_fields(FieldType.TEXT, "Code", "Name", "Description", "PurchaseDescription"),
                **lists.own_fields(FieldType.FLAG, "IsSold", "IsPurchased", "IsTrackedAsInventory"),
                **lists.own_fields(FieldType.NUMBER, "TotalCostPool", "QuantityOnHand"),
                **lists.own_fields(FieldType.MOMENT, "UpdatedDateUTC"),
            },
        ),
        show=_show_item,
        identifier="ItemID",
        alias="Code",
    ),
    SettingList(
        plural="Users",
        collection="users",
        entity=FilterEntity(
            "User",
            {
                **lists.own_fields(FieldType.GUID, "UserID"),
                **lists.own_fields(
                    FieldType.TEXT, "EmailAddress", "FirstName", "LastName", "OrganisationRole"
                ),
                **lists.own_fields(FieldType.FLAG, "IsSubscriber"),
                **lists.own_fields(FieldType.MOMENT, "UpdatedDateUTC"),
            },
        ),
        show=_members(
            *("UserID", "EmailAddress", "FirstName", "LastName", "IsSubscriber", "OrganisationRole"),
            moment="UpdatedDateUTC",
        ),
        identifier="UserID",
    ),
    SettingList(
        plural="TrackingCategories",
        collection="tracking-categories",
        entity=FilterEntity(
            "TrackingCategory",
            {
                **lists.own_fields(FieldType.GUID, "TrackingCategoryID"),
                **lists.own_fields(FieldType.TEXT, "Name", "Status"),
            },
            "Name",
        ),
        show=_show_category,
        identifier="TrackingCategoryID",
        archives=True,
    ),
    SettingList(
        plural="BrandingThemes",
        collection="branding-themes",
        entity=FilterEntity("BrandingTheme", lists.own_fields(FieldType.NUMBER, "SortOrder"), "SortOrder"),
        show=_members(*("BrandingThemeID", "Name", "LogoUrl", "Type", "SortOrder"), moment="CreatedDateUTC"),
        identifier="BrandingThemeID",
    ),
)
_BY_PLURAL = {one.plural: one for one in _LISTS}


def _list_handler(kind: SettingList) -> Handler:
    def list_settings(request: Request, state: State) -> Reply:
        """Return the records that the call asks for, never paged."""
        found = lists.select_documents(
            state.collection(kind.collection).values(), kind.entity, request, state
        )
        if kind.archives:
            found = [one for one in found if _is_shown(one, request)]
        return lists.list_reply(kind.plural, found, lambda one: kind.show(one, request), request, state)

    return list_settings


def _single_handler(kind: SettingList) -> Handler:
    def get_setting(request: Request, state: State) -> Reply:
        """Return one record, by its id or by the other member that may name it.

        Raises:
            NotFound: the tenant has none of that name.
        """
        rows, sent = state.collection(kind.collection), str(request.parameters[kind.identifier])
        found = rows.get(id_parameter(request, kind.identifier)) or rows.get(sent)
        if found is None and kind.alias:
            found = next(iter(rows.find(kind.alias, sent)), None)
        if found is None:
            raise NotFound(kind.collection, sent)
        return success_reply({kind.plural: [kind.show(found, request)]}, request.call, state)

    return get_setting


OPERATIONS: Mapping[str, Handler] = {
    **{f"get{one.plural}": _list_handler(one) for one in _LISTS},
    "getBrandingTheme": _single_handler(_BY_PLURAL["BrandingThemes"]),
    "getItem": _single_handler(_BY_PLURAL["Items"]),
    "getTaxRateByTaxType": _single_handler(_BY_PLURAL["TaxRates"]),
    "getTrackingCategory": _single_handler(_BY_PLURAL["TrackingCategories"]),
    "getUser": _single_handler(_BY_PLURAL["Users"]),
}
