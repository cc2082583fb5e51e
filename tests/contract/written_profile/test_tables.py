"""Tables of documents, bad items and value rules, for profiles that Python completes."""

from __future__ import annotations

from pathlib import Path

import pytest

from mockserver.contract.profile_file.tables import ProfileTables
from mockserver.errors import SpecError

TABLES = """
orders:
  - {because: an unknown payee, set: {/payee: "{payee}-not"}, refuses-call: true}
values: {left-alone: [status]}
"""


def tables(tmp_path: Path, text: str = TABLES) -> ProfileTables:
    file = tmp_path / "batches.yaml"
    file.write_text(text, encoding="utf-8")
    return ProfileTables(file)


def test_a_bad_item_has_the_facts_of_the_run(tmp_path: Path) -> None:
    (corruption,) = tables(tmp_path).corruptions("orders", {"payee": "P1"})

    assert (corruption.name, corruption.refuses_call) == ("an unknown payee", True)
    assert corruption.change({"payee": "P1", "id": 1}) == {"payee": "P1-not", "id": 1}


def test_value_rules_have_the_words_of_a_profile(tmp_path: Path) -> None:
    assert tables(tmp_path).values("values").left_alone == ("status",)


def test_a_document_has_the_values_that_it_names(tmp_path: Path) -> None:
    made = tables(tmp_path, 'order: {payee: "{payee}", lines: "{lines}"}')

    assert made.document("order", {"payee": "P1", "lines": [1]}) == {"payee": "P1", "lines": [1]}


def test_a_mistake_names_its_file_and_line(tmp_path: Path) -> None:
    broken = tables(tmp_path, TABLES.replace("/payee", "payee"))

    with pytest.raises(SpecError, match=r"^batches\.yaml: .*JSON Pointer.*\(line 3\)$"):
        broken.corruptions("orders", {"payee": "P1"})
