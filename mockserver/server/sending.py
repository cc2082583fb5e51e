"""Send the deliveries that sandboxes owe (callbacks and webhooks), from one thread with an event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from threading import Lock, Thread
from time import perf_counter
from weakref import WeakMethod, finalize

from msgspec import Struct, field

from mockserver.errors import StoreUnavailableError, UnknownSandboxError
from mockserver.outgoing import AddressError, Door, HostNotAllowedError, LostAnswerError, OutgoingCall
from mockserver.sandbox.clock import Clock
from mockserver.sandbox.deliveries import DeliveryAttempt, OwedDelivery, claim_next, has_waiting, settle
from mockserver.sandbox.store import Store

_PAUSE_S = 0.2
"""Seconds after which a sandbox with waiting deliveries is searched again, because its clock moves on."""

_LONGEST_ANSWER_S = 700
"""Seconds after which a call counts as answered, because no rule delays an answer longer."""

_LONGEST_EARLY_S = 10
"""Seconds for which the answer to a call waits for receivers of early deliveries."""

_MAX_ANSWER_BYTES = 1024 * 1024


class DeliverySender(Struct, eq=False, weakref=True):
    """Sender of the deliveries of all sandboxes in `store`. Its thread ends with it.

    A worker claims a delivery before it sends it. While a delivery is claimed, its address gets no other.
    """

    store: Store
    door: Door
    clock: Clock
    """The machine's clock, for claims."""
    _unanswered: dict[tuple[str, str], float] = field(default_factory=dict)
    """Sandbox and cause of the calls whose answers are not sent yet; time after which that counts no more."""
    _waiting: set[str] = field(default_factory=set)
    """Sandboxes that are searched again after a pause."""
    _loop: asyncio.AbstractEventLoop | None = None
    _starting: Lock = field(default_factory=Lock)

    def start(self) -> None:
        """Send what was left by an earlier run of this server."""
        with suppress(StoreUnavailableError):
            for name in self.store.names():
                if self.store.control(name, has_waiting):
                    self.send_due(name)

    def hold(self, sandbox: str, cause: str) -> None:
        """Send no deliveries of a call before `answered`, except those that `send_early` sends."""
        self._unanswered[sandbox, cause] = perf_counter() + _LONGEST_ANSWER_S
        self.send_due(sandbox)

    async def send_early(self, sandbox: str, cause: str) -> None:
        """Send the early deliveries of a call; return at the latest after `_LONGEST_EARLY_S`."""
        await asyncio.wait([asyncio.wrap_future(self.send_due(sandbox, cause))], timeout=_LONGEST_EARLY_S)

    def answered(self, sandbox: str, cause: str) -> None:
        self._unanswered.pop((sandbox, cause), None)
        self.send_due(sandbox)

    def send_due(self, sandbox: str, answering: str = "") -> Future[None]:
        """Begin to send what a sandbox owes, each delivery when it is due."""
        with self._starting:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                Thread(None, _run_until_stopped, "deliveries", (self._loop,), daemon=True).start()
                finalize(self, self._loop.call_soon_threadsafe, self._loop.stop)
        return asyncio.run_coroutine_threadsafe(self._send_all(sandbox, answering), self._loop)

    async def _send_all(self, sandbox: str, answering: str) -> None:
        try:
            while one := self._claim(sandbox, answering):
                self._search_later(sandbox)  # an address that does not answer holds up no other address
                await self._send(sandbox, one)
            is_waiting = self.store.control(sandbox, has_waiting)
        except (StoreUnavailableError, UnknownSandboxError) as error:
            is_waiting = isinstance(error, StoreUnavailableError)
        if is_waiting:
            self._search_later(sandbox)

    def _search_later(self, sandbox: str) -> None:
        if sandbox not in self._waiting:
            self._waiting.add(sandbox)
            again = partial(_call_if_alive, WeakMethod(self._search_again), sandbox)
            asyncio.get_running_loop().call_later(_PAUSE_S, again)

    def _search_again(self, sandbox: str) -> None:
        self._waiting.discard(sandbox)
        self.send_due(sandbox)

    def _claim(self, sandbox: str, answering: str) -> OwedDelivery | None:
        waiting, now = self._unanswered.copy().items(), perf_counter()
        unanswered = [cause for (where, cause), until in waiting if where == sandbox and now < until]
        claim = partial(claim_next, machine=self.clock(), unanswered=unanswered, answering=answering)
        return self.store.control(sandbox, claim)

    async def _send(self, sandbox: str, one: OwedDelivery) -> None:
        started, status, lost, is_refused = perf_counter(), None, None, False
        headers = tuple(
            [(name.encode(), text.encode("utf-8", "replace")) for name, text in one.headers.items()]
        )
        try:
            to, target = self.door.locate(one.url)
            call = OutgoingCall(one.method, to, target, headers, one.body.encode(), one.timeout)
            async with asyncio.timeout(one.timeout), self.door.call(call) as answer:
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


def _run_until_stopped(loop: asyncio.AbstractEventLoop) -> None:
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.get_loop().run_forever()


def _call_if_alive(method: WeakMethod[Callable[[str], None]], sandbox: str) -> None:
    if found := method():
        found(sandbox)
