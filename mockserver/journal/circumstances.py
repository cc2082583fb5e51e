"""The sandbox that a recorded call needs: to send it again, and to hand it to somebody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from mockserver.clock import print_instant
from mockserver.journal.entry import Entry
from mockserver.model import Document
from mockserver.sandbox import Sandboxes, Settings
from mockserver.scenario.records import SCENARIOS
from mockserver.served import Served


def circumstances(entry: Entry, sandboxes: Sandboxes, served: Mapping[str, Served]) -> Settings:
    """How a sandbox begins in which the call meets what it met: seed, time, switches, rules.

    The clock stands where it was; what earlier calls left behind is not there, nor what they counted.

    Raises:
        UnknownSandbox: the call's sandbox is gone.
    """
    call = entry.call
    shown = sandboxes.show(call.sandbox)
    defaults = served[call.vendor].assumptions
    own = {
        f"{call.vendor}.{name}": position
        for name, position in call.assumptions.items()
        if position != defaults[name] or f"{call.vendor}.{name}" in sandboxes.assumed
    }
    others = {
        name: position
        for name, position in shown.assumptions.items()
        if not name.startswith(f"{call.vendor}.")
    }
    return replace(
        shown.settings,
        frozen=print_instant(call.now) if call.now else shown.settings.frozen,
        assumptions={**others, **own},
        scenarios=_applied(entry, sandboxes),
    )


def _applied(entry: Entry, sandboxes: Sandboxes) -> tuple[Document, ...]:
    """The documents of the sandbox's scenarios that bent the answer, oldest first."""
    stored = sandboxes.control(
        entry.call.sandbox, lambda whole: tuple(whole.collection(SCENARIOS, "").values())
    )
    names = {rule.partition("/")[0] for rule in entry.applied}
    kept = sorted((one for one in stored if one["name"] in names), key=lambda one: one["order"])
    return tuple(one["document"] for one in kept)
