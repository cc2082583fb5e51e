"""Clients of batch styles in `examples/batches`: a right client passes the drill, and each fault is named."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mockserver.server.application import Options, create_app
from mockserver.testing.client_process import ClientCommand, ProcessGroups
from mockserver.testing.control_client import ControlClient
from mockserver.testing.drill import DOUBTFUL, SURVIVED, TOLD, Drill, Result
from mockserver.testing.threaded_server import run_in_thread

EXAMPLES = Path(__file__).parents[2] / "examples" / "batches"
CLIENT = Path(__file__).parent / "clients" / "python_client.py"
JOB = "job-with-results"

FAULTS = [
    ("two-lists", "resends-all", "RESENT", "transient-item"),
    ("two-lists", "new-number-on-retry", "TWICE", "half-then-500"),
    ("two-lists", "omitted-is-success", "DROPPED", "omitted-not-kept"),
    ("two-lists", "4xx-is-nothing-stored", "TWICE", "half-then-400"),
    ("two-lists", "omitted-is-success", "DROPPED", "phantom-and-omitted"),
    ("only-failures", "status-line-only", "DROPPED", "item-refused"),
    ("only-failures", "resends-all", "RESENT", "transient-item"),
    ("only-failures", "treats-lost-as-failure-silently", "DROPPED", "drop-before-commit"),
    ("maps-of-problems", "status-line-only", "DROPPED", "item-refused"),
    ("maps-of-problems", "omitted-is-success", "DROPPED", "cut-off-at-a-failure"),
    ("maps-of-problems", "truncates-amounts", "WRONG", "transient-item"),
    ("rows-200-or-207", "matches-by-position", "DROPPED", "reordered-and-failed"),
    ("rows-200-or-207", "resends-all", "RESENT", "transient-item"),
    ("rows-200-or-207", "gives-up-silently", "DROPPED", "always-unavailable"),
    ("unprocessed-items", "status-line-only", "DROPPED", "all-fail-once"),
    ("unprocessed-items", "resends-all", "RESENT", "transient-item"),
    ("unprocessed-items", "retries-4xx-for-ever", "FOREVER", "item-refused"),
    ("counts-in-headers", "4xx-is-nothing-stored", "TWICE", "item-refused"),
    ("counts-in-headers", "forgets-failures", "DROPPED", "item-refused"),
    ("counts-in-headers", "treats-lost-as-failure-silently", "DROPPED", "drop-before-commit"),
    (JOB, "accepted-is-stored", "DROPPED", "item-refused"),
    (JOB, "forgets-failures", "DROPPED", "job-results-gone-and-refused"),
    (JOB, "resends-all", "RESENT", "transient-item"),
    (JOB, "omitted-is-success", "DROPPED", "omitted-not-kept"),
]
"""Style, fault, the finding that names the fault, and a case in which the fault shows."""

STYLES = tuple(dict.fromkeys(style for style, *_ in FAULTS))
USUAL = ("cut-off", "duplicated-and-failed", "half-then-400", "omitted-not-kept", "phantom", "shuffled")
OF_JOBS = ("job-answer-lost", "job-results-gone")
SILENT_LIES = ("only-failures", "unprocessed-items")
"""Styles in which an item that is left out of the answer is told as stored."""


@pytest.fixture(scope="module")
def control(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlClient]:
    """A server of all styles; its jobs take a fifth of a second."""
    quick = tmp_path_factory.mktemp("styles") / f"{JOB}.yaml"
    text = (EXAMPLES / quick.name).read_text(encoding="utf-8")
    quick.write_text(text.replace("{running: 1, done: 3}", "{running: 0.1, done: 0.2}"), encoding="utf-8")
    files = [quick if style == JOB else EXAMPLES / f"{style}.yaml" for style in STYLES]
    app = create_app(Options(vendors=STYLES, files=tuple(files), hosts=("127.0.0.1",), max_sandboxes=1000))
    with run_in_thread(app) as url:
        yield ControlClient(url)


def results_of(control: ControlClient, style: str, *cases: str, fault: str = "") -> list[Result]:
    switch = ("--fault", fault) if fault else ()
    words = (sys.executable, "-S", str(CLIENT), style, "--url", "{url}", "--token", "{token}", *switch)
    with ProcessGroups() as groups, ThreadPoolExecutor(4) as pool:
        drill = Drill(control, style, ClientCommand(words, {}, groups, 30).run)
        plan = drill.learn()
        assert plan.obstacle == ""
        chosen = [case for case in plan.cases if case.id in cases]
        assert len(chosen) == len(set(cases))
        return list(pool.map(lambda case: drill.run(case, plan.clean), chosen))


@pytest.mark.parametrize("style", STYLES)
def test_a_right_client_passes(control: ControlClient, style: str) -> None:
    own = {case for name, _, _, case in FAULTS if name == style}

    results = results_of(control, style, *own, *USUAL, *(OF_JOBS if style == JOB else ()))

    lies = {"omitted-not-kept": (DOUBTFUL,)} if style in SILENT_LIES else {}
    found = {one.case.id: (one.verdict, one.message) for one in results}
    assert {name: one for name, one in found.items() if one[0] not in lies.get(name, (SURVIVED, TOLD))} == {}


@pytest.mark.parametrize(("style", "fault", "kind", "case"), FAULTS)
def test_a_fault_is_named(control: ControlClient, style: str, fault: str, kind: str, case: str) -> None:
    [result] = results_of(control, style, case, fault=fault)

    assert kind in [one.kind for one in result.findings if not one.doubtful], result.message
