"""The first step to a token: a code, which goes back to the application by way of its user's browser.

Source: Payt fact sheet §1.4; our user grants everything at once.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from datetime import timedelta
from urllib.parse import urlencode

from mockserver.clock import print_instant
from mockserver.model import Reply
from mockserver.store import State
from mockserver.vendor import Request
from mockserver.vendors.payt.applications import application, chosen
from mockserver.vendors.payt.texts import GRANTS

CODES = "codes"
"""The vendor-wide collection of codes that were not used yet."""

_GOOD_FOR = timedelta(minutes=10)
_CODE_OCTETS = 32


def authorize(request: Request, state: State) -> Reply:
    """Send the browser back with a code, or with the error that there is.

    Source: Payt fact sheet §1.4.
    """
    asked = request.parameters
    client = application(asked["client_id"], state)
    scopes = chosen(asked.get("scope"), client["scopes"])
    if scopes is None:
        return _back(request, error="invalid_scope", error_description=GRANTS["invalid_scope"])
    code = urlsafe_b64encode(state.octets(_CODE_OCTETS)).decode().rstrip("=")
    state.collection(CODES, "")[code] = {
        "client": client["id"],
        "redirect_uri": asked["redirect_uri"],
        "scopes": scopes,
        "administrations": client["administrations"],
        "expires": print_instant(state.now + _GOOD_FOR),
    }
    return _back(request, code=code)


def _back(request: Request, **told: str) -> Reply:
    uri = request.parameters["redirect_uri"]
    query = urlencode({**told, "state": request.parameters["state"]})
    return Reply(302, headers=(("Location", f"{uri}{'&' if '?' in uri else '?'}{query}"),))
