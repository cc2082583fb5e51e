"""Notice that files have changed, by looking at them again and again.

Looking costs a few calls of `stat` and works everywhere: in mounted folders of containers and on network
drives too, where the notices of the operating system that watchfiles waits for do not arrive.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TypeAlias

from mockserver.spec.folder import spec_files_in

PAUSE_S = 0.5

Stamps: TypeAlias = Mapping[Path, tuple[int, int, int]]
"""Time of change, size and number of each file."""


def stamps_of(places: Iterable[Path]) -> Stamps:
    """Return the stamps of files, and of all specs in folders; a file that is not there has none."""
    found: dict[Path, tuple[int, int, int]] = {}
    for place in places:
        for file in spec_files_in(place) if place.is_dir() else [place]:
            try:
                stat = file.stat()
            except OSError:
                continue
            found[file] = stat.st_mtime_ns, stat.st_size, stat.st_ino
    return found


def changed_files(before: Stamps, after: Stamps) -> list[Path]:
    """Return the files that were changed, added or removed, sorted."""
    return sorted(file for file in {**before, **after} if before.get(file) != after.get(file))


async def watch(
    places: Iterable[Path], used: Stamps, reload: Callable[[list[Path]], None], pause_s: float = PAUSE_S
) -> None:
    """Call `reload` with the changed files whenever there are some, in a thread; never return.

    `used` are the stamps from before the files were read the first time. Files that change twice within the
    pause are waited for, so that half-written ones are not read.
    """
    watched = tuple(places)
    seen = used
    while True:
        await asyncio.sleep(pause_s)
        now = stamps_of(watched)
        if now == seen != used:
            await asyncio.to_thread(reload, changed_files(used, now))
            used = now
        seen = now
