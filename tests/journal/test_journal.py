from __future__ import annotations

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from mockserver.journal.entry import Entry, ItemResults
from mockserver.journal.journal import CallCounters, Journal, Limits, MemoryEntryLog, VendorCounts
from mockserver.model import Action, Answer, Call, Delivery, Item, Outcome, Problem, Reply
from tests.support.engine_samples import CALL, NOW
from tests.support.journal_entries import entry, item_results

ANSWER = Answer(Reply(207, b"12345"), "putOrders")
SMALL = replace(CALL, body=b"12345")


def filled(journal: Journal, number: int, sandbox: str = "default") -> Journal:
    for _ in range(number):
        journal.append(NOW, replace(SMALL, sandbox=sandbox), ANSWER, 1.5)
    return journal


def numbers(journal: Journal, last: int | None = None) -> list[int]:
    return [entry.number for entry in journal.kept.entries("default", last)]


def test_entries_are_numbered_from_one() -> None:
    assert numbers(filled(Journal(), 3)) == [1, 2, 3]


def test_every_sandbox_has_numbers_of_its_own() -> None:
    journal = filled(Journal(), 2, "other")

    assert journal.append(NOW, SMALL, ANSWER, 1.5) == 1


def test_an_entry_holds_what_was_asked_decided_and_answered() -> None:
    problem = Problem("too-long")
    outcomes = (
        Outcome(Item(0, "A", {}), Action.CREATED),
        Outcome(Item(1, "B", {}), Action.REJECTED, problems=(problem,)),
    )
    journal = Journal()

    journal.append(NOW, SMALL, replace(ANSWER, outcomes=outcomes), 1.5)

    entry = journal.kept.entries("default")[0]
    assert (entry.call, entry.reply, entry.operation) == (SMALL, ANSWER.reply, "putOrders")
    assert entry.decided.items() == [("A", Action.CREATED), ("B", Action.REJECTED)]
    assert (entry.decided.problems, entry.decided.warnings) == ({1: (problem,)}, {})


REJECTED = Outcome(Item(0, "", {}), Action.REJECTED, problems=(Problem("too-long"),) * 3)
CREATED = Outcome(Item(0, "", {}), Action.CREATED)


@pytest.mark.parametrize(
    ("limits", "before", "call", "outcomes", "kept"),
    [
        (Limits(entries=2), 4, SMALL, (), [4, 5]),
        (Limits(size_bytes=40), 4, SMALL, (), [4, 5]),
        (Limits(size_bytes=1), 2, SMALL, (), [3]),
        (Limits(size_bytes=100), 4, replace(SMALL, body=b"x" * 1000), (), [1, 2, 3, 4, 5]),
        (Limits(size_bytes=1_000), 2, SMALL, (REJECTED,), [1, 2, 3]),
        (Limits(size_bytes=900), 2, SMALL, (REJECTED,), [3]),
        (Limits(size_bytes=40), 1, SMALL, (CREATED,) * 3, [2]),
    ],
    ids=["too many", "too heavy", "the newest", "a giant", "problems that fit", "problems", "items"],
)
def test_the_oldest_entries_go_beyond_a_limit(
    limits: Limits, before: int, call: Call, outcomes: tuple[Outcome, ...], kept: list[int]
) -> None:
    journal = filled(Journal(kept=MemoryEntryLog(limits)), before)

    journal.append(NOW, call, replace(ANSWER, outcomes=outcomes), 1.5)

    assert numbers(journal) == kept


def test_of_a_giant_the_beginning_of_its_bodies_is_kept_and_the_rest_counted() -> None:
    journal = Journal(kept=MemoryEntryLog(Limits(size_bytes=80)))

    journal.append(NOW, replace(SMALL, body=b"y" * 12), replace(ANSWER, reply=Reply(207, b"x" * 50)), 1.5)

    (entry,) = journal.kept.entries("default")
    assert (entry.call.body, entry.request_cut_bytes) == (b"y" * 10, 2)
    assert (entry.reply.body, entry.reply_cut_bytes) == (b"x" * 10, 40)


def test_what_is_no_giant_is_kept_whole() -> None:
    entry = filled(Journal(kept=MemoryEntryLog(Limits(size_bytes=80))), 1).kept.entries("default")[0]

    assert (entry.call.body, entry.request_cut_bytes, entry.reply_cut_bytes) == (b"12345", 0, 0)


def test_entries_that_had_to_go_are_counted_until_the_journal_is_cleared() -> None:
    journal = filled(Journal(kept=MemoryEntryLog(Limits(entries=2))), 5)

    before = journal.kept.dropped("default")
    journal.clear("default")

    assert (before, journal.kept.dropped("default"), journal.kept.dropped("other")) == (3, 0, 0)


BENT = replace(ANSWER, applied=("liar/r1",))


def judged(answer: Answer) -> Entry:
    journal = Journal(conformance=lambda call, reply: f"{call.method} {reply.status}")
    journal.append(NOW, SMALL, answer, 1.5)
    return journal.kept.entries("default")[0]


def test_of_a_long_complaint_the_beginning_is_kept() -> None:
    journal = Journal(conformance=lambda _call, _reply: "x" * 5000)

    journal.append(NOW, SMALL, BENT, 1.5)

    assert journal.kept.entries("default")[0].off_contract == "x" * 1000 + "…"


@pytest.mark.parametrize(
    ("applied", "off_contract"), [(("liar/r1",), "PUT 207"), ((), "")], ids=["bent", "as it is"]
)
def test_an_answer_that_a_rule_bent_is_held_against_the_contract(
    applied: tuple[str, ...], off_contract: str
) -> None:
    entry = judged(replace(ANSWER, applied=applied))

    assert (entry.applied, entry.off_contract) == (applied, off_contract)


@pytest.mark.parametrize(
    ("delivery", "status", "off_contract"),
    [
        (Delivery(fault="NO_RESPONSE"), None, ""),
        (Delivery(fault="CONNECTION_RESET_BY_PEER"), None, ""),
        (Delivery(fault="CONNECTION_RESET_BY_PEER", fraction=0.5), 207, "PUT 207"),
        (Delivery(fault="WRONG_LENGTH"), 207, "PUT 207"),
        (Delivery(delay_ms=5), 207, "PUT 207"),
    ],
    ids=["silence", "reset", "late-reset", "length", "delay"],
)
def test_an_answer_that_never_leaves_has_no_status_and_breaks_no_contract(
    delivery: Delivery, status: int | None, off_contract: str
) -> None:
    entry = judged(replace(BENT, delivery=delivery))

    assert (entry.status, entry.fault, entry.off_contract) == (status, delivery.fault, off_contract)


def test_a_delay_is_told_beside_the_time_that_it_took() -> None:
    entry = judged(replace(BENT, delivery=Delivery(delay_ms=20, chunks=5, spread_ms=100)))

    assert (entry.duration_ms, entry.delay_ms) == (1.5, 120)


def test_a_book_of_one_sandbox_crowds_out_no_other() -> None:
    journal = filled(Journal(kept=MemoryEntryLog(Limits(entries=2))), 2)

    filled(journal, 5, "other")

    assert numbers(journal) == [1, 2]


def test_all_sandboxes_together_keep_no_more_entries_than_the_limit_of_all() -> None:
    journal = Journal(kept=MemoryEntryLog(Limits(entries_of_all=5)))

    for turn in range(40):
        filled(journal, 1, f"s{turn % 8}")

    kept = [
        (entry.call.sandbox, entry.number) for box in range(8) for entry in journal.kept.entries(f"s{box}")
    ]
    assert kept == [("s3", 5), ("s4", 5), ("s5", 5), ("s6", 5), ("s7", 5)]
    assert journal.kept.size() == 5
    assert (journal.kept.dropped("s0"), journal.kept.dropped("s7")) == (5, 4)


def test_all_sandboxes_together_keep_no_more_bytes_than_the_limit_of_all() -> None:
    journal = Journal(kept=MemoryEntryLog(Limits(size_bytes_of_all=40)))

    for box in "abc":
        filled(journal, 1, box)

    assert [len(journal.kept.entries(box)) for box in "abc"] == [0, 1, 1]


def test_the_newest_entry_is_kept_even_if_it_alone_exceeds_the_bytes_of_all() -> None:
    journal = filled(Journal(kept=MemoryEntryLog(Limits(size_bytes_of_all=1))), 1, "other")

    filled(journal, 1)

    assert (numbers(journal), journal.kept.entries("other")) == ([1], [])


def test_a_sandbox_that_lost_all_its_entries_goes_on_with_its_numbers() -> None:
    journal = filled(Journal(kept=MemoryEntryLog(Limits(entries_of_all=1))), 2)
    filled(journal, 1, "other")

    filled(journal, 1)

    assert (numbers(journal), journal.kept.entry("default", 2), journal.kept.dropped("default")) == (
        [3],
        None,
        2,
    )


def _forget(journal: Journal, sandbox: str) -> None:
    journal.kept.forget(sandbox)


@pytest.mark.parametrize("deleted", [Journal.clear, _forget])
def test_deleted_entries_count_for_no_limit_any_more(deleted: Callable[[Journal, str], None]) -> None:
    journal = filled(Journal(kept=MemoryEntryLog(Limits(entries_of_all=3, size_bytes_of_all=60))), 1)
    filled(journal, 2, "other")

    deleted(journal, "other")

    assert (journal.kept.size(), numbers(filled(journal, 2))) == (1, [1, 2, 3])


def test_what_is_dropped_is_announced_with_the_first_number_that_is_kept() -> None:
    announced: list[tuple[str, int]] = []
    journal = Journal(
        kept=MemoryEntryLog(Limits(entries=2, entries_of_all=3)), on_drop=lambda *said: announced.append(said)
    )

    filled(journal, 3)
    filled(journal, 2, "other")
    journal.clear("other")

    assert announced == [("default", 2), ("default", 3), ("other", 3)]


def test_the_newest_can_be_asked_for() -> None:
    journal = filled(Journal(), 4)

    assert (numbers(journal, 2), numbers(journal, 0), numbers(journal, 9)) == ([3, 4], [], [1, 2, 3, 4])


def test_an_entry_is_found_by_its_number() -> None:
    journal = filled(Journal(kept=MemoryEntryLog(Limits(entries=2))), 4)

    found = [journal.kept.entry("default", number) for number in (0, 2, 3, 4, 5)]

    assert [one.number if one else None for one in found] == [None, None, 3, 4, None]


def test_a_sandbox_without_calls_has_no_entries() -> None:
    assert (Journal().kept.entries("default"), Journal().kept.entry("default", 1)) == ([], None)


@pytest.mark.parametrize(("deleted", "kept"), [(Journal.clear, [3, 4]), (_forget, [1, 2])])
def test_numbers_go_on_after_clear_and_begin_anew_after_forget(
    deleted: Callable[[Journal, str], None], kept: list[int]
) -> None:
    journal = filled(Journal(kept=MemoryEntryLog(Limits(size_bytes=40))), 2)

    deleted(journal, "default")

    assert (numbers(journal), numbers(filled(journal, 2))) == ([], kept)


def test_clear_and_forget_of_an_unknown_sandbox_do_nothing() -> None:
    journal = filled(Journal(), 1)

    journal.clear("other")
    journal.kept.forget("other")

    assert numbers(journal) == [1]


def test_listeners_hear_of_every_entry() -> None:
    heard: list[Entry] = []

    journal = filled(Journal((heard.append,)), 2)

    assert heard == journal.kept.entries("default")


def test_a_journal_tells_how_many_entries_of_all_sandboxes_it_keeps() -> None:
    journal = Journal(kept=MemoryEntryLog(Limits(entries=2)))
    for sandbox in ("one", "one", "one", "two"):
        journal.append(NOW, replace(SMALL, sandbox=sandbox), ANSWER, 1.5)

    assert journal.kept.size() == 3


def test_the_log_hears_nothing_of_a_sandbox_that_is_unlogged_meanwhile() -> None:
    heard: list[str] = []
    logged: list[str] = []
    journal = Journal(
        (lambda entry: heard.append(entry.call.sandbox),),
        log=(lambda entry: logged.append(entry.call.sandbox),),
    )
    with journal.unlogged("trial"):
        filled(filled(journal, 1, "trial"), 1, "default")

    filled(journal, 1, "trial")

    assert (heard, logged) == (["trial", "default", "trial"], ["default", "trial"])


def test_a_tally_adds_up_calls_faults_and_items_by_vendor() -> None:
    tally = CallCounters()

    tally(entry(decided=item_results(("A", Action.CREATED), ("B", Action.REJECTED))))
    tally(entry(decided=item_results(("A", Action.CREATED)), delivery=Delivery(fault="NO_RESPONSE")))
    tally(entry(vendor="other"))

    assert tally.of("acme") == VendorCounts(2, 1, {"created": 2, "rejected": 1})
    assert tally.of("other") == VendorCounts(1)


def test_items_that_were_warned_about_are_counted_beside_their_ends() -> None:
    tally = CallCounters()

    outcome = Outcome(Item(0, "A", {}), Action.CREATED, warnings=(Problem("too-long"),))
    tally(entry(decided=ItemResults.of((outcome,))))

    assert tally.of("acme").items == {"created": 1, "warned": 1}


def test_a_vendor_that_nobody_called_has_no_calls() -> None:
    assert CallCounters().of("acme") == VendorCounts()
