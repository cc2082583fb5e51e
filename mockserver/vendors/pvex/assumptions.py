"""What no document says of PVEx, as switches: the sheet's settings, defaults first."""

from __future__ import annotations

from mockserver.assumption import Assumption

_SETTINGS = "PVEx fact sheet §7"

ASSUMPTIONS = (
    Assumption(
        "auth",
        "bearer",
        ("none",),
        "Whether a call must bring a bearer token, or may come without one.",
        "PVEx fact sheet §1.2",
    ),
    Assumption(
        "token_endpoint",
        "on",
        ("off",),
        "Whether there is a login at POST /token.",
        "PVEx fact sheet §1.1 row 4, §1.2",
    ),
    Assumption(
        "param_name",
        "invoices",
        ("value",),
        "The name of the controller's parameter, with which every place in the ModelState of a batch begins.",
        "PVEx fact sheet §3.3",
        pattern="[A-Za-z_][A-Za-z0-9_]{0,49}",
    ),
    Assumption(
        "success_body",
        "empty",
        ("echo", "count"),
        "What a push is answered with: nothing, the invoices as they are stored, or their number.",
        "PVEx fact sheet §1.1",
    ),
    Assumption(
        "success_status",
        "200",
        ("201", "204"),
        "The status of a push that was taken.",
        "PVEx fact sheet §1.1",
    ),
    Assumption(
        "error_detail",
        "off",
        ("on",),
        "Whether the caller counts as a local one, which is shown what readers and exceptions say.",
        "PVEx fact sheet §3.1",
    ),
    Assumption(
        "null_body",
        "400",
        ("500", "200"),
        "What becomes of a null body or none: refused, a null reference, or nothing to do.",
        "PVEx fact sheet §3.2; the sheet's default 500 is not ours, for no 5xx comes unasked",
    ),
    Assumption(
        "null_item",
        "skipped",
        ("500",),
        "What becomes of a null in the list: passed over, or a null reference.",
        "PVEx fact sheet §4.9",
    ),
    Assumption(
        "conflict",
        "upsert",
        ("reject",),
        "What becomes of an invoice that is there already: replaced whole, or refused with its batch.",
        "PVEx fact sheet §4.1",
    ),
    Assumption(
        "db_failure",
        "atomic",
        ("stop_at_first",),
        "What is left of a batch of which one row cannot be stored: nothing, or the rows before it.",
        "PVEx fact sheet §4.2",
    ),
    Assumption(
        "faulty_ids",
        "",
        ("INV-2", "INV-2,INV-9"),
        "The Ids, with commas between them, of which storing fails with a database fault.",
        _SETTINGS,
        pattern="[^,]{1,50}(,[^,]{1,50})*",
    ),
    Assumption(
        "checksum_skip",
        "off",
        ("on",),
        "Whether a known invoice stays untouched when its CheckSum is the one that is stored.",
        "PVEx fact sheet §4.6",
    ),
    Assumption(
        "sql_datetime",
        "off",
        ("on",),
        "Whether dates go into an old datetime column, which takes none before 1753.",
        "PVEx fact sheet §4.12",
    ),
    Assumption(
        "json_lenient",
        "on",
        ("off",),
        "Whether comments, single quotes, bare names, trailing commas and text behind the JSON are let pass.",
        "PVEx fact sheet §2.1",
    ),
    Assumption(
        "body_too_large",
        "413",
        ("404", "500"),
        "What answers a body that is too large: this server at its limit, or the web server at 4 MiB.",
        "PVEx fact sheet §3.2",
    ),
)
