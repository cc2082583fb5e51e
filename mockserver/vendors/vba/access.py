"""Who comes in: the gateway in front of the service, and the databases a user may work on."""

from mockserver.auth import CREDENTIALS
from mockserver.errors import Forbidden, TooManyRequests, UnsupportedMediaType
from mockserver.model import Call
from mockserver.reply import JSON, media_type_of
from mockserver.store import State
from mockserver.vendor import Enter
from mockserver.vendors.vba import limits

GATEWAY = "gateway"
DATABASE = "vbasoftware-database"
API_KEY = "apiKeyAuth"
_CHARSETS = frozenset({"utf-8", "utf-16", "utf-16le", "utf-16be"})
"""Those that the framework's reader of JSON knows; that it refuses all others is assumed."""


def admit(call: Call, enter: Enter, state: State) -> str:
    """Let a call through the gateway, then a named credential into its own databases only, others into any.

    Source: VBA fact sheet §1.2, §3.1, §3.2, §6 row 35.

    Raises:
        Forbidden: a header is missing or empty, the key is known to be bad, or the user has no right to the
            database.
        TooManyRequests: the key is over its rate (`throttle` on).
        UnsupportedMediaType: the body is declared to be in a charset that is not read.
    """
    _pass_gateway(call, state)
    operation = enter()
    if not operation.has_parameter(DATABASE):
        return ""
    database = call.headers.get(DATABASE, "")
    allowed = call.principal.facts.get("databases")
    if database and allowed is not None and database not in allowed:
        raise Forbidden("tenant")
    media_type, charset = media_type_of(call.headers)
    if database and call.body and charset not in _CHARSETS:
        raise UnsupportedMediaType(f"{media_type}; charset={charset}", (JSON,))
    return database


def _pass_gateway(call: Call, state: State) -> None:
    """Refuse a call without User-Agent or a good API key, or one too many, before anything else is asked."""
    if not call.headers.get("user-agent") and call.assumptions["require_user_agent"] == "on":
        raise Forbidden(GATEWAY)
    key = call.headers.get("x-api-key", "")
    if not _is_good(key, state):
        raise Forbidden(GATEWAY)
    if call.assumptions["throttle"] == "on":
        spent = limits.count(key, state)
        if not spent.allowed:
            raise TooManyRequests("throttle", spent.wait)


def _is_good(key: str, state: State) -> bool:
    """Whether the gateway may pass the key on; a key that nobody knows is for the service's own rules."""
    known = state.collection(CREDENTIALS, "").get(key)
    return bool(key) and (known is None or (known["scheme"] == API_KEY and known["kind"] == "good"))
