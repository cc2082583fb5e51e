from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from msgspec.structs import replace

from mockserver.contract.report.github import annotation_lines
from mockserver.contract.report.results import run_outcome
from mockserver.contract.report.text import MOST_ANNOTATIONS
from tests.support.contract_sessions import HOSTILE, OPERATION, SECRET, finding, seen, visit


def test_a_failure_is_an_error_with_how_to_repeat_it() -> None:
    (line,) = annotation_lines([seen(finding(), one_outcome_per_item=3)])

    assert line.startswith(
        "::error title=payt POST /v1/invoices%3A count = processed::"
        "count is 3, expected 2%0Aagain: mockserver contract payt "
    )


def test_a_run_without_failures_has_no_annotation() -> None:
    assert annotation_lines([seen(one_outcome_per_item=3)]) == []


@pytest.mark.parametrize("text", ["a\nb::warning::c", "a\r::set-output name=x::y", HOSTILE, "100 %0A"])
def test_a_text_of_others_is_no_command(text: str) -> None:
    (line,) = annotation_lines([seen(finding("x::y,file=z", message=text))])

    assert not {"\n", "\r", "\x1b"} & set(line)
    assert line.split("::")[1].count(":") == 0
    assert "100 %250A" in line or "100 %" not in text


def test_a_secret_is_not_shown() -> None:
    assert SECRET not in "".join(annotation_lines([seen(finding(message=SECRET))]))


@pytest.mark.parametrize(
    ("failures", "lines"),
    [(MOST_ANNOTATIONS, MOST_ANNOTATIONS), (MOST_ANNOTATIONS + 1, MOST_ANNOTATIONS), (50, MOST_ANNOTATIONS)],
)
def test_there_are_ten_annotations_at_most(failures: int, lines: int) -> None:
    made = annotation_lines([seen(*(finding(f"check-{number}") for number in range(failures)))])

    assert len(made) == lines


def test_the_tenth_annotation_counts_the_rest() -> None:
    made = annotation_lines([seen(*(finding(f"check-{number}") for number in range(50)))])

    assert made[-1] == "::error title=mockserver contract::41 more in the summary"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (f"paths:\n  /a:\n    post:\n      operationId: {OPERATION}\n", "file=own.yaml,line=4,"),
        (f'{{\n"operationId": "{OPERATION}",\n}}', "file=own.yaml,line=2,"),
        ("paths: {}\n", "file=own.yaml,title="),
    ],
    ids=["YAML", "JSON", "elsewhere"],
)
def test_an_operation_of_ones_own_spec_is_shown_at_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, place: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("own.yaml").write_text(text)
    session = visit(finding())
    session = dataclasses.replace(session, plan=replace(session.plan, spec=Path("own.yaml")))

    (line,) = annotation_lines([run_outcome(session, ())])

    assert line.startswith(f"::error {place}")
