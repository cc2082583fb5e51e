"""Hostile calls at a real server: `python -m tests.tools.harden.hostile [--calls 20000] [--seed 7]`.

Nothing may answer 5xx unasked or leave a traceback in the log, and health answers within its limit all the
while. The calls are sent in three rounds, other ones in each, and everything is deleted after each: after the
last there is no more memory than before. In the first, what the server loads when it is first needed comes to
lie among what calls make, and keeps arenas of Python's allocator. The exit code is 1 if one is missed.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import re
import socket
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import islice
from multiprocessing.synchronize import Event
from pathlib import Path
from threading import Lock, get_native_id
from time import perf_counter, sleep
from typing import Any, NamedTuple

import httpx
import yaml

from mockserver.server.process_memory import RELEASE_S
from tests.tools.harden.hostile_calls import FORMATS, Good, HostileCall, Targets, hostile_calls

HEALTH_LIMIT_MS, MEMORY_LIMIT_MIB = 100, 16
_PAUSE_S, _ANSWER_S, _CLIENTS = 0.01, 20, 3
_SETTLED_S = 2 * RELEASE_S
_GIVE_WAY = 10
_VENDORS = ("vba", "guidewire", "pvex", "payt", "xero")
_SCENARIOS = Path("mockserver/scenario/packaged_scenarios")
_NOT_BUILT = 501


class Probe(NamedTuple):
    """One call of health: when it began, and how long it took, in seconds."""

    at: float
    took: float


@dataclass(slots=True)
class Trial:
    """What the calls met: their times, statuses, and 5xx that no rule asked for."""

    times: list[tuple[float, float, str]] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)
    unplanned: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Result:
    """What a trial showed; `memory`: of the server in MiB, at the start and after each round."""

    trial: Trial
    probes: Sequence[Probe]
    memory: Sequence[float]
    log: str

    @property
    def grown(self) -> float:
        """Growth of memory in the last round, in MiB."""
        return self.memory[-1] - max(self.memory[1:-1])

    @property
    def crashes(self) -> list[str]:
        """The last line of each traceback in the log."""
        pattern = r"^Traceback \(most recent call last\):\n(?:[ \n].*\n?)*(.*)"
        return re.findall(pattern, self.log, re.MULTILINE)

    @property
    def slow_probes(self) -> list[Probe]:
        """Calls of health that took too long."""
        return [probe for probe in self.probes if probe.took * 1000 > HEALTH_LIMIT_MS]


def main() -> int:
    """Run the trial; the exit code."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--calls", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    result = run_trial(options.calls, options.seed, rounds=3)
    print(_report(result))
    failed = result.trial.unplanned or result.crashes or result.slow_probes
    return int(bool(failed) or result.grown > MEMORY_LIMIT_MIB)


def run_trial(calls: int, seed: int, *, rounds: int = 1) -> Result:
    """Send so many hostile calls, in each round, to a server of its own."""
    trial, probes = Trial(), list[Probe]()
    with tempfile.TemporaryDirectory() as folder, _serve(Path(folder, "log")) as (process, url):
        with httpx.Client(base_url=url, timeout=60) as client:
            targets = _read_targets(client)
            _load_everything(client, targets)
            memory = [_memory_mib(process.pid)]
            for number in range(rounds):
                with _health_probe(url, probes):
                    _send_all(client, islice(hostile_calls(targets, seed + number), calls), trial)
                _delete_all(client)
                if rounds > 1:
                    sleep(_SETTLED_S)
                memory.append(_memory_mib(process.pid))
        log = Path(folder, "log").read_text()
    return Result(trial, probes, memory, log)


@contextmanager
def _serve(log: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    command = (sys.executable, "-m", "mockserver", "run", "--port", "0", "--print-url", "--log", "text")
    with (
        log.open("w") as stream,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=stream, text=True) as process,  # noqa: S603 - our own
    ):
        assert process.stdout is not None
        try:
            yield process, process.stdout.readline().strip().rstrip("/")
        finally:
            process.terminate()


def _read_targets(client: httpx.Client) -> Targets:
    batches = []
    for vendor in _VENDORS:
        for bad in (0, 2):
            request = {"vendor": vendor, "items": 3, "bad": bad}
            made = client.post("/_mock/sandboxes/default/examples", json=request).raise_for_status().json()
            path = f"/{vendor}{made['path']}"
            batches.append(
                Good(
                    made["method"], path, {"User-Agent": "hostile", **made["headers"]}, made["body"].encode()
                )
            )
    headers = {good.path.split("/")[1]: good.headers for good in batches}
    operations = [
        operation for vendor in _VENDORS for operation in _operations(client, f"/{vendor}", headers[vendor])
    ]
    scenarios = [yaml.safe_load(file.read_text()) for file in sorted(_SCENARIOS.glob("*.yaml"))]
    dump = client.get("/_mock/sandboxes/default/dump").json()
    return Targets(batches, operations, list(_operations(client, "/_mock", {})), scenarios, dump)


def _operations(client: httpx.Client, mount: str, headers: Mapping[str, str]) -> Iterator[Good]:
    """All operations of a spec, with the example of their body."""
    for path, methods in client.get(f"{mount}/openapi.json").json()["paths"].items():
        for method, operation in methods.items():
            if method in ("get", "put", "post", "patch", "delete"):
                content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
                sent = {**headers, "Content-Type": "application/json"} if content else headers
                body = (
                    httpx.Request("POST", "http://x", json=content.get("example", {})).content
                    if content
                    else b""
                )
                yield Good(method.upper(), mount + path, sent, body)


def _load_everything(client: httpx.Client, targets: Targets) -> None:
    """Call everything once, so that most of what a server loads when it is first needed is there."""
    for good in (*targets.batches, *targets.operations):
        for accepted in ("application/json", "application/xml"):
            headers = {**good.headers, "Accept": accepted}
            client.request(good.method, good.path, headers=headers, content=good.body)
    for page in (
        "/_mock/cases",
        *(f"/_mock/sandboxes/default/journal/export?format={one}" for one in FORMATS),
    ):
        client.get(page)
    _delete_all(client)


def _delete_all(client: httpx.Client) -> None:
    for sandbox in client.get("/_mock/sandboxes").json():
        client.delete(f"/_mock/sandboxes/{sandbox['name']}")
    client.post("/_mock/sandboxes/default/reset")
    client.delete("/_mock/sandboxes/default/journal")


def _memory_mib(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    assert found is not None
    return int(found[1]) / 1024


@contextmanager
def _health_probe(url: str, probes: list[Probe]) -> Iterator[None]:
    """Call health all the while in a process of its own; its calls are in `probes` afterwards."""
    context = multiprocessing.get_context("spawn")
    ended, results = context.Event(), context.Queue()
    prober = context.Process(target=_probe_health, args=(url, ended, results))
    prober.start()
    try:
        yield
    finally:
        ended.set()
        probes += (Probe(*probe) for probe in results.get(timeout=30))
        prober.join()


def _probe_health(url: str, ended: Event, results: Any) -> None:
    probes = []
    with httpx.Client(timeout=_ANSWER_S) as client:
        while not ended.wait(_PAUSE_S):
            began = perf_counter()
            with suppress(httpx.TimeoutException):
                client.get(f"{url}/_mock/health").raise_for_status()
            probes.append((began, perf_counter() - began))
    results.put(probes)


def _send_all(client: httpx.Client, calls: Iterator[HostileCall], trial: Trial) -> None:
    turn = Lock()

    def work() -> None:
        os.setpriority(os.PRIO_PROCESS, get_native_id(), _GIVE_WAY)  # to the probe, and to the server
        while True:
            with turn:
                call = next(calls, None)
            if call is None:
                return
            _send(client, call, trial)

    with ThreadPoolExecutor(_CLIENTS) as threads:
        for worker in [threads.submit(work) for _ in range(_CLIENTS)]:
            worker.result()


def _send(client: httpx.Client, call: HostileCall, trial: Trial) -> None:
    began = perf_counter()
    head = _exchange(client, call).partition(b"\r\n\r\n")[0].decode("latin-1")
    trial.times.append((began, perf_counter(), call.label))
    status = head[9:12] if head.startswith("HTTP/1.1 ") else "none"
    trial.statuses[status] += 1
    if status.startswith("5") and not _is_planned(client, call, head):
        trial.unplanned.append(f"{status} {call.label}: {call.request[:300]!r}")


def _exchange(client: httpx.Client, call: HostileCall) -> bytes:
    """The answer to the call, b"" if none comes."""
    received = b""
    try:
        with socket.create_connection((client.base_url.host, client.base_url.port or 0), _ANSWER_S) as wire:
            wire.settimeout(_ANSWER_S)
            wire.sendall(call.request)
            if call.broken:
                wire.shutdown(socket.SHUT_WR)
            while octets := wire.recv(1 << 20):
                received = received if len(received) > 1 << 16 else received + octets
    except OSError:
        return received
    return received


def _is_planned(client: httpx.Client, call: HostileCall, head: str) -> bool:
    """Return whether a rule of a scenario asked for the answer, or the vendor has none for this method."""
    number = re.search(r"^mock-journal: (\d+)", head, re.IGNORECASE | re.MULTILINE)
    sandbox = re.search(rb"^mock-sandbox: ([a-z0-9-]+)", call.request, re.IGNORECASE | re.MULTILINE)
    if number is None or head.startswith(f"HTTP/1.1 {_NOT_BUILT}"):
        return number is not None
    name = sandbox[1].decode() if sandbox else "default"
    entry = client.get(f"/_mock/sandboxes/{name}/journal/{number[1]}")
    if entry.is_error:
        return False
    return bool(entry.json()["applied"])


def _report(result: Result) -> str:
    trial, slow = result.trial, result.slow_probes
    took = sorted(probe.took * 1000 for probe in result.probes)
    slowest = sorted(((end - began, label) for began, end, label in trial.times), reverse=True)
    lines = (
        f"calls: {len(trial.times)}; statuses: {dict(sorted(trial.statuses.items()))}",
        f"5xx that nothing asked for: {len(trial.unplanned)} (0)",
        f"tracebacks in the log: {len(result.crashes)} (0)",
        f"health: {len(took)} calls, worst {took[-1]:.0f} ms, {len(slow)} over {HEALTH_LIMIT_MS} ms (0)",
        f"memory after everything was deleted: {result.grown:+.1f} MiB ({MEMORY_LIMIT_MIB})",
        f"  at the start and after each round: {', '.join(f'{one:.0f}' for one in result.memory)} MiB",
        *(f"  unplanned: {line}" for line in trial.unplanned[:20]),
        *(f"  {count} times: {line[:200]}" for line, count in Counter(result.crashes).most_common(10)),
        *(f"  {count} times open while health was slow: {label}" for label, count in _open_at(trial, slow)),
        *(f"  slow: {seconds:.2f} s {label}" for seconds, label in slowest[:10]),
    )
    return "\n".join(lines)


def _open_at(trial: Trial, slow: list[Probe]) -> list[tuple[str, int]]:
    """Labels of the calls that were open during slow probes, and how often, most often first."""
    spans = [(probe.at, probe.at + probe.took) for probe in slow]
    labels = (
        label for start, stop in spans for began, end, label in trial.times if began < stop and end > start
    )
    return Counter(labels).most_common(15)


if __name__ == "__main__":
    sys.exit(main())
