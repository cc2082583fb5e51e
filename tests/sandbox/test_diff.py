from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.sandbox.snapshots import DocumentPlace, ValueChange, diff_tables

SCALARS = st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["", "a", "1"])
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner),
    max_leaves=6,
)
DOCUMENTS = st.dictionaries(st.sampled_from("abc"), VALUES, max_size=3)
TABLES = st.dictionaries(
    st.sampled_from(["acme/", "acme/one"]),
    st.dictionaries(
        st.sampled_from(["orders", "payees"]),
        st.dictionaries(st.sampled_from("12"), DOCUMENTS, max_size=2),
        max_size=2,
    ),
    max_size=2,
)


def of(**documents: Any) -> Any:
    return {"acme/": {"orders": documents}}


def at(key: str) -> DocumentPlace:
    return DocumentPlace("acme/", "orders", key)


def changes(old: Any, new: Any) -> dict[str, Any]:
    """What is said to have changed inside one document, by pointer."""
    found = diff_tables(of(A=old), of(A=new)).changed
    return {change.pointer: change.values for _place, inside in found for change in inside}


def test_what_was_added_removed_and_changed_is_told_apart() -> None:
    found = diff_tables(of(A={"n": 1}, B={}, C={"n": 1}), of(B={}, C={"n": 2}, D={"n": 3}))

    assert found.added == ((at("D"), {"n": 3}),)
    assert found.removed == ((at("A"), {"n": 1}),)
    assert found.changed == ((at("C"), (ValueChange("/n", {"old": 1, "new": 2}),)),)


def test_a_scope_and_a_collection_that_one_has_alone_are_told_by_their_documents() -> None:
    found = diff_tables({}, {"b/": {"x": {"1": {}}}, "a/": {"y": {"1": {}}, "empty": {}}})

    assert [place for place, _ in found.added] == [
        DocumentPlace("a/", "y", "1"),
        DocumentPlace("b/", "x", "1"),
    ]


@pytest.mark.parametrize(
    ("old", "new", "pointer", "values"),
    [
        ({"a": {"b": 1}}, {"a": {"b": 2}}, "/a/b", {"old": 1, "new": 2}),
        ({"a": [1, 2]}, {"a": [1, 3]}, "/a/1", {"old": 2, "new": 3}),
        ({"a": [1]}, {"a": [1, 3]}, "/a/1", {"new": 3}),
        ({"a": [1, 3]}, {"a": [1]}, "/a/1", {"old": 3}),
        ({}, {"a": None}, "/a", {"new": None}),
        ({"a": None}, {}, "/a", {"old": None}),
        ({"a": {}}, {"a": []}, "/a", {"old": {}, "new": []}),
        ({"a": {"b": 1}}, {"a": 1}, "/a", {"old": {"b": 1}, "new": 1}),
        ({"a": True}, {"a": 1}, "/a", {"old": True, "new": 1}),
        ({"a": "1"}, {"a": 1}, "/a", {"old": "1", "new": 1}),
        (
            {"a": Decimal("1.0")},
            {"a": Decimal("1.00")},
            "/a",
            {"old": Decimal("1.0"), "new": Decimal("1.00")},
        ),
        ({"a/b~c": 1}, {"a/b~c": 2}, "/a~1b~0c", {"old": 1, "new": 2}),
    ],
)
def test_a_change_is_told_by_its_pointer(old: Any, new: Any, pointer: str, values: Any) -> None:
    assert changes(old, new) == {pointer: values}


def test_members_in_another_order_are_no_change() -> None:
    assert changes({"a": 1, "b": 2}, {"b": 2, "a": 1}) == {}


@given(TABLES)
def test_nothing_differs_from_itself(tables: Any) -> None:
    found = diff_tables(tables, tables)

    assert (found.added, found.removed, found.changed) == ((), (), ())


@given(TABLES, TABLES)
def test_the_way_back_is_the_same_the_other_way_round(before: Any, after: Any) -> None:
    there, back = diff_tables(before, after), diff_tables(after, before)

    assert (there.added, there.removed) == (back.removed, back.added)
    assert [place for place, _ in there.changed] == [place for place, _ in back.changed]
