"""How the facts of VBA are found at a server.

An unknown database has empty lists and is refused by no read, so that none shows whether one is there; the
payee is looked for in each.
"""

from __future__ import annotations

from mockserver.contract.profile import FactCheck, FactRead

_MOST_ROWS = 500
_PAYEE = (
    FactRead("getPayee", {"payeeID": "{payee}"}, key="/data/payee_ID"),
    FactRead(
        "listPayee", query={"pageSize": str(_MOST_ROWS)}, rows="/data", key="/payee_ID", size=_MOST_ROWS
    ),
)

FACT_CHECKS = (
    *(
        FactCheck("payee", _PAYEE, needed_by=("putClaimInvoiceBatch",), tenant=tenant, replaceable=True)
        for tenant in (0, 1)
    ),
    FactCheck("first_invoice", made_up=True),
    FactCheck("payee_prefix", made_up=True),
)
