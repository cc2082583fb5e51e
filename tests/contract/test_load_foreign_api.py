from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mockserver.codec import json, yaml
from mockserver.contract.loading import load_api, load_foreign_api, load_vendor_api
from mockserver.errors import SpecError
from tests.support import sample_vendor

PLAIN = sample_vendor.changed_document("/paths/~1orders/put/x-batch")


def test_a_spec_with_batches_is_read_as_ours_are(tmp_path: Path) -> None:
    found, plain = load_foreign_api(sample_vendor.write_spec(tmp_path), {"debtor": "D"})

    assert (found.name, plain, found.facts) == ("acme", False, {"debtor": "D"})
    assert found.spec.operations["putOrders"].batch is not None


@pytest.mark.parametrize("version", ["3.0.3", "3.1.0"])
def test_a_spec_without_batches_is_plain(tmp_path: Path, version: str) -> None:
    found, plain = load_foreign_api(sample_vendor.write_spec(tmp_path, {**PLAIN, "openapi": version}), {})

    assert plain
    assert [(one.method, one.path) for one in found.spec.operations.values()] == [
        ("get", "/orders"),
        ("put", "/orders"),
        ("get", "/orders/{id}"),
    ]
    assert found.spec.operations["putOrders"].security == (("token",),)


def test_an_operation_without_a_name_is_called_by_method_and_path(tmp_path: Path) -> None:
    unnamed = sample_vendor.write_spec(
        tmp_path, {"openapi": "3.1.0", "paths": {"/x": {"get": {"responses": {}}}}}
    )

    assert list(load_foreign_api(unnamed, {})[0].spec.operations) == ["GET /x"]


@pytest.mark.parametrize("document", [{}, {"paths": 5}, {"openapi": "3.0.3"}])
def test_what_has_no_paths_is_no_spec(tmp_path: Path, document: dict[str, Any]) -> None:
    with pytest.raises(SpecError, match="paths is missing"):
        load_foreign_api(sample_vendor.write_spec(tmp_path, document), {})


def test_a_spec_with_batches_that_cannot_be_served_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"3\.0\.x"):
        load_foreign_api(
            sample_vendor.write_spec(tmp_path, {**sample_vendor.document(), "openapi": "3.1.0"}), {}
        )


def test_a_file_of_swagger_2_is_refused_with_what_to_do(tmp_path: Path) -> None:
    file = sample_vendor.write_spec(tmp_path, {"swagger": "2.0", "paths": {"/x": {"get": {"responses": {}}}}})

    with pytest.raises(SpecError, match=r"Swagger 2\.0 is not read; convert it to OpenAPI 3 first"):
        load_foreign_api(file, {})


def test_a_users_file_under_a_vendors_name_has_the_vendors_profile(tmp_path: Path) -> None:
    ours = load_vendor_api("vba")
    document = yaml.load(ours.spec.text)
    del document["paths"]["/payees"]["get"]
    file = tmp_path / "vba.yaml"
    file.write_bytes(json.encode(document))

    assert load_api(file).profile.facts == ours.profile.facts
