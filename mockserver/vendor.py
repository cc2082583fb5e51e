"""The seam: everything of the core that a vendor's package may use, and how vendors are found.

A vendor is one spec and, where the spec is not enough, one small package under `mockserver.vendors` with a
`VENDOR`. It speaks HTTP through `Reply` only, sees state through `State` only, and gets neutral values.
Adding one touches no existing file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from mockserver.errors import MethodNotAllowed, NotFound, Refusal, TooManyRequests, Unauthorized
from mockserver.model import EMPTY, Answer, Call, Document, Fault, Item, Json, Outcome, Problem, Reply, Value
from mockserver.sandbox.assumptions import Assumption
from mockserver.sandbox.store import State
from mockserver.spec.openapi import Operation
from mockserver.spec.schema import Formats


class Request(Value, frozen=True):
    """A call with a valid envelope.

    `may_contain_nul` is false if no text of the body can have the character NUL. `parameters` holds the
    declared parameters by name, without absent ones; `document` the decoded body, None without one; `items`
    the items of a batch, () for any other operation. `tenant` is the scope inside the vendor. `unproven` are
    the indexes of the items that may break the item schema; all others keep it. `dispatch` runs another call
    of the same vendor on the same state. `contract` is the vendor's spec.
    """

    call: Call
    operation: Operation
    parameters: Document
    tenant: str
    dispatch: DispatchCall
    document: Json = None
    items: tuple[Item, ...] = ()
    media_type: str = ""
    unproven: frozenset[int] = frozenset()
    contract: Document = EMPTY
    may_contain_nul: bool = True


class BatchResult(Value, frozen=True):
    """A batch after its items were applied: exactly one outcome an item, in wire order."""

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


class Enter(Protocol):
    """The common checks of all vendors; each raises the refusal of a call that fails it."""

    def __call__(self) -> Operation:
        """Check route, credentials, body and scope; return the operation."""
        ...

    def count(self) -> None:
        """Count the call against the rate limit that the spec declares, if it declares one."""
        ...


Admit: TypeAlias = Callable[[Call, Enter, State], str]
EnterTenant: TypeAlias = Callable[[Call, str, State], None]
Replay: TypeAlias = Callable[[Call, Operation, State], Reply | None]
Remember: TypeAlias = Callable[[Call, Operation, Reply, State], None]
DescribeFault: TypeAlias = Callable[[Fault, Item, Request], Problem]
ExtraOutcome: TypeAlias = Callable[[Outcome, int], Outcome]


@dataclass(frozen=True, slots=True)
class StoreItems:
    """A function that stores one item, and one that stores many in one step, as the first would in turn.

    `many` gets the good items of the batch, and returns None, and stores nothing, if what becomes of one, or
    of a bad one, depends on those before it.
    """

    one: StoreItem
    many: Callable[[Sequence[Item]], Sequence[Outcome] | None]

    def __call__(self, item: Item) -> Outcome:
        return self.one(item)


@dataclass(frozen=True, slots=True)
class BatchHandler:
    """A vendor's part of one batch operation.

    `rules` and `warning_rules` are pure and see one item; `batch_rule` is pure, sees the whole batch and
    yields problems with the item's index. `check` also sees the state, and runs for every item; `check_bad`
    likewise, but only for items with problems. `apply` prepares the batch and returns the function that
    stores one item without problems, or raises `Rejected`. `aborts_batch` tells whether a rejected item makes
    the remaining ones skipped. `render` writes the outcomes into the vendor's reply. `extra_outcome(outcome,
    n)` builds the nth outcome of an item that was not in the request. A part that is None follows the spec.
    """

    apply: ApplyBatch | None = None
    render: RenderBatch | None = None
    rules: tuple[ItemRule, ...] = ()
    warning_rules: tuple[ItemRule, ...] = ()
    batch_rule: BatchRule | None = None
    check: CheckItem | None = None
    check_bad: CheckItem | None = None
    aborts_batch: AbortsBatch | None = None
    extra_outcome: ExtraOutcome | None = None


@dataclass(frozen=True, slots=True)
class CompleteBatchHandler(BatchHandler):
    """A batch operation as it is served: the vendor's parts, and defaults for the others."""

    apply: ApplyBatch
    render: RenderBatch


def store_each(store_item: Callable[[Item, Request, State], Outcome]) -> ApplyBatch:
    def apply(request: Request, state: State) -> StoreItem:
        return lambda item: store_item(item, request, state)

    return apply


def find_record(collection: str, key: str, state: State) -> Document:
    found = state.collection(collection).get(key)
    if found is None:
        raise NotFound(collection, key)
    return found


def admit_any(_call: Call, enter: Enter, _state: State) -> str:
    """Admit any call that passes the common checks, into the tenant that it names."""
    enter()
    enter.count()
    return ""


def ignore_unknown_parameters(problem: Problem, _call: Call) -> Problem | None:
    """Keep all problems but undeclared query parameters."""
    return None if problem.code == "unknown-parameter" else problem


def refusal_headers(refusal: Refusal, challenge: str = "Bearer") -> tuple[tuple[str, str], ...]:
    """The headers that HTTP asks of a refusal; a `challenge` of "" means none."""
    match refusal:
        case MethodNotAllowed(allowed=allowed):
            return (("Allow", ", ".join(allowed)),)
        case Unauthorized() if challenge:
            return (("WWW-Authenticate", challenge),)
        case TooManyRequests(wait=int(wait)):
            return (("Retry-After", str(wait)),)
    return ()


FAULT_RULE = "fault"
"""The rule of a problem that a scenario causes; its `expected` is the status that the scenario sets."""


def fault_status(problems: Iterable[Problem]) -> int | None:
    """The status of the answer that a scenario sets, None if none does."""
    wanted = (one.expected for one in problems if one.rule == FAULT_RULE and one.expected is not None)
    return next(map(int, wanted), None)


def default_fault_problem(fault: Fault, item: Item, request: Request) -> Problem:
    """A scenario's fault as a problem of the whole item, in neutral words."""
    batch = request.operation.batch
    path = (*batch.items, item.index) if batch else ()
    return Problem(fault.code, path, fault.message or fault.code, FAULT_RULE, fault.status)


@dataclass(frozen=True, slots=True)
class Vendor:
    """A vendor's code, keyed by operationId; every part is optional.

    `classify` sees each problem of a schema and may drop or rewrite it. `refuse` renders a refusal. `admit`
    decides on a call before its envelope is opened: it calls its `Enter` argument once, for the common
    checks, may refuse before and after that, and returns the tenant in a header, "" for none. Its writes
    before a refusal are kept. `enter_tenant` raises unless the caller may enter a tenant in the body or the
    query. `replay` may answer a call with a reply that `remember` stored for an earlier one; a replayed
    answer has no outcomes. `remember` sees every answer to an admitted call, refusals too, in the transaction
    of the work or, if that was undone, of the refusal. `assumptions` are the vendor's own, beside the common
    ones. `formats` overrides the checks of string formats. `fault` words a scenario's fault of an item, as
    the batch handler's `render` expects it. `kept_when_empty` names the collections that an empty sandbox
    keeps, because no operation can create their records; credentials are always kept.
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
