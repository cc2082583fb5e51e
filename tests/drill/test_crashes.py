"""Clients that are killed where it hurts: those that survive, and those that lose rows or pay twice."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mockserver.contract.examples import ProfileExamples
from mockserver.server.application import Options, create_app
from mockserver.testing.client_process import ClientCommand, ProcessGroups
from mockserver.testing.control_client import ControlClient
from mockserver.testing.drill import Drill, Result
from mockserver.testing.threaded_server import run_in_thread

CLIENT = Path(__file__).parent / "clients" / "crashing.py"
MOMENTS = ("before-send", "after-commit", "after-answer", "between-calls")
SURVIVORS = [("key-on-disk", "xero"), ("looks-first", "xero"), ("upserts", "payt")]
"""Ways to survive each moment, with the vendor of each."""

KEY_THEN_TWICE = {"before-send": "KEY", "after-commit": "TWICE", "after-answer": "TWICE"}
FAULTS = {
    ("marks-first", "payt"): {"before-send": "DROPPED", "between-calls": "DROPPED"},
    ("new-key", "xero"): {**KEY_THEN_TWICE, "between-calls": "KEY"},
    ("saves-at-the-end", "xero"): {**KEY_THEN_TWICE, "between-calls": "TWICE"},
}
"""For each way that does not survive, the finding at each moment at which it fails."""


OTHERS = [(way, vendor, moment) for way, vendor in FAULTS for moment in MOMENTS]


@pytest.fixture(scope="module")
def control() -> Iterator[ControlClient]:
    options = Options(vendors=("payt", "xero"), hosts=("127.0.0.1",), examples=ProfileExamples)
    with run_in_thread(create_app(options)) as url:
        yield ControlClient(url)


def killed(control: ControlClient, vendor: str, moment: str, way: str) -> Result:
    """The client's run against a crash."""
    names = ("url", "token", "tenant", "folder")
    words = [sys.executable, "-S", str(CLIENT), way, *(f"--{name}={{{name}}}" for name in names)]
    with ProcessGroups() as groups:
        drill = Drill(control, vendor, ClientCommand(words, {}, groups, 30).run, can_kill=True)
        plan = drill.learn()
        assert plan.obstacle == "", plan.clean.ending.output
        [case] = [case for case in plan.cases if case.crash == moment]
        return drill.run(case, plan.clean)


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize(("way", "vendor"), SURVIVORS)
def test_a_right_client_survives(control: ControlClient, vendor: str, moment: str, way: str) -> None:
    result = killed(control, vendor, moment, way)

    assert (result.verdict, result.ending.kills) == ("survived", 1), result.message


@pytest.mark.parametrize(("way", "vendor", "moment"), OTHERS)
def test_a_client_that_forgets_is_found(control: ControlClient, vendor: str, moment: str, way: str) -> None:
    result = killed(control, vendor, moment, way)

    expected = FAULTS[way, vendor].get(moment, "survived")
    assert (result.word, result.ending.kills) == (expected, 1), result.message
