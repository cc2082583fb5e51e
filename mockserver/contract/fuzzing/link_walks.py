"""Walk along the links of a spec: what one response names, the next request uses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import hypothesis
from hypothesis.errors import Flaky, FlakyFailure, Unsatisfiable
from schemathesis.core.transport import Response
from schemathesis.generation import derive_operation_seed
from schemathesis.generation.stateful.state_machine import StepInput, StepOutput
from schemathesis.schemas import BaseSchema

from mockserver.contract.config import RunConfig
from mockserver.contract.exchange import Exchange
from mockserver.contract.finding import BrokenRule, Check, Finding
from mockserver.contract.fuzzing import schemas
from mockserver.contract.fuzzing.caller import CallCheck, Caller, LostResponseError
from mockserver.contract.fuzzing.pins import PinnedCase, operation_id
from mockserver.contract.fuzzing.requests import UnsendableCaseError
from mockserver.contract.fuzzing.settings import hypothesis_settings
from mockserver.contract.isolation import IsolatedWorld, Isolation
from mockserver.contract.loading import ApiUnderTest
from mockserver.contract.stateful.failure_search import BudgetSpentError, FailureSearch

STEPS = 6
"""Calls of a walk."""

LINKS = Check(
    "links-lead-somewhere", "links lead somewhere", "links", "a client follows them with what an answer holds"
)
_GOOD = 300

_OFTEN = 3
"""A link that was followed once may have been misled by what was drawn."""


def run_walks(contracted: ApiUnderTest, errand: CallCheck) -> None:
    """Walk as the profile's pins say; a spec without links is not walked.

    Raises:
        TargetUnreachableError: the target does not answer.
    """
    for without in contracted.profile.pins.walks:
        walk_once(contracted, errand, without)


def walk_once(contracted: ApiUnderTest, errand: CallCheck, without: tuple[str, ...] = ()) -> Counter[str]:
    """Walk without some operations; how often which link led to a good answer.

    Raises:
        TargetUnreachableError: the target does not answer.
    """
    effort, ledger = errand.effort, errand.ledger
    whole = schemas.loaded(contracted, errand.target.address.url, effort, walking=True)
    schema = _chosen(whole, contracted, effort, without)
    if not schema.statistic.transitions.selected:
        return Counter()
    caller = Caller(schema, errand)
    batches = {name: one.batch for name, one in contracted.spec.operations.items() if one.batch}
    partial = frozenset(name for name, batch in batches.items() if not batch.atomic)
    trip = Journey(caller, Isolation(errand.target, effort.seed, "walk"), FailureSearch(effort), partial)
    while found := _walked(schema, trip, effort):
        ledger.found([found])
    if caller.lost:
        raise caller.lost
    for link, times in trip.reached.items():
        ledger.judged(link.partition(" ")[0], LINKS.id, times)
    if effort.wants(LINKS.id) and (trip.read or not effort.operations):
        ledger.found(_nowhere(trip))
    return trip.reached


@dataclass(slots=True)
class Journey:
    """State shared by the walks of one schema, and the progress of the current one."""

    caller: Caller
    worlds: Isolation
    hunt: FailureSearch
    partial: frozenset[str] = frozenset()
    reached: Counter[str] = field(default_factory=Counter)
    read: Counter[str] = field(default_factory=Counter)
    misled: dict[str, Exchange] = field(default_factory=dict)
    world: IsolatedWorld | None = None
    steps: list[Exchange] = field(default_factory=list)
    last: Exchange | None = None

    def begin(self) -> None:
        """Begin a walk in an isolated world."""
        self.hunt.is_dead = self.caller.lost is not None
        self.hunt.begin()
        self.steps = []
        self.world = self.worlds.fresh(0)
        self.caller.wire.within(self.world.headers)

    def end(self) -> None:
        """End the walk and release its world."""
        if self.world and not self.caller.lost:
            self.worlds.drop(self.world)
        self.world = None

    def came(self, link: str, *, is_good: bool, is_whole: bool) -> None:
        """Record that a link was followed; `read` counts links to reads, whatever they led to.

        `is_whole`: all that it names was there, and not in the answer to a batch, whose first item may be
        refused.
        """
        if is_good:
            self.reached[link] += 1
        if self.last and self.last.request.method == "GET" and is_whole:
            self.read[link] += 1
            if not is_good:
                self.misled.setdefault(link, self.last)

    def told(self, finding: Finding) -> Finding:
        """Return a finding with the steps that led to it."""
        words = tuple(
            f"{one.request.method} {one.request.path} is answered {one.response.status}"
            for one in self.steps[:-1]
        )
        return replace(finding, exchanges=(*self.steps[:-1], *finding.exchanges), told=words)


class LinkWalk:
    """Hooks of every step, mixed into the state machine that Schemathesis builds from a schema."""

    trip: ClassVar[Journey]
    recorder: Any

    def setup(self) -> None:
        """Begin a walk."""
        self.trip.begin()

    def teardown(self) -> None:
        """End a walk."""
        self.trip.end()

    def call(self, case: PinnedCase, **kwargs: Any) -> Response:
        """Call as everywhere."""
        trip = self.trip
        try:
            answered = trip.caller.call(case, self.recorder, walking=True)
            trip.last = answered.exchange
            trip.steps.append(answered.exchange)
            self.recorder.record_response(case_id=case.id, response=answered.response)
            kwargs["found"].extend(trip.caller.judge(answered))
        except (UnsendableCaseError, LostResponseError):
            hypothesis.reject()
        return answered.response

    def get_call_kwargs(self, case: PinnedCase) -> dict[str, Any]:
        """Return where `call` puts what it finds, for `validate_response` to tell."""
        del case
        return {"found": []}

    def validate_response(self, response: Response, case: PinnedCase, **kwargs: Any) -> None:
        """Break off where a check does not hold."""
        del response, case
        for finding in kwargs["found"]:
            if self.trip.hunt.looks_for(finding):
                raise self.trip.hunt.broken(self.trip.told(finding))

    def step(self, input: StepInput) -> StepOutput:  # noqa: A002 - as the base has it
        """Return one call; notes whether the link to it led somewhere."""
        output: StepOutput = super().step(input)  # type: ignore[misc] # the machine's
        if input.transition and input.applied_parameters:
            link = f"{operation_id(input.case)} {input.transition.id}"
            parent = operation_id(self.recorder.cases[input.transition.parent_id].value)
            named = sum(len(members) for members in input.transition.parameters.values())
            is_whole = len(input.applied_parameters) >= named and parent not in self.trip.partial
            self.trip.came(link, is_good=output.response.status_code < _GOOD, is_whole=is_whole)
        return output


def _walked(schema: BaseSchema, trip: Journey, effort: RunConfig) -> Finding | None:
    machine = type("Walk", (LinkWalk, schema.as_state_machine()), {"trip": trip})
    seeded: Any = hypothesis.seed(derive_operation_seed(effort.seed, "walk"))(machine)
    # The hunt has what broke, also where it did not break again.
    with suppress(BrokenRule, BudgetSpentError, Flaky, FlakyFailure, Unsatisfiable):
        seeded.run(settings=hypothesis_settings(effort, stateful_step_count=STEPS))
    return trip.hunt.end()


def _chosen(
    schema: BaseSchema, contracted: ApiUnderTest, effort: RunConfig, without: tuple[str, ...]
) -> BaseSchema:
    left_out = {name for name in contracted.spec.operations if not effort.calls(name)} | set(without)
    if not left_out:
        return schema
    return schema.exclude(operation_id=sorted(left_out))


def _nowhere(trip: Journey) -> Iterator[Finding]:
    """Links that lead to nothing that can be read, however often they are followed."""
    if not trip.reached and trip.last is not None:
        yield Finding(LINKS.id, "", "no link of the spec led to a good answer", exchanges=(trip.last,))
        return
    for link, times in trip.read.items():
        if times >= _OFTEN and link not in trip.reached:
            operation, last = link.partition(" ")[0], trip.misled[link]
            came = last.response.status
            said = f"followed a link to {operation} {times} times, and read nothing: it is answered {came}"
            yield Finding(LINKS.id, operation, said, expected="below 300", came=str(came), exchanges=(last,))
