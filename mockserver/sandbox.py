"""Sandboxes: isolated worlds by name, each with its own seed and clock, made from the fixtures."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import datetime
from functools import partial
from typing import TypeVar

from mockserver import beginning, snapshots, turned
from mockserver.assumption import ASSUMPTIONS
from mockserver.beginning import SETTINGS, Settings, settings_of
from mockserver.clock import ClockSettings
from mockserver.errors import UnknownSandbox
from mockserver.presence import DEFAULT, Presence
from mockserver.quota import COLLECTION as QUOTAS
from mockserver.store import OWN, State, Store, Tables, Whole

__all__ = ["DEFAULT", "Sandboxes", "Settings", "Shown", "is_name", "record_count"]

T = TypeVar("T")

NAME = re.compile(r"[a-z0-9-]{1,64}")
_BOOKKEEPING = frozenset({"sequences", ASSUMPTIONS, QUOTAS})


@dataclass(frozen=True, slots=True)
class Shown:
    """A sandbox as it is now: how it began, its clock and what that shows, how many documents it holds.

    `assumptions` are the switches that it has turned, by `vendor.name`; `idle_seconds` of the machine's
    time have passed since it was last used.
    """

    settings: Settings
    clock: ClockSettings
    now: datetime
    records: int
    assumptions: Mapping[str, str]
    idle_seconds: int


def _nothing(_name: str) -> None:
    """Nobody wants to know that a sandbox ends."""


@dataclass(frozen=True, slots=True)
class Sandboxes:
    """All sandboxes of this server; a vendor's call makes the one that it names, a control call does not.

    One begins with the `fixtures`, an empty one with what is `standing`: credentials, tenants, code lists;
    and with the switches as `assumed`, by `vendor.name`, unless it says otherwise. `ended` hears the name of
    each that is dropped, by somebody or because it was idle for too long.
    """

    store: Store
    fixtures: Tables
    standing: Tables
    assumed: Mapping[str, str] = field(default_factory=dict)
    presence: Presence = field(default_factory=Presence)
    ended: Callable[[str], None] = _nothing

    def enter(self, name: str) -> None:
        """Note that the sandbox is used; one that was idle for too long ends first."""
        if self.presence.is_over(name):
            self._expire([name])
        self.presence.touch(name)

    def transact(self, name: str, scope: str, work: Callable[[State], T]) -> T:
        """Run `work` in the sandbox, which is made if it is not there.

        Raises:
            TooManySandboxes: it is not there, and no more may be.
        """
        try:
            return self.store.transact(name, scope, work)
        except UnknownSandbox:
            self.create(Settings(name))
            return self.store.transact(name, scope, work)

    def visit(self, name: str, scope: str, work: Callable[[State], T], *, create: bool) -> T:
        """As `transact`, but a sandbox that is not there is made only if `create` says so.

        Else `work` runs in one like it that nobody ever sees again.
        """
        try:
            return self.store.transact(name, scope, work)
        except UnknownSandbox:
            if create:
                return self.transact(name, scope, work)
            return self.store.imagine(self._genesis(Settings(name)), scope, work)

    def control(self, name: str, work: Callable[[Whole], T]) -> T:
        """Run `work` on everything that the sandbox holds.

        Raises:
            UnknownSandbox: there is none of that name.
        """
        self.enter(name)
        return self.store.control(name, work)

    def create(self, settings: Settings) -> bool:
        """Make a sandbox; False, and nothing done, when it is there.

        Raises:
            TooManySandboxes: no more may be, and none has been idle for too long.
        """
        self._expire(self.presence.over())
        is_new = self.presence.admit(settings.name)
        try:
            return self.store.create(settings.name, self._genesis(settings))
        except BaseException:
            if is_new:
                self.presence.forget(settings.name)
            raise

    def reset(self, name: str) -> Settings:
        """Back to the beginning: fixtures, seed, clock, switches and scenarios as at creation.

        Snapshots stay. Raises UnknownSandbox where there is none of that name.
        """

        def work(whole: Whole) -> Settings:
            settings = settings_of(name, whole)
            snapshots.replace(whole, self.beginning(settings))
            return settings

        return self.control(name, work)

    def names(self) -> list[str]:
        """The names of all sandboxes, sorted; those that were idle for too long end first."""
        self._expire(self.presence.over())
        return self.store.names()

    def known(self, name: str) -> None:
        """Let pass the name of a sandbox that is there.

        Raises:
            UnknownSandbox: there is none of that name.
        """
        self.control(name, lambda _whole: None)

    def show(self, name: str) -> Shown:
        """A sandbox as it is now; to look at it is no use of it.

        Raises:
            UnknownSandbox: there is none of that name.
        """

        def work(whole: Whole) -> Shown:
            tables = whole.tables()
            return Shown(
                settings_of(name, whole),
                ClockSettings(**tables[OWN][SETTINGS]["clock"]),
                whole.now,
                record_count(tables),
                turned.positions(tables),
                self.presence.idle_seconds(name),
            )

        self._expire([name])
        return self.store.control(name, work)

    def dump(self, name: str) -> Tables:
        """Everything that the sandbox holds, by scope, collection and key; but for its snapshots.

        Raises:
            UnknownSandbox: there is none of that name.
        """
        return self.control(name, snapshots.tables)

    def set_clock(self, name: str, change: Callable[[datetime, ClockSettings], ClockSettings]) -> None:
        """Set the sandbox's clock to what `change` makes of what it shows and how it is set.

        Raises:
            UnknownSandbox: there is none of that name.
        """

        def work(whole: Whole) -> None:
            settings = whole.collection(SETTINGS, "")
            settings["clock"] = asdict(change(whole.now, ClockSettings(**settings["clock"])))

        self.control(name, work)

    def assume(self, name: str, positions: Mapping[str, str | None]) -> None:
        """Turn switches, by `vendor.name`; None turns one back to its default.

        Raises:
            UnknownSandbox: there is none of that name.
        """
        self.enter(name)
        for vendor, chosen in turned.by_vendor(positions).items():
            self.store.transact(name, f"{vendor}/", partial(turned.turn, chosen))

    def delete(self, name: str) -> None:
        """Drop the sandbox; the default one begins anew, as the server was started, without snapshots.

        Raises:
            UnknownSandbox: there is none of that name.
        """
        self.enter(name)
        if name == DEFAULT:
            self.store.control(name, lambda whole: whole.load(self.beginning(settings_of(name, whole))))
            self.ended(name)
        else:
            self._end(name)

    def beginning(self, settings: Settings) -> Tables:
        """What a sandbox of these settings begins with."""
        fixtures = self.standing if settings.empty else self.fixtures
        return beginning.tables(settings, fixtures, self.assumed)

    def _genesis(self, settings: Settings) -> Callable[[Whole], None]:
        return lambda whole: whole.load(self.beginning(settings))

    def _expire(self, names: Iterable[str]) -> None:
        for name in names:
            if self.presence.is_over(name):
                with suppress(UnknownSandbox):  # somebody else was quicker
                    self._end(name)

    def _end(self, name: str) -> None:
        self.presence.forget(name)
        self.store.delete(name)
        self.ended(name)


def is_name(text: str) -> bool:
    """Whether `text` may name a sandbox."""
    return NAME.fullmatch(text) is not None


def record_count(tables: Tables) -> int:
    """How many documents of vendors the tables hold; what is counted for them is none."""
    return sum(
        len(documents)
        for scope, collections in tables.items()
        for name, documents in collections.items()
        if scope != OWN and name not in _BOOKKEEPING
    )
