"""Settings of a sandbox at creation, and the tables that it begins with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from msgspec.structs import asdict

from mockserver.model import EMPTY, Document
from mockserver.sandbox import assumptions as sandbox_assumptions
from mockserver.sandbox import scenarios as sandbox_scenarios
from mockserver.sandbox.assumptions import ASSUMPTIONS_COLLECTION
from mockserver.sandbox.clock import ClockSettings
from mockserver.sandbox.scenarios import SCENARIOS
from mockserver.sandbox.store import SANDBOX_SCOPE, SandboxState, Tables

SETTINGS = "settings"
"""The collection of a sandbox's seed, clock and beginning."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Initial settings of a sandbox.

    Its clock stands at `frozen`, an ISO instant, or with None is the system's; `assumptions` are the
    values that differ from the defaults, by `vendor.name`; `scenarios` the documents of
    those that are armed, oldest first.
    """

    name: str
    seed: int = 0
    frozen: str | None = None
    empty: bool = False
    assumptions: Mapping[str, str] = field(default_factory=dict)
    scenarios: tuple[Document, ...] = ()


def initial_tables(
    settings: Settings,
    fixtures: Tables,
    default_assumptions: Mapping[str, str],
    default_scenarios: Iterable[Document] = (),
) -> Tables:
    """Return the initial tables of a sandbox: fixtures, assumptions, scenarios, clock."""
    own = {**fixtures.get(SANDBOX_SCOPE, EMPTY), **_sandbox_documents(settings, default_scenarios)}
    made = {**fixtures, SANDBOX_SCOPE: own}
    for vendor, chosen in sandbox_assumptions.group_by_vendor(
        {**default_assumptions, **settings.assumptions}
    ).items():
        collections = made.get(f"{vendor}/", EMPTY)
        kept = {
            **collections.get(ASSUMPTIONS_COLLECTION, EMPTY),
            **sandbox_assumptions.override_documents(chosen),
        }
        made[f"{vendor}/"] = {**collections, ASSUMPTIONS_COLLECTION: kept}
    return made


def read_settings(name: str, whole: SandboxState) -> Settings:
    """Return how the sandbox began."""
    kept = whole.collection(SETTINGS, "")["beginning"]
    return Settings(name, **{**kept, "scenarios": tuple(kept.get("scenarios", ()))})


def _sandbox_documents(
    settings: Settings, default_scenarios: Iterable[Document]
) -> Mapping[str, Mapping[str, Document]]:
    beginning = {
        "seed": settings.seed,
        "frozen": settings.frozen,
        "empty": settings.empty,
        "assumptions": settings.assumptions,
        "scenarios": list(settings.scenarios),
    }
    own = {one["name"] for one in settings.scenarios}
    chosen = [*(one for one in default_scenarios if one["name"] not in own), *settings.scenarios]
    armed = {
        one["name"]: sandbox_scenarios.scenario_record(one, order) for order, one in enumerate(chosen, 1)
    }
    return {
        SETTINGS: {
            "seed": {"value": settings.seed},
            "clock": asdict(ClockSettings(settings.frozen)),
            "beginning": beginning,
        },
        SCENARIOS: armed,
        "sequences": {SCENARIOS: {"last": len(armed)}} if armed else EMPTY,
    }
