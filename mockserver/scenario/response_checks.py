"""Check response, envelope and delay effects and header texts that the schema accepts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from mockserver.model import Document, Json
from mockserver.scenario.envelope_effects import MAX_TEXT, TEXT
from mockserver.scenario.predicates import WILDCARD, InvalidPredicateError, parse_path
from mockserver.scenario.schema_errors import ScenarioProblem, shorten

FAULTS_WITHOUT_RESPONSE = frozenset({"NO_RESPONSE", "EMPTY_RESPONSE", "RANDOM_DATA_THEN_CLOSE"})
"""Faults that send nothing of an answer."""

_DELAY_PARAMETERS: Mapping[str, tuple[str, ...]] = {
    "fixed": ("value",),
    "uniform": ("lower", "upper"),
    "lognormal": ("median", "sigma"),
}
_LARGEST_PARAMETER: Mapping[str, str] = {"fixed": "value", "uniform": "upper", "lognormal": "median"}
_TRANSPORT_HEADERS: Mapping[str, str] = {
    "content-length": "fault: WRONG_LENGTH",
    "transfer-encoding": "fault: MALFORMED_RESPONSE_CHUNK",
    "connection": "fault: CLOSE_IDLE",
}
_RELATIVE_DATE = re.compile(r"date[+-][0-9]{1,6}")
_RESPONSE_MEMBERS = ("status", "headers", "body", "example", "retryAfter")
_STATUSES_WITHOUT_BODY = frozenset({204, 205, 304})
_TAKES_TO: Mapping[str, bool] = {"add": True, "rename": True, "value": True, "widen": False, "null": False}
"""Whether a change needs `to`, or must not have it."""


def check_delay(delay: Json) -> Iterator[ScenarioProblem]:
    """Parameters of another type of delay, missing ones, and delays that are none."""
    kind = delay["type"]
    own = _DELAY_PARAMETERS[kind]
    for name in delay:
        if name not in (*own, "type") and (name, kind) != ("max", "lognormal"):
            owner = next((other for other, names in _DELAY_PARAMETERS.items() if name in names), "lognormal")
            detail = f"a {kind} delay has no {name}; that is of a {owner} one"
            yield ScenarioProblem((name,), "contradiction", detail, f"take it out, or write type: {owner}")
    missing = [name for name in own if name not in delay]
    for name in missing:
        yield ScenarioProblem(
            (), "missing-key", f'the key "{name}" of a {kind} delay is missing', f'add "{name}"'
        )
    if missing:
        return
    if kind == "uniform" and delay["lower"] > delay["upper"]:
        detail = f"lower {delay['lower']:,} is above upper {delay['upper']:,}"
        yield ScenarioProblem(("lower",), "contradiction", detail, "change places with upper")
    elif delay[_LARGEST_PARAMETER[kind]] == 0 or delay.get("max") == 0:
        yield ScenarioProblem((), "no-effect", "a delay of 0 ms is none", "write more, or take it out")


def check_response(response: Json) -> Iterator[ScenarioProblem]:
    """Answers of which nothing would arrive, and parts of one that exclude each other."""
    yield from _check_against_fault(response)
    if "body" in response and "example" in response:
        detail = "body and example are both the answer's body"
        yield ScenarioProblem(("example",), "contradiction", detail, "take one of them out")
    if "body" in response and response.get("status") in _STATUSES_WITHOUT_BODY:
        detail = f"an answer of status {response['status']} has no body (RFC 9110)"
        yield ScenarioProblem(("body",), "contradiction", detail, "take it out, or use another status")
    if response.get("truncateBodyAtFraction") == 1 and len(response) == 1:
        detail = "the whole body is sent anyway"
        yield ScenarioProblem(("truncateBodyAtFraction",), "no-effect", detail, "write less than 1")
    yield from _check_headers(response)


def _check_against_fault(response: Document) -> Iterator[ScenarioProblem]:
    fault = response.get("fault")
    useless: tuple[str, ...]
    if fault in FAULTS_WITHOUT_RESPONSE:
        useless, why = (*_RESPONSE_MEMBERS, "dribble", "truncateBodyAtFraction"), "sends nothing of an answer"
    elif fault == "CONNECTION_RESET_BY_PEER" and "truncateBodyAtFraction" not in response:
        useless, why = (*_RESPONSE_MEMBERS, "dribble"), "comes before anything is sent"
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
            yield ScenarioProblem((name,), "contradiction", detail, cure)


def _check_headers(response: Document) -> Iterator[ScenarioProblem]:
    yield from check_header_names(response, "headers")
    yield from check_header_values(response, "headers")
    twice = {"retry-after": "retryAfter" in response, "content-type": "body" in response}
    for name in response.get("headers", ()):
        if instead := _TRANSPORT_HEADERS.get(name.lower()):
            detail = f"{name} belongs to the transport, which sets it"
            yield ScenarioProblem(("headers", name), "contradiction", detail, f"use {instead}")
        if twice.get(name.lower()):
            other = "retryAfter" if name.lower() == "retry-after" else "body.mediaType"
            detail = f"{name} is said by {other} too"
            yield ScenarioProblem(("headers", name), "contradiction", detail, "take one of them out")
    if "body" in response:
        yield from check_header_value(response["body"]["mediaType"], ("body", "mediaType"))
    said = response.get("retryAfter")
    if isinstance(said, str):
        yield from check_header_value(said, ("retryAfter",))
        if said.startswith("date") and not _RELATIVE_DATE.fullmatch(said):
            detail = f'"{said}" is no date ahead'
            yield ScenarioProblem(("retryAfter",), "bad-date", detail, "write date+7 or date-300, in seconds")


def check_envelope(envelope: Json) -> Iterator[ScenarioProblem]:
    """Effects that change nothing, and media types that no header can carry."""
    if envelope.get("countAdd") == 0:
        yield ScenarioProblem(
            ("countAdd",), "no-effect", "nothing is added", "write another number, or take it out"
        )
    if envelope.get("emptyMapAsArray") is False:
        detail = "an empty map is a map anyway"
        yield ScenarioProblem(("emptyMapAsArray",), "no-effect", detail, "write true, or take it out")
    yield from check_header_value(envelope.get("contentType", ""), ("contentType",))
    times: dict[str, int] = {}
    for place, drift in enumerate(envelope.get("drift", ())):
        if drift["change"] == "reword" and isinstance(to := drift.get("to"), str):
            path = drift["path"]
            times[path] = times.get(path, 1) * to.count(TEXT)
            if times[path] > MAX_TEXT:
                detail = f"{path} would be repeated over {MAX_TEXT:,} times, which is the limit of a text"
                yield ScenarioProblem(("drift", place, "to"), "too-long", detail, f"write {TEXT} less often")
                return


def check_drift(drift: Json) -> Iterator[ScenarioProblem]:
    """Paths outside the subset or to no member, and a `to` that is missing, useless or no text."""
    try:
        path = parse_path(drift["path"], every=True)
    except InvalidPredicateError as bad:
        yield ScenarioProblem(("path",), "bad-path", bad.detail, bad.hint)
        return
    change = drift["change"]
    if not path or (change in ("add", "rename") and (path[-1] == WILDCARD or isinstance(path[-1], int))):
        detail = f'the path "{drift["path"]}" names no member to {change}'
        yield ScenarioProblem(("path",), "bad-path", detail, "end it in a name, such as $.data[*].status")
    needed = _TAKES_TO.get(change)
    if needed is True and "to" not in drift:
        detail = f'the key "to" of the change {change} is missing'
        yield ScenarioProblem((), "missing-key", detail, 'add "to"')
    elif needed is False and "to" in drift:
        yield ScenarioProblem(("to",), "contradiction", f"the change {change} has no to", "take it out")
    elif change in ("rename", "reword") and "to" in drift and not isinstance(drift["to"], str):
        yield ScenarioProblem(("to",), "wrong-type", f"the change {change} takes a text", "give it a text")


_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,200}")
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")


def check_header_names(node: Document, member: str) -> Iterator[ScenarioProblem]:
    """Names that no header has, and those that differ from another in their case only (RFC 9110 §5.1)."""
    seen: dict[str, str] = {}
    for name in node.get(member, ()):
        if not _HEADER_NAME.fullmatch(name):
            cure = "use letters, digits and hyphens"
            yield ScenarioProblem(
                (member, name), "bad-header", f'"{shorten(name)}" is no name of a header', cure
            )
        first = seen.setdefault(name.lower(), name)
        if first != name:
            detail = f"{name} is {first} once more: the case of a header's name does not count"
            yield ScenarioProblem((member, name), "contradiction", detail, "take one of them out")


def check_header_values(node: Document, member: str) -> Iterator[ScenarioProblem]:
    """Values with what no header can carry."""
    for name, value in node.get(member, {}).items():
        yield from check_header_value(value, (member, name))


def check_header_value(value: str, path: tuple[str, ...]) -> Iterator[ScenarioProblem]:
    """Yield a value with line breaks, control characters or letters beyond Latin-1 (RFC 9110 §5.5)."""
    if not _HEADER_VALUE.fullmatch(value):
        detail = f'a header cannot carry "{shorten(value)}"'.replace("\n", "\\n").replace("\r", "\\r")
        cure = "leave out line breaks, control characters and letters beyond Latin-1"
        yield ScenarioProblem(path, "bad-header", detail, cure)
