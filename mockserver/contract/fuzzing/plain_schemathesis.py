"""Run a spec without batches with Schemathesis' checks alone."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from mockserver.contract.config import RunConfig
from mockserver.contract.finding import FindingLedger
from mockserver.contract.fuzzing import schemas
from mockserver.contract.fuzzing.caller import CallCheck, Caller
from mockserver.contract.fuzzing.run import fuzz_operations
from mockserver.contract.target import Target


def run_schemathesis(
    file: Path,
    target: Target,
    effort: RunConfig,
    ledger: FindingLedger,
    credentials: Mapping[str, Mapping[str, str]] | None = None,
) -> None:
    """Call every operation that the spec has; `credentials` are by security scheme.

    Raises:
        LoaderError: Schemathesis cannot read the spec.
        TargetUnreachableError: the target does not answer.
    """
    schema = schemas.plain(file, target.address.url, effort, credentials or {})
    errand = CallCheck(target, effort, ledger)
    fuzz_operations(schema, Caller(schema, errand), errand)
