"""The control plane under contract.

The server that it is held against has calls, one of them with an item, a snapshot and a scenario in its
default sandbox, a report, and has run a case.
"""

from __future__ import annotations

from msgspec.structs import replace

from mockserver.contract.loading import load_vendor_api
from mockserver.contract.profile import ExpectedStatuses, FixturePins, Profile

UNKNOWN_ID_REASON = "the schema cannot say which ids are there"
FOUND_OR_NOT = ExpectedStatuses(UNKNOWN_ID_REASON, valid=("200", "404"))
GONE = ExpectedStatuses(UNKNOWN_ID_REASON, valid=("204", "404"))
REPORT = "junit.xml"
ITEM = "1"
SCENARIO = {
    "version": 1,
    "name": "flaky",
    "rules": [{"id": "r1", "items": [{"select": {"key": "3"}, "effect": {"fail": {"code": "internal"}}}]}],
}

PINS = FixturePins(
    query={"path": REPORT},
    path={"name": "default", "run": "1", "snapshot": "s1", "scenario": "flaky", "vendor": "vba"},
    known={
        "export_case": {"case": "112-unsupported-media-type", "vendor": "vba"},
        "list_drill_cases": {"vendor": "vba"},
    },
    bodies={
        "make_example": {"vendor": "vba", "operation": ""},
        "learn_drill": {"vendor": "vba"},
        "judge_drill": {"vendor": "vba"},
    },
    expected_statuses={
        "create_sandbox": ExpectedStatuses(
            "a name is given twice; the schema knows no assumption and no scenario",
            valid=("201", "409", "422"),
        ),
        "show_access": FOUND_OR_NOT,
        "make_example": ExpectedStatuses(
            "the schema knows no vendor, no operation, and not how many are too many", valid=("200", "422")
        ),
        "dump_sandbox": ExpectedStatuses(
            "the schema knows no vendor, no snapshot and no call", valid=("200", "404", "422")
        ),
        "load_state": ExpectedStatuses("the schema knows no vendor and no dump", valid=("200", "422")),
        "merge_state": ExpectedStatuses("the schema knows no vendor and no dump", valid=("200", "422")),
        "show_difference": FOUND_OR_NOT,
        "list_expirations": ExpectedStatuses("a clock stands from 1970 to 9998", valid=("200", "422")),
        "take_snapshot": ExpectedStatuses("a sandbox has so many and no more", valid=("201", "409")),
        "restore_snapshot": FOUND_OR_NOT,
        "delete_snapshot": GONE,
        "show_scenario": FOUND_OR_NOT,
        "add_scenario": ExpectedStatuses("the schema knows no scenario", valid=("200", "422")),
        "put_scenario": ExpectedStatuses("the schema knows no scenario", valid=("200", "422")),
        "delete_scenario": GONE,
        "assume": ExpectedStatuses("the schema knows no assumption", valid=("200", "422")),
        "freeze_clock": ExpectedStatuses("a clock stands from 1970 to 9998", valid=("200", "422")),
        "advance_clock": ExpectedStatuses("the clock ends with the year 9998", valid=("200", "422")),
        "list_journal": ExpectedStatuses(
            "the schema knows no vendor, no operation and no calendar", valid=("200", "422")
        ),
        "export_journal": ExpectedStatuses(
            "the schema knows no vendor, no operation, no calendar, and not what happened",
            valid=("200", "409", "422"),
        ),
        "verify_journal": ExpectedStatuses(
            "the schema knows no vendor, no operation, no path, and not what happened",
            valid=("204", "409", "422"),
        ),
        "show_entry": FOUND_OR_NOT,
        "compare_entries": FOUND_OR_NOT,
        "show_timeline": ExpectedStatuses(
            "the schema knows no vendor, and not which instant is later", valid=("200", "422")
        ),
        "show_ledger": ExpectedStatuses("the schema knows no vendor", valid=("200", "422")),
        "show_overview": ExpectedStatuses("the schema knows no vendor", valid=("200", "422")),
        "export_entry": FOUND_OR_NOT,
        "replay_entry": ExpectedStatuses(
            "the schema knows no call and no address", valid=("200", "400", "404", "422")
        ),
        "list_cases": ExpectedStatuses("the schema knows no vendor", valid=("200", "422")),
        "show_case": FOUND_OR_NOT,
        "export_case": ExpectedStatuses(
            "the schema knows no row, no vendor, and not which case can be written down",
            valid=("200", "404", "409", "422"),
        ),
        "show_case_run": FOUND_OR_NOT,
        "read_report": FOUND_OR_NOT,
        "check_scenario": ExpectedStatuses(
            "what is wrong is the answer", valid=("200",), invalid=("200", "4xx")
        ),
        "list_journal_items": ExpectedStatuses("the schema knows no vendor", valid=("200", "422")),
        "list_drill_cases": FOUND_OR_NOT,
        "learn_drill": ExpectedStatuses("the schema knows no vendor", valid=("200", "422")),
        "judge_drill": ExpectedStatuses("the schema knows no vendor and no sandbox", valid=("200", "422")),
        "put_webhooks": ExpectedStatuses(
            "the schema knows no vendor, no event and no allowed host", valid=("200", "422")
        ),
        "run_case": ExpectedStatuses("the schema knows no row and no vendor", valid=("200", "404", "422")),
    },
)

CONTROL = replace(load_vendor_api("_control"), profile=Profile(pins=PINS))

_ANY = ExpectedStatuses("a walk asks for what is not there too", valid=("2xx", "404", "409", "422"))
_WALK_PINS = FixturePins(
    query={"against": "fixtures", "vendor": "vba"},
    expected_statuses=dict.fromkeys(CONTROL.spec.operations, _ANY),
)
WALKED = replace(CONTROL, profile=Profile(pins=_WALK_PINS))
"""The same for walks along links: nothing pins the names of sandboxes, which a walk brings along."""
