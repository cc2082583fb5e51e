"""Each example of `examples/batches` with the rest of the house: examples, journal, exports, replay."""

from __future__ import annotations

import json
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from mockserver.contract.examples import ProfileExamples
from mockserver.journal.replay import compare_reply
from mockserver.server.application import Options
from tests.support.client import Client
from tests.support.frozen_app import create_frozen_app

EXAMPLES = sorted((Path(__file__).parents[2] / "examples" / "batches").glob("*.yaml"))
NAMES = [file.stem for file in EXAMPLES]
ONE_BAD = {"created": 3, "rejected": 1}
OTHER_OUTCOMES = {
    "atomic-groups": {"created": 2, "rejected": 1, "skipped": 1},
    "partial-by-switch": {"skipped": 3, "rejected": 1},
    "stops-at-the-first-failure": {"created": 1, "rejected": 1, "skipped": 2},
}
"""Outcomes of an example whose second item is bad, where the other three are not all stored."""


@cache
def shared_client() -> Client:
    """A client of one server that serves every example."""
    options = Options(files=tuple(EXAMPLES), vendors=tuple(NAMES), examples=ProfileExamples)
    return Client(create_frozen_app(options), {"host": "testserver"})


class House:
    """A sandbox of its own for one example, to which a batch with one bad item was sent."""

    def __init__(self, name: str, test: str, bad: int = 1) -> None:
        self.name, self.sandbox = name, f"{name}-{test}"
        self.client = shared_client().within(mock_sandbox=self.sandbox)
        self.client.post("/_mock/sandboxes", json={"name": self.sandbox})
        wanted = {"vendor": name, "items": 4, "bad": bad, "first": 1}
        self.example: Any = self.control("POST", "/examples", wanted)

    def control(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.client.request(method, f"/_mock/sandboxes/{self.sandbox}{path}", json=body)
        return answer.json if "json" in answer.media_type else answer

    def send(self) -> dict[str, Any]:
        """Send the example, and return its entry in the journal."""
        made = self.example
        answer = self.client.request(
            made["method"],
            f"/{self.name}{made['path']}",
            content=made["body"].encode(),
            headers=made["headers"],
        )
        entry: dict[str, Any] = self.control("GET", f"/journal/{answer.headers['mock-journal']}")
        return entry

    def told(self) -> list[str]:
        """Return what the journal says that the client was told of each item, in the order of the items."""
        return [one["attempts"][-1]["told"] for one in self.control("GET", "/journal/items")]


def newest(house: House) -> tuple[Any, Any]:
    """Send the example, and return the entry of the journal with its operation."""
    house.send()
    app: Any = shared_client().app
    entry = app.journal.kept.entries(house.sandbox)[-1]
    (vendor,) = (one for one in app.served if one.name == house.name)
    return entry, vendor.spec.operations[entry.operation]


@pytest.mark.parametrize("name", NAMES)
def test_an_example_has_one_bad_item(name: str) -> None:
    assert House(name, "example").send()["outcomes"] == OTHER_OUTCOMES.get(name, ONE_BAD)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("form", ["case", "pytest", "curl"])
def test_a_batch_is_exported_if_it_comes_out_the_same_again(name: str, form: str) -> None:
    house = House(name, form)
    house.send()

    assert house.control("GET", f"/journal/export?format={form}").status == 200


@pytest.mark.parametrize("name", NAMES)
def test_a_replay_into_a_fresh_sandbox_is_the_same(name: str) -> None:
    house = House(name, "replay")

    again = house.control("POST", f"/journal/{house.send()['number']}/replay", {"into": "fresh"})

    assert again["difference"]["same"] is True


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("two-lists", ["stored", "rejected", "stored", "stored"]),
        # A count does not tell which item was rejected.
        ("a-count-only", ["nothing"] * 4),
        ("counts-in-headers", ["nothing"] * 4),
        ("stops-at-the-first-failure", ["stored", "rejected", "refused", "refused"]),
        ("partial-by-switch", ["refused", "rejected", "refused", "refused"]),
    ],
)
def test_the_story_of_an_item_says_what_its_answer_told(name: str, told: list[str]) -> None:
    house = House(name, "story")
    house.send()

    assert house.told() == told


class Scenario:
    """The answer to an example while one rule holds, and what the journal says that it told."""

    def __init__(self, name: str, rule: dict[str, Any], bad: int = 1) -> None:
        self.house = House(name, blake2b(repr((rule, bad)).encode(), digest_size=4).hexdigest(), bad)
        scenario = {"version": 1, "name": "s", "rules": [{"id": "r", **rule}]}
        assert self.house.control("PUT", "/scenarios/s", scenario)["name"] == "s"
        self.entry = self.house.send()
        self.told = self.house.told()

    @property
    def answer(self) -> Any:
        return json.loads(self.entry["reply"]["body"])


def effect_on(index: int, **effect: Any) -> dict[str, Any]:
    return {"items": [{"select": {"index": index}, "effect": effect}]}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("form", [{"fail": {"code": "locked"}}, {"hang": 1}])
def test_a_scenario_can_fail_an_item(name: str, form: dict[str, Any]) -> None:
    scenario = Scenario(name, effect_on(0, **form), bad=0)

    assert scenario.entry["decided"][0]["action"] == "rejected"
    assert scenario.told[0] == ("nothing" if name in ("a-count-only", "counts-in-headers") else "rejected")


@pytest.mark.parametrize(
    ("name", "index", "told"),
    [
        ("two-lists", 2, "nothing"),
        # Where failures alone have rows, an item without a row is stored for all that a client can know.
        ("only-failures", 2, "stored"),
        ("only-failures", 1, "stored"),
        ("unprocessed-items", 1, "stored"),
        ("maps-of-problems", 2, "nothing"),
    ],
)
def test_an_item_left_out_is_told_what_its_absence_says(name: str, index: int, told: str) -> None:
    assert Scenario(name, effect_on(index, omit=True)).told[index] == told


@pytest.mark.parametrize("name", ["stops-after-failures", "a-count-only"])
def test_an_item_that_is_not_stored_may_be_told_as_stored(name: str) -> None:
    assert Scenario(name, {"commit": "none"}, bad=0).told == ["stored"] * 4


@pytest.mark.parametrize(
    ("name", "row"),
    [
        ("two-lists", ("results", {"grams": 1000, "number": "phantom-1"})),
        ("maps-by-index", ("stars", {"magnitude": 30, "number": "phantom-1"})),
        ("stops-at-the-first-failure", ("rows", {"index": 4, "result": "inserted"})),
    ],
)
def test_a_phantom_is_the_outcome_of_an_item_that_nobody_sent(name: str, row: tuple[str, Any]) -> None:
    member, phantom = row

    assert Scenario(name, {"envelope": {"phantom": 1}}).answer[member][-1] == phantom


@pytest.mark.parametrize(
    ("name", "member", "wrong"), [("two-lists", "numErrors", 2), ("maps-of-problems", "count", 4)]
)
def test_a_scenario_can_make_a_count_wrong(name: str, member: str, wrong: int) -> None:
    scenario = Scenario(name, {"envelope": {"countAdd": 1}})

    assert (scenario.answer[member], scenario.told) == (wrong, ["nothing"] * 4)


def test_a_scenario_can_make_a_count_in_a_header_wrong() -> None:
    headers = Scenario("counts-in-headers", {"envelope": {"countAdd": 1}}).entry["reply"]["headers"]

    assert {name.lower(): text for name, text in headers.items()}["samples-written"] == "4"


def test_an_answer_without_counts_stays_true_if_a_count_is_to_be_wrong() -> None:
    told = Scenario("two-lists-by-id", {"envelope": {"countAdd": 1}}).told

    assert told == ["stored", "rejected", "stored", "stored"]


@pytest.mark.parametrize("name", ["a-count-only", "counts-in-headers"])
@pytest.mark.parametrize(("bad", "told"), [(0, ["stored"] * 4), (4, ["rejected"] * 4)])
def test_a_count_of_all_items_tells_of_each_item(name: str, bad: int, told: list[str]) -> None:
    house = House(name, f"count-{bad}", bad)
    house.send()

    assert house.told() == told


def test_items_that_are_cut_off_were_told_nothing() -> None:
    house = House("stops-after-failures", "cut-off")
    house.example["body"] = house.example["body"][:-1] + ', "failOnErrors": 1}'

    assert house.send()["outcomes"] == {"created": 1, "rejected": 1, "skipped": 2}
    assert house.told() == ["stored", "rejected", "nothing", "nothing"]


@pytest.mark.parametrize(
    ("name", "says", "differ"),
    [
        ("two-lists", ('{"number":"k1002"}', '{"number":"k1003"}'), 2),
        ("only-failures", ('"index":1', '"index":2'), 2),
        ("maps-by-index", ('{"1":', '{"2":'), 2),
        ("created-and-failed-elements", ('"failedElement":1', '"failedElement":2'), 2),
        ("unprocessed-items", ("k1002", "k1003"), 2),
        ("a-count-only", ('"rejectedSpans":1', '"rejectedSpans":2'), 1),
    ],
)
def test_an_answer_from_elsewhere_is_compared_item_by_item(
    name: str, says: tuple[str, str], differ: int
) -> None:
    entry, operation = newest(House(name, "elsewhere"))
    other = replace(entry.reply, body=entry.reply.body.replace(*map(str.encode, says)))

    assert compare_reply(entry, other, operation)["items"]["differ"] == differ
    assert compare_reply(entry, entry.reply, operation)["same"]


def test_counts_in_headers_are_compared() -> None:
    entry, operation = newest(House("counts-in-headers", "elsewhere"))
    headers = [(name, "4" if name == "Samples-Written" else text) for name, text in entry.reply.headers]

    found = compare_reply(entry, replace(entry.reply, headers=tuple(headers)), operation)["items"]

    assert (found["count"], found["differ"]) == (2, 1)


@pytest.mark.parametrize(
    ("name", "pointer"),
    [("items-in-a-map", "/guests/k1002/seats"), ("created-and-not-created-maps", "/create/k1002/size")],
)
def test_a_problem_of_an_item_in_a_map_has_its_name_in_its_pointer(name: str, pointer: str) -> None:
    (problem,) = House(name, "pointer").send()["decided"][1]["problems"]

    assert problem["pointer"] == pointer


def marked(name: str, side: str) -> list[tuple[int, list[str]]]:
    """Return index and problems of each item that the page of the call marks in one of the bodies."""
    house = House(name, f"page-{side}")
    number = house.send()["number"]
    page = house.client.get(f"/_console/x/{number}.json?tab=bodies&sandbox={house.sandbox}").json
    rows = page["bodies"][side]["rows"]
    return [
        (row["item"], [one["detail"] for one in row["problems"]])
        for row in rows
        if row["item"] is not None or row["problems"]
    ]


@pytest.mark.parametrize("name", ["job-of-lines", "lines-in-and-out"])
def test_the_page_of_a_call_marks_the_lines_of_items(name: str) -> None:
    found = marked(name, "request")

    assert [item for item, _ in found] == [0, 1, 2, 3]
    assert [len(problems) for _, problems in found] == [0, 1, 0, 0]


def test_the_page_of_a_call_marks_the_lines_of_rows() -> None:
    assert [item for item, _ in marked("lines-in-and-out", "reply")] == [0, 1, 2, 3]


def test_of_pairs_of_lines_no_line_is_marked_as_another_item() -> None:
    assert marked("lines-in-pairs", "request") == []
