"""Compare responses, lost responses and sandbox contents with what a case expects."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from mockserver.codec import json
from mockserver.control.cases.language import Node
from mockserver.control.cases.matching import INT, differences
from mockserver.control.cases.sandbox_client import UnmetExpectationError
from mockserver.control.cases.transport import LostResponse, Response
from mockserver.errors import MalformedBody

MAX_SHOWN_BYTES = 3000
"""Limit of a body's bytes in a message."""


def response_differences(
    expected: Node, response: Response | LostResponse, remembered: Mapping[str, Response]
) -> list[str]:
    """Return the differences from the `expected` response, followed by what was received."""
    if isinstance(response, LostResponse):
        return [f"expected status {expected.get('status')}", _received(response)]
    found = list(_response_differences(expected, response, remembered))
    return [*found, _received(response)] if found else []


def loss_differences(expected: str | Node, response: Response | LostResponse) -> list[str]:
    """Return the differences from the `expected` loss: a kind, or `{kind, status}`; status may be null."""
    wanted: Node = expected if isinstance(expected, Mapping) else {"kind": expected}
    if isinstance(response, Response):
        return [f"expected to lose the answer: {wanted['kind']}", _received(response)]
    found = [] if response.kind == wanted["kind"] else [f"expected {wanted['kind']}"]
    if "status" in wanted and response.status != wanted["status"]:
        found.append(f"expected to have seen status {wanted['status']}")
    return [*found, _received(response)] if found else []


def document_differences(
    expected: Mapping[str, Mapping[str, Any]], tables: Node, vendor: str, tenant: str | None
) -> Iterator[str]:
    """Yield where the collections lack the `expected` documents, which may have more members."""
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


def response_set_differences(
    expected: Iterable[Node], response: list[Response | LostResponse], remembered: Mapping[str, Response]
) -> list[str]:
    """Return the differences from the `expected` responses in any order; `times` expects several."""
    left = list(response)
    found = []
    for node in expected:
        answer = {name: value for name, value in node.items() if name != "times"}
        for _ in range(node.get("times", 1)):
            match = next(
                (other for other in left if not response_differences(answer, other, remembered)), None
            )
            if match is None:
                found.append(f"expected {answer!r}")
            else:
                left.remove(match)
    return found + [f"was not expected: {_received(other)}" for other in left]


def value_in_response(response: Response, place: str) -> Any:
    """Return the value at a JSON Pointer, or with `header <name>` that header.

    Raises:
        UnmetExpectationError: the response has no such value.
    """
    try:
        if place.startswith("header "):
            return response.headers[place.removeprefix("header ").lower()]
        return value_at(response.json, place)
    except (LookupError, TypeError, ValueError, MalformedBody):
        raise UnmetExpectationError([f"nothing at {place}", _received(response)]) from None


def value_at(document: Any, pointer: str) -> Any:
    """Return the value at a JSON Pointer.

    Raises:
        LookupError, TypeError, ValueError: there is no such value.
    """
    for step in pointer.split("/")[1:]:
        document = document[int(step)] if isinstance(document, list) else document[_unescaped(step)]
    return document


def _unescaped(step: str) -> str:
    return step.replace("~1", "/").replace("~0", "~")


def _response_differences(
    expected: Node, response: Response, remembered: Mapping[str, Response]
) -> Iterator[str]:
    if "status" in expected and expected["status"] != response.status:
        yield f"expected status {expected['status']}"
    if "type" in expected and expected["type"] != response.media_type:
        yield f"expected {expected['type']}, found {response.media_type}"
    for name, text in expected.get("headers", {}).items():
        yield from _header_differences(name, text, response.headers.get(name.lower()))
    for member, open_ended in (("json", False), ("includes", True)):
        if member in expected:
            yield from _json_differences(expected[member], response, open_ended=open_ended)
    if "text" in expected:
        yield from differences(expected["text"], response.text)
    yield from (f"lacks {text!r}" for text in expected.get("contains", ()) if str(text) not in response.text)
    yield from (f"has {text!r}" for text in expected.get("lacks", ()) if str(text) in response.text)
    if expected.get("unreadable") and _is_json(response):
        yield "is whole JSON"
    if "same_as" in expected:
        candidates = expected["same_as"]
        names = [candidates] if isinstance(candidates, str) else candidates
        left_out = expected.get("apart_from", ())
        yield from _remembered_differences([remembered[name] for name in names], response, left_out)


def _header_differences(name: str, expected: Any, found: str | None) -> Iterator[str]:
    if expected is None or found is None:
        if expected is not found:
            yield f"header {name}: expected {expected}, found {found}"
    elif not (expected == INT and found.isdigit()):
        yield from differences(str(expected), found, f"header {name}")


def _json_differences(expected: Any, response: Response, *, open_ended: bool) -> Iterator[str]:
    try:
        found = response.json
    except MalformedBody as error:
        yield f"is no JSON: {error}"
    else:
        yield from differences(expected, found, open_ended=open_ended)


def _is_json(response: Response) -> bool:
    try:
        _ = response.json
    except MalformedBody:
        return False
    return True


def _remembered_differences(
    candidates: list[Response], response: Response, left_out: Iterable[str]
) -> list[str]:
    """Return the differences from all of the remembered responses; `left_out` are pointers to ignore."""
    found = [list(_apart_from(_without(one, left_out), _without(response, left_out))) for one in candidates]
    return [] if [] in found else found[0]


def _without(response: Response, pointers: Iterable[str]) -> Response:
    """Return the response without the values at the pointers of its body."""
    if not pointers:
        return response
    document = response.json
    for pointer in pointers:
        parent, _, last = pointer.rpartition("/")
        with suppress(LookupError, TypeError, ValueError):
            del value_at(document, parent)[last]
    return replace(response, body=json.encode(document))


def _apart_from(first: Response, response: Response) -> Iterator[str]:
    for what in ("status", "media_type", "body"):
        before, now = getattr(first, what), getattr(response, what)
        if before != now:
            yield f"expected the same {what} as before: {before!r}, found {now!r}"


def _received(response: Response | LostResponse) -> str:
    if isinstance(response, LostResponse):
        return f"lost: {response.kind}, status {response.status}: {response.detail}"
    return f"answered {response.status} {response.body[:MAX_SHOWN_BYTES]!r}"


def _collection(tables: Node, vendor: str, tenant: str | None, name: str) -> Mapping[str, Any]:
    """Return the documents of a collection: of one tenant, or of all tenants of the vendor."""
    every = [key for key in tables if key.startswith(f"{vendor}/")]
    wanted = every if tenant is None else [f"{vendor}/{tenant}"]
    merged: dict[str, Any] = {}
    for key in wanted:
        merged |= tables.get(key, {}).get(name, {})
    return merged
