from __future__ import annotations

from typing import Any

import pytest

from mockserver.server.application import Application
from tests.journeys.stories import STORIES, Story
from tests.support.client import Client

every = pytest.mark.parametrize("story", STORIES, ids=[story.vendor for story in STORIES])


@pytest.fixture
def control(client: Client, sandbox: str) -> Client:
    """An operator at the sandbox of the story."""
    return client.within(f"/_mock/sandboxes/{sandbox}").without("mock-sandbox")


@every
def test_a_restored_snapshot_is_what_was_kept_and_goes_on_byte_for_byte(
    story: Story, client: Client, control: Client
) -> None:
    story.send_batch(client)
    control.post("/snapshots", json={"label": "before the repair"})
    kept = control.get("/dump").body
    first = story.send_repair(client).body
    story.tell(client)

    control.post("/snapshots/s1/restore")

    assert control.get("/dump").body == kept
    assert story.send_repair(client).body == first
    assert story.see(client) == story.after_repair


@every
def test_a_dump_that_is_loaded_elsewhere_goes_on_there_byte_for_byte(
    story: Story, client: Client, control: Client, other: Client, app: Application
) -> None:
    story.send_batch(client)
    dumped = control.get("/dump")

    loaded = control.within(f"{control.base}-other").put(
        "/state", content=dumped.body, headers={"content-type": "application/json"}
    )

    assert loaded.status == 200
    assert app.sandboxes.dump(other.headers["mock-sandbox"]) == app.sandboxes.dump(
        client.headers["mock-sandbox"]
    )
    assert story.send_repair(other).body == story.send_repair(client).body


@every
def test_a_dump_of_one_vendor_brings_back_that_vendor_alone(
    story: Story, client: Client, control: Client
) -> None:
    begun: Any = control.get(f"/dump?vendor={story.vendor}").body
    for result in STORIES:
        result.send_batch(client)

    control.put(f"/state?vendor={story.vendor}", content=begun, headers={"content-type": "application/json"})

    assert {result.vendor: result.see(client) for result in STORIES} == {
        result.vendor: result.before if result is story else result.after_batch for result in STORIES
    }


@every
def test_what_a_story_did_is_told_by_scope_collection_and_key(
    story: Story, client: Client, control: Client
) -> None:
    story.tell(client)

    found = control.get("/diff").json
    touched = [*found["added"], *found["changed"]]

    assert touched
    assert {one["scope"].partition("/")[0] for one in touched} == {story.vendor}
