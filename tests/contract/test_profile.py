"""What vendors say of themselves to the contract suite is so at the server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mockserver.contract.profile import Corruption, Step
from mockserver.server.application import Application
from tests.support.profile_checks import (
    Tried,
    assert_a_corrupted_item_fails_alone,
    assert_a_key_twice_is_treated_as_said,
    assert_a_step_does_what_it_says,
    assert_good_items_are_read_back,
    assert_other_media_types_say_the_same,
    assert_tenants_are_apart,
    assert_the_list_shows_them,
    every,
    trying,
)


@pytest.fixture
def tried(vendor: str, number: int, app: Application, sandbox: str) -> Iterator[Tried]:
    with trying(vendor, number, app, sandbox) as one:
        yield one


@every()
def test_good_items_are_accepted_and_read_back(tried: Tried) -> None:
    assert_good_items_are_read_back(tried)


@every()
def test_what_was_accepted_is_in_the_list(tried: Tried) -> None:
    assert_the_list_shows_them(tried)


@pytest.mark.few(70)
@every("corruptions")
def test_a_corrupted_item_is_refused_and_the_others_are_not(tried: Tried, corruption: Corruption) -> None:
    assert_a_corrupted_item_fails_alone(tried, corruption)


@every("steps")
def test_a_step_makes_of_a_record_what_it_says(tried: Tried, step: Step) -> None:
    assert_a_step_does_what_it_says(tried, step, there=True)


@every("steps")
def test_a_step_knows_what_comes_of_it_where_nothing_is(tried: Tried, step: Step) -> None:
    assert_a_step_does_what_it_says(tried, step, there=False)


@every(where=lambda one: one.tenants > 1)
def test_tenants_do_not_see_each_others_records(tried: Tried) -> None:
    assert_tenants_are_apart(tried)


@every(where=lambda one: one.twice not in ("", "call"))
def test_a_key_that_is_there_twice_is_treated_as_said(tried: Tried) -> None:
    assert_a_key_twice_is_treated_as_said(tried)


@every(where=lambda one: one.creates)
def test_no_two_keys_are_the_same(tried: Tried) -> None:
    assert len({tried.subject.key(at) for at in range(51)}) == 51


@every("encodings")
def test_items_say_the_same_in_other_media_types(tried: Tried, encoding: str) -> None:
    assert_other_media_types_say_the_same(tried, encoding)
