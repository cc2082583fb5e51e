"""Checks that bad calls are refused: credentials, undecodable bodies, statuses.

Each call is a successful call, made bad in one way. A status is demanded only if the spec
declares this status. A vendor's unusual statuses are in its profile (`RefusalRule`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TypeAlias
from urllib.parse import parse_qsl, unquote, urlencode

from msgspec.structs import replace

from mockserver.contract.credentials import headers_for
from mockserver.contract.exchange import Exchange, Finding, Request
from mockserver.contract.oracle.expectations import find_operation
from mockserver.contract.oracle.schemas import compile_schema, unfold
from mockserver.contract.profile import Situation
from mockserver.contract.safety import HEALTH_PATH, JOURNAL
from mockserver.contract.trial import Trial
from mockserver.errors import MethodNotAllowed, NotFound
from mockserver.model import Document
from mockserver.spec.openapi import Operation, Spec, filled_path, parameter_names, resolve

AUTH_CHECK = "ignored-auth"

CredentialPlace: TypeAlias = tuple[str, str]
"""Place of a scheme's credential: `header`, `query` or `cookie`, and the name in lower case."""

_AUTHORIZATION: CredentialPlace = ("header", "authorization")
_INVALID_CREDENTIAL = "made-up-by-the-contract-suite"
_DENIED = (401, 403)
_REDIRECTS = range(300, 400)

_INVALID_UTF8 = b"\xff\xfe\xfd"
STATUS_CHECK = "refusal-fits-its-reason"
METHOD_CHECK = "unsupported-method"
_USUAL: Mapping[Situation, tuple[int, str]] = {
    "no credentials": (401, "a call without credentials"),
    "unknown credentials": (401, "a call with credentials that nobody knows"),
    "no right": (403, "a call with known credentials that have no right to do this"),
    "unknown record": (404, "a call for a record that is not there"),
    "wrong method": (405, "a method that the path does not have"),
    "media type": (415, "a body of a media type that is not taken"),
    "accept": (406, "a call that accepts none of the media types that there are"),
}
_RIVALS: Mapping[Situation, tuple[int, ...]] = {
    "no credentials": (401, 403),
    "unknown credentials": (401, 403),
    "no right": (401, 403),
}
"""A situation is judged only if the spec declares all statuses listed for it. For a situation without an
entry, the spec must declare the usual status and a second refusal."""

_REFUSALS = range(400, 500)
_LIMITED = 429
UNKNOWN_MEDIA_TYPE = "application/x-unheard-of"
_SEVERAL = 2
_METHODS = ("PATCH", "PUT", "DELETE", "POST")


class AuthChecks:
    """Checks that repeat a successful call of each operation: without credentials, with wrong credentials.

    Wrong credentials are not tried at a mock server that accepts them.
    """

    def __init__(self, trial: Trial, statuses: RefusalStatusChecks | None = None) -> None:
        self._statuses = statuses
        self._trial = trial
        self._tried: set[str] = set()
        self._takes_any: bool | None = None

    def check(self, operation: str, exchange: Exchange) -> tuple[Finding, ...]:
        """Return findings for calls with missing or wrong credentials that get no 401, 403 or 3xx."""
        alternatives = [
            [name for name in alternative if self._node(name).get("type") != "mutualTLS"]
            for alternative in self._trial.api.spec.operations[operation].security
        ]
        if operation in self._tried or not exchange.response.is_done or not all(alternatives or [[]]):
            return ()
        places = {name: self._place(name) for alternative in alternatives for name in alternative}
        address = self._trial.target.address
        sent_always = {*address.headers, *address.given}
        if any(name in sent_always for kind, name in places.values() if kind == "header"):
            return ()  # the target sends credentials with every call
        self._trial.count_check(operation, AUTH_CHECK)
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
        answer = self._trial.send_as(bare, operation)
        if not _is_closed(answer):
            yield _is_let_in(operation, "without any", good, answer)
        elif self._statuses:
            yield from self._statuses.misfits(operation, "no credentials", good, answer)
        for kind, name in sorted(places):
            if self._takes_any or not _has(good.request, (kind, name)) or kind != "header":
                continue
            scheme = good.request.headers[name].partition(" ")[0]
            wrong = (
                f"{scheme} {_INVALID_CREDENTIAL}" if (kind, name) == _AUTHORIZATION else _INVALID_CREDENTIAL
            )
            answer = self._trial.send_as(
                replace(good.request, headers={**good.request.headers, name: wrong}), operation
            )
            if not _is_closed(answer):
                yield _is_let_in(operation, f"with a made-up {name}", good, answer)
            elif self._statuses:
                yield from self._statuses.misfits(operation, "unknown credentials", good, answer, name)

    def _is_lenient(self, good: Exchange) -> bool:
        """Return whether the server is a mock server that accepts wrong credentials."""
        if JOURNAL not in good.response.headers and not self._trial.target.identity().is_ours:
            return False
        health = self._trial.target.at_control_plane(Request("GET", HEALTH_PATH)).response
        return b'"strict"' not in health.body

    def _node(self, scheme: str) -> Document:
        document = self._trial.api.spec.document
        found: Document = resolve(document, document["components"]["securitySchemes"][scheme])
        return found

    def _place(self, scheme: str) -> CredentialPlace:
        node = self._node(scheme)
        return (node["in"], node["name"].lower()) if node.get("type") == "apiKey" else _AUTHORIZATION


def _has(request: Request, place: CredentialPlace) -> bool:
    kind, name = place
    if kind == "header":
        return name in request.headers
    if kind == "cookie":
        return f"{name}=" in request.headers.get("cookie", "").lower()
    return any(key.lower() == name for key, _ in parse_qsl(request.query))


def _without(request: Request, place: CredentialPlace) -> Request:
    kind, name = place
    if kind == "query":
        asked = parse_qsl(request.query, keep_blank_values=True)
        kept = urlencode([(key, text) for key, text in asked if key.lower() != name])
        return replace(request, path=f"{request.plain_path}?{kept}" if kept else request.plain_path)
    gone = name if kind == "header" else "cookie"
    return replace(request, headers={key: text for key, text in request.headers.items() if key != gone})


def _is_closed(exchange: Exchange) -> bool:
    """Return whether the caller is refused; a redirect (to a login) counts as a refusal."""
    return exchange.response.status in _DENIED or exchange.response.status in _REDIRECTS


def _is_let_in(operation: str, how: str, *shown: Exchange) -> Finding:
    status = shown[-1].response.status
    message = f"the spec asks for credentials; called {how} it answers {status}"
    return Finding(AUTH_CHECK, operation, message, "", "401 or 403", str(status), shown)


class MalformedBodyChecks:
    def __init__(self, trial: Trial, statuses: RefusalStatusChecks | None = None) -> None:
        self._statuses = statuses
        self._trial = trial
        self._tried: set[tuple[str, str]] = set()

    def check(self, operation: str, exchange: Exchange) -> tuple[Finding, ...]:
        request = exchange.request
        name = (operation, request.media_type)
        if not request.body or not exchange.response.is_done or name in self._tried:
            return ()
        self._tried.add(name)
        return tuple(found for one in _malformed(request) for found in self._found(one, operation, exchange))

    def _found(self, request: Request, operation: str, good: Exchange) -> tuple[Finding, ...]:
        exchange = self._trial.send_as(request, operation)
        found = self._trial.judge_exchange(exchange, self._trial.ledger)
        if self._statuses and request.media_type == UNKNOWN_MEDIA_TYPE:
            found += tuple(self._statuses.misfits(operation, "media type", good, exchange))
        return found


def _malformed(good: Request) -> Iterator[Request]:
    yield replace(good, body=good.body[: len(good.body) // 2])
    yield replace(good, body=good.body[:1] + _INVALID_UTF8 + good.body[1:])
    yield replace(good, headers={**good.headers, "content-type": UNKNOWN_MEDIA_TYPE})


class RefusalStatusChecks:
    def __init__(self, trial: Trial) -> None:
        self._api = trial.api
        self._trial = trial
        self._tried: set[str] = set()

    def check(self, operation: str, good: Exchange) -> tuple[Finding, ...]:
        """Return a finding each for the first refusal with a wrong status and the first wrong `Allow`."""
        is_good = good.response.is_done and good.operation == operation
        is_wanted = self._trial.run_config.wants_any((STATUS_CHECK, METHOD_CHECK))
        if not is_wanted or not is_good or operation in self._tried:
            return ()
        self._tried.add(operation)
        by_method = list(self._wrong_method(good))
        tried = [*self._unknown_record(operation, good), *self._accepts_nothing(operation, good)]
        tried += [*self._no_right(operation, good), *(("wrong method", one) for one in by_method[:1])]
        found = [
            misfit
            for situation, answer in tried
            for misfit in self.misfits(operation, situation, good, answer)
        ]
        allowed = [misfit for answer in by_method for misfit in self._allowed(operation, good, answer)]
        return (*found[:1], *allowed[:1])

    def misfits(
        self, operation: str, situation: Situation, good: Exchange, answer: Exchange, header: str = ""
    ) -> Iterator[Finding]:
        """Yield a finding if `answer` has a wrong status, unless the spec leaves `situation` open."""
        usual, what = _USUAL[situation]
        status = answer.response.status
        rivals = _RIVALS.get(situation)
        declared = self._declared(operation)
        is_open = set(rivals) <= declared if rivals else usual in declared and len(declared) >= _SEVERAL
        expected = self._expected(operation, situation, header) or (usual,)
        is_let_in = situation == "no right" and answer.response.is_done
        is_judged = is_let_in or (is_open and status in _REFUSALS and status != _LIMITED)
        if not self._trial.run_config.wants(STATUS_CHECK) or not is_judged:
            return
        self._trial.count_check(operation, STATUS_CHECK)
        if status not in expected:
            wanted = " or ".join(map(str, expected))
            message = f"{what} is answered {status}; the spec has {wanted} for that"
            yield Finding(STATUS_CHECK, operation, message, "", wanted, str(status), (good, answer))

    def _declared(self, operation: str) -> set[int]:
        names = self._api.spec.operations[operation].responses
        return {int(name) for name in names if name.isdigit() and int(name) in _REFUSALS}

    def _expected(self, operation: str, situation: Situation, header: str) -> tuple[int, ...]:
        rules = (
            refusal
            for refusal in self._api.profile.refusals
            if refusal.situation == situation
            and (not refusal.operations or operation in refusal.operations)
            and (not refusal.header or refusal.header.lower() == header)
        )
        return next((rule.statuses for rule in rules), ())

    def _unknown_record(self, operation: str, good: Exchange) -> Iterator[tuple[Situation, Exchange]]:
        """Repeat a good call that has no body, with a last path parameter that names no record."""
        request = good.request
        if request.body or 404 not in self._declared(operation):  # noqa: PLR2004 - a status
            return
        path, mark, query = request.path.partition("?")
        try:
            match = find_operation(self._api.spec, request.method, unquote(path))
        except (NotFound, MethodNotAllowed):
            return
        other = _unknown_path(self._api.spec.document, match.operation, match.values)
        if other:
            yield (
                "unknown record",
                self._trial.send_as(replace(request, path=f"{other}{mark}{query}"), operation),
            )

    def _wrong_method(self, good: Exchange) -> Iterator[Exchange]:
        """Send a method that the path does not have, and then OPTIONS."""
        path = unquote(good.request.plain_path)
        headers = {name: text for name, text in good.request.headers.items() if name != "content-type"}
        method = next((one for one in _METHODS if _is_wrong(self._api.spec, one, path)), "")
        for one in (method, "OPTIONS") if method else ():
            yield self._trial.send_as(replace(good.request, method=one, headers=headers, body=b""))

    def _allowed(self, operation: str, good: Exchange, answer: Exchange) -> Iterator[Finding]:
        """Compare the header `Allow` of `answer` with the methods that the path has in the spec.

        `Allow` must name no other methods. If `answer` is successful, `Allow` must also name the method of
        `good`. (A 405 may come from one of several routes of the path.)
        """
        if not self._trial.run_config.wants(METHOD_CHECK) or "allow" not in answer.response.headers:
            return
        text = answer.response.headers["allow"]
        named = {method.strip().upper() for method in text.split(",")}
        path = unquote(good.request.plain_path)
        strange = [one for one in ("GET", *_METHODS) if one in named and _is_wrong(self._api.spec, one, path)]
        self._trial.count_check(operation, METHOD_CHECK)
        is_lacking = answer.response.is_done and good.request.method not in named
        if strange or is_lacking:
            what = f"names {', '.join(strange)}, which the spec does not have there"
            if not strange:
                what = f"lacks {good.request.method}, which was answered {good.response.status}"
            message = f"{answer.request.method} {path} is answered with Allow: {text}; that {what}"
            yield Finding(METHOD_CHECK, operation, message, "allow", "", text, (good, answer))

    def _accepts_nothing(self, operation: str, good: Exchange) -> Iterator[tuple[Situation, Exchange]]:
        if good.request.method == "GET" and 406 in self._declared(operation):  # noqa: PLR2004 - a status
            headers = {**good.request.headers, "accept": UNKNOWN_MEDIA_TYPE}
            yield "accept", self._trial.send_as(replace(good.request, headers=headers), operation)

    def _no_right(self, operation: str, good: Exchange) -> Iterator[tuple[Situation, Exchange]]:
        """Send the good call with limited credentials of the fixtures, to mock servers only."""
        if JOURNAL not in good.response.headers:
            return
        for one in self._api.profile.limited:
            headers = headers_for(self._api, operation, {**self._api.profile.credentials, **one.given})
            if operation in one.operations and headers:
                request = replace(good.request, headers={**good.request.headers, **headers})
                yield "no right", self._trial.send_as(request, operation)


def _is_wrong(spec: Spec, method: str, path: str) -> bool:
    try:
        spec.match(method, spec.canonical_path(path))
    except MethodNotAllowed:
        return True
    except NotFound:
        return False
    return False


def _unknown_path(document: Document, operation: Operation, values: Mapping[str, str]) -> str:
    """Return a path whose last parameter fits its schema but names no record, "" if none is possible."""
    names = parameter_names(operation.path)
    schema = next(
        (parameter.schema for parameter in operation.parameters if names and parameter.name == names[-1]),
        None,
    )
    if schema is None or not operation.path.endswith(f"{{{names[-1]}}}"):
        return ""
    schema = unfold(document, schema)
    if "enum" in schema:
        return ""
    known = values[names[-1]]
    digits = re.sub(r"\d", lambda digit: str((int(digit[0]) + 5) % 10 or 5), known)
    unknown = digits if digits != known else f"{known}7"
    number = schema.get("type") in {"integer", "number"}
    if compile_schema(schema).broken(int(unknown) if number and unknown.isdigit() else unknown):
        return ""
    texts = {**values, names[-1]: unknown}
    return filled_path(operation.path, texts, safe=":")
