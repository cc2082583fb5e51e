"""No planted secret is shown, logged, exported or recorded, and all business data is."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from urllib.parse import quote

import pytest

from mockserver.codec import json, yaml
from mockserver.codec.masking import ASCII_MASK, MASK, is_credential
from mockserver.journal.access_log import json_line, text_line
from mockserver.journal.entry import Entry
from mockserver.journal.export import archives, scripts
from mockserver.journal.export.case_file import write_case_file
from mockserver.journal.export.recording import WHOLE, mask_entries, recorded_case
from mockserver.journal.export.story import Story, StoryCall, sendable_body, sendable_headers, sendable_target
from mockserver.journal.replay import compare_calls, compare_entries
from mockserver.journal.view import View
from mockserver.model import Json, Leaf, leaves
from mockserver.spec.folder import specs_folder
from tests.support.journal_entries import entry
from tests.support.planted_secrets import DECLARED, planted

PLANTED = planted()
CUT = View(mask=ASCII_MASK)


def story(one: Entry) -> Story:
    call = StoryCall(
        one, sendable_target(one, CUT, ()), sendable_headers(one, CUT, ()), sendable_body(one, CUT, ())
    )
    return Story("default", {"seed": 0}, (call,))


def recorded(one: Entry) -> bytes:
    masked = mask_entries([one], persons=False)
    return archives.har_archive(masked, WHOLE) + recorded_case(masked).encode()


PLACES: dict[str, Callable[[Entry], str | bytes]] = {
    "view": lambda one: json.encode(View().whole(one)),
    "list": lambda one: json.encode(View().listed(one)),
    "text log": text_line,
    "JSON log": json_line,
    "comparison": lambda one: json.encode(compare_calls(one, entry())),
    "replay": lambda one: json.encode(compare_entries(one, entry())),
    "HAR of calls": lambda one: archives.har_archive([one], View()),
    "HAR of a story": lambda one: archives.har_story(story(one)),
    "Postman": lambda one: archives.postman_collection(story(one)),
    "case": lambda one: write_case_file(story(one)),
    "pytest": lambda one: scripts.pytest_source(story(one)),
    "shell": lambda one: scripts.shell_script(story(one)),
    "command": lambda one: scripts.call_command(one, CUT),
    "recording": recorded,
}


def test_the_table_has_many_secrets_and_each_stands_in_its_call() -> None:
    whole = View(shown=True)

    assert len({one.secret for one in PLANTED}) >= 98
    shown = [(one.secret, json.encode(whole.whole(one.entry)).decode()) for one in PLANTED]
    assert [secret for secret, text in shown if secret not in text] == []


@pytest.mark.parametrize("place", PLACES)
def test_no_planted_secret_is_shown(place: str) -> None:
    shown = [(one.secret, PLACES[place](one.entry)) for one in PLANTED]
    texts = [(secret, text if isinstance(text, str) else text.decode()) for secret, text in shown]

    assert [secret for secret, text in texts if secret in text] == []


CREDENTIALS = {
    *("Authorization", "X-Api-Key", "x-api-key", "expired-id-token", "refresh-token"),
    *("Password", "password", "access_token", "refresh_token", "client_secret", "secret", "token"),
}
"""All members of fixtures and cases that are credentials."""

NO_RECORDS = {"credentials", "webhook_signature"}
"""Members of cases that name a place."""

PACKAGES = specs_folder().parent / "mockserver" / "vendors"
BUSINESS_FILES = sorted([*PACKAGES.glob("*/fixtures.yaml"), *PACKAGES.glob("*/cases/*.yaml")])
PERSONAL = re.compile(r".*@.*|\\+[0-9 ]+|[A-Z]{2}[0-9]{2}[A-Z0-9 ]{11,}", re.DOTALL)


def business_data() -> Iterator[Leaf]:
    """Yield the members of fixtures and cases that are neither credentials nor personal data."""
    for file in BUSINESS_FILES:
        found = yaml.load(file.read_text(encoding="utf-8"))
        for name, text in leaves(_without_credentials(found)):
            is_masked = MASK in text or ASCII_MASK in text
            if not (name in CREDENTIALS | NO_RECORDS or PERSONAL.search(text) or is_masked):
                yield str(name), text


def _without_credentials(document: Json) -> Json:
    if isinstance(document, dict):
        kept = {name: one for name, one in document.items() if name != "credentials"}
        return {name: _without_credentials(one) for name, one in kept.items()}
    return document


DATA = sorted(set(business_data()))


def test_the_business_data_is_that_of_all_vendors() -> None:
    assert len({file.relative_to(PACKAGES).parts[0] for file in BUSINESS_FILES}) == 5
    assert len(DATA) > 2000
    assert {("Code", "BANK1"), ("invoice_Key", "1")} & set(DATA)


def test_no_name_of_business_data_is_that_of_a_credential() -> None:
    assert {name for name, _ in DATA if is_credential(name)} == set()


PLAIN = [
    (name, text)
    for name, text in DATA
    if text.isprintable()
    and "{{" not in text
    and re.fullmatch(r"[\w.-]+", name)
    and "phone" not in name.lower()
]
BODIES = [
    json.encode([{name: text} for name, text in PLAIN]),
    "".join(f"<r><{name}>{quote(text)}</{name}></r>\n" for name, text in PLAIN).encode(),
    "".join(f"{name}: {quote(text)}\n" for name, text in PLAIN).encode(),
]


@pytest.mark.parametrize("place", PLACES.keys() - {"comparison", "replay"})  # which cut long values
@pytest.mark.parametrize("body", BODIES, ids=["JSON", "XML", "lines"])
def test_business_data_is_shown(place: str, body: bytes) -> None:
    sent = entry(headers={}, body=body, reply_body=body, credential_names=DECLARED)
    shown = PLACES[place](sent)

    assert MASK not in (shown if isinstance(shown, str) else shown.decode())
    assert ASCII_MASK not in (shown if isinstance(shown, str) else shown.decode())


@pytest.mark.parametrize("body", BODIES, ids=["JSON", "XML", "lines"])
def test_business_data_is_recorded(body: bytes) -> None:
    (masked,) = mask_entries([entry(headers={}, body=body, reply_body=body)], persons=False)

    assert (masked.call.body, masked.reply.body) == (body, body)
