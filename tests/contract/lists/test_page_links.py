"""Links of pages behind a proxy: they are followed at the target, and what leads away from it is noted."""

from __future__ import annotations

from pathlib import Path

import pytest

from mockserver.contract.lists.walks import read_link
from tests.contract.lists import bookshop
from tests.contract.lists.bookshop import Bookshop

TARGET = "http://127.0.0.1:8080/gateway/shop"


@pytest.mark.parametrize(
    "link",
    [
        "?page=2",
        "books?page=2",
        "/books?page=2",
        "/gateway/shop/books?page=2",
        "http://127.0.0.1:8080/gateway/shop/books?page=2",
        "//127.0.0.1:8080/gateway/shop/books?page=2",
    ],
)
def test_a_link_below_the_target_is_followed_there(link: str) -> None:
    assert read_link(link, TARGET, "/books", known) == ("/books?page=2", "")


@pytest.mark.parametrize(
    ("link", "elsewhere"),
    [
        ("http://127.0.0.1:9000/books?page=2", "http://127.0.0.1:9000/books"),
        ("https://127.0.0.1:8080/gateway/shop/books?page=2", "https://127.0.0.1:8080/gateway/shop/books"),
        ("http://upstream.example/v2/items?page=2", "http://upstream.example/v2/items"),
        ("//upstream.example/books?page=2", "http://upstream.example/books"),
        ("/shop/books?page=2", "http://127.0.0.1:8080/shop/books"),
        ("/gateway/shopping/books?page=2", "http://127.0.0.1:8080/gateway/shopping/books"),
    ],
)
def test_a_link_to_what_is_behind_a_proxy_is_followed_at_the_target(link: str, elsewhere: str) -> None:
    assert read_link(link, TARGET, "/books", known) == ("/books?page=2", elsewhere)


def test_a_link_to_another_path_of_the_target_is_followed_as_it_is() -> None:
    assert read_link("/gateway/shop/films?page=2", TARGET, "/books", known) == ("/films?page=2", "")


@pytest.mark.parametrize("link", ["http://[", "http://upstream.example:port/books"])
def test_a_link_that_is_no_address_leads_to_the_list(link: str) -> None:
    assert read_link(link, TARGET, "/books", known) == ("/books", link)


def test_links_to_another_host_are_told_once_and_are_no_finding(tmp_path: Path) -> None:
    ledger = bookshop.run(Bookshop("link"), bookshop.spec(tmp_path, "link"))

    assert ledger.findings == []
    (note,) = ledger.notes
    assert note == (
        "GET /books: its links lead to https://books.example/shop/books, which is not below the target; they "
        "were followed at the target (a proxy that rewrites no links leaves them so)"
    )


def known(path: str) -> bool:
    return path == "/books"
