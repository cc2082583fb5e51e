"""The seam: all that a vendor's package may know of the core, and how vendors are found.

A vendor is one spec and, where the spec cannot say it all, one small package under `mockserver.vendors`
that holds a `VENDOR`. It speaks HTTP through `Reply` only, sees state through `State` only, and gets
neutral values. Adding one touches no file that exists.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from mockserver.errors import NotFound, Refusal
from mockserver.model import EMPTY, Answer, Call, Document, Fault, Item, Json, Outcome, Problem, Reply, Value
from mockserver.sandbox.assumptions import Assumption
from mockserver.sandbox.store import State
from mockserver.spec.openapi import Operation
from mockserver.spec.schema import Formats


class Request(Value, frozen=True):
    """A call that passed the envelope room.

    `parameters` holds the declared ones by name, absent ones left out; `document` the decoded body, None
    when there is none; `items` the batch's members, () when the operation is none. `tenant` is the scope
    inside the vendor. `proven` says that every item keeps the item schema as it was sent. `dispatch` runs
    another call of the same vendor on the same state, by the same road. `contract` is the vendor's spec.
    """

    call: Call
    operation: Operation
    parameters: Document
    tenant: str
    dispatch: DispatchCall
    document: Json = None
    items: tuple[Item, ...] = ()
    media_type: str = ""
    valid_as_sent: bool = False
    contract: Document = EMPTY


class BatchResult(Value, frozen=True):
    """A batch after the store: exactly one outcome an item, in the order of the wire."""

    request: Request
    outcomes: tuple[Outcome, ...]


DispatchCall: TypeAlias = Callable[[Call, State], Answer]
ItemRule: TypeAlias = Callable[[Item, Request], Iterable[Problem]]
BatchRule: TypeAlias = Callable[[Request], Iterable[tuple[int, Problem]]]
CheckItem: TypeAlias = Callable[[Item, Request, State], Iterable[Problem]]
AbortsBatch: TypeAlias = Callable[[Item], bool]
StoreItem: TypeAlias = Callable[[Item], Outcome]
ApplyBatch: TypeAlias = Callable[[Request, State], StoreItem]
RenderBatch: TypeAlias = Callable[[BatchResult, State], Reply]
Handler: TypeAlias = Callable[[Request, State], Reply]
ClassifyProblem: TypeAlias = Callable[[Problem, Call], Problem | None]
Refuse: TypeAlias = Callable[[Refusal, Call, Operation | None, State], Reply]
Enter: TypeAlias = Callable[[], Operation]
"""Runs the checks that every call meets (route, credentials, body, scope): gives the operation, or raises."""

Admit: TypeAlias = Callable[[Call, Enter, State], str]
EnterTenant: TypeAlias = Callable[[Call, str, State], None]
Replay: TypeAlias = Callable[[Call, Operation, State], Reply | None]
Remember: TypeAlias = Callable[[Call, Operation, Reply, State], None]
DescribeFault: TypeAlias = Callable[[Fault, Item, Request], Problem]
ExtraOutcome: TypeAlias = Callable[[Outcome, int], Outcome]


@dataclass(frozen=True, slots=True)
class BatchHandler:
    """A vendor's part of one batch operation.

    `rules` and `warn` are pure and see one item; `across` is pure and sees the batch once, and names
    problems by the item's index. `check` also sees the state, and names what that has against an item,
    whatever was found before. `apply` opens the batch and gives what keeps one item: that writes an item
    without problems, or raises `Rejected`. `ends` says of a rejected item that the rest is to be skipped;
    `render` puts the outcomes into the vendor's reply. `phantom` makes of a true outcome the nth one of an
    item that was never sent. What is None is done by the spec alone.
    """

    apply: ApplyBatch | None = None
    render: RenderBatch | None = None
    rules: tuple[ItemRule, ...] = ()
    warning_rules: tuple[ItemRule, ...] = ()
    batch_rule: BatchRule | None = None
    check: CheckItem | None = None
    aborts_batch: AbortsBatch | None = None
    extra_outcome: ExtraOutcome | None = None


@dataclass(frozen=True, slots=True)
class CompleteBatchHandler(BatchHandler):
    """A batch operation as it is served: the vendor's parts, and defaults for the others."""

    apply: ApplyBatch
    render: RenderBatch


def store_each(store_item: Callable[[Item, Request, State], Outcome]) -> ApplyBatch:
    """Return an apply function for a batch that has nothing to make ready before its first item."""

    def apply(request: Request, state: State) -> StoreItem:
        return lambda item: store_item(item, request, state)

    return apply


def find_record(collection: str, key: str, state: State) -> Document:
    """Return what the tenant's collection holds under `key`.

    Raises:
        NotFound: nothing.
    """
    found = state.collection(collection).get(key)
    if found is None:
        raise NotFound(collection, key)
    return found


def admit_any(_call: Call, enter: Enter, _state: State) -> str:
    """Admit any call that passes the common checks, into the tenant that it names."""
    enter()
    return ""


def ignore_unknown_parameters(problem: Problem, _call: Call) -> Problem | None:
    """Return the common grade: a query parameter that no operation declares is ignored, all else counts."""
    return None if problem.code == "unknown-parameter" else problem


FAULT_RULE = "fault"
"""The rule that a problem of a scenario's names; its `expected` is the status that the scenario sets."""


def default_fault_problem(fault: Fault, item: Item, request: Request) -> Problem:
    """Return a scenario's fault as a problem of the whole item, in no vendor's words."""
    batch = request.operation.batch
    path = (*batch.items, item.index) if batch else ()
    return Problem(fault.code, path, fault.message or fault.code, FAULT_RULE, fault.status)


@dataclass(frozen=True, slots=True)
class Vendor:
    """A vendor's code, keyed by operationId; every part is optional.

    `grade` sees each problem that a schema found and may drop or rewrite it. `refuse` renders a refusal.
    `admit` decides on a call before its envelope is opened: it calls `enter` once, for the checks that every
    call meets, may refuse before and after that, and returns the tenant that the call enters by its header,
    "" for none. What it wrote before it refused stays. `enter_tenant` raises unless the caller may enter a
    tenant that the body or the query names.
    `replay` may answer a call from what `remember` kept of an earlier one, before the body is read; what is
    replayed has no outcomes. `remember` sees every answer to a call that was let in, a refusal too, in the
    transaction of the work or, where that was undone, of the refusal.
    `assumptions` are its assumptions, beside those that every vendor has. `formats` overrides how string
    formats are checked. `fault` says a scenario's fault of an item in the vendor's words, as `render`
    expects. `standing` names the collections that even an empty sandbox begins with, because no operation
    could make them; credentials always are.
    """

    batches: Mapping[str, BatchHandler] = field(default_factory=dict)
    operations: Mapping[str, Handler] = field(default_factory=dict)
    refuse: Refuse | None = None
    classify: ClassifyProblem = ignore_unknown_parameters
    admit: Admit = admit_any
    enter_tenant: EnterTenant | None = None
    replay: Replay | None = None
    remember: Remember | None = None
    assumptions: tuple[Assumption, ...] = ()
    formats: Formats = field(default_factory=dict)
    fault: DescribeFault = default_fault_problem
    kept_when_empty: tuple[str, ...] = ()
