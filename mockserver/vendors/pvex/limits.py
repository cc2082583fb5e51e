"""How often a caller may call: as often as it likes, unless a switch says so many times a minute.

The vendor publishes no limits and no headers for them; those here are the draft's. Source: PVEx fact sheet
§5; draft-ietf-httpapi-ratelimit-headers.
"""

from __future__ import annotations

from msgspec.structs import replace

from mockserver.errors import Refusal, TooManyRequests
from mockserver.model import Call, Reply
from mockserver.quota import fixed_window, rate_limit, watched
from mockserver.spec import Operation
from mockserver.store import State
from mockserver.vendor import BatchResult, Handler, Refuse, Render, Request

UNLIMITED = "unlimited"

_MINUTE = 60
_NAME = "minute"


def count(call: Call, state: State) -> None:
    """Count a call of this caller, if calls are counted.

    Raises:
        TooManyRequests: its minute holds no more.
    """
    limit = call.assumptions["calls_a_minute"]
    if limit == UNLIMITED:
        return
    spent = fixed_window(state, _key(call), int(limit), _MINUTE)
    if not spent.allowed:
        raise TooManyRequests(wait=spent.wait)


def told(handler: Handler) -> Handler:
    """The handler, whose answers tell what is left."""
    return lambda request, state: _told(handler(request, state), request, state)


def told_of_batch(render: Render) -> Render:
    """The render function, whose answers tell what is left."""

    def tell(result: BatchResult, state: State) -> Reply:
        return _told(render(result, state), result.request, state)

    return tell


def told_of_refusal(refuse: Refuse) -> Refuse:
    """The refusals, which tell what is left."""

    def tell(refusal: Refusal, call: Call, operation: Operation | None, state: State) -> Reply:
        return _with_rest(refuse(refusal, call, operation, state), call, state)

    return tell


def _told(reply: Reply, request: Request, state: State) -> Reply:
    return _with_rest(reply, request.call, state)


def _with_rest(reply: Reply, call: Call, state: State) -> Reply:
    limit = call.assumptions["calls_a_minute"]
    if limit == UNLIMITED:
        return reply
    left = rate_limit(watched(state, _key(call), _NAME, int(limit), _MINUTE))
    return replace(reply, headers=(*reply.headers, *left))


def _key(call: Call) -> str:
    return f"calls/{call.principal.name}"
