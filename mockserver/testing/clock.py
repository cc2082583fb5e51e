"""The clock of a sandbox."""

from __future__ import annotations

from datetime import datetime, timedelta
from fractions import Fraction

from mockserver.clock import parse_instant, print_instant
from mockserver.testing.control import Within


class Clock:
    """The time that the sandbox has: tokens, keys and quota windows end by it.

    `advance` is what a client under test can be given to sleep with.
    """

    def __init__(self, within: Within) -> None:
        self._within = within
        self._rest = Fraction(0)

    @property
    def now(self) -> datetime:
        """What it shows, in UTC."""
        return self._instant("GET", "")

    def freeze(self, at: datetime | str | None = None) -> datetime:
        """Let it stand at `at`, or where it is; what it shows.

        Raises:
            NotDone: `at` is no instant at which a clock may stand.
        """
        instant = print_instant(_utc(at)) if isinstance(at, datetime) else at
        return self._instant("POST", "/freeze", {} if instant is None else {"at": instant})

    def advance(self, seconds: float | timedelta) -> datetime:
        """Move it on; what it shows. Parts of a second add up until they are one.

        Raises:
            NotDone: it would go back, or beyond the year 9998.
        """
        ahead = seconds.total_seconds() if isinstance(seconds, timedelta) else seconds
        whole, self._rest = divmod(self._rest + Fraction(ahead), 1)
        return self._instant("POST", "/advance", {"seconds": int(whole)})

    def thaw(self) -> datetime:
        """Let it be the machine's again; what it shows."""
        return self._instant("POST", "/thaw")

    def _instant(self, method: str, below: str, body: dict[str, object] | None = None) -> datetime:
        return parse_instant(str(self._within.ask(method, f"/clock{below}", body)["now"]))


def _utc(moment: datetime) -> datetime:
    """One without a zone is UTC, as in every instant of the mock's."""
    return parse_instant(moment.isoformat())
