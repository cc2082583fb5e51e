"""Preparation of foreign text for display: escaped, cut, without secrets."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from html import escape

from msgspec import field

from mockserver.codec.masking import Redaction
from mockserver.model import Value

CUT = "…"
MOST_ANNOTATIONS = 10
"""Maximum number of annotations of a step that GitHub shows; GitHub silently drops further annotations."""

_SHORTEST_SECRET = 4
_NOT_XML = re.compile("[^\\t\\n\\r\\x20-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]")
_NUMBER = re.compile(r"\A\d+\. ")
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def one_line(text: str, longest: int = 400) -> str:
    shown = "".join(_escaped(sign) for sign in text[: longest + 1])
    return f"{shown[: longest - 1]}{CUT}" if len(shown) > longest else shown


def xml(text: str) -> str:
    return _NOT_XML.sub(lambda found: _escaped(found[0]), text)


def number_lines(steps: Sequence[str]) -> list[str]:
    return [f"{number}. {_NUMBER.sub('', step)}" for number, step in enumerate(steps, 1)]


def counted(number: int, unit: str) -> str:
    """Return a number with its unit, such as "1,204 items" or "1 sequence"; `unit` is the plural."""
    if number == 1:
        unit = f"{unit[:-3]}y" if unit.endswith("ies") else unit.removesuffix("s")
    return f"{number:,} {unit}"


def markdown_cell(text: str) -> str:
    """Return a text escaped for one cell of a Markdown table."""
    return escape(one_line(text)).replace("|", "\\|").replace("`", "\\`")


def workflow_command(kind: str, properties: Iterable[tuple[str, object]], text: str) -> str:
    """Return a workflow command of GitHub, such as `::error file=a.yaml,line=3::text`."""
    given = ",".join(f"{name}={_property(str(value))}" for name, value in properties)
    return f"::{kind}{' ' if given else ''}{given}::{_command_text(text)}"


def annotation(title: str, text: str, place: Iterable[tuple[str, str]] = ()) -> str:
    """Return the workflow command that shows an error; `place` has properties such as the file."""
    return workflow_command("error", [*place, ("title", title)], text)


def first_annotations(annotations: Sequence[str], command: str) -> list[str]:
    """Return at most `MOST_ANNOTATIONS`; if more are given, the last (`command`) counts the rest."""
    more = len(annotations) - MOST_ANNOTATIONS + 1
    if more <= 1:
        return list(annotations)
    return [*annotations[: MOST_ANNOTATIONS - 1], annotation(command, f"{more} more in the summary")]


def _command_text(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _command_text(text).replace(":", "%3A").replace(",", "%2C")


class HiddenSecrets(Value, frozen=True):
    """Replacement of secrets in reports."""

    texts: Mapping[str, str] = field(default_factory=dict)
    """For each secret, its replacement (a variable)."""
    redaction: Redaction = field(default_factory=Redaction)
    """What masks all further credentials."""

    def text(self, text: str) -> str:
        for secret in sorted(self.texts, key=len, reverse=True):
            if len(secret) >= _SHORTEST_SECRET:
                text = text.replace(secret, self.texts[secret])
        return text

    def octets(self, body: bytes) -> bytes:
        return self.text(body.decode("latin-1")).encode("latin-1", "replace")

    def body(self, body: bytes) -> str:
        """Return a body as text, in which octets that are not UTF-8 are escaped in hexadecimal."""
        return self.redaction.text(self.text(body.decode(errors="backslashreplace")))

    def utf_8(self, body: bytes) -> str | None:
        """Return a body as text, or None if it is not UTF-8."""
        try:
            body.decode()
        except UnicodeDecodeError:
            return None
        return self.body(body)

    def headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Return headers in which known secrets are replaced, and all further credentials are masked."""
        return {
            name: hidden if (hidden := self.text(text)) != text else self.redaction.header(name, text)
            for name, text in headers.items()
        }

    def path(self, path: str) -> str:
        before, mark, query = self.text(path).partition("?")
        return f"{before}{mark}{self.redaction.query(query)}"


def _escaped(sign: str) -> str:
    if sign.isprintable() or unicodedata.category(sign) not in _INVISIBLE:
        return sign
    return sign.encode("unicode_escape").decode()
