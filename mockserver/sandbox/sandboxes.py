"""Create, reset, show and delete sandboxes, and run transactions in them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import TypeVar

from msgspec.structs import asdict

from mockserver.errors import TooManySandboxesError, UnknownSandboxError
from mockserver.model import Document
from mockserver.sandbox import assumptions as sandbox_assumptions
from mockserver.sandbox import settings as sandbox_settings
from mockserver.sandbox import snapshots
from mockserver.sandbox.assumptions import ASSUMPTIONS_COLLECTION
from mockserver.sandbox.clock import ClockSettings
from mockserver.sandbox.idle import DEFAULT_SANDBOX, IdleTracker
from mockserver.sandbox.quota import QUOTAS
from mockserver.sandbox.settings import SETTINGS, Settings, read_settings
from mockserver.sandbox.store import SANDBOX_SCOPE, CallState, SandboxState, Store, Tables

__all__ = ["DEFAULT_SANDBOX", "SandboxStatus", "Sandboxes", "Settings", "count_records", "is_sandbox_name"]

T = TypeVar("T")

SANDBOX_NAME = re.compile(r"[a-z0-9-]{1,64}")
_UNCOUNTED_COLLECTIONS = frozenset({"sequences", ASSUMPTIONS_COLLECTION, QUOTAS})


@dataclass(frozen=True, slots=True)
class SandboxStatus:
    """Description of a sandbox: initial settings, clock and its time, number of documents.

    `assumptions` are the values that it overrides, by `vendor.name`; `idle_seconds` of the machine's
    time have passed since it was last used.
    """

    settings: Settings
    clock: ClockSettings
    now: datetime
    records: int
    assumptions: Mapping[str, str]
    idle_seconds: int


_DEFAULT_SETTINGS = Settings(DEFAULT_SANDBOX)


def _ignore_end(_name: str) -> None:
    """Ignore the end of a sandbox."""


@dataclass(frozen=True, slots=True)
class Sandboxes:
    """The sandboxes of this server; vendor calls create theirs on first use, control calls do not.

    A sandbox begins with the `fixtures`, an empty one with `kept_when_empty`: credentials, tenants, code
    lists; both with `default_assumptions`, by `vendor.name`, unless its settings differ, and with
    `default_scenarios` armed, before its own; the default sandbox has the `default_settings`. `on_end` is
    called with the name of each sandbox that is deleted or expires.
    """

    store: Store
    fixtures: Tables
    kept_when_empty: Tables
    default_assumptions: Mapping[str, str] = field(default_factory=dict)
    idle_tracker: IdleTracker = field(default_factory=IdleTracker)
    on_end: Callable[[str], None] = _ignore_end
    default_scenarios: tuple[Document, ...] = ()
    default_settings: Settings = _DEFAULT_SETTINGS

    def enter(self, name: str) -> None:
        """Note that the sandbox is used; one that was idle for too long ends first."""
        if self.idle_tracker.is_expired(name):
            self._expire([name])
        self.idle_tracker.touch(name)

    def transact(self, name: str, scope: str, work: Callable[[CallState], T]) -> T:
        """Run `work` in the sandbox, which is made if it is not there.

        Raises:
            TooManySandboxesError: it is not there, and no more may be.
        """
        while True:
            try:
                return self.store.transact(name, scope, work)
            except UnknownSandboxError:  # not yet, or no more: others may delete it at any moment
                self.create(self._settings_of(name))

    def transact_or_discard(
        self, name: str, scope: str, work: Callable[[CallState], T], *, create: bool
    ) -> T:
        """Run `work` like `transact`; without `create`, a sandbox too many is no error.

        Then `work` runs in a new sandbox that is discarded.

        Raises:
            TooManySandboxesError: with `create`, it is not there, and no more may be.
        """
        try:
            return self.transact(name, scope, work)
        except TooManySandboxesError:
            if create:
                raise
            return self.discard(name, scope, work)

    def discard(self, name: str, scope: str, work: Callable[[CallState], T]) -> T:
        """Run `work` in a sandbox as this one is at its beginning, which is discarded then."""
        return self.store.run_discarded(self._fill(self._settings_of(name)), scope, work)

    def control(self, name: str, work: Callable[[SandboxState], T]) -> T:
        """Run `work` on everything that the sandbox holds.

        Raises:
            UnknownSandboxError: there is none of that name.
        """
        self.enter(name)
        return self.store.control(name, work)

    def create(self, settings: Settings) -> bool:
        """Create a sandbox; return False, and change nothing, if it exists.

        Raises:
            TooManySandboxesError: no more may be, and none has been idle for too long.
        """
        self._expire(self.idle_tracker.over())
        is_new = self.idle_tracker.add(settings.name)
        try:
            return self.store.create(settings.name, self._fill(settings))
        except BaseException:
            if is_new:
                self.idle_tracker.forget(settings.name)
            raise

    def reset(self, name: str) -> Settings:
        """Restore fixtures, seed, clock, assumptions and scenarios as they were at creation; keep snapshots.

        Raises:
            UnknownSandboxError: there is none of that name.
        """

        def work(whole: SandboxState) -> Settings:
            settings = read_settings(name, whole)
            snapshots.load_tables(whole, self.initial_tables(settings))
            return settings

        settings = self.control(name, work)
        self.store.forget_calls(name)
        return settings

    def names(self) -> list[str]:
        """Return the names of all sandboxes, sorted; those that were idle for too long end first."""
        self._expire(self.idle_tracker.over())
        return self.store.names()

    def check_exists(self, name: str) -> None:
        """Raise `UnknownSandboxError` unless the sandbox exists.

        Raises:
            UnknownSandboxError: there is none of that name.
        """
        self.control(name, lambda _whole: None)

    def show(self, name: str) -> SandboxStatus:
        """Return a sandbox as it is now; to look at it is no use of it.

        Raises:
            UnknownSandboxError: there is none of that name.
        """

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
        """Return everything that the sandbox holds, by scope, collection and key; but for its snapshots.

        Raises:
            UnknownSandboxError: there is none of that name.
        """
        return self.control(name, snapshots.dump_tables)

    def set_clock(self, name: str, change: Callable[[datetime, ClockSettings], ClockSettings]) -> None:
        """Change the sandbox's clock; `change` gets its time and its settings.

        Raises:
            UnknownSandboxError: there is none of that name.
        """

        def work(whole: SandboxState) -> None:
            settings = whole.collection(SETTINGS, "")
            settings["clock"] = asdict(change(whole.now, ClockSettings(**settings["clock"])))

        self.control(name, work)

    def assume(self, name: str, values: Mapping[str, str | None]) -> None:
        """Override assumptions, by `vendor.name`; None restores a default.

        Raises:
            UnknownSandboxError: there is none of that name.
        """
        self.enter(name)
        for vendor, chosen in sandbox_assumptions.group_by_vendor(values).items():
            self.store.transact(name, f"{vendor}/", partial(sandbox_assumptions.override_values, chosen))
        self.store.control(name, lambda _whole: None)  # else the change would count as the next call's

    def delete(self, name: str) -> None:
        """Delete the sandbox; the default one is made anew as at the start of the server, without snapshots.

        Raises:
            UnknownSandboxError: there is none of that name.
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
        """Return what a sandbox of these settings begins with."""
        fixtures = self.kept_when_empty if settings.empty else self.fixtures
        return sandbox_settings.initial_tables(
            settings, fixtures, self.default_assumptions, self.default_scenarios
        )

    def _settings_of(self, name: str) -> Settings:
        return self.default_settings if name == DEFAULT_SANDBOX else Settings(name)

    def _fill(self, settings: Settings) -> Callable[[SandboxState], None]:
        return lambda whole: whole.load(self.initial_tables(settings))

    def _expire(self, names: Iterable[str]) -> None:
        for name in names:
            last_used = self.idle_tracker.last_use(name)
            if self.idle_tracker.is_expired(name):
                with suppress(UnknownSandboxError):  # somebody else was quicker
                    self._end(name, last_used)

    def _end(self, name: str, last_used: datetime | None = None) -> None:
        self.idle_tracker.forget(name)
        self.store.delete(name, last_used)
        self.on_end(name)


def is_sandbox_name(text: str) -> bool:
    """Return whether `text` may name a sandbox."""
    return SANDBOX_NAME.fullmatch(text) is not None


def count_records(tables: Tables) -> int:
    """Return how many documents of vendors the tables hold; what is counted for them is none."""
    return sum(
        len(documents)
        for scope, collections in tables.items()
        for name, documents in collections.items()
        if scope != SANDBOX_SCOPE and name not in _UNCOUNTED_COLLECTIONS
    )
