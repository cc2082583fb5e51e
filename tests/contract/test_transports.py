"""Rules of retries, replays, lists and state: the same in process, over HTTP and through proxies."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import pytest

from mockserver.contract import runner
from mockserver.contract.api import ApiUnderTest
from mockserver.contract.isolation import NOTE, OTHER_BODY, REPLAY
from mockserver.contract.loading import load_vendor_api
from mockserver.contract.run_state import FindingLedger, RunConfig
from mockserver.contract.target import App, Target
from mockserver.server.application import Options, create_app
from tests.contract.planted_faults.catalogue import FAULTS as PLANTED
from tests.contract.planted_faults.wrappers import with_fault
from tests.contract.transports import REMOTE, STRIPPING, Transport, in_process, through
from tests.support.reverse_proxy import Habits

FAULTS = {one.id: one for one in PLANTED}
PAGES, LINKS = "pages-show-each-row-once", "page-links-lead-on"


@dataclass(frozen=True)
class Trial:
    """A fault, and the part of the suite that finds it: `checks` with `examples` at `operations`."""

    fault: str
    phase: str
    checks: tuple[str, ...]
    operations: tuple[str, ...]
    seed: int = 7
    examples: int = 2

    @property
    def vendor(self) -> str:
        return FAULTS[self.fault].vendor


REPLAYED = Trial(
    "xero-notes-twice",
    "fuzzing",
    (REPLAY,),
    ("createInvoiceHistory", "getInvoiceHistory"),
    examples=1,
)
REFUSED = Trial("guidewire-changes-again", "fuzzing", (REPLAY,), ("updateBulkInvoice",), examples=1)
KEYED = Trial(
    "xero-takes-a-key-with-another-body",
    "stateful",
    (OTHER_BODY,),
    ("createInvoices", "getInvoice"),
    examples=3,
)
LINKED = Trial(
    "guidewire-next-is-the-same-page", "stateful", (LINKS,), ("runBatch", "getBulkInvoices", "getBulkInvoice")
)
PAGED = Trial(
    "payt-cursor-skips-a-row", "stateful", (PAGES,), ("postV1Invoices", "getV1Invoices", "getV1InvoicesId")
)
STORED = Trial(
    "payt-keeps-a-refused-one",
    "stateful",
    ("rejected-leave-no-trace",),
    ("postV1Invoices", "getV1InvoicesId"),
    seed=9,
    examples=4,
)
TRIALS = [REPLAYED, REFUSED, KEYED, LINKED, PAGED, STORED]
NAMES = [one.fault for one in TRIALS]


@cache
def api_of(vendor: str) -> ApiUnderTest:
    return load_vendor_api(vendor)


def server(trial: Trial, *, is_right: bool) -> App:
    """A server with fresh records."""
    right = create_app(Options(vendors=(trial.vendor,), strict_auth=True))
    return right if is_right else with_fault(right, FAULTS[trial.fault].planted)


def run(trial: Trial, transport: Transport, *, is_right: bool = False) -> FindingLedger:
    """What the checks of the trial come to."""
    effort = RunConfig(
        trial.seed, trial.examples, frozenset(trial.checks), frozenset(trial.operations), shrinks=False
    )
    ledger = FindingLedger()
    with transport(server(trial, is_right=is_right), trial.vendor) as address, Target(address) as target:
        runner.run_phases(api_of(trial.vendor), target, effort, ledger, (trial.phase,))
    return ledger


@cache
def found_in_process(trial: Trial) -> list[object]:
    return told(run(trial, in_process))


def told(ledger: FindingLedger) -> list[object]:
    """Findings in full, with the calls that show them."""
    return [
        (
            one.operation,
            one.check,
            one.message,
            one.steps,
            [(call.request.path, call.response.status) for call in one.exchanges],
        )
        for one in ledger.findings
    ]


def checks(ledger: FindingLedger) -> list[str]:
    return sorted({one.check for one in ledger.findings})


@pytest.mark.few(3)
@pytest.mark.parametrize("way", REMOTE)
@pytest.mark.parametrize("trial", TRIALS, ids=NAMES)
def test_a_fault_is_found_in_the_same_words_whatever_is_between(trial: Trial, way: str) -> None:
    ledger = run(trial, REMOTE[way])

    assert checks(ledger) == sorted(trial.checks)
    assert told(ledger) == found_in_process(trial)


@pytest.mark.few(2)
@pytest.mark.parametrize("trial", TRIALS, ids=NAMES)
def test_nothing_is_found_at_the_right_server_behind_a_proxy(trial: Trial) -> None:
    ledger = run(trial, REMOTE["proxy"], is_right=True)

    assert told(ledger) == []
    assert {check for _, check in ledger.made} >= set(trial.checks)
    assert ledger.notes == []


@pytest.mark.few(1)
@pytest.mark.parametrize(("trial", "way"), [(REFUSED, "strict"), (PAGED, "strict"), (STORED, "half strict")])
def test_a_fault_is_found_where_a_proxy_drops_headers_of_ours(trial: Trial, way: str) -> None:
    faulty, right = run(trial, STRIPPING[way]), run(trial, STRIPPING[way], is_right=True)

    assert checks(faulty) == sorted(trial.checks)
    assert told(right) == []
    assert right.notes == [NOTE]


def test_a_keyed_call_that_a_proxy_makes_again_is_done_once() -> None:
    losing = through(Habits(retries=True, loses=b"idempotency-key"))

    ledger = run(REPLAYED, losing, is_right=True)

    assert told(ledger) == []
    assert ledger.made["createInvoiceHistory", REPLAY] > 0
