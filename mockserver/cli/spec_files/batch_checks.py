"""What a spec says of its batches and lists that does not fit its own schemas."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mockserver.cli.failure.suggestions import choices, nearest
from mockserver.cli.spec_files.members import members_of
from mockserver.cli.spec_files.openapi_rules import Path_
from mockserver.cli.spec_files.outcome_cure import answer_schema
from mockserver.model import Document, Json
from mockserver.spec.openapi import Operation, Spec


@dataclass(frozen=True, slots=True)
class Misfit:
    """A place that is probably a mistake: only a warning where it can be meant."""

    path: Path_
    what: str
    cure: str
    is_warning: bool


def find_misfits(spec: Spec) -> Iterator[Misfit]:
    """Yield keys, outcome pointers and collections that nothing else in the spec has."""
    for operation in spec.operations.values():
        if operation.batch:
            yield from _wrong_keys(spec, operation)
            yield from _wrong_outcomes(spec, operation)
        elif operation.collection:
            yield from _unfed_collection(spec, operation)


def _wrong_keys(spec: Spec, operation: Operation) -> Iterator[Misfit]:
    batch = operation.batch
    for body in operation.bodies[:1] if batch else ():
        list_pointer = "".join(f"/{step}" for step in batch.items) if batch else ""
        names = _names_below(spec.document, body.schema, f"{list_pointer}/*")
        for key in batch.key if batch and names else ():
            if batch and key not in names:
                yield _misfit(
                    (*_place(operation), "x-batch", "key"),
                    f"{operation.id}: x-batch.key: the item schema has no {key}; it has {choices(names)}",
                    "key: [{}]",
                    ", ".join(_mended(batch.key, key, names)),
                    is_near=bool(nearest(key, names)),
                )


def _mended(key: Sequence[str], wrong: str, names: Sequence[str]) -> Iterator[str]:
    """Yield the members of a key with another name for the wrong one; without it where none is left."""
    free = [name for name in names if name not in key]
    for member in key:
        if member != wrong:
            yield member
        elif free:
            yield nearest(wrong, free) or free[0]


def _wrong_outcomes(spec: Spec, operation: Operation) -> Iterator[Misfit]:
    schema = answer_schema(spec.document, _operation_node(spec.document, operation))
    known = list(members_of(spec.document, schema)) if schema else []
    outcome: Mapping[str, Any] = operation.batch.outcome if operation.batch else {}
    list_pointer = outcome.get("list", "")
    for name, pointer in outcome.items():
        inside = f"{list_pointer}/*" if name in ("status", "message", "key") else ""
        parent = _deepest(f"{inside}{pointer}", known)
        siblings = [one.removeprefix(inside) for one in known if _is_child(one, parent)]
        if f"{inside}{pointer}" in known or not siblings or (inside and inside not in known):
            continue
        near = nearest(pointer, siblings)
        yield _misfit(
            (*_place(operation), "x-batch", "outcome", name),
            f"{operation.id}: x-batch.outcome.{name}: the answer schema has no {pointer}; "
            f"it has {choices(siblings)}",
            f"{name}: {{}}",
            near or siblings[0],
            is_near=bool(near),
        )


def _unfed_collection(spec: Spec, operation: Operation) -> Iterator[Misfit]:
    fed = dict.fromkeys(one.batch.collection for one in spec.operations.values() if one.batch)
    if operation.collection in fed:
        return
    near = nearest(operation.collection, fed)
    yield _misfit(
        (*_place(operation), "x-collection"),
        f"{operation.id}: x-collection: no batch stores in {operation.collection}; "
        + (f"batches store in {choices(fed)}" if fed else "only --fixtures can fill it"),
        "x-collection: {}" if fed else "{}",
        near or next(iter(fed), f"collection: {operation.collection} in the x-batch that stores its records"),
        is_near=bool(near),
    )


def _misfit(path: Path_, what: str, cure: str, written: str, *, is_near: bool) -> Misfit:
    """Return an error where a near name shows that it is a slip, else a warning."""
    return Misfit(path, what, cure.format(written), is_warning=not is_near)


def _names_below(document: Document, schema: Json, pointer: str) -> list[str]:
    return [one.rpartition("/")[2] for one in members_of(document, schema) if _is_child(one, pointer)]


def _is_child(pointer: str, parent: str) -> bool:
    head, slash, name = pointer.rpartition("/")
    return bool(slash) and head == parent and name != "*"


def _deepest(pointer: str, known: list[str]) -> str:
    """Return the nearest parent of a pointer that is known."""
    parent = pointer.rpartition("/")[0]
    while parent and parent not in known:
        parent = parent.rpartition("/")[0]
    return parent


def _place(operation: Operation) -> Path_:
    return ("paths", operation.path, operation.method)


def _operation_node(document: Document, operation: Operation) -> Document:
    found: Document = document["paths"][operation.path][operation.method]
    return found
