"""Reasons why a whole call is refused, for the log, the journal and `Mock-Reason`: fault, place, cure.

The vendor's answer does not contain the reason. Each reason is written here, from the refusal and its `hint`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import islice

from msgspec.structs import replace

from mockserver.codec import json
from mockserver.codec.http import is_json_type, parse_content_type
from mockserver.codec.instants import parse_instant, print_units
from mockserver.codec.masking import FIELD, HEADER, MASK, MEMBER, Redaction, is_credential
from mockserver.engine.auth import CREDENTIALS, SecurityScheme, find_mistake
from mockserver.engine.nearest import OperationDirectory
from mockserver.engine.registry import LoadedVendor
from mockserver.errors import (
    Forbidden,
    InvalidCall,
    MalformedBody,
    MethodNotAllowed,
    NotAcceptable,
    NotFound,
    Refusal,
    Rejected,
    TooLarge,
    TooManyItems,
    TooManyRequests,
    Unauthorized,
    UnsupportedMediaType,
)
from mockserver.model import EMPTY, Call, Document, Problem, Value
from mockserver.sandbox.store import State
from mockserver.spec.openapi import Operation
from mockserver.spec.patterns import foreign_pattern
from mockserver.vendor import FAULT_RULE

MAX_REASON = 500
"""Maximum number of characters of a reason."""

NO_DIRECTORY = OperationDirectory()
_SHOWN_KEYS = 3
_ORIGIN = re.compile(r"[A-Za-z0-9.:/\[\]_+-]{1,300}")
_SPACES = re.compile(r"\s+")

_SHOWN_PROBLEMS = 2
_SHOWN_VALUES = 5
_MAX_VALUE = 40
_PARAMETER_PLACES = ("path", "query", "header")
_MAX_PATTERN = 24
_UNNAMED_PATTERN = "text of another form"
_SAMPLES: Mapping[str, str] = {
    "2026-01-31": "a date such as 2026-01-31",
    "2026-01-31T09:00:00Z": "an instant such as 2026-01-31T09:00:00Z",
    "10.50": "an amount such as 10.50",
    "3f2504e0-4f89-41d3-9a0c-0305e82c3301": "a UUID",
}
"""For each sample text, the words for a long pattern that matches the sample.

The words are not used if the pattern also matches the sample with letters in place of its digits.
"""

_NO_DIGITS = str.maketrans(dict.fromkeys("0123456789", "z"))
_FORMATS: Mapping[str, str] = {
    "date": "a date such as 2026-01-31",
    "date-time": "an instant such as 2026-01-31T09:00:00Z",
    "uuid": "a UUID",
    "email": "an e-mail address",
}
_TYPES: Mapping[str, str] = {
    "array": "a list",
    "object": "an object",
    "string": "a text",
    "integer": "an integer",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
}
_BOUNDS: Mapping[str, tuple[str, str]] = {
    "maxLength": ("at most", " characters"),
    "minLength": ("at least", " characters"),
    "maxItems": ("at most", " members"),
    "minItems": ("at least", " members"),
    "minimum": ("at least", ""),
    "maximum": ("at most", ""),
}
"""For each rule with a bound, "at least" or "at most", and the unit; the unit of a number is ""."""

_GOOD = "good"
_BASIC, _API_KEY = "basic", "apiKey"
_OTHER_SCHEMES = frozenset({"basic", "bearer", "digest", "negotiate", "ntlm", "oauth"})
"""Scheme names that may be shown. Another word may be a credential that was sent without a scheme."""

_NOT_YET = timedelta(seconds=-1)


class ReasonWriter(Value, frozen=True):
    served: LoadedVendor
    directory: OperationDirectory = NO_DIRECTORY
    strict: bool = False

    def explain(self, refusal: Refusal, call: Call, operation: Operation | None, state: State) -> str:
        """Return the reason and the cure, on one line; credentials are redacted."""
        if is_preflight(call.method, call.headers):
            return (
                f"start with --cors {shown_origin(call.headers['origin'])} to let pages of that origin call"
            )
        reason = refusal.hint or self._explain(refusal, call, operation, state)
        if operation is None and not isinstance(refusal, (NotFound, MethodNotAllowed)):
            reason = f"{reason}; also {describe_miss(self.directory, call)}"
        return one_line(reason)

    def _explain(self, refusal: Refusal, call: Call, operation: Operation | None, state: State) -> str:
        access = AccessReasons(self.served, self.strict)
        match refusal:
            case Unauthorized():
                reason = access.unauthorized(refusal, call, operation, state)
            case Forbidden(reason="scope"):
                reason = access.scope(refusal, call, operation)
            case NotFound(what="path"):
                reason = describe_miss(self.directory, call)
            case NotFound():
                reason = _unknown_record(refusal, state)
            case MethodNotAllowed(allowed=allowed) if allowed:
                reason = self._other_methods(allowed, call)
            case InvalidCall() | Rejected():
                reason = self._problems(refusal, "the body" if call.body else "the call")
            case MalformedBody():
                reason = _malformed(refusal, call, operation)
            case _:
                reason = _beyond_limits(refusal, call)
        return reason or refusal.detail

    def _other_methods(self, allowed: Iterable[str], call: Call) -> str:
        spec = self.served.spec
        operation = spec.find_operation(call.path, call.method)
        about = spec.document["paths"][operation.path].get("description", "") if operation else ""
        sentence = f"this path has no {call.method}; it has {_either(allowed)}"
        return f"{sentence}. {about}" if about else sentence

    def _problems(self, refusal: InvalidCall | Rejected, whole: str) -> str:
        """Return the first problems; if one is in the tenant header, also name a tenant of the fixtures."""
        sentence = describe_problems(refusal.problems, whole, self.served.spec.credential_names)
        header = self.served.tenant_header
        if not header or all(problem.path != ("header", header) for problem in refusal.problems):
            return sentence
        tenants = [scope.partition("/")[2] for scope in self.served.fixtures]
        example = next(filter(None, tenants), "")
        return f'{sentence}; "{header}: {example}" works' if example else sentence


def describe_miss(directory: OperationDirectory, call: Call) -> str:
    """Return a sentence that names the nearest operation, or the address of a list of all operations."""
    own = f"/{call.vendor}"
    prefix = call.mount.removesuffix(own) if call.vendor else call.mount
    mounted = call.mount[len(prefix) :]
    is_root = call.vendor and call.path in ("", "/")
    if not is_root and (nearest := directory.nearest(call.method, mounted + call.path, prefix)):
        return f"no such operation; nearest is {nearest}"
    address = f"{own}/ui/" if call.vendor else "/_mock/vendors"
    return f"no such operation; all are listed at {address}"


def is_preflight(method: str, headers: Mapping[str, str]) -> bool:
    """Return whether the request is a CORS preflight (Fetch standard)."""
    return method == "OPTIONS" and "origin" in headers and "access-control-request-method" in headers


def shown_origin(origin: str) -> str:
    """Return `origin`, as a value of `--cors`; if no browser would send `origin`, return the word ORIGIN."""
    return origin if _ORIGIN.fullmatch(origin) else "ORIGIN"


def one_line(text: str) -> str:
    flat = _SPACES.sub(" ", text).strip()
    shown = flat if flat.isprintable() else "".join(map(_printable, flat))
    return shown if len(shown) <= MAX_REASON else f"{shown[: MAX_REASON - 1]}…"


def _printable(sign: str) -> str:
    return sign if sign.isprintable() else sign.encode("unicode_escape").decode()


def _unknown_record(refusal: NotFound, state: State) -> str:
    """Return a sentence about a missing record and the keys of a few existing records."""
    known = state.collection(refusal.collection)
    shown = list(islice(known, _SHOWN_KEYS))
    more = f" and {len(known) - len(shown):,} more" if len(known) > len(shown) else ""
    there = f"which has {', '.join(shown)}{more}" if shown else "which is empty"
    return f"no record {refusal.key} in {refusal.what}, {there}"


def _malformed(refusal: MalformedBody, call: Call, operation: Operation | None) -> str:
    if not call.body:
        media_types = [body.name for body in operation.bodies] if operation else []
        return f"the body is empty; send {_either(media_types)}" if media_types else "the body is empty"
    media_type, _ = parse_content_type(call.headers)
    reason = f"the body cannot be read as {media_type or 'its media type'}: {refusal.detail}"
    names = [body.name for body in operation.bodies if body.is_json] if operation else []
    is_other = names and call.body.lstrip()[:1] in (b"{", b"[") and not is_json_type(media_type)
    return f"{reason}; if the body is JSON, send Content-Type: {names[0]}" if is_other else reason


def _beyond_limits(refusal: Refusal, call: Call) -> str:
    """Return a sentence about the limit or the media type that caused the refusal; "" for other causes."""
    reason = ""
    match refusal:
        case UnsupportedMediaType():
            reason = _media_type(refusal)
        case NotAcceptable(accept=accept):
            reason = f"Accept: {accept} names no media type that can be sent; application/json can"
        case TooLarge(limit=limit):
            length = call.headers.get("content-length", "")
            size = f"{int(length):,} bytes" if length.isdecimal() and int(length) > limit else "more"
            reason = f"the body has {size}, at most {limit:,} are allowed; send less, or raise --max-body"
        case TooManyItems(limit=limit, found=count):
            reason = f"{count:,} items, at most {limit:,} are allowed; send fewer, or raise --max-items"
        case TooManyRequests(which=which, wait=wait):
            reason = describe_quota(which, wait)
    return reason


def describe_quota(which: str, wait: int | None) -> str:
    named = f"the quota {which} is used up" if which else "a quota is used up"
    return named if wait is None else f"{named}; wait {wait:,} s by the sandbox clock"


def _media_type(refusal: UnsupportedMediaType) -> str:
    supported = refusal.supported
    if supported and all("/" not in one for one in supported):
        return f"Content-Encoding: {refusal.media_type} cannot be read; {_either(supported)} can"
    sentence = (
        f"Content-Type: {refusal.media_type} cannot be read" if refusal.media_type else "no Content-Type"
    )
    return f"{sentence}; send {_either(supported)}" if supported else sentence


def _either(names: Iterable[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} or {last}" if others else last


def describe_problems(
    problems: Sequence[Problem], whole: str = "the body", declared: frozenset[str] = frozenset()
) -> str:
    """Return the first problems and the number of further problems: "/0/id is missing; and 3 more".

    `whole` names the place of a problem without a path; `declared` are the credential names of the spec.
    """
    distinct = {(problem.path, problem.code, problem.rule): problem for problem in problems}
    first = islice(distinct.values(), _SHOWN_PROBLEMS)
    sentences = [describe_problem(problem, whole, declared) for problem in first]
    more = len(distinct) - len(sentences)
    return "; ".join([*sentences, *([f"and {more:,} more"] if more > 0 else [])])


def describe_problem(
    problem: Problem, whole: str = "the body", declared: frozenset[str] = frozenset()
) -> str:
    problem = _without_secret(problem) if is_secret(problem, declared) else problem
    if problem.rule == FAULT_RULE:
        return f"{place_of(problem, whole)}: {Redaction().text(problem.detail or problem.code)}"
    return f"{place_of(problem, whole)} {_complaint(problem)}"


def place_of(problem: Problem, whole: str) -> str:
    """Return the place of a problem: a parameter, or a JSON Pointer into the body."""
    path = problem.path
    if len(path) > 1 and path[0] in _PARAMETER_PLACES:
        kind = "header" if path[0] == "header" else f"{path[0]} parameter"
        return f"{kind} {path[1]}"
    return problem.pointer or whole


def _complaint(problem: Problem) -> str:
    rule = problem.rule
    if rule == "required" and problem.expected:
        return f"has no {problem.expected}, the key of the batch"
    if rule == "required" or problem.code == "missing-required":
        return "is missing"
    if problem.code in ("unknown-member", "unknown-parameter"):
        return "is not expected"
    if rule in _BOUNDS and problem.expected is not None:
        return _bound_complaint(problem)
    expected = _expectation(problem)
    return f"expected {expected}, found {_shown(problem)}" if expected else _own_words(problem)


def _expectation(problem: Problem) -> str:
    """Return in words the type, the values or the format that the rule expects; "" for any other rule."""
    rule, expected = problem.rule, problem.expected
    if rule.startswith("format:"):
        name = rule.partition(":")[2]
        return _FORMATS.get(name, f"the format {name}")
    if rule == "pattern" and isinstance(expected, str):
        return _pattern_in_words(expected)
    if not isinstance(expected, (list, tuple)):
        return ""
    if rule == "type":
        return " or ".join(_TYPES.get(str(kind), str(kind)) for kind in expected)
    if rule != "enum":
        return ""
    listed = ", ".join(json.encode(one).decode() for one in expected[:_SHOWN_VALUES])
    return f"one of {listed}{', …' if len(expected) > _SHOWN_VALUES else ''}"


def _pattern_in_words(pattern: str) -> str:
    if len(pattern) <= _MAX_PATTERN:
        return f"text like {pattern}"
    known = foreign_pattern(pattern)
    fitting = (
        words
        for text, words in _SAMPLES.items()
        if known and known.search(text) and not known.may_match(text.translate(_NO_DIGITS))
    )
    return next(fitting, _UNNAMED_PATTERN)


def _own_words(problem: Problem) -> str:
    """Return the problem's own detail, or its code if the member holds credentials."""
    if not problem.detail:
        return f"is refused ({problem.code})"
    return f"is refused: {Redaction().text(problem.detail)}"


def _bound_complaint(problem: Problem) -> str:
    (side, counted), found = _BOUNDS[problem.rule], problem.found
    requirement = f"must {'have' if counted else 'be'} {side} {problem.expected}{counted}"
    if not counted:
        return f"{requirement}, found {_shown(problem)}"
    return f"{requirement}, found {len(found):,}" if isinstance(found, (str, list, dict)) else requirement


def _shown(problem: Problem) -> str:
    """Return the start of the actual value; name an object or list by its kind."""
    found = problem.found
    if isinstance(found, dict):
        return "an object"
    if isinstance(found, (list, tuple)):
        return "a list"
    if isinstance(found, str):
        found = found[: _MAX_VALUE + 1].encode("utf-8", "backslashreplace").decode()
    text = json.encode(found).decode()
    return text if len(text) <= _MAX_VALUE else f"{text[: _MAX_VALUE - 1]}…"


def is_secret(problem: Problem, declared: frozenset[str]) -> bool:
    names = [str(step) for step in problem.path if not isinstance(step, int)]
    if not names:
        return False
    is_field = names[0] == FIELD or names[-1].lower() == "code"  # perhaps that of a grant
    place = HEADER if names[0] == HEADER else FIELD if is_field else MEMBER
    return is_credential(names[-1], place, declared)


def _without_secret(problem: Problem) -> Problem:
    is_counted = isinstance(problem.found, str) and problem.rule in _BOUNDS
    return replace(problem, detail="", found=problem.found if is_counted or problem.found is None else MASK)


class AccessReasons(Value, frozen=True):
    """Reasons of 401 and 403 for one vendor.

    A reason shows a fixture credential (of a login, the user name), or two letters of any other credential.
    """

    served: LoadedVendor
    strict: bool = False
    """Whether only credentials that the sandbox knows are accepted."""

    def unauthorized(
        self, refusal: Unauthorized, call: Call, operation: Operation | None, state: State
    ) -> str:
        scheme = self._scheme(refusal.scheme, operation)
        if scheme is None:
            return refusal.detail
        if scheme.node["type"] != _API_KEY:
            scheme = self._tried(call, operation) or scheme
        text = scheme.credential(call)
        if text is None:
            return f"{self._missing(scheme, call, operation)}; {self._cure(scheme, operation)}"
        known = state.collection(CREDENTIALS, "").get(text) or EMPTY
        if not known and (mistake := find_mistake(text)):
            reason = f"the {_noun(scheme)} {mistake}"
        else:
            reason = self._complaint(refusal, self._name_of(text), known, scheme, state)
        return f"{reason}; {self._cure(scheme, operation, refused=text)}"

    def scope(self, refusal: Forbidden, call: Call, operation: Operation | None) -> str:
        scheme, text = next(self._sent(call, operation), (None, ""))
        name = self._name_of(text) if text else call.principal.name
        if call.principal.facts.get("kind") == "read-only":
            reason = f"{name} may only read"
        else:
            held = " ".join(sorted(call.principal.scopes or ())) or "none"
            reason = f"{name} lacks the scope {refusal.detail} (it has {held})"
        return reason if scheme is None else f"{reason}; {self._cure(scheme, operation, refused=text)}"

    def _complaint(
        self, refusal: Unauthorized, name: str, known: Document, scheme: SecurityScheme, state: State
    ) -> str:
        if known.get("scheme", scheme.name) != scheme.name:
            return f"{name} is a credential for {known['scheme']}, not for {scheme.name}"
        gone = state.now - parse_instant(known["expires"]) if "expires" in known else _NOT_YET
        if gone >= timedelta():
            return f"{name} expired {print_units(int(gone.total_seconds()))} ago by the sandbox clock"
        reason = known.get("kind", refusal.reason)
        if reason in ("expired", "revoked"):
            return f"{name} is {reason}"
        if scheme.node.get("scheme") == _BASIC and name in map(_without_password, self._fixtures()):
            return f"this is not the password of {name}"
        return f"{name} is not {'known here' if self.strict else 'accepted'}"

    def _missing(self, scheme: SecurityScheme, call: Call, operation: Operation | None) -> str:
        kind = call.headers.get("authorization", "").partition(" ")[0]
        if scheme.node["type"] == _API_KEY or not kind:
            return "no credentials" if scheme.node["type"] != _API_KEY else f"no {self._form(scheme)}"
        word = _scheme_word(scheme)
        if kind.lower() != word.lower():
            shown = f"the scheme {kind}" if kind.lower() in _OTHER_SCHEMES else "no known scheme"
            words = dict.fromkeys([word, *map(_scheme_word, self._authorizations(operation))])
            return f"Authorization has {shown}, {' or '.join(words)} is required"
        return f"Authorization: {word} is not followed by one credential of that form"

    def _cure(self, scheme: SecurityScheme, operation: Operation | None, refused: str = "") -> str:
        good = next(self._good(scheme, operation), "")
        mode = "strict" if self.strict else "lenient"
        if good and (refused or self.strict):
            secret = " with its password" if scheme.node.get("scheme") == _BASIC else ""
            return f"{good}{secret} works (auth {mode})"
        if self.strict:
            return "only credentials that the sandbox knows work (auth strict)"
        other = "other " if refused else ""
        return f"any {other}{self._form(scheme)} works (auth lenient)"

    def _good(self, scheme: SecurityScheme, operation: Operation | None) -> Iterator[str]:
        """Yield the fixtures' credentials that may use the operation. Of a login, yield the user name."""
        scopes_needed = operation.scopes if operation else frozenset()
        for text, facts in self._fixtures().items():
            scopes = facts.get("scopes")
            if (
                facts.get("scheme", scheme.name) == scheme.name
                and facts.get("kind", _GOOD) == _GOOD
                and "expires" not in facts
                and (scopes is None or not scopes_needed or scopes_needed & set(scopes))
            ):
                yield _without_password(text)

    def _name_of(self, text: str) -> str:
        """Return the credential, or the user name of a login, if the fixtures have it; else two letters."""
        user, known = _without_password(text), self._fixtures()
        is_user = user != text and user in map(_without_password, known)
        return user if text in known or is_user else Redaction().credential(user)

    def _fixtures(self) -> Document:
        return self.served.fixtures.get(f"{self.served.name}/", EMPTY).get(CREDENTIALS, EMPTY)

    def _scheme(self, name: str, operation: Operation | None) -> SecurityScheme | None:
        if name:
            return self.served.schemes.get(name)
        names = operation.security[0] if operation and operation.security else ()
        return next((self.served.schemes[one] for one in names), None)

    def _tried(self, call: Call, operation: Operation | None) -> SecurityScheme | None:
        kind = call.headers.get("authorization", "").partition(" ")[0].lower()
        authorizations = (
            authorization
            for authorization in self._authorizations(operation)
            if _scheme_word(authorization).lower() == kind
        )
        return next(authorizations, None)

    def _authorizations(self, operation: Operation | None) -> list[SecurityScheme]:
        names = (name for alternative in (operation.security if operation else ()) for name in alternative)
        schemes = (self.served.schemes[name] for name in names)
        return [scheme for scheme in schemes if scheme.node["type"] != _API_KEY]

    def _sent(self, call: Call, operation: Operation | None) -> Iterator[tuple[SecurityScheme, str]]:
        """Yield the call's credentials for the operation's schemes; of each alternative, in reverse order."""
        for alternative in operation.security if operation else ():
            for name in reversed(alternative):
                if text := self.served.schemes[name].credential(call):
                    yield self.served.schemes[name], text

    def _form(self, scheme: SecurityScheme) -> str:
        if scheme.node["type"] != _API_KEY:
            return f'"Authorization: {_scheme_word(scheme)} ..."'
        place = "query parameter" if scheme.node["in"] == "query" else "header"
        return f"{scheme.node['name']} {place}"


def _scheme_word(scheme: SecurityScheme) -> str:
    return str(scheme.node.get("scheme", "bearer")).capitalize()


def _noun(scheme: SecurityScheme) -> str:
    if scheme.node["type"] == _API_KEY:
        return "key"
    return "user or password" if scheme.node.get("scheme") == _BASIC else "token"


def _without_password(text: str) -> str:
    return text.partition(":")[0]
