"""What the core decides about the answer to a refused call: row, message and headers."""

from __future__ import annotations

from typing import Any

import pytest

from mockserver import errors
from mockserver.codec.http import json_reply
from mockserver.engine.auth import SecurityScheme
from mockserver.engine.refusals import CallRefuser
from mockserver.errors import Refusal
from mockserver.model import Reply
from mockserver.sandbox.store import State
from mockserver.vendor import RefusedCall, Vendor, refusal_rows
from tests.support.engine_samples import CALL, OPERATION, store, transact

BASIC = SecurityScheme("login", {"type": "http", "scheme": "basic"})
ROWS = refusal_rows(
    {
        "not-found": [404, "{key} is not in {what}"],
        "not-found.path": [404, "{method} {path} is nothing"],
        "forbidden": [401, "no"],
        "method-not-allowed": [501, "not yet", "Unimplemented"],
        "unavailable": [503, "come back"],
        "unsupported-media-type": [415, "send {supported}"],
    }
)


def write(refused: RefusedCall, _state: State) -> Reply:
    row = refused.row
    return json_reply(row.status, [row.message, row.kind], headers=(*refused.headers, ("X-Own", "1")))


def answered(refusal: Refusal, **parts: Any) -> Reply:
    vendor = Vendor(refuse=write, refusals=ROWS, **parts)
    refuse = CallRefuser(vendor, write, {"login": BASIC})
    return transact(store(), lambda state: refuse(refusal, CALL, OPERATION, state))


@pytest.mark.parametrize(
    ("refusal", "status", "body"),
    [
        (errors.NotFound("orders", "A"), 404, b'["A is not in orders",null]'),
        (errors.NotFound("path", "/x"), 404, b'["PUT /orders is nothing",null]'),
        (errors.MethodNotAllowed(["GET"]), 501, b'["not yet","Unimplemented"]'),
        (errors.UnsupportedMediaType("text/csv", ["a/b", "c/d"]), 415, b'["send a/b, c/d",null]'),
        (errors.TooLarge(1), 413, b'["",null]'),
        (errors.Refusal(), 400, b'["",null]'),
    ],
)
def test_the_row_of_code_and_reason_gives_status_message_and_kind(
    refusal: Refusal, status: int, body: bytes
) -> None:
    reply = answered(refusal)

    assert (reply.status, reply.body) == (status, body)


def test_a_scenarios_message_replaces_that_of_the_row() -> None:
    assert answered(errors.Unavailable("back at noon")).body == b'["back at noon",null]'


@pytest.mark.parametrize(
    ("refusal", "headers"),
    [
        (errors.MethodNotAllowed(["GET", "PUT"]), [("Allow", "GET, PUT")]),
        (errors.TooManyRequests("minute", 7), [("Retry-After", "7")]),
        (errors.TooManyRequests("minute"), []),
        (errors.Unauthorized("missing", "login"), [("WWW-Authenticate", "Basic")]),
        (errors.Unauthorized("missing"), [("WWW-Authenticate", "Bearer")]),
        (errors.Forbidden("scope"), [("WWW-Authenticate", "Bearer")]),
        (errors.NotFound(), []),
    ],
)
def test_the_headers_of_http_come_before_those_of_the_vendor(refusal: Refusal, headers: Any) -> None:
    assert answered(refusal).headers == (*headers, ("X-Own", "1"))


def test_the_supported_media_types_come_last() -> None:
    refusal = errors.UnsupportedMediaType("text/csv", ["application/json"])

    assert answered(refusal).headers == (("X-Own", "1"), ("Accept", "application/json"))


@pytest.mark.parametrize(("challenge", "headers"), [("Bearer, Basic", ["Bearer, Basic"]), ("", [])])
def test_a_vendor_may_have_one_challenge_or_none(challenge: str, headers: list[str]) -> None:
    reply = answered(errors.Unauthorized("missing", "login"), challenge=challenge)

    assert [text for name, text in reply.headers if name == "WWW-Authenticate"] == headers
