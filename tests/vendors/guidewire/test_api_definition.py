from __future__ import annotations

import re
from urllib.parse import urlencode

import pytest
from openapi_spec_validator import OpenAPIV2SpecValidator, OpenAPIV30SpecValidator

from tests.support.client import Client

OPENAPI, SWAGGER = "/claim/v1/openapi.json", "/claim/v1/swagger.json"


@pytest.mark.parametrize("path", [OPENAPI, SWAGGER])
def test_a_definition_can_be_read_without_a_token(stranger: Client, path: str) -> None:
    answered = stranger.get(path)

    assert (answered.status, answered.media_type) == (200, "application/json")


def test_one_is_openapi_3(stranger: Client) -> None:
    document = stranger.get(OPENAPI).json

    assert document["openapi"] == "3.0.3"
    assert [error.message for error in OpenAPIV30SpecValidator(document).iter_errors()] == []


def test_the_other_is_swagger_2(stranger: Client) -> None:
    document = stranger.get(SWAGGER).json

    assert document["swagger"] == "2.0"
    assert [error.message for error in OpenAPIV2SpecValidator(document).iter_errors()] == []


def test_both_tell_of_the_same_operations(stranger: Client) -> None:
    one, other = (stranger.get(path).json["paths"] for path in (OPENAPI, SWAGGER))

    assert {path: set(item) for path, item in one.items()} == {
        path: set(item) for path, item in other.items()
    }


@pytest.mark.parametrize("path", [OPENAPI, SWAGGER])
def test_neither_tells_of_what_is_not_the_claim_apis(stranger: Client, path: str) -> None:
    paths = stranger.get(path).json["paths"]

    assert "/claim/v1/bulk-invoices/{bulkInvoiceId}/submit" in paths
    assert [name for name in paths if not name.startswith("/claim/v1/")] == []


def test_each_says_where_it_is_served(stranger: Client, sandbox: str) -> None:
    by_path = stranger.without("mock-sandbox").within(f"/sandboxes/{sandbox}/guidewire")

    one, other = by_path.get(OPENAPI).json, by_path.get(SWAGGER).json

    mount = f"/sandboxes/{sandbox}/guidewire"
    assert one["servers"] == [{"url": f"http://testserver{mount}"}]
    assert (other["schemes"], other["host"], other["basePath"]) == (["http"], "testserver", mount)


def test_a_list_is_sent_in_the_form_that_each_language_has(stranger: Client) -> None:
    parameters = stranger.get(SWAGGER).json["paths"]["/claim/v1/bulk-invoices"]["get"]["parameters"]

    forms = {one["name"]: one["collectionFormat"] for one in parameters if one.get("type") == "array"}
    assert forms == {"filter": "multi", "sort": "csv"}


@pytest.mark.parametrize("operator", ["eq", "in"])
@pytest.mark.parametrize(
    ("time", "is_there"),
    [
        ("2024-02-29T00::00::00Z", True),
        ("2000-02-29T00::00::00Z", True),
        ("0004-02-29T00::00::00Z", True),
        ("2025-02-29T00::00::00Z", False),
        ("1900-02-29T00::00::00Z", False),
        ("0050-02-29T00::00::00Z", False),
        ("0001-01-01T00::00::00Z", True),
        ("0001-01-01T00::00::00+14::00", False),
        ("9999-12-31T23::59::59-01::00", False),
        ("9999-12-31T23::59::59+01::00", True),
    ],
)
def test_the_definition_and_the_server_take_the_same_times_in_filters(
    guidewire: Client, operator: str, time: str, *, is_there: bool
) -> None:
    parameters = guidewire.get(OPENAPI).json["paths"]["/claim/v1/bulk-invoices"]["get"]["parameters"]
    (pattern,) = (one["schema"]["items"]["pattern"] for one in parameters if one.get("name") == "filter")
    text = f"scheduledSendDate:{operator}:{time}"

    assert (re.search(pattern, text) is not None) is is_there
    answered = guidewire.get(f"/claim/v1/bulk-invoices?{urlencode({'filter': text})}")
    assert answered.status == (200 if is_there else 400)


def test_a_null_is_allowed_in_the_way_of_swagger(stranger: Client) -> None:
    definitions = stranger.get(SWAGGER).json["definitions"]

    assert definitions["MailTo"]["x-nullable"] is True
    assert "nullable" not in definitions["MailTo"]


@pytest.mark.parametrize("path", [OPENAPI, SWAGGER])
def test_no_tag_is_without_an_operation(stranger: Client, path: str) -> None:
    tags = [tag["name"] for tag in stranger.get(path).json["tags"]]

    assert tags == ["bulk-invoices", "bulk-invoice-items", "claims", "batch", "definition"]
