"""The `Location` of a created record leads to it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from mockserver.contract import runner
from mockserver.contract.api import ApiUnderTest
from mockserver.contract.exchange import Finding, Request
from mockserver.contract.fuzzing.follow_ups import LocationChecks
from mockserver.contract.profile import Profile
from mockserver.contract.run_state import FindingLedger, RunConfig
from mockserver.contract.target import Address, Target
from mockserver.contract.trial import Trial
from mockserver.spec import loading

_ANSWERS = {"200": {"description": "A book."}, "201": {"description": "Made."}}
SPEC = {
    "openapi": "3.0.3",
    "info": {"title": "Books", "version": "1"},
    "paths": {
        "/books": {"post": {"operationId": "addBook", "responses": _ANSWERS}},
        "/books/{id}": {
            "get": {
                "operationId": "getBook",
                "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
                "responses": _ANSWERS,
            }
        },
    },
}


@dataclass
class Books:
    """Makes book 7 and names `location`; `shown` are the ids that reads show, each read the next."""

    location: str
    shown: tuple[str, ...] = ("7",)
    reads: int = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await receive()
        if scope["method"] == "POST":
            await _answer(send, 201, {"id": "7"}, {"location": self.location})
        elif scope["path"] == "/shop/books/7":
            self.reads += 1
            await _answer(send, 200, {"id": self.shown[(self.reads - 1) % len(self.shown)]}, {})
        else:
            await _answer(send, 404, {}, {})


async def _answer(send: Any, status: int, document: Any, headers: Mapping[str, str]) -> None:
    named = [(name.encode(), text.encode()) for name, text in headers.items()]
    typed = [(b"content-type", b"application/json"), *named]
    await send({"type": "http.response.start", "status": status, "headers": typed})
    await send({"type": "http.response.body", "body": json.dumps(document).encode()})


def books_api(folder: Path) -> ApiUnderTest:
    """The API of the books."""
    file = folder / "books.yaml"
    file.write_text(json.dumps(SPEC), encoding="utf-8")
    return ApiUnderTest("books", loading.load_spec(file), Profile())


def followed(folder: Path, books: Books, times: int = 1) -> tuple[list[Finding], FindingLedger]:
    """What the location of so many answers comes to."""
    api, ledger = books_api(folder), FindingLedger()
    found: list[Finding] = []
    with Target(Address("http://testserver/shop", books)) as target:
        checks = LocationChecks(Trial(api, target, RunConfig(7), ledger, lambda _exchange, _ledger: ()))
        for _ in range(times):
            exchange = replace(target.send(Request("POST", "/books", {})), operation="addBook")
            found += checks.check("addBook", exchange)
    return found, ledger


@pytest.mark.parametrize("location", ["/shop/books/7", "http://testserver/shop/books/7", "books/7"])
def test_a_location_that_shows_the_record_is_right(tmp_path: Path, location: str) -> None:
    found, ledger = followed(tmp_path, Books(location))

    assert found == []
    assert ledger.made["addBook", "location-shows-the-record"] == 1
    assert ledger.notes == []


def test_a_location_without_a_record_is_told_with_its_status(tmp_path: Path) -> None:
    (finding,), _ = followed(tmp_path, Books("/shop/books/8"))

    assert finding.message == (
        "POST /books was answered 201 with the Location /shop/books/8; reading it is answered 404"
    )
    assert [one.request.path for one in finding.exchanges] == ["/books", "/books/8"]


def test_a_location_that_shows_another_record_is_told_with_both_ids(tmp_path: Path) -> None:
    (finding,), _ = followed(tmp_path, Books("/shop/books/7", shown=("6",)))

    assert finding.message.endswith("reading it shows id 6, the created record has id 7")
    assert (finding.expected, finding.received) == ("7", "6")


def test_an_id_that_every_answer_has_anew_is_no_fault(tmp_path: Path) -> None:
    found, _ = followed(tmp_path, Books("/shop/books/7", shown=tuple(f"answer-{one}" for one in range(9))))

    assert found == []


@pytest.mark.parametrize("location", ["https://books.example/shop/books/7", "/shop/shelves/7"])
def test_what_leads_elsewhere_is_not_followed_and_one_note_says_so(tmp_path: Path, location: str) -> None:
    books = Books(location)

    found, ledger = followed(tmp_path, books, times=2)

    assert found == []
    assert books.reads == 0
    message = "addBook: its Location leads to no read of the target and was not followed"
    assert ledger.notes == [message]


def test_a_few_locations_of_an_operation_are_followed(tmp_path: Path) -> None:
    books = Books("/shop/books/7")

    followed(tmp_path, books, times=9)

    assert books.reads == 3


def test_generated_calls_follow_locations(tmp_path: Path) -> None:
    ledger, books = FindingLedger(), Books("/shop/books/8")
    wanted = RunConfig(7, 1, only=frozenset({"location-shows-the-record"}))

    with Target(Address("http://testserver/shop", books)) as target:
        runner.run_phases(books_api(tmp_path), target, wanted, ledger, ("fuzzing",))

    assert {(one.operation, one.check) for one in ledger.findings} == {
        ("addBook", "location-shows-the-record")
    }
