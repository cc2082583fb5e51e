"""Values for the rooms' own tests: a batch of orders as the envelope room hands it on, and a store."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from msgspec.structs import replace

from mockserver.engine.admission import Arrival
from mockserver.engine.batch import EnvelopeReader
from mockserver.engine.call import Pipeline
from mockserver.engine.registry import LoadedVendor, load_vendor
from mockserver.errors import Refusal, Rejected
from mockserver.model import EMPTY, Action, Answer, Call, Item, Json, Outcome, Problem, Reply, Verdict
from mockserver.sandbox.memory_store import MemoryStore
from mockserver.sandbox.store import State
from mockserver.spec.batch_annotation import read_outcome
from mockserver.spec.batch_forms import Batch
from mockserver.spec.openapi import Operation, RouteMatch
from mockserver.vendor import AbortsBatch, BatchResult, CheckItem, CompleteBatchHandler, Request, store_each
from tests.support import sample_vendor
from tests.support.frozen_documents import freeze_document

T = TypeVar("T")

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
CALL = Call(
    "acme",
    "default",
    "PUT",
    "/orders",
    headers={"content-type": "application/json", "authorization": "Bearer any"},
)


def arrival_of(call: Call, **members: Any) -> Arrival:
    """The request that makes the call; `members` are further ones of the arrival."""
    return Arrival(call, **members)


def handle(pipeline: Pipeline, arrival: Arrival) -> tuple[Call, Answer]:
    """Let the pipeline answer an arrival whose route is found by the spec alone, without Connexion."""
    try:
        route: RouteMatch | Refusal = pipeline.served.spec.match(arrival.call.method, arrival.call.path)
    except Refusal as refusal:
        route = refusal
    return pipeline.handle(replace(arrival, route=route))


BATCH = Batch(
    items=("orders",),
    key=("id",),
    upsert=True,
    atomic=False,
    fatal=frozenset(),
    collection="orders",
    outcome=read_outcome({"list": "/results", "status": "/status", "message": "/text", "key": "/order/id"}),
    bare_item=False,
)
OPERATION = Operation(
    id="putOrders",
    method="put",
    path="/orders",
    parameters=(),
    bodies=(),
    body_required=True,
    responses={"207": {"content": {"application/json": {}}}},
    security=(),
    scopes=frozenset(),
    safe=False,
    batch=BATCH,
    collection="",
    magic=(),
    node={},
    document={},
)


def request(*documents: Json, unproven: Iterable[int] | None = None) -> Request:
    """A batch of these documents, their `id` is their key; none is proven unless `unproven` says so."""
    items = tuple(
        Item(index, str(document.get("id", "")) if isinstance(document, dict) else "", document)
        for index, document in enumerate(documents)
    )
    body = {"orders": list(documents)}
    return Request(
        CALL,
        OPERATION,
        EMPTY,
        "",
        refuse_dispatch,
        body,
        items,
        "application/json",
        unproven=dict.fromkeys(range(len(documents)) if unproven is None else unproven, ()),
    )


def orders(*keys: str) -> Request:
    """A batch of documents that have nothing but a key."""
    return request(*({"id": key} for key in keys))


def refuse_dispatch(_call: Call, _state: State) -> Answer:
    """For those that carry no calls."""
    return Answer(Reply(500))


def batch_handler(
    keep: Callable[[Item, Request, State], Outcome] | None = None,
    check: CheckItem | None = None,
    aborts_batch: AbortsBatch | None = None,
) -> CompleteBatchHandler:
    """A room that stores orders and rejects, after having written, those whose id begins with "bad"."""
    return CompleteBatchHandler(
        apply=store_each(keep or store_order), render=render_nothing, check=check, aborts_batch=aborts_batch
    )


def store_order(item: Item, _request: Request, state: State) -> Outcome:
    """Count the order and store it under its key."""
    collection = state.collection("orders")
    known = item.key in collection
    collection[item.key] = {**item.document, "number": state.next("order")}
    if item.key.startswith("bad"):
        raise Rejected(Problem("refused", ("orders", item.index), "it is bad"))
    return Outcome(item, Action.UPDATED if known else Action.CREATED, collection[item.key])


def render_nothing(_result: BatchResult, _state: State) -> Reply:
    """An answer that says nothing."""
    return Reply(207)


def store() -> MemoryStore:
    """A store with an empty sandbox `default`, its clock standing at `NOW`."""
    made = MemoryStore(clock=lambda: NOW, keep=freeze_document)
    made.create("default", lambda _whole: None)
    return made


def transact(made: MemoryStore, work: Callable[[State], T]) -> T:
    """Run `work` on acme's scope of the sandbox."""
    return made.transact("default", "acme/", work)


def apply_batch(
    apply: Callable[[Request, Mapping[int, Verdict], CompleteBatchHandler, State], tuple[Outcome, ...]],
    batch: Request,
    verdicts: Mapping[int, Verdict] | None = None,
    furnished: CompleteBatchHandler | None = None,
) -> tuple[list[str], list[str]]:
    """What became of each item, and the keys that are stored in the end."""
    made = store()
    outcomes = transact(made, lambda state: apply(batch, verdicts or {}, furnished or batch_handler(), state))
    return actions(outcomes), stored(made)


def actions(outcomes: Iterable[Outcome]) -> list[str]:
    """The actions, in order."""
    return [str(outcome.action) for outcome in outcomes]


def stored(made: MemoryStore) -> list[str]:
    """The keys of the orders that are there."""
    return transact(made, lambda state: list(state.collection("orders")))


def loaded_vendor(folder: Path, made: Mapping[str, Json] | None = None) -> LoadedVendor:
    """The made-up vendor, or a changed one, as it is served."""
    return load_vendor(sample_vendor.write_spec(folder, made))


def open_call(vendor: LoadedVendor, call: Call, operation: str = "putOrders", **values: str) -> Request:
    """The request that `call` makes of `operation`; `values` are its path parameters."""
    envelope = EnvelopeReader(vendor.spec, vendor.plans, vendor.vendor.classify)
    return envelope.open(call, RouteMatch(vendor.spec.operations[operation], values), refuse_dispatch)
