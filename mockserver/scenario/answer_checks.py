"""Rules that the schema lets pass and whose answer could never be what they say."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from mockserver.model import Document, Json
from mockserver.scenario.header_words import wrong_names, wrong_value, wrong_values
from mockserver.scenario.predicates import EVERY, BadPredicate, steps
from mockserver.scenario.rule_checks import SILENT
from mockserver.scenario.structure import Finding

_OF_TYPE: Mapping[str, tuple[str, ...]] = {
    "fixed": ("value",),
    "uniform": ("lower", "upper"),
    "lognormal": ("median", "sigma"),
}
_LONGEST: Mapping[str, str] = {"fixed": "value", "uniform": "upper", "lognormal": "median"}
_OF_TRANSPORT: Mapping[str, str] = {
    "content-length": "fault: WRONG_LENGTH",
    "transfer-encoding": "fault: MALFORMED_RESPONSE_CHUNK",
    "connection": "fault: CLOSE_IDLE",
}
_AHEAD = re.compile(r"date[+-][0-9]{1,6}")
_SENT = ("status", "headers", "body", "example", "retryAfter")
_BODILESS = frozenset({204, 205, 304})
_CHANGES_TO: Mapping[str, bool] = {"add": True, "rename": True, "value": True, "widen": False, "null": False}
"""Whether a change needs `to`, or cannot have it."""


def of_delay(delay: Json) -> Iterator[Finding]:
    """Parameters of another type of delay, missing ones, and delays that are none."""
    kind = delay["type"]
    own = _OF_TYPE[kind]
    for name in delay:
        if name not in (*own, "type") and (name, kind) != ("max", "lognormal"):
            owner = next((other for other, names in _OF_TYPE.items() if name in names), "lognormal")
            detail = f"a {kind} delay has no {name}; that is of a {owner} one"
            yield Finding((name,), "contradiction", detail, f"take it out, or write type: {owner}")
    missing = [name for name in own if name not in delay]
    for name in missing:
        yield Finding((), "missing-key", f'the key "{name}" of a {kind} delay is missing', f'add "{name}"')
    if missing:
        return
    if kind == "uniform" and delay["lower"] > delay["upper"]:
        detail = f"lower {delay['lower']:,} is above upper {delay['upper']:,}"
        yield Finding(("lower",), "contradiction", detail, "change places with upper")
    elif delay[_LONGEST[kind]] == 0 or delay.get("max") == 0:
        yield Finding((), "no-effect", "a delay of 0 ms is none", "write more, or take it out")


def of_response(response: Json) -> Iterator[Finding]:
    """Answers of which nothing would arrive, and parts of one that exclude each other."""
    yield from _against_fault(response)
    if "body" in response and "example" in response:
        detail = "body and example are both the answer's body"
        yield Finding(("example",), "contradiction", detail, "take one of them out")
    if "body" in response and response.get("status") in _BODILESS:
        detail = f"an answer of status {response['status']} has no body (RFC 9110)"
        yield Finding(("body",), "contradiction", detail, "take it out, or use another status")
    if response.get("truncateBodyAtFraction") == 1 and len(response) == 1:
        detail = "the whole body is sent anyway"
        yield Finding(("truncateBodyAtFraction",), "no-effect", detail, "write less than 1")
    yield from _against_headers(response)


def _against_fault(response: Document) -> Iterator[Finding]:
    fault = response.get("fault")
    useless: tuple[str, ...]
    if fault in SILENT:
        useless, why = (*_SENT, "dribble", "truncateBodyAtFraction"), "sends nothing of an answer"
    elif fault == "CONNECTION_RESET_BY_PEER" and "truncateBodyAtFraction" not in response:
        useless, why = (*_SENT, "dribble"), "comes before anything is sent"
    elif fault == "CLOSE_IDLE":
        useless, why = ("truncateBodyAtFraction",), "comes after a whole answer"
    elif fault == "MALFORMED_RESPONSE_CHUNK":
        useless, why = ("body", "example", "dribble", "truncateBodyAtFraction"), "sends no body"
    else:
        return
    cure = "take it out, or use another fault"
    if fault == "CONNECTION_RESET_BY_PEER":
        cure = "add truncateBodyAtFraction: 0.5 to reset after the head, or take it out"
    for name in useless:
        if name in response:
            detail = f"{name} would not be seen: {fault} {why}"
            yield Finding((name,), "contradiction", detail, cure)


def _against_headers(response: Document) -> Iterator[Finding]:
    yield from wrong_names(response, "headers")
    yield from wrong_values(response, "headers")
    twice = {"retry-after": "retryAfter" in response, "content-type": "body" in response}
    for name in response.get("headers", ()):
        if instead := _OF_TRANSPORT.get(name.lower()):
            detail = f"{name} belongs to the transport, which sets it"
            yield Finding(("headers", name), "contradiction", detail, f"use {instead}")
        if twice.get(name.lower()):
            other = "retryAfter" if name.lower() == "retry-after" else "body.mediaType"
            detail = f"{name} is said by {other} too"
            yield Finding(("headers", name), "contradiction", detail, "take one of them out")
    if "body" in response:
        yield from wrong_value(response["body"]["mediaType"], ("body", "mediaType"))
    said = response.get("retryAfter")
    if isinstance(said, str):
        yield from wrong_value(said, ("retryAfter",))
        if said.startswith("date") and not _AHEAD.fullmatch(said):
            detail = f'"{said}" is no date ahead'
            yield Finding(("retryAfter",), "bad-date", detail, "write date+7 or date-300, in seconds")


def of_envelope(envelope: Json) -> Iterator[Finding]:
    """Effects that change nothing, and media types that no header can carry."""
    if envelope.get("countAdd") == 0:
        yield Finding(("countAdd",), "no-effect", "nothing is added", "write another number, or take it out")
    if envelope.get("emptyMapAsArray") is False:
        detail = "an empty map is a map anyway"
        yield Finding(("emptyMapAsArray",), "no-effect", detail, "write true, or take it out")
    yield from wrong_value(envelope.get("contentType", ""), ("contentType",))


def of_drift(drift: Json) -> Iterator[Finding]:
    """Paths outside the subset or to no member, and a `to` that is missing, useless or no text."""
    try:
        path = steps(drift["path"], every=True)
    except BadPredicate as bad:
        yield Finding(("path",), "bad-path", bad.detail, bad.cure)
        return
    change = drift["change"]
    if not path or (change in ("add", "rename") and (path[-1] == EVERY or isinstance(path[-1], int))):
        detail = f'the path "{drift["path"]}" names no member to {change}'
        yield Finding(("path",), "bad-path", detail, "end it in a name, such as $.data[*].status")
    needed = _CHANGES_TO.get(change)
    if needed is True and "to" not in drift:
        detail = f'the key "to" of the change {change} is missing'
        yield Finding((), "missing-key", detail, 'add "to"')
    elif needed is False and "to" in drift:
        yield Finding(("to",), "contradiction", f"the change {change} has no to", "take it out")
    elif change in ("rename", "reword") and "to" in drift and not isinstance(drift["to"], str):
        yield Finding(("to",), "wrong-type", f"the change {change} takes a text", "give it a text")
