"""Safety of a target: hosts that may be called, the rate of calls, and whether the server is a mockserver."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from time import perf_counter, sleep
from urllib.parse import urlsplit

import httpx

from mockserver.codec.urls import host_key, is_loopback
from mockserver.contract.exchange import Exchange, Request, Response, UnansweredCallError
from mockserver.model import Value

_RATE = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)/(s|m|h)?")
_SECONDS = {"s": 1, "m": 60, "h": 3600}
_ODD = re.compile(r"[^\x21-\x7e]|[\\{}<>\"^`|]")
DEFAULT_PORTS = {"http": 80, "https": 443}
JOURNAL = "mock-journal"
_OWN_PREFIX = "mock-"
HEALTH_PATH = "/_mock/health"
_HEALTH = frozenset({"status", "version", "auth", "vendors", "uptimeSeconds"})
_OK = 200
_SANDBOXES = "sandboxes"
"""Segment of a path before the name of a sandbox."""


class UnsafeTargetError(Exception):
    """The suite does not call an address; the text says why, and `cure` says what to do."""

    def __init__(self, message: str, cure: str) -> None:
        super().__init__(message)
        self.cure = cure


class Rate(Value, frozen=True):
    per_second: float

    def __str__(self) -> str:
        return f"{self.per_second:g}/s"


REMOTE_RATE = Rate(20)
"""Default rate for every host except this machine."""


def parse_rate(text: str) -> Rate:
    """Read `20/s`, `100/m` or `5000/h`. Raises ValueError."""
    match = _RATE.fullmatch(text)
    if not match or float(match[1]) == 0:
        raise ValueError(f"{text} is not a rate; write 20/s, 100/m or 5000/h")
    return Rate(float(match[1]) / _SECONDS[match[2] or "s"])


def pause(allowed: Rate) -> Callable[[], None]:
    """Return a function to call before every request, which waits as long as the rate requires."""
    turn = [0.0]

    def wait() -> None:
        now = perf_counter()
        mine = max(now, turn[0])
        turn[0] = mine + 1 / allowed.per_second
        sleep(mine - now)

    return wait


def check_target(url: str, allowed: Collection[str]) -> str:
    """Return the address without a trailing slash and without the port that its scheme implies.

    Raises UnsafeTargetError: the address is not HTTP, has credentials, a query or a fragment, or its host is
    neither this machine nor in `allowed`.
    """
    try:
        netloc = urlsplit(url).netloc
        url = url.replace(netloc, netloc.removesuffix(f":{DEFAULT_PORTS.get(urlsplit(url).scheme)}"), 1)
        split, parsed = urlsplit(url), httpx.URL(url)
        same = (split.hostname or "") == parsed.host and split.port == parsed.port
    except (ValueError, httpx.InvalidURL):
        same = False
    write = "--target http://127.0.0.1:8080/…, where the paths of the spec begin"
    if not same or _ODD.search(url) or split.scheme not in ("http", "https") or not split.hostname:
        raise UnsafeTargetError("the target is not an http or https address", write)
    if "@" in split.netloc:
        raise UnsafeTargetError(
            "the target contains a user or a password", "name them by MOCKSERVER_CREDENTIAL_…"
        )
    if split.query or split.fragment or url.endswith(("?", "#")):
        raise UnsafeTargetError("the target has a query or a fragment", write)
    host = split.hostname.lower()
    if not is_loopback(host) and (host_key(host) or host) not in map(host_key, allowed):
        raise UnsafeTargetError(
            f"{host} is not this machine, and the suite creates, changes and deletes what is there",
            f"--allow-remote {host}     if everything at that address may be written to",
        )
    return url.rstrip("/")


def host_of(url: str) -> str:
    return urlsplit(url).hostname or ""


def _says_it_is_ours(send: Callable[[Request], Exchange]) -> bool:
    """Return whether the answer to `GET /` below the target has headers of a mockserver."""
    try:
        headers = send(Request("GET", "/")).response.headers
    except UnansweredCallError:
        return False
    return any(name.startswith(_OWN_PREFIX) for name in headers)


def vendors_of(answered: Response) -> frozenset[str] | None:
    """Return the vendors in the health answer of a mockserver, or None if `answered` is no health answer."""
    if answered.status != _OK:
        return None
    health = answered.document()
    if (
        not isinstance(health, dict)
        or not health.keys() >= _HEALTH
        or not isinstance(health["vendors"], list)
    ):
        return None
    return frozenset(map(str, health["vendors"]))


class Identity(Value, frozen=True):
    """What kind of server is at an address."""

    is_ours: bool
    """Whether the server is a mockserver."""
    base: str = ""
    """The path before `/_mock`, which a proxy may add; "" if `/_mock` is at the root."""
    vendors: frozenset[str] = frozenset()
    """Vendors of the mockserver."""


def identify(
    url: str, send: Callable[[Request], Exchange], at_host: Callable[[Request], Exchange]
) -> Identity:
    """Identify the server at an address by its health answer; without a health answer, by its headers.

    `send` calls paths below the address, `at_host` paths below the root of the host. The health is requested
    at the root first, then below each part of the path (`/_mock`, then `/team/_mock` for
    `http://host/team/vendor`). The shortest path comes first because a mockserver records calls below a
    vendor's path in its journal. Raises TargetUnreachableError.
    """
    parts = path_parts(url)
    found = None
    for length in range(len(parts) + 1):
        if _SANDBOXES in parts[:length]:
            break
        base = "".join(f"/{one}" for one in parts[:length])
        try:
            vendors = vendors_of(at_host(Request("GET", f"{base}{HEALTH_PATH}")).response)
        except UnansweredCallError:
            break
        if vendors is not None:
            found = Identity(is_ours=True, base=base, vendors=vendors)
            below = parts[length + 2 :] if parts[length : length + 1] == [_SANDBOXES] else parts[length:]
            if not below or below[0] in vendors:
                return found
    return found or Identity(is_ours=_says_it_is_ours(send))


def path_parts(url: str) -> list[str]:
    return [part for part in urlsplit(url).path.split("/") if part]


def check_vendor_in_path(name: str, url: str, identity: Identity) -> None:
    """Raise UnsafeTargetError if the address is that of a whole mockserver instead of its vendor `name`."""
    if name in identity.vendors and path_parts(url) == path_parts(identity.base):
        raise UnsafeTargetError(f"a mockserver is at {url}, and {name} is below it", f"--target {url}/{name}")
