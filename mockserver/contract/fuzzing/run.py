"""The run of generated calls: examples, limits, drawn cases, and walks along links."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any, TypeAlias

import hypothesis
from hypothesis import strategies as st
from msgspec.structs import replace

from mockserver.contract.exchange import Finding, checks_of
from mockserver.contract.failure_search import FailureSearch, hypothesis_settings
from mockserver.contract.fuzzing import generated_requests, links
from mockserver.contract.fuzzing.caller import (
    CaseCaller,
    FuzzingContext,
    TargetLostError,
    UnansweredCaseError,
)
from mockserver.contract.fuzzing.follow_ups import KeyedReplays, LocationChecks
from mockserver.contract.fuzzing.generated_requests import (
    PinnedCase,
    UnsendableCaseError,
    id_of_operation,
    operation_id,
)
from mockserver.contract.fuzzing.refusals import RefusalStatusChecks
from mockserver.contract.fuzzing.schemathesis_parts import (
    BaseSchema,
    CoverageGenerator,
    ExamplesGenerator,
    FeedbackSources,
    GenerationMode,
    Ok,
    Override,
    PayloadAlternatives,
    derive_operation_seed,
)
from mockserver.contract.isolation import Isolation
from mockserver.contract.run_state import PlannedPart, RunConfig, RunPart
from mockserver.contract.trial import Trial
from mockserver.spec.openapi import resolve

PHASE = "fuzzing"

FuzzedOperation: TypeAlias = Any
"""An operation as Schemathesis has it, for any kind of schema."""

FUZZING_CHECKS = checks_of("calls")

_FAILED_OFTEN = 5
"""After so many failures of a check, the remaining cases of the operation skip the check, to save time."""

_LARGE = 40
"""If path and body of a failing call have more bytes, a smaller call is searched for."""

_EVERY_NTH = 4
"""Of so many calls, one sends its document in another media type (XML)."""

_SECOND_FORMS = ("xml", "xml-form")

_SHRUNK = 4
"""Maximum number of an operation's failed checks for which a smaller call is searched for."""


def plan_fuzzing(trial: Trial) -> Iterator[PlannedPart]:
    context = fuzzing_context(trial)
    schema = generated_requests.load_schema(trial.api, trial.target.address.url, trial.run_config)
    again = [accept for accept in trial.api.profile.pins.accepts if trial.run_config.calls(accept[0])]
    yield from plan_operations(schema, CaseCaller(schema, context), context, again)
    yield from links.plan_walks(context)


def fuzzing_context(trial: Trial) -> FuzzingContext:
    return FuzzingContext(
        *trial.parts,
        replays=KeyedReplays.of(trial),
        statuses=RefusalStatusChecks(trial),
        locations=LocationChecks(trial),
    )


def plan_operations(
    schema: BaseSchema,
    caller: CaseCaller,
    context: FuzzingContext,
    again: Sequence[tuple[str, str]] = (),
) -> Iterator[PlannedPart]:
    """Yield a part for the calls of every operation. Each part has an isolation scope of its own.

    The parts of one path form a group, because Schemathesis tries the methods that a path lacks only at the
    path's first operation. `again` has pairs of an operation id and the `Accept` with which the operation is
    called once more. If Schemathesis cannot read an operation, add a note to the ledger.
    """
    operations = list(_operations(schema, context))
    _part_bodies(operations)
    rounds = [(one, "") for one in operations]
    rounds += [(one, accept) for name, accept in again for one in operations if id_of_operation(one) == name]
    for number, (operation, accept) in enumerate(rounds, 1):
        note = f"as {accept}" if accept else ""
        part = RunPart(PHASE, id_of_operation(operation), number, len(rounds), note)
        yield PlannedPart(part, partial(_fuzz_operation, operation, caller, context, accept), operation.path)


def _part_bodies(operations: Iterable[FuzzedOperation]) -> None:
    """Let each body convert its own schema.

    By default, equal bodies share one conversion, which makes the cases of an operation depend on the
    operations that its worker called before.
    """
    for operation in operations:
        for body in operation.body:
            body.schema_cache = None


def _operations(schema: BaseSchema, context: FuzzingContext) -> Iterator[FuzzedOperation]:
    for result in schema.get_all_operations():
        if isinstance(result, Ok):
            operation = result.ok()
            if context.run_config.calls(id_of_operation(operation)):
                yield operation
        elif not context.run_config.operations:
            error = result.err()
            context.ledger.notes.append(f"{error.label} was not called, Schemathesis cannot read it: {error}")


def _fuzz_operation(
    operation: FuzzedOperation, caller: CaseCaller, context: FuzzingContext, accept: str
) -> None:
    caller.accept = accept
    isolation = Isolation(context.target, context.run_config.seed, id_of_operation(operation))
    scope = isolation.new_scope(0)
    caller.wire.within(scope.headers)
    context.ledger.record(_findings(operation, caller, context.run_config))
    if caller.lost:
        raise caller.lost
    isolation.drop(scope)


def _findings(operation: FuzzedOperation, caller: CaseCaller, run_config: RunConfig) -> Iterator[Finding]:
    listed = _findings_of_listed(operation, caller, run_config)
    search = FailureSearch(run_config, {(finding.operation, finding.check) for finding in listed})
    while not (search.is_done or caller.leaves_out(id_of_operation(operation))):
        if (found := _drawn(operation, caller, run_config, search)) is None:
            break
        yield found
    for finding in listed[:_SHRUNK]:
        smaller = None
        if run_config.shrinks and finding.sent_bytes > _LARGE:
            caller.left_out = frozenset(FUZZING_CHECKS) - {finding.check}
            wanted = replace(run_config, only=frozenset({finding.check}))
            smaller = _drawn(operation, caller, wanted, FailureSearch(wanted))
        yield smaller if smaller and smaller.sent_bytes < finding.sent_bytes else finding
    yield from listed[_SHRUNK:]
    caller.left_out = frozenset()


def _findings_of_listed(
    operation: FuzzedOperation, caller: CaseCaller, run_config: RunConfig
) -> list[Finding]:
    """Return for each failed check the finding with the smallest call. Skip a check after a few failures."""
    smallest: dict[str, Finding] = {}
    times: Counter[str] = Counter()
    for case in _listed(operation, run_config):
        if caller.leaves_out(id_of_operation(operation)):
            break  # the other cases take long to make
        for finding in check_case(caller, case):
            times[finding.check] += 1
            known = smallest.get(finding.check)
            if known is None or finding.sent_bytes < known.sent_bytes:
                smallest[finding.check] = finding
            if times[finding.check] == _FAILED_OFTEN:
                caller.left_out |= {finding.check}
    return list(smallest.values())


def _listed(operation: FuzzedOperation, run_config: RunConfig) -> Iterator[PinnedCase]:
    """Yield the examples of the spec, then cases at the limits of its schemas and beyond them.

    If there are too many limit cases, yield every nth, from a start that the seed decides. If the operation
    also takes its document as XML, a quarter of the limit cases are XML.
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
    other = _other_forms(operation)
    shares = [
        [case for case in limits if (case.media_type in other) is is_other] for is_other in (False, True)
    ]
    most = run_config.max_limit_calls
    rare = -(-most // _EVERY_NTH) if shares[1] else 0
    yield from _nth(shares[0], most - rare, run_config.seed)
    yield from _nth(shares[1], rare, run_config.seed)


def _nth(cases: list[PinnedCase], most: int, seed: int) -> list[PinnedCase]:
    every = -(-len(cases) // max(most, 1)) or 1
    return cases[seed % every :: every]


def _other_forms(operation: FuzzedOperation) -> frozenset[str]:
    """Return the XML media types in which the operation takes the document of its main media type."""
    raw = operation.definition.raw.get("requestBody", {})
    content = resolve(operation.schema.raw_schema, raw).get("content", {})
    return frozenset(
        name
        for name, node in content.items()
        if isinstance(node, dict) and node.get("x-binder", {}).get("format") in _SECOND_FORMS
    )


def _strategies(operation: FuzzedOperation) -> Iterator[Any]:
    """Yield strategies for the cases of an operation, to be drawn with equal probability."""
    other = _other_forms(operation)
    first = [body for body in operation.body if body.media_type not in other]
    forms = [operation]
    if other and first:
        forms = [dataclasses.replace(operation, body=PayloadAlternatives(first))] * (_EVERY_NTH - 1) + forms
    for form in forms:
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            yield form.as_strategy(generation_mode=mode)


def _drawn(
    operation: FuzzedOperation, caller: CaseCaller, run_config: RunConfig, search: FailureSearch
) -> Finding | None:
    """Return a new failure, reduced by Hypothesis, or None if there is no new failure."""
    strategy: Any = st.one_of(list(_strategies(operation)))

    @hypothesis.seed(derive_operation_seed(run_config.seed, operation.label))
    @hypothesis_settings(run_config)
    @hypothesis.given(strategy)
    def one(case: PinnedCase) -> None:
        search.target_is_lost = caller.lost is not None or caller.leaves_out(operation_id(case))
        search.begin()
        for finding in check_case(caller, case):
            if search.looks_for(finding):
                raise search.broken(finding)

    return search.round(one)


def check_case(caller: CaseCaller, case: PinnedCase) -> Iterable[Finding]:
    """Send a case and return its findings, none if the case cannot be sent or its operation is left out."""
    if caller.leaves_out(operation_id(case)):
        return ()
    try:
        found: Iterable[Finding] = caller.check(caller.call(case))
    except UnansweredCaseError as error:
        found = (error.finding,)
    except (UnsendableCaseError, TargetLostError):
        return ()
    return [one for one in found if caller.wants(one.check)]
