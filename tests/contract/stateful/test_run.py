"""Sequences find what one call cannot show, and say it in words that need no explaining."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from mockserver.contract.exchange import Exchange, Finding, Request, checks_of
from mockserver.contract.oracle.checks import CHECKS
from mockserver.contract.run_state import FindingLedger, RunConfig, run_parts
from mockserver.contract.sequences import run
from mockserver.contract.sequences.batches import compare_listed
from mockserver.contract.target import Address, Target
from mockserver.contract.trial import Trial
from tests.contract.stateful import shop
from tests.contract.stateful.shop import Shop

WHOLE, THERE = "whole-or-nothing", "accepted-are-there"
FAULTS = {
    "blind": "bad-items-are-refused",
    "keeps the bad": "rejected-leave-no-trace",
    "loses the second": "accepted-are-there",
    "forgets before": "accepted-are-there",
    "refuses the third": "good-items-are-accepted",
    "knows nobody": "good-items-are-accepted",
    "always created": "class-is-true",
    "finds by note": "accepted-are-there",
    "floats": "amounts-are-exact",
    "short list": "lists-show-what-is-there",
    "keeps what is deleted": "steps-do-what-they-say",
    "deletes nothing": "steps-do-what-they-say",
    "keeps its version": "versions-follow-changes",
    "half of a refusal": "whole-or-nothing",
    "first wins": "twice-in-a-batch",
    "runs again": "replay-is-the-first-answer",
    "takes any body": "key-with-another-body",
    "one tenant": "tenants-are-apart",
    "one world": "worlds-are-apart",
    "keys of all worlds": "worlds-are-apart",
    "overlaps": "at-once-as-one-by-one",
    "torn": "at-once-as-one-by-one",
    "reads types otherwise": "same-in-every-media-type",
    "babbles": "answers-can-be-read",
    "is gone after three": "every-call-is-answered",
}


def test_what_a_trial_of_bad_items_shows_comes_again_by_its_own_check(tmp_path: Path) -> None:
    check = "bad-items-are-refused"
    every = shop.told(Shop("takes the third of three bad"), shop.spec(tmp_path), number=1)
    alone = shop.told(Shop("takes the third of three bad"), shop.spec(tmp_path), check, number=1)

    assert check in {one.check for one in every.findings}
    assert [one.check for one in alone.findings] == [check]


def test_values_need_no_sequences(tmp_path: Path) -> None:
    ledger = shop.told(Shop(), shop.spec(tmp_path), "texts-survive")

    assert {check for _, check in ledger.made} == {"texts-survive"}
    assert ledger.calls.total() < shop.told(Shop(), shop.spec(tmp_path), "accepted-are-there").calls.total()


def found(ledger: FindingLedger, check: str) -> Finding:
    return next(one for one in ledger.findings if one.check == check)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_server_that_keeps_its_word_has_no_finding(tmp_path: Path, seed: int) -> None:
    ledger = shop.told(Shop(), shop.spec(tmp_path), seed=seed)

    assert [one.message for one in ledger.findings] == []


@pytest.mark.parametrize("twist", ["has weak versions", "has each note once"])
def test_a_server_that_does_what_the_spec_leaves_open_is_right(tmp_path: Path, twist: str) -> None:
    ledger = shop.told(Shop(twist), shop.spec(tmp_path))

    assert [one.message for one in ledger.findings] == []


@pytest.mark.few(4)
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found_by_its_check(tmp_path: Path, fault: str) -> None:
    ledger = shop.told(Shop(fault), shop.spec(tmp_path), FAULTS[fault])

    assert [one.check for one in ledger.findings] == [FAULTS[fault]]


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_one_sequence_is_enough_to_find_a_lost_call_of_two_at_once(tmp_path: Path, seed: int) -> None:
    check = "at-once-as-one-by-one"

    ledger = shop.told(Shop("overlaps"), shop.spec(tmp_path), check, seed=seed, number=1)

    assert [one.check for one in ledger.findings] == [check]


def test_a_sequence_is_shown_by_its_steps(tmp_path: Path) -> None:
    finding = found(shop.told(Shop("half of a refusal"), shop.spec(tmp_path), WHOLE), WHOLE)

    assert finding.operation == "putOrders"
    assert finding.message.startswith("sent 2 items, 1 of them bad (item ")
    assert finding.message.endswith(", expected nothing")
    assert finding.steps[-1].startswith("PUT /orders with 2 items: ")
    assert finding.steps[-1].endswith(" → 400: refused as a whole")


def test_a_finding_has_the_calls_that_show_it(tmp_path: Path) -> None:
    finding = found(shop.told(Shop("loses the second"), shop.spec(tmp_path), THERE), THERE)

    assert [one.request.method for one in finding.exchanges][-3:].count("PUT") >= 1
    assert finding.exchanges[-1].operation == "showOrder"


def test_what_refuses_everything_is_told_plainly(tmp_path: Path) -> None:
    good = "good-items-are-accepted"
    finding = found(shop.told(Shop("knows nobody"), shop.spec(tmp_path), good), good)

    assert finding.message == 'sent 1 good item; the call is refused with 401: {"title": "Unauthorized"}'


def test_after_a_check_broke_the_others_are_made(tmp_path: Path) -> None:
    ledger = shop.told(Shop("deletes nothing"), shop.spec(tmp_path))

    assert {one.check for one in ledger.findings} == {"steps-do-what-they-say"}
    assert ledger.made["putOrders", "worlds-are-apart"] > 0


def test_every_call_is_counted_and_kept(tmp_path: Path) -> None:
    ledger = shop.told(Shop(), shop.spec(tmp_path), number=5)

    assert sum(ledger.calls.values()) == len(ledger.exchanges) > 0


def test_every_call_is_judged_by_itself_too(tmp_path: Path) -> None:
    def judge(exchange: Exchange, _ledger: FindingLedger) -> tuple[Finding, ...]:
        return (Finding("odd", "listOrders", "a list"),) if exchange.operation == "listOrders" else ()

    ledger = shop.told(Shop(), shop.spec(tmp_path), judge=judge, number=5)

    assert [one.check for one in ledger.findings] == ["odd"]
    assert ledger.findings[0].exchanges[-1].operation == "listOrders"


@pytest.mark.parametrize("fault", ["", "blind"])
def test_an_unknown_vendor_is_tested_by_sequences_too(tmp_path: Path, fault: str) -> None:
    shop_of_theirs = Shop(fault, is_ours=False)

    ledger = shop.told(shop_of_theirs, shop.spec(tmp_path), "bad-items-are-refused", "accepted-are-there")

    assert [one.check for one in ledger.findings] == (["bad-items-are-refused"] if fault else [])
    assert {world for world, _ in shop_of_theirs.there} == {""}


def test_a_call_that_is_whole_or_nothing_keeps_nothing_of_a_bad_one(tmp_path: Path) -> None:
    spec = shop.spec(tmp_path, atomic=True)

    assert shop.told(Shop(atomic=True), spec).findings == []
    message = found(shop.told(Shop("half of a refusal", atomic=True), spec, WHOLE), WHOLE).message
    assert re.search(r"the call was refused; reading item \d, \S+, shows", message)


def test_an_operation_that_is_not_asked_for_is_not_called(tmp_path: Path) -> None:
    ledger = FindingLedger()
    with Target(Address("http://testserver/shop", Shop(), {})) as target:
        effort = RunConfig(operations=frozenset({"another"}))
        run_parts(
            run.plan_stateful(Trial(shop.api(shop.spec(tmp_path)), target, effort, ledger, shop.unjudged)),
            ledger,
        )

    assert not ledger.calls


def test_what_a_key_needs_is_made_before_it_is_used(tmp_path: Path) -> None:
    app = Shop()

    shop.told(app, shop.spec(tmp_path), number=3, prepare=lambda key, _: (Request("PUT", f"/stock/{key}"),))

    assert app.prepared


def test_what_a_key_needs_must_be_done(tmp_path: Path) -> None:
    ledger = shop.told(
        Shop("has no stock"),
        shop.spec(tmp_path),
        "steps-do-what-they-say",
        prepare=lambda key, _: (Request("PUT", f"/stock/{key}"),),
    )

    assert "needs could not be made: 409" in found(ledger, "steps-do-what-they-say").message


def test_every_check_of_a_sequence_is_made_of_a_good_server(tmp_path: Path) -> None:
    ledger = shop.told(Shop(), shop.spec(tmp_path), number=30)

    # Of a server of ours the positions are known, and an order has no date.
    not_made = {"assumptions-are-kept", "dates-survive"}
    assert {check for _, check in ledger.made} - set(CHECKS) == set(
        checks_of("sequences", "values")
    ) - not_made


def test_the_same_seed_makes_the_same_sequences(tmp_path: Path) -> None:
    spec = shop.spec(tmp_path)

    first, second = (shop.told(Shop(), spec, seed=3, number=5).exchanges for _ in range(2))

    assert [one.request for one in first] == [one.request for one in second]


@pytest.mark.parametrize(
    ("shown", "listed", "expected", "came"),
    [
        ({"amount": 1}, {"a": {"amount": 2}}, "amount 1", "amount 2"),
        ({"amount": 1}, {}, "amount 1", "nothing"),
        (None, {"a": {"amount": 2}}, "amount 2", "nothing"),
    ],
)
def test_a_list_and_a_single_read_that_differ_say_which_lacks_what(
    shown: Any, listed: dict[str, Any], expected: str, came: str
) -> None:
    told: list[Any] = []

    compare_listed(cast("Any", SimpleNamespace(fail=lambda *words: told.append(words))), "a", listed, shown)

    ((check, _, *rest),) = told
    assert (check, *rest) == ("lists-show-what-is-there", expected, came)
