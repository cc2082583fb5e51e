"""The control plane's operations, free of HTTP: sandboxes and journals (contract: specs/_control.yaml)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from mockserver import __version__
from mockserver.clock import ClockSettings, parse_instant, print_instant
from mockserver.errors import MockServerError, UnknownSandbox
from mockserver.journal import Journal
from mockserver.journal_view import short, whole
from mockserver.model import Document, Json
from mockserver.sandbox import DEFAULT, Sandboxes, Settings, Shown, is_name
from mockserver.served import Served
from mockserver.switches import UnknownPosition, check_positions, listed


class SandboxExists(MockServerError):
    """A sandbox of that name is there already."""


class UnknownEntry(MockServerError):
    """The journal has no entry of that number, or keeps it no longer."""


class Impossible(MockServerError):
    """The call is well-formed and asks for what cannot be; `pointer` is the member that does."""

    def __init__(self, pointer: str, detail: str) -> None:
        super().__init__(detail)
        self.pointer = pointer


@dataclass(frozen=True, slots=True)
class Control:
    """What an operator can ask for; a control call on an unknown sandbox creates nothing (design §8.18)."""

    sandboxes: Sandboxes
    journal: Journal
    served: tuple[Served, ...]

    def health(self) -> Document:
        """That the server is up, and what it serves."""
        return {"status": "ok", "version": __version__, "vendors": [one.name for one in self.served]}

    def vendors(self) -> Json:
        """The vendors: where they are mounted and what they can do."""
        return [
            {
                "name": vendor.name,
                "title": vendor.spec.document["info"]["title"],
                "mount": f"/{vendor.name}",
                "operations": list(vendor.spec.operations),
                "batches": [one.id for one in vendor.spec.operations.values() if one.batch],
            }
            for vendor in self.served
        ]

    def list_sandboxes(self) -> Json:
        """All sandboxes, by name."""
        return [self.show_sandbox(name) for name in self.sandboxes.store.names()]

    def create_sandbox(self, body: Document) -> Document:
        """Make a sandbox from the fixtures, or empty.

        Raises:
            SandboxExists: the name is taken.
            Impossible: `name` is no name, `freeze` no instant, or `assumptions` name no switch or position.
        """
        if not is_name(body["name"]):
            raise Impossible("/name", "a sandbox name is 1 to 64 of a-z, 0-9 and -")
        frozen = _instant(body["freeze"], "/freeze") if "freeze" in body else None
        assumptions = body.get("assumptions", {})
        self._check_positions(assumptions, "/assumptions")
        settings = Settings(body["name"], body.get("seed", 0), frozen, body.get("empty", False), assumptions)
        if not self.sandboxes.create(settings):
            raise SandboxExists(settings.name)
        return self.show_sandbox(settings.name)

    def show_sandbox(self, name: str) -> Document:
        """One sandbox.

        Raises:
            UnknownSandbox: there is none of that name.
        """
        shown = self.sandboxes.show(name)
        return {
            "name": name,
            "seed": shown.settings.seed,
            "clock": _clock(shown),
            "empty": shown.settings.empty,
            "assumptions": shown.assumptions,
            "records": shown.records,
            "calls": len(self.journal.entries(name)),
        }

    def delete_sandbox(self, name: str) -> None:
        """Drop a sandbox and its journal; the default one begins anew, as the server was started."""
        beginning = self.sandboxes.show(name).settings
        self.sandboxes.delete(name)
        self.journal.forget(name)
        if name == DEFAULT:
            self.sandboxes.create(beginning)

    def reset_sandbox(self, name: str) -> Document:
        """Back to the fixtures, journal and numbers too."""
        self.sandboxes.reset(name)
        self.journal.forget(name)
        return self.show_sandbox(name)

    def dump_sandbox(self, name: str) -> Json:
        """Everything that the sandbox holds."""
        return self.sandboxes.dump(name)

    def show_clock(self, name: str) -> Document:
        """What the sandbox's clock shows, and how it is set."""
        return _clock(self.sandboxes.show(name))

    def freeze_clock(self, name: str, body: Document) -> Document:
        """Let the clock stand, at an instant or where it is.

        Raises:
            Impossible: `at` is no instant.
        """
        at = _instant(body["at"], "/at") if "at" in body else None
        self.sandboxes.set_clock(name, lambda now, _clock: ClockSettings(at or print_instant(now)))
        return self.show_clock(name)

    def advance_clock(self, name: str, body: Document) -> Document:
        """Move the clock on, whether it stands or runs.

        Raises:
            Impossible: it would leave the year 9999.
        """

        def change(now: datetime, clock: ClockSettings) -> ClockSettings:
            seconds = body["seconds"]
            try:
                moved = print_instant(now + timedelta(seconds=seconds))
            except OverflowError:
                raise Impossible("/seconds", "the clock ends with the year 9999") from None
            return ClockSettings(moved) if clock.frozen else ClockSettings(ahead=clock.ahead + seconds)

        self.sandboxes.set_clock(name, change)
        return self.show_clock(name)

    def thaw_clock(self, name: str) -> Document:
        """Let the clock be the machine's again."""
        self.sandboxes.set_clock(name, lambda _now, _clock: ClockSettings())
        return self.show_clock(name)

    def list_assumptions(self, name: str) -> Json:
        """Every switch of every vendor, with the position that it has in the sandbox."""
        return listed(self.served, self.sandboxes.show(name).assumptions)

    def assume(self, name: str, body: Mapping[str, str | None]) -> Json:
        """Turn switches; None turns one back to its default.

        Raises:
            Impossible: there is no such switch or position; none was turned then.
        """
        self._known(name)
        self._check_positions(body, "")
        self.sandboxes.assume(name, body)
        return self.list_assumptions(name)

    def list_journal(self, name: str, last: int) -> Json:
        """The newest entries, oldest of them first, in short."""
        self._known(name)
        return [short(entry) for entry in self.journal.entries(name, last)]

    def clear_journal(self, name: str) -> None:
        """Forget all entries; numbers go on."""
        self._known(name)
        self.journal.clear(name)

    def show_entry(self, name: str, number: int) -> Document:
        """One entry, whole; credentials are masked.

        Raises:
            UnknownEntry: there is none of that number.
        """
        self._known(name)
        entry = self.journal.entry(name, number)
        if entry is None:
            raise UnknownEntry(f"journal of {name} has no entry {number}")
        return whole(entry)

    def _check_positions(self, positions: Mapping[str, str | None], pointer: str) -> None:
        try:
            check_positions(self.served, positions)
        except UnknownPosition as error:
            raise Impossible(f"{pointer}/{error.switch}", str(error)) from None

    def _known(self, name: str) -> None:
        if name not in self.sandboxes.store.names():
            raise UnknownSandbox(name)


def _clock(shown: Shown) -> Document:
    clock = shown.clock
    return {
        "mode": "frozen" if clock.frozen else "system",
        "at": clock.frozen,
        "now": print_instant(shown.now),
        "aheadSeconds": clock.ahead,
    }


def _instant(text: str, pointer: str) -> str:
    try:
        return print_instant(parse_instant(text))
    except ValueError:
        raise Impossible(pointer, f"{text} is no instant; write 2026-01-05T09:00:00Z") from None
