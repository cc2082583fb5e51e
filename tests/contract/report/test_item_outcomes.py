from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec.structs import replace

from mockserver.contract.exchange import Exchange, Response, json_request
from mockserver.contract.loading import load_vendor_api
from mockserver.contract.oracle.checks import ExchangeJudge
from mockserver.contract.report.results import outcome_words
from mockserver.contract.run_state import RunConfig
from tests.support.contract_sessions import OPERATION

JSON = {"content-type": "application/json"}


def batch(status: int, answer: Any) -> Exchange:
    invoices = [{"invoice_number": f"A{number}"} for number in range(3)]
    request = json_request("POST", "/v1/invoices", {"administration_id": "81", "invoices": invoices})
    return Exchange(request, Response(status, JSON, json.dumps(answer).encode()), OPERATION)


def judge(vendor: str) -> ExchangeJudge:
    return ExchangeJudge(load_vendor_api(vendor), RunConfig())


def read(exchange: Exchange) -> list[str]:
    return [outcome for _, outcome in judge("payt").item_outcomes(exchange)]


@pytest.mark.parametrize(
    ("exchange", "outcomes"),
    [
        (
            batch(201, {"success": True, "count": 2, "errors": {"A1": ["no"]}}),
            ["accepted", "rejected", "accepted"],
        ),
        (batch(422, {"message": "no"}), ["rejected"] * 3),
        (batch(201, ["unlike", "anything"]), ["skipped"] * 3),
    ],
    ids=["one refused", "all refused", "unreadable"],
)
def test_the_outcome_of_each_item_is_read_from_the_answer(exchange: Exchange, outcomes: list[str]) -> None:
    assert read(exchange) == outcomes


def test_a_call_that_is_no_batch_has_no_items() -> None:
    assert read(replace(batch(200, {}), operation="getV1Invoices")) == []
    assert read(replace(batch(200, {}), operation="")) == []


def test_items_keep_their_keys() -> None:
    shown = judge("payt").item_outcomes(batch(422, {}))

    assert [key for key, _ in shown] == ["A0", "A1", "A2"]


def test_a_vendor_that_tells_created_from_updated_is_shown_so() -> None:
    request = json_request("PUT", "/claim-invoice-batch", [{"invoice_Key": 1}, {"invoice_Key": 2}])
    answer = {
        "data": [
            {"id": [{"key": "Invoice_Key", "value": 1}], "status": 201, "body": "Created"},
            {"id": [{"key": "Invoice_Key", "value": 2}], "status": 500, "body": "no"},
        ],
        "error": None,
    }
    api = load_vendor_api("vba")
    (operation,) = [one.id for one in api.spec.operations.values() if one.path == "/claim-invoice-batch"]

    shown = judge("vba").item_outcomes(
        Exchange(request, Response(207, JSON, json.dumps(answer).encode()), operation)
    )

    assert [outcome for _, outcome in shown] == ["created", "rejected"]


def test_outcomes_are_counted_in_words() -> None:
    items = [{"outcome": "rejected"}, {"outcome": "created"}, {"outcome": "created"}]

    assert outcome_words(items) == "3 items: 2 created, 1 rejected"
