"""Follow the `Location` of an answer that says "created": it leads to the record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from urllib.parse import urljoin, urlsplit

from mockserver.codec.paths import decoded_path
from mockserver.contract.config import RunConfig
from mockserver.contract.exchange import Exchange, Request
from mockserver.contract.finding import Check, Finding
from mockserver.contract.fuzzing.counted_calls import CountedCalls
from mockserver.contract.ledger import FindingLedger
from mockserver.contract.loading import ApiUnderTest
from mockserver.contract.profile import Json
from mockserver.contract.target import Target
from mockserver.errors import MethodNotAllowed, NotFound

LOCATION_CHECK = Check(
    "location-shows-the-record",
    "`Location` leads to the created record",
    "records",
    "clients read what they created at the address that the answer names",
)

_CREATED, _FIRST_REFUSAL = 201, 400
_FOLLOWED = 3
"""Answers of an operation that are followed."""
_OF_THE_BODY = frozenset({"content-type", "content-length", "content-encoding", "if-none-match", "prefer"})
_IDS = ("id", "key", "number")


class LocationChecks:
    """Follows a few locations of every operation; each operation that leads elsewhere is a note."""

    def __init__(
        self, api: ApiUnderTest, target: Target, run_config: RunConfig, ledger: FindingLedger
    ) -> None:
        self._api = api
        self._target = target
        self._calls = CountedCalls(target, ledger)
        self._ledger = ledger
        self._wanted = run_config.wants(LOCATION_CHECK.id)
        self._followed: Counter[str] = Counter()

    def check(self, operation: str, exchange: Exchange) -> tuple[Finding, ...]:
        """Return what following the location of an answer shows.

        Raises:
            TargetUnreachableError: nobody answers.
        """
        location = exchange.response.headers.get("location", "")
        is_due = self._wanted and exchange.response.status == _CREATED and exchange.operation == operation
        if not is_due or not location or self._followed[operation] >= _FOLLOWED:
            return ()
        self._followed[operation] += 1
        path = self._path(exchange.request, location)
        if not path:
            self._note(f"{operation}: its Location leads to no read of the target and was not followed")
            return ()
        headers = {name: text for name, text in exchange.request.headers.items() if name not in _OF_THE_BODY}
        request = Request("GET", path, headers)
        self._ledger.count_check(operation, LOCATION_CHECK.id)
        first = self._send(request)
        called = f"{exchange.request.method} {exchange.request.path.partition('?')[0]}"
        said = f"{called} was answered 201 with the Location {location}; reading it "
        if first.response.status >= _FIRST_REFUSAL:
            status = str(first.response.status)
            told = f"{said}is answered {status}"
            return (Finding(LOCATION_CHECK.id, operation, told, "", "200", status, (exchange, first)),)
        return self._compared(operation, exchange, first, said)

    def _compared(self, operation: str, created: Exchange, first: Exchange, said: str) -> tuple[Finding, ...]:
        """Return a finding where the record has another id than the one that was created."""
        mine, theirs = _ids(created), _ids(first)
        other = {name for name in mine.keys() & theirs.keys() if mine[name] != theirs[name]}
        if not other:
            return ()
        # An id of the answer itself is another one each time.
        again = _ids(self._send(first.request))
        name = next((one for one in sorted(other) if again.get(one) == theirs[one]), None)
        if name is None:
            return ()
        told = f"{said}shows {name} {theirs[name]}, the created record has {name} {mine[name]}"
        shown = (created, first)
        return (Finding(LOCATION_CHECK.id, operation, told, f"/{name}", mine[name], theirs[name], shown),)

    def _path(self, request: Request, location: str) -> str:
        """Return the path of a location below the target, "" where it leads elsewhere or to no read."""
        base = urlsplit(self._target.address.url)
        mount = base.path.rstrip("/")
        parts = urlsplit(urljoin(f"{base.scheme}://{base.netloc}{mount}{request.path}", location))
        if parts.netloc != base.netloc:
            return ""
        path = parts.path.removeprefix(mount)
        spec = self._api.spec
        try:
            spec.match("GET", spec.canonical_path(decoded_path(path)))
        except (NotFound, MethodNotAllowed):
            return ""
        return f"{path}?{parts.query}" if parts.query else path

    def _send(self, request: Request) -> Exchange:
        operation = self._api.spec.match(
            "GET", self._api.spec.canonical_path(decoded_path(request.path.partition("?")[0]))
        ).operation.id
        return self._calls.send(request, operation)

    def _note(self, text: str) -> None:
        if text not in self._ledger.notes:
            self._ledger.notes.append(text)


def _ids(exchange: Exchange) -> Mapping[str, str]:
    """Return the members of an answer that may identify a record."""
    try:
        document: Json = exchange.response.json()
    except (ValueError, RecursionError):
        return {}
    if not isinstance(document, Mapping):
        return {}
    return {
        name: str(value)
        for name, value in document.items()
        if name.lower().endswith(_IDS) and isinstance(value, str | int) and not isinstance(value, bool)
    }
