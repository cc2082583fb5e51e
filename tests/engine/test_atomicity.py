"""Items that depend on each other: by a switch of the call, by groups, and until items are rejected."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from mockserver.codec import yaml
from mockserver.contract.exchange import Exchange, Finding, Response, json_request
from mockserver.contract.loading import load_api
from mockserver.contract.oracle.checks import ExchangeJudge
from mockserver.contract.run_state import FindingLedger, RunConfig
from mockserver.engine import atomicity, call
from mockserver.engine.batch import apply_each
from mockserver.errors import SpecError
from mockserver.model import Action, Outcome, Verdict
from mockserver.sandbox.store import State
from mockserver.server.application import Options, create_app
from mockserver.vendor import CompleteBatchHandler, Request
from tests.contract.suite import SEED, held
from tests.support.client import Client
from tests.support.frozen_app import create_frozen_app

FOLDER = Path(__file__).parents[2] / "examples" / "batches"
TOOLS, POSTERS, MENU = "all-or-nothing-by-switch", "partial-by-switch", "atomic-groups"
PEOPLE, WAGONS = "stops-after-failures", "stops-at-the-first-failure"
SHORT = '"" is shorter than 1 character'
LOW = "{} is less than the minimum of {}".format


def served(name: str) -> Client:
    return Client(create_frozen_app(Options(files=(FOLDER / f"{name}.yaml",), vendors=(name,))), {})


def tool(key: str, name: str = "saw") -> dict[str, Any]:
    return {"id": key, "name": name}


def tool_row(key: str, message: str, code: str = "") -> dict[str, Any]:
    row = {"id": key, "success": not code, "message": message}
    return row | ({"statusCode": code} if code else {})


MIXED_TOOLS = [tool("1"), tool("2", ""), tool("3")]
MIXED_POSTERS = {"operations": [{"id": "1", "budget": 5}, {"id": "2", "budget": 0}]}
SEVERAL = {
    "objects": [
        {"id": "1", "batch": 1, "cents": 1},
        {"id": "2", "batch": 2, "cents": 1},
        {"id": "3", "batch": 1, "cents": -1},
        {"id": "4", "cents": -1},
        {"id": "5", "cents": 1},
        {"id": "6", "batch": 2, "cents": 2},
    ]
}
PERSONS = [{"userName": key, "room": room} for key, room in zip("12345", (1, 0, 1, 0, 5), strict=True)]


def person_row(key: str, status: str, detail: str = "Created") -> dict[str, Any]:
    return {"userName": key, "status": status, "detail": detail}


PERSON_ROWS = [
    person_row("1", "201"),
    person_row("2", "400", LOW(0, 1)),
    person_row("3", "201"),
    person_row("4", "400", LOW(0, 1)),
    person_row("5", "201"),
]
GROUPED_ROWS = [
    {"id": "1", "status": "NOT_STORED", "detail": "Skipped"},
    {"id": "2", "status": "CREATED", "detail": "Created"},
    {"id": "3", "status": "INVALID", "detail": LOW(-1, 0)},
    {"id": "4", "status": "INVALID", "detail": LOW(-1, 0)},
    {"id": "5", "status": "CREATED", "detail": "Created"},
    {"id": "6", "status": "CREATED", "detail": "Created"},
]
ALL_ROLLED_BACK = [
    tool_row("1", "Skipped", "ROLLED_BACK"),
    tool_row("2", SHORT, "INVALID_FIELD"),
    tool_row("3", "Skipped", "ROLLED_BACK"),
]
IN_PART = [tool_row("1", "Created"), tool_row("2", SHORT, "INVALID_FIELD"), tool_row("3", "Created")]
NO_POSTER = {
    "results": [
        {"id": "1", "status": 424, "error": "Skipped"},
        {"id": "2", "status": 422, "error": LOW(0, 1)},
    ]
}
A_POSTER = {"results": [{"id": "1", "status": 201}, {"id": "2", "status": 422, "error": LOW(0, 1)}]}
STOPPED_WAGONS: dict[str, Any] = {
    "stopped": True,
    "written": 1,
    "notWritten": 2,
    "rows": [
        {"index": 0, "result": "inserted"},
        {"index": 1, "result": "failed", "error": LOW(1, 2)},
        {"index": 2, "result": "not-tried", "error": "Skipped"},
    ],
}

Row = tuple[str, str, Any, int, Any, str]
"""Name of the example, query, body; status and document of the answer; keys of the records that are there."""

ANSWERS: Mapping[str, Row] = {
    "switch on": (TOOLS, "", {"allOrNone": True, "records": MIXED_TOOLS}, 200, ALL_ROLLED_BACK, ""),
    "switch off": (TOOLS, "", {"allOrNone": False, "records": MIXED_TOOLS}, 200, IN_PART, "13"),
    "no switch": (TOOLS, "", {"records": MIXED_TOOLS}, 200, IN_PART, "13"),
    "switch on, all good": (
        TOOLS,
        "",
        {"allOrNone": True, "records": [tool("1")]},
        200,
        [tool_row("1", "Created")],
        "1",
    ),
    "inverted switch on": (POSTERS, "?partialFailure=true", MIXED_POSTERS, 200, A_POSTER, "1"),
    "inverted switch off": (POSTERS, "?partialFailure=false", MIXED_POSTERS, 400, NO_POSTER, ""),
    "no inverted switch": (POSTERS, "", MIXED_POSTERS, 400, NO_POSTER, ""),
    "groups": (MENU, "", SEVERAL, 200, {"stored": 3, "refused": 3, "objects": GROUPED_ROWS}, "256"),
    "cut off after one": (
        PEOPLE,
        "",
        {"failOnErrors": 1, "operations": PERSONS},
        200,
        {"results": PERSON_ROWS[:2]},
        "1",
    ),
    "cut off after two": (
        PEOPLE,
        "",
        {"failOnErrors": 2, "operations": PERSONS},
        200,
        {"results": PERSON_ROWS[:4]},
        "13",
    ),
    "too few to stop": (
        PEOPLE,
        "",
        {"failOnErrors": 3, "operations": PERSONS},
        200,
        {"results": PERSON_ROWS},
        "135",
    ),
    "no limit": (PEOPLE, "", {"operations": PERSONS}, 200, {"results": PERSON_ROWS}, "135"),
    "the rest told": (
        WAGONS,
        "",
        [{"number": key, "axles": axles} for key, axles in zip("123", (2, 1, 4), strict=True)],
        207,
        STOPPED_WAGONS,
        "1",
    ),
}


def operation_of(name: str) -> tuple[str, str]:
    """The path of the batch, and the path of a record without its key."""
    batch, one = yaml.load((FOLDER / f"{name}.yaml").read_text())["paths"]
    return batch, one.partition("{")[0]


@pytest.mark.parametrize("row", ANSWERS.values(), ids=ANSWERS)
def test_each_item_is_told_as_it_is_stored(row: Row) -> None:
    name, query, body, status, told, stored = row
    client, (batch, one) = served(name), operation_of(name)

    answered = client.post(f"/{name}{batch}{query}", json=body)

    assert (answered.status, answered.json) == (status, told)
    assert "".join(key for key in "123456" if client.get(f"/{name}{one}{key}").status == 200) == stored


@pytest.mark.parametrize(
    ("name", "query", "body"),
    [
        (TOOLS, "", {"allOrNone": "yes", "records": MIXED_TOOLS}),
        (POSTERS, "?partialFailure=maybe", MIXED_POSTERS),
        (PEOPLE, "", {"failOnErrors": 0, "operations": PERSONS}),
        (MENU, "", SEVERAL | {"idempotencyKey": 7}),
    ],
)
def test_a_value_of_another_type_refuses_the_call(name: str, query: str, body: Any) -> None:
    client, (batch, one) = served(name), operation_of(name)

    assert client.post(f"/{name}{batch}{query}", json=body).status == 400
    assert client.get(f"/{name}{one}1").status == 404


def test_a_key_in_the_body_makes_a_second_call_harmless() -> None:
    client, objects = served(MENU), [{"id": "1", "cents": 1}]
    path, keyed = f"/{MENU}/menu/batch-upsert", {"idempotencyKey": "a key", "objects": objects}

    first, again = client.post(path, json=keyed), client.post(path, json=keyed)
    other = client.post(path, json=keyed | {"objects": [{"id": "1", "cents": 2}]})
    unkeyed = client.post(path, json={"objects": objects})

    assert (first.json["objects"][0]["status"], again.body, other.status) == ("CREATED", first.body, 422)
    assert unkeyed.json["objects"][0]["status"] == "UPDATED"


SWITCH = {"switch": {"in": "body", "name": "/allOrNone"}}
REFUSED: Mapping[str, tuple[str, Any, str]] = {
    "word": (TOOLS, "both", ": expected per-item, all-or-nothing, or a mapping with one of switch, groups"),
    "two forms": (TOOLS, SWITCH | {"groups": "name"}, ".groups: unknown; known are default, off, on, switch"),
    "equal": (TOOLS, SWITCH | {"on": "per-item"}, ".off: on and off are equal"),
    "side": (TOOLS, SWITCH | {"off": "some"}, ".off: expected per-item or all-or-nothing, found some"),
    "default": (TOOLS, SWITCH | {"default": "yes"}, ".default: expected off or on, found yes"),
    "place": (TOOLS, {"switch": {"in": "cookie", "name": "a"}}, ".switch: expected {in: query or header"),
    "pointer": (TOOLS, {"switch": {"in": "body", "name": "allOrNone"}}, ".switch: expected {in: query"),
    "not there": (
        TOOLS,
        {"switch": {"in": "body", "name": "/all"}},
        ".switch: /all must be declared in the body",
    ),
    "type": (PEOPLE, {"switch": {"in": "body", "name": "/failOnErrors"}}, "as boolean; found type integer"),
    "parameter": (POSTERS, {"switch": {"in": "query", "name": "partial"}}, "found no such declaration"),
    "group": (
        MENU,
        {"groups": "shelf"},
        ".groups: shelf is not in the item's schema, which has id, batch, cents",
    ),
    "no group": (MENU, {"groups": ["batch"]}, ".groups: expected the name of a member of an item"),
    "limit": (WAGONS, {"stop-after": 0}, ".stop-after: expected {in: query or header"),
    "rest": (WAGONS, {"stop-after": 1, "rest": "lost"}, ".rest: expected told or cut-off, found lost"),
}


def changed(folder: Path, name: str, **members: Any) -> Path:
    """The example with other members of its `x-batch`."""
    document = yaml.load((FOLDER / f"{name}.yaml").read_text())
    next(iter(document["paths"].values()))["post"]["x-batch"] |= members
    file = folder / f"{name}.json"
    file.write_text(json.dumps(document, default=float))
    return file


@pytest.mark.parametrize(("name", "written", "message"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_meant_is_refused_at_the_start(
    tmp_path: Path, name: str, written: Any, message: str
) -> None:
    with pytest.raises(SpecError) as refused:
        create_app(Options(files=(changed(tmp_path, name, atomicity=written),), vendors=(name,)))

    assert "x-batch.atomicity" in str(refused.value)
    assert message in str(refused.value)


def test_rows_of_rejected_items_alone_cannot_be_cut_off(tmp_path: Path) -> None:
    rejected = {"list": "/results", "key": "/userName", "message": "/detail"}
    file = changed(tmp_path, PEOPLE, outcome={"rejected": rejected})

    with pytest.raises(SpecError, match="the rest would count as accepted"):
        create_app(Options(files=(file,), vendors=(PEOPLE,)))


def judged(name: str, query: str, body: Any, status: int, told: Any) -> list[Finding]:
    batch, _ = operation_of(name)
    request = json_request("POST", f"{batch}{query}", body)
    response = Response(status, {"content-type": "application/json"}, json.dumps(told).encode())
    judge = ExchangeJudge(load_api(FOLDER / f"{name}.yaml"), RunConfig())
    return list(judge(Exchange(request, response), FindingLedger()))


@pytest.mark.parametrize("row", ANSWERS.values(), ids=ANSWERS)
def test_a_true_answer_is_no_finding(row: Row) -> None:
    assert judged(*row[:5]) == []


GOOD_PAIR = {"operations": [{"id": "1", "budget": 5}, {"id": "2", "budget": 5}]}
FALSE: Mapping[str, tuple[str, str, Any, int, Any, str, str]] = {
    "done in a rolled back call": (
        *ANSWERS["switch on"][:4],
        IN_PART,
        "outcome-fits-the-item",
        "item 0 is reported as done, although rejected items keep it from being stored",
    ),
    "done in a spoiled group": (
        *ANSWERS["groups"][:4],
        {"stored": 4, "refused": 2, "objects": [GROUPED_ROWS[0] | {"status": "CREATED"}, *GROUPED_ROWS[1:]]},
        "outcome-fits-the-item",
        "item 0 is reported as done, although rejected items keep it from being stored",
    ),
    "skipped in a good group": (
        *ANSWERS["groups"][:4],
        {
            "stored": 2,
            "refused": 4,
            "objects": [*GROUPED_ROWS[:5], GROUPED_ROWS[5] | {"status": "NOT_STORED", "detail": "Skipped"}],
        },
        "outcome-fits-the-item",
        "item 5 is reported as skipped, although no rejected item keeps it from being stored",
    ),
    "skipped without a rejection": (
        POSTERS,
        "?partialFailure=true",
        GOOD_PAIR,
        200,
        {"results": [{"id": "1", "status": 424, "error": "Skipped"}, {"id": "2", "status": 201}]},
        "outcome-fits-the-item",
        "item 0 is reported as skipped, although no rejected item keeps it from being stored",
    ),
    "cut off too early": (
        *ANSWERS["cut off after two"][:4],
        {"results": PERSON_ROWS[:2]},
        "one-outcome-per-item",
        "sent 5 items, 2 outcomes came",
    ),
    "cut off too late": (
        *ANSWERS["cut off after one"][:4],
        {"results": PERSON_ROWS[:3]},
        "one-outcome-per-item",
        "sent 5 items, 3 outcomes came",
    ),
    "done behind the stop": (
        *ANSWERS["the rest told"][:4],
        STOPPED_WAGONS
        | {
            "written": 2,
            "notWritten": 1,
            "rows": [*STOPPED_WAGONS["rows"][:2], {"index": 2, "result": "inserted"}],
        },
        "outcome-fits-the-item",
        "item 2 is reported as done, although rejected items keep it from being stored",
    ),
}


@pytest.mark.parametrize("row", FALSE.values(), ids=FALSE)
def test_a_false_answer_is_a_finding(row: tuple[str, str, Any, int, Any, str, str]) -> None:
    *answered, check, message = row

    assert message in {one.check: one.message for one in judged(*answered)}[check]


Apply = Callable[[Request, Mapping[int, Verdict], CompleteBatchHandler, State], tuple[Outcome, ...]]


def stores_all_the_same(
    request: Request, verdicts: Mapping[int, Verdict], handler: CompleteBatchHandler, state: State
) -> tuple[Outcome, ...]:
    """Tell the truth of the declaration, and store each good item nevertheless."""
    told = atomicity.apply_items(request, verdicts, handler, state)
    apply_each(request, verdicts, handler, state)
    return told


def holds_back_too_much(
    request: Request, verdicts: Mapping[int, Verdict], handler: CompleteBatchHandler, state: State
) -> tuple[Outcome, ...]:
    """Skip the last good item of each larger batch."""
    mark = state.mark()
    outcomes = atomicity.apply_items(request, verdicts, handler, state)
    if len(outcomes) == 1 or not all(one.accepted for one in outcomes):
        return outcomes
    state.undo_to(mark)
    return tuple(Outcome(one.item, Action.SKIPPED) for one in outcomes)


LIES: Mapping[str, Apply] = {
    "stored although held back": stores_all_the_same,
    "held back without a reason": holds_back_too_much,
}


def found_by_sequences(name: str) -> list[str]:
    """The failed checks of the batch; reads are undeclared 404s in the example."""
    file, wanted = FOLDER / f"{name}.yaml", RunConfig(SEED, 2, shrinks=False)
    app, api = create_app(Options(files=(file,), vendors=(name,))), load_api(file)
    batches = {one.id for one in api.spec.operations.values() if one.batch}
    found = held(api, app, name, wanted, "stateful").findings
    return [one.check for one in found if one.operation in batches]


@pytest.mark.parametrize("name", [TOOLS, POSTERS, MENU, PEOPLE, WAGONS])
@pytest.mark.parametrize("lie", LIES)
def test_the_sequences_find_what_no_answer_shows(
    monkeypatch: pytest.MonkeyPatch, name: str, lie: str
) -> None:
    monkeypatch.setattr(call, "apply_items", LIES[lie])

    assert found_by_sequences(name)


@pytest.mark.parametrize("name", [TOOLS, POSTERS, MENU, PEOPLE, WAGONS])
def test_the_sequences_find_nothing_in_the_truth(name: str) -> None:
    assert found_by_sequences(name) == []


def test_the_journal_finds_rows_by_their_order_although_the_rest_is_cut_off(tmp_path: Path) -> None:
    file = changed(tmp_path, PEOPLE, outcome={"list": "/results", "status": "/status", "message": "/detail"})
    client = Client(create_frozen_app(Options(files=(file,), vendors=(PEOPLE,))), {})
    client.post(f"/{PEOPLE}/people/bulk", json={"failOnErrors": 1, "operations": PERSONS})

    entry = client.get("/_mock/sandboxes/default/journal/1").json

    assert [(one["action"], one["reported"]) for one in entry["decided"]] == [
        ("created", "/results/0"),
        ("rejected", "/results/1"),
        *[("skipped", None)] * 3,
    ]
