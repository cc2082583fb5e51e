from __future__ import annotations

import dataclasses
from base64 import b64encode
from typing import Any

import pytest
from msgspec.structs import replace

from mockserver.engine.auth import (
    CREDENTIALS,
    SecurityScheme,
    authenticate,
    check_permission,
    find_missing_scheme,
    find_mistake,
    issue_credential,
)
from mockserver.errors import Forbidden, Unauthorized
from mockserver.model import Call, Principal
from mockserver.sandbox.store import State
from mockserver.spec.openapi import Operation
from tests.support.engine_samples import CALL, OPERATION, store, transact

BEARER = SecurityScheme("token", {"type": "http", "scheme": "bearer"})
BASIC = SecurityScheme("login", {"type": "http", "scheme": "basic"})
OAUTH = SecurityScheme("oauth", {"type": "oauth2", "flows": {}})
KEY = SecurityScheme("key", {"type": "apiKey", "in": "header", "name": "X-Api-Key"})
QUERY_KEY = SecurityScheme("query-key", {"type": "apiKey", "in": "query", "name": "key"})


def calling(authorization: str = "", query: str = "", **headers: str) -> Call:
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    if authorization:
        named["authorization"] = authorization
    return replace(CALL, headers=named, query=query)


@pytest.mark.parametrize(
    ("scheme", "call", "text"),
    [
        (BEARER, calling("Bearer abc"), "abc"),
        (BEARER, calling("bEARER  abc "), "abc"),
        (OAUTH, calling("Bearer abc"), "abc"),
        (BASIC, calling("Basic dXNlcjpzZWNyZXQ="), "user:secret"),
        (KEY, calling(x_api_key="abc"), "abc"),
        (QUERY_KEY, calling(query="a=1&key=abc"), "abc"),
    ],
    ids=["bearer", "any-case", "oauth", "basic", "key", "query"],
)
def test_a_credential_is_found_where_its_scheme_says(scheme: SecurityScheme, call: Call, text: str) -> None:
    assert scheme.credential(call) == text


@pytest.mark.parametrize(
    ("scheme", "call"),
    [
        (BEARER, calling()),
        (BEARER, calling("Bearer")),
        (BEARER, calling("Bearer  ")),
        (BEARER, calling("Bearer a b")),
        (BEARER, calling("Basic abc")),
        (BEARER, calling("abc")),
        (BASIC, calling("Basic dXNlcg==")),
        (BASIC, calling("Basic ?")),
        (BASIC, calling("Basic \u00e9")),
        (BASIC, calling("Basic /w==")),
        (KEY, calling(x_api_key="")),
        (QUERY_KEY, calling(query="key=")),
        (QUERY_KEY, calling(query="")),
    ],
    ids=[
        "nothing",
        "no-text",
        "blank",
        "two-words",
        "other-scheme",
        "no-scheme",
        "no-colon",
        "no-base64",
        "no-ascii",
        "no-utf-8",
        "empty-key",
        "empty-query",
        "no-query",
    ],
)
def test_a_call_without_the_credential_brings_none(scheme: SecurityScheme, call: Call) -> None:
    assert scheme.credential(call) is None


def known(credential: dict[str, Any] | None, *, strict: bool = False) -> Principal:
    made = store()

    def work(state: Any) -> Principal:
        if credential is not None:
            state.collection(CREDENTIALS, "")["abc"] = credential
        return authenticate(BEARER, "abc", state, strict=strict)

    return transact(made, work)


def test_an_unknown_credential_may_do_everything() -> None:
    assert known(None).scopes is None


def test_an_unknown_credential_is_refused_where_auth_is_strict() -> None:
    with pytest.raises(Unauthorized) as refused:
        known(None, strict=True)

    assert (refused.value.reason, refused.value.scheme) == ("unknown", "token")


UNSET = ("undefined", "null", "NULL", "None", "nil", "NaN", "true", "False", "[object Object]", '"undefined"')
UNFILLED = (
    "{{token}}",
    "{{ my.token }}",
    "${TOKEN}",
    "<token>",
    "<your token>",
    "%TOKEN%",
    "{token}",
    "$TOKEN",
)
DOUBLED = ("Bearer", "Bearer x", "bearer undefined", "Basic dXNlcjpzZWNyZXQ=")


@pytest.mark.parametrize("text", [*UNSET, *UNFILLED, *DOUBLED])
@pytest.mark.parametrize("is_known", [True, False])
def test_a_credential_that_a_clients_mistake_made_is_refused_unless_it_is_known(
    text: str, *, is_known: bool
) -> None:
    made = store()
    found = BEARER.credential(calling(f"Bearer {text}"))

    def work(state: State) -> Principal:
        if is_known:
            state.collection(CREDENTIALS, "")[text] = {"scheme": "token"}
        return authenticate(BEARER, str(found), state, strict=False)

    assert found == text
    if is_known:
        assert transact(made, work).name == "token"
        return
    with pytest.raises(Unauthorized, match="unknown credential"):
        transact(made, work)


@pytest.mark.parametrize(
    "text",
    [
        *("abc", "nullable", "undefined-1", "true-token", "trueblue", "object", "bearer-1", "Bearerx"),
        *(
            "{3f2504e0-4f89-11d3-9a0c-0305e82c3301}",
            "a<b>",
            "100%",
            "$2a$10$N9qo8uLOickgx2ZMRZoMye",
            "any",
            "string",
        ),
    ],
)
def test_any_other_credential_is_no_mistake(text: str) -> None:
    assert find_mistake(text) == ""


@pytest.mark.parametrize("login", ["undefined:undefined", "jane:null", "{{user}}:x", ":", "None:None"])
def test_a_login_is_a_mistake_where_one_half_is(login: str) -> None:
    sent = calling(f"Basic {b64encode(login.encode()).decode()}")

    assert find_mistake(str(BASIC.credential(sent)))


@pytest.mark.parametrize("text", ["undefined", "{{login}}", "[object Object]"])
def test_a_login_that_is_no_base64_may_be_a_mistake_too(text: str) -> None:
    assert BASIC.credential(calling(f"Basic {text}")) == text


@pytest.mark.parametrize("kind", ["expired", "revoked"])
def test_a_credential_that_is_no_longer_good_is_refused(kind: str) -> None:
    with pytest.raises(Unauthorized) as refused:
        known({"scheme": "token", "kind": kind})

    assert refused.value.reason == kind


def test_a_credential_of_another_scheme_is_refused() -> None:
    with pytest.raises(Unauthorized):
        known({"scheme": "key", "kind": "good"})


def test_a_known_credential_may_do_what_its_scopes_say() -> None:
    principal = known({"scheme": "token", "name": "reader", "scopes": ["read"]}, strict=True)

    assert (principal.name, principal.scopes) == ("reader", frozenset({"read"}))


def scoped(*scopes: str) -> Operation:
    return dataclasses.replace(OPERATION, scopes=frozenset(scopes))


def refusal(call: Call, operation: Operation) -> Forbidden | None:
    """What `permit` says against the call."""
    try:
        check_permission(call, operation)
    except Forbidden as forbidden:
        return forbidden
    return None


@pytest.mark.parametrize(
    ("held", "wanted"),
    [(None, ("a",)), (["a"], ("a", "b")), ([], ())],
    ids=["everything", "any-one", "none-wanted"],
)
def test_who_holds_a_scope_may_call(held: list[str] | None, wanted: tuple[str, ...]) -> None:
    principal = Principal("who", None if held is None else frozenset(held))

    assert refusal(replace(CALL, principal=principal), scoped(*wanted)) is None


@pytest.mark.parametrize("held", [[], ["c"]], ids=["none", "other"])
def test_who_holds_no_scope_that_is_wanted_is_forbidden(held: list[str]) -> None:
    principal = Principal("who", frozenset(held))

    with pytest.raises(Forbidden) as refused:
        check_permission(replace(CALL, principal=principal), scoped("b", "a"))

    assert (refused.value.reason, refused.value.detail) == ("scope", "a")


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_read_only_credential_may_read(method: str) -> None:
    call = replace(CALL, method=method, principal=Principal("who", None, {"kind": "read-only"}))

    assert refusal(call, OPERATION) is None


def test_a_read_only_credential_may_call_what_writes_nothing_itself() -> None:
    call = replace(CALL, method="POST", principal=Principal("who", None, {"kind": "read-only"}))

    assert refusal(call, dataclasses.replace(OPERATION, safe=True)) is None


@pytest.mark.parametrize("method", ["PUT", "POST", "PATCH", "DELETE"])
def test_a_read_only_credential_may_not_write(method: str) -> None:
    call = replace(CALL, method=method, principal=Principal("who", None, {"kind": "read-only"}))

    with pytest.raises(Forbidden):
        check_permission(call, OPERATION)


def secured(*alternatives: tuple[str, ...]) -> Operation:
    return dataclasses.replace(OPERATION, security=alternatives)


@pytest.mark.parametrize(
    ("call", "missing"),
    [
        (calling(), "key"),
        (calling(x_api_key="abc"), "token"),
        (calling("Bearer abc"), "key"),
        (calling("Bearer abc", x_api_key="abc"), ""),
    ],
    ids=["both", "token", "key", "none"],
)
def test_the_first_scheme_without_credential_is_named(call: Call, missing: str) -> None:
    schemes = {"key": KEY, "token": BEARER}

    assert find_missing_scheme(secured(("key", "token")), schemes, call) == missing


@pytest.mark.parametrize(
    ("expires", "good"), [("2026-01-05T09:00:01Z", True), ("2026-01-05T09:00:00Z", False)]
)
def test_a_credential_lives_until_it_expires(expires: str, good: bool) -> None:  # noqa: FBT001 - a column
    made = store()

    def work(state: State) -> str:
        state.collection(CREDENTIALS, "")["abc"] = {"scheme": "token", "expires": expires}
        try:
            authenticate(BEARER, "abc", state, strict=False)
        except Unauthorized as refusal:
            return refusal.reason
        return ""

    assert transact(made, work) == ("" if good else "expired")


@pytest.mark.parametrize(("seconds", "known"), [(None, {}), (60, {"expires": "2026-01-05T09:01:00Z"})])
def test_an_issued_credential_is_good_from_then_on(seconds: int | None, known: dict[str, str]) -> None:
    made = store()

    def work(state: State) -> Principal:
        issue_credential("abc", "token", "sync", state, seconds=seconds, scopes=["read"])
        return authenticate(BEARER, "abc", state, strict=True)

    principal = transact(made, work)

    facts = {"scheme": "token", "kind": "good", "name": "sync", "scopes": ["read"], **known}
    assert principal == Principal("sync", frozenset({"read"}), facts)
