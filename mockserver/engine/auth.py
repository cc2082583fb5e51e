"""Authenticate credentials by security scheme and check scopes."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache
from urllib.parse import parse_qs

from mockserver.codec.instants import parse_instant, print_instant
from mockserver.errors import Forbidden, Unauthorized
from mockserver.model import ANONYMOUS, SAFE_METHODS, Call, Document, Json, Principal
from mockserver.sandbox.store import State
from mockserver.spec.openapi import Operation

CREDENTIALS = "credentials"
"""Name of the vendor-wide collection of known credentials; the key is the credential's text.

A record has `scheme`, `kind`, `name`, `scopes`, `expires` (an instant of the sandbox clock) and more.
"""

_KNOWN_LOGINS = 64
_UNSET = re.compile(r"undefined|null|none|nil|nan|true|false|\[object \w+\]", re.IGNORECASE)
_UNFILLED = re.compile(
    r"\{\{[\w .-]{1,40}\}\}|[$#]\{[\w .-]{1,40}\}|<[\w .-]{1,40}>|%[\w .-]{1,40}%"
    r"|\{[A-Za-z_]{1,40}\}|\$[A-Z_]{1,40}"
)
_SCHEME_AGAIN = re.compile(r"(bearer|basic)(\s.*)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class SecurityScheme:
    name: str
    node: Document
    credential: Callable[[Call], str | None] = field(init=False, compare=False)
    """Returns the credential that a request has for this scheme, or None."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "credential", _credential_reader(self.node))


def _credential_reader(node: Document) -> Callable[[Call], str | None]:
    if node["type"] == "mutualTLS":
        return lambda _call: "certificate"  # that of the connection, which is not examined
    if node["type"] != "apiKey":
        return _login_reader(str(node.get("scheme", "bearer")).lower())
    if node["in"] == "query":
        return lambda call: parse_qs(call.query).get(node["name"], [""])[-1] or None
    if node["in"] == "cookie":
        return lambda call: _read_cookie(call.headers.get("cookie", ""), node["name"])
    name = node["name"].lower()
    if name == "authorization":  # Swagger 2.0 has no other way to declare a bearer token
        return lambda call: _without_scheme(call.headers.get(name, "")) or None
    return lambda call: call.headers.get(name) or None


def _without_scheme(header: str) -> str:
    """Return the credential of a header that may begin with Bearer or Basic."""
    found = _SCHEME_AGAIN.fullmatch(header)
    text = (found[2] or "").strip() if found else ""
    if not found or not text:
        return header
    return (decode_basic(text) or text) if found[1].lower() == "basic" else text


def _read_cookie(header: str, wanted: str) -> str | None:
    pairs = (pair.strip().partition("=") for pair in header.split(";"))
    return next((value for name, _, value in pairs if name == wanted and value), None)


def _login_reader(wanted: str) -> Callable[[Call], str | None]:
    @lru_cache(_KNOWN_LOGINS)
    def parse(header: str) -> str | None:
        kind, _, rest = header.partition(" ")
        text = rest.strip()
        if kind.lower() != wanted:
            return None
        if wanted == "basic" and not find_mistake(text):
            return decode_basic(text)
        is_whole = len(text.split()) == 1 or (text and wanted not in ("bearer", "basic"))
        return text if find_mistake(text) or is_whole else None

    return lambda call: parse(call.headers.get("authorization", ""))


@lru_cache(_KNOWN_LOGINS)
def find_mistake(text: str) -> str:
    """Return the client's mistake in a credential, such as an unfilled placeholder; "" if there is none.

    A login is checked as a whole, then its user name, then its password.
    """
    if text == ":":
        return "is empty: the client sent it before it had one"
    for part in (text, *text.split(":", 1)):
        bare = part.strip("\"'")
        if _UNSET.fullmatch(bare):
            return f"is the text `{bare}`: the client sent it before it had one"
        if _UNFILLED.fullmatch(bare):
            return f"is the placeholder `{bare}`: the client did not fill it in"
    again = _SCHEME_AGAIN.fullmatch(text)
    return f"begins with `{again[1]}`: the client wrote the scheme twice" if again else ""


def authenticate(scheme: SecurityScheme, text: str, state: State, *, strict: bool) -> Principal:
    """Return the principal of a credential.

    Raises Unauthorized: the credential is expired, revoked, for another scheme, a client's mistake, or, if
    `strict`, unknown.
    """
    known = state.collection(CREDENTIALS, "").get(text)
    if known is None:
        if strict or find_mistake(text):
            raise Unauthorized("unknown", scheme.name)
        return Principal(f"{scheme.name} holder")
    kind = known.get("kind", "good")
    if known.get("scheme", scheme.name) != scheme.name:
        raise Unauthorized("unknown", scheme.name)
    if kind in ("expired", "revoked"):
        raise Unauthorized(kind, scheme.name)
    if "expires" in known and parse_instant(known["expires"]) <= state.now:
        raise Unauthorized("expired", scheme.name)
    scopes = known.get("scopes")
    return Principal(known.get("name", scheme.name), None if scopes is None else frozenset(scopes), known)


def issue_credential(
    text: str, scheme: str, name: str, state: State, *, seconds: int | None = None, **facts: Json
) -> None:
    """Store `text` as a valid credential of `name` with `facts`. Without `seconds`, `text` never expires."""
    ends = {} if seconds is None else {"expires": print_instant(state.now + timedelta(seconds=seconds))}
    known = {"scheme": scheme, "kind": "good", "name": name, **facts, **ends}
    state.collection(CREDENTIALS, "")[text] = known


def check_permission(call: Call, operation: Operation) -> None:
    """Raise Forbidden: the credential has no scope of the operation, or is read-only and the call writes."""
    held = call.principal.scopes
    if held is not None and operation.scopes and not operation.scopes & held:
        raise Forbidden("scope", min(operation.scopes))
    reads = operation.safe or call.method in SAFE_METHODS
    if call.principal.facts.get("kind") == "read-only" and not reads:
        raise Forbidden("scope", "write")


def authenticate_subrequest(
    call: Call, operation: Operation, schemes: Mapping[str, SecurityScheme], state: State, *, strict: bool
) -> Principal:
    """Return the caller by the first security alternative that the call meets. Raises Unauthorized."""
    if not operation.security:
        return ANONYMOUS
    refusal = None
    for alternative in operation.security:
        try:
            principal = _satisfied(alternative, call, schemes, state, strict=strict)
        except Unauthorized as refused:
            refusal = refused
        else:
            if principal is not None:
                return principal
    raise refusal or Unauthorized("missing", find_missing_scheme(operation, schemes, call))


def _satisfied(
    alternative: Iterable[str],
    call: Call,
    schemes: Mapping[str, SecurityScheme],
    state: State,
    *,
    strict: bool,
) -> Principal | None:
    """Return the principal of the alternative's last credential; None if the request lacks a credential."""
    principal = ANONYMOUS
    for name in alternative:
        text = schemes[name].credential(call)
        if text is None:
            return None
        principal = authenticate(schemes[name], text, state, strict=strict)
    return principal


def find_missing_scheme(operation: Operation, schemes: Mapping[str, SecurityScheme], call: Call) -> str:
    """Return the first scheme of the operation for which the call has no credential; "" if there is none."""
    for alternative in operation.security:
        for name in alternative:
            if schemes[name].credential(call) is None:
                return name
    return ""


def decode_basic(text: str) -> str | None:
    """Return user and password, joined by a colon; None if the text is no credential of Basic."""
    try:
        decoded = b64decode(text, validate=True).decode()
    except ValueError:  # base64 and the UTF-8 decoder raise subclasses of it
        return None
    return decoded if ":" in decoded else None
