"""Sandboxes: settings, creation, reset, deletion, transactions, expiry after idle time."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import datetime
from functools import partial
from threading import Lock
from typing import Protocol, TypeVar

from msgspec import field
from msgspec.structs import asdict

from mockserver.errors import TooManySandboxesError, UnknownSandboxError
from mockserver.model import EMPTY, Document, Value
from mockserver.sandbox import assumptions as sandbox_assumptions
from mockserver.sandbox import scenarios as sandbox_scenarios
from mockserver.sandbox import snapshots
from mockserver.sandbox.assumptions import ASSUMPTIONS_COLLECTION
from mockserver.sandbox.clock import Clock, ClockSettings, system_clock
from mockserver.sandbox.deliveries import has_waiting
from mockserver.sandbox.quota import QUOTAS
from mockserver.sandbox.scenarios import SCENARIOS
from mockserver.sandbox.store import SANDBOX_SCOPE, CallState, SandboxState, Store, Tables

DEFAULT_SANDBOX = "default"
MAX_SANDBOXES = 1000

SETTINGS = "settings"
"""Collection of three documents: `seed`, `clock`, and `beginning` with the sandbox's initial settings."""

T = TypeVar("T")
SANDBOX_NAME = re.compile(r"[a-z0-9-]{1,64}")
_UNCOUNTED_COLLECTIONS = frozenset({"sequences", ASSUMPTIONS_COLLECTION, QUOTAS})


class UseTimes(Protocol):
    """Time of the last use of each sandbox, by name."""

    def add(self, name: str, used: datetime) -> bool:
        """Add a sandbox. If the sandbox exists, change nothing and return False."""

    def touch(self, name: str, used: datetime) -> None:
        """Note the use of a sandbox, if it exists."""

    def remove(self, name: str) -> None:
        """Forget a sandbox, if it exists."""

    def find(self, name: str) -> datetime | None:
        """Return the time of a sandbox's last use; None if the sandbox does not exist."""

    def has(self, name: str) -> bool:
        """Return whether a sandbox exists. True may be outdated, because other workers delete sandboxes."""

    def names(self) -> list[str]:
        """Return the names of all sandboxes."""


class MemoryUseTimes:
    def __init__(self) -> None:
        self._used: dict[str, datetime] = {}

    def add(self, name: str, used: datetime) -> bool:
        if name in self._used:
            return False
        self._used[name] = used
        return True

    def touch(self, name: str, used: datetime) -> None:
        if name in self._used:
            self._used[name] = used

    def remove(self, name: str) -> None:
        self._used.pop(name, None)

    def find(self, name: str) -> datetime | None:
        return self._used.get(name)

    def has(self, name: str) -> bool:
        return name in self._used

    def names(self) -> list[str]:
        return list(self._used)


class IdleTracker:
    """Registry of sandboxes and their last use.

    A sandbox, except the default, expires after `idle_seconds` without a call; None means never. `used`
    stores the times of use; None stores them in this process.
    """

    def __init__(
        self,
        clock: Clock = system_clock,
        idle_seconds: int | None = None,
        max_sandboxes: int = MAX_SANDBOXES,
        used: UseTimes | None = None,
    ) -> None:
        self._clock, self._idle_seconds, self._max_sandboxes = clock, idle_seconds, max_sandboxes
        self._used: UseTimes = used or MemoryUseTimes()
        self._lock = Lock()

    def add(self, name: str) -> bool:
        """Add a sandbox; return False if it exists. Raises TooManySandboxesError."""
        with self._lock:
            if self._used.find(name) is not None:
                return False
            if len(self._used.names()) >= self._max_sandboxes:
                raise TooManySandboxesError(self._max_sandboxes)
            return self._used.add(name, self._clock())

    def is_present(self, name: str) -> bool:
        return self._used.has(name)

    def touch(self, name: str) -> None:
        with self._lock:
            self._used.touch(name, self._clock())

    def forget(self, name: str) -> None:
        with self._lock:
            self._used.remove(name)

    def last_use(self, name: str) -> datetime | None:
        return self._used.find(name)

    def idle_seconds(self, name: str) -> int:
        """Return the whole seconds since the last use; 0 for an unknown sandbox."""
        used = self.last_use(name)
        return 0 if used is None else max(0, int((self._clock() - used).total_seconds()))

    def is_expired(self, name: str) -> bool:
        if self._idle_seconds is None or name == DEFAULT_SANDBOX:
            return False
        return self.idle_seconds(name) >= self._idle_seconds

    def expired(self) -> list[str]:
        return [name for name in self._used.names() if self.is_expired(name)]


class Settings(Value, frozen=True):
    """Initial settings of a sandbox."""

    name: str
    seed: int = 0
    frozen: str | None = None
    """ISO instant at which the clock stands; None if the clock is the machine's."""
    empty: bool = False
    assumptions: Mapping[str, str] = field(default_factory=dict)
    """Values that differ from the defaults, by `vendor.name`."""
    scenarios: tuple[Document, ...] = ()
    """The armed scenarios, oldest first."""


def initial_tables(
    settings: Settings,
    fixtures: Tables,
    default_assumptions: Mapping[str, str],
    default_scenarios: Iterable[Document] = (),
) -> Tables:
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
    own = {scenario["name"] for scenario in settings.scenarios}
    chosen = [
        *(scenario for scenario in default_scenarios if scenario["name"] not in own),
        *settings.scenarios,
    ]
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


class SandboxStatus(Value, frozen=True):
    """Description of a sandbox at one moment."""

    settings: Settings
    clock: ClockSettings
    now: datetime
    records: int
    assumptions: Mapping[str, str]
    """The overridden values, by `vendor.name`."""
    idle_seconds: int
    """Seconds since the last use, by the machine's clock."""


_DEFAULT_SETTINGS = Settings(DEFAULT_SANDBOX)


class Sandboxes(Value, frozen=True):
    """The sandboxes of this server. `transact` creates a missing sandbox; `control` raises an error."""

    store: Store
    fixtures: Tables
    """Initial records of a sandbox, unless it is created empty."""
    kept_when_empty: Tables
    """Initial records of a sandbox that is created empty: credentials, tenants, code lists."""
    default_assumptions: Mapping[str, str] = field(default_factory=dict)
    """Values by `vendor.name`; the settings of a sandbox override them."""
    idle_tracker: IdleTracker = field(default_factory=IdleTracker)
    on_end: Callable[[str], None] = lambda _name: None
    """Called with the name of each sandbox that is deleted or expires."""
    on_owed: Callable[[str], object] = lambda _name: None
    """Called with the name of a sandbox that owes deliveries after `control`, maybe since this moment."""
    default_scenarios: tuple[Document, ...] = ()
    """Scenarios that are armed in each new sandbox, as if older than the scenarios of its settings."""
    default_settings: Settings = _DEFAULT_SETTINGS
    """Settings of the sandbox `default`."""

    def enter(self, name: str) -> None:
        """If the sandbox was idle for too long, let it expire; otherwise note its use."""
        if self.idle_tracker.is_expired(name):
            self._expire([name])
        self.idle_tracker.touch(name)

    def transact(self, name: str, scope: str, work: Callable[[CallState], T]) -> T:
        """Run `work` in the sandbox; create a missing sandbox first. Raises TooManySandboxesError."""
        while True:
            try:
                return self.store.transact(name, scope, work)
            except UnknownSandboxError:  # it is not created yet, or another call has deleted it
                self.create(self._settings_of(name))

    def transact_or_discard(
        self, name: str, scope: str, work: Callable[[CallState], T], *, create: bool
    ) -> T:
        """Run `work` like `transact`, unless that would create one sandbox too many.

        In that case, raise TooManySandboxesError if `create` is true; otherwise run `work` like `discard`.
        """
        try:
            return self.transact(name, scope, work)
        except TooManySandboxesError:
            if create:
                raise
            return self.discard(name, scope, work)

    def discard(self, name: str, scope: str, work: Callable[[CallState], T]) -> T:
        """Run `work` in a temporary sandbox that has the initial state of a sandbox called `name`."""
        return self.store.run_discarded(self._fill(self._settings_of(name)), scope, work)

    def control(self, name: str, work: Callable[[SandboxState], T]) -> T:
        """Run `work` on the whole sandbox. Raises UnknownSandboxError."""
        self.enter(name)
        made, owes = self.store.control(name, lambda whole: (work(whole), has_waiting(whole)))
        if owes:
            self.on_owed(name)
        return made

    def create(self, settings: Settings) -> bool:
        """Create a sandbox. If it exists, change nothing and return False. Raises TooManySandboxesError."""
        self._expire(self.idle_tracker.expired())
        is_new = self.idle_tracker.add(settings.name)
        try:
            return self.store.create(settings.name, self._fill(settings))
        except BaseException:
            if is_new:
                self.idle_tracker.forget(settings.name)
            raise

    def reset(self, name: str) -> Settings:
        """Restore the initial records, seed, clock, assumptions and scenarios. Snapshots are not changed.

        Raises UnknownSandboxError.
        """

        def work(whole: SandboxState) -> Settings:
            settings = read_settings(name, whole)
            snapshots.load_tables(whole, self.initial_tables(settings))
            return settings

        settings = self.control(name, work)
        self.store.forget_calls(name)
        return settings

    def names(self) -> list[str]:
        self._expire(self.idle_tracker.expired())
        return self.store.names()

    def check_exists(self, name: str) -> None:
        """Raise `UnknownSandboxError` unless the sandbox exists."""
        self.control(name, lambda _whole: None)

    def show(self, name: str) -> SandboxStatus:
        """Return the status of a sandbox; this does not count as a use. Raises UnknownSandboxError."""

        def work(whole: SandboxState) -> SandboxStatus:
            tables = whole.view()
            return SandboxStatus(
                read_settings(name, whole),
                ClockSettings(**tables[SANDBOX_SCOPE][SETTINGS]["clock"]),
                whole.now,
                count_records(tables),
                sandbox_assumptions.overridden_values(tables),
                self.idle_tracker.idle_seconds(name),
            )

        self._expire([name])
        return self.store.control(name, work)

    def dump(self, name: str) -> Tables:
        """Return the contents of the sandbox by scope, collection and key, without snapshots.

        Raises UnknownSandboxError.
        """
        return self.control(name, snapshots.dump_tables)

    def set_clock(self, name: str, change: Callable[[datetime, ClockSettings], ClockSettings]) -> None:
        """Set the clock to the settings that `change` returns for the clock's present time and settings.

        Raises UnknownSandboxError.
        """

        def work(whole: SandboxState) -> None:
            settings = whole.collection(SETTINGS, "")
            settings["clock"] = asdict(change(whole.now, ClockSettings(**settings["clock"])))

        self.control(name, work)

    def assume(self, name: str, values: Mapping[str, str | None]) -> None:
        """Override assumptions by `vendor.name`; the value None restores a default.

        Raises UnknownSandboxError.
        """
        self.enter(name)
        for vendor, chosen in sandbox_assumptions.group_by_vendor(values).items():
            self.store.transact(name, f"{vendor}/", partial(sandbox_assumptions.override_values, chosen))
        self.store.control(name, lambda _whole: None)  # else the change would belong to the next call

    def delete(self, name: str) -> None:
        """If the sandbox is the default, restore its initial state without snapshots; otherwise delete it.

        Raises UnknownSandboxError.
        """
        self.enter(name)
        if name == DEFAULT_SANDBOX:
            self.store.control(
                name, lambda whole: whole.load(self.initial_tables(read_settings(name, whole)))
            )
            self.store.forget_calls(name)
            self.on_end(name)
        else:
            self._end(name)

    def initial_tables(self, settings: Settings) -> Tables:
        fixtures = self.kept_when_empty if settings.empty else self.fixtures
        return initial_tables(settings, fixtures, self.default_assumptions, self.default_scenarios)

    def _settings_of(self, name: str) -> Settings:
        return self.default_settings if name == DEFAULT_SANDBOX else Settings(name)

    def _fill(self, settings: Settings) -> Callable[[SandboxState], None]:
        return lambda whole: whole.load(self.initial_tables(settings))

    def _expire(self, names: Iterable[str]) -> None:
        for name in names:
            last_used = self.idle_tracker.last_use(name)
            if self.idle_tracker.is_expired(name):
                with suppress(UnknownSandboxError):  # another call has just deleted it
                    self._end(name, last_used)

    def _end(self, name: str, last_used: datetime | None = None) -> None:
        self.idle_tracker.forget(name)
        self.store.delete(name, last_used)
        self.on_end(name)


def is_sandbox_name(text: str) -> bool:
    return SANDBOX_NAME.fullmatch(text) is not None


def count_records(tables: Tables) -> int:
    """Return the number of documents of all vendors, without sequences, assumptions and counters of calls."""
    return sum(
        len(documents)
        for scope, collections in tables.items()
        for name, documents in collections.items()
        if scope != SANDBOX_SCOPE and name not in _UNCOUNTED_COLLECTIONS
    )
