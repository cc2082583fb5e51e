"""Send a recorded call again: to this server, to a fresh sandbox or to another address."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from itertools import count

from msgspec import field
from msgspec.structs import replace

from mockserver.codec.content_codings import decode
from mockserver.codec.masking import HEADER, is_credential
from mockserver.control.control_call import MalformedMemberError, UnprocessableMemberError
from mockserver.control.http_client import HttpClient, HttpRequest, HttpResponse, LostResponse
from mockserver.control.journal import check_body_kept, find_entry, find_operation
from mockserver.engine.registry import LoadedVendor
from mockserver.errors import Refusal
from mockserver.journal.entry import HOP_BY_HOP, Entry
from mockserver.journal.journal import Journal
from mockserver.journal.replay import (
    SANDBOX_HEADER,
    compare_entries,
    compare_reply,
    sandbox_settings,
    to_other_server,
    to_same_target,
    to_sandbox,
)
from mockserver.journal.view import View
from mockserver.model import EMPTY, Document, Reply, Value
from mockserver.outgoing import AddressError, Door, HostNotAllowedError, LostAnswerError, OutgoingCall
from mockserver.sandbox.sandboxes import Sandboxes

HERE, FRESH = "here", "fresh"
MARK_HEADER = "mock-replay"
"""Header of a replay to a sandbox. It has the recorded call's sandbox and number, and a serial number."""

TIMEOUT_MS = 30_000
_UNREDACTED = View(shown=True)

MAX_RESPONSE_BYTES = 10 * 1024 * 1024


class ReplayOperations(Value, frozen=True):
    """Operations that replay recorded calls."""

    sandboxes: Sandboxes
    journal: Journal
    served: tuple[LoadedVendor, ...]
    inside: HttpClient
    """Client of this server."""
    door: Door
    numbers: count[int] = field(default_factory=lambda: count(1))

    async def replay_entry(self, name: str, number: int, body: Document | None) -> Document:
        """Send a recorded call again; return the result, and how it differs from the recorded response.

        Raises UnknownSandboxError; UnknownNameError; ConflictError if the recorded request body was cut;
        UnprocessableMemberError if the address or a header is invalid or not allowed.
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
        target, headers = to_same_target(entry, _UNREDACTED)
        if sandbox != entry.call.sandbox:
            target, headers = to_sandbox(entry, _UNREDACTED, sandbox)
        mark = f"{entry.call.sandbox}/{entry.number};{next(self.numbers)}"
        host = {"host": entry.call.headers["host"]} if "host" in entry.call.headers else EMPTY
        response = await self.inside.send(
            _request(entry, target, {**host, **headers, **extra, MARK_HEADER: mark})
        )
        newest_first = reversed(self.journal.kept.entries(sandbox))
        replayed = next((one for one in newest_first if one.call.headers.get(MARK_HEADER) == mark), None)
        if replayed:
            difference = compare_entries(entry, replayed)
        else:
            difference = compare_reply(entry, _reply(response), find_operation(self.served, entry))
        document, number = _replay_document(entry, response, difference), replayed and replayed.number
        return {**document, "into": sandbox, "to": None, "number": number, "withheld": []}

    async def _to_remote(self, entry: Entry, to: str, extra: Mapping[str, str]) -> Document:
        target, headers = to_other_server(entry, _UNREDACTED)
        response = await send_elsewhere(self.door, to, _request(entry, target, {**headers, **extra}))
        difference = compare_reply(entry, _reply(response), find_operation(self.served, entry))
        sent, declared = entry.call.headers, entry.call.credential_names
        withheld = [name for name in sent if is_credential(name, HEADER, declared) and name not in extra]
        document = _replay_document(entry, response, difference)
        return {**document, "into": None, "to": to, "number": None, "withheld": withheld}

    def _sandbox(self, entry: Entry, into: str) -> str:
        if into == HERE:
            return entry.call.sandbox
        if into != FRESH:
            self.sandboxes.check_exists(into)
            return into
        by_name = {vendor.name: vendor for vendor in self.served}
        settings = sandbox_settings(entry, self.sandboxes, by_name)
        names = (f"replay-{number}" for number in count(1))
        return next(name for name in names if self.sandboxes.create(replace(settings, name=name)))


def _extra_headers(additional: Mapping[str, str]) -> dict[str, str]:
    headers = {name.lower(): text for name, text in additional.items()}
    for name, text in headers.items():
        if name in HOP_BY_HOP or name in (SANDBOX_HEADER, MARK_HEADER):
            detail, cure = f"{name} is set for each call", "leave it out"
        elif not name.isascii() or not name.replace("-", "").replace("_", "").isalnum():
            detail, cure = f"{name!r} is not a header name", "use letters, digits and -"
        elif not (text.isascii() and text.isprintable()) and text:
            detail, cure = "a header's value is printable ASCII on one line", "leave out other characters"
        else:
            continue
        raise UnprocessableMemberError(f"/headers/{name}", detail, cure)
    return headers


def _request(entry: Entry, target: str, headers: Mapping[str, str]) -> HttpRequest:
    return HttpRequest(
        entry.call.method, target, tuple(headers.items()), entry.call.body, timeout_ms=TIMEOUT_MS
    )


def _reply(response: HttpResponse | LostResponse) -> Reply | None:
    if isinstance(response, LostResponse):
        return None
    headers = tuple(response.headers.items())
    return Reply(response.status, response.body, response.headers.get("content-type"), headers)


def _replay_document(
    entry: Entry, response: HttpResponse | LostResponse, difference: Document
) -> dict[str, object]:
    lost = f"{response.kind}: {response.detail}" if isinstance(response, LostResponse) else None
    return {
        "replays": entry.number,
        "status": response.status,
        "mediaType": response.media_type or None if isinstance(response, HttpResponse) else None,
        "lost": lost,
        "difference": difference,
    }


async def send_elsewhere(door: Door, to: str, request: HttpRequest) -> HttpResponse | LostResponse:
    """Send a request to another server, and return its decoded response.

    Raises MalformedMemberError; UnprocessableMemberError if the host is not allowed.
    """
    status: int | None = None
    headers = tuple([(name.encode(), text.encode("latin-1", "replace")) for name, text in request.headers])
    try:
        outgoing = OutgoingCall(request.method, to, request.target, headers, request.content)
        async with asyncio.timeout(request.timeout_ms / 1000), door.call(outgoing) as answer:
            status = answer.status
            body = await answer.read(MAX_RESPONSE_BYTES)
            got = {name.decode("latin-1").lower(): text.decode("latin-1") for name, text in answer.headers}
            return HttpResponse(status, *decode(got, body, MAX_RESPONSE_BYTES))
    except AddressError as error:
        raise MalformedMemberError("/to", str(error), error.cure) from None
    except HostNotAllowedError as error:
        raise UnprocessableMemberError("/to", str(error), error.cure) from None
    except TimeoutError:
        return LostResponse("timeout", status, f"not in {request.timeout_ms} ms")
    except LostAnswerError as error:
        return LostResponse(error.kind, status, error.detail)
    except Refusal as refusal:
        return LostResponse("malformed", status, str(refusal))
