from __future__ import annotations

import pytest

from mockserver.codec.curl import shell_quote


@pytest.mark.parametrize(
    ("octets", "word"),
    [
        (b"plain-1", "plain-1"),
        (b"", "''"),
        (b"two words", "'two words'"),
        (b"it's", "'it'\\''s'"),
        ("é".encode(), "'é'"),
        (b"a\nb", "'a\nb'"),
        (b"a\r\n'\\", "$'a\\r\\n\\'\\\\'"),
        (b"\xe9'", "$'\\xe9\\''"),
        (b"\x1b[", "$'\\x1b['"),
        (b"$HOME `x` !", "'$HOME `x` !'"),
    ],
)
def test_octets_are_one_word_of_bash(octets: bytes, word: str) -> None:
    assert shell_quote(octets) == word
