from __future__ import annotations

from typing import Any

import pytest

from mockserver.console.scenario_screen import Wanted, draft_scenario, select_item


def items(*keys: str) -> list[dict[str, Any]]:
    return [{"index": index, "key": key} for index, key in enumerate(keys)]


def test_a_draft_makes_an_item_fail_once() -> None:
    draft = draft_scenario(Wanted("acme", "putOrders", "A 7", {"key": "A 7"}, "18"))

    assert draft == {
        "version": 1,
        "name": "fail-a-7",
        "description": "The item A 7 of call #18 fails at the next call that has it, and works after that.",
        "rules": [
            {
                "id": "once",
                "match": {"vendor": "acme", "operation": "putOrders"},
                "times": {"count": 1},
                "items": [{"select": {"key": "A 7"}, "effect": {"fail": {"code": "internal"}}}],
            }
        ],
    }


def test_a_draft_without_an_item_refuses_the_next_call() -> None:
    (rule,) = draft_scenario(Wanted())["rules"]

    assert rule == {"id": "once", "times": {"count": 1}, "commit": "none", "response": {"status": 503}}


@pytest.mark.parametrize(
    ("item", "name"),
    [("<b>", "fail-b"), ("ß", "fail"), ("x" * 200, f"fail-{'x' * 59}"), ("a-" * 100, f"fail-{'a-' * 29}a")],
)
def test_a_draft_has_a_name_that_scenarios_may_have(item: str, name: str) -> None:
    assert draft_scenario(Wanted(item=item))["name"] == name


@pytest.mark.parametrize(
    ("keys", "item", "found"),
    [
        (("A", "B"), "B", ("B", {"key": "B"})),
        (("A", "B"), "1", ("B", {"key": "B"})),
        (("3", "1"), "1", ("1", {"key": "1"})),
        (("A", "A"), "A", ("A", {"index": 0})),
        (("A", "A"), "1", ("A", {"index": 1})),
        (("", "B"), "0", ("at index 0", {"index": 0})),
        (("tok…", "B"), "tok…", ("tok…", {"index": 0})),
        (("A", "B"), "C", ("C", None)),
        (("A", "B"), "2", ("2", None)),
    ],
)
def test_an_item_of_a_call_is_selected_by_its_key_if_that_is_its_own(
    keys: tuple[str, ...], item: str, found: tuple[str, Any]
) -> None:
    assert select_item(items(*keys), item) == found


@pytest.mark.parametrize(
    ("keys", "item", "key", "found"),
    [
        (("1", "0"), "1", "0", ("0", {"key": "0"})),
        (("A", "A"), "1", "A", ("A", {"index": 1})),
        (("A", "B"), "9", "B", ("B", {"key": "B"})),
        (("A", "B"), "", "B", ("B", {"key": "B"})),
        (("A", "B"), "9", "C", ("C", None)),
    ],
)
def test_an_item_that_is_named_with_its_key_is_at_that_index(
    keys: tuple[str, ...], item: str, key: str, found: tuple[str, Any]
) -> None:
    assert select_item(items(*keys), item, key) == found
