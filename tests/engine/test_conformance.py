from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from mockserver.engine.conformance import ReplyConformance, conformance_check
from mockserver.engine.registry import load_vendor
from mockserver.model import Reply
from tests.support import sample_vendor
from tests.support.engine_samples import CALL, loaded_vendor

JSON = "application/json; charset=utf-8"
ORDER = Reply(200, b'{"id": "A", "amount": 1}', JSON)


@pytest.fixture
def contract(tmp_path: Path) -> ReplyConformance:
    return ReplyConformance(loaded_vendor(tmp_path))


def said(contract: ReplyConformance, **changes: Any) -> str:
    return contract.find_violation("GET", "/orders/A", replace(ORDER, **changes))


def test_an_answer_as_the_spec_has_it_is_no_cause_for_complaint(contract: ReplyConformance) -> None:
    assert said(contract) == ""


@pytest.mark.parametrize(
    ("changes", "complained"),
    [
        ({"status": 202}, "showOrder: 202 is not in the spec"),
        ({"media_type": "text/html"}, "showOrder: 200 as text/html is not in the spec"),
        ({"media_type": None}, "showOrder: 200 as no media type is not in the spec"),
        ({"body": b'{"id": "A"}'}, "showOrder: 200: /amount: "),
        ({"body": b"{"}, "showOrder: 200: the JSON cannot be read"),
        ({"body": b'"\xff"'}, "showOrder: 200: the body is not valid UTF-8"),
        ({"body": b"[" * 100_000}, "showOrder: 200: nested too deep"),
    ],
    ids=["status", "media-type", "no-media-type", "schema", "no-json", "no-text", "too-deep"],
)
def test_what_the_spec_does_not_say_is_told(
    contract: ReplyConformance, changes: dict[str, Any], complained: str
) -> None:
    assert said(contract, **changes).startswith(complained)


def test_the_body_of_a_very_large_answer_is_not_decoded(contract: ReplyConformance) -> None:
    large = b'{"id": "A", "text": "%s"}' % (b"x" * (4 << 20))
    assert said(contract, body=large[:100] + b'"}').startswith("showOrder: 200: /amount: ")
    assert said(contract, body=large) == ""


COLOURED = replace(ORDER, body=b'{"id": "A", "amount": 1, "colour": "blue"}')


def test_a_member_that_the_spec_does_not_name_is_told_of_a_bent_answer_alone(
    contract: ReplyConformance,
) -> None:
    assert contract.find_violation("GET", "/orders/A", COLOURED) == ""
    assert contract.find_violation("GET", "/orders/A", COLOURED, closed=True) == (
        'showOrder: 200: /colour: "colour" is not expected'
    )


def test_a_bent_answer_as_the_spec_has_it_is_no_cause_for_complaint(contract: ReplyConformance) -> None:
    assert contract.find_violation("GET", "/orders/A", ORDER, closed=True) == ""


def test_a_member_too_many_is_told_once_beside_what_the_schema_refuses(tmp_path: Path) -> None:
    made = sample_vendor.changed_document("/components/schemas/Order/additionalProperties", value=False)
    body = b'{"id": "A", "colour": "blue"}'

    complained = ReplyConformance(loaded_vendor(tmp_path, made)).find_violation(
        "GET", "/orders/A", replace(ORDER, body=body), closed=True
    )

    assert (complained.count("/colour"), complained.count("/amount")) == (1, 1)


def test_an_answer_without_a_body_is_held_by_its_status_alone(contract: ReplyConformance) -> None:
    assert said(contract, body=b"", media_type=None) == ""


@pytest.mark.parametrize(("method", "path"), [("GET", "/nothing"), ("PATCH", "/orders")])
def test_what_no_operation_answers_is_no_operations_fault(
    contract: ReplyConformance, method: str, path: str
) -> None:
    assert contract.find_violation(method, path, Reply(418)) == ""


def test_of_many_faults_five_are_told_and_the_rest_counted(contract: ReplyConformance) -> None:
    orders = b"[" + b",".join([b"{}"] * 10) + b"]"

    complained = contract.find_violation("GET", "/orders", Reply(200, orders, JSON))

    assert (complained.count("/amount"), complained.endswith("; 15 more")) == (2, True)


def test_the_charset_is_the_answers_own(contract: ReplyConformance) -> None:
    encoded = ORDER.body.decode().encode("utf-16-le")

    assert said(contract, body=encoded, media_type="application/json; charset=utf-16") == ""


def test_a_text_is_held_against_its_schema_as_it_is(tmp_path: Path) -> None:
    node = {"text/plain": {"schema": {"type": "string", "maxLength": 3}}}
    made = sample_vendor.changed_document("/paths/~1orders~1{id}/get/responses/200/content", node)
    contract = ReplyConformance(loaded_vendor(tmp_path, made))

    assert said(contract, body=b"abc", media_type="text/plain") == ""
    assert said(contract, body=b"abcd", media_type="text/plain").startswith("showOrder: 200: : ")


@pytest.mark.parametrize(("stated", "fits"), [("*/*", True), ("image/*", True), ("text/*", False)])
def test_a_range_of_media_types_states_each_of_them(stated: str, tmp_path: Path, *, fits: bool) -> None:
    node = {stated: {"schema": {"type": "string", "format": "binary"}}}
    made = sample_vendor.changed_document("/paths/~1orders~1{id}/get/responses/200/content", node)
    contract = ReplyConformance(loaded_vendor(tmp_path, made))

    assert (said(contract, body=b"\xff\x00", media_type="image/png") == "") is fits


def test_xml_is_held_by_the_types_of_its_schema(tmp_path: Path) -> None:
    node = {"application/xml": {"schema": {"$ref": "#/components/schemas/Order"}}}
    made = sample_vendor.changed_document("/paths/~1orders~1{id}/get/responses/200/content", node)
    contract = ReplyConformance(loaded_vendor(tmp_path, made))

    def of(text: str) -> str:
        return said(contract, body=text.encode(), media_type="application/xml")

    assert of("<Order><id>A</id><amount>1.5</amount></Order>") == ""
    assert of("<Order><id>A</id><amount>much</amount></Order>") == "showOrder: 200: a text is not a number"
    assert of("<Order><id>A</id></Order>").startswith("showOrder: 200: /amount: ")
    assert of("<Order>").startswith("showOrder: 200: ")


def test_a_call_is_held_against_its_own_vendors_spec(tmp_path: Path) -> None:
    find_violation = conformance_check([loaded_vendor(tmp_path)])
    call = replace(CALL, method="GET", path="/orders/A")

    assert find_violation(call, ORDER) == ""
    assert find_violation(call, replace(ORDER, status=299)) == "showOrder: 299 is not in the spec"


def test_a_call_that_a_rule_bent_is_held_against_the_closed_spec(tmp_path: Path) -> None:
    call = replace(CALL, method="GET", path="/orders/A")

    assert conformance_check([loaded_vendor(tmp_path)])(call, COLOURED).endswith('"colour" is not expected')


@pytest.mark.parametrize("name", ["4XX", "default"])
def test_a_class_of_statuses_and_the_default_state_an_answer(name: str, tmp_path: Path) -> None:
    document = sample_vendor.document()
    responses = document["paths"]["/orders/{id}"]["get"]["responses"]
    responses[name] = responses.pop("404")
    sample_vendor.write_spec(tmp_path, document)
    contract = ReplyConformance(load_vendor(tmp_path / "acme.yaml"))

    assert said(contract, status=404, media_type="application/problem+json", body=b"{}") == ""
    assert said(contract, status=404) == "showOrder: 404 as application/json is not in the spec"


def test_a_path_is_taken_in_the_form_of_the_spec_and_in_no_other(tmp_path: Path) -> None:
    made = sample_vendor.document() | {"x-paths": {"trailing-slash": "taken"}}
    contract = ReplyConformance(loaded_vendor(tmp_path, made))

    assert [contract.find_violation("GET", path, Reply(418)) == "" for path in ("/orders/", "/orders")] == [
        True,
        False,
    ]
