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
    at,
)

_JSON = {"content-type": "application/json"}


async def kept(ask: SendOn, world: str) -> str:
    """The number of a snapshot of all that the world holds; the world is made if it is not there."""
    taken = await _control(ask, "POST", f"/{world}/snapshots", {})
    if taken.status == 404:
        await _control(ask, "POST", "", {"name": world})
        taken = await _control(ask, "POST", f"/{world}/snapshots", {})
    name: str = taken.json()["id"]
    return name


async def set_back(ask: SendOn, world: str, snapshot: str) -> None:
    """The world is as it was."""
    await _control(ask, "POST", f"/{world}/snapshots/{snapshot}/restore", None)


async def dropped(ask: SendOn, world: str, snapshot: str) -> None:
    """The snapshot is no longer needed."""
    await _control(ask, "DELETE", f"/{world}/snapshots/{snapshot}", None)


def undoes(route: Route, when: Callable[[WrappedRequest, WrappedResponse], bool]) -> Planted:
    """What such a call did is undone when it is answered so."""

    async def fault(ask: SendOn, call: WrappedRequest) -> WrappedResponse:
        before = await kept(ask, call.world)
        received = await ask(call)
        if when(call, received):
            await set_back(ask, call.world, before)
        await dropped(ask, call.world, before)
        return received

    return lambda: at(route, fault)


async def _control(ask: SendOn, method: str, path: str, document: Json) -> WrappedResponse:
    body = b"" if document is None else to_json_text(document).encode()
    return await ask(
        WrappedRequest(method, f"/_mock/sandboxes{path}", "", {"host": "localhost", **_JSON}, body)
    )
