"""The tokens that README names mean at every vendor what their names say, in the vendor's own refusal."""

from __future__ import annotations

import pytest

from mockserver.model import SAFE_METHODS
from mockserver.server.application import Application
from tests.support.client import Client, Response
from tests.support.operations import CalledOperation, called_operations


def _takes_tokens(one: CalledOperation) -> bool:
    schemes = one.spec.document["components"]["securitySchemes"]
    named = [schemes[name] for alternative in one.operation.security[:1] for name in alternative]
    return any(node["type"] == "oauth2" or node.get("scheme") == "bearer" for node in named)


WITH_TOKENS = [one for one in called_operations() if _takes_tokens(one)]
READING = [one for one in WITH_TOKENS if one.operation.safe or one.operation.method.upper() in SAFE_METHODS]
WRITING = [one for one in WITH_TOKENS if one not in READING]


def call_with(token: str, one: CalledOperation, client: Client, app: Application) -> Response:
    sent = {**one.headers(app), "authorization": f"Bearer {token}"}
    return client.request(one.operation.method.upper(), one.path, headers=sent)


@pytest.mark.few(60)
@pytest.mark.parametrize("one", WITH_TOKENS, ids=lambda one: one.name)
@pytest.mark.parametrize("kind", ["expired", "revoked"])
def test_a_token_that_is_named_as_ended_is_refused(
    kind: str, one: CalledOperation, client: Client, app: Application
) -> None:
    answered = call_with(f"{kind}-token", one, client, app)

    assert answered.status == 401
    assert answered.headers["mock-reason"].startswith(f"{kind}-token is {kind}; ")


@pytest.mark.parametrize("one", WRITING, ids=lambda one: one.name)
def test_a_read_only_token_writes_nothing(one: CalledOperation, client: Client, app: Application) -> None:
    answered = call_with("read-only-token", one, client, app)

    assert answered.status in (401, 403)
    assert answered.headers["mock-reason"].startswith("read-only-token may only read; ")


@pytest.mark.parametrize("one", READING, ids=lambda one: one.name)
def test_a_read_only_token_reads_everything(one: CalledOperation, client: Client, app: Application) -> None:
    answered = call_with("read-only-token", one, client, app)

    assert answered.status not in (401, 403) or "read-only-token" not in answered.headers["mock-reason"]
