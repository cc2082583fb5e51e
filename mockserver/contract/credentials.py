"""Credentials of calls, from the environment and, for a mock server, also from its fixtures.

The environment variable is named after the security scheme: the credential of `bearerAuth` is in
`MOCKSERVER_CREDENTIAL_BEARERAUTH`. It has the text of the token or key, or `user:password` for Basic. An
empty variable counts as missing.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable, Mapping
from typing import TypeAlias
from urllib.parse import parse_qs, urlencode

from msgspec.structs import replace

from mockserver.contract.api import ApiUnderTest
from mockserver.contract.exchange import Request
from mockserver.model import Document

GivenCredentials: TypeAlias = Mapping[str, Mapping[str, str]]
"""Credential by security scheme: {"bearer": …}, {"api_key": …} or {"username": …, "password": …}.

{"header": …} is the whole text of the scheme's header, as the user gave it.
"""

PREFIX = "MOCKSERVER_CREDENTIAL_"
_OTHER = re.compile(r"[^A-Z0-9]+")


class UnreadableCredentialError(Exception):
    """A credential in the environment has the wrong form; the message names the variable, not its value."""


def headers_for(api: ApiUnderTest, operation_id: str, given: GivenCredentials) -> Mapping[str, str]:
    """Return the headers that authorise an operation, names in lower case.

    The headers fit the first alternative of the operation's security that `given` covers, even if the spec
    makes credentials optional. If `given` covers no alternative, return {}. Keys in the query are left out.
    """
    schemes = _schemes(api)
    return {
        header: text
        for name in _alternative(api, operation_id, given)
        for header, text in _header(schemes[name], given[name]).items()
    }


def with_query(api: ApiUnderTest, operation_id: str, given: GivenCredentials, request: Request) -> Request:
    """Return the request, with the operation's API keys added to the query if the spec expects them there."""
    keys = _query_keys(api, operation_id, given)
    if not keys:
        return request
    mark = "&" if "?" in request.path else "?"
    return replace(request, path=f"{request.path}{mark}{urlencode(keys)}")


def lacks_credentials(api: ApiUnderTest, operation_id: str, request: Request) -> bool:
    """Return whether credentials or tenant of the request differ from the profile's.

    If they differ and the server refuses the call, the suite is the reason, not the server.
    """
    tenants = [api.profile.headers(api.facts, number) for number in (0, 1)]
    given = api.profile.credentials
    headers, keys = headers_for(api, operation_id, given), _query_keys(api, operation_id, given)
    sent = {name.lower(): text for name, text in request.headers.items()}
    query = parse_qs(request.query)
    return (
        any(sent.get(name) != text for name, text in headers.items())
        or any(sent.get(name.lower()) not in [tenant[name] for tenant in tenants] for name in tenants[0])
        or any(query.get(name) != [text] for name, text in keys.items())
    )


def _query_keys(api: ApiUnderTest, operation_id: str, given: GivenCredentials) -> Mapping[str, str]:
    schemes = _schemes(api)
    return {
        schemes[name]["name"]: given[name]["api_key"]
        for name in _alternative(api, operation_id, given)
        if schemes[name].get("in") == "query"
    }


def _alternative(api: ApiUnderTest, operation_id: str, given: GivenCredentials) -> tuple[str, ...]:
    """Return the schemes of the operation's first alternative that `given` covers, () if it covers none."""
    operation = api.spec.operations.get(operation_id)
    named = (one for one in (operation.security if operation else ()) if one)
    return next((one for one in named if all(name in given for name in one)), ())


def variable(name: str, prefix: str = PREFIX) -> str:
    """Return the name of the environment variable with the credential of a security scheme or header."""
    return prefix + _OTHER.sub("_", name.upper())


def from_environment(api: ApiUnderTest, environment: Mapping[str, str]) -> GivenCredentials:
    """Return the credentials in the environment. Raises UnreadableCredentialError: Basic without a colon."""
    found = {}
    for name, node in _schemes(api).items():
        text = environment.get(variable(name), "")
        if text:
            found[name] = _read(variable(name), node, text)
    return found


def from_headers(api: ApiUnderTest, headers: Mapping[str, str]) -> GivenCredentials:
    """Return the credentials in `headers` (names in lower case), which are sent with every call."""
    return {
        name: {"header": headers[header]}
        for name in _schemes(api)
        if (header := header_of(api, name)) in headers
    }


def invented_credentials(api: ApiUnderTest) -> GivenCredentials:
    """Return a credential for every security scheme, for servers that accept any credential."""
    return {name: _read(variable(name), node, "any:any") for name, node in _schemes(api).items()}


def missing_schemes(api: ApiUnderTest, given: GivenCredentials, operations: Iterable[str]) -> tuple[str, ...]:
    """Return the schemes that the operations need and that `given` lacks, sorted by operation.

    If `given` covers none of an operation's alternatives, the operation needs the schemes of the first one.
    """
    lacking: dict[str, None] = {}
    for name in sorted(operations):
        security = api.spec.operations[name].security
        if security and not any(all(one in given for one in alternative) for alternative in security):
            lacking.update(dict.fromkeys(one for one in security[0] if one not in given))
    return tuple(lacking)


def header_of(api: ApiUnderTest, scheme: str) -> str:
    """Return the lower-case name of the header with a scheme's credential, or "" if no header has it."""
    return _header_name(_schemes(api)[scheme])


def _header_name(node: Document) -> str:
    if node["type"] != "apiKey":
        return "authorization"
    places = {"header": str(node["name"]).lower(), "cookie": "cookie"}
    return places.get(node["in"], "")


def is_callable_with(api: ApiUnderTest, without: Iterable[str]) -> frozenset[str]:
    """Return the operations that can be called without credentials of the schemes `without`."""
    lacking = set(without)
    return frozenset(
        name
        for name, operation in api.spec.operations.items()
        if not operation.security
        or any(not lacking.intersection(alternative) for alternative in operation.security)
    )


def in_shell(api: ApiUnderTest, given: GivenCredentials) -> Mapping[str, str]:
    """Return for each header value with a credential the shell text that replaces it (`Bearer $VARIABLE`)."""
    schemes = _schemes(api)
    return {
        text: _variable_in(variable(name), values)
        for name, values in given.items()
        if name in schemes
        for text in _header(schemes[name], values).values()
    }


def secret_texts(given: GivenCredentials) -> Mapping[str, str]:
    hidden: dict[str, str] = {}
    for name, values in given.items():
        named = f"${variable(name)}"
        hidden[without_secrets(values)] = named
        if "username" in values:
            hidden[_basic(values)] = named
            hidden[values["password"]] = named
    return {text: named for text, named in hidden.items() if text}


def without_secrets(values: Mapping[str, str]) -> str:
    """Return the text that a credential has in its environment variable."""
    if "username" in values:
        return f"{values['username']}:{values['password']}"
    return values.get("bearer") or values.get("api_key", "")


def _schemes(api: ApiUnderTest) -> Mapping[str, Document]:
    schemes: Mapping[str, Document] = api.spec.document.get("components", {}).get("securitySchemes", {})
    return schemes


def _read(name: str, node: Document, text: str) -> Mapping[str, str]:
    if node["type"] == "apiKey":
        return {"api_key": text}
    if str(node.get("scheme", "")).lower() == "basic":
        user, colon, password = text.partition(":")
        if not colon:
            raise UnreadableCredentialError(f"{name} is not user:password")
        return {"username": user, "password": password}
    return {"bearer": text}


def _header(node: Document, values: Mapping[str, str]) -> Mapping[str, str]:
    if "header" in values:
        return {_header_name(node): values["header"]}
    if "username" in values:
        return {"authorization": f"Basic {_basic(values)}"}
    if "bearer" in values:
        return {"authorization": f"Bearer {values['bearer']}"}
    if node.get("in") == "cookie":
        return {"cookie": f"{node['name']}={values['api_key']}"}
    return {node["name"].lower(): values["api_key"]} if node.get("in") == "header" else {}


def _variable_in(name: str, values: Mapping[str, str]) -> str:
    if "username" in values:
        return f"Basic $(printf %s \"${name}\" | base64 | tr -d '\\n')"
    return f"Bearer ${name}" if "bearer" in values else f"${name}"


def _basic(values: Mapping[str, str]) -> str:
    return b64encode(f"{values['username']}:{values['password']}".encode()).decode()
