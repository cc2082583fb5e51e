from __future__ import annotations

from msgspec.structs import replace

from mockserver.contract.report.results import report_document, run_outcome
from mockserver.contract.report.terminal import size_lines, vendor_lines
from mockserver.contract.run_state import SizeBudget, SizeLimit, SizeTime, SizeTimes
from tests.support.contract_sessions import OPERATION, visit

TIMES = SizeTimes(
    OPERATION,
    SizeLimit(1000, "the spec (maxItems)"),
    SizeBudget(250, 2500, 120),
    (
        SizeTime(1, "none", 201, 0.0021, 1),
        SizeTime(1, "all", 201, 0.0021, 1),
        SizeTime(1000, "none", 201, 0.51, 1000),
        SizeTime(1000, "last", 201, 0.62, 507),
        SizeTime(1000, "none", 201, 2.51, 1000, 2.5),
    ),
    {1001: "it is over the budget"},
)
LINES = [
    "  sizes: the limit is 1,000 items, by the spec (maxItems); at most 250 calls, 2,500 items and 120 s",
    "          1 item  0.002 s, 0.002 s (all bad)",
    "     1,000 items  0.510 s, 0.620 s (last bad; 507 of 1,000 read back), 2.510 s (late after 2.5 s)",
    "     1,001 items  not tried: it is over the budget",
]


def test_the_times_of_each_size_are_told() -> None:
    assert list(size_lines(TIMES)) == LINES


def test_a_limit_that_nobody_states_is_unknown() -> None:
    unknown = replace(TIMES, limit=SizeLimit(None, "nobody: the spec has no maxItems"))

    assert next(size_lines(unknown)).startswith("  sizes: the limit is unknown, by nobody: the spec has no")


def test_the_times_are_listed_where_everything_is_and_in_the_document() -> None:
    session = visit(made={"count-is-processed": 3})
    session.ledger.sizes.append(TIMES)
    outcome = run_outcome(session, ())

    assert [line for line in vendor_lines(outcome, verbose=True) if line in LINES] == LINES
    assert not set(vendor_lines(outcome)) & set(LINES)
    (told,) = report_document([outcome], "")["vendors"][0]["sizes"]
    assert told["budget"] == {"calls": 250, "items": 2500, "seconds": 120}
    assert told["batches"][3] == {
        "items": 1000,
        "bad": "last",
        "status": 201,
        "seconds": 0.62,
        "late_after": 0,
        "read_back": 507,
    }
    assert told["left_out"] == [{"items": 1001, "reason": "it is over the budget"}]
