"""Exported case files pass when they are run in a new sandbox."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from mockserver.codec import json, yaml
from mockserver.control.cases.language import read_case_file
from mockserver.control.cases.runner import CaseResult, run_in_new_sandbox
from mockserver.journal.export.case_file import write_case_file
from mockserver.journal.export.story import UnsuitableFormError
from mockserver.model import Delivery
from mockserver.server.in_process import InProcessClient
from tests.control.operators import NEW, create, order
from tests.support import sample_vendor
from tests.support.client import Client
from tests.support.journal_entries import story

BEGINNING = {"seed": 7, "freeze": "2026-01-05T09:00:00Z", "assumptions": {"acme.a": "b", "other.c": "d"}}
FAILING = {"select": {"key": "A"}, "effect": {"fail": {"code": "locked"}}}
SCENARIO = {"version": 1, "name": "locked-a", "rules": [{"id": "r1", "items": [FAILING]}]}
JSON = {"content-type": "application/json", "mock-sandbox": "new"}


@pytest.fixture
def operator(tmp_path: Path) -> Client:
    return sample_vendor.create_client(tmp_path, seed=3, freeze="2026-01-05T09:00:00Z")


def written(**changes: Any) -> Any:
    """Return the case of an entry, parsed as YAML."""
    return yaml.load(write_case_file(story(BEGINNING, **changes)))


def sent(**changes: Any) -> Any:
    """Return the step that makes the call."""
    return next(step for step in written(**changes)["when"] if "call" in step)


def exported(operator: Client, number: int = 1) -> str:
    response = operator.get(f"{NEW}/journal/{number}/export?format=case&secrets=shown")
    assert (response.status, response.media_type) == (200, "application/yaml")
    return response.text


def verdict(operator: Client, text: str) -> CaseResult:
    """Return the result of the case in a new sandbox."""
    inside = InProcessClient(operator.app)
    return asyncio.run(run_in_new_sandbox(read_case_file(text.encode(), "call.yaml"), "another", inside))


def test_a_case_comes_out_as_it_was_recorded(operator: Client) -> None:
    order(operator, "A", "", "B")

    assert verdict(operator, exported(operator)).differences == ()


def test_a_case_fails_where_an_item_ends_otherwise(operator: Client) -> None:
    order(operator, "A", "")
    text = exported(operator).replace('"id": ""', '"id": "X"')

    assert any("422" in said for said in verdict(operator, text).differences)


def test_a_case_arms_the_scenario_that_bent_the_answer(operator: Client) -> None:
    create(operator)
    operator.put(f"{NEW}/scenarios/locked-a", json=SCENARIO)
    order(operator, "A", "B")
    text = exported(operator)

    assert "action: rejected" in text
    assert verdict(operator, text).differences == ()


@pytest.mark.parametrize(
    "content",
    [
        b'{"orders": [{"id": "${name}", "amount": 1}]}',
        b'{"orders": [{"$text": "x", "$times": 3}]}',
        b'{"orders": [{"id": "$.a", "amount": 1}]}',
        b'{"orders": [{"id": "A", "id": "B", "amount": 1}]}',
        b'{"orders": [{"id": "A", "amount": 1.10}, {"id": "\xc3\xa9: no", "amount": 1234567890123456.5}]}',
        b'{"orders": [',
        b"\xff\x00",
        b"no: 'json'\n\ttab",
    ],
    ids=[
        "placeholder",
        "generator",
        "dollar",
        "repeated-member",
        "exact-number",
        "malformed",
        "binary",
        "text",
    ],
)
def test_a_case_sends_what_was_sent(operator: Client, content: bytes) -> None:
    operator.put("/acme/orders", content=content, headers=JSON)

    assert verdict(operator, exported(operator)).differences == ()


def test_a_scenario_that_looks_into_items_can_be_read_in_the_case(operator: Client) -> None:
    create(operator)
    lost = {"select": {"where": {"path": "$.id", "equals": "A"}}, "effect": {"omit": True}}
    document = {"version": 1, "name": "lose-a", "rules": [{"id": "r1", "items": [lost]}]}
    operator.put(f"{NEW}/scenarios/lose-a", json=document)
    order(operator, "A", "B")

    text = exported(operator)

    assert "base64" not in text
    assert "path: $.id" in text
    assert verdict(operator, text).differences == ()


def test_a_case_names_its_vendor_its_time_and_its_assumptions() -> None:
    made = written()

    assert (made["vendor"], made["freeze"], made["assumptions"]) == (
        "acme",
        "2026-01-05T09:00:00Z",
        {"a": "b"},
    )
    assert made["when"][0]["control"] == "PATCH /assumptions"


def test_a_body_of_json_is_written_as_yaml_with_exact_numbers() -> None:
    step = sent(body=b'{"orders":[{"amount":1.10,"on":"no"}]}')

    assert step["json"] == {"orders": [{"amount": Decimal("1.10"), "on": "no"}]}
    assert str(step["json"]["orders"][0]["amount"]) == "1.10"


def test_a_lost_answer_is_expected_lost() -> None:
    step = sent(delivery=Delivery(fault="NO_RESPONSE", delay_ms=20))

    assert (step["fails"], step["within"]) == ({"kind": "timeout", "status": None}, 1020)


def test_an_answer_without_a_body_has_no_type() -> None:
    assert sent(reply_media_type=None, reply_body=b"")["answer"] == {"status": 207}


def test_json_that_would_be_written_as_other_bytes_is_sent_as_text() -> None:
    assert sent(body=b'{"orders": []}')["text"] == '{"orders": []}'


def test_json_that_is_nested_deep_is_sent_as_text_and_read_again() -> None:
    body = b"[" * 60 + b"]" * 60
    made = write_case_file(story(body=body))

    assert sent(body=body)["text"] == body.decode()
    assert read_case_file(made.encode(), "x").when[0]["text"] == body.decode()


def test_texts_that_another_reader_takes_for_numbers_are_quoted() -> None:
    body = b'{"orders":["0o17","1e5","0x1F","1_000",".5","12:30","on","A"]}'

    assert sent(body=body)["json"]["orders"] == ["0o17", "1e5", "0x1F", "1_000", ".5", "12:30", "on", "A"]
    assert (
        read_case_file(write_case_file(story(body=body)).encode(), "x").when[0]["json"]
        == sent(body=body)["json"]
    )


def test_a_header_that_reads_as_a_placeholder_is_refused() -> None:
    with pytest.raises(UnsuitableFormError, match="call 17 has"):
        write_case_file(story(headers={"x-template": "${name}"}))


def test_a_large_body_is_written_in_one_line_and_comes_out_as_it_was_recorded(operator: Client) -> None:
    orders = [{"id": "A", "amount": "1.10", "note": "\x7f\x85\u20ac" + "x" * 100_000}]
    create(operator)
    operator.put("/acme/orders", content=json.encode({"orders": orders}), headers=JSON)
    text = exported(operator)

    assert text.count("\n") == 3
    assert "# mockserver cases run FILE" in text
    assert verdict(operator, text).differences == ()


def test_a_case_of_a_later_call_brings_what_the_earlier_ones_left(operator: Client) -> None:
    order(operator, "A")
    order(operator, "A")

    assert "action: updated" in exported(operator, 2)
    assert verdict(operator, exported(operator, 2)).differences == ()
