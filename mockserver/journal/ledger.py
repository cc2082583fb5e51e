"""The ledger of a run: how each item ended, and the number and money of the items of each end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal
from enum import StrEnum

from mockserver.engine.reasons import one_line
from mockserver.journal.item_history import ItemAttempt, ItemHistory, Told, has_own_key
from mockserver.journal.item_values import add_amounts, find_currency, print_money
from mockserver.journal.view import View
from mockserver.model import Action, Document, Value

_FIRST_FAILURE = 300
_TWICE = 2
_SHOWN = 3
"""Maximum number of calls or keys that a sentence names."""


class End(StrEnum):
    """How an item ended, by all calls that carried the item."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    DOUBLED = "doubled"
    """The item was created twice: by its key, or by equal content if the server numbers the records."""
    REFUSED = "refused"
    """The item is not stored, and the last answer said so or refused the whole call."""
    NOT_TRIED = "notTried"
    """The item is not stored, because the server stopped at an earlier item."""
    LOST = "lost"
    """The item is not stored, and the last answer told nothing of the item."""
    PHANTOM = "phantom"
    """The item is not stored, and the last answer told that it is stored."""


STORED = (End.CREATED, End.UPDATED, End.UNCHANGED, End.DOUBLED)
SENT, UNANSWERED = "sent", "unanswered"
FIGURES = {
    SENT: "sent",
    "stored": "stored",
    End.REFUSED: "refused",
    End.NOT_TRIED: "not tried",
    End.LOST: "lost",
    End.PHANTOM: "phantom",
    End.DOUBLED: "doubled",
    UNANSWERED: "never answered",
}
"""Name in JSON and words of each figure of a ledger, in the order of the headline."""

_SHOWN_IF_ANY = (End.NOT_TRIED, End.PHANTOM)
"""Figures that the headline omits if they are 0."""


def end_words(end: str, why: str | None = "") -> str:
    """Return the words for an end, such as: created twice, or as `why` says: created 3 times."""
    often = why.partition(" by ")[0] if why and " times by " in why else "created twice"
    return often if end == End.DOUBLED else FIGURES.get(end, end)


class EndedItem(Value, frozen=True):
    """An item with its end."""

    history: ItemHistory
    end: End
    why: str
    """Reason of the end; "" for an item that was stored and answered."""

    @property
    def unanswered(self) -> bool:
        """Return whether no whole answer to any call with the item reached the client, stored or not."""
        return not any(attempt.answered for attempt in self.history.attempts)

    @property
    def figures(self) -> tuple[str, ...]:
        """Return the figures of a ledger that count the item."""
        stored = ("stored",) if self.end in STORED else ()
        own = () if self.end in STORED and self.end is not End.DOUBLED else (str(self.end),)
        return (SENT, *stored, *own, *((UNANSWERED,) if self.unanswered else ()))

    def money(self, figure: str) -> tuple[str, Decimal] | None:
        """Return currency ("" if unknown) and amount that the item adds to a figure; None without amount.

        To `doubled`, an item adds the amounts of all its creations but the first.
        """
        created = [one for one in self.history.attempts if one.created]
        counted = created[1:] if figure == End.DOUBLED else [self.history.decisive]
        known = [one.amount for one in counted if one.amount is not None]
        return (find_currency(counted[-1].document), add_amounts(known)) if known else None

    def document(self, view: View) -> Document:
        money = self.money(SENT)
        return {
            **self.history.document(view),
            "end": str(self.end),
            "why": self.why or None,
            "unanswered": self.unanswered,
            "amount": f"{money[1]:f}" if money else None,
            "currency": (money[0] or None) if money else None,
        }


def end_items(histories: Iterable[ItemHistory]) -> tuple[EndedItem, ...]:
    """Return each item with its end, in the order of the histories."""
    return tuple(EndedItem(one, *_find_end(one)) for one in histories)


def sum_items(items: Iterable[EndedItem]) -> Document:
    """Return the ledger of all items as JSON: a headline `says`, and items and sums of money of each figure.

    Stored includes doubled; never answered counts stored items too. The currency of the largest sum that was
    sent comes first in all figures.
    """
    counts = Counter[str]()
    sums: dict[str, dict[str, Decimal]] = {str(name): {} for name in FIGURES}
    for item in items:
        sent = item.money(SENT)
        for figure in item.figures:
            counts[figure] += 1
            if money := item.money(figure) if figure == End.DOUBLED else sent:
                currency, amount = money
                sums[figure][currency] = add_amounts([sums[figure].get(currency, Decimal()), amount])
    known = sorted({currency for found in sums.values() for currency in found})
    known.sort(key=lambda currency: sums[SENT].get(currency, Decimal()), reverse=True)
    shown = (name for name in FIGURES if counts[name] or name not in _SHOWN_IF_ANY)
    figures = {
        name: {
            "items": counts[name],
            "sums": [{"currency": one or None, "amount": f"{found[one]:f}"} for one in known if one in found],
        }
        for name, found in sums.items()
    }
    return {"says": " · ".join(f"{FIGURES[name]} {counts[name]:,}" for name in shown), **figures}


def describe_items(items: Sequence[EndedItem]) -> str:
    """Return figures with money and keys, such as: sent 2 (EUR 350.00) · … · lost 1 (R-123, EUR 250.00).

    The text has one line, and omits figures that are 0. Credentials in keys are redacted.
    """
    ledger, said = sum_items(items), list[str]()
    for name, words in FIGURES.items():
        named = [one for one in items if name in one.figures] if name not in (SENT, "stored") else []
        keys = [one_line(View().key(one.history.key)) or "no key" for one in named]
        sums = (print_money(**one) for one in ledger[name]["sums"])
        inside = ", ".join(filter(None, (_join_some(keys), *sums)))
        if count := ledger[name]["items"]:
            said.append(f"{words} {count:,}{f' ({inside})' if inside else ''}")
    return " · ".join(said) or "no items were sent"


def _find_end(history: ItemHistory) -> tuple[End, str]:
    created = [attempt.number for attempt in history.attempts if attempt.created]
    last = history.attempts[-1]
    if not history.stored:
        return _find_unstored_end(last)
    if len(created) >= _TWICE and _is_record(history):
        times = "" if len(created) == _TWICE else f" {len(created):,} times"
        return End.DOUBLED, f"created{times} by {_join_some([f'#{number}' for number in created])}"
    is_answered = any(attempt.answered for attempt in history.attempts)
    why = "" if is_answered else f"stored, and the answer did not arrive: {last.fault or 'no answer'}"
    did = {attempt.action for attempt in history.attempts if attempt.stored}
    return next(end for end in STORED if end in did), why


def _find_unstored_end(last: ItemAttempt) -> tuple[End, str]:
    """Return the end of an item that is not stored, by the last call that carried the item."""
    why = last.detail or last.code
    if last.told is Told.STORED:
        return End.PHANTOM, why or "answered as stored, and not stored"
    if last.told is not Told.NOTHING:
        return End.REFUSED, why or f"answered {last.status}"
    if not last.answered:
        return End.LOST, f"the answer did not arrive: {last.fault or 'no answer'}"
    if last.status is not None and last.status >= _FIRST_FAILURE:
        return End.REFUSED, why or f"answered {last.status}"
    if last.action == Action.SKIPPED:
        return End.NOT_TRIED, why or "not tried"
    return End.LOST, why or "the answer told nothing of the item"


def _is_record(history: ItemHistory) -> bool:
    """Return whether creating the item twice makes two records; other single calls are actions."""
    return bool(history.records) or has_own_key(history) or not history.key.startswith("POST ")


def _join_some(names: Sequence[str]) -> str:
    more = len(names) - _SHOWN
    shown = [*names[:_SHOWN], *([f"{more:,} more"] if more > 0 else [])]
    return " and ".join(filter(None, (", ".join(shown[:-1]), *shown[-1:])))
