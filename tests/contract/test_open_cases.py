"""At a server that is not ours, the checks of single calls let it do either where documents are silent."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from mockserver.contract.call_profile import ExpectedStatuses, FixturePins, Tolerance
from mockserver.contract.list_profile import ListProfile
from mockserver.contract.loading import ApiUnderTest
from mockserver.contract.open_cases import let_either, note_of
from mockserver.contract.profile import OpenCase, RefusalRule
from mockserver.contract.value_rules import ValueChange
from tests.contract.stateful import shop

LENGTH = Tolerance("maxLength", "assumed")
TRIMMED = ValueChange("note", "trimmed", "assumed", "the vendor's page")
RULE = RefusalRule("no right", (401, 403), "assumed")
CASE = OpenCase(
    "a long note",
    tolerances={"putOrders": (LENGTH,)},
    expected_statuses={"showOrder": ExpectedStatuses("assumed", valid=("200", "410"))},
    refusals=(RULE,),
    answer_types=("text/plain",),
    values=(TRIMMED,),
    lists_end_empty=True,
)


def api(folder: Path, *cases: OpenCase) -> ApiUnderTest:
    known = shop.api(shop.spec(folder))
    pins = FixturePins(expected_statuses={"showOrder": ExpectedStatuses("ids", valid=("200", "404"))})
    lists = (ListProfile("listOrders"),)
    return replace(known, profile=replace(known.profile, pins=pins, lists=lists, open_cases=cases))


def test_what_a_case_allows_is_added_to_the_profile(tmp_path: Path) -> None:
    made = let_either(api(tmp_path, CASE))

    profile = made.profile
    assert profile.tolerances == {"putOrders": (LENGTH,)}
    assert profile.pins.expected_statuses["showOrder"].valid == ("200", "404", "410")
    assert profile.pins.answer_types == ("text/plain",)
    assert profile.refusals == (RULE,)
    assert [one.ends_empty for one in profile.lists] == [True]
    assert [one.values.changes for one in profile.batches(made.facts)] == [(TRIMMED,)]


def test_the_cases_are_named_in_a_note(tmp_path: Path) -> None:
    said = "the documents leave open, so a server may do either: a long note; a second case"

    assert note_of(api(tmp_path, CASE, OpenCase("a second case"))) == said


def test_without_cases_nothing_changes(tmp_path: Path) -> None:
    known = api(tmp_path)

    assert let_either(known) is known
    assert not note_of(known)
