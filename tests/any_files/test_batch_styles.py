"""Each file in `examples/batches` answers all, some and no good items as its table says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mockserver.codec import json, yaml
from mockserver.model import member_path, with_value_at
from mockserver.server.application import Options
from tests.support.client import Client
from tests.support.frozen_app import create_frozen_app

TESTS = Path(__file__).parents[1]
EXAMPLES = TESTS.parent / "examples" / "batches"
STYLES: dict[str, Any] = yaml.load(Path(__file__).with_name("batch_styles.yaml").read_text(encoding="utf-8"))


OTHER_TESTS = (
    "engine/test_atomicity.py",
    "engine/test_jobs.py",
    "engine/test_whole_requests.py",
    "spec/test_item_forms.py",
)
"""Tests of examples that need more than one form of a call."""


class Style:
    """A served example. The item with the number -4 is the bad item whose key is 4."""

    def __init__(self, name: str) -> None:
        file = EXAMPLES / f"{name}.yaml"
        document: Any = yaml.load(file.read_text(encoding="utf-8"))
        self.says, self.name = STYLES[name], name
        (self.path, item), (self.record, _) = document["paths"].items()
        ((self.method, operation),) = item.items()
        self.batch = operation["x-batch"]
        self.client = Client(create_frozen_app(Options(files=(file,), vendors=(name,))), {})

    def send(self, numbers: list[int]) -> Any:
        (key,) = self.batch["key"]
        kinds = {True: self.says["good"], False: self.says["bad"]}
        items = [with_value_at(kinds[one > 0], member_path(key), str(abs(one))) for one in numbers]
        member = self.batch["items"][1:]
        body = {member: items} if member else items
        return self.client.request(self.method.upper(), f"/{self.name}{self.path}", json=body)

    def stored(self) -> list[int]:
        paths = ((number, self.record.rpartition("/")[0]) for number in range(1, 10))
        return [one for one, path in paths if self.client.get(f"/{self.name}{path}/{one}").status == 200]


def test_each_example_is_tested() -> None:
    names_here = Path(__file__).read_text(encoding="utf-8")
    text = names_here + "".join((TESTS / name).read_text(encoding="utf-8") for name in OTHER_TESTS)
    names = {file.stem for file in EXAMPLES.glob("*.yaml")}

    assert names >= STYLES.keys()
    assert [name for name in names - STYLES.keys() if name.removeprefix("requests-") not in text] == []


@pytest.mark.parametrize("name", STYLES)
def test_an_answer_tells_what_became_of_each_item(name: str) -> None:
    style = Style(name)

    for call in style.says["calls"]:
        answer = style.send(call["send"])

        headers = {name: answer.headers.get(name) for name in call.get("headers", {})}
        said = json.decode(answer.body) if answer.body else None
        assert (answer.status, said, headers) == (call["status"], call.get("answer"), call.get("headers", {}))

    assert style.stored() == style.says["stored"]


@pytest.mark.parametrize("name", STYLES)
def test_the_journal_knows_where_an_answer_tells_of_each_item(name: str) -> None:
    style = Style(name)

    for call in style.says["calls"][:2]:
        style.send(call["send"])

    decided = style.client.get("/_mock/sandboxes/default/journal/2").json["decided"]
    assert [item["reported"] for item in decided] == style.says["places"]


def test_items_whose_key_the_server_assigns_are_told_by_index() -> None:
    name = "two-lists-and-assigned-ids"
    file = EXAMPLES / f"{name}.yaml"
    client = Client(create_frozen_app(Options(files=(file,), vendors=(name,))), {})
    items = [{"email": "a@example.com"}, {"email": ""}, {"email": "b@example.com"}]

    answer = client.post(f"/{name}/contacts/batch/create", json={"inputs": items})

    results = answer.json["results"]
    assert (answer.status, [one["email"] for one in results]) == (207, ["a@example.com", "b@example.com"])
    assert [(one["index"], one["category"]) for one in answer.json["errors"]] == [(1, "VALIDATION_ERROR")]
    assert [client.get(f"/{name}/contacts/{one['id']}").json for one in results] == results
    decided = client.get("/_mock/sandboxes/default/journal/1").json["decided"]
    assert [item["reported"] for item in decided] == ["/results/0", "/errors/0", "/results/1"]
