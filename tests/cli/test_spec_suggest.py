from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from mockserver.cli.main import main
from mockserver.codec import json
from mockserver.spec.batch_annotation import read_outcome

EXAMPLES = Path(__file__).parents[2] / "examples" / "batches"
# For each example: the confidence of the proposal. Without `x-batch`, the other examples look like no batch.
CONFIDENCE = {
    "a-count-only": 60,
    "all-or-nothing-by-switch": 60,
    "atomic-groups": 80,
    "created-and-failed-elements": 80,
    "created-and-not-created-maps": 60,
    "items-in-a-map": 60,
    "lines-in-and-out": 60,
    "maps-by-index": 80,
    "maps-of-problems": 60,
    "partial-by-switch": 60,
    "requests-by-id": 80,
    "requests-in-order": 80,
    "requests-that-stop": 60,
    "requests-with-groups": 80,
    "rows-200-or-207": 95,
    "rows-and-failed-count": 60,
    "rows-by-flag": 95,
    "rows-of-two-kinds": 60,
    "rows-with-words": 60,
    "stops-after-failures": 60,
    "stops-at-the-first-failure": 95,
    "two-lists": 80,
    "two-lists-and-assigned-ids": 80,
    "two-lists-and-statuses": 95,
    "two-lists-by-id": 95,
    "unprocessed-items": 80,
}
_ID, _TEXT = {"id": {"type": "string"}}, {"text": {"type": "string"}}
_LIST = {"type": "array", "items": {"type": "object", "required": ["id"], "properties": {**_ID, **_TEXT}}}


def bare(name: str, folder: Path) -> tuple[Path, Any]:
    """Write an example without its `x-batch`; return the file, and the `x-batch`."""
    document = yaml.safe_load((EXAMPLES / f"{name}.yaml").read_text(encoding="utf-8"))
    operations = [one for item in document["paths"].values() for one in item.values() if "x-batch" in one]
    said = operations[0].pop("x-batch")
    file = folder / f"{name}.json"
    file.write_bytes(json.encode(document))
    return file, said


def suggest(file: Path) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["spec", "suggest", str(file)])
    return result.exit_code, result.output


def told(batch: Any) -> Any:
    """Return where a batch has its items, and where its answer tells their outcomes."""
    if "requests" in batch:
        return batch["requests"], batch["responses"]
    form = read_outcome(batch["outcome"])
    rows = {one.subset: (one.place, one.names) for one in form.rows}
    return batch["items"], batch["key"], rows or form.summary


@pytest.mark.parametrize("name", CONFIDENCE)
def test_an_example_without_its_annotation_is_proposed(name: str, tmp_path: Path) -> None:
    file, said = bare(name, tmp_path)

    status, text = suggest(file)

    (action,) = yaml.safe_load(text)["actions"]
    assert (status, told(action["update"]["x-batch"])) == (0, told(said))
    assert f"# confidence: {CONFIDENCE[name]} %" in text
    assert all(f"# {kind}: " in text for kind in ("all good", "one bad", "all bad"))
    assert '"status":404' not in text  # the sent requests lead somewhere


@pytest.mark.parametrize("name", sorted({one.stem for one in EXAMPLES.glob("*.yaml")} - {*CONFIDENCE}))
def test_nothing_is_proposed_for_an_example_whose_schemas_do_not_tell(name: str, tmp_path: Path) -> None:
    status, text = suggest(bare(name, tmp_path)[0])

    assert (status, "no operation looks like a batch" in text) == (1, True)


def operation(called: str, sent: Any, told: Any) -> Any:
    def of(schema: Any) -> Any:
        return {"content": {"application/json": {"schema": schema}}}

    return {
        "operationId": called,
        "requestBody": of(sent),
        "responses": {"200": {"description": "d", **of(told)}},
    }


def an_object(**members: Any) -> Any:
    return {"type": "object", "required": [*members], "properties": members}


_MAP = {"type": "object", "additionalProperties": an_object(**_TEXT)}
_HOOK = an_object(method={"type": "string"}, url={"type": "string"})
NO_BATCHES = {
    "searchOrders": (an_object(filters=_LIST), an_object(results=_LIST, total={"type": "integer"})),
    "login": (an_object(user={"type": "string"}, scopes=_LIST), an_object(token={"type": "string"})),
    "createReport": (an_object(columns=_LIST), an_object(**_ID, status={"type": "string"})),
    "uploadParts": (an_object(parts=_LIST), an_object(url={"type": "string"})),
    "createOrder": (an_object(**_ID, lines=_LIST), an_object(**_ID, lines=_LIST)),
    "validateOrders": (_LIST, an_object(valid={"type": "boolean"})),
    "compareOrders": (an_object(left=_LIST, right=_LIST), an_object(same=_LIST, different=_LIST)),
    "saveSettings": (an_object(settings=_MAP), an_object(settings=_MAP)),
    "saveHooks": (
        an_object(hooks={"type": "array", "items": _HOOK}),
        an_object(
            hooks={
                "type": "array",
                "items": an_object(
                    **_ID, **_HOOK["properties"], status={"type": "string"}, body={"type": "object"}
                ),
            }
        ),
    ),
    "placeOrder": (an_object(lines=_LIST), an_object(errorCode={"type": "integer"})),
    "startImport": (an_object(lines=_LIST), an_object(batchId=_ID["id"], failed={"type": "integer"})),
    "getPrices": (
        an_object(articles=_LIST),
        {"type": "array", "items": an_object(**_ID, price={"type": "number"})},
    ),
}
NAMES = ("/{}", "/v1/{}", "/batch/{}", "/bulk/{}", "/{}/batch")


@pytest.mark.parametrize("path", NAMES)
@pytest.mark.parametrize("called", NO_BATCHES)
def test_nothing_is_proposed_for_what_is_no_batch(called: str, path: str, tmp_path: Path) -> None:
    sent, told = NO_BATCHES[called]
    paths = {path.format(called): {"post": operation(called, sent, told)}}
    file = tmp_path / "own.json"
    file.write_bytes(
        json.encode({"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": paths})
    )

    assert suggest(file)[0] == 1
