"""Send the deliveries that sandboxes owe (callbacks and webhooks), from one thread with an event loop."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from threading import Lock, Thread
from time import perf_counter
from urllib.parse import urlsplit

from mockserver.errors import StoreUnavailableError, UnknownSandboxError
from mockserver.outgoing import AddressError, Door, HostNotAllowedError, LostAnswerError, OutgoingCall
from mockserver.sandbox.clock import Clock
from mockserver.sandbox.deliveries import DeliveryAttempt, OwedDelivery, claim_next, has_waiting, settle
from mockserver.sandbox.store import Store

_PAUSE_S = 0.2
"""Seconds after which sandboxes are searched again, because clocks and control calls make deliveries due."""

_LONGEST_ANSWER_S = 700
"""Seconds after which a call counts as answered, because no rule delays an answer longer."""

_MAX_ANSWER_BYTES = 1024 * 1024


@dataclass(slots=True, eq=False)
class DeliverySender:
    """Sender of the deliveries of all sandboxes in `store`.

    A worker claims a delivery before it sends it. While a delivery is claimed, its address gets no other.
    """

    store: Store
    door: Door
    clock: Clock
    """The machine's clock, for claims."""
    _sandboxes: set[str] = field(default_factory=set)
    _unanswered: dict[tuple[str, str], float] = field(default_factory=dict)
    """Sandbox and cause of the calls whose answers are not sent yet; time after which that counts no more."""
    _loop: asyncio.AbstractEventLoop | None = None
    _starting: Lock = field(default_factory=Lock)

    def start(self) -> None:
        """Send what was left by an earlier run of this server."""
        with suppress(StoreUnavailableError):
            names = [name for name in self.store.names() if self.store.control(name, has_waiting)]
            self._sandboxes.update(names)
            if names:
                self._running()

    def hold(self, sandbox: str, cause: str) -> None:
        """Send no deliveries of a call before `answered`, except those that `send_early` sends."""
        self._sandboxes.add(sandbox)
        self._unanswered[sandbox, cause] = perf_counter() + _LONGEST_ANSWER_S

    async def send_early(self, sandbox: str, cause: str) -> None:
        await asyncio.wrap_future(self._start_sending(sandbox, cause))

    def answered(self, sandbox: str, cause: str) -> None:
        self._unanswered.pop((sandbox, cause), None)
        self._start_sending(sandbox)

    def _start_sending(self, sandbox: str, answering: str = "") -> Future[None]:
        return asyncio.run_coroutine_threadsafe(self._send_due(sandbox, answering), self._running())

    def _running(self) -> asyncio.AbstractEventLoop:
        with self._starting:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                Thread(target=self._loop.run_until_complete, args=(self._watch(),), daemon=True).start()
            return self._loop

    async def _watch(self) -> None:
        while True:
            for sandbox in tuple(self._sandboxes):
                self._start_sending(sandbox)
            await asyncio.sleep(_PAUSE_S)

    async def _send_due(self, sandbox: str, answering: str) -> None:
        try:
            while one := self._claim(sandbox, answering):
                await self._send(sandbox, one)
        except UnknownSandboxError:
            self._sandboxes.discard(sandbox)
        except StoreUnavailableError:
            pass  # the deliveries are in the store and wait

    def _claim(self, sandbox: str, answering: str) -> OwedDelivery | None:
        waiting, now = self._unanswered.copy().items(), perf_counter()
        unanswered = [cause for (where, cause), until in waiting if where == sandbox and now < until]
        claim = partial(claim_next, machine=self.clock(), unanswered=unanswered, answering=answering)
        return self.store.control(sandbox, claim)

    async def _send(self, sandbox: str, one: OwedDelivery) -> None:
        started, status, lost, is_refused = perf_counter(), None, None, False
        try:
            async with asyncio.timeout(one.timeout), self.door.call(_outgoing(one)) as answer:
                await answer.read(_MAX_ANSWER_BYTES)
                status = answer.status
        except (AddressError, HostNotAllowedError) as error:
            lost, is_refused = f"{error}; {error.cure}", True
        except TimeoutError:
            lost = f"timeout: not in {one.timeout} s"
        except LostAnswerError as error:
            lost = str(error)
        attempt = DeliveryAttempt(status, lost, round((perf_counter() - started) * 1000))
        self.store.control(sandbox, partial(settle, one=one, attempt=attempt, is_refused=is_refused))


def _outgoing(one: OwedDelivery) -> OutgoingCall:
    """Return the call of a delivery. Raises AddressError."""
    try:
        address = urlsplit(one.url)
    except ValueError as error:
        raise AddressError(f"not an address: {error}") from None
    target = (address.path or "/") + (f"?{address.query}" if address.query else "")
    headers = tuple([(name.encode(), text.encode("utf-8", "replace")) for name, text in one.headers.items()])
    to = f"{address.scheme}://{address.netloc}"
    return OutgoingCall(one.method, to, target, headers, one.body.encode(), one.timeout)
