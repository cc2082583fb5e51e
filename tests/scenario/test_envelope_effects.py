from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from mockserver.codec import json
from mockserver.model import Reply
from mockserver.scenario.effects import MAX_GROWTH, MAX_TEXT, apply_envelope
from mockserver.scenario.model import EnvelopeEffect, SchemaDrift
from tests.support.engine_samples import BATCH

COUNTED = dataclasses.replace(BATCH, outcome={"count": "/meta/count"}, maps=("/errors", "/warnings"))


def bent(document: Any, effect: EnvelopeEffect) -> Any:
    return json.decode(apply_envelope(Reply(200, json.encode(document), "text/plain"), effect, COUNTED).body)


def drifted(document: Any, path: tuple[str | int, ...], change: str, to: Any = None) -> Any:
    return bent(document, EnvelopeEffect(drift=(SchemaDrift(path, change, to),)))


def test_without_an_effect_the_reply_is_the_same() -> None:
    reply = Reply(200, b"{}")

    assert apply_envelope(reply, None, COUNTED) is reply


def test_a_count_is_off_by_what_is_added() -> None:
    assert bent({"meta": {"count": 3}}, EnvelopeEffect(count_add=-1)) == {"meta": {"count": 2}}


def test_a_count_that_is_not_there_stays_away() -> None:
    assert bent({"meta": {}}, EnvelopeEffect(count_add=-1)) == {"meta": {}}


def test_empty_maps_are_lists_and_others_stay() -> None:
    assert bent({"errors": {}, "other": {}}, EnvelopeEffect(empty_map_as_array=True)) == {
        "errors": [],
        "other": {},
    }
    assert bent({"errors": {"a": ["x"]}, "warnings": {}}, EnvelopeEffect(empty_map_as_array=True)) == {
        "errors": {"a": ["x"]},
        "warnings": [],
    }


def test_a_media_type_may_be_another() -> None:
    assert apply_envelope(
        Reply(207, b"{}", "text/plain"), EnvelopeEffect(content_type="a/b"), COUNTED
    ) == Reply(207, b"{}", "a/b")


@pytest.mark.parametrize("body", [b"", b"<a/>", b"plain"])
def test_what_is_not_json_is_left_as_it_is(body: bytes) -> None:
    reply = Reply(200, body)

    assert apply_envelope(reply, EnvelopeEffect(count_add=1), COUNTED) == reply


@pytest.mark.parametrize(
    ("document", "path", "change", "to", "expected"),
    [
        ({"a": 1}, ("b",), "add", {"c": 2}, {"a": 1, "b": {"c": 2}}),
        ({"a": 1}, ("x", "b"), "add", 2, {"a": 1}),
        ({"a": 1, "b": 2}, ("a",), "rename", "z", {"z": 1, "b": 2}),
        ({"b": 2}, ("a",), "rename", "z", {"b": 2}),
        ({"a": 1}, ("a",), "widen", None, {"a": "1"}),
        ({"a": True}, ("a",), "widen", None, {"a": "true"}),
        ({"a": "x"}, ("a",), "widen", None, {"a": ["x"]}),
        ({"a": 1}, ("a",), "null", None, {"a": None}),
        ({}, ("a",), "null", None, {}),
        ({"a": "OPEN"}, ("a",), "value", "NEW", {"a": "NEW"}),
        ({"a": "No"}, ("a",), "reword", None, {"a": "«No»"}),
        ({"a": "No"}, ("a",), "reword", "Nein: {text}", {"a": "Nein: No"}),
        ({"a": 1}, ("a",), "reword", None, {"a": 1}),
        ({"l": [{"a": 1}, {"a": 2}]}, ("l", "*", "a"), "null", None, {"l": [{"a": None}, {"a": None}]}),
        ({"l": [{"a": 1}, {"a": 2}]}, ("l", 1, "a"), "null", None, {"l": [{"a": 1}, {"a": None}]}),
        ({"l": ["x", "y"]}, ("l", 0), "reword", None, {"l": ["«x»", "y"]}),
        ({"l": ["x"]}, ("l", 3), "null", None, {"l": ["x"]}),
        ({"m": {"k": ["x"]}}, ("m", "*", "*"), "reword", None, {"m": {"k": ["«x»"]}}),
        ([{"a": 1}], ("*", "a"), "widen", None, [{"a": "1"}]),
    ],
)
def test_a_schema_drifts(
    document: Any, path: tuple[str | int, ...], change: str, to: Any, expected: Any
) -> None:
    assert drifted(document, path, change, to) == expected


def test_members_keep_their_order_and_amounts_their_scale() -> None:
    reply = Reply(200, b'{"b":1.50,"a":1,"c":0}')

    bent = apply_envelope(reply, EnvelopeEffect(drift=(SchemaDrift(("a",), "rename", "z"),)), None)

    assert bent.body == b'{"b":1.50,"z":1,"c":0}'


def test_a_text_is_not_reworded_to_a_very_long_one() -> None:
    half = "a" * (MAX_TEXT // 2)
    assert drifted({"a": half}, ("a",), "reword", "{text}{text}") == {"a": half * 2}
    assert drifted({"a": half}, ("a",), "reword", "{text}{text}.") == {"a": half}


@pytest.mark.parametrize(
    "drift",
    [
        SchemaDrift(("l", "*"), "value", "v" * 1000),
        SchemaDrift(("l", "*"), "reword", "{text}" * 1000),
        SchemaDrift(("o", "*", "a"), "add", ["v" * 1000]),
        SchemaDrift(("o", "*", "a"), "rename", "v" * 1000),
    ],
    ids=lambda drift: drift.change,
)
def test_drifts_make_an_answer_not_very_much_longer_and_say_so(drift: SchemaDrift) -> None:
    document = json.encode({"l": ["x"] * 5000, "o": [{"a": 1} for _ in range(5000)]})
    limit = MAX_GROWTH + 9 * len(document)
    bent = apply_envelope(Reply(200, document), EnvelopeEffect(drift=(drift,)), None)
    assert limit / 2 < len(bent.body) < limit
    assert bent.reason.startswith("the drifts of a rule would make too much")


def test_lists_that_drifts_put_into_lists_come_to_an_end() -> None:
    into = [SchemaDrift(("l", *"*" * depth), "value", [0] * 100) for depth in range(1, 9)]
    bent = apply_envelope(Reply(200, b'{"l": [1]}'), EnvelopeEffect(drift=tuple(into)), None)
    assert len(bent.body) < MAX_GROWTH


def test_what_a_drift_adds_is_the_same_each_time_whatever_a_later_one_makes_of_it() -> None:
    drifts = (SchemaDrift(("b",), "add", {"c": "x"}), SchemaDrift(("b", "c"), "reword", "{text}{text}"))
    effect = EnvelopeEffect(drift=drifts)
    assert bent({}, effect) == bent({}, effect) == {"b": {"c": "xx"}}
