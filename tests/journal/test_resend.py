from __future__ import annotations

from pathlib import Path

import pytest

from mockserver.errors import UnknownSandboxError
from mockserver.journal.replay import sandbox_settings
from mockserver.sandbox.sandboxes import Settings
from mockserver.server.application import Application
from tests.control.operators import NEW, create, order
from tests.support import sample_vendor
from tests.support.client import Client
from tests.support.journal_entries import entry

RULES = [{"id": "r1", "envelope": {"countAdd": 1}, "response": {"headers": {"x": "y"}}}]


@pytest.fixture
def operator(tmp_path: Path) -> Client:
    return sample_vendor.create_client(
        tmp_path, seed=3, freeze="2026-01-05T09:00:00Z", assumptions={"acme.availability": "up"}
    )


def around(operator: Client, number: int) -> Settings:
    """Return the settings to resend the call with that number in `new`."""
    assert isinstance(operator.app, Application)
    called = operator.app.journal.entry("new", number)
    assert called is not None
    return sandbox_settings(called, operator.app.sandboxes, {one.name: one for one in operator.app.served})


def test_a_call_needs_the_seed_of_its_sandbox(operator: Client) -> None:
    create(operator, seed=7, empty=True)
    order(operator, "A")

    assert (around(operator, 1).seed, around(operator, 1).empty) == (7, True)


def test_a_call_needs_the_time_that_it_had(operator: Client) -> None:
    create(operator, freeze="2026-01-05T09:00:00Z")
    order(operator, "A")
    operator.post(f"{NEW}/clock/advance", json={"seconds": 60})
    order(operator, "A")

    assert [around(operator, number).frozen for number in (1, 2)] == [
        "2026-01-05T09:00:00Z",
        "2026-01-05T09:01:00Z",
    ]


def test_a_call_needs_the_assumptions_as_they_stood_then(operator: Client) -> None:
    create(operator)
    operator.patch(f"{NEW}/assumptions", json={"acme.availability": "offline"})
    order(operator, "A")
    operator.patch(f"{NEW}/assumptions", json={"acme.availability": "up"})

    assert around(operator, 1).assumptions["acme.availability"] == "offline"


def test_a_call_needs_the_scenarios_that_bent_it_and_no_others(operator: Client) -> None:
    create(operator)
    for name, match in (("one", {}), ("two", {"vendor": "acme", "operation": "listOrders"})):
        rules = [{**rule, "match": match} for rule in RULES] if match else RULES
        put = operator.put(f"{NEW}/scenarios/{name}", json={"version": 1, "name": name, "rules": rules})
        assert put.status == 200, put.text
    order(operator, "A")

    assert [document["name"] for document in around(operator, 1).scenarios] == ["one"]


def test_a_call_of_a_sandbox_that_is_gone_needs_what_nobody_knows(operator: Client) -> None:
    assert isinstance(operator.app, Application)
    with pytest.raises(UnknownSandboxError):
        sandbox_settings(entry(sandbox="gone"), operator.app.sandboxes, {})
