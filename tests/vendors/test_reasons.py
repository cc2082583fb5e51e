"""Every vendor's refusals of whole calls say why, whatever the operation."""

from __future__ import annotations

import pytest

from mockserver.server.application import Application
from tests.support.client import Client
from tests.support.operations import CalledOperation, called_operations

GUARDED = [one for one in called_operations() if one.operation.security]
OPERATIONS = pytest.mark.parametrize("one", called_operations(), ids=lambda one: one.name)


def _reason(app: Application, sandbox: str) -> str:
    return app.journal.kept.entries(sandbox)[-1].reason


@pytest.mark.parametrize("one", GUARDED, ids=lambda one: one.name)
def test_a_call_without_credentials_is_told_why(
    one: CalledOperation, client: Client, app: Application, sandbox: str
) -> None:
    answered = client.request(one.operation.method.upper(), one.path)

    assert answered.status in (400, 401, 403)
    assert answered.headers["mock-reason"]
    assert _reason(app, sandbox)


@pytest.mark.few(40)
@OPERATIONS
def test_a_status_that_was_asked_for_is_told_as_such(
    one: CalledOperation, client: Client, app: Application, sandbox: str
) -> None:
    caller = Client(app, {**client.headers, **one.headers(app)})
    codes = [code for code in one.operation.responses if code.isdecimal() and int(code) >= 400]

    for code in codes:
        caller.request(one.operation.method.upper(), one.path, headers={"prefer": f"code={code}"})
        assert _reason(app, sandbox) == f"Prefer: code={code} asks for this answer"


@OPERATIONS
def test_a_method_that_a_path_has_not_is_told_with_those_that_it_has(
    one: CalledOperation, client: Client, app: Application, sandbox: str
) -> None:
    caller = Client(app, {**client.headers, **one.headers(app)})

    caller.request("BREW", one.path)

    assert _reason(app, sandbox).startswith("this path has no BREW; it has ")


@OPERATIONS
def test_a_misspelled_path_is_told_with_the_nearest_operation(
    one: CalledOperation, client: Client, app: Application, sandbox: str
) -> None:
    caller = Client(app, {**client.headers, **one.headers(app)})

    answered = caller.request(one.operation.method.upper(), f"{one.path}/nowhere/at/all")

    assert answered.status == 404
    assert "nearest is " in _reason(app, sandbox)


@pytest.mark.few(80)
@OPERATIONS
@pytest.mark.parametrize("value", ["failing", "offline", "failing_after_commit"])
def test_an_outage_is_told_with_its_assumption(
    one: CalledOperation, value: str, client: Client, app: Application, sandbox: str
) -> None:
    caller = Client(app, {**client.headers, **one.headers(app)})
    name = f"{one.spec.name}.availability"
    client.patch(f"/_mock/sandboxes/{sandbox}/assumptions", json={name: value})

    caller.request(one.operation.method.upper(), one.path)

    assert _reason(app, sandbox).endswith(f"assumption {name} is {value}")


@OPERATIONS
def test_a_rule_that_refuses_a_call_is_its_reason(
    one: CalledOperation, client: Client, app: Application, sandbox: str
) -> None:
    caller = Client(app, {**client.headers, **one.headers(app)})
    rule = {"id": "down", "match": {"vendor": one.spec.name}, "response": {"status": 503}}
    document = {"version": 1, "name": "qa", "rules": [rule]}
    client.put(f"/_mock/sandboxes/{sandbox}/scenarios/qa", json=document)

    answered = caller.request(one.operation.method.upper(), one.path)

    assert (answered.status, _reason(app, sandbox).partition(";")[0]) == (
        503,
        "scenario rule qa/down answers 503",
    )
