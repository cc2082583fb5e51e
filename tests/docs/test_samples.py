"""What the pages show is what happens: every command is run by a shell against a server of the page's own."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from mockserver.codec import json
from tests.docs.pages import DOCS
from tests.packaging.command_lines import code_blocks, command_lines, unknown_parts
from tests.support.server_process import find_violations, serve_process

PAGES = (
    "../README",
    "first-answer",
    "point-your-client",
    "faults-and-retries",
    "sandboxes",
    "journal",
    "other-languages",
    "assumptions",
    "recorded-traffic",
    "recording",
    "scenarios",
)
SHOWN_ADDRESS = "http://127.0.0.1:8080"
TIMEOUT_S = 120
VENDORS = ("guidewire", "payt", "pvex", "vba", "xero")
"""The vendors whose records the pages count."""

FIRST_ANSWER = (DOCS / "first-answer.md").read_text(encoding="utf-8")
LANGUAGES = ("python", "javascript", "java", "csharp")
ROWS = [{"invoice_Key": 1, "payee_ID": "P100"}, {"invoice_Key": 2, "payee_ID": "NOPE"}, {"invoice_Key": 3}]
HEADERS = {"x-api-key": "any", "authorization": "Bearer any", "vbasoftware-database": "sandbox"}
RUNNERS = {
    "python": (sys.executable, "first.py"),
    "javascript": ("node", "first.mjs"),
    "java": ("java", "First.java"),
}


def page_text(name: str) -> str:
    """The text of a page."""
    return (DOCS / f"{name}.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def running() -> Iterator[str]:
    """The address of a server for all samples; its commands find the package as this process does."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join(filter(None, map(os.path.abspath, sys.path))))
        with serve_process(*(f"--vendor={one}" for one in VENDORS)) as url:
            yield url


@pytest.fixture
def server(running: str) -> Iterator[str]:
    """The address of that server, as it was when it started: the pages show its first numbers and names.

    Its answers are checked against the specs before the journals are deleted.
    """
    yield running
    assert find_violations(running) == []
    with httpx.Client(base_url=f"{running}/_mock") as control:
        for one in control.get("sandboxes").json():
            control.delete(f"sandboxes/{one['name']}").raise_for_status()


def needs(program: str) -> str:
    """The program, or the test is skipped."""
    found = shutil.which(program)
    if found is None:
        pytest.skip(f"{program} is not on this machine")
    return found


@pytest.mark.parametrize("name", PAGES)
def test_every_command_of_a_page_prints_what_the_page_shows(name: str, server: str, tmp_path: Path) -> None:
    needs("curl")
    program = tmp_path / "bin" / "mockserver"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m mockserver "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    for file, text in re.findall(r"```yaml\n# (\S+)\n(.*?)```", page_text(name), re.DOTALL):
        (tmp_path / file).write_text(text, encoding="utf-8")
    steps = [step for block in code_blocks(page_text(name), "console") for step in steps_of(block)]

    assert steps
    for command, shown in steps:
        printed = run(["/bin/sh", "-c", command.replace(SHOWN_ADDRESS, server)], server, tmp_path)
        pattern = ".*".join(re.escape(part) for part in shown.split("…"))
        assert re.fullmatch(pattern, printed, re.DOTALL), f"{command}\n{printed}"


def steps_of(block: str) -> list[tuple[str, str]]:
    """The commands of a block, each with what it prints."""
    parts = f"\n{block}".split("\n$ ")[1:]
    return [(command, shown.rstrip("\n")) for command, _, shown in (part.partition("\n") for part in parts)]


def run(words: list[str], url: str, folder: Path) -> str:
    """What a command prints in the folder; the address of the server reads as on the pages."""
    done = subprocess.run(  # noqa: S603 - the lines of our own pages
        words,
        cwd=folder,
        env={
            **os.environ,
            "MOCKSERVER_URL": url,
            "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
        },
        capture_output=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    printed = (done.stdout + done.stderr).decode().replace("\r\n", "\n").replace(url, SHOWN_ADDRESS)
    return "\n".join(line.rstrip() for line in printed.rstrip("\n").split("\n"))


@pytest.mark.parametrize("name", sorted(one.stem for one in DOCS.glob("*.md") if one.stem != "changes"))
def test_every_command_that_a_page_names_exists(name: str) -> None:
    shown = [code for language in ("console", "") for code in code_blocks(page_text(name), language)]
    calls = [call for code in shown for call in command_lines(code)]

    assert [unknown for call in calls if (unknown := unknown_parts(call)) not in ([], ["-"])] == []


@pytest.mark.parametrize("language", RUNNERS)
def test_a_first_call_in_another_language_is_answered(language: str, server: str, tmp_path: Path) -> None:
    program, file = RUNNERS[language]
    needs(program)
    (sample,) = code_blocks(FIRST_ANSWER, language)
    (tmp_path / file).write_text(sample.replace(SHOWN_ADDRESS, server), encoding="utf-8")

    printed = run([program, file], server, tmp_path)

    assert printed.startswith("207\n"), printed
    assert "FK_Claim_Invoice_Payee" in printed
    (call,) = httpx.get(f"{server}/_mock/sandboxes/default/journal").json()
    assert (call["operation"], call["outcomes"]) == ("putClaimInvoiceBatch", {"created": 2, "rejected": 1})
    request = httpx.get(f"{server}/_mock/sandboxes/default/journal/{call['number']}").json()["request"]
    assert json.decode(request["body"].encode()) == ROWS


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_languages_send_the_same_call(language: str) -> None:
    """The one that no machine of ours can run as well."""
    (sample,) = code_blocks(FIRST_ANSWER, language)

    assert re.findall(r'"(http://[^"]+)"', sample) == [f"{SHOWN_ADDRESS}/vba/claim-invoice-batch"]
    assert re.search(r'requests\.put\(|method: "PUT"|method\("PUT"|HttpMethod\.Put', sample)
    assert [name for name, text in HEADERS.items() if not has_header(sample, name, text)] == []
    assert rows_of(sample) == ROWS


def has_header(sample: str, name: str, text: str) -> bool:
    """Whether the sample sets the header, in whichever way its language writes a pair."""
    return re.search(rf'"{name}"[:,] "{text}"', sample, re.IGNORECASE) is not None


def rows_of(sample: str) -> Any:
    """The rows that a sample sends; names without quotes are JavaScript's."""
    (text,) = re.findall(r"\[\s*\{.*?\}\s*,?\s*\]", sample, re.DOTALL)
    quoted = re.sub(r"([{,]\s*)(\w+):", r'\1"\2":', text)
    return json.decode(re.sub(r",(\s*\])", r"\1", quoted).encode())


def test_the_test_in_javascript_passes(server: str, tmp_path: Path) -> None:
    needs("node")
    (sample,) = code_blocks(page_text("other-languages"), "javascript")
    (tmp_path / "retry.test.mjs").write_text(sample, encoding="utf-8")

    printed = run(["node", "--test", "retry.test.mjs"], server, tmp_path)

    assert re.search(r"^\S+ pass 1$", printed, re.MULTILINE), printed
    assert [one["name"] for one in httpx.get(f"{server}/_mock/sandboxes").json()] == ["default"]


@pytest.mark.parametrize("language", ["java", "csharp"])
def test_the_tests_in_other_languages_use_calls_and_members_that_exist(language: str, server: str) -> None:
    (sample,) = code_blocks(page_text("other-languages"), language)
    checked = {"match": {"method": "PUT"}, "calls": 1, "items": {"created": 1}}

    assert "commit-then-drop" in sample
    assert "/journal/verify" in sample
    assert re.search(r"match\W+(new )?\W*method\W+PUT\W+calls\W+1\W+items\W+(new )?\W*created\W+1\W", sample)
    with httpx.Client(base_url=f"{server}/_mock") as control:
        made = control.post("sandboxes", json={"name": "t-1", "scenarios": ["commit-then-drop"]})
        told = control.post("sandboxes/t-1/journal/verify", json=checked)
    assert (made.status_code, told.status_code) == (201, 409)


def test_a_refusal_reads_as_the_page_of_messages_shows(server: str) -> None:
    (shown,) = code_blocks(page_text("messages"), "json")

    assert httpx.get(f"{server}/_mock/sandboxes/nobody").text == shown.strip()
