"""What Xero says of itself to the contract suite is so at the server."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest

from mockserver.contract.exchange import Exchange, Request, Response, to_json_text
from mockserver.contract.loading import load_vendor_api
from mockserver.contract.profile import REFUSED_STEP, BatchProfile, DrawnValues, Step
from mockserver.server.application import Application
from tests.support.profile_checks import Tried, each, trying

PROFILE = load_vendor_api("xero").profile
SUBJECTS = PROFILE.batches(PROFILE.facts)
PARTS, WHOLE, CHANGED, CREATED, PAYMENTS = range(5)
ONE, OTHER = DrawnValues(1, Decimal("19.99")), DrawnValues(2, Decimal("0.30"))


@pytest.fixture
def tried(number: int, app: Application, sandbox: str) -> Iterator[Tried]:
    with trying("xero", number, app, sandbox) as one:
        yield one


def step_of(subject: BatchProfile, name: str) -> Step:
    return next(step for step in subject.steps if step.name == name)


@pytest.mark.parametrize("number", [WHOLE, CREATED, PAYMENTS])
def test_what_is_done_is_not_done_again(tried: Tried) -> None:
    key = tried.key(0)
    tried.batch(tried.subject.item(key, ONE))
    before = tried.shown(key)

    telling = tried.batch(tried.subject.item(key, ONE))

    assert tried.upon(before, key, ONE) is REFUSED_STEP
    assert tried.accepted(telling, 1) == [False]
    assert tried.shown(key) == before


@pytest.mark.parametrize("number", [WHOLE, PAYMENTS])
def test_what_was_deleted_can_be_paid_again(tried: Tried) -> None:
    key = tried.key(0)
    tried.batch(tried.subject.item(key, ONE))

    tried.do(step_of(tried.subject, "delete it"), key, ONE)
    gone = tried.shown(key)
    telling = tried.batch(tried.subject.item(key, ONE))

    assert gone is None
    assert tried.accepted(telling, 1) == [True]
    assert tried.shown(key) == tried.subject.record(key, ONE)


@pytest.mark.parametrize("number", [PARTS])
def test_what_is_paid_twice_is_paid_two_times(tried: Tried) -> None:
    key = tried.key(0)

    tried.batch(tried.subject.item(key, ONE))
    before = tried.shown(key)
    tried.batch(tried.subject.item(key, OTHER))

    assert tried.shown(key) == {"Paid": Decimal("20.29")} == tried.upon(before, key, OTHER)


@pytest.mark.parametrize("number", [CHANGED])
@pytest.mark.parametrize("name", ["pay some of it", "pay what is due of it", "void it"])
def test_an_invoice_that_is_paid_or_voided_takes_no_change(tried: Tried, name: str) -> None:
    key = tried.key(0)
    tried.batch(tried.subject.item(key, ONE))
    tried.do(step_of(tried.subject, name), key, OTHER)
    before = tried.shown(key)

    telling = tried.batch(tried.subject.item(key, OTHER))

    assert tried.upon(before, key, OTHER) is REFUSED_STEP
    assert tried.accepted(telling, 1) == [False]
    assert tried.shown(key) == before
    for again in tried.subject.steps:
        assert (tried.do(again, key, ONE) >= 400) == (again.after(before, ONE) is REFUSED_STEP), again.name
        before = tried.shown(key)


@pytest.mark.parametrize("number", [CHANGED])
def test_no_more_is_paid_than_is_due(tried: Tried) -> None:
    key, step = tried.key(0), step_of(tried.subject, "pay some of it")
    tried.batch(tried.subject.item(key, OTHER))
    before = tried.shown(key)

    status = tried.do(step, key, ONE)

    assert step.after(before, ONE) is REFUSED_STEP
    assert status == 400
    assert tried.shown(key) == before


@each("xero")
def test_an_idempotency_key_brings_the_first_answer_and_belongs_to_one_call(tried: Tried) -> None:
    first, second = tried.key(0), tried.key(1)
    headers = {tried.subject.key_header.lower(): "profile-1"}
    request = tried.subject.call([tried.subject.item(first, ONE)], 0).having(headers)
    other = tried.subject.call([tried.subject.item(second, ONE)], 0).having(headers)

    answers = [tried.send(one).response for one in (request, request, other)]

    assert tried.subject.again == "same"
    assert answers[0].body == answers[1].body
    assert answers[2].status == tried.subject.conflict_status
    assert tried.shown(second) is None


def test_an_invoice_whose_sums_disagree_cannot_be_read() -> None:
    shown = {"Total": Decimal(100), "AmountPaid": Decimal(10), "AmountDue": Decimal(100)}
    body = to_json_text({"Invoices": [shown]}).encode()
    exchange = Exchange(Request("GET", "/"), Response(200, {}, body))

    with pytest.raises(ValueError, match="of 100, 10 is shown as paid, 0 as credited and 100 as due"):
        SUBJECTS[PARTS].shown("CB-1", exchange)


@pytest.mark.parametrize("status", [200, 500])
def test_a_read_that_shows_nothing_of_its_kind_cannot_be_read(status: int) -> None:
    exchange = Exchange(Request("GET", "/"), Response(status, {}, b"{}"))

    with pytest.raises(ValueError, match=f"answered {status} and shows no Invoices"):
        SUBJECTS[CHANGED].shown("CI-1", exchange)


@each("xero")
def test_no_two_keys_are_the_same(tried: Tried) -> None:
    assert len({tried.subject.key(at) for at in range(51)}) == 51


def test_no_two_subjects_share_a_key() -> None:
    assert len({subject.key(1) for subject in SUBJECTS}) == len(SUBJECTS)


def test_every_batch_has_its_reader() -> None:
    operations = load_vendor_api("xero").spec.operations

    assert {name for name, one in operations.items() if one.batch} == set(PROFILE.readers)


def test_other_organisations_and_accounts_can_be_named() -> None:
    under = load_vendor_api("xero", {"tenant": "T-1", "other_tenant": "", "bank": "090"})
    subjects = under.profile.batches(under.facts)

    assert under.profile.headers(under.facts, 0) == {"xero-tenant-id": "T-1"}
    assert {subject.tenants for subject in subjects} == {1}
    assert subjects[PARTS].item("CB-1", ONE)["Account"] == {"Code": "090"}
