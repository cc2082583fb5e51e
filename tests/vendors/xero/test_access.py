"""Who may enter, which tenants there are, and what every answer carries."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from mockserver.server.application import Application
from tests.support.client import Client, Response
from tests.vendors.xero.documents import API, BATCHES, ELSEWHERE, HARBOUR, R1, TENANT, batch, pay

ORGANISATION = f"{API}/Organisation"
LEFT = ("x-daylimit-remaining", "x-minlimit-remaining", "x-appminlimit-remaining")


def problem(answer: Response) -> dict[str, Any]:
    """The problem, its instance proven to be an id and taken out."""
    document: dict[str, Any] = answer.json
    UUID(document.pop("Instance"))
    return document


def refused(status: int, title: str, detail: str) -> dict[str, Any]:
    return {"Type": None, "Title": title, "Status": status, "Detail": detail, "Extensions": {}}


@pytest.mark.parametrize("path", [BATCHES, ORGANISATION, "/connections"])
def test_no_credential_is_a_401(xero: Client, path: str) -> None:
    answer = xero.without("authorization").get(path)

    assert (answer.status, answer.media_type) == (401, "application/json")
    assert problem(answer) == refused(401, "Unauthorized", "AuthenticationUnsuccessful")


@pytest.mark.parametrize("header", ["Basic Z29vZDp0b2tlbg==", "good-token", "Bearer", "Bearer  "])
def test_no_bearer_is_a_401(xero: Client, header: str) -> None:
    answer = xero.get(BATCHES, headers={"authorization": header})

    assert (answer.status, problem(answer)["Detail"]) == (401, "AuthenticationUnsuccessful")


def test_an_expired_token_says_when(xero: Client) -> None:
    answer = xero.get(BATCHES, headers={"authorization": "Bearer expired-token"})

    detail = "TokenExpired: token expired at 01/01/2001 00:00:00"
    assert problem(answer) == refused(401, "Unauthorized", detail)


def test_a_revoked_token_is_a_401(xero: Client) -> None:
    answer = xero.get(BATCHES, headers={"authorization": "Bearer revoked-token"})

    assert (answer.status, problem(answer)["Detail"]) == (401, "AuthenticationUnsuccessful")


@pytest.mark.parametrize(
    "path", ["BatchPayments", "Invoices", "Accounts", "Payments", "Contacts", "Organisation"]
)
def test_a_read_only_token_reads(xero: Client, path: str) -> None:
    assert xero.get(f"{API}/{path}", headers={"authorization": "Bearer read-only-token"}).status == 200


def test_a_read_only_token_does_not_write(xero: Client, books: Callable[[], Any]) -> None:
    before = books()

    answer = xero.put(BATCHES, json=batch(pay(R1)), headers={"authorization": "Bearer read-only-token"})

    assert problem(answer) == refused(401, "Unauthorized", "AuthorizationUnsuccessful")
    assert (answer.status, books()) == (401, before)


def test_a_401_comes_before_the_body_is_read(xero: Client) -> None:
    assert xero.without("authorization").put(BATCHES, content=b"{").status == 401


@pytest.mark.parametrize("tenant", ["", "nonsense", "00000000-0000-4000-8000-000000000009", ELSEWHERE])
def test_an_unknown_or_foreign_tenant_is_a_403(xero: Client, tenant: str) -> None:
    answer = xero.put(BATCHES, content=b"{", headers={"xero-tenant-id": tenant})

    assert (answer.status, problem(answer)) == (403, refused(403, "Forbidden", "AuthenticationUnsuccessful"))


def test_a_missing_tenant_is_a_403(xero: Client) -> None:
    answer = xero.without("xero-tenant-id").get(BATCHES)

    assert (answer.status, problem(answer)) == (403, refused(403, "Forbidden", "AuthenticationUnsuccessful"))


@pytest.mark.parametrize("tenant", [TENANT, HARBOUR])
def test_the_foreign_token_does_not_reach_our_tenants(xero: Client, tenant: str) -> None:
    answer = xero.get(BATCHES, headers={"authorization": "Bearer foreign-token", "xero-tenant-id": tenant})

    assert answer.status == 403


def test_the_foreign_token_reaches_its_own_tenant(xero: Client) -> None:
    named = {"authorization": "Bearer foreign-token", "xero-tenant-id": ELSEWHERE}

    answer = xero.get(ORGANISATION, headers=named)

    assert answer.json["Organisations"][0]["Name"] == "Elsewhere Ltd"


def test_tenants_do_not_share_their_books(xero: Client) -> None:
    answer = xero.get(BATCHES, headers={"xero-tenant-id": HARBOUR})

    assert (answer.status, answer.json["BatchPayments"]) == (200, [])


@pytest.mark.parametrize("path", ["/connections", "/Connections"])
def test_connections_are_a_bare_list_of_what_the_token_reaches(xero: Client, path: str) -> None:
    answer = xero.without("xero-tenant-id").get(path)

    assert [one["tenantId"] for one in answer.json] == [TENANT, HARBOUR]
    assert answer.json[0] == {
        "id": "2f0a3ff5-6b6c-4d2c-8f3a-1d6e7a5b9c01",
        "tenantId": TENANT,
        "authEventId": "6c1b0e5e-2f6d-4b0a-9b57-7d6f0d9c1a01",
        "tenantType": "ORGANISATION",
        "tenantName": "Demo Company (NZ)",
        "createdDateUtc": "2019-02-22T20:06:27.1234567",
        "updatedDateUtc": "2019-02-22T20:06:27.1234567",
    }


def test_any_other_token_reaches_every_tenant_that_is_not_private(xero: Client) -> None:
    reached = xero.get("/connections", headers={"authorization": "Bearer whoever"}).json

    assert [one["tenantId"] for one in reached] == [TENANT, HARBOUR]


def test_the_organisation_is_a_list_of_one(xero: Client) -> None:
    (shown,) = xero.get(ORGANISATION).json["Organisations"]

    assert (shown["OrganisationID"], shown["Name"]) == (TENANT, "Demo Company (NZ)")
    assert (shown["PeriodLockDate"], shown["CreatedDateUTC"]) == (
        "/Date(1451520000000+0000)/",
        "/Date(1362605400000)/",
    )


def test_the_demo_company_has_the_recorded_members(xero: Client) -> None:
    shown = xero.get(ORGANISATION).json["Organisations"][0]

    assert " ".join(shown) == (
        "Name LegalName PaysTax Version OrganisationType BaseCurrency CountryCode IsDemoCompany "
        "OrganisationStatus RegistrationNumber TaxNumber TaxNumberName FinancialYearEndDay "
        "FinancialYearEndMonth SalesTaxBasis SalesTaxPeriod DefaultSalesTax DefaultPurchasesTax "
        "PeriodLockDate CreatedDateUTC Timezone OrganisationEntityType ShortCode OrganisationID Class "
        "Edition LineOfBusiness Addresses Phones ExternalLinks PaymentTerms"
    )


def test_an_organisation_without_addresses_shows_empty_lists(xero: Client) -> None:
    shown = xero.get(ORGANISATION, headers={"xero-tenant-id": HARBOUR}).json["Organisations"][0]

    assert (shown["Addresses"], shown["Phones"], shown["ExternalLinks"]) == ([], [], [])


@pytest.mark.parametrize("path", [BATCHES, f"{BATCHES}/nonsense", f"{BATCHES}?where=x"])
def test_answers_about_the_books_carry_what_is_left_of_the_quota(xero: Client, path: str) -> None:
    headers = xero.get(path).headers

    assert str(UUID(headers["xero-correlation-id"])) == headers["xero-correlation-id"]
    assert [headers[name] for name in LEFT] == ["4999", "59", "9999"]


JSON = {"content-type": "application/json"}


@pytest.mark.parametrize(
    ("status", "method", "headers", "body"),
    [
        (401, "GET", {"authorization": "Bearer expired-token"}, b""),
        (403, "GET", {"xero-tenant-id": ELSEWHERE}, b""),
        (501, "DELETE", {}, b""),
        (412, "GET", {"if-modified-since": "yesterday"}, b""),
        (413, "PUT", JSON, b" " * (10 * 1024 * 1024 + 1)),
        (415, "PUT", {"content-type": "text/csv"}, b"a,b"),
        (431, "GET", {f"x-{number}": "1" for number in range(101)}, b""),
    ],
)
def test_refusals_carry_it_too(
    xero: Client, status: int, method: str, headers: dict[str, str], body: bytes
) -> None:
    answer = xero.request(method, BATCHES, headers=headers, content=body)

    assert answer.status == status
    assert [answer.headers[name] for name in LEFT] == ["4999", "59", "9999"]


@pytest.mark.parametrize(("value", "status"), [("failing", 500), ("offline", 503)])
def test_a_vendor_that_is_down_carries_it_too(
    assume: Callable[..., None], xero: Client, value: str, status: int
) -> None:
    assume(availability=value)

    answer = xero.get(BATCHES)

    assert (answer.status, [answer.headers[name] for name in LEFT]) == (status, ["4999", "59", "9999"])


def test_an_envelope_has_four_members_first(xero: Client) -> None:
    document = xero.get(BATCHES).json

    assert list(document) == ["Id", "Status", "ProviderName", "DateTimeUTC", "BatchPayments"]
    assert str(UUID(document["Id"])) == document["Id"]
    assert (document["Status"], document["DateTimeUTC"]) == ("OK", "/Date(1767603600000)/")


def test_a_read_only_token_does_not_part_from_a_tenant(xero: Client) -> None:
    answer = xero.delete(
        "/connections/2f0a3ff5-6b6c-4d2c-8f3a-1d6e7a5b9c01",
        headers={"authorization": "Bearer read-only-token"},
    )

    assert (answer.status, problem(answer)["Detail"]) == (401, "AuthorizationUnsuccessful")


def test_every_id_in_a_path_may_come_without_its_dashes(app: Application) -> None:
    [spec] = [one.spec for one in app.served if one.name == "xero"]
    ids = {
        (operation.id, parameter.name): parameter.schema
        for operation in spec.operations.values()
        for parameter in operation.parameters
        if parameter.place == "path"
    }

    assert [name for name, schema in ids.items() if schema.get("$ref") == "#/components/schemas/Guid"] == []
