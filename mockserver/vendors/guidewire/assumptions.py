"""Assumptions about ClaimCenter: configurable ones, and fixed ones as constants."""

from __future__ import annotations

from types import MappingProxyType

from mockserver.sandbox.assumptions import Assumption
from mockserver.vendors.guidewire.rate_limit import UNLIMITED

ON, OFF = "on", "off"
_SHEET = "Guidewire fact sheet"

ASSUMPTIONS = (
    Assumption(
        "conflict_status",
        "409",
        ("400",),
        "The status of a checksum that is not the current one.",
        f"{_SHEET} §6",
    ),
    Assumption(
        "business_rule_status",
        "400",
        ("422",),
        "The status of what breaks no schema but a rule of the business, a wrong state included.",
        f"{_SHEET} §3.2 and §6",
    ),
    Assumption(
        "error_wrapper",
        "root",
        ("error_object",),
        "Whether an error's members are the body's own, or those of an object named error in it.",
        f"{_SHEET} §6",
    ),
    Assumption(
        "batch_data_alias",
        "refused",
        ("accepted",),
        "Whether a call in a batch may have its data beside method and path instead of inside a body.",
        f"{_SHEET} §6",
    ),
    Assumption(
        "batch_limit",
        "100",
        ("10",),
        "How many calls a batch may hold (MaximumAllowedNumberOfBatchSubRequests).",
        f"{_SHEET} §3.4",
        pattern="[1-9][0-9]?|100",
    ),
    Assumption(
        "skipped_calls",
        "left_out",
        ("marked",),
        "Whether the calls that a batch did not run after an abort have no answer, or a 424 each.",
        f"{_SHEET} §3.4",
    ),
    Assumption(
        "composite_limit",
        "25",
        ("2",),
        "How many requests and selections a composite may hold.",
        f"{_SHEET} §3.5",
        pattern="[1-9][0-9]{0,2}",
    ),
    Assumption(
        "checksum_precedence",
        "body",
        ("header",),
        "Which of two different checksums counts.",
        f"{_SHEET} §3.3",
    ),
    Assumption(
        "failed_call_uses_id",
        OFF,
        (ON,),
        "Whether a call that was refused uses up its GW-DBTransaction-ID.",
        f"{_SHEET} §7 row 32",
    ),
    Assumption(
        "respond_async",
        "ignored",
        ("accepted",),
        "Whether Prefer: respond-async is answered as ever, or by a 202 that says where the answer is.",
        f"{_SHEET} §1.5",
    ),
    Assumption(
        "approval_limit",
        "10000.00",
        ("0.00",),
        "The total up to which a submitted invoice is approved at once.",
        f"{_SHEET} §4.3",
        pattern=r"[0-9]{1,40}(\.[0-9]{1,2})?",
    ),
    Assumption(
        "item_processing",
        "fast",
        ("slow", "slow_with_check_creation"),
        "Whether an approved invoice awaits submission at once, or goes on a status a run of the escalation, "
        "with or without those of the check creation that newer builds have.",
        f"{_SHEET} §4.3 and §2.5",
    ),
    Assumption(
        "unvalidated_submit",
        "refused",
        ("taken",),
        "Whether an invoice that is not valid can be submitted.",
        f"{_SHEET} §5 rule 18",
    ),
    Assumption(
        "failed_validation",
        "alerts",
        ("refused",),
        "Whether validating a bad invoice answers it with its alerts, or is bad input.",
        f"{_SHEET} §5 rule 17 and §3.2",
    ),
    Assumption(
        "reopen_on_change",
        ON,
        (OFF,),
        "Whether a change leads an invoice that is rejected or awaits submission back to draft.",
        f"{_SHEET} §4.2",
    ),
    Assumption(
        "delivery_hold",
        "keeps_status",
        ("sets_onhold",),
        "Whether delivery method hold leaves the status alone, or makes it On hold, and send makes it Draft.",
        f"{_SHEET} §5 rule 10",
    ),
    Assumption(
        "duplicate_invoice_numbers",
        "allowed",
        ("alerted",),
        "Whether validating an invoice minds another one of the same number.",
        f"{_SHEET} §5 rule 13",
    ),
    Assumption(
        "multicurrency",
        ON,
        (OFF,),
        "Whether an invoice may be in another currency than the reporting one.",
        f"{_SHEET} §5 rule 8",
    ),
    Assumption(
        "split_needs_total",
        "when_true",
        ("when_sent",),
        "Whether creating an invoice with splitEqually asks for a total if that is true, or if it is there.",
        f"{_SHEET} §5 rule 2",
    ),
    Assumption(
        "split_remainder",
        "first",
        ("last",),
        "Which items get the minor units that an even split leaves over.",
        f"{_SHEET} §5 rule 5",
    ),
    Assumption(
        "null_attribute",
        "clears",
        ("ignored",),
        "Whether a null empties an attribute and is refused where it must have a value, or counts as absent.",
        f"{_SHEET} §5 rule 19",
    ),
    Assumption(
        "payee_uid_echoed",
        OFF,
        (ON,),
        "Whether an invoice shows its payeeAddressBookUID beside the payee.",
        f"{_SHEET} §2.2",
    ),
    Assumption(
        "ci_keys",
        OFF,
        (ON,),
        "Whether ids in a path are found in any letter case, and invoice numbers compared so.",
        f"{_SHEET} §2.1, which does not speak of it",
    ),
    Assumption(
        "trim",
        OFF,
        (ON,),
        "Whether an invoice number is kept without the blanks at its ends, or as it was sent.",
        f"{_SHEET} §2.2, which does not speak of it",
    ),
    Assumption(
        "number_amounts",
        "refused",
        ("read",),
        "Whether a JSON number may stand where an amount is a text, or is of the wrong type.",
        "Guidewire fact sheet §5 rule 20",
    ),
    Assumption(
        "missing_offset",
        "utc",
        ("refused",),
        "Whether a date-time without an offset is of the sandbox's zone, UTC, or not in the expected format.",
        f"{_SHEET} §2.1, which does not speak of it",
    ),
    Assumption(
        "calls_a_minute",
        UNLIMITED,
        ("60",),
        "How many calls a caller may make; counted, they are told in RateLimit and RateLimit-Policy.",
        f"{_SHEET} §3.2: no limits are published; edge-cases row 107",
        pattern="[1-9][0-9]{0,5}",
    ),
    Assumption(
        "unacceptable",
        "406",
        ("ignored",),
        "Whether an Accept header that has no room for JSON is refused or overlooked.",
        f"{_SHEET} §3.2, which does not speak of it",
    ),
    Assumption(
        "other_charset",
        "415",
        ("read",),
        "Whether a body declared to be in another charset than UTF-8 is refused, or read if it can be.",
        f"{_SHEET} §1.5, which does not speak of it",
    ),
    Assumption(
        "id_prefix",
        "xc",
        ("cc",),
        "What new ids begin with.",
        f"{_SHEET} §6",
    ),
)

REPORTING_CURRENCY = "usd"
"""The currency of reporting amounts; figures are not converted. Source: Guidewire fact sheet §5 rule 8."""

CURRENCY_DIGITS = MappingProxyType({"usd": 2, "jpy": 0, "eur": 2, "gbp": 2, "cad": 2, "aud": 2})
"""How many decimals an amount has. Source: §5 rules 5 and 8."""

PAGE_SIZE = 25
"""Rows on a page when the call does not say. Source: §1.4."""

BATCH_ONLY_HEADERS = frozenset({"gw-checksum", "prefer", "content-length"})
"""Headers of a batch that do not hold for its calls: documented is the first. Source: §3.4."""

COMPOSITE_ONLY_HEADERS = BATCH_ONLY_HEADERS | {"gw-dbtransaction-id", "gw-donotcommit"}
"""Headers of a composite that hold for all of it as one transaction. Source: §3.5."""

FIRST_CHECK_NUMBER = 100_500
"""Check numbers count on from here. Source: §2.2 (that an issued invoice has one)."""

FAULT_TEXT_LIMIT = 255
"""What a text is told to be longer than when a scenario says so; nothing is refused for its length."""
