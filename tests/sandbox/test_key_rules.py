from __future__ import annotations

import pytest

from mockserver.model import Document
from mockserver.sandbox.assumptions import KeyRules, key_rules
from mockserver.sandbox.store import State
from tests.support.engine_samples import store, transact

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
