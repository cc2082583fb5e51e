"""The control plane's contract."""

from tests.contract.contract import Contract
from tests.contract.judged import ONE, Judged

CONTRACT = Contract(
    "_control",
    "_mock",
    path={"name": "default"},
    judged={
        "create_sandbox": Judged(
            "a name is given twice; the schema knows no switch", valid=("201", "409", "422")
        ),
        "assume": Judged("the schema knows no switch", valid=("200", "422")),
        "advance_clock": Judged("the clock ends with the year 9999", valid=("200", "422")),
        "show_entry": ONE,
    },
)
