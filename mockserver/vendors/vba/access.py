"""Who comes in: the gateway in front of the service, and the databases a user may work on."""

from mockserver.errors import Forbidden
from mockserver.model import Call
from mockserver.store import State

GATEWAY = "gateway"


def gateway(call: Call) -> None:
    """Refuse a call without User-Agent, before anything else is asked.

    Source: VBA fact sheet §1.2, §3.2.

    Raises:
        Forbidden: the header is missing or empty.
    """
    if not call.headers.get("user-agent"):
        raise Forbidden(GATEWAY)


def admit(call: Call, tenant: str, _state: State) -> None:
    """Let a named credential into its own databases only; others may enter any.

    Source: VBA fact sheet §3.2.

    Raises:
        Forbidden: the user has no right to that database.
    """
    allowed = call.principal.facts.get("databases")
    if tenant and allowed is not None and tenant not in allowed:
        raise Forbidden("tenant")
