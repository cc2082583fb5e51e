"""Bodies in lines with pointers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mockserver.console.data_views import (
    MAX_COLUMNS,
    MAX_LINE_LENGTH,
    MAX_LINES,
    Line,
    document_lines,
    json_html,
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


def long_batch(items: int = 10_000) -> str:
    return json.dumps({"orders": [{"id": f"k{at}", "amount": at} for at in range(items)]})


@pytest.mark.parametrize(
    ("text", "media_type", "shown"),
    [
        (
            '{"a":1,"b":[true,{"c":null}],"d":{},"e":[]}',
            JSON,
            [
                ("{", ""),
                ('  "a": 1,', "/a"),
                ('  "b": [', "/b"),
                ("    true,", "/b/0"),
                ("    {", "/b/1"),
                ('      "c": null', "/b/1/c"),
                ("    }", None),
                ("  ],", None),
                ('  "d": {},', "/d"),
                ('  "e": []', "/e"),
                ("}", None),
            ],
        ),
        ('{"a/b~c":1}', JSON, [("{", ""), ('  "a/b~c": 1', "/a~1b~0c"), ("}", None)]),
        (  # numbers keep their scale and all their digits
            "[1.10,12345678901234567890123,1e3]",
            JSON,
            [
                ("[", ""),
                ("  1.10,", "/0"),
                ("  12345678901234567890123,", "/1"),
                ("  1E+3", "/2"),
                ("]", None),
            ],
        ),
        ("3", JSON, [("3", "")]),
        ('"é"', JSON, [('"é"', "")]),
        ("null", JSON, [("null", "")]),
        ("[" * 500 + "]" * 500, JSON, [("[" * 500 + "]" * 500, None)]),
        ("a\n<b>", "text/plain", [("a", None), ("<b>", None)]),
        (
            "a=1&b=%26&c",
            "application/x-www-form-urlencoded",
            [("a=1", None), ("&b=%26", None), ("&c", None)],
        ),
        (
            "<a><b>1</b></a>",
            "application/xml; charset=utf-8",
            [("<a>", None), ("<b>1</b>", None), ("</a>", None)],
        ),
    ],
)
def test_a_body_is_one_value_a_line_with_its_pointer(
    text: str, media_type: str, shown: list[tuple[str, str | None]]
) -> None:
    lines = whole(text, media_type)

    assert lines == [Line(number, said, pointer) for number, (said, pointer) in enumerate(shown, 1)]


@pytest.mark.parametrize("text", ['a "B"', '"a":"', 'a \\"b\\"'])
def test_a_text_is_found_as_shown_as_raw_and_without_escapes(text: str) -> None:
    assert matching_lines(read_body('{"a":"a \\"b\\""}', JSON), text) == [2]


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

    assert [line.text.strip() for line in shown][60:] == ["{", '"id": "k7000",', '"amount": 7000', "},"]


def test_lines_that_were_left_out_are_opened_from_a_number() -> None:
    text = long_batch()

    shown = shown_lines(read_body(text, JSON), len(text), [], None, opened=8_001)

    assert [line.number for line in shown][60:] == [*range(8_001, 8_001 + MAX_LINES + 1)]


def test_places_beyond_the_end_are_left_alone() -> None:
    text = "[" + ",".join(["1"] * 5_000) + "]"

    assert shown_lines(read_body(text, JSON), len(text), ["/4999"], "/4999")[-1].text == "]"


def test_a_line_is_cut_where_it_is_too_long() -> None:
    (line,) = whole(json.dumps("x" * 5_000))

    document = line.document()

    assert len(document["text"]) == MAX_LINE_LENGTH
    assert document["cutCharacters"] == 5_002 - MAX_LINE_LENGTH


def test_a_document_has_all_its_lines() -> None:
    assert len(document_lines(list(range(5_000)))) == 5_002


def records(*documents: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"key": str(number), "document": document, "writtenBy": None}
        for number, document in enumerate(documents)
    ]


def test_what_names_a_record_comes_before_what_all_have_in_common() -> None:
    many = {f"x{number}": number for number in range(MAX_COLUMNS)}
    made = records({**many, "Number": "N-1", "same": "NZD"}, {**many, "Number": "N-2", "same": "NZD"})

    assert "Number" in table_columns(made)


@pytest.mark.parametrize(
    ("documents", "columns"),
    [
        ([{"total": 5, "name": "A", "status": "open"}], ["total", "name", "status"]),
        ([{"id": "0", "lines": [1], "address": {"city": "X"}, "name": "A"}], ["name"]),
        ([{"name": "A"}, {"name": "B"}, {"name": "C", "code": "rare"}], ["name"]),
    ],
    ids=["order", "no lists, objects and key", "none of few records"],
)
def test_columns_are_what_most_records_have(documents: list[dict[str, Any]], columns: list[str]) -> None:
    assert table_columns(records(*documents)) == columns


def test_a_cell_is_cut_and_empty_where_nothing_is() -> None:
    made = records({"name": "x" * 100, "paid": True}, {"note": None})

    assert [row["cells"] for row in table_rows(made, ["name", "paid"])] == [
        ["x" * 59 + "…", "true"],
        ["", ""],
    ]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('  "a": "b",', '  <span class="j-name">"a"</span>: <span class="j-text">"b"</span>,'),
        ('"<&": -1.5e3', '<span class="j-name">"&lt;&amp;"</span>: <span class="j-number">-1.5e3</span>'),
        ("[true", '[<span class="j-word">true</span>'),
        ('"a\\": 1"', '<span class="j-text">"a\\": 1"</span>'),
        ('"cut <', '"cut &lt;'),
        ("</span><script>", "&lt;/span&gt;&lt;script&gt;"),
    ],
)
def test_json_has_classes_and_no_other_markup(text: str, shown: str) -> None:
    assert json_html(text) == shown
