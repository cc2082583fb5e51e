from __future__ import annotations

from pathlib import Path

import pytest

from mockserver.server.files import replace_file


def test_the_content_is_replaced(tmp_path: Path) -> None:
    file = tmp_path / "file"
    replace_file(file, b"long content")
    replace_file(file, b"short")

    assert (file.read_bytes(), list(tmp_path.iterdir())) == (b"short", [file])


def test_a_place_that_cannot_be_replaced_leaves_nothing_behind(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()

    with pytest.raises(OSError, match="director"):
        replace_file(folder, b"content")

    assert list(tmp_path.iterdir()) == [folder]
