"""All checks by id, wherever they are made."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from mockserver.contract.finding import Check

RENAMED_CHECKS: Mapping[str, str] = {"not-a-server-error": "no-server-error"}
"""Ids of earlier versions, which still work, with the ids of today."""


@cache
def all_checks() -> Mapping[str, Check]:
    """Return all checks, in the order of a report."""
    from mockserver.contract.checks import CHECKS  # noqa: PLC0415 - imports Hypothesis, as do the others
    from mockserver.contract.fuzzing.run import FUZZING_CHECKS  # noqa: PLC0415
    from mockserver.contract.lists.checks import LIST_CHECKS  # noqa: PLC0415
    from mockserver.contract.sizes.checks import SIZE_CHECKS  # noqa: PLC0415
    from mockserver.contract.stateful.checks import STATEFUL_CHECKS  # noqa: PLC0415

    return {**CHECKS, **STATEFUL_CHECKS, **LIST_CHECKS, **SIZE_CHECKS, **FUZZING_CHECKS}


def current_id(name: str) -> str:
    """Return the id of today for an id that may be one of an earlier version."""
    return RENAMED_CHECKS.get(name, name)


def check_named(name: str) -> Check:
    """Return the check with that id; one that no table has is named after its id."""
    return all_checks().get(name) or Check(name, name.replace("-", " "), "calls", "")
