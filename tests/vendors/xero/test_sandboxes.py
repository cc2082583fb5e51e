from __future__ import annotations

from mockserver.sandbox.sandboxes import Settings
from mockserver.server.application import Application
from tests.support.client import Client
from tests.vendors.xero.documents import BATCHES, EACH, R1, R2, batch, pay


def test_the_same_seed_and_calls_give_the_same_bytes(app: Application, sandbox: str, xero: Client) -> None:
    other = f"{sandbox}-other"
    app.sandboxes.create(Settings(other, seed=7, frozen="2026-01-05T09:00:00Z"))
    sent = {"BatchPayments": [batch(pay(R1)), batch(pay(R2, 500))]}

    first, second = (
        xero.within(mock_sandbox=name).put(f"{BATCHES}{EACH}", json=sent) for name in (sandbox, other)
    )

    app.sandboxes.delete(other)
    app.journal.kept.forget(other)
    assert first.body == second.body
