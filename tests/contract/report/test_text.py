from __future__ import annotations

import pytest

from mockserver.contract.report import text
from mockserver.contract.report.text import HiddenSecrets

HIDDEN = HiddenSecrets({"sesame-open-1": "$KEY", "abc": "$SHORT"})


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("plain · é 漢", "plain · é 漢"),
        ("a\nb\r\tc", "a\\nb\\r\\tc"),
        ("\x1b[31m\x07\x9b", "\\x1b[31m\\x07\\x9b"),
        ("\u202eabc\u2028\ufeff", "\\u202eabc\\u2028\\ufeff"),
        ("\ud800\U000e0001", "\\ud800\\U000e0001"),
    ],
)
def test_a_line_holds_nothing_that_a_terminal_acts_on(given: str, shown: str) -> None:
    assert text.one_line(given) == shown


def test_a_line_is_cut_where_it_is_too_long() -> None:
    assert text.one_line("x" * 11, 10) == "x" * 9 + "…"
    assert text.one_line("x" * 10, 10) == "x" * 10


def test_xml_gets_no_sign_that_it_cannot_hold() -> None:
    assert text.xml("a\x00\x0b\ud800\uffffb\n") == "a\\x00\\x0b\\ud800\\uffffb\n"


@pytest.mark.parametrize(
    ("number", "unit", "told"),
    [
        (1, "calls", "1 call"),
        (1, "sequences", "1 sequence"),
        (0, "items", "0 items"),
        (1204, "items", "1,204 items"),
    ],
)
def test_things_are_counted(number: int, unit: str, told: str) -> None:
    assert text.counted(number, unit) == told


def test_a_secret_is_its_variable_wherever_it_stands() -> None:
    assert HIDDEN.text("x sesame-open-1 y") == "x $KEY y"
    assert HIDDEN.body(b'{"a": "sesame-open-1"}') == '{"a": "$KEY"}'
    assert HIDDEN.octets(b"\xffsesame-open-1") == b"\xff$KEY"
    assert HIDDEN.headers({"authorization": "Bearer sesame-open-1"}) == {"authorization": "Bearer $KEY"}
    assert HIDDEN.path("/x?k=sesame-open-1") == "/x?k=$KEY"


def test_a_text_too_short_to_be_a_secret_stays() -> None:
    assert HIDDEN.text("abc") == "abc"


def test_credentials_that_nobody_named_are_cut() -> None:
    assert HIDDEN.headers({"x-api-key": "another-key"}) == {"x-api-key": "an…"}
    assert HIDDEN.path("/x?access_token=another") == "/x?access_token=an…"
    assert HIDDEN.body(b'{"access_token": "another"}') == '{"access_token": "an…"}'


def test_octets_that_are_no_text_are_shown() -> None:
    assert HIDDEN.body(b"a\xff") == "a\\xff"
