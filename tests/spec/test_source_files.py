"""Files are read as their authors meant; what cannot be read is said plainly."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from mockserver.errors import SpecError
from mockserver.spec.source_files import parse, read_source, read_text


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_text_is_read_in_its_encoding(encoding: str, tmp_path: Path) -> None:
    file = tmp_path / "api.yaml"
    file.write_bytes("title: Ü".encode(encoding))

    assert read_text(file) == "title: Ü"


@pytest.mark.parametrize(
    ("text", "document"),
    [
        ('{"a": "\\ud83d\\ude00 \\ud83d!"}', {"a": "😀 \ufffd!"}),
        ("a: =", {"a": "="}),
        ('{"a": 1, # why\n "b": [2,],}', {"a": 1, "b": [2]}),
        ('{"a": 1.10, "b": NaN, "c": 1e400}', {"a": Decimal("1.10"), "b": "NaN", "c": "1e400"}),
        ("a: 1\na: 2", {"a": 2}),
        ("200: no\non: 2026-01-01", {"200": "no", "on": "2026-01-01"}),
        ("a: &x {b: 1}\nc: {<<: *x, d: *x}", {"a": {"b": 1}, "c": {"b": 1, "d": {"b": 1}}}),
        ("# nothing", None),
    ],
)
def test_a_text_is_read_as_it_is_meant(text: str, document: Any) -> None:
    assert parse(text, "api.yaml") == document


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [", r"not YAML: .*line 2"),
        ("a: 1\n---\nb: 2", "another document"),
        ("a: !car {}", "tag"),
        ("a: &a [*a]", "endless"),
        ("[" * 201 + "]" * 201, "nested deeper than 200 levels"),
        ("- " * 1000 + "1", "nested deeper than 200 levels"),
    ],
)
def test_a_text_that_cannot_be_read_is_refused(text: str, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        parse(text, "api.yaml")


def test_a_byte_that_is_no_text_is_refused_with_a_cure(tmp_path: Path) -> None:
    (tmp_path / "api.yaml").write_bytes("title: Ü".encode("latin-1"))

    with pytest.raises(SpecError) as caught:
        read_source(tmp_path / "api.yaml")
    assert caught.value.cure == "save it as UTF-8"


def local(reference: str, folder: Path, **parts: str) -> dict[str, Any]:
    """The document of a root with a reference, with its parts: files in a folder below."""
    (folder / "more parts").mkdir()
    for name, text in parts.items():
        (folder / "more parts" / f"{name}.yaml").write_text(text)
    (folder / "api.yaml").write_text(f"at: {{$ref: {reference!r}}}\nown: 1")
    return read_source(folder / "api.yaml").document


@pytest.mark.parametrize(
    ("reference", "made"),
    [
        ("more parts/a.yaml#/b", "#/x-parts/more parts~1a.yaml/b"),
        ("./more%20parts/a.yaml", "#/x-parts/more parts~1a.yaml"),
        ("more parts/a.yaml#name", "#/x-parts/more parts~1a.yaml/#name"),
        ("api.yaml#/own", "#/own"),
        ("#/own", "#/own"),
    ],
)
def test_a_reference_to_a_part_becomes_local(reference: str, made: str, tmp_path: Path) -> None:
    assert local(reference, tmp_path, a="b: 1")["at"]["$ref"] == made


@pytest.mark.parametrize(
    "reference",
    [
        "nowhere.yaml#/a",
        "https://example.com/a.yaml",
        "//[x",
        "a\0b",
        "x" * 5000,
        "",
        ".",
        "/dev/zero",
        "more parts/broken.yaml",
    ],
)
def test_a_reference_to_what_cannot_be_read_stays(reference: str, tmp_path: Path) -> None:
    (tmp_path / "api.yaml").touch()
    found = local(reference.replace("\0", "%00"), tmp_path, broken="a: [")

    assert found["at"]["$ref"] == reference.replace("\0", "%00")
    assert "x-parts" not in found


def test_parts_refer_to_one_another_and_to_the_root(tmp_path: Path) -> None:
    a, b = (
        "next: {$ref: 'b.yaml#/next'}\nhere: {$ref: '#/next'}",
        "next: {$ref: a.yaml}\nup: {$ref: ../api.yaml#/own}",
    )

    assert local("more parts/a.yaml", tmp_path, a=a, b=b)["x-parts"] == {
        "more parts/a.yaml": {
            "next": {"$ref": "#/x-parts/more parts~1b.yaml/next"},
            "here": {"$ref": "#/x-parts/more parts~1a.yaml/next"},
        },
        "more parts/b.yaml": {"next": {"$ref": "#/x-parts/more parts~1a.yaml"}, "up": {"$ref": "#/own"}},
    }


def test_the_other_files_are_known_missing_ones_too(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("b: {$ref: missing.yaml}")
    (tmp_path / "api.yaml").write_text("a: {$ref: a.yaml}")

    found = read_source(tmp_path / "api.yaml").files

    assert [file.name for file in found] == ["a.yaml", "missing.yaml"]
