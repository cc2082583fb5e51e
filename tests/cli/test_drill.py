from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from shutil import copyfile, which
from typing import Any

import pytest
from click.testing import CliRunner, Result

from mockserver.cli.contract import contract
from mockserver.cli.drill import drill as drill_command
from mockserver.cli.drill_explore import Exploration, Explorer, FoundSchedule
from mockserver.cli.main import DEFAULT_REPORTS, main
from mockserver.server.application import Application
from mockserver.server.asgi import SANDBOX_PREFIX
from mockserver.testing.control_client import SandboxControl
from mockserver.testing.drill import Case, Drill, DrillFinding, Ending
from mockserver.testing.drill import Result as DrillResult
from tests.support.drill_results import finding
from tests.support.redis_server import free_port
from tests.vendors.payt.samples import invoice

CLIENT = Path(__file__).parents[1] / "drill" / "clients" / "python_client.py"
SHOP = Path(__file__).parents[2] / "examples" / "shop" / "shop.yaml"
SCENARIO = """
version: 1
name: broken
description: The second item fails once.
rules:
  - id: once
    items: [{select: {firstIndex: 1}, effect: {fail: {code: internal}, failTimes: 1}}]
"""

OVERLAY = """
overlay: 1.0.0
info: {title: More, version: "1"}
actions: [{target: $.info, update: {description: A shop.}}]
"""

Run = Callable[..., Result]


@pytest.fixture
def drill(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the command in a folder of its own, without colours, with a line for each case."""
    monkeypatch.chdir(tmp_path)

    def run(*words: str, **environment: str) -> Result:
        return CliRunner(env={"NO_COLOR": "1", **environment}).invoke(main, ["drill", "-v", *words])

    return run


def client(*words: str, vendor: str = "payt", url: str = "{url}") -> tuple[str, ...]:
    command = (sys.executable, "-S", str(CLIENT), vendor, "--url", url, "--token", "{token}", *words)
    return ("--", *command)


def shell(program: str) -> tuple[str, ...]:
    return ("--", sys.executable, "-S", "-c", program)


def rows(result: Result) -> list[list[str]]:
    """Word and case of each row, which come before the causes."""
    lines = result.output.partition("mend this first")[0].splitlines()
    return [line.split()[:2] for line in lines if line.startswith("  ")]


@pytest.mark.parametrize("by", ["a server of its own", "a host alone", "a server that runs"])
def test_a_right_client_passes(drill: Run, tmp_path: Path, server_url: str, by: str) -> None:
    against = ("--against", server_url) if by == "a server that runs" else ()
    url = "{root}" if by == "a host alone" else "{url}"

    result = drill("payt", *against, "--case", "item-refused,commit-then-reset", *client(url=url))

    assert result.output.startswith("payt   4 items by postV1Invoices in 3 calls, ")
    assert rows(result) == [["told", "item-refused"], ["survived", "commit-then-reset"]]
    assert "survived 1 · told 1 · silent 0" in result.output
    assert result.exit_code == 0
    assert (tmp_path / "report" / "drill" / "index.html").read_text().startswith("<!doctype html>")


def test_a_client_with_a_fault_fails(drill: Run) -> None:
    result = drill("payt", "--case", "item-refused", *client("--fault", "status-line-only"))

    assert rows(result) == [["DROPPED", "item-refused"]]
    assert "silent 1" in result.output
    assert "again: mockserver drill payt --case item-refused -- " in result.output
    assert result.exit_code == 1


def test_without_v_causes_stand_alone(tmp_path: Path) -> None:
    words = ["payt", "--report-dir", str(tmp_path), "--case", "item-refused,reset"]

    result = CliRunner().invoke(main, ["drill", *words, *client("--fault", "status-line-only")])

    lines = result.output.splitlines()
    assert (lines[1][:24], lines[2][:15]) == ("mend this first: 1 case:", "  item-refused:")


def test_cases_are_chosen_by_tag(drill: Run) -> None:
    result = drill("payt", "--tag", "login", *client())

    assert {name for _, name in rows(result)} == {
        "token-expires",
        "a-day-passes",
        "token-revoked",
        "read-only",
    }


def test_a_client_that_calls_nobody_is_told_how_to_give_it_the_address(drill: Run) -> None:
    result = drill("payt", *shell("print('nothing to do')"))

    assert result.exit_code == 4
    assert "error: the client made no call to this sandbox" in result.stderr
    assert "--env API_URL={url}" in result.stderr
    assert "nothing to do" in result.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells of daemons")
def test_a_program_that_leaves_a_daemon_is_told_how_to_wait_for_it(drill: Run) -> None:
    result = drill("payt", "--", "sh", "-c", "setsid sleep 60 & exit 0")

    assert result.exit_code == 4
    assert "made no call to this sandbox; the program ended after 0." in result.stderr
    assert " s and left 1 process" in result.stderr
    assert "try: --until-idle 5" in result.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells of daemons")
@pytest.mark.parametrize("background", ["", "&"], ids=["a worker", "a daemon"])
def test_a_client_that_never_ends_is_drilled_until_it_is_idle(drill: Run, background: str) -> None:
    words = ("sh", "-c", f'{{ "$@"; exec sleep 600; }} {background}', "worker", *client()[1:])

    result = drill("payt", "--until-idle", "2", "--case", "commit-then-reset", "--", *words)

    assert rows(result) == [["survived", "commit-then-reset"]]
    assert result.exit_code == 0


def test_a_client_is_killed_and_started_again(drill: Run) -> None:
    document = report(drill, "--case", "crash-after-commit", *client())

    assert len(document["cases"][0]["starts"]) == 2


def test_a_client_keeps_its_state_in_a_folder_of_its_own(drill: Run) -> None:
    program = "import os, sys; print(os.listdir(sys.argv[1])); open(sys.argv[1] + '/state', 'x')"

    result = drill("payt", "--repeat", "2", *shell(program + "; sys.exit(3)"), "{folder}")

    assert "[]\n['state']\n" in result.stderr


NEED_RECORDS = "--setup FILE with the records that it needs, and see docs/test-your-client.md"
ACCESS = "send what the vendor lets in ({token} and {tenant} stand for such): "
INVOICE = invoice("R-1", debtor_number="nobody")
UNKNOWN_DEBTOR = json.dumps({"administration_id": "81", "invoices": [INVOICE]})


@pytest.mark.parametrize(
    ("vendor", "call", "more", "cure"),
    [
        ("payt", "POST /v1/invoice", {}, "call a path below {url} that the vendor has: nearest is POST "),
        ("payt", "PUT /v1/invoices", {}, "call a path below {url} that the vendor has: it has GET, POST "),
        (
            "vba",
            "GET /nowhere",
            {"x-api-key": "good-key"},
            "call a path below {url} that the vendor has: all ",
        ),
        (
            "payt",
            "POST /v1/invoices",
            {"authorization": ""},
            f'{ACCESS}any "Authorization: Bearer ..." works (auth lenient)\n',
        ),
        ("vba", "PUT /nowhere", {}, f"{ACCESS}good-key works, and so does "),
        (
            "xero",
            "PUT /api.xro/2.0/BatchPayments",
            {},
            f"{ACCESS}00000000-0000-4000-8000-000000000001 works\n",
        ),
        (
            "payt",
            "POST /v1/invoices",
            {},
            "mend the client: its call was refused, /administration_id is missing; /invoices is missing\n",
        ),
        (
            "payt",
            "POST /v1/invoices",
            {"content-type": "text/plain"},
            "mend the client: its call was refused, ",
        ),
        ("payt", "GET /v1/invoices", {}, "mend the client: its call was refused, query parameter admin"),
        ("payt", "GET /v1/invoices?administration_id=81", {}, NEED_RECORDS),
        ("payt", "GET /v1/invoices/1?administration_id=81", {}, NEED_RECORDS),
        ("payt", "POST /v1/invoices", {"body": UNKNOWN_DEBTOR}, NEED_RECORDS),
    ],
)
def test_a_client_that_fails_without_faults_gets_the_cure_that_fits(
    drill: Run, vendor: str, call: str, more: dict[str, str], cure: str
) -> None:
    program = (
        "import json, sys, urllib.request as r\n"
        "url, token, method, path, more = sys.argv[1:]\n"
        "given = {'authorization': f'Bearer {token}', 'content-type': 'application/json', 'body': '{}'}\n"
        "heads = {name: text for name, text in {**given, **json.loads(more)}.items() if text}\n"
        "body = None if method == 'GET' else heads['body'].encode()\n"
        "del heads['body']\n"
        "try: r.urlopen(r.Request(url + path, body, heads, method=method))\n"
        "except OSError: sys.exit(3)\n"
    )

    result = drill(vendor, *shell(program), "{url}", "{token}", *call.split(), json.dumps(more))

    assert f"\n  try: {cure}" in result.stderr
    assert result.stderr.startswith("error: ")
    assert result.exit_code == 4


def test_a_client_that_does_not_end_is_told_of_more_time_and_of_idle_clients(drill: Run) -> None:
    result = drill("payt", "--timeout", "0.5", *shell("import time; time.sleep(60)"))

    assert "error: without any fault the client does not end within 0.5 s" in result.stderr
    assert "try: --timeout SECONDS, or --until-idle 5 for a client that never ends\n" in result.stderr


def test_the_cases_are_listed(drill: Run) -> None:
    result = drill("payt", "--list", "--tag", "money")
    as_json = json.loads(drill("payt", "--list", "--json").output)

    names = [line.split()[0] for line in result.output.splitlines()]
    assert "commit-then-reset" in names
    assert "throttle-date" not in names
    assert {one["id"] for one in as_json} > set(names)


def test_any_file_with_a_batch_is_a_vendor(drill: Run) -> None:
    program = (
        "import json, sys, urllib.request as r\n"
        "orders = [{'customer': 'C-1', 'amount': 5}, {'customer': 'C-2', 'amount': 7}]\n"
        "body = json.dumps({'orders': orders}).encode()\n"
        "r.urlopen(r.Request(sys.argv[1] + '/orders/bulk', body, {'Content-Type': 'application/json'}))\n"
    )

    result = drill(str(SHOP), "--case", "item-refused,reset", *shell(program), "{url}")

    assert result.output.startswith("shop   2 items by "), result.output + result.stderr
    assert rows(result) == [["DROPPED", "item-refused"], ["survived", "reset"]]
    assert f"again: mockserver drill {SHOP} --case item-refused -- " in result.output


def test_a_port_of_its_own_needs_a_server_of_its_own(drill: Run, server_url: str) -> None:
    result = drill("payt", "--against", server_url, *client(url="{root}"))

    assert result.exit_code == 2
    assert "{root} needs a port for each case" in result.stderr


@pytest.mark.parametrize(
    ("words", "message", "status"),
    [
        (("payt",), "the command to run is missing", 2),
        (("paty", "--", "x"), "no vendor named paty", 2),
        (("payt", "--tag", "monye", "--", "x"), "no tag is called monye", 2),
        (("payt", "--report", "pdf", "--", "x"), "no report is called pdf", 2),
        (("payt", "--expect", "items=x", "--", "x"), "expected items=12,sum=1729.63, found items=x", 2),
        (("payt", "--expect", "sum=1,", "--", "x"), "try: mockserver drill --expect items=12,sum=1729.63", 2),
        (("payt", "--against", "http://127.0.0.1:1", "--", "x"), "no mockserver answers", 3),
        (("payt", "--", "./not-there"), "the client cannot be started: No such file", 2),
        (("payt", "--case", "item-refusd", *client()), "--case item-refused", 2),
        (("payt", "--case", "none.yaml", *client()), "try: mockserver scenario validate FILE\n", 2),
        (("payt", "--setup", __file__, *client()), "try: mockserver sandbox dump\n", 2),
        (("payt", "--assume", "payt.nothing=1", *client()), "payt.nothing", 2),
    ],
)
def test_wrong_usage_is_told(drill: Run, words: tuple[str, ...], message: str, status: int) -> None:
    result = drill(*words)

    assert (message in result.stderr, result.exit_code) == (True, status), result.stderr


def test_a_scenario_file_is_a_case(drill: Run, tmp_path: Path) -> None:
    (tmp_path / "found.yaml").write_text(SCENARIO)

    result = drill("payt", "--case", "found.yaml", *client("--fault", "resends-all"))

    assert rows(result) == [["RESENT", "found.yaml"]]


def test_records_that_a_client_needs_are_set_up(drill: Run, tmp_path: Path) -> None:
    (tmp_path / "setup.yaml").write_text("payt/81: {debtors: {x: 1}}")
    (tmp_path / "list.yaml").write_text("[]")

    refused = drill("payt", "--setup", "list.yaml", *client())
    impossible = drill("payt", "--setup", "setup.yaml", *client())

    assert "list.yaml is not an object of YAML or JSON" in refused.stderr
    assert impossible.exit_code == 2


def test_a_client_is_started_again_after_it_failed(drill: Run) -> None:
    words = ("payt", "--case", "read-only", "--json")

    once = json.loads(drill(*words, *client()).output)
    twice = json.loads(drill(*words, "--repeat", "2", *client()).output)

    assert [len(one["cases"][0]["starts"]) for one in (once, twice)] == [1, 2]


def test_known_findings_do_not_fail(drill: Run) -> None:
    words = ("payt", "--case", "item-refused,reset")
    faulty = client("--fault", "status-line-only")

    written = drill(*words, "--write-baseline", "known.json", *faulty)
    known = drill(*words, "--baseline", "known.json", *faulty)

    assert (written.exit_code, known.exit_code) == (1, 0)
    assert rows(known)[0] == ["known", "item-refused"]


def test_reports_are_written(drill: Run, tmp_path: Path) -> None:
    summary = tmp_path / "summary.md"
    words = ("--report", "junit,json,github", "--report-dir", "out", "--case", "item-refused")

    result = drill("payt", *words, *client("--fault", "status-line-only"), GITHUB_STEP_SUMMARY=str(summary))

    assert {one.name for one in (tmp_path / "out").iterdir()} == {"junit.xml", "report.json"}
    assert "::error title=payt 1 case%3A " in result.output
    assert "item-refused" in summary.read_text()


def test_what_exploring_finds_is_written_as_scenario_and_test(drill: Run, tmp_path: Path) -> None:
    files = ("--scenario", "found.yaml", "--pytest", "test_found.py")
    faulty = client("--fault", "status-line-only")

    result = drill("payt", "--case", "warned", "--explore", "4", "--seed", "1", *files, *faulty)
    again = drill("payt", "--case", "found.yaml", *faulty)

    assert "explored 4 schedules, " in result.output
    assert "the client loses item" in result.output
    assert again.exit_code == 1
    compile((tmp_path / "test_found.py").read_text(), "test_found.py", "exec")


@pytest.fixture
def explored(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """A function that sets what exploring finds: for each moment a schedule that kills the client then."""

    def find(*moments: str, **numbers: int) -> None:
        finding = DrillFinding("DROPPED", "", (), (), doubtful=False)
        finds = []
        for crash in moments:
            case = Case("explored-1", "says", {"description": f"crash: {crash}"}, crash=crash)
            result = DrillResult(case, "silent", "", (finding,), Ending(0), 0.1, "one")
            finds.append(FoundSchedule((), f"the client is lost, crash: {crash}", result))
        monkeypatch.setattr(Explorer, "explore", lambda *_: Exploration(9, 5, finds, **numbers))

    return find


def test_a_schedule_that_kills_the_client_is_in_no_file_and_that_is_said(
    drill: Run, explored: Callable[..., None], tmp_path: Path
) -> None:
    explored("after-commit", "")
    files = ("--scenario", "found.yaml", "--pytest", "test_found.py")

    result = drill("payt", "--case", "warned", "--explore", "9", *files, *client())

    assert "schedules that kill the client are written to no file" in result.output
    assert (tmp_path / "found.yaml").read_text() == "description: 'crash: '\n"
    assert "after-commit" not in (tmp_path / "test_found.py").read_text()


@pytest.mark.parametrize(
    ("numbers", "line"),
    [
        ({}, "explored 9 schedules, 5 failed"),
        ({"unrepeated": 2}, "explored 9 schedules, 5 failed, 2 did not fail again"),
        ({"left": 3}, "explored 9 schedules, 5 failed, 3 not shrunk"),
    ],
)
def test_what_exploring_leaves_out_is_counted(
    drill: Run, explored: Callable[..., None], numbers: dict[str, int], line: str
) -> None:
    explored(**numbers)

    result = drill("payt", "--case", "warned", "--explore", "9", *client())

    assert line in result.output.splitlines()


def report(drill: Run, *words: str) -> Any:
    return json.loads(drill("payt", "--json", *words).output)


def test_an_interrupted_drill_does_not_wait_for_its_clients(tmp_path: Path) -> None:
    started = tmp_path / "started"
    os.mkfifo(started)
    waits = f'"$@"; case {{sandbox}} in *no-fault*) ;; *) echo x > {started}; sleep 60 ;; esac'
    command = ("--case", "reset", "--repeat", "3", "--", "sh", "-c", waits, "client", *client()[1:])
    words = (sys.executable, "-m", "mockserver", "drill", "payt", "--report-dir", str(tmp_path), *command)
    with subprocess.Popen(words, stdout=subprocess.PIPE) as running:  # noqa: S603 - our own program
        started.read_text()
        running.send_signal(signal.SIGTERM)

        assert running.wait(20) == 130


def test_a_file_that_cannot_be_written_is_named_and_the_client_is_not_blamed(
    drill: Run, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    words = ("--case", "transient-item", "--scenario", "file/x", "--explore", "3")

    result = drill("payt", *words, *client("--fault", "status-line-only"))

    assert result.exit_code == 2
    assert "a report cannot be written" in result.stderr


def test_a_repetition_has_the_options_that_it_needs(drill: Run, tmp_path: Path) -> None:
    (tmp_path / "specs").mkdir()
    given = ("--specs", "specs", "--env", "A=b", "--repeat-after", "5", "--until-idle", "7", "--timeout", "9")

    document = report(drill, *given, "--case", "transient-item", *client())

    again = f"mockserver drill payt {' '.join(given)} --case transient-item -- "
    assert document["cases"][0]["again"].startswith(again)


ORDERS = (
    "import json, sys, urllib.request as r\n"
    "orders = [{'customer': 'it\\'s', 'amount': 5}, {'customer': 'C-2', 'amount': 7}]\n"
    "body = json.dumps({'orders': orders}).encode()\n"
    "r.urlopen(r.Request(sys.argv[1] + '/orders/bulk', body, {'Content-Type': 'application/json'}))\n"
)
"""A program of several lines, with quotes and a backslash, that posts two orders to the shop."""


@pytest.mark.skipif(not which("bash"), reason="the line is one of bash")
@pytest.mark.parametrize(
    "options",
    [
        ("--case", "item-refused"),
        ("--case", "item-refused", "--overlay", "my specs/more.yaml", "--expect", "items=2"),
        ("--case", "my specs/found.yaml", "--env", "NAME=a b", "--assume", "shop.idempotency_keys=off"),
        ("--case", "item-refused", "--explore", "1", "--seed", "3"),
    ],
)
def test_the_line_of_a_repetition_runs_as_it_is_printed(
    drill: Run, tmp_path: Path, options: tuple[str, ...]
) -> None:
    specs = tmp_path / "my specs"
    specs.mkdir()
    copyfile(SHOP, specs / "shop.yaml")
    (specs / "found.yaml").write_text(SCENARIO)
    (specs / "more.yaml").write_text(OVERLAY)

    first = drill("my specs/shop.yaml", *options, *shell(ORDERS), "{url}").output
    line = first.partition("\nagain: ")[2]
    called = f'mockserver() {{ {sys.executable} -m mockserver "$@"; }}; {line}'
    again = subprocess.run(["bash", "-c", called], capture_output=True, text=True, check=False)  # noqa: S603, S607

    assert again.stdout.partition("\nagain: ")[2] == line != ""


def test_an_exploration_is_repeated_for_a_drawn_schedule(drill: Run) -> None:
    words = ("--case", "reordered", "--explore", "4", "--seed", "1")

    result = drill("payt", *words, *client("--fault", "status-line-only"))

    assert "again: mockserver drill payt --explore 4 --seed 1 -- " in result.output


def test_what_the_client_must_store_is_told_to_the_server(
    drill: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    bodies: list[Any] = []
    request = SandboxControl.request

    def recorded(self: SandboxControl, method: str, path: str, body: Any = None) -> Any:
        bodies.append(body)
        return request(self, method, path, body)

    monkeypatch.setattr(SandboxControl, "request", recorded)
    drill("payt", "--case", "reset", "--expect", "items=4,sum=-0.50", *client())

    told = [body["expect"] for body in bodies if body and "clean" in body]
    assert told == [{"items": 4, "sum": "-0.50"}] * 2


def test_a_fault_of_the_run_without_faults_is_a_row(drill: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    run = Drill.run

    def hurried(self: Drill, case: Case, clean: DrillResult | None) -> DrillResult:
        result = run(self, case, clean)
        return result if clean else replace(result, verdict="silent", findings=(finding("RUDE"),))

    monkeypatch.setattr(Drill, "run", hurried)
    result = drill("payt", "--case", "reordered", *client())

    assert rows(result) == [["RUDE", "no-fault"], ["survived", "reordered"]]
    assert "survived 1 · told 0 · silent 1 · " in result.output


def test_drill_and_contract_write_no_file_of_each_other() -> None:
    folders = {
        command.name: Path(str(option.default))
        for command in (drill_command, contract)
        for option in command.params
        if option.name == "folder"
    }

    assert len(set(folders.values())) == len(folders) == 2
    assert {folder.parent for folder in folders.values()} == {DEFAULT_REPORTS}


def forwarded(server_url: str, sandbox: str, vendor: str = "payt") -> tuple[str, ...]:
    return "--forward", f"{server_url}{SANDBOX_PREFIX}{sandbox}/{vendor}"


def test_a_right_client_of_a_real_server_passes(drill: Run, server_url: str, sandbox: str) -> None:
    real = forwarded(server_url, sandbox)

    result = drill("payt", *real, "--case", "item-refused,commit-then-reset", "--jobs", "1", *client())

    assert rows(result) == [["told", "item-refused"], ["survived", "commit-then-reset"]]
    assert f", answered by {real[1]}, which is not reset between the cases" in result.output


def test_a_client_that_loses_an_item_of_a_real_server_is_named(
    drill: Run, server_url: str, sandbox: str
) -> None:
    words = client("--fault", "status-line-only")

    result = drill("payt", *forwarded(server_url, sandbox), "--case", "item-refused", *words)

    assert "  DROPPED  item-refused " in result.output
    assert result.exit_code == 1


def test_items_reach_the_real_server(drill: Run, app: Application, server_url: str, sandbox: str) -> None:
    drill("payt", *forwarded(server_url, sandbox), "--case", "item-refused", *client())

    assert "R-2" in str(app.sandboxes.dump(sandbox))


def test_each_drill_of_a_real_server_has_sandboxes_with_names_of_its_own(
    drill: Run, server_url: str, sandbox: str, tmp_path: Path
) -> None:
    """A client makes its keys of `{sandbox}`, and the real server has the keys of earlier drills."""
    file = tmp_path / "names"
    words = (*shell("import sys; open(sys.argv[1], 'a').write(sys.argv[2] + ' ')"), str(file), "{sandbox}")

    for _ in "12":
        drill("payt", *forwarded(server_url, sandbox), *words)

    first, second = file.read_text().split()
    assert first != second


def test_cases_that_a_real_server_cannot_show_are_named(drill: Run, server_url: str, sandbox: str) -> None:
    result = drill("payt", *forwarded(server_url, sandbox), "--case", "a-day-passes", *client())

    assert (
        "a-day-passes                left out: the clock of a real server cannot be advanced" in result.output
    )


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--against", "http://127.0.0.1:1"), "the real server answers, so --against changes nothing"),
        (("--setup", str(SHOP)), "the real server answers, so --setup changes nothing"),
        (("--webhook", "http://127.0.0.1:1"), "the real server answers, so --webhook changes nothing"),
        (("--forward", "http://payt.example"), "payt.example is neither loopback nor allowed"),
    ],
)
def test_options_that_do_not_fit_a_real_server(drill: Run, more: tuple[str, ...], said: str) -> None:
    result = drill("payt", "--forward", "http://127.0.0.1:1/payt", *more, *client())

    assert said in result.output
    assert result.exit_code == 2


def test_a_client_that_fails_at_a_real_server_gets_a_cure(drill: Run) -> None:
    result = drill("payt", "--forward", "http://127.0.0.1:1/payt", *client())

    assert (
        "try: send new keys in each run, such as {sandbox}-1, because http://127.0.0.1:1/payt is not reset"
        in result.output
    )
    assert result.exit_code == 4


@pytest.mark.parametrize(
    ("fault", "case", "found"),
    [
        ("", "webhook-doubled", "survived"),
        ("", "webhook-early", "survived"),
        ("", "webhook-lost", "survived"),
        ("", "webhook-wrongly-signed", "survived"),
        ("counts-twice", "webhook-doubled", "TWICE"),
        ("breaks-on-early", "webhook-early", "DROPPED"),
        ("accepts-any-signature", "webhook-wrongly-signed", "WRONG"),
        ("misses-lost", "webhook-lost", "DROPPED"),
    ],
)
def test_a_client_that_receives_webhooks(drill: Run, fault: str, case: str, found: str) -> None:
    port = str(free_port())
    words = ["--url", "{url}", "--token", "{token}", "--port", port, "--patience", "1"]
    program = (sys.executable, "-S", str(CLIENT.with_name("webhook_client.py")), *words)
    webhook = ("--webhook", f"http://127.0.0.1:{port}/hook", "--case", case)

    result = drill("payt", *webhook, "--", *program, *(["--fault", fault] if fault else []))

    assert [found, case] in rows(result)


def test_without_a_receiver_there_are_no_cases_of_webhooks(drill: Run) -> None:
    assert "no case named webhook-lost" in drill("payt", "--case", "webhook-lost", *client()).output
