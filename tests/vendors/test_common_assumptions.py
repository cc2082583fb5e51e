"""The assumptions that every vendor has, in every value, at every batch operation."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mockserver.server.application import Application
from tests.support.client import Client
from tests.support.operations import BatchAttempt, CalledOperation, batch_operations, stored

BATCHES = pytest.mark.parametrize("batch", batch_operations(), ids=lambda batch: batch.name)


VALUES = {"failing": (500, False), "offline": (503, False), "failing_after_commit": (500, True)}
"""Status, and whether the work was done."""


@pytest.fixture
def attempt(client: Client, app: Application, batch: CalledOperation) -> BatchAttempt:
    """A caller of the batch in a fresh sandbox."""
    caller = Client(app, {**client.headers, **batch.headers(app)})
    return BatchAttempt(batch, app, caller, {})


def with_assumptions(attempt: BatchAttempt, **values: str) -> BatchAttempt:
    """The same after its sandbox's assumptions were set."""
    sandbox = attempt.client.headers["mock-sandbox"]
    named = {f"{attempt.batch.spec.name}.{name}": value for name, value in values.items()}
    attempt.client.patch(f"/_mock/sandboxes/{sandbox}/assumptions", json=named)
    return replace(attempt, before=stored(attempt.app, sandbox))


@BATCHES
@pytest.mark.parametrize("value", VALUES)
def test_a_vendor_that_is_out_of_order_says_so_in_its_own_shape(attempt: BatchAttempt, value: str) -> None:
    failing = with_assumptions(attempt, availability=value)

    answered = failing.send(attempt.batch.example())

    assert (answered.status, not failing.untouched()) == VALUES[value]
    assert attempt.batch.declares(answered)


@BATCHES
def test_a_member_that_is_named_twice_refuses_the_call_where_that_is_wanted(attempt: BatchAttempt) -> None:
    strict = with_assumptions(attempt, duplicate_members="refused")

    answered = strict.send(attempt.batch.wrapped(b'[{"a": 1, "a": 2}]'))

    assert strict.refused(answered), answered
