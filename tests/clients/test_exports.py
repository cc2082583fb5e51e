"""What the journal hands on, run by what it was written for: bash with curl, and pytest."""

from __future__ import annotations

import re
import shutil
import subprocess
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
def test_curl_sends_the_same_bytes_again(
    sandbox: Sandbox, tmp_path: Path, call: tuple[str, str, dict[str, str], bytes]
) -> None:
    file = tmp_path / "call.sh"
    file.write_text(sandbox.exported(sandbox.send(*call), "curl"))

    done = subprocess.run(["bash", str(file)], capture_output=True, timeout=20, check=False)  # noqa: S603, S607

    assert (done.returncode, done.stderr) == (0, b"")
    before, after = sandbox.asked(1), sandbox.asked(2)
    assert {**after, "outcomes": None} == {**before, "outcomes": None}


def test_a_test_that_was_exported_passes_on_a_server_that_answers_so(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOCKSERVER_URL", sandbox.url)
    source = sandbox.exported(sandbox.send("PUT", "/acme/orders", JSON, ORDERS), "pytest")
    before = sandbox.names()

    _run(source)

    assert sandbox.names() == before


def test_a_test_that_was_exported_runs_against_the_server_that_it_comes_from(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MOCKSERVER_URL", raising=False)

    _run(sandbox.exported(sandbox.send("PUT", "/acme/orders", JSON, ORDERS), "pytest"))

    assert sandbox.client.get(sandbox.journal).json()[0]["number"] == 1


def test_a_test_of_a_later_call_says_that_the_earlier_ones_are_missing(sandbox: Sandbox) -> None:
    sandbox.send("PUT", "/acme/orders", JSON, ORDERS)
    entry = sandbox.send("PUT", "/acme/orders", JSON, ORDERS)

    assert "in a sandbox of its own, without the calls before it:" in sandbox.exported(entry, "pytest")


@pytest.mark.parametrize("host", ['x")+exit("', "x{y}", "a b"])
def test_no_host_of_a_call_is_run_as_python(sandbox: Sandbox, host: str) -> None:
    entry = sandbox.send("PUT", "/acme/orders", {**JSON, "host": host}, ORDERS)

    source = sandbox.exported(entry, "pytest")

    assert 'get("MOCKSERVER_URL", "http://127.0.0.1:8080")' in source
    assert host not in source


def test_a_test_that_was_exported_fails_where_an_item_ends_otherwise(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOCKSERVER_URL", sandbox.url)
    source = sandbox.exported(sandbox.send("PUT", "/acme/orders", JSON, ORDERS), "pytest")

    with pytest.raises(AssertionError):
        _run(source.replace('"id": ""', '"id": "B"'))


def test_a_test_of_a_lost_answer_wants_it_lost(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOCKSERVER_URL", sandbox.url)
    with pytest.raises(httpx.TransportError):
        sandbox.send("PUT", "/acme/orders", {**JSON, "mock-scenario": "reset"}, ORDERS)
    source = sandbox.exported(f"{sandbox.journal}/1", "pytest")

    _run(source)

    with pytest.raises(pytest.fail.Exception, match="DID NOT RAISE"):
        _run(source.replace("(b'mock-scenario', b'reset'),", ""))


def test_a_test_of_an_armed_scenario_arms_it(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOCKSERVER_URL", sandbox.url)
    sandbox.send("GET", "/acme/orders", {}, b"")
    failing = {"select": {"key": "A"}, "effect": {"fail": {"code": "locked"}}}
    scenario = {"version": 1, "name": "locked-a", "rules": [{"id": "r1", "items": [failing]}]}
    armed = sandbox.client.put(f"/_mock/sandboxes/{sandbox.name}/scenarios/locked-a", json=scenario)
    assert armed.is_success, armed.text
    source = sandbox.exported(sandbox.send("PUT", "/acme/orders", JSON, ORDERS), "pytest")

    _run(source)

    assert "['A', 'rejected']" in source


def _run(source: str) -> None:
    """Run the one test in the source in this process."""
    names: dict[str, Any] = {}
    exec(source, names)  # noqa: S102 - our own export
    next(made for name, made in names.items() if name.startswith("test_"))()
