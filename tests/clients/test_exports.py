"""What the journal exports, run by what it was written for: a shell with curl, and pytest."""

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

from tests.support import sample_vendor
from tests.support.server_process import serve_process

JSON = {"content-type": "application/json"}
ORDERS = b'{"orders": [{"id": "A", "amount": 1.50}, {"id": "", "amount": 1}]}'
NEEDS_CURL = pytest.mark.skipif(
    shutil.which("curl") is None or shutil.which("bash") is None, reason="there is no curl or no bash"
)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("specs")
    sample_vendor.write_spec(folder)
    with serve_process("--specs", str(folder), "--vendor", sample_vendor.NAME) as url:
        yield url


class Sandbox:
    """A sandbox of its own, by name."""

    def __init__(self, url: str, name: str) -> None:
        self.url, self.name = url, name
        self.client = httpx.Client(base_url=url, trust_env=False)
        self.journal = f"/_mock/sandboxes/{name}/journal"

    def send(self, method: str, target: str, headers: dict[str, str], content: bytes) -> str:
        """Make a call; the path of its entry."""
        raw = httpx.URL(self.url).copy_with(raw_path=target.encode())
        named = {"authorization": "Bearer abc", "mock-sandbox": self.name, **headers}
        answered = self.client.send(httpx.Request(method, raw, headers=named, content=content))
        return f"{self.journal}/{answered.headers['mock-journal']}"

    def names(self) -> list[str]:
        """The sandboxes that are there."""
        return [one["name"] for one in self.client.get("/_mock/sandboxes").json()]

    def exported(self, entry: str, form: str) -> str:
        """The entry as the form has it, with its credentials."""
        answered = self.client.get(f"{entry}/export", params={"format": form, "secrets": "shown"})
        assert answered.status_code == 200, answered.text
        return answered.text

    def asked(self, number: int) -> Any:
        """What the call of that number asked."""
        entry = self.client.get(f"{self.journal}/{number}", params={"secrets": "shown"}).json()
        har = self.client.get(f"{self.journal}/{number}/export?format=har&secrets=shown").json()
        return {
            **{name: entry[name] for name in ("method", "path", "query", "status", "outcomes")},
            "headers": entry["request"]["headers"],
            "body": har["log"]["entries"][0]["request"].get("postData"),
        }


@pytest.fixture
def sandbox(url: str, request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    name = re.sub("[^a-z0-9]+", "-", request.node.name.lower())[-60:]
    sandbox = Sandbox(url, name)
    with sandbox.client:
        sandbox.client.post("/_mock/sandboxes", json={"name": name}).raise_for_status()
        yield sandbox


CALLS = {
    "plain": ("PUT", "/acme/orders", JSON, ORDERS),
    "quotes": (
        "PUT",
        "/acme/orders",
        JSON,
        b"""{"orders": [{"id": "it's \\"quoted\\" \\\\", "amount": 1}]}""",
    ),
    "accents-and-lines": (
        "PUT",
        "/acme/orders",
        JSON,
        '{"orders":\n\t[{"id": "é 発", "amount": 1}]}\r\n'.encode(),
    ),
    "at-sign": ("PUT", "/acme/orders", JSON, b"@/etc/hostname"),
    "binary": ("PUT", "/acme/orders", {"content-type": "application/octet-stream"}, bytes(range(256))),
    "large": ("PUT", "/acme/orders", JSON, b'{"orders": [' + b" " * 200_000 + b"]}"),
    "no-body": ("GET", "/acme/orders?a=%5B1%5D&b=it's", {}, b""),
    "odd-path": ("GET", "/acme/orders/a%2Fb/../%C3%A9%20{x}[1-3]", {}, b""),
    "odd-headers": (
        "GET",
        "/acme/orders",
        {"x-empty": "", "x-quote": 'it\'s "$HOME" `id`', "accept": "a/b"},
        b"",
    ),
    "head": ("HEAD", "/acme/orders", {}, b""),
}


@NEEDS_CURL
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_the_command_of_a_call_sends_the_same_bytes_again(
    sandbox: Sandbox, tmp_path: Path, call: tuple[str, str, dict[str, str], bytes]
) -> None:
    file = tmp_path / "call.sh"
    file.write_text(sandbox.exported(sandbox.send(*call), "command"))

    done = subprocess.run(["bash", str(file)], capture_output=True, timeout=20, check=False)  # noqa: S603, S607

    assert (done.returncode, done.stderr) == (0, b"")
    before, after = sandbox.asked(1), sandbox.asked(2)
    assert {**after, "outcomes": None} == {**before, "outcomes": None}


@NEEDS_CURL
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_script_shows_the_same_outcomes(
    sandbox: Sandbox, tmp_path: Path, call: tuple[str, str, dict[str, str], bytes]
) -> None:
    script = sandbox.exported(sandbox.send(*call), "curl")

    done = run_script(script, sandbox.url, tmp_path)

    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert done.stdout.startswith("same  1 ")
    assert not [name for name in sandbox.names() if name.startswith("story-")]


@NEEDS_CURL
def test_a_script_of_an_answer_that_is_another_now_fails(sandbox: Sandbox, tmp_path: Path) -> None:
    script = sandbox.exported(sandbox.send("PUT", "/acme/orders", JSON, ORDERS), "curl")

    done = run_script(
        script.replace('"amount": 1}', '"amount": -1}').replace('"A"', '""'), sandbox.url, tmp_path
    )

    assert (done.returncode, done.stdout.count("other")) == (1, 1)


@NEEDS_CURL
def test_a_script_without_a_server_says_so(sandbox: Sandbox, tmp_path: Path) -> None:
    script = sandbox.exported(sandbox.send("PUT", "/acme/orders", JSON, ORDERS), "curl")

    done = run_script(script, "http://127.0.0.1:1", tmp_path)

    assert (done.returncode, "no mockserver answers at http://127.0.0.1:1" in done.stderr) == (3, True)


def run_script(script: str, url: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run an exported script from a folder with a space in its name."""
    file = folder / "a folder" / "story.sh"
    file.parent.mkdir()
    file.write_text(script, encoding="utf-8")
    environment = {**os.environ, "MOCKSERVER_URL": url}
    return subprocess.run(  # noqa: S603 - our own export
        ["sh", str(file)],  # noqa: S607
        env=environment,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )


def test_a_test_that_was_exported_passes_on_a_server_that_answers_so(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    source = sandbox.exported(sandbox.send("PUT", "/acme/orders", JSON, ORDERS), "pytest")
    before = sandbox.names()

    assert "1 passed" in run_test(source, sandbox.url, tmp_path)
    assert sandbox.names() == before


def test_a_test_fails_where_an_item_ends_otherwise(sandbox: Sandbox, tmp_path: Path) -> None:
    source = sandbox.exported(sandbox.send("PUT", "/acme/orders", JSON, ORDERS), "pytest")

    assert "1 failed" in run_test(source.replace('"id": ""', '"id": "B"'), sandbox.url, tmp_path)


def test_a_test_of_a_lost_answer_wants_it_lost(sandbox: Sandbox, tmp_path: Path) -> None:
    with pytest.raises(httpx.TransportError):
        sandbox.send("PUT", "/acme/orders", {**JSON, "mock-scenario": "reset"}, ORDERS)
    source = sandbox.exported(f"{sandbox.journal}/1", "pytest")

    assert "1 passed" in run_test(source, sandbox.url, tmp_path)
    assert "DID NOT RAISE" in run_test(
        source.replace("(b'mock-scenario', b'reset'),", ""), sandbox.url, tmp_path
    )


def test_a_test_of_an_armed_scenario_arms_it(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.send("GET", "/acme/orders", {}, b"")
    failing = {"select": {"key": "A"}, "effect": {"fail": {"code": "locked"}}}
    scenario = {"version": 1, "name": "locked-a", "rules": [{"id": "r1", "items": [failing]}]}
    armed = sandbox.client.put(f"/_mock/sandboxes/{sandbox.name}/scenarios/locked-a", json=scenario)
    assert armed.is_success, armed.text
    source = sandbox.exported(sandbox.send("PUT", "/acme/orders", JSON, ORDERS), "pytest")

    assert "('A', 'rejected')" in source
    assert "1 passed" in run_test(source, sandbox.url, tmp_path)


def run_test(source: str, url: str, folder: Path) -> str:
    """Run the test in the source in a process of its own; what pytest says."""
    file = folder / "test_story.py"
    file.write_text(source, encoding="utf-8")
    done = subprocess.run(  # noqa: S603 - our own export
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", os.devnull, str(file)],
        env={**os.environ, "MOCKSERVER_URL": url, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.stdout + done.stderr
