"""A vendor as its profile describes it: batches, reads, lists and steps, sent by the client of the tests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from msgspec.structs import replace

from mockserver.contract import exchange
from mockserver.contract.api import ApiUnderTest
from mockserver.contract.credentials import headers_for
from mockserver.contract.exchange import Exchange, Request
from mockserver.contract.isolation import rule_of
from mockserver.contract.oracle.expectations import keys_of
from mockserver.contract.oracle.responses import reader_for
from mockserver.contract.profile import (
    REFUSED_STEP,
    BatchItem,
    BatchProfile,
    Corruption,
    DrawnValues,
    IdempotencyRule,
    Record,
    RefusedStep,
    ReportedOutcomes,
    Step,
)
from mockserver.model import Json
from mockserver.spec.batch_forms import Batch
from tests.support.client import Client, Response

KEYS = 6
FIRST_REFUSAL = 400
_OWN_KEYS = IdempotencyRule("Idempotency-Key", again="same", conflict_status=422)
"""The rule of the server's own idempotency keys, which an assumption turns on."""


@dataclass(frozen=True, slots=True)
class ItemSpec:
    """An item of a batch: its key, the number that its values are drawn from, and whether it is good."""

    key: str
    number: int
    good: bool = True

    @property
    def drawn(self) -> DrawnValues:
        return DrawnValues(self.number, Decimal(100 + self.number))


@dataclass(frozen=True, eq=False)
class ProfiledVendor:
    """One batch operation of a vendor; tenants count from 0."""

    api: ApiUnderTest
    profile: BatchProfile

    @property
    def name(self) -> str:
        return self.api.name

    @property
    def operation(self) -> str:
        return self.profile.operation

    @property
    def marks(self) -> Batch:
        """What `x-batch` says of the operation."""
        found = self.api.spec.operations[self.operation].batch
        assert found is not None
        return found

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """At most `KEYS` different keys."""
        return tuple(dict.fromkeys(self.profile.key(number) for number in range(1, KEYS + 1)))

    @cached_property
    def journal_keys(self) -> Mapping[str, str]:
        """The keys as journal and scenarios name them."""
        items = ((key, self.profile.item(key, ItemSpec(key, 1).drawn)) for key in self.keys)
        return {key: keys_of(document, self.marks.key)[-1] for key, document in items}

    @cached_property
    def corruption(self) -> Corruption:
        """The first way to spoil an item that does not refuse the whole call."""
        return next(one for one in self.profile.corruptions if not one.refuses_call)

    @cached_property
    def idempotency(self) -> IdempotencyRule:
        return rule_of(self.api) or _OWN_KEYS

    @property
    def replays(self) -> bool:
        """Whether the second call of an idempotency key is answered as the first."""
        return self.idempotency.again != "refused"

    @cached_property
    def change(self) -> Step | None:
        """The first step that changes a record, does nothing when repeated, and allows the next item."""
        return next((step for step in self.profile.steps if self._is_plain_change(step)), None)

    def _is_plain_change(self, step: Step) -> bool:
        first, second = (ItemSpec(self.keys[0], number) for number in (1, 2))
        before = self.record(first)
        after = step.after(before, second.drawn)
        return (
            step.then is None
            and isinstance(after, Mapping)
            and after != before
            and step.after(after, second.drawn) == after
            and not isinstance(self.record_after(after, first), RefusedStep)
        )

    def headers(self, tenant: int = 0) -> dict[str, str]:
        """Return the credentials and the headers of the tenant."""
        given = {
            **self.api.profile.headers(self.api.facts, tenant),
            **headers_for(self.api, self.operation, self.api.profile.credentials),
        }
        return {name.lower(): text for name, text in given.items()}

    def document(self, item: ItemSpec) -> Json:
        good = self.profile.item(item.key, item.drawn)
        return good if item.good else self.corruption.change(good)

    def batch(self, items: Iterable[ItemSpec], tenant: int = 0, key: str = "") -> Request:
        """Return the call that sends the items, with an idempotency key if there is one."""
        request = self.profile.call([self.document(one) for one in items], tenant)
        return self.under_key(request, key) if key else request

    def under_key(self, request: Request, key: str) -> Request:
        return replace(request, headers={**request.headers, self.idempotency.name.lower(): key})

    def send(self, client: Client, request: Request) -> Response:
        """Send the request to the vendor; the client has its credentials."""
        return client.request(
            request.method,
            f"/{self.name}{request.path}",
            content=request.body,
            headers=request.headers,
        )

    def outcomes(self, request: Request, answered: Response, items: Sequence[ItemSpec]) -> list[bool] | None:
        """Return whether the answer accepts each item; None if it refuses the whole call.

        Fails unless key, amount and count of each reported outcome are those of its item.
        """
        sent = [BatchItem(place, one.key, self.document(one)) for place, one in enumerate(items)]
        reported = self._reported(exchange_of(request, answered), sent)
        if reported is None:
            return None
        found = accepted(reported, len(items))
        for one in reported.outcomes:
            assert one.place is not None
            assert one.key in (None, items[one.place].key)
            if self.profile.amount is not None and one.accepted:
                assert one.amount in (None, self.profile.amount(sent[one.place].document))
        assert reported.count in (None, sum(found))
        return found

    def _reported(self, seen: Exchange, sent: Sequence[BatchItem]) -> ReportedOutcomes | None:
        read = self.profile.reader or reader_for(self.api, self.api.spec.operations[self.operation])
        assert read is not None
        return read(seen, sent)

    def record(self, item: ItemSpec) -> Record:
        return self.profile.record(item.key, item.drawn)

    def records(self, items: Iterable[ItemSpec]) -> dict[str, Record]:
        return {one.key: self.record(one) for one in items}

    def record_after(self, before: Record | None, item: ItemSpec) -> Record | RefusedStep:
        """Return the record after the item, given the one before; REFUSED_STEP if it is rejected."""
        if not item.good or (before is None and not self.profile.creates):
            return REFUSED_STEP
        after = self.profile.record_after
        return after(before, item.key, item.drawn) if after else self.record(item)

    def read(self, client: Client, key: str, tenant: int = 0) -> Record | None:
        request = self.profile.read(key, tenant)
        return self.profile.shown(key, exchange_of(request, self.send(client, request)))

    def list_request(self, tenant: int = 0) -> Request:
        assert self.profile.listing is not None
        return self.profile.listing(tenant)

    def listed(self, client: Client, tenant: int = 0) -> dict[str, Record]:
        """Return the records of `keys` in the list of all records."""
        assert self.profile.listed is not None
        request = self.list_request(tenant)
        found = self.profile.listed(exchange_of(request, self.send(client, request)))
        return {key: found[key] for key in self.keys if key in found}

    def take(self, client: Client, step: Step, item: ItemSpec, tenant: int = 0) -> Response:
        """Take a step on the record of the item's key, with what is drawn for the item."""
        request = step.request(item.key, item.drawn, tenant)
        answered = self.send(client, request)
        if step.then is not None:
            found = exchange_of(request, answered)
            answered = self.send(client, step.then(found, item.key, item.drawn, tenant))
        return answered

    def changed(self, item: ItemSpec, tenant: int = 0) -> Request:
        """Return the call of `change` with what is drawn for the item."""
        assert self.change is not None
        return self.change.request(item.key, item.drawn, tenant)


def accepted(reported: ReportedOutcomes, number: int) -> list[bool]:
    """Return for each of so many items whether it was done."""
    told = {one.place: one.accepted for one in reported.outcomes}
    return [told[place] if reported.is_complete else told.get(place, True) for place in range(number)]


def exchange_of(request: Request, answered: Response) -> Exchange:
    """Return the call and its answer as the contract suite has them."""
    return Exchange(request, exchange.Response(answered.status, answered.headers, answered.body))


def upserted(api: ApiUnderTest) -> ProfiledVendor:
    """Return the vendor with its first batch whose items may be repeated, in one batch or in two.

    Raises StopIteration: the vendor has no such batch.
    """
    vendors = (ProfiledVendor(api, one) for one in api.profile.batches(api.facts))
    return next(one for one in vendors if one.profile.twice and _is_repeatable(one))


def _is_repeatable(vendor: ProfiledVendor) -> bool:
    item = ItemSpec(vendor.keys[0], 1)
    once = vendor.record(item)
    return vendor.profile.prepare is None and vendor.record_after(once, item) == once
