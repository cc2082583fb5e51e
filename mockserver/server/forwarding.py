"""Forwarding: a call is passed on to a real server, and its answer is recorded and passed back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from difflib import get_close_matches
from functools import partial

from msgspec.structs import replace
from starlette.types import Scope, Send

from mockserver.codec.http import problem_reply
from mockserver.engine.admission import Arrival
from mockserver.engine.passage import Departure, Passage
from mockserver.engine.reasons import one_line
from mockserver.engine.registry import LoadedVendor
from mockserver.journal.entry import target_below_mount
from mockserver.journal.replay import FORWARD_HEADER
from mockserver.journal.sent_headers import vendor_headers
from mockserver.model import Answer, Delivery, Reply, Value
from mockserver.outgoing import (
    AddressError,
    Door,
    HostNotAllowedError,
    IncomingAnswer,
    LostAnswerError,
    OutgoingCall,
    RawHeaders,
    end_to_end,
)
from mockserver.server.exchange import Recorder
from mockserver.server.listening import StartupError
from mockserver.server.shadow import Shadow
from mockserver.server.transport_faults import (
    Connection,
    OutgoingReply,
    connection_of,
    deliver,
    is_bodiless,
)
from mockserver.server.work_threads import CallThread
from mockserver.spec.openapi import RouteMatch

OWN_PREFIX = b"mock-"
"""Prefix of the headers of this server, which no real server gets."""

_LONGER = "run --forward-timeout SECONDS waits longer"
_REPLACED = frozenset({b"host", b"content-length", b"expect"})
_FAULTS = {
    "reset": "CONNECTION_RESET_BY_PEER",
    "empty": "EMPTY_RESPONSE",
    "malformed": "RANDOM_DATA_THEN_CLOSE",
    "truncated": "WRONG_LENGTH",
    "timeout": "WRONG_LENGTH",
}
"""Transport fault by which the client loses an answer as this server lost it, by `LostAnswerError.kind`."""


class ForwardRules(Value, frozen=True):
    """Which calls a real server answers, and how long it may take."""

    to: str
    mocked: frozenset[str] = frozenset()
    """Ids of the operations that the mock answers."""
    only: frozenset[str] = frozenset()
    """Ids of the only operations that are passed on; if empty, all are that are not `mocked`."""
    timeout_s: float = 60.0
    is_shadowed: bool = False
    """Whether the mock answers too, so that both answers can be compared."""
    option: str = "--forward"
    """Option of the command line that has the address."""

    def check(self, served: LoadedVendor, door: Door) -> None:
        """Raise StartupError if the address is not allowed, or if an operation is unknown."""
        try:
            door.check_other(self.to)
        except (AddressError, HostNotAllowedError) as error:
            raise StartupError(str(error), self.option, error.cure) from None
        known = served.spec.operations
        for name in sorted(self.mocked | self.only):
            if name not in known:
                near = (get_close_matches(name, known, 1) or [*known])[0]
                option = "--mock" if name in self.mocked else "--forward-only"
                raise StartupError(f"{served.name} has no operation {name}", option, f"{option} {near}")

    @property
    def says(self) -> str:
        """Which calls go where, in one line."""
        if self.only:
            which = f"calls of {', '.join(sorted(self.only))} go to {self.to}, the mock answers all others"
        else:
            others = f", the mock answers {', '.join(sorted(self.mocked))}" if self.mocked else ""
            which = f"all {'other ' if others else ''}calls go to {self.to}{others}"
        return f"{which}; the mock answers them too, to compare" if self.is_shadowed else which

    def pass_on(self, arrival: Arrival) -> bool:
        """Return whether the real server answers. It gets no call that was not read completely."""
        name = arrival.route.operation.id if isinstance(arrival.route, RouteMatch) else ""
        is_chosen = name in self.only if self.only else name not in self.mocked
        is_chosen = is_chosen and arrival.call.headers.get(FORWARD_HEADER, "").lower() != "off"
        return is_chosen and arrival.head_refusal is None and arrival.sent_body is not None


class Received(Value, frozen=True):
    """What came from the real server, or in its place."""

    answer: Answer
    """The reply; if no whole one came, `delivery` has the transport fault by which it was lost."""
    headers: RawHeaders | None = None
    """The headers as they were received; None if nothing was."""
    rest: AsyncIterator[bytes] | None = None
    """Pieces of the body beyond the limit of what is read."""


class Forwarder(Value, frozen=True):
    """Passes calls of one vendor on to the real server at `rules.to`."""

    passage: Passage
    rules: ForwardRules
    door: Door
    recorder: Recorder
    thread: CallThread
    shadow: Shadow | None = None

    async def __call__(self, arrival: Arrival, scope: Scope, send: Send, started: float) -> None:
        """Record the real server's answer, and send it as it came, unless a rule changes it."""
        departure = await self.thread.call(arrival, self.passage.depart)
        async with self._ask(arrival, departure, scope["headers"]) as received:
            work = partial(self._record, departure, received, started)
            reply, answer, is_changed = await self.thread.call(arrival, work)
            connection, delivery = connection_of(scope), answer.delivery
            if received.headers is None or is_changed:
                headers, body = vendor_headers(reply), reply.body
            else:
                came = received.answer
                headers, body = _with_marks(received.headers, reply, came.reply), came.reply.body
                if delivery is None or delivery is came.delivery:
                    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
                    await _send_body(received, send, connection)
                    return
            is_head = is_bodiless(scope["method"], reply.status)
            delivery = delivery or Delivery()
            await deliver(OutgoingReply(reply.status, headers, body, is_head, delivery, send, connection))

    @asynccontextmanager
    async def _ask(
        self, arrival: Arrival, departure: Departure, headers: RawHeaders
    ) -> AsyncIterator[Received]:
        """Yield what the real server answers, or this server in its place."""
        async with AsyncExitStack() as stack:
            try:
                if departure.answer is not None:
                    received = Received(departure.answer)
                else:
                    call = self.door.call(self._outgoing(arrival, departure, headers))
                    received = await self._receive(await stack.enter_async_context(call))
            except (LostAnswerError, HostNotAllowedError, AddressError) as error:
                received = _without_answer(error)
            yield received

    def _outgoing(self, arrival: Arrival, departure: Departure, sent: RawHeaders) -> OutgoingCall:
        """Return the call for the real server: as it was received, or without the items that are held."""
        call, body, left_out = arrival.call, departure.body, _REPLACED
        if body is None:
            body = arrival.sent_body or b""
        else:
            left_out |= {b"content-encoding"}
        kept = [one for one in end_to_end(sent) if one[0] not in left_out]
        headers = [one for one in kept if not one[0].startswith(OWN_PREFIX)]
        if any(name in (b"content-length", b"transfer-encoding") for name, _ in sent):
            headers.append((b"Content-Length", b"%d" % len(body)))
        target = target_below_mount(call) + (f"?{call.query}" if call.query else "")
        to, timeout_s = self.rules.to, self.rules.timeout_s
        return OutgoingCall(call.method, to, target, tuple(headers), body, timeout_s, keep_alive=True)

    async def _receive(self, answer: IncomingAnswer) -> Received:
        """Read the answer up to the limit of bodies, or up to where it breaks off."""
        body, delivery, most = bytearray(), None, self.passage.max_body_bytes
        try:
            async for chunk in answer.chunks:
                body += chunk
                if len(body) > most:
                    break
        except LostAnswerError as error:
            delivery = Delivery(fault=_FAULTS[error.kind])
        texts = tuple([(name.decode("latin-1"), text.decode("latin-1")) for name, text in answer.headers])
        media_type = next((text for name, text in texts if name.lower() == "content-type"), None)
        reply = Reply(answer.status, bytes(body), media_type, texts)
        if len(body) <= most:
            return Received(Answer(reply, delivery=delivery), answer.headers)
        reason = f"the answer has over {most:,} bytes, and is passed on unread; raise --max-body to read it"
        return Received(Answer(reply, reason=reason), answer.headers, answer.chunks)

    def _record(
        self, departure: Departure, received: Received, started: float, arrival: Arrival
    ) -> tuple[Reply, Answer, bool]:
        """Return the reply with the headers of this server, the answer, and whether a rule changed it."""
        answer, is_changed = received.answer, False
        if received.headers is not None and answer.delivery is None and received.rest is None:
            answer, is_changed = self.passage.arrive(departure, answer.reply)
            if self.shadow is not None:
                found = self.shadow.compare(arrival, departure, received.answer.reply)
                answer = replace(answer, differences=found)
        elif departure.answer is None:
            name, applied = departure.operation and departure.operation.id, departure.decision.applied
            answer = replace(answer, operation=name, applied=applied, forwarded_to=self.rules.to)
        return self.recorder.record(departure.call, answer, started), answer, is_changed


async def _send_body(received: Received, send: Send, connection: Connection) -> None:
    """Send the body as it came, and the rest of it as it comes; break off where the real server did."""
    answer, rest = received.answer, received.rest
    fault = answer.delivery.fault if answer.delivery else ""
    more = bool(fault) or rest is not None
    await send({"type": "http.response.body", "body": answer.reply.body, "more_body": more})
    try:
        if rest is not None:
            async for chunk in rest:
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
    except LostAnswerError as error:
        fault = _FAULTS[error.kind]
    if fault:
        await connection.flush()
        (connection.reset if fault == _FAULTS["reset"] else connection.close)()


def _with_marks(sent: RawHeaders, reply: Reply, received: Reply) -> list[tuple[bytes, bytes]]:
    """Return the headers as they were received, with those that this server adds in place of equal names."""
    added = [one for one in reply.headers if one not in received.headers]
    marks = [(name.encode("latin-1"), text.encode("latin-1")) for name, text in added]
    names = {name.lower() for name, _ in marks}
    return [*[one for one in sent if one[0].lower() not in names], *marks]


def _without_answer(error: LostAnswerError | HostNotAllowedError | AddressError) -> Received:
    """Return what the client gets if no status came: the same loss, or a problem that says why."""
    reason = f"the real server gave no answer: {error}"
    status, code = 502, "target-unreachable"
    if not isinstance(error, LostAnswerError):
        reason = f"{error}; {error.cure}"
        code = "target-not-allowed"
        status = 400 if isinstance(error, AddressError) else status
    elif error.kind == "timeout":
        status, code = 504, "target-timeout"
        reason = f"{reason}; {_LONGER}"
    elif error.kind != "refused":
        delivery = Delivery(fault=_FAULTS[error.kind])
        return Received(Answer(Reply(status), delivery=delivery, reason=one_line(reason)))
    refusal = None if code == "target-timeout" else code
    reply = problem_reply(status, reason, code=code)
    return Received(Answer(reply, refusal=refusal, reason=one_line(reason)))
