"""Calls through a mock to a real server: what is sent of them, and what the client gets of the answers."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode

import pytest

from mockserver.codec import json as exact_json
from mockserver.codec import yaml
from mockserver.model import Outcome, Reply, member_path, with_value_at
from tests.any_files.test_batch_styles import STYLES
from tests.support.forwarding import EXAMPLES, JSON, TO, Mock, Passed, example_app, read_body, vendor_app

NDJSON = "application/x-ndjson"
LOCKED = {"code": "locked"}


def of_item(index: int, **effect: Any) -> dict[str, Any]:
    return {"items": [{"select": {"index": index}, "effect": effect}]}


EFFECTS: Mapping[str, dict[str, Any]] = {
    "none": {},
    "fail": of_item(1, fail=LOCKED),
    "fail and commit": of_item(1, fail=LOCKED, commit=True),
    "fail all": {"items": [{"select": {"all": True}, "effect": {"fail": LOCKED}}]},
    "omit": of_item(0, omit=True),
    "omit and lose": of_item(1, omit=True, commit=False),
    "duplicate": of_item(0, duplicate=1),
    "warn": of_item(0, warn=LOCKED),
    "lose": of_item(1, commit=False),
    "hang": of_item(1, hang=5),
    "commit first": {"commit": {"partial": 2}},
    "commit none": {"commit": "none"},
    "commit none, 503": {"commit": "none", "response": {"status": 503}},
    "order": {"envelope": {"order": "reverse"}},
    "phantom": {"envelope": {"phantom": 1}},
    "count": {"envelope": {"countAdd": 1}},
    "empty map": {"envelope": {"emptyMapAsArray": True}},
    "content type": {"envelope": {"contentType": "text/plain"}},
    "drift": {"envelope": {"drift": [{"path": "$.new", "change": "add", "to": 1}]}},
    "status": {"response": {"status": 503}},
    "headers": {"response": {"headers": {"X-A": "1"}}},
    "body": {"response": {"status": 502, "body": {"mediaType": "text/html", "text": "<p>"}}},
    "fault": {"response": {"fault": "EMPTY_RESPONSE", "delay": {"type": "fixed", "value": 5}}},
    "quota": {"quota": {"limit": 1, "windowMillis": 60_000}},
}


class Form(NamedTuple):
    """Calls of an example: one that stores the item 2, then one with 2, 1, 3 and a bad 4."""

    method: str
    path: str
    first: bytes
    second: bytes
    media_type: str = JSON


def form_of_style(name: str) -> Form:
    document: Any = yaml.load((EXAMPLES / f"{name}.yaml").read_text(encoding="utf-8"))
    (path, item), *_ = document["paths"].items()
    ((method, operation),) = item.items()
    (key,), member = operation["x-batch"]["key"], operation["x-batch"]["items"][1:]

    def body(*numbers: int) -> bytes:
        kinds = {True: STYLES[name]["good"], False: STYLES[name]["bad"]}
        items = [with_value_at(kinds[one > 0], member_path(key), str(abs(one))) for one in numbers]
        return exact_json.encode({member: items} if member else items)

    return Form(method.upper(), path, body(2), body(2, 1, 3, -4))


def form_of_requests(path: str, member: str, *requests: Any) -> Form:
    return Form("POST", path, encode({member: requests[:1]}), encode({member: requests}))


def encode(value: Any) -> bytes:
    return json.dumps(value).encode()


def post_task(name: str, key: str, title: str = "x") -> Any:
    return {"id": name, "method": "POST", "url": "/tasks", "body": {"id": key, "title": title}}


def post_recipe(key: str, name: str = "soup") -> Any:
    return {"method": "post", "relativePath": "/recipes", "data": {"id": key, "name": name}}


def tools(*keys: str, **more: Any) -> bytes:
    return encode({"records": [{"id": key, "name": "saw"} for key in keys], **more})


FORMS: Mapping[str, Form] = {
    **{name: form_of_style(name) for name in STYLES},
    "lines-in-and-out": Form(
        "POST",
        "/songs/import",
        b'{"number":"2","seconds":5}\n',
        b'{"number":"2","seconds":7}\r\n\n{"number":"1","seconds":5}\n{"number":"3","seconds":5}\n'
        b'{"number":"4","seconds":0}',
        NDJSON,
    ),
    "lines-in-pairs": Form(
        "POST",
        "/pages/_bulk",
        b'{"index":{"_id":"2"}}\n{"words":1}\n',
        b'{"create":{"_id":"2"}}\n{"words":1}\n{"index":{"_id":"1"}}\n{"words":1}\n'
        b'{"index":{"_id":"3"}}\n{"words":1}\n{"index":{"_id":"2"}}\n{"words":2}\n',
        NDJSON,
    ),
    "items-in-a-map": Form(
        "POST",
        "/guests/bulk-create",
        encode({"guests": {"2": {"seats": 1}}}),
        encode({"guests": {"2": {"seats": 3}, "1": {"seats": 1}, "3": {"seats": 2}, "4": {}}}),
    ),
    "created-and-not-created-maps": Form(
        "POST",
        "/folders/set",
        encode({"create": {"2": {"name": "a", "size": 1}}}),
        encode({"create": {**{key: {"name": key, "size": 1} for key in "213"}, "4": {}}}),
    ),
    "requests-by-id": form_of_requests(
        "/batch",
        "requests",
        *(post_task("a", "2"), post_task("b", "1"), post_task("c", "3"), post_task("d", "4", "")),
    ),
    "requests-in-order": form_of_requests(
        "/batch", "actions", *(post_recipe("2"), post_recipe("1"), post_recipe("3"), post_recipe("4", ""))
    ),
    "all-or-nothing-by-switch": Form(
        "POST", "/tools/collections", tools("2"), tools("2", "1", "3", "4", allOrNone=True)
    ),
}
COUNTS = ("a-count-only", "counts-in-headers")
"""Forms that tell of no item alone: if some items are rejected, what became of each is not known."""

UNLIKE = {
    *((name, "phantom") for name in ("requests-by-id", "requests-in-order")),
    *((name, effect) for name in COUNTS for effect in ("fail and commit", "omit", "duplicate")),
}
"""Forms and effects with another answer than the mock's own: no outcome is known that could be changed."""


CASES = [(name, effect) for name in FORMS for effect in EFFECTS if (name, effect) not in UNLIKE]


def shown(answer: Any) -> Any:
    headers = {name: text for name, text in answer.reply.headers if name.lower() != "content-length"}
    reply = answer.reply
    return reply.status, read_body(reply), reply.media_type, headers, answer.applied, answer.delivery


def actions(outcomes: tuple[Outcome, ...]) -> list[tuple[str, str]]:
    return [(one.item.key, str(one.action)) for one in outcomes]


@pytest.mark.few(70)
@pytest.mark.parametrize(("name", "effect"), CASES)
def test_a_forwarded_call_has_the_effects_that_a_call_of_the_mock_has(name: str, effect: str) -> None:
    form = FORMS[name]
    front, alone, real = (Mock(example_app(name), name) for _ in range(3))
    first = form.method, form.path, form.first, form.media_type
    for mock in (front, alone, real):
        told = mock.answer(*first).reply
    front.pass_on(told, *first)
    for mock in (front, alone):
        mock.arm(EFFECTS[effect])
    second = form.method, form.path, form.second, form.media_type

    passed, own = front.pass_on(real, *second), alone.answer(*second)

    assert shown(passed.answer) == shown(own)
    assert real.records() == alone.records()
    if name not in COUNTS:
        assert actions(passed.answer.outcomes) == actions(own.outcomes)


SEEDS = "two-lists"


def pass_seeds(rule: Mapping[str, Any], *grams: int, real: Mock | Reply | None = None) -> Passed:
    """Send a seed for each weight, with the keys 1, 2, …, through a mock with the rule."""
    front, real = Mock(example_app(SEEDS), SEEDS), real or Mock(example_app(SEEDS), SEEDS)
    front.arm(rule)
    return front.pass_on(real, "POST", "/seeds/batch", encode({"inputs": [*map(seed, range(1, 9), grams)]}))


def seed(number: int, grams: int) -> Any:
    return {"number": str(number), "grams": grams}


@pytest.mark.parametrize(
    ("effect", "received", "results", "errors"),
    [
        ("none", "123", "12", "3"),
        ("fail", "13", "1", "23"),
        ("fail and commit", "123", "1", "23"),
        ("omit", "123", "2", "3"),
        ("omit and lose", "13", "1", "3"),
        ("duplicate", "123", "112", "3"),
        ("lose", "13", "12", "3"),
        ("hang", "13", "1", "23"),
        ("commit first", "12", "12", "3"),
        ("order", "123", "21", "3"),
        ("commit none", None, "12", "3"),
        ("fail all", None, "", "123"),
    ],
)
def test_held_items_are_not_sent_and_the_rows_of_the_others_are_kept(
    effect: str, received: str | None, results: str, errors: str
) -> None:
    passed = pass_seeds(EFFECTS[effect], 5, 6, 0)

    sent = None if passed.received is None else json.loads(passed.received)["inputs"]
    told = read_body(passed.answer.reply)
    assert (sent and "".join(one["number"] for one in sent)) == received
    assert [one["number"] for one in told["results"]] == list(results)
    assert [one["context"]["number"] for one in told["errors"]] == list(errors)
    assert told["numErrors"] == len(errors)


def test_a_call_without_a_rule_is_sent_and_answered_as_it_is() -> None:
    real = Reply(207, b'{ "results": [] }', JSON, (("X-Real", "1"), ("x-real", "2")))

    passed = pass_seeds(EFFECTS["none"], 1, real=real)

    assert (passed.answer.reply, passed.is_changed) == (real, False)
    assert passed.answer.forwarded_to == TO


@pytest.mark.parametrize(("coding", "is_read"), [("gzip", True), ("made-up", False)])
def test_rows_are_changed_in_coded_answers_that_can_be_decoded(coding: str, is_read: bool) -> None:  # noqa: FBT001
    body = gzip.compress(encode({"status": "COMPLETE", "results": [seed(1, 5), seed(2, 6)], "errors": []}))
    headers = (("Content-Encoding", coding), ("X-Real", "1"))

    passed = pass_seeds(EFFECTS["omit"], 5, 6, real=Reply(201, body, JSON, headers))

    if is_read:
        assert read_body(passed.answer.reply)["results"] == [seed(2, 6)]
        assert passed.answer.reply.headers == (("X-Real", "1"),)
    else:
        assert (passed.answer.reply.body, passed.answer.reply.headers) == (body, headers)
        assert "changed none of its rows" in passed.answer.reason


def test_a_held_item_of_lines_in_pairs_takes_its_own_lines_along() -> None:
    name, lines = "lines-in-pairs", [b'{"delete":{"_id":"9"}}', b'{"index":{"_id":"1"}}', b'{"words":1}']
    others = [b'{"index":{"_id":"2"}}', b'{"words":2}', b""]
    front = Mock(example_app(name), name)
    front.arm(EFFECTS["fail"])

    passed = front.pass_on(Reply(500), "POST", "/pages/_bulk", b"\n".join([*lines, *others]), NDJSON)

    assert passed.received == b"\n".join([*lines[:1], *others])


def test_an_item_that_the_real_server_leaves_out_is_not_told_instead() -> None:
    real = Reply(207, encode({"status": "COMPLETE", "results": [seed(1, 5)], "errors": []}), JSON)

    passed = pass_seeds(EFFECTS["duplicate"], 5, 6, real=real)

    assert read_body(passed.answer.reply)["results"] == [seed(1, 5), seed(1, 5)]
    assert [str(one.action) for one in passed.answer.outcomes] == ["created", "skipped"]


def test_rows_that_tell_of_no_sent_item_stay() -> None:
    real = Reply(207, encode({"status": "COMPLETE", "results": [seed(9, 1), seed(1, 5)], "errors": []}), JSON)

    passed = pass_seeds(EFFECTS["fail"], 5, 6, real=real)

    assert [one["number"] for one in read_body(passed.answer.reply)["results"]] == ["1", "9"]


def test_a_warning_leaves_the_real_rejection_as_it_is() -> None:
    error = {"category": "X", "message": "mine", "context": {"number": "1"}}
    real = Reply(207, encode({"status": "FAILED", "results": [], "numErrors": 1, "errors": [error]}), JSON)

    passed = pass_seeds(EFFECTS["warn"], 5, real=real)

    assert read_body(passed.answer.reply)["errors"] == [error]


@pytest.mark.parametrize(
    ("status", "refusal", "reason"),
    [
        (503, "http-503", "the real server answered 503: down for tea"),
        (200, None, ""),
    ],
)
def test_a_refusal_is_recorded_in_the_words_of_the_real_server(
    status: int, refusal: str | None, reason: str
) -> None:
    passed = pass_seeds(EFFECTS["none"], 1, real=Reply(status, b"down for\ntea", "text/plain"))

    assert (passed.answer.refusal, passed.answer.reason, passed.answer.outcomes) == (refusal, reason, ())


def test_a_key_that_was_stored_before_is_told_as_updated_by_an_upsert() -> None:
    name, body = "lines-in-and-out", b'{"number":"1","seconds":5}\n'
    front, answer = Mock(example_app(name), name), Reply(200, b'{"success":true}\n', NDJSON)

    calls = [front.pass_on(answer, "POST", "/songs/import", body, NDJSON) for _ in range(2)]

    assert [actions(one.answer.outcomes) for one in calls] == [[("1", "created")], [("1", "updated")]]


def test_a_body_that_cannot_be_read_is_sent_as_it_is() -> None:
    front = Mock(example_app(SEEDS), SEEDS)
    front.arm(EFFECTS["fail"])

    passed = front.pass_on(Mock(example_app(SEEDS), SEEDS), "POST", "/seeds/batch", b'{"inputs": [')

    assert (passed.received, passed.answer.reply.status) == (b'{"inputs": [', 400)


@pytest.mark.parametrize(
    ("effect", "received", "status"),
    [("none", True, 200), ("fail", False, 409), ("commit none", False, 201), ("status", True, 503)],
)
def test_a_single_write_is_one_item(effect: str, received: bool, status: int) -> None:  # noqa: FBT001
    front = Mock(example_app("requests-by-id"), "requests-by-id")
    rule = EFFECTS[effect]
    front.arm(of_item(0, fail={"code": "conflict", "status": 409}) if effect == "fail" else rule)

    passed = front.pass_on(Reply(200, b"{}", JSON), "POST", "/tasks", encode({"id": "1", "title": "x"}))

    assert (passed.received is not None, passed.answer.reply.status) == (received, status)


@pytest.mark.parametrize(
    "body",
    [
        b'{"error": "no", "access_token": "qL7-hidden-1"}',
        b'{"error": "not valid: Bearer qL7-hidden-1"}',
        b"error=no&client_secret=qL7-hidden-1",
    ],
)
def test_the_reason_of_a_refusal_by_the_real_server_has_no_credentials(body: bytes) -> None:
    front = Mock(example_app(SEEDS), SEEDS)

    passed = front.pass_on(Reply(401, body, JSON), "POST", "/seeds/batch", b'{"inputs": []}')

    assert passed.answer.reason.startswith("the real server answered 401: ")
    assert "hidden" not in passed.answer.reason


XML = "<Invoices><Invoice/><Invoice/></Invoices>"


@pytest.mark.parametrize(
    ("body", "media_type"),
    [(XML, "text/xml"), (urlencode({"xml": XML}), "application/x-www-form-urlencoded")],
    ids=["xml", "form"],
)
def test_an_item_of_a_body_that_is_neither_json_nor_lines_cannot_be_held(body: str, media_type: str) -> None:
    front = Mock(vendor_app(), "xero", xero_tenant_id="t")
    front.arm(EFFECTS["fail"])

    passed = front.pass_on(Reply(200), "POST", "/api.xro/2.0/Invoices", body.encode(), media_type)

    assert (passed.received, passed.answer.reply.status) == (None, 501)
    assert "only JSON and lines can be sent without it; nothing was sent" in passed.answer.reason


def test_a_body_that_cannot_be_read_is_not_sent_if_nothing_may_be_stored() -> None:
    front = Mock(example_app(SEEDS), SEEDS)
    front.arm(EFFECTS["commit none"])

    passed = front.pass_on(Reply(200), "POST", "/seeds/batch", b'{"inputs": [')

    assert (passed.received, passed.answer.reply.status) == (None, 400)
