"""Faults of a client with single items: lost, doubled, altered, sent again, never reported."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from mockserver.drill.findings import (
    Ending,
    Finding,
    Intent,
    Kind,
    Meant,
    Run,
    VendorAbilities,
    count_created,
    is_named,
    join_calls,
    join_names,
    names_of,
    pair_histories,
)
from mockserver.journal.item_history import REPEATED, Attempt, ItemHistory, Told, find_amounts
from mockserver.model import Value

_TRANSIENT = frozenset({"internal", "timeout", "throttled", "locked", "conflict", "unavailable", "skipped"})
"""Codes of problems that may pass; all others stay as they are until the item is changed."""

_MOST_TRIES_IN_VAIN, _MOST_TRIES = 8, 16
"""More than a patient client makes: not every vendor's answer tells what can never work."""
_NOTHING_SAID = Ending(0)
_REFUSED = (Told.REJECTED, Told.REFUSED)
_FRACTION_OF_FLOATS = 8
"""So many digits after the point only come of sums in binary."""


class _Problem(Value, frozen=True):
    """A fault with one item; those of one kind and cause are told in one sentence."""

    kind: Kind
    cause: str
    key: str
    calls: tuple[int, ...] = ()
    amounts: tuple[Decimal, ...] = ()
    doubtful: bool = False


@dataclass(frozen=True, slots=True)
class ItemOracle:
    """Judges the items of a run; `clean` is the run without faults, `intent` what that one means to do."""

    clean: Run
    run: Run
    intent: Intent
    abilities: VendorAbilities

    def findings(self) -> Iterator[Finding]:
        pairs, others = pair_histories(self.intent, self.run)
        problems: list[_Problem] = []
        for place, history in pairs.items():
            meant = self.intent[place]
            attempts = history.attempts if history else ()
            problems += self._problems(meant, attempts)
        problems += self._unknown_items(others)
        groups: dict[tuple[Kind, str, bool], list[_Problem]] = {}
        for one in problems:
            groups.setdefault((one.kind, one.cause, one.doubtful), []).append(one)
        for (kind, cause, doubtful), found in groups.items():
            yield _joined(kind, cause, found, doubtful=doubtful)

    def _problems(self, meant: Meant, attempts: Sequence[Attempt]) -> Iterator[_Problem]:
        yield from self._lost(meant, attempts)
        yield from self._twice(meant, attempts)
        yield from self._wrong(meant, attempts)
        yield from self._in_vain(meant, attempts)
        yield from self._resent(meant, attempts)
        yield from self._silent(meant, attempts)

    def _admits(self, meant: Meant, attempts: Sequence[Attempt]) -> bool:
        """Whether the client told of the item, or ended with another failure than without faults."""
        ending = self.run.ending
        is_usual = meant.is_taken and self.run is not self.clean
        usual = self.clean.ending if is_usual else _NOTHING_SAID
        if ending.status is None or ending.status not in (0, usual.status):
            return True
        documents = [one for other in self.intent.values() for one in other.versions]
        document = next((one.document for one in attempts), next(iter(meant.versions), None))
        keys = [other.key for other in self.intent.values()]
        names = names_of(meant.key, document, keys, documents)
        return is_named(names, ending.output, usual.output)

    def _lost(self, meant: Meant, attempts: Sequence[Attempt]) -> Iterator[_Problem]:
        if any(attempt.stored for attempt in attempts) or self._admits(meant, attempts):
            return
        last = attempts[-1] if attempts else None
        is_unanswerable = last is not None and last.told is Told.NOTHING and self.abilities.is_unanswerable
        is_lie = last is not None and last.told is Told.STORED
        cause = f"{self._lost_cause(attempts)}; the client ended with {self.run.ending.status}"
        yield _Problem(
            Kind.LOST,
            cause,
            meant.key,
            tuple(one.number for one in attempts),
            doubtful=is_unanswerable or is_lie,
        )

    def _lost_cause(self, attempts: Sequence[Attempt]) -> str:
        if not attempts:
            return "never sent"
        last, times = attempts[-1], len(attempts)
        often = {1: "once", 2: "twice"}.get(times, f"{times} times")
        if last.told is Told.NOTHING:
            newest = self.run.entries[-1].number + 1
            looked = (
                "looked, but did not send again"
                if self.run.has_looked(last.number, newest)
                else "did not look"
            )
            answer = "no answer came" if last.status is None else f"the answer {last.status} tells nothing"
            return f"sent {often}; {answer}, and the client {looked}"
        if last.told is Told.STORED:
            return f"sent {often}; the answer says stored, and that is not true"
        why = f" ({last.code})" if last.code else ""
        if last.told is Told.REFUSED:
            return f"sent {often}; the last call was refused{why}, and the client did not send again"
        return f"refused {often}{why} and never sent again"

    def _twice(self, meant: Meant, attempts: Sequence[Attempt]) -> Iterator[_Problem]:
        created = [one for one in attempts if one.stored and one.action == "created"]
        if len(created) <= max(meant.created, 1):
            return
        amounts = tuple(one.amount for one in created if one.amount is not None)
        first, again = created[0], created[-1]
        yield _Problem(
            Kind.TWICE,
            self._twice_cause(first, again),
            meant.key,
            tuple(one.number for one in created),
            amounts,
            doubtful=first.told in _REFUSED
            or (
                first.told is Told.NOTHING
                and (self.abilities.is_unanswerable or self._have_one_key(first, again))
            ),
        )

    def _twice_cause(self, first: Attempt, again: Attempt) -> str:
        then, before = join_calls([again.number]), join_calls([first.number])
        if first.told is Told.STORED:
            return f"{then} sent it again although {before} was answered"
        if first.told in _REFUSED:
            return f"the answer to {before} refused it although it was stored, and {then} sent it again"
        how = "without a look at what is there"
        if header := self.abilities.key_header:
            is_keyed = any(self._header(one.number, header) for one in (first, again))
            how = "without the key of the first call" if is_keyed else "without an idempotency key"
            if self._have_one_key(first, again):
                how = "with its key, which had expired"
        elif self.run.has_looked(first.number, again.number):
            how = "although it could be read"
        return f"the answer to {before} told nothing of it, and {then} sent it again {how}"

    def _have_one_key(self, first: Attempt, again: Attempt) -> bool:
        header = self.abilities.key_header
        key = self._header(first.number, header) if header else ""
        return bool(key) and key == self._header(again.number, header)

    def _header(self, number: int, name: str) -> str:
        return self.run.entry(number).call.headers.get(name, "")

    def _wrong(self, meant: Meant, attempts: Sequence[Attempt]) -> Iterator[_Problem]:
        for one in attempts:
            odd = [amount for amount in find_amounts(one.document) if _is_sum_of_floats(amount)]
            if odd:
                yield _Problem(Kind.WRONG, f"{odd[0]} is a sum of floats", meant.key, (one.number,))
                return
        final = next((one for one in reversed(attempts) if one.stored), None)
        if final is None or final.document is None or not meant.versions:
            return
        wanted = meant.versions[-1]
        is_older = final.document in meant.versions and final.document != wanted
        if is_older:
            if self._admits(meant, attempts):
                return
            cause = "an older version of it was stored last"
            yield _Problem(Kind.WRONG, cause, meant.key, (final.number,))
        elif meant.amount is not None and final.amount != meant.amount:
            cause = f"stored with {final.amount}, without faults with {meant.amount}"
            yield _Problem(Kind.WRONG, cause, meant.key, (final.number,))

    def _in_vain(self, meant: Meant, attempts: Sequence[Attempt]) -> Iterator[_Problem]:
        refused = [
            one
            for one in attempts
            if one.told is Told.REJECTED and not one.stored and one.code not in _TRANSIENT
        ]
        same = Counter(str(one.document) for one in refused)
        times = max(same.values(), default=0)
        numbers = tuple(one.number for one in attempts)
        if times > _MOST_TRIES_IN_VAIN:
            last = refused[-1]
            cause = f"sent {times} times and each time refused for good ({last.code or last.status})"
            yield _Problem(Kind.FOREVER, cause, meant.key, numbers)
        elif len(attempts) > max(_MOST_TRIES, meant.sends * 2):
            yield _Problem(Kind.FOREVER, f"sent {len(attempts)} times", meant.key, numbers)

    def _resent(self, meant: Meant, attempts: Sequence[Attempt]) -> Iterator[_Problem]:
        needless: list[Attempt] = []
        for at, one in enumerate(attempts):
            if not (one.stored and one.told is Told.STORED):
                continue
            needless = [
                later
                for later in attempts[at + 1 :]
                if later.document == one.document
                and self.run.knew(later.number, one.number)
                and later.action != REPEATED
                and self.run.start_of(later.number) == self.run.start_of(one.number)
            ]
            usual = sum(version == one.document for version in meant.versions) - 1
            if len(needless) > max(usual, 0):
                call = join_calls([one.number])
                cause = f"sent again although the answer to {call} said that it was stored"
                yield _Problem(Kind.RESENT, cause, meant.key, tuple(later.number for later in needless))
            return

    def _silent(self, meant: Meant, attempts: Sequence[Attempt]) -> Iterator[_Problem]:
        """A warning that the vendor gives without faults too is judged there."""
        usual = () if self.run is self.clean else meant.warnings
        for one in attempts:
            if one.warning and one.warning not in usual and one.stored and one.told is Told.STORED:
                if not self._admits(meant, attempts):
                    cause = f"stored with a warning that was never reported: {one.warning}"
                    yield _Problem(Kind.SILENT, cause, meant.key, (one.number,))
                return

    def _unknown_items(self, others: Iterable[ItemHistory]) -> Iterator[_Problem]:
        """Items that the run without faults did not send, and that were created beside those it did."""
        for history in others:
            if count_created(history.attempts):
                cause = "created, though the run without faults sends no such item"
                numbers = tuple(one.number for one in history.attempts)
                yield _Problem(Kind.TWICE, cause, history.key, numbers)


def _is_sum_of_floats(amount: Decimal) -> bool:
    exponent = amount.normalize().as_tuple().exponent
    return isinstance(exponent, int) and -exponent > _FRACTION_OF_FLOATS


def _joined(kind: Kind, cause: str, found: Sequence[_Problem], *, doubtful: bool) -> Finding:
    keys = tuple(one.key for one in found)
    calls = tuple(sorted({number for one in found for number in one.calls}))
    amounts = [amount for one in found for amount in one.amounts]
    money = f" ({' + '.join(map(str, amounts))})" if amounts else ""
    verb = {Kind.TWICE: " created twice"}.get(kind, "")
    verb = "" if "without faults sends no" in cause else verb
    separator = ": " if verb else (" were " if len(found) > 1 else " was ") if _takes_verb(cause) else ": "
    return Finding(kind, f"{join_names(keys)}{verb}{money}{separator}{cause}", keys, calls, doubtful)


def _takes_verb(cause: str) -> bool:
    return cause.partition(" ")[0].rstrip(",") in ("never", "sent", "refused", "stored", "created")
