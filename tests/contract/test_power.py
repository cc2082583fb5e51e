"""`make power`: every server gets the calls that it would get alone, results are kept, misses come first."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from mockserver.contract import runner
from mockserver.contract.exchange import checks_of
from mockserver.contract.loading import load_vendor_api
from mockserver.contract.run_state import FindingLedger, RunConfig
from mockserver.contract.target import Address, Target
from mockserver.server.application import Options, create_app
from tests.contract.planted_faults import power
from tests.contract.planted_faults.catalogue import FAULTS
from tests.contract.planted_faults.fault import PlantedFault
from tests.contract.planted_faults.measurement import Measurement, MeasuringRun, measure
from tests.contract.planted_faults.power_report import PowerRow, PowerRun, as_document, as_markdown
from tests.contract.planted_faults.power_results import ResultsFile
from tests.contract.planted_faults.shared_calls import FuzzedServer, fuzz_servers

KNOWN = {one.id: one for one in FAULTS}
EFFORT = RunConfig(7, 1, operations=frozenset({"postV1Invoices", "getV1InvoicesId"}), shrinks=False)
FOUND, MISSED = frozenset({"count-is-processed"}), frozenset[str]()


def payt() -> Target:
    return Target(Address("http://testserver/payt", create_app(Options(vendors=("payt",), strict_auth=True))))


def calls(ledger: FindingLedger) -> list[tuple[str, str, bytes, int]]:
    return [
        (one.request.method, one.request.path, one.request.body, one.response.status)
        for one in ledger.exchanges
    ]


def row(name: str, *ours: frozenset[str]) -> PowerRow:
    return PowerRow(
        KNOWN[name], tuple(Measurement(name, seed, ours=found) for seed, found in enumerate(ours))
    )


def run_of(*rows: PowerRow) -> PowerRun:
    return PowerRun(rows, (0, 1), 24, (0,))


@pytest.fixture(scope="module")
def two_faults() -> list[Measurement]:
    """One that Schemathesis finds, and one that only sequences find."""
    names = ("payt-refuses-all-for-one", "payt-keeps-a-refused-one")
    faults = [replace(KNOWN[name], operations=("postV1Invoices", "getV1InvoicesId")) for name in names]
    return measure(faults, MeasuringRun(seed=7, max_examples=4, stops_at_first=True))


def test_a_server_gets_the_same_calls_beside_others_as_alone() -> None:
    api, alone = load_vendor_api("payt"), FindingLedger(keeps_exchanges=True)
    together = [FindingLedger(keeps_exchanges=True) for _ in range(2)]
    with payt() as one, payt() as two, payt() as three:
        runner.run_phases(api, one, EFFORT, alone, (runner.FUZZING_PHASE,))
        fuzz_servers(api, [FuzzedServer(two, together[0]), FuzzedServer(three, together[1])], EFFORT)

    assert [calls(ledger) for ledger in together] == [calls(alone)] * 2


def test_the_finders_of_each_fault_are_told_for_schemathesis_and_for_ours(
    two_faults: list[Measurement],
) -> None:
    found_by_both, found_by_ours = two_faults

    assert "answers-match-the-spec" in found_by_both.plain & found_by_both.ours
    assert not found_by_ours.plain
    assert "rejected-leave-no-trace" in found_by_ours.ours
    assert not any(one.false or one.crashed for one in two_faults)


def test_where_schemathesis_is_left_out_the_other_phases_find_a_fault() -> None:
    run = MeasuringRun(seed=7, max_examples=4, stops_at_first=True, has_plain=False)

    (found,) = measure([KNOWN["payt-refuses-all-for-one"]], run)

    assert found.ours
    assert not found.plain


def test_a_fault_of_lists_is_looked_for_by_the_checks_of_lists_first() -> None:
    run = MeasuringRun(seed=7, max_examples=1, stops_at_first=True, has_plain=False)

    (found,) = measure([KNOWN["vba-pages-lose-their-last-row"]], run)

    assert found.ours
    assert found.ours <= set(checks_of("lists"))


def test_a_fault_that_breaks_the_suite_is_no_fault_that_was_found() -> None:
    broken = PowerRow(
        KNOWN["payt-is-blind"], (Measurement("payt-is-blind", 0, ours=FOUND, crashed="KeyError: 1"),)
    )

    assert not broken.is_caught
    assert "The suite broke: payt-is-blind at seed 0: KeyError: 1" in "\n".join(as_markdown(run_of(broken)))


def test_a_run_is_good_when_every_fault_was_found_at_every_seed() -> None:
    assert run_of(row("payt-is-blind", FOUND, FOUND)).is_good
    assert not run_of(row("payt-is-blind", FOUND, MISSED)).is_good


def test_a_right_server_that_is_blamed_spoils_the_run() -> None:
    blamed = PowerRow(KNOWN["payt-is-blind"], (Measurement("payt-is-blind", 0, ours=FOUND, false=FOUND),))

    assert not run_of(blamed).is_good


def test_what_was_missed_stands_at_the_top_with_the_seeds() -> None:
    rows = (row("payt-is-blind", FOUND, FOUND), row("xero-is-blind", FOUND, MISSED))
    first, second = [line for line in as_markdown(run_of(*rows)) if "-is-blind" in line]

    assert "| xero | xero-is-blind | items |" in first
    assert "| 0, **not 1** |" in first
    assert "| payt | payt-is-blind | items |" in second


def test_the_time_is_that_of_all_parts_also_of_those_of_an_earlier_run() -> None:
    rows = [
        PowerRow(
            KNOWN["payt-is-blind"], tuple(Measurement("payt-is-blind", seed, seconds=1.5) for seed in (7, 8))
        )
    ]

    assert run_of(*rows).seconds == 3.0


def test_the_document_names_the_finders_at_each_seed() -> None:
    told = as_document(run_of(row("payt-is-blind", FOUND, MISSED)))["faults"]

    assert told[0]["found_at"] == [0]
    assert told[0]["found_by"] == {"0": ["count-is-processed"], "1": []}


def test_a_run_that_was_ended_goes_on_where_it_was(tmp_path: Path) -> None:
    kept = tmp_path / "parts.jsonl"
    ResultsFile(kept, "of this code").add([Measurement("payt-is-blind", 7, ours=FOUND)])
    with kept.open("a", encoding="utf-8") as file:
        file.write('{"fault": "cut wh')
    later = ResultsFile(kept, "of this code")
    later.add([Measurement("payt-is-blind", 8)])

    assert [(one.seed, one.ours) for one in later.measured()] == [(7, FOUND), (8, MISSED)]


@pytest.mark.parametrize("anew", [True, False])
def test_results_of_other_code_or_of_a_run_that_is_left_out_are_dropped(
    tmp_path: Path, *, anew: bool
) -> None:
    kept = tmp_path / "parts.jsonl"
    ResultsFile(kept, "of that code").add([Measurement("payt-is-blind", 7, ours=FOUND)])

    later = ResultsFile(kept, "of that code" if anew else "of this code", anew=anew)

    assert list(later.measured()) == []


def test_a_part_holds_faults_of_one_vendor_and_the_same_operations_and_none_that_is_done() -> None:
    run, first = MeasuringRun(7, 2), FAULTS[0]
    parts = list(power.parts_of(FAULTS, [run], [(first.id, 7)]))

    assert sorted(name for _, names in parts for name in names) == sorted(KNOWN.keys() - {first.id})
    assert all(len({operations(KNOWN[name]) for name in names}) == 1 for _, names in parts)


def operations(fault: PlantedFault) -> tuple[str, tuple[str, ...]]:
    return fault.vendor, fault.operations
