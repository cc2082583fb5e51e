"""Applications: who asks for tokens, and what they may ask for.

Source: Payt fact sheet §1.4.
"""

from __future__ import annotations

from collections.abc import Sequence

from mockserver.auth import Scheme
from mockserver.errors import Unauthorized
from mockserver.model import Call, Document
from mockserver.store import State

APPLICATIONS = "applications"
"""The vendor-wide collection, by client id: `{id, secret, scopes, administrations}`."""

SCOPES = (
    "administrations:read",
    "contacts:read",
    "contacts:write",
    "debtors:read",
    "debtors:write",
    "files:write",
    "invoices:read",
    "invoices:write",
    "payment_conditions:write",
    "payments:read",
    "vat_rates:read",
    "vat_rates:write",
)
"""Every permission that an operation here asks for; only three of the names are documented."""

_BASIC = Scheme("basicAuth", {"type": "http", "scheme": "basic"})


def application(client_id: str, state: State) -> Document:
    """The application of that id; one that nobody registered may have everything, as any credential may."""
    known = state.collection(APPLICATIONS, "").get(client_id)
    return known or {"id": client_id, "scopes": SCOPES, "administrations": None}


def calling(call: Call, state: State) -> Document:
    """The application that calls.

    Raises:
        Unauthorized: it is known, and by another secret.
    """
    client_id, _, secret = (_BASIC.credential(call) or "").partition(":")
    found = application(client_id, state)
    if found.get("secret", secret) != secret:
        raise Unauthorized("unknown", _BASIC.name)
    return found


def chosen(wanted: str | None, allowed: Sequence[str]) -> list[str] | None:
    """The permissions that `wanted` names, without any all that are allowed; None: it names another."""
    names = (wanted or "").split()
    if not names:
        return list(allowed)
    return list(dict.fromkeys(names)) if set(names) <= set(allowed) else None
