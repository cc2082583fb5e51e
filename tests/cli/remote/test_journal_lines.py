from __future__ import annotations

from typing import Any

import click
import pytest

from mockserver.cli.output import call_line, replay_lines


def replayed(**difference: Any) -> dict[str, Any]:
    nothing = {"differ": 0, "groups": []}
    whole = {"says": "same status, 0 of 1 outcomes differ", "items": nothing, "body": nothing, **difference}
    return {"number": 19, "replays": 18, "into": "qa", "to": None, "lost": None, "difference": whole}


def test_a_difference_in_the_body_alone_is_told_apart_from_what_counts() -> None:
    place = {"count": 3, "place": "/*/id", "recorded": 1, "replayed": 2}

    lines = list(replay_lines(replayed(body={"differ": 4, "groups": [place]}), whole=True))

    assert lines[1:] == [
        "  in the body, which the exit status does not count:",
        "    3 places  /*/id  1 → 2",
        "    … 1 more difference",
    ]


def test_an_outcome_that_differs_stands_before_the_body() -> None:
    group = {"count": 7, "items": ["A", "B"], "recorded": "created", "replayed": "rejected"}

    lines = list(replay_lines(replayed(items={"differ": 7, "groups": [group]}), whole=True))

    assert lines[1:] == ["  7 items  created → rejected  A, B and 5 more"]


def entry(status: int | None, line: str, items: int = 0, warned: int = 0, **outcomes: int) -> dict[str, Any]:
    return {"status": status, "line": line, "items": items, "warned": warned, "outcomes": outcomes}


@pytest.mark.parametrize(
    ("call", "colour"),
    [
        (entry(207, "vba PUT /a 207  2 items: 2 created  1 ms", 2, created=2), "green"),
        (entry(207, "vba PUT /a 207  2 items: 2 created 1 warned  1 ms", 2, 1, created=2), "yellow"),
        (entry(302, "xero GET /a 302  getA  1 ms"), "white"),
        (entry(404, "xero GET /a 404  not-found: no path  1 ms"), "red"),
        (entry(None, "xero GET /a ---  getA  1 ms  ~reset"), "red"),
    ],
    ids=lambda part: part if isinstance(part, str) else part["line"],
)
def test_a_status_has_the_colour_of_what_became_of_the_items(call: dict[str, Any], colour: str) -> None:
    status = str(call["status"] or "---")

    assert f"/a {click.style(status, fg=colour)}  " in call_line(call)


def test_outcomes_have_their_colours() -> None:
    line = call_line(
        entry(207, "vba PUT /a 207  1,001 items: 1,000 created 1 rejected  1 ms  created", 1_001)
    )

    styled = f"{click.style('1,000 created', fg='green')} {click.style('1 rejected', fg='red')}"
    assert line.partition("items: ")[2] == f"{styled}  1 ms  created"


def test_a_line_that_is_too_long_for_its_status_is_cut() -> None:
    assert call_line(entry(404, f"xero GET /{'a' * 600} 404  not-found  1 ms")).endswith("a…")
