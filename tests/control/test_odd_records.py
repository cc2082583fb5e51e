"""Records of any shape that are loaded break no call: each is answered, or refused and told why."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import pytest
from starlette.types import Receive, Scope, Send

from mockserver.codec import json
from mockserver.model import Document, Path
from mockserver.server.application import Application
from tests.support.client import Client
from tests.support.operations import CalledOperation, called_operations

VENDORS = sorted({one.spec.name for one in called_operations()})
JSON = {"content-type": "application/json"}
VALUES: tuple[Any, ...] = (
    *(None, "x", "", True, -1, 1.5, 10**30, Decimal("1E+300"), "9" * 500, "\0", "-", "NaN", "2026-99-99"),
    *([], {}, ["x"], [None], {"a": None}, [{}], "0001-01-01", "9999-12-31T23:59:59.9999999Z"),
)


def places(value: Any, path: Path = ()) -> Iterator[Path]:
    """Every place below a value."""
    steps: Any = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for step, child in steps:
        yield (*path, step)
        yield from places(child, (*path, step))


def odd(record: Document, number: int) -> Document:
    """The record with a member of another type, or without it."""
    copy: Any = json.decode(json.encode(record))
    found = list(places(copy))
    *way, last = found[number * 7 % len(found)]
    here = copy
    for step in way:
        here = here[step]
    here[last] = VALUES[number % len(VALUES)]
    if number % 3 == 0:
        del here[last]
    return copy if number % 10 else {}


def read(client: Client, app: Application, one: CalledOperation, key: str, tenant: str) -> int:
    """The status of a read of that record, or of its list."""
    headers = one.headers(app)
    if tenant and one.spec.tenant_key:
        headers[one.spec.tenant_key] = tenant
    path = re.sub(r"\{.+?\}", quote(key, safe=""), one.operation.path)
    return client.get(f"/{one.spec.name}{path}?administration_id={tenant}", headers=headers).status


@pytest.mark.parametrize("vendor", VENDORS)
def test_an_odd_record_breaks_no_read(app: Application, client: Client, sandbox: str, vendor: str) -> None:
    async def unchecked(scope: Scope, receive: Receive, send: Send) -> None:
        await app(scope, receive, send)  # an answer that shows an odd record is not as the spec has it

    caller, here = Client(unchecked, client.headers), f"/_mock/sandboxes/{sandbox}"
    held = json.decode(client.get(f"{here}/dump?vendor={vendor}").body)
    one_each = [
        (scope, name, key) for scope in held for name in held[scope] for key in list(held[scope][name])[:1]
    ]
    reads = [one for one in called_operations() if one.spec.name == vendor and one.operation.method == "get"]
    statuses = set()
    for number, (scope, name, key) in enumerate(one_each):
        content = json.encode({scope: {name: {key: odd(held[scope][name][key], number)}}})
        statuses.add(caller.patch(f"{here}/state", content=content, headers=JSON).status)
        statuses |= {read(caller, app, one, key, scope.partition("/")[2]) for one in reads}

    assert max(statuses) < 500
