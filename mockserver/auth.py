"""Credentials: what a call brings, what the sandbox knows of it, what it may do.

Lenient takes any non-empty credential of the right scheme for one that may do everything; those the
sandbox knows (fixtures, or issued by itself) behave as what they are (design §5, §8.3).
"""

from __future__ import annotations

from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import parse_qs

from mockserver.clock import parse_instant, print_instant
from mockserver.errors import Forbidden, Unauthorized
from mockserver.model import ANYBODY, Call, Document, Json, Principal
from mockserver.spec import Operation
from mockserver.store import State

CREDENTIALS = "credentials"
"""The vendor-wide collection of known credentials, by their text: `{scheme, kind, name, scopes, expires, …}`.

`expires` is an instant of the sandbox clock.
"""

READING = frozenset({"GET", "HEAD"})


@dataclass(frozen=True, slots=True)
class Scheme:
    """One security scheme of a spec."""

    name: str
    node: Document

    def credential(self, call: Call) -> str | None:
        """The text that the call brings for this scheme, None when it brings none."""
        if self.node["type"] == "apiKey":
            return self._api_key(call) or None
        kind, _, text = call.headers.get("authorization", "").partition(" ")
        wanted = str(self.node.get("scheme", "bearer")).lower()
        if kind.lower() != wanted or len(text.split()) != 1:
            return None
        return _basic(text.strip()) if wanted == "basic" else text.strip()

    def _api_key(self, call: Call) -> str:
        if self.node["in"] == "query":
            return parse_qs(call.query).get(self.node["name"], [""])[-1]
        return call.headers.get(self.node["name"].lower(), "")


def authenticate(scheme: Scheme, text: str, state: State, *, strict: bool) -> Principal:
    """Whom the credential stands for.

    Raises:
        Unauthorized: it is expired or revoked, of another kind, or in strict mode unknown.
    """
    known = state.collection(CREDENTIALS, "").get(text)
    if known is None:
        if strict:
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


def issue(
    text: str, scheme: str, name: str, state: State, *, seconds: int | None = None, **facts: Json
) -> None:
    """Let `text` be a good credential of `name`, for `seconds` or for good; `facts` are kept with it."""
    ends = {} if seconds is None else {"expires": print_instant(state.now + timedelta(seconds=seconds))}
    known = {"scheme": scheme, "kind": "good", "name": name, **facts, **ends}
    state.collection(CREDENTIALS, "")[text] = known


def permit(call: Call, operation: Operation) -> None:
    """Let pass who may call the operation; of several scopes that it names any one will do.

    Raises:
        Forbidden: no scope fits, or a read-only credential wants to write.
    """
    held = call.principal.scopes
    if held is not None and operation.scopes and not operation.scopes & held:
        raise Forbidden("scope", min(operation.scopes))
    reads = operation.safe or call.method in READING
    if call.principal.facts.get("kind") == "read-only" and not reads:
        raise Forbidden("scope", "write")


def identify(
    call: Call, operation: Operation, schemes: Mapping[str, Scheme], state: State, *, strict: bool
) -> Principal:
    """Whom a call that another one carries stands for: it may bring credentials of its own.

    Raises:
        Unauthorized: it brings none that the operation takes, or one that is not good.
    """
    if not operation.security:
        return ANYBODY
    for alternative in operation.security:
        brought = [(schemes[name], schemes[name].credential(call)) for name in alternative]
        if brought and all(text is not None for _, text in brought):
            return [authenticate(scheme, text or "", state, strict=strict) for scheme, text in brought][-1]
    raise Unauthorized("missing", missing_scheme(operation, schemes, call))


def missing_scheme(operation: Operation, schemes: Mapping[str, Scheme], call: Call) -> str:
    """The first scheme of the operation for which the call brings nothing."""
    for alternative in operation.security:
        for name in alternative:
            if schemes[name].credential(call) is None:
                return name
    return ""


def _basic(text: str) -> str | None:
    try:
        decoded = b64decode(text, validate=True).decode()
    except (Base64Error, UnicodeError):
        return None
    return decoded if ":" in decoded else None
