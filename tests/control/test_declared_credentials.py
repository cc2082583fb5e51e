"""What the `securitySchemes` of an own file declare is masked wherever the server shows a call."""

from __future__ import annotations

from pathlib import Path

import pytest

from mockserver.server.application import Options, create_app
from tests.support.client import Client

SPEC = """
openapi: 3.0.3
info: {title: Readings, version: "1"}
security: [{header: []}, {query: []}, {cookie: []}]
paths:
  /readings:
    post:
      operationId: postReading
      parameters: [{name: X-Odd, in: header, schema: {type: string, pattern: "^[a-z0-9-]*$"}}]
      requestBody: {content: {application/json: {schema: {type: object}}}}
      responses:
        "201": {description: made, content: {application/json: {schema: {type: object}}}}
        "400": {description: bad}
components:
  securitySchemes:
    header: {type: apiKey, in: header, name: X-Odd}
    query: {type: apiKey, in: query, name: odd}
    cookie: {type: apiKey, in: cookie, name: odd}
    bearer: {type: http, scheme: bearer}
"""
KEY = "sup3r-vendor-77"
SENT = [
    ({"X-Odd": KEY}, ""),
    ({"Authorization": f"Custom {KEY}"}, f"?odd={KEY}"),
    ({"Cookie": f"odd={KEY}"}, ""),
]
JOURNAL = "/_mock/sandboxes/default/journal"
PAGES = [
    *(
        JOURNAL,
        f"{JOURNAL}/1",
        f"{JOURNAL}/3",
        f"{JOURNAL}/export?format=har",
        f"{JOURNAL}/1/export?format=command",
    ),
    *(f"{JOURNAL}/export?format={name}&since=3" for name in ("case", "pytest", "curl", "har", "postman")),
    *(f"{JOURNAL}/compare?first=1&second=2", "/_mock/metrics"),
]


@pytest.fixture
def client(tmp_path: Path) -> Client:
    file = tmp_path / "readings.yaml"
    file.write_text(SPEC)
    return Client(create_app(Options(vendors=("readings",), files=(file,))), {"host": "testserver"})


def test_a_declared_credential_is_shown_nowhere_unless_asked_for(
    client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    answers = [
        client.post(f"/readings/readings{query}", json={"value": 1, "note": f"{KEY} was sent"}, headers=sent)
        for sent, query in SENT
    ]
    shown = {page: client.get(page) for page in PAGES}

    assert [page for page, answer in shown.items() if KEY in answer.text] == []
    assert KEY in client.get(f"{JOURNAL}/1?secrets=shown").text
    assert KEY not in "".join(answer.headers.get("mock-reason", "") for answer in answers)
    assert KEY not in "".join(capsys.readouterr())


def test_the_reason_of_a_refusal_does_not_show_a_declared_credential(client: Client) -> None:
    answer = client.post("/readings/readings", json={"value": 1}, headers={"X-Odd": "SUP3R"})

    assert answer.status == 400
    assert answer.headers["mock-reason"] == 'header X-Odd expected text like ^[a-z0-9-]*$, found "..."'
