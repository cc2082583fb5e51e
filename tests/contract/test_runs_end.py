"""A run goes on and ends, however one operation of the target misbehaves."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from mockserver.contract import runner
from mockserver.contract.exchange import CallLimits
from mockserver.contract.loading import load_api
from mockserver.contract.run_state import FindingLedger, RunConfig
from mockserver.contract.target import Address, Target
from tests.contract import bad_servers
from tests.contract.bad_servers import PATIENT, SOON, Behaviour, answer, message
from tests.support import sample_vendor

NEVER_ENDS = ("silent", "drops")
ANSWERED, READ = "every-call-is-answered", "answers-can-be-read"
NO_UTF8 = b'{"id": "\xff\xfe"}'
BAD: Mapping[str, tuple[Behaviour, str]] = {
    "silent": (bad_servers.say_nothing, ANSWERED),
    "reset": (bad_servers.reset, ANSWERED),
    "empty": (answer(b""), ANSWERED),
    "no-http": (answer(b"\xff\xfe\r\n\r\n"), ANSWERED),
    "cut": (answer(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}"), READ),
    "endless": (bad_servers.send_without_end, READ),
    "drops": (bad_servers.send_in_drops, READ),
}


def plain_spec(folder: Path) -> Path:
    """Two operations without batches."""
    schema = {"application/json": {"schema": {"type": "object"}}}
    responses = {"200": {"description": "ok", "content": schema}}
    document = {
        "openapi": "3.0.3",
        "info": {"title": "Things", "version": "1"},
        "paths": {
            f"/{name}": {"get": {"operationId": name, "responses": responses}} for name in ("bad", "good")
        },
    }
    file = folder / "things.json"
    file.write_text(json.dumps(document))
    return file


def run(file: Path, url: str, examples: int = 3, limits: CallLimits = PATIENT) -> FindingLedger:
    """Return what a whole run finds at an address."""
    config, ledger = RunConfig(0, examples), FindingLedger(keeps_exchanges=True)
    with Target(Address(url, given={"authorization": "Bearer any"}, limits=limits)) as target:
        runner.run_phases(load_api(file), target, config, ledger)
    return ledger


def findings(ledger: FindingLedger, operation: str) -> set[str]:
    return {one.check for one in ledger.findings if one.operation == operation}


@pytest.mark.parametrize("kind", BAD)
def test_an_operation_that_is_not_answered_has_a_finding_and_the_next_is_called(
    kind: str, tmp_path: Path
) -> None:
    bad, check = BAD[kind]
    behaviour = bad_servers.of_operation("/bad", bad, message(b"{}"))
    with bad_servers.serve(behaviour) as url:
        ledger = run(plain_spec(tmp_path), url, limits=SOON if kind in NEVER_ENDS else PATIENT)

    assert check in findings(ledger, "bad")
    assert not findings(ledger, "good") & {ANSWERED, READ}
    assert ledger.made["good", ANSWERED] > 0
    (found, *_) = [one for one in ledger.findings if one.check == check]
    assert found.exchanges[-1].request.path == "/bad"


def test_an_operation_that_takes_too_long_is_left_and_a_note_says_so(tmp_path: Path) -> None:
    behaviour = bad_servers.of_operation("/bad", bad_servers.say_nothing, message(b"{}"))
    with bad_servers.serve(behaviour) as url:
        ledger = run(plain_spec(tmp_path), url, examples=20, limits=SOON)

    assert ledger.notes == ["bad was not called any more after 3 calls without an answer in time"]
    assert len([one for one in ledger.exchanges if one.request.path == "/bad"]) == 3


@pytest.mark.parametrize("status", [b"200 OK", b"400 Bad Request", b"599 Odd"])
@pytest.mark.parametrize("body", [NO_UTF8, b"[" * 100_0, b'{"n": ' + b"9" * 5000 + b"}"])
def test_a_body_that_is_no_text_or_document_does_not_end_the_run(
    status: bytes, body: bytes, tmp_path: Path
) -> None:
    with bad_servers.serve(answer(message(body, status))) as url:
        ledger = run(plain_spec(tmp_path), url)

    assert {one.operation for one in ledger.findings} == {"bad", "good"}


def of_batches(kind: str) -> Any:
    bad, check = BAD[kind]
    return bad_servers.of_operation("/orders", bad, message(b"{}", b"404 Not Found")), check


@pytest.mark.parametrize("kind", ["reset", "cut"])
def test_sequences_of_a_batch_that_is_not_answered_end_with_a_finding(kind: str, tmp_path: Path) -> None:
    behaviour, check = of_batches(kind)
    with bad_servers.serve(behaviour) as url:
        ledger = run(sample_vendor.write_spec(tmp_path), url, examples=1)

    assert check in findings(ledger, "putOrders")


def test_a_batch_answered_in_no_utf_8_is_a_finding(tmp_path: Path) -> None:
    body = b'{"results": [{"status": 201, "order": {"id": "\xff"}}]}'
    with bad_servers.serve(answer(message(body, b"207 Multi"))) as url:
        ledger = run(sample_vendor.write_spec(tmp_path), url, examples=1)

    assert findings(ledger, "putOrders")
