"""What answers of each batch style tell of single items, if a rule bends them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from mockserver.codec import json
from mockserver.journal.item_history import find_histories
from mockserver.server.application import Options
from tests.any_files.test_batch_styles import EXAMPLES, Style
from tests.support.client import Client
from tests.support.frozen_app import create_frozen_app

ACCEPTED, REJECTED, LOST = "created", "rejected", "lost"
OMIT_FIRST = {"items": [{"select": {"index": 0}, "effect": {"omit": True}}]}
HIDE_FIRST = {"items": [{"select": {"index": 0}, "effect": {"omit": True, "commit": False}}]}
PHANTOM = {"envelope": {"phantom": 1}}
TORN = {"response": {"fault": "TRUNCATED_BODY"}}


def arm(style: Style, rule: Mapping[str, Any]) -> None:
    document = {"version": 1, "name": "s", "rules": [{"id": "r", **rule}]}
    assert style.client.put("/_mock/sandboxes/default/scenarios/s", json=document).status in (200, 201)


def fates(client: Client) -> list[tuple[str, str]]:
    """The action of each item, and what the answer told of it."""
    app: Any = client.app
    found = find_histories(app.journal.kept.entries("default"), app.served)
    return [(one.action, str(one.told)) for item in found for one in item.attempts]


@pytest.mark.parametrize(
    ("name", "rule", "sent", "told"),
    [
        ("two-lists", {}, [1, -2], [(ACCEPTED, "stored"), (REJECTED, "rejected")]),
        ("two-lists", HIDE_FIRST, [1, 2], [(LOST, "nothing"), (ACCEPTED, "stored")]),
        ("two-lists", HIDE_FIRST | PHANTOM, [1, 2], [(LOST, "nothing"), (ACCEPTED, "stored")]),
        ("only-failures", HIDE_FIRST, [1, 2], [(LOST, "stored"), (ACCEPTED, "stored")]),
        ("only-failures", OMIT_FIRST, [-1, 2], [(REJECTED, "stored"), (ACCEPTED, "stored")]),
        ("unprocessed-items", OMIT_FIRST, [1, 2], [(ACCEPTED, "stored"), (ACCEPTED, "stored")]),
        ("maps-of-problems", HIDE_FIRST, [1, 2], [(LOST, "nothing"), (ACCEPTED, "nothing")]),
        ("maps-of-problems", HIDE_FIRST | PHANTOM, [1, 2], [(LOST, "nothing"), (ACCEPTED, "nothing")]),
        ("counts-in-headers", {}, [1, 2], [(ACCEPTED, "stored"), (ACCEPTED, "stored")]),
        ("counts-in-headers", {}, [1, -2], [(ACCEPTED, "nothing"), (REJECTED, "nothing")]),
        ("counts-in-headers", {}, [-1, -2], [(REJECTED, "rejected"), (REJECTED, "rejected")]),
        ("counts-in-headers", PHANTOM, [1, 2], [(ACCEPTED, "nothing"), (ACCEPTED, "nothing")]),
        ("counts-in-headers", HIDE_FIRST, [1, 2], [(LOST, "nothing"), (ACCEPTED, "nothing")]),
        ("counts-in-headers", TORN, [1, 2], [(ACCEPTED, "stored"), (ACCEPTED, "stored")]),
        ("a-count-only", {}, [1, -2], [(ACCEPTED, "nothing"), (REJECTED, "nothing")]),
        ("a-count-only", HIDE_FIRST, [1, 2], [(LOST, "stored"), (ACCEPTED, "stored")]),
    ],
)
def test_an_answer_tells_of_an_item_what_its_form_can_tell(
    name: str, rule: Mapping[str, Any], sent: list[int], told: list[tuple[str, str]]
) -> None:
    style = Style(name)
    if rule:
        arm(style, rule)

    style.send(sent)

    assert fates(style.client) == told


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("two-lists", {"results": ["1", "2", "phantom-1"]}),
        ("unprocessed-items", {"unprocessed": ["phantom-1"]}),
    ],
)
def test_a_phantom_is_told_under_a_key_of_its_own(name: str, answer: Mapping[str, list[str]]) -> None:
    style = Style(name)
    arm(style, PHANTOM)

    said: Any = json.decode(style.send([1, 2]).body)

    (key,) = style.batch["key"]
    assert {member: [one[key] for one in said[member]] for member in answer} == answer


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        ({"code": "internal"}, 500),
        ({"code": "throttled"}, 429),
        ({"code": "locked"}, 423),
        ({"code": "timeout"}, 504),
        ({"code": "too-long"}, 422),
        ({"code": "internal", "status": 507}, 507),
    ],
)
def test_a_row_has_the_status_of_its_fault(fault: Mapping[str, Any], status: int) -> None:
    style = Style("rows-200-or-207")
    arm(style, {"items": [{"select": {"index": 0}, "effect": {"fail": fault}}]})

    said: Any = json.decode(style.send([1, 2]).body)

    assert [one["statusCode"] for one in said["responses"]] == [status, 201]


def test_a_phantom_among_failures_by_index_is_the_failure_of_no_item() -> None:
    style = Style("only-failures")
    arm(style, PHANTOM)

    said: Any = json.decode(style.send([1, 2]).body)

    assert [one["index"] > 1 for one in said] == [True]


def test_rows_of_a_refusal_that_the_file_declares_tell_of_each_item(tmp_path: Path) -> None:
    text = (EXAMPLES / "rows-200-or-207.yaml").read_text(encoding="utf-8")
    file = tmp_path / "rows-200-or-207.yaml"
    file.write_text(text.replace("some: 207", "some: 400").replace('"207"', '"400"').replace("207}", "400}"))
    client = Client(create_frozen_app(Options(files=(file,), vendors=(file.stem,))), {})
    items = [{"sku": "1", "quantity": 1}, {"sku": "2", "quantity": -1}]

    answer = client.put(f"/{file.stem}/stock/bulk", json={"requests": items})

    assert (answer.status, fates(client)) == (400, [(ACCEPTED, "stored"), (REJECTED, "rejected")])
