from __future__ import annotations

from typing import Any

import pytest

from mockserver.server.application import Application
from tests.journeys.journey import Journey, journeys
from tests.support.client import Client

every = pytest.mark.parametrize("journey", journeys(), ids=[journey.vendor for journey in journeys()])


@pytest.fixture
def control(client: Client, sandbox: str) -> Client:
    """An operator at the sandbox of the journey."""
    return client.within(f"/_mock/sandboxes/{sandbox}").without("mock-sandbox")


@every
def test_a_restored_snapshot_is_what_was_kept_and_goes_on_byte_for_byte(
    journey: Journey, client: Client, control: Client
) -> None:
    journey.send_batch(client)
    control.post("/snapshots", json={"label": "before the repair"})
    kept = control.get("/dump").body
    first = journey.send_repair(client).body
    journey.run(client)

    control.post("/snapshots/s1/restore")

    assert control.get("/dump").body == kept
    assert journey.send_repair(client).body == first
    assert journey.see(client) == journey.after_repair


@every
def test_a_dump_that_is_loaded_elsewhere_goes_on_there_byte_for_byte(
    journey: Journey, client: Client, control: Client, other: Client, app: Application
) -> None:
    journey.send_batch(client)
    dumped = control.get("/dump")

    loaded = control.within(f"{control.base}-other").put(
        "/state", content=dumped.body, headers={"content-type": "application/json"}
    )

    assert loaded.status == 200
    assert app.sandboxes.dump(other.headers["mock-sandbox"]) == app.sandboxes.dump(
        client.headers["mock-sandbox"]
    )
    assert journey.send_repair(other).body == journey.send_repair(client).body


@every
def test_a_dump_of_one_vendor_brings_back_that_vendor_alone(
    journey: Journey, client: Client, control: Client
) -> None:
    begun: Any = control.get(f"/dump?vendor={journey.vendor}").body
    for one in journeys():
        one.send_batch(client)

    control.put(
        f"/state?vendor={journey.vendor}", content=begun, headers={"content-type": "application/json"}
    )

    assert {one.vendor: one.see(client) for one in journeys()} == {
        one.vendor: one.before if one is journey else one.after_batch for one in journeys()
    }


@every
def test_what_a_journey_did_is_found_by_scope_collection_and_key(
    journey: Journey, client: Client, control: Client
) -> None:
    journey.run(client)

    found = control.get("/diff").json
    touched = [*found["added"], *found["changed"]]

    assert touched
    assert {one["scope"].partition("/")[0] for one in touched} == {journey.vendor}
