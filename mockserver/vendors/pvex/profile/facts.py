"""How the facts of PVEx are found at a server: none of its reads shows a subscriber or a client."""

from __future__ import annotations

from mockserver.contract.profile import FactCheck

FACT_CHECKS = tuple(
    FactCheck(name, needed_by=("postInvoiceBatch",)) for name in ("subscriber", "client", "client_pms")
)
