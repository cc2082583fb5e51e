"""How the facts of Xero are found at a server; a contact that is not there is made by its name."""

from __future__ import annotations

from mockserver.contract.profile import FactCheck, FactRead

_INVOICES = (
    "updateOrCreateInvoices",
    "createInvoices",
    "createBatchPayment",
    "createPayments",
    "createPayment",
)
_OF_LINES = (*_INVOICES, "createBankTransactions", "updateOrCreateCreditNotes")
_OF_BANK = ("createBatchPayment", "createPayments", "createPayment", "createBankTransactions")
_TENANTS = FactRead("getConnections", rows="", key="/tenantId")


def _account(kind: str) -> FactRead:
    return FactRead("getAccounts", rows="/Accounts", key="/Code", having={"/Status": "ACTIVE", "/Type": kind})


FACT_CHECKS = (
    FactCheck("tenant", (_TENANTS,)),
    FactCheck("other_tenant", (_TENANTS,), tenant=1),
    *(
        FactCheck(name, (_account(kind),), needed_by=needed_by, tenant=tenant, replaceable=True)
        for name, kind, needed_by in (
            ("bank", "BANK", _OF_BANK),
            ("account", "REVENUE", _OF_LINES),
        )
        for tenant in (0, 1)
    ),
    FactCheck("contact", made_up=True),
    FactCheck("date", made_up=True),
    FactCheck("due_date", made_up=True),
)
