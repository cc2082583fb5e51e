"""One sandbox per test: its name, its end, its report and its artifacts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mockserver.testing.server import MockServer
from tests.support.quick_pytest import QUICK
from tests.testing.sending import sandbox_names

pytest_plugins = ["pytester"]
Run = Callable[..., pytest.RunResult]

"""Plugins that are slow to load and not needed."""

PUT = """
import httpx, pytest

def put(vba, items):
    httpx.put(vba.url + "/claim-invoice-batch", json=list(items), headers=vba.headers)
"""


def test_tests_of_every_kind_have_sandboxes_of_their_own(run: Run, server: MockServer) -> None:
    before = sandbox_names(server)

    run(
        PUT
        + """
@pytest.mark.parametrize("text", ["", "a/../b", "\\0", "ü::[x]", "a" * 200])
class TestAll:
    def test_one(self, mock_vba, text):
        put(mock_vba, mock_vba.example(items=1))
        assert len(mock_vba.calls) == 1
        assert len(mock_vba.state("claim-invoices").added) == 1
"""
    ).assert_outcomes(passed=5)

    assert sandbox_names(server) == before


def test_fixtures_of_a_test_share_its_sandbox(run: Run) -> None:
    run(
        """
        def test_one(mock_vba, mock_payt, mock_sandbox):
            assert mock_sandbox.vendor("vba") is mock_vba
            assert mock_payt.url.startswith(mock_sandbox.url)
        """
    ).assert_outcomes(passed=1)


def test_the_seed_is_every_sandboxs(run: Run) -> None:
    run(
        """
        def test_seed(mock_sandbox, mockserver):
            assert mockserver.control.request("GET", f"/sandboxes/{mock_sandbox.name}")["seed"] == 42
        """,
        "--mockserver-seed",
        "42",
    ).assert_outcomes(passed=1)


def test_a_failed_test_shows_its_journal_and_keeps_its_sandbox(run: Run, server: MockServer) -> None:
    before = sandbox_names(server)

    result = run(
        PUT
        + """
def test_fails(mock_vba):
    put(mock_vba, mock_vba.example(items=2))
    assert False
"""
    )

    [kept] = sandbox_names(server) - before
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*mock journal*",
            f"vba PUT /claim-invoice-batch 207  2 items: 2 created  * ms  [[]{kept}]  #1",
            f"sandbox kept: {server.url}/_mock/sandboxes/{kept}/journal",
        ]
    )
    assert server.control.request("GET", f"/sandboxes/{kept}/journal")[0]["items"] == 2
    server.control.request("DELETE", f"/sandboxes/{kept}")


def test_a_test_that_is_skipped_or_fails_as_expected_is_held_to_nothing(run: Run, server: MockServer) -> None:
    before = sandbox_names(server)

    run(
        """
        import pytest

        def test_skipped(mock_vba):
            mock_vba.arm(status=503)
            pytest.skip("not today")

        @pytest.mark.xfail(reason="the rule is armed and never hit", strict=True)
        def test_expected(mock_vba):
            mock_vba.arm(status=503)
            assert False
        """
    ).assert_outcomes(skipped=1, xfailed=1)

    assert sandbox_names(server) == before


def test_a_rule_that_never_hit_fails_the_test_by_name(run: Run) -> None:
    result = run(
        PUT
        + """
def test_passes(mock_vba):
    mock_vba.arm(fail="internal", item="99")
    put(mock_vba, [{"invoice_Key": 71, "payee_ID": "P100"}])
"""
    )

    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(
        [
            "*ERROR at teardown of test_passes*",
            "armed-vba-1/fail was armed and never hit: *",
            "*nearest: #1 vba PUT /claim-invoice-batch sent item 71",
            "*mock journal*",
        ]
    )


def test_calls_of_other_fixtures_at_their_end_count(run: Run) -> None:
    run(
        """
        import httpx, pytest

        @pytest.fixture
        def client(mock_vba):
            yield
            httpx.get(mock_vba.url + "/claim-invoice", headers=mock_vba.headers)

        def test_passes(client, mock_vba):
            mock_vba.arm(status=503)
        """
    ).assert_outcomes(passed=1)


def test_a_failed_setup_shows_what_the_mock_saw(run: Run) -> None:
    result = run(
        PUT
        + """
@pytest.fixture
def ledger(mock_vba):
    put(mock_vba, mock_vba.example(items=1))
    raise RuntimeError("no ledger")

def test_never(ledger):
    pass
"""
    )

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*RuntimeError: no ledger", "*mock journal*", "*1 item: 1 created*"])


def test_a_failed_teardown_of_another_fixture_shows_what_the_mock_saw(run: Run) -> None:
    result = run(
        PUT
        + """
@pytest.fixture
def ledger():
    yield
    pytest.fail("not closed")

def test_passes(ledger, mock_vba):
    put(mock_vba, mock_vba.example(items=1))
"""
    )

    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*not closed*", "*mock journal*", "*1 item: 1 created*"])


def test_a_failed_test_leaves_its_files(run: Run, pytester: pytest.Pytester) -> None:
    result = run(
        PUT
        + """
def test_fails(mock_vba):
    put(mock_vba, mock_vba.example(items=2))
    assert False

def test_passes(mock_vba):
    put(mock_vba, mock_vba.example(items=2))
""",
        "--mockserver-artifacts",
        "a report",
    )

    [folder] = (pytester.path / "a report").iterdir()
    assert {file.name for file in folder.iterdir()} == {
        "conftest.py",
        "journal.txt",
        "state.json",
        "story.case.yaml",
        "story.postman.json",
        "story.sh",
        "test_story.py",
        "traffic.har",
    }
    result.stdout.fnmatch_lines([f"kept in {folder}"])


def test_a_folder_can_be_named_in_the_environment(
    run: Run, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOCKSERVER_ARTIFACTS", "kept here")

    run("def test_fails(mock_vba): assert False\n")

    assert [file.name for file in (pytester.path / "kept here").glob("*/journal.txt")] == ["journal.txt"]


def test_a_folder_after_a_space_that_moves_pytests_root_is_named_in_the_head(
    pytester: pytest.Pytester, tmp_path: Path
) -> None:
    pytester.makepyfile("def test_passes(mock_vba): pass\n")

    result = pytester.runpytest_inprocess("--mockserver-artifacts", str(tmp_path), "-p", "no:randomly")

    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(
        [f"mockserver: rootdir*write --mockserver-artifacts={tmp_path}, or set MOCKSERVER_ARTIFACTS*"]
    )


def test_files_that_cannot_be_written_are_told_and_hide_nothing(run: Run, pytester: pytest.Pytester) -> None:
    pytester.path.joinpath("report").write_text("in the way")

    result = run("def test_fails(mock_vba): assert 1 == 2\n", "--mockserver-artifacts", "report")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*assert 1 == 2", "no calls", "nothing is kept in *report: *"])


def test_a_servers_own_end_is_told_in_place_of_a_link(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_fails(mock_vba): assert False\ndef test_passes(mock_vba): pass\n")

    result = pytester.runpytest_inprocess("-p", "no:randomly", "-W", "error")

    result.assert_outcomes(failed=1, passed=1)
    result.stdout.fnmatch_lines(
        ["sandbox t-test-fails-* ends with this run; --mockserver-artifacts=DIR keeps*"]
    )


def test_a_folder_that_is_given_is_not_recommended(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_fails(mock_vba): assert False\n")

    result = pytester.runpytest_inprocess("-p", "no:randomly", "--mockserver-artifacts=art")

    result.stdout.fnmatch_lines(["sandbox t-test-fails-* ends with this run", "kept in *"])


def test_a_failed_test_shows_the_ledger_and_its_bad_items(run: Run) -> None:
    result = run(
        PUT
        + """
def test_loses(mock_vba, mock_sandbox):
    batch = mock_vba.example(items=2)
    lose = {"select": {"key": batch.keys[0]}, "effect": {"omit": True, "commit": False}}
    mock_sandbox.scenario({"version": 1, "name": "night", "rules": [{"id": "lose", "items": [lose]}]})
    put(mock_vba, batch)
    assert not mock_sandbox.ledger.lost
"""
    )

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*where 1 = <sent 2 · stored 1 *>.lost",
            "sent 2 · stored 1 · refused 0 · lost 1 · doubled 0 · never answered 0",
            "  7000000  lost  #1  left out of the answer and not stored by rule night/lose",
            "vba PUT *",
        ]
    )


def test_workers_share_a_server_and_no_sandbox(pytester: pytest.Pytester, server: MockServer) -> None:
    pytester.makepyfile(
        PUT
        + """
@pytest.mark.parametrize("number", range(8))
def test_one(mock_vba, mock_sandbox, number, worker_id):
    assert mock_sandbox.name.startswith(f"t-{worker_id}-")
    batch = mock_vba.example(items=2)
    mock_vba.arm(fail="internal", item=batch.keys[0], times=1)
    put(mock_vba, batch)
    put(mock_vba, [batch[0]])
    assert mock_vba.calls.sent == [2, 1]
"""
    )

    result = pytester.runpytest_subprocess(
        "-n", "2", "--mockserver-url", server.url, "--import-mode=importlib", *QUICK
    )

    result.assert_outcomes(passed=8)
    assert not [name for name in sandbox_names(server) if name.startswith("t-gw")]
