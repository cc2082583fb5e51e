"""Access tokens: JSON Web Tokens with the vendor's claims, and a signature that nobody can verify.

Clients read `exp` and `scope` from them; the server knows a token by its text alone. Source:
docs/vendors/xero.md#refusals.
"""

from base64 import urlsafe_b64encode
from collections.abc import Sequence

from mockserver.codec import json
from mockserver.model import Json
from mockserver.sandbox.store import State

LIFETIME_S = 1800
_ISSUER = "https://identity.xero.com"
_SIGNATURE_PARTS = 4
_PART_BYTES = 64


def make_access_token(client: str, scopes: Sequence[str], state: State) -> str:
    """Return a new token of a client, good for `LIFETIME_S` seconds of the sandbox's clock."""
    now = int(state.now.timestamp())
    header = {"alg": "RS256", "kid": state.octets(20).hex().upper(), "typ": "JWT"}
    claims = {
        "nbf": now,
        "exp": now + LIFETIME_S,
        "iss": _ISSUER,
        "aud": f"{_ISSUER}/resources",
        "client_id": client,
        "sub": state.octets(16).hex(),
        "auth_time": now,
        "xero_userid": state.uuid(),
        "global_session_id": state.octets(16).hex(),
        "jti": state.octets(16).hex().upper(),
        "authentication_event_id": state.uuid(),
        "scope": list(scopes),
    }
    signature = b"".join(state.octets(_PART_BYTES) for _ in range(_SIGNATURE_PARTS))
    return ".".join((_encode(header), _encode(claims), _base64(signature)))


def _encode(part: Json) -> str:
    return _base64(json.encode(part))


def _base64(octets: bytes) -> str:
    return urlsafe_b64encode(octets).rstrip(b"=").decode()
