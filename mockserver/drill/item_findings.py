"""Faults of a client with single items: lost, doubled, altered, sent again, never or wrongly named."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cached_property

from msgspec.structs import replace

from mockserver.drill.client_words import ClientWords, SpokenItem
from mockserver.drill.final_state import FinalCounts
from mockserver.drill.findings import (
    ItemTexts,
    Kind,
    Mistake,
    join_calls,
    join_names,
    numbers_of,
    readable_name,
)
from mockserver.drill.matching import Pair
from mockserver.drill.real_server import Doubts
from mockserver.drill.run import Run, VendorAbilities
from mockserver.journal.item_history import (
    REPEATED,
    ItemAttempt,
    ItemHistory,
    Told,
    has_own_key,
)
from mockserver.journal.item_values import find_amount, find_amounts, print_money, without_float_error
from mockserver.model import Action, Json, Value

_TRANSIENT = frozenset({"internal", "timeout", "throttled", "locked", "conflict", "unavailable", "skipped"})
"""Codes of problems that may pass without a change of the item. Every other problem stays."""

_MOST_TRIES_IN_VAIN, _MOST_TRIES = 8, 16
"""Maximum numbers of attempts: with one document that is rejected for good, and with one item in total."""
_REFUSED = (Told.REJECTED, Told.REFUSED)
_FIRST_REDIRECT, _FIRST_REFUSAL = 300, 400
_UNTOLD = {2: "a success that does not mention the item", 3: "a redirect", 5: "a failure of the server"}
"""Answers that do not tell what became of an item, by the class of their status."""

_MOST_AMOUNTS = 4
_LATE_MS = 250
"""Minimum delay at which the client may have stopped waiting for the answer."""


class _Problem(Value, frozen=True):
    """A fault with one item. Faults of one kind and sentence become one mistake."""

    kind: Kind
    says: str
    cause: str
    item: ItemHistory
    attempts: Sequence[ItemAttempt]
    doubtful: bool = False


class ItemOracle(Value, frozen=True, dict=True, weakref=True):
    """Judge of the items of a run. In its methods, `meant` is an item's history in the run `clean`."""

    clean: Run
    """The run without faults."""
    run: Run
    abilities: VendorAbilities
    pairs: Sequence[Pair]
    others: Sequence[ItemHistory]
    """Items that only `run` has."""
    finals: FinalCounts
    """Records of the items of `pairs` in the end."""
    doubts: Doubts

    def findings(self) -> Iterator[Mistake]:
        groups: dict[tuple[Kind, str, bool], list[_Problem]] = {}
        kinds = (self._lost, self._twice, self._wrong, self._in_vain, self._resent, self._silent)
        problems = [one for at in range(len(self.pairs)) for find in kinds for one in find(at)]
        problems = [*problems, *self._misnamed(problems), *_unknown_items(self.others)]
        for one in map(self._doubted, problems):
            groups.setdefault((one.kind, one.says, one.doubtful), []).append(one)
        yield from map(_join, groups.values())

    def _doubted(self, problem: _Problem) -> _Problem:
        reason = self.doubts.on_items(problem.kind, problem.attempts)
        return replace(problem, says=f"{problem.says}; {reason}", doubtful=True) if reason else problem

    @property
    def missing(self) -> Sequence[tuple[ItemHistory, int]]:
        """Items that are stored in the end without faults, but not in the run, with the number of each."""
        counts = [(meant, self._count_missing(at)) for at, (meant, _) in enumerate(self.pairs)]
        return [
            (meant, 1 if has_own_key(meant) else count) for meant, count in counts if meant.stored and count
        ]

    def _count_missing(self, at: int) -> int:
        """Return how many of the records that the item has without faults are not there in the end."""
        if at in self.finals:
            usual, found = self.finals[at]
            return max(0, usual - found)
        return self._count_unsent(at)

    def _count_unsent(self, at: int) -> int:
        """Return how many of the item's records no attempt has stored."""
        meant, sent = self.pairs[at]
        wanted = 1 if has_own_key(meant) else max(1, len(meant.versions))
        return max(0, wanted - sum(one.stored for one in sent.attempts))

    def _is_gone(self, at: int) -> bool:
        """Return whether the item was stored, but its record is not there, as it was sent, in the end."""
        return at in self.finals and not self._count_unsent(at)

    def _silence(self, at: int) -> Kind | None:
        """Return the fault of a client that has told nothing of the item; None if it has told something.

        An exit status tells of all items if the client never names any; if not, of the named items alone.
        """
        (meant, sent), status = self.pairs[at], self.run.ending.status
        if status is None or self._words.has_named(at):
            return None
        is_usual = meant.stored and self.run is not self.clean
        if status in (0, self.clean.ending.status if is_usual else 0):
            return Kind.DROPPED
        # If the client draws new keys in each run, the name of an item that it never sent is not known.
        has_known_name = sent.attempts or any(one.key == two.key for one, two in self.pairs if two.attempts)
        return Kind.UNNAMED if self._words.names_any and has_known_name else None

    @cached_property
    def _words(self) -> ClientWords:
        now = [sent if sent.attempts else meant for meant, sent in self.pairs]
        texts, usual_texts = ItemTexts.of(now), ItemTexts.of(meant for meant, _ in self.pairs)
        items = [
            SpokenItem(
                names=texts.names(one),
                usual_names=usual_texts.names(meant),
                is_good=not self._count_missing(at) and _is_good(meant, sent, self._usual_warnings(meant)),
                is_usually_good=_is_good(meant, meant, {""}),
                has_failed=self._count_missing(at) > 0
                or any(not one.stored or one.warning or one.told is not Told.STORED for one in sent.attempts),
                is_missing=self._count_missing(at) > 0,
            )
            for at, (one, (meant, sent)) in enumerate(zip(now, self.pairs, strict=True))
        ]
        return ClientWords(self.run.ending.output, self.clean.ending.output, items)

    def _usual_warnings(self, meant: ItemHistory) -> set[str]:
        return {"", *(one.warning for one in meant.attempts if self.run is not self.clean)}

    def _lost(self, at: int) -> Iterator[_Problem]:
        meant, sent = self.pairs[at]
        missing, kind = self._count_missing(at), self._silence(at)
        if not missing or kind is None:
            return
        bad = [one for one in sent.attempts if not one.stored] or sent.attempts
        told = bad[-1].told if bad and not self._is_gone(at) else None
        looks_good = told is Told.NOTHING and (bad[-1].status or _FIRST_REDIRECT) < _FIRST_REDIRECT
        doubtful = told is Told.STORED or (looks_good and self.abilities.is_unanswerable)
        says, cause = self._loss(at, bad)
        wanted = max(1, len(meant.versions))
        if not has_own_key(meant) and wanted > 1:
            says = f"{missing} of {wanted} equal items are not stored; the last one {says}"
        end = f"the client ended with {self.run.ending.status}"
        if kind is Kind.UNNAMED:
            end, cause = f"{end} and named only other items", "some of the failed items are named, not all"
        yield _Problem(kind, f"{says}; {end}", cause, meant, sent.attempts, doubtful)

    def _loss(self, at: int, attempts: Sequence[ItemAttempt]) -> tuple[str, str]:
        """Return how an item was lost: in words about the item, and as a cause."""
        if self._is_gone(at):
            return "was stored and then deleted or changed", "what was stored was deleted or changed"
        if not attempts:
            return "was never sent", "an item was never sent"
        last, times = attempts[-1], len(attempts) if has_own_key(self.pairs[at][0]) else 1
        often = {1: "once", 2: "twice"}.get(times, f"{times} times")
        why = f" ({last.code})" if last.code not in ("", Action.SKIPPED) else ""
        if last.told is Told.REJECTED:
            is_hidden = last.status is not None and last.status < _FIRST_REFUSAL
            place = f"inside a {last.status} " if is_hidden else ""
            done = "was not read" if times == 1 else "was given up without a word"
            return f"was refused {often}{why} and never sent again", f"an error {place}{done}"
        says, cause = self._loss_of_call(last, why)
        if times > 1 and last.told is Told.NOTHING:
            cause = "an item was sent again, and then given up without a word"
        return f"was sent {often}; {says}", cause

    def _loss_of_call(self, last: ItemAttempt, why: str) -> tuple[str, str]:
        """Return how an item was lost whose last answer has no error for it: in words, and as a cause."""
        if last.told is Told.STORED:
            return ("the answer says stored, and that is not true",) * 2
        if last.told is Told.REFUSED:
            return (
                f"the last call was refused{why}, and the client did not send again",
                f"a call that was refused with {last.status} was given up",
            )
        has_looked = self.run.has_looked(last.number, self.run.entries[-1].number + 1)
        looked = "sent a read, and not the item again" if has_looked else "did not look"
        if last.status is None:
            return (f"no answer came, and the client {looked}",) * 2
        answer = _UNTOLD.get(last.status // 100, f"an answer {last.status}")
        return (
            f"the answer {last.status} does not mention the item, and the client {looked}",
            f"{answer} was taken as stored",
        )

    def _misnamed(self, problems: Sequence[_Problem]) -> Iterator[_Problem]:
        """Yield a problem for each stored item that the client names in place of an item that it lost."""
        lost = [one for one in problems if one.kind in (Kind.DROPPED, Kind.UNNAMED)]
        named = self._words.misnamed if lost else ()
        for at in named if len(named) <= len(lost) else ():
            meant, sent = self.pairs[at]
            says = "is stored, and the client named it as one that is not"
            yield _Problem(Kind.MISNAMED, says, "the wrong item is named", meant, sent.attempts)

    def _twice(self, at: int) -> Iterator[_Problem]:
        meant, sent = self.pairs[at]
        created = [one for one in sent.attempts if one.created]
        is_over = at in self.finals and self.finals[at][1] <= self.finals[at][0]
        if len(created) <= max(meant.created, 1) or is_over:
            return
        untold = (one for one in created[:-1] if self._heard(one) is not Told.STORED)
        first, again = next(untold, created[0]), created[-1]
        told = self._heard(first)
        headers = [self.run.entry(one.number).call.headers for one in (first, again)]
        keys = [one.get(self.abilities.key_header, "") for one in headers]
        has_same_key = keys[0] == keys[1] != ""
        doubtful = told in _REFUSED or (
            told is Told.NOTHING and (self.abilities.is_unanswerable or has_same_key)
        )
        says, cause = self._repetition(first, again, told, keys)
        yield _Problem(Kind.TWICE, says, cause, meant, created, doubtful)

    def _heard(self, attempt: ItemAttempt) -> Told:
        """Return what the answer says about the attempt, or `NOTHING` if the answer came late."""
        is_late = self.run.entry(attempt.number).delay_ms >= _LATE_MS
        return Told.NOTHING if is_late else attempt.told

    def _repetition(
        self, first: ItemAttempt, again: ItemAttempt, told: Told, keys: Sequence[str]
    ) -> tuple[str, str]:
        """Return why an item was created again: in words about the calls, and as a cause."""
        then, before = f"#{again.number}", f"#{first.number}"
        if told is Told.STORED:
            cause = "an item was sent again although its answer said stored"
            return f"{then} sent it again although {before} was answered", cause
        if told in _REFUSED:
            cause = "an answer refused what was stored"
            return (
                f"the answer to {before} refused it although it was stored, and {then} sent it again",
                cause,
            )
        how = "without a look at what is there"
        if self.abilities.key_header:
            how = "without the key of the first call" if any(keys) else "without an idempotency key"
            if keys[0] == keys[1] != "":
                how = "with its key, which no longer held"
        elif self.run.has_looked(first.number, again.number):
            how = "although it could be read"
        why = "told nothing of it" if first.told is Told.NOTHING else "came late"
        cause = f"after an answer that {why.removesuffix(' of it')}, the items were sent again {how}"
        return f"the answer to {before} {why}, and {then} sent it again {how}", cause

    def _wrong(self, at: int) -> Iterator[_Problem]:
        meant, sent = self.pairs[at]
        for one in sent.attempts:
            odd = next((odd for odd in find_amounts(one.document) if without_float_error(odd) != odd), None)
            if odd is not None:
                cause = "amounts are added as binary floats"
                yield _Problem(Kind.WRONG, f"{odd} is a sum of floats", cause, meant, [one])
                return
        final = next((one for one in reversed(sent.attempts) if one.stored), None)
        if final is None or final.document is None or not meant.stored:
            return
        # Amounts as sent: what is stored is not known if a rule changed the answer.
        usual, now = (find_amount(one, None, final.minor) for one in (meant.versions[-1], final.document))
        if _is_older(final.document, meant):
            if self._silence(at):
                says = "an older version of it was stored last"
                yield _Problem(Kind.WRONG, says, "an older version was sent after a newer", meant, [final])
        elif usual is not None and now != usual:
            says = f"was stored with {now}, without faults with {usual}"
            yield _Problem(Kind.WRONG, says, "an item was sent again with another amount", meant, [final])

    def _in_vain(self, at: int) -> Iterator[_Problem]:
        meant, sent = self.pairs[at]
        refused = [
            one
            for one in sent.attempts
            if one.told is Told.REJECTED and not one.stored and one.code not in _TRANSIENT
        ]
        equal = 1 if has_own_key(meant) else max(1, len(meant.attempts))
        times = max(Counter(str(one.document) for one in refused).values(), default=0)
        if times > _MOST_TRIES_IN_VAIN * equal:
            why = refused[-1].code or refused[-1].status
            says = f"was sent {times} times and each time refused for good ({why})"
            cause = "what is refused for good was tried again and again"
            yield _Problem(Kind.FOREVER, says, cause, meant, sent.attempts)
        elif len(sent.attempts) > max(_MOST_TRIES * equal, len(meant.attempts) * 2):
            says = f"was sent {len(sent.attempts)} times"
            yield _Problem(Kind.FOREVER, says, "an item was tried again and again", meant, sent.attempts)

    def _resent(self, at: int) -> Iterator[_Problem]:
        meant, sent = self.pairs[at]
        known = next((one for one in sent.attempts if one.stored and self._heard(one) is Told.STORED), None)
        if known is None or not has_own_key(meant) or at in self.finals:
            return
        entry = self.run.entry(known.number)
        needless = [
            one
            for one in sent.attempts
            if one.document == known.document
            and one.action != REPEATED
            and self.run.knew(self.run.entry(one.number), entry)
        ]
        if len(needless) > max(meant.versions.count(known.document) - 1, 0):
            says = f"was sent again although the answer to {join_calls([known])} said stored"
            cause = "an item was sent again although its answer said stored"
            yield _Problem(Kind.RESENT, says, cause, meant, needless)

    def _silent(self, at: int) -> Iterator[_Problem]:
        """Yield a problem for an unreported warning. In a run with faults, skip warnings that `clean` has."""
        meant, sent = self.pairs[at]
        usual = self._usual_warnings(meant)
        told = (one for one in sent.attempts if one.stored and self._heard(one) is Told.STORED)
        warned = next((one for one in told if one.warning not in usual), None)
        if warned is not None and self._silence(at):
            says = f"was stored with a warning that was never reported: {warned.warning}"
            cause = f"a warning inside a {warned.status} was not read"
            yield _Problem(Kind.SILENT, says, cause, meant, [warned])


def _is_good(meant: ItemHistory, sent: ItemHistory, warnings: set[str]) -> bool:
    """Return whether answers told that the item's newest version is stored, with no other warnings."""
    stored = [one for one in sent.attempts if one.stored]
    is_told = any(one.told is Told.STORED for one in stored)
    is_newest = is_told and not _is_older(stored[-1].document, meant)
    return is_newest and all(one.warning in warnings for one in stored)


def _is_older(document: Json, meant: ItemHistory) -> bool:
    """Return whether the document is a version of the item, but not the newest version."""
    return document in meant.versions and document != meant.versions[-1]


def _unknown_items(others: Sequence[ItemHistory]) -> Iterator[_Problem]:
    """Yield a problem for each item that was created, but is never sent in the run without faults."""
    says = "was created, though the run without faults sends no such item"
    cause = "an item was created that the run without faults does not send"
    return (_Problem(Kind.TWICE, says, cause, one, one.attempts) for one in others if one.created)


def _join(problems: Sequence[_Problem]) -> Mistake:
    """Return one mistake for all problems of one kind and sentence."""
    kind, says = problems[0].kind, problems[0].says
    keys = tuple(dict.fromkeys(one.item.key for one in problems))
    names = tuple(
        dict.fromkeys(readable_name(one.item, one.attempts or one.item.attempts) for one in problems)
    )
    attempts = [attempt for one in problems for attempt in one.attempts]
    if says.startswith(("was ", "is ")):
        verb, rest = says.split(" ", 1)
        several = {"was": "were", "is": "are"}[verb]
        said = f" {says}" if len(keys) == 1 else f" {several} {rest}"
    elif kind is Kind.TWICE:
        amounts = [print_money("", one.amount) for one in attempts if one.amount is not None]
        money = " + ".join((*amounts[:_MOST_AMOUNTS], *(["…"] if len(amounts) > _MOST_AMOUNTS else [])))
        often = "twice" if len(attempts) == 2 * len(keys) else "more than once"
        said = f" created {often}{f' ({money})' if money else ''}: {says}"
    else:
        said = f": {says}"
    message = f"{join_names(names)}{said}"
    return Mistake(kind, message, problems[0].cause, numbers_of(attempts), keys, problems[0].doubtful)
