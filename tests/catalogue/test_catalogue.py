"""Every row of the catalogue, and which vendors have a case for it."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from mockserver.control.cases import catalogue
from mockserver.control.cases.catalogue import load_folder, rows, vendor_cases
from mockserver.control.cases.language import BadCaseError
from mockserver.engine.registry import vendor_packages
from tests.support.fact_sheets import expects_state, writes

LETTERS = {"V": "vba", "G": "guidewire", "P": "pvex", "Y": "payt", "X": "xero"}
WHO = """
    1-2 VPYX, 3 VGPYX, 4 YX, 5 VGPYX, 6 VPYX, 7 G, 8 VGPYX, 9-10 VYX, 11-12 VGPYX, 13 V, 14 Y,
    15 VPX, 16 V, 17-19 P, 20 X, 21 VPY, 22 G, 23 VX, 24 PY, 25 X, 26 GYX, 27 VYX, 28 X, 29-30 Y, 31 VGPYX,
    32-33 VPY, 34 X, 35-37 Y, 38-39 VGPYX, 40 VY, 41 PYX, 42 VP, 43 VGPYX, 44 V,
    45-48 VX, 49 VYX, 50-52 Y,
    53 VYX, 54-55 V, 56-57 X, 58 Y, 59 V, 60-61 Y, 62 X, 63 VYX, 64 X,
    65 V, 66-67 VPY, 68-70 G, 71 GX, 72 P, 73-76 Y, 77 X, 78-79 G,
    80-81 G, 82 VPY, 83-84 VGPYX,
    85-89 VPYX, 90 GX, 91 G, 92 X, 93 VPY, 94 VGPYX, 95 VPYX,
    96-99 VGPYX, 100 VYX,
    101-103 VGPYX, 104-105 X, 106 V, 107 VGPYX,
    108-109 VGPYX, 110 VY, 111 VGPYX,
    112-113 VGPYX, 114-118 P, 119-120 VGPYX,
    121-123 VGPYX, 124 VP, 125 VGPYX,
    126-127 X, 128 P, 129-130 VGPYX, 131 Y,
    132-135 VGPYX,
    136 VGPYX, 137 VPYX, 138-139 VGPYX,
    140 VGPYX, 141 Y, 142-143 VGPYX,
    144-147 VGPYX,
    148-157 VGPYX,
    158-165 Y
"""
"""The vendors of each row, by their letters."""


def whose() -> set[tuple[int, str]]:
    pairs = set()
    for numbers, letters in re.findall(r"([0-9-]+) ([A-Z]+)", WHO):
        first, _, last = numbers.partition("-")
        for row in range(int(first), int(last or first) + 1):
            pairs |= {(row, LETTERS[letter]) for letter in letters}
    return pairs


def test_rows_are_numbered_without_a_gap() -> None:
    assert list(rows()) == list(range(1, len(rows()) + 1))


def test_no_two_rows_have_one_name() -> None:
    assert [name for name, times in Counter(row.name for row in rows().values()).items() if times > 1] == []


def test_a_row_says_all_that_a_row_says() -> None:
    assert [
        row.id
        for row in rows().values()
        if not all(text.endswith(".") for text in (row.trigger, row.expected, row.check)) or not row.source
    ] == []


def test_the_catalogue_names_no_vendor() -> None:
    text = (Path(catalogue.__file__).parent / "catalogue.yaml").read_text(encoding="utf-8")

    assert re.findall("|".join(vendor_packages()), text, re.IGNORECASE) == []


def test_every_row_has_a_case_for_each_of_its_vendors_and_for_no_other() -> None:
    there = {(entry.row.row, vendor) for vendor in vendor_packages() for entry in vendor_cases(vendor)}

    listed = {(row, vendor) for row, vendor in there if vendor in LETTERS.values()}

    assert {"missing": sorted(whose() - there), "too many": sorted(listed - whose())} == {
        "missing": [],
        "too many": [],
    }


def test_a_case_that_may_change_something_says_what_is_there_afterwards() -> None:
    assert [
        f"{vendor} {entry.row.id}"
        for vendor in vendor_packages()
        for entry in vendor_cases(vendor)
        if writes(entry.case) and not expects_state(entry.case)
    ] == []


ENTRY = "- {row: 148, when: [{call: GET /orders, answer: {status: 200}}]}"


def written(folder: Path, text: str, name: str = "transport.yaml") -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_an_entry_that_says_its_steps_is_read_with_the_label_of_its_row(tmp_path: Path) -> None:
    (entry,) = load_folder(written(tmp_path, ENTRY), "acme")

    assert (entry.row.name, entry.case.source, entry.case.place) == (
        "reset",
        "assumed",
        "acme/transport.yaml, row 148",
    )


def test_an_entry_that_says_nothing_but_its_row_is_the_generic_case(tmp_path: Path) -> None:
    (entry,) = load_folder(written(tmp_path, "- row: 148"), "acme")

    assert entry.case.when == rows()[148].generic["when"]
    assert list(entry.case.scenarios) == ["reset"]


def test_an_entry_s_names_win_over_the_vendor_s_and_those_over_the_generic_case_s(tmp_path: Path) -> None:
    written(tmp_path, "names: {key_header: From-Vendor, keyed: {}}", "_vendor.yaml")

    (entry,) = load_folder(written(tmp_path, "- {row: 96, names: {keyed: {a: b}}}"), "acme")

    assert entry.case.names["key_header"] == "From-Vendor"
    assert entry.case.names["keyed"] == {"a": "b"}
    assert entry.case.names["repeated"] == "${ok}"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (ENTRY.replace("148", "999"), "there is no row 999"),
        ("- {when: []}", "there is no row None"),
        ("- row: 13", "row 13: the row has no generic case; write when"),
        (ENTRY.replace("when", "trigger: x, when"), "row 148: case: unknown trigger"),
        (ENTRY.replace("answer", "reply"), "row 148: step 1: unknown or mixed"),
    ],
)
def test_an_entry_that_does_not_keep_the_language_is_refused(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(BadCaseError, match=f"acme/transport.yaml.*{said}"):
        list(load_folder(written(tmp_path, text), "acme"))


def test_a_vendor_without_a_package_has_no_cases() -> None:
    assert vendor_cases("acme") == ()
