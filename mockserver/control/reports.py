"""List and read the reports in a folder; files outside the folder cannot be read."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from html import unescape
from pathlib import Path, PurePosixPath

from mockserver.codec import json, xml
from mockserver.codec.instants import print_instant
from mockserver.control.control_call import ControlError, UnknownNameError
from mockserver.errors import MalformedBody
from mockserver.model import Document, Json, Reply, Value

MAX_REPORTS = 500
MAX_FILE_BYTES = 20 * 1024 * 1024
_MAX_LOOKED_AT = 5000
_MAX_DEPTH = 3

KINDS: Mapping[str, str] = {
    ".html": "page",
    ".json": "summary",
    ".xml": "junit",
    ".har": "har",
    ".sh": "script",
    ".py": "test",
    ".yaml": "case",
    ".md": "text",
    ".txt": "text",
    ".log": "text",
    ".svg": "badge",
}
"""Kinds of reports, by the suffix of the file; files with other suffixes are neither listed nor read."""

MAX_READ_BYTES = 5 * 1024 * 1024
"""Maximum size of a file whose verdict is read."""

_HEAD_BYTES = 8192
_MAX_DIGITS = 9
_TITLE = re.compile(rb"<title>(\d{1,9}) failed, (\d{1,9}) passed")
_RUN = re.compile(rb'<meta name="mockserver-run" content="([^"]{1,8000})">')
_RUN_MEMBERS = ("command", "vendor", "result", "line")
_LONGEST_MEMBER = 1000


class ReportTooLargeError(ControlError):
    status = 413
    code = "report-too-large"


class _Report(Value, frozen=True):
    """Report in the folder."""

    path: str
    """Path below the folder, separated by `/`."""
    file: Path
    """File with all symbolic links resolved."""
    modified: float
    """Time of the last change, in seconds since 1970."""
    size_bytes: int

    def document(self) -> Document:
        kind = KINDS[self.file.suffix]
        return {
            "path": self.path,
            "kind": kind,
            "modified": print_instant(datetime.fromtimestamp(self.modified, UTC)),
            "bytes": self.size_bytes,
            **read_result(self.file, kind),
        }


class ReportOperations(Value, frozen=True):
    """Operations on reports."""

    folder: Path | None
    """Folder of the reports, or None if no folder is set. The folder may be missing."""

    def list_reports(self) -> Document:
        if self.folder is None:
            return {"folder": None, "reports": []}
        found = sorted(_files(self.folder.resolve()), key=lambda one: (-one.modified, one.path))
        return {
            "folder": str(self.folder),
            "reports": [one.document() for one in found[:MAX_REPORTS]],
        }

    def read_report(self, path: str) -> Reply:
        """Return a report as a download, so that no browser runs it.

        Raises UnknownNameError; ReportTooLargeError if the report is over 20 MB.
        """
        file = self._find(path)
        try:
            if file.stat().st_size > MAX_FILE_BYTES:
                raise ReportTooLargeError(f"{path} is over {MAX_FILE_BYTES:,} bytes; open it on the disk")
            content = file.read_bytes()
        except OSError:
            raise UnknownNameError(f"the report {path} cannot be read", code="unknown-report") from None
        headers = (("Content-Disposition", "attachment"), ("X-Content-Type-Options", "nosniff"))
        return Reply(200, content, "application/octet-stream", headers)

    def _find(self, path: str) -> Path:
        parts = PurePosixPath(path).parts
        is_plain = not any(part.startswith((".", "/")) or "\\" in part or "\0" in part for part in parts)
        if self.folder is not None and parts and is_plain:
            file = _inside(self.folder.resolve(), self.folder.joinpath(*parts))
            if file is not None:
                return file
        raise UnknownNameError(f"the folder of reports has no {path}", code="unknown-report")


def _files(root: Path) -> Iterator[_Report]:
    looked_at = 0
    for folder, folders, names in os.walk(root):
        below = Path(folder).relative_to(root)
        is_deep = len(below.parts) >= _MAX_DEPTH
        folders[:] = [] if is_deep else sorted(one for one in folders if not one.startswith("."))
        for name in sorted(names):
            looked_at += 1
            if looked_at > _MAX_LOOKED_AT:
                return
            file = None if name.startswith(".") else _inside(root, Path(folder, name))
            if file is not None:
                with suppress(OSError):  # it was deleted meanwhile
                    facts = file.stat()
                    yield _Report((below / name).as_posix(), file, facts.st_mtime, facts.st_size)


def _inside(root: Path, file: Path) -> Path | None:
    """Return `file` with symbolic links resolved, or None if the result is outside `root` or not a report."""
    try:
        real = file.resolve(strict=True)
        is_report = real.is_relative_to(root) and real.is_file() and real.suffix in KINDS
    except (OSError, RuntimeError):
        return None
    return real if is_report and file.suffix == real.suffix else None


def read_result(file: Path, kind: str) -> Document:
    """Return the numbers of checks in a file (`verdict`) and its run; None for each that cannot be read."""
    nothing: Document = {"verdict": None, "run": None}
    reader = _READERS.get(kind)
    try:
        if reader is None or file.stat().st_size > MAX_READ_BYTES:
            return nothing
        return {**nothing, **reader(file.read_bytes())}
    except (OSError, MalformedBody):
        return nothing


def _of_summary(content: bytes) -> Document:
    found = json.decode(content)
    json.check_depth(found)
    if isinstance(found, list) and found and all(isinstance(one, dict) and "passed" in one for one in found):
        passed = sum(one["passed"] is True for one in found)
        return _verdict(passed, len(found) - passed, 0)
    if not isinstance(found, dict):
        return {}
    counts = [found.get(name) for name in ("passed", "failed", "known")]
    numbers = [count for count in counts if isinstance(count, int) and not isinstance(count, bool)]
    return {**_run(found.get("run")), **(_verdict(*numbers) if len(numbers) == len(counts) else {})}


def _of_junit(content: bytes) -> Document:
    root = xml.parse(content)
    suites = [root] if root.tag == "testsuite" else list(root.findall("testsuite"))
    if root.tag not in ("testsuite", "testsuites") or not suites:
        return {}
    tests, failures, errors, skipped = (
        sum(_number(suite.get(name, "0")) for suite in suites)
        for name in ("tests", "failures", "errors", "skipped")
    )
    return _verdict(max(0, tests - failures - errors - skipped), failures + errors, skipped)


def _of_page(content: bytes) -> Document:
    head = content[:_HEAD_BYTES]
    title, run = _TITLE.search(head), _RUN.search(head)
    found = json.decode(unescape(run[1].decode(errors="replace")).encode()) if run else None
    return {**_run(found), **(_verdict(int(title[2]), int(title[1]), 0) if title else {})}


def _verdict(passed: int, failed: int, known: int) -> Document:
    return {"verdict": {"passed": passed, "failed": failed, "known": known}}


def _run(found: Json) -> Document:
    """Return the members of a run (`_RUN_MEMBERS`) that a report contains; {} if one is missing or long."""
    texts = {name: found.get(name) for name in _RUN_MEMBERS} if isinstance(found, dict) else {}
    is_run = texts and all(isinstance(text, str) and len(text) <= _LONGEST_MEMBER for text in texts.values())
    return {"run": texts} if is_run else {}


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _MAX_DIGITS else 0


_READERS: Mapping[str, Callable[[bytes], Document]] = {
    "summary": _of_summary,
    "junit": _of_junit,
    "page": _of_page,
}
