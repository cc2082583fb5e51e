from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yaml import YAMLError

from mockserver.codec.yaml import dump, load, load_by_nodes
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


def test_an_alias_is_the_anchored_object_itself() -> None:
    document: Json = load("a: &x {k: 1}\nb: *x")
    assert document["a"] is document["b"]
