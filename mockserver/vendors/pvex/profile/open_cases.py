"""What the documents leave open of single calls, so that another server may do either."""

from __future__ import annotations

from mockserver.contract.profile import ExpectedStatuses, OpenCase, Tolerance

_EITHER = ExpectedStatuses("the documents do not say whether it is refused", valid=("2xx", "400"))
_PUSHES = {"postInvoiceBatch": _EITHER, "postInvoice": _EITHER}

OPEN_CASES = (
    OpenCase("an invoice that is stored already", expected_statuses=_PUSHES),
    OpenCase("more due than the amount", expected_statuses=_PUSHES),
    OpenCase(
        "a required text that is empty",
        {"": (Tolerance("pattern", "its length from 0 on suggests that it may be empty"),)},
    ),
)
