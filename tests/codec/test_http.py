from __future__ import annotations

import json
from decimal import Decimal

import pytest

from mockserver.codec.http import (
    check_accepts_json,
    check_utf_8_charset,
    is_server_problem,
    json_reply,
    parse_accept,
    problem_reply,
    server_problem_reply,
    with_supported_types,
)
from mockserver.errors import NotAcceptable, Refusal, ServerRefusal, UnsupportedMediaType


def test_a_reply_prints_decimals_with_their_scale() -> None:
    assert json_reply(200, {"amount": Decimal("1.50")}).body == b'{"amount":1.50}'


def test_a_problem_has_its_status_and_its_members() -> None:
    reply = problem_reply(404, "no such order", code="unknown")

    assert (reply.media_type, json.loads(reply.body)) == (
        "application/problem+json",
        {
            "type": "about:blank",
            "title": "Not Found",
            "status": 404,
            "code": "unknown",
            "detail": "no such order",
        },
    )


def test_a_problem_without_detail_has_none() -> None:
    assert "detail" not in json.loads(problem_reply(404).body)


@pytest.mark.parametrize(
    ("header", "ranges"),
    [
        ("", []),
        ("*/*", [("*/*", 1.0)]),
        ("text/xml;q=0.5, Application/JSON", [("text/xml", 0.5), ("application/json", 1.0)]),
        ("a/b ; level=1 ; Q=0.25", [("a/b", 0.25)]),
        ("a/b;q=0", [("a/b", 0.0)]),
        ("a/b;q=7, c/d;q=-1", [("a/b", 1.0), ("c/d", 0.0)]),
        ("a/b;q=much", [("a/b", 1.0)]),
        (", ,a/b,", [("a/b", 1.0)]),
    ],
)
def test_accept_is_read_to_ranges_and_their_quality(header: str, ranges: list[tuple[str, float]]) -> None:
    assert list(parse_accept(header)) == ranges


def test_what_this_server_says_itself_is_known_again() -> None:
    refusal = ServerRefusal(422, "key-reused", "used before", {"instance": "/here"}, (("Link", "</docs>"),))

    reply = server_problem_reply(refusal)

    assert is_server_problem(reply)
    assert (reply.status, reply.headers) == (422, (("Link", "</docs>"),))
    assert json.loads(reply.body) == {
        "type": "urn:mockserver:key-reused",
        "title": "Key reused",
        "status": 422,
        "instance": "/here",
        "detail": "used before",
    }


def test_problem_details_of_a_vendor_are_not_ours() -> None:
    assert not is_server_problem(problem_reply(400, "type urn:mockserver:"))


@pytest.mark.parametrize(
    ("supported", "header"),
    [
        (("application/json", "text/json"), ("Accept", "application/json, text/json")),
        (("gzip", "deflate"), ("Accept-Encoding", "gzip, deflate")),
    ],
)
def test_a_415_names_what_would_have_been_read(supported: tuple[str, ...], header: tuple[str, str]) -> None:
    reply = with_supported_types(json_reply(415, {}), UnsupportedMediaType("text/csv", supported))

    assert reply.headers == (header,)


def test_a_415_that_names_it_itself_stays_as_it_is() -> None:
    reply = json_reply(415, {}, headers=(("accept", "application/json"),))

    assert with_supported_types(reply, UnsupportedMediaType("text/csv", ("text/json",))) == reply


@pytest.mark.parametrize(
    ("status", "refusal"),
    [
        (400, UnsupportedMediaType("text/csv", ("text/json",))),
        (415, UnsupportedMediaType("text/csv", ())),
        (406, NotAcceptable("text/csv")),
    ],
    ids=["another status", "nothing to name", "another refusal"],
)
def test_no_other_answer_names_what_is_read(status: int, refusal: Refusal) -> None:
    assert with_supported_types(json_reply(status, {}), refusal).headers == ()


@pytest.mark.parametrize("accept", ["", "*/*", "application/*", "text/csv, application/json;q=0.1"])
def test_a_call_that_has_room_for_json_is_let_pass(accept: str) -> None:
    check_accepts_json({"accept": accept} if accept else {})


@pytest.mark.parametrize("accept", ["text/csv", "application/json;q=0, */*"])
def test_a_call_without_room_for_json_is_refused(accept: str) -> None:
    with pytest.raises(NotAcceptable):
        check_accepts_json({"accept": accept})


def test_a_body_in_another_charset_than_utf_8_is_refused() -> None:
    check_utf_8_charset({"content-type": "application/json"})
    check_utf_8_charset({"content-type": 'application/json; charset="UTF-8"'})

    with pytest.raises(UnsupportedMediaType, match="application/json; charset=utf-16"):
        check_utf_8_charset({"content-type": "application/json; charset=utf-16"})
