"""A server that answers as it should and keeps nothing of it: what was there before is set back."""

from __future__ import annotations

from collections.abc import Callable

from mockserver.contract.exchange import to_json_text
from tests.contract.planted_faults.wrappers import (
    Json,
    Planted,
    Route,
    SendOn,
    WrappedRequest,
    WrappedResponse,
    planted_at,
)

_JSON = {"content-type": "application/json"}


async def snapshot(ask: SendOn, sandbox: str) -> str:
    """Return the number of a snapshot of all that the sandbox holds; a missing sandbox is made."""
    taken = await _control(ask, "POST", f"/{sandbox}/snapshots", {})
    if taken.status == 404:
        await _control(ask, "POST", "", {"name": sandbox})
        taken = await _control(ask, "POST", f"/{sandbox}/snapshots", {})
    name: str = taken.json()["id"]
    return name


async def restore(ask: SendOn, sandbox: str, taken: str) -> None:
    """The sandbox is as it was."""
    await _control(ask, "POST", f"/{sandbox}/snapshots/{taken}/restore", None)


async def discard(ask: SendOn, sandbox: str, taken: str) -> None:
    """The snapshot is no longer needed."""
    await _control(ask, "DELETE", f"/{sandbox}/snapshots/{taken}", None)


def always(_call: WrappedRequest, received: WrappedResponse) -> bool:
    """Whether the call was taken."""
    return received.good


def undoes(
    route: Route,
    when: Callable[[WrappedRequest, WrappedResponse], bool] = always,
    change: Callable[[WrappedResponse], WrappedResponse] = lambda received: received,
) -> Planted:
    """What such a call did is undone when it is answered so; the answer is changed then."""

    async def fault(ask: SendOn, call: WrappedRequest) -> WrappedResponse:
        before = await snapshot(ask, call.sandbox)
        received = await ask(call)
        if when(call, received):
            await restore(ask, call.sandbox, before)
            received = change(received)
        await discard(ask, call.sandbox, before)
        return received

    return planted_at(route, fault)


async def undone(ask: SendOn, call: WrappedRequest) -> WrappedResponse:
    """The call is answered and undone."""
    before = await snapshot(ask, call.sandbox)
    received = await ask(call)
    await restore(ask, call.sandbox, before)
    await discard(ask, call.sandbox, before)
    return received


async def _control(ask: SendOn, method: str, path: str, document: Json) -> WrappedResponse:
    body = b"" if document is None else to_json_text(document).encode()
    return await ask(
        WrappedRequest(method, f"/_mock/sandboxes{path}", "", {"host": "localhost", **_JSON}, body)
    )
