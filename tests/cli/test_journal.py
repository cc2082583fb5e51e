from __future__ import annotations

import json
import sys
import time
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest
from click.testing import Result

from mockserver.cli import journal
from mockserver.cli.journal import FORMATS, follow
from mockserver.cli.server import ControlPlane, ServerOptions
from mockserver.engine.registry import vendor_packages
from tests.support.commands import UNUSED_URL, Commands

VENDORS = vendor_packages()


@pytest.fixture
def calls(commands: Commands) -> list[int]:
    """The numbers of two calls, of two vendors where there are two."""
    return [commands.call_vendor(VENDORS[0]), commands.call_vendor(VENDORS[-1])]


def numbers(result: Result) -> list[int]:
    """Return the numbers of the calls whose lines were printed."""
    return [int(line.rpartition("#")[2].split()[0]) for line in result.stdout.splitlines()]


def test_the_list_has_the_line_of_each_call(commands: Commands, calls: list[int]) -> None:
    result = commands.run("journal", "list")

    lines = [entry["line"] for entry in commands.control("GET", "/journal")]
    shown = [line.partition("  ")[2] for line in result.stdout.splitlines()]
    assert (result.exit_code, shown, len(calls)) == (0, lines, 2)


def test_the_list_is_coloured_where_colours_are_asked_for(commands: Commands, calls: list[int]) -> None:
    words = ("journal", "list", "--url", commands.url, "-s", commands.sandbox)

    result = commands.run_bare("--color", "always", *words)

    assert result.stdout.count("\x1b[31m404\x1b[0m") == len(calls)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no tzset")
@pytest.mark.parametrize("verb", [("list",), ("tail", "--max", "2")])
def test_a_line_begins_with_the_local_time(
    commands: Commands, calls: list[int], verb: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "XYZ-14")
    time.tzset()

    shown = [line.split()[0] for line in commands.run("journal", *verb).stdout.splitlines()]

    monkeypatch.undo()
    time.tzset()
    instants = [datetime.fromisoformat(entry["at"]) for entry in commands.control("GET", "/journal")]
    assert shown == [f"{at + timedelta(hours=14):%H:%M:%S}" for at in instants]
    assert len(calls) == 2


def test_a_filter_that_finds_nothing_says_how_many_calls_there_are(
    commands: Commands, calls: list[int]
) -> None:
    result = commands.run("journal", "list", "--item", "nobody")

    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == (
        f"no call of {len(calls)} in {commands.sandbox} matches; "
        f"all of them: mockserver journal list -s {commands.sandbox}\n"
    )


def test_the_last_example_of_the_list_finds_the_first_example_call(commands: Commands) -> None:
    help_text = commands.run_bare("journal", "list", "--help").stdout
    *_, lists = (
        line.split()[1:] for line in help_text.splitlines() if line.strip().startswith("mockserver ")
    )
    commands.run("send", "payt", "--first", "1")

    assert len(commands.document(*(word for word in lists if word != "--json"))) == 1


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        (("--vendor", VENDORS[0], "--last", "1"), True),
        (("--status", "4xx"), True),
        (("--status", "207"), False),
        (("--since", "10m"), True),
        (("--since", "1"), True),
        (("--since", "2999-01-01T00:00:00Z"), False),
        (("--outcome", "rejected"), False),
        (("--item", "R2"), False),
        (("--scenario", "flaky/r1"), False),
        (("--method", "get"), True),
        (("--fault", "any"), False),
    ],
)
def test_the_list_has_filters(
    commands: Commands, calls: list[int], filters: tuple[str, ...], *, found: bool
) -> None:
    printed = numbers(commands.run("journal", "list", *filters))

    assert (set(printed) <= set(calls), bool(printed)) == (True, found)


def test_the_list_is_json_with_the_keys_of_the_control_plane(commands: Commands, calls: list[int]) -> None:
    assert [entry["number"] for entry in commands.document("journal", "list")] == calls


def test_tail_begins_with_the_newest_and_ends_after_so_many(commands: Commands, calls: list[int]) -> None:
    assert numbers(commands.run("journal", "tail", "--max", "1")) == calls[:1]
    assert numbers(commands.run("journal", "tail", "--last", "1", "--max", "1")) == calls[1:]


def test_tail_prints_one_json_document_a_line(commands: Commands, calls: list[int]) -> None:
    lines = commands.run("journal", "tail", "--max", "2", "--json").stdout.splitlines()

    assert [json.loads(line)["number"] for line in lines] == calls


def test_ctrl_c_ends_tail_as_it_should(
    commands: Commands, calls: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(journal, "sleep", interrupted)

    result = commands.run("journal", "tail")

    assert (result.exit_code, numbers(result), result.stderr) == (0, calls, "")


def test_a_followed_journal_has_each_new_call_once(commands: Commands, calls: list[int]) -> None:
    control = ControlPlane(ServerOptions(commands.url, commands.sandbox, json=False, token=""))
    made: list[int] = []

    def wait() -> None:
        made.extend(commands.call_vendor() for _ in range(2))

    followed = follow(control, {"method": "GET"}, 1, wait)

    assert [next(followed)["number"] for _ in range(5)] == [calls[-1], *made]


def test_a_followed_journal_goes_on_after_a_reset(commands: Commands, calls: list[int]) -> None:
    control = ControlPlane(ServerOptions(commands.url, commands.sandbox, json=False, token=""))

    def wait() -> None:
        commands.control("POST", "/reset")
        commands.call_vendor()

    followed = follow(control, {}, 10, wait)

    assert [next(followed)["number"] for _ in range(3)] == [*calls, 1]


def test_a_call_is_shown_with_its_facts(commands: Commands, calls: list[int]) -> None:
    result = commands.run("journal", "show", str(calls[0]))

    lines = result.stdout.splitlines()
    assert lines[0] == commands.control("GET", f"/journal/{calls[0]}")["line"]
    assert [line.split()[0] for line in lines[1:6]] == ["at", "request", "operation", "envelope", "reply"]


def test_headers_and_bodies_are_shown_when_asked_for(commands: Commands, calls: list[int]) -> None:
    shown = commands.run("journal", "show", str(calls[0]), "--headers", "--body").stdout

    headings = [line for line in shown.splitlines() if line.endswith((" headers", " body"))]
    assert headings == ["request headers", "request body", "reply headers", "reply body"]


def test_the_newest_call_is_shown_by_default(commands: Commands, calls: list[int]) -> None:
    assert commands.document("journal", "show")["number"] == calls[-1]


def test_a_replay_says_what_differs(commands: Commands, calls: list[int]) -> None:
    result = commands.run("journal", "replay", str(calls[0]), "--diff")

    assert result.exit_code == 0
    assert result.stdout.startswith(f"#3 replays #{calls[0]}: same status")
    assert result.stdout.splitlines()[0].endswith(f"[{commands.sandbox}]")


def test_a_replay_that_ends_otherwise_is_exit_1_with_diff(commands: Commands) -> None:
    number = commands.call_vendor()
    elsewhere = ("journal", "replay", str(number), "--to", UNUSED_URL)

    result = commands.run(*elsewhere, "--diff")

    assert (commands.run(*elsewhere).exit_code, result.exit_code) == (0, 1)
    assert "  the answer was lost: " in result.stdout


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_replay_is_exit_1_exactly_when_status_or_outcomes_differ(commands: Commands, vendor: str) -> None:
    commands.run("send", vendor, "--items", "1", "--bad", "0")

    for into in ("fresh", "here"):
        result = commands.run("journal", "replay", "1", "--into", into, "--diff", "--json")
        difference = json.loads(result.stdout)["difference"]
        status = difference["status"]
        differs = status["recorded"] != status["replayed"] or difference["items"]["differ"] > 0
        assert result.exit_code == int(differs)


@pytest.mark.parametrize(
    ("flag", "beginning"), [("--har", "{"), ("--curl", ""), ("--format=pytest", '"""The answers are those')]
)
def test_a_call_is_exported(commands: Commands, calls: list[int], flag: str, beginning: str) -> None:
    result = commands.run("journal", "export", str(calls[0]), flag)

    assert result.exit_code == 0
    assert result.stdout.startswith(beginning)


def test_the_calls_that_filters_find_are_exported_to_a_file(
    commands: Commands, calls: list[int], tmp_path: Path
) -> None:
    file = tmp_path / "calls.har"

    result = commands.run("journal", "export", "--har", "--vendor", VENDORS[0], "-o", str(file))

    assert (result.exit_code, result.stdout, result.stderr) == (0, "", f"written: {file}\n")
    assert json.loads(file.read_text())["log"]["entries"]
    assert calls


@pytest.mark.parametrize("form", FORMATS)
def test_a_story_is_exported_in_every_format(commands: Commands, form: str) -> None:
    commands.run("send", VENDORS[0])
    commands.run("send", VENDORS[0])

    result = commands.run("journal", "export", "--from", "1", "--to", "2", f"--{form}")

    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.strip()


def test_what_cannot_be_repeated_is_exit_1_with_the_reason(commands: Commands, calls: list[int]) -> None:
    result = commands.run("journal", "export", "--item", "nobody", "--case")

    assert (result.exit_code, result.stdout, len(calls)) == (1, "", 2)
    assert result.stderr.startswith("error: no call of the journal matches")


@pytest.mark.parametrize(
    ("flags", "named"), [((), "ask with --show-secrets"), (("--json",), "ask with secrets=shown")]
)
def test_a_refusal_for_a_secret_names_the_option_on_a_terminal(
    commands: Commands, flags: tuple[str, ...], named: str
) -> None:
    secret = {"authorization": "Bearer my-own-secret-token"}
    rule = {"id": "r1", "match": {"headers": secret}, "response": {"status": 503}}
    commands.control("PUT", "/scenarios/mine", {"version": 1, "name": "mine", "rules": [rule]})
    url = f"{commands.url}/sandboxes/{commands.sandbox}/{VENDORS[0]}/nothing-here"
    httpx.get(url, headers=secret, trust_env=False)

    result = commands.run("journal", "export", "--case", *flags)

    assert (result.exit_code, result.stdout, named in result.stderr) == (1, "", True), result.stderr
    if not flags:
        assert result.stderr.endswith("  try: mockserver journal export … --show-secrets\n")


def test_a_number_of_calls_is_verified(commands: Commands, calls: list[int]) -> None:
    result = commands.run("journal", "verify", "-", stdin=f"calls: {len(calls)}")

    assert (result.exit_code, result.stdout) == (0, "verified\n")


def test_what_is_not_so_is_exit_1_with_expected_found_and_nearest(
    commands: Commands, calls: list[int], tmp_path: Path
) -> None:
    file = tmp_path / "expected.json"
    file.write_text(json.dumps({"match": {"status": "299"}, "calls": 1}))

    result = commands.run("journal", "verify", str(file))

    lines = result.stdout.splitlines()
    assert (result.exit_code, lines[0]) == (1, "not verified: expected 1 call; found 0 calls")
    assert lines[1].startswith("  nearest: #")
    assert lines[2].startswith("    status: expected 299, found ")
    assert calls


def test_what_is_not_so_is_json_on_standard_output(commands: Commands) -> None:
    result = commands.run("journal", "verify", "-", "--json", stdin="{}")

    assert (result.exit_code, json.loads(result.stdout)["code"]) == (1, "not-verified")


def test_an_expectation_that_cannot_be_read_is_wrong_usage(commands: Commands) -> None:
    assert commands.run("journal", "verify", "-", stdin="{").exit_code == 2


def test_the_journal_is_cleared(commands: Commands, calls: list[int]) -> None:
    result = commands.run("journal", "clear", "--yes")

    assert (result.exit_code, commands.control("GET", "/journal"), len(calls)) == (0, [], 2)


def test_what_was_deleted_is_printed_as_json(commands: Commands) -> None:
    assert commands.document("journal", "clear", "--yes")["deleted"] == "journal"
    assert commands.document("scenario", "clear")["deleted"] == "all"


def test_the_journal_is_not_cleared_by_accident(commands: Commands, calls: list[int]) -> None:
    result = commands.run("journal", "clear")

    assert (result.exit_code, len(commands.control("GET", "/journal"))) == (2, len(calls))


VBA = {"authorization": "Bearer any", "x-api-key": "any", "vbasoftware-database": "sandbox"}


@pytest.fixture
def invoice_calls(commands: Commands) -> None:
    """An invoice that is rejected, then stored while the answer is lost, then stored again."""
    url = f"{commands.url}/sandboxes/{commands.sandbox}/vba/claim-invoice-batch"
    lost = {"id": "lost", "times": {"after": 1, "count": 1}, "response": {"fault": "EMPTY_RESPONSE"}}
    commands.control("PUT", "/scenarios/s", {"version": 1, "name": "s", "rules": [lost]})
    for payee in ("NOPE", "P100", "P100"):
        with suppress(httpx.TransportError):
            record = {"invoice_Key": 70001, "payee_ID": payee}
            httpx.put(url, json=[record], headers=VBA, trust_env=False)


@pytest.mark.usefixtures("invoice_calls")
def test_an_item_has_a_line_for_each_call(commands: Commands) -> None:
    result = commands.run("journal", "item", "70001")

    head, first, second, third = result.stdout.splitlines()
    assert (result.exit_code, head) == (0, "vba putClaimInvoiceBatch 70001   stored by attempts 2, 3 of 3")
    assert first.split()[:8] == ["#1", "+0", "ms", "207", "rejected", "told", "rejected", "not"]
    assert "unknown-reference: " in first
    assert second.partition("---")[2].split() == [
        "created",
        "told",
        "nothing",
        "stored",
        "EMPTY_RESPONSE",
        "s/lost",
    ]
    assert third.partition("207")[2].split() == ["updated", "told", "stored", "stored"]


@pytest.mark.usefixtures("invoice_calls")
def test_an_item_is_json_with_the_keys_of_the_control_plane(commands: Commands) -> None:
    printed = commands.document("journal", "item", "70001", "--vendor", "vba")

    assert printed == commands.control("GET", "/journal/items?item=70001")


def test_the_amount_of_an_item_stands_in_its_head(commands: Commands) -> None:
    headers = {"authorization": "Bearer full-token"}
    body = {"administration_id": "81", "invoices": [{"invoice_number": "R-1", "amount_total": "120.00"}]}
    url = f"{commands.url}/sandboxes/{commands.sandbox}/payt/v1/invoices"
    httpx.post(url, json=body, headers=headers, trust_env=False)

    head = commands.run("journal", "item", "R-1").stdout.splitlines()[0]

    assert head == "payt postV1Invoices R-1   never stored (1 attempt)   120.00"


@pytest.mark.usefixtures("invoice_calls")
@pytest.mark.parametrize(
    ("arguments", "where", "cure"),
    [
        (("70002",), "mockserver journal item 70002", "mockserver journal item 70001"),
        (("zzz",), "mockserver journal item zzz", "mockserver journal list"),
        (("70001", "--vendor", "vbaa"), "--vendor vbaa", "mockserver journal item --vendor vba"),
    ],
)
def test_an_unknown_item_is_exit_4_with_the_nearest(
    commands: Commands, arguments: tuple[str, ...], where: str, cure: str
) -> None:
    result = commands.run("journal", "item", *arguments)

    assert result.exit_code == 4
    assert f"   at: {where}\n" in result.stderr
    assert f"  try: {cure} -s {commands.sandbox}\n" in result.stderr
