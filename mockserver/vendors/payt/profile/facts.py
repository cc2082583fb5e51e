"""How the facts of Payt are found at a server."""

from __future__ import annotations

from mockserver.contract.profile import FactCheck, FactRead

_MOST_ROWS = 500
_OF_INVOICES = ("postV1Invoices", "patchV1Invoices", "postV1Debtors", "postV1Contacts")
_ADMINISTRATIONS = FactRead(
    "getV1Administrations", query={"per_page": str(_MOST_ROWS)}, rows="/data", key="/id", size=_MOST_ROWS
)


def _debtor(administration: str) -> tuple[FactRead, ...]:
    within = {"administration_id": f"{{{administration}}}"}
    named = {**within, "identifier_type": "debtor_number"}
    page = {**within, "per_page": str(_MOST_ROWS)}
    return (
        FactRead("getV1DebtorsId", {"id": "{debtor}"}, named, key="/debtor_number"),
        FactRead("getV1Debtors", query=page, rows="/data", key="/debtor_number", size=_MOST_ROWS),
    )


FACT_CHECKS = (
    FactCheck("administration", (_ADMINISTRATIONS,)),
    FactCheck("other_administration", (_ADMINISTRATIONS,), tenant=1),
    FactCheck("debtor", _debtor("administration"), needed_by=_OF_INVOICES, replaceable=True),
    FactCheck("debtor", _debtor("other_administration"), needed_by=_OF_INVOICES, tenant=1, replaceable=True),
    FactCheck("prefix", made_up=True),
)
