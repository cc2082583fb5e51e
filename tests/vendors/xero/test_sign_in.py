"""The connect flow: discovery, consent, code, tokens that a client can verify, connections of the login."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256
from json import loads
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from mockserver.vendors.xero.json_web_tokens import PRIMES
from tests.support.client import Client

FORM = {"content-type": "application/x-www-form-urlencoded"}
BACK = "https://app.example/back?x=1"
APP = {"client_id": "my-app", "client_secret": "secret"}
SHA256_PREFIX = bytes.fromhex("3031300d060960864801650304020105000420")


def _decode(part: str) -> bytes:
    return urlsafe_b64decode(f"{part}==")


def _claims(token: str) -> Any:
    return loads(_decode(token.split(".")[1]))


def _code(xero: Client, **asked: str) -> str:
    query = {"response_type": "code", "client_id": "my-app", "redirect_uri": BACK, "state": "s", **asked}
    answer = xero.get(f"/identity/connect/authorize?{urlencode(query)}", headers={"accept": "text/html"})
    told = parse_qs(urlsplit(answer.headers["location"]).query)
    assert (answer.status, told["state"], told["x"]) == (302, ["s"], ["1"])
    return told["code"][0]


def _token(xero: Client, **form: str) -> Any:
    sent = {"grant_type": "authorization_code", "redirect_uri": BACK, **APP, **form}
    return xero.post("/connect/token", content=urlencode(sent).encode(), headers=FORM).json


@pytest.mark.parametrize("name", ["access_token", "id_token"])
def test_a_token_is_signed_by_the_key_of_the_key_set(xero: Client, name: str) -> None:
    told = xero.get("/.well-known/openid-configuration").json
    keys = xero.get(told["jwks_uri"].partition("/xero")[2]).json["keys"]
    token = _token(xero, code=_code(xero, scope="openid accounting.contacts"))[name]

    signed, _, signature = token.rpartition(".")
    header = loads(_decode(token.split(".")[0]))
    [key] = [one for one in keys if one["kid"] == header["kid"]]
    modulus, exponent = (int.from_bytes(_decode(key[part])) for part in "ne")
    opened = pow(int.from_bytes(_decode(signature)), exponent, modulus).to_bytes(256)
    assert (header["alg"], key["alg"], key["kty"], modulus.bit_length()) == ("RS256", "RS256", "RSA", 2048)
    assert opened == b"\0\1" + b"\xff" * 202 + b"\0" + SHA256_PREFIX + sha256(signed.encode()).digest()
    assert _claims(token)["iss"] == told["issuer"] == told["token_endpoint"].removesuffix("/connect/token")


def test_the_key_is_made_of_primes() -> None:
    assert [p for p in PRIMES if any(pow(base, p - 1, p) != 1 for base in (2, 3, 5, 7, 11))] == []


def test_an_id_token_says_who_signed_in_and_repeats_the_nonce(xero: Client) -> None:
    told = _token(xero, code=_code(xero, scope="openid profile email", nonce="n-1"))

    claims = _claims(told["id_token"])
    half = sha256(told["access_token"].encode()).digest()[:16]
    assert (claims["aud"], claims["nonce"], claims["email"]) == ("my-app", "n-1", "dana@demo-company.example")
    assert claims["at_hash"] == urlsafe_b64encode(half).decode().rstrip("=")
    assert claims["exp"] > claims["iat"]
    assert "refresh_token" not in told


def test_a_login_finds_its_connections_and_so_does_its_renewal(xero: Client) -> None:
    told = _token(xero, code="any")
    renewed = _token(xero, grant_type="refresh_token", refresh_token=told["refresh_token"])

    event = _claims(told["access_token"])["authentication_event_id"]
    found = xero.get(f"/connections?authEventId={event}").json
    assert [one["tenantName"] for one in found] == ["Demo Company (NZ)", "Harbour Trading Pty"]
    assert max(found, key=lambda one: str(one["updatedDateUtc"])) is found[0]
    assert _claims(renewed["access_token"])["authentication_event_id"] == event


def test_a_token_without_a_login_finds_the_connections_of_the_last_login(xero: Client) -> None:
    told = _token(xero, grant_type="client_credentials")

    event = _claims(told["access_token"])["authentication_event_id"]
    assert xero.get(f"/connections?authEventId={event}").json[0]["tenantName"] == "Demo Company (NZ)"


def test_the_addresses_name_the_sandbox(client: Client, sandbox: str) -> None:
    told = client.get(f"/sandboxes/{sandbox}/xero/.well-known/openid-configuration").json

    assert (
        urlsplit(told["jwks_uri"]).path == f"/sandboxes/{sandbox}/xero/.well-known/openid-configuration/jwks"
    )
    assert client.get("/xero/.well-known/openid-configuration").json == told


@pytest.mark.parametrize(
    ("challenge", "method", "verifier", "granted"),
    [
        (urlsafe_b64encode(sha256(b"v" * 43).digest()).decode().rstrip("="), "S256", "v" * 43, True),
        (urlsafe_b64encode(sha256(b"v" * 43).digest()).decode().rstrip("="), "S256", "w" * 43, False),
        (urlsafe_b64encode(sha256(b"v" * 43).digest()).decode().rstrip("="), "S256", "", False),
        ("v" * 43, "plain", "v" * 43, True),
        ("v" * 43, "", "v" * 43, True),
        ("v" * 43, "", "w" * 43, False),
    ],
)
def test_a_code_with_a_challenge_needs_its_verifier(
    xero: Client, challenge: str, method: str, verifier: str, *, granted: bool
) -> None:
    told = {"code_challenge_method": method} if method else {}
    code = _code(xero, scope="openid", code_challenge=challenge, **told)

    answer = _token(xero, code=code, **({"code_verifier": verifier} if verifier else {}))

    assert ("access_token" in answer) is granted
    assert granted or answer == {"error": "invalid_grant"}
