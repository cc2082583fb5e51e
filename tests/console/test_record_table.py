from __future__ import annotations

from typing import Any

from mockserver.console.data_views import MAX_COLUMNS, table_columns, table_rows


def records(*documents: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"key": str(number), "document": document, "writtenBy": None}
        for number, document in enumerate(documents)
    ]


def test_what_names_a_record_comes_before_what_all_have_in_common() -> None:
    many = {f"x{number}": number for number in range(MAX_COLUMNS)}
    made = records({**many, "Number": "N-1", "same": "NZD"}, {**many, "Number": "N-2", "same": "NZD"})

    assert "Number" in table_columns(made)


def test_columns_keep_the_order_of_the_documents() -> None:
    made = records({"total": 5, "name": "A", "status": "open"})

    assert table_columns(made) == ["total", "name", "status"]


def test_lists_and_objects_and_the_key_itself_are_no_columns() -> None:
    made = records({"id": "0", "lines": [1], "address": {"city": "X"}, "name": "A"})

    assert table_columns(made) == ["name"]


def test_a_member_of_few_records_is_no_column() -> None:
    made = records({"name": "A"}, {"name": "B"}, {"name": "C", "code": "rare"})

    assert table_columns(made) == ["name"]


def test_a_cell_is_cut_and_empty_where_nothing_is() -> None:
    made = records({"name": "x" * 100, "paid": True}, {"note": None})

    assert [row["cells"] for row in table_rows(made, ["name", "paid"])] == [
        ["x" * 59 + "…", "true"],
        ["", ""],
    ]
