"""The seam between the core and vendors: the types and functions that a vendor's package may use.

A vendor is one spec and, where the spec is not enough, one small package under `mockserver.vendors` with the
constant `VENDOR`. The package answers with a `Reply`, sees state only as `State`, and knows nothing of HTTP
servers. A new vendor changes no existing file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path as File
from typing import Any, Protocol, TypeAlias

from msgspec import field

from mockserver.codec import yaml
from mockserver.errors import NotFound, Refusal
from mockserver.model import EMPTY, Answer, Call, Document, Fault, Item, Json, Outcome, Problem, Reply, Value
from mockserver.sandbox.assumptions import Assumption
from mockserver.sandbox.store import State
from mockserver.spec.openapi import Operation
from mockserver.spec.schema import Formats

FAULT_RULE = "fault"
"""Rule of a problem that a scenario causes. The problem's `expected` is the status that the scenario sets."""

_SANDBOXES = "/sandboxes/"


class Request(Value, frozen=True):
    """A call whose envelope (all of the call except the items of a batch) is valid."""

    call: Call
    operation: Operation
    parameters: Document
    """The declared parameters that the call has, by name."""
    tenant: str
    """The scope inside the vendor: a database, an administration, an organisation."""
    dispatch: DispatchCall
    """Runs another call of this vendor on the state of this call."""
    document: Json = None
    """The decoded body; None if there is no body."""
    items: tuple[Item, ...] = ()
    """The items of a batch; () for an operation that is no batch."""
    media_type: str = ""
    unproven: Mapping[int, Sequence[Problem]] = {}
    """The items that may violate the item schema, by index, with their problems if these are known.

    The paths of the problems start at the item. All other items conform to the schema.
    """
    contract: Document = EMPTY
    """The vendor's spec."""
    may_contain_nul: bool = True
    """Whether a text in the body may contain the character NUL."""
    unreadable: Mapping[int, str] = {}
    """For the items of lines that cannot be read, by index, why."""


Headers: TypeAlias = tuple[tuple[str, str], ...]


class RefusalRow(Value, frozen=True):
    """A row of a vendor's table of refusals."""

    status: int
    message: str = ""
    """Message with `{method}` and `{path}` of the call; every other `{name}` is the refusal's attribute."""
    kind: Json = None
    """The vendor's name of the error, or a list of the error's number and name."""


class RefusedCall(Value, frozen=True):
    """A call that is refused as a whole, and what the core decides about its answer."""

    refusal: Refusal
    call: Call
    operation: Operation | None
    """None if no operation has the path and the method."""
    row: RefusalRow
    """The row of the vendor's table, with its message filled in or replaced by the message of a scenario."""
    headers: Headers
    """The headers that HTTP requires of the answer, such as `Allow`."""


class BatchResult(Value, frozen=True):
    """A batch after its items were applied: one outcome for each item, in the order sent."""

    request: Request
    outcomes: tuple[Outcome, ...]
    stored_anyway: Mapping[int, bool] = {}
    """Whether an item is stored, by index, if a scenario stores items unlike their outcomes tell."""


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
WriteRefusal: TypeAlias = Callable[[RefusedCall, State], Reply]


class Enter(Protocol):
    """The checks that all vendors share. A check that fails raises a Refusal, which refuses the call."""

    def __call__(self) -> Operation:
        """Check route, credentials, body and scope; return the operation."""
        ...

    def count(self) -> None:
        """If the spec declares a rate limit, count the call against it."""
        ...


Admit: TypeAlias = Callable[[Call, Enter, State], str]
EnterTenant: TypeAlias = Callable[[Call, str, State], None]
Replay: TypeAlias = Callable[[Call, Operation, State], Reply | None]
Remember: TypeAlias = Callable[[Call, Operation, Reply, State], None]
DescribeFault: TypeAlias = Callable[[Fault, Item, Request], Problem]
ExtraOutcome: TypeAlias = Callable[[Outcome, int], Outcome]


class StoreItems(Value, frozen=True):
    """Two ways to store the items of a batch, with equal results."""

    one: StoreItem
    """Stores a single item."""
    many: Callable[[Sequence[Item]], Sequence[Outcome] | None]
    """Stores all good items or, if an item depends on earlier items, stores nothing and returns None."""

    def __call__(self, item: Item) -> Outcome:
        return self.one(item)


@dataclass(frozen=True, slots=True)
class BatchHandler:
    """A vendor's code for one batch operation. If `apply` or `render` is None, the core follows the spec."""

    apply: ApplyBatch | None = None
    """Prepares the batch, and returns the function that stores an item or raises `Rejected`."""
    render: RenderBatch | None = None
    """Writes the outcomes into the vendor's reply."""
    rules: tuple[ItemRule, ...] = ()
    """Pure rules that see one item and yield its problems."""
    warning_rules: tuple[ItemRule, ...] = ()
    """Pure rules that see one item and yield its warnings."""
    batch_rule: BatchRule | None = None
    """Pure rule that sees the whole batch and yields problems, each with the index of its item."""
    check: CheckItem | None = None
    """Yields the problems of an item that depend on the state; runs for every item."""
    check_bad: CheckItem | None = None
    """Yields further problems, depending on the state; runs only for items that have problems already."""
    aborts_batch: AbortsBatch | None = None
    """Sees a rejected item; returns whether all later items are skipped."""
    extra_outcome: ExtraOutcome | None = None
    """Builds the outcome of an item that was not sent, from a real outcome and a running number."""


@dataclass(frozen=True, slots=True)
class CompleteBatchHandler(BatchHandler):
    """A batch operation as it is served: the parts of the vendor's handler, with `apply` and `render` set."""

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


def address_of(call: Call) -> str:
    """Return the address of the vendor on this server.

    The address names the sandbox, because a later call to the address may not send `Mock-Sandbox`.
    """
    prefixed = "mock-sandbox" not in call.headers or call.mount.startswith(_SANDBOXES)
    return f"{call.origin}{'' if prefixed else f'{_SANDBOXES}{call.sandbox}'}{call.mount}"


def admit_any(_call: Call, enter: Enter, _state: State) -> str:
    """Admit every call that passes the common checks. Return "", because no header names a tenant."""
    enter()
    enter.count()
    return ""


def ignore_unknown_parameters(problem: Problem, _call: Call) -> Problem | None:
    """Return the problem, or None if the problem is an undeclared query parameter."""
    return None if problem.code == "unknown-parameter" else problem


def fault_status(problems: Iterable[Problem]) -> int | None:
    """Return the status that a scenario sets for the answer; None if no scenario sets a status."""
    wanted = (one.expected for one in problems if one.rule == FAULT_RULE and one.expected is not None)
    return next(map(int, wanted), None)


def default_fault_problem(fault: Fault, item: Item, request: Request) -> Problem:
    """Return a scenario's fault as a problem of the whole item, with the fault's code as default message."""
    return item_fault(fault, item, request, fault.code)


def item_fault(fault: Fault, item: Item, request: Request, message: str) -> Problem:
    """Return a scenario's fault as a problem of the whole item; `message` is used if the fault has none."""
    batch = request.operation.batch
    path = batch.place_of(item) if batch else ()
    return Problem(fault.code, path, fault.message or message, FAULT_RULE, fault.status)


def read_tables(module_file: str) -> Mapping[str, Any]:
    """Return the content of the YAML file that lies beside a module and has the module's name."""
    found: Mapping[str, Any] = yaml.load(File(module_file).with_suffix(".yaml").read_text(encoding="utf-8"))
    return found


class MessageTable(Value, frozen=True):
    """A vendor's message texts by rule. A call fills in the text: `{name}` becomes the argument `name`."""

    texts: Mapping[str, str]

    def __call__(self, rule: str, /, **values: object) -> str:
        return self.texts[rule].format(**values)


def refusal_rows(table: Mapping[str, Sequence[Any]]) -> Mapping[str, RefusalRow]:
    """Return the rows of a table `{code or code.reason: [status, message, kind]}`."""
    return {code: RefusalRow(*row) for code, row in table.items()}


class Vendor(Value, frozen=True):
    """A vendor's code; every part is optional."""

    batches: Mapping[str, BatchHandler] = field(default_factory=dict)
    """Handlers of batch operations by operationId."""
    operations: Mapping[str, Handler] = field(default_factory=dict)
    """Handlers of all other operations by operationId."""
    refuse: WriteRefusal | None = None
    """Writes the reply to a refused call."""
    refusals: Mapping[str, RefusalRow] = field(default_factory=dict)
    """Status and message of refusals, by code or `code.reason`. Other refusals have their usual status."""
    challenge: str | None = None
    """Challenge of every 401: "" sends no challenge, None sends the challenge of the security scheme."""
    classify: ClassifyProblem = ignore_unknown_parameters
    """Sees each problem that a schema finds; returns the problem, a replacement, or None to ignore it."""
    admit: Admit = admit_any
    """Admits or refuses a call before its envelope is decoded; returns the tenant that a header names, or "".

    The function calls its `Enter` argument once, and may refuse the call before or after that. Records
    that the function wrote before a refusal stay stored.
    """
    enter_tenant: EnterTenant | None = None
    """Raises a Refusal if the caller may not use the tenant that the body or the query names."""
    replay: Replay | None = None
    """Returns the reply that `remember` stored for an earlier call, or None. A replay has no outcomes."""
    remember: Remember | None = None
    """Sees each answer to an admitted call, including refusals, in the transaction of the call's work.

    If the work was undone, the function runs in the transaction that writes the refusal.
    """
    assumptions: tuple[Assumption, ...] = ()
    """The vendor's own assumptions, in addition to those that all vendors share."""
    formats: Formats = field(default_factory=dict)
    """Checks of string formats that replace the common checks."""
    fault: DescribeFault = default_fault_problem
    """Turns a scenario's fault of an item into the problem that `BatchHandler.render` expects."""
    kept_when_empty: tuple[str, ...] = ()
    """Collections whose fixtures an empty sandbox has too, because no operation creates their records.

    An empty sandbox always has the fixtures' credentials.
    """
