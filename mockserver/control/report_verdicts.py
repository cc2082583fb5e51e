"""What a report says of its run; the file may have been written by anybody."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from mockserver.codec import json, xml
from mockserver.errors import MalformedBody
from mockserver.model import Document

MAX_READ_BYTES = 5 * 1024 * 1024
"""A longer file is not read for its verdict."""

_HEAD_BYTES = 4096
_MAX_DIGITS = 9
_TITLE = re.compile(rb"<title>(\d{1,9}) failed, (\d{1,9}) passed")


def read_verdict(file: Path, kind: str) -> Document | None:
    """Return the numbers of checks that passed, failed and failed as known; None if the file tells none."""
    reader = _READERS.get(kind)
    try:
        if reader is None or file.stat().st_size > MAX_READ_BYTES:
            return None
        return reader(file.read_bytes())
    except (OSError, MalformedBody):
        return None


def _of_summary(content: bytes) -> Document | None:
    found = json.decode(content)
    json.check_depth(found)
    if isinstance(found, list) and found and all(isinstance(one, dict) and "passed" in one for one in found):
        passed = sum(one["passed"] is True for one in found)
        return _verdict(passed, len(found) - passed, 0)
    if not isinstance(found, dict):
        return None
    counts = [found.get(name) for name in ("passed", "failed", "known")]
    numbers = [one for one in counts if isinstance(one, int) and not isinstance(one, bool)]
    return _verdict(*numbers) if len(numbers) == len(counts) else None


def _of_junit(content: bytes) -> Document | None:
    root = xml.parse(content)
    suites = [root] if root.tag == "testsuite" else list(root.findall("testsuite"))
    if root.tag not in ("testsuite", "testsuites") or not suites:
        return None
    tests, failures, errors, skipped = (
        sum(_number(one.get(name, "0")) for one in suites)
        for name in ("tests", "failures", "errors", "skipped")
    )
    return _verdict(max(0, tests - failures - errors - skipped), failures + errors, skipped)


def _of_page(content: bytes) -> Document | None:
    found = _TITLE.search(content[:_HEAD_BYTES])
    return _verdict(int(found[2]), int(found[1]), 0) if found else None


def _verdict(passed: int, failed: int, known: int) -> Document:
    return {"passed": passed, "failed": failed, "known": known}


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _MAX_DIGITS else 0


_READERS: Mapping[str, Callable[[bytes], Document | None]] = {
    "summary": _of_summary,
    "junit": _of_junit,
    "page": _of_page,
}
