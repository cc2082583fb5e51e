"""Made-up own APIs with a batch, one for each form in which an answer may tell what became of its items."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

TEXT: Any = {"type": "string"}
WHOLE: Any = {"type": "integer"}
TRUTH: Any = {"type": "boolean"}
PARCEL: Any = {
    "type": "object",
    "required": ["number", "grams"],
    "properties": {"number": {**TEXT, "minLength": 1}, "grams": {**WHOLE, "minimum": 1}},
}
WITH_ID: Any = {
    "type": "object",
    "required": ["id", "number", "grams"],
    "properties": {"id": {**TEXT, "format": "uuid"}, **PARCEL["properties"]},
}
PROBLEM: Any = {"type": "object", "required": ["message"], "properties": {"message": TEXT, "code": TEXT}}


def choice(*words: Any) -> Any:
    return {"enum": list(words), **(TEXT if isinstance(words[0], str) else {})}


def made(members: Mapping[str, Any]) -> Any:
    """An object of members; "!" after a name: it has to be there."""
    return {
        "type": "object",
        "required": [name[:-1] for name in members if name.endswith("!")],
        "properties": {name.removesuffix("!"): one for name, one in members.items()},
    }


def rows(members: Mapping[str, Any]) -> Any:
    return {"type": "array", "items": made(members)}


NUMBERED: Any = {"number!": TEXT, "status!": WHOLE, "message": TEXT}
ROWS = rows(NUMBERED)


@dataclass(frozen=True)
class Shape:
    """An own API with one batch.

    `tells` is the member of a row that tells its outcome, `facts` what a member beside the rows has to be,
    `doubt` why it is no batch ("": it is one), `all_good` the status of an answer to good items alone.
    `accepted` and `rejected` lead to the numbers of these items, if an answer tells them apart.
    """

    name: str
    answer: Any
    tells: str = "status"
    facts: Mapping[str, str] = field(default_factory=dict)
    doubt: str = ""
    all_good: int = 207
    statuses: Mapping[str, Any] = field(default_factory=dict)
    path: str = "/parcels/bulk"
    method: str = "post"
    id: str = "sendParcels"
    item: Any = field(default_factory=lambda: PARCEL)
    is_bare: bool = False
    upserts: bool = False
    reads: tuple[str, ...] = ()
    is_correctable: bool = False
    accepted: str = ""
    rejected: str = ""

    @property
    def document(self) -> dict[str, Any]:
        listed = {"type": "array", "items": self.item}
        body = listed if self.is_bare else made({"parcels!": listed})
        answers = self.statuses or {"207": self.answer}
        operation = {
            "operationId": self.id,
            "requestBody": {"required": True, **content(body)},
            "responses": {code: {"description": "d", **content(one)} for code, one in answers.items()},
        }
        paths: dict[str, Any] = {self.path: {self.method: operation}}
        for path in self.reads:
            shown = PARCEL if path.endswith("}") else {"type": "array", "items": PARCEL}
            asked = [{"name": "number", "in": "path", "required": True, "schema": TEXT}]
            node = {"parameters": asked if path.endswith("}") else [], "responses": {"200": {}}}
            node["responses"] = {"200": {"description": "d", **content(shown)}}
            paths.setdefault(path, {})["get"] = node
        return {"openapi": "3.1.0", "info": {"title": self.name, "version": "1"}, "paths": paths}


def content(schema: Any) -> Any:
    return {"content": {"application/json": {"schema": schema}}}


_TELLING: Mapping[str, tuple[str, Any]] = {
    "a status": ("status", NUMBERED),
    "an HTTP status of a list": ("status", {"number!": TEXT, "status!": choice(200, 409)}),
    "a flag ok": ("ok", {"number!": TEXT, "ok!": TRUTH, "reason": TEXT}),
    "a flag success with errors": (
        "success",
        {"number!": TEXT, "success!": TRUTH, "errors": rows({"message!": TEXT})},
    ),
    "a word OK": ("result", {"number!": TEXT, "result!": choice("OK", "REJECTED")}),
    "a word STORED": ("state", {"index!": WHOLE, "state!": choice("STORED", "NOT_STORED")}),
    "a word of lower case": ("outcome", {"index!": WHOLE, "outcome!": choice("success", "failure")}),
    "a free word": ("status", {"number!": TEXT, "status!": TEXT, "detail": TEXT}),
    "a status and a record": ("status", {"index!": WHOLE, "status!": WHOLE, "parcel": PARCEL}),
    "a status and a record or null": (
        "status",
        {"index!": WHOLE, "status!": WHOLE, "parcel!": {"anyOf": [WITH_ID, {"type": "null"}]}},
    ),
    "an error or null": (
        "error",
        {"number!": TEXT, "status!": WHOLE, "error!": {"anyOf": [PROBLEM, {"type": "null"}]}},
    ),
    "an error that may be null": (
        "status",
        {
            "number!": TEXT,
            "status!": WHOLE,
            "error!": {"type": ["object", "null"], "properties": {"code": TEXT}},
        },
    ),
    "a code and the item's members": ("statusCode", {"number!": TEXT, "grams": WHOLE, "statusCode!": WHOLE}),
}
_BESIDE: Mapping[str, tuple[Any, str]] = {
    "errors": (TRUTH, "any-bad"),
    "hasErrors": (TRUTH, "any-bad"),
    "success": (TRUTH, "no-bad"),
    "partialFailure": (TRUTH, "some-bad"),
    "numErrors": (WHOLE, "bad"),
    "failedCount": (WHOLE, "bad"),
    "FailedRecordCount": (WHOLE, "bad"),
    "error_count": (WHOLE, "bad"),
    "invalid": (WHOLE, "bad"),
    "succeeded": (WHOLE, "good"),
    "totalStored": (WHOLE, "good"),
    "created": (WHOLE, "created"),
    "total": (WHOLE, "all"),
    **dict.fromkeys(("successCount", "success_count", "acceptedItems", "successfulItems"), (WHOLE, "good")),
    **dict.fromkeys(("failedItems", "rowsFailed", "invalidRows", "numFailedItems"), (WHOLE, "bad")),
    "totalRecords": (WHOLE, "all"),
    **dict.fromkeys(("allFailed", "all_invalid"), (TRUTH, "all-bad")),
    **dict.fromkeys(("anySucceeded", "hasSuccess"), (TRUTH, "some-good")),
    **dict.fromkeys(("noErrors", "errorFree", "withoutErrors", "allOk", "isValid"), (TRUTH, "no-bad")),
    "overall_result": (choice("ALL_OK", "SOME_FAILED", "ALL_FAILED"), "ALL_OK SOME_FAILED ALL_FAILED"),
    "outcome": (choice("all", "some", "none"), "all some none"),
    "numberOfItems": (WHOLE, "all"),
    "status": (choice("COMPLETE", "PARTIAL", "FAILED"), "COMPLETE PARTIAL FAILED"),
    "state": (choice("done", "done_with_errors", "error"), "done done_with_errors error"),
    "result": (choice("ok", "failure"), "ok - failure"),
    "overallStatus": ({**TEXT, "example": "COMPLETED"}, "COMPLETED PARTIAL FAILED"),
    "processingStatus": (choice("PENDING", "CANCELED", "COMPLETE"), "COMPLETE COMPLETE COMPLETE"),
    "batchId": (TEXT, "-"),
    "duration": (WHOLE, "-"),
    "problems": ({"type": "array", "items": TEXT}, "texts"),
}
_NONE: Mapping[str, tuple[Any, str]] = {
    "a refused item is the row itself": (
        made(
            {"succeeded!": {"type": "array", "items": PARCEL}, "failed!": {"type": "array", "items": PARCEL}}
        ),
        "must have grams, which a refused item does not have",
    ),
    "a refused item is told as a whole record": (
        made(
            {"succeeded!": rows({"parcel!": PARCEL}), "failed!": rows({"parcel!": PARCEL, "reason!": TEXT})}
        ),
        "must have parcel, which a refused item does not have",
    ),
    "HubSpot's": (
        made(
            {
                "results!": {"type": "array", "items": WITH_ID},
                "errors": rows({"status!": TEXT, "message!": TEXT}),
                "numErrors": WHOLE,
                "status!": choice("PENDING", "COMPLETE"),
            }
        ),
        "a row of /errors has no known key or position of the item",
    ),
    **{
        f"{name} in a summary": (
            made({"results!": ROWS, "summary!": made({f"{name}!": lists})}),
            "would be empty",
        )
        for name, lists in {
            "failures": rows({"number!": TEXT, "error!": TEXT}),
            "failedNumbers": {"type": "array", "items": TEXT},
            "failedIndexes": {"type": "array", "items": WHOLE},
            "acceptedKeys": {"type": "array", "items": TEXT},
            "errorsByKey": {"type": "object", "additionalProperties": TEXT},
        }.items()
    },
    "a number that no item has": (rows({"id!": WHOLE, "status!": WHOLE}), "must have id"),
    "only what is created": (made({"created!": ROWS}), "a part of the items alone"),
    "the records": ({"type": "array", "items": WITH_ID}, "no member that says"),
    "the state of a record": (
        rows({"number!": TEXT, "status!": choice("open", "paid")}),
        "no member that says",
    ),
    "a word by example": (
        rows({"number!": TEXT, "status!": {**TEXT, "example": "open"}}),
        "no member that says",
    ),
    "only good statuses": (rows({"number!": TEXT, "status!": choice(200, 201)}), "no member that says"),
    "a status below 300": (
        rows({"number!": TEXT, "status!": {**WHOLE, "maximum": 299}}),
        "no member that says",
    ),
    "a record that must be there": (rows({"status!": WHOLE, "parcel!": WITH_ID}), "must have parcel"),
    "an id that must be there": (rows({"id!": TEXT, **NUMBERED}), "must have id"),
    "a price that must be there": (rows({"price!": WHOLE, **NUMBERED}), "must have price"),
    "a link that must be there": (rows({"href!": TEXT, **NUMBERED}), "must have href"),
    "an empty list of errors": (
        made({"results!": ROWS, "errors!": rows({"message!": TEXT})}),
        "a row of /errors has no known key or position of the item",
    ),
}

SHAPES: tuple[Shape, ...] = (
    *(
        Shape(f"{name}, {'a list' if is_bare else 'below results'}", answer, tells, is_bare=is_bare)
        for name, (tells, row) in _TELLING.items()
        for is_bare, answer in ((True, rows(row)), (False, made({"results!": rows(row)})))
    ),
    *(
        Shape(f"{name} beside{mark}", made({"results!": ROWS, f"{name}{mark}": schema}), facts={name: kind})
        for name, (schema, kind) in _BESIDE.items()
        for mark in ("", "!")
        if not (mark and "-" in kind.split())
    ),
    Shape(
        "a summary",
        made({"items!": ROWS, "summary": made({"total": WHOLE, "failed!": WHOLE, "note": TEXT})}),
        facts={"summary.total": "all", "summary.failed": "bad", "summary.note": "-"},
    ),
    *(Shape(f"no batch: {name}", answer, doubt=doubt) for name, (answer, doubt) in _NONE.items()),
    Shape(
        "no batch until its list is named",
        made({"results!": ROWS, "links": rows({"rel!": TEXT, "href!": TEXT})}),
        doubt="the lists /results and /links",
        is_correctable=True,
    ),
    Shape(
        "no batch until it is said: an error alone",
        rows({"number!": TEXT, "error": PROBLEM}),
        "error",
        doubt="no status",
        is_correctable=True,
    ),
    Shape("no batch: it deletes", ROWS, doubt="its name says delete", path="/parcels/bulk-delete"),
    Shape("no batch: it changes", ROWS, doubt="its name says update", id="batchUpdateParcels"),
    Shape("no batch: it reads", ROWS, doubt="its name says read", path="/parcels/batch/read"),
    Shape("201 beside 207", None, all_good=201, statuses={"201": ROWS, "207": ROWS}),
    Shape("200 beside 207", None, all_good=200, statuses={"200": ROWS, "207": ROWS}),
    Shape("201 of other rows beside 207", None, statuses={"201": made({"id": TEXT}), "207": ROWS}),
    Shape("an upsert by its path", ROWS, path="/parcels/batch/upsert", upserts=True),
    Shape("an upsert by its id", ROWS, id="batchUpsertParcels", upserts=True),
    Shape("a PUT", ROWS, method="put", id="updateParcels", upserts=True),
    Shape("an insert or update", ROWS, id="createOrUpdateParcels"),
    Shape("read by a GET of one", ROWS, path="/parcels", reads=("/parcels/{number}",)),
    Shape("read by both GETs", ROWS, reads=("/parcels", "/parcels/{number}")),
    Shape("read by a list at its path", ROWS, path="/parcels", reads=("/parcels",)),
    Shape("read by a list above it", ROWS, reads=("/parcels",)),
)

_NUMBERS = {"number!": TEXT}
_IDS = {"id!": TEXT}
APART: tuple[Shape, ...] = (
    Shape(
        "succeeded and failed",
        made({"succeeded!": rows({"parcel!": PARCEL}), "failed!": rows({**_NUMBERS, "error!": PROBLEM})}),
        accepted="succeeded.parcel.number",
        rejected="failed.number",
    ),
    Shape(
        "Kafka's",
        made({"successes!": rows(_IDS), "failures!": rows({**_IDS, "error_code!": WHOLE})}),
        accepted="successes.id",
        rejected="failures.id",
    ),
    Shape(
        "200 with two lists",
        None,
        statuses={"200": made({"done!": rows(_IDS), "failed!": rows(_IDS)})},
        all_good=200,
        accepted="done.id",
        rejected="failed.id",
    ),
    Shape(
        "beside a GET",
        made({"done!": rows({"parcel!": PARCEL}), "failed!": rows(_IDS)}),
        path="/parcels",
        reads=("/parcels/{number}",),
        accepted="done.parcel.number",
        rejected="failed.id",
    ),
    Shape(
        "only failures",
        made({"failed!": ROWS}),
        doubt="/failed has a place for a part of the items alone",
        rejected="failed.number",
    ),
    Shape(
        "only errors",
        made({"errors!": ROWS, "stored": WHOLE}),
        doubt="/errors has a place for a part of the items alone",
        rejected="errors.number",
    ),
    Shape(
        "a map of errors",
        made({"errors": {"type": "object", "additionalProperties": TEXT}}),
        doubt="/errors has a place for a part of the items alone",
        rejected="errors",
    ),
    Shape(
        "results and errors",
        made({"results!": rows({"parcel!": PARCEL}), "errors!": rows({**_NUMBERS, "reason!": TEXT})}),
        doubt="the lists /results and /errors",
        accepted="results.parcel.number",
        rejected="errors.number",
    ),
)
"""Accepted and rejected items are told apart; a shape with a `doubt` needs the proposed overlay."""
