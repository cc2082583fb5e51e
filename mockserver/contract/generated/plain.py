"""Anybody's spec, OpenAPI 3.0 or 3.1: what Schemathesis makes of it by itself, told as all findings are."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from mockserver.contract.effort import Effort
from mockserver.contract.finding import Ledger
from mockserver.contract.generated import each, schemas
from mockserver.contract.generated.caller import Caller, Errand
from mockserver.contract.target import Target


def run(
    file: Path,
    target: Target,
    effort: Effort,
    ledger: Ledger,
    credentials: Mapping[str, Mapping[str, str]] | None = None,
) -> None:
    """Call every operation that the spec has; `credentials` are by security scheme.

    Raises:
        LoaderError: Schemathesis cannot read the spec.
        Unreachable: the target does not answer.
    """
    schema = schemas.plain(file, target.address.url, effort, credentials or {})
    errand = Errand(target, effort, ledger)
    each(schema, Caller(schema, errand), errand)
