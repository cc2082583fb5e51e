from __future__ import annotations

from pathlib import Path

import pytest

from mockserver.contract import credentials
from mockserver.contract.api import ApiUnderTest
from mockserver.contract.credentials import UnreadableCredentialError
from mockserver.contract.loading import load_api, load_vendor_api
from tests.support import sample_vendor

GIVEN = {
    "apiKeyAuth": {"api_key": "key-1"},
    "bearerAuth": {"bearer": "token-1"},
    "basicAuth": {"username": "jo", "password": "pass-1"},
}
WORDS = {
    "MOCKSERVER_CREDENTIAL_APIKEYAUTH": "key-1",
    "MOCKSERVER_CREDENTIAL_BEARERAUTH": "token-1",
    "MOCKSERVER_CREDENTIAL_BASICAUTH": "jo:pass-1",
}
BATCH = "putClaimInvoiceBatch"


@pytest.fixture(scope="module")
def vba() -> ApiUnderTest:
    return load_vendor_api("vba")


def login(vba: ApiUnderTest) -> str:
    return next(name for name, one in vba.spec.operations.items() if one.path == "/user-authentication")


def test_an_operation_gets_every_credential_that_it_asks_for(vba: ApiUnderTest) -> None:
    sent = credentials.headers_for(vba, BATCH, GIVEN)

    assert sent == {"x-api-key": "key-1", "authorization": "Bearer token-1"}


def test_a_login_gets_user_and_password(vba: ApiUnderTest) -> None:
    sent = credentials.headers_for(vba, login(vba), GIVEN)

    assert sent["authorization"] == "Basic am86cGFzcy0x"


def test_nothing_is_sent_where_a_part_is_missing(vba: ApiUnderTest) -> None:
    assert credentials.headers_for(vba, BATCH, {"bearerAuth": {"bearer": "t"}}) == {}


def test_an_operation_that_the_spec_has_not_gets_nothing(vba: ApiUnderTest) -> None:
    assert credentials.headers_for(vba, "nope", GIVEN) == {}


def test_the_environment_names_credentials_by_their_schemes(vba: ApiUnderTest) -> None:
    assert credentials.from_environment(vba, WORDS) == GIVEN


def test_a_basic_credential_without_a_colon_is_told_without_its_text(vba: ApiUnderTest) -> None:
    with pytest.raises(UnreadableCredentialError) as told:
        credentials.from_environment(vba, {"MOCKSERVER_CREDENTIAL_BASICAUTH": "sesame"})

    assert str(told.value) == "MOCKSERVER_CREDENTIAL_BASICAUTH is not user:password"


def test_signs_that_no_variable_has_are_underscores() -> None:
    assert credentials.variable("api-key.v2") == "MOCKSERVER_CREDENTIAL_API_KEY_V2"


def test_what_is_missing_is_told_once(vba: ApiUnderTest) -> None:
    given = {"apiKeyAuth": GIVEN["apiKeyAuth"]}

    assert set(credentials.missing_schemes(vba, given, vba.spec.operations)) == {"bearerAuth", "basicAuth"}


def test_what_only_others_need_is_not_missing(vba: ApiUnderTest) -> None:
    given = {"apiKeyAuth": GIVEN["apiKeyAuth"], "bearerAuth": GIVEN["bearerAuth"]}

    assert credentials.missing_schemes(vba, given, [BATCH]) == ()


def test_without_a_password_everything_but_the_login_can_be_called(vba: ApiUnderTest) -> None:
    left = credentials.is_callable_with(vba, ["basicAuth"])

    assert set(vba.spec.operations) - left == {login(vba)}


def test_a_shell_gets_variables_in_place_of_credentials(vba: ApiUnderTest) -> None:
    shown = credentials.in_shell(vba, GIVEN)

    assert shown["key-1"] == "$MOCKSERVER_CREDENTIAL_APIKEYAUTH"
    assert shown["Bearer token-1"] == "Bearer $MOCKSERVER_CREDENTIAL_BEARERAUTH"
    assert shown["Basic am86cGFzcy0x"].startswith('Basic $(printf %s "$MOCKSERVER_CREDENTIAL_BASICAUTH"')


def test_every_form_of_a_credential_is_secret() -> None:
    assert set(credentials.secret_texts(GIVEN)) == {"key-1", "token-1", "jo:pass-1", "am86cGFzcy0x", "pass-1"}


def test_a_server_that_takes_any_credential_gets_one_of_each_kind(tmp_path: Path) -> None:
    sample_vendor.write_spec(tmp_path)
    acme = load_api(tmp_path / "acme.yaml")

    given = credentials.invented_credentials(acme)

    assert credentials.missing_schemes(acme, given, acme.spec.operations) == ()


def test_a_header_that_was_given_is_the_credential_of_every_scheme_that_it_carries(vba: ApiUnderTest) -> None:
    given = credentials.from_headers(vba, {"authorization": "Token t-1", "x-other": "1"})

    assert set(given) == {"bearerAuth", "basicAuth"}
    assert credentials.missing_schemes(vba, given, [BATCH]) == ("apiKeyAuth",)
    sent = credentials.headers_for(vba, BATCH, {**given, "apiKeyAuth": GIVEN["apiKeyAuth"]})
    assert sent == {"x-api-key": "key-1", "authorization": "Token t-1"}


@pytest.mark.parametrize("security", [[{}, {"token": []}], [{"token": []}, {}]], ids=["first", "last"])
def test_a_credential_is_sent_though_the_spec_lets_a_caller_go_without(
    tmp_path: Path, security: list[dict[str, list[str]]]
) -> None:
    acme = load_api(sample_vendor.write_spec(tmp_path, {**sample_vendor.document(), "security": security}))

    assert credentials.headers_for(acme, "putOrders", {}) == {}
    assert credentials.missing_schemes(acme, {}, ["putOrders"]) == ()
    assert credentials.headers_for(acme, "putOrders", {"token": {"bearer": "t"}}) == {
        "authorization": "Bearer t"
    }
