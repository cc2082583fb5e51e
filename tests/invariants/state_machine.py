"""One state machine for all vendors: whatever is done in whatever order, a dictionary says what is there.

After every step invariants 1 to 6, 14, 25 and 26 of edge-cases §3 hold.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from mockserver.contract.exchange import Request
from mockserver.contract.profile import RefusedStep
from mockserver.model import Action
from tests.invariants.concurrency import overlapping
from tests.invariants.expected_state import ExpectedState, ExpectedTenant
from tests.invariants.sandboxes import NOW, item_specs, numbers, open_sandbox, unchecked_client
from tests.support.client import Response
from tests.support.profiled_vendor import FIRST_REFUSAL, ItemSpec, ProfiledVendor

ACCEPTED = (Action.CREATED, Action.UPDATED, Action.UNCHANGED)
TENANT = st.integers(0, 1)
FAIL_FIRST_ITEM = {"id": "r", "items": [{"select": {"index": 0}, "effect": {"fail": {"code": "conflict"}}}]}


class VendorStateMachine(RuleBasedStateMachine):
    """The walks of one vendor."""

    vendor: ProfiledVendor

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.here = self.stack.enter_context(open_sandbox(self.vendor))
        self.bystander = self.stack.enter_context(open_sandbox(self.vendor))
        self.here.use_keys()
        self.aside = self.bystander.dump()
        self.aside_calls = len(self.here.app.journal.kept.entries(self.bystander.sandbox))
        self.numbers = self.vendor.profile.tenants
        tenants = tuple(ExpectedTenant(self.here.listed(number)) for number in range(self.numbers))
        self.first = ExpectedState(tenants, datetime.fromisoformat(NOW))
        self.model = self.first
        self.kept: list[tuple[str, ExpectedState]] = []
        self.touched = {0}
        self.keys = 0

    def teardown(self) -> None:
        """Look at every tenant, whoever was touched; leave no sandbox behind."""
        with self.stack:
            self.touched = set(range(self.numbers))
            self.the_list_shows_what_is_there()

    @rule(data=st.data(), tenant=TENANT)
    def send_a_batch(self, data: st.DataObject, tenant: int) -> None:
        """A batch of good and bad items, each of a key of its own."""
        items = data.draw(item_specs(self.vendor, at_least=1))
        number = tenant % self.numbers
        request = self.vendor.batch(items, number)
        answered = self._called(request, number)

        self._settle(items, number, request, answered)

    @precondition(lambda self: not self.model.armed)
    @rule(data=st.data(), tenant=TENANT, drawn=numbers())
    def take_a_step(self, data: st.DataObject, tenant: int, drawn: int) -> None:
        """A step of the profile on a record by its key, which may not be there."""
        number, key = tenant % self.numbers, data.draw(st.sampled_from(self.vendor.keys))
        step, item = data.draw(st.sampled_from(self.vendor.profile.steps)), ItemSpec(key, drawn)
        answered = self.vendor.take(self.here.tenant(number), step, item, number)
        self.touched.add(number)

        before = self.model.tenants[number]
        after = step.after(before.shown.get(key), item.drawn)
        assert (answered.status >= FIRST_REFUSAL) == isinstance(after, RefusedStep)
        assert answered.status < 500
        if not isinstance(after, RefusedStep):
            self.model = self.model.after(number, before.with_record(key, after))

    @rule(data=st.data())
    def read_one(self, data: st.DataObject) -> None:
        """By its key."""
        key = data.draw(st.sampled_from(self.vendor.keys))

        assert self.here.read(key) == self.model.tenants[0].shown.get(key)

    @precondition(lambda self: self.vendor.replays)
    @rule(data=st.data())
    def send_twice_under_one_key(self, data: st.DataObject) -> None:
        """The second time the answer is the first one's, and nothing happens."""
        items = data.draw(item_specs(self.vendor, at_least=1))
        once = self._keyed(self.vendor.batch(items))
        first = self._called(once, 0)
        self._settle(items, 0, once, first)

        again = self._called(once, 0)
        assert (again.status, again.body) == (first.status, first.body)

    @precondition(lambda self: self.vendor.change and not self.vendor.replays)
    @rule(data=st.data(), drawn=numbers())
    def change_twice_under_one_key(self, data: st.DataObject, drawn: int) -> None:
        """The second time it is refused, and nothing happens."""
        assert self.vendor.change is not None
        before = self.model.tenants[0]
        key = data.draw(st.sampled_from(sorted(before.shown) or [""]))
        if key:
            item = ItemSpec(key, drawn)
            once = self._keyed(self.vendor.changed(item))
            statuses = [self._called(once, 0).status for _ in range(2)]
            assert statuses == [200, self.vendor.idempotency.replay_status]
            after = self.vendor.change.after(before.shown[key], item.drawn)
            assert not isinstance(after, RefusedStep)
            self.model = self.model.after(0, before.with_record(key, after))

    @rule(seconds=st.integers(1, 10_000))
    def let_time_pass(self, seconds: int) -> None:
        """On the sandbox's clock."""
        self.here.control("POST", "/clock/advance", {"seconds": seconds})
        self.model = replace(self.model, now=self.model.now + timedelta(seconds=seconds))

    @rule()
    def take_a_snapshot(self) -> None:
        """Of all that is there."""
        taken: str = self.here.control("POST", "/snapshots", {}).json["id"]
        self.kept.append((taken, self.model))

    @precondition(lambda self: self.kept)
    @rule(data=st.data())
    def set_back(self, data: st.DataObject) -> None:
        """To one of the snapshots."""
        name, model = data.draw(st.sampled_from(self.kept))
        self.here.control("POST", f"/snapshots/{name}/restore")
        self.model, self.touched = model, set(range(self.numbers))

    @rule()
    def reset(self) -> None:
        """To the beginning."""
        self.here.control("POST", "/reset")
        self.here.use_keys()
        self.model, self.kept, self.touched = self.first, [], set(range(self.numbers))

    @rule(armed=st.booleans())
    def arm_or_disarm(self, *, armed: bool) -> None:
        """A scenario that rejects the first item of every batch."""
        if armed:
            self.here.arm({**FAIL_FIRST_ITEM, "match": {"operation": self.vendor.operation}})
        elif self.model.armed:
            self.here.control("DELETE", "/scenarios/bend")
        self.model = replace(self.model, armed=armed)

    @rule(data=st.data())
    def send_two_batches_at_once(self, data: st.DataObject) -> None:
        """They come to what one after the other comes to."""
        first, second = (data.draw(item_specs(self.vendor, at_least=1)) for _ in range(2))
        before, ends = self.model.tenants[0], []
        for pair in ((first, second), (second, first)):
            tenant = before
            for items in pair:
                _, tenant = tenant.after_batch(items, self.vendor, armed=self.model.armed)
            ends.append(tenant)
        asyncio.run(self._at_once(first, second))

        listed = self.here.listed()
        assert listed in [tenant.shown for tenant in ends]
        self.model = self.model.after(0, next(tenant for tenant in ends if tenant.shown == listed))

    @invariant()
    def the_list_shows_what_is_there(self) -> None:
        """Of every tenant that was touched: 5 and 6."""
        while self.touched:
            number = self.touched.pop()
            assert self.here.listed(number) == self.model.tenants[number].shown

    @invariant()
    def the_bystander_has_learned_nothing(self) -> None:
        """14."""
        assert self.bystander.dump() == self.aside
        assert len(self.here.app.journal.kept.entries(self.bystander.sandbox)) == self.aside_calls

    @invariant()
    def the_clock_shows_what_it_was_set_to(self) -> None:
        """24: no time passes by itself."""
        assert self.here.app.sandboxes.show(self.here.sandbox).now == self.model.now

    def _called(self, request: Request, number: int) -> Response:
        """The answer, which is in the contract and no crash: 25 and 26."""
        self.touched.add(number)
        client = self.here.tenant(number)
        if self.model.armed:
            client = replace(client, app=unchecked_client(self.here).app)
        answered = self.vendor.send(client, request)
        assert answered.status < 500
        assert self.model.armed or not self.here.entry().off_contract
        return answered

    def _keyed(self, request: Request) -> Request:
        self.keys += 1
        return self.vendor.under_key(request, f"key-{self.keys}")

    def _settle(self, items: Sequence[ItemSpec], number: int, request: Request, answered: Response) -> None:
        """Hold outcomes against the model: 1 to 4; then let it be what they come to."""
        before = self.model.tenants[number]
        accepted, after = before.after_batch(items, self.vendor, armed=self.model.armed)
        decided = self.here.decided()
        assert [(key, action in ACCEPTED) for key, action in decided] == [
            (one.key, good) for one, good in zip(items, accepted, strict=True)
        ]
        assert {key for key, action in decided if action is Action.CREATED} - before.removed == {
            one.key
            for one, good in zip(items, accepted, strict=True)
            if good and one.key not in (*before.shown, *before.removed)
        }
        told = self.vendor.outcomes(request, answered, items)
        assert told in (None, accepted) or self.vendor.marks.atomic
        self.model = self.model.after(number, after)

    async def _at_once(self, *batches: Sequence[ItemSpec]) -> None:
        client = unchecked_client(self.here)
        calls = [overlapping(self.vendor, self.vendor.batch(items)) for items in batches]
        answers = await asyncio.gather(*(one.by(client) for one in calls))
        assert all(answered.status < 500 for answered in answers)
