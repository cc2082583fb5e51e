from __future__ import annotations

import dataclasses
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from mockserver.engine import registry
from mockserver.engine.registry import (
    InvalidAssumptionError,
    LoadedVendor,
    assumptions_by_name,
    check_assumption_values,
    discover_vendors,
    list_assumptions,
    load_vendor,
    vendor_packages,
)
from mockserver.errors import SpecError, VendorError
from mockserver.sandbox.assumptions import Assumption
from mockserver.spec import loading
from mockserver.spec.folder import specs_folder
from mockserver.vendor import Vendor
from tests.support import sample_vendor
from tests.support.engine_samples import loaded_vendor


def test_every_spec_in_the_folder_is_a_vendor() -> None:
    files = sorted(file.stem for file in specs_folder().glob("*.yaml") if file.name[0] != "_")

    assert [vendor.name for vendor in discover_vendors()] == files


def test_every_package_has_a_spec() -> None:
    assert [vendor.name for vendor in discover_vendors(only=vendor_packages())] == list(vendor_packages())


def test_a_packaged_vendor_is_loaded_once_at_the_first_use_of_a_part() -> None:
    vendor = LoadedVendor.packaged("vba")
    with patch.object(loading, "load_spec", wraps=loading.load_spec) as load:
        assert (vendor.name, set(vendor.fixtures) > {"vba/"}, load.call_count) == ("vba", True, 0)
        with ThreadPoolExecutor(4) as threads:
            specs = list(threads.map(lambda part: getattr(vendor, part), ["spec"] * 8))

    assert (load.call_count, {spec.name for spec in specs}) == (1, {"vba"})
    assert vendor.handlers
    with pytest.raises(AttributeError, match="nothing"):
        _ = vendor.nothing


def test_a_folder_of_ones_own_adds_vendors(tmp_path: Path) -> None:
    sample_vendor.write_spec(tmp_path)

    assert [vendor.name for vendor in discover_vendors([tmp_path], ["acme"])] == ["acme"]


def test_vendors_come_sorted_and_once(tmp_path: Path) -> None:
    sample_vendor.write_spec(tmp_path, name="beta")
    sample_vendor.write_spec(tmp_path, name="alpha")

    assert [vendor.name for vendor in discover_vendors([tmp_path], ["beta", "alpha", "beta"])] == [
        "alpha",
        "beta",
    ]


def test_a_file_whose_name_begins_with_an_underscore_is_no_vendor(tmp_path: Path) -> None:
    sample_vendor.write_spec(tmp_path).rename(tmp_path / "_acme.yaml")

    with pytest.raises(VendorError, match="no vendor named _acme; there are "):
        discover_vendors([tmp_path], ["_acme"])


def test_an_unknown_vendor_is_refused_with_those_there_are(tmp_path: Path) -> None:
    sample_vendor.write_spec(tmp_path)

    with pytest.raises(VendorError, match="no vendor named nope; there are acme, "):
        discover_vendors([tmp_path], ["nope"])


def test_two_folders_with_one_name_are_refused(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    sample_vendor.write_spec(tmp_path / "one")
    sample_vendor.write_spec(tmp_path / "two")

    with pytest.raises(SpecError, match="a vendor named acme already exists"):
        discover_vendors([tmp_path / "one", tmp_path / "two"])


def test_a_vendor_without_package_is_served_by_its_spec_alone(tmp_path: Path) -> None:
    acme = load_vendor(sample_vendor.write_spec(tmp_path))

    assert (set(acme.batch_handlers), set(acme.handlers), acme.fixtures) == (
        {"putOrders"},
        {"listOrders", "showOrder"},
        {},
    )


REFUSED: dict[str, tuple[str, Any, str]] = {
    "no-collection": (
        "/paths/~1orders/put/x-batch/collection",
        None,
        "acme: putOrders: add to its x-batch: collection: <where accepted items live>, key: [<member>]",
    ),
    "no-key": (
        "/paths/~1orders/put/x-batch/key",
        None,
        "acme: putOrders: add to its x-batch: collection: <where accepted items live>, key: [<member>]",
    ),
    "no-outcome": (
        "/paths/~1orders/put/x-batch/outcome",
        None,
        (
            "acme: putOrders: add to its x-batch: "
            "outcome: {list: /data, status: /status, message: /body, key: /id}"
        ),
    ),
    "no-outcome-list": (
        "/paths/~1orders/put/x-batch/outcome/list",
        None,
        (
            "acme: putOrders: add to its x-batch: "
            "outcome: {list: /data, status: /status, message: /body, key: /id}"
        ),
    ),
    "no-collection-to-get": (
        "/paths/~1orders/get/x-collection",
        None,
        (
            "acme: listOrders: nothing answers it; a GET, or a DELETE of one record, needs "
            "x-collection: <name>, any other operation a vendor package"
        ),
    ),
    "no-batch": (
        "/paths/~1orders/put/x-batch",
        None,
        (
            "acme: putOrders: nothing answers it; a GET, or a DELETE of one record, needs "
            "x-collection: <name>, any other operation a vendor package"
        ),
    ),
}


@pytest.mark.parametrize(("pointer", "value", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_a_spec_that_says_too_little_is_refused_with_the_line_to_write(
    tmp_path: Path, pointer: str, value: Any, message: str
) -> None:
    with pytest.raises(SpecError) as refused:
        load_vendor(sample_vendor.write_spec(tmp_path, sample_vendor.changed_document(pointer, value)))

    assert str(refused.value) == message


def test_a_range_of_statuses_is_no_status_to_answer_with(tmp_path: Path) -> None:
    made = sample_vendor.document()
    responses = made["paths"]["/orders"]["put"]["responses"]
    responses["2XX"] = responses.pop("207")

    assert load_vendor(sample_vendor.write_spec(tmp_path, made)).batch_handlers.keys() == {"putOrders"}


def test_the_tenant_header_is_the_one_the_spec_names(tmp_path: Path) -> None:
    made = sample_vendor.document() | {"x-scope": [{"in": "header", "name": "X-Tenant"}]}

    assert load_vendor(sample_vendor.write_spec(tmp_path, made)).tenant_header == "X-Tenant"


def test_a_tenant_in_the_body_has_no_header(tmp_path: Path) -> None:
    made = sample_vendor.document() | {"x-scope": [{"in": "body", "pointer": "/tenant"}]}

    assert load_vendor(sample_vendor.write_spec(tmp_path, made)).tenant_header == ""


NAME = Assumption("name", "orders", ("items",), "What it is called.", "made up", pattern="[a-z]+")


@pytest.fixture
def acme(tmp_path: Path) -> LoadedVendor:
    return dataclasses.replace(loaded_vendor(tmp_path), vendor=Vendor(assumptions=(NAME,)))


def test_a_vendors_own_assumptions_come_before_the_common_ones_and_those_of_keys(acme: LoadedVendor) -> None:
    assert list(assumptions_by_name((acme,))) == [
        "acme.name",
        "acme.availability",
        "acme.duplicate_members",
        "acme.magic_tokens",
        "acme.idempotency_keys",
        "acme.idempotency_lifetime",
    ]


@pytest.mark.parametrize("value", ["orders", "items", "anything", None])
def test_every_text_of_its_pattern_is_a_position(acme: LoadedVendor, value: str | None) -> None:
    check_assumption_values((acme,), {"acme.name": value})


def test_what_its_pattern_does_not_match_is_none(acme: LoadedVendor) -> None:
    with pytest.raises(InvalidAssumptionError, match=r"acme\.name has no value A1; it has orders, items"):
        check_assumption_values((acme,), {"acme.name": "A1"})


def test_an_assumption_is_listed_with_its_value(acme: LoadedVendor) -> None:
    assert list_assumptions((acme,), {"acme.name": "wares"})[0] == {
        "id": "acme.name",
        "value": "wares",
        "default": "orders",
        "alternatives": ["items"],
        "pattern": "[a-z]+",
        "meaning": "What it is called.",
        "source": "made up",
    }


def test_a_vendor_is_each_spec_of_the_folder_with_a_package_or_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("vba.yaml", "harbour.yaml", "_control.yaml"):
        (tmp_path / name).touch()
    monkeypatch.setattr(registry, "specs_folder", lambda: tmp_path)

    assert registry.vendor_names() == ("harbour", "vba")
