"""Drawn values are plausible by name and format, and lie in the limits of their schema."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest

from mockserver.engine.drawn_values import Chance, draw_value

SEEDS = range(20)


def drawn(schema: dict[str, Any], seed: object = 0, number: int = 1) -> Any:
    return draw_value({}, schema, number, Chance(str(seed), 2026))


def member(name: str, schema: dict[str, Any], seed: object = 0) -> Any:
    return drawn({"type": "object", "properties": {name: schema}}, seed)[name]


@pytest.mark.parametrize(
    ("name", "form", "pattern"),
    [
        ("first_name", "", "[A-Z][a-z]+"),
        ("customerName", "", "[A-Z][a-z]+ [A-Z][A-Za-z]+"),
        ("billingCity", "", "[A-Z][A-Za-z ]+"),
        ("contact-email", "", r"[a-z0-9]+@example\.(com|org|net)"),
        ("phone", "", r"\+1-[0-9]{3}-555-01[0-9]{2}"),
        ("postal_code", "", "[0-9]{5}"),
        ("description", "", r"[A-Z].* .*\."),
        ("orderNumber", "", "[A-Z]{2}-[0-9]{4}"),
        ("createdAt", "", "2025-[0-9-]{5}T[0-9:]{8}Z"),
        ("expiresAt", "date-time", "2027-[0-9-]{5}T[0-9:]{8}Z"),
        ("dueDate", "date", "2027-[0-9]{2}-[0-9]{2}"),
        ("invoice", "date", "2025-[0-9]{2}-[0-9]{2}"),
        ("x", "uuid", "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
        ("x", "uri", r"https://www\.example\.(com|org|net)/.+"),
        ("fileName", "", "[a-z]+"),
        ("emails", "email", ".+@.+"),
    ],
)
def test_a_text_looks_like_its_name_or_format(name: str, form: str, pattern: str) -> None:
    for seed in SEEDS:
        value = member(name, {"type": "string", **({"format": form} if form else {})}, seed)
        assert re.fullmatch(pattern, value), value


@pytest.mark.parametrize(
    ("name", "schema", "least", "most"),
    [
        ("quantity", {"type": "integer"}, 1, 9),
        ("latitude", {"type": "number"}, -90, 90),
        ("share", {"type": "number", "minimum": 0, "maximum": 1}, 0, 1),
        ("n", {"type": "integer", "minimum": 5000}, 5000, 5000),
        ("n", {"type": "integer", "maximum": -3}, -3, -3),
        (
            "n",
            {"type": "number", "minimum": Decimal("0.001"), "maximum": Decimal("0.004")},
            0,
            Decimal("0.004"),
        ),
        ("n", {"type": "integer", "minimum": -(2**63), "maximum": 2**63}, 1, 999),
    ],
)
def test_a_number_lies_in_its_limits(name: str, schema: dict[str, Any], least: int, most: int) -> None:
    for seed in SEEDS:
        assert least <= member(name, schema, seed) <= most


def test_an_amount_has_two_digits() -> None:
    assert {member("amount", {"type": "number"}, seed).as_tuple().exponent for seed in SEEDS} == {-2}


def test_a_text_is_cut_to_its_length() -> None:
    assert {len(member("email", {"type": "string", "maxLength": 5}, seed)) for seed in SEEDS} == {5}


def test_the_same_seed_draws_the_same_and_others_do_not() -> None:
    texts = [member("name", {"type": "string"}, seed) for seed in (*SEEDS, *SEEDS)]

    assert texts[: len(SEEDS)] == texts[len(SEEDS) :]
    assert len(set(texts)) == len(SEEDS)


def test_elements_of_a_set_differ_at_last() -> None:
    schema = {"type": "array", "items": {"type": "string"}, "minItems": 50}

    assert len(set(drawn(schema, number=6))) == 50
