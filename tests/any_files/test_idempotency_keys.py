"""The idempotency header that an own file declares is honoured, unless its assumption is off."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mockserver.codec import json
from mockserver.drill.run import read_abilities
from mockserver.engine.registry import load_vendor
from mockserver.server.application import Application, Options
from mockserver.server.serving import Serving, banner_lines
from tests.support.client import Client
from tests.support.frozen_app import create_frozen_app

RECORD = {"type": "object", "properties": {"id": {"type": "string"}, "sku": {"type": "string"}}}
ORDER = {"type": "object", "required": ["sku"], "properties": {"sku": {"type": "string"}}}
WORDS = "repeats its answer to a known {0}, for 86,400 s (assumption shop.idempotency_keys)"


def shop(folder: Path, header: str = "", **root: Any) -> Path:
    """Write a file whose POST of orders, but not of returns, declares `header`, unless it is ""."""

    def post(name: str, headers: list[str]) -> dict[str, Any]:
        return {
            "operationId": name,
            "parameters": [{"name": one, "in": "header", "schema": {"type": "string"}} for one in headers],
            "requestBody": {"content": {"application/json": {"schema": ORDER}}},
            "responses": {"201": {"description": "", "content": {"application/json": {"schema": RECORD}}}},
        }

    paths = {
        "/orders": {"post": post("order", [header] if header else [])},
        "/orders/{id}": {
            "get": {
                "responses": {"200": {"description": "", "content": {"application/json": {"schema": RECORD}}}}
            }
        },
        "/returns": {"post": post("return", [])},
    }
    (folder / "shop.json").write_bytes(json.encode({"openapi": "3.1.0", **root, "paths": paths}))
    return folder / "shop.json"


def app_of(file: Path, **assumptions: str) -> Application:
    given = {f"shop.{name}": text for name, text in assumptions.items()}
    return create_frozen_app(Options(files=(file,), vendors=("shop",), assumptions=given))


def made(app: Application, path: str, header: str) -> tuple[int, int, bool]:
    """Return the statuses of a call and of another body under its key, and whether a repetition is equal."""
    client = Client(app.entry, {header: "k-1"})
    first, again = client.post(path, json={"sku": "a"}), client.post(path, json={"sku": "a"})
    return first.status, client.post(path, json={"sku": "b"}).status, first.json == again.json


@pytest.mark.parametrize(
    ("header", "root", "sent"),
    [
        ("Idempotency-Key", {}, "idempotency-key"),
        ("IDEMPOTENCY-KEY", {}, "idempotency-key"),
        ("X-Request-Key", {"x-idempotency-header": "X-Request-Key"}, "x-request-key"),
        ("", {"x-idempotency-header": "X-Request-Key"}, "x-request-key"),
    ],
)
def test_a_declared_key_gets_the_first_answer_again(
    header: str, root: Any, sent: str, tmp_path: Path
) -> None:
    assert made(app_of(shop(tmp_path, header, **root)), "/shop/orders", sent) == (201, 422, True)


@pytest.mark.parametrize(
    ("header", "assumptions", "path"),
    [
        ("", {}, "/shop/orders"),
        ("Idempotency-Key", {"idempotency_keys": "off"}, "/shop/orders"),
        ("Idempotency-Key", {}, "/shop/returns"),
    ],
    ids=["not declared", "switched off", "declared by another operation"],
)
def test_another_key_is_ignored(header: str, assumptions: dict[str, str], path: str, tmp_path: Path) -> None:
    app = app_of(shop(tmp_path, header), **assumptions)

    assert made(app, path, "idempotency-key")[:2] == (201, 201)


def test_a_key_lives_as_long_as_the_assumption_says(tmp_path: Path) -> None:
    app = app_of(shop(tmp_path, "Idempotency-Key"), idempotency_lifetime="60")
    client = Client(app.entry, {"idempotency-key": "k-1"})
    first = client.post("/shop/orders", json={"sku": "a"}).json

    client.post("/_mock/sandboxes/default/clock/advance", json={"seconds": 61})

    assert client.post("/shop/orders", json={"sku": "a"}).json != first


@pytest.mark.parametrize(
    ("header", "given", "expected"),
    [
        ("Idempotency-Key", {}, [WORDS.format("Idempotency-Key")]),
        (
            "Idempotency-Key",
            {"idempotency_lifetime": "60"},
            [WORDS.format("Idempotency-Key").replace("86,400", "60")],
        ),
        ("Idempotency-Key", {"idempotency_keys": "off"}, []),
        ("", {}, []),
        ("", {"idempotency_keys": "on"}, [WORDS.format("Idempotency-Key")]),
    ],
)
def test_the_banner_says_how_keys_are_taken(
    header: str, given: dict[str, str], expected: list[str], tmp_path: Path
) -> None:
    app = app_of(shop(tmp_path, header), **given)
    options = Options(assumptions={f"shop.{name}": text for name, text in given.items()})

    lines = banner_lines(app, options, Serving(), "http://127.0.0.1:8080/", 0)

    assert [line for line in lines if "repeats" in line] == [f"  shop: {one}" for one in expected]


@pytest.mark.parametrize(("operation", "header"), [("order", "idempotency-key"), ("return", "")])
def test_a_drill_knows_which_calls_may_have_a_key(operation: str, header: str, tmp_path: Path) -> None:
    vendor = load_vendor(shop(tmp_path, "Idempotency-Key"))

    assert read_abilities(vendor, vendor.assumptions, [operation]).key_header == header
