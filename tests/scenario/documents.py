"""Documents: good ones, ones that are no scenarios and what is said of them, schemas inside a schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import pytest

from mockserver.model import Document
from mockserver.scenario.parser import InvalidScenarioError, parse_document
from mockserver.scenario.yaml_positions import DocumentProblem

OPERATIONS: Mapping[str, frozenset[str]] = {
    "acme": frozenset({"putOrders", "listOrders"}),
    "bolt": frozenset({"sendParts"}),
}

EVERYTHING: dict[str, Any] = {
    "version": 1,
    "name": "everything",
    "description": "Every member that the six leave out.",
    "rules": [
        {
            "id": "all",
            "priority": 3,
            "match": {
                "headers": {"X-Tester": "Ann"},
                "query": {"page": "2"},
                "body": {"path": "$.orders", "exists": True},
            },
            "commit": {"partial": 2},
            "items": [
                {
                    "select": {"index": 4},
                    "effect": {"hang": 50, "fail": {"code": "timeout", "message": "late"}},
                },
                {"select": {"all": True}, "effect": {"omit": True, "commit": False}},
            ],
            "envelope": {
                "contentType": "text/plain",
                "drift": [
                    {"path": "$.data[*].id", "change": "rename", "to": "ID"},
                    {"path": "$.more", "change": "add", "to": None},
                ],
            },
        },
        {
            "id": "answer",
            "response": {
                "status": 502,
                "body": {"text": "<p>", "mediaType": "text/html"},
                "retryAfter": "date+7",
                "truncateBodyAtFraction": 0.5,
                "delay": {"type": "uniform", "lower": 1, "upper": 2},
                "fault": "TRUNCATED_BODY",
            },
            "quota": {"name": "minute", "limit": 2, "windowMillis": 60_000, "status": 503},
        },
        {
            "id": "example",
            "response": {"example": "good", "delay": {"type": "fixed", "value": Decimal("5.0")}},
        },
        {"id": "tail", "response": {"delay": {"type": "lognormal", "median": 9, "sigma": 1, "max": 20}}},
        {"id": "hour", "quota": {"limit": 9, "windowMillis": 3_600_000}},
    ],
}
"""Every member of the language."""

ReportedProblem = tuple[str, str, str, str]
"""Pointer, code, detail and cure."""


def document(*rules: Any, **members: Any) -> dict[str, Any]:
    """A scenario of these rules, with other members added or replaced."""
    return {"version": 1, "name": "made-up", "rules": list(rules), **members}


def rule(**members: Any) -> dict[str, Any]:
    """A rule that does something, unless a member says otherwise."""
    return {"id": "r1", "commit": "none", **members}


def problems_of(scenario: Any) -> tuple[DocumentProblem, ...]:
    """Everything that is said against it."""
    with pytest.raises(InvalidScenarioError) as caught:
        parse_document(scenario, OPERATIONS)
    return caught.value.problems


def reported_problems(scenario: Any) -> list[ReportedProblem]:
    """Everything that is said against it, without places in a text."""
    return [(one.pointer, one.code, one.detail, one.hint) for one in problems_of(scenario)]


def schema_nodes(node: Any, path: str = "") -> Iterator[tuple[str, Document]]:
    """Every schema inside a schema, by where it stands."""
    if isinstance(node, dict):
        if path.rpartition("/")[2] not in ("properties", "$defs"):
            yield path, node
        for name, child in node.items():
            yield from schema_nodes(child, f"{path}/{name}")
    elif isinstance(node, list):
        for at, child in enumerate(node):
            yield from schema_nodes(child, f"{path}/{at}")


def walk_values(node: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Every value inside a document, by where it stands."""
    yield path, node
    inside = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for step, child in inside:
        yield from walk_values(child, (*path, step))


def replaced_at(node: Any, path: tuple[str | int, ...], value: Any) -> Any:
    """The document with another value at `path`."""
    if not path:
        return value
    steps = node.items() if isinstance(node, dict) else enumerate(node)
    bent = {step: replaced_at(child, path[1:], value) if step == path[0] else child for step, child in steps}
    return bent if isinstance(node, dict) else list(bent.values())
