from __future__ import annotations

import pytest

from mockserver.model import (
    ANONYMOUS,
    Action,
    Document,
    Item,
    Json,
    Outcome,
    Path,
    Problem,
    call_tone,
    with_value_at,
)

ITEM = Item(0, "A-1", {"id": "A-1"})


@pytest.mark.parametrize(
    ("path", "pointer"),
    [
        ((), ""),
        (("orders", 2, "id"), "/orders/2/id"),
        (("a/b",), "/a~1b"),
        (("m~n",), "/m~0n"),
        (("~1",), "/~01"),
        (("",), "/"),
    ],
    ids=["root", "steps", "slash", "tilde", "tilde-one", "empty-name"],
)
def test_problem_points_at_its_place_by_json_pointer(path: Path, pointer: str) -> None:
    assert Problem("wrong-type", path).pointer == pointer


@pytest.mark.parametrize(
    ("document", "path", "made"),
    [
        ({}, ("a", "b"), {"a": {"b": 1}}),
        ({"a": {"c": 2}}, ("a", "b"), {"a": {"c": 2, "b": 1}}),
        ({}, ("a", 0), {"a": [1]}),
        ({"a": [5, 6]}, ("a", 1), {"a": [5, 1]}),
        ({"a": [{"b": 2}]}, ("a", "0", "c"), {"a": [{"b": 2, "c": 1}]}),
        ({}, ("a", 1, "b"), {"a": [None, {"b": 1}]}),
        ({}, ("a", "0"), {"a": {"0": 1}}),
    ],
)
def test_a_value_is_put_at_its_path(document: Json, path: Path, made: Json) -> None:
    assert with_value_at(document, path, 1) == made


@pytest.mark.parametrize("action", [Action.CREATED, Action.UPDATED, Action.UNCHANGED])
def test_outcome_that_took_effect_is_accepted(action: Action) -> None:
    assert Outcome(ITEM, action).accepted


@pytest.mark.parametrize("action", [Action.REJECTED, Action.SKIPPED])
def test_outcome_without_effect_is_not_accepted(action: Action) -> None:
    assert not Outcome(ITEM, action).accepted


def test_values_are_frozen() -> None:
    with pytest.raises(AttributeError, match="immutable"):
        ITEM.key = "B-2"  # type: ignore[misc] # that is what is refused


def test_values_are_compared_by_content() -> None:
    assert Item(0, "A-1", {"id": "A-1"}) == ITEM


def test_anybody_may_do_everything() -> None:
    assert ANONYMOUS.scopes is None


@pytest.mark.parametrize(
    ("members", "tone"),
    [
        ({}, "good"),
        ({"status": 200, "items": 0, "outcomes": {}}, "good"),
        ({"status": 302, "items": 0, "outcomes": {}}, "neutral"),
        ({"outcomes": {"created": 2, "rejected": 1}}, "mixed"),
        ({"outcomes": {"created": 2, "skipped": 1}}, "mixed"),
        ({"warned": 1}, "mixed"),
        ({"outcomes": {"rejected": 3}}, "bad"),
        ({"status": 400}, "mixed"),
        ({"status": 400, "items": 0, "outcomes": {}}, "bad"),
        ({"status": 400, "outcomes": {"rejected": 1, "skipped": 2}}, "bad"),
        ({"status": 500}, "bad"),
        ({"status": None}, "bad"),
    ],
)
def test_a_call_has_the_tone_of_its_outcomes(members: Document, tone: str) -> None:
    call = {"status": 207, "items": 3, "outcomes": {"created": 3}, "warned": 0}

    assert call_tone({**call, **members}) == tone
