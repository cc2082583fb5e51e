from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mockserver.codec import json, yaml
from mockserver.contract.api import ApiUnderTest
from mockserver.contract.loading import as_ours_keeps_it, load_api, load_vendor_api, not_served
from mockserver.errors import SpecError
from tests.any_files.support import write_files
from tests.support import sample_vendor

DONE = {"200": {"description": "done"}}
REASONS = {"application/json": {"schema": {"type": "object", "required": ["why"]}}}


def written(folder: Path, operation: Any, **document: Any) -> ApiUnderTest:
    """The API of a file with one operation."""
    info = {"info": {"title": "Things", "version": "1"}, "paths": {"/things": {"post": operation}}}
    file = folder / "things.json"
    file.write_bytes(json.encode({"openapi": "3.1.0", **info, **document}))
    return load_api(file)


def kept(api: ApiUnderTest) -> Any:
    """The operation as our server keeps it."""
    return as_ours_keeps_it(api).spec.document["paths"]["/things"]["post"]


def test_a_spec_with_marks_is_read_as_ours_are(tmp_path: Path) -> None:
    found = load_api(sample_vendor.write_spec(tmp_path), {"debtor": "D"})

    assert (found.name, found.spec.is_own, found.facts) == ("acme", False, {"debtor": "D"})
    assert found.spec.operations["putOrders"].batch is not None
    assert as_ours_keeps_it(found) is found


@pytest.mark.parametrize("name", ["crud-3-1", "swagger-2-json", "parts"])
def test_any_file_without_marks_is_read_in_its_served_form(name: str, tmp_path: Path) -> None:
    found = load_api(write_files(name, tmp_path))

    assert found.spec.is_own
    assert found.spec.document["openapi"] == "3.0.3"


@pytest.mark.parametrize("document", [{}, {"paths": 5}, {"openapi": "3.0.3"}])
def test_what_has_no_paths_is_no_spec(tmp_path: Path, document: dict[str, Any]) -> None:
    with pytest.raises(SpecError):
        load_api(sample_vendor.write_spec(tmp_path, document), {})


def test_a_users_file_under_a_vendors_name_has_the_vendors_profile(tmp_path: Path) -> None:
    ours = load_vendor_api("vba")
    document = yaml.load(ours.spec.text)
    del document["paths"]["/payees"]["get"]
    file = tmp_path / "vba.yaml"
    file.write_bytes(json.encode(document))

    assert load_api(file).profile.facts == ours.profile.facts


def test_operations_that_could_not_be_read_are_named(tmp_path: Path) -> None:
    found = load_api(write_files("broken-one", tmp_path))

    assert not_served(found.spec) == {"addProduct", "getCarts", "getStock", "listBaskets"}


def test_our_server_may_refuse_with_a_status_that_a_file_does_not_declare(tmp_path: Path) -> None:
    responses = kept(written(tmp_path, {"responses": DONE}))["responses"]

    assert responses.keys() == {"200", "4XX", "501"}
    assert responses["4XX"]["content"] == {"*/*": {}}


def test_a_refusal_is_judged_by_what_a_file_declares(tmp_path: Path) -> None:
    declared = {**DONE, "404": {"description": "no", "content": REASONS}, "409": {"description": "no"}}
    responses = kept(written(tmp_path, {"responses": declared}))["responses"]

    assert responses["404"]["content"] == REASONS
    assert responses["409"]["content"] == {"*/*": {}}


SIZES = {"name": "sizes", "in": "query", "schema": {"type": "array", "items": {"type": "integer"}}}


def test_a_default_is_for_refusals_unless_it_is_all_that_is_declared(tmp_path: Path) -> None:
    default = {"default": {"description": "no", "content": REASONS}}

    assert "4XX" not in kept(written(tmp_path, {"responses": {**DONE, **default}}))["responses"]
    assert "4XX" in kept(written(tmp_path, {"responses": default}))["responses"]


@pytest.mark.parametrize(
    ("node", "is_open"),
    [
        ({"parameters": [{"name": "range", "in": "query", "schema": {"type": "object"}}]}, True),
        ({"parameters": [{**SIZES, "style": "pipeDelimited"}]}, True),
        ({"parameters": [SIZES]}, False),
        ({"requestBody": {"content": {"text/xml": {"schema": {"type": "object"}}}}}, True),
        ({"requestBody": {"content": REASONS}}, False),
    ],
)
def test_a_call_that_schemathesis_cannot_spell_may_be_taken_or_refused(
    tmp_path: Path, node: Any, *, is_open: bool
) -> None:
    api = as_ours_keeps_it(written(tmp_path, {**node, "responses": DONE}))

    assert ("2xx" in api.profile.pins.expected_statuses["postThings"].invalid) == is_open
