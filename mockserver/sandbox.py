"""Sandboxes: isolated worlds by name, each with its own seed and clock, made from the fixtures."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from functools import partial
from typing import TypeVar

from mockserver.assumption import ASSUMPTIONS
from mockserver.clock import ClockSettings
from mockserver.errors import UnknownSandbox
from mockserver.model import Document
from mockserver.quota import COLLECTION as QUOTAS
from mockserver.store import OWN, State, Store, Tables, Whole

T = TypeVar("T")

DEFAULT = "default"
NAME = re.compile(r"[a-z0-9-]{1,64}")
_BOOKKEEPING = frozenset({"sequences", ASSUMPTIONS, QUOTAS})


@dataclass(frozen=True, slots=True)
class Settings:
    """How a sandbox begins.

    Its clock stands at `frozen`, an ISO instant, or with None is the system's; `assumptions` are the
    positions of switches that are not in their default one, by `vendor.name`.
    """

    name: str
    seed: int = 0
    frozen: str | None = None
    empty: bool = False
    assumptions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Shown:
    """A sandbox as it is now: how it began, its clock and what that shows, how many documents it holds.

    `assumptions` are the switches that it has turned, by `vendor.name`.
    """

    settings: Settings
    clock: ClockSettings
    now: datetime
    records: int
    assumptions: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Sandboxes:
    """All sandboxes of this server; a vendor's call makes the one that it names, a control call does not.

    One begins with the `fixtures`, an empty one with what is `standing`: credentials, tenants, code lists;
    and with the switches as `assumed`, by `vendor.name`, unless it says otherwise.
    """

    store: Store
    fixtures: Tables
    standing: Tables
    assumed: Mapping[str, str] = field(default_factory=dict)

    def transact(self, name: str, scope: str, work: Callable[[State], T]) -> T:
        """Run `work` in the sandbox, which is made if it is not there."""
        try:
            return self.store.transact(name, scope, work)
        except UnknownSandbox:
            self.create(Settings(name))
            return self.store.transact(name, scope, work)

    def create(self, settings: Settings) -> bool:
        """Make a sandbox; False, and nothing done, when it is there."""
        return self.store.create(settings.name, lambda whole: whole.load(self._genesis(settings)))

    def reset(self, name: str) -> Settings:
        """Back to the beginning: fixtures, seed and clock as at creation.

        Raises:
            UnknownSandbox: there is none of that name.
        """

        def work(whole: Whole) -> Settings:
            settings = _settings(name, whole)
            whole.load(self._genesis(settings))
            return settings

        return self.store.control(name, work)

    def show(self, name: str) -> Shown:
        """A sandbox as it is now.

        Raises:
            UnknownSandbox: there is none of that name.
        """

        def work(whole: Whole) -> Shown:
            tables = whole.tables()
            records = [
                len(documents)
                for scope, collections in tables.items()
                for name, documents in collections.items()
                if scope != OWN and name not in _BOOKKEEPING
            ]
            clock = ClockSettings(**tables[OWN]["settings"]["clock"])
            return Shown(_settings(name, whole), clock, whole.now, sum(records), _positions(tables))

        return self.store.control(name, work)

    def dump(self, name: str) -> Tables:
        """Everything that the sandbox holds, by scope, collection and key.

        Raises:
            UnknownSandbox: there is none of that name.
        """
        return self.store.control(name, lambda whole: whole.tables())

    def set_clock(self, name: str, change: Callable[[datetime, ClockSettings], ClockSettings]) -> None:
        """Set the sandbox's clock to what `change` makes of what it shows and how it is set.

        Raises:
            UnknownSandbox: there is none of that name.
        """

        def work(whole: Whole) -> None:
            settings = whole.collection("settings", "")
            clock = change(whole.now, ClockSettings(**settings["clock"]))
            settings["clock"] = asdict(clock)

        self.store.control(name, work)

    def assume(self, name: str, positions: Mapping[str, str | None]) -> None:
        """Turn switches, by `vendor.name`; None turns one back to its default.

        Raises:
            UnknownSandbox: there is none of that name.
        """
        for vendor, turned in _by_vendor(positions).items():
            self.store.transact(name, f"{vendor}/", partial(_turn, turned))

    def delete(self, name: str) -> None:
        """Drop the sandbox.

        Raises:
            UnknownSandbox: there is none of that name.
        """
        self.store.delete(name)

    def _genesis(self, settings: Settings) -> Tables:
        own: Mapping[str, Document] = {
            "seed": {"value": settings.seed},
            "clock": asdict(ClockSettings(settings.frozen)),
            "beginning": {
                "seed": settings.seed,
                "frozen": settings.frozen,
                "empty": settings.empty,
                "assumptions": settings.assumptions,
            },
        }
        tables = {OWN: {"settings": own}, **(self.standing if settings.empty else self.fixtures)}
        for vendor, turned in _by_vendor({**self.assumed, **settings.assumptions}).items():
            documents = {switch: _turned(switch, position) for switch, position in turned.items() if position}
            tables[f"{vendor}/"] = {**tables.get(f"{vendor}/", {}), ASSUMPTIONS: documents}
        return tables


def is_name(text: str) -> bool:
    """Whether `text` may name a sandbox."""
    return NAME.fullmatch(text) is not None


def _positions(tables: Tables) -> Mapping[str, str]:
    return {
        f"{scope.removesuffix('/')}.{switch}": document["position"]
        for scope, collections in tables.items()
        for switch, document in collections.get(ASSUMPTIONS, {}).items()
    }


def _by_vendor(positions: Mapping[str, str | None]) -> Mapping[str, Mapping[str, str | None]]:
    found: dict[str, dict[str, str | None]] = {}
    for full_name, position in positions.items():
        vendor, _, switch = full_name.partition(".")
        found.setdefault(vendor, {})[switch] = position
    return found


def _turn(positions: Mapping[str, str | None], state: State) -> None:
    turned = state.collection(ASSUMPTIONS, "")
    for switch, position in positions.items():
        if position is not None:
            turned[switch] = _turned(switch, position)
        elif switch in turned:
            del turned[switch]


def _turned(switch: str, position: str) -> Document:
    return {"name": switch, "position": position}


def _settings(name: str, whole: Whole) -> Settings:
    beginning = whole.tables()[OWN]["settings"]["beginning"]
    return Settings(name, **beginning)
