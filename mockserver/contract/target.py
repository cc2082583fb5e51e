"""Target of calls: an application in this process, or an address.

Both are called through one client, so that a check sees no difference. A target stands where the vendor's
own paths begin (`http://127.0.0.1:8080/xero`, the vendor's own host).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import httpx

from mockserver.contract.asgi_calls import App, AppCaller
from mockserver.contract.call_limits import (
    CallLimits,
    TargetUnreachableError,
    UnansweredCallError,
    UnsendableCallError,
)
from mockserver.contract.exchange import Exchange, Request
from mockserver.contract.http_calls import HttpCaller
from mockserver.contract.outgoing import OutgoingRequest, outgoing_request
from mockserver.contract.safety import Identity, identify

__all__ = [
    "Address",
    "CallLimits",
    "Target",
    "TargetUnreachableError",
    "UnansweredCallError",
    "UnsendableCallError",
]


@dataclass(frozen=True, slots=True)
class Address:
    """Address of a target: `url` without a trailing slash; `app` answers in process if given.

    `headers` go with every call that does not have its own; `given`, what a user gave by `--header`, goes
    with every call and replaces its own. Names are in lower case.
    """

    url: str
    app: App | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    given: Mapping[str, str] = field(default_factory=dict, repr=False)
    verify_tls: bool = True
    limits: CallLimits = field(default_factory=CallLimits)


class Target:
    """An address that is called. Use it as a context; `pause` is awaited before every call (a rate limit)."""

    def __init__(
        self, address: Address, pause: Callable[[], Coroutine[Any, Any, None]] | None = None
    ) -> None:
        self.address = address
        self._pause = pause
        self._is_stopped = False
        self._slow_calls = 0
        self._identity: Identity | None = None
        self._runner = asyncio.Runner()
        self._caller = _caller(address)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._caller.close()
        self._runner.close()

    @property
    def is_paced(self) -> bool:
        """Whether calls keep a rate."""
        return self._pause is not None

    def reset(self) -> None:
        """Close connections and event loops; the next call opens others."""
        self._caller.close()
        self._runner.close()
        self._runner = asyncio.Runner()
        self._caller = _caller(self.address)

    def stop(self) -> None:
        """From now on every call ends as Ctrl-C does: who cleans up after that one makes none."""
        self._is_stopped = True

    def always_send(self, header: str, text: str) -> None:
        """From now on send a header, its name in lower case, with every call, as if a user had given it."""
        self.address = replace(self.address, given={**self.address.given, header: text})

    def send(self, request: Request, operation: str = "") -> Exchange:
        """Return what the request is answered.

        Raises:
            TargetUnreachableError: there is no server.
            UnansweredCallError: the call is not answered whole, in time and as HTTP has it.
            UnsendableCallError: an HTTP client does not send such a request.
        """
        return self._sent([request], operation)[0]

    def at_once(self, requests: Sequence[Request], operation: str = "") -> list[Exchange]:
        """Return what requests that are under way at the same time are answered, in their order.

        Raises:
            TargetUnreachableError, UnsendableCallError: as `send`.
        """
        return self._sent(requests, operation)

    def identity(self) -> Identity:
        """Return whose server this is; it is asked once.

        Raises:
            TargetUnreachableError: there is no server.
        """
        if self._identity is None:
            self._identity = identify(self.address.url, self.send, self._at_host)
        return self._identity

    def at_control_plane(self, request: Request) -> Exchange:
        """Return the response to a request whose path begins with `/_mock`, at a server of ours.

        Raises:
            TargetUnreachableError, UnsendableCallError: as `send`.
        """
        return self._at_host(replace(request, path=f"{self.identity().base}{request.path}"))

    def _at_host(self, request: Request) -> Exchange:
        parts = urlsplit(self.address.url)
        return self._sent([request], "", f"{parts.scheme}://{parts.netloc}")[0]

    def _sent(self, requests: Sequence[Request], operation: str, base: str = "") -> list[Exchange]:
        if self._is_stopped:
            raise KeyboardInterrupt
        full = [one.having(self.address.headers).overridden_by(self.address.given) for one in requests]
        try:
            made = [_outgoing(one, base or self.address.url) for one in full]
            for _ in made:
                self._wait()
            came = self._caller.responses(made)
        except (httpx.InvalidURL, UnicodeError) as error:
            raise UnsendableCallError(str(error)) from error
        except TargetUnreachableError as error:
            raise self._named(error, full[0]) from error
        self._slow_calls = 0
        return [Exchange(*pair, operation) for pair in zip(full, came, strict=True)]

    def _named(self, error: TargetUnreachableError, request: Request) -> TargetUnreachableError:
        """Return the error with the call; the last of many calls in a row that took too long ends the run."""
        where = request.path if self.address.app else f"{self.address.url}{request.path}"
        said = f"{request.method} {where}: {error}"
        if not isinstance(error, UnansweredCallError):
            return TargetUnreachableError(said)
        self._slow_calls = self._slow_calls + 1 if error.is_slow else 0
        if self._slow_calls >= self.address.limits.slow_calls:
            return TargetUnreachableError(f"{said}, like {self._slow_calls - 1} calls before it")
        return UnansweredCallError(said, error.check, is_slow=error.is_slow)

    def _wait(self) -> None:
        if self._pause:
            self._runner.run(self._pause())


def _caller(address: Address) -> AppCaller | HttpCaller:
    if address.app:
        return AppCaller(address.app, address.limits)
    return HttpCaller(address.url, verify_tls=address.verify_tls, limits=address.limits)


def _outgoing(full: Request, base: str) -> OutgoingRequest:
    """Return the request as it goes out, with what every client says of itself."""
    # Behind an address without a path "@host" would be another host.
    below = full.path if full.path.startswith(("/", "?")) or not full.path else f"/{full.path}"
    return outgoing_request(full.method, _url(base + below), full.headers, full.body)


@lru_cache(maxsize=256)
def _url(text: str) -> httpx.URL:
    """Return the address; most calls of an operation have the same one."""
    return httpx.URL(text)
