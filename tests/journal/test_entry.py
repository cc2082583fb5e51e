from __future__ import annotations

import pytest

from mockserver.app.delivery import FAULTS
from mockserver.cases.wire import KINDS
from mockserver.journal.entry import SILENT, Decided
from mockserver.journal.repeated import LOSSES
from mockserver.model import Action, Item, Outcome, Problem
from tests.support.entries import decided, entry
from tests.support.specs import spec

NAMED = FAULTS.keys() - {""}


def test_the_faults_that_the_journal_tells_apart_are_the_transports() -> None:
    assert SILENT <= NAMED
    assert LOSSES.keys() <= NAMED
    assert set(LOSSES.values()) <= set(KINDS)


def test_the_journal_can_be_asked_for_every_fault() -> None:
    assert set(spec("_control")["components"]["schemas"]["FaultName"]["enum"]) == {"any", *NAMED}


def test_what_became_of_items_comes_out_as_it_went_in() -> None:
    fates = [("A", Action.CREATED), ("", Action.REJECTED), ("é/~", Action.SKIPPED)]

    assert decided(*fates).items() == fates
    assert decided(*fates).counts == {"created": 1, "rejected": 1, "skipped": 1}


def test_nothing_became_of_no_items() -> None:
    assert (Decided().items(), Decided().counts) == ([], {})


@pytest.mark.parametrize("number", [0, 1, 3])
def test_an_entry_weighs_its_bodies_its_keys_and_its_problems(number: int) -> None:
    problems = (Problem("too-long"),) * number
    outcome = Outcome(Item(0, "A", {}), Action.REJECTED, problems=problems)
    light, heavy = (
        entry(decided=Decided.of((one,))) for one in (Outcome(Item(0, "A", {}), Action.REJECTED), outcome)
    )

    assert light.size_bytes == len(b'{"orders":[]}') + len(b'{"results":[]}') + len(b'[["A"],["rejected"]]')
    assert heavy.size_bytes - light.size_bytes == 300 * number
