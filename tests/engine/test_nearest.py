from __future__ import annotations

from pathlib import Path

import pytest

from mockserver.engine.nearest import OperationDirectory
from mockserver.spec.openapi import Spec
from tests.support import sample_vendor


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Spec:
    return sample_vendor.load_sample(tmp_path_factory.mktemp("specs"))


@pytest.mark.parametrize(
    ("method", "path", "nearest"),
    [
        ("PUT", "/acme/order", "PUT /acme/orders"),
        ("PUT", "/orders", "PUT /acme/orders"),
        ("GET", "/acme/v1/orders", "GET /acme/orders"),
        ("GET", "/acme/ORDERS/7", "GET /acme/orders/{id}"),
        ("HEAD", "/acme/order", "GET /acme/orders"),
        ("PATCH", "/acme/orders/7", "GET /acme/orders/{id}"),
        ("PUT", "/other/orders", "PUT /acme/orders"),
    ],
)
def test_the_nearest_operation_has_its_full_path(acme: Spec, method: str, path: str, nearest: str) -> None:
    assert OperationDirectory({"acme": acme}).nearest(method, path) == nearest


def test_the_nearest_operation_has_the_prefix_of_the_sandbox(acme: Spec) -> None:
    found = OperationDirectory({"acme": acme}).nearest("PUT", "/acme/order", "/sandboxes/one")

    assert found == "PUT /sandboxes/one/acme/orders"


@pytest.mark.parametrize("path", ["", "/", "/acme", "/wp-login.php", "/7"])
def test_a_path_that_is_like_no_operation_has_none_nearest(acme: Spec, path: str) -> None:
    assert OperationDirectory({"acme": acme}).nearest("GET", path) == ""


def test_the_vendor_at_the_root_is_found_without_its_name(acme: Spec) -> None:
    assert OperationDirectory({"acme": acme}, "acme").nearest("PUT", "/order") == "PUT /orders"


def test_of_two_vendors_the_one_with_the_path_is_nearest(tmp_path: Path, acme: Spec) -> None:
    made = sample_vendor.document()
    made["paths"] = {"/parcels": made["paths"]["/orders"]}
    other = sample_vendor.load_sample(tmp_path, made)

    found = OperationDirectory({"acme": acme, "post": other}).nearest("PUT", "/acme/parcels")

    assert found == "PUT /post/parcels"


def test_a_path_of_a_thousand_segments_is_compared_in_part(acme: Spec) -> None:
    assert OperationDirectory({"acme": acme}).nearest("GET", "/acme/orders" + "/x" * 1000) != ""
