"""The records that an own API begins with: `run --records`, or `x-records` at the root of the file."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence

from mockserver.engine.registry import LoadedVendor
from mockserver.engine.resources import Resource, find_resources, is_noun
from mockserver.model import EMPTY, Document, Json
from mockserver.sandbox.clock import Clock
from mockserver.sandbox.memory_store import MemoryState, StoredSandbox
from mockserver.sandbox.sandboxes import SETTINGS
from mockserver.sandbox.store import Collection, State, Tables
from mockserver.spec.openapi import Spec, filled_path, merged, plain

_REFERENCES = ("id", "ids", "key", "uuid", "gid", "number", "code", "slug", "ref", "reference")
"""Ends of names of members that name a record of another collection, such as `customer_id`."""


def with_first_records(vendor: LoadedVendor, count: int | None, seed: int, clock: Clock) -> LoadedVendor:
    """Return an own API with `count` records of each kind as its fixtures; None means its `x-records`.

    A vendor with fixtures, and a vendor with a package, stay as they are.
    """
    if vendor.is_packaged:
        return vendor
    written = vendor.spec.document.get("x-records") if count is None else count
    if not vendor.spec.is_own or vendor.fixtures or not isinstance(written, int) or written < 1:
        return vendor
    scope = f"{vendor.name}/"

    def work(state: MemoryState) -> Tables:
        state.sandbox_collection(SETTINGS)["seed"] = {"value": seed}
        _store_records(vendor.spec, written, state)
        return {scope: state.tables().get(scope, EMPTY)}

    return dataclasses.replace(vendor, fixtures=StoredSandbox().run(scope, clock, work)[0])


def _store_records(spec: Spec, count: int, state: State) -> None:
    """Store `count` records of each kind; members that name a record of another kind name one that is there.

    Records below a parent are shared out among the parent's records. If no record is a parent's, and the file
    has no example of the parent's key, there are none.
    """
    found = {one.path: one for one in find_resources(spec).values() if one.path in spec.document["paths"]}
    kinds = sorted(found.values(), key=lambda one: (len(one.parameters), one.path))
    made: dict[str, list[tuple[Document, Json]]] = {}
    own: list[tuple[Document, Json]]
    for kind in kinds:
        parents = list(_parents(spec, kind, made))
        records = state.collection(kind.collection)
        made[filled_path(kind.path, {})] = own = []
        for number in range(count if parents else 0):
            at = parents[number % len(parents)]
            key = kind.key_of(EMPTY, at, state)
            records[kind.place(at, key)] = kind.record({}, key, at, state, is_whole=True)
            own.append((at, key))
    keys = {one.path: [key for _, key in made[filled_path(one.path, {})]] for one in kinds}
    for kind in kinds:
        _refer(kind, keys, state.collection(kind.collection))


def _parents(
    spec: Spec, kind: Resource, made: Mapping[str, Sequence[tuple[Document, Json]]]
) -> Iterator[Document]:
    """Yield the values of the parents' path parameters under which records of the kind may stand."""
    start = kind.path.rpartition("/{")[0]
    above = filled_path(start[: start.rfind("}") + 1], {})
    if not above:
        yield {}
    elif records := made.get(above):
        # Two paths may call a parameter by two names.
        for at, key in records:
            yield dict(zip(kind.parameters, (*at.values(), key), strict=False))
    else:
        operation = next(one for one in spec.operations.values() if one.path.startswith(start))
        schemas = {
            one.name: merged(spec.document, one.schema) for one in operation.parameters if one.place == "path"
        }
        told = {name: schemas.get(name, EMPTY) for name in kind.parameters[:-1]}
        values = {
            name: node.get("example", node.get("default", next(iter(node.get("enum", ())), None)))
            for name, node in told.items()
        }
        if None not in values.values():
            yield values


def _refer(kind: Resource, keys: Mapping[str, Sequence[Json]], records: Collection) -> None:
    """Let the members of the records that name records of other kinds name some that are there."""
    for number, place in enumerate([*records]):
        record = records[place]
        changed = dict(record)
        for name, value in record.items():
            named = next((known for path, known in keys.items() if known and _names(name, path)), ())
            if not named or name == kind.key:
                continue
            key = named[number % len(named)]
            inside = {**value, "id": key} if isinstance(value, dict) and "id" in value else None
            for one in (key, str(key), [key], inside):
                if type(one) is type(value) and kind.accepts(tried := {**changed, name: one}):
                    changed = tried
        if changed != record:
            records[place] = changed


def _names(name: str, path: str) -> bool:
    """Return whether a member's name is the noun of a path, with or without an end such as `_id`."""
    said = plain(name)
    return any(is_noun(said.removesuffix(end), path) for end in ("", *_REFERENCES))
