"""A batch that answers with two lists, and whose items have no key: the server makes the key."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from mockserver.cli.main import main
from mockserver.codec import json
from mockserver.contract.loading import as_ours_keeps_it, load_api
from mockserver.contract.run_state import RunConfig
from mockserver.engine.explanation import Explanation, explain
from mockserver.errors import SpecError
from mockserver.server.application import Options, create_app
from tests.any_files.batch_shapes import TEXT, WHOLE, content, made, rows
from tests.contract.suite import held, told
from tests.support.client import Client
from tests.support.frozen_app import create_frozen_app

NEW: Any = made({"name!": {**TEXT, "minLength": 1}, "price!": {**WHOLE, "minimum": 0}})
WIDGET: Any = made({"id!": TEXT, **{f"{name}!": one for name, one in NEW["properties"].items()}})
WIDGETS: Any = {"type": "array", "items": WIDGET}
TEXTS: Any = {"type": "array", "items": TEXT}
BY_INDEX: Any = rows({"index!": WHOLE, "error!": made({"code!": TEXT, "message!": TEXT})})
GOOD, BAD = {"name": "good", "price": 1}, {"name": "bad"}


def own_file(folder: Path, succeeded: Any, failed: Any, item: Any = NEW, most: int = 9) -> Path:
    answer = made({"succeeded!": succeeded, "failed!": failed})
    of_one = {"name": "id", "in": "path", "required": True, "schema": TEXT}
    body = {"required": True, **content({"type": "array", "maxItems": most, "items": item})}

    def of(schema: Any) -> Any:
        return {"200": {"description": "d", **content(schema)}}

    paths = {
        "/widgets": {"get": {"responses": of(WIDGETS)}},
        "/widgets/bulk": {"post": {"requestBody": body, "responses": of(answer)}},
        "/widgets/{id}": {"get": {"parameters": [of_one], "responses": of(WIDGET)}},
    }
    file = folder / "own.json"
    file.write_bytes(
        json.encode({"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": paths})
    )
    return file


def served(file: Path, batch: Any = None) -> Client:
    overlay = file.with_name("changes.json")
    action = {"target": "$.paths['/widgets/bulk'].post", "update": {"x-batch": batch}}
    overlay.write_bytes(json.encode({"overlay": "1.0.0", "actions": [action]}))
    overlays = () if batch is None else (overlay,)
    return Client(create_frozen_app(Options(files=(file,), vendors=("own",), overlays=overlays)), {})


def explained(client: Client) -> Explanation:
    (vendor,) = client.app.served  # type: ignore[attr-defined]
    return next(one for one in explain(vendor) if one.operation == "POST /widgets/bulk")


@pytest.mark.parametrize("free", [{}, {"type": "object"}], ids=["any value", "any object"])
def test_a_refused_item_is_echoed_if_its_row_takes_any_item(free: Any, tmp_path: Path) -> None:
    client = served(own_file(tmp_path, WIDGETS, rows({"item": free, "errors!": TEXTS})))

    answer = client.post("/own/widgets/bulk", json=[GOOD, BAD]).json

    assert [row["item"] for row in answer["failed"]] == [BAD]
    assert (
        client.get("/own/widgets").json
        == answer["succeeded"]
        == [{**GOOD, "id": answer["succeeded"][0]["id"]}]
    )


def test_an_item_that_no_row_could_echo_refuses_the_call(tmp_path: Path) -> None:
    client = served(own_file(tmp_path, WIDGETS, rows({"item": {"type": "object"}, "errors!": TEXTS})))

    assert client.post("/own/widgets/bulk", json=[GOOD, "bad"]).status == 400


@pytest.mark.parametrize(
    ("failed", "reason"),
    [
        (rows({"item": NEW, "errors!": TEXTS}), "a refused item may break the schema of /failed/item"),
        (rows({"id!": TEXT, "error!": TEXT}), "its rows name an item by id, which no item has"),
        (rows({"message!": TEXT}), "a row of /failed has no known key or position of the item"),
    ],
    ids=["by the item", "by the key", "by nothing"],
)
def test_the_reason_says_why_a_refused_item_cannot_be_told(failed: Any, reason: str, tmp_path: Path) -> None:
    found = explained(served(own_file(tmp_path, WIDGETS, failed)))

    assert (found.kind, found.reason) == ("example", f"one call, as {reason}")


def test_an_operation_that_is_answered_by_example_is_not_advised_to_be(tmp_path: Path) -> None:
    found = explained(served(own_file(tmp_path, WIDGETS, rows({"message!": TEXT}))))

    assert found.correction == "an `example` in the response, or an `x-batch`"


def test_a_list_of_texts_has_the_keys_of_the_accepted_items(tmp_path: Path) -> None:
    file = own_file(tmp_path, TEXTS, BY_INDEX)
    client = served(file, yaml.safe_load(explained(served(file)).correction)["x-batch"])

    (key,) = client.post("/own/widgets/bulk", json=[BAD, GOOD]).json["succeeded"]

    assert client.get(f"/own/widgets/{key}").json == {**GOOD, "id": key}


@pytest.mark.parametrize("told", [TEXTS, {"type": "array", "items": WHOLE}], ids=["texts", "numbers"])
def test_an_echo_of_an_object_in_a_list_of_other_values_is_refused_at_the_start(
    told: Any, tmp_path: Path
) -> None:
    outcome = {
        "accepted": {"list": "/succeeded", "echo": ""},
        "rejected": {"list": "/failed", "index": "/index"},
    }

    with pytest.raises(SpecError, match="an item does not fit the schema of /succeeded"):
        served(own_file(tmp_path, told, BY_INDEX), {"outcome": outcome})


def test_a_batch_whose_good_items_would_be_refused_is_not_suggested(tmp_path: Path) -> None:
    file = own_file(tmp_path, WIDGETS, BY_INDEX, most=1)

    assert CliRunner().invoke(main, ["spec", "suggest", str(file)]).exit_code == 1


def test_an_item_without_its_key_is_named_with_the_key(tmp_path: Path) -> None:
    by_key = rows({"id!": TEXT, "error!": TEXT})
    client = served(own_file(tmp_path, WIDGETS, by_key, WIDGET))

    answer = client.post("/own/widgets/bulk", json=[{**GOOD, "id": "a"}, GOOD])

    assert (answer.status, answer.headers["mock-reason"]) == (400, "/1 has no id, the key of the batch")


def test_the_suite_finds_nothing_where_a_refused_item_is_echoed(tmp_path: Path) -> None:
    file = own_file(tmp_path, WIDGETS, rows({"item": {"type": "object"}, "errors!": TEXTS}))
    api = as_ours_keeps_it(load_api(file))

    assert (
        told(held(api, create_app(Options(files=(file,))), "own", RunConfig(42, 2, shrinks=False)).findings)
        == []
    )
