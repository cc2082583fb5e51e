"""The forms of items: lines, pairs of lines and maps, from the bytes of a call to the bytes of its answer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from mockserver.contract.api import ApiUnderTest
from mockserver.contract.exchange import Exchange, Request, Response
from mockserver.contract.oracle.expectations import Oracle
from mockserver.contract.oracle.responses import reader_for
from mockserver.contract.profile import Profile
from mockserver.errors import SpecError
from mockserver.server.application import Options
from tests.support.client import Client
from tests.support.frozen_app import create_frozen_app

BATCHES = Path(__file__).parents[2] / "examples" / "batches"
NDJSON, JSON = "application/x-ndjson", "application/json"
PATHS = {
    "lines-in-and-out": ("/songs/import", "/songs/"),
    "lines-in-pairs": ("/pages/_bulk", "/pages/"),
    "items-in-a-map": ("/guests/bulk-create", "/guests/"),
    "created-and-not-created-maps": ("/folders/set", "/folders/"),
}


def _client(file: Path) -> Client:
    return Client(create_frozen_app(Options(files=(file,), vendors=(file.stem,))), {})


def _written(tmp_path: Path, name: str, document: Any) -> Path:
    file = tmp_path / f"{name}.yaml"
    file.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    return file


def _document(name: str) -> Any:
    return yaml.safe_load((BATCHES / f"{name}.yaml").read_text(encoding="utf-8"))


def _send(client: Client, path: str, body: str | bytes, media_type: str) -> tuple[int, str]:
    content = body if isinstance(body, bytes) else body.encode()
    answer = client.request("POST", path, content=content, headers={"content-type": media_type})
    return answer.status, answer.text


def _lines(*values: Any) -> str:
    return "".join(f"{json.dumps(value, separators=(',', ':'))}\n" for value in values)


TRUE = {"success": True}


def _refused(why: str) -> dict[str, Any]:
    return {"success": False, "error": why}


@pytest.mark.parametrize(
    ("sent", "answered", "stored"),
    [
        ('{"number":"1","seconds":5}\n{"number":"2","seconds":6}', (TRUE, TRUE), "12"),
        (
            '{"number":"1","seconds":5}\r\n\n{"number":"2","seconds":0}\n{oops\n[1]\n{"number":"1","seconds":7}',
            (
                TRUE,
                _refused("0 is less than the minimum of 1"),
                _refused("line 4: the JSON cannot be read beyond byte 1"),
                _refused("line 5 is no JSON object"),
                TRUE,
            ),
            "1",
        ),
        (
            b'\xff\n{"number":"1"}\n' + b"[" * 70 + b"]" * 70,
            (
                _refused("line 1: the JSON cannot be read beyond byte 0"),
                _refused('"seconds" is a required property'),
                _refused("line 3: nested deeper than 64 levels"),
            ),
            "",
        ),
        ("\n \n", (), ""),
    ],
)
def test_each_line_has_a_line_in_the_answer(
    sent: str | bytes, answered: tuple[Any, ...], stored: str
) -> None:
    client = _client(BATCHES / "lines-in-and-out.yaml")

    assert _send(client, "/lines-in-and-out/songs/import", sent, NDJSON) == (200, _lines(*answered))
    assert [key for key in "123" if client.get(f"/lines-in-and-out/songs/{key}").status == 200] == [*stored]


def _row(action: str, key: str, status: int, code: str = "", why: str = "") -> Any:
    error = {"error": {"type": code, "reason": why}} if code else {}
    return {action: {"_id": key, "status": status, **error}}


UNKNOWN = "names none of the actions index, create, update, delete"


@pytest.mark.parametrize(
    ("sent", "rows", "state"),
    [
        (
            '{"index":{"_id":"1"}}\n{"words":5}\n{"create":{"_id":"2"}}\n{"words":6}\n',
            [_row("index", "1", 201), _row("create", "2", 201)],
            {"0": 1, "1": 5, "2": 6},
        ),
        (
            (
                '{"update":{"_id":"0"}}\n{}\n{"delete":{"_id":"0"}}\n{"delete":{"_id":"0"}}\n'
                '{"create":{"_id":"0"}}\n{"words":2}\n{"index":{"_id":"0"}}\n{"words":3}\n'
            ),
            [
                _row("update", "0", 200),
                _row("delete", "0", 200),
                _row("delete", "0", 422, "unknown-key", "there is no 0"),
                _row("create", "0", 201),
                _row("index", "0", 200),
            ],
            {"0": 3},
        ),
        (
            (
                '{"create":{"_id":"0"}}\n{"words":5}\n{"index":{"_id":"3"}}\n{"words":-5}\n'
                '{"index":{"_id":"4"}}\nbad\n{"what":{"_id":"5"}}\n{"words":1}\n{"delete":{}}\n'
                '{"update":{"_id":"0"}}\n{"words":-1}\n{"index":{"_id":"6"}}'
            ),
            [
                _row("create", "0", 422, "duplicate-key", "0 already exists"),
                _row("index", "3", 422, "out-of-range", "-5 is less than the minimum of 0"),
                _row("index", "4", 422, "malformed", "line 6: the JSON cannot be read beyond byte 0"),
                _row("index", "", 422, "malformed", f"line 7 {UNKNOWN}"),
                _row("delete", "", 422, "missing-required", '"_id" is a required property'),
                _row("update", "0", 422, "out-of-range", "-1 is less than the minimum of 0"),
                _row(
                    "index",
                    "6",
                    422,
                    "malformed",
                    "line 12 is the last line, without the document of its index",
                ),
            ],
            {"0": 1},
        ),
    ],
)
def test_a_pair_of_lines_has_a_row_in_the_name_of_its_action(
    sent: str, rows: list[Any], state: dict[str, int]
) -> None:
    client = _client(BATCHES / "lines-in-pairs.yaml")
    path = "/lines-in-pairs/pages/_bulk"
    _send(client, path, '{"index":{"_id":"0"}}\n{"words":1}', NDJSON)

    status, answered = _send(client, path, sent, NDJSON)

    any_bad = any(one["status"] > 201 for row in rows for one in row.values())
    assert (status, json.loads(answered)) == (200, {"errors": any_bad, "items": rows})
    shown = {key: client.get(f"/lines-in-pairs/pages/{key}") for key in "0123456"}
    assert {key: one.json["words"] for key, one in shown.items() if one.status == 200} == state


@pytest.mark.parametrize(
    ("name", "sent", "answered", "stored"),
    [
        (
            "items-in-a-map",
            {"guests": {"1": {"seats": 2}, "2": {"seats": 99}, "3": None, "4": {}}},
            {
                "responses": {
                    "1": {"guest": {"reference": "1", "seats": 2}},
                    "2": {
                        "error": {"code": "out-of-range", "detail": "99 is greater than the maximum of 20"}
                    },
                    "3": {"error": {"code": "wrong-type", "detail": 'null is not of type "object"'}},
                    "4": {"error": {"code": "missing-required", "detail": '"seats" is a required property'}},
                }
            },
            "1",
        ),
        (
            "items-in-a-map",
            {"guests": {"1": {"seats": 0}}},
            {
                "responses": {
                    "1": {"error": {"code": "out-of-range", "detail": "0 is less than the minimum of 1"}}
                }
            },
            "",
        ),
        (
            "created-and-not-created-maps",
            {"create": {"1": {"size": 2}, "2": {"size": 3}}},
            {
                "created": {"1": {"clientId": "1", "size": 2}, "2": {"clientId": "2", "size": 3}},
                "notCreated": {},
            },
            "12",
        ),
        (
            "created-and-not-created-maps",
            {"create": {"1": {"size": 2}, "2": 7}},
            {
                "created": {"1": {"clientId": "1", "size": 2}},
                "notCreated": {"2": {"type": "wrong-type", "description": '7 is not of type "object"'}},
            },
            "1",
        ),
    ],
)
def test_the_items_of_a_map_are_told_by_their_names(name: str, sent: Any, answered: Any, stored: str) -> None:
    client, (path, one) = _client(BATCHES / f"{name}.yaml"), PATHS[name]

    answer = client.request("POST", f"/{name}{path}", json=sent)

    assert (answer.status, answer.json) == (200, answered)
    assert [key for key in "1234" if client.get(f"/{name}{one}{key}").status == 200] == [*stored]


@pytest.mark.parametrize(
    ("name", "sent", "media_type", "status", "words"),
    [
        ("lines-in-and-out", "", NDJSON, 400, "a body is required"),
        ("lines-in-and-out", "[]", JSON, 415, JSON),
        ("lines-in-and-out", '{"number":"1","seconds":5}\n' * 1001, NDJSON, 400, "more than 1000 items"),
        ("items-in-a-map", '{"guests":[]}', JSON, 400, '[] is not of type \\"object\\"'),
        ("items-in-a-map", '{"guests":{}}', JSON, 400, "{} has less than 1 property"),
        ("created-and-not-created-maps", "{}", JSON, 400, '\\"create\\" is a required property'),
    ],
)
def test_a_body_without_items_is_refused(
    name: str, sent: str, media_type: str, status: int, words: str
) -> None:
    found, text = _send(_client(BATCHES / f"{name}.yaml"), f"/{name}{PATHS[name][0]}", sent, media_type)

    assert found == status
    assert words in text


def test_lines_may_have_any_media_type(tmp_path: Path) -> None:
    document = _document("lines-in-and-out")
    operation = document["paths"]["/songs/import"]["post"]
    operation["x-batch"]["lines"] = True
    for node, name in (
        (operation["requestBody"], "application/octet-stream"),
        (document["components"]["responses"]["Told"], "text/plain"),
    ):
        node["content"] = {name: node["content"][NDJSON]}
    client = _client(_written(tmp_path, "songs", document))

    sent = '{"number":"1","seconds":5}\nx'
    answered = _send(client, "/songs/songs/import", sent, "application/octet-stream")

    assert answered == (200, _lines(TRUE, _refused("line 2: the JSON cannot be read beyond byte 0")))


def test_items_of_json_may_name_their_actions(tmp_path: Path) -> None:
    document = _document("rows-with-words")
    operation = document["paths"]["/transfers"]["post"]
    words = {"put": "upsert", "change": "update", "drop": "delete"}
    operation["x-batch"]["actions"] = {"member": "do", "words": words}
    operation["x-batch"]["outcome"]["words"]["deleted"] = "gone"
    row = document["components"]["responses"]["Told"]["content"][JSON]["schema"]["items"]
    row["properties"]["result"]["enum"].append("gone")
    client = _client(_written(tmp_path, "acts", document))
    items = [
        {"id": "1", "amount": 5},
        {"id": "2", "amount": 5, "do": "put"},
        {"id": "1", "do": "change"},
        {"id": "2", "do": "drop"},
        {"id": "3", "amount": 5, "do": "what"},
    ]

    answer = client.request("POST", "/acts/transfers", json=items)

    assert [one["result"] for one in answer.json] == ["created", "created", "exists", "gone", "not_accepted"]
    assert client.get("/acts/transfers/1").json == {"id": "1", "amount": 5}
    assert [client.get(f"/acts/transfers/{key}").status for key in "23"] == [404, 404]


_ACTIONS = {"member": "action", "words": {"index": "upsert"}}
_PAIR_CURE = "actions: {member: action, words: {index: upsert, delete: delete}}"
_WORDS_CURE = "words: {index: upsert, create: create, delete: delete}"


@pytest.mark.parametrize(
    ("change", "message", "cure"),
    [
        ({"lines": 1}, "x-batch.lines: expected true or false, found 1", ""),
        ({"pairs": "yes"}, "x-batch.pairs: expected true or false, found yes", ""),
        (
            {"items": "/changes"},
            "x-batch.items: each line is an item, so the items are the whole body",
            'items: ""',
        ),
        (
            {"actions": {}},
            "x-batch.actions.member: expected the name of a member of the item",
            "member: action",
        ),
        (
            {"actions": {"member": "action"}},
            "x-batch.actions.words: expected a mapping of words to create, upsert, update, delete",
            _WORDS_CURE,
        ),
        (
            {"actions": {"member": "action", "words": {"index": "put"}}},
            "x-batch.actions.words.index: expected one of create, upsert, update, delete, found put",
            _WORDS_CURE,
        ),
        (
            {"actions": {**_ACTIONS, "word": 1}},
            "x-batch.actions.word: unknown; known are member, words",
            "",
        ),
        (
            {"key": ["/page/_id"]},
            "x-batch.key: a pointer is the whole key, and no member of an action line",
            "key: [_id]",
        ),
        ({"actions": None}, "x-batch.pairs: the first line of a pair names an action", _PAIR_CURE),
        (
            {"actions": None, "pairs": False},
            (
                "x-batch.outcome.wrapped: only the rows of a list are wrapped, "
                "each in the name of its item's action"
            ),
            _PAIR_CURE,
        ),
        (
            {"outcome": {"list": "/items", "wrapped": "yes"}},
            "x-batch.outcome.wrapped: expected true or false, found yes",
            "",
        ),
    ],
)
def test_a_form_that_cannot_be_is_refused_at_the_start(
    tmp_path: Path, change: dict[str, Any], message: str, cure: str
) -> None:
    document = _document("lines-in-pairs")
    batch = document["paths"]["/pages/_bulk"]["post"]["x-batch"]
    batch |= change
    if batch["actions"] is None:
        del batch["actions"]

    with pytest.raises(SpecError) as refused:
        _client(_written(tmp_path, "pages", document))

    assert (str(refused.value), refused.value.cure) == (f"pages.yaml: changePages: {message}", cure)


@pytest.mark.parametrize("key", [["house", "reference"], ["/house/reference"]])
def test_the_key_of_a_map_is_one_member(tmp_path: Path, key: list[str]) -> None:
    document = _document("items-in-a-map")
    document["paths"]["/guests/bulk-create"]["post"]["x-batch"]["key"] = key

    with pytest.raises(
        SpecError, match="the names of a map of items are the values of one member"
    ) as refused:
        _client(_written(tmp_path, "guests", document))

    assert refused.value.cure == f"key: [{'house' if key[1:] else 'reference'}]"


READ = {
    "lines-in-and-out": (
        '{"number":"1","seconds":5}\n\n{x\n{"number":"2","seconds":0}',
        NDJSON,
        ["good", "bad", "bad"],
        [("/0", "/0"), ("/1", "/1"), ("/2", "/2")],
    ),
    "lines-in-pairs": (
        '{"index":{"_id":"1"}}\n{"words":5}\n{"index":{"_id":"2"}}\nbad\n{"delete":{"_id":"3"}}',
        NDJSON,
        ["good", "bad", "doubtful"],
        [("/0", "/items/0"), ("/1", "/items/1"), ("/2", "/items/2")],
    ),
    "items-in-a-map": (
        '{"guests":{"a/1":{"seats":5},"2":null,"3":{"seats":0}}}',
        JSON,
        ["good", "bad", "bad"],
        [(f"/guests/{name}", f"/responses/{name}") for name in ("a~11", "2", "3")],
    ),
    "created-and-not-created-maps": (
        '{"create":{"1":{"size":5},"2":7,"3":{}}}',
        JSON,
        ["good", "bad", "bad"],
        [("/create/1", "/created/1"), ("/create/2", "/notCreated/2"), ("/create/3", "/notCreated/3")],
    ),
}


@pytest.mark.parametrize("name", READ)
def test_the_oracle_reads_items_and_rows_by_itself(name: str) -> None:
    client, (body, media_type, verdicts, _) = _client(BATCHES / f"{name}.yaml"), READ[name]
    api = ApiUnderTest(name, client.app.served[0].spec, Profile())  # type: ignore[attr-defined]
    request = Request("POST", PATHS[name][0], {"content-type": media_type}, body.encode())
    answer = client.request(
        "POST", f"/{name}{PATHS[name][0]}", content=body.encode(), headers={"content-type": media_type}
    )
    expected = Oracle(api).expected(request)
    reader = reader_for(api, expected.operation) if expected.operation else None
    assert reader is not None

    reported = reader(
        Exchange(request, Response(answer.status, dict(answer.headers), answer.body)), expected.sent
    )

    assert [one.verdict for one in expected.items] == verdicts
    assert reported is not None
    assert [(one.place, one.accepted) for one in reported.outcomes] == [(0, True), (1, False), (2, False)]
    assert reported.contradiction == ""


@pytest.mark.parametrize("name", READ)
def test_the_journal_finds_items_and_rows(name: str) -> None:
    client, (body, media_type, _, places) = _client(BATCHES / f"{name}.yaml"), READ[name]
    _send(client, f"/{name}{PATHS[name][0]}", body, media_type)

    shown = client.get("/_mock/sandboxes/default/journal/1").json

    assert [(one["sent"], one["reported"]) for one in shown["decided"]] == places
