from __future__ import annotations

import json
from base64 import b64decode
from typing import Any

import pytest

from mockserver.journal.entry import Entry
from mockserver.journal.export.archives import har_archive, postman_collection
from mockserver.journal.export.story import UnsuitableFormError
from mockserver.journal.view import View
from mockserver.model import Action, Delivery
from tests.support.journal_entries import JSON, entry, item_results, story

# What HAR 1.2 asks for: the members of each object that may not be missing, and what they are.
LOG = {"version": str, "creator": dict, "entries": list}
CREATOR = {"name": str, "version": str}
ENTRY = {
    "startedDateTime": str,
    "time": (int, float),
    "request": dict,
    "response": dict,
    "cache": dict,
    "timings": dict,
}
REQUEST = {
    "method": str,
    "url": str,
    "httpVersion": str,
    "cookies": list,
    "headers": list,
    "queryString": list,
    "headersSize": int,
    "bodySize": int,
}
RESPONSE = {
    "status": int,
    "statusText": str,
    "httpVersion": str,
    "cookies": list,
    "headers": list,
    "content": dict,
    "redirectURL": str,
    "headersSize": int,
    "bodySize": int,
}
CONTENT = {"size": int, "mimeType": str}
POSTED = {"mimeType": str, "text": str}
TIMINGS = {"send": (int, float), "wait": (int, float), "receive": (int, float)}
PAIR = {"name": str, "value": str}


def has(document: Any, members: dict[str, Any]) -> bool:
    return all(isinstance(document.get(name), kind) for name, kind in members.items())


def archived(*entries: Entry, shown: bool = False) -> Any:
    return json.loads(har_archive(entries, View(shown=shown)))


def the_entry(**changes: Any) -> Any:
    return archived(entry(**changes))["log"]["entries"][0]


@pytest.mark.parametrize(
    "changes",
    [{}, {"body": b"", "query": ""}, {"delivery": Delivery(fault="NO_RESPONSE")}, {"reply_status": 799}],
    ids=["full", "bare", "lost", "odd-status"],
)
def test_an_archive_has_all_that_its_specification_asks_for(changes: dict[str, Any]) -> None:
    made = archived(entry(**changes))
    one = made["log"]["entries"][0]
    pairs = one["request"]["headers"] + one["request"]["queryString"] + one["response"]["headers"]

    assert has(made["log"], LOG)
    assert made["log"]["version"] == "1.2"
    assert has(made["log"]["creator"], CREATOR)
    assert has(one, ENTRY)
    assert has(one["request"], REQUEST)
    assert has(one["response"], RESPONSE)
    assert has(one["response"]["content"], CONTENT)
    assert has(one["timings"], TIMINGS)
    assert all(has(pair, PAIR) for pair in pairs)
    assert "postData" not in one["request"] or has(one["request"]["postData"], POSTED)


def test_members_of_ours_begin_with_an_underscore() -> None:
    ours = the_entry().keys() - ENTRY.keys()

    assert ours == {"_mock"}


def test_an_archive_holds_what_was_sent() -> None:
    request = the_entry()["request"]

    assert (request["method"], request["url"]) == ("PUT", "http://127.0.0.1:8080/acme/orders?page=2")
    assert request["queryString"] == [{"name": "page", "value": "2"}]
    assert request["postData"] == {"mimeType": JSON, "text": '{"orders":[]}'}


def test_an_archive_holds_what_was_answered() -> None:
    response = the_entry(reply_headers=(("Location", "/acme/orders/A"),))["response"]

    assert (response["status"], response["statusText"]) == (207, "Multi-Status")
    assert response["content"] == {"size": 14, "mimeType": JSON, "text": '{"results":[]}'}
    assert response["redirectURL"] == "/acme/orders/A"


def test_a_call_began_before_it_was_answered_and_took_its_delay_too() -> None:
    one = the_entry(delivery=Delivery(delay_ms=100))

    assert one["startedDateTime"] == "2026-01-05T08:59:59.996543Z"
    assert (one["time"], one["timings"]["wait"]) == (103.457, 103.457)


def test_what_is_no_text_is_base64() -> None:
    one = the_entry(body=b"\xff\x00", reply_body=b"\xfe", reply_media_type="image/png")

    posted, content = one["request"]["postData"], one["response"]["content"]
    assert (b64decode(posted["text"]), posted["_encoding"]) == (b"\xff\x00", "base64")
    assert (b64decode(content["text"]), content["encoding"]) == (b"\xfe", "base64")


def test_an_answer_that_never_left_has_the_status_0_and_no_headers() -> None:
    one = the_entry(delivery=Delivery(fault="EMPTY_RESPONSE"))

    assert (one["response"]["status"], one["response"]["headers"]) == (0, [])
    assert one["_mock"]["fault"] == "EMPTY_RESPONSE"


def test_many_calls_make_one_archive() -> None:
    numbers = [one["_mock"]["number"] for one in archived(entry(number=3), entry(number=4))["log"]["entries"]]

    assert numbers == [3, 4]


def test_credentials_are_cut_unless_they_are_asked_for() -> None:
    assert "abcdef" not in str(archived(entry()))
    assert "abcdef" in str(archived(entry(), shown=True))


def collection(**changes: Any) -> Any:
    return json.loads(postman_collection(story(**changes)))


def test_a_collection_has_what_its_format_asks_for() -> None:
    made = collection()

    assert made["info"].keys() == {"name", "description", "schema"}
    assert made["info"]["schema"].endswith("/v2.1.0/collection.json")
    assert [one["key"] for one in made["variable"]] == ["baseUrl", "sandbox", "controlToken"]
    for item in made["item"]:
        assert item["request"]["url"]["raw"].startswith("{{baseUrl}}/")
        assert item["event"][0]["listen"] == "test"


def test_a_call_stands_between_what_it_needs_and_what_is_expected_of_it() -> None:
    decided = item_results(("A", Action.CREATED), ("B", Action.REJECTED))
    names = [item["name"] for item in collection(decided=decided)["item"]]

    assert names == [
        "delete the sandbox of an earlier run",
        "make the sandbox",
        "call 17: PUT /orders",
        "outcomes of call 17",
        "delete the sandbox",
    ]
    tests = collection(decided=decided)["item"][3]["event"][0]["script"]["exec"]
    assert '  pm.expect(pm.response.json().outcomes).to.eql({"created":1,"rejected":1});' in tests


def test_a_call_is_sent_with_its_own_headers_alone() -> None:
    call = collection(headers={"accept": "a/b", "authorization": "Bearer abc"})["item"][2]

    sent = {one["key"]: one["value"] for one in call["request"]["header"]}
    assert sent == {"mock-sandbox": "{{sandbox}}", "accept": "a/b", "authorization": "Bearer abc"}
    assert call["protocolProfileBehavior"]["disabledSystemHeaders"]["user-agent"] is True
    assert "accept" not in call["protocolProfileBehavior"]["disabledSystemHeaders"]


def test_a_query_is_written_as_parameters_too() -> None:
    url = collection(query="page=2&flag&a=%5B1%5D")["item"][2]["request"]["url"]

    assert url["raw"] == "{{baseUrl}}/acme/orders?page=2&flag&a=%5B1%5D"
    assert url["query"] == [
        {"key": "page", "value": "2"},
        {"key": "flag", "value": None},
        {"key": "a", "value": "%5B1%5D"},
    ]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"delivery": Delivery(fault="EMPTY_RESPONSE")}, "call 17 has no answer"),
        ({"body": b"\xff\x00"}, "call 17 has a binary body"),
        ({"body": b'{"a": "{{$guid}}"}'}, "call 17 has {{, which Postman reads as a variable"),
        ({"headers": {"x": "{{y}}"}}, "call 17 has {{, which Postman reads as a variable"),
        ({"target": "/acme/:id"}, "call 17 has a path segment with a colon"),
        ({"headers": {"x": "é"}}, "call 17 has a header that is not ASCII"),
    ],
)
def test_what_postman_cannot_send_is_refused_with_the_reason(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(UnsuitableFormError) as refused:
        collection(**changes)

    assert str(refused.value).startswith(reason)
