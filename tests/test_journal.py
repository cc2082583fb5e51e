from __future__ import annotations

from msgspec.structs import replace

from mockserver.journal import Entry, Journal
from mockserver.model import Action, Answer, Item, Outcome, Problem, Reply
from tests.support.rooms import CALL, NOW

ANSWER = Answer(Reply(207, b"12345"), "putOrders")
SMALL = replace(CALL, body=b"12345")


def filled(journal: Journal, number: int, sandbox: str = "default") -> Journal:
    for _ in range(number):
        journal.append(NOW, replace(SMALL, sandbox=sandbox), ANSWER, 1.5)
    return journal


def numbers(journal: Journal, last: int | None = None) -> list[int]:
    return [entry.number for entry in journal.entries("default", last)]


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

    entry = journal.entries("default")[0]
    assert (entry.call, entry.reply, entry.operation) == (SMALL, ANSWER.reply, "putOrders")
    assert entry.decided.items() == [("A", Action.CREATED), ("B", Action.REJECTED)]
    assert (entry.decided.problems, entry.decided.warnings) == ({1: (problem,)}, {})


def test_an_entry_counts_the_ends_of_its_items() -> None:
    outcomes = tuple(Outcome(Item(index, "", {}), Action.CREATED) for index in range(3))
    journal = Journal()

    journal.append(NOW, SMALL, replace(ANSWER, outcomes=outcomes), 1.5)

    assert journal.entries("default")[0].decided.counts == {"created": 3}


def test_the_oldest_go_when_there_are_too_many() -> None:
    assert numbers(filled(Journal(max_entries=2), 5)) == [4, 5]


def test_the_oldest_go_when_they_weigh_too_much() -> None:
    assert numbers(filled(Journal(max_bytes=40), 5)) == [4, 5]


def test_the_newest_stays_whatever_it_weighs() -> None:
    assert numbers(filled(Journal(max_bytes=1), 3)) == [3]


def test_the_items_of_a_batch_weigh_too() -> None:
    journal = Journal(max_bytes=60)
    outcomes = tuple(Outcome(Item(index, "", {}), Action.CREATED) for index in range(3))
    filled(journal, 1)

    journal.append(NOW, SMALL, replace(ANSWER, outcomes=outcomes), 1.5)

    assert numbers(journal) == [2]


def test_a_book_of_one_sandbox_crowds_out_no_other() -> None:
    journal = filled(Journal(max_entries=2), 2)

    filled(journal, 5, "other")

    assert numbers(journal) == [1, 2]


def test_the_newest_can_be_asked_for() -> None:
    journal = filled(Journal(), 4)

    assert (numbers(journal, 2), numbers(journal, 0), numbers(journal, 9)) == ([3, 4], [], [1, 2, 3, 4])


def test_an_entry_is_found_by_its_number() -> None:
    journal = filled(Journal(max_entries=2), 4)

    assert [found.number if (found := journal.entry("default", n)) else None for n in (0, 2, 3, 4, 5)] == [
        None,
        None,
        3,
        4,
        None,
    ]


def test_a_sandbox_without_calls_has_no_entries() -> None:
    assert (Journal().entries("default"), Journal().entry("default", 1)) == ([], None)


def test_numbers_go_on_after_clear() -> None:
    journal = filled(Journal(), 2)

    journal.clear("default")

    assert (numbers(journal), numbers(filled(journal, 1))) == ([], [3])


def test_room_is_free_again_after_clear() -> None:
    journal = filled(Journal(max_bytes=40), 2)

    journal.clear("default")

    assert numbers(filled(journal, 2)) == [3, 4]


def test_numbers_begin_anew_after_forget() -> None:
    journal = filled(Journal(), 2)

    journal.forget("default")

    assert numbers(filled(journal, 1)) == [1]


def test_clear_and_forget_of_an_unknown_sandbox_do_nothing() -> None:
    journal = filled(Journal(), 1)

    journal.clear("other")
    journal.forget("other")

    assert numbers(journal) == [1]


def test_listeners_hear_of_every_entry() -> None:
    heard: list[Entry] = []

    journal = filled(Journal((heard.append,)), 2)

    assert heard == journal.entries("default")
