"""Hostile calls by a seed: bodies, HTTP, the control plane, and the languages that users write in."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random  # noqa: TID251 - the trial's chance, not a sandbox's
from typing import Any, NamedTuple
from urllib.parse import quote

from tests.tools.harden.hostile_values import (
    HEADERS,
    PATTERNS,
    TEXTS,
    bend_document,
    encode,
    heavy_rules,
    some_body,
)

SANDBOXES = tuple(f"hostile-{number}" for number in range(12))
FORMATS = ("har", "curl", "pytest", "case", "postman", "command", "nope")
_METHODS = ("GET", "PUT", "POST", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "BREW", "get")
_BAD_TARGETS = (
    *(f"http://127.0.0.1:{port}/" for port in (-1, 0, 65536, "x", "")),
"http:///", "http://[::1", "ftp://127.0.0.1/", "http://a:b@127.0.0.1/", "http://127.0.0.1\n/",
    "x" * 5000, "http://" + "é" * 300, "",
)  # fmt: skip


_JSON = {"Content-Type": "application/json"}
_QUERIES = (
    "where",
    "order",
    "page",
    "pageSize",
    "filter",
    "sort",
    "IDs",
    "searchTerm",
    "summarizeErrors",
    "code",
)


class HostileCall(NamedTuple):
    """One request as it goes over the wire, and words for a report; `broken`: its end may never come."""

    label: str
    request: bytes
    broken: bool = False


@dataclass(frozen=True, slots=True)
class Good:
    """A call that the server takes: a vendor's example batch, or an operation of the control plane."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Targets:
    """Calls to begin with: batches, other operations (their paths have `{names}`), and scenarios."""

    batches: Sequence[Good]
    operations: Sequence[Good]
    control: Sequence[Good]
    scenarios: Sequence[Mapping[str, Any]]
    dump: Mapping[str, Any]


def hostile_calls(targets: Targets, seed: int) -> Iterator[HostileCall]:
    """Calls without an end, a quarter of each kind in turn."""
    chance = Random(seed)  # noqa: S311 - repeatable
    kinds: Sequence[Callable[[Targets, Random], Iterator[HostileCall]]] = (
        _bodies,
        _http,
        _control,
        _languages,
    )
    while True:
        for kind in kinds:
            yield from kind(targets, chance)


def write_request(good: Good, *, extra: Sequence[tuple[str, str]] = (), target: str = "") -> bytes:
    """The bytes of a call on a connection of its own; headers of `extra` replace those of the same name."""
    named = {name.lower() for name, _ in extra}
    headers = [("Host", "localhost"), *good.headers.items(), ("Content-Length", str(len(good.body)))]
    lines = [f"{name}: {text}" for name, text in headers if name.lower() not in named]
    lines += [f"{name}: {text}" for name, text in extra]
    head = "\r\n".join((f"{good.method} {target or good.path} HTTP/1.1", *lines, "Connection: close", "", ""))
    return head.encode("utf-8", "replace") + good.body


def _bodies(targets: Targets, chance: Random) -> Iterator[HostileCall]:
    good = _within(chance.choice(targets.batches), chance)
    if chance.random() < 0.6:
        body = encode(bend_document(json.loads(good.body), chance))
    else:
        body = some_body(chance)
    extra = [chance.choice(HEADERS)] if chance.random() < 0.3 else []
    yield HostileCall(
        f"body to {good.path}", write_request(replace(good, body=body), extra=[*extra, ("Host", "localhost")])
    )


def _http(targets: Targets, chance: Random) -> Iterator[HostileCall]:
    good = _within(chance.choice((*targets.batches, *targets.operations)), chance)
    path = _fill(good.path, chance)
    names = chance.sample(_QUERIES, chance.randint(0, 2))
    query = "&".join(f"{name}={chance.choice(TEXTS)}" for name in names)
    request = write_request(
        good, extra=chance.sample(HEADERS, chance.randint(0, 3)), target=f"{path}?{query}"
    )
    form = chance.randrange(8)
    match form:
        case 0:
            request = request.replace(good.method.encode(), chance.choice(_METHODS).encode(), 1)
        case 1:
            request = request[: chance.randrange(len(request))]
        case 2:
            request = request.replace(b"\r\n", b"\r\n" + b"X-Flood: %s\r\n" % (b"x" * 900) * 90, 1)
        case 3:
            place = chance.randrange(len(request))
            request = request[:place] + bytes([chance.randrange(256)]) + request[place + 1 :]
        case 4:
            request = request.replace(
                b"Connection: close", b"Transfer-Encoding: chunked\r\nConnection: close"
            )
        case _:
            pass
    yield HostileCall(f"HTTP {good.method} {good.path}", request, broken=form in (1, 3, 4))


def _control(targets: Targets, chance: Random) -> Iterator[HostileCall]:
    sandbox, good = chance.choice(SANDBOXES), chance.choice(targets.control)
    match chance.randrange(6):
        case 0:
            body = encode({"to": chance.choice(_BAD_TARGETS)})
            good = Good("POST", f"/_mock/sandboxes/{sandbox}/journal/1/replay", _JSON, body)
        case 1:
            query = f"format={chance.choice(FORMATS)}&last={chance.choice((1, 20, 100))}"
            good = Good("GET", f"/_mock/sandboxes/{sandbox}/journal/export?{query}", {})
        case 2:
            good = Good(
                "PATCH",
                f"/_mock/sandboxes/{sandbox}/state",
                _JSON,
                encode(bend_document(targets.dump, chance)),
            )
        case 3 if good.body:
            good = replace(good, body=some_body(chance))
        case _ if good.body:
            good = replace(good, body=encode(bend_document(json.loads(good.body), chance)))
        case _:
            pass
    path = _fill(good.path.replace("{name}", sandbox), chance)
    extra = [chance.choice(HEADERS)] if chance.random() < 0.4 else []
    yield HostileCall(f"control {good.method} {good.path}", write_request(good, extra=extra, target=path))


def _languages(targets: Targets, chance: Random) -> Iterator[HostileCall]:
    sandbox = chance.choice(SANDBOXES)
    base = f"/_mock/sandboxes/{sandbox}/scenarios/hostile"
    pattern = chance.choice(PATTERNS)
    document = (
        {"version": 1, "name": "hostile", "rules": chance.choice(heavy_rules(pattern))}
        if chance.random() < 0.5
        else bend_document(chance.choice(targets.scenarios), chance)
    )
    yield HostileCall("scenario", write_request(Good("PUT", base, _JSON, encode(document))))
    good = _within(chance.choice(targets.batches), chance, sandbox)
    yield HostileCall(f"scenario at {good.path}", write_request(good))
    yield HostileCall("scenario away", write_request(Good("DELETE", base, {})))
    text = quote(chance.choice((pattern, *TEXTS)))
    query = f"{chance.choice(('text', 'item', 'since', 'status', 'operation'))}={text}"
    listed = Good("GET", f"/_mock/sandboxes/{sandbox}/journal?{query}", {})
    yield HostileCall("journal filter", write_request(listed))


def _within(good: Good, chance: Random, sandbox: str = "") -> Good:
    """The call in one of the sandboxes."""
    return replace(good, headers={**good.headers, "Mock-Sandbox": sandbox or chance.choice(SANDBOXES)})


def _fill(path: str, chance: Random) -> str:
    """The path with a hostile text, or a number, for each of its names."""
    return re.sub(r"\{[^}]*\}", lambda _: chance.choice((*TEXTS, "1", "2", "hostile-1")) or "x", path)
