from __future__ import annotations

import pytest

from mockserver.app import Application
from mockserver.secrets import masked


@pytest.mark.parametrize(
    ("name", "text", "shown"),
    [
        ("authorization", "Bearer abcdef", "Bearer ab…"),
        ("authorization", "Basic dXNlcjpzZWNyZXQ=", "Basic dX…"),
        ("authorization", "abcdef", "ab…"),
        ("authorization", 'Digest username="u", response="r"', "Digest us…"),
        ("proxy-authorization", "Bearer abcdef", "Bearer ab…"),
        ("cookie", "session=abc; theme=dark", "se…"),
        ("set-cookie", "session=abc; Path=/", "se…"),
        ("x-api-key", "my secret key", "my…"),
        ("x-apikey", "abcdef", "ab…"),
        ("x-access-token", "abcdef", "ab…"),
        ("client-secret", "abcdef", "ab…"),
        ("x-password", "abcdef", "ab…"),
    ],
)
def test_a_credential_is_cut_to_its_first_letters(name: str, text: str, shown: str) -> None:
    assert masked({name: text}) == {name: shown}


@pytest.mark.parametrize("name", ["content-type", "mock-sandbox", "idempotency-key", "accept"])
def test_other_headers_are_shown_whole(name: str) -> None:
    assert masked({name: "abcdef"}) == {name: "abcdef"}


def test_an_empty_credential_is_shown_empty() -> None:
    assert masked({"authorization": ""}) == {"authorization": ""}


def test_every_key_header_of_every_vendor_is_masked(app: Application) -> None:
    names = [
        scheme.node["name"].lower()
        for vendor in app.served
        for scheme in vendor.schemes.values()
        if scheme.node["type"] == "apiKey"
    ]

    assert masked(dict.fromkeys(names, "abcdef")) == dict.fromkeys(names, "ab…")
