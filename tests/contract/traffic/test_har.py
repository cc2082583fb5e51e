from __future__ import annotations

import json
from base64 import b64encode
from datetime import UTC, datetime

import pytest

from mockserver.contract.traffic import InvalidArchiveError, read_har
from tests.contract.traffic.archives import archive, entry


def test_an_entry_is_the_request_and_the_response_that_it_records() -> None:
    [one] = read_har(
        archive(entry("put", "https://api.example/v1/a?b=%20c", {"x": 1}, status=207, received={"y": 2}))
    )

    assert (one.number, one.url) == (1, "https://api.example/v1/a?b=%20c")
    assert one.at == datetime(2026, 1, 5, 9, tzinfo=UTC)
    assert (one.exchange.request.method, one.exchange.request.path) == ("PUT", "/v1/a?b=%20c")
    assert one.exchange.request.json() == {"x": 1}
    assert (one.exchange.response.status, one.exchange.response.json()) == (207, {"y": 2})
    assert one.exchange.response.media_type == "application/json"


def test_entries_come_in_the_order_in_which_they_began_and_keep_their_numbers() -> None:
    later = entry("GET", "http://h/b", at="2026-01-05T11:00:00+01:00")
    earlier = entry("GET", "http://h/a", at="2026-01-05T09:30:00Z")

    assert [one.number for one in read_har(archive(later, earlier))] == [2, 1]


def test_a_clock_of_ours_wins_over_the_recorders() -> None:
    own = {**entry("GET", "http://h/"), "_mock": {"sandboxAt": "2020-02-02T02:02:02Z"}}

    [one] = read_har(archive(own))

    assert one.at == datetime(2020, 2, 2, 2, 2, 2, tzinfo=UTC)


def test_bytes_that_are_no_text_are_read_from_base64_on_both_sides() -> None:
    both = entry("POST", "http://h/")
    coded = b64encode(b"\xff\x00").decode()
    both["request"]["postData"] = {"mimeType": "a/b", "text": coded, "_encoding": "base64"}
    both["response"]["content"] = {"mimeType": "a/b", "text": coded, "encoding": "base64"}

    [one] = read_har(archive(both))

    assert (one.exchange.request.body, one.exchange.response.body) == (b"\xff\x00", b"\xff\x00")


def test_a_form_is_written_from_its_fields() -> None:
    form = entry("POST", "http://h/")
    form["request"]["postData"] = {"mimeType": "x", "params": [{"name": "a b", "value": "1&2"}]}

    [one] = read_har(archive(form))

    assert one.exchange.request.body == b"a+b=1%262"


def test_what_belongs_to_a_connection_is_left_out_and_repeated_headers_are_joined() -> None:
    sent = entry("GET", "http://h/")
    sent["request"]["headers"] = [
        {"name": name, "value": text}
        for name, text in [
            (":authority", "h"),
            ("Host", "h"),
            ("A", "1"),
            ("a", "2"),
            ("Content-Length", "9"),
        ]
    ]

    [one] = read_har(archive(sent))

    assert one.exchange.request.headers == {"a": "1, 2"}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "it is not JSON"),
        ("[" * 100_000, "it is not JSON"),
        ("[]", "no /log/entries"),
        ('{"log": {"entries": {}}}', "no /log/entries"),
        ('{"log": {"entries": [7]}}', "/log/entries/0 is not an entry"),
        ('{"log": {"entries": [{"request": {"method": "GET"}, "response": {}}]}}', "/log/entries/0"),
        (json.dumps({"log": {"entries": [entry("GET", "http://h/", at="soon")]}}), "/log/entries/0"),
        (json.dumps({"log": {"entries": [entry("GET", "http://[/")]}}), "/log/entries/0"),
    ],
)
def test_what_is_no_archive_is_refused_with_the_place(text: str, says: str) -> None:
    with pytest.raises(InvalidArchiveError, match=says):
        read_har(text)
