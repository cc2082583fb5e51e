"""Run a client against cases of partial failure, each in its own sandbox. The server judges each run."""

from __future__ import annotations

import io
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field, replace
from functools import partial
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

from mockserver.testing.client_output import read_output
from mockserver.testing.control_client import (
    ControlClient,
    Json,
    SandboxControl,
    create_sandbox,
    sandbox_name,
)
from mockserver.testing.sandbox import SandboxClock

SURVIVED, TOLD, SILENT, DOUBTFUL, UNMET = "survived", "told", "silent", "doubtful", "unmet"
"""Verdicts: all is stored; the client told what is not; the client did wrong and did not tell so; …"""
CLEAN, EXPLORED = "no-fault", "explored"
"""Case id of the run without faults, and prefix of the case ids of random fault schedules (`explored-1`)."""

_CRASH = "drill/crash"
"""Rule that hits the call at which a case kills the client."""

PACE: Mapping[str, Json] = MappingProxyType(
    {
        "version": 1,
        "name": "pace",
        "description": "The first answers take a moment, so that the calls of parallel clients overlap.",
        "rules": [
            {"id": "answer", "times": {"count": 24}, "response": {"delay": {"type": "fixed", "value": 50}}}
        ],
    }
)
"""Scenario of the run without faults."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a client ended."""

    status: int | None
    """Exit status, or None if the client did not end in time."""
    output: str = ""
    timeout_s: float = 0
    starts: tuple[int, ...] = ()
    """For each start of a command: the next unused call number of the journal at that moment."""
    kills: int = 0
    """How often the drill killed the client because the case asks for a crash."""
    left: int = 0
    """Number of processes that outlived the client, and that the drill ended."""


class SandboxCalls(NamedTuple):
    """Calls in a sandbox."""

    newest: int
    """Number of the newest call, 0 before the first call."""
    open: int
    """Number of calls whose answer is not yet sent in full."""


@dataclass(frozen=True, slots=True)
class DrillTarget:
    """Target of the calls of a client under test: one vendor in the sandbox of one case."""

    url: str
    token: str
    tenant: str
    headers: Mapping[str, str]
    """Headers that every call needs, including credentials."""
    sandbox: str
    clock: SandboxClock
    """Clock of the sandbox."""
    calls: Callable[[], SandboxCalls]
    """Returns how many calls there are in the sandbox."""
    names: Callable[[], Sequence[str]] = tuple
    """Returns the texts by which the client may name its items."""
    crash: str = ""
    """Moment at which the client is to be killed and started again; "" if it is not to be killed."""
    is_caught: Callable[[], bool] = bool
    """Returns whether a rule of the case has caught a call."""


Client: TypeAlias = Callable[[DrillTarget], Ending]
"""A client under test: a function that runs against the target and returns how the run ended."""

Scenario: TypeAlias = Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Case:
    """A drill's case: something that can happen to a client, or the run without faults."""

    id: str
    says: str = ""
    scenario: Scenario | None = None
    """The scenario that makes the case happen; None for the run without faults and in `list_cases`."""
    tags: tuple[str, ...] = ()
    rows: tuple[int, ...] = ()
    """Numbers of the rows of the test catalogue that the case shows."""
    harmless: bool = False
    """Whether the client must end as in the run without faults."""
    crash: str = ""
    """Moment at which the client is killed and started again; "" if the client is not killed."""
    unmet: str = ""
    """Why the case cannot happen to the client, which then does not run; "" if it may happen."""


@dataclass(frozen=True, slots=True)
class DrillFinding:
    kind: str
    message: str
    items: tuple[str, ...]
    """Keys of the items that the finding concerns."""
    calls: tuple[int, ...]
    """Journal numbers of the calls that show the finding."""
    doubtful: bool
    cause: str = ""
    """Why the client failed, in words that are equal for equal causes in all cases."""


@dataclass(frozen=True, slots=True)
class Result:
    """The verdict on one run of the client."""

    case: Case
    verdict: str
    """`survived`, `told`, `silent`, `doubtful`, or `unmet` if the case did not happen."""
    message: str
    findings: tuple[DrillFinding, ...]
    """Faults of the client, the worst first."""
    ending: Ending
    duration_s: float
    sandbox: str
    items: Sequence[Mapping[str, Json]] = ()
    """History of each item, as the control plane returns it."""
    calls: Sequence[Mapping[str, Json]] = ()
    """Calls of the journal, as the control plane returns them."""
    ledger: Mapping[str, Json] = field(default_factory=dict)
    """How the items ended, as the control plane returns it; {} if the client did not run."""

    @property
    def word(self) -> str:
        """Word for the result: the kind of the worst fault if the client failed, otherwise the verdict."""
        return self.findings[0].kind if self.verdict == SILENT else self.verdict

    def example_call(self, finding: DrillFinding) -> Mapping[str, Json]:
        """Return the first call of the finding whose answer told of it, or its first call, or {}."""
        named = [call for call in self.calls if call["number"] in finding.calls]
        return max(named, key=lambda call: bool(call.get("told")), default={})


@dataclass(frozen=True, slots=True)
class Plan:
    """Intentions of a client, learned from the client's run without faults."""

    says: str
    """What the client means to send, in words."""
    obstacle: str
    """Why the client cannot be drilled, or ""."""
    clean: Result
    """The run without faults."""
    cases: tuple[Case, ...]
    """Cases of the vendor, with scenarios that fit this client."""
    operation: str
    """The operation to which the client sent more items than to every other operation."""
    keys: tuple[str, ...]
    """Keys of all items that the client sent in the run without faults."""
    calls: int
    """Number of calls to `operation`."""
    largest: int
    """Number of items in the client's largest call to `operation`."""


@dataclass(frozen=True, slots=True)
class Drill:
    """A drill of one client against one vendor of a server."""

    control: ControlClient
    vendor: str
    client: Client
    setup: Mapping[str, Json] = field(default_factory=dict)
    """Records that every sandbox has besides the fixtures: by scope, collection and key, as in a dump."""
    assumptions: Mapping[str, str] = field(default_factory=dict)
    """Values of assumptions in every sandbox."""
    expected: Mapping[str, Json] = field(default_factory=dict)
    """What the run without faults must store: the number of `items`, and their `sum` as a decimal text."""
    can_kill: bool = False
    """Whether the client is a program, to which cases with a crash can happen."""
    webhook: str = ""
    """Address at which the client receives webhooks; "" if it receives none."""
    mark: str = ""
    """Text by which the names of the sandboxes differ from those of other drills, if they have to."""

    def learn(self) -> Plan:
        """Run the client without faults and return the plan.

        Raises ControlPlaneError: the server has no such vendor, or the setup is invalid;
        ServerUnreachableError: there is no response.
        """
        clean = self.run(Case(CLEAN), None)
        found = self._learnt(clean.sandbox, clean.ending)
        cases = (_read_case(node, found["calls"]) for node in found["cases"])
        return Plan(
            says=found["says"],
            obstacle=found["obstacle"] or "",
            clean=clean,
            cases=tuple(case for case in cases if self.can_kill or not case.crash),
            operation=found["operation"],
            keys=tuple(found["keys"]),
            calls=found["calls"],
            largest=found["largest"],
        )

    def run(self, case: Case, clean: Result | None) -> Result:
        """Run the client against a case, and return the server's verdict on the run.

        `clean` is the run without faults to compare with; None if this run is the run without faults.

        Raises ControlPlaneError, ServerUnreachableError: as for `learn`.
        """
        if case.unmet:
            return Result(case, UNMET, case.unmet, (), Ending(0), 0, "")
        scenario = case.scenario or (PACE if clean is None else None)
        scenarios = {"scenarios": [scenario]} if scenario else {}
        name = create_sandbox(
            self.control,
            sandbox_name("drill", f"{self.vendor}{self.mark}::{case.id}"),
            {"seed": 0, "assumptions": dict(self.assumptions), **scenarios},
        )
        sandbox = SandboxControl(self.control, name)
        if self.webhook:
            sandbox.request("PUT", "/webhooks", [{"url": self.webhook, "vendor": self.vendor}])
        if self.setup:
            sandbox.request("PATCH", "/state", self.setup)
        target = self._target(sandbox, case, clean.sandbox if clean else name)
        began = time.perf_counter()
        ending = self.client(target)
        duration_s = time.perf_counter() - began
        if self.webhook:
            target.clock.freeze()  # deliveries that are tried again do not reach the next client
        written = io.BytesIO(ending.output.encode(errors="replace"))
        ending = replace(ending, output=read_output(written, target.names))
        without = (clean.sandbox, clean.ending) if clean else (name, ending)
        body = {
            "vendor": self.vendor,
            "ending": _ending_document(ending),
            "starts": list(ending.starts),
            "left": ending.left,
            "harmless": case.harmless,
            "clean": {"sandbox": without[0], "ending": _ending_document(without[1])},
            "expect": dict(self.expected),
            **({"kills": ending.kills} if case.crash else {}),
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
            ledger=found["ledger"],
        )

    def drop(self, result: Result) -> None:
        """Delete the sandbox of a run. Raises ControlPlaneError, ServerUnreachableError."""
        if result.sandbox:
            SandboxControl(self.control, result.sandbox).request("DELETE", "")

    def _learnt(self, sandbox: str, ending: Ending) -> Json:
        """Return what the server learns of the client by the run without faults in the sandbox."""
        body = {"vendor": self.vendor, "ending": _ending_document(ending)}
        return SandboxControl(self.control, sandbox).request("POST", "/drill", body)

    def _names(self, sandbox: str) -> Sequence[str]:
        found = self._learnt(sandbox, Ending(0))
        return tuple(found.get("names") or found["keys"])

    def _target(self, sandbox: SandboxControl, case: Case, clean: str) -> DrillTarget:
        """Return the target of a run; `clean` is the sandbox of the run without faults."""
        access = self.control.request("GET", f"/vendors/{self.vendor}/access")
        return DrillTarget(
            url=f"{sandbox.url}/{self.vendor}",
            token=access["token"],
            tenant=access["tenant"],
            headers=access["headers"],
            sandbox=sandbox.name,
            clock=SandboxClock(sandbox),
            calls=partial(_count_calls, sandbox),
            names=partial(self._names, clean),
            crash=case.crash,
            is_caught=lambda: bool(sandbox.request("GET", "/journal", scenario=_CRASH, last=1)),
        )


def _count_calls(sandbox: SandboxControl) -> SandboxCalls:
    found = sandbox.request("GET", "")
    return SandboxCalls(found["calls"], found["openCalls"])


def list_cases(control: ControlClient, vendor: str) -> tuple[Case, ...]:
    """Return the cases of a vendor, without scenarios. Raises ControlPlaneError: there is no such vendor."""
    return tuple(map(_read_case, control.request("GET", "/drill/cases", vendor=vendor)))


def _ending_document(ending: Ending) -> Json:
    return {"status": ending.status, "output": ending.output, "timeoutSeconds": ending.timeout_s}


def _read_case(node: Mapping[str, Json], calls: int | None = None) -> Case:
    """Read a case; `calls` is the number of calls that the client makes, None if it is not known."""
    rows, tags = tuple(node["rows"]), tuple(node["tags"])
    unmet = node.get("leftOut") or ("the client makes one call" if calls == 1 < node["calls"] else "")
    return Case(
        node["id"], node["says"], node.get("scenario"), tags, rows, node["harmless"], node["crash"], unmet
    )


def _read_finding(node: Mapping[str, Json]) -> DrillFinding:
    items, calls = tuple(node["items"]), tuple(node["calls"])
    return DrillFinding(node["kind"], node["message"], items, calls, node["doubtful"], node["cause"])


def call_function(function: Callable[[DrillTarget], object]) -> Client:
    """Return a client that calls the function and ends with the exit status that a Python program would have.

    The output is the text on the standard streams, then the function's result or the traceback.
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
