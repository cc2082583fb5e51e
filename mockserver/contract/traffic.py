"""Comparison of recorded traffic with the spec and with a local server."""

from __future__ import annotations

import binascii
import json
import re
from base64 import b64decode
from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from http import HTTPStatus
from itertools import compress
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote, urlencode, urlsplit

from msgspec import field
from msgspec.structs import replace

from mockserver.codec.http import join_headers
from mockserver.codec.instants import parse_instant, print_instant
from mockserver.codec.masking import ASCII_MASK, MASK
from mockserver.contract.api import ApiUnderTest
from mockserver.contract.baseline import KnownFindings, entry_of
from mockserver.contract.credentials import headers_for
from mockserver.contract.exchange import Exchange, Finding, Request, Response, json_request
from mockserver.contract.isolation import SANDBOX
from mockserver.contract.oracle.checks import ExchangeJudge
from mockserver.contract.oracle.responses import reader_for
from mockserver.contract.profile import BatchItem, OutcomeReader, ReportedOutcome, ReportedOutcomes
from mockserver.contract.run_state import FindingLedger
from mockserver.contract.target import Address, Target
from mockserver.errors import MethodNotAllowed, NotFound
from mockserver.model import Value, leaves
from mockserver.sandbox.clock import FIRST_YEAR, LAST_YEAR
from mockserver.sandbox.store import SANDBOX_SCOPE
from mockserver.spec.openapi import Spec

_NOT_SENT = (":", "content-length", "transfer-encoding", "connection", "host", "accept-encoding")
"""Beginnings of names of request headers that belong to the connection, not to the call."""
_FIRST = datetime.min.replace(tzinfo=UTC)
_NOT_CAME = ("content-length", "transfer-encoding", "content-encoding", "connection")

_SANDBOX = re.compile("/sandboxes/([a-z0-9-]{1,64})(?=/)")
REFUSED_WHOLE = "refused with the whole call"
TRANSIENT_STATUSES = frozenset({429, 502, 503, 504})
"""Statuses that say nothing about the contract: the request may succeed later."""

_UNSAID = frozenset({401, 403})
"""Statuses that may be due to missing credentials, because most recorders leave out credentials."""

UNKNOWN_OPERATION = "operations-are-in-the-spec"
OTHER_OUTCOME = "outcomes-are-as-recorded"
OTHER_WORDS = "messages-are-as-recorded"
_FIRST_REFUSAL = 400
_REJECTED = "rejected"
_WORD = re.compile(r"\"[^\"]*\"|'[^']*'|[^\s/]+")
_VALUE = re.compile(r'"((?:[^"\\]|\\.)*+)"(\s*+:)?|[>=]([^<&]++)')
"""Text of JSON (with a colon if the text is a name), or value of XML or a form."""

_STORY = "story"
"""Name of the sandbox for the calls of an archive, if the archive describes the sandbox to create."""

_LOCAL_ORIGIN = "http://testserver"


class InvalidArchiveError(ValueError):
    """The file is not an HTTP archive; the message says what is wrong, and where."""


class RecordedExchange(Value, frozen=True):
    """An exchange of an archive."""

    number: int
    """Place of the entry in the archive, from 1."""
    url: str
    """Whole URL of the request."""
    at: datetime | None
    """Start of the call; if a mockserver recorded the call, by the sandbox's clock."""
    exchange: Exchange
    """The exchange. Its request has path and query of the URL; its status is 0 if there was no answer."""
    beginning: Mapping[str, Any] | None = None
    """Members of the sandbox to create for the calls, or None if another program wrote the archive."""
    state: Mapping[str, Any] = field(default_factory=dict)
    """State to merge into the sandbox before this call, by scope."""


def read_har(text: str) -> tuple[RecordedExchange, ...]:
    """Return the exchanges of an archive in the order of their start. Raises InvalidArchiveError."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidArchiveError(f"it is not JSON: {error}") from None
    entries = document.get("log", {}).get("entries") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        raise InvalidArchiveError("it has no /log/entries: expected an HTTP archive, HAR 1.2")
    beginning = (document["log"].get("_mockserver") or {}).get("sandbox")
    found = [_recorded(number, entry, beginning) for number, entry in enumerate(entries, 1)]
    return tuple(sorted(found, key=lambda one: one.at or _FIRST))


def _recorded(number: int, entry: Any, beginning: Mapping[str, Any] | None) -> RecordedExchange:
    where = f"/log/entries/{number - 1}"
    try:
        sent, received = entry["request"], entry["response"]
        parts = urlsplit(sent["url"])
        path = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
        request = Request(
            str(sent["method"]).upper(), path, _headers(sent, _NOT_SENT), _body(sent.get("postData") or {})
        )
        headers = _headers(received, _NOT_CAME)
        content = received.get("content") or {}
        if content.get("mimeType"):
            headers.setdefault("content-type", str(content["mimeType"]))
        response = Response(int(received["status"]), headers, _body(content))
        at = (entry.get("_mock") or {}).get("sandboxAt") or entry.get("startedDateTime")
        started = parse_instant(str(at)) if at else None
        own = entry.get("_mockserver") or {}
        if beginning is not None and own:
            request = _sent_request(request, own["sent"])
        state = dict(own.get("state") or {})
    except (KeyError, TypeError, AttributeError, ValueError, binascii.Error) as error:
        raise InvalidArchiveError(
            f"{where} is not an entry of an archive: {type(error).__name__} {error}"
        ) from None
    return RecordedExchange(number, str(sent["url"]), started, Exchange(request, response), beginning, state)


def _sent_request(request: Request, sent: Mapping[str, Any]) -> Request:
    """Return the request with the headers in `sent`, where a mockserver also records credentials.

    If secrets in the body of `request` are masked, take the body in `sent`.
    """
    headers = {str(name): str(text) for name, text in sent["headers"].items()}
    is_cut = MASK.encode() in request.body
    body = b64decode(sent["base64"], validate=True) if is_cut else request.body
    return replace(request, headers=headers, body=body)


def _headers(part: Mapping[str, Any], left_out: tuple[str, ...]) -> dict[str, str]:
    pairs = ((name.lower(), value) for name, value in _pairs(part.get("headers")))
    return join_headers(pair for pair in pairs if not pair[0].startswith(left_out))


def _pairs(listed: Any) -> Iterator[tuple[str, str]]:
    for one in listed or ():
        yield str(one["name"]), str(one.get("value", ""))


def _body(part: Mapping[str, Any]) -> bytes:
    """Return the body in a HAR object: `content`, or `postData`, which may have `params` instead of text."""
    text = part.get("text")
    if text is None:
        return urlencode(list(_pairs(part.get("params")))).encode()
    if (part.get("_encoding") or part.get("encoding")) == "base64":
        return b64decode(text, validate=True)
    return str(text).encode("utf-8", "surrogatepass")


def place_request(one: RecordedExchange, spec: Spec, base: str) -> Exchange | None:
    """Return the exchange with its operation and its path in the spec, or None for a call to another server.

    `base` is the address at which the vendor's paths begin. If no operation answers a call below `base`, the
    operation is "". If `base` is "", the path in the spec is the longest end of the recorded path that an
    operation answers, and a sandbox at the start of the recorded path becomes a header.
    """
    request, headers = one.exchange.request, dict(one.exchange.request.headers)
    if base:
        begun = base.rstrip("/")
        address = one.url.partition("#")[0]
        if not address.startswith((f"{begun}/", f"{begun}?")) and address != begun:
            return None
        path = address[len(begun) :] or "/"
        name = _operation(spec, request.method, path)
    else:
        match = _SANDBOX.match(request.path)
        headers |= {SANDBOX: match[1]} if match else {}
        path, name = _search_path(spec, request.method, request.path[match.end() if match else 0 :])
        if not name:
            return None
    return replace(one.exchange, request=replace(request, path=path, headers=headers), operation=name)


def _search_path(spec: Spec, method: str, path: str) -> tuple[str, str]:
    """Return the longest end of `path` that an operation answers, with the query, and the operation.

    If no operation answers any end, return `path` and "".
    """
    parts = urlsplit(path)
    segments = parts.path.split("/")
    query = f"?{parts.query}" if parts.query else ""
    for cut in range(1, len(segments)):
        below = "/" + "/".join(segments[cut:])
        if name := _operation(spec, method, below):
            return below + query, name
    return path, ""


def _operation(spec: Spec, method: str, path: str) -> str:
    try:
        return spec.match(method, spec.canonical_path(unquote(urlsplit(path).path))).operation.id
    except (NotFound, MethodNotAllowed):
        return ""


class OutcomeDifference(Value, frozen=True):
    place: int | None
    key: str | None
    recorded: str
    here: str
    is_worded: bool = False
    """Whether only the message differs."""


class _ItemEnd(NamedTuple):
    """What became of an item."""

    says: str
    accepted: bool | None = None
    """None if the response does not tell it."""
    made: str = ""


def compare_outcomes(
    before: Exchange, after: Exchange, items: Sequence[BatchItem], reader: OutcomeReader | None
) -> tuple[OutcomeDifference, ...]:
    """Return differences between outcomes of items, and between messages of refusals.

    `before` is the recorded exchange, `after` the exchange with the local server. If there is no reader, or
    both responses refuse the whole call, compare the two statuses instead. In messages, words with digits and
    words of values that were sent may differ.
    """
    values = _sent_values(before)
    both = (before, after)
    was, now = (_ends(one, items, reader) for one in both)
    if was is None and now is None:
        statuses = [one.response.status for one in both]
        is_worded = statuses[0] == statuses[1]
        said = [f"answered {one.response.status}{_prose(one.response) if is_worded else ''}" for one in both]
        if _kind(said[0], values) == _kind(said[1], values):
            return ()
        return (OutcomeDifference(None, None, said[0], said[1], is_worded),)
    refused = [_ItemEnd(REFUSED_WHOLE, accepted=False)] * len(items)
    ends = zip(items, refused if was is None else was, refused if now is None else now, strict=True)
    found = []
    for place, (item, one, other) in enumerate(ends):
        is_made_otherwise = one.accepted and one.made and other.made and one.made != other.made
        is_worded = one.accepted == other.accepted and not is_made_otherwise
        kinds = {_kind(end.says, values) for end in (one, other) if end.says.startswith(_REJECTED)}
        if not is_worded or len(kinds) > 1:
            found.append(OutcomeDifference(place, item.key, one.says, other.says, is_worded=is_worded))
    return tuple(found)


def _ends(
    exchange: Exchange, items: Sequence[BatchItem], reader: OutcomeReader | None
) -> list[_ItemEnd] | None:
    """Return what the response tells of each item, or None if it refuses the whole call."""
    try:
        reported = reader(exchange, items) if reader else None
    except ValueError:
        reported = ReportedOutcomes(())
    if reported is None:
        return None
    untold = _ItemEnd("no outcome") if reported.is_complete else _ItemEnd("done", accepted=True)
    told = {one.place: _end(one) for one in reversed(reported.outcomes)}
    return [told.get(item.place, untold) for item in items]


def _end(one: ReportedOutcome) -> _ItemEnd:
    if one.accepted:
        return _ItemEnd(one.made or "done", accepted=True, made=one.made)
    return _ItemEnd(f"{_REJECTED}: {one.message}" if one.message else _REJECTED, accepted=False)


def _prose(response: Response) -> str:
    """Return the texts with a space in a refusal in JSON, as the end of a sentence."""
    refusal = response.document() if response.status >= _FIRST_REFUSAL else None
    said = "; ".join(text for _, text in leaves(refusal) if " " in text)
    return f": {said}" if said else ""


def _sent_values(exchange: Exchange) -> set[str]:
    sent = exchange.request.body.decode(errors="replace")
    return {text or other for text, colon, other in _VALUE.findall(sent) if not colon}


def _kind(outcome: str, values: Container[str]) -> str:
    """Return an outcome in words, with `*` for each word of its message with a digit or in `values`."""
    kind, colon, message = outcome.partition(": ")

    def constant(found: re.Match[str]) -> str:
        is_value = found[0].strip("\"'.,;:()") in values
        return "*" if is_value or any(map(str.isdigit, found[0])) else found[0]

    return f"{kind}{colon}{_WORD.sub(constant, message)}"


SendRequest = Callable[[RecordedExchange, Exchange], Exchange]
"""Sends a recorded request to the local server, whose clock stands at the instant of the recording."""


class DriftedExchange(Value, frozen=True):
    number: int
    recorded: Exchange
    here: Exchange
    """The exchange of the same request with the local server."""
    forbidden: tuple[Finding, ...]
    """What the spec forbids in the recorded exchange."""
    differences: tuple[OutcomeDifference, ...]

    @property
    def is_clean(self) -> bool:
        return not self.forbidden and not self.differences

    def entries(self, api: ApiUnderTest) -> list[KnownFindings]:
        """Return an entry of a baseline for each forbidden answer, then for each difference."""
        values = _sent_values(self.recorded)
        found = [entry_of(api, one) for one in self.forbidden]
        if not self.recorded.operation:
            found = [
                one._replace(fingerprint=_kind(f": {self.forbidden[0].message}", values)) for one in found
            ]
        for one in self.differences:
            kind = f"recorded {_kind(one.recorded, values)}, here {_kind(one.here, values)}"
            check = OTHER_WORDS if one.is_worded else OTHER_OUTCOME
            found.append(KnownFindings(api.name, self.recorded.operation, check, kind))
        return found


class Drift(Value, frozen=True):
    vendor: str
    calls: tuple[DriftedExchange, ...]
    """The compared exchanges, clean ones included."""
    foreign: int
    """Number of exchanges with other servers."""
    lost: int
    """Number of requests without an answer."""
    transient: int
    """Number of answers with a transient status."""
    made: Mapping[str, int]
    """How often each check was made."""
    known: int = 0
    """Number of differences that are left out because a baseline has them."""
    gone: tuple[KnownFindings, ...] = ()
    """Entries of the baseline, for operations of the traffic, without a difference."""
    credential_names: frozenset[str] = frozenset()
    """Names of the API keys that the vendor's file declares."""

    @property
    def drifted(self) -> tuple[DriftedExchange, ...]:
        return tuple(call for call in self.calls if not call.is_clean)

    def fails(self, *, messages: bool) -> bool:
        """Return whether there is a difference; one of messages alone counts only if `messages`."""
        others = [one for call in self.calls for one in call.differences if messages or not one.is_worded]
        return bool(others) or any(call.forbidden for call in self.calls)

    def without(self, api: ApiUnderTest, known: Sequence[KnownFindings]) -> Drift:
        """Return the drift without the differences that `known` covers."""
        calls, found = [], list[KnownFindings]()
        for call in self.calls:
            entries, count = call.entries(api), len(call.forbidden)
            found += entries
            is_new = [not any(one.covers(entry) for one in known) for entry in entries]
            new = compress(call.forbidden, is_new), compress(call.differences, is_new[count:])
            calls.append(replace(call, forbidden=tuple(new[0]), differences=tuple(new[1])))
        called = {(api.name, call.recorded.operation) for call in calls}
        gone = [one for one in known if one[:2] in called and not any(one.covers(entry) for entry in found)]
        left = sum(len(call.forbidden) + len(call.differences) for call in calls)
        return replace(self, calls=tuple(calls), known=len(found) - left, gone=tuple(gone))


class DriftComparison(Value, frozen=True):
    """Comparison of traffic with the spec and with the local server."""

    api: ApiUnderTest
    base: str
    """Address at which the vendor's paths begin, or "" to search each URL for a path of the vendor."""
    judge: ExchangeJudge
    """Compares an exchange with the spec."""
    call: SendRequest
    ledger: FindingLedger = field(default_factory=FindingLedger)

    def drift(self, traffic: Iterable[RecordedExchange]) -> Drift:
        """Compare all exchanges in the given order; the local server keeps its state between calls."""
        calls = []
        foreign = lost = transient = 0
        for one in traffic:
            exchange = place_request(one, self.api.spec, self.base)
            if exchange is None:
                foreign += 1
            elif exchange.response.status in TRANSIENT_STATUSES:
                transient += 1
            elif exchange.response.status == 0:
                lost += 1
                self.call(one, exchange)
            else:
                calls.append(self._drifted(one, exchange))
        made: Counter[str] = Counter()
        for (_, check), times in self.ledger.made.items():
            made[check] += times
        return Drift(
            self.api.name,
            tuple(calls),
            foreign,
            lost,
            transient,
            made,
            credential_names=self.api.spec.credential_names,
        )

    def _drifted(self, one: RecordedExchange, exchange: Exchange) -> DriftedExchange:
        here = replace(self.call(one, exchange), operation=exchange.operation)
        if not exchange.operation:
            message = f"{exchange.request.method} {exchange.request.path} is not an operation of the spec"
            unknown = Finding(
                UNKNOWN_OPERATION, "", message, received=str(exchange.response.status), exchanges=(exchange,)
            )
            return DriftedExchange(one.number, exchange, here, (unknown,), ())
        forbidden = self.judge(exchange, self.ledger)
        is_told = exchange.response.status not in _UNSAID
        otherwise = self._otherwise(exchange, here) if is_told else ()
        return DriftedExchange(one.number, exchange, here, forbidden, otherwise)

    def _otherwise(self, exchange: Exchange, here: Exchange) -> tuple[OutcomeDifference, ...]:
        operation = self.api.spec.operations[exchange.operation]
        if operation.batch is None:
            return compare_outcomes(exchange, here, (), None)
        sent = self.judge.oracle.expected(exchange.request, operation.id).sent
        return compare_outcomes(exchange, here, sent, reader_for(self.api, operation))


class UnfitStateError(Exception):
    """The local server refuses the state with which it should begin; the message says why."""


class LocalServer(Value, frozen=True):
    """A mock server in this process, with the sandboxes of the recorded calls."""

    api: ApiUnderTest
    target: Target
    state: bytes = b""
    """JSON of the state with which each sandbox begins. If it is empty, sandboxes begin with the fixtures."""
    begun: set[str] = field(default_factory=set)
    """Names of the sandboxes that were created."""

    def __call__(self, one: RecordedExchange, exchange: Exchange) -> Exchange:
        """Repeat `exchange` with the local server, and return the new exchange. Raises UnfitStateError."""
        is_story = one.beginning is not None
        sandbox = _STORY if is_story else exchange.request.headers.get(SANDBOX, "default")
        if sandbox not in self.begun:
            self._begin(sandbox, one.beginning or {})
        if one.at is not None and FIRST_YEAR <= one.at.year <= LAST_YEAR:
            at = {"at": print_instant(one.at)}
            self.target.send(json_request("POST", f"/_mock/sandboxes/{sandbox}/clock/freeze", at))
        if one.state:
            # No other vendor is served.
            own = (f"{self.api.name}/", SANDBOX_SCOPE)
            state = {scope: tables for scope, tables in one.state.items() if scope.startswith(own)}
            self._set("PATCH", sandbox, json.dumps(state).encode())
        request = self._with_credentials(exchange)
        if is_story:
            request = replace(request, headers={**request.headers, SANDBOX: sandbox})
        return self.target.send(replace(request, path=f"/{self.api.name}{request.path}"))

    def _begin(self, sandbox: str, beginning: Mapping[str, Any]) -> None:
        self.begun.add(sandbox)
        assumptions = {
            name: value
            for name, value in beginning.get("assumptions", {}).items()
            if name.startswith(f"{self.api.name}.")
        }
        members = {**beginning, "name": sandbox, **({"assumptions": assumptions} if assumptions else {})}
        self.target.send(json_request("POST", "/_mock/sandboxes", members))
        if self.state:
            self._set("PUT", sandbox, self.state)

    def _set(self, method: str, sandbox: str, content: bytes) -> None:
        headers = {"content-type": "application/json"}
        path = f"/_mock/sandboxes/{sandbox}/state"
        received = self.target.send(Request(method, path, headers, content)).response
        if received.status != HTTPStatus.OK:
            raise UnfitStateError(json.loads(received.body)["detail"])

    def _with_credentials(self, exchange: Exchange) -> Request:
        """Return the request, with fixture credentials if the recorder left out or masked the credentials."""
        request, name = exchange.request, exchange.operation
        if not name:
            return request
        ours: Mapping[str, str] = headers_for(self.api, name, self.api.profile.credentials)
        kept = {
            header: text
            for header, text in request.headers.items()
            if header not in ours or not (text.endswith((MASK, ASCII_MASK)) or not text)
        }
        return replace(request, headers={**ours, **kept})


@contextmanager
def local_server(
    api: ApiUnderTest, state: Path | None, assumptions: Mapping[str, str], files: tuple[Path, ...] = ()
) -> Iterator[LocalServer]:
    """Yield a local server that begins with the state in a file, or with the fixtures.

    `files` are a user's specs. Raises InvalidAssumptionError, OSError.
    """
    from mockserver.server.application import Options, create_app  # noqa: PLC0415 - slow

    held = state.read_bytes() if state else b""
    app = create_app(Options(vendors=(api.name,), assumptions=assumptions, files=files))
    with Target(Address(_LOCAL_ORIGIN, app)) as target:
        yield LocalServer(api, target, held)
