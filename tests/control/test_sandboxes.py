from __future__ import annotations

from unittest.mock import ANY

import pytest

from mockserver.control.control_call import control_contract
from mockserver.sandbox.snapshots import MAX_SNAPSHOTS
from tests.control.operators import NEW, SANDBOXES, create, listed, order, orders
from tests.support.client import Client, Response

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
    "openCalls": 0,
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


ASSUMPTION = "acme.duplicate_members"
SCENARIO = {"version": 1, "name": "s", "rules": [{"id": "r", "commit": "none"}]}
BODIES = {
    "/state": {},
    "/snapshots": {},
    "/scenarios": SCENARIO,
    "/scenarios/{scenario}": SCENARIO,
    "/clock/freeze": {},
    "/clock/advance": {"seconds": 1},
    "/assumptions": {ASSUMPTION: "refused"},
    "/journal/verify": {},
    "/webhooks": [],
    "/examples": {"vendor": "acme"},
    "/drill": {"vendor": "acme"},
}
VALUES = {"snapshot": "s1", "scenario": "s", "number": "1", "other": "2", "case": "54"}
QUERIES = {
    "/records": "?scope=acme/&collection=orders",
    "/journal/export": "?format=har",
    "/journal/{number}/export": "?format=curl",
}
OF_A_SANDBOX = [
    (operation.method, below)
    for operation in control_contract().operations.values()
    for below in [operation.path.removeprefix("/sandboxes/{name}")]
    if below != operation.path and below not in ("/drill", "/drill/verdict")
]


@pytest.mark.parametrize(("method", "below"), OF_A_SANDBOX)
def test_an_unknown_sandbox_is_not_found_and_not_made(operator: Client, method: str, below: str) -> None:
    path = f"{SANDBOXES}/nope{below.format(**VALUES)}{QUERIES.get(below, '')}"

    response = operator.request(method.upper(), path, json=BODIES.get(below))

    assert (response.status, response.media_type, response.json.get("code")) == (
        404,
        "application/problem+json",
        "unknown-sandbox",
    ), response.text
    assert listed(operator) == ["default"]


@pytest.mark.parametrize(
    ("query", "code"),
    [("against=sandbox:nope", "unknown-sandbox"), ("against=before:7", "unknown-entry")],
)
def test_what_is_not_there_cannot_be_compared_with(operator: Client, query: str, code: str) -> None:
    order(operator, "A")

    response = operator.get(f"{NEW}/diff?{query}")

    assert (response.status, response.json["code"]) == (404, code)


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


def test_a_change_of_assumptions_is_answered_with_those_alone(operator: Client) -> None:
    create(operator)

    answer = operator.patch(ASSUMPTIONS, json={ASSUMPTION: "refused"})

    assert [(one["id"], one["value"]) for one in answer.json] == [(ASSUMPTION, "refused")]


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


SNAPSHOTS = f"{NEW}/snapshots"


def take(operator: Client, label: str = "") -> Response:
    return operator.post(SNAPSHOTS, json={"label": label})


def difference(operator: Client, against: str = "fixtures") -> Response:
    return operator.get(f"{NEW}/diff?against={against}")


def test_a_snapshot_is_taken_and_listed(operator: Client) -> None:
    create(operator, freeze="2026-01-05T09:00:00Z")
    order(operator, "A")

    taken = take(operator, "before")

    assert (taken.status, taken.json) == (
        201,
        {"id": "s1", "at": "2026-01-05T09:00:00Z", "label": "before", "records": 1},
    )
    assert operator.get(SNAPSHOTS).json == [taken.json]


def test_a_sandbox_is_set_back_to_a_snapshot(operator: Client) -> None:
    order(operator, "A")
    taken = take(operator)
    order(operator, "B")

    restored = operator.post(f"{SNAPSHOTS}/s1/restore")

    assert (restored.status, restored.json, orders(operator)) == (200, taken.json, ["A"])


def test_a_restored_sandbox_has_its_clock_and_its_assumptions_back(operator: Client) -> None:
    create(operator, freeze="2026-01-05T09:00:00Z")
    before = operator.get(NEW).json
    take(operator)
    operator.post(f"{NEW}/clock/advance", json={"seconds": 361})
    operator.patch(f"{NEW}/assumptions", json={"acme.duplicate_members": "refused"})

    operator.post(f"{SNAPSHOTS}/s1/restore")

    after = operator.get(NEW).json
    assert {**after, "idleSeconds": ANY} == before


def test_the_journal_goes_on_after_a_restore(operator: Client) -> None:
    order(operator, "A")
    take(operator)
    order(operator, "B")

    operator.post(f"{SNAPSHOTS}/s1/restore")

    assert (operator.get(NEW).json["calls"], order(operator, "C").headers["mock-journal"]) == (2, "3")


def test_a_snapshot_is_forgotten(operator: Client) -> None:
    create(operator)
    take(operator)

    response = operator.delete(f"{SNAPSHOTS}/s1")

    assert (response.status, operator.get(SNAPSHOTS).json) == (204, [])


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/snapshots/s9/restore"), ("DELETE", "/snapshots/s9"), ("GET", "/diff?against=s9")],
)
def test_a_snapshot_that_is_not_there_is_not_found(operator: Client, method: str, path: str) -> None:
    create(operator)

    response = operator.request(method, f"{NEW}{path}")

    assert (response.status, response.json["code"]) == (404, "unknown-snapshot")
    assert response.json["detail"] == "the sandbox has no snapshot s9"


def test_a_snapshot_of_another_sandbox_is_not_found(operator: Client) -> None:
    create(operator)
    take(operator)

    assert operator.post(f"{SANDBOXES}/default/snapshots/s1/restore").status == 404


def test_one_snapshot_too_many_is_a_conflict(operator: Client) -> None:
    create(operator)
    for _ in range(MAX_SNAPSHOTS):
        take(operator)

    response = take(operator)

    assert (response.status, response.json["code"]) == (409, "too-many-snapshots")


def test_a_sandbox_differs_from_its_beginning_by_what_was_stored(operator: Client) -> None:
    create(operator)
    order(operator, "A")

    assert difference(operator).json == {
        "against": "fixtures",
        "of": "now",
        "added": [
            {
                "scope": "acme/",
                "collection": "orders",
                "key": "A",
                "own": False,
                "label": "A · 1",
                "document": {"id": "A", "amount": 1},
            }
        ],
        "removed": [],
        "changed": [],
    }


def test_a_sandbox_that_was_just_made_differs_in_nothing(operator: Client) -> None:
    create(operator, seed=9, assumptions={"acme.duplicate_members": "refused"}, freeze="2026-01-05T09:00:00Z")

    found = difference(operator).json

    assert (found["added"], found["removed"], found["changed"]) == ([], [], [])


def test_a_change_since_a_snapshot_is_told_by_its_pointer(operator: Client) -> None:
    order(operator, "A")
    take(operator)
    body = {"orders": [{"id": "A", "amount": 2.50}]}
    operator.put("/acme/orders", json=body, headers={"mock-sandbox": "new"})

    (changed,) = difference(operator, "s1").json["changed"]

    assert (changed["key"], changed["changes"]) == ("A", [{"pointer": "/amount", "old": 1, "new": 2.5}])


def test_two_sandboxes_are_compared(operator: Client) -> None:
    order(operator, "A", "B")
    order(operator, "B", "C", sandbox="other")

    found = difference(operator, "sandbox:other").json

    assert [one["key"] for one in found["added"]] == ["A"]
    assert [one["key"] for one in found["removed"]] == ["C"]


@pytest.mark.parametrize(
    "against", ["", "s0", "s01", "snapshot", "sandbox:", "sandbox:A", "../x", "fixtures%00"]
)
def test_what_nothing_can_be_compared_with_is_refused(operator: Client, against: str) -> None:
    create(operator)

    assert difference(operator, against).status == 400


@pytest.mark.parametrize(
    "of",
    ["", "before:0", "before:", "after:x", "during:1"],
)
def test_what_no_state_is_called_is_refused(operator: Client, of: str) -> None:
    create(operator)

    assert operator.get(f"{NEW}/diff?of={of}").status == 400


def test_what_one_call_changed_is_told_when_others_followed(operator: Client) -> None:
    order(operator, "A")
    order(operator, "B")
    order(operator, "C")

    found = operator.get(f"{NEW}/diff?against=before:2&of=after:2").json

    assert [one["key"] for one in found["added"] if not one["own"]] == ["B"]


def test_two_snapshots_are_compared(operator: Client) -> None:
    order(operator, "A")
    take(operator)
    order(operator, "B")
    take(operator)
    order(operator, "C")

    found = operator.get(f"{NEW}/diff?against=s2&of=s1").json

    assert ([one["key"] for one in found["removed"]], found["added"]) == (["B"], [])


def test_snapshots_are_no_difference_around_a_call(operator: Client) -> None:
    order(operator, "A")
    take(operator)

    found = operator.get(f"{NEW}/diff?against=after:1&of=now").json

    assert (found["added"], found["removed"], found["changed"]) == ([], [], [])


def test_a_snapshot_is_dumped(operator: Client) -> None:
    order(operator, "A")
    take(operator)
    order(operator, "B")

    dumped = operator.get(f"{NEW}/dump?vendor=acme&of=s1").json

    assert list(dumped["acme/"]["orders"]) == ["A"]
