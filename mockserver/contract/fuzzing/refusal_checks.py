"""Check that calls without valid credentials, and bodies that cannot be decoded, are refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeAlias
from urllib.parse import parse_qsl, urlencode

from mockserver.contract.exchange import Exchange, Request
from mockserver.contract.finding import Check, Finding
from mockserver.contract.fuzzing.counted_calls import CountedCalls
from mockserver.contract.fuzzing.refusal_status_checks import UNKNOWN_MEDIA_TYPE, RefusalStatusChecks
from mockserver.contract.ledger import FindingLedger
from mockserver.contract.safety import HEALTH_PATH, JOURNAL
from mockserver.contract.target import Target
from mockserver.model import Document
from mockserver.spec.openapi import resolve

AUTH_CHECK = Check(
    "ignored-auth",
    "calls without credentials are rejected",
    "operations",
    "the spec says that a call needs them",
)

CredentialPlace: TypeAlias = tuple[str, str]
"""Place of a scheme's credential: `header`, `query` or `cookie`, and its name."""

_AUTHORIZATION: CredentialPlace = ("header", "authorization")
_INVALID_CREDENTIAL = "made-up-by-the-contract-suite"
_SUCCESS = range(200, 300)
_DENIED = (401, 403)
_REDIRECTS = range(300, 400)


class AuthChecks:
    """Tries every operation once without credentials, after a call with them was answered well.

    A server of ours may have been started to take any credential; there wrong ones are not tried.
    """

    def __init__(
        self,
        document: Document,
        target: Target,
        ledger: FindingLedger,
        statuses: RefusalStatusChecks | None = None,
    ) -> None:
        self._document = document
        self._statuses = statuses
        self._target = target
        self._ledger = ledger
        self._calls = CountedCalls(target, ledger)
        self._tried: set[str] = set()
        self._takes_any: bool | None = None

    def check(self, operation: str, raw: Mapping[str, Any], exchange: Exchange) -> tuple[Finding, ...]:
        """Return what gets in that must not, by the example of a call; `raw` is the operation in its spec.

        Raises:
            TargetUnreachableError: nobody answers.
        """
        alternatives: Sequence[Mapping[str, Any]] = raw.get("security", self._document.get("security", ()))
        if (
            operation in self._tried
            or exchange.response.status not in _SUCCESS
            or not all(alternatives or [{}])
        ):
            return ()
        places = {name: self._place(name) for alternative in alternatives for name in alternative}
        address = self._target.address
        sent_always = {*address.headers, *address.given}
        if any(name in sent_always for kind, name in places.values() if kind == "header"):
            return ()  # they go with every call
        self._ledger.count_check(operation, AUTH_CHECK.id)
        if not any(_has(exchange.request, place) for place in places.values()):
            return (_is_let_in(operation, "without any", exchange),)
        self._tried.add(operation)
        if self._takes_any is None:
            self._takes_any = self._is_lenient(exchange)
        return tuple(self._intruders(operation, set(places.values()), exchange))

    def _intruders(self, operation: str, places: set[CredentialPlace], good: Exchange) -> Iterator[Finding]:
        bare = good.request
        for place in places:
            bare = _without(bare, place)
        came = self._calls.send(bare, operation)
        if not _is_closed(came):
            yield _is_let_in(operation, "without any", good, came)
        elif self._statuses:
            yield from self._statuses.misfits(operation, "no credentials", good, came)
        for kind, name in sorted(places):
            if self._takes_any or not _has(good.request, (kind, name)) or kind != "header":
                continue
            scheme = good.request.headers[name].partition(" ")[0]
            wrong = (
                f"{scheme} {_INVALID_CREDENTIAL}" if (kind, name) == _AUTHORIZATION else _INVALID_CREDENTIAL
            )
            came = self._calls.send(_with(good.request, name, wrong), operation)
            if not _is_closed(came):
                yield _is_let_in(operation, f"with a made-up {name}", good, came)
            elif self._statuses:
                yield from self._statuses.misfits(operation, "unknown credentials", good, came, name)

    def _is_lenient(self, good: Exchange) -> bool:
        """Return whether the server is a mock server that does not report strict credentials."""
        if JOURNAL not in good.response.headers and not self._target.identity().is_ours:
            return False
        health = self._target.at_control_plane(Request("GET", HEALTH_PATH)).response
        return b'"strict"' not in health.body

    def _place(self, scheme: str) -> CredentialPlace:
        node = resolve(self._document, self._document["components"]["securitySchemes"][scheme])
        return (node["in"], node["name"].lower()) if node.get("type") == "apiKey" else _AUTHORIZATION


def _has(request: Request, place: CredentialPlace) -> bool:
    kind, name = place
    if kind == "header":
        return name in request.headers
    if kind == "cookie":
        return f"{name}=" in request.headers.get("cookie", "").lower()
    return any(key.lower() == name for key, _ in parse_qsl(request.path.partition("?")[2]))


def _without(request: Request, place: CredentialPlace) -> Request:
    kind, name = place
    if kind == "query":
        path, _, query = request.path.partition("?")
        kept = [(key, text) for key, text in parse_qsl(query, keep_blank_values=True) if key.lower() != name]
        return replace(request, path=f"{path}?{urlencode(kept)}" if kept else path)
    gone = name if kind == "header" else "cookie"
    return replace(request, headers={key: text for key, text in request.headers.items() if key != gone})


def _with(request: Request, header: str, text: str) -> Request:
    return replace(request, headers={**request.headers, header: text})


def _is_closed(exchange: Exchange) -> bool:
    """Return whether the caller is not let in; a redirect leads to where one logs in."""
    return exchange.response.status in _DENIED or exchange.response.status in _REDIRECTS


def _is_let_in(operation: str, how: str, *shown: Exchange) -> Finding:
    status = shown[-1].response.status
    said = f"the spec asks for credentials; called {how} it answers {status}"
    return Finding(
        AUTH_CHECK.id, operation, said, expected="401 or 403", came=str(status), exchanges=tuple(shown)
    )


CheckExchange: TypeAlias = Callable[[Exchange, FindingLedger], tuple[Finding, ...]]

_INVALID_UTF8 = b"\xff\xfe\xfd"


class MalformedBodyChecks:
    """Tries every operation and media type once, after a body was taken."""

    def __init__(
        self,
        target: Target,
        ledger: FindingLedger,
        check_exchange: CheckExchange,
        statuses: RefusalStatusChecks | None = None,
    ) -> None:
        self._statuses = statuses
        self._ledger = ledger
        self._calls = CountedCalls(target, ledger)
        self._check_exchange = check_exchange
        self._tried: set[tuple[str, str]] = set()

    def check(self, operation: str, exchange: Exchange) -> tuple[Finding, ...]:
        """Return what is found of such bodies, by the example of a call.

        Raises:
            TargetUnreachableError: nobody answers.
        """
        request = exchange.request
        name = (operation, request.media_type)
        if not request.body or exchange.response.status not in _SUCCESS or name in self._tried:
            return ()
        self._tried.add(name)
        return tuple(found for one in _malformed(request) for found in self._found(one, operation, exchange))

    def _found(self, request: Request, operation: str, good: Exchange) -> tuple[Finding, ...]:
        exchange = self._calls.send(request, operation)
        found = self._check_exchange(exchange, self._ledger)
        if self._statuses and request.media_type == UNKNOWN_MEDIA_TYPE:
            found += tuple(self._statuses.misfits(operation, "media type", good, exchange))
        return found


def _malformed(good: Request) -> Iterator[Request]:
    yield replace(good, body=good.body[: len(good.body) // 2])
    yield replace(good, body=good.body[:1] + _INVALID_UTF8 + good.body[1:])
    yield replace(good, headers={**good.headers, "content-type": UNKNOWN_MEDIA_TYPE})
