"""Amounts of an own file that are in minor units."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from mockserver.errors import SpecError
from mockserver.server.application import Options
from mockserver.spec.loading import load_own
from tests.any_files.batch_shapes import TEXT, WHOLE, content, made
from tests.support.client import Client
from tests.support.frozen_app import create_frozen_app


def own_file(folder: Path, amount: Any) -> Path:
    item = made({"id!": TEXT, "amount!": amount, "currency": TEXT})
    body = {"required": True, **content(made({"orders!": {"type": "array", "items": item}}))}
    answer = {
        "200": {
            "description": "d",
            **content({"type": "array", "items": made({"id!": TEXT, "status!": TEXT})}),
        }
    }
    post = {"operationId": "sendOrders", "requestBody": body, "responses": answer}
    post["x-batch"] = {
        "items": "/orders",
        "key": ["id"],
        "outcome": {"list": "", "key": "/id", "status": "/status"},
    }
    document = {
        "openapi": "3.1.0",
        "info": {"title": "t", "version": "1"},
        "paths": {"/orders/bulk": {"post": post}},
        "components": {"schemas": {"Cents": {**WHOLE, "x-money": "minor"}}},
    }
    file = folder / "own.yaml"
    file.write_text(yaml.safe_dump(document))
    return file


@pytest.mark.parametrize(
    ("amount", "sums"),
    [
        ({**WHOLE, "x-money": "minor"}, {"EUR": "60.00", "JPY": "6000", "KWD": "6.000"}),
        ({"$ref": "#/components/schemas/Cents"}, {"EUR": "60.00", "JPY": "6000", "KWD": "6.000"}),
        (WHOLE, {"EUR": "6000", "JPY": "6000", "KWD": "6000"}),
    ],
)
def test_minor_units_are_divided_by_those_of_the_currency(
    tmp_path: Path, amount: Any, sums: dict[str, str]
) -> None:
    client = Client(create_frozen_app(Options(files=(own_file(tmp_path, amount),), vendors=("own",))), {})
    orders = [{"id": name, "amount": 6000, "currency": name} for name in sums]

    assert client.post("/own/orders/bulk", json={"orders": orders}).status == 200

    found = client.get("/_mock/sandboxes/default/ledger").json["stored"]["sums"]
    assert {one["currency"]: one["amount"] for one in found} == sums


def test_another_unit_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="x-money: expected minor, found cents"):
        load_own(own_file(tmp_path, {**WHOLE, "x-money": "cents"}))
