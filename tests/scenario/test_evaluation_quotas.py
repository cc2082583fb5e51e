from __future__ import annotations

from datetime import UTC, datetime, timedelta

from mockserver.sandbox.memory_store import MemoryStore
from mockserver.sandbox.store import SANDBOX_SCOPE
from mockserver.scenario.evaluation import count_against_quotas
from mockserver.scenario.model import RuleQuota

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
TWO_A_MINUTE = RuleQuota(2, 60_000)


class Counted:
    """A sandbox in which calls are counted; its machine's clock can be moved."""

    def __init__(self) -> None:
        self.now = NOON
        self.store = MemoryStore(clock=lambda: self.now)
        self.store.create("default", lambda _whole: None)

    def call(self, **quotas: tuple[str, RuleQuota]) -> tuple[str, int] | None:
        return self.store.transact(
            "default", SANDBOX_SCOPE, lambda state: count_against_quotas(quotas, state)
        )


def test_a_quota_lets_so_many_calls_in_and_tells_how_long_to_wait() -> None:
    counted = Counted()

    assert [counted.call(rule=("q", TWO_A_MINUTE)) for _ in range(3)] == [None, None, ("rule", 60)]
    counted.now += timedelta(seconds=44.5)
    assert counted.call(rule=("q", TWO_A_MINUTE)) == ("rule", 16)
    counted.now += timedelta(seconds=16)
    assert counted.call(rule=("q", TWO_A_MINUTE)) is None


def test_rules_that_name_one_quota_share_it() -> None:
    counted = Counted()

    assert [counted.call(**{rule: ("both", TWO_A_MINUTE)}) for rule in "aba"] == [None, None, ("a", 60)]


def test_a_call_that_two_rules_of_one_quota_hit_is_one_call() -> None:
    counted = Counted()

    met = [counted.call(a=("both", TWO_A_MINUTE), b=("both", TWO_A_MINUTE)) for _ in range(3)]

    assert met == [None, None, ("a", 60)]


def test_a_call_that_one_quota_keeps_out_is_not_counted_by_another() -> None:
    counted = Counted()
    wide, narrow = ("wide", RuleQuota(2, 60_000)), ("narrow", RuleQuota(1, 1000))

    assert [counted.call(a=wide, b=narrow) for _ in range(3)] == [None, ("b", 1), ("b", 1)]
    counted.now += timedelta(seconds=1)
    assert counted.call(a=wide, b=narrow) is None


def test_without_quotas_every_call_is_let_in() -> None:
    assert Counted().call() is None
