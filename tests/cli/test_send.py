from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from mockserver.engine.registry import vendor_packages
from mockserver.testing.threaded_server import run_in_thread
from tests.support import sample_vendor
from tests.support.commands import Commands

VENDORS = vendor_packages()
VENDOR = VENDORS[0]


@pytest.mark.parametrize("vendor", VENDORS)
def test_an_example_has_items_of_both_kinds(commands: Commands, vendor: str) -> None:
    result = commands.run("send", vendor)

    call, *items = result.stdout.splitlines()
    assert result.exit_code == 0
    assert call.startswith(f"{vendor} ")
    assert call.endswith("#1")
    assert "✕ rejected" in items[1]
    assert any(word in items[0] for word in ("■ created", "◧ updated", "· skipped"))
    page = f"{commands.url}/_console/x/1?sandbox={commands.sandbox}"
    assert result.stderr == f"look: {page}     or mockserver journal show 1 -s {commands.sandbox}\n"


@pytest.mark.parametrize("vendor", VENDORS)
def test_the_next_example_has_other_items(commands: Commands, vendor: str) -> None:
    sent = [commands.document("send", vendor)["request"]["body"] for _ in range(2)]

    assert sent[0] != sent[1]
    assert [entry["outcomes"]["rejected"] for entry in commands.control("GET", "/journal")] == [1, 1]


def test_an_example_has_the_items_that_are_asked_for(commands: Commands) -> None:
    entry = commands.document("send", VENDOR, "--items", "5", "--bad", "2", "--first", "40")

    assert (entry["items"], entry["outcomes"]["rejected"]) == (5, 2)


def test_the_same_bytes_are_sent_again(commands: Commands) -> None:
    entries = commands.document("send", VENDOR, "--repeat", "2", "--bad", "0")

    assert len(entries) == 2
    assert entries[0]["request"]["body"] == entries[1]["request"]["body"]


def test_a_quiet_call_prints_the_keys_of_what_was_stored(commands: Commands) -> None:
    result = commands.run("send", VENDOR, "-q", "--items", "2", "--bad", "0")

    entry = commands.control("GET", "/journal/1")
    assert result.stdout == " ".join(item["key"] for item in entry["decided"]) + "\n"
    assert result.stderr == ""


def test_a_file_is_sent_as_it_is(commands: Commands, tmp_path: Path) -> None:
    file = tmp_path / "batch.json"
    file.write_text('{"not": "a batch"}')

    entry = commands.document("send", VENDOR, str(file))

    assert (entry["request"]["body"], entry["refusal"] is not None) == ('{"not": "a batch"}', True)


def test_a_file_is_sent_though_the_server_can_make_no_example(tmp_path: Path) -> None:
    pattern = {"type": "string", "pattern": "^A(?=B)"}
    document = sample_vendor.changed_document("/components/schemas/Order/properties/id", pattern)
    file = tmp_path / "batch.json"
    file.write_text('{"orders": [{"id": "AB", "amount": 1}]}')

    with run_in_thread(sample_vendor.create_application(tmp_path, document)) as url:
        result = Commands(url, "default").run("send", sample_vendor.NAME, str(file))

    assert (result.exit_code, "■ created    AB" in result.stdout) == (0, True)


def test_standard_input_is_sent(commands: Commands) -> None:
    result = commands.run("send", VENDOR, "-", stdin="[")

    assert result.exit_code == 0
    assert commands.control("GET", "/journal/1")["request"]["body"] == "["


def test_a_file_changes_nothing_else_in_the_server(commands: Commands) -> None:
    before = commands.control("GET", "")["records"]

    commands.run("send", VENDORS[-1], "-", stdin="[")

    assert commands.control("GET", "")["records"] == before
    names = [line.split()[0] for line in commands.run("sandbox", "list").stdout.splitlines()]
    assert [name for name in names if name.startswith("send-")] == []


def test_headers_and_an_idempotency_key_are_sent(commands: Commands) -> None:
    entry = commands.document("send", VENDOR, "--header", "X-Trace: 7", "--key", "K-1")

    headers = entry["request"]["headers"]
    assert headers["x-trace"] == "7"
    assert "K-1" in headers.values()


def test_the_key_stands_in_the_header_that_the_vendors_spec_names(commands: Commands) -> None:
    for vendor in VENDORS:
        text = commands.run("send", vendor, "--dry-run", "--key", "K-1").stdout
        (name,) = [line.partition(":")[0] for line in text.splitlines() if line.endswith(": K-1")]
        assert name in commands.spec(vendor).lower() or name == "idempotency-key"


def test_a_dry_run_prints_the_request_and_sends_nothing(commands: Commands) -> None:
    result = commands.run("send", VENDOR, "--dry-run")

    head, _, body = result.stdout.partition("\n\n")
    assert f"{commands.url}/sandboxes/{commands.sandbox}/{VENDOR}/" in head.splitlines()[0]
    assert json.loads(body)
    assert commands.control("GET", "/journal") == []


def test_the_curl_command_sends_the_same(commands: Commands) -> None:
    command = commands.run("send", VENDOR, "--curl").stdout

    subprocess.run(["bash", "-c", command], check=True, capture_output=True)  # noqa: S603, S607 - what a user pastes

    (entry,) = commands.control("GET", "/journal")
    assert entry["outcomes"]["rejected"] == 1


def test_a_lost_answer_is_shown_as_the_journal_has_it(commands: Commands) -> None:
    commands.run("scenario", "apply", "commit-then-reset")

    result = commands.run("send", VENDOR)

    assert (result.exit_code, " --- " in result.stdout) == (0, True)


def test_another_address_answers_without_a_journal(commands: Commands) -> None:
    address = f"{commands.url}/sandboxes/{commands.sandbox}/{VENDOR}"

    result = commands.run("send", VENDOR, "--to", address)

    first = result.stdout.splitlines()[0].split()
    assert (result.exit_code, first[1].startswith(address), first[2].isdecimal()) == (0, True, True)


def test_a_case_of_the_catalogue_is_run(commands: Commands) -> None:
    cases = [one["id"] for one in commands.server("GET", "/cases") if VENDOR in one["vendors"]]

    result = commands.run("send", VENDOR, cases[0])

    lines = result.stdout.splitlines()
    assert (result.exit_code, lines[-1]) == (0, f"{cases[0]}  {VENDOR}  passed")
    assert lines[0].startswith(f"{VENDOR} ")


def test_a_sandbox_that_is_not_there_is_created(commands: Commands) -> None:
    new = Commands(commands.url, f"{commands.sandbox}-new")

    result = new.run("send", VENDOR)

    assert result.exit_code == 0
    assert result.stderr.startswith(f"sandbox {new.sandbox} created\n")
    assert len(new.control("GET", "/journal")) == 1


def test_a_name_that_no_sandbox_can_have_is_refused(commands: Commands) -> None:
    assert Commands(commands.url, "QA 1").run("send", VENDOR).exit_code in (2, 4)
