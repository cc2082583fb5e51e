"""What changed between two versions of an OpenAPI file, and whether a client of the old one may break."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mockserver.cli.spec_cures import Member, members_of
from mockserver.spec.openapi import METHODS, resolve

Document = Mapping[str, Any]
_NOTHING: Document = {}


@dataclass(frozen=True, slots=True)
class SpecChange:
    """A change: of which operation, what, and whether a client of the old version may break."""

    operation: str
    what: str
    breaking: bool


def spec_changes(old: Document, new: Document) -> list[SpecChange]:
    """Return the changes of operations, parameters, statuses and members, in the order of the operations."""
    before, after = _operations(old), _operations(new)
    found: list[SpecChange] = []
    for name in [*before, *(one for one in after if one not in before)]:
        if name not in after:
            found.append(SpecChange(name, "operation removed", breaking=True))
        elif name not in before:
            found.append(SpecChange(name, "operation added", breaking=False))
        else:
            changes = _operation_changes((old, before[name]), (new, after[name]))
            found += [SpecChange(name, what, breaking=breaking) for what, breaking in changes]
    return found


def _operations(document: Document) -> dict[str, Document]:
    return {
        f"{method.upper()} {path}": {**item[method], "shared": item.get("parameters", ())}
        for path, item in (document.get("paths") or {}).items()
        for method in METHODS
        if method in item
    }


_Side = tuple[Document, Document]
_Changes = Iterator[tuple[str, bool]]


def _operation_changes(old: _Side, new: _Side) -> _Changes:
    if old[1].get("operationId") != new[1].get("operationId"):
        yield f"operationId {old[1].get('operationId')} is now {new[1].get('operationId')}", False
    yield from _parameter_changes(_parameters(*old), _parameters(*new))
    yield from _body_changes(old, new)
    yield from _response_changes(old, new)


def _parameters(document: Document, operation: Document) -> dict[str, Document]:
    nodes = [resolve(document, one) for one in (*operation["shared"], *operation.get("parameters", ()))]
    return {f"{node['in']} parameter {node['name']}": node for node in nodes}


def _parameter_changes(old: Mapping[str, Document], new: Mapping[str, Document]) -> _Changes:
    for name in sorted({*old, *new}):
        before, after = old.get(name), new.get(name)
        needed = bool((after or _NOTHING).get("required"))
        if after is None:
            yield f"{name} removed", True
        elif before is None:
            yield f"{name} added, {'required' if needed else 'optional'}", needed
        elif bool(before.get("required")) != needed:
            yield f"{name} is now {'required' if needed else 'optional'}", needed


def _body_changes(old: _Side, new: _Side) -> _Changes:
    before, after = (resolve(side[0], side[1].get("requestBody", _NOTHING)) for side in (old, new))
    contents = before.get("content", _NOTHING), after.get("content", _NOTHING)
    yield from _media_changes("request", contents, (old[0], new[0]), is_request=True)
    if not before.get("required") and after.get("required"):
        yield "request body is now required", True


def _response_changes(old: _Side, new: _Side) -> _Changes:
    before, after = (
        {str(key): one for key, one in side[1].get("responses", {}).items()} for side in (old, new)
    )
    for status in sorted({*before, *after}):
        if status not in after:
            yield f"status {status} removed", status.startswith("2")
        elif status not in before:
            yield f"status {status} added", False
        else:
            answers = resolve(old[0], before[status]), resolve(new[0], after[status])
            contents = answers[0].get("content", _NOTHING), answers[1].get("content", _NOTHING)
            yield from _media_changes(status, contents, (old[0], new[0]), is_request=False)


def _media_changes(
    where: str, contents: tuple[Document, Document], documents: tuple[Document, Document], *, is_request: bool
) -> _Changes:
    before, after = contents
    for media in sorted({*before, *after}):
        if media not in after:
            yield f"{where}: {media} removed", True
        elif media not in before:
            yield f"{where}: {media} added", False
        else:
            old = members_of(documents[0], before[media].get("schema", {}))
            new = members_of(documents[1], after[media].get("schema", {}))
            yield from _member_changes(where, old, new, is_request=is_request)


def _member_changes(
    where: str, old: Mapping[str, Member], new: Mapping[str, Member], *, is_request: bool
) -> _Changes:
    for pointer in [*old, *(one for one in new if one not in old)]:
        name, before, after = f"{where} {pointer or 'body'}", old.get(pointer), new.get(pointer)
        if after is None:
            if _has_parent(pointer, new):
                yield f"{name} removed", True
        elif before is None:
            if _has_parent(pointer, old):
                yield f"{name} added, {_need(after)}", is_request and after.required
        else:
            if before.required != after.required:
                yield f"{name} is now {_need(after)}", is_request == after.required
            yield from _fact_changes(name, before, after, is_request=is_request)


def _fact_changes(name: str, before: Member, after: Member, *, is_request: bool) -> _Changes:
    for fact in sorted({*before.facts, *after.facts}):
        was, now = before.facts.get(fact), after.facts.get(fact)
        if was != now:
            yield f"{name}: {fact} {was or 'none'} is now {now or 'none'}", fact != "default"
    gone = [one for one in before.values if one not in after.values]
    more = [one for one in after.values if one not in before.values]
    if gone and after.values:
        yield f"{name}: values removed: {', '.join(gone)}", is_request
    if more and before.values:
        yield f"{name}: values added: {', '.join(more)}", not is_request
    if bool(before.values) != bool(after.values):
        yield (
            f"{name}: {'any value' if before.values else 'only listed values'} now",
            is_request == bool(after.values),
        )


def _has_parent(pointer: str, members: Mapping[str, Member]) -> bool:
    """Return whether the member above is there, so that what is below a removed one is not told again."""
    return pointer.rpartition("/")[0] in members


def _need(member: Member) -> str:
    return "required" if member.required else "optional"
