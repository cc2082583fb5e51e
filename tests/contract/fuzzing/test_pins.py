from __future__ import annotations

from typing import Any

import pytest

from mockserver.contract.fuzzing import generated_requests
from mockserver.contract.fuzzing.generated_requests import operation_id, pin_case
from mockserver.contract.fuzzing.run import fuzzing_context
from mockserver.contract.loading import load_vendor_api
from mockserver.contract.profile import FixturePins
from mockserver.contract.run_state import FindingLedger, RunConfig
from mockserver.contract.target import Address, Target
from mockserver.contract.trial import Trial

VBA = load_vendor_api("vba")


def case(operation: str, **parts: Any) -> Any:
    schema = generated_requests.load_schema(VBA, "http://127.0.0.1:8080/vba", RunConfig())
    return schema.find_operation_by_id(operation).Case(**parts)


def test_a_call_goes_to_what_is_there() -> None:
    made = case("getPayee", path_parameters={"payeeID": "x"}, headers={"vbasoftware-database": "y"})

    pin_case(made, VBA.profile.pins)

    assert (made.path_parameters, made.headers["vbasoftware-database"]) == ({"payeeID": "P100"}, "sandbox")


def test_a_fact_of_the_run_stands_in_place_of_that_of_the_fixtures() -> None:
    api = load_vendor_api("vba", {"database": "north", "payee": "N1"})

    assert api.pins.headers == {"vbasoftware-database": "north"}
    assert api.pins.known["getPayee"] == {"payeeID": "N1"}
    assert api.pins.known["deletePayee"] == {"payeeID": "P300"}
    assert api.pins.bodies["updatePayee"] == {"payee_ID": "N1"}
    assert api.pins.expected_statuses == api.profile.pins.expected_statuses
    assert VBA.pins == VBA.profile.pins


def test_generated_calls_go_to_the_facts_of_the_run() -> None:
    api = load_vendor_api("vba", {"database": "north"})

    with Target(Address("http://127.0.0.1:1")) as target:
        context = fuzzing_context(
            Trial(api, target, RunConfig(), FindingLedger(), lambda _exchange, _ledger: ())
        )

    assert context.api.pins.headers == {"vbasoftware-database": "north"}


def test_on_a_walk_it_goes_where_the_link_leads() -> None:
    made = case("getPayee", path_parameters={"payeeID": "x"})

    pin_case(made, VBA.profile.pins, walking=True)

    assert made.path_parameters == {"payeeID": "x"}


def test_what_a_call_does_not_have_is_not_added() -> None:
    made = case("getPayee", path_parameters={"payeeID": "x"}, headers={})

    pin_case(made, VBA.profile.pins)

    assert "vbasoftware-database" not in made.headers


@pytest.mark.parametrize(
    ("made", "sent"),
    [
        ("2026-01-05T09:00:00+23:59", "2026-01-05T09:00:00+14:00"),
        ("0001-01-01T00:00:00-01:00", "0002-01-01T00:00:00-01:00"),
        ("2026-01-05T09:00:00Z", "2026-01-05T09:00:00Z"),
        ("no moment", "no moment"),
    ],
)
def test_a_moment_is_in_a_zone_that_there_is(made: str, sent: str) -> None:
    one = case("createPayee", body={"name": [{"at": made}]}, media_type="application/json")

    pin_case(one, FixturePins())

    assert one.body == {"name": [{"at": sent}]}


def test_an_operation_has_its_id() -> None:
    assert operation_id(case("getPayee")) == "getPayee"
