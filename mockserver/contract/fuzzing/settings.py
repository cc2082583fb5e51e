"""Hypothesis settings of generated calls and sequences."""

from __future__ import annotations

from typing import Any

import hypothesis
from hypothesis import HealthCheck, Phase, Verbosity

from mockserver.contract.config import RunConfig


def hypothesis_settings(effort: RunConfig, **more: Any) -> hypothesis.settings:
    """Return the same comes every time, what breaks is made small, and nothing but the answers matters."""
    return hypothesis.settings(
        max_examples=effort.max_examples,
        database=None,
        deadline=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
        verbosity=Verbosity.quiet,
        print_blob=False,
        **more,
    )
