"""Send the deliveries that sandboxes owe (callbacks and webhooks), from one thread with an event loop."""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from threading import Lock, Thread
from time import perf_counter
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

from mockserver.errors import StoreUnavailableError, UnknownSandboxError
from mockserver.model import SAFE_METHODS
from mockserver.outgoing import AddressError, Door, HostNotAllowedError, LostAnswerError, OutgoingCall
from mockserver.sandbox.clock import Clock
from mockserver.sandbox.deliveries import (
    DeliveryAttempt,
    OwedDelivery,
    claim_early,
    claim_next,
    settle,
    waiting_lanes,
)
from mockserver.sandbox.store import Store

_OF_SANDBOX = re.compile("/_mock/sandboxes/([a-z0-9-]+)")
_MAX_ANSWER_BYTES = 1024 * 1024
_UNAVAILABLE = (StoreUnavailableError, UnknownSandboxError)


@dataclass(slots=True, eq=False)
class DeliverySender:
    """Sender of the deliveries of all sandboxes in `store`.

    Each address of a sandbox has a lane, which sends one delivery after the other. A worker claims a delivery
    before it sends it, so that no other worker does.
    """

    store: Store
    door: Door
    clock: Clock
    """The machine's clock, for claims."""
    _lanes: dict[tuple[str, str], _Lane] = field(default_factory=dict)
    _unanswered: set[tuple[str, str]] = field(default_factory=set)
    """Sandbox and cause of the calls whose answers are not sent yet."""
    _loop: asyncio.AbstractEventLoop | None = None
    _starting: Lock = field(default_factory=Lock)

    def wake(self, sandbox: str) -> None:
        """Look for due deliveries of the sandbox, because a call or a control call may have changed them."""
        self._running_loop().call_soon_threadsafe(self._wake, sandbox)

    def wake_all(self) -> None:
        """Look for deliveries that wait since an earlier run of this server."""
        with suppress(*_UNAVAILABLE):
            for name in self.store.names():
                if self.store.control(name, waiting_lanes):
                    self.wake(name)

    def hold(self, sandbox: str, cause: str) -> None:
        """Send no deliveries of a call before `answered`, except those that a rule sends early."""
        self._unanswered.add((sandbox, cause))

    async def send_early(self, sandbox: str, cause: str) -> None:
        """Send the deliveries that are sent before the call is answered, once each."""
        sending = asyncio.run_coroutine_threadsafe(self._send_early(sandbox, cause), self._running_loop())
        await asyncio.wrap_future(sending)

    def answered(self, sandbox: str, cause: str) -> None:
        self._unanswered.discard((sandbox, cause))
        self.wake(sandbox)

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        with self._starting:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                Thread(target=self._loop.run_forever, name="deliveries", daemon=True).start()
            return self._loop

    def _wake(self, sandbox: str) -> None:
        with suppress(*_UNAVAILABLE):
            for url in self.store.control(sandbox, waiting_lanes):
                lane = self._lanes.get((sandbox, url))
                if lane is None:
                    lane = self._lanes[sandbox, url] = _Lane()
                    lane.task = asyncio.ensure_future(self._run(sandbox, url, lane))
                lane.news.set()

    async def _run(self, sandbox: str, url: str, lane: _Lane) -> None:
        try:
            while lane.news.is_set():
                lane.news.clear()
                wait_s = await self._send_due(sandbox, url)
                if wait_s is not None:
                    with suppress(TimeoutError):
                        await asyncio.wait_for(lane.news.wait(), wait_s)
                    lane.news.set()
        except _UNAVAILABLE:
            pass  # the next call to the sandbox wakes this lane
        finally:
            del self._lanes[sandbox, url]

    async def _send_due(self, sandbox: str, url: str) -> float | None:
        """Send the deliveries of a lane that are due; return the seconds until the next may be due."""
        while True:
            unanswered = [cause for where, cause in self._unanswered.copy() if where == sandbox]
            claim = partial(claim_next, lane=url, machine=self.clock(), unanswered=unanswered)
            claimed = self.store.control(sandbox, claim)
            if claimed.delivery is None:
                return claimed.wait_s
            await self._send(sandbox, claimed.delivery)

    async def _send_early(self, sandbox: str, cause: str) -> None:
        with suppress(*_UNAVAILABLE):
            claim = partial(claim_early, cause=cause, machine=self.clock())
            for one in self.store.control(sandbox, claim):
                await self._send(sandbox, one)

    async def _send(self, sandbox: str, one: OwedDelivery) -> None:
        started, is_refused, lost = perf_counter(), False, ""
        status: int | None = None
        try:
            async with asyncio.timeout(one.timeout), self.door.call(_outgoing(one)) as answer:
                status = answer.status
                await answer.read(_MAX_ANSWER_BYTES)
        except (AddressError, HostNotAllowedError) as error:
            lost, is_refused = f"{error}; {error.cure}", True
        except TimeoutError:
            status, lost = None, f"timeout: not in {one.timeout} s"
        except LostAnswerError as error:
            status, lost = None, str(error)
        millis = round((perf_counter() - started) * 1000)
        attempt = DeliveryAttempt(status, lost, millis)
        self.store.control(sandbox, partial(settle, key=one.key, attempt=attempt, is_refused=is_refused))


@dataclass(frozen=True, slots=True)
class WakingControl:
    """Wrapper of the control plane that wakes the sender after each call that may change a sandbox."""

    app: ASGIApp
    sender: DeliverySender

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            self.sender.wake_all()
        await self.app(scope, receive, send)
        if scope["type"] != "http":
            return
        found = _OF_SANDBOX.match(scope["path"])
        if found and scope["method"] not in SAFE_METHODS:
            self.sender.wake(found[1])


@dataclass(slots=True, eq=False)
class _Lane:
    """The running task that sends the deliveries to one address."""

    news: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None


def _outgoing(one: OwedDelivery) -> OutgoingCall:
    """Return the call of a delivery. Raises AddressError."""
    try:
        address = urlsplit(one.url)
    except ValueError as error:
        raise AddressError(f"not an address: {error}") from None
    target = (address.path or "/") + (f"?{address.query}" if address.query else "")
    headers = tuple(
        [(name.encode("latin-1", "replace"), text.encode()) for name, text in one.headers.items()]
    )
    to = f"{address.scheme}://{address.netloc}"
    return OutgoingCall(one.method, to, target, headers, one.body.encode(), one.timeout)
