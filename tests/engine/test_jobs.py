"""Jobs of the examples: what they tell before and after their time, and what is stored."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from mockserver.engine.registry import load_vendor
from mockserver.errors import SpecError
from mockserver.server.application import Options
from tests.support.client import Client, Response
from tests.support.frozen_app import create_frozen_app

BATCHES = Path(__file__).parents[2] / "examples" / "batches"
NOW = "2026-01-05T09:00:00Z"
LONG = "x" * 101
TOO_LONG = f'"{LONG}" is longer than 100 characters'
LOW = "-1 is less than the minimum of 1"

Items = list[dict[str, Any]]
Three = tuple[dict[str, Any], dict[str, Any], dict[str, Any]]


@dataclass(frozen=True)
class Style:
    """An example: how its job is sent and asked for, and what it tells at its end."""

    path: str
    poll: str
    records: str
    send: Callable[[Items], Any]
    good: dict[str, Any]
    """An item without its key; `bad` replaces members."""
    bad: dict[str, Any]
    key: str
    shown: Callable[[str, Any], Any]
    """The job in the state that is named, with counts or rows."""
    states: tuple[str, str, str]
    done: int
    ends: Three
    """Answers for all good, for one good between a bad and a duplicate, for none good."""
    results: str = ""
    failed: str = ""


def item(style: Style, key: str, *, bad: bool = False) -> dict[str, Any]:
    return {style.key: key, **style.good, **(style.bad if bad else {})}


def _counts(total: int, done: int, failed: int, *errors: dict[str, Any]) -> dict[str, Any]:
    return {"total_count": total, "completed_count": done, "failed_count": failed, "errors": list(errors)}


def _low(index: int) -> dict[str, Any]:
    return {"index": index, "code": "out-of-range", "detail": LOW}


def _run(total: int, good: int) -> dict[str, Any]:
    return {
        "total_operations": total,
        "finished_operations": good,
        "errored_operations": total - good,
        "response_body_url": "http:///job-with-a-file/runs/ID/results",
    }


STYLES: dict[str, Style] = {
    "job-with-results": Style(
        "/cards/create_many",
        "/jobs/{}",
        "/cards/{}",
        lambda items: {"cards": items},
        {"subject": "text"},
        {"subject": LONG},
        "number",
        lambda state, rest: {"job": {"id": "ID", "status": state, **rest}},
        ("queued", "working", "completed"),
        3,
        (
            {"total": 2, "results": [{"index": 0, "status": "Created"}, {"index": 1, "status": "Created"}]},
            {
                "total": 3,
                "results": [
                    {"index": 0, "status": "Failed", "details": TOO_LONG},
                    {"index": 1, "status": "Created"},
                    {"index": 2, "status": "Failed", "details": "1 already exists"},
                ],
            },
            {
                "total": 2,
                "results": [{"index": at, "status": "Failed", "details": TOO_LONG} for at in range(2)],
            },
        ),
    ),
    "job-with-counts": Style(
        "/article-jobs",
        "/article-jobs/{}",
        "/articles/{}",
        lambda items: {"articles": items},
        {"price": 5},
        {"price": -1},
        "sku",
        lambda state, rest: {"data": {"id": "ID", "status": state, "created_at": NOW, **rest}},
        ("queued", "processing", "complete"),
        2,
        (_counts(2, 2, 0), _counts(3, 2, 1, _low(0)), _counts(2, 0, 2, _low(0), _low(1))),
    ),
    "long-running-operation": Style(
        "/books:batchCreate",
        "/operations/{}",
        "/books/{}",
        lambda items: {"requests": items},
        {"title": "text"},
        {"title": LONG},
        "isbn",
        lambda state, rest: {"name": "operations/ID", "done": state == "true", **rest},
        ("false", "false", "true"),
        5,
        (
            {
                "metadata": {"failedRequests": {}},
                "response": {"books": [{"isbn": "1", "title": "text"}, {"isbn": "2", "title": "text"}]},
            },
            {
                "metadata": {
                    "failedRequests": {
                        "0": {"code": 422, "message": TOO_LONG},
                        "2": {"code": 422, "message": "1 already exists"},
                    }
                },
                "response": {"books": [{"isbn": "4", "title": "text"}]},
            },
            {
                "metadata": {
                    "failedRequests": {str(at): {"code": 422, "message": TOO_LONG} for at in range(2)}
                },
                "response": {"books": []},
            },
        ),
    ),
    "job-with-a-file": Style(
        "/subscriptions",
        "/runs/{}",
        "/subscribers/{}",
        lambda items: {"operations": items},
        {"email": "text"},
        {"email": LONG},
        "operation_id",
        lambda state, rest: {"id": "ID", "status": state, **rest},
        ("pending", "started", "finished"),
        4,
        (_run(2, 2), _run(3, 1), _run(2, 0)),
        results="/runs/{}/results",
        failed="failed",
    ),
}
LINES = (
    [
        {"status_code": 201, "response": "Created", "operation_id": "1"},
        {"status_code": 201, "response": "Created", "operation_id": "2"},
    ],
    [
        {"operation_id": "3", "status_code": 422, "response": TOO_LONG},
        {"operation_id": "4", "status_code": 201, "response": "Created"},
        {"operation_id": "1", "status_code": 422, "response": "1 already exists"},
    ],
    [{"operation_id": key, "status_code": 422, "response": TOO_LONG} for key in ("5", "6")],
)


def served(name: str, file: Path | None = None) -> Client:
    file = file or BATCHES / f"{name}.yaml"
    app = create_frozen_app(Options(files=(file,), vendors=(name,)))
    client = Client(app, {}, f"/{name}")
    client.within("/_mock/sandboxes/default").post("/clock/freeze", json={"at": NOW})
    return client


def pass_time(client: Client, seconds: int) -> None:
    client.within("/_mock/sandboxes/default").post("/clock/advance", json={"seconds": seconds})


def id_in(answer: Response) -> str:
    document = answer.json
    inner = next((one for one in document.values() if isinstance(one, dict) and "id" in one), document)
    return str(inner.get("id") or document["name"].removeprefix("operations/"))


def shown(answer: Response, key: str) -> Any:
    return json.loads(answer.text.replace(key, "ID"))


def stored(client: Client, style: Style) -> str:
    keys = (key for key in "123456" if client.get(style.records.format(key)).status == 200)
    return "".join(keys)


@pytest.mark.parametrize("name", STYLES)
def test_a_job_tells_each_outcome_when_its_time_has_come(name: str) -> None:
    style, client = STYLES[name], served(name)
    waiting, running, done = style.states
    batches = (
        ([item(style, "1"), item(style, "2")], "12"),
        ([item(style, "3", bad=True), item(style, "4"), item(style, "1")], "124"),
        ([item(style, "5", bad=True), item(style, "6", bad=True)], "124"),
    )
    before = ""
    for number, (items, after) in enumerate(batches):
        client.within("/_mock/sandboxes/default").post("/clock/freeze", json={"at": NOW})
        answer = client.post(style.path, json=style.send(items))
        key = id_in(answer)
        end = style.ends[number]
        early = {name: 0 for name in end if isinstance(end[name], int)}
        early |= {name: end[name] for name in early if name.startswith("total")}
        poll = style.poll.format(key)
        assert shown(answer, key) == style.shown(waiting, early)
        assert answer.headers.get("location", "").endswith(poll if name == "job-with-counts" else "")
        assert (client.get(poll).body, stored(client, style)) == (answer.body, before)
        pass_time(client, 1)
        assert shown(client.get(poll), key) == style.shown(running, early)
        pass_time(client, style.done - 1)
        is_failed = number == 2 and style.failed
        told = client.get(poll)
        assert shown(told, key) == style.shown(style.failed if is_failed else done, end)
        assert (stored(client, style), client.get(poll).body) == (after, told.body)
        before = after
        if style.results:
            lines = client.get(style.results.format(key))
            assert (lines.media_type, list(map(json.loads, lines.text.splitlines()))) == (
                "application/jsonl",
                LINES[number],
            )
    entries = client.within("/_mock/sandboxes/default").get("/journal?method=POST").json
    upserts = name == "job-with-counts"
    mixed = {"rejected": 1, "created": 1, "updated": 1} if upserts else {"rejected": 2, "created": 1}
    assert [one["outcomes"] for one in entries] == [{"created": 2}, mixed, {"rejected": 2}]


def test_a_job_of_lines_tells_each_line() -> None:
    client = served("job-of-lines")
    good = b'{"custom_id": "1", "text": "moon"}'
    lines = b"\n".join([good, b'{"custom_id": "2", "text": ""}', b"{no json"])

    answer = client.request(
        "POST", "/translations", content=lines, headers={"content-type": "application/jsonl"}
    )
    key = answer.json["id"]
    early = client.get(f"/translations/jobs/{key}/output").status
    pass_time(client, 5)

    job = client.get(f"/translations/jobs/{key}").json
    told = client.get(f"/translations/jobs/{key}/output").text.splitlines()
    facts = [job[name] for name in ("status", "total", "completed", "failed")]
    assert (answer.status, early, facts) == (202, 404, ["completed", 3, 1, 2])
    assert [json.loads(line)["status_code"] for line in told] == [201, 422, 422]
    assert "line 3" in told[2]
    assert [client.get(f"/translations/{number}").status for number in (1, 2)] == [200, 404]


def test_a_job_is_forgotten_after_its_time() -> None:
    client, style = served("job-with-a-file"), STYLES["job-with-a-file"]
    key = id_in(client.post(style.path, json=style.send([item(style, "1")])))
    places = [style.poll.format(key), style.results.format(key)]
    assert [client.get(place).status for place in places] == [200, 404]
    pass_time(client, 603)
    assert [client.get(place).status for place in places] == [200, 200]
    pass_time(client, 1)
    assert [client.get(place).status for place in places] == [404, 404]
    assert stored(client, style) == "1"
    assert client.get(style.poll.format("nobody")).status == 404


def test_jobs_are_done_in_their_order_and_once() -> None:
    """A second job with the same key is refused that item, at once in the journal and later in its rows."""
    client, style = served("job-with-results"), STYLES["job-with-results"]
    keys = [id_in(client.post(style.path, json=style.send([item(style, "1")]))) for _ in range(2)]
    pass_time(client, 60)
    rows = [client.get(style.poll.format(key)).json["job"]["results"] for key in keys]
    assert rows == [
        [{"index": 0, "status": "Created"}],
        [{"index": 0, "status": "Failed", "details": "1 already exists"}],
    ]
    entries = client.within("/_mock/sandboxes/default").get("/journal?method=POST").json
    assert sorted(list(one["outcomes"]) for one in entries) == [["created"], ["rejected"]]


def test_a_quicker_job_of_another_batch_comes_first(tmp_path: Path) -> None:
    """Two batches have one poll; the slower job tells what became of the item that the quicker job made."""
    document = yaml.safe_load((BATCHES / "job-with-results.yaml").read_text())
    quick = json.loads(json.dumps(document["paths"]["/cards/create_many"]["post"]))
    quick |= {"operationId": "upsertCards"}
    quick["x-batch"] |= {"upsert": True, "job": {**quick["x-batch"]["job"], "steps": {"done": 0.5}}}
    document["paths"]["/cards/upsert_many"] = {"post": quick}
    file = tmp_path / "job-with-results.yaml"
    file.write_text(json.dumps(document))
    client, style = served("job-with-results", file), STYLES["job-with-results"]
    paths = (style.path, "/cards/upsert_many")
    keys = [id_in(client.post(path, json=style.send([item(style, "1")]))) for path in paths]
    pass_time(client, 1)
    polls = [client.get(style.poll.format(key)).json["job"] for key in keys]
    assert (polls[0]["status"], polls[1]["results"]) == ("working", [{"index": 0, "status": "Created"}])
    pass_time(client, 2)
    row = {"index": 0, "status": "Failed", "details": "1 already exists"}
    assert client.get(style.poll.format(keys[0])).json["job"]["results"] == [row]
    entries = client.within("/_mock/sandboxes/default").get("/journal?method=POST").json
    assert [one["outcomes"] for one in entries] == [{"created": 1}, {"created": 1}]


def test_a_job_obeys_a_scenario_and_the_same_calls_get_the_same_bytes() -> None:
    fails = {"select": {"key": "2"}, "effect": {"fail": {"code": "locked"}}}
    rule = {"id": "locked", "match": {"vendor": "job-with-results"}, "items": [fails]}

    def answers() -> list[bytes]:
        client, style = served("job-with-results"), STYLES["job-with-results"]
        root = client.within("/_mock/sandboxes/default")
        document = {"version": 1, "name": "locked", "rules": [rule]}
        assert root.put("/scenarios/locked?armed=true", json=document).status == 200
        sent = client.post(style.path, json=style.send([item(style, "1"), item(style, "2")]))
        pass_time(client, 3)
        poll = client.get(style.poll.format(id_in(sent)))
        assert [one["status"] for one in poll.json["job"]["results"]] == ["Created", "Failed"]
        assert stored(client, style) == "1"
        return [sent.body, poll.body]

    assert answers() == answers()


@pytest.mark.parametrize(
    ("effect", "told", "kept"),
    [
        ({"commit": False}, ["Created", "Created"], "1"),
        ({"omit": True, "commit": False}, ["Created"], "1"),
        ({"omit": True}, ["Created"], "12"),
        ({"omit": True, "fail": {"code": "locked"}}, ["Created"], "1"),
        ({"fail": {"code": "locked"}, "commit": True}, ["Created", "Failed"], "12"),
    ],
)
def test_a_job_stores_what_a_scenario_lets_be_stored_whatever_it_tells(
    effect: dict[str, Any], told: list[str], kept: str
) -> None:
    client, style = served("job-with-results"), STYLES["job-with-results"]
    rule = {
        "id": "lies",
        "match": {"operation": "createCards"},
        "items": [{"select": {"key": "2"}, "effect": effect}],
    }
    document = {"version": 1, "name": "lies", "rules": [rule]}
    root = client.within("/_mock/sandboxes/default")
    assert root.put("/scenarios/lies?armed=true", json=document).status == 200

    sent = client.post(style.path, json=style.send([item(style, "1"), item(style, "2")]))

    pass_time(client, 3)
    rows = client.get(style.poll.format(id_in(sent))).json["job"]["results"]
    assert ([one["status"] for one in rows], stored(client, style)) == (told, kept)


def test_a_job_tells_of_an_item_that_a_scenario_made_up() -> None:
    client, style = served("job-with-results"), STYLES["job-with-results"]
    document = {"version": 1, "name": "one", "rules": [{"id": "one", "envelope": {"phantom": 1}}]}
    root = client.within("/_mock/sandboxes/default")
    assert root.put("/scenarios/one?armed=true", json=document).status == 200

    sent = client.post(style.path, json=style.send([item(style, "1"), item(style, "2")]))

    pass_time(client, 3)
    rows = client.get(style.poll.format(id_in(sent))).json["job"]["results"]
    assert [(one["index"], one["status"]) for one in rows] == [(0, "Created"), (1, "Created"), (2, "Created")]


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"cards": 5}', b'{"cards": [null, 5, {}]}'])
def test_a_bad_job_is_refused_or_tells_its_bad_items(body: bytes) -> None:
    client, style = served("job-with-results"), STYLES["job-with-results"]
    answer = client.post(style.path, content=body, headers={"content-type": "application/json"})
    if answer.status == 200:
        pass_time(client, 3)
        rows = client.get(style.poll.format(id_in(answer))).json["job"]["results"]
        assert [one["status"] for one in rows] == ["Failed"] * 3
    else:
        assert 400 <= answer.status < 500


WRONG: dict[str, tuple[str, dict[str, Any], str]] = {
    "no id": ("job", {"id": None}, "x-batch.job.id: it is missing"),
    "no poll": ("job", {"poll": None}, "x-batch.job.poll: it is missing"),
    "another poll": ("job", {"poll": "createCards"}, "x-batch.job.poll: expected the operationId of a GET"),
    "no state": (
        "job",
        {"states": {"at": "/x", "waiting": "a"}},
        "states.running: it is missing",
    ),
    "no pointer": ("job", {"id": "id"}, "x-batch.job.id: expected a JSON Pointer, found id"),
    "unknown": ("job", {"until": 3}, "x-batch.job.until: unknown; known are id, kept"),
    "done early": ("job", {"steps": {"running": 3, "done": 1}}, "x-batch.job.steps.done: expected at least"),
    "no end": (
        "job",
        {"states": {"at": "/x", "waiting": "a", "running": "b", "done": "b"}},
        "x-batch.job.states.done: expected a value that no other state has",
    ),
    "no time": ("job", {"kept": "long"}, "x-batch.job.kept: expected a number of seconds, found long"),
    "no status": ("job", {"status": 404}, "x-batch.job.status: expected a status from 200 to 299"),
    "other status": ("job", {"status": 202}, "x-batch.job.status: 202 is not among the responses"),
    "no results": ("job", {"results": "apart"}, "x-batch.job.results: expected embedded, or the operation"),
    "other results": ("job", {"results": {"operation": "x"}}, "x-batch.job.results.operation: expected"),
    "kind": (
        "job",
        {"results": {"operation": "showJob", "link": 7}},
        "results.link: expected",
    ),
    "no rows": ("outcome", {"list": None}, "its answer has no list with a row for each item"),
    "statuses": (
        "outcome",
        {"statuses": {"all": 200, "some": 207, "none": 400}},
        "x-batch.outcome.statuses: a job tells outcomes in bodies alone",
    ),
}


@pytest.mark.parametrize(("where", "change", "message"), WRONG.values(), ids=WRONG)
def test_a_wrong_job_is_named_at_the_start(
    where: str, change: dict[str, Any], message: str, tmp_path: Path
) -> None:
    document = yaml.safe_load((BATCHES / "job-with-results.yaml").read_text())
    batch = document["paths"]["/cards/create_many"]["post"]["x-batch"]
    batch[where] = {name: one for name, one in {**batch[where], **change}.items() if one is not None}
    file = tmp_path / "jobs.yaml"
    file.write_text(json.dumps(document))
    with pytest.raises(SpecError) as refused:
        load_vendor(file)
    assert message in str(refused.value)
    assert refused.value.path[:4] == ("paths", "/cards/create_many", "post", "x-batch")
