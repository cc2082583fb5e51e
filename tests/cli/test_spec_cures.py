"""What `mockserver spec check` says to write, written as it stands, makes a file that passes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from mockserver.cli.main import main
from mockserver.codec import yaml
from mockserver.contract.run_state import RunConfig
from mockserver.contract.session import SessionContext, SessionPlan, load_session_api, run_session
from mockserver.model import parse_pointer
from mockserver.sandbox.clock import system_clock
from tests.support import sample_vendor

ORDER = {
    "type": "object",
    "required": ["id", "lines"],
    "properties": {
        "id": {"type": "string", "minLength": 1},
        "lines": {"type": "array", "items": {"type": "object", "properties": {"sku": {"type": "string"}}}},
    },
}


def body(schema: dict[str, Any]) -> dict[str, Any]:
    return {"required": True, "content": {"application/json": {"schema": schema}}}


def document() -> dict[str, Any]:
    """A shop with marks at the lists alone, which takes orders one by one and many at once."""
    made = sample_vendor.document()
    made["components"]["schemas"]["Order"] = ORDER
    orders, order = made["paths"]["/orders"], made["paths"]["/orders/{id}"]
    bulk = orders.pop("put")
    del bulk["x-batch"]
    orders["post"] = {
        "operationId": "createOrder",
        "requestBody": body({"$ref": "#/components/schemas/Order"}),
        "responses": {"201": {"description": "made"}},
    }
    made["paths"]["/orders/bulk"] = {"post": bulk}
    order["delete"] = {
        "operationId": "deleteOrder",
        "parameters": order["get"]["parameters"],
        "responses": {"204": {"description": "gone"}},
    }
    for operation, status in ((bulk, "207"), (order["get"], "200")):
        operation["responses"] = {status: operation["responses"][status]}
    del order["get"]["x-collection"]
    return made


def hints(file: Path) -> list[tuple[str, str]]:
    found = json.loads(CliRunner().invoke(main, ["spec", "check", str(file), "--json"]).output)
    return [(one["pointer"], one["try"]) for one in found]


def write_hints(file: Path) -> Iterator[str]:
    """Write what is said until nothing is, and yield it."""
    made = json.loads(file.read_text(encoding="utf-8"))
    for _ in range(4):
        for pointer, hint in hints(file):
            yield hint
            _write_hint(made, [str(step) for step in parse_pointer(pointer)], hint)
        sample_vendor.write_spec(file.parent, made)


def _write_hint(made: dict[str, Any], steps: list[str], hint: str) -> None:
    if hint.startswith("remove this "):
        node = made
        for step in steps[:-1]:
            node = node[step]
        del node[steps[-1]]
        return
    lines = yaml.load("{" + hint + "}")
    node = made
    for step in steps[:-1] if steps[-1] in lines else steps:
        node = node[step]
    for name, value in lines.items():
        node[name] = {**node[name], **value} if isinstance(node.get(name), dict) else value


def test_the_mock_keeps_a_file_in_which_every_hint_was_written(tmp_path: Path) -> None:
    file = sample_vendor.write_spec(tmp_path, document())

    written = list(write_hints(file))

    assert hints(file) == []
    assert {hint for hint in written if not hint.startswith(("responses", "remove"))} == {
        "x-collection: orders",
        (
            "x-batch: {items: /orders, upsert: false, collection: orders, key: [id], "
            "outcome: {list: /results, status: /status, message: /message, key: /id}}"
        ),
    }
    plan = SessionPlan("acme", spec=file, run_config=RunConfig(1, 1))
    session = run_session(plan, load_session_api(plan), SessionContext({}, lambda _line: None, system_clock))
    assert [f"{one.check}: {one.message}" for one in session.ledger.findings] == []
    assert session.ledger.calls


def test_the_lines_of_one_order_are_not_taken_for_a_batch(tmp_path: Path) -> None:
    [hint] = [
        hint for pointer, hint in hints(sample_vendor.write_spec(tmp_path, document())) if "POST" in hint
    ]

    assert hint.startswith("remove this POST, ")


@pytest.mark.parametrize(
    ("pointer", "hint"),
    [
        ("/paths/~1orders/put/x-batch/collection", "collection: orders, key: [id]"),
        ("/paths/~1orders/put/x-batch/key", "collection: orders, key: [id]"),
        (
            "/paths/~1orders/get/responses",
            'responses: {"200": {description: done, content: {application/json: {}}}}',
        ),
    ],
)
def test_a_part_that_is_missing_is_written_as_it_stands(pointer: str, hint: str, tmp_path: Path) -> None:
    file = sample_vendor.write_spec(tmp_path, sample_vendor.changed_document(pointer))

    assert hint in list(write_hints(file))
    assert hints(file) == []
