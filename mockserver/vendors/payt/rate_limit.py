"""Rate limit per token, and its response headers."""

from __future__ import annotations

from dataclasses import replace

from msgspec.structs import replace as changed

from mockserver.engine.auth import SecurityScheme, authenticate
from mockserver.errors import TooManyRequests, Unauthorized
from mockserver.model import Call, Reply
from mockserver.sandbox.quota import count_in_fixed_window, describe_fixed_window, rate_limit_headers
from mockserver.sandbox.store import State
from mockserver.vendor import BatchHandler, BatchResult, Handler, Request

BEARER = SecurityScheme("bearerAuth", {"type": "http", "scheme": "bearer"})

_CALLS, _SECONDS = 10, 1


def count_call(token: str, state: State) -> bool:
    """Count one call of the token; whether its second holds it."""
    return count_in_fixed_window(state, token, _CALLS, _SECONDS).allowed


def with_rate_limit_headers(reply: Reply, call: Call, state: State) -> Reply:
    """Return the reply with the token's rate limit headers, where the assumptions ask for them."""
    if call.assumptions["quotas"] != "on" or call.assumptions["ratelimit_headers"] != "on":
        return reply
    token = BEARER.credential(call)
    if token is None:
        return reply
    left = rate_limit_headers(describe_fixed_window(state, token, "second", _CALLS, _SECONDS))
    return changed(reply, headers=(*reply.headers, *left))


def batch_with_limit_headers(room: BatchHandler) -> BatchHandler:
    """Return the room, its replies with what is left."""
    render = room.render
    if render is None:
        return room

    def told(result: BatchResult, state: State) -> Reply:
        return with_rate_limit_headers(render(result, state), result.request.call, state)

    return replace(room, render=told)


def handler_with_limit_headers(handler: Handler) -> Handler:
    """Return the handler, its replies with what is left."""

    def told(request: Request, state: State) -> Reply:
        return with_rate_limit_headers(handler(request, state), request.call, state)

    return told


def check_rate(call: Call, state: State) -> None:
    """Count the call; who has no good token is told of that instead, later on.

    Source: Payt fact sheet §3.1 (401 comes before 429).
    """
    token = BEARER.credential(call)
    if token is None:
        return
    try:
        authenticate(BEARER, token, state, strict=False)
    except Unauthorized:
        return
    if not count_call(token, state):
        raise TooManyRequests("second")
