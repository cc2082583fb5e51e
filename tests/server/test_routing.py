from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from connexion.middleware.routing import RoutingOperation
from connexion.resolver import Resolver
from connexion.spec import Specification
from starlette.exceptions import HTTPException
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from mockserver.engine.registry import LoadedVendor
from mockserver.server.application import Application
from mockserver.server.routing import ExactRouting, VendorRouting, literal_routes, routing_document

METHODS = ("GET", "HEAD", "PUT", "POST", "PATCH", "DELETE", "OPTIONS")
PREFIXES = ("", "/sandboxes/one")


class Router:
    """One vendor's routing, which says what it attaches to a request."""

    def __init__(self, routing: Callable[[ASGIApp], ExactRouting], vendor: LoadedVendor) -> None:
        self._seen: list[Any] = []
        self._routing = routing(self._see)
        self._routing.add_api(
            Specification.load(routing_document(vendor)),
            base_path=f"/{vendor.name}",
            resolver=Resolver(lambda _id: lambda: None),
        )

    async def _see(self, scope: Scope, _receive: Receive, _send: Send) -> None:
        self._seen.append(scope["extensions"]["connexion_routing"])

    def routes(self, method: str, prefix: str, path: str) -> Any:
        """Return the operation that a request is routed to, or the status of the refusal."""
        scope = {"type": "http", "app": None, "method": method, "root_path": prefix, "path": prefix + path}
        try:
            asyncio.run(self._routing({**scope, "extensions": {}}, no_receive, no_send))
        except HTTPException as refused:
            return refused.status_code
        return self._seen.pop()


async def no_receive() -> Any:
    raise AssertionError


async def no_send(_message: Any) -> None:
    raise AssertionError


@pytest.mark.parametrize("prefix", PREFIXES)
def test_a_path_that_is_looked_up_is_routed_as_connexion_routes_it(app: Application, prefix: str) -> None:
    for vendor in app.served:
        slow, fast = Router(ExactRouting, vendor), Router(VendorRouting, vendor)
        paths = [f"/{vendor.name}{path}" for path in vendor.spec.document["paths"]]
        asked = [(method, prefix, path + end) for path in paths for end in ("", "/") for method in METHODS]

        assert [fast.routes(*one) for one in asked] == [slow.routes(*one) for one in asked]


def test_a_path_that_an_earlier_route_takes_is_not_looked_up() -> None:
    async def app(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise AssertionError

    names = ("/first", "/{any}", "/second")
    routes = [Route(name, RoutingOperation(name, app), methods=["get"]) for name in names]

    assert set(literal_routes(Mount("/acme", routes=routes))) == {
        ("GET", "/acme/first"),
        ("HEAD", "/acme/first"),
    }
