from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner, Result

from mockserver.cli.main import main
from mockserver.engine.registry import vendor_packages
from tests.support.server_process import serve_process

VENDOR = vendor_packages()[-1]
ROW = "3-scalar-body"
"""A row that every vendor has a case for, without a scenario."""

PLAIN = """\
vendor: {vendor}
when:
- {{call: GET /hello, answer: {{status: 200, json: {{said: hello}}}}}}
"""


def run(*words: object) -> Result:
    return CliRunner().invoke(main, ["cases", *map(str, words)])


def said(result: Result) -> tuple[int, list[str]]:
    """The exit status, and the three lines of an error."""
    lines = [line.partition(": ")[2] for line in result.stderr.strip().split("\n")]
    return result.exit_code, lines


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serve_process("--vendor", VENDOR) as url:
        yield url


class _Hello(BaseHTTPRequestHandler):
    """A server that is no mockserver."""

    def do_GET(self) -> None:
        status = 200 if self.path == "/api/hello" else 404
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(b'{"said": "hello"}')

    def log_message(self, *_words: Any) -> None:
        """Say nothing."""


@pytest.fixture
def plain_url() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), _Hello) as server:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/api"
        server.shutdown()


@pytest.fixture
def plain_case(tmp_path: Path) -> Path:
    file = tmp_path / "a folder" / "hello.yaml"
    file.parent.mkdir()
    file.write_text(PLAIN.format(vendor=VENDOR))
    return file


def test_rows_are_listed_a_line_each() -> None:
    result = run("list")

    assert result.exit_code == 0
    assert any(line.startswith(ROW) for line in result.stdout.split("\n"))


def test_rows_are_selected_by_vendor_section_source_and_words() -> None:
    result = run(
        "list", "--vendor", VENDOR, "--tag", "envelope", "--src", "assumed", "--search", "TEXT null", "--json"
    )

    rows = json.loads(result.stdout)
    assert ROW in [row["id"] for row in rows]
    assert {row["section"] for row in rows} == {"envelope"}
    assert all(VENDOR in row["vendors"] for row in rows)


@pytest.mark.parametrize(
    ("words", "what", "cure"),
    [
        (
            ["list", "--vendor", VENDOR[:-1]],
            f"no vendor named {VENDOR[:-1]}; there are ",
            f"--vendor {VENDOR}",
        ),
        (["list", "--tag", "envelop"], "no section named envelop; there are ", "--tag envelope"),
    ],
)
def test_what_is_misspelt_is_answered_with_what_is_near(words: list[str], what: str, cure: str) -> None:
    status, lines = said(run(*words))

    assert status == 2
    assert lines[0].startswith(what)
    assert lines[2] == cure


def test_a_row_is_shown_with_the_cases_of_a_vendor() -> None:
    result = run("show", "3", "--vendor", VENDOR)

    assert result.exit_code == 0
    assert result.stdout.startswith(f"{ROW}  envelope\nwhen      The body is null")
    assert f"vendor: {VENDOR}" in result.stdout


def test_a_row_is_shown_as_json_with_its_cases() -> None:
    shown = json.loads(run("show", ROW, "--vendor", VENDOR, "--json").stdout)

    assert (shown["id"], {case["vendor"] for case in shown["cases"]}) == (ROW, {VENDOR})


@pytest.mark.parametrize(("form", "begins"), [("--curl", "#!/bin/sh"), ("--pytest", '"""The answers are')])
def test_a_row_is_shown_as_what_runs_elsewhere(form: str, begins: str) -> None:
    result = run("show", ROW, "--vendor", VENDOR, form)

    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith(begins)


def test_a_row_that_is_not_there_ends_with_4_and_what_is_near() -> None:
    status, lines = said(run("run", "scalar-bodi"))

    assert (status, lines[0], lines[2]) == (
        4,
        "no case scalar-bodi; near are scalar-body, 3-scalar-body",
        "mockserver cases show scalar-body",
    )


def test_rows_run_at_a_server_of_their_own() -> None:
    result = run("run", ROW, "--vendor", VENDOR, "--json")

    assert result.exit_code == 0
    assert [(one["name"], one["vendor"], one["passed"]) for one in json.loads(result.stdout)] == [
        (ROW, VENDOR, True)
    ]


def test_a_row_that_loses_an_answer_runs_at_a_socket() -> None:
    result = run("run", "148-reset", "--vendor", VENDOR)

    assert (result.exit_code, result.stdout.startswith(f"PASS 148-reset {VENDOR}  ")) == (0, True), (
        result.output
    )
    assert result.stdout.endswith(" ms  in a process of its own\n")


def test_a_passed_case_says_where_it_ran(url: str, plain_url: str, plain_case: Path) -> None:
    own = CliRunner(env={"MOCKSERVER_URL": url}).invoke(main, ["cases", "run", ROW, "--vendor", VENDOR])

    assert own.stdout.endswith(" ms  in this process\n")
    assert run("run", ROW, "--vendor", VENDOR, "--target", url).stdout.endswith(f" ms  {url}\n")
    assert run("run", plain_case, "--target", plain_url).stdout.endswith(f" ms  {plain_url}\n")


def test_the_results_say_as_json_where_the_case_ran(url: str) -> None:
    (found,) = json.loads(run("run", ROW, "--vendor", VENDOR, "--target", url, "--json").stdout)

    assert found["server"] == url


def test_rows_run_at_a_mockserver_in_new_sandboxes(url: str) -> None:
    result = run("run", ROW, "--vendor", VENDOR, "--target", url)

    assert (result.exit_code, result.stdout.split("  ")[0]) == (0, f"PASS {ROW} {VENDOR}"), result.output


def test_a_case_that_fails_says_what_differs_and_ends_with_1(
    url: str, plain_case: Path, tmp_path: Path
) -> None:
    junit = tmp_path / "junit.xml"

    result = run("run", plain_case, "--target", url, "--junit", junit)

    assert result.exit_code == 1
    assert result.stdout.startswith(f"FAIL hello {VENDOR}  ")
    assert "expected status 200" in result.stdout
    [case] = ET.parse(junit).getroot().iter("testcase")  # noqa: S314 - our own file
    assert (case.get("classname"), case.get("name")) == (VENDOR, "hello")
    assert [child.tag for child in case] == ["failure"]


def test_a_case_of_calls_alone_runs_at_any_server(plain_url: str, plain_case: Path) -> None:
    result = run("run", plain_case, "--target", plain_url)

    assert (result.exit_code, result.stdout.split("  ")[0]) == (0, f"PASS hello {VENDOR}"), result.output


def test_a_case_that_needs_a_sandbox_is_refused_at_another_server(plain_url: str, plain_case: Path) -> None:
    plain_case.write_text(f"freeze: 2026-01-05T09:00:00Z\n{plain_case.read_text()}- calls: 1\n")

    result = run("run", plain_case, "--target", plain_url)

    assert result.exit_code == 4
    assert result.stdout == (
        f"REFUSED hello {VENDOR}  {plain_url}\n     needs a mockserver at the target, for: calls, freeze\n"
    )


def test_no_server_ends_with_3(plain_case: Path) -> None:
    status, lines = said(run("run", plain_case, "--target", "http://127.0.0.1:1"))

    assert (status, lines[0].startswith("nothing answers at http://127.0.0.1:1")) == (3, True)


def test_other_hosts_are_not_called_unless_they_are_allowed(plain_case: Path) -> None:
    status, lines = said(run("run", plain_case, "--target", "http://example.com"))

    assert (status, lines[2].startswith("--allow-remote example.com")) == (2, True)


@pytest.mark.parametrize(
    ("text", "what", "where"),
    [
        (
            "vendor: nobody\nwhen: [{calls: 0}]",
            "no vendor named nobody; there are ",
            "/x.yaml: vendor: nobody",
        ),
        ("vendor: x\nwhen: [{cal: 0}]", "unknown member cal", "x.yaml:2:9"),
        ("vendor: x\nvendor: y\nwhen: 7", 'the key "vendor" is here twice', "x.yaml:2:1"),
    ],
)
def test_a_file_that_is_no_case_ends_with_2_and_its_place(
    tmp_path: Path, text: str, what: str, where: str
) -> None:
    file = tmp_path / "x.yaml"
    file.write_text(text)

    status, lines = said(run("run", file))

    assert (status, lines[1].endswith(where)) == (2, True)
    assert lines[0].startswith(what)


def test_a_file_that_is_not_there_ends_with_2() -> None:
    assert said(run("run", "nowhere.yaml"))[0] == 2


@pytest.mark.parametrize(
    ("words", "value"),
    [
        ("cases run 148-re", "148-reset"),
        ("cases list --tag env", "envelope"),
        (f"cases list --vendor {VENDOR[:-1]}", VENDOR),
    ],
)
def test_names_complete(words: str, value: str) -> None:
    environment = {
        "_MOCKSERVER_COMPLETE": "bash_complete",
        "COMP_WORDS": f"mockserver {words}",
        "COMP_CWORD": str(len(words.split())),
    }

    result = CliRunner().invoke(main, [], env=environment, prog_name="mockserver")

    assert f"plain,{value}" in result.stdout.split("\n")
