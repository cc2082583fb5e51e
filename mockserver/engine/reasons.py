"""Word why a whole call is refused, for the log, the journal and `Mock-Reason`: what, where, and the cure.

The vendor's answer shows none of it. Every sentence is made here, from the refusal and its `hint`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import islice

from mockserver.codec.http import parse_content_type
from mockserver.engine.access_reasons import AccessReasons
from mockserver.engine.nearest import OperationDirectory
from mockserver.engine.problem_reasons import describe_problems
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
from mockserver.model import Call, Value
from mockserver.sandbox.store import State
from mockserver.spec.openapi import Operation

MAX_REASON = 500
"""Limit of characters of a reason."""

NO_DIRECTORY = OperationDirectory()
_SHOWN_KEYS = 3
_ORIGIN = re.compile(r"[A-Za-z0-9.:/\[\]_+-]{1,300}")
_SPACES = re.compile(r"\s+")


class ReasonWriter(Value, frozen=True):
    """Words the refusals of one vendor; `directory` has the operations of all vendors."""

    served: LoadedVendor
    directory: OperationDirectory = NO_DIRECTORY
    strict: bool = False

    def explain(self, refusal: Refusal, call: Call, operation: Operation | None, state: State) -> str:
        """Return why the call is refused and what to do, on one line; credentials are redacted."""
        if is_preflight(call.method, call.headers):
            return (
                f"start with --cors {shown_origin(call.headers['origin'])} to let pages of that origin call"
            )
        said = refusal.hint or self._explain(refusal, call, operation, state)
        if operation is None and not isinstance(refusal, (NotFound, MethodNotAllowed)):
            said = f"{said}; also {describe_miss(self.directory, call)}"
        return one_line(said)

    def _explain(self, refusal: Refusal, call: Call, operation: Operation | None, state: State) -> str:
        access = AccessReasons(self.served, self.strict)
        match refusal:
            case Unauthorized():
                said = access.unauthorized(refusal, call, operation, state)
            case Forbidden(reason="scope"):
                said = access.scope(refusal, call, operation)
            case NotFound(what="path"):
                said = describe_miss(self.directory, call)
            case NotFound():
                said = _unknown_record(refusal, state)
            case MethodNotAllowed(allowed=allowed) if allowed:
                said = self._other_methods(allowed, call)
            case InvalidCall() | Rejected():
                said = self._problems(refusal)
            case MalformedBody():
                said = _malformed(refusal, call, operation)
            case _:
                said = _beyond_limits(refusal, call)
        return said or refusal.detail

    def _other_methods(self, allowed: Iterable[str], call: Call) -> str:
        """Return the methods that the path has, and what the spec says of the path."""
        spec = self.served.spec
        operation = spec.find_operation(call.path, call.method)
        about = spec.document["paths"][operation.path].get("description", "") if operation else ""
        said = f"this path has no {call.method}; it has {_either(allowed)}"
        return f"{said}. {about}" if about else said

    def _problems(self, refusal: InvalidCall | Rejected) -> str:
        """Return the first problems; with a missing tenant header, a tenant that the fixtures have."""
        told = describe_problems(refusal.problems)
        header = self.served.tenant_header
        if not header or all(problem.path != ("header", header) for problem in refusal.problems):
            return told
        tenants = [scope.partition("/")[2] for scope in self.served.fixtures]
        works = next(filter(None, tenants), "")
        return f'{told}; "{header}: {works}" works' if works else told


def describe_miss(directory: OperationDirectory, call: Call) -> str:
    """Return which operation is nearest to a call that none answers."""
    own = f"/{call.vendor}"
    prefix = call.mount.removesuffix(own) if call.vendor else call.mount
    mounted = call.mount[len(prefix) :]
    if call.vendor and call.path in ("", "/"):
        return f"no such operation; all are listed at {own}/ui/"
    found = directory.nearest(call.method, mounted + call.path, prefix)
    if found:
        return f"no such operation; nearest is {found}"
    listed = f"{own}/ui/" if call.vendor else "/_mock/vendors"
    return f"no such operation; all are listed at {listed}"


def is_preflight(method: str, headers: Mapping[str, str]) -> bool:
    """Return whether a browser asks if a page of another origin may call (the Fetch standard)."""
    return method == "OPTIONS" and "origin" in headers and "access-control-request-method" in headers


def shown_origin(origin: str) -> str:
    """Return an origin as the value of `--cors`; the word ORIGIN for what no browser sends."""
    return origin if _ORIGIN.fullmatch(origin) else "ORIGIN"


def one_line(text: str) -> str:
    """Return the text on one line without control characters, cut to `MAX_REASON`."""
    flat = _SPACES.sub(" ", text).strip()
    shown = "".join([sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in flat])
    return shown if len(shown) <= MAX_REASON else f"{shown[: MAX_REASON - 1]}…"


def _unknown_record(refusal: NotFound, state: State) -> str:
    """Return that there is no such record, and the keys of some that there are."""
    known = state.collection(refusal.what)
    some = list(islice(known, _SHOWN_KEYS))
    more = f" and {len(known) - len(some):,} more" if len(known) > len(some) else ""
    there = f"which has {', '.join(some)}{more}" if some else "which is empty"
    return f"no record {refusal.key} in {refusal.what}, {there}"


def _malformed(refusal: MalformedBody, call: Call, operation: Operation | None) -> str:
    if not call.body:
        kinds = [body.name for body in operation.bodies] if operation else []
        return f"the body is empty; send {_either(kinds)}" if kinds else "the body is empty"
    media_type, _ = parse_content_type(call.headers)
    return f"the body cannot be read as {media_type or 'its media type'}: {refusal.detail}"


def _beyond_limits(refusal: Refusal, call: Call) -> str:
    """Return which limit or media type the call does not keep; "" for any other refusal."""
    said = ""
    match refusal:
        case UnsupportedMediaType():
            said = _media_type(refusal)
        case NotAcceptable(accept=accept):
            said = f"Accept: {accept} names no media type that can be sent; application/json can"
        case TooLarge(limit=limit):
            length = call.headers.get("content-length", "")
            found = f"{int(length):,} bytes" if length.isdecimal() and int(length) > limit else "more"
            said = f"the body has {found}, at most {limit:,} are allowed; send less, or raise --max-body"
        case TooManyItems(limit=limit, found=count):
            said = f"{count:,} items, at most {limit:,} are allowed; send fewer, or raise --max-items"
        case TooManyRequests(which=which, wait=wait):
            said = describe_quota(which, wait)
    return said


def describe_quota(which: str, wait: int | None) -> str:
    """Return which quota is used up, and for how long."""
    named = f"the quota {which} is used up" if which else "a quota is used up"
    return named if wait is None else f"{named}; wait {wait:,} s by the sandbox clock"


def _media_type(refusal: UnsupportedMediaType) -> str:
    wanted = refusal.supported
    if wanted and all("/" not in one for one in wanted):
        return f"Content-Encoding: {refusal.media_type} cannot be read; {_either(wanted)} can"
    found = f"Content-Type: {refusal.media_type} cannot be read" if refusal.media_type else "no Content-Type"
    return f"{found}; send {_either(wanted)}" if wanted else found


def _either(names: Iterable[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} or {last}" if others else last
