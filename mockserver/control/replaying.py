"""A recorded call, sent again: here, into a fresh sandbox or another one, or to another address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import count

from mockserver.cases.wire import Answered, Lost, Sender, Sent
from mockserver.control.elsewhere import Elsewhere
from mockserver.control.journal import Incomplete
from mockserver.control.refusals import Impossible, UnknownEntry
from mockserver.journal import Journal
from mockserver.journal.circumstances import circumstances
from mockserver.journal.compare import compared, compared_reply
from mockserver.journal.curl import HOP_BY_HOP
from mockserver.journal.entry import Entry
from mockserver.journal.repeated import SANDBOX, again, away, in_sandbox
from mockserver.journal.view import View
from mockserver.model import NOTHING, Document, Reply
from mockserver.sandbox import Sandboxes
from mockserver.secrets import is_credential
from mockserver.served import Served
from mockserver.spec import Operation

HERE, FRESH = "here", "fresh"
MARK = "mock-replay"
"""The header of a replayed call: sandbox and number of the one that it repeats, and a number of its own."""

PATIENCE_MS = 30_000
_TRUE = View(shown=True)


@dataclass(frozen=True, slots=True)
class ReplayOperations:
    """Replays. `inside` carries calls to this very server, `elsewhere` to others."""

    sandboxes: Sandboxes
    journal: Journal
    served: tuple[Served, ...]
    inside: Sender
    elsewhere: Elsewhere
    numbers: count[int] = field(default_factory=lambda: count(1))

    async def replay_entry(self, name: str, number: int, body: Document | None) -> Document:
        """What comes of the call when the same bytes are sent again, and what differs.

        Raises:
            UnknownSandbox: there is none of the name, or none of that to be replayed into.
            UnknownEntry: there is no call of that number.
            Incomplete: its body was not kept whole.
            Impossible: the address may not be called, or the headers not be set.
        """
        body = body or NOTHING
        self.sandboxes.known(name)
        entry = self.journal.entry(name, number)
        if entry is None:
            raise UnknownEntry(f"journal of {name} has no entry {number}")
        if entry.request_cut_bytes:
            raise Incomplete(f"{entry.request_cut_bytes:,} bytes of the body of call {number} were not kept")
        extra = _headers(body.get("headers", NOTHING))
        if "to" not in body:
            return await self._inside(entry, body.get("into", HERE), extra)
        if "into" in body:
            raise Impossible("/to", "a call goes into a sandbox or to an address", "leave out into, or to")
        return await self._away(entry, body["to"], extra)

    async def _inside(self, entry: Entry, into: str, extra: Mapping[str, str]) -> Document:
        sandbox = self._sandbox(entry, into)
        moved = sandbox != entry.call.sandbox
        target, headers = in_sandbox(entry, _TRUE, sandbox) if moved else again(entry, _TRUE)
        mark = f"{entry.call.sandbox}/{entry.number};{next(self.numbers)}"
        host = {"host": entry.call.headers["host"]} if "host" in entry.call.headers else NOTHING
        came = await self.inside.send(_sent(entry, target, {**host, **headers, **extra, MARK: mark}))
        made = self._marked(sandbox, mark)
        operation = self._operation(entry)
        difference = compared(entry, made) if made else compared_reply(entry, _reply(came), operation)
        told = _told(entry, came, difference)
        number = made.number if made else None
        return {**told, "into": sandbox, "to": None, "number": number, "withheld": []}

    async def _away(self, entry: Entry, to: str, extra: Mapping[str, str]) -> Document:
        url = self.elsewhere.address(to)
        target, headers = away(entry, _TRUE)
        came = await self.elsewhere.send(url, _sent(entry, target, {**headers, **extra}))
        difference = compared_reply(entry, _reply(came), self._operation(entry))
        withheld = [name for name in entry.call.headers if is_credential(name) and name not in extra]
        told = _told(entry, came, difference)
        return {**told, "into": None, "to": to, "number": None, "withheld": withheld}

    def _sandbox(self, entry: Entry, into: str) -> str:
        """The sandbox that is meant, made if it is to be fresh."""
        if into == HERE:
            return entry.call.sandbox
        if into != FRESH:
            self.sandboxes.known(into)
            return into
        by_name = {vendor.name: vendor for vendor in self.served}
        settings = circumstances(entry, self.sandboxes, by_name)
        taken = set(self.sandboxes.store.names())
        names = (name for number in count(1) if (name := f"replay-{number}") not in taken)
        return next(name for name in names if self.sandboxes.create(replace(settings, name=name)))

    def _marked(self, sandbox: str, mark: str) -> Entry | None:
        """The entry that the replay has left."""
        newest_first = reversed(self.journal.entries(sandbox))
        return next((entry for entry in newest_first if entry.call.headers.get(MARK) == mark), None)

    def _operation(self, entry: Entry) -> Operation | None:
        spec = next(vendor.spec for vendor in self.served if vendor.name == entry.call.vendor)
        return spec.operations.get(entry.operation or "")


def _headers(said: Mapping[str, str]) -> dict[str, str]:
    """The headers that somebody wants to send beside the recorded ones.

    Raises:
        Impossible: one is not theirs to set.
    """
    headers = {name.lower(): text for name, text in said.items()}
    for name, text in headers.items():
        if name in HOP_BY_HOP or name in (SANDBOX, MARK):
            raise Impossible(f"/headers/{name}", f"{name} is made anew for each call", "leave it out")
        if not name.isascii() or not name.replace("-", "").replace("_", "").isalnum():
            raise Impossible(
                f"/headers/{name}", f"{name!r} is no name of a header", "use letters, digits and -"
            )
        if not (text.isascii() and text.isprintable()) and text:
            raise Impossible(f"/headers/{name}", "a header's text is ASCII on one line", "leave out the rest")
    return headers


def _sent(entry: Entry, target: str, headers: Mapping[str, str]) -> Sent:
    return Sent(entry.call.method, target, tuple(headers.items()), entry.call.body, patience_ms=PATIENCE_MS)


def _reply(came: Answered | Lost) -> Reply | None:
    if isinstance(came, Lost):
        return None
    return Reply(came.status, came.body, came.headers.get("content-type"))


def _told(entry: Entry, came: Answered | Lost, difference: Document) -> dict[str, object]:
    lost = f"{came.kind}: {came.detail}" if isinstance(came, Lost) else None
    return {
        "replays": entry.number,
        "status": came.status,
        "mediaType": came.media_type or None if isinstance(came, Answered) else None,
        "lost": lost,
        "difference": difference,
    }
