from __future__ import annotations

import gzip
from datetime import UTC, datetime

import pytest
from flask import Response as FlaskResponse
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from werkzeug.http import remove_entity_headers

from mockserver.errors import TooLarge
from mockserver.journal.journal import Journal
from mockserver.journal.sent_headers import reason_header, vendor_headers
from mockserver.model import Answer, Json, Reply
from mockserver.server.application import Application
from mockserver.server.asgi import MAX_BODY_BYTES
from mockserver.server.exchange import (
    MAX_VALUES,
    Recorder,
    check_values,
)
from tests.support.client import Client, Response
from tests.support.engine_samples import CALL
from tests.support.operations import BatchAttempt, CalledOperation, batch_operations, stored

BODY = b'{"orders": [{"id": "A"}]}'
BOMB = gzip.compress(bytes(MAX_BODY_BYTES + 1))
BATCHES = pytest.mark.parametrize("batch", batch_operations(), ids=lambda batch: batch.name)


@pytest.fixture
def attempt(client: Client, app: Application, sandbox: str, batch: CalledOperation) -> BatchAttempt:
    """Return a client of a new sandbox with the records that the operation needs."""
    caller = Client(app, {**client.headers, **batch.headers(app)})
    return BatchAttempt(batch, app, caller, stored(app, sandbox))


def kind(answered: Response) -> tuple[int, str]:
    return answered.status, answered.media_type


def sent(attempt: BatchAttempt, body: bytes, coding: str = "") -> tuple[Response, Json]:
    """Return the response to a body in a new sandbox, and the state afterwards."""
    name = attempt.client.headers["mock-sandbox"]
    attempt.app.sandboxes.reset(name)
    attempt.app.journal.kept.forget(name)
    caller = attempt.having(content_encoding=coding)
    return caller.send(body), attempt.app.sandboxes.dump(name)


@BATCHES
def test_a_batch_in_gzip_is_as_one_without(attempt: BatchAttempt) -> None:
    body = attempt.batch.example()

    packed, left = sent(attempt, gzip.compress(body), "gzip")

    assert packed.status // 100 == 2, packed
    assert (packed, left) == sent(attempt, body)


@BATCHES
def test_the_journal_keeps_what_was_in_the_gzip(attempt: BatchAttempt) -> None:
    body = attempt.batch.example()
    sent(attempt, gzip.compress(body), "gzip")

    assert attempt.app.journal.kept.entries(attempt.client.headers["mock-sandbox"])[-1].call.body == body


@BATCHES
@pytest.mark.parametrize("broken", [b"[]", gzip.compress(b"[]")[:-4]], ids=["plain", "cut short"])
def test_a_broken_gzip_is_what_broken_json_is(attempt: BatchAttempt, broken: bytes) -> None:
    answered, _ = sent(attempt, broken, "gzip")

    assert attempt.refused(answered), answered
    assert kind(answered) == kind(sent(attempt, b"{")[0])


@BATCHES
def test_a_bomb_is_too_large(attempt: BatchAttempt) -> None:
    answered, _ = sent(attempt, BOMB, "gzip")

    assert attempt.refused(answered), answered
    assert answered.status == 413


@BATCHES
def test_a_coding_that_nobody_knows_is_refused(attempt: BatchAttempt) -> None:
    answered, _ = sent(attempt, b"[]", "br")

    assert attempt.refused(answered), answered
    assert answered.status == 415


@pytest.mark.parametrize("value", [b"1,", b"[],", b"{},", b"[[[1]]],"])
def test_json_of_very_many_values_is_too_large(value: bytes) -> None:
    check_values(value * (MAX_VALUES // 4), MAX_BODY_BYTES)
    with pytest.raises(TooLarge) as refused:
        check_values(value * (MAX_BODY_BYTES // 30 + 1), MAX_BODY_BYTES)
    assert "raise --max-body" in refused.value.hint


def test_commas_and_brackets_of_a_text_are_no_values() -> None:
    check_values(b'["' + rb",[{\"" * MAX_VALUES + b'"]', MAX_BODY_BYTES)


@pytest.mark.parametrize(("around", "value"), [("<a>%s</a>", "<b/>"), ("<a %s/>", 'c="1" ')])
def test_xml_of_very_many_elements_or_attributes_is_too_large(
    client: Client, around: str, value: str
) -> None:
    sent = {"authorization": "Bearer t", "content-type": "application/xml"}
    body = (around % (value * 350_000)).encode()
    refused = client.post("/pvex/api/InvoiceBatch", content=body, headers=sent)
    assert refused.headers["mock-reason"].startswith("the body has over 349,525 values")


def test_a_larger_limit_of_bodies_allows_more_values() -> None:
    check_values(b"1," * MAX_VALUES * 2, MAX_VALUES * 2 * 30)


def test_a_batch_of_very_many_values_is_refused_as_too_large(client: Client) -> None:
    sent = {"authorization": "Bearer t", "content-type": "application/json"}
    refused = client.post("/payt/v1/invoices", content=b"[" + b"1," * 600_000 + b"1]", headers=sent)
    assert refused.status == 413
    assert refused.headers["mock-reason"].startswith("the body has over 349,525 values")


NAMES = st.sampled_from(["Content-Type", "content-length", "Allow", "X-One", "x-one", "Location", "Expires"])
TEXTS = st.text(st.characters(codec="latin-1", exclude_characters="\r\n"), max_size=5)
REPLIES = st.builds(
    Reply,
    status=st.sampled_from([200, 204, 207, 304, 500]),
    body=st.binary(max_size=5),
    media_type=st.none() | st.sampled_from(["application/json", "text/plain"]),
    headers=st.lists(st.tuples(NAMES, TEXTS), max_size=4).map(tuple),
)


class UntypedResponse(FlaskResponse):
    default_mimetype = None


def headers_of_flask(reply: Reply) -> list[tuple[bytes, bytes]]:
    """Return the headers that Flask gives a response with this content."""
    response = UntypedResponse(reply.body, reply.status, list(reply.headers))
    if reply.media_type is not None:
        response.headers["Content-Type"] = reply.media_type
    if reply.status == 204:
        response.headers.remove("Content-Length")
    elif reply.status == 304:
        remove_entity_headers(response.headers)
    return [(name.encode("latin-1"), text.encode("latin-1")) for name, text in response.headers]


@given(REPLIES)
def test_a_reply_has_the_headers_of_a_flask_response(reply: Reply) -> None:
    assert sorted(vendor_headers(reply)) == sorted(headers_of_flask(reply))


@pytest.mark.parametrize("name", ["X-One", "Content-Type"])
@pytest.mark.parametrize("text", ["a\r\nb", "a\nb", "a\r"])
def test_a_header_with_a_line_break_is_not_sent(name: str, text: str) -> None:
    with pytest.raises(ValueError, match=r"line breaks|newline"):
        vendor_headers(Reply(200, headers=((name, text),)))


REFUSED = Answer(Reply(404), refusal="not-found", reason="no record O9; send another")


@pytest.mark.parametrize(
    ("answer", "reason"), [(REFUSED, "no record O9; send another"), (Answer(Reply(200)), None)]
)
def test_a_reason_goes_with_the_answer(answer: Answer, reason: str | None) -> None:
    assert dict(Recorder(Journal()).record(CALL, answer, 0).headers).get("Mock-Reason") == reason


def test_no_reason_goes_with_the_answer_where_our_headers_are_off() -> None:
    journal = Journal(adds_headers=False)

    reply = Recorder(journal).record(CALL, REFUSED, 0)

    assert (reply.headers, [entry.reason for entry in journal.kept.entries("default")]) == (
        (),
        [REFUSED.reason],
    )


@pytest.mark.parametrize("adds_headers", [True, False])
def test_an_answer_is_dated_by_the_clock_of_its_sandbox(*, adds_headers: bool) -> None:
    recorder = Recorder(Journal(adds_headers=adds_headers))
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
