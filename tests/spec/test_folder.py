from __future__ import annotations

from pathlib import Path

from mockserver.spec.folder import spec_files_in


def test_a_folder_has_specs_of_both_endings(tmp_path: Path) -> None:
    for name in ("b.yaml", "a.yml", "_part.yaml", ".hidden.yml", "notes.txt"):
        (tmp_path / name).touch()

    assert [file.name for file in spec_files_in(tmp_path)] == ["a.yml", "b.yaml"]


def test_a_folder_that_is_not_there_has_none(tmp_path: Path) -> None:
    assert spec_files_in(tmp_path / "nowhere") == []
