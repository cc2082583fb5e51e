"""Run a client against cases of partial failure, each in a sandbox of its own, and have it judged."""

from __future__ import annotations

import io
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from typing import TypeAlias

from mockserver.testing.control_client import (
    ControlClient,
    Json,
    SandboxControl,
    create_sandbox,
    sandbox_name,
)
from mockserver.testing.sandbox import SandboxClock

OK, FAILED, DOUBTFUL, UNMET = "ok", "fail", "doubtful", "unmet"
CLEAN, EXPLORED = "no-fault", "explored"
"""Names of the run without faults, and of schedules that are drawn; those have a number too."""

_MAX_OUTPUT = 1_000_000


@dataclass(frozen=True, slots=True)
class Ending:
    """The end of a client: its exit status, None if it did not end in time, and what it wrote.

    `starts` are the numbers of the first call of each start, of a client that was started several times.
    """

    status: int | None
    output: str = ""
    timeout_s: float = 0
    starts: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class DrillTarget:
    """Where a client under test sends its calls: one vendor in the sandbox of one case.

    `headers` are those of every call, with credentials; `clock` is the sandbox's.
    """

    url: str
    token: str
    tenant: str
    headers: Mapping[str, str]
    sandbox: str
    clock: SandboxClock
    newest_call: Callable[[], int]


Client: TypeAlias = Callable[[DrillTarget], Ending]
"""A client under test: it runs once against the target, and returns how it ended."""

Scenario: TypeAlias = Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Case:
    """A case with the scenario that makes it happen to this client; None for the run without faults."""

    id: str
    says: str = ""
    scenario: Scenario | None = None
    tags: tuple[str, ...] = ()
    rows: tuple[int, ...] = ()
    harmless: bool = False


@dataclass(frozen=True, slots=True)
class DrillFinding:
    """One fault of the client in a sentence, with its items and the numbers of the calls."""

    kind: str
    message: str
    items: tuple[str, ...]
    calls: tuple[int, ...]
    doubtful: bool


@dataclass(frozen=True, slots=True)
class Result:
    """The verdict on one run: `ok`, `fail`, `doubtful` or `unmet`, with its reasons.

    `items` and `calls` are the histories of the items and the journal, as the control plane gives them.
    """

    case: Case
    verdict: str
    message: str
    findings: tuple[DrillFinding, ...]
    ending: Ending
    duration_s: float
    sandbox: str
    items: Sequence[Mapping[str, Json]] = ()
    calls: Sequence[Mapping[str, Json]] = ()

    @property
    def word(self) -> str:
        """The word of its row: the kind of the worst fault, or the verdict."""
        return self.findings[0].kind if self.verdict == FAILED else self.verdict


@dataclass(frozen=True, slots=True)
class Plan:
    """What a client means to do, from its run without faults, and the cases that fit it.

    `operation` is the one with the most items, `calls` the number of its calls and `largest` the most items
    of one of them; `keys` identify the items.
    """

    says: str
    obstacle: str
    clean: Result
    cases: tuple[Case, ...]
    operation: str
    keys: tuple[str, ...]
    calls: int
    largest: int


@dataclass(frozen=True, slots=True)
class Drill:
    """Runs a client against a vendor of a server.

    `setup` are documents that every sandbox begins with, by scope, collection and key as in a dump, and
    `assumptions` its assumptions.
    """

    control: ControlClient
    vendor: str
    client: Client
    setup: Mapping[str, Json] = field(default_factory=dict)
    assumptions: Mapping[str, str] = field(default_factory=dict)

    def learn(self) -> Plan:
        """Run the client without any fault, and return what it means to do.

        Raises ControlPlaneError: the server has no such vendor, or the setup is invalid;
        ServerUnreachableError: there is no response.
        """
        clean = self.run(Case(CLEAN), None)
        body = {"vendor": self.vendor, "ending": _ending_document(clean.ending)}
        found = SandboxControl(self.control, clean.sandbox).request("POST", "/drill", body)
        return Plan(
            says=found["says"],
            obstacle=found["obstacle"] or "",
            clean=clean,
            cases=tuple(map(_read_case, found["cases"])),
            operation=found["operation"],
            keys=tuple(found["keys"]),
            calls=found["calls"],
            largest=found["largest"],
        )

    def run(self, case: Case, clean: Result | None) -> Result:
        """Run the client against a case, and judge it by its run without faults, None for this one.

        Raises ControlPlaneError, ServerUnreachableError: as for `learn`.
        """
        scenarios = {"scenarios": [case.scenario]} if case.scenario else {}
        name = create_sandbox(
            self.control,
            sandbox_name("drill", f"{self.vendor}::{case.id}"),
            {"seed": 0, "assumptions": dict(self.assumptions), **scenarios},
        )
        sandbox = SandboxControl(self.control, name)
        if self.setup:
            sandbox.request("PATCH", "/state", self.setup)
        began = time.perf_counter()
        ending = self.client(self._target(sandbox, name))
        duration_s = time.perf_counter() - began
        without = (clean.sandbox, clean.ending) if clean else (name, ending)
        body = {
            "vendor": self.vendor,
            "ending": _ending_document(ending),
            "starts": list(ending.starts),
            "harmless": case.harmless,
            "clean": {"sandbox": without[0], "ending": _ending_document(without[1])},
        }
        found = sandbox.request("POST", "/drill/verdict", body)
        return Result(
            case=case,
            verdict=found["verdict"],
            message=found["message"],
            findings=tuple(map(_read_finding, found["findings"])),
            ending=ending,
            duration_s=duration_s,
            sandbox=name,
            items=found["items"],
            calls=found["calls"],
        )

    def drop(self, result: Result) -> None:
        """Delete the sandbox of a run. Raises ControlPlaneError, ServerUnreachableError."""
        SandboxControl(self.control, result.sandbox).request("DELETE", "")

    def _target(self, sandbox: SandboxControl, name: str) -> DrillTarget:
        access = self.control.request("GET", f"/vendors/{self.vendor}/access")
        return DrillTarget(
            url=f"{sandbox.url}/{self.vendor}",
            token=access["token"],
            tenant=access["tenant"],
            headers=access["headers"],
            sandbox=name,
            clock=SandboxClock(sandbox),
            newest_call=lambda: int(sandbox.request("GET", "")["calls"]),
        )


def list_cases(control: ControlClient, vendor: str) -> tuple[Case, ...]:
    """Return the cases of a vendor, without scenarios. Raises ControlPlaneError: there is no such vendor."""
    return tuple(map(_read_case, control.request("GET", "/drill/cases", vendor=vendor)))


def _ending_document(ending: Ending) -> Json:
    output = ending.output[-_MAX_OUTPUT:].encode(errors="replace").decode()
    return {"status": ending.status, "output": output, "timeoutSeconds": ending.timeout_s}


def _read_case(node: Mapping[str, Json]) -> Case:
    rows, tags = tuple(node["rows"]), tuple(node["tags"])
    return Case(node["id"], node["says"], node.get("scenario"), tags, rows, node["harmless"])


def _read_finding(node: Mapping[str, Json]) -> DrillFinding:
    items, calls = tuple(node["items"]), tuple(node["calls"])
    return DrillFinding(node["kind"], node["message"], items, calls, node["doubtful"])


def call_function(function: Callable[[DrillTarget], object]) -> Client:
    """Return a client that calls a function: status 0 if it returns, 1 if it raises, as a program would.

    Its output is what it wrote to the standard streams, its result, and the exception.
    """

    def run(target: DrillTarget) -> Ending:
        written = io.StringIO()
        with redirect_stdout(written), redirect_stderr(written):
            try:
                result = function(target)
            except SystemExit as end:
                if isinstance(end.code, str):
                    return Ending(1, f"{written.getvalue()}\n{end.code}")
                return Ending(end.code or 0, written.getvalue())
            except Exception:  # noqa: BLE001 - a client may end with any exception
                return Ending(1, f"{written.getvalue()}\n{traceback.format_exc()}")
        return Ending(0, f"{written.getvalue()}\n{'' if result is None else result}")

    return run
