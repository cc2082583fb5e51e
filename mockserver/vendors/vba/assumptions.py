"""Assumptions about VBA: what its documents leave open, with defaults and alternatives."""

from mockserver.sandbox.assumptions import Assumption

_ROW_FAULT_PATTERN = r"-?[0-9]{1,10}=[2-5][0-9]{2} [^;]{1,200}"
"""One row's fault: key, status, message."""

_REQUEST_ASSUMPTIONS = (
    Assumption(
        "length_errors",
        "item",
        ("request",),
        "Whether a text that is too long fails its row in the database, or refuses the whole call before.",
        "VBA fact sheet §3.4",
    ),
    Assumption(
        "bad_request_style",
        "envelope",
        ("aspnet",),
        "Whether the framework's own 400 wears the service's envelope, or is ASP.NET's problem document.",
        "VBA fact sheet §3.2",
    ),
    Assumption(
        "missing_key",
        "assign",
        ("error",),
        "Whether a row without its invoice_Key is given the next one, or refuses the call.",
        "VBA fact sheet §3.3",
    ),
    Assumption(
        "null_row",
        "request",
        ("item",),
        "Whether a row that is null refuses the call, or fails alone.",
        "VBA fact sheet §3.3",
    ),
    Assumption(
        "require_user_agent",
        "on",
        ("off",),
        "Whether the gateway refuses a call without User-Agent.",
        "VBA fact sheet §1.2",
    ),
    Assumption(
        "throttle",
        "off",
        ("on",),
        "Whether the gateway counts the calls of an API key: 25 a second, bursts of 50.",
        "VBA fact sheet §3.2",
    ),
    Assumption(
        "quota_headers",
        "off",
        ("on",),
        "Whether answers say what is left of the key's calls, as the RateLimit draft has it.",
        "edge-cases 107; draft-ietf-httpapi-ratelimit-headers",
    ),
)
_ROW_ASSUMPTIONS = (
    Assumption(
        "empty_batch",
        "taken",
        ("refused",),
        "Whether a batch without rows has nothing to do, or refuses the call.",
        "VBA fact sheet §6 row 5; edge-cases 1",
    ),
    Assumption(
        "row_messages",
        "all",
        ("first",),
        "Whether a row's result tells all that is wrong with it, each on a line, or the first of it alone.",
        "edge-cases 27: the vendor is silent; a database's driver puts each error on a line",
    ),
    Assumption(
        "duplicates",
        "sequential",
        ("tracked",),
        "Whether the rows of one key in a batch are applied one after another, or all but the first fail.",
        "VBA fact sheet §3.5",
    ),
    Assumption(
        "ci_keys",
        "off",
        ("on",),
        "Whether two payee_IDs that differ in letter case alone are one.",
        "edge-cases 38: the vendor is silent; the database's collation decides",
    ),
    Assumption(
        "trim",
        "off",
        ("on",),
        "Whether blanks round a payee_ID are cut.",
        "edge-cases 39: the vendor is silent",
    ),
    Assumption(
        "fk_payee",
        "on",
        ("off",),
        "Whether the payee that an invoice names must exist.",
        "VBA fact sheet §3.4",
    ),
    Assumption(
        "unique_invoice_number",
        "off",
        ("on",),
        "Whether the database keeps two invoices from having one invoice_Number.",
        "VBA fact sheet §2.1",
    ),
    Assumption(
        "merge_on_update",
        "off",
        ("on",),
        "Whether an update leaves alone what it does not name, or makes it null.",
        "VBA fact sheet §4.4",
    ),
    Assumption(
        "record_errors",
        "400",
        ("500",),
        "The status of a single record that the database refuses.",
        "VBA fact sheet §3.6 has 500; design §8.7: a 5xx is never unasked",
    ),
    Assumption(
        "row_faults",
        "none",
        ("7=500 Execution Timeout Expired.",),
        "Invoice keys whose rows fail whatever is in them, with status and message: "
        "`7=500 Execution Timeout Expired.; 9=503 Service Unavailable`.",
        "VBA fact sheet §3.4, §7",
        rf"none|{_ROW_FAULT_PATTERN}(?:; ?{_ROW_FAULT_PATTERN})*",
    ),
)
_REPLY_ASSUMPTIONS = (
    Assumption(
        "create_status",
        "200",
        ("201",),
        "The status of a single record that was created.",
        "VBA fact sheet §5: the reference has 200, the prose 201",
    ),
    Assumption(
        "id_key_name",
        "Invoice_Key",
        ("invoice_Key", "InvoiceKey"),
        "How a row's result names its key: as the column, as the JSON member, or without underscore.",
        "VBA fact sheet §2.3",
    ),
    Assumption(
        "id_value_as_string",
        "off",
        ("on",),
        "Whether a row's result writes its key as text, as the public client reads it.",
        "VBA fact sheet §2.3",
    ),
    Assumption(
        "literal_text_plain",
        "off",
        ("on",),
        "Whether a good answer goes out as the text/plain that is documented, though it is JSON.",
        "VBA fact sheet §2.4",
    ),
)
ASSUMPTIONS = (*_REQUEST_ASSUMPTIONS, *_ROW_ASSUMPTIONS, *_REPLY_ASSUMPTIONS)
