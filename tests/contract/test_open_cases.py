"""At a server that is not ours, the checks of single calls let it do either where documents are silent."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from msgspec.structs import replace

from mockserver.contract.api import ApiUnderTest
from mockserver.contract.exchange import Request
from mockserver.contract.loading import load_vendor_api
from mockserver.contract.open_cases import let_either, note_of
from mockserver.contract.oracle.expectations import Oracle
from mockserver.contract.profile import (
    ExpectedStatuses,
    FixturePins,
    OpenCase,
    RefusalRule,
    Tolerance,
    ValueChange,
)
from mockserver.contract.profile_reads import ListProfile
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
    message = "the documents leave open, so a server may do either: a long note; a second case"

    assert note_of(api(tmp_path, CASE, OpenCase("a second case"))) == message


def test_without_cases_nothing_changes(tmp_path: Path) -> None:
    known = api(tmp_path)

    assert let_either(known) is known
    assert not note_of(known)


@pytest.mark.parametrize(("vendor", "is_open"), [("vba", True), ("guidewire", False)])
def test_a_key_twice_may_refuse_the_call_where_that_is_a_position(vendor: str, *, is_open: bool) -> None:
    found = let_either(load_vendor_api(vendor)).profile
    keywords = {one.keyword for more in found.tolerances.values() for one in more}

    assert ("uniqueItems" in keywords) is is_open
    assert (
        any("400" in one.valid and "2xx" in one.valid for one in found.pins.expected_statuses.values())
        is is_open
    )


@pytest.mark.parametrize("keys", [(1, 1), (1, 2)])
def test_a_call_with_a_key_twice_may_be_refused(keys: tuple[int, int]) -> None:
    body = json.dumps([{"invoice_Key": key} for key in keys]).encode()
    headers = {"vbasoftware-database": "sandbox", "content-type": "application/json"}
    request = Request("PUT", "/claim-invoice-batch", headers, body)

    ours, theirs = (
        Oracle(one(load_vendor_api("vba"))).expected(request) for one in (lambda api: api, let_either)
    )

    assert [one.may_refuse_call for one in ours.items] == [False, False]
    assert [one.may_refuse_call for one in theirs.items] == [keys[0] == keys[1]] * 2


def test_a_number_out_of_range_is_broken_as_a_word_is() -> None:
    item = {"invoice_number": "A1", "payment_term": 2**31}
    body = json.dumps({"administration_id": "81", "invoices": [item]}).encode()
    request = Request(
        "PATCH", "/v1/invoices", {"authorization": "Bearer x", "content-type": "application/json"}, body
    )

    (one,) = Oracle(let_either(load_vendor_api("payt"))).expected(request).items

    assert (one.verdict, one.refuses_call) == ("bad", False)


@pytest.mark.parametrize(("vendor", "operation"), [("vba", "createPayee"), ("vba", "createClaimInvoice")])
def test_what_is_made_may_be_answered_with_201(vendor: str, operation: str) -> None:
    assert "201" in let_either(load_vendor_api(vendor)).profile.pins.expected_statuses[operation].valid
