"""Access to administrations, and content negotiation."""

from __future__ import annotations

from datetime import timedelta

from mockserver.codec.http import check_json_in_utf_8
from mockserver.codec.instants import parse_instant
from mockserver.errors import Forbidden, NotFound, Refusal
from mockserver.model import Call, Document, Principal
from mockserver.sandbox.store import State
from mockserver.vendor import Enter
from mockserver.vendors.payt.records.files import STORAGE

ADMINISTRATIONS = "administrations"
"""The vendor-wide collection; `connected` false is an administration that no connection is granted to."""

_UNGUARDED_PATHS = ("/v1/administrations", "/oauth/", STORAGE)
"""Paths of operations that no administration is named to, or that look after it themselves."""

_SHOWN_AFTER_DELETION = timedelta(days=30)


def enter_tenant(call: Call, tenant: str, state: State) -> None:
    """Raise unless the caller may enter the administration.

    Raises:
        Forbidden, NotFound: it is unknown, not active, or not granted to the caller.
    """
    if call.path.startswith(_UNGUARDED_PATHS):
        return
    administration = state.collection(ADMINISTRATIONS, "").get(tenant)
    if (
        administration is None
        or administration["status"] != "active"
        or not _is_granted(administration, call.principal)
    ):
        raise access_refusal(tenant, call)


def is_visible(administration: Document, principal: Principal, state: State) -> bool:
    """Return whether administrations show it: granted, and deleted at most 30 days ago."""
    if not _is_granted(administration, principal):
        return False
    deleted_at = administration.get("deleted_at")
    return deleted_at is None or state.now - parse_instant(deleted_at) <= _SHOWN_AFTER_DELETION


def access_refusal(administration_id: str, call: Call) -> Refusal:
    """Return the refusal of a caller at an administration's door."""
    granted = call.principal.facts.get("administrations")
    works = "81 works" if granted is None else f"it may enter {', '.join(granted) or 'none'}"
    hint = f"administration_id {administration_id} is unknown, or closed to this token; {works}"
    if call.assumptions["closed_administration"] == "404":
        return NotFound(ADMINISTRATIONS, administration_id, hint=hint)
    return Forbidden("administration", f"No access to administration {administration_id}", hint=hint)


def _is_granted(administration: Document, principal: Principal) -> bool:
    named = principal.facts.get("administrations")
    return administration.get("connected", True) and (named is None or administration["id"] in named)


def admit(call: Call, enter: Enter, _state: State) -> str:
    """Count the call of a token, then refuse `Accept` and charsets where the assumptions require it.

    Files are put to their storage in any charset, and nothing is answered there.

    Raises:
        TooManyRequests: it is the eleventh of a second.
        NotAcceptable: its Accept header has no room for JSON.
        UnsupportedMediaType: its body is declared to be in another charset.
    """
    enter.count()
    operation = enter()
    if operation.path.startswith("/v1/"):
        check_json_in_utf_8(call)
    return ""
