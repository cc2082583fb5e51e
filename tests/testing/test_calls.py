from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from mockserver.testing.calls import RecordedCall, RecordedCalls, describe_resent
from mockserver.testing.sandbox import Sandbox
from mockserver.testing.server import MockServer
from tests.support.quick_pytest import QUICK
from tests.support.server_process import serve_process
from tests.testing.sending import put_invoices, send


def test_a_call_tells_what_was_sent_and_what_became_of_it(box: Sandbox) -> None:
    vba = box.vendor("vba")
    batch = vba.example(items=3, bad=1)
    send(vba, batch)

    [call] = vba.calls

    assert (call.sent, call.outcomes, call.status) == (3, {"created": 2, "rejected": 1}, 207)
    assert call.keys == batch.keys
    assert call.items[1]["problems"] != []
    assert call.request["headers"]["authorization"] != "Bearer good-token"
    assert str(call).startswith("vba PUT /claim-invoice-batch 207  3 items: 2 created 1 rejected  ")


def test_calls_of_other_vendors_are_not_among_them(box: Sandbox) -> None:
    vba, payt = box.vendor("vba"), box.vendor("payt")
    send(vba, vba.example())
    send(payt, payt.example())

    assert [call.number for call in payt.calls] == [2]


def test_what_is_resent_is_told_with_the_calls_that_did_it(box: Sandbox) -> None:
    vba = box.vendor("vba")
    batch = vba.example(items=3)
    vba.arm(fail="internal", item=batch.keys[2], times=2)
    for _ in range(3):
        put_invoices(vba, batch.items)

    assert describe_resent(vba.calls) == (
        "calls sent 3, 3, 3 items: the client resent 2 items that were already created (#2, #3)"
    )
    assert vba.calls.resent == {batch.keys[0]: (2, 3), batch.keys[1]: (2, 3)}


def test_one_item_is_told_as_one(box: Sandbox) -> None:
    vba = box.vendor("vba")
    batch = vba.example(items=1)
    send(vba, batch)
    send(vba, batch)

    assert (
        describe_resent(vba.calls)
        == "calls sent 1, 1 items: the client resent 1 item that was already created (#2)"
    )


def test_a_client_that_resends_failed_items_alone_is_not_blamed(box: Sandbox) -> None:
    vba = box.vendor("vba")
    batch = vba.example(items=3)
    vba.arm(fail="internal", item=batch.keys[2], times=1)
    put_invoices(vba, batch.items)
    put_invoices(vba, batch.items[2:])

    assert str(vba.calls) == "calls sent 3, 1 items: the client resent none that was already accepted"


def test_calls_that_were_refused_are_told_with_their_status(box: Sandbox) -> None:
    vba = box.vendor("vba")
    batch = vba.example(items=1)
    for _ in range(2):
        httpx.put(
            f"{vba.url}/claim-invoice-batch", content=b"x", headers={**vba.headers, "content-type": "text/x"}
        )

    told = str(vba.calls)
    send(vba, batch)

    assert told.startswith("2 calls were refused with status 415: ")
    assert str(vba.calls) == (
        "2 calls were refused with status 415; calls sent 0, 0, 1 items: "
        "the client resent none that was already accepted"
    )


def test_items_that_have_one_key_are_told_apart_by_what_they_say(box: Sandbox) -> None:
    guidewire = box.vendor("guidewire")
    batch = guidewire.example(items=2)
    send(guidewire, batch)
    assert guidewire.calls.resent == {}

    send(guidewire, batch)

    assert "the client resent 2 items that were already created (#2)" in describe_resent(guidewire.calls)


def test_what_was_accepted_by_another_operation_is_not_resent(box: Sandbox) -> None:
    xero = box.vendor("xero")
    put, post = xero.example(operation="createInvoices"), xero.example(operation="updateOrCreateInvoices")
    send(xero, put)
    send(xero, post)

    assert xero.calls.resent == {}


def test_no_calls_are_told_as_such() -> None:
    assert describe_resent(RecordedCalls(())) == "no calls were made"


def test_a_call_prints_as_its_line_of_the_log() -> None:
    short = {
        "number": 1,
        "vendor": "acme",
        "method": "PUT",
        "path": "/orders",
        "query": "",
        "operation": "putOrders",
        "status": None,
        "refusal": None,
        "items": 0,
        "outcomes": {},
        "warned": 0,
        "applied": ["a/b"],
        "fault": "EMPTY_RESPONSE",
        "offContract": None,
        "durationMillis": 2.4,
        "reason": None,
        "line": "acme PUT /orders ---",
    }

    call = RecordedCall(short, dict)

    assert str(call) == "acme PUT /orders ---"


pytest_plugins = ["pytester"]


@pytest.fixture(scope="module")
def fresh_url() -> Iterator[str]:
    with serve_process("--vendor", "vba") as url:
        yield url


def saved(box: Sandbox, folder: Path) -> Path:
    box.save(folder)
    return folder / box.name


def test_the_files_of_a_scenario_run_again_on_another_server(
    server: MockServer, fresh_url: str, tmp_path: Path
) -> None:
    with Sandbox(server, allow=("never-hit",)) as box:
        vba = box.vendor("vba")
        put_invoices(vba, [{"invoice_Key": 1, "payee_ID": "P100"}])
        vba.arm(fail="internal", item="1", times=2)
        put_invoices(vba, [{"invoice_Key": 1, "payee_ID": "P100"}, {"invoice_Key": 2, "payee_ID": "P100"}])
        folder = saved(box, tmp_path / "a folder")
    commands = [
        ["sh", "story.sh"],
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", os.devnull, "test_story.py"],
        [sys.executable, "-m", "mockserver", "cases", "run", "story.case.yaml", "--target", fresh_url],
    ]

    for command in commands:
        done = subprocess.run(  # noqa: S603 - our own exports
            command,
            cwd=folder,
            env={**os.environ, "MOCKSERVER_URL": fresh_url, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
            capture_output=True,
            timeout=60,
            check=False,
        )
        assert (done.returncode, command) == (0, command), done.stdout.decode() + done.stderr.decode()


@pytest.fixture
def project_with_story(server: MockServer, pytester: pytest.Pytester) -> Path:
    """Return the folder of a saved call inside a project with one test of its own."""
    pytester.makepyfile(test_own="def test_own(): pass")
    with Sandbox(server) as box:
        send(box.vendor("vba"), box.vendor("vba").example(items=1))
        return saved(box, pytester.path / "artifacts")


def test_pytest_does_not_collect_a_saved_story_with_the_tests_of_the_project(
    project_with_story: Path, pytester: pytest.Pytester
) -> None:
    assert (project_with_story / "test_story.py").is_file()

    pytester.runpytest_subprocess(*QUICK, "-p", "no:randomly").assert_outcomes(passed=1)


def test_a_saved_story_runs_when_its_file_is_named(
    project_with_story: Path, pytester: pytest.Pytester, server: MockServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOCKSERVER_URL", server.url)
    story = (project_with_story / "test_story.py").relative_to(pytester.path)

    result = pytester.runpytest_subprocess(*QUICK, "-p", "no:randomly", str(story), "-v")

    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*test_story.py::*PASSED*"])


def test_a_form_that_is_refused_leaves_the_reason(server: MockServer, tmp_path: Path) -> None:
    with Sandbox(server) as box:
        folder = saved(box, tmp_path)

    assert (folder / "case.refused.txt").read_text() == "no call of the journal matches\n"
    assert not (folder / "story.case.yaml").exists()


def test_files_of_an_earlier_failure_are_replaced(server: MockServer, tmp_path: Path) -> None:
    with Sandbox(server) as box:
        folder = saved(box, tmp_path)
        send(box.vendor("vba"), box.vendor("vba").example(items=1))
        saved(box, tmp_path)

    assert (folder / "story.case.yaml").exists()
    assert not (folder / "case.refused.txt").exists()
