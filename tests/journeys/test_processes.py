from __future__ import annotations

import os
import subprocess
import sys

from tests.journeys.journey import journeys
from tests.support.spec_documents import ROOT


def digests(hash_seed: str) -> list[str]:
    """A digest of every answer of every journey, run in a process of that hash seed."""
    finished = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "tests.journeys.digests"],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        check=True,
    )
    return finished.stdout.splitlines()


def test_two_processes_answer_alike_byte_for_byte() -> None:
    first, second = digests("1"), digests("20260105")

    assert len(first) == sum(2 + len(journey.reads) for journey in journeys())
    assert first == second
