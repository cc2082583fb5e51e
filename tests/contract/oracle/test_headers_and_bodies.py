"""Headers and missing bodies of an answer, judged against the spec."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mockserver.contract.exchange import Exchange, Response
from tests.contract.exchanges import GOOD, acme, answered, judged, put, results, row
from tests.contract.planted_faults.catalogue import FAULTS
from tests.contract.planted_faults.measurement import MeasuringRun, found
from tests.support import sample_vendor

_COUNT = {"type": "integer", "minimum": 1}


def failed(made: dict[str, Any], exchange: Exchange, folder: Path) -> list[tuple[str, str]]:
    """What the two checks say of the exchange."""
    found_here, _ = judged(acme(folder, made), exchange)
    return [
        (one.check, one.message)
        for one in found_here
        if one.check in {"headers-match-the-spec", "answers-match-the-spec"}
    ]


def with_answer(status: str, **members: Any) -> dict[str, Any]:
    made = sample_vendor.document()
    made["paths"]["/orders"]["put"]["responses"][status].update(members)
    return made


@pytest.mark.parametrize(
    ("node", "text", "message"),
    [
        ({"required": True, "schema": _COUNT}, None, "without the header X-Left, which the spec requires"),
        ({"schema": _COUNT}, None, ""),
        ({"schema": _COUNT}, "3", ""),
        ({"schema": _COUNT}, "0", "with a header X-Left that breaks its schema: X-Left is 0"),
        ({"schema": _COUNT}, "few", 'with a header X-Left that breaks its schema: X-Left is "few"'),
        ({"schema": {"allOf": [{"type": "integer"}]}}, "3", ""),
        ({"schema": {"type": "array", "items": _COUNT}}, "1, 2", ""),
        ({"schema": {"type": "array", "items": _COUNT}}, "1,x", "breaks its schema"),
        ({"schema": {"type": "object", "required": ["a"]}}, "a,1", ""),
        ({"schema": {"type": "string", "enum": ["a"]}}, "b", 'X-Left is "b"'),
    ],
    ids=str,
)
def test_a_header_is_judged_by_its_schema(
    node: dict[str, Any], text: str | None, message: str, tmp_path: Path
) -> None:
    exchange = answered(put(GOOD), 207, results(row("A-1")))
    if text is not None:
        exchange.response.headers["x-left"] = text  # type: ignore[index]

    said = failed(with_answer("207", headers={"X-Left": node}), exchange, tmp_path)

    assert [check for check, _ in said] == (["headers-match-the-spec"] if message else [])
    assert all(message in sentence for _, sentence in said)


@pytest.mark.parametrize(
    ("media_type", "declared", "is_failure"),
    [
        ("", "application/json", True),
        ("application/json", "application/json", True),
        ("text/html", "application/json", True),
        ("", "application/problem+json", True),
        ("", "text/plain", False),
        ("text/plain", "text/plain", False),
        ("image/png", "image/*", False),
    ],
)
def test_a_good_answer_without_its_declared_body_is_found(
    media_type: str,
    declared: str,
    is_failure: bool,  # noqa: FBT001 - expected
    tmp_path: Path,
) -> None:
    headers = {"content-type": media_type} if media_type else {}
    exchange = Exchange(put(GOOD), Response(207, headers, b""))
    made = with_answer("207", content={declared: {"schema": {"type": "string"}}})

    said = failed(made, exchange, tmp_path)

    message = "answers 207 without a body; the spec has one for this status"
    assert said == ([("answers-match-the-spec", message)] if is_failure else [])


def test_a_status_that_has_no_body_by_http_needs_none(tmp_path: Path) -> None:
    made = sample_vendor.document()
    responses = made["paths"]["/orders"]["put"]["responses"]
    responses["204"] = responses["207"]

    assert failed(made, Exchange(put(GOOD), Response(204, {}, b"")), tmp_path) == []


@pytest.mark.parametrize(
    "name",
    [
        "guidewire-loses-its-correlation-id",
        "vba-counts-its-pages-in-words",
        "xero-counts-in-words",
        "payt-lists-without-a-body",
        "pvex-lists-without-a-body",
    ],
)
def test_planted_faults_of_headers_and_bodies_are_found(name: str) -> None:
    (fault,) = (one for one in FAULTS if one.id == name)
    checks = {one.check for listed in found(fault, MeasuringRun(7, 2)).values() for one in listed}

    assert checks & {"headers-match-the-spec", "answers-match-the-spec"}
