"""Faults of a client that concern whole calls: waits, credentials, idempotency keys, refusals, hanging."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from mockserver.codec.masking import HEADER, is_credential
from mockserver.drill.findings import Kind, Mistake, join_calls, numbers_of
from mockserver.drill.run import Run, VendorAbilities, pause_between
from mockserver.journal.entry import Entry
from mockserver.journal.item_history import Told, answered, arrived, told_by_answer
from mockserver.model import SAFE_METHODS, Value
from mockserver.scenario.rule_words import counted

_UNAUTHORIZED, _TOO_MANY, _UNAVAILABLE = 401, 429, 503
_PERMANENT = frozenset({400, 403, 404, 405, 406, 410, 411, 413, 414, 415, 422, 431, 501})
_MOST_TRIES_IN_VAIN = 4
_TOLERANCE = timedelta(milliseconds=100)
_LEAST_WAIT = timedelta(milliseconds=50)
"""Minimum wait after a 429 without `Retry-After`."""

_LONGEST_WAIT_S = 1e9


class CallOracle(Value, frozen=True):
    run: Run
    abilities: VendorAbilities

    def findings(self) -> Iterator[Mistake]:
        if self.run.ending.status is None:
            calls = counted(len(self.run.entries), "call")
            message = f"no end after {self.run.ending.timeout_s:g} s and {calls}"
            yield Mistake(Kind.HANGS, message, "the client did not end")
        yield from self._in_vain()
        yield from self._refused_credentials()
        yield from self._rude()
        yield from self._keys()

    def _in_vain(self) -> Iterator[Mistake]:
        """Yield a mistake for a writing request that was sent unchanged again after four final refusals."""
        same: dict[str, list[Entry]] = {}
        for entry in self.run.entries:
            is_refused = told_by_answer(entry) is Told.REFUSED and entry.status in _PERMANENT
            if is_refused and entry.call.method not in SAFE_METHODS:
                same.setdefault(entry.call.fingerprint, []).append(entry)
        for refused in same.values():
            if len(refused) > _MOST_TRIES_IN_VAIN:
                call, status = refused[0].call, refused[0].status
                said = f"was refused for good with {status}, and sent {len(refused)} times"
                message = f"{call.method} {call.path} {said}"
                cause = f"a call that is refused for good with {status} was sent again and again"
                yield Mistake(Kind.FOREVER, message, cause, numbers_of(refused))

    def _refused_credentials(self) -> Iterator[Mistake]:
        refused: dict[tuple[str, ...], Entry] = {}
        calls = [one for one in self.run.entries if one.operation not in self.abilities.logins]
        for entry in calls:
            if entry.status == _UNAUTHORIZED and (credential := _credential(entry)):
                refused.setdefault(credential, entry)
        for credential, first in refused.items():
            again = [one for one in calls if _credential(one) == credential and self.run.knew(one, first)]
            if again:
                times = "once" if len(again) == 1 else f"{len(again)} times"
                used = f"was refused for was used again, {times} ({join_calls(again)})"
                message = f"the credential that #{first.number} {used}"
                cause = "a credential that was refused was used again"
                yield Mistake(Kind.LOGIN, message, cause, numbers_of([first, *again]))

    def _rude(self) -> Iterator[Mistake]:
        for at, entry in enumerate(self.run.entries):
            end = answered(entry)
            wait, words = _asked_wait(entry, end)
            # The sandbox's clock may stand, and may be read late in a call: the longer pause is the client's.
            pauses = (
                (one, max(pause_between(entry, one), arrived(one) - end))
                for one in self.run.entries[at + 1 :]
                if wait > timedelta() and self.run.knew(one, entry)
            )
            early = [(one, pause) for one, pause in pauses if pause < wait]
            if early:
                again = f"called again after {early[0][1].total_seconds():.1f} s"
                times = "" if len(early) == 1 else f", {len(early)} times"
                message = f"#{entry.number} was answered {entry.status} with {words}, {again}{times}"
                asked = "Retry-After was over" if "no " not in words else "a moment had passed"
                cause = f"after a {entry.status} the client called again before {asked}"
                yield Mistake(Kind.RUDE, message, cause, numbers_of([entry, *(one for one, _ in early)]))
                return

    def _keys(self) -> Iterator[Mistake]:
        header = self.abilities.key_header
        keyed = [entry for entry in self.run.entries if header and entry.call.headers.get(header)]
        known: dict[tuple[str | None, str], Entry] = {}
        for entry in keyed:
            key = entry.call.headers[header]
            first = known.setdefault((entry.operation, key), entry)
            if first.call.fingerprint != entry.call.fingerprint:
                calls = [first, entry]
                message = f"the key {key} was used for two requests ({join_calls(calls)})"
                yield Mistake(Kind.KEY, message, "one key was used for two requests", numbers_of(calls))
                return
        yield from self._new_keys(keyed, header)

    def _new_keys(self, keyed: Sequence[Entry], header: str) -> Iterator[Mistake]:
        """Yield a mistake if a request of unknown outcome was sent again, but never with its first key.

        If the client read something before it sent the request again, yield nothing for the request.
        """
        for at, entry in enumerate(keyed):
            if told_by_answer(entry) is not Told.NOTHING:
                continue
            later = [
                one
                for one in keyed[at + 1 :]
                if one.call.fingerprint == entry.call.fingerprint and one.began >= entry.at
            ]
            is_same = any(one.call.headers[header] == entry.call.headers[header] for one in later)
            if later and not is_same and not self.run.has_looked(entry.number, later[0].number):
                lost = f"the answer to #{entry.number} told nothing"
                message = f"{lost}, and #{later[0].number} sent the same under another key"
                cause = "after an answer that told nothing, the request was sent again under another key"
                yield Mistake(Kind.KEY, message, cause, numbers_of([entry, later[0]]))
                return


def describe_refusals(entries: Sequence[Entry]) -> str:
    """Return words such as "all 3 calls were refused: 415, …"; "" if a call was accepted or met a rule."""
    if not entries or any(told_by_answer(entry) is not Told.REFUSED or entry.applied for entry in entries):
        return ""
    last = entries[-1]
    calls = "the only call was" if len(entries) == 1 else f"all {len(entries)} calls were"
    return f"{calls} refused: {last.status}, {last.reason or last.refusal or 'without a reason'}"


def find_retry_after(entry: Entry) -> str:
    return next((text for name, text in entry.reply.headers if name.lower() == "retry-after"), "")


def _asked_wait(entry: Entry, end: datetime) -> tuple[timedelta, str]:
    """Return the shortest wait after `end` that respects the answer, and words for what the answer asks."""
    header = find_retry_after(entry).strip()
    if entry.status not in (_TOO_MANY, _UNAVAILABLE):
        return timedelta(), ""
    if not header and entry.status == _TOO_MANY:
        return _LEAST_WAIT, "no Retry-After"
    if header.isdecimal():
        wait = timedelta(seconds=min(float(header), _LONGEST_WAIT_S))
        return wait - _TOLERANCE, f"Retry-After {header} s"
    try:
        allowed = parsedate_to_datetime(header)
    except (TypeError, ValueError):
        return timedelta(), ""
    wait = (allowed if allowed.tzinfo else allowed.replace(tzinfo=UTC)) - end
    return wait - _TOLERANCE, f"Retry-After in {wait.total_seconds():.1f} s"


def _credential(entry: Entry) -> tuple[str, ...]:
    headers, declared = entry.call.headers, entry.call.credential_names
    return tuple(headers[name] for name in sorted(headers) if is_credential(name, HEADER, declared))
