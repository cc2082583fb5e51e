"""Our own server behind a proxy that adds a path in front and strips the headers that are ours."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from mockserver.cli.main import main
from mockserver.contract.exchange import Request
from mockserver.contract.isolation import Isolation
from mockserver.contract.target import Address, Target
from mockserver.server.application import Application
from tests.contract.stateful.shop import Shop
from tests.support import sample_vendor
from tests.support.asgi_server import listen

PREFIX = "/team/mocks"


class Proxy:
    """Passes on what is below the prefix, without it; `seen` are the calls."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.seen: list[tuple[str, str]] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.seen.append((scope["method"], scope["path"]))

        async def stripped(message: Any) -> None:
            if message["type"] == "http.response.start":
                kept = [one for one in message["headers"] if not one[0].lower().startswith(b"mock-")]
                message = {**message, "headers": kept}
            await send(message)

        if not scope["path"].startswith(PREFIX):
            await send({"type": "http.response.start", "status": 404, "headers": []})
            await send({"type": "http.response.body", "body": b""})
            return
        inner = {"path": scope["path"].removeprefix(PREFIX), "raw_path": scope["raw_path"][len(PREFIX) :]}
        await self.app({**scope, **inner}, receive, stripped)


@pytest.fixture
def application(tmp_path: Path) -> Application:
    return sample_vendor.create_application(tmp_path)


@pytest.fixture
def target(application: Application) -> Iterator[Target]:
    address = Address(f"http://127.0.0.1:8080{PREFIX}/acme", Proxy(application))
    with Target(address) as one:
        yield one


def test_it_is_known_and_has_sandboxes(target: Target) -> None:
    assert target.identity().is_ours
    assert Isolation(target, 7).are_apart


def test_a_sandbox_of_a_run_is_dropped_there(target: Target, application: Application) -> None:
    isolation = Isolation(target, 7)
    scope = isolation.new_scope(4)
    target.send(Request("GET", "/orders", {**scope.headers, "authorization": "Bearer any"}))
    assert scope.name in application.sandboxes.names()

    isolation.drop(scope)

    assert scope.name not in application.sandboxes.names()


def test_a_run_needs_no_credentials_and_leaves_no_sandbox(tmp_path: Path, application: Application) -> None:
    before = application.sandboxes.names()
    with listen(Proxy(application)) as url:
        options = ["--spec", str(tmp_path / "acme.yaml"), "--target", f"{url}{PREFIX}/acme"]
        result = CliRunner().invoke(main, ["contract", *options, "--max-examples", "1"])

    assert result.exit_code == 0, result.output
    assert "is not a mockserver" not in result.stderr
    assert application.sandboxes.names() == before


def test_the_address_of_the_whole_server_is_refused_with_that_of_the_vendor(
    tmp_path: Path, application: Application
) -> None:
    with listen(Proxy(application)) as url:
        options = ["--spec", str(tmp_path / "acme.yaml"), "--target", f"{url}{PREFIX}"]
        result = CliRunner().invoke(main, ["contract", *options, "--max-examples", "1"])

    assert result.exit_code == 2
    assert f"try: --target {url}{PREFIX}/acme" in result.stderr


def test_a_server_that_is_not_ours_is_asked_once_in_a_run() -> None:
    proxy = Proxy(Shop(is_ours=False))
    with Target(Address(f"http://127.0.0.1:8080{PREFIX}/shop", proxy)) as target:
        assert not [seed for seed in range(3) if Isolation(target, seed).are_apart]

    assert proxy.seen == [
        ("GET", "/_mock/health"),
        ("GET", "/team/_mock/health"),
        ("GET", f"{PREFIX}/_mock/health"),
        ("GET", f"{PREFIX}/shop/_mock/health"),
        ("GET", f"{PREFIX}/shop/"),
    ]
