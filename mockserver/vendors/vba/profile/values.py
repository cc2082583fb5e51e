"""What VBA changes by design in the values that it keeps."""

from __future__ import annotations

from mockserver.contract.profile import ValueChange, ValueRules

_UNZONED = "moments are kept in UTC and shown without zone"
_USER = "who writes without a name is named by the token"
_STATE = "docs/vendors/vba.md#state"

INVOICE_VALUES = ValueRules(
    left_alone=("update_Date",),
    changes=(
        *(
            ValueChange(name, "zone left out", _UNZONED, "docs/vendors/vba.md#claim-invoice")
            for name in ("due_Date", "invoice_Date", "entry_Date")
        ),
        *(
            ValueChange(name, what, _USER, _STATE)
            for name in ("entry_User", "update_User")
            for what in ("null is filled", "empty is filled")
        ),
        *(
            ValueChange(name, "kept", "an entry is made once, by whoever creates the record", _STATE)
            for name in ("entry_Date", "entry_User")
        ),
    ),
)
"""`update_Date` is always the server's clock."""
