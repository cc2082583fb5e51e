"""Options, markers and hooks, and that the plugin leaves other suites alone."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mockserver.testing.server import MockServer
from tests.any_files.support import made_up_files

pytest_plugins = ["pytester"]
Run = Callable[..., pytest.RunResult]
HEAVY = "connexion", "schemathesis", "hypothesis", "httpx", "msgspec", "starlette", "uvicorn", "yaml"


def test_a_suite_that_uses_no_fixture_loads_nothing_heavy(tmp_path: Path) -> None:
    (tmp_path / "test_own.py").write_text(
        "import sys\n"
        "def test_own():\n"
        "    names = {name.partition('.')[0] for name in sys.modules}\n"
        "    assert 'mockserver' in names\n"
        f"    assert not names & {set(HEAVY)!r}\n"
        "    assert 'mockserver.testing.sandbox' not in sys.modules\n"
    )
    options = ("-p", "no:hypothesispytest", "-p", "no:schemathesis", "-p", "no:anyio", "-W", "error")
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *options, "--rootdir", str(tmp_path)]

    done = subprocess.run(  # noqa: S603 - our own words
        [*command, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={**os.environ},
    )

    assert done.returncode == 0, done.stdout


def test_every_vendor_has_a_fixture(run: Run) -> None:
    run(
        """
        def test_vendors(mock_guidewire, mock_payt, mock_pvex, mock_vba, mock_xero, mockserver):
            assert {"guidewire", "payt", "pvex", "vba", "xero"} <= set(mockserver.vendors)
            assert mock_xero.name == "xero"
            assert mockserver.health()["status"] == "ok"
        """
    ).assert_outcomes(passed=1)


def test_markers_are_known_to_a_strict_suite(run: Run) -> None:
    run(
        """
        import pytest

        @pytest.mark.mock_scenario("reset")
        @pytest.mark.mock_clock("2026-01-05T09:00:00Z")
        @pytest.mark.mock_fixtures(empty=True)
        @pytest.mark.mock_auth("lenient")
        @pytest.mark.mock_allow("never-hit", "off-contract")
        def test_marked(mock_sandbox, mock_vba):
            assert mock_sandbox.clock.now.isoformat() == "2026-01-05T09:00:00+00:00"
            assert len(mock_vba.state("claim-invoices")) == 0
        """,
        "--strict-markers",
    ).assert_outcomes(passed=1)


def test_scenarios_of_a_class_and_of_a_test_are_armed_together(run: Run) -> None:
    run(
        """
        import pytest

        DOWN = {"version": 1, "name": "down", "rules": [{"id": "r", "response": {"status": 503}}]}

        @pytest.mark.mock_scenario("long-tail")
        @pytest.mark.mock_allow("never-hit")
        class TestAll:
            @pytest.mark.mock_scenario(DOWN)
            def test_one(self, mock_sandbox, mockserver):
                armed = mockserver.control.request("GET", f"/sandboxes/{mock_sandbox.name}/scenarios")
                assert [one["name"] for one in armed] == ["down", "long-tail"]
        """
    ).assert_outcomes(passed=1)


def test_a_scenario_file_stands_beside_the_test(run: Run, pytester: pytest.Pytester) -> None:
    pytester.makefile(".yaml", down="version: 1\nname: down\nrules: [{id: r, response: {status: 503}}]\n")
    run(
        """
        import httpx, pytest

        @pytest.mark.mock_scenario("down.yaml")
        def test_down(mock_vba):
            assert httpx.get(mock_vba.url + "/claim-invoice", headers=mock_vba.headers).status_code == 503
        """
    ).assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("marker", "said"),
    [
        ('mock_scenario("no-such")', "no packaged scenario no-such"),
        ('mock_clock("yesterday")', "/freeze: "),
        ("mock_clock()", 'mock_clock takes one text: mock_clock("…")'),
        ('mock_auth("firm")', "mock_auth: firm is not one of strict, lenient"),
        ("mock_fixtures(True)", "mock_fixtures takes empty=True or empty=False"),
        ('mock_allow("off-contrct")', "mock_allow: off-contrct is not one of off-contract, never-hit"),
        ('mock_auth("strict")', "accepts any credential; start it with --auth strict"),
    ],
)
def test_a_marker_that_says_nothing_good_is_told(run: Run, marker: str, said: str) -> None:
    result = run(f"import pytest\n@pytest.mark.{marker}\ndef test_marked(mock_sandbox): pass\n")

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"*{said.replace('[', '[[]')}*"])


def test_cases_make_a_test_each(run: Run) -> None:
    result = run(
        """
        import pytest

        @pytest.mark.mock_cases("vba", tag=53)
        @pytest.mark.mock_cases("payt", tag="53")
        def test_case(mock_case):
            mock_case.run()
        """,
        "-v",
    )

    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["*test_case[[]vba-53-*[]]*"])


@pytest.mark.parametrize(
    ("marker", "said"),
    [
        ('mock_cases("vba", tag="drfit")', "*vba has no case tagged drfit; sections are auth,*"),
        ('mock_cases("acme")', "*no vendor named acme; there are *"),
    ],
)
def test_cases_that_are_not_there_are_told(run: Run, marker: str, said: str) -> None:
    result = run(f"import pytest\n@pytest.mark.{marker}\ndef test_case(mock_case): pass\n")

    assert result.ret != 0
    result.stdout.fnmatch_lines([said])


def test_a_case_without_a_marker_is_told(run: Run) -> None:
    result = run("def test_case(mock_case): pass\n")

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(['*mock_case needs the marker mock_cases("<vendor>")*'])


def test_what_was_resent_is_told_where_numbers_differ(run: Run) -> None:
    result = run(
        """
        import httpx

        def test_resends(mock_vba):
            batch = mock_vba.example(items=3)
            for _ in range(2):
                httpx.put(mock_vba.url + "/claim-invoice-batch", json=list(batch), headers=mock_vba.headers)
            assert [call.sent for call in mock_vba.calls] == [3, 1]
        """
    )

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*calls sent 3, 3 items: the client resent 3 items that were already created (#2)",
            "*3, 3* == *3, 1*",
        ]
    )


def test_other_comparisons_are_told_as_ever(run: Run) -> None:
    result = run(
        """
        from unittest.mock import Mock, call

        def test_numbers():
            assert [1, 2] == [1, 3]

        def test_mocks():
            mock = Mock()
            mock(1)
            assert mock.call_args_list == [call(2)]
        """
    )

    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(["*At index 1 diff: 2 != 3*", "*At index 0 diff: call(1) != call(2)*"])


def test_nothing_at_the_url_is_told_by_the_tests_that_need_it(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_own(): pass\ndef test_mock(mock_vba): pass\n")

    result = pytester.runpytest_inprocess("--mockserver-url", "http://127.0.0.1:1")

    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*no mockserver answers at http://127.0.0.1:1*mockserver run --port 8080*"])


def test_a_strict_test_has_a_server_of_its_own_if_that_of_the_environment_is_lenient(
    pytester: pytest.Pytester, server: MockServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOCKSERVER_URL", server.url)
    pytester.makepyfile(
        f"""
        import pytest

        @pytest.mark.mock_auth("strict")
        def test_strict(mock_sandbox, mockserver_strict):
            assert mockserver_strict.url != {server.url!r}
            assert mockserver_strict.health()["auth"] == "strict"
        """
    )

    pytester.runpytest_inprocess().assert_outcomes(passed=1)


@pytest.mark.parametrize("test", ["def test_mock(mock_sandbox): pass", "def test_mock(mock_vba): pass"])
def test_a_command_that_is_not_there_is_told_with_the_lines_to_type(
    pytester: pytest.Pytester, test: str
) -> None:
    pytester.makepyfile(test)

    result = pytester.runpytest_inprocess("--mockserver-command=/nope/mockserver")

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        [
            "the command /nope/mockserver cannot be started: No such file or directory",
            "  try: pytest --mockserver-command=/path/to/bin/mockserver *",
        ]
    )
    printed, _, _ = result.stdout.str().partition("short test summary")
    assert printed.count("cannot be started") == 1
    assert "no command is named" not in printed


def test_a_traceback_ends_at_the_line_that_calls_this_library(run: Run) -> None:
    result = run(
        """
        def test_example(mock_vba):
            mock_vba.example(operation="nothing")
        """
    )

    result.stdout.fnmatch_lines(
        [
            '>       mock_vba.example(operation=["]nothing["])',
            "E       *NoExampleError: vba: no example of nothing: there are examples of *",
        ]
    )
    assert "request_example" not in result.stdout.str()


def test_a_full_trace_is_complete(run: Run) -> None:
    result = run("def test_example(mock_vba): mock_vba.example(operation='nothing')", "--full-trace")

    assert "request_example" in result.stdout.str()


def test_a_vendor_that_only_the_server_knows_has_a_fixture_too(
    pytester: pytest.Pytester, tmp_path: Path
) -> None:
    (tmp_path / "a-cme.yaml").write_text(ACME)
    pytester.makepyfile(
        """
        import pytest

        @pytest.fixture
        def client(mock_a_cme):
            return mock_a_cme

        def test_by_another_fixture(client):
            assert client.name == "a-cme"

        def test_own(mock_a_cme, mock_vba):
            assert (mock_a_cme.name, mock_vba.name) == ("a-cme", "vba")

        @pytest.mark.usefixtures("mock_a_cme")
        def test_used(mock_sandbox):
            assert mock_sandbox.journal() == ()
        """
    )

    with MockServer(specs=[tmp_path]) as server:
        result = pytester.runpytest_inprocess("--mockserver-url", server.url)

    result.assert_outcomes(passed=3)


def test_a_fixture_that_nobody_has_is_not_found_as_ever(run: Run) -> None:
    result = run("def test_own(mock_nobody): pass")

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*fixture 'mock_nobody' not found"])


def test_a_fixture_or_parameter_of_the_suite_with_such_a_name_needs_no_server(
    pytester: pytest.Pytester,
) -> None:
    pytester.makepyfile(
        """
        import pytest
        from unittest.mock import patch

        @pytest.fixture
        def mock_database():
            return 1

        @pytest.mark.parametrize("mock_data", [1, 2])
        @patch("os.getcwd")
        def test_own(mock_getcwd, mock_database, mock_data):
            assert mock_database <= mock_data
        """
    )

    result = pytester.runpytest_inprocess("--mockserver-url", "http://127.0.0.1:1")

    result.assert_outcomes(passed=2)


@pytest.mark.few(1)
@pytest.mark.parametrize("way", ["option", "ini", "environment"])
def test_a_command_starts_the_server_of_another_environment(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    command = pytester.path / "mock"
    command.write_text(f'#!/bin/sh\ntouch started\nexec {sys.executable} -m mockserver "$@"\n')
    command.chmod(0o700)
    options = [f"--mockserver-command={command}"] if way == "option" else []
    if way == "ini":
        pytester.makeini(f"[pytest]\nmockserver_command = {command}")
    if way == "environment":
        monkeypatch.setenv("MOCKSERVER_COMMAND", str(command))
    pytester.makepyfile(
        """
        def test_server(mock_vba, mockserver):
            assert mock_vba.example(items=1).keys
            assert mockserver.is_own
        """
    )

    pytester.runpytest_inprocess(*options).assert_outcomes(passed=1)
    assert (pytester.path / "started").is_file()


def test_more_specs_are_more_vendors(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nmockserver_specs = specs\nfilterwarnings = error")
    folder = pytester.mkdir("specs")
    (folder / "a-cme.yaml").write_text(ACME)
    pytester.makepyfile(
        """
        import httpx

        def test_acme(mock_a_cme):
            batch = mock_a_cme.example(items=2, bad=1)
            httpx.put(mock_a_cme.url + batch.path, json=list(batch), headers=mock_a_cme.headers)

            assert mock_a_cme.calls[0].outcomes == {"created": 1, "rejected": 1}
            assert list(mock_a_cme.state("orders").added) == [batch.keys[0]]
        """
    )

    pytester.runpytest_inprocess().assert_outcomes(passed=1)


def test_any_openapi_file_is_a_vendor_changed_by_overlays(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nmockserver_specs = My-Shop.yaml\nmockserver_overlays = changes.yaml")
    (pytester.path / "My-Shop.yaml").write_text(made_up_files()["bulk-207"]["files"]["shop.yaml"])
    (pytester.path / "changes.yaml").write_text(
        "{overlay: 1.0.0, actions: [{target: \"$.paths['/orders/{id}']\", update: {x-key: customer}}]}"
    )
    pytester.makepyfile(
        """
        import httpx

        def test_shop(mock_vendor, mock_my_shop):
            shop = mock_vendor("my-shop")
            orders = [{"customer": "Ada", "amount": 1}, {}]
            rows = httpx.post(shop.url + "/orders/bulk", json={"orders": orders})

            assert [row["status"] for row in rows.json()["results"]] == [201, 422]
            assert shop.calls[0].outcomes == {"created": 1, "rejected": 1}
            assert list(mock_my_shop.state("orders").added) == ["Ada"]
            assert httpx.get(shop.url + "/orders/Ada").json()["amount"] == 1
        """
    )

    pytester.runpytest_inprocess().assert_outcomes(passed=1)


ACME = """
openapi: 3.0.3
info: {title: Acme, version: "1"}
paths:
  /orders:
    get:
      operationId: listOrders
      x-collection: orders
      responses:
        "200":
          description: All of them
          content: {application/json: {schema: {type: array, items: {type: object}}}}
    put:
      operationId: putOrders
      x-batch:
        items: ""
        key: [id]
        upsert: true
        collection: orders
        outcome: {list: /results, status: /status, message: /message, key: /id}
      requestBody:
        content:
          application/json:
            schema:
              type: array
              items:
                type: object
                required: [id, amount]
                properties: {id: {type: string}, amount: {type: number}}
      responses:
        "207":
          description: An outcome an item
          content: {application/json: {schema: {type: object}}}
"""
