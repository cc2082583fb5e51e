"""What the pages show of `x-contract` is read, finds nothing on our server, and finds more than without."""

from __future__ import annotations

import re
from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from mockserver.codec import yaml
from mockserver.contract import runner
from mockserver.contract.loading import load_api, load_vendor_api
from mockserver.contract.profile_file.entries import BatchEntry, ProfileEntry
from mockserver.contract.run_state import FindingLedger, RunConfig
from mockserver.contract.target import Address, App, Target
from mockserver.server.application import Options, create_app
from tests.contract.planted_faults.wrappers import (
    Planted,
    SendOn,
    WrappedRequest,
    WrappedResponse,
    with_fault,
)
from tests.support import sample_vendor

ROOT = Path(__file__).parents[3]
OWN_SPEC = (ROOT / "docs" / "own-spec.md").read_text(encoding="utf-8")
CONTRACT = (ROOT / "docs" / "contract-reference.md").read_text(encoding="utf-8")
SECTION = OWN_SPEC.partition("\n## `x-contract`\n")[2].partition("\n## ")[0]


def blocks(text: str, holding: str) -> list[Any]:
    """The YAML of a page that has these words."""
    found = re.findall(r"^```(?:\w*)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    return [yaml.load(one) for one in found if holding in one]


def rename(node: Any, old: str, new: str) -> Any:
    """The document with another name for a member, a parameter or a part of a path."""
    if isinstance(node, Mapping):
        return {name.replace(old, new): rename(value, old, new) for name, value in node.items()}
    if isinstance(node, list):
        return [rename(one, old, new) for one in node]
    return new if node == old else node


def orders() -> dict[str, Any]:
    """The page's `x-batch` and `x-contract` in a spec of orders."""
    [marks] = blocks(CONTRACT, "x-contract:")
    document: dict[str, Any] = rename(sample_vendor.document(), "id", "number")
    order = document["components"]["schemas"]["Order"]
    order["required"] = ["number", "amount", "lines"]
    order["properties"]["lines"] = {
        "type": "array",
        "minItems": 1,
        "items": {"type": "string"},
        "example": ["a"],
    }
    document["paths"]["/orders"]["put"].update(marks)
    paths = document["paths"]["/orders/{number}"]
    deleted = {**deepcopy(paths["get"]), "operationId": "cancelOrder"}
    deleted["responses"].pop("200")
    deleted["responses"]["204"] = {"description": "It is cancelled."}
    paths["delete"] = deleted
    return document


def parcels() -> dict[str, Any]:
    """The page's own vendor with what it shows of `x-contract`, at the operation and at the top."""
    [document] = blocks(OWN_SPEC, "openapi:")
    [batch, whole, pins] = blocks(SECTION, "x-contract:")
    document.pop("x-rate-limit")
    document["x-scope"] = [{"in": "header", "name": "x-depot"}]
    put, one = document["paths"]["/parcels"]["put"], document["paths"]["/parcels/{number}"]
    document["components"]["schemas"]["Parcel"]["properties"]["sender"] = {"type": "string"}
    put.update(batch)
    one["delete"] = {**deepcopy(one["get"]), "operationId": "deleteParcel"}
    document["x-contract"] = {**whole["x-contract"], **pins["x-contract"]}
    return dict(document)


def told(
    folder: Path, name: str, document: Mapping[str, Any], planted: Planted | None = None
) -> FindingLedger:
    """What sequences find on our own server, or on one with a fault."""
    file = sample_vendor.write_spec(folder, document, name)
    app: App = create_app(Options(vendors=(name,), specs=(folder,)))
    served = with_fault(app, planted) if planted else app
    ledger = FindingLedger()
    headers = {"authorization": "Bearer any"}
    with Target(Address(f"http://testserver/{name}", served, headers)) as target:
        runner.run_phases(
            load_api(file), target, RunConfig(1, 8, shrinks=False), ledger, (runner.STATEFUL_PHASE,)
        )
    return ledger


def deletes_nothing() -> Any:
    async def fault(ask: SendOn, call: WrappedRequest) -> WrappedResponse:
        if call.method != "DELETE":
            return await ask(call)
        return WrappedResponse(204, {}, b"")

    return fault


def test_the_pages_batch_has_no_finding_on_our_own_server(tmp_path: Path) -> None:
    ledger = told(tmp_path, "orders", orders())

    assert [one.message for one in ledger.findings] == []
    assert ledger.made["putOrders", "steps-do-what-they-say"]


def test_a_server_that_deletes_nothing_is_found_out_by_the_pages_step(tmp_path: Path) -> None:
    ledger = told(tmp_path, "orders", orders(), deletes_nothing)

    assert {one.check for one in ledger.findings} == {"steps-do-what-they-say"}


def test_without_the_step_the_deletion_of_the_spec_is_tried(tmp_path: Path) -> None:
    document = orders()
    del document["paths"]["/orders"]["put"]["x-contract"]

    ledger = told(tmp_path, "orders", document, deletes_nothing)

    assert {one.check for one in ledger.findings} == {"steps-do-what-they-say"}


def test_the_page_has_no_finding_on_our_own_server(tmp_path: Path) -> None:
    ledger = told(tmp_path, "parcels", parcels())

    assert [one.message for one in ledger.findings] == []
    assert ledger.made["putParcels", "steps-do-what-they-say"]


def test_the_page_of_the_suite_shows_a_file_that_is_read(tmp_path: Path) -> None:
    [document] = blocks(CONTRACT, "batches:")
    spec = rename(orders(), "putOrders", "putInvoices")
    paths = spec["paths"]
    del paths["/orders"]["put"]["x-contract"]
    names = {"showOrder": "getInvoice", "listOrders": "listInvoices", "cancelOrder": "deleteInvoice"}
    for old, new in names.items():
        spec = rename(spec, old, new)
    file = tmp_path / "profile.yaml"
    file.write_text(yaml.dump(document), encoding="utf-8")

    api = load_api(sample_vendor.write_spec(tmp_path, spec, "theirs"), None, file)

    [batch] = api.profile.batches(api.facts)
    assert [one.name for one in batch.corruptions] == ["an unknown payee", "no amount"]
    assert [one.name for one in batch.steps] == ["delete it"]


def test_the_page_of_the_suite_shows_a_fact_check_that_is_read(tmp_path: Path) -> None:
    [document] = blocks(CONTRACT, "fact-checks:")
    file = tmp_path / "profile.yaml"
    file.write_text(yaml.dump(document), encoding="utf-8")

    (check,) = load_vendor_api("vba", None, file).profile.fact_checks

    assert [one.operation for one in check.reads] == ["getPayee", "listPayee"]


@pytest.mark.parametrize(("entry", "number"), [(BatchEntry, 0), (ProfileEntry, 1)], ids=["batch", "whole"])
def test_every_member_is_in_its_table(entry: type[Any], number: int) -> None:
    tables = SECTION.split("### For the whole API")
    known = [one.encode_name for one in structs.fields(entry)]

    rows = re.findall(r"^\| `([a-z-]+)` \|", tables[number], re.MULTILINE)

    assert sorted(rows) == sorted(known)
