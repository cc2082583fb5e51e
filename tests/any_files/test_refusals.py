"""Refusals of plain files name the member, and land in the most message-like member of the declared form."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from openapi_schema_validator import OAS30Validator

from mockserver.codec import json
from mockserver.contract.examples import ProfileExamples
from mockserver.server.application import Options
from tests.support.client import Client
from tests.support.frozen_app import create_frozen_app

TEXT = {"type": "string"}
FAULT = 'amount: "x" is not of type "number"'


def an_object(*required: str, **members: Any) -> dict[str, Any]:
    return {"type": "object", "required": list(required), "properties": members}


def a_list(items: Any) -> dict[str, Any]:
    return {"type": "array", "items": items}


def refused(folder: Path, form: Any) -> Any:
    """The body with which a wrong amount is refused, where the file declares `form` for its refusals."""
    body = {"content": {"application/json": {"schema": an_object(amount={"type": "number"})}}}
    answers = {"201": {"description": ""}, "400": {"content": {"application/json": {"schema": form}}}}
    paths = {"/boats": {"post": {"requestBody": body, "responses": answers}}}
    file = folder / "boats.json"
    file.write_bytes(json.encode({"openapi": "3.1.0", "paths": paths}))
    client = Client(create_frozen_app(Options(files=(file,), vendors=("boats",))).entry, {})
    return client.post("/boats/boats", json={"amount": "x"}).json


def test_an_example_of_a_vendor_without_a_batch_is_refused_with_the_reason(tmp_path: Path) -> None:
    paths = {"/boats": {"get": {"responses": {"200": {"description": ""}}}}}
    (tmp_path / "boats.json").write_bytes(json.encode({"openapi": "3.1.0", "paths": paths}))
    options = Options(files=(tmp_path / "boats.json",), vendors=("boats",), examples=ProfileExamples)
    client = Client(create_frozen_app(options).entry, {})

    answer = client.post("/_mock/sandboxes/default/examples", json={"vendor": "boats"}).json

    assert "none of its operations is a batch" in answer["detail"]


@pytest.mark.parametrize(
    ("form", "body"),
    [
        (an_object(message=TEXT), {"message": FAULT}),
        (an_object(message={"type": "string", "format": "string"}), {"message": FAULT}),
        (an_object("error_msg", error_msg=TEXT, name=TEXT), {"error_msg": FAULT}),
        (an_object(error=an_object(error_msg=TEXT)), {"error": {"error_msg": FAULT}}),
        (an_object(errors=a_list(TEXT)), {"errors": [FAULT]}),
        (an_object(errorMessages=a_list(TEXT)), {"errorMessages": [FAULT]}),
        (an_object(detail=a_list(an_object(msg=TEXT))), {"detail": [{"msg": FAULT}]}),
        (
            an_object(errors=a_list(an_object(field=TEXT, message=TEXT))),
            {"errors": [{"field": "amount", "message": FAULT.partition(": ")[2]}]},
        ),
        (
            an_object(error=an_object(root_cause=a_list(an_object(reason=TEXT)))),
            {"error": {"root_cause": [{"reason": FAULT}]}},
        ),
        (
            an_object(errors={"additionalProperties": TEXT}),
            {"errors": {"/amount": FAULT.partition(": ")[2]}},
        ),
    ],
)
def test_the_text_about_the_fault_lands_in_the_most_message_like_member(
    tmp_path: Path, form: Any, body: Any
) -> None:
    assert refused(tmp_path, form) == body


def test_of_several_forms_that_of_the_status_is_taken(tmp_path: Path) -> None:
    forms = [an_object("status", status={"const": status}, title=TEXT) for status in (404, 400, 409)]

    assert refused(tmp_path, {"oneOf": forms}) == {"status": 400, "title": FAULT}


def test_a_form_without_a_schema_is_problem_details(tmp_path: Path) -> None:
    assert refused(tmp_path, {})["errors"][0]["pointer"] == "/amount"


def test_objects_that_the_refusal_cannot_fill_are_left_out(tmp_path: Path) -> None:
    never = {"type": "integer", "minimum": 5, "maximum": 4}
    payment = an_object("message", "amount", message=TEXT, amount=never)
    form = an_object("error", error=an_object("message", message=TEXT, payment=payment))

    assert refused(tmp_path, form) == {"error": {"message": FAULT}}


VENDOR_TYPE = "application/vnd.boats-v1+json"


@pytest.mark.parametrize(
    ("schema", "is_valid"),
    [
        (an_object(id={"type": "integer"}, name={"type": "string"}), True),
        (an_object("id", id={"type": "integer"}), False),
        (a_list({"type": "string"}), False),
    ],
)
def test_a_refusal_has_the_media_type_of_the_only_declared_answer(
    tmp_path: Path, schema: Any, *, is_valid: bool
) -> None:
    content = {f"{VENDOR_TYPE};charset=UTF-8": {"schema": schema}}
    asked = {"name": "limit", "in": "query", "schema": {"type": "integer"}}
    listed = {"parameters": [asked], "responses": {"default": {"description": "boats", "content": content}}}
    head = {"openapi": "3.0.3", "info": {"title": "Boats", "version": "1"}}
    file = tmp_path / "boats.json"
    file.write_bytes(json.encode({**head, "paths": {"/boats": {"get": listed}}}))
    client = Client(create_frozen_app(Options(files=(file,), vendors=("boats",))).entry, {})

    refused = client.get("/boats/boats?limit=many")

    assert (refused.status, refused.media_type, refused.json["status"]) == (400, VENDOR_TYPE, 400)
    assert not is_valid or OAS30Validator(schema).is_valid(refused.json)
