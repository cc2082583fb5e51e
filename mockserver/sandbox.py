"""Sandboxes: isolated worlds by name, each with its own seed and clock, made from the fixtures."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from mockserver.errors import UnknownSandbox
from mockserver.model import Document
from mockserver.store import OWN, State, Store, Tables, Whole

T = TypeVar("T")

DEFAULT = "default"
NAME = re.compile(r"[a-z0-9-]{1,64}")


@dataclass(frozen=True, slots=True)
class Settings:
    """How a sandbox begins; its clock stands at `frozen`, an ISO instant, or with None is the system's."""

    name: str
    seed: int = 0
    frozen: str | None = None
    empty: bool = False


@dataclass(frozen=True, slots=True)
class Sandboxes:
    """All sandboxes of this server; a vendor's call makes the one that it names, a control call does not.

    One begins with the `fixtures`, an empty one with what is `standing`: credentials, tenants, code lists.
    """

    store: Store
    fixtures: Tables
    standing: Tables

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

    def show(self, name: str) -> tuple[Settings, int]:
        """A sandbox's settings and how many documents it holds.

        Raises:
            UnknownSandbox: there is none of that name.
        """

        def work(whole: Whole) -> tuple[Settings, int]:
            records = [
                len(documents)
                for scope, collections in whole.tables().items()
                for name, documents in collections.items()
                if scope != OWN and name != "sequences"
            ]
            return _settings(name, whole), sum(records)

        return self.store.control(name, work)

    def dump(self, name: str) -> Tables:
        """Everything that the sandbox holds, by scope, collection and key.

        Raises:
            UnknownSandbox: there is none of that name.
        """
        return self.store.control(name, lambda whole: whole.tables())

    def delete(self, name: str) -> None:
        """Drop the sandbox.

        Raises:
            UnknownSandbox: there is none of that name.
        """
        self.store.delete(name)

    def _genesis(self, settings: Settings) -> Tables:
        own: Mapping[str, Document] = {
            "seed": {"value": settings.seed},
            "clock": {"frozen": settings.frozen},
            "beginning": {"seed": settings.seed, "frozen": settings.frozen, "empty": settings.empty},
        }
        return {OWN: {"settings": own}, **(self.standing if settings.empty else self.fixtures)}


def is_name(text: str) -> bool:
    """Whether `text` may name a sandbox."""
    return NAME.fullmatch(text) is not None


def _settings(name: str, whole: Whole) -> Settings:
    beginning = whole.tables()[OWN]["settings"]["beginning"]
    return Settings(name, **beginning)
