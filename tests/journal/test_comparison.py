from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace as replaced

from mockserver.journal.replay import compare_entries, compare_reply, reported_outcomes
from mockserver.model import Action, AppliedEffect, Delivery, Reply
from mockserver.spec.openapi import Operation
from tests.support import sample_vendor
from tests.support.journal_entries import JSON, entry, item_results

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
    assert (result["items"]["differences"], result["body"]["same"]) == ([], True)


def test_an_item_that_ended_otherwise_is_told_with_both_ends() -> None:
    other = replaced(
        RECORDED, decided=item_results(("A", Action.CREATED), ("B", Action.CREATED), ("C", Action.CREATED))
    )

    result = compare_entries(RECORDED, other)

    assert (result["same"], result["says"]) == (False, "same status, 1 of 3 outcomes differs")
    assert result["items"] == {
        "count": 3,
        "differ": 1,
        "differences": [
            {
                "index": 1,
                "key": "B",
                "recorded": "rejected",
                "replayed": "created",
                "says": "item 1 rejected → created",
            }
        ],
    }


def test_items_that_one_side_has_not_are_absent_there() -> None:
    result = compare_entries(RECORDED, entry())

    assert [one["says"] for one in result["items"]["differences"]] == [
        "item 0 created → absent",
        "item 1 rejected → absent",
        "item 2 created → absent",
    ]


def test_an_answer_that_was_lost_has_no_status() -> None:
    result = compare_entries(RECORDED, replaced(RECORDED, delivery=Delivery(fault="NO_RESPONSE")))

    assert (result["same"], result["says"]) == (False, "status 207 → none, 0 of 3 outcomes differ")


def test_of_many_items_that_differ_twenty_are_told() -> None:
    many = entry(decided=item_results(*[(str(at), Action.CREATED) for at in range(30)]))

    result = compare_entries(many, entry())["items"]

    assert (result["differ"], len(result["differences"])) == (30, 20)


def test_bodies_differ_by_places() -> None:
    result = compare_entries(entry(reply_body=b'{"a":1,"b":[1,2]}'), entry(reply_body=b'{"a":2,"b":[1]}'))[
        "body"
    ]

    assert result == {
        "same": False,
        "differ": 2,
        "differences": [
            {"pointer": "/a", "recorded": "1", "replayed": "2"},
            {"pointer": "/b/1", "recorded": "2", "replayed": None},
        ],
    }


def test_a_credential_in_a_body_is_not_told() -> None:
    result = compare_entries(
        entry(reply_body=b'{"token":"abcdef"}'), entry(reply_body=b'{"token":"ghijkl"}')
    )["body"]

    assert result["differences"] == [{"pointer": "/token", "recorded": '"ab…"', "replayed": '"gh…"'}]


def test_bodies_that_are_no_json_are_the_same_or_not() -> None:
    result = compare_entries(entry(reply_body=b"<a/>"), entry(reply_body=b"<b/>"))["body"]

    assert result == {"same": False, "differ": 0, "differences": []}


def test_items_of_an_answer_from_elsewhere_are_read_by_the_specs_outcome(tmp_path: Path) -> None:
    put = operation(tmp_path)
    before = reply('{"results":[{"status":201,"order":{"id":"A"}},{"status":422,"order":{"id":"B"}}]}')
    after = reply('{"results":[{"status":201,"order":{"id":"A"}},{"status":201,"order":{"id":"B"}}]}')

    result = compare_reply(entry(reply=before), after, put)

    assert [one["says"] for one in result["items"]["differences"]] == ["item 1 422 → 201"]


def test_an_item_that_one_answer_left_out_shifts_no_other(tmp_path: Path) -> None:
    put = operation(tmp_path)
    before = reply('{"results":[{"status":201,"order":{"id":"A"}},{"status":422,"order":{"id":"C"}}]}')
    after = reply(
        '{"results":[{"status":201,"order":{"id":"A"}},{"status":201,"order":{"id":"B"}},'
        '{"status":422,"order":{"id":"C"}}]}'
    )

    result = compare_reply(entry(reply=before), after, put)["items"]

    assert [(one["key"], one["recorded"], one["replayed"]) for one in result["differences"]] == [
        ("B", None, "201")
    ]


def test_items_that_share_a_key_are_told_by_their_places() -> None:
    twice = entry(decided=item_results(("A", Action.CREATED), ("A", Action.UPDATED)))

    result = compare_entries(twice, replaced(twice, decided=item_results(("A", Action.CREATED))))["items"]

    assert [one["says"] for one in result["differences"]] == ["item 1 updated → absent"]


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

    assert [(one["key"], one["recorded"], one["replayed"]) for one in result["differences"]] == [
        ("A", "errors, warnings", "unsaid")
    ]
    assert result["count"] == 2


def test_an_answer_that_never_came_has_no_items() -> None:
    result = compare_reply(RECORDED, None, None)

    assert (result["status"], result["items"]["differ"]) == ({"recorded": 207, "replayed": None}, 3)


def test_where_the_spec_says_nothing_of_items_the_bodies_speak(tmp_path: Path) -> None:
    show = sample_vendor.load_sample(tmp_path).operations["showOrder"]

    result = compare_reply(entry(reply=reply('{"id":"A"}')), reply('{"id":"B"}'), show)

    assert (result["items"]["count"], result["body"]["differ"]) == (0, 1)


def test_a_comparison_says_how_many_bad_items_are_bad_again() -> None:
    lost = {0: AppliedEffect("nightly/lose", ("omitted",))}
    recorded = replaced(RECORDED, effects=lost)
    ends = item_results(("A", Action.CREATED), ("B", Action.CREATED), ("C", Action.REJECTED))

    assert compare_entries(recorded, recorded)["bad"] == {
        "count": 2,
        "again": 2,
        "items": [
            {"index": 0, "recorded": "created", "again": True},
            {"index": 1, "recorded": "rejected", "again": True},
        ],
    }
    assert compare_entries(recorded, replaced(recorded, decided=ends))["bad"]["again"] == 1
    assert compare_entries(recorded, RECORDED)["bad"]["again"] == 1


def test_of_an_answer_alone_nothing_is_said_about_bad_items(tmp_path: Path) -> None:
    assert compare_reply(RECORDED, reply("{}"), operation(tmp_path))["bad"] is None
