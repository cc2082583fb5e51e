from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yaml import YAMLError

from mockserver.codec.yaml import EventReader, PlainLoader, dump, load, load_by_nodes
from mockserver.model import Json
from mockserver.spec.folder import specs_folder

_PIECES = (
    *("a: ", "b: ", "<<: ", "? ", "- ", "-", "{", "}", "[", "]", ", ", ": ", "\n", "\n  ", "---\n", "...\n"),
    *("&x ", "&y ", "*x", "*y", "!!str ", "!!int ", "! ", "|\n", ">-\n", "# c\n", '"a"', "'<<'", '""'),
    *(
        "1",
        "01",
        "0x1F",
        "1.50",
        "1:30",
        "1_0",
        ".5",
        "~",
        "null",
        "true",
        "no",
        "on",
        "=",
        "2026-01-05",
        "é",
    ),
)
_DOCUMENTS = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text()
    | st.decimals(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def _outcome(text: str, *, by_nodes: bool) -> str:
    try:
        return repr(load_by_nodes(text) if by_nodes else load(text))
    except YAMLError as error:
        return f"{type(error).__name__}: {error}"


@given(st.lists(st.sampled_from(_PIECES), max_size=14).map("".join))
def test_any_text_is_read_as_by_nodes(text: str) -> None:
    assert _outcome(text, by_nodes=False) == _outcome(text, by_nodes=True)


@given(_DOCUMENTS.map(dump))
def test_any_document_is_read_as_by_nodes(text: str) -> None:
    assert _outcome(text, by_nodes=False) == _outcome(text, by_nodes=True)


@pytest.mark.parametrize(
    "text",
    [
        "a: &x {k: 1, l: 2}\nb: {l: 3, <<: *x, m: 4}",
        "a: &x [1, 2]\nb: *x",
        "a: &x {k: 1}\nb: &y {l: 2}\nc: {<<: [*x, *y], k: 3}",
        "a: &x {k: 1}\nb: {<<: *x, <<: *x}",
        "a: &x 1\nb: &x 2\nc: *x",
        "a: &x [*x]",
        "a: {<<: {k: 1}}",
        "a: {'<<': 1, <<: {k: 1}}",
        "&x a: 1\nb: *x",
        "*x : 1",
        "[a, b]: 1",
        "",
    ],
)
def test_anchors_merges_and_mistakes_are_read_as_by_nodes(text: str) -> None:
    assert _outcome(text, by_nodes=False) == _outcome(text, by_nodes=True)


@pytest.mark.parametrize("file", sorted(specs_folder().glob("*.yaml")), ids=lambda file: file.stem)
def test_a_packaged_spec_is_read_as_by_nodes(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert _outcome(text, by_nodes=False) == _outcome(text, by_nodes=True)


@pytest.mark.parametrize("file", sorted(specs_folder().glob("*.yaml")), ids=lambda file: file.stem)
def test_a_packaged_spec_needs_no_reading_by_nodes(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert EventReader(PlainLoader(text)).read() == load(text)


def test_an_alias_is_the_anchored_object_itself() -> None:
    document: Json = load("a: &x {k: 1}\nb: *x")
    assert document["a"] is document["b"]


@pytest.mark.parametrize("text", ["1.50", "0.10", "12345678901234567890.12", "1.5e+3"])
def test_a_float_is_an_exact_decimal(text: str) -> None:
    assert str(load(f"amount: {text}")["amount"]) == text.upper()


def test_underscores_in_a_float_part_its_thousands() -> None:
    assert str(load("amount: 1_000.50")["amount"]) == "1000.50"


@pytest.mark.parametrize("text", ["2026-01-05", "2026-01-05T09:00:00Z", "2026-01-05 09:00:00"])
def test_a_date_is_the_text_it_is(text: str) -> None:
    assert load(f"at: {text}") == {"at": text}


BOMB = (
    "a: &a ["
    + ",".join("x" * 9)
    + "]\n"
    + "".join(
        f"{name}: &{name} [{','.join([f'*{below}'] * 9)}]\n" for below, name in pairwise("abcdefghijkl")
    )
)


@pytest.mark.parametrize(
    "text",
    [
        *("a: .inf", "a: .nan", "a: 1:30.5", "a: [", "a: 1\n---\na: 2", "a: \0", "%YAML 9.9\n---\na"),
        *("!!python/object:os.system x", "!!python/object/apply:os.system [ls]", "!own x"),
        *(
            "!!omap [a: 1]",
            "!!omap x",
            "!!pairs [a: 1]",
            "!!set {a, b}",
            "!!set x",
            "!!binary aGk=",
            "!!binary [a]",
        ),
        *("!!timestamp 2001-02-30", "!!timestamp x", "!!timestamp 2026-01-05", "!!merge x", "!!value x"),
        *(
            "!!int x",
            "!!int 0x",
            "!!int ''",
            "!!bool x",
            "!!bool ''",
            "!!float x",
            "!!float NaN",
            "!!float inf",
        ),
        *("!!str [a]", "!!map [a]", "!!seq {a: 1}", "? [a]\n: b", "? {a: 1}\n: b", "&a {*a : 1}"),
        *("&a [*a]", "&a {x: *a}", "a: &b {c: [*b]}", "*nope", BOMB),
        *("1" * 5000, "0x" + "f" * 5000, "1.0e+999999999", "a: -1.0e-999999999"),
        *(sign * 100_000 for sign in ("[", "{a: ", "- ")),
        *(f"!!str x: {'[' * 100_000}", "[" * 100_000 + "]" * 100_000),
    ],
    ids=lambda text: text[:30],
)
def test_what_is_no_plain_yaml_is_an_error_of_yaml(text: str) -> None:
    with pytest.raises(YAMLError):
        load(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("!!str 1", "1"),
        ("!!int '1'", 1),
        ("!!map {a: 1}", {"a": 1}),
        ("&a [1]", [1]),
        ("[&a {b: 1}, *a, *a]", [{"b": 1}] * 3),
    ],
)
def test_plain_data_may_have_tags_and_aliases(text: str, value: object) -> None:
    assert load(text) == value


def test_a_key_is_the_text_it_is() -> None:
    assert load("200: a\non: b\n1.50: c\n") == {"200": "a", "on": "b", "1.50": "c"}


def test_a_key_that_is_there_twice_is_refused_with_the_line_of_the_first() -> None:
    with pytest.raises(YAMLError, match="the key a occurs twice, first in line 1"):
        load("a: 1\nb: 2\na: 3\n")


def test_a_merged_key_may_be_there_again() -> None:
    text = "x: &x {a: 1, b: 2}\ny: &y {<<: *x, a: 3}\nz: {<<: *y, b: 4}\n"

    assert load(text) == {"x": {"a": 1, "b": 2}, "y": {"a": 3, "b": 2}, "z": {"a": 3, "b": 4}}


def test_only_true_and_false_are_truth_values() -> None:
    text = "[yes, no, on, off, NO, y, true, False]"

    assert load(text) == ["yes", "no", "on", "off", "NO", "y", True, False]
