"""Whatever form an own API's batch has: no answer says of an item what did not become of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from mockserver.codec import json
from mockserver.engine.explanation import explain
from mockserver.errors import SpecError
from mockserver.model import value_at
from mockserver.server.application import Options
from tests.any_files.batch_shapes import APART, SHAPES, TEXT, WHOLE, Shape, rows
from tests.support.client import Client, Response
from tests.support.frozen_app import create_frozen_app

GOOD_WORDS = {"OK", "STORED", "success", "created", "updated"}
BAD_WORDS = {"REJECTED", "NOT_STORED", "failure", "rejected"}
BATCHES: tuple[list[dict[str, Any]], ...] = (
    [{"number": "A", "grams": 1}, {"number": "B", "grams": 2}],
    [{"number": "C", "grams": 3}, {"number": "D", "grams": 0}, {"number": "A", "grams": 4}],
    [{"number": "E", "grams": 0}, {"number": "F"}],
)
BATCHES_OF_SHAPES = [one for one in SHAPES if not one.doubt]
NO_BATCHES = [one for one in SHAPES if one.doubt]


def served(shape: Shape, folder: Path, correction: Any = None) -> Client:
    file = folder / "own.json"
    file.write_bytes(json.encode(shape.document))
    overlays: tuple[Path, ...] = ()
    if correction is not None:
        changes = folder / "changes.json"
        target = f"$.paths['{shape.path}'].{shape.method}"
        changes.write_bytes(
            json.encode({"overlay": "1.0.0", "actions": [{"target": target, "update": correction}]})
        )
        overlays = (changes,)
    return Client(create_frozen_app(Options(files=(file,), vendors=("own",), overlays=overlays)), {})


def send(client: Client, shape: Shape, items: list[dict[str, Any]]) -> Response:
    body = items if shape.is_bare else {"parcels": items}
    return client.request(shape.method.upper(), f"/own{shape.path}", json=body)


def state(client: Client) -> dict[str, Any]:
    stored = client.get("/_mock/sandboxes/default/dump").json.get("own/", {})
    return {record["number"]: record for one in stored.values() for record in one.values()}


def rows_of(document: Any) -> list[Any]:
    lists = [document] if isinstance(document, list) else [document.get("results"), document.get("items")]
    return next(one for one in lists if one is not None)


def is_told_good(row: dict[str, Any], tells: str) -> bool:
    """What a row says, as a client reads it that knows the member that tells."""
    value = row.get(tells)
    if tells == "error":
        return value is None
    if isinstance(value, bool):
        return value
    assert isinstance(value, int) or value in GOOD_WORDS | BAD_WORDS
    return value < 400 if isinstance(value, int) else value in GOOD_WORDS


def judge(client: Client, shape: Shape) -> None:
    """Send good, mixed and bad batches, and compare each row and fact with what is stored then."""
    for items in BATCHES:
        before = state(client)
        answer = send(client, shape, items)
        after = state(client)
        good = [after.get(one["number"], {}).get("grams") == one.get("grams", 0) for one in items]
        assert answer.status == (shape.all_good if all(good) else max(shape.all_good, 207))
        rows = rows_of(answer.json)
        assert [is_told_good(row, shape.tells) for row in rows] == good
        for item, row, is_good in zip(items, rows, good, strict=True):
            assert is_good or after.get(item["number"]) == before.get(item["number"])
            assert row.get("number", item["number"]) == item["number"]
            assert row.get("grams", item.get("grams")) == item.get("grams")
            record = row.get("parcel")
            assert record is None or (is_good and record == after[item["number"]])
        created = sum(
            is_good and one["number"] not in before for one, is_good in zip(items, good, strict=True)
        )
        for name, kind in shape.facts.items():
            found: Any = answer.json
            for step in name.split("."):
                found = found.get(step) if found else None
            assert found == expected_fact(kind, good, created) or (
                kind == "texts" and len(found or ()) == good.count(False)
            )
    assert "A" in state(client)
    assert (state(client)["A"]["grams"] == 4) is shape.upserts


def expected_fact(kind: str, good: list[bool], created: int) -> Any:
    bad = good.count(False)
    words = kind.split()
    if len(words) > 1:
        word = words[0 if not bad else 2 if bad == len(good) else 1]
        return None if word == "-" else word
    numbers = {"bad": bad, "good": len(good) - bad, "all": len(good), "created": created}
    flags = {"any-bad": bad > 0, "no-bad": not bad, "some-bad": 0 < bad < len(good)}
    flags |= {"all-bad": bad == len(good), "some-good": bad < len(good)}
    return {**numbers, **flags}.get(kind)


def explained(client: Client) -> Any:
    (vendor,) = client.app.served  # type: ignore[attr-defined]
    return vendor, {one.id: one for one in explain(vendor)}


@pytest.mark.parametrize("shape", BATCHES_OF_SHAPES, ids=lambda shape: shape.name)
def test_an_answer_tells_what_became_of_each_item(shape: Shape, tmp_path: Path) -> None:
    client = served(shape, tmp_path)
    assert [client.get(f"/own{path}").json for path in shape.reads if not path.endswith("}")] in ([], [[]])

    judge(client, shape)

    vendor, found = explained(client)
    assert (found[shape.id].kind, vendor.spec.notes) == ("batch", ())
    kept = state(client)
    for path in shape.reads:
        if path.endswith("}"):
            for number in ("A", "B", "C", "D", "E", "Z"):
                one = client.get(f"/own{path.replace('{number}', number)}")
                assert (one.status, one.json if number in kept else None) == (
                    200 if number in kept else 404,
                    kept.get(number),
                )
        else:
            assert client.get(f"/own{path}").json == list(kept.values())


@pytest.mark.parametrize("shape", NO_BATCHES, ids=lambda shape: shape.name)
def test_a_batch_whose_answer_cannot_tell_is_one_call_and_the_overlay_is_said(
    shape: Shape, tmp_path: Path
) -> None:
    client = served(shape, tmp_path)

    send(client, shape, BATCHES[1])

    vendor, found = explained(client)
    (note,) = vendor.spec.notes
    said = found[shape.id].correction if shape.is_correctable else "x-batch: false"
    correction = yaml.safe_load(said)
    assert state(client) == {}
    assert client.get("/_mock/sandboxes/default/journal/1").json["items"] in (0, None)
    assert (found[shape.id].kind, shape.doubt in found[shape.id].reason, shape.doubt in note.message) == (
        "example",
        True,
        True,
    )
    assert said in note.cure
    if shape.is_correctable:
        judge(served(shape, tmp_path, correction), shape)
    else:
        assert correction == {"x-batch": False}
        corrected = served(shape, tmp_path, correction)
        send(corrected, shape, BATCHES[0])
        assert (state(corrected), explained(corrected)[0].spec.notes) == ({}, ())


@pytest.mark.parametrize(
    "shape",
    [one for one in NO_BATCHES if not (one.is_correctable or "its name" in one.doubt)],
    ids=lambda shape: shape.name,
)
def test_a_mark_that_would_make_an_answer_lie_is_refused(shape: Shape, tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="x-batch") as refused:
        served(shape, tmp_path, {"x-batch": {"upsert": False}})

    assert refused.value.cure == "x-batch: false" or refused.value.lacks == "key"


def test_a_row_tells_whether_its_item_was_created_or_updated(tmp_path: Path) -> None:
    words = {"enum": ["insert", "update"], "type": "string"}
    told = {"created!": {"type": "boolean"}, "is_updated!": {"type": "boolean"}, "action!": words}
    shape = Shape("rows with words", rows({"number!": TEXT, "status!": WHOLE, **told}), method="put")
    client = served(shape, tmp_path)

    answers = [send(client, shape, [{"number": "A", "grams": 1}]).json[0] for _ in range(2)]

    assert [(one["created"], one["is_updated"], one["action"]) for one in answers] == [
        (True, False, "insert"),
        (False, True, "update"),
    ]


def numbers_at(document: Any, where: str) -> list[Any]:
    """The numbers of items that an answer tells: names of a map, or a member of each row of a list."""
    name, *steps = where.split(".")
    return [value_at(row, tuple(steps)) for row in document.get(name, ())]


@pytest.mark.parametrize("shape", APART, ids=lambda shape: shape.name)
def test_accepted_and_rejected_items_are_told_apart(shape: Shape, tmp_path: Path) -> None:
    client = served(shape, tmp_path)
    vendor, found = explained(client)
    assert [shape.doubt in note.message for note in vendor.spec.notes] == ([True] if shape.doubt else [])
    if shape.doubt:
        assert found[shape.id].kind == "example"
        client = served(shape, tmp_path, yaml.safe_load(found[shape.id].correction))

    for items in BATCHES:
        before, answer = set(state(client)), send(client, shape, items)
        stored = set(state(client)) - before
        sent = [item["number"] for item in items]
        assert answer.status == shape.all_good if stored == set(sent) else answer.status in (200, 207)
        if shape.accepted:
            assert set(numbers_at(answer.json, shape.accepted)) == stored
        assert numbers_at(answer.json, shape.rejected) == [one for one in sent if one not in stored]
