from __future__ import annotations

from unittest.mock import ANY

import pytest

from mockserver.sandbox.snapshots import MAX_SNAPSHOTS
from tests.control.operators import NEW, SANDBOXES, create, order, orders
from tests.support.client import Client, Response

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


def test_a_sandbox_that_is_not_there_cannot_be_compared_with(operator: Client) -> None:
    create(operator)

    response = difference(operator, "sandbox:nope")

    assert (response.status, response.json["code"]) == (404, "unknown-sandbox")


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


def test_the_state_around_an_unknown_call_is_not_found(operator: Client) -> None:
    order(operator, "A")

    response = operator.get(f"{NEW}/diff?against=before:7")

    assert (response.status, response.json["code"]) == (404, "unknown-entry")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/snapshots"),
        ("DELETE", "/snapshots/s1"),
        ("POST", "/snapshots/s1/restore"),
        ("GET", "/diff"),
    ],
)
def test_an_unknown_sandbox_is_not_found(operator: Client, method: str, path: str) -> None:
    response = operator.request(method, f"{SANDBOXES}/nope{path}")

    assert (response.status, response.json["code"]) == (404, "unknown-sandbox")


def test_a_snapshot_is_dumped(operator: Client) -> None:
    order(operator, "A")
    take(operator)
    order(operator, "B")

    dumped = operator.get(f"{NEW}/dump?vendor=acme&of=s1").json

    assert list(dumped["acme/"]["orders"]) == ["A"]
