"""Refusals in the form that a spec declares for their status."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

import pytest

from mockserver import errors
from mockserver.engine.auth import SecurityScheme
from mockserver.engine.declared_refusals import DeclaredRefusals
from mockserver.engine.refusals import CallRefuser
from mockserver.errors import Refusal
from mockserver.model import EMPTY, Problem, Reply
from mockserver.spec.openapi import PathForms, Spec
from mockserver.vendor import Vendor
from tests.support.engine_samples import CALL, OPERATION, store, transact

MEMBERS = {"message": {"type": "string"}}


def contract(status: str = "", schema: Any = None, media_type: str = "application/json", **more: Any) -> Spec:
    """A spec whose operation declares one form of a refusal, or none."""
    content = {media_type: {"schema": schema, **more}}
    responses = {"207": {"description": "done"}, **({status: {"content": content}} if status else {})}
    document = {"paths": {"/orders": {"put": {"responses": responses}}}}
    return Spec("acme", "", document, {}, (), (), PathForms(), any_case_query=False, idempotency_header="")


def refuser(spec: Spec, schemes: Mapping[str, SecurityScheme] = EMPTY) -> CallRefuser:
    return CallRefuser(Vendor(), DeclaredRefusals(spec), schemes)


def declared(refusal: Refusal, spec: Spec) -> Reply:
    known = spec.document["paths"]["/orders"]["put"]["responses"]
    operation = dataclasses.replace(OPERATION, responses=known)
    return transact(store(), lambda state: refuser(spec)(refusal, CALL, operation, state))


def body(refusal: Refusal, schema: Any, status: str = "default") -> Any:
    return json.loads(declared(refusal, contract(status, schema)).body)


def refused(refusal: Refusal) -> Reply:
    refuse = refuser(contract())
    return transact(store(), lambda state: refuse(refusal, CALL, OPERATION, state))


@pytest.mark.parametrize(
    ("refusal", "status", "title"),
    [
        (errors.MalformedBody("no JSON"), 400, "Bad Request"),
        (errors.InvalidCall([]), 400, "Bad Request"),
        (errors.Rejected(), 409, "Conflict"),
        (errors.Unauthorized("missing"), 401, "Unauthorized"),
        (errors.Forbidden("scope"), 403, "Forbidden"),
        (errors.NotFound(), 404, "Not Found"),
        (errors.MethodNotAllowed(["GET"]), 405, "Method Not Allowed"),
        (errors.UnsupportedMediaType("", []), 415, "Unsupported Media Type"),
        (errors.TooLarge(1), 413, "Content Too Large"),
        (errors.TooManyItems(1, 2), 413, "Content Too Large"),
        (errors.HeadersTooLarge(), 431, "Request Header Fields Too Large"),
        (errors.Refusal(), 400, "Bad Request"),
    ],
    ids=lambda value: value.code if isinstance(value, Refusal) else "",
)
def test_a_refusal_is_a_problem_document(refusal: Refusal, status: int, title: str) -> None:
    reply = refused(refusal)

    document = json.loads(reply.body)
    assert (reply.status, reply.media_type) == (status, "application/problem+json")
    assert (document["status"], document["title"], document["instance"]) == (status, title, "/orders")


def test_an_invalid_call_lists_its_problems() -> None:
    problem = Problem("too-long", ("orders", 0, "id"), "it is long")

    assert json.loads(refused(errors.InvalidCall([problem])).body)["errors"] == [
        {"pointer": "/orders/0/id", "code": "too-long", "detail": "it is long"}
    ]


@pytest.mark.parametrize(
    ("node", "challenge"),
    [
        ({"type": "http", "scheme": "bearer"}, ["Bearer"]),
        ({"type": "http", "scheme": "basic"}, ['Basic realm="mock"']),
        ({"type": "oauth2"}, ["Bearer"]),
        ({"type": "apiKey", "in": "header", "name": "X-Api-Key"}, []),
    ],
)
def test_a_challenge_is_that_of_the_scheme(node: Any, challenge: list[str]) -> None:
    refuse = refuser(contract(), {"login": SecurityScheme("login", node)})
    missing = errors.Unauthorized("missing", "login")

    reply = transact(store(), lambda state: refuse(missing, CALL, OPERATION, state))

    assert [text for name, text in reply.headers if name == "WWW-Authenticate"] == challenge


@pytest.mark.parametrize("name", ["message", "error", "detail", "title", "errorMessage", "reason"])
def test_the_sentence_is_in_the_member_that_fits(name: str) -> None:
    schema = {"type": "object", "required": [name], "properties": {name: {"type": "string"}}}

    assert body(errors.NotFound("parcel", "P-1"), schema) == {name: "parcel P-1 was not found"}


def test_other_members_say_status_title_path_and_time() -> None:
    text = {"type": "string"}
    schema = {
        "properties": {
            "timestamp": {"type": "string", "format": "date-time"},
            "status": {"type": "integer"},
            "error": text,
            "message": text,
            "path": text,
            "trace": text,
        }
    }

    assert body(errors.NotFound("parcel", "P-1"), schema) == {
        "timestamp": "2026-01-05T09:00:00Z",
        "status": 404,
        "error": "Not Found",
        "message": "parcel P-1 was not found",
        "path": "/orders",
    }


@pytest.mark.parametrize(
    ("schema", "code"),
    [
        ({"type": "integer"}, 404),
        ({"type": "string"}, "not-found"),
        ({"type": "string", "pattern": "^[A-Z_]+$"}, "NOT_FOUND"),
        ({"type": "string", "enum": ["INVALID", "NotFound"]}, "NotFound"),
        ({"type": "string", "enum": ["VALIDATION", "ERR_NOT_FOUND"]}, "ERR_NOT_FOUND"),
        ({"type": "integer", "enum": [10, 20]}, 10),
    ],
)
def test_a_code_is_a_number_a_spelling_or_one_of_the_list(schema: Any, code: Any) -> None:
    whole = {"type": "object", "required": ["code"], "properties": {"code": schema}}

    assert body(errors.NotFound("parcel", "P-1"), whole) == {"code": code}


def test_each_problem_has_its_place_in_a_list() -> None:
    entry = {"type": "object", "properties": {"field": {"type": "string"}, **MEMBERS}}
    schema = {
        "type": "object",
        "required": ["errors"],
        "properties": {"errors": {"type": "array", "items": entry}},
    }
    problems = [Problem("a", ("orders", 0, "id"), "it is long"), Problem("b", ("orders",), "it is late")]

    assert body(errors.InvalidCall(problems), schema) == {
        "errors": [
            {"field": "orders.0.id", "message": "it is long"},
            {"field": "orders", "message": "it is late"},
        ]
    }


def test_problems_may_be_named_by_their_place() -> None:
    places = {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}}
    problem = Problem("a", ("orders", 0, "id"), "it is long")

    assert body(errors.InvalidCall([problem]), {"properties": {"fields": places}}) == {
        "fields": {"/orders/0/id": ["it is long"]}
    }


def test_a_form_inside_another_is_filled() -> None:
    inner = {"type": "object", "required": ["message"], "properties": MEMBERS}

    assert body(errors.TooLarge(5), {"allOf": [{"properties": {"error": inner}}]}) == {
        "error": {"message": "over 5 bytes"}
    }


def test_required_members_that_say_nothing_are_made_up() -> None:
    required = {
        "retry": {"type": "boolean"},
        "trace": {"type": "string", "format": "uuid"},
        "wait": {"type": "integer", "minimum": 5},
        "links": {"type": "array", "items": {}},
        "help": {"type": "string", "nullable": True},
    }
    schema = {"type": "object", "required": list(required), "properties": {**MEMBERS, **required}}

    assert body(errors.TooManyRequests(), schema) == {
        "message": "Too Many Requests",
        "retry": False,
        "trace": "00000000-0000-4000-8000-000000000000",
        "wait": 5,
        "links": [],
        "help": None,
    }


def test_the_media_type_is_the_declared_one() -> None:
    reply = declared(
        errors.TooLarge(5), contract("413", {"properties": MEMBERS}, "application/vnd.acme+json")
    )

    assert (reply.status, reply.media_type) == (413, "application/vnd.acme+json")


def test_an_object_of_any_members_is_problem_details_in_the_declared_media_type() -> None:
    reply = declared(errors.TooLarge(5), contract("413", {"type": "object"}))

    assert (json.loads(reply.body)["status"], reply.media_type) == (413, "application/json")


def test_a_schema_that_cannot_be_filled_gets_the_declared_example() -> None:
    schema = {
        "type": "object",
        "required": ["id"],
        "properties": {"id": {"type": "string", "pattern": "^x{7}$"}},
    }

    reply = declared(errors.TooLarge(5), contract("413", schema, example={"id": "xxxxxxx"}))

    assert json.loads(reply.body) == {"id": "xxxxxxx"}


def test_a_schema_that_cannot_be_filled_and_has_no_example_gets_problem_details() -> None:
    schema = {
        "type": "object",
        "required": ["id"],
        "properties": {"id": {"type": "string", "pattern": "^x{7}$"}},
    }

    reply = declared(errors.TooLarge(5), contract("413", schema))

    assert reply.media_type == "application/json"


@pytest.mark.parametrize(
    ("refusal", "declared_status", "status"),
    [
        (errors.InvalidCall([]), "422", 422),
        (errors.MalformedBody("no JSON"), "422", 422),
        (errors.Rejected(), "400", 400),
        (errors.InvalidCall([]), "default", 400),
        (errors.TooLarge(5), "400", 413),
    ],
)
def test_a_near_status_is_taken_where_only_that_is_declared(
    refusal: Refusal, declared_status: str, status: int
) -> None:
    assert declared(refusal, contract(declared_status, {"properties": MEMBERS})).status == status


def test_a_text_is_the_sentence() -> None:
    reply = declared(errors.TooLarge(5), contract("4XX", {"type": "string"}, "text/plain"))

    assert (reply.media_type, reply.body) == ("text/plain", b"over 5 bytes")
