from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from msgspec.structs import replace as replaced

from mockserver.errors import UnknownSandboxError
from mockserver.journal.entry import Entry
from mockserver.journal.replay import (
    MAX_COMPARED,
    compare_calls,
    compare_entries,
    compare_reply,
    item_places,
    reported_outcomes,
    sandbox_settings,
)
from mockserver.model import Action, Delivery, Reply
from mockserver.sandbox.sandboxes import Settings
from mockserver.server.application import Application
from mockserver.spec.openapi import Operation
from tests.control.operators import NEW, create, order
from tests.support import sample_vendor
from tests.support.client import Client
from tests.support.journal_entries import ENTRY, JSON, entry, item_results

RULES = [{"id": "r1", "envelope": {"countAdd": 1}, "response": {"headers": {"x": "y"}}}]


@pytest.fixture
def operator(tmp_path: Path) -> Client:
    return sample_vendor.create_client(
        tmp_path, seed=3, freeze="2026-01-05T09:00:00Z", assumptions={"acme.availability": "up"}
    )


def around(operator: Client, number: int) -> Settings:
    """Return the settings to resend the call with that number in `new`."""
    assert isinstance(operator.app, Application)
    called = operator.app.journal.kept.entry("new", number)
    assert called is not None
    return sandbox_settings(called, operator.app.sandboxes, {one.name: one for one in operator.app.served})


def test_a_call_needs_the_seed_of_its_sandbox(operator: Client) -> None:
    create(operator, seed=7, empty=True)
    order(operator, "A")

    assert (around(operator, 1).seed, around(operator, 1).empty) == (7, True)


def test_a_call_needs_the_time_that_it_had(operator: Client) -> None:
    create(operator, freeze="2026-01-05T09:00:00Z")
    order(operator, "A")
    operator.post(f"{NEW}/clock/advance", json={"seconds": 60})
    order(operator, "A")

    assert [around(operator, number).frozen for number in (1, 2)] == [
        "2026-01-05T09:00:00Z",
        "2026-01-05T09:01:00Z",
    ]


def test_a_call_needs_the_assumptions_as_they_stood_then(operator: Client) -> None:
    create(operator)
    operator.patch(f"{NEW}/assumptions", json={"acme.availability": "offline"})
    order(operator, "A")
    operator.patch(f"{NEW}/assumptions", json={"acme.availability": "up"})

    assert around(operator, 1).assumptions["acme.availability"] == "offline"


def test_a_call_needs_the_scenarios_that_bent_it_and_no_others(operator: Client) -> None:
    create(operator)
    for name, match in (("one", {}), ("two", {"vendor": "acme", "operation": "listOrders"})):
        rules = [{**rule, "match": match} for rule in RULES] if match else RULES
        put = operator.put(f"{NEW}/scenarios/{name}", json={"version": 1, "name": name, "rules": rules})
        assert put.status == 200, put.text
    order(operator, "A")

    assert [document["name"] for document in around(operator, 1).scenarios] == ["one"]


def test_a_call_of_a_sandbox_that_is_gone_needs_what_nobody_knows(operator: Client) -> None:
    assert isinstance(operator.app, Application)
    with pytest.raises(UnknownSandboxError):
        sandbox_settings(entry(sandbox="gone"), operator.app.sandboxes, {})


RECORDED = entry(decided=item_results(("A", Action.CREATED), ("B", Action.REJECTED), ("C", Action.CREATED)))


def operation(folder: Path, outcome: dict[str, Any] | None = None) -> Operation:
    """Return the batch operation of the sample vendor with this `outcome`."""
    pointer = "/paths/~1orders/put/x-batch/outcome"
    made = sample_vendor.document() if outcome is None else sample_vendor.changed_document(pointer, outcome)
    return sample_vendor.load_sample(folder, made).operations["putOrders"]


def reply(text: str) -> Reply:
    return Reply(207, text.encode(), JSON)


def test_the_same_answer_differs_in_nothing() -> None:
    result = compare_entries(RECORDED, RECORDED)

    assert (result["same"], result["says"]) == (True, "same status, 0 of 3 outcomes differ")
    assert (result["items"]["groups"], result["body"]["same"]) == ([], True)


def test_an_item_that_ended_otherwise_is_told_with_both_ends() -> None:
    other = replaced(
        RECORDED, decided=item_results(("A", Action.CREATED), ("B", Action.CREATED), ("C", Action.CREATED))
    )

    result = compare_entries(RECORDED, other)

    assert (result["same"], result["says"]) == (False, "same status, 1 of 3 outcomes differs")
    assert result["items"] == {
        "count": 3,
        "differ": 1,
        "groups": [{"count": 1, "items": ["B"], "recorded": "rejected", "replayed": "created"}],
    }


def test_an_answer_that_was_lost_has_no_status() -> None:
    result = compare_entries(RECORDED, replaced(RECORDED, delivery=Delivery(fault="NO_RESPONSE")))

    assert (result["same"], result["says"]) == (False, "status 207 → none, 0 of 3 outcomes differ")


def test_items_with_the_same_difference_are_one_group_with_the_first_keys() -> None:
    many = entry(decided=item_results(*[(f"K{at}", Action.CREATED) for at in range(30)]))

    (group,) = compare_entries(many, entry())["items"]["groups"]

    assert group == {
        "count": 30,
        "items": [f"K{at}" for at in range(20)],
        "recorded": "created",
        "replayed": None,
    }


def test_places_that_differ_in_their_indexes_alone_are_one_group() -> None:
    before, after = b'{"a":[{"id":1},{"id":2}],"b":[3]}', b'{"a":[{"id":5},{"id":6}],"b":[7]}'

    groups = compare_entries(entry(reply_body=before), entry(reply_body=after))["body"]["groups"]

    assert groups == [
        {"count": 2, "place": "/a/*/id", "recorded": "1", "replayed": "5"},
        {"count": 1, "place": "/b/0", "recorded": "3", "replayed": "7"},
    ]


@pytest.mark.parametrize(
    ("before", "after", "differences"),
    [
        (b'{"a":1,"b":[1,2]}', b'{"a":2,"b":[1]}', [("/a", "1", "2"), ("/b/1", "2", None)]),
        (b'{"token":"abcdef"}', b'{"token":"ghijkl"}', [("/token", '"ab…"', '"gh…"')]),
        (b"<a/>", b"<b/>", []),
    ],
    ids=["places", "a credential", "no JSON"],
)
def test_bodies_differ_by_places(before: bytes, after: bytes, differences: list[Any]) -> None:
    result = compare_entries(entry(reply_body=before), entry(reply_body=after))["body"]

    found = [(one["place"], one["recorded"], one["replayed"]) for one in result["groups"]]
    assert (result["same"], result["differ"], found) == (False, len(differences), differences)


TWICE = entry(decided=item_results(("A", Action.CREATED), ("A", Action.UPDATED)))


def changed(items: Any) -> list[tuple[list[str], str | None, str | None]]:
    return [(one["items"], one["recorded"], one["replayed"]) for one in items["groups"]]


@pytest.mark.parametrize(
    ("recorded", "replayed", "told"),
    [
        (RECORDED, entry(), [(["B"], "rejected", None), (["A", "C"], "created", None)]),
        (TWICE, entry(decided=item_results(("A", Action.CREATED))), [(["A"], "updated", None)]),
    ],
    ids=["no items", "items that share a key"],
)
def test_items_that_one_side_has_not_are_absent_there(recorded: Entry, replayed: Entry, told: Any) -> None:
    assert changed(compare_entries(recorded, replayed)["items"]) == told


def test_items_of_an_answer_from_elsewhere_are_read_by_the_specs_outcome(tmp_path: Path) -> None:
    put = operation(tmp_path)
    before = reply('{"results":[{"status":201,"order":{"id":"A"}},{"status":422,"order":{"id":"B"}}]}')
    after = reply('{"results":[{"status":201,"order":{"id":"A"}},{"status":201,"order":{"id":"B"}}]}')

    result = compare_reply(entry(reply=before), after, put)

    assert changed(result["items"]) == [(["B"], "422", "201")]


def test_an_item_that_one_answer_left_out_shifts_no_other(tmp_path: Path) -> None:
    put = operation(tmp_path)
    before = reply('{"results":[{"status":201,"order":{"id":"A"}},{"status":422,"order":{"id":"C"}}]}')
    after = reply(
        '{"results":[{"status":201,"order":{"id":"A"}},{"status":201,"order":{"id":"B"}},'
        '{"status":422,"order":{"id":"C"}}]}'
    )

    result = compare_reply(entry(reply=before), after, put)["items"]

    assert changed(result) == [(["B"], None, "201")]


def test_an_item_without_a_key_in_its_answer_has_an_empty_one(tmp_path: Path) -> None:
    put = operation(tmp_path, {"list": "/r", "status": "/s"})

    assert reported_outcomes(reply('{"r":[{"s":201}]}'), put) == [("", "201")]


@pytest.mark.parametrize(
    ("outcome", "body", "read"),
    [
        ({"list": "/r", "status": "/s"}, '{"r":[{"s":"OK"},{"s":null},{}]}', ["OK", "unsaid", "unsaid"]),
        ({"list": "/r/0/x", "status": "/s"}, '{"r":[{"x":[{"s":1}]}]}', ["1"]),
        ({"list": "/r", "status": "/s"}, '{"r":{}}', []),
        ({"list": "/r", "status": "/s"}, "no json", []),
    ],
)
def test_an_end_is_what_the_answer_says_of_the_item(
    tmp_path: Path, outcome: dict[str, str], body: str, read: list[str]
) -> None:
    assert [end for _, end in reported_outcomes(reply(body), operation(tmp_path, outcome))] == read


def test_items_that_stand_in_maps_are_told_by_their_key(tmp_path: Path) -> None:
    put = operation(tmp_path, {"maps": ["/errors", "/warnings"]})
    before = reply('{"errors":{"A":["x"],"B":["x"]},"warnings":{"A":["y"]}}')
    after = reply('{"errors":{"B":["x"]},"warnings":[]}')

    result = compare_reply(entry(reply=before), after, put)["items"]

    assert changed(result) == [(["A"], "errors, warnings", "unsaid")]
    assert result["count"] == 2


def test_an_answer_that_never_came_has_no_items() -> None:
    result = compare_reply(RECORDED, None, None)

    assert (result["status"], result["items"]["differ"]) == ({"recorded": 207, "replayed": None}, 3)


def test_where_the_spec_says_nothing_of_items_the_bodies_speak(tmp_path: Path) -> None:
    show = sample_vendor.load_sample(tmp_path).operations["showOrder"]

    result = compare_reply(entry(reply=reply('{"id":"A"}')), reply('{"id":"B"}'), show)

    assert (result["items"]["count"], result["body"]["differ"]) == (0, 1)


@pytest.fixture(scope="module")
def put_orders(tmp_path_factory: pytest.TempPathFactory) -> Operation:
    return sample_vendor.load_sample(tmp_path_factory.mktemp("specs")).operations["putOrders"]


@pytest.fixture(scope="module")
def mapped(tmp_path_factory: pytest.TempPathFactory) -> Operation:
    """The operation with an answer that has maps of problems."""
    made = sample_vendor.changed_document(
        "/paths/~1orders/put/x-batch/outcome", {"count": "/count", "maps": ["/errors", "/warnings"]}
    )
    return sample_vendor.load_sample(tmp_path_factory.mktemp("mapped"), made).operations["putOrders"]


def places(operation: Operation | None, reply: Any, *keys: str, body: bytes = b"{}") -> list[Any]:
    """Where the items with these keys are, as pairs."""
    entry = replace(
        ENTRY,
        call=replace(ENTRY.call, body=body),
        reply=Reply(207, json.dumps(reply).encode(), "application/json"),
        decided=item_results(*((key, Action.CREATED) for key in keys)),
    )
    return [(place["sent"], place["reported"]) for place in item_places(entry, operation)]


def row(key: str) -> dict[str, Any]:
    return {"status": 201, "order": {"id": key}}


@pytest.mark.parametrize(
    ("reply", "reported"),
    [
        ({"results": [row("B"), row("A")]}, ["/results/1", "/results/0"]),
        ({"results": [{}, {}]}, ["/results/0", "/results/1"]),
        ({"results": [row("B")]}, [None, "/results/0"]),
        (None, [None, None]),
        ({}, [None, None]),
        ({"results": 3}, [None, None]),
        ([], [None, None]),
    ],
)
def test_rows_are_found_by_their_keys_or_else_by_their_places(
    put_orders: Operation, reply: Any, reported: list[str | None]
) -> None:
    assert places(put_orders, reply, "A", "B") == list(zip(("/orders/0", "/orders/1"), reported, strict=True))


def test_maps_of_problems_are_read_by_key_part_of_it_or_index(mapped: Operation) -> None:
    reply = {"errors": {"A": ["bad"], "2": ["bad"]}, "warnings": {"c~/1": []}}

    assert places(mapped, reply, "A", "x/A", "z", "c~/1") == [
        ("/orders/0", "/errors/A"),
        ("/orders/1", "/errors/A"),
        ("/orders/2", "/errors/2"),
        ("/orders/3", "/warnings/c~0~11"),
    ]


def test_a_bare_item_is_the_whole_body(tmp_path: Path) -> None:
    made = sample_vendor.changed_document("/paths/~1orders/put/x-batch/bare-item", True)  # noqa: FBT003 - a value
    operation = sample_vendor.load_sample(tmp_path, made).operations["putOrders"]

    assert places(operation, {}, "A", body=b'{"id":"A"}') == [("", None)]
    assert places(operation, {}, "A", body=b'{"orders":[{"id":"A"}]}') == [("/orders/0", None)]


def test_a_call_without_operation_has_no_places() -> None:
    assert places(None, {"results": [{}]}, "A") == [(None, None)]


def told(part: Any) -> list[tuple[str, str | None, str | None]]:
    return [(one["pointer"], one["first"], one["second"]) for one in part["differences"]]


def test_equal_calls_differ_in_nothing() -> None:
    result = compare_calls(RECORDED, RECORDED)

    assert result["says"] == "same status, 0 of 3 outcomes differ"
    assert [result[part]["differ"] for part in ("items", "request", "reply")] == [0, 0, 0]


def test_two_calls_differ_by_places_of_request_and_reply() -> None:
    first = entry(headers={"x": "1"}, body=b'{"a":[1]}', query="page=1", reply_headers=(("Etag", "5"),))
    second = entry(headers={}, body=b'{"a":[2]}', reply_status=500, reply_body=b'{"a":1}')

    result = compare_calls(first, second)

    assert told(result["request"]) == [
        ("/request/query", '"page=1"', '"page=2"'),
        ("/request/headers/x", '"1"', None),
        ("/request/body/a/0", "1", "2"),
    ]
    assert told(result["reply"]) == [
        ("/reply/status", "207", "500"),
        ("/reply/headers/Etag", '"5"', None),
        ("/reply/body/results", "[]", None),
        ("/reply/body/a", None, "1"),
    ]


def test_headers_of_the_connection_and_the_date_do_not_count() -> None:
    first = entry(headers={"host": "a", "content-length": "1"}, reply_headers=(("Date", "then"),))
    second = entry(headers={"host": "b"}, reply_headers=(("Date", "now"),))

    result = compare_calls(first, second)

    assert (result["request"]["differ"], result["reply"]["differ"]) == (0, 0)


def test_credentials_that_differ_are_listed_but_not_shown() -> None:
    first = entry(headers={"x-csrf-token": "abcdef"}, body=b'{"password":"secret-1"}', query="sid=abcdef")
    second = entry(headers={"x-csrf-token": "abcxyz"}, body=b'{"password":"secret-2"}', query="sid=abcxyz")

    assert told(compare_calls(first, second)["request"]) == [
        ("/request/query", '"sid=ab…"', '"sid=ab…"'),
        ("/request/headers/x-csrf-token", '"ab…"', '"ab…"'),
        ("/request/body/password", '"se…"', '"se…"'),
    ]


def test_bodies_that_are_no_json_are_compared_by_line() -> None:
    result = compare_calls(entry(reply_body=b"<a><b>1</b><c/></a>"), entry(reply_body=b"<a><b>2</b><c/></a>"))

    assert told(result["reply"]) == [("/reply/body/1", '"<b>1</b>"', '"<b>2</b>"')]


def test_items_of_two_calls_are_compared_by_key() -> None:
    again = entry(decided=item_results(("B", Action.CREATED), ("D", Action.REJECTED)))

    result = compare_calls(RECORDED, again)

    assert [(one["items"], one["first"], one["second"]) for one in result["items"]["groups"]] == [
        (["B"], "rejected", "created"),
        (["D"], None, "rejected"),
        (["A", "C"], "created", None),
    ]


def test_the_rarest_change_of_outcome_comes_first() -> None:
    keys = [str(at) for at in range(MAX_COMPARED + 7)]
    first = entry(decided=item_results(*((key, Action.CREATED) for key in keys), ("R", Action.REJECTED)))
    second = entry(decided=item_results(*((key, Action.UPDATED) for key in keys), ("R", Action.CREATED)))

    items = compare_calls(first, second)["items"]

    assert [(one["count"], one["items"][0]) for one in items["groups"]] == [(1, "R"), (MAX_COMPARED + 7, "0")]


def test_of_many_differences_the_first_are_told() -> None:
    many = json.dumps(list(range(MAX_COMPARED + 7))).encode()

    result = compare_calls(entry(body=many), entry(body=b"[]"))["request"]

    assert (result["differ"], len(result["differences"])) == (MAX_COMPARED + 7, MAX_COMPARED)


def test_a_long_value_is_cut() -> None:
    result = compare_calls(entry(body=b'["%s"]' % (b"x" * 999)), entry(body=b"[]"))

    ((_, first, _),) = told(result["request"])
    assert first == f'"{"x" * 199}…'
