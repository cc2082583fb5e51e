"""Optional rate limit per caller, and its response headers.

The vendor publishes neither; the headers are the RateLimit draft's. Source: PVEx fact sheet §5;
draft-ietf-httpapi-ratelimit-headers.
"""

from __future__ import annotations

from msgspec.structs import replace

from mockserver.errors import Refusal, TooManyRequests
from mockserver.model import Call, Reply
from mockserver.sandbox.quota import count_in_fixed_window, describe_fixed_window, rate_limit_headers
from mockserver.sandbox.store import State
from mockserver.spec.openapi import Operation
from mockserver.vendor import BatchResult, Handler, Refuse, RenderBatch, Request

UNLIMITED = "unlimited"

_MINUTE = 60
_POLICY = "minute"


def count_call(call: Call, state: State) -> None:
    """Count a call of this caller, if calls are counted.

    Raises:
        TooManyRequests: its minute holds no more.
    """
    limit = call.assumptions["calls_a_minute"]
    if limit == UNLIMITED:
        return
    spent = count_in_fixed_window(state, _window_key(call), int(limit), _MINUTE)
    if not spent.allowed:
        raise TooManyRequests(wait=spent.wait)


def handler_with_limit_headers(handler: Handler) -> Handler:
    """Return the handler, whose answers tell what is left."""
    return lambda request, state: _with_limits_of_request(handler(request, state), request, state)


def render_with_limit_headers(render: RenderBatch) -> RenderBatch:
    """Return the render function, whose answers tell what is left."""

    def tell(result: BatchResult, state: State) -> Reply:
        return _with_limits_of_request(render(result, state), result.request, state)

    return tell


def refuse_with_limit_headers(refuse: Refuse) -> Refuse:
    """Return the refusals, which tell what is left."""

    def tell(refusal: Refusal, call: Call, operation: Operation | None, state: State) -> Reply:
        return _with_limit_headers(refuse(refusal, call, operation, state), call, state)

    return tell


def _with_limits_of_request(reply: Reply, request: Request, state: State) -> Reply:
    return _with_limit_headers(reply, request.call, state)


def _with_limit_headers(reply: Reply, call: Call, state: State) -> Reply:
    limit = call.assumptions["calls_a_minute"]
    if limit == UNLIMITED:
        return reply
    left = rate_limit_headers(describe_fixed_window(state, _window_key(call), _POLICY, int(limit), _MINUTE))
    return replace(reply, headers=(*reply.headers, *left))


def _window_key(call: Call) -> str:
    return f"calls/{call.principal.name}"
