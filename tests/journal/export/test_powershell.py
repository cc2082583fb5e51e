"""The words are read back by a parser of PowerShell's quoted texts; tests/clients runs them in a pwsh."""

from __future__ import annotations

import re
from base64 import b64decode

import pytest

from mockserver.journal.export.commands import powershell_command, powershell_word
from mockserver.journal.view import View
from tests.support.journal_entries import ENTRY, entry

TRUE = View(shown=True)
QUOTED = re.compile("'((?:[^'\u2018-\u201b]|'')*)'")
"""PowerShell takes the four curly quotes for quotes too, so none may stand there."""

TEXTS = [
    "it's",
    "''",
    'a "b" $HOME $(id) `n `',
    "é\nü\r\n\tx",
    "back\\slash \\u0041 é",
    "\u2018curly\u2019",
    "\U0001f600",
    "\x7f\x01",
    "@{ a = 1 }; #",
    "",
]


def read(word: str) -> str:
    """What PowerShell makes of the expression."""
    inner = word.removeprefix("([regex]::Unescape(").removesuffix("))")
    found = QUOTED.fullmatch(inner)
    assert found, word
    text = found[1].replace("''", "'")
    if inner == word:
        return text
    units = re.sub(r"\\(u[0-9a-f]{4}|\\)", lambda one: chr(int(one[1][1:] or "5c", 16)), text)
    return units.encode("utf-16", "surrogatepass").decode("utf-16")


def test_a_call_is_a_command_over_lines() -> None:
    assert powershell_command(ENTRY, TRUE) == (
        "Invoke-WebRequest -UseBasicParsing -Method PUT -Uri 'http://127.0.0.1:8080/acme/orders?page=2' `\n"
        "  -ContentType 'application/json' `\n"
        "  -Headers @{ 'authorization' = 'Bearer abcdef' } `\n"
        "  -Body ([Text.Encoding]::UTF8.GetBytes('{\"orders\":[]}'))\n"
    )


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_is_read_as_it_was(text: str) -> None:
    word = powershell_word(text)

    assert read(word) == text
    assert (word.isascii(), word.isprintable()) == (True, True)


def test_a_body_that_is_no_text_is_given_as_its_bytes() -> None:
    made = powershell_command(entry(body=b"\xff\x00"), TRUE)

    assert b64decode(made.partition("FromBase64String('")[2].partition("'")[0]) == b"\xff\x00"


def test_a_method_of_nobody_is_a_custom_one() -> None:
    assert " -CustomMethod PURGE " in powershell_command(entry(method="PURGE"), TRUE)


def test_a_call_without_headers_and_body_has_neither() -> None:
    made = powershell_command(entry(headers={}, body=b"", method="GET"), TRUE)

    assert made.count("\n") == 1
