"""Calls of other tests, exported in each form and run again on a fresh server: they come out the same."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from tests.stories import playing
from tests.stories.recording import FORMS, STORIES, Export, record
from tests.support.server_process import serve_process

Play = Callable[[str, Sequence[Export], Path], list[str]]

PLAYERS: dict[str, Play] = {
    "case": playing.play_cases,
    "curl": playing.play_scripts,
    "har": playing.play_archives,
    "postman": playing.play_collections,
    "pytest": playing.play_tests,
}
MAX_REFUSED = {"case": 0.1, "curl": 0.1, "har": 0.1, "postman": 0.4, "pytest": 0.1}
"""Part of the stories that may be refused; Postman cannot express lost answers and binary bodies."""


@pytest.fixture(scope="module")
def exports() -> list[Export]:
    with serve_process() as url:
        return record(url)


@pytest.fixture(scope="module")
def fresh_url() -> Iterator[str]:
    with serve_process() as url:
        yield url


@pytest.mark.parametrize("form", FORMS)
def test_stories_come_out_the_same_on_a_fresh_server(
    form: str, exports: list[Export], fresh_url: str, tmp_path: Path
) -> None:
    if form == "curl" and shutil.which("curl") is None:
        pytest.skip("there is no curl")
    made = [one for one in exports if one.form == form and not one.refused]

    assert PLAYERS[form](fresh_url, made, tmp_path) == []


@pytest.mark.parametrize("form", FORMS)
def test_most_stories_can_be_exported_and_others_are_refused_with_the_reason(
    form: str, exports: list[Export]
) -> None:
    refused = [one.refused for one in exports if one.form == form and one.refused]
    assert len(refused) <= MAX_REFUSED[form] * STORIES, refused
    assert len([one for one in exports if one.form == form]) >= STORIES * 0.95
