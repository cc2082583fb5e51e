"""Explain how operations are answered, from what this is inferred, and which overlay changes the answer."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping

from mockserver.engine.example_answers import answers_of
from mockserver.engine.registry import LoadedVendor
from mockserver.engine.resources import Resource, find_resources
from mockserver.engine.stored_answers import BY_EXAMPLE, takes_records, work_of
from mockserver.model import Value, pointer_of
from mockserver.sandbox.clock import system_clock
from mockserver.sandbox.memory_store import StoredSandbox
from mockserver.sandbox.store import State
from mockserver.spec.batch_forms import Batch
from mockserver.spec.marks import NO_BATCH, batch_correction, collection_name, is_record_path
from mockserver.spec.openapi import METHODS, Operation, Spec
from mockserver.spec.served_form import NOT_SERVED


class Explanation(Value, frozen=True):
    """How an operation is answered, and why."""

    operation: str
    id: str
    kind: str
    """`batch`, `stored`, `example`, `package` or `not served`."""
    reason: str
    correction: str


def explain(vendor: LoadedVendor) -> list[Explanation]:
    """Return the explanations of the operations, in the order of the spec."""
    return StoredSandbox().run(f"{vendor.name}/", system_clock, lambda state: [*_explained(vendor, state)])[0]


def _explained(vendor: LoadedVendor, state: State) -> Iterator[Explanation]:
    spec = vendor.spec
    resources = find_resources(spec) if spec.is_own else {}
    told = {jobs.poll.id: jobs for jobs in vendor.jobs.values()}
    told |= {jobs.teller.id: jobs for jobs in vendor.jobs.values()}
    cures = {note.path[:3]: note.cure for note in spec.notes if note.cure}
    for operation in spec.operations.values():
        if operation.batch:
            found = "batch", _reason_of(operation.batch), "x-batch: false" if spec.is_own else ""
        elif operation.id in told:
            found = "stored", f"jobs of {told[operation.id].operation.id}", ""
        elif operation.id in vendor.vendor.operations:
            found = "package", f"the package of {vendor.name} answers it", ""
        elif reason := operation.node.get(NOT_SERVED):
            found = "not served", str(reason), cures.get(operation.place, "")
        elif spec.is_own:
            found = _own(vendor, operation, resources, state)
        else:
            found = "stored", f"records of {operation.collection}", ""
        yield Explanation(f"{operation.method.upper()} {operation.path}", operation.id, *found)


def _reason_of(batch: Batch) -> str:
    places = {
        "requests" if batch.requests else "items": pointer_of(batch.items) or "the body",
        "key": ", ".join(batch.key),
        "job": batch.job.poll if batch.job else "",
        "responses" if batch.requests else "outcomes": _place_of_outcomes(batch),
    }
    return ", ".join(f"{name} {place}" for name, place in places.items() if place)


def _place_of_outcomes(batch: Batch) -> str:
    """Return where an answer tells of the items, which items have rows, and which operation answers so."""
    outcome = batch.outcome
    rows = [
        f"{pointer_of(one.place) or 'the answer'}{'' if one.subset == 'all' else f' ({one.subset})'}"
        for one in outcome.rows
    ]
    facts = {name: pointer_of(place) for name, place in outcome.summary.items()}
    facts |= {name: f"header {header}" for name, header in outcome.headers.items()}
    counts = " and ".join(f"{place} ({name})" for name, place in facts.items())
    place = " and ".join(rows) or (f"as counts alone, {counts}" if counts else "")
    return f"{place} of {batch.job.teller}" if place and batch.job else place


def _own(
    vendor: LoadedVendor, operation: Operation, resources: Mapping[str, Resource], state: State
) -> tuple[str, str, str]:
    spec, resource = vendor.spec, resources.get(operation.path)
    work, note = work_of(spec, operation, resources), ""
    if resource and work:
        if takes_records(spec, operation, resource, work, state):
            # The key of records that only a batch describes is in its `x-batch`.
            by_key = "x-key: MEMBER, or " if resources.get(resource.path) is resource else ""
            return "stored", f"{work}: {resource.collection} by {resource.key}", f'{by_key}x-collection: ""'
        note = f", as {BY_EXAMPLE.format(resource.collection)}"
    elif operation.collection and not resource:
        note = f", as no answer shows the key of {operation.collection}"
    content = answers_of(spec, operation)[0].content
    reason = "the file's example" if {"example", "examples"} & content.keys() else "a value for its schema"
    doubt = operation.node.get(NO_BATCH)
    reason = f"one call, as {doubt}" if doubt else reason if content else "no body"
    # An operation that is answered by example is no batch already.
    batch = batch_correction(spec.document, operation.path, operation.method).replace("x-batch: false", "")
    by_name = "" if work else _collection(spec, operation, resources)
    usual = "an `example` in the response, or an `x-batch`" if content else ""
    return "example", f"{reason}{note}", batch or by_name or usual


def _collection(spec: Spec, operation: Operation, resources: Mapping[str, Resource]) -> str:
    """Return the `x-collection` by which an operation reads or deletes stored records; "" if none does."""
    path, name = operation.path, collection_name(operation.path)
    if operation.method not in ("get", "delete"):
        return ""
    item = spec.document["paths"][path]
    ids = [item[method]["operationId"] for method in METHODS if method in item]
    marked = {one: dataclasses.replace(spec.operations[one], collection=name) for one in ids}
    found = [one for one in resources.values() if one.collection == name and not is_record_path(path)]
    found += find_resources(dataclasses.replace(spec, operations=marked, routes=())).values()
    return f"x-collection: {name}" if found and work_of(spec, operation, {path: found[-1]}) else ""
