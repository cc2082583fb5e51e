"""Sandbox for a test, with its clock, its catalogue cases, and the checks at the end of the test."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

from mockserver.testing import control_client, scenarios
from mockserver.testing.calls import RecordedCall, RecordedCalls, save_artifacts
from mockserver.testing.control_client import (
    ControlClient,
    ControlPlaneError,
    Json,
    SandboxControl,
    create_sandbox,
)
from mockserver.testing.ledger import SandboxLedger, read_ledger
from mockserver.testing.scenarios import ArmedScenario
from mockserver.testing.server import MockServer
from mockserver.testing.vendor import SandboxVendor

OFF_CONTRACT, NEVER_HIT = "off-contract", "never-hit"
ALLOWABLE = (OFF_CONTRACT, NEVER_HIT)
"""Violations that a test can allow."""

_NO_OPERATION = "the vendor has no such operation"
_MATCH_MEMBERS = ("vendor", "operation", "query", "headers", "body")
_MAX_KEYS = 10
_MAX_LENGTH = 160
MAX_CALLS = 10_000


class CatalogueTest:
    """One row of the test catalogue, with the case that tests the row for one vendor."""

    def __init__(
        self, row: Mapping[str, Json], vendor: str, sandbox: Sandbox, run: Callable[[str, str], Json]
    ) -> None:
        self._case = next(case for case in row["cases"] if case["vendor"] == vendor)
        self._sandbox = sandbox
        self._run = run
        self.id: str = row["id"]
        self.name: str = row["name"]
        self.vendor = vendor
        self.section: str = row["section"]
        self.trigger: str = row["trigger"]
        self.expected: str = row["expected"]
        self.check: str = row["check"]
        self.source: str = self._case["source"]

    def __repr__(self) -> str:
        return f"<{self.id} of {self.vendor}: {self.trigger}>"

    def arrange(self) -> None:
        """Set clock, assumptions and scenarios of the case in the sandbox. Make no call."""
        document = self._case["document"]
        for name, value in document.get("assumptions", {}).items():
            self._sandbox.assumption(f"{self.vendor}.{name}", value)
        if "freeze" in document:
            self._sandbox.clock.freeze(document["freeze"])
        for scenario in document.get("scenarios", ()):
            self._sandbox.scenario(scenario)

    def run(self) -> None:
        """Make the calls of the case, check the responses, and restore the sandbox's state.

        Raises AssertionError: a response differs from the case.
        """
        result = self._run(self.id, self.vendor)
        if not result["passed"]:
            raise AssertionError("\n".join((f"{self.id} of {self.vendor}:", *result["says"])))


def find_cases(control: ControlClient, vendor: str, tag: str = "") -> dict[str, Mapping[str, Json]]:
    """Return the vendor's rows of the catalogue, by id.

    `tag` selects rows with this section, source, name, number or id; "" selects all.

    Raises ControlPlaneError: the server has no such vendor.
    """
    return {
        row["id"]: row
        for row in control.request("GET", "/cases", vendor=vendor)
        if tag in ("", row["section"], row["name"], row["id"], str(row["row"]), *row["source"])
    }


def show_case(control: ControlClient, case: str) -> Mapping[str, Json]:
    """Return a row of the catalogue with all vendors' cases. Raises ControlPlaneError: the row is unknown."""
    return control.request("GET", f"/cases/{case}")  # type: ignore[no-any-return]


def find_unused_rules(
    sandbox_control: SandboxControl, armed: Sequence[ArmedScenario], calls: Sequence[RecordedCall]
) -> Iterator[str]:
    """Yield a text for each armed rule that was never applied. The text names the nearest call."""
    applied = {rule for call in calls for rule in call.applied}
    for scenario in armed:
        if scenario.is_disarmed:
            continue
        try:
            counts, rules = scenario.counts, scenario.document["rules"]
        except ControlPlaneError:
            continue  # deleted by the test, or by restoring a state
        for counted, rule in zip(counts, rules, strict=True):
            if f"{scenario.name}/{rule['id']}" not in applied:
                shown = {name: one for name, one in rule.items() if name != "id"}
                yield (
                    f"{scenario.name}/{rule['id']} was armed and never hit: {_shorten_json(shown)}\n"
                    f"  {_nearest_call(sandbox_control, rule, counted, calls)}"
                )


def find_contract_violations(calls: Sequence[RecordedCall], ignored: Collection[int]) -> Iterator[str]:
    """Yield a text for each call that no operation answers, and for each answer that violates the spec.

    Calls with a number in `ignored` are skipped.
    """
    for call in calls:
        violation = call.off_contract or ("" if call.operation else call.reason or _NO_OPERATION)
        if violation and call.number not in ignored:
            yield f"{_describe_head(call)} was off contract: {violation}"


def describe_verification(problem: Mapping[str, Json]) -> str:
    """Return the text of a failed verification: what differs, and the nearest calls."""
    lines = [str(problem["detail"])]
    for near in problem.get("nearest", ()):
        head = f"#{near['number']} {near['vendor']} {near['method']} {near['path']}"
        lines.append(f"  nearest: {head}: {_describe_differences(near['differs'])}")
    return "\n".join(lines)


def _describe_differences(found: Sequence[Mapping[str, Json]]) -> str:
    return "; ".join(
        f"{one['member']} is {_shorten_json(one['found'])}, expected {_shorten_json(one['expected'])}"
        for one in found
    )


def _nearest_call(
    sandbox_control: SandboxControl,
    rule: Mapping[str, Json],
    counted: Mapping[str, Json],
    calls: Sequence[RecordedCall],
) -> str:
    match = rule.get("match", {})
    last = next((call for call in reversed(calls) if _matches_operation(call, match)), None)
    if counted["calls"]:
        return f"nearest: {_describe_call(last)}" if last else "its calls are no longer kept"
    wanted = {member: match[member] for member in _MATCH_MEMBERS if member in match}
    try:
        sandbox_control.request("POST", "/journal/verify", {"match": wanted})
    except ControlPlaneError as error:
        near = error.problem.get("nearest")
        by_number = {call.number: call for call in calls}
        if not near or near[0]["number"] not in by_number:
            return "no call was made"
        call = by_number[near[0]["number"]]
        return f"nearest: {_describe_call(call)}: {_describe_differences(near[0]['differs'])}"
    return f"nearest: {_describe_call(last)}" if last else "no call was made"


def _matches_operation(call: RecordedCall, match: Mapping[str, Json]) -> bool:
    own = {"vendor": call.vendor, "operation": call.operation}
    return all(match.get(member, value) == value for member, value in own.items())


def _describe_call(call: RecordedCall) -> str:
    head = _describe_head(call)
    if not call.sent:
        return head
    keys = [*call.keys[:_MAX_KEYS], *(["…"] if call.sent > _MAX_KEYS else [])]
    return f"{head} sent {'item' if call.sent == 1 else 'items'} {', '.join(keys)}"


def _describe_head(call: RecordedCall) -> str:
    """Return number, vendor (if any), method and path of a call."""
    return " ".join(filter(None, (f"#{call.number}", call.vendor, call.method, call.path or "/")))


def _shorten_json(value: Json) -> str:
    text = control_client.encode(value).decode()
    return text if len(text) <= _MAX_LENGTH else f"{text[:_MAX_LENGTH]}…"


class Sandbox:
    """An isolated state of all vendors, with clock, scenarios and journal; a context manager.

    `server` is a URL, a MockServer, or None for MOCKSERVER_URL or a new server. If `name` is taken, the
    sandbox's name ends with a number. Relative paths of scenario files start in `folder`. The end of the
    context raises AssertionError if an armed rule was never hit (unless `allow` has `never-hit`) or a call
    was off contract (unless `allow` has `off-contract`). After an exception, the sandbox is not deleted.
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
        self._is_shared = isinstance(server, MockServer)
        self._settings = {"seed": seed, "empty": empty, **({"freeze": freeze} if freeze else {})}
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
            if violations := self.find_violations():
                raise AssertionError("\n".join(violations))
            self.drop()

    def open(self) -> Self:
        """Create the sandbox without a context manager; the caller must delete it with `drop`.

        Raises ControlPlaneError: the sandbox cannot be created; ServerUnreachableError: no server responds.
        """
        with ExitStack() as opening:
            if not self._is_shared:
                opening.enter_context(self._server)
            self.name = create_sandbox(self._server.control, self.name, self._settings)
            self._open = opening.pop_all()
        self._control = SandboxControl(self._server.control, self.name)
        self.clock = SandboxClock(self._control)
        return self

    def __repr__(self) -> str:
        return f"<sandbox {self.name}>"

    @property
    def url(self) -> str:
        """Base URL of the sandbox. A vendor's URL is this URL, a slash and the vendor's name."""
        return self._control.url

    @property
    def link(self) -> str:
        """URL of the sandbox's journal."""
        return self._control.link

    def vendor(self, name: str) -> SandboxVendor:
        """Return a vendor. Calls with equal names return the same object.

        Raises LookupError: the server has no such vendor.
        """
        if name not in self._server.vendors:
            raise LookupError(f"no vendor {name} is served; there are {', '.join(self._server.vendors)}")
        if name not in self._vendors:
            self._vendors[name] = SandboxVendor(self._control, name, self.journal, self.scenario)
        return self._vendors[name]

    def scenario(self, given: str | Path | Mapping[str, Json]) -> ArmedScenario:
        """Arm a scenario: a packaged scenario by its name, a document, or a file (.yaml, .yml, .json).

        Raises ControlPlaneError: the scenario is invalid (the text lists all problems); LookupError: there is
        no packaged scenario with this name; OSError: the file cannot be read.
        """
        name = scenarios.arm_scenario(self._control, given, self.folder)
        self._armed = [one for one in self._armed if one.name != name]
        self._armed.append(ArmedScenario(self._control, name))
        return self._armed[-1]

    def snapshot(self, label: str = "") -> str:
        """Take a snapshot of the sandbox's state and return its id."""
        self._snapshots.append(self._control.request("POST", "/snapshots", {"label": label})["id"])
        return self._snapshots[-1]

    def restore(self, snapshot: str = "") -> None:
        """Restore the snapshot with this id, by default the newest snapshot that this object took.

        Raises LookupError: no snapshot was taken; ControlPlaneError: there is no snapshot with this id.
        """
        if not snapshot and not self._snapshots:
            raise LookupError("no snapshot was taken; call snapshot() first")
        self._control.request("POST", f"/snapshots/{snapshot or self._snapshots[-1]}/restore")

    def journal(
        self, *, last: int = MAX_CALLS, off_contract: bool | None = None, **filters: Json
    ) -> RecordedCalls:
        """Return the newest `last` calls that match all filters, oldest first.

        Filters are `vendor`, `operation`, `method`, `status` ("207", "4xx", "none"), `outcome`, `item`,
        `scenario`, `since`, `fault` and `off_contract`. Raises ControlPlaneError: a filter or its value is
        unknown.
        """
        listed = self._control.request(
            "GET", "/journal", None, last=last, offContract=off_contract, **filters
        )
        return RecordedCalls(RecordedCall(short, self._whole(short["number"])) for short in listed)

    def verify(
        self,
        match: Mapping[str, Json] | None = None,
        *,
        calls: int | Mapping[str, int] | None = None,
        items: Mapping[str, Json] | None = None,
    ) -> None:
        """Assert how many calls match, and how many of their items had each outcome (`created`, …).

        A number is exact, or a range such as {"min": 1, "max": 3}. Raises AssertionError: a number differs
        (the text has the nearest calls); ControlPlaneError: the expectation is invalid.
        """
        members = {"match": match, "calls": calls, "items": items}
        expectation = {name: member for name, member in members.items() if member is not None}
        try:
            self._control.request("POST", "/journal/verify", expectation)
        except ControlPlaneError as error:
            if "expected" not in error.problem:
                raise
            raise AssertionError(describe_verification(error.problem)) from None

    def assumption(self, name: str, value: str | None) -> None:
        """Set an assumption such as `vendor.null_body`; None restores the default.

        Raises ControlPlaneError: the assumption or its value is unknown.
        """
        self._control.request("PATCH", "/assumptions", {name: value})

    def case(self, vendor: str, name: str) -> CatalogueTest:
        """Return the vendor's case of a row of the catalogue; `name` is the row's id, number or name.

        Raises LookupError: the vendor has no case with this name.
        """
        found = next(iter(find_cases(self._server.control, vendor, name)), None)
        if found is None:
            raise LookupError(f"{vendor} has no case {name}")
        return CatalogueTest(show_case(self._server.control, found), vendor, self, self._run_case)

    @property
    def ledger(self) -> SandboxLedger:
        """How the items ended over all calls, with the number and money of items of each figure."""
        return read_ledger(self._control.request("GET", "/ledger"))

    def items(self, figure: str = "sent") -> Sequence[Mapping[str, Json]]:
        """Return `key`, `end`, `why`, `amount`, `attempts`, … of each item that a figure counts.

        `figure` may name several figures, as in `lost,doubled`.
        """
        return self._control.request("GET", "/journal/items", figure=figure)  # type: ignore[no-any-return]

    def find_violations(self) -> list[str]:
        """Return a text for each rule never hit and call off contract, except violations in `self.allow`."""
        calls = self.journal()
        violations: list[str] = []
        if NEVER_HIT not in self.allow:
            violations += find_unused_rules(self._control, self._armed, calls)
        if OFF_CONTRACT not in self.allow:
            violations += find_contract_violations(calls, self._ignored_calls)
        return violations

    def save(self, folder: Path) -> None:
        """Save calls and state in the folder `folder/<sandbox>`.

        Raises OSError, ControlPlaneError, ServerUnreachableError: as for `save_artifacts`.
        """
        save_artifacts(self._control, self.journal(), folder / self.name)

    def drop(self) -> None:
        """Delete the sandbox and its journal, unless it is already deleted."""
        try:
            self._control.request("DELETE", "")
        except ControlPlaneError as error:
            if error.status != 404:  # noqa: PLR2004 - not found
                raise

    def _whole(self, number: int) -> Callable[[], Json]:
        return lambda: self._control.request("GET", f"/journal/{number}")

    def _run_case(self, case: str, vendor: str) -> Mapping[str, Json]:
        result: Mapping[str, Json] = self._control.request("POST", f"/cases/{case}/run", {"vendor": vendor})
        self._ignored_calls.update(result["calls"])
        return result


class SandboxClock:
    """Clock of a sandbox: tokens, idempotency keys and quota windows expire by it.

    A client under test can use `advance` as its sleep function.
    """

    def __init__(self, sandbox_control: SandboxControl) -> None:
        self._control = sandbox_control
        self._fraction = Fraction(0)

    @property
    def now(self) -> datetime:
        """Current time, in UTC."""
        return self._instant("GET", "")

    def freeze(self, at: datetime | str | None = None) -> datetime:
        """Freeze the clock at `at`, or at the clock's current time; return the clock's time.

        Raises ControlPlaneError: `at` is not a supported instant.
        """
        instant = _utc(at).isoformat().replace("+00:00", "Z") if isinstance(at, datetime) else at
        return self._instant("POST", "/freeze", {} if instant is None else {"at": instant})

    def advance(self, seconds: float | timedelta) -> datetime:
        """Advance the clock and return its time. Fractions of a second add up until they are whole seconds.

        Raises ControlPlaneError: the clock would go back, or beyond the year 9998.
        """
        ahead = seconds.total_seconds() if isinstance(seconds, timedelta) else seconds
        whole, self._fraction = divmod(self._fraction + Fraction(ahead), 1)
        return self._instant("POST", "/advance", {"seconds": int(whole)})

    def thaw(self) -> datetime:
        """Set the clock to the machine's time, let it run again, and return its time."""
        return self._instant("POST", "/thaw")

    def _instant(self, method: str, below: str, body: dict[str, object] | None = None) -> datetime:
        return _utc(datetime.fromisoformat(self._control.request(method, f"/clock{below}", body)["now"]))


def _utc(moment: datetime) -> datetime:
    """Return the instant in UTC. An instant without a time zone is taken as UTC."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
