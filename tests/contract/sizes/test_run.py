"""What a run of the sizes sends, and how it tells what fails."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from mockserver.contract.exchange import Finding
from mockserver.contract.run_state import FindingLedger, RunConfig, SizeLimit, run_parts
from mockserver.contract.size_run import plan_sizes
from mockserver.contract.target import Address, Target
from mockserver.contract.trial import Trial
from tests.contract.stateful import shop
from tests.contract.stateful.shop import Shop

NOTE = (
    "putOrders: a batch of more than 300 items is refused with 413; the spec states no limit, so this is "
    "not a failure, and larger sizes were not tried"
)
START = datetime(2026, 1, 5, 9, tzinfo=UTC)


@dataclass
class SizedShop(Shop):
    """A shop that treats a batch by its size; `takes` are the seconds that a batch of a size takes."""

    takes: Callable[[int], float] = lambda _size: 0.0
    loses: int | None = None
    most: int | None = None
    silent: int | None = None
    stale: int | None = None
    sizes: list[int] = field(default_factory=list)
    now: datetime = START

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        message = await receive()
        if scope["method"] != "PUT" or not scope["path"].endswith("/orders"):
            await super().__call__(scope, _given(message), send)
            return
        document = json.loads(message["body"])
        size = len(document["orders"])
        self.sizes.append(size)
        self.now += timedelta(seconds=self.takes(size))
        if self.silent is not None and size > self.silent:
            return
        if self.most is not None and size > self.most:
            await _refuse(send)
            return
        before = {world: dict(table) for world, table in self.there.items()}
        await super().__call__(scope, _given(message), send)
        if self.stale is not None and size > self.stale:
            for world, table in before.items():
                self.there[world].update(table)
        if self.loses is not None and size > self.loses:
            for table in self.there.values():
                table.pop(document["orders"][-1]["id"], None)


def _given(message: Any) -> Any:
    async def receive() -> Any:
        return message

    return receive


async def _refuse(send: Any) -> None:
    typed = [(b"content-type", b"application/json"), (b"mock-journal", b"1")]
    await send({"type": "http.response.start", "status": 413, "headers": typed})
    await send({"type": "http.response.body", "body": b'{"title": "too large"}'})


def run(server: SizedShop, folder: Path, *only: str, seed: int = 0, atomic: bool = False) -> FindingLedger:
    """What the sizes of the shop come to."""
    ledger = FindingLedger(keeps_exchanges=True)
    api = shop.api(shop.spec(folder, atomic=atomic))
    with Target(Address("http://testserver/shop", server, {"x-tenant": "0"})) as target:
        effort = RunConfig(seed, 8, frozenset(only))
        parts = plan_sizes(Trial(api, target, effort, ledger, shop.unjudged), lambda: server.now)
        run_parts(parts, ledger)
    return ledger


def one(ledger: FindingLedger) -> Finding:
    (found,) = ledger.findings
    return found


def test_a_right_server_has_no_finding_at_any_size(tmp_path: Path) -> None:
    server = SizedShop()

    ledger = run(server, tmp_path)

    assert [finding.message for finding in ledger.findings] == []
    assert {0, 1, 2, 10, 50, 100, 500, 1000} < set(server.sizes)


def test_a_server_that_takes_all_or_nothing_has_no_finding(tmp_path: Path) -> None:
    assert run(SizedShop(atomic=True), tmp_path, atomic=True).findings == []


def test_the_same_seed_sends_the_same_batches(tmp_path: Path) -> None:
    spec = tmp_path

    first, second = (run(SizedShop(), spec, seed=3).exchanges for _ in range(2))

    assert [call.request for call in first] == [call.request for call in second]


def test_bad_items_stand_elsewhere_with_another_seed(tmp_path: Path) -> None:
    def places(seed: int) -> list[tuple[int, str]]:
        (sizes,) = run(SizedShop(), tmp_path, seed=seed).sizes
        return [(time.size, time.bad) for time in sizes.times if time.bad != "none"]

    assert places(1) != places(2)
    assert {bad for _, bad in places(1)} == {"first", "last", "middle", "every second", "all"}


def test_the_smallest_size_that_fails_is_told(tmp_path: Path) -> None:
    finding = one(run(SizedShop(loses=50), tmp_path, "accepted-are-there"))

    assert finding.message.startswith(
        "fails with 51 items, not with 50: sent 51 good items; item 50, o50, was "
    )


def test_updates_that_a_large_batch_loses_are_found(tmp_path: Path) -> None:
    finding = one(run(SizedShop(stale=50), tmp_path, "accepted-are-there"))

    assert finding.message.startswith("fails with 51 items, not with 50: sent 51 items")
    assert sum("51 items" in step for step in finding.steps) == 2


def test_a_server_without_sandboxes_is_tested_too(tmp_path: Path) -> None:
    server = SizedShop(is_ours=False, loses=50)

    assert one(run(server, tmp_path, "accepted-are-there")).message.startswith(
        "fails with 51 items, not with 50"
    )


def test_records_of_an_earlier_run_raise_no_alarm(tmp_path: Path) -> None:
    server = SizedShop(is_ours=False)

    assert [run(server, tmp_path).findings for _ in range(3)] == [[], [], []]


def test_without_sandboxes_the_keys_of_sequences_and_lists_are_left_alone(tmp_path: Path) -> None:
    server = SizedShop(is_ours=False)

    run(server, tmp_path)

    keys = [int(key.removeprefix("o")) for table in server.there.values() for key in table]
    assert (min(keys) >= 5000, max(keys) < 9000) == (True, True)


def test_a_size_whose_keys_are_in_use_is_named(tmp_path: Path) -> None:
    used = {f"o{number}": {"id": f"o{number}"} for number in range(0, 20_000, 2)}
    server = SizedShop(is_ours=False, there={("", "0"): used})

    ledger = run(server, tmp_path)

    assert ledger.findings == []
    assert ledger.sizes[0].left_out[1000] == "records with its keys are there; another seed has other keys"


def test_a_batch_that_is_late_compared_to_smaller_ones_is_found(tmp_path: Path) -> None:
    server = SizedShop(takes=lambda size: size * size * 4e-6)

    finding = one(run(server, tmp_path, "sizes-are-answered-in-time"))

    assert finding.message.startswith("fails with ")
    assert "three times in a row; expected within 2.0 s, as an item of a smaller batch took 0.0004 s" in (
        finding.message
    )


def test_time_that_grows_with_the_items_is_no_fault(tmp_path: Path) -> None:
    server = SizedShop(takes=lambda size: 0.3 + size * 0.01)

    assert run(server, tmp_path, "sizes-are-answered-in-time").findings == []


def test_a_machine_that_becomes_slow_during_a_run_is_no_fault(tmp_path: Path) -> None:
    server = SizedShop()
    server.takes = lambda size: size * (0.005 if 1000 in server.sizes else 0.0005)

    assert run(server, tmp_path, "sizes-are-answered-in-time").findings == []


def test_one_slow_small_batch_hides_no_late_one(tmp_path: Path) -> None:
    server = SizedShop()

    def takes(size: int) -> float:
        is_first = size == 100 and server.sizes.count(size) == 1
        return 5.0 if is_first else size * size * 4e-6

    server.takes = takes

    assert "expected within 2.0 s" in one(run(server, tmp_path, "sizes-are-answered-in-time")).message


def test_each_batch_says_when_it_would_be_late(tmp_path: Path) -> None:
    (sizes,) = run(SizedShop(takes=lambda size: 0.001 * size), tmp_path).sizes

    assert {time.size: round(time.due, 1) for time in sizes.times}.items() >= {(1, 20.0), (1000, 4.0)}


def test_one_late_answer_is_chance(tmp_path: Path) -> None:
    server = SizedShop()
    server.takes = lambda size: 15.0 if server.sizes.count(size) == 1 and size == 1000 else 0.0

    assert run(server, tmp_path, "sizes-are-answered-in-time").findings == []


def test_a_batch_that_is_not_answered_is_found_and_smaller_ones_go_on(tmp_path: Path) -> None:
    server = SizedShop(silent=60)

    finding = one(run(server, tmp_path, "sizes-are-answered-in-time"))

    assert finding.message.startswith(
        "fails with 61 items, not with 60: sent 61 good items; no answer came: "
    )


def test_after_a_batch_that_is_not_answered_other_checks_are_made(tmp_path: Path) -> None:
    ledger = run(SizedShop(silent=60), tmp_path)

    assert [finding.check for finding in ledger.findings] == ["sizes-are-answered-in-time"]
    assert ledger.made["putOrders", "accepted-are-there"] > 0


def test_a_limit_that_nobody_states_is_noted_and_no_failure(tmp_path: Path) -> None:
    ledger = run(SizedShop(is_ours=False, most=300), tmp_path)

    assert ledger.findings == []
    assert ledger.notes == [NOTE]
    assert ledger.sizes[0].left_out[1000] == "the target refuses more than 300 with 413"


def test_time_that_is_spent_ends_the_sizes(tmp_path: Path) -> None:
    server = SizedShop(takes=lambda size: 19.0 if size >= 10 else 0.0)

    ledger = run(server, tmp_path, "accepted-are-there")

    assert ledger.sizes[0].left_out[1000] == "120 s were spent"


def test_the_time_of_each_batch_is_kept(tmp_path: Path) -> None:
    (sizes,) = run(SizedShop(takes=lambda size: size / 1000), tmp_path).sizes

    assert {(time.size, round(time.seconds, 3)) for time in sizes.times if time.bad == "none"} >= {
        (50, 0.05),
        (1000, 1.0),
    }
    assert (sizes.limit, sizes.budget.calls) == (SizeLimit(10_000, "this mock"), 250)


def test_a_change_of_the_profile_says_how_many_items_there_may_be(tmp_path: Path) -> None:
    api = shop.api(shop.spec(tmp_path))
    (batch,) = api.profile.batches({})
    limited = replace(api, profile=replace(api.profile, batches=lambda _: (replace(batch, max_items=20),)))
    server, ledger = SizedShop(), FindingLedger()

    with Target(Address("http://testserver/shop", server, {"x-tenant": "0"})) as target:
        run_parts(plan_sizes(Trial(limited, target, RunConfig(0, 8), ledger, shop.unjudged)), ledger)

    assert [finding.check for finding in ledger.findings] == ["limit-is-kept"]
    assert max(server.sizes) == 21
