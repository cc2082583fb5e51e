"""Idempotency keys at every batch operation of the vendors that have none of their own."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mockserver.engine.registry import discover_vendors
from mockserver.server.application import Application
from tests.support.client import Client
from tests.support.operations import BatchAttempt, CalledOperation, batch_operations, stored

KEYED = {vendor.name for vendor in discover_vendors() if vendor.idempotency is not None}
BATCHES = [one for one in batch_operations() if one.spec.name in KEYED]

pytestmark = pytest.mark.parametrize("batch", BATCHES, ids=lambda batch: batch.name)


@pytest.fixture
def attempt(client: Client, app: Application, batch: CalledOperation) -> BatchAttempt:
    """A caller of the batch in a fresh sandbox where keys are on."""
    caller = Client(app, {**client.headers, **batch.headers(app), "idempotency-key": '"4711"'})
    return with_assumptions(BatchAttempt(batch, app, caller, {}), "on")


def with_assumptions(attempt: BatchAttempt, value: str) -> BatchAttempt:
    sandbox = attempt.client.headers["mock-sandbox"]
    assumption = f"{attempt.batch.spec.name}.idempotency_keys"
    attempt.client.patch(f"/_mock/sandboxes/{sandbox}/assumptions", json={assumption: value})
    return replace(attempt, before=stored(attempt.app, sandbox))


def test_the_same_batch_gets_the_same_bytes_and_changes_nothing_more(attempt: BatchAttempt) -> None:
    first = attempt.send(attempt.batch.example())
    after = stored(attempt.app, attempt.client.headers["mock-sandbox"])

    again = attempt.send(attempt.batch.example())

    assert (again.status, again.media_type, again.body) == (first.status, first.media_type, first.body)
    assert replace(attempt, before=after).untouched()
    assert not attempt.untouched()


def test_another_batch_under_the_same_key_is_refused(attempt: BatchAttempt) -> None:
    attempt.send(attempt.batch.example())
    after = stored(attempt.app, attempt.client.headers["mock-sandbox"])

    answered = attempt.send(attempt.batch.example() + b" ")

    assert (answered.status, answered.json["title"]) == (422, "Idempotency key reused")
    assert replace(attempt, before=after).untouched()


def test_a_key_that_is_required_and_missing_stores_nothing(attempt: BatchAttempt) -> None:
    asked = with_assumptions(attempt, "required")
    without = replace(asked, client=asked.client.without("idempotency-key"))

    answered = without.send(attempt.batch.example())

    assert (answered.status, answered.json["title"]) == (400, "Idempotency key missing")
    assert without.untouched()


def test_after_a_day_the_batch_is_a_new_one(attempt: BatchAttempt) -> None:
    attempt.send(attempt.batch.example())
    sandbox = attempt.client.headers["mock-sandbox"]
    attempt.client.post(f"/_mock/sandboxes/{sandbox}/clock/advance", json={"seconds": 86400})

    answered = attempt.send(attempt.batch.example() + b" ")

    assert answered.status != 422
