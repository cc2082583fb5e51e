"""A sandbox for a test and its clock: created, used, verified and deleted."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import ExitStack
from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

from mockserver.codec.instants import parse_instant, print_instant
from mockserver.model import Json
from mockserver.testing import scenarios, teardown
from mockserver.testing.calls import RecordedCall, RecordedCalls
from mockserver.testing.cases import CatalogueTest, find_cases
from mockserver.testing.control_client import ControlPlaneError, SandboxControl, create_sandbox
from mockserver.testing.scenarios import ArmedScenario
from mockserver.testing.server import MockServer
from mockserver.testing.vendor import SandboxVendor


class Sandbox:
    """A world of its own: the state of all vendors, a clock, scenarios, a journal.

    Use it as a context. It is made on `server` (an address, a Server, None: one that is started for it),
    begins with the fixtures or `empty`, and is dropped at the end, or kept where an exception ends it. A name
    that is taken gets a number. At a good end AssertionError is raised if a rule was armed and never hit, or
    a call was off contract; `allow` says which of `never-hit` and `off-contract` is meant so.
    """

    def __init__(  # noqa: PLR0913 - every one but the first has a name and a default
        self,
        server: str | MockServer | None = None,
        *,
        name: str = "",
        seed: int = 0,
        freeze: str | None = None,
        empty: bool = False,
        allow: Collection[str] = (),
        folder: Path | None = None,
    ) -> None:
        self.name = name or f"t-{os.getpid()}"
        self.allow = frozenset(allow)
        self.folder = folder or Path.cwd()
        self._server = server if isinstance(server, MockServer) else MockServer(server)
        self._given = isinstance(server, MockServer)
        self._wanted = {"seed": seed, "empty": empty, **({"freeze": freeze} if freeze else {})}
        self._armed: list[ArmedScenario] = []
        self._snapshots: list[str] = []
        self._vendors: dict[str, SandboxVendor] = {}
        self._ignored_calls: set[int] = set()
        self._open = ExitStack()

    def __enter__(self) -> Self:
        return self.open()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._open:
            if kind is not None:
                return
            if said := self.find_violations():
                raise AssertionError("\n".join(said))
            self.drop()

    def open(self) -> Self:
        """Make it, for those who see to its end by themselves.

        Raises:
            ControlPlaneError: it cannot be made; the text says why.
            ServerUnreachableError: nothing answers.
        """
        with ExitStack() as opening:
            if not self._given:
                opening.enter_context(self._server)
            self.name = create_sandbox(self._server.control, self.name, self._wanted)
            self._open = opening.pop_all()
        self._control = SandboxControl(self._server.control, self.name)
        self.clock = SandboxClock(self._control)
        return self

    def __repr__(self) -> str:
        return f"<sandbox {self.name}>"

    @property
    def url(self) -> str:
        """Below it stands every vendor, by its name."""
        return self._control.url

    @property
    def link(self) -> str:
        """Address of the sandbox's journal."""
        return self._control.link

    def vendor(self, name: str) -> SandboxVendor:
        """Return one of the vendors, always the same.

        Raises:
            LookupError: the server has none of the name.
        """
        if name not in self._server.vendors:
            raise LookupError(f"no vendor {name} is served; there are {', '.join(self._server.vendors)}")
        if name not in self._vendors:
            contract = self._server.contract(name)
            self._vendors[name] = SandboxVendor(self._control, contract, self.journal, self.scenario)
        return self._vendors[name]

    def scenario(self, given: str | Path | Mapping[str, Json]) -> ArmedScenario:
        """Arm a scenario: one that ships, by name; a document; a file (.yaml, .yml, .json).

        Raises:
            ControlPlaneError: it is none; everything that is wrong with it stands in the text.
            LookupError: none of the name ships.
            OSError: the file cannot be read.
        """
        name = scenarios.arm_scenario(self._control, given, self.folder)
        self._armed = [one for one in self._armed if one.name != name]
        self._armed.append(ArmedScenario(self._control, name))
        return self._armed[-1]

    def snapshot(self, label: str = "") -> str:
        """Keep all that the sandbox holds; the snapshot's id."""
        self._snapshots.append(self._control.request("POST", "/snapshots", {"label": label})["id"])
        return self._snapshots[-1]

    def restore(self, snapshot: str = "") -> None:
        """Set the sandbox back to a snapshot, or to the last one that was taken.

        Raises:
            LookupError: none was taken.
            ControlPlaneError: there is none of the id.
        """
        if not snapshot and not self._snapshots:
            raise LookupError("no snapshot was taken; call snapshot() first")
        self._control.request("POST", f"/snapshots/{snapshot or self._snapshots[-1]}/restore")

    def journal(
        self, *, last: int = teardown.MAX_CALLS, off_contract: bool | None = None, **wanted: Json
    ) -> RecordedCalls:
        """Return the newest `last` calls, oldest first, of those that are wanted.

        By `vendor`, `operation`, `method`, `status` ("207", "4xx", "none"), `outcome`, `item`, `scenario`,
        `since`, `fault` and `off_contract`.

        Raises:
            ControlPlaneError: there is no such word, or it cannot be that.
        """
        listed = self._control.request("GET", "/journal", None, last=last, offContract=off_contract, **wanted)
        return RecordedCalls(RecordedCall(short, self.name, self._whole(short["number"])) for short in listed)

    def verify(
        self,
        match: Mapping[str, Json] | None = None,
        *,
        calls: int | Mapping[str, int] | None = None,
        items: Mapping[str, Json] | None = None,
    ) -> None:
        """Hold that so many calls match, and that so many of their items were created, rejected and so on.

        Numbers are exact, or {"min": 1, "max": 3}.

        Raises:
            AssertionError: it is not so; the text says what was expected, what was found and what came near.
            ControlPlaneError: it cannot be asked so.
        """
        wanted = {"match": match, "calls": calls, "items": items}
        said = {name: one for name, one in wanted.items() if one is not None}
        try:
            self._control.request("POST", "/journal/verify", said)
        except ControlPlaneError as told:
            if "expected" not in told.problem:
                raise
            raise AssertionError(teardown.describe_verification(told.problem)) from None

    def assumption(self, name: str, value: str | None) -> None:
        """Turn an assumption such as `vendor.null_body`; None turns it back.

        Raises:
            ControlPlaneError: there is no such assumption, or no such position.
        """
        self._control.request("PATCH", "/assumptions", {name: value})

    def case(self, vendor: str, name: str) -> CatalogueTest:
        """Return a row of the catalogue by its id, its number or its name, as the vendor has it.

        Raises:
            LookupError: the vendor has no case for such a row.
        """
        found = next(iter(find_cases(vendor, name).values()), None)
        if found is None:
            raise LookupError(f"{vendor} has no case {name}")
        return CatalogueTest(found, self._arrange, self._run_case)

    def find_violations(self) -> list[str]:
        """Return what is wrong although nothing failed: rules that never hit, calls off contract."""
        calls = self.journal()
        said: list[str] = []
        if teardown.NEVER_HIT not in self.allow:
            said += teardown.find_unused_rules(self._control, self._armed, calls)
        if teardown.OFF_CONTRACT not in self.allow:
            said += teardown.find_contract_violations(calls, self._ignored_calls)
        return said

    def save(self, folder: Path) -> None:
        """Keep the traffic as HAR, every call as a curl command, and the state, in a folder of its name.

        Raises:
            OSError: the folder cannot be written.
        """
        teardown.save_artifacts(self._control, self.journal(), folder / self.name)

    def drop(self) -> None:
        """Delete the sandbox with its journal, if it still exists."""
        try:
            self._control.request("DELETE", "")
        except ControlPlaneError as told:
            if told.status != 404:  # noqa: PLR2004 - not found
                raise

    def _whole(self, number: int) -> Callable[[], Json]:
        return lambda: self._control.request("GET", f"/journal/{number}")

    def _arrange(
        self, assumptions: Mapping[str, str], freeze: str | None, armed: Iterable[str | Mapping[str, Json]]
    ) -> None:
        if assumptions:
            self._control.request("PATCH", "/assumptions", assumptions)
        if freeze is not None:
            self.clock.freeze(freeze)
        for one in armed:
            self.scenario(one)

    def _run_case(self, case: str, vendor: str) -> Mapping[str, Json]:
        verdict: Mapping[str, Json] = self._control.request("POST", f"/cases/{case}/run", {"vendor": vendor})
        self._ignored_calls.update(verdict["calls"])
        return verdict


class SandboxClock:
    """The time that the sandbox has: tokens, keys and quota windows end by it.

    `advance` is what a client under test can be given to sleep with.
    """

    def __init__(self, sandbox_control: SandboxControl) -> None:
        self._control = sandbox_control
        self._rest = Fraction(0)

    @property
    def now(self) -> datetime:
        """Time that the clock shows, in UTC."""
        return self._instant("GET", "")

    def freeze(self, at: datetime | str | None = None) -> datetime:
        """Freeze the clock at `at`, or where it is; return what it shows.

        Raises:
            ControlPlaneError: `at` is no instant at which a clock may stand.
        """
        instant = print_instant(_utc(at)) if isinstance(at, datetime) else at
        return self._instant("POST", "/freeze", {} if instant is None else {"at": instant})

    def advance(self, seconds: float | timedelta) -> datetime:
        """Move it on; what it shows. Parts of a second add up until they are one.

        Raises:
            ControlPlaneError: it would go back, or beyond the year 9998.
        """
        ahead = seconds.total_seconds() if isinstance(seconds, timedelta) else seconds
        whole, self._rest = divmod(self._rest + Fraction(ahead), 1)
        return self._instant("POST", "/advance", {"seconds": int(whole)})

    def thaw(self) -> datetime:
        """Let the clock run with the machine's again; return what it shows."""
        return self._instant("POST", "/thaw")

    def _instant(self, method: str, below: str, body: dict[str, object] | None = None) -> datetime:
        return parse_instant(str(self._control.request(method, f"/clock{below}", body)["now"]))


def _utc(moment: datetime) -> datetime:
    """Return one without a zone is UTC, as in every instant of the mock's."""
    return parse_instant(moment.isoformat())
