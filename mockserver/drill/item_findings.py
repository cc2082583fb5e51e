"""Faults of a client with single items: lost, doubled, altered, sent again, never reported."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cached_property

from mockserver.drill.findings import (
    ItemTexts,
    Kind,
    Mistake,
    Run,
    VendorAbilities,
    is_named,
    join_calls,
    join_names,
    knew,
    new_lines,
    numbers_of,
    readable_name,
)
from mockserver.journal.item_history import REPEATED, ItemAttempt, ItemHistory, Told, find_amounts
from mockserver.model import Action, Value

_TRANSIENT = frozenset({"internal", "timeout", "throttled", "locked", "conflict", "unavailable", "skipped"})
"""Codes of problems that may pass without a change of the item. Every other problem stays."""

_MOST_TRIES_IN_VAIN, _MOST_TRIES = 8, 16
"""Maximum numbers of attempts: with one document that is rejected for good, and with one item in total."""
_REFUSED = (Told.REJECTED, Told.REFUSED)
_MOST_AMOUNTS = 4
_CENTS = Decimal("0.0001")
_ERROR_OF_FLOATS = Decimal("1e-8")
"""Maximum difference between a sum of binary floats and the sum rounded to four decimals."""

_LATE_MS = 250
"""Minimum delay at which the client may have stopped waiting for the answer."""


class _Problem(Value, frozen=True):
    """A fault with one item. Faults of one kind and cause become one mistake."""

    kind: Kind
    cause: str
    key: str
    attempts: Sequence[ItemAttempt]
    doubtful: bool = False


@dataclass(frozen=True)
class ItemOracle:
    """Judge of the items of a run. In its methods, `meant` is an item's history in the run `clean`."""

    clean: Run
    """The run without faults."""
    run: Run
    abilities: VendorAbilities

    def findings(
        self, pairs: Sequence[tuple[ItemHistory, ItemHistory]], others: Sequence[ItemHistory]
    ) -> Iterator[Mistake]:
        """Yield the faults with items of both runs (`pairs`) and with items of `run` alone (`others`)."""
        groups: dict[tuple[Kind, str, bool], list[_Problem]] = {}
        kinds = (self._lost, self._twice, self._wrong, self._in_vain, self._resent, self._silent)
        problems = [one for meant, sent in pairs for find in kinds for one in find(meant, sent.attempts)]
        for one in (*problems, *_unknown_items(others)):
            groups.setdefault((one.kind, one.cause, one.doubtful), []).append(one)
        yield from map(_join, groups.values())

    def _admits(self, meant: ItemHistory, attempts: Sequence[ItemAttempt]) -> bool:
        """Return whether the client named the item, did not end, or failed in another way than in `clean`."""
        ending = self.run.ending
        is_usual = meant.stored and self.run is not self.clean
        usual = self.clean.ending.status if is_usual else 0
        if ending.status is None or ending.status not in (0, usual):
            return True
        document = next((one.document for one in (*attempts, *meant.attempts)), None)
        return is_named(self._texts.names(meant.key, document), self._lines if is_usual else ending.output)

    @cached_property
    def _texts(self) -> ItemTexts:
        items = self.clean.histories
        return ItemTexts.of(
            [one.key for one in items], [[sent.document for sent in one.attempts] for one in items]
        )

    @cached_property
    def _lines(self) -> str:
        return new_lines(self.run.ending.output, self.clean.ending.output)

    def _lost(self, meant: ItemHistory, attempts: Sequence[ItemAttempt]) -> Iterator[_Problem]:
        if any(attempt.stored for attempt in attempts) or self._admits(meant, attempts):
            return
        told = attempts[-1].told if attempts else None
        doubtful = told is Told.STORED or (told is Told.NOTHING and self.abilities.is_unanswerable)
        cause = f"{self._lost_cause(attempts)}; the client ended with {self.run.ending.status}"
        yield _Problem(Kind.LOST, cause, meant.key, attempts, doubtful)

    def _lost_cause(self, attempts: Sequence[ItemAttempt]) -> str:
        if not attempts:
            return "was never sent"
        last, times = attempts[-1], len(attempts)
        often = {1: "once", 2: "twice"}.get(times, f"{times} times")
        why = f" ({last.code})" if last.code not in ("", Action.SKIPPED) else ""
        if last.told is Told.STORED:
            return f"was sent {often}; the answer says stored, and that is not true"
        if last.told is Told.REFUSED:
            return f"was sent {often}; the last call was refused{why}, and the client did not send again"
        if last.told is Told.REJECTED:
            return f"was refused {often}{why} and never sent again"
        answer = "no answer came" if last.status is None else f"the answer {last.status} tells nothing"
        has_looked = self.run.has_looked(last.number, self.run.entries[-1].number + 1)
        looked = "looked, but did not send again" if has_looked else "did not look"
        return f"was sent {often}; {answer}, and the client {looked}"

    def _twice(self, meant: ItemHistory, attempts: Sequence[ItemAttempt]) -> Iterator[_Problem]:
        created = [one for one in attempts if one.created]
        if len(created) <= max(meant.created, 1):
            return
        first, again = created[0], created[-1]
        told = self._heard(first)
        sent = [self.run.entry(one.number).call.headers for one in (first, again)]
        keys = [headers.get(self.abilities.key_header, "") for headers in sent]
        has_same_key = keys[0] == keys[1] != ""
        doubtful = told in _REFUSED or (
            told is Told.NOTHING and (self.abilities.is_unanswerable or has_same_key)
        )
        cause = self._twice_cause(first, again, told, keys)
        yield _Problem(Kind.TWICE, cause, meant.key, created, doubtful)

    def _heard(self, attempt: ItemAttempt) -> Told:
        """Return what the answer says about the attempt, or `NOTHING` if the answer came late."""
        is_late = self.run.entry(attempt.number).delay_ms >= _LATE_MS
        return Told.NOTHING if is_late else attempt.told

    def _twice_cause(self, first: ItemAttempt, again: ItemAttempt, told: Told, keys: Sequence[str]) -> str:
        then, before = f"#{again.number}", f"#{first.number}"
        if told is Told.STORED:
            return f"{then} sent it again although {before} was answered"
        if told in _REFUSED:
            return f"the answer to {before} refused it although it was stored, and {then} sent it again"
        how = "without a look at what is there"
        if self.abilities.key_header:
            how = "without the key of the first call" if any(keys) else "without an idempotency key"
            if keys[0] == keys[1] != "":
                how = "with its key, which no longer held"
        elif self.run.has_looked(first.number, again.number):
            how = "although it could be read"
        why = "told nothing of it" if first.told is Told.NOTHING else "came late"
        return f"the answer to {before} {why}, and {then} sent it again {how}"

    def _wrong(self, meant: ItemHistory, attempts: Sequence[ItemAttempt]) -> Iterator[_Problem]:
        for one in attempts:
            odd = next(filter(_is_sum_of_floats, find_amounts(one.document)), None)
            if odd is not None:
                yield _Problem(Kind.WRONG, f"{odd} is a sum of floats", meant.key, [one])
                return
        final = next((one for one in reversed(attempts) if one.stored), None)
        if final is None or final.document is None or not meant.stored:
            return
        if final.document in meant.versions and final.document != meant.versions[-1]:
            if not self._admits(meant, attempts):
                yield _Problem(Kind.WRONG, "an older version of it was stored last", meant.key, [final])
        elif meant.amount is not None and final.amount != meant.amount:
            cause = f"was stored with {final.amount}, without faults with {meant.amount}"
            yield _Problem(Kind.WRONG, cause, meant.key, [final])

    def _in_vain(self, meant: ItemHistory, attempts: Sequence[ItemAttempt]) -> Iterator[_Problem]:
        refused = [
            one
            for one in attempts
            if one.told is Told.REJECTED and not one.stored and one.code not in _TRANSIENT
        ]
        times = max(Counter(str(one.document) for one in refused).values(), default=0)
        if times > _MOST_TRIES_IN_VAIN:
            why = refused[-1].code or refused[-1].status
            cause = f"was sent {times} times and each time refused for good ({why})"
            yield _Problem(Kind.FOREVER, cause, meant.key, attempts)
        elif len(attempts) > max(_MOST_TRIES, len(meant.attempts) * 2):
            yield _Problem(Kind.FOREVER, f"was sent {len(attempts)} times", meant.key, attempts)

    def _resent(self, meant: ItemHistory, attempts: Sequence[ItemAttempt]) -> Iterator[_Problem]:
        known = next((one for one in attempts if one.stored and self._heard(one) is Told.STORED), None)
        if known is None:
            return
        entry, start = self.run.entry(known.number), self.run.start_of(known.number)
        needless = [
            one
            for one in attempts
            if one.document == known.document
            and one.action != REPEATED
            and knew(self.run.entry(one.number), entry)
            and self.run.start_of(one.number) == start
        ]
        if len(needless) > max(meant.versions.count(known.document) - 1, 0):
            cause = f"was sent again although the answer to {join_calls([known])} said that it was stored"
            yield _Problem(Kind.RESENT, cause, meant.key, needless)

    def _silent(self, meant: ItemHistory, attempts: Sequence[ItemAttempt]) -> Iterator[_Problem]:
        """Yield a problem for an unreported warning. In a run with faults, skip warnings that `clean` has."""
        usual = {"", *(one.warning for one in meant.attempts if self.run is not self.clean)}
        told = (one for one in attempts if one.stored and one.told is Told.STORED)
        warned = next((one for one in told if one.warning not in usual), None)
        if warned is not None and not self._admits(meant, attempts):
            cause = f"was stored with a warning that was never reported: {warned.warning}"
            yield _Problem(Kind.SILENT, cause, meant.key, [warned])


def _unknown_items(others: Sequence[ItemHistory]) -> Iterator[_Problem]:
    """Yield a problem for each item that was created, but is never sent in the run without faults."""
    cause = "was created, though the run without faults sends no such item"
    return (_Problem(Kind.TWICE, cause, one.key, one.attempts) for one in others if one.created)


def _is_sum_of_floats(amount: Decimal) -> bool:
    try:
        return 0 < abs(amount - amount.quantize(_CENTS)) < _ERROR_OF_FLOATS
    except InvalidOperation:  # more digits than a decimal may have
        return False


def _join(problems: Sequence[_Problem]) -> Mistake:
    """Return one mistake for all problems of one kind and cause."""
    kind, cause = problems[0].kind, problems[0].cause
    keys = tuple(dict.fromkeys(one.key for one in problems))
    names = tuple(dict.fromkeys(readable_name(one.key, one.attempts) for one in problems))
    attempts = [attempt for one in problems for attempt in one.attempts]
    if cause.startswith("was "):
        said = f" {cause}" if len(keys) == 1 else f" were {cause.removeprefix('was ')}"
    elif kind is Kind.TWICE:
        amounts = [str(one.amount) for one in attempts if one.amount is not None]
        money = " + ".join((*amounts[:_MOST_AMOUNTS], *(["…"] if len(amounts) > _MOST_AMOUNTS else [])))
        often = "twice" if len(attempts) == 2 * len(keys) else "more than once"
        said = f" created {often}{f' ({money})' if money else ''}: {cause}"
    else:
        said = f": {cause}"
    return Mistake(kind, f"{join_names(names)}{said}", numbers_of(attempts), keys, problems[0].doubtful)
