"""Generated calls: examples, limits, drawn cases and link walks, each judged by every check."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any, TypeAlias

import hypothesis
from hypothesis import strategies as st
from hypothesis.errors import Flaky, FlakyFailure, Unsatisfiable
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode, derive_operation_seed
from schemathesis.generation.drivers import CoverageGenerator, ExamplesGenerator
from schemathesis.generation.feedback import FeedbackSources
from schemathesis.generation.overrides import Override
from schemathesis.schemas import BaseSchema

from mockserver.contract.config import RunConfig
from mockserver.contract.finding import BrokenRule, Finding, FindingLedger
from mockserver.contract.fuzzing import auth_checks, link_walks, schemas, schemathesis_checks
from mockserver.contract.fuzzing.caller import CallCheck, Caller, LostResponseError
from mockserver.contract.fuzzing.malformed_bodies import JudgeExchange
from mockserver.contract.fuzzing.pins import PinnedCase, id_of
from mockserver.contract.fuzzing.requests import UnsendableCaseError
from mockserver.contract.fuzzing.settings import hypothesis_settings
from mockserver.contract.isolation import Isolation
from mockserver.contract.loading import ApiUnderTest
from mockserver.contract.stateful.failure_search import BudgetSpentError, FailureSearch
from mockserver.contract.target import Target

FuzzedOperation: TypeAlias = Any
"""An operation of Schemathesis, of any kind of schema."""

FUZZING_CHECKS = {
    one.id: one
    for one in (*schemathesis_checks.SCHEMATHESIS_CHECKS, auth_checks.AUTH_CHECK, link_walks.LINKS)
}

_OFTEN = 5
"""Failures of a check after which an operation's other listed cases are not put to it: each is costly."""

_LIMITS = 16
"""Calls at the limits of an operation's schemas, at most, for each one that is drawn."""

_LARGE = 40
"""Bytes of path and body that nobody likes to read."""

_SHRUNK = 4
"""Checks whose large calls are made small, of those that broke at listed cases."""


def run_fuzzing(
    contracted: ApiUnderTest, target: Target, effort: RunConfig, ledger: FindingLedger, judge: JudgeExchange
) -> None:
    """Call every operation, then walk; each exchange is judged by `judge` too.

    Credentials are those of the profile.

    Raises:
        TargetUnreachableError: the target does not answer.
    """
    pins = contracted.profile.pins
    errand = CallCheck(target, effort, ledger, pins, contracted.spec, judge)
    schema = schemas.loaded(contracted, target.address.url, effort)
    caller = Caller(schema, errand)
    fuzz_operations(schema, caller, errand)
    for operation, media_type in pins.asked_for:
        if effort.calls(operation):
            caller.accept = media_type
            fuzz_operations(
                schema, caller, replace(errand, effort=replace(effort, operations=frozenset({operation})))
            )
    link_walks.run_walks(contracted, errand)


def fuzz_operations(schema: BaseSchema, caller: Caller, errand: CallCheck) -> None:
    """Call every operation of a schema, each in a world of its own.

    Raises:
        TargetUnreachableError: the target does not answer.
    """
    for result in schema.get_all_operations():
        # What is no Ok is an operation that Schemathesis cannot read.
        if isinstance(result, Ok) and errand.effort.calls(id_of(result.ok())):
            worlds = Isolation(errand.target, errand.effort.seed, id_of(result.ok()))
            world = worlds.fresh(0)
            caller.wire.within(world.headers)
            errand.ledger.found(_findings(result.ok(), caller, errand.effort))
            if caller.lost:
                raise caller.lost
            worlds.drop(world)


def _findings(operation: FuzzedOperation, caller: Caller, effort: RunConfig) -> Iterator[Finding]:
    listed = _of_listed(operation, caller, effort)
    hunt = FailureSearch(effort, {(finding.operation, finding.check) for finding in listed})
    while found := _drawn(operation, caller, effort, hunt):
        yield found
    for finding in listed[:_SHRUNK]:
        smaller = None
        if effort.shrinks and _size(finding) > _LARGE:
            caller.left_out = frozenset(FUZZING_CHECKS) - {finding.check}
            wanted = replace(effort, only=frozenset({finding.check}))
            smaller = _drawn(operation, caller, wanted, FailureSearch(wanted))
        yield smaller if smaller and _size(smaller) < _size(finding) else finding
    yield from listed[_SHRUNK:]
    caller.left_out = frozenset()


def _of_listed(operation: FuzzedOperation, caller: Caller, effort: RunConfig) -> list[Finding]:
    """Return the smallest failing call of each check; skip checks that have failed a few times."""
    smallest: dict[str, Finding] = {}
    times: Counter[str] = Counter()
    for case in _listed(operation, effort):
        for finding in _judged(caller, case):
            times[finding.check] += 1
            known = smallest.get(finding.check)
            if known is None or _size(finding) < _size(known):
                smallest[finding.check] = finding
            if times[finding.check] == _OFTEN:
                caller.left_out |= {finding.check}
    return list(smallest.values())


def _listed(operation: FuzzedOperation, effort: RunConfig) -> Iterator[PinnedCase]:
    """Yield the examples of the spec, then what lies at the limits of its schemas and beyond.

    Where there is more of that than the effort is worth, the seed says where taking every nth of it begins.
    """
    feedback = FeedbackSources()
    phases = operation.schema.config.phases_for(operation=operation)
    yield from ExamplesGenerator(
        operation=operation,
        override=Override(),
        feedback=feedback,
        fill_missing=phases.examples.fill_missing,
    )
    generation = operation.schema.config.generation_for(operation=operation, phase="coverage")
    limits = list(
        CoverageGenerator(
            operation=operation,
            generation_modes=generation.modes,
            generation_config=generation,
            auth_storage=None,
            override=Override(),
            feedback=feedback,
        )
    )
    every = -(-len(limits) // (_LIMITS * effort.max_examples)) or 1
    yield from limits[effort.seed % every :: every]


def _drawn(
    operation: FuzzedOperation, caller: Caller, effort: RunConfig, hunt: FailureSearch
) -> Finding | None:
    """Return something that breaks, as small as Hypothesis makes it; None where nothing new does."""
    modes = [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]
    strategy: Any = st.one_of([operation.as_strategy(generation_mode=mode) for mode in modes])

    @hypothesis.seed(derive_operation_seed(effort.seed, operation.label))
    @hypothesis_settings(effort)
    @hypothesis.given(strategy)
    def one(case: PinnedCase) -> None:
        hunt.is_dead = caller.lost is not None
        hunt.begin()
        for finding in _judged(caller, case):
            if hunt.looks_for(finding):
                raise hunt.broken(finding)

    # The hunt has what broke, also where it did not break again.
    with suppress(BrokenRule, BudgetSpentError, Flaky, FlakyFailure, Unsatisfiable):
        one()
    return hunt.end()


def _judged(caller: Caller, case: PinnedCase) -> Iterable[Finding]:
    try:
        return caller.judge(caller.call(case))
    except (UnsendableCaseError, LostResponseError):
        return ()


def _size(finding: Finding) -> int:
    return sum(len(one.request.path) + len(one.request.body) for one in finding.exchanges)
