"""Faults with single items: what is found, and the nearest run in which it must not be."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from mockserver.drill.run import Run, VendorAbilities
from mockserver.journal.item_history import Told
from mockserver.model import Delivery
from tests.drill.runs import (
    CLEAN,
    KEYED,
    READABLE,
    RESET,
    TEXT,
    UNANSWERABLE,
    Attempts,
    attempt,
    call,
    document,
    gone,
    judged,
    keyed,
    look,
    refused,
    rejected,
    run_of,
    said,
    unanswered,
    updated,
)
from tests.support.engine_samples import NOW

FIRST = [attempt(1)]
"""The attempts of the first item of a good run."""

REFUSED_LAST = "the last call was refused, and the client did not send again"
ENDED = "the client ended with 0"


def first(*attempts: Any) -> Attempts:
    """A run in which the first item has these attempts, and the second is stored."""
    return {"R-1": attempts, "R-2": [attempt(1)]}


# Lost


@pytest.mark.parametrize(
    ("attempts", "cause"),
    [
        ([], "was never sent"),
        ([rejected(1)], "was refused once (unknown-reference) and never sent again"),
        ([rejected(1), rejected(2)], "was refused twice (unknown-reference) and never sent again"),
        ([rejected(1, ""), rejected(2), rejected(3, "")], "was refused 3 times and never sent again"),
        ([refused(1)], "was sent once; the last call was refused, and the client did not send again"),
        (
            [refused(1, "malformed")],
            "was sent once; the last call was refused (malformed), and the client did not send again",
        ),
        ([gone(1)], "was sent once; no answer came, and the client did not look"),
        (
            [gone(1, status=504)],
            "was sent once; the answer 504 does not mention the item, and the client did not look",
        ),
        ([refused(1), gone(2)], "was sent twice; no answer came, and the client did not look"),
    ],
)
def test_an_item_that_is_not_stored_in_the_end_is_lost(attempts: list[Any], cause: str) -> None:
    assert said(first(*attempts)) == [f"DROPPED: item R-1 {cause}; {ENDED}"]


def test_an_item_that_the_client_looked_for_and_did_not_send_again_is_lost() -> None:
    cause = "no answer came, and the client sent a read, and not the item again"

    assert said(run_of(first(gone(1)), calls=[look(2)])) == [
        f"DROPPED: item R-1 was sent once; {cause}; {ENDED}"
    ]


def test_an_item_that_the_answer_says_is_stored_and_that_is_not_is_a_doubtful_loss() -> None:
    lie = rejected(1, told=Told.STORED)

    assert said(first(lie)) == [
        f"DROPPED?: item R-1 was sent once; the answer says stored, and that is not true; {ENDED}"
    ]


@pytest.mark.parametrize(
    ("abilities", "status", "doubt"),
    [(READABLE, 200, ""), (KEYED, 200, ""), (UNANSWERABLE, 200, "?"), (UNANSWERABLE, None, "")],
)
def test_a_success_that_tells_nothing_is_a_doubtful_loss_where_nothing_can_be_looked_up(
    abilities: VendorAbilities, status: int | None, doubt: str
) -> None:
    [finding] = said(first(gone(1, status=status)), abilities=abilities)

    assert finding.startswith(f"DROPPED{doubt}: ")


def test_an_item_that_is_stored_at_a_later_attempt_is_not_lost() -> None:
    assert said(first(rejected(1, "internal"), gone(2), attempt(3))) == []


@pytest.mark.parametrize(("status", "clean"), [(1, 0), (2, 1), (None, 0)])
def test_a_client_that_ends_with_another_failure_than_without_faults_loses_nothing(
    status: int | None, clean: int
) -> None:
    found = said(run_of(first(rejected(1)), status=status), run_of(CLEAN, status=clean))

    assert not [one for one in found if one.startswith("DROPPED")]


def test_a_client_that_always_ends_with_that_failure_has_to_name_the_item() -> None:
    found = said(run_of(first(rejected(1)), status=1), run_of(CLEAN, status=1))

    assert found == [
        "DROPPED: item R-1 was refused once (unknown-reference) and never sent again; the client ended with 1"
    ]


def test_a_client_that_ends_well_where_it_fails_without_faults_has_to_name_the_item() -> None:
    assert said(run_of(first(), status=0), run_of(CLEAN, status=1)) == [
        f"DROPPED: item R-1 was never sent; {ENDED}"
    ]


@pytest.mark.parametrize(
    "output", ["not stored: R-1: no such record", "warning\n(R-1)", '{"failed": ["R-1"]}', "R-1"]
)
def test_an_item_that_a_new_line_of_the_output_names_is_not_lost(output: str) -> None:
    assert (
        said(run_of(first(rejected(1)), output=f"sent R-1\n{output}"), run_of(CLEAN, output="sent R-1")) == []
    )


@pytest.mark.parametrize(
    "output", ["sent R-1\n", "sent R-1\nsent R-1", "sent R-1\nlost R-10", "sent R-1\nAR-1", "sent R-1\nx-R-1"]
)
def test_an_item_that_only_lines_of_every_run_name_is_lost(output: str) -> None:
    found = said(run_of(first(rejected(1)), output=output), run_of(CLEAN, output="sent R-1\nsent R-2"))

    assert len(found) == 1


def test_an_item_that_the_vendor_refuses_by_itself_has_to_be_named_without_faults_too() -> None:
    clean = run_of(first(rejected(1)))

    assert said(clean, clean) == [
        f"DROPPED: item R-1 was refused once (unknown-reference) and never sent again; {ENDED}"
    ]


@pytest.mark.parametrize(("status", "output"), [(1, ""), (0, "refused: R-1")])
def test_an_item_that_the_vendor_refuses_by_itself_is_told_by_the_same_line_or_status_in_every_run(
    status: int, output: str
) -> None:
    clean = run_of(first(rejected(1)), status=status, output=output)
    again = run_of(first(rejected(1)), status=status, output=output)

    assert said(clean, clean) == said(again, clean) == []


# Twice

CREATED_TWICE = "item R-1 created twice (10 + 10)"


@pytest.mark.parametrize(
    ("abilities", "calls", "sentence"),
    [
        (READABLE, [], "TWICE: {} without a look at what is there"),
        (READABLE, [look(2)], "TWICE: {} although it could be read"),
        (UNANSWERABLE, [], "TWICE?: {} without a look at what is there"),
        (KEYED, [], "TWICE: {} without an idempotency key"),
        (KEYED, [keyed(1, "a")], "TWICE: {} without the key of the first call"),
        (KEYED, [keyed(1, "a"), keyed(3, "a")], "TWICE?: {} with its key, which no longer held"),
    ],
)
def test_an_item_that_is_created_again_after_a_lost_answer_is_doubled(
    abilities: VendorAbilities, calls: list[Any], sentence: str
) -> None:
    run = run_of(first(unanswered(1), attempt(3)), calls=calls)
    told = f"{CREATED_TWICE}: the answer to #1 told nothing of it, and #3 sent it again"

    assert said(run, abilities=abilities) == [sentence.format(told)]


def test_an_item_that_is_created_again_under_another_key_is_doubled_by_the_key() -> None:
    calls, how = [keyed(1, "a", delivery=RESET), keyed(3, "b")], "without the key of the first call"

    assert said(run_of(first(unanswered(1), attempt(3)), calls=calls), abilities=KEYED) == [
        f"TWICE: {CREATED_TWICE}: the answer to #1 told nothing of it, and #3 sent it again {how}",
        "KEY: the answer to #1 told nothing, and #3 sent the same under another key",
    ]


@pytest.mark.parametrize(
    ("calls", "sentence"),
    [
        ([], "TWICE: {} without an idempotency key"),
        ([keyed(3, "a")], "TWICE?: {} with its key, which no longer held"),
    ],
)
def test_an_answer_that_came_late_may_not_have_been_waited_for(calls: list[Any], sentence: str) -> None:
    late = keyed(1, "a" if calls else "", delivery=Delivery(delay_ms=4_000))
    told = f"{CREATED_TWICE}: the answer to #1 came late, and #3 sent it again"

    found = said(run_of(first(attempt(1), attempt(3)), calls=[late, *calls]), abilities=KEYED)

    assert found == [sentence.format(told)]


def test_an_item_that_is_created_again_after_an_answer_is_doubled() -> None:
    assert said(first(attempt(1), attempt(2)))[0] == (
        "TWICE: item R-1 created twice (10 + 10): #2 sent it again although #1 was answered"
    )


@pytest.mark.parametrize("told", [Told.REJECTED, Told.REFUSED])
def test_an_item_that_was_stored_although_the_answer_refused_it_is_a_doubtful_double(told: Told) -> None:
    assert said(first(attempt(1, told=told), attempt(2))) == [
        f"TWICE?: {CREATED_TWICE}: the answer to #1 refused it although it was stored, and #2 sent it again"
    ]


@pytest.mark.parametrize(
    "attempts",
    [
        [unanswered(1), updated(2)],
        [unanswered(1), attempt(2, action="repeated", stored=False)],
        [gone(1), attempt(2)],
        [rejected(1, "internal"), attempt(2)],
    ],
)
def test_an_item_that_is_created_once_is_not_doubled(attempts: list[Any]) -> None:
    assert said(first(*attempts), abilities=KEYED) == []


def test_an_item_that_is_created_as_often_as_without_faults_is_not_doubled() -> None:
    both = first(attempt(1), attempt(2))

    assert said(both, both) == []


def test_an_item_without_an_amount_is_doubled_without_money() -> None:
    nameless = {"id": "R-1"}
    run = first(unanswered(1, document=nameless), attempt(2, document=nameless))

    assert said(run)[0].startswith("TWICE: item R-1 created twice: the answer to #1")


def test_an_item_that_the_run_without_faults_does_not_send_is_told() -> None:
    assert said({**CLEAN, "R-9": [attempt(2)]}) == [
        "TWICE: item R-9 was created, though the run without faults sends no such item"
    ]


@pytest.mark.parametrize("other", [rejected(2), updated(2), gone(2)])
def test_an_unknown_item_that_created_nothing_is_no_fault(other: Any) -> None:
    assert said({**CLEAN, "R-9": [other]}) == []


# Wrong


@pytest.mark.parametrize("amount", [Decimal("0.30000000000000004"), "3.3000000000000003"])
def test_an_amount_that_is_a_sum_of_floats_is_wrong(amount: Any) -> None:
    run = run_of(first(attempt(1, document=document("R-1", amount))))

    assert said(run, run) == [f"WRONG: item R-1: {amount} is a sum of floats"]


@pytest.mark.parametrize("amount", [Decimal("0.30"), "0.1234567", 3, "10.0000000000", Decimal("1E+3"), "NaN"])
def test_an_amount_that_a_decimal_has_is_not_wrong(amount: Any) -> None:
    run = run_of(first(attempt(1, document=document("R-1", amount))))

    assert said(run, run) == []


def test_another_amount_than_without_faults_is_wrong() -> None:
    assert said(first(rejected(1, "internal"), attempt(2, document=document("R-1", 9)))) == [
        "WRONG: item R-1 was stored with 9, without faults with 10"
    ]


def test_an_amount_that_was_refused_is_not_wrong() -> None:
    assert said(first(rejected(1, "internal", document=document("R-1", 9)), attempt(2))) == []


OLD, NEW = document("R-1", 10), document("R-1", 12)
TWO_VERSIONS = first(attempt(1, document=OLD), updated(2, document=NEW))
OVERTAKEN = first(rejected(1, "internal", document=OLD), attempt(2, document=NEW), updated(3, document=OLD))


def test_an_older_version_that_is_stored_last_is_wrong() -> None:
    assert said(OVERTAKEN, TWO_VERSIONS) == ["WRONG: item R-1: an older version of it was stored last"]


@pytest.mark.parametrize(("status", "output"), [(1, ""), (0, "R-1 may be old")])
def test_an_older_version_is_not_wrong_if_the_client_admits_it(status: int, output: str) -> None:
    assert said(run_of(OVERTAKEN, status=status, output=output), TWO_VERSIONS) == []


def test_the_newest_version_alone_is_not_wrong() -> None:
    assert said(first(rejected(1, "internal", document=OLD), attempt(2, document=NEW)), TWO_VERSIONS) == []


def test_a_version_that_the_run_without_faults_does_not_send_is_wrong_by_its_amount_alone() -> None:
    other = {**document("R-1"), "note": "sent again"}

    assert said(first(rejected(1, "internal"), attempt(2, document=other))) == []


# For ever


@pytest.mark.parametrize(("times", "is_found"), [(8, False), (9, True)])
def test_an_item_that_is_refused_for_good_is_sent_eight_times_at_most(times: int, *, is_found: bool) -> None:
    run = run_of(first(*(rejected(number) for number in range(1, times + 1))), status=1)

    sentence = "FOREVER: item R-1 was sent 9 times and each time refused for good (unknown-reference)"
    assert said(run) == ([sentence] if is_found else [])


def test_a_refusal_without_a_code_is_told_by_its_status() -> None:
    run = run_of(first(*(rejected(number, "", status=207) for number in range(1, 10))), status=1)

    assert said(run) == ["FOREVER: item R-1 was sent 9 times and each time refused for good (207)"]


@pytest.mark.parametrize(
    "code", ["internal", "timeout", "throttled", "locked", "conflict", "unavailable", "skipped"]
)
def test_an_item_whose_failure_may_pass_may_be_sent_sixteen_times(code: str) -> None:
    sixteen = [rejected(number, code) for number in range(1, 17)]

    assert said(run_of(first(*sixteen), status=1)) == []
    assert said(run_of(first(*sixteen, rejected(17, code)), status=1)) == [
        "FOREVER: item R-1 was sent 17 times"
    ]


def test_an_item_that_was_changed_in_between_is_not_sent_in_vain() -> None:
    changed = [rejected(number, document=document("R-1", number)) for number in range(1, 13)]

    assert said(run_of(first(*changed), status=1)) == []


def test_an_item_that_is_often_sent_without_faults_may_be_sent_twice_as_often() -> None:
    often = [updated(number, document=document("R-1", number)) for number in range(1, 11)]
    more = [*often, *(updated(number, document=document("R-1", number)) for number in range(101, 111))]
    last = updated(200, document=document("R-1", 10))

    assert said(first(*more[:-1], last), first(*often)) == []
    assert said(first(*more, last), first(*often)) == ["FOREVER: item R-1 was sent 21 times"]


# Sent again


@pytest.mark.parametrize("again", [updated(2), rejected(2), gone(2), attempt(2, action="unchanged")])
def test_an_item_that_is_sent_again_after_the_answer_said_that_it_was_stored_is_told(again: Any) -> None:
    assert said(first(attempt(1), again)) == [
        "RESENT: item R-1 was sent again although the answer to #1 said stored"
    ]


def test_items_that_are_resent_by_a_sandbox_whose_clock_stands_are_told() -> None:
    calls = [call(1, now=NOW), call(2, now=NOW)]

    assert len(said(run_of(first(attempt(1), updated(2)), calls=calls))) == 1


@pytest.mark.parametrize(
    "attempts",
    [
        pytest.param([unanswered(1), updated(2)], id="the answer was lost"),
        pytest.param([rejected(1, "internal"), attempt(2)], id="it had failed"),
        pytest.param([attempt(1), attempt(2, action="repeated", stored=False)], id="a key made it harmless"),
        pytest.param([attempt(1), updated(2, document=document("R-1", 10) | {"a": 1})], id="another version"),
    ],
)
def test_an_item_that_had_to_be_sent_again_is_not_told(attempts: list[Any]) -> None:
    assert said(first(*attempts), abilities=KEYED) == []


def test_an_item_that_was_under_way_before_the_answer_came_is_not_resent() -> None:
    overlapping = call(2, at=NOW + timedelta(seconds=3), duration_ms=1950)

    assert said(run_of(first(attempt(1), updated(2)), calls=[overlapping])) == []


def test_an_item_that_another_start_of_the_client_sends_is_not_resent() -> None:
    assert said(run_of(first(attempt(1), updated(2)), starts=(1, 2))) == []
    assert len(said(run_of(first(attempt(1), updated(2)), starts=(1, 3)))) == 1


def test_an_item_that_is_sent_as_often_without_faults_is_not_resent() -> None:
    usual = first(attempt(1), updated(2))

    assert said(usual, usual) == []
    assert len(said(first(attempt(1), updated(2), updated(3)), usual)) == 1


# Silent

WARNED = attempt(1, warning=TEXT)


def test_a_warning_that_is_never_reported_is_told() -> None:
    assert said(first(WARNED)) == [
        f"SILENT: item R-1 was stored with a warning that was never reported: {TEXT}"
    ]


@pytest.mark.parametrize(
    ("warned", "status", "output"),
    [
        (WARNED, 1, ""),
        (WARNED, 0, f"R-1: {TEXT}"),
        (unanswered(1, warning=TEXT), 0, ""),
        (rejected(1, warning=TEXT), 1, ""),
    ],
)
def test_a_warning_that_is_reported_or_was_never_shown_is_not_told(
    warned: Any, status: int, output: str
) -> None:
    assert said(run_of(first(warned), status=status, output=output)) == []


def test_a_warning_that_the_vendor_gives_without_faults_may_be_reported_in_the_same_words() -> None:
    clean = run_of(first(WARNED), output=f"warning: R-1: {TEXT}")
    again = run_of(first(WARNED), output=f"warning: R-1: {TEXT}")

    assert said(clean, clean) == said(again, clean) == []


def test_a_warning_that_the_vendor_gives_without_faults_has_to_be_reported_there() -> None:
    clean = run_of(first(WARNED))

    assert len(said(clean, clean)) == 1


# Several items, and keys that change


@pytest.mark.parametrize(
    ("number", "names"),
    [
        (1, "item R-1 was"),
        (2, "items R-1 and R-2 were"),
        (3, "items R-1, R-2 and R-3 were"),
        (10, "items R-1, R-2, R-3 and 7 more were"),
    ],
)
def test_items_with_one_fault_are_told_in_one_sentence(number: int, names: str) -> None:
    keys = [f"R-{at}" for at in range(1, number + 1)]
    clean = {key: [attempt(1)] for key in keys}

    [finding] = judged(run_of({}), clean).findings

    assert finding.message == f"{names} never sent; {ENDED}"
    assert finding.keys == tuple(keys)


def test_items_with_different_faults_are_told_apart() -> None:
    assert said({"R-1": [rejected(1)], "R-2": [refused(2)]}) == [
        f"DROPPED: item R-1 was refused once (unknown-reference) and never sent again; {ENDED}",
        f"DROPPED: item R-2 was sent once; {REFUSED_LAST}; {ENDED}",
    ]


def test_a_finding_has_the_calls_of_all_its_items() -> None:
    [finding] = judged({"R-1": [gone(3), gone(4)], "R-2": [gone(2), gone(4)]}).findings

    assert finding.calls == (2, 3, 4)


def renamed(*attempts: Any) -> Attempts:
    """A run of the client that makes new keys each time."""
    return {"S-1": attempts, "S-2": [attempt(1)]}


def test_items_whose_keys_differ_from_run_to_run_count_in_their_order() -> None:
    changed = {key: [attempt(1, document=document("S"))] for key in ("S-1", "S-2")}

    assert said(changed) == []
    assert said(renamed(rejected(1))) == [
        f"DROPPED: item R-1 was refused once (unknown-reference) and never sent again; {ENDED}"
    ]


def test_more_items_than_without_faults_are_doubled_whatever_their_keys() -> None:
    run: Run = run_of({**renamed(unanswered(1)), "S-3": [attempt(2)]})

    [sentence] = said(run)
    assert sentence.startswith(
        "TWICE: item 1 of #1 created more than once (10 + 10 + 10): the answer to #1 told"
    )


def test_an_item_that_two_operations_lose_is_named_once() -> None:
    clean = run_of({"R-1": [attempt(1)]})
    both = replace(clean, histories=[*clean.histories, replace(clean.histories[0], operation="pay")])

    [finding] = judged(run_of({}), both).findings

    assert (finding.message, finding.keys) == (f"item R-1 was never sent; {ENDED}", ("R-1",))
