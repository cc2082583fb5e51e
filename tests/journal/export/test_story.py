from __future__ import annotations

from typing import Any

import pytest

from mockserver.codec.masking import ASCII_MASK
from mockserver.journal.export.story import sendable_body, sendable_headers, sendable_target
from mockserver.journal.view import View
from tests.support.journal_entries import entry

CUT = View(mask=ASCII_MASK)
KNOWN = {"good-token", "client:secret-of-client", "s3cret/+", "first", "second-one"}


@pytest.mark.parametrize(
    ("header", "text", "shown"),
    [
        ("authorization", "Bearer good-token", "Bearer good-token"),
        ("authorization", "Bearer alien-token", "Bearer al***"),
        ("authorization", "Basic Y2xpZW50OnNlY3JldC1vZi1jbGllbnQ=", "Basic Y2xpZW50OnNlY3JldC1vZi1jbGllbnQ="),
        ("authorization", "Basic Y2xpZW50OnNlY3JldA==", "Basic Y2***"),
        ("x-api-key", "good-token", "good-token"),
        ("cookie", "session=good-token", "se***"),
        ("accept", "a/b", "a/b"),
    ],
)
def test_a_header_is_shown_if_its_credential_is_known(header: str, text: str, shown: str) -> None:
    assert sendable_headers(entry(headers={header: text}), CUT, KNOWN) == {header: shown}


@pytest.mark.parametrize(
    ("body", "is_shown"),
    [
        (b'{"access_token": "good-token", "amount": 1}', True),
        (b'{"access_token": "alien-token"}', False),
        (b'{"password": "first", "client_secret": "second-one"}', True),
        (b'{"password": "first", "client_secret": "third-one"}', False),
        (b'{"password": 12345}', False),
        (b"grant_type=password&password=s3cret%2F%2B", True),
        (b'{"note": "nothing"}', True),
    ],
)
def test_a_body_is_shown_if_all_its_credentials_are_known(body: bytes, is_shown: bool) -> None:  # noqa: FBT001 - a parameter
    made = sendable_body(entry(body=body), CUT, KNOWN)

    assert (made == body) is is_shown
    assert is_shown or ASCII_MASK.encode() in made


@pytest.mark.parametrize(
    ("query", "shown"),
    [("token=good-token&a=1", "token=good-token&a=1"), ("token=alien&a=1", "token=al***&a=1")],
)
def test_a_query_is_shown_if_its_credential_is_known(query: str, shown: str) -> None:
    assert sendable_target(entry(query=query), CUT, KNOWN) == f"/orders?{shown}"


@pytest.mark.parametrize("known", [set(), KNOWN])
def test_everything_is_shown_to_those_who_ask(known: Any) -> None:
    made = entry(headers={"authorization": "Bearer other"}, query="token=x", body=b'{"password": "y"}')
    shown = View(shown=True)

    assert sendable_headers(made, shown, known) == {"authorization": "Bearer other"}
    assert sendable_target(made, shown, known) == "/orders?token=x"
    assert sendable_body(made, shown, known) == b'{"password": "y"}'
