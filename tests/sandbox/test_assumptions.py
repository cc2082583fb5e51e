"""The assumptions that every vendor has, at the made-up one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mockserver.engine.registry import InvalidAssumptionError
from tests.support import sample_vendor
from tests.support.client import Client, Response


def acme(folder: Path, **values: str) -> Client:
    assumptions = {f"acme.{name}": value for name, value in values.items()}
    return sample_vendor.create_client(folder, assumptions=assumptions)


def put(client: Client, body: bytes = b'{"orders": [{"id": "A", "amount": 1}]}', **headers: str) -> Response:
    return client.put("/acme/orders", content=body, headers={"content-type": "application/json", **headers})


def orders(client: Client) -> Any:
    client.patch("/_mock/sandboxes/default/assumptions", json={"acme.availability": "up"})
    return client.get("/acme/orders").json


@pytest.mark.parametrize(
    ("value", "status", "stored"),
    [("up", 207, 1), ("failing", 500, 0), ("offline", 503, 0), ("failing_after_commit", 500, 1)],
)
def test_availability_decides_whether_work_is_done_and_whether_that_is_said(
    tmp_path: Path, value: str, status: int, stored: int
) -> None:
    client = acme(tmp_path, availability=value)

    assert (put(client).status, len(orders(client))) == (status, stored)


def test_who_may_not_enter_does_not_learn_that_the_vendor_is_down(tmp_path: Path) -> None:
    client = acme(tmp_path, availability="offline").without("authorization")

    assert put(client).status == 401


@pytest.mark.parametrize(("value", "status"), [("last_wins", 207), ("refused", 400)])
def test_a_member_that_is_named_twice_is_taken_or_refused(tmp_path: Path, value: str, status: int) -> None:
    client = acme(tmp_path, duplicate_members=value)

    assert put(client, b'{"orders": [{"id": "A", "amount": 1, "amount": 2}]}').status == status


def test_what_names_no_member_twice_is_read_as_ever(tmp_path: Path) -> None:
    client = acme(tmp_path, duplicate_members="refused")

    assert [put(client).status, put(client, b"{").status] == [207, 400]


def test_a_server_is_not_started_with_an_unknown_assumption(tmp_path: Path) -> None:
    with pytest.raises(InvalidAssumptionError, match=r"there is no assumption acme\.nothing"):
        acme(tmp_path, nothing="on")


def test_the_journal_keeps_what_became_of_the_items_of_an_answer_that_was_lost(tmp_path: Path) -> None:
    client = acme(tmp_path, availability="failing_after_commit")
    put(client)

    (entry,) = client.get("/_mock/sandboxes/default/journal").json

    assert (entry["status"], entry["refusal"], entry["outcomes"]) == (500, "failed", {"created": 1})
