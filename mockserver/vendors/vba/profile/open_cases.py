"""What the documents leave open of single calls, so that another server may do either."""

from __future__ import annotations

from mockserver.contract.profile import ExpectedStatuses, OpenCase

_SAID = "the reference says 200, prose says 201"
_MADE = {
    "createClaimInvoice": ExpectedStatuses(_SAID, valid=("201",), invalid=("201",)),
    "createPayee": ExpectedStatuses(_SAID, valid=("201",)),
}

OPEN_CASES = (
    OpenCase("a good answer as the text/plain that is documented", answer_types=("text/plain",)),
    OpenCase("a single record that is created with 201", expected_statuses=_MADE),
)
