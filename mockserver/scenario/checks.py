"""Checks of a scenario beyond its JSON Schema: contradictions, unknown names, bad values."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import partial
from types import NoneType

from mockserver.codec import json
from mockserver.model import Document, Json, Path
from mockserver.scenario.effects import MAX_TEXT, TEXT
from mockserver.scenario.language import closest_match, shorten
from mockserver.scenario.model import INITIAL_STATE, WILDCARD
from mockserver.scenario.predicates import InvalidPredicateError, parse_path, parse_predicate
from mockserver.scenario.yaml_positions import DocumentProblem

OperationsByVendor = Mapping[str, frozenset[str]]

_EFFECT_MEMBERS = ("items", "envelope", "response", "quota", "transitionsState", "advanceClock")
_REPORT_ONLY_EFFECTS = frozenset({"omit", "duplicate", "warn"})
_MIN_REPLACING_STATUS = 300
_MAX_LISTED = 20

_RULE_PATH: Path = ("rules", WILDCARD)
FAULTS_WITHOUT_RESPONSE = frozenset({"NO_RESPONSE", "EMPTY_RESPONSE", "RANDOM_DATA_THEN_CLOSE"})
"""Transport faults that send no part of an answer."""

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
"""By change of a drift: True requires the member `to`, False forbids it; other changes may have `to`."""

_VERB = re.compile("^([A-Za-z]?[a-z]*)[_-]?")
_VERBS = (
    ["create", "post", "add", "insert", "new", "import", "submit", "send", "save", "put", "upsert"],
    ["update", "put", "patch", "replace", "change", "edit", "set", "save", "upsert"],
    ["get", "list", "find", "search", "read", "show", "fetch", "retrieve", "query"],
    ["delete", "remove", "cancel"],
)
"""Verbs with one meaning, at the beginning of names of operations."""

_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,200}")
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")


def check_ids(ids: Mapping[Path, str]) -> Iterator[DocumentProblem]:
    first: dict[str, Path] = {}
    for path, name in ids.items():
        if first.setdefault(name, path) != path:
            detail = f'a second rule is called "{name}"'
            yield DocumentProblem(path, "duplicate-rule", detail, f'rename it, such as "{name[:60]}-2"')


def check_states(rules: Json) -> Iterator[DocumentProblem]:
    """Yield a problem for each required state value that is not the initial value and that no rule sets."""
    reached: dict[str, set[str]] = {}
    for rule in rules:
        for name, value in rule.get("transitionsState", {}).items():
            reached.setdefault(name, {INITIAL_STATE}).add(value)
    for at, rule in enumerate(rules):
        for name, value in rule.get("requiresState", {}).items():
            possible = reached.get(name, {INITIAL_STATE})
            if value not in possible:
                detail = f'no rule ever sets the state "{name}" to "{value}"'
                cure = f"it can be {', '.join(sorted(possible))}; add transitionsState for another"
                yield DocumentProblem((at, "requiresState", name), "unreachable", detail, cure)


def check_rule(rule: Json) -> Iterator[DocumentProblem]:
    if not any(name in rule for name in _EFFECT_MEMBERS) and rule.get("commit", "full") == "full":
        cure = f"give it one of commit, {', '.join(sorted(_EFFECT_MEMBERS))}"
        yield DocumentProblem((), "no-effect", "the rule does nothing", cure)
    if "times" in rule and "nth" in rule.get("match", {}):
        cure = "take one of them out; nth: 3 is times: {after: 2, count: 1}"
        yield DocumentProblem(("times",), "contradiction", "match.nth and times both count the calls", cure)
    if rule.get("commit") == "none":
        for at, one in enumerate(rule.get("items", ())):
            if one["effect"].get("commit") is True:
                detail = "the item is to take effect, and commit: none lets nothing do so"
                where = ("items", at, "effect", "commit")
                yield DocumentProblem(where, "contradiction", detail, "take one of them out")
    yield from _check_hidden_effects(rule)


def _check_hidden_effects(rule: Document) -> Iterator[DocumentProblem]:
    instead = _replacing_member(rule.get("response", {}))
    if not instead:
        return
    cure = "take one of them out, or put it into a rule of its own"
    if "envelope" in rule:
        detail = f"nothing of it would be seen: response.{instead} answers something else"
        yield DocumentProblem(("envelope",), "contradiction", detail, cure)
    for at, one in enumerate(rule.get("items", ())):
        if _REPORT_ONLY_EFFECTS.issuperset(one["effect"]):
            detail = (
                f"{', '.join(one['effect'])} would not be seen: response.{instead} answers something else"
            )
            yield DocumentProblem(("items", at, "effect"), "contradiction", detail, cure)


def _replacing_member(response: Document) -> str:
    for name in ("body", "example"):
        if name in response:
            return name
    if response.get("status", 0) >= _MIN_REPLACING_STATUS:
        return "status"
    return "fault" if response.get("fault") in FAULTS_WITHOUT_RESPONSE else ""


def check_items(items: Json) -> Iterator[DocumentProblem]:
    """Yield a problem for each item effect that never applies, as an earlier effect selects all its items."""
    taken: dict[bytes, int] = {}
    for at, one in enumerate(items):
        select = one["select"]
        earlier = taken.get(json.encode({"all": True}), taken.get(json.encode(select)))
        if earlier is not None:
            detail = f"items/{earlier} has taken these items already, and the first effect wins"
            cure = "put all that becomes of them into one effect"
            yield DocumentProblem((at, "select"), "unreachable", detail, cure)
        elif "sample" not in select and "failTimes" not in one["effect"]:
            taken[json.encode(select)] = at


def check_effect(effect: Json) -> Iterator[DocumentProblem]:
    if "failTimes" in effect and "fail" not in effect:
        cure = "add fail: {code: internal}"
        yield DocumentProblem(
            ("failTimes",), "contradiction", "failTimes counts what fails, and nothing does", cure
        )
    if "failTimes" in effect and "hang" in effect:
        detail = "hang fails the item at every attempt, whatever failTimes says"
        yield DocumentProblem(("failTimes",), "contradiction", detail, "take one of them out")
    for name in ("duplicate", "warn"):
        if "omit" in effect and name in effect:
            detail = f"{name} would not be seen: omit leaves the item out"
            yield DocumentProblem((name,), "contradiction", detail, "take one of them out")
    if effect == {"commit": True}:
        cure = "write commit: false, or add fail or hang"
        yield DocumentProblem((), "no-effect", "the effect does nothing: an item takes effect anyway", cure)


def check_names(match: Json, vendors: OperationsByVendor) -> Iterator[DocumentProblem]:
    """Yield the problems of vendor and operation, whatever else of the match is broken."""
    vendor, operation = match.get("vendor"), match.get("operation")
    if not {type(vendor), type(operation)} <= {str, NoneType}:
        return
    if vendor is not None and vendor not in vendors:
        detail = f'no vendor is called "{vendor}"'
        yield DocumentProblem(("vendor",), "unknown-vendor", detail, _suggest_name(vendor, vendors))
    elif operation is not None:
        served = vendors[vendor] if vendor is not None else frozenset[str]().union(*vendors.values())
        if operation not in served:
            whose = f"{vendor} has" if vendor is not None else "no vendor has"
            detail = f'{whose} {"no" if vendor is not None else "an"} operation "{operation}"'
            yield DocumentProblem(
                ("operation",), "unknown-operation", detail, _suggest_name(operation, served)
            )


def _suggest_name(word: str, words: Collection[str]) -> str:
    if near := _closest_with_verb(word, words) or closest_match(word, words):
        return f'rename it to "{near}"'
    told = sorted(words)[:_MAX_LISTED]
    more = f", and {len(words) - _MAX_LISTED} more" if len(words) > _MAX_LISTED else ""
    return f"there are {', '.join(told)}{more}" if told else "there are none"


def _closest_with_verb(word: str, words: Iterable[str]) -> str:
    """Return the nearest name with the verb of `word`, else one that means this verb; "" if none is near."""
    split = {one: _VERB.split(one, 1) for one in sorted({*words, word}, reverse=True)}
    _, verb, rest = split.pop(word)
    for verbs in ([verb.lower()], *(one for one in _VERBS if verb.lower() in one)):
        named = {other: name for name, (_, own, other) in split.items() if own.lower() in verbs}
        if near := closest_match(rest, named):
            return named[near]
    return ""


def check_predicate(predicate: Json) -> Iterator[DocumentProblem]:
    try:
        parse_predicate(predicate)
    except InvalidPredicateError as bad:
        code = {"path": "bad-path", "matches": "bad-pattern"}.get(bad.part, "bad-predicate")
        yield DocumentProblem((bad.part,) if bad.part else (), code, bad.detail, bad.hint)


PartCheck = Callable[[Json], Iterator[DocumentProblem]]


def check_document(
    document: Json, vendors: OperationsByVendor, broken: Collection[Path]
) -> Iterator[DocumentProblem]:
    """Yield the problems of `document`. Skip each part that contains a path of `broken`."""
    spoilt = {path[:length] for path in broken for length in range(len(path) + 1)}
    ids = {path: name for path, name in _matching_parts(document, (*_RULE_PATH, "id")) if path not in spoilt}
    yield from check_ids(ids)
    for path, match in _matching_parts(document, (*_RULE_PATH, "match")):
        for found in check_names(match, vendors) if isinstance(match, dict) else ():
            if (*path, *found.path) not in broken:
                yield found._replace(path=(*path, *found.path))
    for pattern, check in _checks_by_path():
        for path, node in _matching_parts(document, pattern):
            if path not in spoilt:
                yield from (found._replace(path=(*path, *found.path)) for found in check(node))


def _checks_by_path() -> tuple[tuple[Path, PartCheck], ...]:
    return (
        (("rules",), check_states),
        (_RULE_PATH, check_rule),
        ((*_RULE_PATH, "match"), partial(check_header_names, member="headers")),
        ((*_RULE_PATH, "match", "body"), check_predicate),
        ((*_RULE_PATH, "match", "item"), check_predicate),
        ((*_RULE_PATH, "items"), check_items),
        ((*_RULE_PATH, "items", WILDCARD, "select", "where"), check_predicate),
        ((*_RULE_PATH, "items", WILDCARD, "effect"), check_effect),
        ((*_RULE_PATH, "envelope"), check_envelope),
        ((*_RULE_PATH, "envelope", "drift", WILDCARD), check_drift),
        ((*_RULE_PATH, "response"), check_response),
        ((*_RULE_PATH, "response", "delay"), check_delay),
    )


def _matching_parts(node: Json, pattern: Path, path: Path = ()) -> Iterator[tuple[Path, Json]]:
    if not pattern:
        yield path, node
    elif pattern[0] == WILDCARD and isinstance(node, list):
        for at, child in enumerate(node):
            yield from _matching_parts(child, pattern[1:], (*path, at))
    elif isinstance(node, dict) and pattern[0] in node:
        yield from _matching_parts(node[pattern[0]], pattern[1:], (*path, pattern[0]))


def check_delay(delay: Json) -> Iterator[DocumentProblem]:
    """Yield the problems of a delay: wrong or missing parameters, reversed bounds, a length of 0."""
    kind = delay["type"]
    own = _DELAY_PARAMETERS[kind]
    for name in delay:
        if name not in (*own, "type") and (name, kind) != ("max", "lognormal"):
            owner = next((other for other, names in _DELAY_PARAMETERS.items() if name in names), "lognormal")
            detail = f"a {kind} delay has no {name}; that is of a {owner} one"
            yield DocumentProblem((name,), "contradiction", detail, f"take it out, or write type: {owner}")
    missing = [name for name in own if name not in delay]
    for name in missing:
        yield DocumentProblem(
            (), "missing-key", f'the key "{name}" of a {kind} delay is missing', f'add "{name}"'
        )
    if missing:
        return
    if kind == "uniform" and delay["lower"] > delay["upper"]:
        detail = f"lower {delay['lower']:,} is above upper {delay['upper']:,}"
        yield DocumentProblem(("lower",), "contradiction", detail, "change places with upper")
    elif delay[_LARGEST_PARAMETER[kind]] == 0 or delay.get("max") == 0:
        yield DocumentProblem((), "no-effect", "a delay of 0 ms does nothing", "write more, or take it out")


def check_response(response: Json) -> Iterator[DocumentProblem]:
    """Yield the problems of a response: wrong headers, useless members, members that exclude each other."""
    yield from _check_against_fault(response)
    if "body" in response and "example" in response:
        detail = "body and example are both the answer's body"
        yield DocumentProblem(("example",), "contradiction", detail, "take one of them out")
    if "body" in response and response.get("status") in _STATUSES_WITHOUT_BODY:
        detail = f"an answer of status {response['status']} has no body (RFC 9110)"
        yield DocumentProblem(("body",), "contradiction", detail, "take it out, or use another status")
    if response.get("truncateBodyAtFraction") == 1 and len(response) == 1:
        detail = "the whole body is sent anyway"
        yield DocumentProblem(("truncateBodyAtFraction",), "no-effect", detail, "write less than 1")
    yield from _check_headers(response)


def _check_against_fault(response: Document) -> Iterator[DocumentProblem]:
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
            yield DocumentProblem((name,), "contradiction", detail, cure)


def _check_headers(response: Document) -> Iterator[DocumentProblem]:
    yield from check_header_names(response, "headers")
    for name, value in response.get("headers", {}).items():
        yield from check_header_value(value, ("headers", name))
    twice = {"retry-after": "retryAfter" in response, "content-type": "body" in response}
    for name in response.get("headers", ()):
        if instead := _TRANSPORT_HEADERS.get(name.lower()):
            detail = f"{name} belongs to the transport, which sets it"
            yield DocumentProblem(("headers", name), "contradiction", detail, f"use {instead}")
        if twice.get(name.lower()):
            other = "retryAfter" if name.lower() == "retry-after" else "body.mediaType"
            detail = f"{name} is said by {other} too"
            yield DocumentProblem(("headers", name), "contradiction", detail, "take one of them out")
    if "body" in response:
        yield from check_header_value(response["body"]["mediaType"], ("body", "mediaType"))
    retry_after = response.get("retryAfter")
    if isinstance(retry_after, str):
        yield from check_header_value(retry_after, ("retryAfter",))
        if retry_after.startswith("date") and not _RELATIVE_DATE.fullmatch(retry_after):
            detail = f'"{retry_after}" is not a date ahead'
            yield DocumentProblem(("retryAfter",), "bad-date", detail, "write date+7 or date-300, in seconds")


def check_envelope(envelope: Json) -> Iterator[DocumentProblem]:
    if envelope.get("countAdd") == 0:
        yield DocumentProblem(
            ("countAdd",), "no-effect", "nothing is added", "write another number, or take it out"
        )
    if envelope.get("emptyMapAsArray") is False:
        detail = "an empty map is a map anyway"
        yield DocumentProblem(("emptyMapAsArray",), "no-effect", detail, "write true, or take it out")
    yield from check_header_value(envelope.get("contentType", ""), ("contentType",))
    times: dict[str, int] = {}
    for place, drift in enumerate(envelope.get("drift", ())):
        if drift["change"] == "reword" and isinstance(to := drift.get("to"), str):
            path = drift["path"]
            times[path] = times.get(path, 1) * to.count(TEXT)
            if times[path] > MAX_TEXT:
                detail = f"{path} would be repeated over {MAX_TEXT:,} times, which is the limit of a text"
                yield DocumentProblem(("drift", place, "to"), "too-long", detail, f"write {TEXT} less often")
                return


def check_drift(drift: Json) -> Iterator[DocumentProblem]:
    try:
        path = parse_path(drift["path"], every=True)
    except InvalidPredicateError as bad:
        yield DocumentProblem(("path",), "bad-path", bad.detail, bad.hint)
        return
    change = drift["change"]
    if not path or (change in ("add", "rename") and (path[-1] == WILDCARD or isinstance(path[-1], int))):
        detail = f'the path "{drift["path"]}" names no member to {change}'
        yield DocumentProblem(("path",), "bad-path", detail, "end it in a name, such as $.data[*].status")
    needed = _TAKES_TO.get(change)
    if needed is True and "to" not in drift:
        detail = f'the key "to" of the change {change} is missing'
        yield DocumentProblem((), "missing-key", detail, 'add "to"')
    elif needed is False and "to" in drift:
        yield DocumentProblem(("to",), "contradiction", f"the change {change} has no to", "take it out")
    elif change in ("rename", "reword") and "to" in drift and not isinstance(drift["to"], str):
        yield DocumentProblem(("to",), "wrong-type", f"the change {change} takes a text", "give it a text")


def check_header_names(node: Document, member: str) -> Iterator[DocumentProblem]:
    seen: dict[str, str] = {}
    for name in node.get(member, ()):
        if not _HEADER_NAME.fullmatch(name):
            cure = "use letters, digits and hyphens"
            yield DocumentProblem(
                (member, name), "bad-header", f'"{shorten(name)}" is not the name of a header', cure
            )
        first = seen.setdefault(name.lower(), name)
        if first != name:
            detail = f"{name} is {first} once more: the case of a header's name does not count"
            yield DocumentProblem((member, name), "contradiction", detail, "take one of them out")


def check_header_value(value: str, path: tuple[str, ...]) -> Iterator[DocumentProblem]:
    if not _HEADER_VALUE.fullmatch(value):
        detail = f'a header cannot carry "{shorten(value)}"'.replace("\n", "\\n").replace("\r", "\\r")
        cure = "leave out line breaks, control characters and letters beyond Latin-1"
        yield DocumentProblem(path, "bad-header", detail, cure)
