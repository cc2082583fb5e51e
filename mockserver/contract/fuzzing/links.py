"""Walks along the links of a spec, on which values of a response are parameters of the next request."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, ClassVar

import hypothesis
from msgspec import Struct, field
from msgspec.structs import replace

from mockserver.contract.exchange import Exchange, Finding
from mockserver.contract.failure_search import FailureSearch, hypothesis_settings
from mockserver.contract.fuzzing import generated_requests
from mockserver.contract.fuzzing.caller import (
    ONCE,
    CaseCaller,
    FuzzingContext,
    TargetLostError,
    UnansweredCaseError,
)
from mockserver.contract.fuzzing.generated_requests import PinnedCase, UnsendableCaseError, operation_id
from mockserver.contract.fuzzing.schemathesis_parts import (
    BaseSchema,
    Response,
    StepInput,
    StepOutput,
    derive_operation_seed,
)
from mockserver.contract.isolation import Isolation, IsolationScope
from mockserver.contract.run_state import PlannedPart, RunConfig, RunPart
from mockserver.spec.openapi import Spec, resolve

PHASE = "links"

STEPS = 6
"""Maximum number of calls of a walk."""

LINKS = "links-lead-somewhere"
_GOOD = 300

_FOLLOWED_OFTEN = 3
"""Minimum number of uses before a link is judged, because drawn values may cause the first failures."""

_MANY = 20
"""If so many followed links all fail, or so many walks follow no link, one finding reports all links."""


def plan_walks(context: FuzzingContext) -> Iterator[PlannedPart]:
    """Yield one part for each group of operations that the profile's `walk_exclusions` leave out.

    Checks that are made once for each operation are made by the operation's fuzzing, not on walks.
    """
    only = context.run_config.only
    context = replace(context, replays=None, statuses=None)
    exclusions = () if only and only <= ONCE else context.api.profile.pins.walk_exclusions
    for number, without in enumerate(exclusions, 1):
        note = f"without {', '.join(without)}" if without else ""
        walks = context.run_config.max_examples
        part = RunPart(PHASE, "", number, len(exclusions), note, walks)
        yield PlannedPart(part, partial(count_followed_links, context, without))


def count_followed_links(context: FuzzingContext, without: tuple[str, ...] = ()) -> Counter[str]:
    """Walk along links, but not to operations in `without`. Record findings; return each link's successes."""
    api, run_config, ledger = context.api, context.run_config, context.ledger
    whole = generated_requests.load_schema(api, context.target.address.url, run_config, walking=True)
    left_out = {name for name in api.spec.operations if not run_config.calls(name)} | {*without}
    schema = whole.exclude(operation_id=sorted(left_out)) if left_out else whole
    if not schema.statistic.transitions.selected:
        return Counter()
    caller = CaseCaller(schema, context)
    operations = api.spec.operations.values()
    walk = WalkState(
        caller,
        Isolation(context.target, run_config.seed, " ".join(("walk", *without))),
        FailureSearch(run_config),
        frozenset(
            one.id for one in operations if one.batch and (not one.batch.atomic or one.batch.atomicity.switch)
        ),
        _statuses_with_links(api.spec),
    )
    while found := _search_walks(schema, walk, run_config):
        ledger.record([found])
    if caller.lost:
        raise caller.lost
    for link, times in walk.good_links.items():
        ledger.count_check(link.partition(" ")[0], LINKS, times)
    if run_config.wants(LINKS) and (walk.read or not run_config.operations):
        ledger.record(walk.dead_links())
    return walk.good_links


class WalkState(Struct):
    """State of all walks of one schema, and progress of the current walk."""

    caller: CaseCaller
    isolation: Isolation
    search: FailureSearch
    partial_batches: frozenset[str] = frozenset()
    """Batch operations that may accept only a part of the items."""
    links_of: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """For each operation, the statuses (as the spec names them) whose responses have links."""
    is_offered_one: bool = False
    """Whether a response had links."""
    goes_without_links: bool = False
    """Whether an operation with links succeeded with a status for which the spec has no links."""
    good_links: Counter[str] = field(default_factory=Counter)
    """How often each link led to a successful response."""
    read: Counter[str] = field(default_factory=Counter)
    """How often each link led to a GET that `received` judges."""
    walks: int = 0
    followed: int = 0
    last_exchanges: dict[str, Exchange] = field(default_factory=dict)
    """The first failed GET of each link."""
    scope: IsolationScope | None = None
    steps: list[Exchange] = field(default_factory=list)
    """The exchanges of the current walk."""
    last: Exchange | None = None

    def begin(self) -> None:
        self.search.target_is_lost = self.caller.lost is not None
        self.search.begin()
        self.caller.ledger.observer.step_began()
        self.walks += 1
        self.steps = []
        self.scope = self.isolation.new_scope(0)
        self.caller.wire.within(self.scope.headers)

    def end(self) -> None:
        if self.scope and not self.caller.lost:
            self.isolation.drop(self.scope)
        self.scope = None

    def received(self, link: str, *, is_good: bool, is_whole: bool) -> None:
        """Record that a link was followed.

        `is_whole` says that the response with the link gave all parameters and belongs to no batch that may
        reject its first item. If so, a GET is judged, except a failed GET after a deletion in this walk.
        """
        self.followed += 1
        if is_good:
            self.good_links[link] += 1
        elif any(step.request.method == "DELETE" and step.response.status < _GOOD for step in self.steps):
            return
        if self.last and self.last.request.method == "GET" and is_whole:
            self.read[link] += 1
            if not is_good:
                self.last_exchanges.setdefault(link, self.last)

    def dead_links(self) -> Iterator[Finding]:
        """Yield findings for links that were followed often, but never led to a successful response."""
        is_sure = (self.followed or self.walks) >= _MANY
        had_none = self.goes_without_links and not self.is_offered_one
        if is_sure and not had_none and not self.good_links and self.last is not None:
            yield Finding(LINKS, "", "no link of the spec led to a good answer", exchanges=(self.last,))
            return
        for link, times in self.read.items():
            if times >= _FOLLOWED_OFTEN and link not in self.good_links:
                operation, last = link.partition(" ")[0], self.last_exchanges[link]
                received = str(last.response.status)
                message = f"followed a link to {operation} {times} times, and read nothing: "
                message = f"{message}it is answered {received}"
                yield Finding(LINKS, operation, message, "", "below 300", received, (last,))

    def look_for_links(self, exchange: Exchange) -> None:
        """Note whether a response has declared links, or is successful with a status without links."""
        status, known = exchange.response.status, self.links_of.get(exchange.operation, frozenset())
        if not known.isdisjoint({str(status), f"{status // 100}XX", "default"}):
            self.is_offered_one = True
        elif known and status < _GOOD:
            self.goes_without_links = True

    def with_steps(self, finding: Finding) -> Finding:
        words = tuple(
            f"{one.request.method} {one.request.path} is answered {one.response.status}"
            for one in self.steps[:-1]
        )
        return dataclasses.replace(finding, exchanges=(*self.steps[:-1], *finding.exchanges), steps=words)


class LinkWalkHooks:
    """Mixin for the state machine that Schemathesis builds from a schema. Schemathesis calls its methods."""

    walk: ClassVar[WalkState]
    recorder: Any

    def setup(self) -> None:
        self.walk.begin()

    def teardown(self) -> None:
        self.walk.end()

    def call(self, case: PinnedCase, **kwargs: Any) -> Response:
        walk = self.walk
        if walk.caller.leaves_out(operation_id(case)):
            hypothesis.reject()
        try:
            answered = walk.caller.call(case, self.recorder, walking=True)
            walk.last = answered.exchange
            walk.look_for_links(answered.exchange)
            walk.steps.append(answered.exchange)
            self.recorder.record_response(case_id=case.id, response=answered.response)
            kwargs["found"].extend(walk.caller.check(answered))
        except UnansweredCaseError as error:
            if walk.caller.wants(error.finding.check) and walk.search.looks_for(error.finding):
                raise walk.search.broken(walk.with_steps(error.finding)) from error
            hypothesis.reject()
        except (UnsendableCaseError, TargetLostError):
            hypothesis.reject()
        return answered.response

    def get_call_kwargs(self, case: PinnedCase) -> dict[str, Any]:
        """Return the argument `found`, a list that `call` fills with findings for `validate_response`."""
        del case
        return {"found": []}

    def validate_response(self, response: Response, case: PinnedCase, **kwargs: Any) -> None:
        del response, case
        for finding in kwargs["found"]:
            if self.walk.search.looks_for(finding):
                raise self.walk.search.broken(self.walk.with_steps(finding))

    def step(self, input: StepInput) -> StepOutput:  # noqa: A002 - as the base has it
        output: StepOutput = super().step(input)  # type: ignore[misc] # the machine's
        if input.transition and input.applied_parameters:
            link = f"{operation_id(input.case)} {input.transition.id}"
            parent = operation_id(self.recorder.cases[input.transition.parent_id].value)
            named = sum(len(members) for members in input.transition.parameters.values())
            is_whole = len(input.applied_parameters) >= named and parent not in self.walk.partial_batches
            self.walk.received(link, is_good=output.response.status_code < _GOOD, is_whole=is_whole)
        return output


def _search_walks(schema: BaseSchema, walk: WalkState, run_config: RunConfig) -> Finding | None:
    machine = type("Walk", (LinkWalkHooks, schema.as_state_machine()), {"walk": walk})
    seeded: Any = hypothesis.seed(derive_operation_seed(run_config.seed, "walk"))(machine)
    settings = hypothesis_settings(run_config, stateful_step_count=STEPS)
    return walk.search.round(lambda: seeded.run(settings=settings))


def _statuses_with_links(spec: Spec) -> Mapping[str, frozenset[str]]:
    return {
        operation.id: frozenset(
            status
            for status, node in operation.node["responses"].items()
            if resolve(spec.document, node).get("links")
        )
        for operation in spec.operations.values()
    }
