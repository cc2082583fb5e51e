from __future__ import annotations

import pytest

from mockserver.journal.export.commands import httpie_command
from mockserver.journal.view import View
from tests.support.journal_entries import ENTRY, entry

TRUE = View(shown=True)


def test_a_call_is_a_command_over_lines() -> None:
    assert httpie_command(ENTRY, TRUE) == (
        "http --ignore-stdin --path-as-is PUT 'http://127.0.0.1:8080/acme/orders?page=2' \\\n"
        "  'authorization:Bearer abcdef' \\\n"
        "  content-type:application/json \\\n"
        "  accept: \\\n"
        "  accept-encoding: \\\n"
        "  user-agent: \\\n"
        "  --raw '{\"orders\":[]}'\n"
    )


@pytest.mark.parametrize(
    ("text", "said"), [("", "'x-a;'"), ("@me", "'x-a:\\@me'"), ("=1", "'x-a:\\=1'"), ("a@b=c", "x-a:a@b=c")]
)
def test_a_header_is_none_of_the_signs_of_httpie(text: str, said: str) -> None:
    made = httpie_command(entry(headers={"x-a": text}), TRUE)

    assert made.splitlines()[1] == f"  {said} \\"


@pytest.mark.parametrize("body", [b"\xff", b"a\x00b", b"x" * 70_000])
def test_what_cannot_stand_in_quotes_comes_from_standard_input(body: bytes) -> None:
    made = httpie_command(entry(body=body), TRUE)

    assert made.startswith("base64 -d <<'END' | http --path-as-is PUT ")
    assert ("--raw" in made, made.endswith("END\n")) == (False, True)


def test_a_call_without_a_body_sends_none() -> None:
    assert "--raw" not in httpie_command(entry(body=b""), TRUE)
