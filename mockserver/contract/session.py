"""A run of the suite for one API: plan, announcement, result, and the command that repeats the run."""

from __future__ import annotations

import dataclasses
import os
import shlex
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import current_thread, main_thread

from msgspec.structs import replace

from mockserver.codec.masking import HEADER, is_credential
from mockserver.codec.urls import is_loopback
from mockserver.contract import credentials, runner, safety
from mockserver.contract.api import ApiUnderTest
from mockserver.contract.credentials import GivenCredentials
from mockserver.contract.exchange import BrokenRule, Finding, TargetUnreachableError, current_id
from mockserver.contract.facts import READING, CheckedFacts, FactSearch, absent_note, absent_operations
from mockserver.contract.loading import as_ours_keeps_it, load_api, load_vendor_api, not_served
from mockserver.contract.profile import Facts
from mockserver.contract.run_state import SILENT, FindingLedger, RunConfig, RunObserver
from mockserver.contract.runner import PHASES
from mockserver.contract.safety import Rate
from mockserver.contract.sequences.sequence import batch_profiles_of
from mockserver.contract.target import Address, App, Target
from mockserver.errors import BrokenRunError, MockServerError, SpecError
from mockserver.model import EMPTY, Value
from mockserver.sandbox.clock import Clock, system_clock
from mockserver.spec.folder import specs_folder

INTERRUPTED = "interrupted"
_IN_PROCESS = "http://127.0.0.1:8080"
"""Address of calls in this process. The application answers only loopback hosts, such as 127.0.0.1."""

QUICK_EXAMPLES = 2
QUICK_NOTE = (
    f"a quick run: at most {QUICK_EXAMPLES} examples of an operation or batch, where 100 are usual; "
    "run it without --quick before you rely on it"
)
HEADER_PREFIX = "MOCKSERVER_HEADER_"
_SHOWN = 8
TARGET = "MOCKSERVER_TARGET"
ALLOWED = "MOCKSERVER_CONTRACT_ALLOW_REMOTE"


class MissingCredentialsError(Exception):
    def __init__(self, names: tuple[str, ...]) -> None:
        super().__init__(f"no credential for {', '.join(names)}")
        self.names = names


class SessionContext(Value, frozen=True):
    """Environment variables, output, clock and observer of a run."""

    environment: Mapping[str, str]
    say: Callable[[str], None]
    """Receives lines for people."""
    clock: Clock
    observer: RunObserver = SILENT


@dataclass(frozen=True, slots=True)
class Session:
    """Result of a run."""

    plan: SessionPlan
    api: ApiUnderTest
    ledger: FindingLedger
    url: str
    """Address of the target, "" for an application in this process."""
    seconds: float
    stopped: str = ""
    """Why the run ended early (INTERRUPTED, loss of the target, or a fault of the suite), or ""."""
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    """For each secret text, the shell variable that replaces the text."""
    in_shell: Mapping[str, str] = field(default_factory=dict, repr=False)
    """For each header value that has a credential, the shell text that replaces the value."""
    defaults: Mapping[str, str] = field(default_factory=dict)
    """Credentials that are no secrets (of fixtures, or invented), by environment variable."""

    @property
    def where(self) -> str:
        return self.url or "in this process"


def load_session_api(plan: SessionPlan) -> ApiUnderTest:
    """Load the API of a plan. Raises SpecError; FileNotFoundError: the plan names no known vendor."""
    if plan.spec:
        return load_api(plan.spec, plan.facts, plan.profile, plan.overlays)
    return load_vendor_api(plan.name, plan.facts, plan.profile, plan.overlays)


def run_session(plan: SessionPlan, api: ApiUnderTest, context: SessionContext) -> Session:
    """Run the plan.

    Raises UnsafeTargetError: the target may not be called; MissingCredentialsError; TargetUnreachableError;
    SpecError, VendorError: the spec cannot be served in this process, or the target answers none of its
    operations; UnreadableCredentialError: an environment variable is malformed; MissingFactsError: valid
    items need records that the target lacks.
    """
    url = safety.check_target(plan.target, plan.allowed) if plan.target else f"{_IN_PROCESS}/{api.name}"
    here = None if plan.target else _application(plan)
    remote = here is None and not is_loopback(safety.host_of(url))
    rate = plan.rate or (safety.REMOTE_RATE if remote else None)
    ledger = FindingLedger(observer=context.observer)
    headers = {name.lower(): text for name, text in plan.headers.items()}
    with Target(Address(url, here, given=headers), safety.pause(rate) if rate else None) as target:
        ours = here is not None or (not remote and _is_ours(api, target))
        given = _credentials(api, context, ours=ours)
        known = as_ours_keeps_it(api) if ours else api
        every = {**given, **credentials.from_headers(api, headers)}
        known = replace(known, profile=replace(known.profile, credentials=every))
        effort = _run_config(known, plan, context, ledger)
        if not ours:
            context.say(announce(known, url, effort, rate))
            effort = _built(known, target, effort, ledger)
        checked = _checked_facts(known, target, plan, effort, ours=ours)
        ledger.notes.extend(checked.notes)
        if plan.is_quick:
            ledger.notes.append(QUICK_NOTE)
        known = replace(known, facts=checked.facts)
        plan = replace(plan, facts={**plan.facts, **checked.taken})
        # In an API of a file without batches, a mock server's lists are empty or constant examples.
        is_plain = ours and api.spec.is_own and not any(one.batch for one in api.spec.operations.values())
        served = (runner.FUZZING_PHASE,) if is_plain else PHASES
        context.observer.run_began(known, _secrets(known, plan, context))
        began = context.clock()
        phases = tuple(one for one in plan.phases if one in served)
        stopped = _run(known, target, effort, ledger, phases)
        seconds = (context.clock() - began).total_seconds()
    session = Session(plan, known, ledger, "" if here else url, seconds, stopped)
    return _masking(session, given, context)


def _is_ours(api: ApiUnderTest, target: Target) -> bool:
    """Return whether the server at `target`, which is on this machine, is a mockserver.

    Raises UnsafeTargetError: the address is that of a whole mockserver, not that of one vendor.
    """
    safety.check_vendor_in_path(api.name, target.address.url, target.identity())
    return target.identity().is_ours


def _secrets(api: ApiUnderTest, plan: SessionPlan, context: SessionContext) -> Mapping[str, str]:
    """Return the replacement for each secret text of credentials in the environment and in headers."""
    secret = credentials.from_environment(api, context.environment)
    return {**credentials.secret_texts(secret), **_of_headers(plan, api)}


def _masking(made: Session, given: GivenCredentials, context: SessionContext) -> Session:
    api = made.api
    secret = credentials.from_environment(api, context.environment)
    return dataclasses.replace(
        made,
        secrets=_secrets(api, made.plan, context),
        in_shell={**credentials.in_shell(api, given), **_of_headers(made.plan, api)},
        defaults={
            credentials.variable(name): credentials.without_secrets(values)
            for name, values in given.items()
            if name not in secret
        },
    )


def broken_session(plan: SessionPlan, api: ApiUnderTest, fault: Exception) -> Session:
    ledger = FindingLedger()
    return Session(plan, api, ledger, plan.target or "", 0, _broken(ledger, fault, "its start"))


def _broken(ledger: FindingLedger, fault: Exception, where: str) -> str:
    """Store the fault in the ledger, and return why the run ended early."""
    ledger.fault = BrokenRunError.of(fault, where)
    return f"an internal error in mockserver: {ledger.fault}"


def _run(
    api: ApiUnderTest, target: Target, effort: RunConfig, ledger: FindingLedger, phases: tuple[str, ...]
) -> str:
    try:
        with _interruptible(target):
            runner.run_phases(api, target, effort, ledger, phases)
    except KeyboardInterrupt:
        return INTERRUPTED
    except TargetUnreachableError as error:
        return str(error)
    except (MockServerError, BrokenPipeError):
        raise
    except Exception as fault:  # noqa: BLE001 - a fault of ours is raised again after the reports are written
        return _broken(ledger, fault, "the run")
    return ""


@contextmanager
def _interruptible(target: Target) -> Iterator[None]:
    """End the run at Ctrl-C, even if a library swallows the interrupt.

    If an exception is raised in a finaliser or in a callback of the garbage collector (Hypothesis has one),
    Python prints "Exception ignored in …" and continues. For an interrupt, this context prints nothing, and
    makes the next call to the target end the run.
    """
    if current_thread() is not main_thread():
        yield
        return
    report = sys.unraisablehook

    def end(_signal: int, _frame: object) -> None:
        target.stop()
        raise KeyboardInterrupt

    def ignore(unraisable: sys.UnraisableHookArgs) -> None:
        if not issubclass(unraisable.exc_type, KeyboardInterrupt):
            report(unraisable)

    before = signal.signal(signal.SIGINT, end)
    sys.unraisablehook = ignore
    try:
        yield
    finally:
        sys.unraisablehook = report
        signal.signal(signal.SIGINT, before)


def _application(plan: SessionPlan) -> App:
    from mockserver.server.application import Options, create_app  # noqa: PLC0415 - slow

    if plan.spec and plan.spec.parent.resolve() != specs_folder().resolve():
        return create_app(Options(vendors=(plan.name,), files=(plan.spec,), overlays=plan.overlays))
    return create_app(Options(vendors=(plan.name,), strict_auth=True, overlays=plan.overlays))


def _credentials(found: ApiUnderTest, context: SessionContext, *, ours: bool) -> GivenCredentials:
    """Return the credentials of the environment, and for a mock server also the fixtures' credentials.

    If the fixtures have no credentials, a mock server accepts all credentials, so invent some.
    """
    named = credentials.from_environment(found, context.environment)
    if not ours:
        return named
    known = found.profile.credentials
    return {**(known or credentials.invented_credentials(found)), **named}


def _run_config(
    known: ApiUnderTest, plan: SessionPlan, context: SessionContext, ledger: FindingLedger
) -> RunConfig:
    """Return the configuration of the run, limited to operations that can be called.

    If the environment variable of a credential is empty, operations that need the credential are excluded.
    Raises MissingCredentialsError: the variable of a needed credential is not set.
    """
    every = frozenset(known.spec.operations)
    unread = not_served(known.spec)
    wanted = (plan.run_config.operations or every) - unread
    if unread:
        ledger.notes.append(f"not called, as they could not be read: {', '.join(sorted(unread))}")
    run_config = replace(plan.run_config, left_out=every - wanted)
    lacking = credentials.missing_schemes(known, known.profile.credentials, wanted)
    unnamed = [credentials.variable(name) for name in lacking]
    if any(name not in context.environment for name in unnamed):
        raise MissingCredentialsError(tuple(name for name in unnamed if name not in context.environment))
    if not lacking:
        return run_config
    left = wanted & credentials.is_callable_with(known, lacking)
    ledger.notes.append(
        f"{len(wanted - left)} of {len(wanted)} operations were not called, as {', '.join(unnamed)} is empty"
    )
    return replace(run_config, left_out=every - left)


def _checked_facts(
    known: ApiUnderTest, target: Target, plan: SessionPlan, run_config: RunConfig, *, ours: bool
) -> CheckedFacts:
    """Check the facts of the run; at a mock server check only facts that the user named.

    If the target is on this machine, another record may replace a missing fact. On other machines it may not,
    because somebody may need that record. Raises MissingFactsError.
    """
    has_items = plan.phases != (runner.FUZZING_PHASE,)
    operations = frozenset(filter(run_config.calls, known.spec.operations)) if has_items else frozenset()
    may_take = is_loopback(safety.host_of(target.address.url))
    return FactSearch(known, target, operations, plan.facts, may_take=may_take).checked(only_given=ours)


def _built(known: ApiUnderTest, target: Target, run_config: RunConfig, ledger: FindingLedger) -> RunConfig:
    """Return the configuration without the operations that the target lacks.

    Raises SpecError: the target has none of the operations.
    """
    wanted = frozenset(filter(run_config.calls, known.spec.operations))
    absent = absent_operations(known, target, wanted)
    if not absent:
        return run_config
    if wanted <= absent.keys():
        raise SpecError(f"the target answers no operation of the spec: {absent_note(known, absent)}")
    ledger.notes.append(absent_note(known, absent))
    return replace(run_config, left_out=run_config.left_out | absent.keys())


def _of_headers(plan: SessionPlan, api: ApiUnderTest) -> Mapping[str, str]:
    return {
        text: f"${header_variable(name)}"
        for name, text in plan.headers.items()
        if is_credential(name, HEADER, api.spec.credential_names)
    }


class SessionPlan(Value, frozen=True):
    """Plan of a run of the suite for one API."""

    name: str
    spec: Path | None = None
    """A user's spec file, or None for the spec of the vendor `name`."""
    target: str | None = None
    """Address, or None for the application in this process."""
    allowed: tuple[str, ...] = ()
    """Hosts beyond this machine that may be called."""
    headers: Mapping[str, str] = {}
    rate: Rate | None = None
    facts: Facts = EMPTY
    run_config: RunConfig = RunConfig()
    phases: tuple[str, ...] = PHASES
    profile: Path | None = None
    """YAML file, or None for the profile of the spec or the vendor."""
    is_quick: bool = False
    """Whether reports note that the run has only a few examples."""
    overlays: tuple[Path, ...] = ()

    def only(self, check: str, finding: Finding | None = None) -> SessionPlan:
        """Return the plan for one check. If `finding` has a phase, limit the plan to the finding's part."""
        effort = replace(self.run_config, only=frozenset({check}))
        if finding is None or not finding.phase:
            return replace(self, run_config=effort)
        effort = replace(effort, parts=frozenset({finding.part}))
        return replace(self, run_config=effort, phases=(finding.phase,))


def command_line(plan: SessionPlan, declared: frozenset[str] = frozenset()) -> str:
    """Return the shell command that repeats the run. Header values with credentials come from variables.

    `declared` are the credential names of the spec.
    """
    return " ".join(_words(plan, declared))


def header_variable(name: str) -> str:
    return credentials.variable(name, HEADER_PREFIX)


def _words(plan: SessionPlan, declared: frozenset[str]) -> Iterator[str]:
    effort = plan.run_config
    yield "mockserver contract"
    yield f"--spec {shlex.quote(str(plan.spec))}" if plan.spec else shlex.quote(plan.name)
    yield from (f"--overlay {shlex.quote(str(file))}" for file in plan.overlays)
    if plan.profile:
        yield f"--profile {shlex.quote(str(plan.profile))}"
    if plan.target:
        yield f"--target {shlex.quote(plan.target)}"
    yield from (f"--allow-remote {shlex.quote(host)}" for host in plan.allowed)
    for name, text in plan.headers.items():
        if is_credential(name, HEADER, declared):
            yield f'--header "{name}: ${header_variable(name)}"'
        else:
            yield f"--header {shlex.quote(f'{name}: {text}')}"
    yield from (f"--fact {shlex.quote(f'{name}={text}')}" for name, text in plan.facts.items())
    if plan.rate:
        yield f"--rate {plan.rate}"
    yield f"--seed {effort.seed} --max-examples {effort.max_examples}"
    if not effort.shrinks:
        yield "--no-shrink"
    if effort.operations:
        yield f"--operation {shlex.quote(','.join(sorted(effort.operations)))}"
    yield from (f"--part {shlex.quote(name)}" for name in sorted(effort.parts))
    if plan.phases != PHASES:
        yield from (f"--phase {name}" for name in plan.phases)
    yield from (f"--only {check}" for check in sorted(effort.only))


def announce(api: ApiUnderTest, url: str, run_config: RunConfig, rate: Rate | None) -> str:
    """Return lines about the planned effects on the target: what is written, number and rate of calls."""
    return "\n".join(_told(api, url, run_config, rate))


def _told(api: ApiUnderTest, url: str, run_config: RunConfig, rate: Rate | None) -> Iterator[str]:
    writing = [
        f"{operation.method.upper()} {operation.path}"
        for name, operation in api.spec.operations.items()
        if run_config.calls(name) and operation.method not in READING and not operation.safe
    ]
    yield f"{url} is not a mockserver: what this run creates, changes and deletes there stays that way"
    more = f" and {len(writing) - _SHOWN} more" if len(writing) > _SHOWN else ""
    yield f"  writes by  {', '.join(writing[:_SHOWN]) or 'nothing'}{more}"
    for subject in batch_profiles_of(api):
        if run_config.calls(subject.operation):
            yield f"  records    {subject.operation}: keys such as {subject.key(0)}, {subject.key(1)}"
    if api.facts:
        yield f"  relies on  {', '.join(f'{name}={text}' for name, text in api.facts.items())}"
    speed = f"at most {rate}" if rate else "as fast as the server answers (--rate 20/s slows it down)"
    most, limits = f"{run_config.max_examples:,}", f"{run_config.max_limit_calls:,}"
    yield f"  calls      an operation: its examples, up to {limits} at limits of its schemas, {most} random;"
    yield f"             a batch: up to {most} sequences; more where a check calls again or fails"
    yield f"  speed      {speed}"


def holds_again(  # noqa: PLR0913 - the words of a command line
    name: str,
    check: str,
    *,
    seed: int,
    max_examples: int,
    target: str | None = None,
    spec: str | None = None,
    profile: str | None = None,
    facts: Mapping[str, str] | None = None,
    operations: tuple[str, ...] = (),
    parts: tuple[str, ...] = (),
    phases: tuple[str, ...] = PHASES,
) -> None:
    """Run the suite for one check, as `mockserver contract NAME --only CHECK` does.

    The address in MOCKSERVER_TARGET replaces `target`. If neither has an address, the application runs in
    this process. MOCKSERVER_CONTRACT_ALLOW_REMOTE has the hosts beyond this machine that may be written to,
    separated by spaces. Credentials come from the environment, see `mockserver contract --help`. Raises
    BrokenRule: the check fails; BrokenRunError: a fault of the suite; and the errors of `run_session`.
    """
    plan = SessionPlan(
        name,
        Path(spec) if spec else None,
        os.environ.get(TARGET) or target,
        tuple(os.environ.get(ALLOWED, "").split()),
        facts=facts or {},
        run_config=RunConfig(seed, max_examples, operations=frozenset(operations), parts=frozenset(parts)),
        phases=phases,
        profile=Path(profile) if profile else None,
    ).only(current_id(check))
    made = run_session(plan, load_session_api(plan), SessionContext(os.environ, _said, system_clock))
    if made.ledger.fault:
        raise made.ledger.fault
    for finding in made.ledger.findings:
        if finding.check == current_id(check):
            raise BrokenRule(finding)


def _said(line: str) -> None:
    sys.stderr.write(f"{line}\n")
