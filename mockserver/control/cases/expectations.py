"""Compare expectations of a case with responses and with the state of the case's sandbox."""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from msgspec.structs import replace

from mockserver.codec import json
from mockserver.codec.http import JSON_TYPE
from mockserver.control.cases.language import Node
from mockserver.control.http_client import HttpClient, HttpRequest, HttpResponse, LostResponse
from mockserver.errors import MalformedBody, MockServerError
from mockserver.journal.replay import BY_MOCK, SANDBOX_HEADER
from mockserver.model import Json, Value, parse_pointer

USER_AGENT = "mockserver-cases"
SEED = 7
START_INSTANT = "2026-01-05T09:00:00Z"
"""Frozen time of a sandbox at the start of a case."""

_UUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NAME = re.compile(r"\$\{(\w+)\}")
ANY, UUID, INT, TEXT, ABSENT = "${any}", "${uuid}", "${int}", "${text}", "${absent}"
SET = "$set"
MAX_VALUE_SIZE = 32 * 1024 * 1024
"""Maximum size of one value: its characters plus its elements."""

_KINDS = frozenset({"any", "uuid", "int", "text", "absent"})
MAX_SHOWN_BYTES = 3000
"""Maximum number of bytes of a body that a message shows."""


class UnmetExpectationError(MockServerError):
    def __init__(self, differences: Sequence[str]) -> None:
        super().__init__("\n  ".join(differences))
        self.differences = tuple(differences)


class SandboxClient(Value, frozen=True):
    """Client for one sandbox of a server.

    Separate HTTP clients call vendors and control plane, so that a fault on a vendor's connection cannot hit
    a control call.
    """

    sandbox: str
    vendors: HttpClient
    control: HttpClient

    @property
    def headers(self) -> Mapping[str, str]:
        return {"user-agent": USER_AGENT, SANDBOX_HEADER: self.sandbox, **BY_MOCK}

    def mount(self, vendor: str) -> str:
        """Return the prefix of the vendor's paths; "" if `vendor` is "", so that paths begin at the root."""
        return f"/{vendor}" if vendor else ""

    async def create(self, seed: int, *, empty: bool) -> None:
        beginning = {"name": self.sandbox, "seed": seed, "freeze": START_INSTANT, "empty": empty}
        await self._call_control("POST", "/_mock/sandboxes", beginning)

    async def tables(self) -> Json:
        return (await self.call_control("GET", "/dump")).json

    async def freeze(self, at: str) -> None:
        await self.call_control("POST", "/clock/freeze", {"at": at})

    async def arm(self, scenario: str | Mapping[str, Any]) -> None:
        document = await self._packaged(scenario) if isinstance(scenario, str) else scenario
        await self.call_control("PUT", f"/scenarios/{document['name']}", document)

    async def snapshot(self) -> str:
        return str((await self.call_control("POST", "/snapshots", {})).json["id"])

    async def restore(self, snapshot: str) -> None:
        await self.call_control("POST", f"/snapshots/{snapshot}/restore")

    async def last_number(self) -> int:
        short = (await self.call_control("GET", "/journal?last=1")).json
        return int(short[-1]["number"]) if short else 0

    async def _packaged(self, name: str) -> Json:
        for one in (await self._call_control("GET", "/_mock/scenarios")).json:
            if one["name"] == name:
                return one["document"]
        raise UnmetExpectationError([f"no ready scenario is called {name}"])

    async def call_control(self, method: str, below: str, body: Json = None) -> HttpResponse:
        """Call the control plane at the path `below` the sandbox.

        Raises UnmetExpectationError if the call is refused or lost.
        """
        return await self._call_control(method, f"/_mock/sandboxes/{self.sandbox}{below}", body)

    async def _call_control(self, method: str, target: str, body: Json = None) -> HttpResponse:
        content = b"" if body is None else json.encode(body)
        headers = (("user-agent", USER_AGENT), *((("content-type", JSON_TYPE),) if content else ()))
        response = await self.control.send(HttpRequest(method, target, headers, content))
        if not isinstance(response, HttpResponse):
            raise UnmetExpectationError([f"{method} {target}: lost, {response.detail}"])
        if not 200 <= response.status < 300:  # noqa: PLR2004 - any success
            raise UnmetExpectationError([f"{method} {target}: {response.status} {response.text}"])
        return response


class TooLargeValueError(MockServerError):
    """Error of a value that is larger than `MAX_VALUE_SIZE`."""

    def __init__(self) -> None:
        super().__init__(f"a value is larger than {MAX_VALUE_SIZE:,} characters and elements")


def fill_placeholders(node: Any, placeholders: Mapping[str, Any]) -> Any:
    """Return the node with placeholders replaced and values generated.

    Raises KeyError if a placeholder is not defined; TooLargeValueError if a value exceeds `MAX_VALUE_SIZE`.
    """
    filled = _fill(node, placeholders)
    _check_size(filled)
    return filled


def _fill(node: Any, placeholders: Mapping[str, Any]) -> Any:
    if isinstance(node, dict):
        for name, generate in _GENERATORS.items():
            if name in node:
                return generate(node, placeholders)
        return {_fill(name, placeholders): _fill(child, placeholders) for name, child in node.items()}
    if isinstance(node, list):
        return [_fill(child, placeholders) for child in node]
    return _fill_text(node, placeholders) if isinstance(node, str) else node


def _check_size(value: Any) -> None:
    """Raise TooLargeValueError if the value is too large; an object that occurs twice counts twice."""
    if _size(value, {}) > MAX_VALUE_SIZE:
        raise TooLargeValueError


def _size(node: Any, known: dict[int, int]) -> int:
    """Return the number of characters plus elements of a value; `known` caches sizes of objects by `id()`."""
    if isinstance(node, str):
        return len(node)
    if not isinstance(node, list | dict):
        return 1
    if id(node) not in known:
        parts = [*node, *node.values()] if isinstance(node, dict) else node
        known[id(node)] = len(node) + sum(_size(part, known) for part in parts)
    return known[id(node)]


def _check_count(count: int, size: int = 1) -> None:
    if count * max(size, 1) > MAX_VALUE_SIZE:
        raise TooLargeValueError


def differences(expected: Any, found: Any, where: str = "", *, open_ended: bool = False) -> Iterator[str]:
    """Yield the differences; with `open_ended`, found objects may have further members at any depth."""
    if isinstance(expected, str) and expected in (ANY, UUID, INT, TEXT, ABSENT):
        if not _is_of_kind(expected, found):
            yield f"{where or '/'}: expected {expected}, found {found!r}"
    elif isinstance(expected, dict) and expected.keys() == {SET}:
        yield from _set_differences(expected[SET], found, where, open_ended=open_ended)
    elif isinstance(expected, dict) and isinstance(found, dict):
        yield from _object_differences(expected, found, where, open_ended=open_ended)
    elif isinstance(expected, list) and isinstance(found, list):
        if len(expected) != len(found):
            yield f"{where or '/'}: expected {len(expected)} elements, found {len(found)}: {found!r}"
        for index, (one, other) in enumerate(zip(expected, found, strict=False)):
            yield from differences(one, other, f"{where}/{index}", open_ended=open_ended)
    elif isinstance(expected, bool) is not isinstance(found, bool) or expected != found:
        yield f"{where or '/'}: expected {expected!r}, found {found!r}"


def _object_differences(expected: Any, found: Any, where: str, *, open_ended: bool) -> Iterator[str]:
    for name, value in expected.items():
        if value == ABSENT:
            if name in found:
                yield f"{where}/{name}: was not expected, found {found[name]!r}"
        elif name not in found:
            yield f"{where}/{name}: is missing"
        else:
            yield from differences(value, found[name], f"{where}/{name}", open_ended=open_ended)
    if not open_ended:
        for name in found.keys() - expected.keys():
            yield f"{where}/{name}: was not expected, found {found[name]!r}"


def _set_differences(expected: list[Any], found: Any, where: str, *, open_ended: bool) -> Iterator[str]:
    if not isinstance(found, list):
        yield f"{where or '/'}: expected a list, found {found!r}"
        return
    left = list(enumerate(found))
    for one in expected:
        match = next(
            (pair for pair in left if not any(differences(one, pair[1], where, open_ended=open_ended))), None
        )
        if match is None:
            yield f"{where or '/'}: expected {one!r} among {found!r}"
        else:
            left.remove(match)
    yield from (f"{where}/{index}: was not expected, found {other!r}" for index, other in left)


def _repeat_text(node: Mapping[str, Any], placeholders: Mapping[str, Any]) -> str:
    text = str(_fill(node["$text"], placeholders))
    times = int(node["$times"])
    _check_count(times, len(text))
    return text * times


def _repeat_list(node: Mapping[str, Any], placeholders: Mapping[str, Any]) -> list[Any]:
    templates = node["$list"] if isinstance(node["$list"], list) else [node["$list"]]
    _check_count(node["$count"])
    return [
        _fill(templates[index % len(templates)], {**placeholders, "n": index + 1})
        for index in range(node["$count"])
    ]


def _json_text(node: Mapping[str, Any], placeholders: Mapping[str, Any]) -> str:
    text = json.encode(fill_placeholders(node["$json"], placeholders))
    length = _fill(node.get("$bytes", 0), placeholders)
    _check_count(length)
    return text.ljust(length).decode()


def _signature(node: Mapping[str, Any], placeholders: Mapping[str, Any]) -> str:
    """Return the HMAC-SHA256 of a text, in hexadecimal digits."""
    secret, text = (str(_fill(node[name], placeholders)).encode() for name in ("$secret", "$hmac"))
    return hmac.new(secret, text, "sha256").hexdigest()


_GENERATORS: Mapping[str, Callable[[Mapping[str, Any], Mapping[str, Any]], Any]] = {
    "$text": _repeat_text,
    "$list": _repeat_list,
    "$json": _json_text,
    "$hmac": _signature,
}


def _fill_text(text: str, placeholders: Mapping[str, Any]) -> Any:
    whole = _NAME.fullmatch(text)
    if whole and whole[1] not in _KINDS:
        return placeholders[whole[1]]
    parts = []
    size = end = 0
    for name in _NAME.finditer(text):
        value = name[0] if name[1] in _KINDS else str(placeholders[name[1]])
        parts += [text[end : name.start()], value]
        size, end = size + len(value), name.end()
        _check_count(size)
    return "".join([*parts, text[end:]])


def _is_of_kind(kind: str, found: Any) -> bool:
    if kind == UUID:
        return isinstance(found, str) and _UUID.fullmatch(found) is not None
    if kind == INT:
        return isinstance(found, int) and not isinstance(found, bool)
    return kind == ANY or (kind == TEXT and isinstance(found, str) and bool(found))


def response_differences(
    expected: Node, response: HttpResponse | LostResponse, remembered: Mapping[str, HttpResponse]
) -> list[str]:
    """Return the differences from the `expected` response and, if there are any, the received response."""
    if isinstance(response, LostResponse):
        return [f"expected status {expected.get('status')}", _received(response)]
    found = list(_response_differences(expected, response, remembered))
    return [*found, _received(response)] if found else []


def loss_differences(expected: str | Node, response: HttpResponse | LostResponse) -> list[str]:
    """Return differences from `expected`: a kind of loss, or `{kind, status}`, with null for no status."""
    wanted: Node = expected if isinstance(expected, Mapping) else {"kind": expected}
    if isinstance(response, HttpResponse):
        return [f"expected to lose the answer: {wanted['kind']}", _received(response)]
    found = [] if response.kind == wanted["kind"] else [f"expected {wanted['kind']}"]
    if "status" in wanted and response.status != wanted["status"]:
        found.append(f"expected to have seen status {wanted['status']}")
    return [*found, _received(response)] if found else []


def document_differences(
    expected: Mapping[str, Mapping[str, Any]], tables: Node, vendor: str, tenant: str | None
) -> Iterator[str]:
    """Yield the differences from the expected documents; ignore further documents and further members."""
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
    expected: Iterable[Node],
    response: list[HttpResponse | LostResponse],
    remembered: Mapping[str, HttpResponse],
) -> list[str]:
    """Return the differences from `expected`: responses in any order, each `times` times (default 1)."""
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


def value_in_response(response: HttpResponse, place: str) -> Any:
    """Return the value at `place`: a JSON Pointer, or `header <name>`. Raises UnmetExpectationError."""
    try:
        if place.startswith("header "):
            return response.headers[place.removeprefix("header ").lower()]
        return value_at(response.json, place)
    except (LookupError, TypeError, ValueError, MalformedBody):
        raise UnmetExpectationError([f"nothing at {place}", _received(response)]) from None


def value_at(document: Any, pointer: str) -> Any:
    """Return the value at a JSON Pointer. Raises LookupError, TypeError, ValueError."""
    for step in parse_pointer(pointer):
        document = document[int(step)] if isinstance(document, list) else document[step]
    return document


def _response_differences(
    expected: Node, response: HttpResponse, remembered: Mapping[str, HttpResponse]
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


def _json_differences(expected: Any, response: HttpResponse, *, open_ended: bool) -> Iterator[str]:
    try:
        found = response.json
    except MalformedBody as error:
        yield f"is not JSON: {error}"
    else:
        yield from differences(expected, found, open_ended=open_ended)


def _is_json(response: HttpResponse) -> bool:
    try:
        _ = response.json
    except MalformedBody:
        return False
    return True


def _remembered_differences(
    candidates: list[HttpResponse], response: HttpResponse, left_out: Iterable[str]
) -> list[str]:
    """Return the differences from the first candidate, or [] if the response equals one of the candidates.

    Members at the pointers `left_out` are ignored.
    """
    found = [
        list(_apart_from(_without(candidate, left_out), _without(response, left_out)))
        for candidate in candidates
    ]
    return [] if [] in found else found[0]


def _without(response: HttpResponse, pointers: Iterable[str]) -> HttpResponse:
    if not pointers:
        return response
    document = response.json
    for pointer in pointers:
        parent, _, last = pointer.rpartition("/")
        with suppress(LookupError, TypeError, ValueError):
            del value_at(document, parent)[last]
    return replace(response, body=json.encode(document))


def _apart_from(first: HttpResponse, response: HttpResponse) -> Iterator[str]:
    for what in ("status", "media_type", "body"):
        before, now = getattr(first, what), getattr(response, what)
        if before != now:
            yield f"expected the same {what} as before: {before!r}, found {now!r}"


def _received(response: HttpResponse | LostResponse) -> str:
    if isinstance(response, LostResponse):
        return f"lost: {response.kind}, status {response.status}: {response.detail}"
    return f"answered {response.status} {response.body[:MAX_SHOWN_BYTES]!r}"


def _collection(tables: Node, vendor: str, tenant: str | None, name: str) -> Mapping[str, Any]:
    every = [key for key in tables if key.startswith(f"{vendor}/")]
    wanted = every if tenant is None else [f"{vendor}/{tenant}"]
    merged: dict[str, Any] = {}
    for key in wanted:
        merged |= tables.get(key, {}).get(name, {})
    return merged
