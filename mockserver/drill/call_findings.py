"""Faults of a client with whole calls: waits, credentials, idempotency keys, refusals, the end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from mockserver.codec.redaction import is_credential_header
from mockserver.drill.findings import Finding, Kind, Run, VendorAbilities, began, ended, join_calls
from mockserver.journal.entry import Entry
from mockserver.journal.item_history import Told, told_by_answer
from mockserver.model import SAFE_METHODS

_UNAUTHORIZED, _TOO_MANY, _UNAVAILABLE = 401, 429, 503
_PERMANENT = frozenset({400, 403, 404, 405, 406, 410, 411, 413, 414, 415, 422, 431, 501})
_MOST_TRIES_IN_VAIN = 4
_TOLERANCE = timedelta(milliseconds=100)
_LEAST_WAIT = timedelta(milliseconds=50)
"""The shortest wait after a 429 that does not say how long."""

_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class CallOracle:
    run: Run
    abilities: VendorAbilities

    def findings(self) -> Iterator[Finding]:
        yield from self._hangs()
        yield from self._in_vain()
        yield from self._refused_credentials()
        yield from self._rude()
        yield from self._keys()

    def _hangs(self) -> Iterator[Finding]:
        ending = self.run.ending
        if ending.status is None:
            calls = len(self.run.entries)
            message = f"no end after {ending.timeout_s:g} s and {calls} {'call' if calls == 1 else 'calls'}"
            yield Finding(Kind.HANGS, message)

    def _in_vain(self) -> Iterator[Finding]:
        """The same bytes sent again and again, and refused for good each time."""
        same: dict[str, list[Entry]] = {}
        for entry in self.run.entries:
            is_refused = told_by_answer(entry) is Told.REFUSED and entry.status in _PERMANENT
            if is_refused and entry.call.method not in SAFE_METHODS:
                same.setdefault(entry.call.fingerprint, []).append(entry)
        for refused in same.values():
            if len(refused) > _MOST_TRIES_IN_VAIN:
                first = refused[0]
                message = (
                    f"{first.call.method} {first.call.path} was refused for good with {first.status}, "
                    f"and sent {len(refused)} times"
                )
                yield Finding(Kind.FOREVER, message, (), _numbers(refused))

    def _refused_credentials(self) -> Iterator[Finding]:
        refused: dict[tuple[str, ...], Entry] = {}
        again: dict[int, list[Entry]] = {}
        for entry in self.run.entries:
            credential = _credential(entry)
            known = refused.get(credential)
            if known is not None and credential and began(entry) >= ended(known):
                again.setdefault(known.number, []).append(entry)
            if entry.status == _UNAUTHORIZED and credential:
                refused.setdefault(credential, entry)
        for number, calls in again.items():
            times = "once" if len(calls) == 1 else f"{len(calls)} times"
            message = (
                f"the credential that #{number} was refused for was used again, {times} ({_listed(calls)})"
            )
            yield Finding(Kind.LOGIN, message, (), (number, *_numbers(calls)))

    def _rude(self) -> Iterator[Finding]:
        entries = self.run.entries
        for at, entry in enumerate(entries):
            if entry.status not in (_TOO_MANY, _UNAVAILABLE):
                continue
            end, header = _end(entry), find_header(entry, "retry-after")
            allowed = _allowed_from(header, end)
            if allowed is None:
                if entry.status != _TOO_MANY:
                    continue
                allowed = end + _LEAST_WAIT + _TOLERANCE if not header else end
            early = [later for later in entries[at + 1 :] if end < _arrival(later) < allowed - _TOLERANCE]
            if early:
                wait = (_arrival(early[0]) - end).total_seconds()
                told = f"Retry-After {_wait_words(header, end)}" if header else "no Retry-After"
                times = "" if len(early) == 1 else f", {len(early)} times"
                answer = f"#{entry.number} was answered {entry.status} with {told}"
                message = f"{answer}, called again after {wait:.1f} s{times}"
                yield Finding(Kind.RUDE, message, (), (entry.number, *_numbers(early)))
                return

    def _keys(self) -> Iterator[Finding]:
        header = self.abilities.key_header
        keyed = [entry for entry in self.run.entries if header and entry.call.headers.get(header)]
        bodies: dict[str, Entry] = {}
        for entry in keyed:
            key = entry.call.headers[header]
            first = bodies.setdefault(key, entry)
            if first.call.fingerprint != entry.call.fingerprint:
                message = f"the key {key} was used for two requests ({_listed([first, entry])})"
                yield Finding(Kind.KEY, message, (), _numbers([first, entry]))
                return
        yield from self._new_keys(keyed, header)

    def _new_keys(self, keyed: Sequence[Entry], header: str) -> Iterator[Finding]:
        """The same bytes under another key after an answer that told nothing, and no look between them."""
        for at, entry in enumerate(keyed):
            if told_by_answer(entry) is not Told.NOTHING:
                continue
            again = next(
                (one for one in keyed[at + 1 :] if one.call.fingerprint == entry.call.fingerprint), None
            )
            if (
                again is not None
                and again.call.headers[header] != entry.call.headers[header]
                and not self.run.has_looked(entry.number, again.number)
            ):
                lost = f"the answer to #{entry.number} told nothing"
                message = f"{lost}, and #{again.number} sent the same under another key"
                yield Finding(Kind.KEY, message, (), _numbers([entry, again]))
                return


def describe_refusals(entries: Sequence[Entry]) -> str:
    """Such as: all 3 calls were refused: 415, no Content-Type. It is "" if a call passed or there is none."""
    if not entries or any(told_by_answer(entry) is not Told.REFUSED or entry.applied for entry in entries):
        return ""
    last = entries[-1]
    calls = "the only call was" if len(entries) == 1 else f"all {len(entries)} calls were"
    return f"{calls} refused: {last.status}, {last.reason or last.refusal or 'without a reason'}"


def _arrival(entry: Entry) -> datetime:
    return entry.call.now or entry.at - timedelta(milliseconds=entry.duration_ms)


def _end(entry: Entry) -> datetime:
    return _arrival(entry) + timedelta(milliseconds=entry.duration_ms + entry.delay_ms)


def find_header(entry: Entry, name: str) -> str:
    """A header of the answer, by its name in small letters; "" if it has none."""
    return next((text for header, text in entry.reply.headers if header.lower() == name), "")


def _allowed_from(header: str, end: datetime) -> datetime | None:
    """The instant from which calls are welcome again; None if the header does not say."""
    if header.strip().isdecimal():
        try:
            return end + timedelta(seconds=int(header))
        except (OverflowError, ValueError):
            return _NEVER
    try:
        allowed = parsedate_to_datetime(header)
    except (TypeError, ValueError):
        return None
    return allowed if allowed.tzinfo else allowed.replace(tzinfo=UTC)


def _wait_words(header: str, end: datetime) -> str:
    if header.strip().isdecimal():
        return f"{header.strip()} s"
    allowed = _allowed_from(header, end)
    return header if allowed is None else f"in {max(0.0, (allowed - end).total_seconds()):.1f} s"


def _credential(entry: Entry) -> tuple[str, ...]:
    headers: Mapping[str, str] = entry.call.headers
    return tuple(headers[name] for name in sorted(headers) if is_credential_header(name))


def _numbers(entries: Iterable[Entry]) -> tuple[int, ...]:
    return tuple(entry.number for entry in entries)


def _listed(entries: Iterable[Entry]) -> str:
    return join_calls(_numbers(entries))
