"""Without annotations, paths tell which GET reads the records of a batch; a note says what is missing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mockserver.contract import inference
from mockserver.contract.loading import load_api
from mockserver.contract.run_state import FindingLedger, RunConfig, run_parts
from mockserver.contract.sequences import run
from mockserver.contract.target import Address, Target
from mockserver.contract.trial import Trial
from tests.contract.stateful.shop import unjudged

PARCEL = {
    "type": "object",
    "required": ["number", "grams"],
    "properties": {"number": {"type": "string", "minLength": 1}, "grams": {"type": "integer", "minimum": 1}},
}
ROW = {
    "type": "object",
    "required": ["number", "status"],
    "properties": {name: {"type": kind} for name, kind in (("number", "string"), ("status", "integer"))},
}


def response(schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": "it", "content": {"application/json": {"schema": schema}}}


def many(schema: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": schema}


def spec(folder: Path, batch: str, one: str = "", *, is_listed: bool = False, **get: Any) -> Path:
    """A file without annotations: a batch at this path, GETs of one record and of all."""
    body = {"required": True, **response(many(PARCEL))}
    paths: dict[str, Any] = {
        batch: {"post": {"requestBody": body, "responses": {"207": response(many(ROW))}}},
    }
    if one:
        name = one.rpartition("{")[2].removesuffix("}")
        parameter = {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        answers = {"200": response(PARCEL), "404": {"description": "no"}}
        paths[one] = {"get": {"parameters": [parameter], "responses": answers, **get}}
    if is_listed:
        paths.setdefault("/parcels", {})["get"] = {"responses": {"200": response(many(PARCEL))}}
    file = folder / "parcels.json"
    file.write_text(json.dumps({"openapi": "3.1.0", "info": {"title": "P", "version": "1"}, "paths": paths}))
    return file


class Depot:
    """A right server of parcels; with a bug it loses what comes after a bad item."""

    def __init__(self, *, has_bug: bool = False) -> None:
        self.has_bug, self.parcels = has_bug, dict[str, Any]()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body = (await receive()).get("body", b"")
        key = scope["path"].removeprefix("/parcels").removeprefix("/")
        if scope["method"] == "POST":
            answer: Any = list(self._rows(json.loads(body)))
            status = 207
        elif not key:
            status, answer = 200, [*self.parcels.values()]
        else:
            status, answer = (200, self.parcels[key]) if key in self.parcels else (404, {})
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": json.dumps(answer).encode()})

    def _rows(self, parcels: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        was_bad = False
        for one in parcels:
            grams, key = one.get("grams"), one.get("number")
            is_bad = not isinstance(grams, int) or grams < 1 or not isinstance(key, str) or not key
            is_there = key in self.parcels
            if not is_bad and not is_there and not (was_bad and self.has_bug):
                self.parcels[str(key)] = one
            was_bad = was_bad or is_bad
            yield {"number": str(key), "status": 422 if is_bad else 409 if is_there else 201}


def told(file: Path, depot: Depot) -> FindingLedger:
    ledger = FindingLedger()
    with Target(Address("http://127.0.0.1:8080", depot)) as target:
        run_parts(run.plan_stateful(Trial(load_api(file), target, RunConfig(1, 8), ledger, unjudged)), ledger)
    return ledger


@pytest.mark.parametrize(
    ("batch", "one", "is_listed", "reads"),
    [
        ("/parcels", "/parcels/{number}", False, ("/parcels/A", "")),
        ("/parcels/bulk", "/parcels/{number}", True, ("/parcels/A", "/parcels")),
        ("/parcels/bulk", "/parcels/{parcelNumber}", False, ("/parcels/A", "")),
        ("/parcels/bulk", "/parcels/{id}", False, ("/parcels/A", "")),
        ("/parcels/bulk", "", True, ("/parcels", "/parcels")),
    ],
    ids=["beside", "bulk", "longer name", "usual name", "list"],
)
def test_the_paths_tell_what_reads_the_records(
    tmp_path: Path, batch: str, one: str, reads: tuple[str, str], *, is_listed: bool
) -> None:
    (found,) = inference.infer_batches(load_api(spec(tmp_path, batch, one, is_listed=is_listed)).spec)

    assert (found.read("A", 0).path, found.listing(0).path if found.listing else "") == reads


@pytest.mark.parametrize("batch", ["/parcels", "/parcels/bulk"])
@pytest.mark.parametrize("has_bug", [False, True])
def test_a_lost_item_is_found_without_an_annotation(tmp_path: Path, batch: str, *, has_bug: bool) -> None:
    ledger = told(spec(tmp_path, batch, "/parcels/{number}", is_listed=True), Depot(has_bug=has_bug))

    assert {one.check for one in ledger.findings} == ({"accepted-are-there"} if has_bug else set())
    assert ledger.made["post" + batch.replace("/", "_"), "accepted-are-there"] or ledger.made
    assert ledger.notes == []


@pytest.mark.parametrize(
    ("one", "get", "target", "collection"),
    [
        ("/depots/{depot}", {}, "/…/{number}", "parcels/bulk"),
        ("/parcels/{number}", {"x-collection": ""}, "/parcels/{number}", "parcels"),
        ("", {}, "/…/{number}", "parcels/bulk"),
    ],
    ids=["another record", "annotated as none", "no read"],
)
def test_a_note_says_which_read_is_missing(
    tmp_path: Path, one: str, get: dict[str, Any], target: str, collection: str
) -> None:
    ledger = told(spec(tmp_path, "/parcels/bulk", one, **get), Depot())

    why = "because no GET is known to show its records; name the GET in an --overlay"
    line = f"""actions: [{{target: "$.paths['{target}'].get", update: {{x-collection: {collection}}}}}]"""
    assert ledger.notes == [f"no sequences and no sizes of POST /parcels/bulk, {why}: {line}"]
    assert not ledger.calls
