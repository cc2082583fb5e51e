from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.model import Document
from mockserver.sandbox.memory_table import MemoryTable, UndoList, document_changes

COLOURS = ("red", "Red", "blue", None, 1, True, 1.0)
DOCUMENTS = st.fixed_dictionaries({"colour": st.sampled_from(COLOURS)})
WRITES = st.lists(st.tuples(st.sampled_from("abcde"), st.none() | DOCUMENTS), max_size=20)


def filled(**documents: Document) -> MemoryTable:
    table = MemoryTable(("acme/", "orders"), [])
    for key, document in documents.items():
        table.put(key, document)
    return table


def test_keys_come_in_the_order_of_their_text() -> None:
    assert filled(b={}, a={}, c={}).order() == ["a", "b", "c"]


def test_a_key_that_comes_later_finds_its_place() -> None:
    table = filled(b={})
    table.order()

    table.put("a", {})

    assert table.order() == ["a", "b"]


def test_a_key_that_is_taken_away_leaves_the_order() -> None:
    table = filled(a={}, b={})
    table.order()

    table.put("a", None)

    assert table.order() == ["b"]


def test_find_gives_documents_in_key_order() -> None:
    table = filled(b={"id": 2, "x": 1}, a={"id": 1, "x": 1}, c={"id": 3, "x": 2})

    assert table.find("x", 1) == [{"id": 1, "x": 1}, {"id": 2, "x": 1}]


def test_find_sees_what_is_written_after_its_first_use() -> None:
    table = filled(a={"x": 1})
    table.find("x", 1)

    table.put("b", {"x": 1, "new": True})

    assert table.find("x", 1) == [{"x": 1}, {"x": 1, "new": True}]


def test_find_forgets_the_former_value() -> None:
    table = filled(a={"x": 1})
    table.find("x", 1)

    table.put("a", {"x": 2})

    assert (table.find("x", 1), table.find("x", 2)) == ([], [{"x": 2}])


def test_find_takes_a_member_that_is_absent_for_null() -> None:
    assert filled(a={}, b={"x": 1}).find("x", None) == [{}]


def test_lists_and_objects_cannot_be_found_and_do_no_harm() -> None:
    table = filled(a={"x": [1]}, b={"x": {"y": 1}})

    assert (table.find("x", 1), table.find("x", None)) == ([], [])


def test_a_list_may_become_a_value_that_can_be_found() -> None:
    table = filled(a={"x": [1]})
    table.find("x", 1)

    table.put("a", {"x": 1})

    assert table.find("x", 1) == [{"x": 1}]


@given(WRITES)
def test_find_agrees_with_looking_at_every_document(writes: list[tuple[str, Document | None]]) -> None:
    table, plain = MemoryTable(("acme/", "orders"), []), dict[str, Document]()
    table.find("colour", "red")

    written(table, plain, writes)

    assert [table.find("colour", colour) for colour in COLOURS] == [
        [plain[key] for key in sorted(plain) if plain[key]["colour"] == colour] for colour in COLOURS
    ]


@given(WRITES)
def test_a_text_is_found_in_any_letter_case_as_by_looking_at_every_document(
    writes: list[tuple[str, Document | None]],
) -> None:
    table, plain = MemoryTable(("acme/", "orders"), []), dict[str, Document]()
    table.find_any_case("colour", "red")

    written(table, plain, writes)

    assert table.find_any_case("colour", "rED") == [
        plain[key] for key in sorted(plain) if plain[key]["colour"] in ("red", "Red")
    ]


@given(WRITES)
def test_count_agrees_with_find(writes: list[tuple[str, Document | None]]) -> None:
    table, plain = MemoryTable(("acme/", "orders"), []), dict[str, Document]()
    table.count("colour", "red")

    written(table, plain, writes)

    assert [table.count("colour", one) for one in COLOURS] == [
        len(table.find("colour", one)) for one in COLOURS
    ]


@given(WRITES)
def test_order_agrees_with_sorting(writes: list[tuple[str, Document | None]]) -> None:
    table, plain = MemoryTable(("acme/", "orders"), []), dict[str, Document]()
    table.order()

    written(table, plain, writes)

    assert table.order() == sorted(plain)


@pytest.mark.parametrize("use", ["", "order", "find"])
@given(
    earlier=st.dictionaries(st.sampled_from("abcde"), DOCUMENTS),
    later=st.dictionaries(st.sampled_from("abcde"), DOCUMENTS),
)
def test_many_documents_are_stored_as_one_after_the_other(
    use: str, earlier: dict[str, Document], later: dict[str, Document]
) -> None:
    undo: tuple[UndoList, UndoList] = ([], [])
    one_by_one, at_once = (MemoryTable(("acme/", "orders"), lines) for lines in undo)
    for table in (one_by_one, at_once):
        for key, document in earlier.items():
            table[key] = document
        _ = table.order() if use == "order" else table.find("colour", 1) if use == "find" else None
    for key, document in later.items():
        one_by_one[key] = document

    before = at_once.update(later)

    assert before == [earlier.get(key) for key in later]
    changes = [[change[1:] for change in document_changes(lines)] for lines in undo]
    assert changes[0] == changes[1]
    assert (one_by_one.order(), list(one_by_one.values())) == (at_once.order(), list(at_once.values()))
    assert one_by_one.find("colour", "red") == at_once.find("colour", "red")


def written(
    table: MemoryTable, plain: dict[str, Document], writes: list[tuple[str, Document | None]]
) -> None:
    for key, document in writes:
        if document is not None:
            plain[key] = document
            table.put(key, document)
        elif key in plain:
            del plain[key]
            table.put(key, None)


@pytest.mark.parametrize("key", [5, None, Decimal(1), ("a",)])
def test_a_key_that_is_no_text_is_not_stored(key: Any) -> None:
    table = MemoryTable(("acme/", "orders"), [])
    table["A"] = {}

    with pytest.raises(TypeError, match="a key is a text"):
        table[key] = {}

    assert list(table) == ["A"]
