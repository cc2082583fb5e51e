from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mockserver.contract.fuzzing import generated_requests
from mockserver.contract.fuzzing.caller import CaseCaller, FuzzingContext
from mockserver.contract.fuzzing.generated_requests import UnsendableCaseError, own_header
from mockserver.contract.loading import load_api
from mockserver.contract.run_state import FindingLedger, RunConfig
from mockserver.contract.target import Address, Target
from mockserver.server.application import Application
from tests.support import sample_vendor

URL = "http://127.0.0.1:8080"


@pytest.mark.parametrize("name", ["mock-scenario", "Mock-Sandbox", "MOCK-ANYTHING", "Prefer", "prefer"])
def test_a_header_of_ours_is_known_in_any_case(name: str) -> None:
    assert own_header({"accept": "*/*", name: "x"}, []) == name


@pytest.mark.parametrize("name", ["x-mock-scenario", "preference", "mockery"])
def test_a_header_that_only_looks_alike_is_not_ours(name: str) -> None:
    assert own_header({name: "x"}, []) == ""


def test_a_header_that_the_spec_states_is_the_vendors() -> None:
    assert own_header({"prefer": "respond-async", "mock-me": "1"}, ["Prefer", "Mock-Me"]) == ""


@pytest.mark.parametrize("wish", ["code=500", "respond-async, EXAMPLE = one"])
def test_a_wish_for_an_example_is_ours_though_the_spec_states_the_header(wish: str) -> None:
    assert own_header({"prefer": wish}, ["Prefer"]) == "prefer"


def sent(folder: Path, app: Application, mount: str, *, walking: bool = False, **case: Any) -> FindingLedger:
    """Send one case of `showOrder`; return the ledger with what was sent."""
    api = load_api(folder / "acme.yaml")
    ledger = FindingLedger(keeps_exchanges=True)
    with Target(Address(f"{URL}{mount}", app)) as target:
        schema = generated_requests.load_schema(api, target.address.url, RunConfig())
        caller = CaseCaller(schema, FuzzingContext(api, target, RunConfig(), ledger, lambda *_: ()))
        made = schema["/orders/{id}"]["GET"].Case(**{"path_parameters": {"id": "A"}, **case})
        try:
            caller.call(made, walking=walking)
        except UnsendableCaseError:
            assert not ledger.exchanges
    return ledger


@pytest.mark.parametrize("walking", [False, True], ids=["fuzzing", "walk"])
def test_a_case_that_drew_a_header_of_ours_is_not_sent(tmp_path: Path, *, walking: bool) -> None:
    app = sample_vendor.create_application(tmp_path)

    ledger = sent(tmp_path, app, "/acme", walking=walking, headers={"mock-scenario": "x"})

    assert not ledger.exchanges
    assert sent(tmp_path, app, "/acme", walking=walking, headers={"x-scenario": "x"}).exchanges


@pytest.mark.parametrize("mount", ["/sandboxes/a/acme", "/acme"])
def test_a_target_below_a_sandbox_is_called(tmp_path: Path, mount: str) -> None:
    app = sample_vendor.create_application(tmp_path)

    assert sent(tmp_path, app, mount).exchanges


def test_a_case_whose_path_became_one_of_ours_is_not_sent(tmp_path: Path) -> None:
    document = sample_vendor.document()
    document["paths"]["/{kind}/{id}"] = document["paths"].pop("/orders/{id}")
    kind = {"name": "kind", "in": "path", "required": True, "schema": {"type": "string"}}
    document["paths"]["/{kind}/{id}"]["get"]["parameters"].append(kind)
    sample_vendor.write_spec(tmp_path, document)
    api = load_api(tmp_path / "acme.yaml")
    ledger = FindingLedger()

    async def app(_scope: Any, _receive: Any, _send: Any) -> None:
        raise AssertionError("nothing may be sent")

    with Target(Address(URL, app)) as target:
        schema = generated_requests.load_schema(api, target.address.url, RunConfig())
        caller = CaseCaller(schema, FuzzingContext(api, target, RunConfig(), ledger, lambda *_: ()))
        made = schema["/{kind}/{id}"]["GET"].Case(path_parameters={"kind": "sandboxes", "id": "a"})
        with pytest.raises(UnsendableCaseError, match="/sandboxes/a"):
            caller.call(made)
