"""How many calls a token has left, in headers that no document of the vendor has: a switch asks for them.

Source: draft-ietf-httpapi-ratelimit-headers; Payt fact sheet §1.5 (ten calls a second).
"""

from __future__ import annotations

from dataclasses import replace

from msgspec.structs import replace as changed

from mockserver.auth import Scheme
from mockserver.model import Call, Reply
from mockserver.quota import fixed_window, rate_limit, watched
from mockserver.store import State
from mockserver.vendor import BatchResult, BatchRoom, Handler, Request

BEARER = Scheme("bearerAuth", {"type": "http", "scheme": "bearer"})

_CALLS, _SECONDS = 10, 1


def spend(token: str, state: State) -> bool:
    """Count one call of the token; whether its second holds it."""
    return fixed_window(state, token, _CALLS, _SECONDS).allowed


def telling(reply: Reply, call: Call, state: State) -> Reply:
    """The reply with what its token has left, while calls are counted and the switch wants it told."""
    if call.assumptions["quotas"] != "on" or call.assumptions["ratelimit_headers"] != "on":
        return reply
    token = BEARER.credential(call)
    if token is None:
        return reply
    left = rate_limit(watched(state, token, "second", _CALLS, _SECONDS))
    return changed(reply, headers=(*reply.headers, *left))


def telling_room(room: BatchRoom) -> BatchRoom:
    """The room, its replies with what is left."""
    render = room.render
    if render is None:
        return room

    def told(result: BatchResult, state: State) -> Reply:
        return telling(render(result, state), result.request.call, state)

    return replace(room, render=told)


def telling_handler(handler: Handler) -> Handler:
    """The handler, its replies with what is left."""

    def told(request: Request, state: State) -> Reply:
        return telling(handler(request, state), request.call, state)

    return told
