"""What sequences may use: the batches of a profile without the calls that a run leaves out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from mockserver.codec.paths import decoded_path
from mockserver.contract import inference
from mockserver.contract.config import RunConfig
from mockserver.contract.exchange import Request
from mockserver.contract.loading import ApiUnderTest
from mockserver.contract.profile import BatchProfile, DrawnValues, Step
from mockserver.errors import MethodNotAllowed, NotFound
from mockserver.spec.openapi import Spec

_SAMPLE = DrawnValues(1, Decimal("1.00"))


@dataclass(frozen=True, slots=True)
class UsableBatches:
    """The batches that sequences are made of, each with its number in the profile.

    `notes` say of which batches there are no sequences, and why.
    """

    batches: tuple[tuple[int, BatchProfile], ...]
    notes: tuple[str, ...] = ()


def batch_profiles_of(api: ApiUnderTest) -> tuple[BatchProfile, ...]:
    """Return the batches of the profile, or without any those that the spec alone allows."""
    return api.profile.batches(api.facts) or inference.infer_batches(api.spec)


def usable_batches(api: ApiUnderTest, run_config: RunConfig) -> UsableBatches:
    """Return the batches to test, narrowed to the operations that may be called.

    What a batch can do without is taken away: single changes, the list. Records are read by the list where
    the single read is left out. A batch whose records cannot be read or prepared has no sequences.
    """
    usable, notes = [], []
    for number, one in enumerate(batch_profiles_of(api)):
        if not run_config.calls(one.operation):
            continue
        narrowed = _narrowed(one, api.spec, run_config)
        if isinstance(narrowed, str):
            notes.append(f"no sequences of {_named(api.spec, one.operation)}: {narrowed}")
        else:
            usable.append((number, narrowed))
    return UsableBatches(tuple(usable), tuple(dict.fromkeys(notes)))


def operation_of(spec: Spec, request: Request) -> str:
    """Return the id of the operation that a request calls, "" if the spec has none for it."""
    path = spec.canonical_path(decoded_path(request.path.partition("?")[0]))
    try:
        return spec.match(request.method, path).operation.id
    except (NotFound, MethodNotAllowed):
        return ""


def _narrowed(one: BatchProfile, spec: Spec, run_config: RunConfig) -> BatchProfile | str:
    """Return the batch without the calls that are left out, or a sentence why there is nothing to test."""
    if not run_config.left_out:
        return one
    key = one.key(0)
    left_out = [name for name in _prepared(one, spec, key) if not run_config.may_call(name)]
    if left_out:
        return f"{_named(spec, left_out[0])}, which makes what its items need, is left out"
    narrowed = replace(one, steps=tuple(_steps(one.steps, spec, run_config, key)))
    if one.listing is None or not run_config.may_call(operation_of(spec, one.listing(0))):
        narrowed = replace(narrowed, listing=None, listed=None)
    if run_config.may_call(reading := operation_of(spec, one.read(key, 0))):
        return narrowed
    listing, listed = narrowed.listing, narrowed.listed
    if listing is None or listed is None:
        listings = [operation_of(spec, one.listing(0))] if one.listing else []
        missing = " and ".join(_named(spec, name) for name in dict.fromkeys([reading, *listings]))
        return f"{missing}, which would read its records back: left out"
    return replace(
        narrowed,
        read=lambda _key, tenant: listing(tenant),
        shown=lambda key, exchange: listed(exchange).get(key),
    )


def _prepared(one: BatchProfile, spec: Spec, key: str) -> Iterator[str]:
    yield from (operation_of(spec, request) for request in (one.prepare(key, 0) if one.prepare else ()))


def _steps(steps: Iterable[Step], spec: Spec, run_config: RunConfig, key: str) -> Iterator[Step]:
    for step in steps:
        if run_config.may_call(operation_of(spec, step.request(key, _SAMPLE, 0))):
            yield step


def _named(spec: Spec, operation: str) -> str:
    found = spec.operations.get(operation)
    return f"{found.method.upper()} {found.path}" if found else operation
