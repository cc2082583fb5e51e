"""Evidence for findings: the request and the answer of a call, and what in the answer told of the items."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from mockserver.drill.findings import Mistake
from mockserver.drill.run import Run
from mockserver.engine.registry import LoadedVendor
from mockserver.journal.entry import Entry
from mockserver.journal.replay import reported_counts, reported_outcomes
from mockserver.journal.view import View
from mockserver.model import Document, unescape_step
from mockserver.spec.batch_forms import OutcomeForm
from mockserver.spec.openapi import Operation

_MOST_CALLS, _MOST_CHARACTERS, _MOST_NAMES = 6, 2000, 3


def show_evidence(run: Run, vendor: LoadedVendor, findings: Iterable[Mistake]) -> Mapping[int, Document]:
    """Return, for the first calls that findings name, by number: `request`, `answer`, `told` and `schema`.

    The texts have no credentials and at most 2,000 characters. `told` says what in the answer told of items;
    `schema` is the line of the spec that declares the answer.
    """
    numbers = list(dict.fromkeys(number for one in findings for number in one.calls))[:_MOST_CALLS]
    view, found = View(), {}
    for entry in map(run.entry, numbers):
        whole = view.whole(entry)
        operation = vendor.spec.operations.get(entry.operation or "")
        found[entry.number] = {
            "request": whole["request"]["body"][:_MOST_CHARACTERS],
            "answer": "" if entry.status is None else whole["reply"]["body"][:_MOST_CHARACTERS],
            "told": _describe_answer(entry, operation),
            "schema": _find_line(vendor, operation) if operation else "",
        }
    return found


def _describe_answer(entry: Entry, operation: Operation | None) -> str:
    """Return words such as "counts 2 of 3, has no row for R-2"; "" if the answer tells nothing of items."""
    if entry.status is None or operation is None or operation.batch is None or not entry.decided.counts:
        return "no answer" if entry.status is None else ""
    return ", ".join(_described(entry, operation, operation.batch.outcome))


def _described(entry: Entry, operation: Operation, form: OutcomeForm) -> Iterator[str]:
    sent = [unescape_step(key) for key, _ in entry.decided.items()]
    places = {key: at for at, key in enumerate(sent)}
    told = reported_outcomes(entry.reply, operation, sent)
    if len(told) == len(sent) and {key for key, _ in told}.isdisjoint(sent):  # rows in the order sent
        told = [(key, text) for key, (_, text) in zip(sent, told, strict=True)]
    if form.has_counts_alone and told:
        yield ", ".join(f"{name} {text}" for name, text in told)
        return
    if form.count_name:
        number = reported_counts(entry.reply, operation).get(form.count_name)
        yield f"counts {number} of {len(sent)}" if number is not None else "has no count"
    named = dict(told)
    foreign = [key for key in named if key and key not in places]
    missing = [key for key in sent if key not in named]
    if foreign and "" not in places:
        yield f"tells of {_join(foreign)}"
    if form.tells_all and missing and any(named):
        yield f"has no row for {_join(missing)}"
    bad = [f"{key}: {text}" for key, text in told if places.get(key) in entry.decided.problems]
    if bad:
        yield ", ".join(bad[:_MOST_NAMES])


def _join(keys: list[str]) -> str:
    more = f" and {len(keys) - _MOST_NAMES} more" if len(keys) > _MOST_NAMES else ""
    return f"{', '.join(keys[:_MOST_NAMES])}{more}"


def _find_line(vendor: LoadedVendor, operation: Operation) -> str:
    """Return words such as "line 212 of the spec of payt": that of `x-batch`, or of the answers."""
    text = vendor.spec.text
    named = re.search(rf"""operationId["']?:\s*["']?{re.escape(operation.id)}\b""", text)
    start = named.end() if named else text.find(operation.path)
    if start < 0:
        return ""
    place = text.find("x-batch" if operation.batch else "responses", start)
    return f"line {text.count(chr(10), 0, max(start, place)) + 1} of the spec of {vendor.name}"
