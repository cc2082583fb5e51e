"""Every check there is, by its id, wherever it is made."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from mockserver.contract.finding import Check


@cache
def checks() -> Mapping[str, Check]:
    """All checks, in the order of a report."""
    from mockserver.contract import (
        checks,
        generated,  # noqa: PLC0415 - Schemathesis costs 0.1 s
    )
    from mockserver.contract.stories import checks as stories_checks  # noqa: PLC0415 - as Hypothesis

    return {**checks.CHECKS, **stories_checks.CHECKS, **generated.CHECKS}


def check(name: str) -> Check:
    """The check of that name; one that no table has is called by its name."""
    return checks().get(name) or Check(name, name.replace("-", " "), "calls", "")
