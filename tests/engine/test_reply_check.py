"""The check that every answer of the test run goes through."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.conformance import SentReply, find_violation
from tests.support.engine_samples import loaded_vendor

JSON = {"content-type": "application/json; charset=utf-8"}
ORDER = b'{"id": "A", "amount": 1}'


def said(folder: Path, sent: SentReply) -> str:
    return find_violation([loaded_vendor(folder)], sent)


@pytest.mark.parametrize("path", ["/acme/orders/A", "/sandboxes/one/acme/orders/A"])
def test_what_the_spec_states_may_leave(tmp_path: Path, path: str) -> None:
    assert said(tmp_path, SentReply("GET", path, 200, JSON, ORDER)) == ""


@pytest.mark.parametrize(
    ("sent", "complained"),
    [
        (SentReply("GET", "/acme/orders/A", 202, JSON, ORDER), "showOrder: 202 is not in the spec"),
        (
            SentReply("GET", "/acme/orders/A", 200, {"content-type": "text/html"}, b"<p>"),
            "showOrder: 200 as text/html is not in the spec",
        ),
        (
            SentReply("GET", "/acme/orders/A", 200, {}, ORDER),
            "showOrder: 200 as no media type is not in the spec",
        ),
        (SentReply("GET", "/acme/orders/A", 200, JSON, b'{"id": "A"}'), "showOrder: 200: /amount: "),
        (
            SentReply("GET", "/acme/orders/A", 200, JSON, b'{"id": "A", "amount": 1, "colour": "blue"}'),
            'showOrder: 200: /colour: "colour" is not expected',
        ),
        (SentReply("GET", "/acme/orders/A", 200, JSON, b"{"), "showOrder: 200: the JSON cannot be read"),
    ],
    ids=["status", "media-type", "no-media-type", "schema", "member", "no-json"],
)
def test_what_it_does_not_state_is_told(tmp_path: Path, sent: SentReply, complained: str) -> None:
    assert said(tmp_path, sent).startswith(complained)


@pytest.mark.parametrize("method", ["GET", "PATCH"])
def test_what_no_operation_answers_is_no_operations_fault(tmp_path: Path, method: str) -> None:
    path = "/acme/nothing" if method == "GET" else "/acme/orders"

    assert said(tmp_path, SentReply(method, path, 418, JSON, b"{}")) == ""
