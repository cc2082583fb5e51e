"""Trials of identity: the record that an id of an answer, a key of an item, or a reference leads to."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from urllib.parse import quote

from mockserver.contract.exchange import Exchange, Request
from mockserver.contract.profile import DrawnValues
from mockserver.contract.sequences import batches, sentences
from mockserver.contract.sequences.batches import SettledBatch
from mockserver.contract.sequences.sentences import FIRST_REFUSAL, SequenceItem, batch_items
from mockserver.contract.sequences.sequence import CallSequence, SequenceContext
from mockserver.contract.values.comparison import find_record, read_document
from mockserver.model import Json, parse_pointer, value_at
from mockserver.spec.openapi import Operation, resolve

_THERE, _LISTS, _CLASS, _TENANTS = (
    "accepted-are-there",
    "lists-show-what-is-there",
    "class-is-true",
    "tenants-are-apart",
)
_HERE, _ASIDE = 0, 1
_KEYS = 4
_BODY = "$response.body#"
_IDS = ("id", "key", "number")
"""How members end that may identify a record."""


def check_ids(context: SequenceContext) -> None:
    """Send a bad item between good ones, then new items that differ from the first in their keys only.

    Every id of the answer must lead to a record, lists and single reads must show the same ids, and each key
    must have a record of its own.
    """
    if not context.run_config.wants_any((_THERE, _LISTS, _CLASS)) or context.search.target_is_lost:
        return
    ways = () if context.batch.atomic else context.batch_profile.corruptions
    bad = next((way for way in ways if not way.refuses_call), None)
    with CallSequence.with_keys(context, _KEYS) as (sequence, keys):
        numbers = range(sequence.scope.numbers_from, sequence.scope.numbers_from + len(keys))
        drawn = [DrawnValues(number, Decimal(place + 1)) for place, number in enumerate(numbers)]
        items = [
            SequenceItem(key, one, bad if place == 1 else None)
            for place, (key, one) in enumerate(zip(keys[:3], drawn, strict=False))
        ]
        answered = batches.send_batch(sequence, items, _HERE)
        if answered is not None:
            _follow_links(sequence, answered)
        if context.batch.upsert:
            batches.send_batch(sequence, [SequenceItem(keys[0], drawn[-1])], _HERE)
        _compare_ids(sequence, items)
        if context.batch_profile.creates and len(keys) == _KEYS:
            _send_alike(sequence, [SequenceItem(keys[place], drawn[2]) for place in (1, 3)])


def _follow_links(sequence: CallSequence, answered: SettledBatch) -> None:
    exchange = answered.exchange
    body = read_document(exchange.response)
    for place, verdict in enumerate(answered.verdicts):
        if body is None or not verdict.accepted or verdict.outcome is None:
            continue
        for request, value in _linked_reads(sequence.context, exchange, verdict.outcome.at, body.document):
            shown = sequence.call(request, _HERE)
            if shown is None:
                return
            sequence.judge(shown)
            sequence.count_check(_THERE)
            if shown.response.status >= FIRST_REFUSAL:
                message = (
                    f"{sentences.batch(answered.sent.items)}; the outcome of item {place}, "
                    f"{answered.sent.items[place].key}, has the id {value}; {sentences.call(request)} is "
                    f"answered {shown.response.status}"
                )
                status = str(shown.response.status)
                sequence.fail(_THERE, message, "200", status, verdict.outcome.at)


def _linked_reads(
    context: SequenceContext, exchange: Exchange, at: str, body: Json
) -> Iterator[tuple[Request, str]]:
    """Reads of the records whose ids the links of the spec find in the outcome at a pointer."""
    document, operations = context.api.spec.document, context.api.spec.operations
    operation = operations[context.batch_profile.operation]
    responses = document["paths"][operation.path][operation.method]["responses"]
    stated = resolve(document, responses.get(str(exchange.response.status), {}))
    first = f"{_BODY}{at.rpartition('/')[0]}/0/"
    for node in stated.get("links", {}).values():
        link = resolve(document, node)
        target = operations.get(link.get("operationId", ""))
        expressions: Mapping[str, str] = link.get("parameters", {})
        *_, last = re.findall(r"\{(\w+)\}", target.path) if target else ("",)
        expression = str(expressions.get(last, ""))
        if target is None or not _reads_one(context, target, last) or not expression.startswith(first):
            continue
        value = value_at(body, parse_pointer(f"{at}/{expression.removeprefix(first)}"))
        if isinstance(value, str | int):
            path = target.path.replace(f"{{{last}}}", quote(str(value), safe=""))
            yield Request("GET", path, {"accept": "application/json"}), str(value)


def _reads_one(context: SequenceContext, target: Operation, name: str) -> bool:
    """Whether the operation reads a record by this one parameter, and may be called."""
    needed = [one.name for one in target.parameters if one.required and one.place != "header"]
    return (
        target.method == "get"
        and target.path.endswith(f"{{{name}}}")
        and needed == [name]
        and context.run_config.may_call(target.id)
    )


def _compare_ids(sequence: CallSequence, items: Sequence[SequenceItem]) -> None:
    """Compare the ids of each item's record in the list with those in its single read."""
    profile = sequence.context.batch_profile
    exchange = sequence.call(profile.listing(_HERE), _HERE) if profile.listing else None
    for one in items if exchange is not None else ():
        document = one.document(profile)
        read = sequence.call(profile.read(one.key, _HERE), _HERE)
        if exchange is None or read is None or not isinstance(document, Mapping):
            return
        listed, shown = (_ids(sequence, document, one.key, answer) for answer in (exchange, read))
        both = listed.keys() & shown.keys()
        sequence.count_check(_LISTS, bool(both))
        for name in sorted(name for name in both if listed[name] != shown[name]):
            message = f"reading {one.key} shows {name} {shown[name]}; the list shows {listed[name]}"
            sequence.fail(_LISTS, message, str(shown[name]), str(listed[name]), f"/{name}")


def _ids(
    sequence: CallSequence, item: Mapping[str, Json], key: str, exchange: Exchange
) -> Mapping[str, str | int]:
    """Members that may identify the record of an item in an answer."""
    read = read_document(exchange.response)
    found = read and find_record(read.document, item, sequence.context.batch.key, key, alone=False)
    return {
        name: value
        for name, value in (found or {}).items()
        if name.lower().endswith(_IDS) and isinstance(value, str | int)
    }


def _send_alike(sequence: CallSequence, items: Sequence[SequenceItem]) -> None:
    """Send items with values that another record has; if they are accepted, each must be a new record.

    A vendor may refuse them: the spec does not say which members are unique.
    """
    sent = batches.build_items(sequence, items, _HERE)
    request = batches.request_of(sequence, sent, _HERE)
    exchange = sequence.call(request, _HERE)
    if exchange is None:
        return
    answered = batches.read_answer(sequence, sent, request, exchange)
    if answered.refused or any(verdict.accepted is False for verdict in answered.verdicts):
        return
    batches.settle_batch(sequence, answered)
    batches.read_back(sequence, answered, _HERE)
    batches.read_all_back(sequence)


def check_records_of_tenants(context: SequenceContext) -> None:
    """Send an item that needs a record which only another tenant has: it must be rejected.

    An item that is accepted without any record needs none.
    """
    profile = context.batch_profile
    has_tenants = profile.tenants > 1 and profile.prepare is not None
    if not has_tenants or not context.run_config.wants(_TENANTS) or context.search.target_is_lost:
        return
    with CallSequence.with_keys(context, 2) as (sequence, keys):
        nowhere, theirs = (keys[0], keys[-1])
        before = sequence.known(theirs, _ASIDE)
        if len(keys) == 1 or _is_accepted(sequence, nowhere):
            return
        is_taken, shown = _is_accepted(sequence, theirs), sequence.read(theirs, _ASIDE)
        sequence.count_check(_TENANTS)
        if is_taken or shown != before:
            became = "accepted" if is_taken else "rejected"
            message = (
                f"sent {theirs}, whose record only another tenant has: it is {became}, and in that tenant "
                f"{sentences.difference(before, shown)}"
            )
            sequence.fail(_TENANTS, message, "rejected, and no change", became)


def _is_accepted(sequence: CallSequence, key: str) -> bool:
    """Send a good item with nothing prepared for it; whether it is accepted."""
    profile, batch = sequence.context.batch_profile, sequence.context.batch
    items = [SequenceItem(key, DrawnValues(sequence.scope.numbers_from, Decimal(1)))]
    documents = [items[0].document(profile)]
    request = profile.call(documents, _HERE)
    exchange = sequence.call(request, _HERE)
    if exchange is None:
        return False
    reported = sequence.verdicts(exchange, batch_items(profile, batch, items, documents))
    is_accepted = not isinstance(reported, str) and not reported[1] and reported[0][0].accepted is True
    became = "accepted" if is_accepted else "rejected"
    sequence.steps.append(sentences.batch_step(request, items, exchange, became))
    return is_accepted


IDENTITY_TRIALS: tuple[Callable[[SequenceContext], None], ...] = (check_ids, check_records_of_tenants)
