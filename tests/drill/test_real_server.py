"""Findings about clients whose calls a real server answers, which is not reset between the runs."""

from __future__ import annotations

from mockserver.drill.oracle import describe_intent
from mockserver.drill.run import Run
from mockserver.journal.item_history import Told
from tests.drill.runs import Attempts, attempt, call, gone, judged, rejected, run_of, said

REAL = "http://127.0.0.1:9501/acme"
LOST: Attempts = {"R-1": [attempt(1)], "R-2": [rejected(2)]}


def real(items: Attempts, *numbers: int, looks: int = 0, status: int = 0) -> Run:
    """A run whose calls with these numbers a real server answered; all if no number is given."""
    made = run_of(items, status=status)
    held = {one.number for one in made.entries}.difference(numbers) if numbers else set[int]()
    calls = [call(one.number, forwarded_to="" if one.number in held else REAL) for one in made.entries]
    calls += [call(looks, method="GET", body=b"", forwarded_to=REAL)] if looks else []
    return run_of(items, calls=calls, status=status)


CLEAN = real({"R-1": [attempt(1)], "R-2": [attempt(1)]})


def test_an_item_that_was_not_sent_on_is_lost_for_sure() -> None:
    assert [one.doubtful for one in judged(real(LOST, 1), CLEAN).findings] == [False]


def test_after_a_look_at_records_of_earlier_runs_a_loss_is_doubtful() -> None:
    assert said(real(LOST, 1, looks=3), CLEAN)[0].endswith(
        "the client read what earlier runs may have left on the real server; new keys in each run help"
    )


def test_with_new_keys_a_look_finds_nothing_of_earlier_runs() -> None:
    renewed: Attempts = {"Q-1": [attempt(1)], "Q-2": [rejected(2)]}

    assert [one.doubtful for one in judged(real(renewed, 1, looks=3), CLEAN).findings] == [False]


def test_a_refusal_by_the_real_server_is_no_fault_of_the_client() -> None:
    found = judged(real(LOST), CLEAN)

    assert found.verdict == "doubtful"
    assert "the real server refuses what it stored in the run without faults" in found.message


def test_a_failure_after_such_a_refusal_is_no_alarm() -> None:
    found = judged(real(LOST, status=1), CLEAN, harmless=True)

    assert [(one.kind.name, one.doubtful) for one in found.findings] == [("ALARM", True)]


def test_a_second_record_is_not_proven() -> None:
    twice = real({"R-1": [attempt(1, told=Told.NOTHING), attempt(2)], "R-2": [attempt(1)]})

    assert said(twice, CLEAN)[0].startswith("TWICE?: item R-1 created twice")


def test_an_answer_that_tells_nothing_proves_no_loss() -> None:
    untold = real({"R-1": [attempt(1)], "R-2": [gone(2)]})

    assert said(untold, CLEAN)[0].endswith("the real server did not tell whether the item is stored")


def test_records_of_the_mock_do_not_judge() -> None:
    deleted = real({"R-1": [attempt(1)], "R-2": [attempt(1)]})
    deleted = run_of(
        {"R-1": [attempt(1)], "R-2": [attempt(1)]},
        calls=[*deleted.entries, call(2, method="DELETE", forwarded_to=REAL)],
    )
    records = ([{"id": "R-1", "amount": 10}, {"id": "R-2", "amount": 10}], ())

    assert said(deleted, CLEAN, records=records) == []


def test_what_the_client_means_names_the_real_server() -> None:
    assert describe_intent(CLEAN).endswith(f", answered by {REAL}, which is not reset between the cases")


def test_an_item_that_was_never_sent_may_be_named_by_its_new_key() -> None:
    stopped = run_of({"Q-1": [rejected(1)]}, status=1, output="not stored: Q-1\nnot stored: Q-2")

    assert judged(stopped, run_of({"R-1": [attempt(1)], "R-2": [attempt(2)]})).verdict == "told"
