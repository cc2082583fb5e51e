"""The examples of the control API's page are answered as its contract says."""

from __future__ import annotations

import json
import re
import shlex
from itertools import pairwise

import pytest

from mockserver.server.application import Application, Options, create_app
from tests.docs.control_page import ADDRESS, ControlOperation, contract, example, operations
from tests.docs.pages import DOCS
from tests.support.client import Client

PAGE = (DOCS / "control.md").read_text(encoding="utf-8")
HEADERS = {"authorization": "Bearer any", "x-api-key": "any", "vbasoftware-database": "sandbox"}


@pytest.fixture(scope="module")
def app() -> Application:
    return create_app(Options())


@pytest.fixture
def prepared(app: Application, request: pytest.FixtureRequest) -> Client:
    """A client whose sandbox has a call, a scenario and a snapshot; `default` is this sandbox's name."""
    name = re.sub(r"[^a-z0-9]", "-", request.node.name.lower())[:60]
    client = Client(app, {"host": "127.0.0.1:8080"})
    within = f"/_mock/sandboxes/{name}"
    assert client.request("POST", "/_mock/sandboxes", json={"name": name}).status == 201
    called = client.request(
        "PUT", f"/sandboxes/{name}/vba/claim-invoice-batch", json=[{"invoice_Key": 1}], headers=HEADERS
    )
    flaky = {
        "version": 1,
        "name": "flaky",
        "rules": [{"id": "r", "response": {"status": 503}, "times": {"count": 1}}],
    }
    assert called.status == 207
    assert client.request("POST", f"{within}/snapshots", json={}).status == 201
    assert client.request("POST", f"{within}/scenarios", json=flaky).status == 201
    return client.within(**{"x-sandbox": name})


@pytest.mark.parametrize("operation", operations(), ids=lambda one: one.id)
def test_an_example_is_answered_as_the_page_says(operation: ControlOperation, prepared: Client) -> None:
    words = shlex.split(example(operation))
    [url] = [word for word in words if word.startswith(ADDRESS)]
    path = url.removeprefix(ADDRESS).replace(
        "/sandboxes/default", f"/sandboxes/{prepared.headers['x-sandbox']}"
    )
    given = dict(pairwise(words))
    body = {"content": given["-d"].encode()} if "-d" in given else {}

    answered = prepared.request(
        operation.method, path, headers={"content-type": "application/json"} if body else {}, **body
    )

    expected = [int(status) for status in operation.node["responses"] if status.startswith("2")]
    assert answered.status in expected, answered.text


def test_every_body_of_the_page_has_its_members() -> None:
    schemas = contract()["components"]["schemas"]
    names = set(re.findall(r"^### (\w+)$", PAGE.partition("\n## Bodies\n")[2], re.MULTILINE))
    linked = set(re.findall(r"\]\(#([a-z]+)\)", PAGE))

    assert linked <= {name.lower() for name in names}
    assert {name for name, schema in schemas.items() if schema.get("properties")} <= names
    for name in names:
        section = PAGE.partition(f"\n### {name}\n")[2].partition("\n### ")[0]
        members = schemas[name].get("properties", {})
        assert [member for member in members if f"| `{member}`" not in section] == [], json.dumps(name)
