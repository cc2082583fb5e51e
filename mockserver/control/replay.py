"""Send a recorded call again: to this server, to a fresh sandbox or to another address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import count

from mockserver.codec.redaction import is_credential_header
from mockserver.control.cases.transport import HttpClient, LostResponse, Request, Response
from mockserver.control.control_call import UnprocessableMemberError
from mockserver.control.journal import check_body_kept, find_entry, find_operation
from mockserver.control.remote import RemoteClient
from mockserver.engine.registry import LoadedVendor
from mockserver.journal.comparison import compare_entries, compare_reply
from mockserver.journal.entry import HOP_BY_HOP, Entry
from mockserver.journal.journal import Journal
from mockserver.journal.resend import (
    SANDBOX_HEADER,
    sandbox_settings,
    to_other_server,
    to_same_target,
    to_sandbox,
)
from mockserver.journal.view import View
from mockserver.model import EMPTY, Document, Reply
from mockserver.sandbox.sandboxes import Sandboxes

HERE, FRESH = "here", "fresh"
MARK_HEADER = "mock-replay"
"""Header of a replayed call: sandbox and number of the recorded call, and a serial number."""

TIMEOUT_MS = 30_000
_UNREDACTED = View(shown=True)


@dataclass(frozen=True, slots=True)
class ReplayOperations:
    """Replays recorded calls: `inside` sends to this server, `remote` to other addresses."""

    sandboxes: Sandboxes
    journal: Journal
    served: tuple[LoadedVendor, ...]
    inside: HttpClient
    remote: RemoteClient
    numbers: count[int] = field(default_factory=lambda: count(1))

    async def replay_entry(self, name: str, number: int, body: Document | None) -> Document:
        """Send the recorded bytes again and return how the responses differ.

        Raises:
            UnknownSandboxError: the sandbox, or the one to replay into, does not exist.
            UnknownEntryError: there is no call with this number.
            IncompleteEntryError: its body was not kept completely.
            UnprocessableMemberError: the address is not allowed, or a header may not be set.
        """
        body = body or EMPTY
        entry = find_entry(self.sandboxes, self.journal, name, number)
        check_body_kept(entry)
        extra = _extra_headers(body.get("headers", EMPTY))
        if "to" not in body:
            return await self._to_sandbox(entry, body.get("into", HERE), extra)
        if "into" in body:
            raise UnprocessableMemberError(
                "/to", "a call goes into a sandbox or to an address", "leave out into, or to"
            )
        return await self._to_remote(entry, body["to"], extra)

    async def _to_sandbox(self, entry: Entry, into: str, extra: Mapping[str, str]) -> Document:
        sandbox = self._sandbox(entry, into)
        moved = sandbox != entry.call.sandbox
        target, headers = (
            to_sandbox(entry, _UNREDACTED, sandbox) if moved else to_same_target(entry, _UNREDACTED)
        )
        mark = f"{entry.call.sandbox}/{entry.number};{next(self.numbers)}"
        host = {"host": entry.call.headers["host"]} if "host" in entry.call.headers else EMPTY
        response = await self.inside.send(
            _request(entry, target, {**host, **headers, **extra, MARK_HEADER: mark})
        )
        replayed = self._marked(sandbox, mark)
        operation = find_operation(self.served, entry)
        difference = (
            compare_entries(entry, replayed)
            if replayed
            else compare_reply(entry, _reply(response), operation)
        )
        document = _replay_document(entry, response, difference)
        number = replayed.number if replayed else None
        return {**document, "into": sandbox, "to": None, "number": number, "withheld": []}

    async def _to_remote(self, entry: Entry, to: str, extra: Mapping[str, str]) -> Document:
        url = self.remote.address(to)
        target, headers = to_other_server(entry, _UNREDACTED)
        response = await self.remote.send(url, _request(entry, target, {**headers, **extra}))
        difference = compare_reply(entry, _reply(response), find_operation(self.served, entry))
        withheld = [name for name in entry.call.headers if is_credential_header(name) and name not in extra]
        document = _replay_document(entry, response, difference)
        return {**document, "into": None, "to": to, "number": None, "withheld": withheld}

    def _sandbox(self, entry: Entry, into: str) -> str:
        """Return the name of the target sandbox; create it if it is to be fresh."""
        if into == HERE:
            return entry.call.sandbox
        if into != FRESH:
            self.sandboxes.check_exists(into)
            return into
        by_name = {vendor.name: vendor for vendor in self.served}
        settings = sandbox_settings(entry, self.sandboxes, by_name)
        taken = set(self.sandboxes.store.names())
        names = (name for number in count(1) if (name := f"replay-{number}") not in taken)
        return next(name for name in names if self.sandboxes.create(replace(settings, name=name)))

    def _marked(self, sandbox: str, mark: str) -> Entry | None:
        """Return the entry that the replay has created."""
        newest_first = reversed(self.journal.entries(sandbox))
        return next((entry for entry in newest_first if entry.call.headers.get(MARK_HEADER) == mark), None)


def _extra_headers(additional: Mapping[str, str]) -> dict[str, str]:
    """Return the additional headers, with names in lower case.

    Raises:
        UnprocessableMemberError: a header may not be set, or is malformed.
    """
    headers = {name.lower(): text for name, text in additional.items()}
    for name, text in headers.items():
        if name in HOP_BY_HOP or name in (SANDBOX_HEADER, MARK_HEADER):
            raise UnprocessableMemberError(f"/headers/{name}", f"{name} is set for each call", "leave it out")
        if not name.isascii() or not name.replace("-", "").replace("_", "").isalnum():
            raise UnprocessableMemberError(
                f"/headers/{name}", f"{name!r} is not a header name", "use letters, digits and -"
            )
        if not (text.isascii() and text.isprintable()) and text:
            raise UnprocessableMemberError(
                f"/headers/{name}",
                "a header's value is printable ASCII on one line",
                "leave out other characters",
            )
    return headers


def _request(entry: Entry, target: str, headers: Mapping[str, str]) -> Request:
    return Request(entry.call.method, target, tuple(headers.items()), entry.call.body, timeout_ms=TIMEOUT_MS)


def _reply(response: Response | LostResponse) -> Reply | None:
    if isinstance(response, LostResponse):
        return None
    return Reply(response.status, response.body, response.headers.get("content-type"))


def _replay_document(
    entry: Entry, response: Response | LostResponse, difference: Document
) -> dict[str, object]:
    lost = f"{response.kind}: {response.detail}" if isinstance(response, LostResponse) else None
    return {
        "replays": entry.number,
        "status": response.status,
        "mediaType": response.media_type or None if isinstance(response, Response) else None,
        "lost": lost,
        "difference": difference,
    }
