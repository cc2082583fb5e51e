"""Whatever a client sends to whichever batch: the vendor's own 4xx, nothing stored, never a 500."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mockserver.server.application import Application
from mockserver.server.asgi import MAX_BODY_BYTES
from tests.support.client import Client
from tests.support.operations import BatchAttempt, CalledOperation, batch_operations, stored

BATCHES = pytest.mark.parametrize("batch", batch_operations(), ids=lambda batch: batch.name)

WHOLE: dict[str, bytes] = {
    "nothing": b"",
    "no-json": b"{",
    "html": b"<html></html>",
    "text": b'"text"',
    "number": b"5",
    "true": b"true",
    "null": b"null",
    "nan": b"NaN",
    "bom-alone": b"\xef\xbb\xbf",
    "nul": b"\x00",
    "bad-utf-8": b'"\xff"',
    "100000-brackets": b"[" * 100_000,
    "100000-braces": b'{"a":' * 100_000,
}
WRAPPED: dict[str, bytes] = {
    "list-is-text": b'"text"',
    "list-is-number": b"5",
    "list-is-true": b"true",
    "number-of-5000-digits": b"[" + b"9" * 5000 + b"]",
    "member-of-5000-digits": b'[{"a": ' + b"9" * 5000 + b"}]",
    "exponent": b'[{"a": 1e400}]',
    "nan": b'[{"a": NaN}]',
    "infinity": b'[{"a": -Infinity}]',
    "surrogate": rb'[{"a": "\ud800"}]',
    "bad-utf-8": b'[{"a": "\xc3\x28"}]',
    "100000-brackets": b"[" * 100_000 + b"]" * 100_000,
    "65-levels": b'[{"a": ' + b"[" * 65 + b"]" * 65 + b"}]",
    "too-many": b"[" + b"{}," * 10_000 + b"{}]",
}
NO_OBJECTS = (b"null", b"5", b'"text"', b"[]", b"true")
OTHER_MEDIA_TYPES = ("", "text/csv", "image/png", "multipart/form-data; boundary=x", "nonsense", ";")
BAD_CREDENTIALS = ("", "Bearer", "Bearer ", "Basic !", "any-token")
ENDINGS = ("%0A", "%0D%0A", "/", "//", "%2F", "%00")


@pytest.fixture
def attempt(client: Client, app: Application, sandbox: str, batch: CalledOperation) -> BatchAttempt:
    """A caller in a fresh sandbox that has what the operation asks for."""
    caller = Client(app, {**client.headers, **batch.headers(app)})
    return BatchAttempt(batch, app, caller, stored(app, sandbox))


@BATCHES
def test_a_good_batch_is_taken(attempt: BatchAttempt) -> None:
    answered = attempt.send(attempt.batch.example())

    assert (answered.status // 100, attempt.batch.declares(answered)) == (2, True), answered


@BATCHES
def test_a_body_that_is_no_batch_is_refused(attempt: BatchAttempt) -> None:
    answers = {name: attempt.send(body) for name, body in WHOLE.items()}

    assert {name: one for name, one in answers.items() if not attempt.refused(one)} == {}


@BATCHES
def test_text_after_the_json_changes_nothing(attempt: BatchAttempt) -> None:
    answered = attempt.send(b"[] []")

    assert (attempt.is_answered_as_declared(answered), attempt.untouched()) == (True, True), answered


@BATCHES
def test_a_list_that_cannot_be_read_is_refused(attempt: BatchAttempt) -> None:
    answers = {name: attempt.send(attempt.batch.wrapped(items)) for name, items in WRAPPED.items()}

    assert {name: one for name, one in answers.items() if not attempt.refused(one)} == {}


@BATCHES
def test_an_item_that_is_no_object_is_answered_and_not_stored(attempt: BatchAttempt) -> None:
    answers = {item: attempt.send(attempt.batch.wrapped(b"[" + item + b"]")) for item in NO_OBJECTS}

    assert {item: one for item, one in answers.items() if not attempt.is_answered_as_declared(one)} == {}
    assert attempt.untouched()


@BATCHES
def test_another_media_type_is_refused(attempt: BatchAttempt) -> None:
    answers = {other: attempt.send(attempt.batch.example(), other) for other in OTHER_MEDIA_TYPES}

    assert {other: one for other, one in answers.items() if not attempt.refused(one)} == {}


@BATCHES
def test_a_call_without_credentials_is_refused(attempt: BatchAttempt, client: Client) -> None:
    answered = replace(attempt, client=client).send(attempt.batch.example())

    assert answered.status in (401, 403)
    assert attempt.refused(answered), answered


@pytest.mark.parametrize(
    "batch", [one for one in batch_operations() if one.takes_authorization], ids=lambda batch: batch.name
)
def test_a_credential_of_another_form_is_refused(attempt: BatchAttempt) -> None:
    answers = {
        credential: attempt.having(authorization=credential).send(attempt.batch.example())
        for credential in BAD_CREDENTIALS
    }

    assert {one.status for one in answers.values()} <= {401, 403}
    assert {credential: one for credential, one in answers.items() if not attempt.refused(one)} == {}


@BATCHES
def test_a_body_that_says_it_is_over_the_limit_is_refused(attempt: BatchAttempt) -> None:
    answered = attempt.having(content_length=str(MAX_BODY_BYTES + 1)).send(attempt.batch.example())

    assert attempt.refused(answered), answered


@BATCHES
def test_a_chunked_body_over_the_limit_is_refused(attempt: BatchAttempt) -> None:
    answered = attempt.send(attempt.batch.example().ljust(MAX_BODY_BYTES + 1), chunks=16)

    assert attempt.refused(answered), answered


@BATCHES
def test_a_path_with_something_behind_it_is_not_found(attempt: BatchAttempt) -> None:
    taken = ("/",) if attempt.batch.spec.paths.trailing_slash else ()
    wrong = [ending for ending in ENDINGS if ending not in taken]
    statuses = {ending: attempt.send_to(attempt.batch.path + ending).status for ending in wrong}

    # Where a path ends in a key, what stands behind it names another record, which may be a bad item.
    known = (404, 405, 400) if attempt.batch.is_record_path else (404,)
    assert {ending: status for ending, status in statuses.items() if status not in known} == {}
    assert attempt.untouched()


@BATCHES
def test_a_path_with_two_slashes_is_not_found(attempt: BatchAttempt) -> None:
    answered = attempt.send_to(f"/{attempt.batch.spec.name}/{attempt.batch.operation.path}")

    assert (answered.status, attempt.untouched()) == (404, True), answered


@BATCHES
def test_a_method_that_is_not_served_is_refused(attempt: BatchAttempt) -> None:
    path, operations = attempt.batch.operation.path, attempt.batch.spec.operations.values()
    methods = {"DELETE", "OPTIONS", "BREW"} - {one.method.upper() for one in operations if one.path == path}
    statuses = {attempt.send_to(attempt.batch.path, method).status for method in sorted(methods)}

    assert statuses <= {404, 405, 501}
    assert attempt.untouched()


@BATCHES
def test_a_batch_in_chunks_is_taken(attempt: BatchAttempt) -> None:
    answered = attempt.send(attempt.batch.example(), chunks=5)

    assert (answered.status // 100, attempt.batch.declares(answered)) == (2, True), answered


@BATCHES
@pytest.mark.parametrize(
    "media_type", ["Application/JSON ; charset=utf-8", "APPLICATION/JSON", 'application/json;charset="UTF-8"']
)
def test_an_oddly_written_media_type_is_the_same(attempt: BatchAttempt, media_type: str) -> None:
    answered = attempt.send(attempt.batch.example(), media_type)

    assert (answered.status // 100, attempt.batch.declares(answered)) == (2, True), answered
