"""Show, freeze, advance or thaw the clock of a sandbox; list what expires by this clock."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from mockserver.codec.instants import parse_instant, print_instant
from mockserver.control.control_call import UnprocessableMemberError
from mockserver.control.state import named_collections
from mockserver.engine.idempotency import IDEMPOTENCY_COLLECTION
from mockserver.engine.registry import LoadedVendor
from mockserver.model import EMPTY, Document, Json, Value
from mockserver.sandbox.clock import FIRST_YEAR, LAST_YEAR, ClockSettings, normalize_clock_instant
from mockserver.sandbox.quota import QUOTAS
from mockserver.sandbox.sandboxes import Sandboxes, SandboxStatus
from mockserver.sandbox.store import SANDBOX_SCOPE, SandboxState, Tables

MAX_SHOWN = 100
IDEMPOTENCY_KEY, TOKEN, QUOTA_WINDOW = "idempotency-key", "token", "quota-window"
_UNIX_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def read_instant(text: str, pointer: str) -> str:
    """Convert an instant to UTC. If it is invalid, raise UnprocessableMemberError with `pointer`."""
    try:
        parse_instant(text)
    except ValueError:
        raise UnprocessableMemberError(
            pointer, f"{text} is not an instant", "write 2026-01-05T09:00:00Z"
        ) from None
    try:
        return normalize_clock_instant(text)
    except ValueError as error:
        raise UnprocessableMemberError(
            pointer, str(error), f"use a year from {FIRST_YEAR} to {LAST_YEAR}"
        ) from None


class ClockOperations(Value, frozen=True):
    """Operations on a sandbox's clock. All raise UnknownSandboxError if the sandbox does not exist."""

    sandboxes: Sandboxes
    served: tuple[LoadedVendor, ...]

    def show_clock(self, name: str) -> Document:
        return clock_document(self.sandboxes.show(name))

    def freeze_clock(self, name: str, body: Document) -> Document:
        at = read_instant(body["at"], "/at") if "at" in body else None
        self.sandboxes.set_clock(name, lambda now, _clock: ClockSettings(at or print_instant(now)))
        return self.show_clock(name)

    def advance_clock(self, name: str, body: Document) -> Document:
        def change(now: datetime, clock: ClockSettings) -> ClockSettings:
            seconds = int(body["seconds"])
            try:
                moved = normalize_clock_instant(print_instant(now + timedelta(seconds=seconds)))
            except (OverflowError, ValueError):
                raise UnprocessableMemberError(
                    "/seconds", f"the clock ends with the year {LAST_YEAR}"
                ) from None
            return ClockSettings(moved) if clock.frozen else ClockSettings(ahead=clock.ahead + seconds)

        self.sandboxes.set_clock(name, change)
        return self.show_clock(name)

    def thaw_clock(self, name: str) -> Document:
        self.sandboxes.set_clock(name, lambda _now, _clock: ClockSettings())
        return self.show_clock(name)

    def list_expirations(self, name: str, since: str | None = None) -> Document:
        """Return what has expired after `since` by the sandbox's clock, and what expires next.

        Raises UnprocessableMemberError if `since` is no instant.
        """
        start = _UNIX_EPOCH if since is None else parse_instant(read_instant(since, "/query/since"))

        def work(whole: SandboxState) -> tuple[datetime, Tables]:
            return whole.now, whole.tables()

        now, tables = self.sandboxes.control(name, work)
        found = sorted(self._expirations(tables), key=lambda one: (one.at, one.scope, one.key))
        expired = [one for one in found if start < one.at <= now]
        return {
            "now": print_instant(now),
            "counts": dict(sorted(Counter(one.kind for one in expired).items())),
            "expired": [one.document() for one in expired[-MAX_SHOWN:]],
            "next": [one.document() for one in found if one.at > now][:MAX_SHOWN],
        }

    def _expirations(self, tables: Tables) -> Iterator[_Expiration]:
        named = {f"{vendor.name}/": named_collections(vendor) for vendor in self.served}
        for scope, collections in tables.items():
            for collection, documents in collections.items():
                if not _has_ends(scope, collection, named):
                    continue
                kind, end = _reader(collection)
                ends = ((key, end(document)) for key, document in documents.items())
                yield from (_Expiration(kind, scope, collection, key, at) for key, at in ends if at)


def clock_document(status: SandboxStatus) -> Document:
    settings = status.clock
    return {
        "mode": "frozen" if settings.frozen else "system",
        "at": settings.frozen,
        "now": print_instant(status.now),
        "aheadSeconds": settings.ahead,
    }


class _Expiration(NamedTuple):
    kind: str
    scope: str
    collection: str
    key: str
    at: datetime

    def document(self) -> Document:
        return {**self._asdict(), "at": print_instant(self.at)}


def _has_ends(scope: str, collection: str, named: Mapping[str, Collection[str]]) -> bool:
    """Return whether a collection's documents may expire: idempotency keys, tokens, quotas.

    Collections that the spec names do not count: a member `expires` in them has the vendor's own meaning.
    """
    if collection == IDEMPOTENCY_COLLECTION:
        return scope != SANDBOX_SCOPE
    return scope in named and collection not in named[scope]


def _reader(collection: str) -> tuple[str, Callable[[Document], datetime | None]]:
    if collection == IDEMPOTENCY_COLLECTION:
        return IDEMPOTENCY_KEY, lambda document: _instant(document.get("until"))
    if collection == QUOTAS:
        return QUOTA_WINDOW, _window_end
    return TOKEN, _token_end


def _window_end(document: Document) -> datetime | None:
    """Return the end of a quota's fixed window, or None for a token bucket, which refills continuously."""
    if "seconds" not in document:
        return None
    try:
        return _UNIX_EPOCH + timedelta(seconds=(document["window"] + 1) * document["seconds"])
    except OverflowError:
        return None


def open_windows(now: datetime, tables: Tables) -> list[Document]:
    """Return the use of each quota whose window is open at `now`."""
    return [
        {
            "vendor": scope.partition("/")[0],
            "key": key,
            "used": document["used"],
            "left": max(0, document["limit"] - document["used"]),
            "until": print_instant(end),
        }
        for scope, collections in tables.items()
        for key, document in collections.get(QUOTAS, EMPTY).items()
        if (end := _window_end(document)) and end > now
    ]


def _token_end(document: Document) -> datetime | None:
    is_over = document.get("kind") in ("expired", "revoked") or document.get("spent")
    return None if is_over else _instant(document.get("expires"))


def _instant(text: Json) -> datetime | None:
    try:
        return parse_instant(text) if isinstance(text, str) else None
    except ValueError:
        return None
