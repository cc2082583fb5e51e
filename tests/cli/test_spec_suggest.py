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
# For each example: the confidence of the proposal, 0 if there is none.
CONFIDENCE = {
    "a-count-only": 0,
    "counts-in-headers": 0,
    "created-and-failed-elements": 80,
    "maps-by-index": 80,
    "maps-of-problems": 60,
    "only-failures": 60,
    "rows-200-or-207": 95,
    "rows-and-failed-count": 0,
    "rows-by-flag": 95,
    "rows-of-two-kinds": 60,
    "rows-with-words": 60,
    "two-lists": 80,
    "two-lists-and-statuses": 95,
    "two-lists-by-id": 95,
    "unprocessed-items": 0,
}
# A proposal cannot know that rows are those of failures alone, or that names of a map are indexes.
DIFFERENT = {"only-failures", "maps-by-index"}
_ID, _TEXT = {"id": {"type": "string"}}, {"text": {"type": "string"}}
_LIST = {"type": "array", "items": {"type": "object", "required": ["id"], "properties": {**_ID, **_TEXT}}}


def bare(name: str, folder: Path) -> tuple[Path, Any]:
    """Write an example without its `x-batch`; return the file, and the `x-batch`."""
    document = yaml.safe_load((EXAMPLES / f"{name}.yaml").read_text(encoding="utf-8"))
    (item, *_) = document["paths"].values()
    (operation,) = item.values()
    said = operation.pop("x-batch")
    file = folder / f"{name}.json"
    file.write_bytes(json.encode(document))
    return file, said


def suggest(file: Path) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["spec", "suggest", str(file)])
    return result.exit_code, result.output


@pytest.mark.parametrize("name", CONFIDENCE)
def test_an_example_without_its_annotation_is_proposed(name: str, tmp_path: Path) -> None:
    file, said = bare(name, tmp_path)

    status, text = suggest(file)

    if not CONFIDENCE[name]:
        assert (status, "no operation looks like a batch" in text) == (1, True)
        return
    (action,) = yaml.safe_load(text)["actions"]
    proposed = action["update"]["x-batch"]
    rows = [
        {one.subset: (one.place, one.names) for one in read_outcome(batch["outcome"]).rows}
        for batch in (proposed, said)
    ]
    assert (proposed["items"], proposed["key"]) == (said["items"], said["key"])
    assert (rows[0] == rows[1]) is (name not in DIFFERENT)
    assert f"# confidence: {CONFIDENCE[name]} %" in text
    assert all(f"# {kind}: " in text for kind in ("all good", "one bad", "all bad"))


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


NO_BATCHES = {
    "searchOrders": (an_object(filters=_LIST), an_object(results=_LIST, total={"type": "integer"})),
    "login": (an_object(user={"type": "string"}, scopes=_LIST), an_object(token={"type": "string"})),
    "createReport": (an_object(columns=_LIST), an_object(**_ID, status={"type": "string"})),
    "uploadParts": (an_object(parts=_LIST), an_object(url={"type": "string"})),
    "createOrder": (an_object(**_ID, lines=_LIST), an_object(**_ID, lines=_LIST)),
    "validateOrders": (_LIST, an_object(valid={"type": "boolean"})),
    "compareOrders": (an_object(left=_LIST, right=_LIST), an_object(same=_LIST, different=_LIST)),
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
