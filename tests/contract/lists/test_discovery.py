"""How a list is paged is found from names, schemas and the answer, or stated, or named as not found."""

from __future__ import annotations

from pathlib import Path

import pytest

from mockserver.contract.profile_reads import ListFilter, ListProfile
from tests.contract.lists import bookshop
from tests.contract.lists.bookshop import STYLES, Bookshop

FAULTS = {
    ("offset", "repeats"): "pages-show-each-row-once",
    ("offset", "one short"): "totals-fit-the-rows",
    ("cursor", "always a next page"): "page-links-lead-on",
    ("link", "always a next page"): "page-links-lead-on",
    ("header", "always a next page"): "page-links-lead-on",
    ("page", "sold is ignored"): "filters-select",
}


@pytest.mark.parametrize("style", STYLES)
def test_a_right_server_is_walked_by_its_spec_and_nothing_is_found(tmp_path: Path, style: str) -> None:
    ledger = bookshop.run(Bookshop(style), bookshop.spec(tmp_path, style))

    assert [one.message for one in ledger.findings] == []
    assert [note for note in ledger.notes if "links lead to" not in note] == []
    assert ledger.made["listBooks", "pages-show-each-row-once"] > 5 * len(bookshop.BOOKS)
    assert ledger.made["listBooks", "filters-select"] > 3


@pytest.mark.parametrize(("style", "fault"), FAULTS)
def test_a_fault_is_found_without_a_profile(tmp_path: Path, style: str, fault: str) -> None:
    ledger = bookshop.run(Bookshop(style, fault), bookshop.spec(tmp_path, style))

    assert FAULTS[style, fault] in {one.check for one in ledger.findings}


def test_what_is_not_found_is_named(tmp_path: Path) -> None:
    file = bookshop.spec(tmp_path, "cursor")
    file.write_text(file.read_text(encoding="utf-8").replace('"after"', '"since"'), encoding="utf-8")

    ledger = bookshop.run(Bookshop("cursor"), file)

    message = "no parameter or link for pages was found; a ListProfile can state it"
    assert ledger.notes == [f"GET /books: its pages were not walked: {message}"]
    assert ledger.findings == []


def test_what_a_profile_states_wins(tmp_path: Path) -> None:
    stated = ListProfile(
        "listBooks",
        paging="offset",
        position="_start",
        size="_limit",
        largest=7,
        identity="/isbn",
        filters=(ListFilter("genre", "/genre"),),
    )

    ledger = bookshop.run(Bookshop("offset"), bookshop.spec(tmp_path, "offset"), stated)

    sizes = {one.request.path.partition("_limit=")[2].partition("&")[0] for one in ledger.exchanges}
    assert max(int(size or 0) for size in sizes) == 7
    assert ledger.findings == []


def test_a_link_to_another_host_is_followed_at_the_target(tmp_path: Path) -> None:
    ledger = bookshop.run(Bookshop("link"), bookshop.spec(tmp_path, "link"))

    assert "/books?limit=8&at=8" in {one.request.path for one in ledger.exchanges}


def test_the_same_seed_makes_the_same_calls(tmp_path: Path) -> None:
    file = bookshop.spec(tmp_path, "page")

    first, second = (bookshop.run(Bookshop("page"), file).exchanges for _ in range(2))

    assert [one.request for one in first] == [one.request for one in second]
