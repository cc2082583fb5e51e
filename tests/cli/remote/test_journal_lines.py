from __future__ import annotations

from typing import Any

from mockserver.cli.output import replay_lines


def replayed(**difference: Any) -> dict[str, Any]:
    nothing = {"differ": 0, "differences": []}
    whole = {"says": "same status, 0 of 1 outcomes differ", "items": nothing, "body": nothing, **difference}
    return {"number": 19, "replays": 18, "into": "qa", "to": None, "lost": None, "difference": whole}


def test_a_difference_in_the_body_alone_is_told_apart_from_what_counts() -> None:
    place = {"pointer": "/0/id", "recorded": 1, "replayed": 2}

    lines = list(replay_lines(replayed(body={"differ": 1, "differences": [place]}), whole=True))

    assert lines[1:] == ["  in the body, which the exit status does not count:", "    /0/id: 1 → 2"]


def test_an_outcome_that_differs_stands_before_the_body() -> None:
    item = {"index": 0, "key": "", "recorded": "created", "replayed": "rejected"}

    lines = list(replay_lines(replayed(items={"differ": 1, "differences": [item]}), whole=True))

    assert lines[1:] == ["  item 0 no key: created → rejected"]
