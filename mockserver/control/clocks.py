"""The time that a sandbox has."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from mockserver.clock import LAST_YEAR, ClockSettings, clock_instant, print_instant
from mockserver.control.instants import instant
from mockserver.control.refusals import Impossible
from mockserver.model import Document
from mockserver.sandbox import Sandboxes, Shown


@dataclass(frozen=True, slots=True)
class ClockOperations:
    """A sandbox's clock: system, frozen, advanced, thawed. UnknownSandbox where there is none of the name."""

    sandboxes: Sandboxes

    def show_clock(self, name: str) -> Document:
        """What the sandbox's clock shows, and how it is set."""
        return clock(self.sandboxes.show(name))

    def freeze_clock(self, name: str, body: Document) -> Document:
        """Let the clock stand, at an instant or where it is.

        Raises:
            Impossible: `at` is no instant.
        """
        at = instant(body["at"], "/at") if "at" in body else None
        self.sandboxes.set_clock(name, lambda now, _clock: ClockSettings(at or print_instant(now)))
        return self.show_clock(name)

    def advance_clock(self, name: str, body: Document) -> Document:
        """Move the clock on, whether it stands or runs.

        Raises:
            Impossible: it would go beyond the last year.
        """

        def change(now: datetime, clock: ClockSettings) -> ClockSettings:
            seconds = int(body["seconds"])
            try:
                moved = clock_instant(print_instant(now + timedelta(seconds=seconds)))
            except (OverflowError, ValueError):
                raise Impossible("/seconds", f"the clock ends with the year {LAST_YEAR}") from None
            return ClockSettings(moved) if clock.frozen else ClockSettings(ahead=clock.ahead + seconds)

        self.sandboxes.set_clock(name, change)
        return self.show_clock(name)

    def thaw_clock(self, name: str) -> Document:
        """Let the clock be the machine's again."""
        self.sandboxes.set_clock(name, lambda _now, _clock: ClockSettings())
        return self.show_clock(name)


def clock(shown: Shown) -> Document:
    """A sandbox's clock as the contract has it."""
    settings = shown.clock
    return {
        "mode": "frozen" if settings.frozen else "system",
        "at": settings.frozen,
        "now": print_instant(shown.now),
        "aheadSeconds": settings.ahead,
    }
