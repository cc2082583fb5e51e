"""Reasons of the made-up vendor, whose fixtures have credentials of every kind."""

from __future__ import annotations

import dataclasses
from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from mockserver.engine.auth import CREDENTIALS
from mockserver.engine.reasons import AccessReasons
from mockserver.engine.registry import LoadedVendor
from mockserver.errors import Forbidden, Unauthorized
from mockserver.model import Principal
from mockserver.sandbox.store import State
from tests.support import sample_vendor
from tests.support.engine_samples import CALL, loaded_vendor, store, transact

KNOWN: Mapping[str, Any] = {
    "good-token": {"scheme": "token", "kind": "good"},
    "expired-token": {"scheme": "token", "kind": "expired"},
    "revoked-token": {"scheme": "token", "kind": "revoked"},
    "until-seven": {"scheme": "token", "kind": "good", "expires": "2026-01-05T07:00:00Z"},
    "jane:her-password": {"scheme": "login", "kind": "good"},
}
SECRET = "Tr0ub4dor-and-3"


@pytest.fixture
def acme(tmp_path: Path) -> LoadedVendor:
    made = sample_vendor.document()
    made["components"]["securitySchemes"] |= {
        "login": {"type": "http", "scheme": "basic"},
        "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
    }
    return dataclasses.replace(loaded_vendor(tmp_path, made), fixtures={"acme/": {CREDENTIALS: KNOWN}})


def said(
    acme: LoadedVendor,
    authorization: str = "",
    scheme: str = "token",
    *,
    why: str = "unknown",
    strict: bool = False,
) -> str:
    """Why a call with that Authorization header is not authenticated."""
    sent = replace(CALL, headers={"authorization": authorization} if authorization else {})

    def work(state: State) -> str:
        for text, known in KNOWN.items():
            state.collection(CREDENTIALS, "")[text] = known
        operation = acme.spec.operations["putOrders"]
        return AccessReasons(acme, strict).unauthorized(Unauthorized(why, scheme), sent, operation, state)

    return transact(store(), work)


def secured(acme: LoadedVendor, *security: tuple[str, ...]) -> LoadedVendor:
    """The vendor, its operation open to any of these combinations of schemes."""
    operation = dataclasses.replace(acme.spec.operations["putOrders"], security=security)
    spec = dataclasses.replace(acme.spec, operations={"putOrders": operation})
    return dataclasses.replace(acme, spec=spec)


def basic(text: str) -> str:
    return f"Basic {b64encode(text.encode()).decode()}"


def test_without_credentials_any_will_do(acme: LoadedVendor) -> None:
    assert said(acme) == 'no credentials; any "Authorization: Bearer ..." works (auth lenient)'


def test_where_access_is_strict_a_good_credential_is_named(acme: LoadedVendor) -> None:
    assert said(acme, strict=True) == "no credentials; good-token works (auth strict)"


def test_an_api_key_is_asked_for_by_its_header(acme: LoadedVendor) -> None:
    assert said(acme, scheme="key") == "no X-Key header; any X-Key header works (auth lenient)"


@pytest.mark.parametrize(
    ("authorization", "complaint"),
    [
        ("Bearer expired-token", "expired-token is expired"),
        ("Bearer revoked-token", "revoked-token is revoked"),
        ("Bearer until-seven", "until-seven expired 2 h ago by the sandbox clock"),
        ("Bearer jane:her-password", "jane is a credential for login, not for token"),
        ("Basic abc", "Authorization has the scheme Basic, Bearer is required"),
        ("Hunter", "Authorization has no known scheme, Bearer is required"),
        ("Bearer a b", "Authorization: Bearer is not followed by one credential of that form"),
        (f"Bearer {SECRET}", "Tr… is not accepted"),
    ],
)
def test_a_refused_credential_is_complained_about(
    acme: LoadedVendor, authorization: str, complaint: str
) -> None:
    assert said(acme, authorization).partition("; ")[0] == complaint


@pytest.mark.parametrize(
    ("authorization", "complaint"),
    [
        ("Digest abc", "Authorization has the scheme Digest, Bearer or Basic is required"),
        ("Basic !!!", "Authorization: Basic is not followed by one credential of that form"),
        ("Bearer a b", "Authorization: Bearer is not followed by one credential of that form"),
    ],
)
def test_of_several_schemes_the_one_that_was_tried_is_spoken_of(
    acme: LoadedVendor, authorization: str, complaint: str
) -> None:
    either = said(secured(acme, ("token",), ("login",)), authorization)

    assert either.partition("; ")[0] == complaint


def test_a_missing_api_key_is_missed_whatever_else_was_sent(acme: LoadedVendor) -> None:
    both = said(secured(acme, ("token", "key")), "Bearer good-token", "key")

    assert both.startswith("no X-Key header; ")


def test_after_a_refused_credential_a_good_one_is_named(acme: LoadedVendor) -> None:
    assert said(acme, "Bearer expired-token").endswith("; good-token works (auth lenient)")


def test_an_unknown_credential_is_said_to_be_unknown_where_access_is_strict(acme: LoadedVendor) -> None:
    assert (
        said(acme, f"Bearer {SECRET}", strict=True) == "Tr… is not known here; good-token works (auth strict)"
    )


@pytest.mark.parametrize(
    ("authorization", "words"),
    [
        ("Bearer undefined", "the token is the text `undefined`: the client sent it before it had one"),
        (
            "Bearer [object Object]",
            "the token is the text `[object Object]`: the client sent it before it had one",
        ),
        ("Bearer {{token}}", "the token is the placeholder `{{token}}`: the client did not fill it in"),
        ("Bearer Bearer abc-secret", "the token begins with `Bearer`: the client wrote the scheme twice"),
    ],
)
@pytest.mark.parametrize("strict", [True, False])
def test_a_mistake_of_the_client_is_named(
    acme: LoadedVendor, authorization: str, words: str, *, strict: bool
) -> None:
    mode = "strict" if strict else "lenient"

    assert said(acme, authorization, strict=strict) == f"{words}; good-token works (auth {mode})"


def test_a_mistake_in_a_login_is_named(acme: LoadedVendor) -> None:
    assert said(acme, basic("jane:null"), "login").startswith(
        "the user or password is the text `null`: the client"
    )


def test_a_wrong_password_is_said_to_be_wrong(acme: LoadedVendor) -> None:
    found = said(acme, basic(f"jane:{SECRET}"), "login")

    assert found == "this is not the password of jane; jane with its password works (auth lenient)"


@pytest.mark.parametrize("strict", [True, False])
@pytest.mark.parametrize(
    ("scheme", "authorization"),
    [
        ("token", f"Bearer {SECRET}"),
        ("token", f"{SECRET} x"),
        ("token", f"Bearer {SECRET} {SECRET}"),
        ("token", SECRET),
        ("login", basic(f"jane:{SECRET}")),
        ("login", basic(f"{SECRET}:{SECRET}")),
        ("login", basic("jane:her-password")),
    ],
)
def test_no_secret_is_shown(acme: LoadedVendor, scheme: str, authorization: str, strict: bool) -> None:  # noqa: FBT001
    found = said(acme, authorization, scheme, strict=strict)

    assert SECRET not in found
    assert "her-password" not in found


def test_a_scheme_that_the_spec_has_not_says_no_more_than_the_refusal(acme: LoadedVendor) -> None:
    assert said(acme, scheme="another", why="expired") == "expired credential"


def test_a_missing_scope_is_named_with_those_that_are_there(acme: LoadedVendor) -> None:
    call = replace(
        CALL,
        headers={"authorization": "Bearer expired-token"},
        principal=Principal("reader", frozenset({"orders:read"})),
    )

    found = AccessReasons(acme).scope(
        Forbidden("scope", "orders:write"), call, acme.spec.operations["putOrders"]
    )

    assert found == (
        "expired-token lacks the scope orders:write (it has orders:read); good-token works (auth lenient)"
    )


def test_a_credential_that_may_only_read_is_named(acme: LoadedVendor) -> None:
    call = replace(CALL, principal=Principal("auditor", None, {"kind": "read-only"}))

    found = AccessReasons(acme).scope(Forbidden("scope", "write"), call, None)

    assert found == "auditor may only read"
