"""A sandbox that was reset begins again: the same calls get the same bytes as in a new one."""

from __future__ import annotations

from typing import Any

import pytest

from mockserver.server.application import Application
from tests.support.client import Client
from tests.support.operations import JSON, CalledOperation, called_operations

VENDORS = sorted({one.spec.name for one in called_operations()})
OFTEN_FAILING = {
    "version": 1,
    "name": "now-and-then",
    "rules": [{"id": "throttled", "probability": 0.3, "response": {"status": 503}}],
}


def _call(one: CalledOperation, client: Client, app: Application) -> tuple[Any, ...]:
    """Status, headers and body of an answer to the spec's own example."""
    takes_json = any(body.name == JSON for body in one.operation.bodies)
    content = one.example() if takes_json else b"a=b" if one.operation.bodies else None
    media = {"content-type": JSON if takes_json else one.operation.bodies[0].name} if content else {}
    path = f"{one.path}?{one.query}" if one.query else one.path
    headers = {**one.headers(app), **media}
    answered = client.request(one.operation.method.upper(), path, content=content, headers=headers)
    return one.name, answered.status, dict(answered.headers), answered.body


def _story(vendor: str, app: Application, client: Client, sandbox: str) -> list[tuple[Any, ...]]:
    """Every operation with and without credentials, twice, while some calls fail by chance."""
    armed = client.put(f"/_mock/sandboxes/{sandbox}/scenarios/now-and-then", json=OFTEN_FAILING)
    assert armed.status in (200, 201), armed.text
    operations = [one for one in called_operations() if one.spec.name == vendor]
    bare = [client.request(one.operation.method.upper(), one.path) for one in operations]
    told = [(one.status, dict(one.headers), one.body) for one in bare]
    return [*told, *(_call(one, client, app) for _ in range(2) for one in operations)]


@pytest.mark.parametrize("vendor", VENDORS)
def test_the_same_calls_get_the_same_bytes_as_when_the_sandbox_was_new(
    vendor: str, app: Application, client: Client, sandbox: str
) -> None:
    first = _story(vendor, app, client, sandbox)
    for other in VENDORS:
        _story(other, app, client, sandbox)
    client.post(f"/_mock/sandboxes/{sandbox}/clock/advance", json={"seconds": 3600})

    client.post(f"/_mock/sandboxes/{sandbox}/reset")

    assert _story(vendor, app, client, sandbox) == first
