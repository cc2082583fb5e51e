"""Values of an update are compared with what is read after it, also those of members that few look at."""

from __future__ import annotations

from typing import Any

import pytest

from mockserver.server.application import Options, create_app
from tests.contract.planted_faults.vendors import VBA
from tests.contract.planted_faults.wrappers import Planted, changes_request, with_fault
from tests.contract.values.value_suite import compared


def keeps(member: str) -> Planted:
    """A server that stores this member when it creates a record, and never again."""
    first: dict[Any, Any] = {}

    def change(call: Any) -> Any:
        rows = call.json()
        kept = [{**row, member: first.setdefault(row["invoice_Key"], row.get(member))} for row in rows]
        return call.holding(kept)

    return changes_request(VBA.batch, change)


@pytest.mark.parametrize(
    ("member", "check"), [("invoice_Status", "texts-survive"), ("due_Date", "dates-survive")]
)
def test_a_member_that_an_update_leaves_as_it_was_is_told(member: str, check: str) -> None:
    app = with_fault(create_app(Options(vendors=("vba",), strict_auth=True)), keeps(member))

    ledger = compared("vba", app, ("putClaimInvoiceBatch",), 7, 2)

    (found,) = ledger.findings
    assert found.check == check
    assert f" as {member} of item " in found.message
    assert ", an update of a record that is there; " in found.message
    assert "the update left the value that was there before" in found.message
    assert [one.request.method for one in found.exchanges] == ["PUT", "PUT", "GET"]


@pytest.mark.parametrize(
    ("vendor", "operation", "note"),
    [
        ("vba", "putClaimInvoiceBatch", "entry_User: the update left the value that was there before"),
        ("pvex", "postInvoiceBatch", "ApiCreateDate: the update left the value that was there before"),
    ],
)
def test_what_an_update_leaves_by_design_is_counted(vendor: str, operation: str, note: str) -> None:
    app = create_app(Options(vendors=(vendor,), strict_auth=True))

    ledger = compared(vendor, app, (operation,), 7, 2)

    assert ledger.findings == []
    assert [one for one in ledger.notes if note in one]
