from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from mockserver.journal.entry import Entry, ItemResults
from mockserver.journal.journal import EntryLog, Limits, MemoryEntryLog
from mockserver.model import Action, AppliedEffect, Delivery, Item, Outcome, Problem
from mockserver.redis_store.connection import RedisConnection
from mockserver.redis_store.journal import LOOKS, RedisEntryLog, decode, encode
from mockserver.redis_store.store import RedisStore
from tests.support.engine_samples import NOW
from tests.support.journal_entries import ENTRY

PROBLEM = Problem("too-long", ("items", 3, "a/b"), "detail", "maxLength", Decimal("2.50"), [1, None])
FULL = replace(
    ENTRY,
    call=replace(ENTRY.call, body=b"\x00\xff", assumptions={"quotas": "on"}, now=NOW + timedelta(hours=1)),
    decided=ItemResults.of(
        (
            Outcome(Item(0, "A", {}), Action.CREATED, warnings=(PROBLEM,)),
            Outcome(Item(1, "B", {}), Action.REJECTED, problems=(PROBLEM,)),
        )
    ),
    applied=("nightly/lose-one",),
    effects={1: AppliedEffect("nightly/lose-one", ("omitted",))},
    delivery=Delivery(delay_ms=5, fraction=0.5, fault="EMPTY_RESPONSE"),
)


@pytest.fixture
def opened(
    connect: Callable[[], RedisConnection], worker: Callable[[], RedisStore]
) -> Callable[..., RedisEntryLog]:
    """A function that returns the log as one more worker has it; there are two sandboxes."""
    store = worker()
    for name in ("default", "other"):
        store.create(name, lambda _whole: None)
    return lambda **limits: RedisEntryLog(connect(), store.names, Limits(**limits))


def keep(log: EntryLog, sandbox: str = "default") -> int:
    entry = replace(ENTRY, number=0, call=replace(ENTRY.call, sandbox=sandbox))
    return log.keep(entry, entry.size_bytes).entry.number


def test_an_entry_is_what_it_was() -> None:
    assert decode(encode(FULL)) == FULL


def test_of_the_scenarios_of_its_sandbox_an_entry_keeps_the_rules_that_hit() -> None:
    rules = [{"id": "lose-one", "priority": 1}, {"id": "never", "priority": 1}]
    nightly = {"name": "nightly", "document": {"name": "nightly", "rules": rules}}
    armed = replace(FULL, call=replace(FULL.call, scenarios=(nightly, {"name": "other", "document": {}})))

    (kept,) = decode(encode(armed)).call.scenarios

    assert kept == {"name": "nightly", "document": {"name": "nightly", "rules": rules[:1]}}


def test_a_path_that_is_no_text_is_kept_as_far_as_it_is() -> None:
    strange = replace(ENTRY, call=replace(ENTRY.call, path="/a\udcff"))

    assert decode(encode(strange)).call.path == "/a\ufffd"


def test_workers_number_the_calls_of_a_sandbox_together(opened: Callable[..., RedisEntryLog]) -> None:
    first, second = opened(), opened()

    assert [keep(first), keep(second), keep(first, "other"), keep(first)] == [1, 2, 1, 3]
    assert [one.number for one in second.entries("default")] == [1, 2, 3]
    assert (second.last_number("default"), second.last_number("other"), second.size()) == (3, 1, 4)


def test_an_entry_of_a_sandbox_that_is_not_there_is_not_kept(opened: Callable[..., RedisEntryLog]) -> None:
    assert (keep(opened(), "nobody"), opened().entries("nobody")) == (0, [])


def _numbers(entries: list[Entry]) -> list[int]:
    return [one.number for one in entries]


@pytest.mark.parametrize(
    "limits", [{"entries": 3}, {"size_bytes": 3 * ENTRY.size_bytes}, {"size_bytes": 1}, {}]
)
def test_both_logs_keep_and_drop_the_same(
    opened: Callable[..., RedisEntryLog], worker: Callable[[], RedisStore], limits: Any
) -> None:
    memory = MemoryEntryLog(Limits(**limits))
    for log, forget in ((opened(**limits), worker().forget_calls), (memory, memory.forget)):
        dropped = [log.keep(ENTRY, ENTRY.size_bytes).dropped for _ in range(5)]
        seen = [
            dropped,
            _numbers(log.entries("default")),
            _numbers(log.entries("default", 2)),
            log.entries("default", 0),
            [found.number if (found := log.entry("default", number)) else None for number in range(7)],
            (log.last_number("default"), log.size(), log.dropped("default")),
            log.clear("default"),
            (log.entries("default"), log.dropped("default"), keep(log)),
            forget("default"),
            (log.entries("default"), log.last_number("default"), keep(log)),
        ]
        if isinstance(log, RedisEntryLog):
            shared = seen
    assert shared == seen


@pytest.mark.parametrize("limits", [{"entries_of_all": 6}, {"size_bytes_of_all": 6 * ENTRY.size_bytes}])
def test_all_sandboxes_together_keep_a_limit_and_the_largest_shrinks(
    opened: Callable[..., RedisEntryLog], limits: Any
) -> None:
    one, other = opened(**limits), opened(**limits)
    for _ in range(2):
        keep(other, "other")

    dropped = [one.keep(ENTRY, ENTRY.size_bytes).dropped for _ in range(7)]

    assert dropped == [{}, {}, {}, {}, {"default": 2}, {"default": 3}, {"default": 4}]
    assert (_numbers(one.entries("default")), _numbers(one.entries("other"))) == ([4, 5, 6, 7], [1, 2])
    assert (one.dropped("default"), one.dropped("other"), one.size()) == (3, 0, 6)


def test_a_worker_looks_at_all_when_it_has_added_a_part_of_what_they_may_take(
    opened: Callable[..., RedisEntryLog],
) -> None:
    log = opened(entries_of_all=2 * LOOKS)

    dropped = [bool(log.keep(ENTRY, ENTRY.size_bytes).dropped) for _ in range(2 * LOOKS + 2)]

    assert dropped.index(True) == 2 * LOOKS + 1
