"""Forwarding: a call is passed on to a real server, and its answer is recorded and passed back."""

from __future__ import annotations

from dataclasses import dataclass
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
from mockserver.server.transport_faults import OutgoingReply, connection_of, deliver, is_bodiless
from mockserver.server.work_threads import CallThread
from mockserver.spec.openapi import RouteMatch

OWN_PREFIX = b"mock-"
"""Prefix of the headers of this server, which no real server gets."""

FORWARD_HEADER = "mock-forward"
"""Header that, with the value `off`, lets the mock answer a call, such as a replay."""

_REPLACED = frozenset({b"host", b"content-length", b"expect"})
_FAULTS = {
    "reset": "CONNECTION_RESET_BY_PEER",
    "empty": "EMPTY_RESPONSE",
    "malformed": "RANDOM_DATA_THEN_CLOSE",
}
"""Transport fault by which the client loses an answer as this server lost it, by `LostAnswerError.kind`."""

_BROKEN_OFF = "WRONG_LENGTH"
"""Transport fault of an answer whose body ends too early."""


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

    def check(self, served: LoadedVendor, door: Door) -> None:
        """Raise StartupError if the host is not allowed, or if an operation is unknown."""
        try:
            door.check(self.to)
        except (AddressError, HostNotAllowedError) as error:
            raise StartupError(str(error), "--forward", error.cure) from None
        known = served.spec.operations
        for name in sorted(self.mocked | self.only):
            if name not in known:
                near = (get_close_matches(name, known, 1) or [*known])[0]
                option = "--mock" if name in self.mocked else "--forward-only"
                raise StartupError(f"{served.name} has no operation {name}", option, f"{option} {near}")

    def pass_on(self, arrival: Arrival) -> bool:
        """Return whether the real server answers. It gets no call that was not read completely."""
        name = arrival.route.operation.id if isinstance(arrival.route, RouteMatch) else ""
        is_chosen = name in self.only if self.only else name not in self.mocked
        is_chosen = is_chosen and arrival.call.headers.get(FORWARD_HEADER) != "off"
        return is_chosen and arrival.head_refusal is None and arrival.sent_body is not None


class Received(Value, frozen=True):
    """What came from the real server, or in its place."""

    reply: Reply
    headers: RawHeaders | None = None
    """The headers as they were received; None if nothing was."""
    fault: str = ""
    """Transport fault by which the answer was lost."""
    refusal: str = ""
    """Code of the problem if the call was not sent; else ""."""
    is_unread: bool = False
    """Whether the body goes on beyond the limit of what is read."""


@dataclass(frozen=True, slots=True)
class _Visit:
    """One call on its way: how to answer the client, and when the call came."""

    arrival: Arrival
    scope: Scope
    send: Send
    started: float


@dataclass(frozen=True, slots=True)
class Forwarder:
    """Passes calls of one vendor on to the real server at `rules.to`."""

    passage: Passage
    rules: ForwardRules
    door: Door
    recorder: Recorder
    thread: CallThread
    shadow: Shadow | None = None

    async def __call__(self, arrival: Arrival, scope: Scope, send: Send, started: float) -> None:
        visit = _Visit(arrival, scope, send, started)
        departure = await self.thread.call(arrival, self.passage.depart)
        if departure.answer is not None:
            await self._finish(visit, departure, Received(departure.answer.reply))
            return
        try:
            async with self.door.call(self._outgoing(arrival, departure, scope["headers"])) as answer:
                received = await self._receive(answer)
                if received.is_unread:
                    await self._stream(visit, departure, received, answer)
                    return
        except LostAnswerError as error:
            received = _without_answer(error)
        except HostNotAllowedError as error:
            received = _refused(502, "target-not-allowed", f"{error}; {error.cure}")
        await self._finish(visit, departure, received)

    def _outgoing(self, arrival: Arrival, departure: Departure, sent: RawHeaders) -> OutgoingCall:
        """Return the call for the real server: as it was received, or without the items that are held."""
        call, changed = arrival.call, departure.body
        left_out = _REPLACED if changed is None else _REPLACED | {b"content-encoding"}
        body = arrival.sent_body if changed is None else changed
        headers = [
            one for one in end_to_end(sent) if one[0] not in left_out and not one[0].startswith(OWN_PREFIX)
        ]
        has_body = any(name in (b"content-length", b"transfer-encoding") for name, _ in sent)
        length = [(b"Content-Length", b"%d" % len(body or b""))] if has_body else []
        target = target_below_mount(call) + (f"?{call.query}" if call.query else "")
        to, content, timeout_s = self.rules.to, body or b"", self.rules.timeout_s
        sent = (*headers, *length)
        return OutgoingCall(call.method, to, target, sent, content, timeout_s, keep_alive=True)

    async def _receive(self, answer: IncomingAnswer) -> Received:
        """Read the answer up to the limit of bodies, or up to where it breaks off."""
        chunks, size, fault = [], 0, ""
        try:
            async for chunk in answer.chunks:
                chunks.append(chunk)
                size += len(chunk)
                if size > self.passage.max_body_bytes:
                    break
        except LostAnswerError as error:
            fault = _FAULTS.get(error.kind, _BROKEN_OFF)
        texts = [(name.decode("latin-1"), text.decode("latin-1")) for name, text in answer.headers]
        media_type = next((text for name, text in texts if name.lower() == "content-type"), None)
        reply = Reply(answer.status, b"".join(chunks), media_type, tuple(texts))
        return Received(reply, answer.headers, fault, is_unread=size > self.passage.max_body_bytes)

    async def _finish(self, visit: _Visit, departure: Departure, received: Received) -> None:
        """Record the answer, and send it as it came, unless a rule changes it."""
        work = partial(self._record, departure, received, visit.started)
        reply, answer, is_changed = await self.thread.call(visit.arrival, work)
        send, connection = visit.send, connection_of(visit.scope)
        if received.headers is None or is_changed:
            headers, body = vendor_headers(reply), reply.body
        else:
            headers = _with_marks(received.headers, reply, received.reply)
            body = received.reply.body
            if answer.delivery is None or received.fault:
                await send({"type": "http.response.start", "status": reply.status, "headers": headers})
                await send({"type": "http.response.body", "body": body, "more_body": bool(received.fault)})
                if received.fault:
                    await connection.flush()
                    (connection.reset if received.fault == _FAULTS["reset"] else connection.close)()
                return
        is_head = is_bodiless(visit.scope["method"], reply.status)
        delivery = answer.delivery or Delivery()
        await deliver(OutgoingReply(reply.status, headers, body, is_head, delivery, send, connection))

    def _record(
        self, departure: Departure, received: Received, started: float, arrival: Arrival
    ) -> tuple[Reply, Answer, bool]:
        """Return the reply with the headers of this server, the answer, and whether a rule changed it."""
        if departure.answer is not None:
            answer, is_changed = departure.answer, True
        elif received.headers is None or received.fault:
            answer, is_changed = self._unread_answer(departure, received), False
        else:
            answer, is_changed = self.passage.arrive(departure, received.reply)
            if self.shadow is not None:
                found = self.shadow.compare(arrival, departure, received.reply)
                answer = replace(answer, differences=found)
        return self.recorder.record(departure.call, answer, started), answer, is_changed

    def _unread_answer(self, departure: Departure, received: Received) -> Answer:
        """Return the answer of a call whose outcomes are not known."""
        return Answer(
            received.reply,
            departure.route.operation.id if departure.route else None,
            refusal=received.refusal or None,
            applied=departure.decision.applied,
            delivery=Delivery(fault=received.fault) if received.fault else None,
            reason=received.reply.reason,
            forwarded_to=self.rules.to,
        )

    async def _stream(
        self, visit: _Visit, departure: Departure, received: Received, answer: IncomingAnswer
    ) -> None:
        """Pass on an answer over the limit as it comes. Its beginning is recorded, and no rule sees it."""
        most = self.passage.max_body_bytes
        reason = f"the answer has over {most:,} bytes, and is passed on unread; raise --max-body to read it"
        begun = replace(received, reply=replace(received.reply, reason=reason), headers=None)
        work = partial(self._record, departure, begun, visit.started)
        reply, _, _ = await self.thread.call(visit.arrival, work)
        headers = _with_marks(answer.headers, reply, received.reply)
        await visit.send({"type": "http.response.start", "status": reply.status, "headers": headers})
        body = received.reply.body
        try:
            await visit.send({"type": "http.response.body", "body": body, "more_body": True})
            async for chunk in answer.chunks:
                await visit.send({"type": "http.response.body", "body": chunk, "more_body": True})
        except LostAnswerError:
            connection_of(visit.scope).close()
            return
        await visit.send({"type": "http.response.body", "body": b""})


def _with_marks(sent: RawHeaders, reply: Reply, received: Reply) -> list[tuple[bytes, bytes]]:
    """Return the headers as they were received, with those that this server adds in place of equal names."""
    added = [one for one in reply.headers if one not in received.headers]
    marks = [(name.encode("latin-1"), text.encode("latin-1")) for name, text in added]
    names = {name.lower() for name, _ in marks}
    return [*[one for one in sent if one[0].lower() not in names], *marks]


def _without_answer(error: LostAnswerError) -> Received:
    """Return what the client gets if no status came: the same loss, or a problem that says why."""
    reason = f"the real server gave no answer: {error}"
    if error.kind == "refused":
        return _refused(502, "target-unreachable", reason)
    if error.kind == "timeout":
        return replace(_refused(504, "target-timeout", reason), refusal="")
    return Received(Reply(502, reason=one_line(reason)), fault=_FAULTS[error.kind])


def _refused(status: int, code: str, reason: str) -> Received:
    reply = problem_reply(status, reason, code=code)
    return Received(replace(reply, reason=one_line(reason)), refusal=code)
