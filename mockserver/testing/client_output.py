"""Read what a client wrote, and cut it if it is long, without holding all of it in memory."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Sequence
from io import SEEK_END
from typing import BinaryIO

_MAX_BYTES = 1_000_000
_MAX_PART = 240_000
"""Maximum bytes of the beginning, and of the end, of a long output; lines with a name have twice as many."""

_MAX_LINE = 10_000
"""Bytes after which a longer line counts as several lines."""


def read_output(written: BinaryIO, names: Callable[[], Sequence[str]]) -> str:
    """Return the whole output or, of over a megabyte, its beginning, its end, and lines with a name.

    `names` returns the names; it is only called for over a megabyte.
    """
    size = written.seek(0, SEEK_END)
    written.seek(0)
    if size <= _MAX_BYTES:
        return written.read().decode(errors="replace")
    known = b"|".join(re.escape(name.encode(errors="replace")) for name in names() if name)
    named, head, tail = re.compile(known or rb"(?!)"), written.read(_MAX_PART), deque[bytes]()
    head += written.readline(_MAX_LINE)
    kept: list[bytes] = []
    tail_bytes, room, left_out = 0, 2 * _MAX_PART, 0
    while line := written.readline(_MAX_LINE):
        tail.append(line)
        tail_bytes += len(line)
        if tail_bytes > _MAX_PART:
            line = tail.popleft()
            tail_bytes -= len(line)
            if len(line) <= room and named.search(line):
                kept.append(line)
                room -= len(line)
            else:
                left_out += 1
    mark = f"\n… {left_out:,} lines left out …\n".encode()
    return b"".join((head, mark, *kept, *tail)).decode(errors="replace")
