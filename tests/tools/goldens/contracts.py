"""What the contract suite comes to: its report, and every call that it makes."""

from __future__ import annotations

import http.client
import os
import re
from typing import Any

from click.testing import Result

import mockserver
from tests.contract.foreign import test_foreign_servers as foreign
from tests.tools.goldens.door import Recording, Traffic, run_command, shown_body

_SEEDS = ("7", "42", "2026")
_SERVERS = {
    "bare": "strict",
    "starlette": "kind",
    "flask": "payees",
    "north": "north",
    "payt": "payt",
}


def record_vendor(recording: Recording, vendor: str) -> None:
    """Test the vendor's own server, which the command starts in this process."""
    traffic = Traffic()
    traffic.watch(mockserver.Application)
    for seed in _SEEDS:
        options = ("--quick", "--seed", seed, "--workers", "1")
        recording.write(f"{seed}.json.txt", run_command("contract", vendor, *options, "--json"))
        lines = [line for one in traffic.take() for line in _lines(one)]
        recording.write(f"{seed}.calls.txt", "\n".join(lines))
    stateful = ("--quick", "--phase", "stateful", "--seed", _SEEDS[0], "--workers", "1", "--quiet")
    recording.write("stateful.txt", run_command("contract", vendor, *stateful))


def _lines(call: dict[str, Any]) -> list[str]:
    return [
        call["call"],
        f"  > {' | '.join(call['headers'])}",
        f"  > {call['sent']}",
        f"  < {call.get('status')} {' | '.join(call.get('answered headers', ()))}",
        f"  < {call['answered']}",
    ]


def record_foreign(recording: Recording) -> None:
    """Test the servers of other makers, without faults."""
    os.environ["MOCKSERVER_CONTRACT_WORKERS"] = "1"
    sent = _watch_sockets()
    for name, serve in _SERVERS.items():
        for seed in _SEEDS:
            sent.clear()
            result = foreign.run_suite(serve, "--quick", "--seed", seed, "--json")
            recording.write(f"{name}-{seed}.json.txt", _printed(result))
            # Calls that are under way together are sent in any order, and now and then one of them again.
            recording.write(f"{name}-{seed}.sent.txt", "\n".join(sorted(set(map(shown_body, sent)))))


def record_faults(recording: Recording) -> None:
    """Test the servers of other makers with one fault each."""
    os.environ["MOCKSERVER_CONTRACT_WORKERS"] = "1"
    names = {serve: name for name, serve in _SERVERS.items()}
    for (serve, bug), (phase, check, _) in foreign.FOUND.items():
        examples = "2" if phase == "sizes" else "12"
        wanted = ("--phase", phase, "--max-examples", examples, "--only", check, "--json")
        result = foreign.run_suite(serve, *wanted, bug=bug)
        recording.write(f"{names[serve]}-{bug.replace(' ', '-')}.txt", _printed(result))


def _printed(result: Result) -> str:
    """Return exit status and output, a member a line.

    Over sockets a run under load makes a call more or less now and then: its counts are left out.
    """
    text = f"exit {result.exit_code}\n{result.stdout}\n{result.stderr}".replace(',"', ',\n"')
    return re.sub(r'^"(made|calls)":\d+', r'"\1":<count>', text, flags=re.MULTILINE)


def _watch_sockets() -> list[bytes]:
    """Return a list to which everything is added that a client sends in this process."""
    sent: list[bytes] = []
    original = http.client.HTTPConnection.send

    def send(self: http.client.HTTPConnection, data: Any) -> None:
        sent.append(bytes(data) if isinstance(data, (bytes, bytearray)) else repr(data).encode())
        original(self, data)

    setattr(http.client.HTTPConnection, "send", send)  # noqa: B010 - as above
    return sent
