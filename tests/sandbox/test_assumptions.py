"""The assumptions that every vendor has, at the made-up one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mockserver.engine.registry import InvalidAssumptionError
from mockserver.model import Document
from mockserver.sandbox.assumptions import KeyRules, key_rules
from mockserver.sandbox.store import State
from tests.support import sample_vendor
from tests.support.client import Client, Response
from tests.support.engine_samples import store, transact


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


EXACT, TRIMMED = KeyRules(trims=False, ignores_case=False), KeyRules(trims=True, ignores_case=False)
FOLDED, BOTH = KeyRules(trims=False, ignores_case=True), KeyRules(trims=True, ignores_case=True)


@pytest.mark.parametrize(
    ("trim", "ci_keys", "rules"),
    [("off", "off", EXACT), ("on", "off", TRIMMED), ("off", "on", FOLDED), ("on", "on", BOTH)],
)
def test_the_assumptions_make_the_rules(trim: str, ci_keys: str, rules: KeyRules) -> None:
    assert key_rules({"trim": trim, "ci_keys": ci_keys}) == rules


@pytest.mark.parametrize(
    ("rules", "kept"), [(EXACT, " A1 "), (TRIMMED, "A1"), (FOLDED, " A1 "), (BOTH, "A1")]
)
def test_a_key_is_stored_in_its_letter_case(rules: KeyRules, kept: str) -> None:
    assert rules.stored(" A1 ") == kept


@pytest.mark.parametrize(
    ("rules", "keys"),
    [
        (EXACT, ["A1", "a1", " a1"]),
        (TRIMMED, ["A1", "a1", "a1"]),
        (FOLDED, ["A1", "A1", " a1"]),
        (BOTH, ["A1", "A1", "A1"]),
    ],
)
def test_a_text_means_a_key_that_is_there(rules: KeyRules, keys: list[str]) -> None:
    def find(state: State) -> list[str]:
        rows = state.collection("rows")
        rows["A1"] = {"name": "A1"}
        return [rules.find_key(text, rows) for text in ("A1", "a1", " a1")]

    assert transact(store(), find) == keys


@pytest.mark.parametrize(
    ("rules", "same"), [(EXACT, EXACT), (TRIMMED, EXACT), (FOLDED, FOLDED), (BOTH, FOLDED)]
)
def test_stored_keys_are_trimmed_no_more(rules: KeyRules, same: KeyRules) -> None:
    assert rules.of_stored_keys == same


@pytest.mark.parametrize(("rules", "found"), [(EXACT, 0), (TRIMMED, 0), (FOLDED, 0), (BOTH, 1)])
def test_a_document_is_found_by_a_member(rules: KeyRules, found: int) -> None:
    def find(state: State) -> list[Document]:
        rows = state.collection("rows")
        rows["1"], rows["2"] = {"name": "A1"}, {}
        return rules.find("name", " a1", rows)

    assert len(transact(store(), find)) == found


@pytest.mark.parametrize("rules", [FOLDED, BOTH])
@pytest.mark.parametrize(("text", "found"), [("straße", ["1", "3"]), ("", ["2", "4"]), ("b", [])])
def test_documents_are_found_in_any_letter_case(rules: KeyRules, text: str, found: list[str]) -> None:
    def find(state: State) -> list[Document]:
        rows = state.collection("rows")
        for key, row in (
            ("1", {"name": "STRASSE"}),
            ("2", {}),
            ("3", {"name": "Straße"}),
            ("4", {"name": ""}),
        ):
            rows[key] = {**row, "key": key}
        return rules.find("name", text, rows)

    assert [one["key"] for one in transact(store(), find)] == found
