"""Quotas of rules: fixed windows of the sandbox's clock, counted in the sandbox's own state."""

from __future__ import annotations

from collections.abc import Mapping

from mockserver.model import Document
from mockserver.scenario.model import Quota
from mockserver.scenario.records import COUNTERS
from mockserver.store import State


def used_up(quotas: Mapping[str, tuple[str, Quota]], state: State) -> tuple[str, int] | None:
    """The first rule whose quota lets no more in, and the whole seconds to wait for that.

    `quotas` are the rules' by rule, each under the name that it is counted by. Where all let the call in,
    each counts it, once.
    """
    counters = state.own(COUNTERS)
    counted: dict[str, Document] = {}
    for rule, (name, quota) in quotas.items():
        window, gone_ms = divmod(int(state.now.timestamp() * 1000), quota.window_ms)
        kept: Document = counters.get(name) or {}
        used: int = kept["used"] if kept.get("window") == window else 0
        if used >= quota.limit:
            return rule, -(-(quota.window_ms - gone_ms) // 1000)
        counted[name] = {"window": window, "used": used + 1}
    for name, count in counted.items():
        counters[name] = count
    return None
