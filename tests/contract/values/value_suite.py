"""The part of the suite that compares values, on an application in this process."""

from __future__ import annotations

from mockserver.contract.loading import load_vendor_api
from mockserver.contract.oracle.checks import ExchangeJudge
from mockserver.contract.run_state import FindingLedger, RunConfig
from mockserver.contract.sequences.sequence import SequenceContext, batch_profiles_of
from mockserver.contract.target import App
from mockserver.contract.trial import Trial
from mockserver.contract.values.run import check_values
from tests.contract.suite import target


def compared(vendor: str, app: App, operations: tuple[str, ...], seed: int, examples: int) -> FindingLedger:
    """What comparing the values of these operations comes to."""
    api, ledger, wanted = load_vendor_api(vendor), FindingLedger(), RunConfig(seed, examples)
    judge = ExchangeJudge(api, wanted)
    with target(app, vendor) as one:
        for profile in batch_profiles_of(api):
            if profile.operation in operations and api.spec.operations[profile.operation].batch is not None:
                trial = Trial(api, one, wanted, ledger, judge)
                check_values(SequenceContext.begin(trial, profile, profile.operation))
    return ledger
