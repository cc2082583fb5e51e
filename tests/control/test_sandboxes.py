from __future__ import annotations

from unittest.mock import ANY

import pytest

from tests.control.operators import NEW, SANDBOXES, create, listed, order
from tests.support.client import Client

BEGUN = {
    "name": "new",
    "seed": 7,
    "clock": {
        "mode": "frozen",
        "at": "2026-01-05T09:00:00Z",
        "now": "2026-01-05T09:00:00Z",
        "aheadSeconds": 0,
    },
    "assumptions": {},
    "empty": False,
    "records": 0,
    "calls": 0,
    "idleSeconds": ANY,  # by the machine's clock
}


def test_a_sandbox_is_made(operator: Client) -> None:
    response = create(operator, seed=7, freeze="2026-01-05T10:00:00+01:00")

    assert (response.status, response.json) == (201, BEGUN)


def test_a_sandbox_that_was_made_is_shown(operator: Client) -> None:
    create(operator, seed=7, freeze="2026-01-05T09:00:00Z")

    assert operator.get(NEW).json == BEGUN


def test_a_sandbox_has_the_system_clock_unless_it_is_frozen(operator: Client) -> None:
    clock = create(operator).json["clock"]

    assert (clock["mode"], clock["at"]) == ("system", None)


def test_sandboxes_are_listed_by_name(operator: Client) -> None:
    create(operator)

    assert listed(operator) == ["default", "new"]


def test_a_sandbox_that_is_there_is_a_conflict(operator: Client) -> None:
    create(operator)

    response = create(operator)

    assert (response.status, response.json["code"]) == (409, "sandbox-exists")
    assert response.json["detail"] == "a sandbox named new exists already"


def test_a_sandbox_tells_its_records_and_its_calls(operator: Client) -> None:
    order(operator, "A", "B")

    shown = operator.get(NEW).json

    assert (shown["records"], shown["calls"]) == (2, 1)


def test_a_deleted_sandbox_is_gone_with_its_journal(operator: Client) -> None:
    order(operator, "A")

    response = operator.delete(NEW)

    assert (response.status, response.body, listed(operator)) == (204, b"", ["default"])
    assert order(operator, "A").headers["mock-journal"] == "1"


def test_the_default_sandbox_comes_back_as_the_server_was_started(operator: Client) -> None:
    before = operator.get(f"{SANDBOXES}/default").json

    operator.delete(f"{SANDBOXES}/default")

    assert operator.get(f"{SANDBOXES}/default").json == {**before, "idleSeconds": ANY}


def test_reset_brings_the_beginning_back(operator: Client) -> None:
    create(operator, seed=7, freeze="2026-01-05T09:00:00Z")
    order(operator, "A")

    response = operator.post(f"{NEW}/reset")

    assert (response.status, response.json) == (200, BEGUN)


def test_dump_shows_every_document(operator: Client) -> None:
    order(operator, "A")

    assert operator.get(f"{NEW}/dump").json["acme/"] == {"orders": {"A": {"id": "A", "amount": 1}}}


UNKNOWN = [
    ("GET", ""),
    ("DELETE", ""),
    ("POST", "/reset"),
    ("GET", "/dump"),
]


@pytest.mark.parametrize(("method", "path"), UNKNOWN)
def test_an_unknown_sandbox_is_not_found_and_not_made(operator: Client, method: str, path: str) -> None:
    response = operator.request(method, f"{SANDBOXES}/nope{path}")

    assert (response.status, response.media_type, response.json["code"]) == (
        404,
        "application/problem+json",
        "unknown-sandbox",
    )
    assert listed(operator) == ["default"]


ASSUMPTION = "acme.duplicate_members"
ASSUMPTIONS = f"{NEW}/assumptions"


def value(operator: Client) -> str:
    return str(next(one["value"] for one in operator.get(ASSUMPTIONS).json if one["id"] == ASSUMPTION))


def test_an_assumption_is_listed_with_its_values_and_its_source(operator: Client) -> None:
    create(operator)

    (assumption,) = [one for one in operator.get(ASSUMPTIONS).json if one["id"] == ASSUMPTION]

    assert assumption == {
        "id": ASSUMPTION,
        "value": "last_wins",
        "default": "last_wins",
        "alternatives": ["refused"],
        "pattern": None,
        "meaning": "Whether a JSON object that has a member twice is read with the last one, or refused.",
        "source": "docs/decisions.md#members-that-come-twice",
    }


def test_an_assumption_is_overridden_and_restored(operator: Client) -> None:
    create(operator)
    operator.patch(ASSUMPTIONS, json={ASSUMPTION: "refused"})
    overridden = value(operator)
    operator.patch(ASSUMPTIONS, json={ASSUMPTION: None})

    assert (overridden, value(operator)) == ("refused", "last_wins")


def test_a_sandbox_begins_with_its_assumptions_and_keeps_them_when_reset(
    operator: Client,
) -> None:
    create(operator, assumptions={ASSUMPTION: "refused"})
    operator.patch(ASSUMPTIONS, json={ASSUMPTION: None})

    operator.post(f"{NEW}/reset")

    assert value(operator) == "refused"


def test_another_sandbox_keeps_its_assumptions(operator: Client) -> None:
    create(operator)
    operator.post(SANDBOXES, json={"name": "other", "assumptions": {ASSUMPTION: "refused"}})

    assert value(operator) == "last_wins"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            {"acme.duplicate_member": "refused"},
            "there is no assumption acme.duplicate_member; do you mean acme.duplicate_members?",
        ),
        ({"x": "y"}, "there is no assumption x"),
        ({ASSUMPTION: "maybe"}, f"{ASSUMPTION} has no value maybe; it has last_wins, refused"),
    ],
    ids=["name", "far-name", "value"],
)
def test_a_value_that_an_assumption_does_not_take_is_named(
    operator: Client, given: dict[str, str], said: str
) -> None:
    create(operator)

    response = operator.patch(ASSUMPTIONS, json={**given, "acme.availability": "offline"})

    assert (response.status, response.json["detail"]) == (422, said)
    assert operator.get(NEW).json["assumptions"] == {}
