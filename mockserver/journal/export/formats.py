"""Formats of exported calls. A new format needs a row in `_ROWS` and a writer in a module of this package."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import Final

from mockserver.model import Value


class Format(Value, frozen=True):
    """A format of a story, or of one call."""

    name: str
    title: str
    file_title: str
    """Title of a file with a story; "" if the format is of one call."""
    media_type: str
    file_name: str
    """Pattern with `{stem}` or `{word}` (the stem as an identifier)."""
    writer: str
    """`module:function`. The function gets a story, or the entry and the view of one call."""

    @property
    def of_one_call(self) -> bool:
        return not self.file_title

    def content(self, *source: object) -> bytes:
        """Return `source` in this format. Import the writer only now: the command line needs only names."""
        module, _, function = self.writer.partition(":")
        made: str | bytes = getattr(import_module(f"mockserver.journal.export.{module}"), function)(*source)
        return made.encode() if isinstance(made, str) else made

    def named(self, stem: str) -> str:
        return self.file_name.format(stem=stem, word=stem.replace("-", "_"))


_ROWS = (
    Format("case", "case", "Case file", "application/yaml", "{stem}.yaml", "case_file:write_case_file"),
    Format("pytest", "pytest", "Test for pytest", "text/x-python", "test_{word}.py", "scripts:pytest_source"),
    Format(
        "curl",
        "shell script",
        "Shell script (recommended: needs curl alone)",
        "text/x-shellscript",
        "{stem}.sh",
        "scripts:shell_script",
    ),
    Format("har", "HAR", "HAR file", "application/json", "{stem}.har", "archives:har_story"),
    Format(
        "postman",
        "Postman",
        "Postman collection",
        "application/json",
        "{stem}.postman.json",
        "archives:postman_collection",
    ),
    Format("command", "curl", "", "text/x-shellscript", "{stem}.sh", "scripts:call_command"),
)

FORMATS: Final[Mapping[str, Format]] = MappingProxyType({row.name: row for row in _ROWS})
"""All formats by name, in the order of the command line."""
