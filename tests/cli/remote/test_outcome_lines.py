from __future__ import annotations

import io
import sys
from typing import Any

import pytest

from mockserver.cli.output import SIGNS, counted, item_lines, shorten, table_lines, write_lines

PROBLEM = {"code": "too-large", "pointer": "/1/amount", "detail": "too large", "rule": ""}


def item(index: int, action: str, *problems: Any, warnings: Any = ()) -> dict[str, Any]:
    return {
        "index": index,
        "key": f"R{index}",
        "action": action,
        "problems": list(problems),
        "warnings": list(warnings),
    }


def plain(lines: Any) -> list[str]:
    """Return lines without colours."""
    return [line.replace("\x1b[0m", "").split("m", 1)[-1] if "\x1b" in line else line for line in lines]


@pytest.mark.parametrize("action", [name for name in SIGNS if name not in ("warned", "lost")])
def test_an_item_has_its_sign_and_word(action: str) -> None:
    (line,) = item_lines([item(0, action)])

    assert f"{SIGNS[action][0]} {action}" in line
    assert line.endswith("R0")


def test_an_accepted_item_with_warnings_has_the_sign_of_warnings() -> None:
    first, second = item_lines([item(0, "created", warnings=[PROBLEM])])

    assert "▲ created" in first
    assert second.strip() == "too large"


def test_an_item_that_a_rule_dropped_is_lost_and_says_why() -> None:
    problem = {
        **PROBLEM,
        "code": "lost",
        "pointer": "/1",
        "detail": "left out and not stored by rule qa/lose",
    }

    first, second = item_lines([item(1, "skipped", problem)])

    assert "○ lost " in first
    assert second.strip() == "left out and not stored by rule qa/lose"


def test_an_item_that_a_rule_changed_says_so_even_among_many() -> None:
    effect = {"rule": "qa/lose", "did": ["omitted"], "detail": "left out of the answer"}
    items = [item(index, "created") for index in range(30)]
    items[17]["effect"] = effect

    first, second, rest = item_lines(items)

    assert first.endswith("R17")
    assert second.strip() == "left out of the answer: rule qa/lose"
    assert rest.strip() == "… 29 more items"


def test_a_refused_item_has_pointer_and_message_of_each_problem() -> None:
    other = {**PROBLEM, "pointer": "/1/id", "detail": ""}

    first, *rest = item_lines([item(1, "rejected", PROBLEM, other)])

    assert first.endswith("R1   /1/amount")
    assert [line.strip() for line in rest] == ["too large", "/1/id", "too-large"]


def test_amounts_stand_in_a_column() -> None:
    money: list[dict[str, Any]] = [{"amount": "5.00", "currency": "EUR"}, {"amount": "100", "currency": None}]
    lines = list(item_lines([{**item(at, "created"), **one} for at, one in enumerate(money)]))

    assert [line[-10:] for line in lines] == ["  EUR 5.00", "       100"]


def test_of_many_items_those_with_problems_are_shown_and_the_others_counted() -> None:
    many = [item(index, "created") for index in range(30)]
    many[17] = item(17, "rejected", PROBLEM)

    lines = list(item_lines(many))

    assert "R17" in lines[0]
    assert lines[-1] == "  … 29 more items"


def test_text_of_others_cannot_move_the_cursor() -> None:
    assert shorten("a\x1b[2Jb\nc") == "a\\x1b[2Jb\\nc"
    assert shorten("x" * 100) == "x" * 79 + "…"


def test_numbers_agree_with_their_nouns() -> None:
    assert (counted(1, "rule"), counted(2000, "rule")) == ("1 rule", "2,000 rules")


def test_columns_are_aligned() -> None:
    assert list(table_lines([("a", "bb"), ("ccc", "d")])) == ["a    bb", "ccc  d"]


def test_a_stream_without_utf_8_gets_ascii(monkeypatch: pytest.MonkeyPatch) -> None:
    octets = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(octets, encoding="ascii"))

    write_lines([*item_lines([item(0, "created")]), "a → b … ü"])

    sys.stdout.flush()
    assert octets.getvalue() == b"  0  + created    R0\na -> b ... \\xfc\n"


def test_an_item_without_a_key_says_so() -> None:
    item = {"index": 4, "key": "", "action": "created", "problems": [], "warnings": []}

    assert [line.endswith("  no key") for line in item_lines([item])] == [True]
