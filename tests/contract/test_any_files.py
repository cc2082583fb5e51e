"""The suite finds nothing at our own server for any made-up file."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mockserver.codec import json
from mockserver.contract.run_state import RunConfig
from mockserver.contract.session import SessionContext, SessionPlan, load_session_api, run_session
from mockserver.sandbox.clock import system_clock
from mockserver.spec.loading import vendor_name
from tests.any_files.batch_shapes import SHAPES
from tests.any_files.support import made_up_files, write_files
from tests.contract.suite import SEED, told

EVERY_CASE = bool(os.environ.get("EVERY_CASE"))
EXAMPLES = 25 if EVERY_CASE else 2
NAMES = sorted(made_up_files())[:: 1 if EVERY_CASE else 4]


@pytest.mark.parametrize("name", NAMES)
def test_our_own_server_keeps_any_file(name: str, tmp_path: Path) -> None:
    file = write_files(name, tmp_path)
    plan = SessionPlan(vendor_name(file), file, run_config=RunConfig(SEED, EXAMPLES, shrinks=False))

    session = run_session(plan, load_session_api(plan), SessionContext({}, lambda _line: None, system_clock))

    assert told(session.ledger.findings) == []
    assert session.ledger.calls
    assert not session.stopped


def test_an_answer_that_cannot_be_made_is_no_failure_of_our_own_server(tmp_path: Path) -> None:
    nobody = {"type": "integer", "minimum": 2, "maximum": 1}
    answer = {"description": "d", "content": {"application/json": {"schema": nobody}}}
    paths = {"/pings": {"get": {"responses": {"200": answer}}}}
    file = tmp_path / "own.json"
    file.write_bytes(
        json.encode({"openapi": "3.0.3", "info": {"title": "O", "version": "1"}, "paths": paths})
    )
    plan = SessionPlan("own", file, run_config=RunConfig(SEED, EXAMPLES, shrinks=False))

    session = run_session(plan, load_session_api(plan), SessionContext({}, lambda _line: None, system_clock))

    assert told(session.ledger.findings) == []
    assert session.ledger.calls


def test_sequences_and_sizes_of_our_own_server_are_tried_or_a_note_says_why_not(tmp_path: Path) -> None:
    shapes = {one.name: one for one in SHAPES}
    noted = {}
    for name in ("read by both GETs", "a PUT"):
        file = tmp_path / "own.json"
        file.write_bytes(json.encode(shapes[name].document))
        plan = SessionPlan("own", file, run_config=RunConfig(SEED, EXAMPLES, shrinks=False))
        session = run_session(
            plan, load_session_api(plan), SessionContext({}, lambda _line: None, system_clock)
        )
        assert told(session.ledger.findings) == []
        made = ("sendParcels", "accepted-are-there") in session.ledger.made
        noted[name] = (made, any("no sequences and no sizes" in one for one in session.ledger.notes))

    assert [*noted.values()] == [(True, False), (False, True)]
