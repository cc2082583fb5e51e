from __future__ import annotations

import json
from typing import Any

import pytest

from mockserver.codec import json as codec
from mockserver.journal.export.archives import postman_collection
from mockserver.journal.export.story import UnsuitableFormError
from mockserver.model import Action, Delivery
from tests.support.journal_entries import item_results, story


def collection(**changes: Any) -> Any:
    return json.loads(codec.encode(postman_collection(story(**changes))))


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
        ({"delivery": Delivery(fault="EMPTY_RESPONSE")}, "call 17 loses its answer"),
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
