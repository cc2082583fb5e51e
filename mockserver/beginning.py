"""How a sandbox begins: its settings, and the tables that they come to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from mockserver import turned
from mockserver.assumption import ASSUMPTIONS
from mockserver.clock import ClockSettings
from mockserver.model import NOTHING, Document
from mockserver.scenario import shelf
from mockserver.scenario.records import SCENARIOS
from mockserver.store import OWN, Tables, Whole

SETTINGS = "settings"
"""The collection of a sandbox's seed, clock and beginning."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How a sandbox begins.

    Its clock stands at `frozen`, an ISO instant, or with None is the system's; `assumptions` are the
    positions of switches that are not in their default one, by `vendor.name`; `scenarios` the documents of
    those that are armed, oldest first.
    """

    name: str
    seed: int = 0
    frozen: str | None = None
    empty: bool = False
    assumptions: Mapping[str, str] = field(default_factory=dict)
    scenarios: tuple[Document, ...] = ()


def tables(settings: Settings, fixtures: Tables, assumed: Mapping[str, str]) -> Tables:
    """What a sandbox of these settings begins with: the fixtures, and switches as `assumed` or as it says."""
    made = {OWN: _own(settings), **fixtures}
    for vendor, chosen in turned.by_vendor({**assumed, **settings.assumptions}).items():
        kept = turned.documents(chosen)
        made[f"{vendor}/"] = {**made.get(f"{vendor}/", {}), ASSUMPTIONS: kept}
    return made


def settings_of(name: str, whole: Whole) -> Settings:
    """How the sandbox began."""
    kept = whole.collection(SETTINGS, "")["beginning"]
    return Settings(name, **{**kept, "scenarios": tuple(kept.get("scenarios", ()))})


def _own(settings: Settings) -> Mapping[str, Mapping[str, Document]]:
    beginning = {
        "seed": settings.seed,
        "frozen": settings.frozen,
        "empty": settings.empty,
        "assumptions": settings.assumptions,
        "scenarios": list(settings.scenarios),
    }
    armed = {one["name"]: shelf.record(one, order) for order, one in enumerate(settings.scenarios, 1)}
    return {
        SETTINGS: {
            "seed": {"value": settings.seed},
            "clock": asdict(ClockSettings(settings.frozen)),
            "beginning": beginning,
        },
        SCENARIOS: armed,
        "sequences": {SCENARIOS: {"last": len(armed)}} if armed else NOTHING,
    }
