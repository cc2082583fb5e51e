from __future__ import annotations

from mockserver.codec.masking import ASCII_MASK
from mockserver.journal.export.scripts import call_command
from mockserver.journal.view import View
from tests.support.journal_entries import ENTRY, entry

TRUE = View(shown=True)


def test_a_call_is_a_command_over_lines() -> None:
    assert call_command(ENTRY, TRUE) == (
        "curl -sS --globoff --path-as-is -X PUT 'http://127.0.0.1:8080/acme/orders?page=2' \\\n"
        "  -H 'authorization: Bearer abcdef' \\\n"
        "  -H 'content-type: application/json' \\\n"
        "  -H 'accept:' \\\n"
        "  -H 'user-agent:' \\\n"
        "  --data-raw '{\"orders\":[]}'\n"
    )


def test_a_call_without_a_body_sends_none() -> None:
    assert "data" not in call_command(entry(body=b"", headers={}), TRUE)
    assert "content-type" not in call_command(entry(body=b"", headers={}), TRUE)


def test_a_head_is_asked_for_as_curl_asks() -> None:
    assert call_command(entry(method="HEAD"), TRUE).startswith("curl -sS --globoff --path-as-is --head ")
    assert "data" not in call_command(entry(method="HEAD"), TRUE)


def test_credentials_end_in_plain_letters() -> None:
    made = call_command(ENTRY, View(mask=ASCII_MASK))

    assert ("Bearer ab***" in made, made.isascii()) == (True, True)
