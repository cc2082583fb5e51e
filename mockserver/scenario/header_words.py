"""Header names and values of a scenario: what HTTP could not carry, or would carry twice."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mockserver.model import Document
from mockserver.scenario.structure import Finding, cut

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,200}")
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")


def wrong_names(node: Document, member: str) -> Iterator[Finding]:
    """Names that no header has, and those that differ from another in their case only (RFC 9110 §5.1)."""
    seen: dict[str, str] = {}
    for name in node.get(member, ()):
        if not _NAME.fullmatch(name):
            cure = "use letters, digits and hyphens"
            yield Finding((member, name), "bad-header", f'"{cut(name)}" is no name of a header', cure)
        first = seen.setdefault(name.lower(), name)
        if first != name:
            detail = f"{name} is {first} once more: the case of a header's name does not count"
            yield Finding((member, name), "contradiction", detail, "take one of them out")


def wrong_values(node: Document, member: str) -> Iterator[Finding]:
    """Values with what no header can carry."""
    for name, value in node.get(member, {}).items():
        yield from wrong_value(value, (member, name))


def wrong_value(value: str, path: tuple[str, ...]) -> Iterator[Finding]:
    """A value with line breaks, control characters or letters beyond Latin-1 (RFC 9110 §5.5)."""
    if not _VALUE.fullmatch(value):
        detail = f'a header cannot carry "{cut(value)}"'.replace("\n", "\\n").replace("\r", "\\r")
        cure = "leave out line breaks, control characters and letters beyond Latin-1"
        yield Finding(path, "bad-header", detail, cure)
