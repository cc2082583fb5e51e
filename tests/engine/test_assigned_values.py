"""Rows of accepted items have what the server assigns; rows of refused items never have."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from openapi_schema_validator import OAS30Validator, oas30_format_checker

from mockserver.codec import json
from mockserver.errors import SpecError
from mockserver.server.application import Options
from tests.support.client import Client
from tests.support.frozen_app import create_frozen_app

TEXT: Any = {"type": "string"}
TIME: Any = {"type": "string", "format": "date-time"}


def an_object(*required: str, **members: Any) -> dict[str, Any]:
    return {"type": "object", "required": [*required], "properties": members}


def messages(assigned: dict[str, Any], record: Any = None) -> tuple[dict[str, Any], dict[str, Any]]:
    """A file with a batch of messages, and the schema of its answer."""
    done = an_object("Id", *assigned, Id=TEXT, **assigned)
    failed = an_object("Id", "Code", Id=TEXT, Code=TEXT, Message=TEXT)
    answer = an_object(Successful={"type": "array", "items": done}, Failed={"type": "array", "items": failed})
    item = an_object("Id", "Body", Id=TEXT, Body={**TEXT, "minLength": 1})
    post = {
        "requestBody": {"required": True, "content": content(an_object("Entries", Entries=a_list(item)))},
        "responses": {"200": {"description": "", "content": content(answer)}},
    }
    parameter = {"name": "messageKey", "in": "path", "required": True, "schema": TEXT}
    show = {"parameters": [parameter], "responses": {"200": {"description": "", "content": content(record)}}}
    paths = {
        "/messages/send": {"post": post},
        **({"/messages/{messageKey}": {"get": show}} if record else {}),
    }
    return {"openapi": "3.0.3", "info": {"title": "Queue", "version": "1"}, "paths": paths}, answer


def content(schema: Any) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def a_list(items: Any) -> dict[str, Any]:
    return {"type": "array", "items": items}


def serve(folder: Path, document: Any, outcome: Any = None) -> Client:
    (folder / "queue.json").write_bytes(json.encode(document))
    rejected = {"list": "/Failed", "key": "/Id", "code": "/Code", "message": "/Message"}
    outcome = outcome or {"accepted": {"list": "/Successful", "key": "/Id"}, "rejected": rejected}
    path = "/messages/{messageKey}"
    batch = {"items": "/Entries", "upsert": True, "collection": "messages", "key": ["Id"], "outcome": outcome}
    actions: list[Any] = [{"target": "$.paths['/messages/send'].post", "update": {"x-batch": batch}}]
    if path in document["paths"]:
        actions.append({"target": f"$.paths['{path}']", "update": {"x-collection": "messages"}})
    overlay = {"overlay": "1.0.0", "info": {"title": "", "version": "1"}, "actions": actions}
    (folder / "overlay.json").write_bytes(json.encode(overlay))
    files, overlays = (folder / "queue.json",), (folder / "overlay.json",)
    app = create_frozen_app(Options(files=files, overlays=overlays, vendors=("queue",)))
    return Client(app.entry, {}).within("/queue/messages")


def send(client: Client, *bodies: str) -> Any:
    return client.post(
        "/send", json={"Entries": [{"Id": str(place), "Body": one} for place, one in enumerate(bodies)]}
    ).json


def test_assigned_values_fit_the_schema_and_differ(tmp_path: Path) -> None:
    assigned = {
        "MessageId": {**TEXT, "format": "uuid"},
        "MD5OfBody": {**TEXT, "pattern": "^[0-9a-f]{32}$"},
        "SequenceNumber": {"type": "integer", "minimum": 10},
        "CreatedAt": TIME,
    }
    document, answer = messages(assigned)
    client = serve(tmp_path, document)

    first, second = send(client, "a", "", "a"), send(client, "a", "b")

    for told in (first, second):
        OAS30Validator(answer, format_checker=oas30_format_checker).validate(told)
    rows = [*first["Successful"], *second["Successful"]]
    assert [one["Id"] for one in rows] == ["0", "2", "0", "1"]
    assert len({one["MessageId"] for one in rows}) == len(rows)
    assert [one["Id"] for one in first["Failed"]] == ["1"]
    assert assigned.keys().isdisjoint(first["Failed"][0])


def test_a_member_that_the_record_has_is_that_of_the_record(tmp_path: Path) -> None:
    record = an_object("Id", "number", Id=TEXT, Body=TEXT, number={"type": "integer"})
    document, _ = messages({"Body": TEXT, "number": {"type": "integer"}, "messageKey": TEXT}, record)
    client = serve(tmp_path, document)

    (row,) = send(client, "a")["Successful"]

    shown = client.get(f"/{row['messageKey']}").json
    assert (row["Body"], row["number"], row["Id"]) == (shown["Body"], shown["number"], shown["Id"])


@pytest.mark.parametrize(
    ("member", "told"),
    [({"type": "boolean"}, True), ({**TEXT, "enum": ["failed", "stored"]}, "stored")],
)
def test_a_member_that_tells_an_outcome_is_not_drawn(tmp_path: Path, member: Any, told: Any) -> None:
    document, _ = messages({"accepted": member})
    client = serve(tmp_path, document)

    for _ in range(3):
        assert [one["accepted"] for one in send(client, "a", "b")["Successful"]] == [told, told]


def test_an_object_that_no_pointer_names_is_refused_with_the_pointer(tmp_path: Path) -> None:
    document, _ = messages({"message": an_object("Id", Id=TEXT)})

    with pytest.raises(SpecError, match="its rows need message; write record: /message"):
        serve(tmp_path, document)


def test_rows_of_all_items_cannot_have_what_the_server_assigns(tmp_path: Path) -> None:
    document, _ = messages({"MessageId": TEXT})
    post = document["paths"]["/messages/send"]["post"]
    row = an_object("Id", "MessageId", "Status", Id=TEXT, MessageId=TEXT, Status={"type": "integer"})
    post["responses"]["200"]["content"] = content(an_object(Rows=a_list(row)))
    rows = {"list": "/Rows", "key": "/Id", "status": "/Status"}

    with pytest.raises(SpecError, match="must have MessageId, which a refused item does not have"):
        serve(tmp_path, document, rows)
