from __future__ import annotations

from pathlib import Path

from mockserver.console.navigation import expand_navigation


def test_a_pattern_is_a_chapter_of_the_files_that_fit(tmp_path: Path) -> None:
    (tmp_path / "vendors").mkdir()
    for name, heading in (("zeta", "# Zeta"), ("acme", "# Acme Corp: orders"), ("notes.txt", "no page")):
        file = tmp_path / "vendors" / (name if "." in name else f"{name}.md")
        file.write_text(f"{heading}\n\nText.\n", encoding="utf-8")

    found = expand_navigation([{"Start": "index.md"}, {"Vendors": "vendors/*.md"}], tmp_path)

    assert found == [
        {"Start": "index.md"},
        {"Vendors": [{"Acme Corp": "vendors/acme.md"}, {"Zeta": "vendors/zeta.md"}]},
    ]
