from __future__ import annotations

import pytest

from mockserver.journal.export.commands import fetch_script
from mockserver.journal.view import View
from tests.support.journal_entries import ENTRY, entry

TRUE = View(shown=True)


def test_a_call_is_a_module() -> None:
    assert fetch_script(ENTRY, TRUE) == (
        'const response = await fetch("http://127.0.0.1:8080/acme/orders?page=2", {\n'
        '  method: "PUT",\n'
        '  redirect: "manual",\n'
        "  headers: {\n"
        '    "authorization": "Bearer abcdef",\n'
        '    "content-type": "application/json",\n'
        "  },\n"
        '  body: "{\\"orders\\":[]}",\n'
        "});\n"
        "console.log(response.status, await response.text());\n"
    )


def test_a_body_that_is_no_text_is_given_as_its_bytes() -> None:
    assert '  body: Uint8Array.from(atob("/wA="),' in fetch_script(entry(body=b"\xff\x00"), TRUE)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_body_that_fetch_refuses_is_left_out_and_told(method: str) -> None:
    made = fetch_script(entry(method=method), TRUE)

    assert made.startswith(f"// The body of 13 bytes is left out: fetch sends none with {method}.\n")
    assert "body:" not in made
