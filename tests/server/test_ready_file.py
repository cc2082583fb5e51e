from __future__ import annotations

from pathlib import Path

import pytest

from mockserver.server.files import ReadyFile
from mockserver.server.listening import StartupError

URL = "http://127.0.0.1:8080/"


def test_the_file_holds_the_address_until_the_end(tmp_path: Path) -> None:
    file = tmp_path / "ready"
    ready = ReadyFile(file)

    with ready.removed_at_end():
        before = file.exists()
        ready.write(URL)
        content = file.read_text(encoding="utf-8")

    assert (before, content, file.exists()) == (False, f"{URL}\n", False)


@pytest.mark.parametrize("content", ["", URL, f"{URL}\n", "https://[::1]:80/\n"])
def test_what_a_killed_server_left_is_removed_at_the_start(tmp_path: Path, content: str) -> None:
    file = tmp_path / "ready"
    file.write_text(content, encoding="utf-8")

    with ReadyFile(file).removed_at_end():
        assert not file.exists()


@pytest.mark.parametrize("content", ["notes", f"{URL}\nnotes", "x" * 5000])
def test_a_file_of_something_else_is_refused_and_stays(tmp_path: Path, content: str) -> None:
    file = tmp_path / "notes.txt"
    file.write_text(content, encoding="utf-8")

    with (
        pytest.raises(StartupError, match="something else than an address"),
        ReadyFile(file).removed_at_end(),
    ):
        pass

    assert file.read_text(encoding="utf-8") == content


def test_the_file_goes_when_the_server_fails(tmp_path: Path) -> None:
    ready = ReadyFile(tmp_path / "ready")

    def fail() -> None:
        with ready.removed_at_end():
            ready.write(URL)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()

    assert not ready.file.exists()


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with (
        pytest.raises(StartupError, match="there is no folder"),
        ReadyFile(tmp_path / "no" / "f").removed_at_end(),
    ):
        pass
