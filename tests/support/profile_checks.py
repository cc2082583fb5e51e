"""Subjects of the contract suite at the server itself: what a vendor says of itself must be so there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

import pytest
from msgspec.structs import replace

from mockserver.contract.api import ApiUnderTest
from mockserver.contract.credentials import headers_for
from mockserver.contract.exchange import Exchange, Request, Response, to_json_text
from mockserver.contract.loading import load_vendor_api
from mockserver.contract.oracle.responses import reader_for
from mockserver.contract.profile import (
    BatchItem,
    BatchProfile,
    Corruption,
    DrawnValues,
    Record,
    RefusedStep,
    ReportedOutcomes,
    Step,
)
from mockserver.contract.target import Address, Target
from mockserver.model import Json
from mockserver.server.application import Application
from tests.support.profiled_vendor import FIRST_REFUSAL, ProfiledVendor, accepted
from tests.support.spec_documents import VENDORS

AMOUNTS = tuple(map(Decimal, ("0.30", "19.99", "1234567890.01", "100", "0.01")))
"""Cents that no binary fraction equals, and more digits than some types keep."""


@dataclass(frozen=True, slots=True)
class Tried:
    """A subject, and the server where it is tried."""

    subject: BatchProfile
    target: Target
    api: ApiUnderTest

    def key(self, number: int, tenant: int = 0) -> str:
        """The nth key, with what must be there for it."""
        key = self.subject.key(number)
        for request in self.subject.prepare(key, tenant) if self.subject.prepare else ():
            assert self.send(request, tenant).response.status < FIRST_REFUSAL
        return key

    def keys(self, number: int, tenant: int = 0) -> list[str]:
        """So many keys, or as many as there are."""
        return list(dict.fromkeys(self.key(one, tenant) for one in range(number)))

    def send(self, request: Request, tenant: int = 0) -> Exchange:
        """What is answered to a caller of that tenant."""
        named = self.api.profile.headers(self.api.facts, tenant)
        return self.target.send(request.having(named), self.subject.operation)

    def batch(self, *documents: Json, tenant: int = 0) -> ReportedOutcomes | None:
        """Send these items in one batch; return the outcomes that its answer reports."""
        return self.reported(self.send(self.subject.call(documents, tenant), tenant), documents)

    def reported(self, exchange: Exchange, documents: Sequence[Json]) -> ReportedOutcomes | None:
        """The outcomes of these items that an answer reports."""
        items = [BatchItem(place, None, document) for place, document in enumerate(documents)]
        assert self.subject.reader is not None
        return self.subject.reader(exchange, items)

    def accepted(self, reported: ReportedOutcomes | None, number: int) -> list[bool]:
        """Of so many items, which were done."""
        assert reported is not None
        return accepted(reported, number)

    def shown(self, key: str, tenant: int = 0) -> Record | None:
        """What reading the key shows."""
        return self.subject.shown(key, self.send(self.subject.read(key, tenant), tenant))

    def upon(self, before: Record | None, key: str, drawn: DrawnValues) -> Record | RefusedStep:
        """What a good item makes of the record that its key has."""
        upon = self.subject.record_after
        return upon(before, key, drawn) if upon else self.subject.record(key, drawn)

    def do(self, step: Step, key: str, drawn: DrawnValues) -> int:
        """The status that a step is answered with."""
        exchange = self.send(step.request(key, drawn, 0))
        if step.then is not None:
            exchange = self.send(step.then(exchange, key, drawn, 0))
        return exchange.response.status


@cache
def read_once(vendor: str) -> ApiUnderTest:
    """The vendor, its spec read once for all tests."""
    return load_vendor_api(vendor)


@contextmanager
def trying(vendor: str, number: int, app: Application, sandbox: str) -> Iterator[Tried]:
    """The vendor's nth subject in that sandbox, called with the fixtures' credentials."""
    under = read_once(vendor)
    subject = under.profile.batches(under.facts)[number]
    credentials = headers_for(under, subject.operation, under.profile.credentials)
    headers = {"mock-sandbox": sandbox, **credentials}
    with Target(Address(f"http://testserver/{vendor}", app, headers)) as target:
        yield Tried(subject, target, under)


def every(
    what: str = "", *, where: Callable[[BatchProfile], bool] = lambda _subject: True
) -> pytest.MarkDecorator:
    """The test for every vendor's subjects, or for each of their `corruptions`, `steps` or `encodings`.

    It is for those that `where` accepts, by the name of the vendor and the subject's number.
    """
    parts: list[Any] = [
        pytest.param(
            vendor, number, *([part] if what else ()), id=f"{vendor}-{number}-{_named(subject, part)}"
        )
        for vendor in VENDORS
        for number, subject in enumerate(_subjects(vendor))
        if where(subject)
        for part in (getattr(subject, what) if what else [None])
    ]
    return pytest.mark.parametrize(("vendor", "number", *([what.removesuffix("s")] if what else ())), parts)


def each(vendor: str) -> pytest.MarkDecorator:
    """The test for each of the vendor's subjects, by number."""
    names = [f"{number}-{subject.operation}" for number, subject in enumerate(_subjects(vendor))]
    return pytest.mark.parametrize("number", range(len(names)), ids=names)


def _subjects(vendor: str) -> tuple[BatchProfile, ...]:
    under = read_once(vendor)
    return under.profile.batches(under.facts)


def _named(subject: BatchProfile, part: Corruption | Step | str | None) -> str:
    name = part if part is None or isinstance(part, str) else part.name
    return f"{subject.operation}-{name}" if name else subject.operation


def told_of(
    operation: str, answer: Json, *documents: Json, keys: Sequence[str | None] = ()
) -> ReportedOutcomes | None:
    """What the vendor's reader, named by `vendor.operation`, makes of an answer to these items."""
    vendor, _, name = operation.partition(".")
    named = keys or [None] * len(documents)
    items = [BatchItem(at, key, one) for at, (key, one) in enumerate(zip(named, documents, strict=True))]
    response = Response(200, {"content-type": "application/json"}, to_json_text(answer).encode())
    api = read_once(vendor)
    reader = reader_for(api, api.spec.operations[name])
    assert reader is not None
    return reader(Exchange(Request("PUT", "/"), response, name), items)


def assert_good_items_are_read_back(tried: Tried) -> None:
    """Items of all amounts are accepted, and shown as their records say."""
    sent = _sent(tried)
    items = [tried.subject.item(key, drawn) for key, drawn in sent.items()]

    reported = tried.batch(*items)

    assert tried.accepted(reported, len(items)) == [True] * len(items)
    assert {key: tried.shown(key) for key in sent} == _records(tried, sent)
    if tried.subject.amount is not None and reported is not None:
        amounts = [one.amount for one in reported.outcomes]
        assert amounts == [tried.subject.amount(item) for item in items]


def assert_the_list_shows_them(tried: Tried) -> None:
    """What was accepted is in the list as it is when read alone."""
    sent = _sent(tried)
    tried.batch(*(tried.subject.item(key, drawn) for key, drawn in sent.items()))
    assert tried.subject.listing is not None
    assert tried.subject.listed is not None

    listed = tried.subject.listed(tried.send(tried.subject.listing(0)))

    assert {key: listed[key] for key in sent} == _records(tried, sent)


def assert_a_corrupted_item_fails_alone(tried: Tried, corruption: Corruption) -> None:
    """It is refused with a reason and leaves no trace; the good ones round it are kept, or refused too."""
    sent = dict(list(_sent(tried).items())[:3])
    before = {key: tried.shown(key) for key in sent}
    items = [tried.subject.item(key, drawn) for key, drawn in sent.items()]
    items[1] = corruption.change(items[1])

    reported = tried.batch(*items)

    bad = list(sent)[1]
    after = {key: tried.shown(key) for key in sent}
    if corruption.refuses_call:
        assert reported is None
        assert after == before
    else:
        assert tried.accepted(reported, len(items)) == [place != 1 for place in range(len(items))]
        assert all(one.message for one in (reported.outcomes if reported else ()) if not one.accepted)
        is_atomic = ProfiledVendor(tried.api, tried.subject).marks.atomic
        assert after == (before if is_atomic else {**_records(tried, sent), bad: before[bad]})


def assert_a_step_does_what_it_says(tried: Tried, step: Step, *, there: bool) -> None:
    """It makes of a record what it says, or is refused; likewise where there is none."""
    key = tried.key(0)
    if there:
        tried.batch(tried.subject.item(key, DrawnValues(1, Decimal("19.99"))))
    before = tried.shown(key)
    drawn = DrawnValues(2, Decimal("0.30"))
    after = step.after(before, drawn)

    status = tried.do(step, key, drawn)

    assert (status >= FIRST_REFUSAL) == isinstance(after, RefusedStep)
    assert tried.shown(key) == (before if isinstance(after, RefusedStep) else after)


def assert_a_key_twice_is_treated_as_said(tried: Tried) -> None:
    """Each is done in order, unless the first leaves nothing for the later one to do; or none is done."""
    key = tried.key(0)
    before = tried.shown(key)
    first, second = DrawnValues(1, Decimal("19.99")), DrawnValues(2, Decimal("0.30"))

    reported = tried.batch(tried.subject.item(key, first), tried.subject.item(key, second))

    if tried.subject.twice == "none":
        assert tried.accepted(reported, 2) == [False, False]
        assert tried.shown(key) == before
        return
    then = tried.upon(tried.subject.record(key, first), key, second)
    is_done = not isinstance(then, RefusedStep)
    assert tried.accepted(reported, 2) == [True, is_done]
    assert tried.shown(key) == (then if is_done else tried.subject.record(key, first))


def assert_tenants_are_apart(tried: Tried) -> None:
    """What one tenant sends, another does not see."""
    key, drawn = tried.key(0, tenant=1), DrawnValues(1, Decimal("19.99"))

    reported = tried.batch(tried.subject.item(key, drawn), tenant=1)

    assert tried.accepted(reported, 1) == [True]
    assert tried.shown(key, tenant=1) == tried.subject.record(key, drawn)
    assert tried.shown(key, tenant=0) is None


def assert_other_media_types_say_the_same(tried: Tried, media_type: str) -> None:
    """The items written in that media type are accepted and read back."""
    sent = _sent(tried)
    items = [tried.subject.item(key, drawn) for key, drawn in sent.items()]
    usual = tried.subject.call(items, 0)
    body = tried.subject.encodings[media_type](items)
    request = replace(usual, headers={**usual.headers, "content-type": media_type}, body=body)

    reported = tried.reported(tried.send(request), items)

    assert tried.accepted(reported, len(items)) == [True] * len(items)
    assert {key: tried.shown(key) for key in sent} == _records(tried, sent)


def _sent(tried: Tried) -> dict[str, DrawnValues]:
    """What is drawn for as many keys as there are amounts, or as the subject has."""
    keys = tried.keys(len(AMOUNTS))
    return {
        key: DrawnValues(at, amount) for at, (key, amount) in enumerate(zip(keys, AMOUNTS, strict=False), 1)
    }


def _records(tried: Tried, sent: Mapping[str, DrawnValues]) -> dict[str, Record]:
    return {key: tried.subject.record(key, drawn) for key, drawn in sent.items()}
