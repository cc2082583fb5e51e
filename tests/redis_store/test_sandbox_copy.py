from __future__ import annotations

import gc
from contextlib import suppress
from decimal import Decimal
from weakref import ReferenceType, ref

from mockserver.redis_store.sandbox_copy import Attempt, field_of, read_document, split_field, write_changes
from mockserver.sandbox.memory_table import MemoryTable, UndoList

PLACE = ("vba/sandbox", "invoices")


def test_a_field_names_scope_collection_and_key_whatever_the_key_holds() -> None:
    assert split_field(field_of(PLACE, "a\0b/{c}")) == (PLACE, "a\0b/{c}")


def test_a_key_that_is_no_text_survives() -> None:
    assert split_field(field_of(PLACE, "\udcff")) == (PLACE, "\udcff")


def test_only_what_differs_in_the_end_is_written() -> None:
    undo: UndoList = []
    table = MemoryTable(PLACE, undo)
    table.put("kept", {"n": 1})
    table.put("changed", {"n": 1})

    table["kept"] = {"n": 2}
    table["kept"] = {"n": 1}
    table["changed"] = {"n": 2}
    table["changed"] = {"n": 3}
    table["passing"] = {"n": 1}
    del table["passing"]
    written = write_changes(undo)

    assert (list(written.sets), written.deleted) == ([field_of(PLACE, "changed"), b'{"n":3}'], [])


def test_an_amount_of_another_scale_is_written() -> None:
    undo: UndoList = []
    table = MemoryTable(PLACE, undo)
    table.put("a", {"amount": Decimal("1.50")})

    table["a"] = {"amount": Decimal("1.5")}

    assert list(write_changes(undo).sets) == [field_of(PLACE, "a"), b'{"amount":1.5}']


def test_what_is_deleted_is_told() -> None:
    undo: UndoList = []
    table = MemoryTable(PLACE, undo)
    table.put("gone", {"n": Decimal("1.50")})

    del table["gone"]
    written = write_changes(undo)

    assert (written.sets, written.deleted) == ([], [field_of(PLACE, "gone")])


def test_amounts_keep_their_scale() -> None:
    assert str(read_document(b'{"amount":12.50}')["amount"]) == "12.50"


class _StorageError(Exception):
    """An error that can be referred to weakly."""


def test_an_error_that_is_raised_again_is_freed_at_once() -> None:
    gc.disable()
    try:
        assert _raised_again()() is None
    finally:
        gc.enable()


def _raised_again() -> ReferenceType[_StorageError]:
    error = _StorageError()
    kept = ref(error)
    attempt: Attempt[None] = Attempt(None, error, [])
    del error
    with suppress(_StorageError):
        attempt.outcome()
    return kept
