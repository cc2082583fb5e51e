from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Timer
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from click.testing import CliRunner
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from mockserver import __version__
from mockserver.cli.main import main
from mockserver.errors import MockServerError
from mockserver.server import application
from mockserver.server.application import Application, Options, create_app
from mockserver.server.forwarding import ForwardRules
from mockserver.server.serving import (
    ReloadingApp,
    Serving,
    banner_lines,
    changed_files,
    process_age_s,
    stamps_of,
    stop_signals,
    watch,
    workers_config,
)
from tests.any_files.support import write_files
from tests.control.operators import SANDBOXES, create, order, orders
from tests.support import sample_vendor
from tests.support.client import Client
from tests.support.server_process import COMMAND, STOP_S, serve_process

PATIENCE_S = 60
HANGING = (
    b"GET /xero/connections HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer any\r\n"
    b"Mock-Scenario: no-response\r\n\r\n"
)


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_the_server_without_a_word(sign: signal.Signals) -> None:
    with subprocess.Popen(COMMAND, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own command line
        assert process.stdout is not None
        httpx.get(f"{process.stdout.readline().strip()}_mock/health").raise_for_status()

        process.send_signal(sign)
        _, result = process.communicate(timeout=STOP_S)

    assert (process.returncode, result) == (0, "")


def test_a_server_that_stops_ends_the_run_of_its_console() -> None:
    source = """
from mockserver.cli.main import main
from mockserver.console.contract_run import ContractRun
ContractRun.close = lambda _run: print("run ended")
main(["run", "--port", "0", "--print-url", "--log", "off"])
"""
    with subprocess.Popen([sys.executable, "-c", source], stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own program
        assert process.stdout is not None
        httpx.get(f"{process.stdout.readline().strip()}_mock/health").raise_for_status()

        process.terminate()

        assert process.communicate(timeout=STOP_S)[0] == "run ended\n"


def test_the_banner_tells_the_age_of_the_process() -> None:
    source = """
from mockserver.cli.main import main
from mockserver.server import serving
serving.process_age_s = lambda: 12.34
main(["run", "--port", "0", "--log", "off"])
"""
    with subprocess.Popen([sys.executable, "-c", source], stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own program
        assert process.stdout is not None
        line = process.stdout.readline()

        process.terminate()

        assert " ready in 12.3 s " in line
        process.communicate(timeout=STOP_S)


def test_the_age_of_a_process_includes_its_imports_and_the_start_of_python() -> None:
    program = (
        "import time; began = time.perf_counter(); from mockserver.server.serving import process_age_s;"
        "print(time.perf_counter() - began, process_age_s())"
    )
    began = perf_counter()
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)  # noqa: S603 - our own
    whole = perf_counter() - began

    imports, age = map(float, done.stdout.split())
    assert imports < age < whole + 0.02, "the system counts in hundredths of a second"


def test_the_age_of_a_process_is_its_cpu_where_the_system_does_not_tell(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delattr(time, "CLOCK_BOOTTIME", raising=False)
    before = time.process_time()

    assert before <= process_age_s() <= time.process_time()


def test_a_signal_stops_the_server_whatever_hangs() -> None:
    with subprocess.Popen(COMMAND, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own command line
        assert process.stdout is not None
        url = urlsplit(process.stdout.readline().strip())
        with socket.create_connection((url.hostname, url.port), STOP_S) as wire:
            wire.sendall(HANGING)
            while not httpx.get(f"{url.geturl()}_mock/sandboxes/default/journal").json():
                pass

            process.terminate()
            _, result = process.communicate(timeout=STOP_S)

            assert (process.returncode, result, wire.recv(1)) == (0, "", b"")


def test_a_uvicorn_that_is_built_otherwise_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(HttpToolsProtocol, "_start_asgi_task")

    result = CliRunner().invoke(main, ["run", "--port", "0"])

    assert result.exit_code == 2
    assert "this uvicorn has no _start_asgi_task" in result.stderr


def test_a_server_that_listens_refuses_a_foreign_host_and_answers_to_one_that_is_let_in() -> None:
    with serve_process("--vendor", "vba", "--allow-host", "mock.test") as url:
        statuses = [
            httpx.get(f"{url}/_mock/vendors", headers={"host": host}).status_code
            for host in ("evil.example", "mock.test:8080")
        ]

    assert statuses == [403, 200]


@pytest.mark.parametrize(
    ("host", "token", "made"),
    [("0.0.0.0", "", True), ("0.0.0.0", "sesame", False), ("127.0.0.1", "", False)],  # noqa: S104
)
def test_a_server_that_others_can_reach_makes_a_token_unless_one_is_set(
    host: str, token: str, *, made: bool
) -> None:
    with started("--host", host, "--vendor", "xero", MOCKSERVER_CONTROL_TOKEN=token) as (process, url):
        status = httpx.get(f"{url}_mock/sandboxes").status_code
        _, errors = stop(process)

    assert ("control token for other machines: " in errors, status) == (made, 401 if token else 200)


@contextmanager
def started(*options: str, **variables: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server, and the first line that it printed."""
    with subprocess.Popen(  # noqa: S603 - our own command line
        [*COMMAND, *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **variables},
    ) as process:
        assert process.stdout is not None
        patience = Timer(PATIENCE_S, process.kill)  # whoever reads from it then reads the end
        patience.start()
        try:
            yield process, process.stdout.readline().strip()
        finally:
            patience.cancel()
            process.kill()


def stop(process: subprocess.Popen[str], sign: signal.Signals = signal.SIGINT) -> tuple[int, str]:
    """Send a signal; return the exit status and what was printed to stderr."""
    process.send_signal(sign)
    _, errors = process.communicate(timeout=STOP_S)
    return process.returncode, errors


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_the_state_is_saved_at_the_end_and_loaded_at_the_next_start(
    tmp_path: Path, sign: signal.Signals
) -> None:
    file = tmp_path / "state.json"
    options = ("--vendor", "xero", "--state", str(file))
    with started(*options) as (process, url):
        made = httpx.post(f"{url}_mock/sandboxes", json={"name": "qa", "freeze": "2026-01-05T09:00:00Z"})
        assert (made.status_code, file.exists()) == (201, False)
        assert stop(process, sign) == (0, "")

    with started(*options) as (process, url):
        clock = httpx.get(f"{url}_mock/sandboxes/qa/clock").json()
        assert stop(process) == (0, "")

    assert clock["at"] == "2026-01-05T09:00:00Z"


def test_https_is_served_with_the_authority_in_the_folder(tmp_path: Path) -> None:
    options = ("--vendor", "xero", "--tls", "--tls-dir", str(tmp_path), "--allow-host", "mock.test")
    with started(*options) as (process, url):
        trust = ssl.create_default_context(cafile=tmp_path / "ca.pem")
        with httpx.Client(verify=trust) as client:
            health = client.get(f"{url}_mock/health")
            case = client.post(f"{url}_mock/sandboxes/default/cases/148-reset/run", json={"vendor": "xero"})
            lost = {"authorization": "Bearer any", "mock-scenario": "reset"}
            with pytest.raises(httpx.TransportError):
                client.get(f"{url}xero/connections", headers=lost)
            with pytest.raises(httpx.ConnectError):
                httpx.get(f"{url}_mock/health")
        assert (url.startswith("https://127.0.0.1:"), health.status_code) == (True, 200)
        assert case.json()["passed"], case.text
        assert stop(process) == (0, "")


def test_a_port_that_another_server_has_is_exit_5_and_names_it() -> None:
    with started("--vendor", "xero") as (process, url):
        # The first answer takes longest, and whoever asks for a name waits for a second only.
        httpx.get(f"{url}_mock/health")
        port = url.rstrip("/").rpartition(":")[2]
        result = CliRunner().invoke(main, ["run", "--vendor", "xero", "--port", port])
        assert stop(process) == (0, "")

    assert (result.exit_code, result.stdout) == (5, "")
    assert f"error: port {port} is taken by another mockserver ({__version__}, up " in result.stderr
    assert f"   or: mockserver health {url.rstrip('/')}\n" in result.stderr


def test_the_ready_file_is_there_while_the_server_listens(tmp_path: Path) -> None:
    file = tmp_path / "ready"
    with started("--vendor", "xero", "--ready-file", str(file)) as (process, url):
        httpx.get(f"{url}_mock/health").raise_for_status()
        content = file.read_text(encoding="utf-8")
        assert stop(process) == (0, "")

    assert (content, file.exists()) == (f"{url}\n", False)


def scenario(name: str) -> str:
    return f"""\
version: 1
name: {name}
rules: [{{id: r, items: [{{select: {{key: Z}}, effect: {{fail: {{code: internal}}}}}}]}}]
"""


def test_a_scenario_that_changes_is_loaded_again(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(scenario("a"), encoding="utf-8")
    with started("--vendor", "xero", "--scenario", str(file), "--watch") as (process, url):
        assert process.stderr is not None
        file.write_text(scenario("a").replace("version: 1", "version: 2"), encoding="utf-8")
        broken = [process.stderr.readline() for _ in range(3)]
        file.write_text(scenario("b"), encoding="utf-8")
        reloaded = process.stderr.readline()
        names = [one["name"] for one in httpx.get(f"{url}_mock/sandboxes/default/scenarios").json()]
        assert stop(process) == (0, "")

    assert [broken[1], reloaded, names] == [
        f"   at: {file}:1:10: /version\n",
        f"reloaded: {file}\n",
        ["b"],
    ], broken


@pytest.mark.parametrize(
    ("options", "name", "page"), [((), "console: ", "/_console/"), (("--no-console",), "docs: ", "/xero/ui/")]
)
def test_the_banner_shows_the_address_of_a_page_that_is_there(
    options: tuple[str, ...], name: str, page: str
) -> None:
    command = [*(word for word in COMMAND if word != "--print-url"), "--vendor", "xero", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own
        try:
            assert process.stdout is not None
            process.stdout.readline()
            address = process.stdout.readline().rpartition(name)[2].strip()
            status = httpx.get(address).status_code
        finally:
            process.terminate()

    assert (address.endswith(page), status) == (True, 200)


def test_signals_that_a_platform_lacks_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(signal, "SIGTERM")
    monkeypatch.setattr(signal, "SIGBREAK", 21, raising=False)

    assert stop_signals() == [21]


def test_a_worker_has_its_control_plane_before_it_takes_calls(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built: list[Any] = []
    build = application._control_plane  # noqa: SLF001

    def noted(*parts: Any) -> Any:
        built.append(parts)
        return build(*parts)

    monkeypatch.setattr(application, "_control_plane", noted)
    sample_vendor.write_spec(tmp_path)
    options = Options(specs=(tmp_path,), vendors=(sample_vendor.NAME,))
    worker: Any = workers_config(options, 2, "off", None, ()).app
    order: list[tuple[str, int]] = []

    async def receive() -> Any:
        return {}

    async def send(message: Any) -> None:
        order.append((message["type"], len(built)))

    asyncio.run(worker()({"type": "lifespan"}, receive, send))

    assert order == [("lifespan.startup.complete", 1), ("lifespan.shutdown.complete", 1)]


DEFAULT = f"{SANDBOXES}/default"


def changed_scenario(code: str = "internal", name: str = "flaky", **members: Any) -> str:
    effect = {"fail": {"code": code}}
    rules = [{"id": "r1", "items": [{"select": {"key": "Z"}, "effect": effect}]}]
    return json.dumps({"version": 1, "name": name, "rules": rules, **members})


class Running:
    """A server with a spec, a scenario and fixtures in files."""

    def __init__(self, folder: Path) -> None:
        self.specs, self.scenario, self.fixtures = folder / "specs", folder / "a.yaml", folder / "dump.json"
        self.specs.mkdir()
        sample_vendor.write_spec(self.specs)
        self.scenario.write_text(changed_scenario(), encoding="utf-8")
        self.fixtures.write_text('{"acme/": {"orders": {"F": {"id": "F", "amount": 1}}}}', encoding="utf-8")
        self.options = Options(
            specs=(self.specs,),
            vendors=("acme",),
            scenario_files=(self.scenario,),
            fixtures_file=self.fixtures,
        )
        self.errors: list[MockServerError] = []
        self.app = ReloadingApp(create_app(self.options), self.options, self.errors.append)

    @property
    def client(self) -> Client:
        return Client(self.app, {"host": "127.0.0.1", "authorization": "Bearer abc"})

    def change(self, file: Path, text: str) -> None:
        file.write_text(text, encoding="utf-8")
        self.app.reload([file])


@pytest.fixture
def running(tmp_path: Path) -> Running:
    return Running(tmp_path)


def status_of(client: Client, key: str, sandbox: str = "default") -> Any:
    return order(client, key, sandbox=sandbox).json["results"][0]["status"]


def test_everything_that_it_is_built_from_is_watched(running: Running) -> None:
    assert running.options.start_files == (running.specs, running.scenario, running.fixtures)


def test_a_changed_scenario_replaces_the_old_one_in_every_sandbox(
    running: Running, capsys: pytest.CaptureFixture[str]
) -> None:
    create(running.client)

    running.change(running.scenario, changed_scenario().replace('"Z"', '"Y"'))

    for sandbox in ("default", "new", "newer"):
        assert [status_of(running.client, key, sandbox) for key in ("Y", "Z")] == [500, 201]
    assert capsys.readouterr().err == f"reloaded: {running.scenario}\n"


def test_state_and_journal_survive_the_reload_of_a_scenario(running: Running) -> None:
    order(running.client, "A", sandbox="default")

    running.change(running.scenario, changed_scenario("not_found"))

    assert orders(running.client, "default") == ["A", "F"]
    assert running.client.get("/acme/orders").headers["mock-journal"] == "3"


def test_a_scenario_that_was_disarmed_stays_so(running: Running) -> None:
    running.client.put(f"{DEFAULT}/scenarios/flaky?armed=false", content=changed_scenario().encode())

    running.change(running.scenario, changed_scenario(description="changed"))

    [shown] = running.client.get(f"{DEFAULT}/scenarios").json
    assert (shown["armed"], shown["description"]) == (False, "changed")


def test_a_scenario_of_another_name_takes_the_place_of_the_old_one(running: Running) -> None:
    running.change(running.scenario, changed_scenario(name="other"))

    assert [one["name"] for one in running.client.get(f"{DEFAULT}/scenarios").json] == ["other"]


def test_a_scenario_that_has_not_changed_keeps_its_counts(running: Running) -> None:
    status_of(running.client, "Z")

    running.change(running.fixtures, '{"acme/": {"orders": {}}}')

    assert running.client.get(f"{DEFAULT}/scenarios/flaky").json["hits"] == 1


def test_changed_fixtures_are_those_of_new_sandboxes_and_resets(running: Running) -> None:
    running.change(running.fixtures, '{"acme/": {"orders": {"G": {"id": "G", "amount": 1}}}}')

    assert (orders(running.client, "default"), orders(running.client, "new")) == (["F"], ["G"])
    running.client.post(f"{DEFAULT}/reset")
    assert orders(running.client, "default") == ["G"]


def test_a_changed_spec_is_served_on_the_state_that_was_there(running: Running) -> None:
    changed = sample_vendor.changed_document("/components/schemas/Order/properties/amount/minimum", 5)

    running.change(running.specs / "acme.yaml", json.dumps(changed))

    assert (orders(running.client, "default"), status_of(running.client, "A")) == (["F"], 422)


def test_the_uptime_goes_on(running: Running) -> None:
    started = running.app.current.lasting.started

    running.change(running.scenario, changed_scenario("not_found"))

    assert running.app.current.lasting.started == started


@pytest.mark.parametrize(
    ("chosen", "text"),
    [
        (lambda running: running.scenario, "version: 9"),
        (lambda running: running.fixtures, '{"acme/": 5}'),
        (lambda running: running.specs / "acme.yaml", "openapi: 2"),
        (lambda running: running.specs / "acme.yaml", "openapi: ["),
    ],
)
def test_a_broken_file_is_reported_and_the_old_one_stays(
    running: Running, chosen: Callable[[Running], Path], text: str
) -> None:
    running.change(chosen(running), text)

    assert (len(running.errors), status_of(running.client, "Z")) == (1, 500)


def test_a_file_that_is_gone_is_reported_and_the_old_one_stays(running: Running) -> None:
    running.scenario.unlink()
    running.app.reload([running.scenario])

    assert "cannot read the file" in str(running.errors[0])
    assert status_of(running.client, "Z") == 500


def test_a_file_that_is_mended_is_used(running: Running) -> None:
    running.change(running.scenario, "version: 9")
    running.change(running.scenario, changed_scenario().replace('"Z"', '"Y"'))

    assert [status_of(running.client, key) for key in ("Y", "Z")] == [500, 201]


def write_again(file: Path) -> None:
    file.write_text("two", encoding="utf-8")
    os.utime(file, ns=(0, 0))


@pytest.mark.parametrize(
    ("touch", "is_changed"),
    [
        (lambda file: file.write_text("other", encoding="utf-8"), True),
        (write_again, True),
        (Path.unlink, True),
        (Path.read_bytes, False),
    ],
    ids=["another size", "the same size", "gone", "read"],
)
def test_a_file_has_another_stamp_when_it_changes(
    tmp_path: Path, touch: Callable[[Path], Any], *, is_changed: bool
) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("one", encoding="utf-8")
    before = stamps_of([file])

    touch(file)

    assert changed_files(before, stamps_of([file])) == [file] * is_changed


def test_specs_that_are_added_and_removed_are_changes_of_their_folder(tmp_path: Path) -> None:
    old, new, other = (tmp_path / name for name in ("old.yaml", "new.yaml", "notes.txt"))
    old.touch()
    before = stamps_of([tmp_path])

    old.unlink()
    new.touch()
    other.touch()

    assert changed_files(before, stamps_of([tmp_path])) == [new, old]


def watched_until(
    places: Callable[[], list[Path]],
    used: Any,
    first: Callable[[], Any],
    is_end: Callable[[list[Path]], bool],
) -> None:
    """Watch the places whose stamps were `used`; do something `first`; end with the change that `is_end`."""

    async def watching() -> None:
        loop, ended = asyncio.get_running_loop(), asyncio.Event()

        def reload(changed: list[Path]) -> None:
            if is_end(changed):
                loop.call_soon_threadsafe(ended.set)

        task = asyncio.create_task(watch(places, used, reload, pause_s=0.01))
        first()
        await ended.wait()
        task.cancel()

    asyncio.run(asyncio.wait_for(watching(), 10))


@pytest.mark.parametrize("writes", [1, 3])
def test_a_change_is_reloaded_once_it_rests(tmp_path: Path, writes: int) -> None:
    file = tmp_path / "a.yaml"
    file.touch()
    reloaded: list[tuple[list[Path], str]] = []

    def change() -> None:
        for number in range(writes):
            file.write_text("x" * (number + 1), encoding="utf-8")

    def noted(changed: list[Path]) -> bool:
        reloaded.append((changed, file.read_text(encoding="utf-8")))
        return True

    watched_until(lambda: [file], stamps_of([file]), change, noted)

    assert reloaded == [([file], "x" * writes)]


def test_a_change_between_the_first_reading_and_the_watching_is_noticed(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.touch()
    used = stamps_of([file])
    file.write_text("changed", encoding="utf-8")
    noticed: list[list[Path]] = []

    def noted(changed: list[Path]) -> bool:
        noticed.append(changed)
        return True

    watched_until(lambda: [file], used, lambda: None, noted)

    assert noticed == [[file]]


def test_a_file_that_a_reload_has_met_first_is_watched_from_then_on(tmp_path: Path) -> None:
    root, part = tmp_path / "a.yaml", tmp_path / "part.yaml"
    root.touch()
    used = stamps_of([root])
    found: list[list[Path]] = []
    rounds = iter(range(100))

    def places() -> list[Path]:
        if found and next(rounds) == 1:
            part.write_text("changed", encoding="utf-8")
        return [root, part] if found else [root]

    def noted(changed: list[Path]) -> bool:
        found.append(changed)
        part.touch()
        return part in changed

    watched_until(places, used, lambda: root.write_text("changed", encoding="utf-8"), noted)

    assert found == [[root], [part]]


URL = "http://127.0.0.1:8080/"


@pytest.fixture
def app(tmp_path: Path) -> Application:
    return sample_vendor.create_application(tmp_path)


def test_the_banner_counts_how_the_operations_of_an_own_api_are_answered(tmp_path: Path) -> None:
    file = write_files("bulk-207", tmp_path)
    own = create_app(Options(files=(file,), vendors=("shop",)))

    assert list(banner_lines(own, Options(), Serving(), URL, 0))[2] == (
        "  shop: 1 batch, 5 stored, 0 by example; mockserver spec explain FILE says why"
    )


HEAD = f"mockserver {__version__} ready in 0.9 s     {URL}"
CONSOLE = f"  /acme        console: {URL}_console/"
STRICT = (
    "  sandbox default · auth strict · clock frozen at 2026-01-05T09:00:00Z"
    " · store memory, saved to state.json at the end        Ctrl-C stops"
)
SETTINGS = "  sandbox default · auth lenient · clock system · store memory        Ctrl-C stops"


@pytest.mark.parametrize(
    ("options", "serving", "lines"),
    [
        ({}, {}, [HEAD, CONSOLE, SETTINGS]),
        (
            {"forward": ForwardRules("http://127.0.0.1:1")},
            {},
            ["\x1b[33m\x1b[1mall calls go to http://127.0.0.1:1\x1b[0m", HEAD, CONSOLE, SETTINGS],
        ),
        ({"console": False}, {}, [HEAD, f"  /acme        docs: {URL}acme/ui/", SETTINGS]),
        (
            {"strict_auth": True, "freeze": "2026-01-05T09:00:00Z"},
            {"state_file": Path("state.json")},
            [
                HEAD,
                CONSOLE,
                STRICT,
            ],
        ),
        (
            {"foreign_token": "made-1"},
            {"host": "10.0.0.1"},
            [
                HEAD,
                CONSOLE,
                SETTINGS,
                "  control token for other machines: made-1   (MOCKSERVER_CONTROL_TOKEN sets one)",
            ],
        ),
        (
            {},
            {"host": "0.0.0.0"},  # noqa: S104 - nothing listens
            [
                HEAD,
                CONSOLE,
                SETTINGS,
                "  listens on all addresses; --allow-host NAME lets other machines use the control plane",
            ],
        ),
        (
            {},
            {"tls_dir": Path(".mockserver")},
            [HEAD, CONSOLE, SETTINGS, f"  try: curl --cacert .mockserver/ca.pem {URL}_mock/health"],
        ),
        (
            {"specs": (Path("specs"),), "files": (Path("a.yaml"),)},
            {"watch": True},
            [HEAD, CONSOLE, SETTINGS, "  watches specs, a.yaml"],
        ),
    ],
    ids=["usual", "forward", "no console", "settings", "token", "all addresses", "https", "watches"],
)
def test_the_banner_tells_the_address_the_vendors_and_what_differs(
    app: Application, options: dict[str, Any], serving: dict[str, Any], lines: list[str]
) -> None:
    assert list(banner_lines(app, Options(**options), Serving(**serving), URL, 0.94)) == lines
