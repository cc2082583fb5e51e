"""What a batch shows as a whole, before any record is judged alone: how many, which types and characters.

Source: Payt fact sheet §2, §3.1 (assumed).
"""

from __future__ import annotations

from collections.abc import Iterator

from mockserver.codec import json
from mockserver.errors import Invalid
from mockserver.model import Document, Json, Path, Problem
from mockserver.reply import JSON, media_type_of
from mockserver.spec import resolve
from mockserver.vendor import Request
from mockserver.vendors.payt.texts import EMPTY, too_many_records
from mockserver.vendors.payt.wording import unfit, unreadable

_NUL = "\0"
_ESCAPED_NUL = b"u0000"
"""How JSON spells a NUL, the only way it has."""


def faults(request: Request) -> Iterator[tuple[int, Problem]]:
    """What stays with single records: texts that no database takes, and other types where they are spared.

    Raises:
        Invalid: the call holds too many records, or none, or one of another type.
    """
    kind = str(request.operation.batch.items[0]) if request.operation.batch else ""
    _refuse_count(request, kind)
    spares = request.call.assumptions["broken_record"] == "refuses_record"
    if fatal := [unreadable(path) for path in _coerced_in(request, kind)]:
        if not spares or kind == "files":
            raise Invalid(fatal, request.document)
        yield from ((int(problem.path[1]), unfit(problem.path)) for problem in fatal)
    if kind != "files" and _ESCAPED_NUL in request.call.body.replace(b"\0", b""):
        yield from ((int(path[1]), unfit(path)) for path in _nuls_in(request, kind))


def _refuse_count(request: Request, kind: str) -> None:
    if not request.items and request.call.assumptions["empty_call"] == "refused":
        raise Invalid((Problem("empty", (kind,), f"{kind} {EMPTY}", "minItems"),))
    limit = request.call.assumptions["max_records"]
    if limit != "unlimited" and len(request.items) > int(limit):
        raise Invalid((Problem("too-many", (kind,), too_many_records(kind, limit), "maxItems"),))


def _coerced_in(request: Request, kind: str) -> Iterator[Path]:
    """Where records were sent in another type than they were read in, if that counts."""
    if request.call.assumptions["other_types"] != "refused":
        return
    sent = json.decode(request.call.body, media_type_of(request.call.headers)[1])
    for item, record in zip(request.items, sent[kind], strict=True):
        yield from _coerced(record, item.document, (kind, item.index))


def _coerced(sent: Json, read: Json, path: Path) -> Iterator[Path]:
    if isinstance(sent, dict) and isinstance(read, dict):
        for name in sent:
            if name in read:
                yield from _coerced(sent[name], read[name], (*path, name))
    elif isinstance(sent, list) and isinstance(read, list):
        for at, (one, other) in enumerate(zip(sent, read, strict=True)):
            yield from _coerced(one, other, (*path, at))
    elif type(sent) is not type(read):
        yield path


def _nuls_in(request: Request, kind: str) -> Iterator[Path]:
    """Where a record has a text with a NUL, which no database of texts takes."""
    contract, operation = request.contract, request.operation
    body = contract["paths"][operation.path][operation.method]["requestBody"]["content"][JSON]["schema"]
    records = resolve(contract, resolve(contract, body)["properties"][kind])
    for item in request.items:
        yield from _nuls(item.document, records["items"], (kind, item.index), contract)


def _nuls(node: Json, schema: Document, path: Path, contract: Document) -> Iterator[Path]:
    """As above, in the members that the schema has; all others are ignored, whatever they hold."""
    schema = resolve(contract, schema)
    if isinstance(node, dict):
        members: Document = schema.get("properties", {})
        for name, child in node.items():
            if name in members:
                yield from _nuls(child, members[name], (*path, name), contract)
    elif isinstance(node, list):
        for at, child in enumerate(node):
            yield from _nuls(child, schema.get("items", {}), (*path, at), contract)
    elif isinstance(node, str) and _NUL in node:
        yield path
