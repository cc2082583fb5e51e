"""No planted secret is shown, logged, exported or recorded, and all business data is."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mockserver.codec import json
from mockserver.codec.masking import ASCII_MASK
from mockserver.journal.access_log import json_line, text_line
from mockserver.journal.entry import Entry
from mockserver.journal.export import archives, scripts
from mockserver.journal.export.case_file import write_case_file
from mockserver.journal.export.recording import WHOLE, mask_entries, recorded_case
from mockserver.journal.export.story import Story, StoryCall, sendable_body, sendable_headers, sendable_target
from mockserver.journal.replay import compare_calls, compare_entries
from mockserver.journal.view import View
from tests.support.journal_entries import entry
from tests.support.planted_secrets import planted

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
