"""Every status of every operation, as `Prefer` asks for it."""

from __future__ import annotations

import pytest

from mockserver.server.application import Application
from tests.support.client import Client
from tests.support.operations import CalledOperation, called_operations, stored


@pytest.mark.few(40)
@pytest.mark.parametrize("one", called_operations(), ids=lambda one: one.name)
def test_every_error_that_an_operation_may_answer_can_be_asked_for(
    one: CalledOperation, client: Client, app: Application, sandbox: str
) -> None:
    caller = Client(app, {**client.headers, **one.headers(app)})
    codes = [code for code in one.operation.responses if code.isdecimal() and int(code) >= 400]
    method, before = one.operation.method.upper(), stored(app, sandbox)

    answers = [caller.request(method, one.path, headers={"prefer": f"code={code}"}) for code in codes]

    assert [str(answered.status) for answered in answers] == codes
    assert {answered.headers["preference-applied"] for answered in answers} == {f"code={c}" for c in codes}
    assert stored(app, sandbox) == before


@pytest.mark.parametrize("one", called_operations(), ids=lambda one: one.name)
def test_every_example_of_a_success_can_be_asked_for(
    one: CalledOperation, client: Client, app: Application
) -> None:
    caller = Client(app, {**client.headers, **one.headers(app)})
    method = one.operation.method.upper()
    listed = caller.request(method, one.path, headers={"prefer": "example=no-such"}).json["available"]

    answers = [caller.request(method, one.path, headers={"prefer": f"example={name}"}) for name in listed]

    assert [answered.headers["preference-applied"] for answered in answers] == [
        f"example={name}" for name in listed
    ]
    assert all(200 <= answered.status < 300 for answered in answers)
