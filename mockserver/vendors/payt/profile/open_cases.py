"""What the documents leave open of single calls, so that another server may do either."""

from __future__ import annotations

from mockserver.contract.profile import OpenCase, RefusalRule, Tolerance, ValueChange

_LENGTH = Tolerance("maxLength", "the 255 characters of CSV imports are assumed")
_REASON = "where the border to the faults of a record runs is assumed"
_BROKEN = tuple(
    Tolerance(keyword, _REASON, passes=False)
    for keyword in ("required", "enum", "type", "format", "minimum", "maximum")
)
_CENTS = Tolerance("pattern", "that an amount has two decimals is assumed")
_ROUNDED = ValueChange(
    "",
    "rounded",
    "whether more than two decimals are rounded is assumed",
    "docs/vendors/payt.md#conventions",
    2,
)
_NULL = ValueChange(
    "",
    "null is filled",
    "whether null clears a member or counts as left out is assumed",
    "docs/vendors/payt.md#identity",
)
_CLOSED = RefusalRule(
    "unknown record",
    (403, 404),
    "whether an administration that is not there is said to be closed is assumed",
    ("getV1AdministrationsAdministrationId",),
)

OPEN_CASES = (
    OpenCase("a text of more than 255 characters", {"": (_LENGTH,)}),
    OpenCase("a missing member, a word of no list, a value of a wrong type", {"": _BROKEN}),
    OpenCase("parts of a cent", {"": (_CENTS,)}, values=(_ROUNDED,)),
    OpenCase("null for a member that is stored", values=(_NULL,)),
    OpenCase("an administration that is not there", refusals=(_CLOSED,)),
    OpenCase("a cursor of the last page that leads to an empty one", lists_end_empty=True),
)
