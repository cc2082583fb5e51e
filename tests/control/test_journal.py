from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest

from mockserver.control.journal import read_query
from mockserver.journal.journal import Limits
from mockserver.journal.timeline import MOST_CALLS
from mockserver.server.application import Application
from tests.control.operators import NEW, SANDBOXES, create, order
from tests.support.client import Client, Response

JOURNAL = f"{NEW}/journal"
LEDGER = "sent 1 (1) · stored 1 (1)"
LIAR = {"version": 1, "name": "liar", "rules": [{"id": "r1", "response": {"status": 299}}]}


def test_the_journal_lists_calls_in_short(operator: Client) -> None:
    order(operator, "A", "")

    (entry,) = operator.get(f"{SANDBOXES}/new/journal").json

    assert {
        name: entry[name] for name in entry if name not in ("at", "sandboxAt", "durationMillis", "line")
    } == {
        "number": 1,
        "vendor": "acme",
        "method": "PUT",
        "path": "/orders",
        "query": "",
        "operation": "putOrders",
        "status": 207,
        "refusal": None,
        "reason": None,
        "items": 2,
        "outcomes": {"created": 1, "rejected": 1},
        "warned": 0,
        "lost": 0,
        "applied": [],
        "replays": None,
        "fault": None,
        "offContract": None,
        "forwardedTo": None,
        "differences": 0,
        "delayMillis": 0,
    }


def test_an_entry_is_shown_whole_with_its_credentials_masked(operator: Client) -> None:
    order(operator, "A", "")

    entry = operator.get(f"{JOURNAL}/1").json

    assert entry["request"]["body"] == '{"orders": [{"id": "A", "amount": 1}, {"id": "", "amount": 1}]}'
    assert entry["request"]["headers"]["authorization"] == "Bearer ab…"
    assert entry["reply"]["mediaType"] == "application/json"
    assert [(one["key"], one["action"], one["sent"], one["reported"]) for one in entry["decided"]] == [
        ("A", "created", "/orders/0", "/results/0"),
        ("#2d80711301ba", "rejected", "/orders/1", "/results/1"),
    ]
    (problem,) = entry["decided"][1]["problems"]
    assert (problem["code"], problem["pointer"], problem["rule"]) == (
        "too-short",
        "/orders/1/id",
        "minLength",
    )


@pytest.mark.parametrize("scenario", [None, {"id": "r1", "envelope": {"order": "reverse"}}])
def test_an_entry_has_all_headers_that_were_sent(operator: Client, scenario: Any) -> None:
    rules = [scenario] if scenario else []
    create(operator, scenarios=[{"version": 1, "name": "s", "rules": rules}] if rules else [])

    sent = order(operator, "A", "B").headers

    told = operator.get(f"{JOURNAL}/1").json["reply"]["sent"]
    assert {name.lower(): text for name, text in told.items()} == dict(sent)


def test_an_entry_tells_its_rules_in_words_after_they_are_gone(operator: Client) -> None:
    create(operator)
    effect = {"select": {"key": "A"}, "effect": {"omit": True}}
    rule = {"id": "r1", "items": [effect]}
    losing = {"version": 1, "name": "losing", "rules": [rule]}
    operator.put(f"{NEW}/scenarios/losing", json=losing)
    order(operator, "A", "B")
    operator.delete(f"{NEW}/scenarios")

    assert operator.get(f"{NEW}/journal/1").json["rules"] == [
        {
            "rule": "losing/r1",
            "when": "all calls with such an item",
            "then": ["the item A: left out of the answer"],
            "document": rule,
        }
    ]


def test_a_body_that_is_no_text_is_shown_as_far_as_it_is(operator: Client) -> None:
    operator.put(
        "/acme/orders",
        content=b"\xff",
        headers={"mock-sandbox": "new", "content-type": "application/json"},
    )

    assert operator.get(f"{SANDBOXES}/new/journal/1").json["request"]["body"] == "\ufffd"


def test_a_cleared_journal_is_empty_and_numbers_go_on(operator: Client) -> None:
    order(operator, "A")

    answered = operator.delete(f"{SANDBOXES}/new/journal")

    assert (answered.status, operator.get(f"{SANDBOXES}/new/journal").json) == (204, [])
    assert order(operator, "A").headers["mock-journal"] == "2"


def test_control_calls_are_not_in_the_journal(operator: Client) -> None:
    operator.get(f"{SANDBOXES}/default")

    assert operator.get(f"{SANDBOXES}/default/journal").json == []


@pytest.mark.parametrize("path", ["2", "2147483647", "1/compare/9", "9/compare/1"])
def test_an_entry_that_is_not_there_is_not_found(operator: Client, path: str) -> None:
    order(operator, "A")

    answered = operator.get(f"{JOURNAL}/{path}")

    assert (answered.status, answered.json["code"]) == (404, "unknown-entry")
    assert "mock-journal-dropped" not in operator.get(JOURNAL).headers


def test_a_call_tells_the_sandboxes_time_beside_the_machines(operator: Client) -> None:
    create(operator, freeze="2030-02-03T04:05:06Z")
    order(operator, "A")

    assert operator.get(JOURNAL).json[0]["sandboxAt"] == "2030-02-03T04:05:06Z"


def test_an_answer_that_a_rule_bent_off_its_contract_is_marked(operator: Client) -> None:
    create(operator)
    operator.put(f"{NEW}/scenarios/liar", json=LIAR)
    with pytest.raises(AssertionError, match="299 is not in the spec"):
        order(operator, "A")

    (entry,) = operator.get(JOURNAL).json

    assert (entry["status"], entry["applied"]) == (299, ["liar/r1"])
    assert entry["offContract"] == "putOrders: 299 is not in the spec"


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("vendor=acme", [1, 2, 3]),
        ("operation=listOrders", [3]),
        ("method=get", [3]),
        ("status=4xx", [2]),
        ("status=207", [1]),
        ("outcome=rejected", [1]),
        ("item=A", [1]),
        ("item=A&outcome=rejected", []),
        ("since=1", [2, 3]),
        ("last=2", [2, 3]),
        ("to=2", [1, 2]),
        ("to=2&last=1", [2]),
        ("to=2&since=1", [2]),
        ("text=%22ID%22%3A%20%22a%22", [1]),
        ("since=1&last=1", [3]),
        ("since=2999-01-01T00:00:00Z", []),
        ("since=1h", [1, 2, 3]),
        ("since=1d12h30m5s", [1, 2, 3]),
        ("fault=any", []),
        ("offContract=false&last=2", [2, 3]),
        ("scenario=liar", []),
    ],
)
def test_the_journal_lists_those_that_are_asked_for(operator: Client, query: str, numbers: list[int]) -> None:
    create(operator)
    order(operator, "A", "")
    operator.put(
        "/acme/orders", content=b"{", headers={"mock-sandbox": "new", "content-type": "application/json"}
    )
    operator.get("/acme/orders", headers={"mock-sandbox": "new"})

    assert [entry["number"] for entry in operator.get(f"{JOURNAL}?{query}").json] == numbers


@pytest.mark.parametrize(
    ("query", "status", "pointer"),
    [
        ("vendor=acm", 422, "/query/vendor"),
        ("operation=putOrder", 422, "/query/operation"),
        ("vendor=acme&operation=nothing", 422, "/query/operation"),
        ("since=2026-13-01T00:00:00Z", 422, "/query/since"),
        ("since=yesterday", 400, None),
        ("since=10w", 400, None),
        ("status=6xx", 400, None),
        ("outcome=gone", 400, None),
        ("fault=all", 400, None),
        ("offContract=maybe", 400, None),
        ("secrets=all", 400, None),
        ("last=0", 400, None),
        ("to=0", 400, None),
        ("color=red", 400, None),
    ],
)
def test_a_question_without_sense_is_refused(
    operator: Client, query: str, status: int, pointer: str | None
) -> None:
    create(operator)

    answered = operator.get(f"{JOURNAL}?{query}")

    assert (answered.status, answered.media_type) == (status, "application/problem+json")
    assert pointer is None or answered.json["errors"][0]["pointer"] == pointer


@pytest.mark.parametrize(
    ("path", "meant"),
    [
        ("journal?operation=putOrder", "putOrders"),
        ("journal/items?vendor=acmee", "acme"),
        ("timeline?item=A&vendor=acmee", "acme"),
        ("overview?vendor=acmee", "acme"),
    ],
)
def test_a_word_that_is_nearly_right_is_mended(operator: Client, path: str, meant: str) -> None:
    create(operator)

    answered = operator.get(f"{NEW}/{path}")

    assert (answered.status, answered.json["errors"][0]["try"]) == (422, f"did you mean {meant}?")


def test_a_list_tells_how_many_calls_had_to_make_room(
    operator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    create(operator)
    # Ten thousand calls would take too long.
    assert isinstance(operator.app, Application)
    monkeypatch.setattr(operator.app.journal.kept, "limits", Limits(entries=2))
    for key in "ABC":
        order(operator, key)

    assert operator.get(JOURNAL).headers["mock-journal-dropped"] == "1"


def test_a_call_that_had_to_make_room_for_another_sandbox_is_missing_as_any_other(
    operator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert isinstance(operator.app, Application)
    monkeypatch.setattr(operator.app.journal.kept, "limits", Limits(entries_of_all=2))
    order(operator, "A")
    order(operator, "B")
    order(operator, "C", sandbox="other")

    found = [operator.get(f"{JOURNAL}/1{more}").status for more in ("", "/export?format=curl")]
    listing = operator.get(JOURNAL)

    assert (found, [one["number"] for one in listing.json]) == ([404, 404], [2])
    assert listing.headers["mock-journal-dropped"] == "1"


def test_the_server_remembers_no_state_around_calls_that_no_journal_has(
    operator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert isinstance(operator.app, Application)
    monkeypatch.setattr(operator.app.journal.kept, "limits", Limits(entries_of_all=2))
    for turn in range(12):
        order(operator, f"K{turn}", sandbox=f"s{turn % 4}")

    store = operator.app.sandboxes.store
    known = {box: list(store.call_states(box, [1, 2, 3])) for box in ("s0", "s1", "s2", "s3")}

    assert known == {"s0": [], "s1": [], "s2": [3], "s3": [3]}


def test_a_cleared_journal_leaves_no_state_around_its_calls(operator: Client) -> None:
    assert isinstance(operator.app, Application)
    order(operator, "A")

    operator.delete(JOURNAL)
    order(operator, "B")

    assert list(operator.app.sandboxes.store.call_states("new", [1, 2])) == [2]


def verify(operator: Client, **expected: Any) -> Response:
    return operator.post(f"{JOURNAL}/verify", json=expected)


@pytest.mark.parametrize(
    "expected",
    [
        {},
        {"calls": 2},
        {"calls": {"min": 1, "max": 2}},
        {
            "match": {"vendor": "acme", "operation": "putOrders", "method": "PUT", "path": "/orders"},
            "calls": 2,
        },
        {"match": {"body": {"path": "$.orders[0].id", "equals": "A"}}, "calls": 1},
        {"match": {"headers": {"Authorization": "Bearer abc"}, "status": "2xx"}, "calls": 2},
        {"items": {"created": 3, "rejected": 1, "updated": 0}},
        {"match": {"operation": "listOrders"}, "calls": 0},
    ],
    ids=str,
)
def test_what_happened_is_verified(operator: Client, expected: dict[str, Any]) -> None:
    order(operator, "A", "")
    order(operator, "B", "C")

    answered = verify(operator, **expected)

    assert (answered.status, answered.body) == (204, b"")


@pytest.mark.parametrize(
    ("expected", "detail"),
    [
        ({"calls": 2}, "expected 2 calls; found 1 call"),
        ({"calls": {"max": 0}}, "expected 0 calls; found 1 call"),
        ({"match": {"method": "GET"}}, "expected at least 1 call; found 0 calls"),
        ({"calls": {"min": 0}, "items": {"created": 2}}, "expected 2 created; found 1 call, 1 created"),
        (
            {"calls": 1, "items": {"created": 2, "rejected": {"min": 2}}},
            "expected 1 call, 2 created, at least 2 rejected; found 1 call, 1 created, 1 rejected",
        ),
    ],
    ids=str,
)
def test_what_did_not_happen_is_told(operator: Client, expected: dict[str, Any], detail: str) -> None:
    order(operator, "A", "")

    answered = verify(operator, **expected)

    assert (answered.status, answered.json["code"], answered.json["detail"]) == (409, "not-verified", detail)


def test_a_verification_that_fails_tells_what_was_expected_found_and_near(operator: Client) -> None:
    order(operator, "A", "")

    result = verify(
        operator, match={"method": "PUT", "path": "/order"}, calls=1, items={"created": {"min": 1}}
    ).json

    assert result["expected"] == {"calls": 1, "items": {"created": {"min": 1}}}
    assert result["found"] == {"calls": 0, "items": {}, "numbers": [], "dropped": 0}
    assert result["nearest"] == [
        {
            "number": 1,
            "vendor": "acme",
            "method": "PUT",
            "path": "/orders",
            "operation": "putOrders",
            "status": 207,
            "outcomes": {"created": 1, "rejected": 1},
            "differs": [{"member": "path", "expected": "/order", "found": "/orders"}],
        }
    ]


@pytest.mark.parametrize(
    ("expected", "status", "pointer"),
    [
        ({"match": {"vendor": "acm"}}, 422, "/match/vendor"),
        ({"match": {"operation": "putOrder"}}, 422, "/match/operation"),
        ({"match": {"body": {"path": "orders", "equals": 1}}}, 422, "/match/body/path"),
        ({"match": {"body": {"path": "$.a", "matches": "("}}}, 422, "/match/body/matches"),
        ({"calls": {"min": 2, "max": 1}}, 422, "/calls"),
        ({"items": {"created": {"min": 2, "max": 1}}}, 422, "/items/created"),
        ({"match": {"body": {"path": "$.a"}}}, 400, None),
        ({"match": {"colour": "red"}}, 400, None),
        ({"call": 1}, 400, None),
        ({"calls": -1}, 400, None),
        ({"calls": {}}, 400, None),
        ({"items": {"lost": 1}}, 400, None),
    ],
    ids=str,
)
def test_an_expectation_without_sense_is_refused(
    operator: Client, expected: dict[str, Any], status: int, pointer: str | None
) -> None:
    create(operator)

    answered = verify(operator, **expected)

    assert answered.status == status
    assert pointer is None or answered.json["errors"][0]["pointer"] == pointer


def test_where_calls_are_missing_nothing_is_verified_to_be_no_more(
    operator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    create(operator)
    # Ten thousand calls would take too long.
    assert isinstance(operator.app, Application)
    monkeypatch.setattr(operator.app.journal.kept, "limits", Limits(entries=2))
    for key in "ABC":
        order(operator, key)

    exact, least = verify(operator, calls=2), verify(operator, calls={"min": 2})

    assert (exact.status, exact.json["code"], least.status) == (409, "not-kept", 204)


@pytest.mark.parametrize(
    ("form", "media_type", "name", "begins"),
    [
        ("har", "application/json", "call-1.har", '{"log":{"comment":"sent 1 (1) · stored 1 (1)"'),
        ("command", "text/x-shellscript", "call-1.sh", "curl -sS"),
        (
            "curl",
            "text/x-shellscript",
            "call-1.sh",
            f"#!/bin/sh\n# The answers are those of call 1 of sandbox new.\n# {LEDGER}\n",
        ),
        ("pytest", "text/x-python", "test_call_1.py", '"""The answers are those of call 1'),
        (
            "case",
            "application/yaml",
            "call-1.yaml",
            f"# mockserver cases run FILE\n# {LEDGER}\n",
        ),
        ("postman", "application/json", "call-1.postman.json", '{"info":{"name":"mockserver: call 1 of'),
    ],
)
def test_a_call_is_handed_on_in_every_form(
    operator: Client, form: str, media_type: str, name: str, begins: str
) -> None:
    create(operator)
    order(operator, "A")

    answered = operator.get(f"{JOURNAL}/1/export?format={form}")

    assert (answered.status, answered.media_type) == (200, media_type)
    assert answered.headers.get("content-disposition") == f'attachment; filename="{name}"'
    assert answered.text.startswith(begins)
    assert "Bearer abc" not in answered.text


def test_what_was_asked_for_is_handed_on_in_one_archive(operator: Client) -> None:
    order(operator, "A")
    operator.get("/acme/orders", headers={"mock-sandbox": "new"})

    archive = operator.get(f"{JOURNAL}/export?format=har&method=GET").json

    assert [one["request"]["method"] for one in archive["log"]["entries"]] == ["GET"]


def test_a_call_whose_body_was_not_kept_cannot_be_sent_again(
    operator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    create(operator)
    # Sixty megabytes would take too long.
    assert isinstance(operator.app, Application)
    monkeypatch.setattr(operator.app.journal.kept, "limits", Limits(size_bytes=100))
    order(operator, "A", "B", "C")

    refused = [operator.get(f"{JOURNAL}/1/export?format={form}") for form in ("curl", "pytest", "case")]
    replayed = operator.post(f"{JOURNAL}/1/replay")
    exported = operator.get(f"{JOURNAL}/1/export?format=har")
    archive = exported.json["log"]

    assert {(one.status, one.json["code"]) for one in refused} == {(409, "not-reproducible")}
    assert (replayed.status, replayed.json["code"]) == (409, "not-kept")
    assert "bytes of the body of call 1 were not kept" in archive["_mockserver"]["reason"]
    assert exported.headers["content-disposition"] == 'attachment; filename="call-1.har"'


def test_calls_have_a_strip_if_it_is_asked_for(operator: Client) -> None:
    order(operator, "A", "")
    operator.get("/acme/orders", headers={"mock-sandbox": "new"})

    listed_calls = operator.get(f"{JOURNAL}?strips=true").json

    assert [one["strip"] for one in listed_calls] == [["created", "rejected"], []]
    assert ["strip" in one for one in operator.get(JOURNAL).json] == [False, False]


NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)


def test_a_duration_reaches_back_from_the_machines_time() -> None:
    query = read_query({"since": "10m"}, (), lambda: NOW)

    assert query.since == NOW - timedelta(minutes=10)


ITEMS = f"{JOURNAL}/items"


def test_the_histories_of_items_are_listed(operator: Client) -> None:
    order(operator, "A", "B")
    order(operator, "B")

    listed_items = operator.get(ITEMS).json

    assert [(one["key"], one["says"], len(one["attempts"])) for one in listed_items] == [
        ("A", "stored by attempt 1 of 1", 1),
        ("B", "stored by attempts 1, 2 of 2", 2),
    ]
    assert [one["key"] for one in operator.get(f"{ITEMS}?item=B&vendor=acme").json] == ["B"]
    assert operator.get(f"{ITEMS}?item=C").json == []


def test_a_key_with_a_credential_is_found_as_it_is_shown(operator: Client) -> None:
    for _ in range(2):
        order(operator, "x?access_token=s3cr3tlong")
    (shown,) = (one["key"] for one in operator.get(ITEMS).json)

    assert ("s3cr3t" in shown, len(operator.get(f"{ITEMS}?item={quote(shown)}").json)) == (False, 1)
    assert "s3cr3t" not in operator.get(OVERVIEW).text


OVERVIEW = f"{NEW}/overview"


def test_the_overview_counts_the_attempts_of_items(operator: Client) -> None:
    order(operator, "A", "B", "")
    order(operator, "B")
    order(operator, "B")

    found = operator.get(OVERVIEW).json

    assert (found["calls"], found["statuses"], found["dropped"]) == (3, {"2xx": 3}, 0)
    assert found["outcomes"] == {"created": 2, "updated": 2, "rejected": 1}
    assert found["attempts"] == [{"attempts": 1, "items": 2}, {"attempts": 3, "items": 1}]
    assert [(one["key"], one["calls"]) for one in found["repeated"]] == [("B", [1, 2, 3])]


def test_the_overview_has_the_ledger_and_the_reasons_of_refusals(operator: Client) -> None:
    bad = {"orders": [{"id": key, "amount": -1} for key in ("A", "B")]}
    operator.put("/acme/orders", json=bad, headers={"mock-sandbox": "new"})
    order(operator, "B")

    found = operator.get(OVERVIEW).json

    assert [found["ledger"][name]["items"] for name in ("sent", "stored", "refused")] == [2, 1, 1]
    assert [one["items"] for one in found["refusals"]] == [1]


def test_items_of_a_figure_are_listed_by_reason_and_in_pages(operator: Client) -> None:
    order(operator, "A", "B", "C", "")
    (why,) = [one["why"] for one in operator.get(f"{ITEMS}?figure=refused").json]

    page = operator.get(f"{ITEMS}?figure=stored&skip=1&limit=1").json
    of_reason = operator.get(f"{ITEMS}?why={quote(why)}").json

    assert ([one["key"] for one in page], len(of_reason)) == (["B"], 1)


def test_an_attempt_that_was_refused_whole_counts(operator: Client) -> None:
    create(operator)
    rule = {"id": "r1", "times": {"count": 1}, "commit": "none", "response": {"status": 503}}
    operator.put(f"{NEW}/scenarios/busy", json={"version": 1, "name": "busy", "rules": [rule]})
    order(operator, "A")
    order(operator, "A")

    found = operator.get(OVERVIEW).json

    assert [(one["key"], one["calls"]) for one in found["repeated"]] == [("A", [1, 2])]
    assert found["rules"] == [{"rule": "busy/r1", "calls": 1}]


def test_the_overview_is_of_one_vendor_if_asked(operator: Client) -> None:
    order(operator, "A")
    operator.get("/nowhere", headers={"mock-sandbox": "new"})

    assert [one["vendor"] for one in operator.get(f"{OVERVIEW}?vendor=acme").json["durations"]] == ["acme"]


def test_the_overview_tells_the_use_of_quotas(operator: Client) -> None:
    create(operator, freeze="2026-01-05T09:00:30Z")
    minute = 29460060  # begins at nine
    quotas = {
        "open": {"window": minute, "used": 3, "limit": 4, "seconds": 60},
        "over": {"window": minute - 1, "used": 5, "limit": 4, "seconds": 60},
        "bucket": {"at": "2026-01-05T09:00:00Z", "tokens": "48.5"},
    }
    operator.patch(f"{NEW}/state", json={"acme/": {"quotas": quotas}})

    found = operator.get(OVERVIEW).json["quotas"]

    assert found == [{"vendor": "acme", "key": "open", "used": 3, "left": 1, "until": "2026-01-05T09:01:00Z"}]


TIMELINE = f"{NEW}/timeline"


def test_the_timeline_joins_calls_that_carried_one_item(operator: Client) -> None:
    for keys in (("A", "B"), ("B",), ("A",)):
        order(operator, *keys)

    found = operator.get(TIMELINE).json

    assert [one["number"] for one in found["bars"]] == [1, 2, 3]
    assert [(one["first"], one["again"]) for one in found["retries"]] == [(1, 2), (1, 3)]


def test_the_timeline_of_an_item_has_only_the_calls_that_carried_the_item(operator: Client) -> None:
    for keys in (("A", "B"), ("B",), ("A",)):
        order(operator, *keys)

    found = operator.get(f"{TIMELINE}?item=A").json

    assert [one["number"] for one in found["bars"]] == [1, 3]
    assert [(one["first"], one["again"]) for one in found["retries"]] == [(1, 3)]


def test_an_item_has_its_calls_one_by_one_among_many_calls(operator: Client) -> None:
    order(operator, "A")
    for _ in range(MOST_CALLS):
        operator.get("/acme/orders", headers={"mock-sandbox": "new"})

    assert [one["number"] for one in operator.get(f"{TIMELINE}?item=A").json["bars"]] == [1]


def test_the_timeline_has_a_part_of_the_time(operator: Client) -> None:
    order(operator, "A")
    order(operator, "B")
    second = operator.get(TIMELINE).json["bars"][1]["at"]

    found = operator.get(f"{TIMELINE}?from={second}").json

    assert (found["from"], [one["number"] for one in found["bars"]]) == (second, [2])


def test_the_timeline_is_of_one_vendor_if_asked(operator: Client) -> None:
    order(operator, "A")
    operator.get("/nowhere", headers={"mock-sandbox": "new"})

    assert operator.get(f"{TIMELINE}?vendor=acme").json["calls"] == 1


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("from=2026-01-05T09:00:01Z&to=2026-01-05T09:00:00Z", "/query/to"),
        ("to=0001-01-01T00:00:00Z", "/query/to"),
        ("vendor=acmee", "/query/vendor"),
    ],
)
def test_a_time_that_is_none_is_refused(operator: Client, query: str, pointer: str) -> None:
    order(operator, "A")

    answered = operator.get(f"{TIMELINE}?{query}")

    assert (answered.status, answered.json["errors"][0]["pointer"]) == (422, pointer)


def test_two_calls_are_compared(operator: Client) -> None:
    order(operator, "A")
    order(operator, "A", "")

    found = operator.get(f"{JOURNAL}/1/compare/2").json

    assert found["says"] == "same status, 2 of 2 outcomes differ"
    assert ("/request/body/orders/1" in [one["pointer"] for one in found["request"]["differences"]]) is True
    assert [found[side]["number"] for side in ("first", "second")] == [1, 2]
