"""Three items, the second bad, then the repair of what failed."""

from __future__ import annotations

from tests.journeys.journey import Journey
from tests.vendors.pvex.samples import visit

JOURNEY = Journey(
    # All or nothing: the repair is the whole batch.
    vendor="pvex",
    headers={"authorization": "Bearer good-token"},
    method="POST",
    path="/api/InvoiceBatch",
    batch=[visit(1, ClientId="C-1"), visit(2, ClientId=""), visit(3, ClientId="C-1")],
    repair=[visit(1, ClientId="C-1"), visit(2, ClientId="C-1"), visit(3, ClientId="C-1")],
    reads=tuple((f"/api/Invoice/I-{number}?subscriberId=SUB-1", "/Number") for number in (1, 2, 3)),
    before=(None, None, None),
    after_batch=(None, None, None),
    after_repair=("N-1", "N-2", "N-3"),
)
