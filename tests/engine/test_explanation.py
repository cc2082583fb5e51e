"""Each operation is explained: the kind of its answers, the reason, and what corrects it."""

from __future__ import annotations

from pathlib import Path

import pytest

from mockserver.engine.explanation import explain
from mockserver.engine.registry import load_vendor
from mockserver.spec.folder import specs_folder
from tests.any_files.support import write_files
from tests.support import sample_vendor

EXAMPLES = Path(__file__).parents[2] / "examples" / "batches"


def explained(file: Path) -> dict[str, tuple[str, str, str]]:
    return {one.operation: (one.kind, one.reason, one.correction) for one in explain(load_vendor(file))}


def test_a_file_without_marks(tmp_path: Path) -> None:
    found = explained(write_files("bulk-207", tmp_path))

    assert found["POST /orders/bulk"] == (
        "batch",
        "items /orders, key id, outcomes /results",
        "x-batch: false",
    )
    assert found["GET /orders/{id}"] == (
        "stored",
        "show: orders by id",
        'x-key: MEMBER, or x-collection: ""',
    )


def test_an_example_a_list_that_may_be_a_batch_and_an_operation_that_is_left_out(tmp_path: Path) -> None:
    file = tmp_path / "shop.yaml"
    file.write_text(
        """
swagger: "2.0"
info: {title: Shop, version: "1"}
paths:
  /import:
    post:
      parameters:
        - {name: body, in: body, schema: {type: array, items: {properties: {id: {type: string}}}}}
      responses: {"200": {description: "", schema: {type: string}}}
  /ping: {get: {responses: {"204": {description: ""}}}}
  /lost: {get: {responses: {"200": {description: "", schema: {$ref: "#/definitions/Nope"}}}}}
""",
        encoding="utf-8",
    )

    assert explained(file) == {
        "POST /import": (
            "example",
            "a value for its schema",
            "an `example` in the response, or an `x-batch`",
        ),
        "GET /ping": ("example", "no body", ""),
        "GET /lost": ("not served", "$ref: #/definitions/Nope points at nothing", ""),
    }


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("two-lists", "items /inputs, key number, outcomes /results (accepted) and /errors (rejected)"),
        ("unprocessed-items", "items /puts, key key, outcomes /unprocessed (rejected)"),
        (
            "a-count-only",
            "items /spans, key id, outcomes as counts alone, /partialSuccess/rejectedSpans (rejected)",
        ),
        (
            "counts-in-headers",
            (
                "items /samples, key id, outcomes as counts alone, header Samples-Written (accepted) and"
                " header Samples-Refused (rejected)"
            ),
        ),
        (
            "job-of-lines",
            "items the body, key custom_id, job showTranslationJob, outcomes the answer of readTranslations",
        ),
        ("requests-by-id", "requests /requests, key id, responses /responses"),
    ],
)
def test_where_a_batch_tells_outcomes_is_one_line(name: str, reason: str) -> None:
    (found,) = (
        reason for kind, reason, _ in explained(EXAMPLES / f"{name}.yaml").values() if kind == "batch"
    )

    assert found == reason


def test_vendors_with_a_package_and_with_marks(tmp_path: Path) -> None:
    kinds = {kind for kind, _, _ in explained(specs_folder() / "payt.yaml").values()}

    assert kinds == {"batch", "package"}
    assert {kind for kind, _, _ in explained(sample_vendor.write_spec(tmp_path)).values()} == {
        "batch",
        "stored",
    }
