from __future__ import annotations

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from mockserver.journal.journal import Journal
from mockserver.model import Answer, Reply
from mockserver.server.exchange import Recorder, reason_header
from tests.support.engine_samples import CALL

REFUSED = Answer(Reply(404), refusal="not-found", reason="no record O9; send another")


def test_a_reason_goes_with_the_answer() -> None:
    reply = Recorder(Journal()).record(CALL, REFUSED, 0)

    assert dict(reply.headers)["Mock-Reason"] == "no record O9; send another"


def test_an_answer_without_a_reason_has_no_such_header() -> None:
    reply = Recorder(Journal()).record(CALL, Answer(Reply(200)), 0)

    assert "Mock-Reason" not in dict(reply.headers)


def test_no_reason_goes_with_the_answer_where_our_headers_are_off() -> None:
    journal = Journal()

    reply = Recorder(journal, show_number=False).record(CALL, REFUSED, 0)

    assert (reply.headers, [entry.reason for entry in journal.entries("default")]) == ((), [REFUSED.reason])


@pytest.mark.parametrize("show_number", [True, False])
def test_an_answer_is_dated_by_the_clock_of_its_sandbox(*, show_number: bool) -> None:
    recorder = Recorder(Journal(), show_number=show_number)
    call = replace(CALL, now=datetime(2026, 1, 5, 9, 0, 0, 999_999, UTC))

    assert recorder.record(call, REFUSED, 0).headers[0] == ("Date", "Mon, 05 Jan 2026 09:00:00 GMT")


def test_a_date_that_a_rule_sets_stays() -> None:
    call = replace(CALL, now=datetime(2026, 1, 5, tzinfo=UTC))
    dated = Answer(Reply(200, headers=(("date", "never"),)), applied=("s/r",))

    headers = Recorder(Journal()).record(call, dated, 0).headers

    assert [text for name, text in headers if name.lower() == "date"] == ["never"]


def test_a_call_that_met_no_sandbox_is_left_to_the_clock_of_the_machine() -> None:
    assert "Date" not in dict(Recorder(Journal()).record(CALL, REFUSED, 0).headers)


@pytest.mark.parametrize(
    ("reason", "text"),
    [
        ("ab… is revoked", "ab... is revoked"),
        ('no "crème"', 'no "cr\\xe8me"'),
        ("a\r\nSet-Cookie: b", "a Set-Cookie: b"),
        ("\x00", "\\x00"),
        ("€" * 200, "\\u20ac" * 82 + "\\u20a..."),
    ],
)
def test_a_reason_in_a_header_is_printable_ascii_on_one_line(reason: str, text: str) -> None:
    found = reason_header(reason)

    assert found[:400] == text[:400]
    assert found.isascii()
    assert found.isprintable()
    assert len(found) <= 500
