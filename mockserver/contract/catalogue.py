"""Every check there is, by its id, wherever it is made."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from mockserver.contract.finding import Check


@cache
def all_checks() -> Mapping[str, Check]:
    """Return all checks, in the order of a report."""
    from mockserver.contract.checks import CHECKS  # noqa: PLC0415 - imports Hypothesis, as do the next two
    from mockserver.contract.fuzzing.run import FUZZING_CHECKS  # noqa: PLC0415
    from mockserver.contract.stateful.checks import STATEFUL_CHECKS  # noqa: PLC0415

    return {**CHECKS, **STATEFUL_CHECKS, **FUZZING_CHECKS}


def check_named(name: str) -> Check:
    """Return the check of that name; one that no table has is called by its name."""
    return all_checks().get(name) or Check(name, name.replace("-", " "), "calls", "")
