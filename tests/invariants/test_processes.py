"""Another process, another hash seed, other clients beside: the same bytes. Edge-cases §3, 16."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from typing import Any

import pytest

from tests.invariants.sandboxes import invariant
from tests.support.spec_documents import ROOT


@cache
def told(hash_seed: str) -> Any:
    """The digest of each client by how many there were, from a process of that hash seed."""
    finished = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "tests.invariants.client_digests"],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(finished.stdout)


@invariant(16)
def test_two_processes_of_two_hash_seeds_answer_and_hold_the_same() -> None:
    assert told("1") == told("20260105")


@invariant(16)
@pytest.mark.parametrize("others", ["4", "8"])
def test_a_client_is_answered_alike_alone_and_among_others(others: str) -> None:
    assert len(told("1")[others]) == int(others)
    assert told("1")[others][0] == told("1")["1"][0]
    assert told("1")["8"][:4] == told("1")["4"]


@invariant(16)
def test_clients_of_other_seeds_and_calls_are_answered_otherwise() -> None:
    assert len(set(told("1")["8"])) == 8
