from __future__ import annotations

import json

import pytest
from click.testing import CliRunner, Result

from mockserver.cli.main import main
from mockserver.console.documentation import documentation_folder

DOCS = documentation_folder()


def run(*arguments: str, columns: int = 100) -> Result:
    return CliRunner().invoke(main, ["docs", *arguments], env={"COLUMNS": str(columns)})


def test_without_words_every_page_is_listed_with_its_file() -> None:
    lines = run().stdout.splitlines()

    assert lines[:2] == [f"Start  {DOCS / 'index.md'}", f"Tutorial: First answer  {DOCS / 'first-answer.md'}"]
    assert {line.split("  ")[-1] for line in lines} == {str(file) for file in DOCS.rglob("*.md")}


def test_a_result_has_title_heading_file_and_excerpt() -> None:
    head, *text = run("which", "state", "survives").stdout.splitlines()

    assert head == f"Run the server: State that survives a restart  {DOCS / 'running.md'}"
    assert text[0].startswith("    ")


def test_the_best_six_are_shown_as_wide_as_the_terminal() -> None:
    lines = run("idempotency", columns=60).stdout.splitlines()

    assert len([line for line in lines if not line.startswith(" ")]) == 6
    assert max(len(line) for line in lines if line.startswith(" ")) <= 60


def test_json_has_pages() -> None:
    assert json.loads(run("--json").stdout)[1] == {
        "title": "Tutorial",
        "heading": "First answer",
        "address": "/_console/docs/first-answer",
        "text": "",
        "file": str(DOCS / "first-answer.md"),
    }


def test_json_has_more_results_than_are_shown() -> None:
    listed = json.loads(run("--json", "xero", "rate limit").stdout)

    assert len(listed) > 6
    assert (listed[0]["address"], listed[0]["file"]) == (
        "/_console/docs/vendors/xero#limits",
        str(DOCS / "vendors" / "xero.md"),
    )


@pytest.mark.parametrize("words", [["zzzz"], ["the"], ['"'], [""]])
def test_nothing_found_is_exit_2(words: list[str]) -> None:
    result = run(*words)

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == (
        f"error: no page has a word of {words[0]}\n   at: {words[0]}\n  try: mockserver docs\n"
    )
