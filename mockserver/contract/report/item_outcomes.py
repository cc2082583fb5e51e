"""What became of each item of a batch, by its answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, TypeAlias

from mockserver.contract.checks.check_case import CheckCase
from mockserver.contract.config import RunConfig
from mockserver.contract.exchange import Exchange
from mockserver.contract.judge import ExchangeJudge
from mockserver.contract.loading import ApiUnderTest
from mockserver.contract.oracle.expectations import ExpectedItem
from mockserver.contract.report.text import counted

ItemOutcome: TypeAlias = Literal["created", "updated", "unchanged", "accepted", "rejected", "skipped"]
"""accepted: neither created nor updated is reported. skipped: the answer has no outcome for the item."""

BEST_TO_WORST: tuple[str, ...] = (
    "created",
    "accepted",
    "updated",
    "unchanged",
    "skipped",
    "rejected",
)


@dataclass(frozen=True, slots=True)
class ShownItem:
    """An item of a batch; `key` is "" if it has none."""

    key: str
    outcome: ItemOutcome


class ItemOutcomes:
    """Reads the outcomes of the batches of one API."""

    def __init__(self, api: ApiUnderTest) -> None:
        self._api = api

    def of(self, exchange: Exchange) -> tuple[ShownItem, ...]:
        """Return the items of a batch in their order; none for any other call."""
        operation = self._api.spec.operations.get(exchange.operation)
        if operation is None or operation.batch is None:
            return ()
        case = self._judge.case(exchange)
        return tuple(ShownItem(one.item.key or "", _outcome(case, one)) for one in case.expected.items)

    @cached_property
    def _judge(self) -> ExchangeJudge:
        """Made when it is first needed: a run without failures needs none."""
        return ExchangeJudge(self._api, RunConfig())


def outcome_words(items: Sequence[Mapping[str, str]]) -> str:
    """Return the items of a document in words, "3 items: 2 created, 1 rejected"."""
    counts = Counter(one["outcome"] for one in items)
    told = ", ".join(f"{counts[outcome]:,} {outcome}" for outcome in BEST_TO_WORST if counts[outcome])
    return f"{counted(len(items), 'items')}: {told}"


def _outcome(case: CheckCase, expected: ExpectedItem) -> ItemOutcome:
    if case.refused:
        return "rejected"
    if case.reported is None:
        return "skipped"
    told = [one for one in case.reported.outcomes if one.place == expected.item.place]
    if not told:
        return "skipped" if case.reported.is_complete else "accepted"
    if not all(one.accepted for one in told):
        return "rejected"
    return told[-1].made or "accepted"
