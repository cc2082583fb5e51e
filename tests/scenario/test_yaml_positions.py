from __future__ import annotations

from decimal import Decimal

import pytest

from mockserver.scenario.yaml_positions import MAX_CHARACTERS, UNKNOWN_KEY, DocumentProblem, parse_yaml

TEXT = """\
name: flaky
rules:
  - id: r1
    match: {nth: 1}
"""


def test_keys_and_values_know_where_they_begin() -> None:
    found = parse_yaml(TEXT)

    assert found.document == {"name": "flaky", "rules": [{"id": "r1", "match": {"nth": 1}}]}
    key, value = (
        found.locate(DocumentProblem(("rules", 0, "match", "nth"), code, "", ""))
        for code in (UNKNOWN_KEY, "wrong-type")
    )
    assert (key.line, key.column) == (4, 13)
    assert (value.line, value.column) == (4, 18)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("null", None),
        ("~", None),
        ("", None),
        ("true", True),
        ("FALSE", False),
        ("12", 12),
        ("-7", -7),
        ("0o17", 15),
        ("0xff", 255),
        ("2.50", Decimal("2.50")),
        ("1e3", Decimal("1E+3")),
        (".5", Decimal("0.5")),
        ("no", "no"),
        ("on", "on"),
        ("2026-01-05", "2026-01-05"),
        ("1_000", "1_000"),
        ("1:30", "1:30"),
        ("'12'", "12"),
        ('"true"', "true"),
    ],
)
def test_a_scalar_means_what_yaml_1_2_says(text: str, value: object) -> None:
    found = parse_yaml(f"a: {text}").document["a"]

    assert (type(found), found) == (type(value), value)
    assert str(found) == str(value)


def test_json_is_read_as_yaml() -> None:
    found = parse_yaml('{"a":1,\t"b":[true,null,2.0],\n"c":"x\\/y"}')

    assert found.document == {"a": 1, "b": [True, None, Decimal("2.0")], "c": "x/y"}
    assert found.syntax_problems == ()


def test_keys_are_texts() -> None:
    assert parse_yaml("1: a\ntrue: b").document == {"1": "a", "true": "b"}


@pytest.mark.parametrize(
    ("text", "code", "position"),
    [
        ("a: &x 1", "anchor", (1, 4)),
        ("*x", "alias", (1, 1)),
        ("a: !!str 1", "tag", (1, 4)),
        ("a: !!python/object:os.system x", "tag", (1, 4)),
        ("!!map {a: 1}", "tag", (1, 1)),
        ("{a: 1, a: 2}", "duplicate-key", (1, 8)),
        ("? [1, 2]\n: 3", "bad-key", (1, 3)),
        ("a: .nan", "bad-number", (1, 4)),
        ("a: -.inf", "bad-number", (1, 4)),
        ("a: 1e999", "bad-number", (1, 4)),
        pytest.param(f"a: {'9' * 5000}", "bad-number", (1, 4), id="5,000 digits"),
        ("a: 1\n---\nb: 2", "not-one-document", (2, 1)),
        ("", "empty", (1, 1)),
        ("# nothing but a remark", "empty", (1, 1)),
        ("a: b: c", "unreadable", (1, 5)),
        ("a: [1, 2", "unreadable", (2, 1)),
        pytest.param("[" * 65, "too-deep", (1, 65), id="65 lists"),
        pytest.param("[" * 60_000, "too-deep", (1, 65), id="60,000 lists"),
        pytest.param("- " * 30_000, "too-deep", (1, 129), id="30,000 lists in block style"),
    ],
)
def test_what_is_no_plain_data_is_found_with_its_place(
    text: str, code: str, position: tuple[int, int]
) -> None:
    slip = parse_yaml(text).syntax_problems[0]

    assert (slip.code, (slip.line, slip.column)) == (code, position)
    assert slip.detail
    assert slip.hint


@pytest.mark.parametrize("text", ["a: \x00", "a: \ud800", "a: \x07"])
def test_characters_that_yaml_cannot_hold_are_refused(text: str) -> None:
    found = parse_yaml(text)

    assert found.document is None
    assert [slip.code for slip in found.syntax_problems] == ["unreadable"]


def test_a_long_text_is_not_looked_at() -> None:
    fits = "#" * MAX_CHARACTERS

    assert [slip.code for slip in parse_yaml(fits).syntax_problems] == ["empty"]
    assert [slip.code for slip in parse_yaml(f"{fits}#").syntax_problems] == ["too-large"]


def test_sixty_four_levels_are_read() -> None:
    assert parse_yaml(f"{'[' * 64}1{']' * 64}").syntax_problems == ()


def test_every_slip_of_a_text_is_found() -> None:
    slips = parse_yaml("a: &x 1\nb: *x\nc: {d: 1, d: 2}\ne: .inf").syntax_problems

    assert [(slip.code, slip.line) for slip in slips] == [
        ("anchor", 1),
        ("alias", 2),
        ("duplicate-key", 3),
        ("bad-number", 4),
    ]


def test_aliases_that_double_themselves_cost_nothing() -> None:
    bomb = "a0: &a0 [x]\n" + "".join(
        f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}, *a{n - 1}]\n" for n in range(1, 200)
    )

    found = parse_yaml(bomb)

    assert {slip.code for slip in found.syntax_problems} == {"anchor", "alias"}
    assert found.document["a199"] == [None, None, None]
