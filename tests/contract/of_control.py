"""The control plane under contract.

The server that it is held against has one call, one snapshot and one scenario in its default sandbox.
"""

from __future__ import annotations

from dataclasses import replace

from mockserver.contract.profiles import contracted
from mockserver.contract.subject import NO_SUCH, ONE, Judged, Pins, Profile

GONE = Judged(NO_SUCH, valid=("204", "404"))
SCENARIO = {
    "version": 1,
    "name": "flaky",
    "rules": [{"id": "r1", "items": [{"select": {"key": "3"}, "effect": {"fail": {"code": "internal"}}}]}],
}

PINS = Pins(
    path={"name": "default", "snapshot": "s1", "scenario": "flaky"},
    judged={
        "create_sandbox": Judged(
            "a name is given twice; the schema knows no switch and no scenario", valid=("201", "409", "422")
        ),
        "dump_sandbox": Judged("the schema knows no vendor", valid=("200", "422")),
        "load_state": Judged("the schema knows no vendor and no dump", valid=("200", "422")),
        "show_difference": ONE,
        "take_snapshot": Judged("a sandbox has so many and no more", valid=("201", "409")),
        "restore_snapshot": ONE,
        "delete_snapshot": GONE,
        "show_scenario": ONE,
        "put_scenario": Judged("the schema knows no scenario", valid=("200", "422")),
        "delete_scenario": GONE,
        "assume": Judged("the schema knows no switch", valid=("200", "422")),
        "freeze_clock": Judged("a clock stands from 1970 to 9998", valid=("200", "422")),
        "advance_clock": Judged("the clock ends with the year 9998", valid=("200", "422")),
        "list_journal": Judged(
            "the schema knows no vendor, no operation and no calendar", valid=("200", "422")
        ),
        "export_journal": Judged(
            "the schema knows no vendor, no operation and no calendar", valid=("200", "422")
        ),
        "verify_journal": Judged(
            "the schema knows no vendor, no operation, no path, and not what happened",
            valid=("204", "409", "422"),
        ),
        "show_entry": ONE,
        "export_entry": ONE,
        "replay_entry": Judged("the schema knows no call and no address", valid=("200", "404", "422")),
        "list_cases": Judged("the schema knows no vendor", valid=("200", "422")),
        "show_case": ONE,
        "run_case": Judged("the schema knows no row and no vendor", valid=("200", "404", "422")),
    },
)

CONTROL = replace(contracted("_control"), profile=Profile(pins=PINS))

_ANY = Judged("a walk asks for what is not there too", valid=("2xx", "404", "409", "422"))
WALKED = replace(CONTROL, profile=Profile(pins=Pins(judged=dict.fromkeys(CONTROL.spec.operations, _ANY))))
"""The same for walks along links: nothing pins the names that one begins with."""
