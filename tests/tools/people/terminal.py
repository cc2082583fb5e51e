"""Points 11 to 19: the terminal."""

from __future__ import annotations

import json
import re
import resource
import signal
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from time import perf_counter

from tests.tools.people.console import browsing
from tests.tools.people.point import point
from tests.tools.people.stage import Stage
from tests.tools.people.vba_calls import delayed, put, put_or_lose

COMMANDS = """
assumptions
assumptions set vba.idempotency_keys on
cases list
cases show {case}
cases run {case}
clock show
clock freeze 2026-01-05T09:00:00Z
clock advance 6m
clock thaw
completion bash
config show
docs rate limit
contract vba --operation putClaimInvoiceBatch --max-examples 1 --phase fuzzing
doctor
health
journal list
journal show 1
journal item 7000001
journal summary
journal check
journal replay 1
journal export 1 --har
journal verify expectation.json
journal tail --max 1
journal clear --yes
sandbox list
sandbox create people
sandbox reset people --yes
sandbox snapshot -s people
sandbox restore s1 -s people
sandbox diff people default
sandbox dump -s people
sandbox load dump.json -s people
sandbox delete people --yes
scenario list
scenario show reset
scenario new mine
scenario validate scenario.yaml
scenario apply scenario.yaml
scenario clear
send vba
spec check
spec show vba
spec explain {specs}/vba.yaml
spec suggest {specs}/../examples/batches/two-lists.yaml
spec diff {specs}/vba.yaml {specs}/vba.yaml
vendors
verify traffic.har --vendor vba
"""
"""One call of each command that talks, in an order in which each finds what it needs."""


@point(11, "--help, TAB and --version within 150 ms")
def quick(stage: Stage) -> str:
    shown = []
    complete = {
        "COMP_WORDS": "mockserver run --vendor v",
        "COMP_CWORD": "3",
        "_MOCKSERVER_COMPLETE": "bash_complete",
    }
    for name, command, environment in (
        ("--help", "mockserver --help", {}),
        ("--version", "mockserver --version", {}),
        ("TAB", "mockserver", complete),
    ):
        took = min(_cpu_ms(stage, command, environment) for _ in range(5))
        assert took <= 150, f"{name} takes {took:.0f} ms"
        shown.append(f"{name} {took:.0f} ms")
    return ", ".join(shown)


def _cpu_ms(stage: Stage, command: str, environment: dict[str, str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    stage.done(command, environment)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1000


@point(12, "Piped output has no escape codes; NO_COLOR and FORCE_COLOR obeyed")
def colours(stage: Stage) -> str:
    with stage.server() as server:
        piped = stage.done("mockserver send vba", {"MOCKSERVER_URL": server.url})
        forced = stage.done("mockserver send vba", {"MOCKSERVER_URL": server.url, "FORCE_COLOR": "1"})
        refused = stage.done(
            "script -qec 'mockserver send vba' /dev/null",
            {"MOCKSERVER_URL": server.url, "NO_COLOR": "1", "TERM": "xterm"},
        )
        terminal = stage.done(
            "script -qec 'mockserver send vba' /dev/null", {"MOCKSERVER_URL": server.url, "TERM": "xterm"}
        )
    escapes = ["\x1b[" in text for text in (piped, refused, forced, terminal)]
    assert escapes == [False, False, True, True], escapes
    return "none when piped or with NO_COLOR on a terminal; some with FORCE_COLOR and on a terminal"


@point(13, "Every command has --json that jq accepts")
def as_json(stage: Stage) -> str:
    # Two serve until Ctrl-C; the third ends with 4 on a server without a shadow.
    missing = set(_all_commands(stage)) - {"run", "listen", "journal differences"}
    _write_files(stage)
    case = stage.done("mockserver cases list --json | jq -r '.[0].id'").strip()
    with stage.server() as server:
        settings = {"MOCKSERVER_URL": server.url}
        stage.done("mockserver send vba", settings)
        stage.run("mockserver journal export 1 --har -o traffic.har", settings, folder=stage.folder)
        stage.run("mockserver sandbox dump -o dump.json", settings, folder=stage.folder)
        for line in COMMANDS.strip().splitlines():
            words = line.format(case=case, specs=stage.clone / "specs")
            _check_json(stage, f"mockserver {words} --json", settings)
            missing = {name for name in missing if not words.startswith(name)}
    assert not missing, f"commands without a call here: {missing}"
    return f"{len(COMMANDS.strip().splitlines())} commands"


def _check_json(stage: Stage, command: str, settings: dict[str, str]) -> None:
    ran = stage.run(command, settings, folder=stage.folder)
    assert ran.returncode in (0, 1), f"{command}: {ran.returncode} {ran.stderr}"
    read = stage.run("jq -e . > /dev/null", stdin=ran.stdout)
    assert (read.returncode in (0, 1), bool(ran.stdout.strip())) == (True, True), (
        f"{command}: {ran.stdout[:200]}"
    )


def _write_files(stage: Stage) -> None:
    document = delayed(100)
    (stage.folder / "scenario.yaml").write_text(json.dumps(document), encoding="utf-8")
    expectation = {"match": {"vendor": "vba"}, "calls": {"min": 0}}
    (stage.folder / "expectation.json").write_text(json.dumps(expectation), encoding="utf-8")


def _all_commands(stage: Stage, group: str = "") -> Iterator[str]:
    """Yield the commands below a group, as their help lists them."""
    shown = stage.done(f"mockserver {group} --help")
    for name in re.findall(r"^  ([a-z]+)(?:  |$)", shown, re.MULTILINE):
        command = f"{group} {name}".strip()
        if "COMMAND" in stage.done(f"mockserver {command} --help").splitlines()[0]:
            yield from _all_commands(stage, command)
        else:
            yield command


@point(14, "Exit codes as in the table, each produced once")
def exit_codes(stage: Stage) -> str:
    broken = stage.folder / "broken"
    broken.mkdir(exist_ok=True)
    (broken / "sitecustomize.py").write_text(
        "from mockserver.codec import json\n"
        "def encode(*_): raise RuntimeError('a fault of ours')\n"
        "json.encode = encode\n",
        encoding="utf-8",
    )
    bad = stage.folder / "bad.yaml"
    bad.write_text("version: 1\nname: x\nrules: [{id: a, fial: 1}]\n", encoding="utf-8")
    with stage.server() as server:
        here = {"MOCKSERVER_URL": server.url}
        port = server.url.rpartition(":")[2]
        codes = {
            0: stage.run("mockserver health", here).returncode,
            1: stage.run(f"mockserver scenario validate '{bad}'").returncode,
            2: stage.run("mockserver run --prot 1").returncode,
            3: stage.run("mockserver health http://127.0.0.1:9").returncode,
            4: stage.run("mockserver journal show 99", here).returncode,
            5: stage.run(f"mockserver run --port {port}").returncode,
            70: stage.run("mockserver vendors --json", {"PYTHONPATH": str(broken)}).returncode,
            130: _interrupted(stage, "contract", "vba"),
        }
    wrong = {code: found for code, found in codes.items() if code != found}
    assert not wrong, f"expected and found: {wrong}"
    return ", ".join(str(code) for code in codes)


def _interrupted(stage: Stage, *words: str) -> int:
    """Press Ctrl-C three seconds after a command was started, and return its exit status."""
    with subprocess.Popen(  # noqa: S603 - our own command line
        [str(stage.clone / ".venv/bin/mockserver"), *words],
        env=stage.environment({}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        with suppress(subprocess.TimeoutExpired):
            process.wait(3)
        process.send_signal(signal.SIGINT)
        told = process.communicate(timeout=30)
    assert "Traceback" not in told[1], told[1]
    return process.returncode


@point(15, "Exactly one log line per call under 200 parallel calls")
def one_line_a_call(stage: Stage) -> str:
    with stage.server() as server, ThreadPoolExecutor(50) as crowd:
        list(crowd.map(lambda at: put(server, [{"invoice_Key": at + 1}]), range(200)))
        server.logged(lambda line: line.endswith("#200"))
        lines = [line for line in server.log if "/claim-invoice-batch" in line]
    numbers = sorted(int(line.rpartition("#")[2]) for line in lines)
    assert numbers == list(range(1, 201)), lines[:3]
    return "200 calls by 50 threads, 200 lines, numbers 1 to 200"


@point(16, "A 10,000-item call is still one line")
def big_call(stage: Stage) -> str:
    with stage.server() as server:
        put(
            server,
            [
                {"invoice_Key": key + 1, **({"payee_ID": "NOPE"} if key % 3 == 0 else {})}
                for key in range(10_000)
            ],
        )
        line = server.logged(lambda one: "10,000 items" in one)
        assert len(server.log) == 1, server.log
    return line


@point(17, "Ctrl-C stops within 2 s with a console tab and a slow call open")
def stops(stage: Stage) -> str:
    with (
        stage.server() as server,
        browsing(server.url, "net::ERR") as visitor,
        ThreadPoolExecutor(1) as caller,
    ):
        page = visitor.open("/_console/")
        page.get_by_text("Live").wait_for()
        server.call("PUT", "/_mock/sandboxes/default/scenarios/slow", json=delayed(30000)).raise_for_status()
        waiting = caller.submit(put_or_lose, server)
        while not server.call("GET", "/_mock/metrics").json()["vendors"]["vba"]["openCalls"]:
            pass
        began = perf_counter()
        server.process.send_signal(signal.SIGINT)
        code = server.process.wait(30)
        took = perf_counter() - began
        waiting.result(30)
        page.get_by_text("Connection lost").wait_for()
    assert (code, took < 2.5) == (0, True), (code, took)
    return f"exit 0 after {took:.2f} s; the tab says that the connection is lost"


@point(18, "No command hangs with stdin closed or empty")
def no_hang(stage: Stage) -> str:
    _write_files(stage)
    lines = [line.replace(" --max 1", "") for line in COMMANDS.strip().splitlines() if "tail" not in line]
    with stage.server() as server:
        settings = {"MOCKSERVER_URL": server.url}
        for line in lines:
            words = line.replace(" --yes", "").format(case="1-empty", specs=stage.clone / "specs")
            for stdin in (None, ""):
                ran = stage.run(f"timeout 60 mockserver {words}", settings, stdin=stdin, folder=stage.folder)
                assert ran.returncode != 124, f"{words} hangs"
    return f"{len(lines)} commands, each with stdin closed and with nothing in it"


@point(19, "A misspelt command, flag, key, vendor, case or environment name gets a suggestion")
def near_misses(stage: Stage) -> str:
    scenario = stage.folder / "misspelt.yaml"
    scenario.write_text(
        "version: 1\nname: x\n"
        "rules: [{id: a, items: [{select: {key: a}, effect: {fial: {code: internal}}}]}]\n",
        encoding="utf-8",
    )
    tried = {
        "mockserver jurnal": "journal",
        "mockserver run --prot 1": "--port",
        f"mockserver scenario validate '{scenario}'": '"fail"',
        "mockserver run --vendor Xero": "xero",
        "mockserver contract payy": "payt",
        "mockserver contract payt --only count-is-procesed": "count-is-processed",
        "mockserver contract payt --operation postV1Invoice": "postV1Invoices",
        "mockserver contract payt --report junitt": "junit",
        "mockserver cases run 1-emty": "1-empty",
        "mockserver run --assume payt.quota=on": "payt.quotas",
        "MOCKSERVER_PROT=9 mockserver vendors": "MOCKSERVER_PORT",
    }
    for command, wanted in tried.items():
        ran = stage.run(command)
        told = ran.stdout + ran.stderr
        assert wanted.lower() in told.lower(), f"{command}: {told}"
    return f"{len(tried)} slips, each named with its nearest word"
