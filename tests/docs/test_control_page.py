"""The examples of the control API's page are answered as its contract says."""

from __future__ import annotations

import json
import re
import shlex
from itertools import pairwise

import pytest

from mockserver.contract.examples import ProfileExamples
from mockserver.server.application import Options, create_app
from tests.docs.control_page import ADDRESS, ControlOperation, contract, example, operations
from tests.docs.pages import DOCS
from tests.support.client import Client

PAGE = (DOCS / "control.md").read_text(encoding="utf-8")
ROW = {"invoice_Key": 1}
HEADERS = {"authorization": "Bearer any", "x-api-key": "any", "vbasoftware-database": "sandbox"}
SANDBOX_HEADER = "x-sandbox"
"""Where the fixture tells the test the name of the sandbox that stands for `default`."""


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Client:
    """A client of a server that has a report, and has run a case."""
    reports = tmp_path_factory.mktemp("reports")
    (reports / "junit.xml").write_text("<testsuites/>", encoding="utf-8")
    app = create_app(Options(examples=ProfileExamples, reports=reports))
    client = Client(app, {"host": "127.0.0.1:8080", "user-agent": "curl/8"})
    case = "/_mock/sandboxes/default/cases/112-unsupported-media-type/run"
    assert client.request("POST", case, json={"vendor": "xero"}).status == 200
    return client


@pytest.fixture
def prepared(client: Client, request: pytest.FixtureRequest) -> Client:
    """A client with a sandbox of the test's own, which has a call, a scenario and a snapshot."""
    name = re.sub(r"[^a-z0-9]+", "-", request.node.callspec.id.lower())
    within = f"/_mock/sandboxes/{name}"
    rule = {"id": "r", "times": {"count": 1}, "response": {"status": 503}}
    made = [
        client.request("POST", "/_mock/sandboxes", json={"name": name}),
        client.request("PUT", f"/sandboxes/{name}/vba/claim-invoice-batch", json=[ROW], headers=HEADERS),
        client.request("POST", f"{within}/snapshots", json={}),
        client.request("POST", f"{within}/scenarios", json={"version": 1, "name": "flaky", "rules": [rule]}),
    ]
    assert [one.status for one in made] == [201, 207, 201, 200]
    return client.within(**{SANDBOX_HEADER: name})


@pytest.mark.parametrize("operation", operations(), ids=lambda one: one.id)
def test_an_example_is_answered_as_the_page_says(operation: ControlOperation, prepared: Client) -> None:
    words = shlex.split(example(operation))
    [url] = [word for word in words if word.startswith(ADDRESS)]
    path = url.removeprefix(ADDRESS).replace(
        "/sandboxes/default", f"/sandboxes/{prepared.headers[SANDBOX_HEADER]}"
    )
    given = dict(pairwise(words))
    body = given["-d"].encode() if "-d" in given else None

    answered = prepared.request(
        operation.method, path, content=body, headers={"content-type": "application/json"} if body else {}
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
