"""Expectations of an answer, of a lost one, and of what a sandbox holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from mockserver.cases.language import Node
from mockserver.cases.matching import INT, differences
from mockserver.cases.wire import Answered, Lost
from mockserver.cases.world import UnmetError
from mockserver.codec import json
from mockserver.errors import Malformed

SHOWN = 3000
"""How many bytes of a body a message shows."""


def of_answer(expected: Node, came: Answered | Lost, remembered: Mapping[str, Answered]) -> list[str]:
    """Where the answer is not as `expected`, and what came then."""
    if isinstance(came, Lost):
        return [f"expected status {expected.get('status')}", _seen(came)]
    said = list(_of_answer(expected, came, remembered))
    return [*said, _seen(came)] if said else []


def of_loss(expected: str | Node, came: Answered | Lost) -> list[str]:
    """Where the call is not lost as `expected`: a kind, or `{kind, status}` with the status seen or null."""
    wanted: Node = expected if isinstance(expected, Mapping) else {"kind": expected}
    if isinstance(came, Answered):
        return [f"expected to lose the answer: {wanted['kind']}", _seen(came)]
    said = [] if came.kind == wanted["kind"] else [f"expected {wanted['kind']}"]
    if "status" in wanted and came.status != wanted["status"]:
        said.append(f"expected to have seen status {wanted['status']}")
    return [*said, _seen(came)] if said else []


def of_documents(
    expected: Mapping[str, Mapping[str, Any]], tables: Node, vendor: str, tenant: str | None
) -> Iterator[str]:
    """Where the collections do not hold the `expected` documents, which may have more members."""
    for collection, documents in expected.items():
        found = _collection(tables, vendor, tenant, collection)
        for key, document in documents.items():
            where = f"{collection}/{key}"
            if document is None:
                if key in found:
                    yield f"{where}: is there"
            elif key not in found:
                yield f"{where}: is not there; there are {sorted(found)}"
            else:
                yield from differences(document, found[key], where, open_ended=True)


def of_set(
    expected: Iterable[Node], came: list[Answered | Lost], remembered: Mapping[str, Answered]
) -> list[str]:
    """Where the answers are not the `expected` ones, in whichever order; `times` expects several."""
    left = list(came)
    said = []
    for one in expected:
        answer = {name: node for name, node in one.items() if name != "times"}
        for _ in range(one.get("times", 1)):
            match = next((other for other in left if not of_answer(answer, other, remembered)), None)
            if match is None:
                said.append(f"expected {answer!r}")
            else:
                left.remove(match)
    return said + [f"was not expected: {_seen(other)}" for other in left]


def found_at(came: Answered, place: str) -> Any:
    """What an answer has at a JSON Pointer, or with `header <name>` in a header.

    Raises:
        UnmetError: it has nothing there.
    """
    try:
        if place.startswith("header "):
            return came.headers[place.removeprefix("header ").lower()]
        return at(came.json, place)
    except (LookupError, TypeError, ValueError, Malformed):
        raise UnmetError([f"nothing at {place}", _seen(came)]) from None


def at(document: Any, pointer: str) -> Any:
    """What stands at the pointer.

    Raises:
        LookupError, TypeError, ValueError: nothing.
    """
    for step in pointer.split("/")[1:]:
        document = document[int(step)] if isinstance(document, list) else document[_unescaped(step)]
    return document


def _unescaped(step: str) -> str:
    return step.replace("~1", "/").replace("~0", "~")


def _of_answer(expected: Node, came: Answered, remembered: Mapping[str, Answered]) -> Iterator[str]:
    if "status" in expected and expected["status"] != came.status:
        yield f"expected status {expected['status']}"
    if "type" in expected and expected["type"] != came.media_type:
        yield f"expected {expected['type']}, found {came.media_type}"
    for name, text in expected.get("headers", {}).items():
        yield from _of_header(name, text, came.headers.get(name.lower()))
    for member, open_ended in (("json", False), ("includes", True)):
        if member in expected:
            yield from _of_json(expected[member], came, open_ended=open_ended)
    if "text" in expected:
        yield from differences(expected["text"], came.text)
    yield from (f"lacks {text!r}" for text in expected.get("contains", ()) if str(text) not in came.text)
    yield from (f"has {text!r}" for text in expected.get("lacks", ()) if str(text) in came.text)
    if expected.get("unreadable") and _is_json(came):
        yield "is whole JSON"
    if "same_as" in expected:
        twins = expected["same_as"]
        names = [twins] if isinstance(twins, str) else twins
        left_out = expected.get("apart_from", ())
        yield from _of_twins([remembered[name] for name in names], came, left_out)


def _of_header(name: str, expected: Any, found: str | None) -> Iterator[str]:
    if expected is None or found is None:
        if expected is not found:
            yield f"header {name}: expected {expected}, found {found}"
    elif not (expected == INT and found.isdigit()):
        yield from differences(str(expected), found, f"header {name}")


def _of_json(expected: Any, came: Answered, *, open_ended: bool) -> Iterator[str]:
    try:
        found = came.json
    except Malformed as error:
        yield f"is no JSON: {error}"
    else:
        yield from differences(expected, found, open_ended=open_ended)


def _is_json(came: Answered) -> bool:
    try:
        _ = came.json
    except Malformed:
        return False
    return True


def _of_twins(twins: list[Answered], came: Answered, left_out: Iterable[str]) -> list[str]:
    """Where status, media type and body are not those of one of the twins; pointers may be left out."""
    said = [list(_apart(_without(twin, left_out), _without(came, left_out))) for twin in twins]
    return [] if [] in said else said[0]


def _without(came: Answered, pointers: Iterable[str]) -> Answered:
    """The answer with what stands at the pointers taken out of its body."""
    if not pointers:
        return came
    document = came.json
    for pointer in pointers:
        parent, _, last = pointer.rpartition("/")
        with suppress(LookupError, TypeError, ValueError):
            del at(document, parent)[last]
    return replace(came, body=json.encode(document))


def _apart(first: Answered, came: Answered) -> Iterator[str]:
    for what in ("status", "media_type", "body"):
        one, other = getattr(first, what), getattr(came, what)
        if one != other:
            yield f"expected the same {what} as before: {one!r}, found {other!r}"


def _seen(came: Answered | Lost) -> str:
    if isinstance(came, Lost):
        return f"lost: {came.kind}, status {came.status}: {came.detail}"
    return f"answered {came.status} {came.body[:SHOWN]!r}"


def _collection(tables: Node, vendor: str, tenant: str | None, name: str) -> Mapping[str, Any]:
    """The documents of a collection: of the tenant, or of all the vendor's tenants."""
    every = [key for key in tables if key.startswith(f"{vendor}/")]
    wanted = every if tenant is None else [f"{vendor}/{tenant}"]
    merged: dict[str, Any] = {}
    for key in wanted:
        merged |= tables.get(key, {}).get(name, {})
    return merged
