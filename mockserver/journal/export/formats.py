"""The formats of recorded calls: a row here and a module with the writer are a new one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class Format:
    """A format of calls.

    `file_name` has the placeholders `{stem}` and `{word}`, the stem as an identifier; "" for no download.
    `writer` is the module and the function that returns the text: of a story (one argument), or of one call
    alone (`of_one_call`: entry and view).
    """

    name: str
    title: str
    file_title: str
    media_type: str
    file_name: str
    writer: str

    @property
    def of_one_call(self) -> bool:
        return not self.file_title

    def text(self, *source: object) -> str:
        """Write the text; the writer is imported on first use, because the command line needs only names."""
        module, _, function = self.writer.partition(":")
        text: str = getattr(import_module(f"mockserver.journal.export.{module}"), function)(*source)
        return text

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
    Format("har", "HAR", "HAR file", "application/json", "", "archives:har_story"),
    Format(
        "postman",
        "Postman",
        "Postman collection",
        "application/json",
        "{stem}.postman.json",
        "archives:postman_text",
    ),
    Format("command", "curl", "", "text/x-shellscript", "{stem}.sh", "scripts:call_command"),
)

FORMATS: Final[Mapping[str, Format]] = MappingProxyType({row.name: row for row in _ROWS})
"""All formats by name, in the order of the command line."""
