"""Propose the `x-batch` of operations that look like batches, each with calls and their answers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import compress, count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import yaml
from msgspec.structs import replace

from mockserver.contract.inference import BatchSample, infer_batch, infer_sample
from mockserver.contract.profile import BatchProfile, DrawnValues
from mockserver.contract.target import Address, Target
from mockserver.engine.registry import read_spec
from mockserver.model import Document, Json, Value
from mockserver.server.application import Options, create_app
from mockserver.spec.loading import vendor_name
from mockserver.spec.marks import NO_BATCH, batch_correction, flow
from mockserver.spec.openapi import Operation, Spec, plain
from mockserver.spec.overlay import read_overlay

_TAKEN, _LIKELY, _POSSIBLE = 95, 80, 60
"""Confidence in percent: `run` takes the batch by itself; the name says batch; the schemas alone do."""

_FIRST_REFUSAL = 400
_OF_CALLERS = (401, 403)
_AMOUNT = Decimal(9)
_NEXT_COMMENT = "\n  #   "  # bodies of lines have several
_KINDS = (("all good", ()), ("one bad", (1,)), ("all bad", (0, 1)))


class SampleCall(NamedTuple):
    """A call of a proposed batch and its answer."""

    kind: str
    """`all good`, `one bad` or `all bad`."""
    sent: str
    status: int
    answer: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.sent} -> {self.status} {self.answer}"


class BatchSuggestion(Value, frozen=True):
    """A proposed batch."""

    operation: Operation
    batch: Json
    """The proposed `x-batch`."""
    reason: str
    confidence: int
    """In percent; from `_TAKEN` on, `run` takes the batch without an overlay."""
    calls: tuple[SampleCall, ...] = ()

    @property
    def document(self) -> Document:
        """The proposal for programs."""
        calls = [call._asdict() for call in self.calls]
        return {**self.action, "reason": self.reason, "confidence": self.confidence, "calls": calls}

    @property
    def action(self) -> Document:
        target = f"$.paths['{self.operation.path}'].{self.operation.method}"
        return {"target": target, "update": {"x-batch": self.batch}}


def suggest(file: Path, overlays: Sequence[Path]) -> list[BatchSuggestion]:
    """Return the proposals for an own file, as overlays change it. Raises SpecError."""
    return suggest_batches(read_spec(file, [read_overlay(one) for one in overlays]))


def suggest_batches(contract: Spec) -> list[BatchSuggestion]:
    found = []
    for operation in contract.operations.values():
        if operation.batch:
            found.append(BatchSuggestion(operation, operation.node["x-batch"], "a row for each item", _TAKEN))
            continue
        correction = batch_correction(contract.document, operation.path, operation.method)
        proposed = yaml.safe_load(correction or "{}").get("x-batch")
        if proposed:
            is_named = NO_BATCH in operation.node or "batch" in plain(f"{operation.path}{operation.id}")
            usual = "its answer is not 207" if is_named else "its name does not say that it is a batch"
            doubt, confidence = operation.node.get(NO_BATCH, usual), _LIKELY if is_named else _POSSIBLE
            found.append(BatchSuggestion(operation, proposed, f"not taken by itself: {doubt}", confidence))
    return found


def with_calls(
    file: Path, overlays: Sequence[Path], found: Sequence[BatchSuggestion]
) -> list[BatchSuggestion]:
    """Return the proposals, each with three calls to a server in this process that takes all proposals.

    A proposal by which the call with good items is refused, other than for credentials, is left out.
    """
    with TemporaryDirectory() as folder:
        change = Path(folder) / "suggested.yaml"
        change.write_text(overlay_text(file, found), encoding="utf-8")
        name, files = vendor_name(file), (*overlays, change)
        app = create_app(Options(files=(file,), vendors=(name,), overlays=files))
        (served,) = app.served
    address = Address(f"http://127.0.0.1:8080/{name}", app)
    with Target(address) as target:
        told = [
            replace(one, calls=tuple(_calls(target, sample)) if sample else ())
            for one in found
            for operation in [served.spec.operations[one.operation.id]]
            for sample in [infer_batch(served.spec, operation) or infer_sample(served.spec, operation)]
        ]
    good = [one.calls[0].status if one.calls else 0 for one in told]
    taken = [status < _FIRST_REFUSAL or status in _OF_CALLERS for status in good]
    return list(compress(told, taken))


def _calls(target: Target, sample: BatchSample | BatchProfile) -> Iterator[SampleCall]:
    """Yield a call with two items of each kind; without a known bad item, only the call with good items."""
    numbers = count()
    for kind, bad in _KINDS:
        keys = [sample.key(next(numbers)) for _ in range(2)]
        items: list[Json] = [sample.item(key, DrawnValues(0, _AMOUNT)) for key in keys]
        if bad and not sample.corruptions:
            return
        for place in bad:
            items[place] = sample.corruptions[0].change(items[place])
        exchange = target.send(sample.call(items, 0), sample.operation)
        sent, answer = exchange.request.body.decode(), exchange.response.body.decode()
        yield SampleCall(kind, sent, exchange.response.status, answer)


def overlay_text(file: Path, found: Sequence[BatchSuggestion]) -> str:
    """Return the proposals as an OpenAPI Overlay in YAML, with reasons and calls as comments."""
    lines = ["overlay: 1.0.0", f"info: {{title: {json.dumps(f'Batches of {file.name}')}, version: '1'}}"]
    lines += [f"extends: {json.dumps(file.name)}", "actions:"]
    for one in found:
        lines += [
            f"  # {one.operation.method.upper()} {one.operation.path}: {one.reason}",
            f"  # confidence: {one.confidence} %",
            *(f"  # {_NEXT_COMMENT.join(str(call).splitlines())}" for call in one.calls),
            f"  - {flow(one.action)}",
        ]
    return "\n".join(lines) + "\n"
