from __future__ import annotations

import pytest

from tests.control.operators import NEW, SANDBOXES, create
from tests.support.client import Client

SWITCH = "acme.duplicate_members"
ASSUMPTIONS = f"{NEW}/assumptions"


def position(operator: Client) -> str:
    return str(next(one["value"] for one in operator.get(ASSUMPTIONS).json if one["id"] == SWITCH))


def test_a_switch_is_listed_with_its_positions_and_its_source(operator: Client) -> None:
    create(operator)

    (switch,) = [one for one in operator.get(ASSUMPTIONS).json if one["id"] == SWITCH]

    assert switch == {
        "id": SWITCH,
        "value": "last_wins",
        "default": "last_wins",
        "alternatives": ["refused"],
        "pattern": None,
        "meaning": "What becomes of a JSON object that names a member twice.",
        "source": "design §6: the vendors' parsers take the last",
    }


def test_a_switch_is_turned_and_turned_back(operator: Client) -> None:
    create(operator)
    operator.patch(ASSUMPTIONS, json={SWITCH: "refused"})
    turned = position(operator)
    operator.patch(ASSUMPTIONS, json={SWITCH: None})

    assert (turned, position(operator)) == ("refused", "last_wins")


def test_a_sandbox_begins_with_its_switches_turned_and_keeps_them_when_it_is_reset(operator: Client) -> None:
    create(operator, assumptions={SWITCH: "refused"})
    operator.patch(ASSUMPTIONS, json={SWITCH: None})

    operator.post(f"{NEW}/reset")

    assert position(operator) == "refused"


def test_another_sandbox_keeps_its_switches(operator: Client) -> None:
    create(operator)
    operator.post(SANDBOXES, json={"name": "other", "assumptions": {SWITCH: "refused"}})

    assert position(operator) == "last_wins"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            {"acme.duplicate_member": "refused"},
            "there is no switch acme.duplicate_member; do you mean acme.duplicate_members?",
        ),
        ({"x": "y"}, "there is no switch x"),
        ({SWITCH: "maybe"}, f"{SWITCH} has no position maybe; it has last_wins, refused"),
    ],
    ids=["name", "far-name", "position"],
)
def test_a_switch_that_cannot_be_turned_so_is_named(
    operator: Client, given: dict[str, str], said: str
) -> None:
    create(operator)

    answered = operator.patch(ASSUMPTIONS, json={**given, "acme.availability": "offline"})

    assert (answered.status, answered.json["detail"]) == (422, said)
    assert operator.get(NEW).json["assumptions"] == {}
