from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from mockserver.server.serving import changed_files, stamps_of, watch


def test_a_file_has_another_stamp_when_it_changes(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("one", encoding="utf-8")
    before = stamps_of([file])

    file.write_text("other", encoding="utf-8")

    assert changed_files(before, stamps_of([file])) == [file]


def test_a_file_of_the_same_size_has_another_stamp_when_it_is_written_again(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("one", encoding="utf-8")
    before = stamps_of([file])

    file.write_text("two", encoding="utf-8")
    os.utime(file, ns=(0, 0))

    assert changed_files(before, stamps_of([file])) == [file]


def test_nothing_has_changed_in_a_file_that_is_only_read(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("one", encoding="utf-8")
    before = stamps_of([tmp_path, file])

    file.read_text(encoding="utf-8")

    assert changed_files(before, stamps_of([tmp_path, file])) == []


def test_specs_that_are_added_and_removed_are_changes_of_their_folder(tmp_path: Path) -> None:
    old, new, other = (tmp_path / name for name in ("old.yaml", "new.yaml", "notes.txt"))
    old.touch()
    before = stamps_of([tmp_path])

    old.unlink()
    new.touch()
    other.touch()

    assert changed_files(before, stamps_of([tmp_path])) == [new, old]


def test_a_file_that_goes_is_a_change(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.touch()
    before = stamps_of([file])

    file.unlink()

    assert changed_files(before, stamps_of([file])) == [file]


@pytest.mark.parametrize("writes", [1, 3])
def test_a_change_is_reloaded_once_it_rests(tmp_path: Path, writes: int) -> None:
    file = tmp_path / "a.yaml"
    file.touch()
    reloaded: list[tuple[list[Path], str]] = []

    async def change() -> None:
        loop, ended = asyncio.get_running_loop(), asyncio.Event()

        def reload(changed: list[Path]) -> None:
            reloaded.append((changed, file.read_text(encoding="utf-8")))
            loop.call_soon_threadsafe(ended.set)

        watching = asyncio.create_task(watch([file], stamps_of([file]), reload, pause_s=0.01))
        for number in range(writes):
            file.write_text("x" * (number + 1), encoding="utf-8")
        await ended.wait()
        watching.cancel()

    asyncio.run(asyncio.wait_for(change(), 10))

    assert reloaded == [([file], "x" * writes)]


def test_a_change_between_the_first_reading_and_the_watching_is_noticed(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.touch()
    used = stamps_of([file])
    file.write_text("changed", encoding="utf-8")

    async def first_change() -> list[Path]:
        loop = asyncio.get_running_loop()
        found: asyncio.Future[list[Path]] = loop.create_future()

        def reload(changed: list[Path]) -> None:
            loop.call_soon_threadsafe(found.set_result, changed)

        watching = asyncio.create_task(watch([file], used, reload, pause_s=0.01))
        try:
            return await found
        finally:
            watching.cancel()

    assert asyncio.run(asyncio.wait_for(first_change(), 10)) == [file]
