"""Run a client against cases of partial failure, each in a sandbox of its own, and have it judged."""

from __future__ import annotations

import io
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias
from urllib.parse import urlsplit

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

    def document(self) -> Json:
        """The ending as the control plane takes it."""
        output = self.output[-_MAX_OUTPUT:].encode(errors="replace").decode()
        return {
            "status": self.status,
            "output": output,
            "timeoutSeconds": self.timeout_s,
        }


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

    @property
    def port(self) -> int:
        """The port of the server."""
        return urlsplit(self.url).port or 0


class Client(Protocol):
    """A client under test."""

    def __call__(self, target: DrillTarget) -> Ending:
        """Run once against the target and return how it ended."""
        ...


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
class Finding:
    """One fault of the client in a sentence, with its items and the numbers of the calls."""

    kind: str
    message: str
    items: tuple[str, ...]
    calls: tuple[int, ...]
    doubtful: bool
    meaning: str


@dataclass(frozen=True, slots=True)
class Result:
    """The verdict on one run: `ok`, `fail`, `doubtful` or `unmet`, with its reasons.

    `items` and `calls` are the histories of the items and the journal, as the control plane gives them.
    """

    case: Case
    verdict: str
    message: str
    findings: tuple[Finding, ...]
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
class _Run:
    case: Case
    sandbox: str
    ending: Ending
    duration_s: float


@dataclass(frozen=True, slots=True)
class Drill:
    """Runs a client against a vendor of a server.

    `setup` are documents that every sandbox begins with, by scope, collection and key as in a dump, and
    `assumptions` its assumptions. `freeze` is an instant at which its clock stands.
    """

    control: ControlClient
    vendor: str
    client: Client
    setup: Mapping[str, Json] = field(default_factory=dict)
    assumptions: Mapping[str, str] = field(default_factory=dict)
    freeze: str = ""
    seed: int = 0

    def learn(self) -> Plan:
        """Run the client without any fault, and return what it means to do.

        Raises ControlPlaneError: the server has no such vendor, or the setup is invalid;
        ServerUnreachableError: there is no response.
        """
        run = self._run(Case(CLEAN))
        body = {"vendor": self.vendor, "ending": run.ending.document()}
        found = self._sandbox(run.sandbox).request("POST", "/drill", body)
        verdict = self._judge(run, run)
        return Plan(
            says=found["says"],
            obstacle=found["obstacle"] or "",
            clean=verdict,
            cases=tuple(map(_read_case, found["cases"])),
            operation=found["operation"],
            keys=tuple(found["keys"]),
            calls=found["calls"],
            largest=found["largest"],
        )

    def run(self, case: Case, clean: Result) -> Result:
        """Run the client against a case, and judge it by its run without faults.

        Raises ControlPlaneError, ServerUnreachableError: as for `learn`.
        """
        return self._judge(self._run(case), _Run(clean.case, clean.sandbox, clean.ending, clean.duration_s))

    def _judge(self, run: _Run, clean: _Run) -> Result:
        body = {
            "vendor": self.vendor,
            "ending": run.ending.document(),
            "starts": list(run.ending.starts),
            "harmless": run.case.harmless,
            "clean": {"sandbox": clean.sandbox, "ending": clean.ending.document()},
        }
        found = self._sandbox(run.sandbox).request("POST", "/drill/verdict", body)
        return Result(
            case=run.case,
            verdict=found["verdict"],
            message=found["message"],
            findings=tuple(map(_read_finding, found["findings"])),
            ending=run.ending,
            duration_s=run.duration_s,
            sandbox=run.sandbox,
            items=found["items"],
            calls=found["calls"],
        )

    @property
    def token(self) -> str:
        """The credential that clients get. Raises ControlPlaneError: there is no such vendor."""
        return str(self._access()["token"])

    def drop(self, result: Result) -> None:
        """Delete the sandbox of a run. Raises ControlPlaneError, ServerUnreachableError."""
        self._sandbox(result.sandbox).request("DELETE", "")

    def _run(self, case: Case) -> _Run:
        settings = {
            "seed": self.seed,
            "assumptions": dict(self.assumptions),
            **({"freeze": self.freeze} if self.freeze else {}),
            **({"scenarios": [case.scenario]} if case.scenario else {}),
        }
        name = create_sandbox(self.control, sandbox_name("drill", f"{self.vendor}::{case.id}"), settings)
        if self.setup:
            self._sandbox(name).request("PATCH", "/state", self.setup)
        began = time.perf_counter()
        ending = self.client(self._target(name))
        return _Run(case, name, ending, time.perf_counter() - began)

    def _access(self) -> Mapping[str, Json]:
        return self.control.request("GET", f"/vendors/{self.vendor}/access")  # type: ignore[no-any-return]

    def _sandbox(self, name: str) -> SandboxControl:
        return SandboxControl(self.control, name)

    def _target(self, name: str) -> DrillTarget:
        sandbox = self._sandbox(name)
        access = self._access()
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


def _read_case(node: Mapping[str, Json]) -> Case:
    return Case(
        node["id"],
        node["says"],
        node.get("scenario"),
        tuple(node["tags"]),
        tuple(node["rows"]),
        harmless=node["harmless"],
    )


def _read_finding(node: Mapping[str, Json]) -> Finding:
    return Finding(
        node["kind"],
        node["message"],
        tuple(node["items"]),
        tuple(node["calls"]),
        node["doubtful"],
        node["meaning"],
    )


def call_function(function: Callable[[DrillTarget], object]) -> Client:
    """Return a client that calls a function: status 0 if it returns, 1 if it raises; `sys.exit` is one too.

    Its output is what it wrote and logged to the standard streams, its result, and the exception.
    """

    def run(target: DrillTarget) -> Ending:
        written = io.StringIO()
        with redirect_stdout(written), redirect_stderr(written):
            try:
                result = function(target)
            except SystemExit as leave:
                return _left(leave.code, written.getvalue())
            except Exception:  # noqa: BLE001 - a client may end with any exception
                return Ending(1, f"{written.getvalue()}\n{traceback.format_exc()}")
        return Ending(0, f"{written.getvalue()}\n{'' if result is None else result}")

    return run


def _left(code: str | int | None, written: str) -> Ending:
    """The end of a program that leaves with a code, or with words."""
    return Ending(code or 0, written) if isinstance(code, int | None) else Ending(1, f"{written}\n{code}")
