"""Which sizes are tried, and which of the items are bad."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from mockserver import MAX_ITEMS
from mockserver.contract.loading import load_vendor_api
from mockserver.contract.profile import BatchProfile
from mockserver.contract.run_state import RunConfig, SizeBudget, SizeLimit
from mockserver.contract.sequences.sequence import batch_profiles_of
from mockserver.contract.size_plan import (
    BadItems,
    limit_of,
    places_of,
    sample_of,
)
from mockserver.contract.size_plan import plan as planned

NOBODY = SizeLimit(None, "nobody")
SMALL = SizeBudget.of(RunConfig())
VBA = next(
    one for one in batch_profiles_of(load_vendor_api("vba")) if one.operation == "putClaimInvoiceBatch"
)


def profile(vendor: str, operation: str) -> BatchProfile:
    return next(one for one in batch_profiles_of(load_vendor_api(vendor)) if one.operation == operation)


def limit(vendor: str, operation: str, most: int | None = None, *, is_ours: bool) -> SizeLimit:
    api = load_vendor_api(vendor)
    known = replace(profile(vendor, operation), max_items=most)
    return limit_of(api.spec, api.spec.operations[operation], known, is_ours=is_ours)


@pytest.mark.parametrize(
    ("bad", "places"),
    [
        ("none", []),
        ("first", [0]),
        ("last", [4]),
        ("middle", [2]),
        ("every second", [1, 3]),
        ("all", [0, 1, 2, 3, 4]),
    ],
)
def test_bad_items_stand_where_they_are_named(bad: BadItems, places: list[int]) -> None:
    assert sorted(places_of(bad, 5)) == places


@pytest.mark.parametrize("bad", ["first", "last", "middle", "every second", "all"])
def test_one_item_alone_is_bad_and_none_of_none(bad: BadItems) -> None:
    assert [len(places_of(bad, size)) for size in (0, 1)] == [0, 1]


def test_a_small_batch_is_read_back_whole_and_of_a_big_one_the_ends() -> None:
    assert sample_of(10, frozenset(), 3) == tuple(range(10))
    assert {0, 499, 500, 998, 999} <= set(sample_of(1000, frozenset({499}), 3))
    assert len(sample_of(1000, frozenset(range(1000)), 3)) <= 10


def test_the_limit_is_that_of_the_spec() -> None:
    assert limit("guidewire", "runBatch", 7, is_ours=True) == SizeLimit(100, "the spec (maxItems)")


def test_without_one_in_the_spec_the_limit_is_that_of_the_profile_then_ours() -> None:
    operation = "putClaimInvoiceBatch"

    assert limit("vba", operation, 7, is_ours=True).most == 7
    assert limit("vba", operation, is_ours=True).most == MAX_ITEMS
    assert limit("vba", operation, is_ours=False).most is None


def test_the_limit_and_one_more_are_tried() -> None:
    made, _ = planned(SizeLimit(60, "the spec"), profile("vba", "putClaimInvoiceBatch"), SMALL, 0, 1)

    sizes = [(one.size, one.is_over) for one in made]
    assert sizes[-2:] == [(60, False), (61, True)]
    assert {(10, False), (50, False)} <= set(sizes)


def test_more_examples_reach_our_own_limit_and_fewer_say_that_it_is_left_out() -> None:
    ours, vba = SizeLimit(MAX_ITEMS, "this mock"), profile("vba", "putClaimInvoiceBatch")

    large, _ = planned(ours, vba, SizeBudget.of(RunConfig(max_examples=2000)), 0, 1)

    assert [one.size for one in large][-2:] == [MAX_ITEMS, MAX_ITEMS + 1]
    assert planned(ours, vba, SMALL, 0, 1)[1] == dict.fromkeys(
        (MAX_ITEMS, MAX_ITEMS + 1), "it is over the budget"
    )


def test_sizes_without_so_many_keys_are_left_out() -> None:
    few = replace(profile("vba", "putClaimInvoiceBatch"), key=lambda number: str(number % 3), twice="")

    assert planned(NOBODY, few, SMALL, 0, 1)[1][10] == "there are not so many keys"


def test_keys_that_each_need_a_call_bound_the_sizes() -> None:
    made, _ = planned(NOBODY, profile("vba", "putClaimInvoiceBatch"), SMALL, 2, 1)

    assert max(one.size for one in made) < 100


@pytest.mark.parametrize("chunk", [10, 20, 25, 32, 50, 64, 100, 128, 200, 250, 256])
@pytest.mark.parametrize("seed", range(11))
def test_a_chunk_of_any_usual_size_is_once_not_full_behind_a_full_one(seed: int, chunk: int) -> None:
    sizes = [one.size for one in planned(NOBODY, VBA, SMALL, 0, seed)[0]]

    assert any(size > chunk and size % chunk for size in sizes)


@pytest.mark.parametrize("most", [2, 3, 20, 50, 54, 60, 300])
def test_below_any_limit_there_is_a_size_that_is_no_round_number(most: int) -> None:
    sizes = [one.size for one in planned(SizeLimit(most, "the spec"), VBA, SMALL, 0, 3)[0]]

    assert max(size for size in sizes if size < most) not in {10, 50, 100}


@pytest.mark.parametrize("most", [None, 50, 60, 100, 200])
@pytest.mark.parametrize("seed", range(4))
def test_each_way_of_bad_items_is_tried_in_a_batch_of_many(seed: int, most: int | None) -> None:
    made, _ = planned(SizeLimit(most, "the spec"), VBA, SMALL, 0, seed)

    assert {bad for one in made if one.size >= 50 for bad in one.batches} == {
        "none",
        "first",
        "last",
        "middle",
        "every second",
        "all",
    }


def test_the_default_budget_has_room_for_a_thousand_items_with_any_seed() -> None:
    assert {max(one.size for one in planned(NOBODY, VBA, SMALL, 0, seed)[0]) for seed in range(99)} == {1000}
