"""An organisation, its addresses and phones, as the vendor shows them.

Source: docs/vendors/xero.md#small-objects.
"""

from collections.abc import Iterable, Mapping

from mockserver.model import EMPTY, Document, Json
from mockserver.vendors.xero.dates import print_date, print_instant_ms
from mockserver.vendors.xero.replies.envelope import pick_members

_IDENTITY = (
    "Name",
    "LegalName",
    "PaysTax",
    "Version",
    "OrganisationType",
    "BaseCurrency",
    "CountryCode",
    "IsDemoCompany",
    "OrganisationStatus",
    "RegistrationNumber",
    "TaxNumber",
    "TaxNumberName",
    "FinancialYearEndDay",
    "FinancialYearEndMonth",
    "SalesTaxBasis",
    "SalesTaxPeriod",
    "DefaultSalesTax",
    "DefaultPurchasesTax",
)
_LOCK_DATES = ("PeriodLockDate", "EndOfYearLockDate")
_CLASSIFICATION = (
    "Timezone",
    "OrganisationEntityType",
    "ShortCode",
    "OrganisationID",
    "Class",
    "Edition",
    "LineOfBusiness",
)
_ADDRESS_LINES = ("AddressLine1", "AddressLine2", "AddressLine3", "AddressLine4")
_PLACE = ("City", "Region", "PostalCode", "Country")
_PHONE_MEMBERS = ("PhoneNumber", "PhoneAreaCode", "PhoneCountryCode")


def represent_organisation(organisation: Document) -> Json:
    """Return an organisation, its members in the vendor's order; what is not known of it is left out."""
    known = pick_members(organisation, "CreatedDateUTC")
    return {
        **pick_members(organisation, *_IDENTITY),
        **{name: print_date(organisation[name]) for name in _LOCK_DATES if name in organisation},
        **{name: print_instant_ms(instant) for name, instant in known.items()},
        **pick_members(organisation, *_CLASSIFICATION),
        "Addresses": organisation.get("Addresses", []),
        "Phones": organisation.get("Phones", []),
        "ExternalLinks": organisation.get("ExternalLinks", []),
        **pick_members(organisation, "PaymentTerms"),
    }


def represent_addresses(stored: Iterable[Document]) -> list[Json]:
    """Return a postal and a street address, in this order; of one that is not known all members are empty."""
    known = {one.get("AddressType", "STREET"): one for one in stored}
    return [
        _represent_address(kind, known[kind]) if kind in known else unknown
        for kind, unknown in _UNKNOWN_ADDRESSES.items()
    ]


def represent_phones(stored: Iterable[Document]) -> list[Json]:
    """Return a phone of each of four types; of one that is not known all members are empty."""
    known = {one.get("PhoneType", "DEFAULT"): one for one in stored}
    return [
        {**unknown, **pick_members(known[kind], *_PHONE_MEMBERS)} if kind in known else unknown
        for kind, unknown in _UNKNOWN_PHONES.items()
    ]


def _represent_address(kind: str, address: Document) -> Json:
    return {
        "AddressType": kind,
        **pick_members(address, *_ADDRESS_LINES),
        **{name: address.get(name, "") for name in _PLACE},
        **pick_members(address, "AttentionTo"),
    }


_UNKNOWN_ADDRESSES: Mapping[str, Document] = {
    kind: _represent_address(kind, EMPTY) for kind in ("POBOX", "STREET")
}
_UNKNOWN_PHONES: Mapping[str, Document] = {
    kind: {"PhoneType": kind, **dict.fromkeys(_PHONE_MEMBERS, "")}
    for kind in ("DDI", "DEFAULT", "FAX", "MOBILE")
}
