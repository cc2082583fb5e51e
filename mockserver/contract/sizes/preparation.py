"""Make what many keys need with few calls, and know what is there of them before a batch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from mockserver.codec.paths import decoded_path
from mockserver.contract.exchange import Request, to_json_bytes
from mockserver.contract.profile import BatchProfile, Json
from mockserver.contract.stateful import sentences
from mockserver.contract.stateful.sequence import CallSequence
from mockserver.errors import MethodNotAllowed, NotFound
from mockserver.spec.openapi import Spec

MERGED = 100
"""Most items of a merged call."""

_SUCCESS = range(200, 300)


def calls_by_key(spec: Spec, batch_profile: BatchProfile) -> float:
    """Return how many calls it takes to prepare a key."""
    if batch_profile.prepare is None:
        return 0
    keys = [batch_profile.key(number) for number in range(MERGED)]
    return sum(1 for _ in _merged(spec, _requests(batch_profile, keys, 0))) / MERGED


def prepare_keys(sequence: CallSequence, keys: Sequence[str], tenant: int) -> None:
    """Send what the keys need, in as few calls as the operations allow; each must be answered 2xx."""
    context = sequence.context
    judged: set[tuple[str, str]] = set()
    for request in _merged(context.api.spec, _requests(context.batch_profile, keys, tenant)):
        exchange = sequence.call(request, tenant)
        if exchange is None:
            continue
        told = f"{sentences.call(request)}, so that there is what the items need"
        sequence.told.append(f"{told} → {exchange.response.status}")
        # A validator takes long for a hundred items, and the next calls of an operation are alike.
        if (request.method, request.path) not in judged:
            judged.add((request.method, request.path))
            sequence.judge(exchange)
        sequence.count_check("steps-do-what-they-say")
        if exchange.response.status not in _SUCCESS:
            said = f"what {len(keys)} items need could not be made: {sentences.response(exchange)}"
            sequence.breaks("steps-do-what-they-say", said, "2xx", str(exchange.response.status))


def _requests(batch_profile: BatchProfile, keys: Iterable[str], tenant: int) -> list[Request]:
    prepare = batch_profile.prepare
    return [request for key in keys for request in prepare(key, tenant)] if prepare else []


def _merged(spec: Spec, requests: Iterable[Request]) -> Iterator[Request]:
    """Yield the requests, calls of one batch operation as few with many items each."""
    for (method, path), group in groupby(requests, lambda one: (one.method, one.path)):
        alike = list(group)
        member = _list_of(spec, method, path)
        if member is None:
            yield from alike
            continue
        lists = [_items(one, member) for one in alike]
        while lists:
            taken, lists = lists[:MERGED], lists[MERGED:]
            items = [item for listed in taken for item in listed]
            document = {**alike[0].json(), member: items} if member else items
            yield replace(alike[0], body=to_json_bytes(document).encode())


def _list_of(spec: Spec, method: str, path: str) -> str | None:
    """Return the member with a batch's items, "" if the body is the list; None if it is no batch."""
    try:
        found = spec.match(method, spec.canonical_path(decoded_path(path.partition("?")[0]))).operation
    except (NotFound, MethodNotAllowed):
        return None
    if found.batch is None or len(found.batch.items) > 1:
        return None
    return str(found.batch.items[0]) if found.batch.items else ""


def _items(request: Request, member: str) -> list[Json]:
    document = request.json()
    return list(document[member] if member else document)
