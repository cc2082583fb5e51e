"""Bodies in lines with pointers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mockserver.console.data_views import (
    MAX_COLUMNS,
    MAX_LINE_LENGTH,
    Line,
    all_lines,
    matching_lines,
    read_body,
    shown_lines,
    table_columns,
    table_rows,
)

JSON = "application/json"


def whole(text: str, media_type: str = JSON) -> list[Line]:
    """All lines of a short body."""
    return shown_lines(read_body(text, media_type), len(text), [], None)


def texts(text: str, media_type: str = JSON) -> list[str]:
    return [line.text for line in whole(text, media_type)]


def pointers(text: str) -> list[str | None]:
    return [line.pointer for line in whole(text)]


def long_batch(items: int = 10_000) -> str:
    return json.dumps({"orders": [{"id": f"k{at}", "amount": at} for at in range(items)]})


def test_json_is_one_value_a_line() -> None:
    assert texts('{"a":1,"b":[true,{"c":null}],"d":{},"e":[]}') == [
        "{",
        '  "a": 1,',
        '  "b": [',
        "    true,",
        "    {",
        '      "c": null',
        "    }",
        "  ],",
        '  "d": {},',
        '  "e": []',
        "}",
    ]


@pytest.mark.parametrize("text", ['a "B"', '"a":"', 'a \\"b\\"'])
def test_a_text_is_found_as_shown_as_raw_and_without_escapes(text: str) -> None:
    assert matching_lines(read_body('{"a":"a \\"b\\""}', JSON), text) == [2]


def test_each_value_has_its_pointer_and_an_end_has_none() -> None:
    assert pointers('{"a":1,"b":[true,{"c":null}]}') == [
        "",
        "/a",
        "/b",
        "/b/0",
        "/b/1",
        "/b/1/c",
        None,
        None,
        None,
    ]


def test_the_signs_of_pointers_are_escaped_in_names() -> None:
    assert pointers('{"a/b~c":1}') == ["", "/a~1b~0c", None]


def test_numbers_keep_their_scale_and_all_their_digits() -> None:
    assert texts("[1.10,100.00,12345678901234567890123,1e3]") == [
        "[",
        "  1.10,",
        "  100.00,",
        "  12345678901234567890123,",
        "  1E+3",
        "]",
    ]


@pytest.mark.parametrize("text", ["3", '"é"', "null"])
def test_a_document_may_be_one_value(text: str) -> None:
    assert whole(text) == [Line(1, text, "")]


def test_text_that_is_no_json_stands_as_it_is() -> None:
    assert whole("a\n<b>", "text/plain") == [Line(1, "a"), Line(2, "<b>")]


def test_a_form_is_one_field_a_line() -> None:
    assert texts("a=1&b=%26&c", "application/x-www-form-urlencoded") == ["a=1", "&b=%26", "&c"]


def test_xml_is_one_element_a_line() -> None:
    assert texts("<a><b>1</b></a>", "application/xml; charset=utf-8") == ["<a>", "<b>1</b>", "</a>"]


def test_what_is_nested_deep_is_shown_as_text() -> None:
    text = "[" * 500 + "]" * 500

    assert whole(text) == [Line(1, text)]


def test_a_value_is_found_by_its_pointer() -> None:
    body = read_body('{"a":1,"b":[true,{"c":null}]}', JSON)

    assert [body.find(pointer) for pointer in ("", "/a", "/b/1", "/b/1/c")] == [
        range(1, 10),
        range(2, 3),
        range(5, 8),
        range(6, 7),
    ]


@pytest.mark.parametrize(
    ("pointer", "found"), [("/b/1/x", 5), ("/b/9", 3), ("/B/1/C", 6), ("/b/x", 3), ("/x/1", 1)]
)
def test_what_is_not_there_is_found_at_its_parent_and_in_any_letter_case(pointer: str, found: int) -> None:
    assert read_body('{"a":1,"b":[true,{"c":null}]}', JSON).find(pointer).start == found


def test_text_has_no_places() -> None:
    assert not read_body("a=1", "text/plain").find("/a")


def test_of_a_long_body_the_first_lines_are_shown_and_those_round_problems() -> None:
    text = long_batch()
    body = read_body(text, JSON)

    shown = shown_lines(body, len(text), ["/orders/5000/id"], None)

    numbers = [line.number for line in shown]
    at = body.find("/orders/5000/id").start
    assert numbers == [*range(1, 61), *range(at - 3, at + 4)]
    assert [line.pointer for line in shown if line.number == at] == ["/orders/5000/id"]


def test_of_a_long_body_the_picked_item_is_shown_whole() -> None:
    text = long_batch()

    shown = shown_lines(read_body(text, JSON), len(text), [], "/orders/7000")

    assert [line.text.strip() for line in shown][60:] == [
        "},",
        "{",
        '"id": "k7000",',
        '"amount": 7000',
        "},",
        "{",
    ]


def test_places_beyond_the_end_are_left_alone() -> None:
    text = "[" + ",".join(["1"] * 5_000) + "]"

    assert shown_lines(read_body(text, JSON), len(text), ["/4999"], "/4999")[-1].text == "]"


def test_a_line_is_cut_where_it_is_too_long() -> None:
    (line,) = whole(json.dumps("x" * 5_000))

    document = line.document()

    assert len(document["text"]) == MAX_LINE_LENGTH
    assert document["cutCharacters"] == 5_002 - MAX_LINE_LENGTH


def test_a_document_has_all_its_lines() -> None:
    assert len(all_lines(list(range(5_000)))) == 5_002


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
