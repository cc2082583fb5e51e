"""Each correction that `spec explain` prints does what it says, when it is pasted by an overlay."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from mockserver.codec import json
from mockserver.engine.explanation import Explanation, explain
from mockserver.engine.registry import LoadedVendor, load_vendor
from mockserver.engine.resources import find_resources
from mockserver.errors import SpecError
from mockserver.server.application import Options
from mockserver.spec.overlay import read_overlay
from tests.any_files.support import made_up_files, write_files
from tests.support.client import Client
from tests.support.frozen_app import create_frozen_app

EXAMPLES = Path(__file__).parents[2] / "examples"
FILES = [
    *sorted(made_up_files()),
    "shop",
    *(one.stem for one in sorted((EXAMPLES / "batches").glob("*.yaml"))),
]
TEXT, WHOLE = {"type": "string"}, {"type": "integer"}
Judge = Callable[[Explanation], bool]


def content(schema: Any) -> dict[str, Any]:
    return {"description": "d", "content": {"application/json": {"schema": schema}}}


def made(*needed: str, **members: Any) -> dict[str, Any]:
    return {"type": "object", "required": [*needed], "properties": members}


def many(item: Any) -> dict[str, Any]:
    return {"type": "array", "items": item}


def operation(body: Any, answer: Any, status: str = "200") -> dict[str, Any]:
    return {"requestBody": content(body), "responses": {status: content(answer)}}


def read(answer: Any) -> dict[str, Any]:
    return {"responses": {"200": content(answer)}}


def write(folder: Path, paths: Mapping[str, Any], version: str = "3.1.0") -> Path:
    for path, item in paths.items():
        steps = [one[1:-1] for one in path.split("/") if one.startswith("{")]
        asked = [{"name": one, "in": "path", "required": True, "schema": TEXT} for one in steps]
        item["parameters"] = asked
    file = folder / "own.json"
    file.write_bytes(
        json.encode({"openapi": version, "info": {"title": "O", "version": "1"}, "paths": paths})
    )
    return file


def plain_file(name: str, folder: Path) -> Path:
    """Write a file without marks of ours."""
    if name in made_up_files():
        return write_files(name, folder)
    source = EXAMPLES / ("shop" if name == "shop" else "batches") / f"{name}.yaml"
    document = yaml.safe_load(source.read_text(encoding="utf-8"))
    for node in (
        one for item in document["paths"].values() for one in item.values() if isinstance(one, dict)
    ):
        for mark in ("x-batch", "x-collection"):
            node.pop(mark, None)
    (folder / source.name).write_bytes(json.encode(document))
    return folder / source.name


def overlay(folder: Path, called: str, update: Any) -> Path:
    method, path = called.split(" ")
    action = {"target": f"$.paths['{path}'].{method.lower()}", "update": update}
    file = folder / "changes.yaml"
    file.write_bytes(json.encode({"overlay": "1.0.0", "actions": [action]}))
    return file


def changed(file: Path, called: str, update: Any) -> LoadedVendor:
    return load_vendor(file, [read_overlay(overlay(file.parent, called, update))])


def answer_by(vendor: LoadedVendor, called: str) -> Explanation:
    return {one.operation: one for one in explain(vendor)}[called]


def cures(vendor: LoadedVendor, one: Explanation) -> Iterator[tuple[str, Judge]]:
    """Yield each correction of an operation, and what has to be true of it afterwards."""
    correction = one.correction
    if correction.startswith("x-key: MEMBER, or "):
        correction = correction.removeprefix("x-key: MEMBER, or ")
        resource = find_resources(vendor.spec)[one.operation.split(" ")[1]]
        simple = ("string", "integer", "number", "boolean")
        for name, node in resource.members.items():
            if name != resource.key and node.get("type") in simple:
                yield f"x-key: '{name}'", lambda then, name=name: then.reason.endswith(f" by {name}")  # type: ignore[misc]
    mark, _, value = correction.partition(": ")
    if (mark, value) == ("x-collection", '""'):
        yield correction, lambda then: then.kind == "example"
    elif mark == "x-collection":
        yield correction, lambda then: then.kind == "stored" and f": {value} by " in then.reason
    elif (mark, value) == ("x-batch", "false"):
        yield (
            correction,
            lambda then: then.reason == "one call, as x-batch says" and then.correction != correction,
        )
    elif mark == "x-batch":
        yield correction, lambda then: then.kind == "batch"
    elif one.kind != "not served":
        assert correction in ("", "an `example` in the response, or an `x-batch`")


@pytest.mark.parametrize("name", FILES)
def test_each_cure_does_what_it_says(name: str, tmp_path: Path) -> None:
    file = plain_file(name, tmp_path)
    vendor = load_vendor(file)

    found = [(one, *cure) for one in explain(vendor) for cure in cures(vendor, one)]

    for one, cure, is_cured in found:
        then = answer_by(changed(file, one.operation, yaml.safe_load(cure)), one.operation)
        assert is_cured(then), (one, cure, then)


THING = made("number", "grams", number=WHOLE, grams={**WHOLE, "minimum": 1})
ROW = made("number", "status", number=WHOLE, status=WHOLE, message=TEXT)
THINGS = made("things", things=many(THING))


def things(shown: Any) -> dict[str, Any]:
    """Return paths of a batch, and of the list and the record beside it."""
    rows = made("results", results=many(ROW))
    batch = {"post": operation(THINGS, rows, "207"), "get": read(many(THING))}
    return {"/things": batch, "/things/{number}": {"get": read(shown)}}


def test_a_collection_that_no_answer_can_show_is_not_offered_and_told(tmp_path: Path) -> None:
    file = write(tmp_path, things({"type": "object", "properties": {"weight": {"type": "number"}}}))

    found = answer_by(
        changed(file, "GET /things/{number}", {"x-collection": "things"}), "GET /things/{number}"
    )

    reason = "a value for its schema, as no answer shows the key of things"
    assert (found.reason, found.correction) == (reason, "an `example` in the response, or an `x-batch`")


def test_the_records_of_a_batch_are_read_beside_it(tmp_path: Path) -> None:
    client = serve(write(tmp_path, things(THING)))

    client.post("/things", json={"things": [{"number": 1, "grams": 1}, {"number": 2, "grams": 0}]})

    assert client.get("/things").json == [{"number": 1, "grams": 1}]
    assert (client.get("/things/1").status, client.get("/things/2").status) == (200, 404)


@pytest.mark.parametrize("place", ["GET /things", "POST /things", "GET /things/{number}"])
def test_a_batch_of_records_follows_their_key(place: str, tmp_path: Path) -> None:
    file = write(tmp_path, things(THING))
    client = serve(file, overlay(tmp_path, place, {"x-key": "grams"}))

    client.post("/things", json={"things": [{"number": 1, "grams": 7}]})

    assert client.get("/things/7").json == {"number": 1, "grams": 7}


def serve(file: Path, *overlays: Path) -> Client:
    options = Options(files=(file,), vendors=(file.stem,), overlays=overlays)
    return Client(create_frozen_app(options).entry, {}).within(f"/{file.stem}")


@pytest.mark.parametrize("place", ["GET /orders", "POST /orders", "GET /orders/{id}"])
def test_a_key_that_no_record_has_is_refused_with_the_nearest_name(place: str, tmp_path: Path) -> None:
    file = write_files("crud-3-0", tmp_path)

    with pytest.raises(SpecError, match="custmer is no member of orders that can be a key") as refused:
        changed(file, place, {"x-key": "custmer"})

    assert refused.value.cure == "x-key: customer"


IMPOSSIBLE = {
    "no list": (made(name=TEXT), made(ok={"type": "boolean"})),
    "no key": (many(made(text=TEXT)), made(results=many(made("status", status=WHOLE)))),
    "no rows": (many(THING), made(count=WHOLE)),
    "rows without a status": (many(THING), made(results=many(made("number", number=WHOLE)))),
}


@pytest.mark.parametrize(("body", "answer"), IMPOSSIBLE.values(), ids=IMPOSSIBLE)
def test_a_batch_that_cannot_be_worked_out_is_one_call_and_told(
    body: Any, answer: Any, tmp_path: Path
) -> None:
    file = write(tmp_path, {"/imports": {"post": operation(body, answer)}, "/pings": {"get": read(TEXT)}})

    vendor = changed(file, "POST /imports", {"x-batch": True})

    (note,) = vendor.spec.notes
    assert answer_by(vendor, "POST /imports").kind == "example"
    assert (
        note.message.startswith("POST /imports is answered as one call"),
        "x-batch: false" in note.cure,
    ) == (
        True,
        True,
    )


WARNING = made(message=TEXT, code=TEXT)
CONTACT = made("name", id=TEXT, name=TEXT)
ERRORS = many(made("category", "code", category=TEXT, code=TEXT, detail=TEXT))
WITHOUT_BATCH = {
    "warnings beside the records": (
        "/contacts",
        made(warnings=many(WARNING), contacts=many(CONTACT)),
        made(warnings=many(WARNING), contacts=many(CONTACT)),
    ),
    "texts": ("/vendors/bulk-retrieve", made(ids=many(TEXT)), made(vendors=many(CONTACT), errors=ERRORS)),
    "filters of a search": (
        "/contacts/search",
        made(groups=many(made(filters=many(CONTACT)))),
        made("results", results=many(made("id", id=TEXT, status=WHOLE)), total=WHOLE),
    ),
    "errors that do not name the item": (
        "/vendors/bulk-create",
        made(vendors=many(made(name=TEXT))),
        made(vendors=many(CONTACT), errors=ERRORS),
    ),
    "lists of a record": (
        "/carts/{id}",
        made("actions", actions=many(made("action", action=TEXT))),
        made("id", id=TEXT, addresses=many(made(id=TEXT, state=TEXT))),
    ),
}


@pytest.mark.parametrize(("path", "body", "answer"), WITHOUT_BATCH.values(), ids=WITHOUT_BATCH)
def test_no_batch_is_offered_where_nothing_tells_what_became_of_an_item(
    path: str, body: Any, answer: Any, tmp_path: Path
) -> None:
    file = write(tmp_path, {path: {"post": operation(body, answer)}})

    assert answer_by(load_vendor(file), f"POST {path}").correction in (
        "an `example` in the response, or an `x-batch`",
        "x-batch: false",
    )


def test_items_are_the_list_that_the_path_names(tmp_path: Path) -> None:
    body = made(notices=many(WARNING), contacts=many(CONTACT))
    row = made("id", "error", id=TEXT, error={"type": ["string", "null"]})
    file = write(tmp_path, {"/contacts": {"put": operation(body, made(results=many(row)))}})

    cure = yaml.safe_load(answer_by(load_vendor(file), "PUT /contacts").correction)

    assert (cure["x-batch"]["items"], cure["x-batch"]["key"]) == ("/contacts", ["id"])


def test_one_mark_leaves_the_other_operations_as_they_are(tmp_path: Path) -> None:
    paths = things(THING) | {"/pings": {"get": read(TEXT)}}
    paths["/things"]["post"]["x-batch"] = True

    kinds = [one.kind for one in explain(load_vendor(write(tmp_path, paths, "3.0.3")))]

    assert kinds == ["stored", "batch", "stored", "example"]


def test_results_beside_errors_are_one_call_and_a_batch_of_reads_too(tmp_path: Path) -> None:
    error = made("category", "message", "status", category=TEXT, message=TEXT, status=TEXT)
    answer = made("results", "status", results=many(CONTACT), errors=many(error), status=TEXT)
    names = ("create", "read", "update", "upsert")
    file = write(
        tmp_path,
        {
            f"/contacts/batch/{name}": {"post": operation(made(inputs=many(CONTACT)), answer, "207")}
            for name in names
        },
    )

    assert [(one.kind, one.correction) for one in explain(load_vendor(file))] == [
        ("example", "an `example` in the response, or an `x-batch`")
    ] * 4


def test_a_status_of_the_item_itself_is_repeated(tmp_path: Path) -> None:
    item = made("id", "status", "code", id=TEXT, status=TEXT, code=TEXT, grams={**WHOLE, "minimum": 1})
    row = made("id", "status", "code", **{**item["properties"], "error": TEXT})
    file = write(tmp_path, {"/events": {"post": operation(made(events=many(item)), made(events=many(row)))}})
    rows = {"key": ["id"], "outcome": {"list": "/events", "message": "/error"}}
    client = serve(file, overlay(tmp_path, "POST /events", {"x-batch": rows}))
    items = [
        {"id": one, "status": "paid", "code": "cpu", "grams": grams} for one, grams in (("a", 1), ("b", 0))
    ]

    told = client.post("/events", json={"events": items}).json["events"]

    assert [(one["status"], one["code"], "error" in one) for one in told] == [
        ("paid", "cpu", False),
        ("paid", "cpu", True),
    ]


def test_a_mark_that_adds_what_rows_must_not_have_is_refused(tmp_path: Path) -> None:
    row = {**made(number=WHOLE), "additionalProperties": False}
    file = write(tmp_path, {"/things": {"post": operation(THINGS, made(things=many(row)))}})

    with pytest.raises(SpecError, match="its rows at /things must not have /status"):
        changed(file, "POST /things", {"x-batch": {"outcome": {"list": "/things", "status": "/status"}}})


def test_good_items_alone_are_answered_with_200_where_it_is_declared_beside_207(tmp_path: Path) -> None:
    paths = things(THING)
    responses = paths["/things"]["post"]["responses"]
    responses["200"] = responses["207"]
    client = serve(write(tmp_path, paths))

    answers = [client.post("/things", json={"things": [{"number": 1, "grams": grams}]}) for grams in (1, 0)]

    assert [one.status for one in answers] == [200, 207]
