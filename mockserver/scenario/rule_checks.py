"""Check rules that the schema accepts for contradictions, unreachable states and unknown names."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial

from mockserver.codec import json
from mockserver.model import Document, Json, Path
from mockserver.scenario.predicates import WILDCARD, InvalidPredicateError, parse_predicate
from mockserver.scenario.response_checks import (
    FAULTS_WITHOUT_RESPONSE,
    check_delay,
    check_drift,
    check_envelope,
    check_header_names,
    check_response,
)
from mockserver.scenario.schema_errors import ScenarioProblem, closest_match

OperationsByVendor = Mapping[str, frozenset[str]]

INITIAL_STATE = "Started"
"""The value of a state that nothing has set yet."""

_EFFECT_MEMBERS = ("items", "envelope", "response", "quota", "transitionsState")
_REPORT_ONLY_EFFECTS = frozenset({"omit", "duplicate", "warn"})
_MIN_REPLACING_STATUS = 300
_MAX_LISTED = 20


def check_ids(ids: Mapping[Path, str]) -> Iterator[ScenarioProblem]:
    """Two rules of one id."""
    first: dict[str, Path] = {}
    for path, name in ids.items():
        if first.setdefault(name, path) != path:
            detail = f'a second rule is called "{name}"'
            yield ScenarioProblem(path, "duplicate-rule", detail, f'rename it, such as "{name[:60]}-2"')


def check_states(rules: Json) -> Iterator[ScenarioProblem]:
    """States that must be what nothing sets."""
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
                yield ScenarioProblem((at, "requiresState", name), "unreachable", detail, cure)


def check_rule(rule: Json) -> Iterator[ScenarioProblem]:
    """Rules that do nothing, count twice, or whose answer hides what they do."""
    if not any(name in rule for name in _EFFECT_MEMBERS) and rule.get("commit", "full") == "full":
        cure = f"give it one of commit, {', '.join(sorted(_EFFECT_MEMBERS))}"
        yield ScenarioProblem((), "no-effect", "the rule does nothing", cure)
    if "times" in rule and "nth" in rule.get("match", {}):
        cure = "take one of them out; nth: 3 is times: {after: 2, count: 1}"
        yield ScenarioProblem(("times",), "contradiction", "match.nth and times both count the calls", cure)
    if rule.get("commit") == "none":
        for at, one in enumerate(rule.get("items", ())):
            if one["effect"].get("commit") is True:
                detail = "the item is to take effect, and commit: none lets nothing do so"
                where = ("items", at, "effect", "commit")
                yield ScenarioProblem(where, "contradiction", detail, "take one of them out")
    yield from _check_hidden_effects(rule)


def _check_hidden_effects(rule: Document) -> Iterator[ScenarioProblem]:
    """Yield effects that have no visible result because another answer is sent."""
    instead = _replacing_member(rule.get("response", {}))
    if not instead:
        return
    cure = "take one of them out, or put it into a rule of its own"
    if "envelope" in rule:
        detail = f"nothing of it would be seen: response.{instead} answers something else"
        yield ScenarioProblem(("envelope",), "contradiction", detail, cure)
    for at, one in enumerate(rule.get("items", ())):
        if _REPORT_ONLY_EFFECTS.issuperset(one["effect"]):
            detail = (
                f"{', '.join(one['effect'])} would not be seen: response.{instead} answers something else"
            )
            yield ScenarioProblem(("items", at, "effect"), "contradiction", detail, cure)


def _replacing_member(response: Document) -> str:
    """Return what of the response takes the place of the vendor's whole answer, "" when nothing does."""
    for name in ("body", "example"):
        if name in response:
            return name
    if response.get("status", 0) >= _MIN_REPLACING_STATUS:
        return "status"
    return "fault" if response.get("fault") in FAULTS_WITHOUT_RESPONSE else ""


def check_items(items: Json) -> Iterator[ScenarioProblem]:
    """Effects that an earlier one, which takes every item of its kind and never ends, leaves no item for."""
    taken: dict[bytes, int] = {}
    for at, one in enumerate(items):
        select = one["select"]
        earlier = taken.get(json.encode({"all": True}), taken.get(json.encode(select)))
        if earlier is not None:
            detail = f"items/{earlier} has taken these items already, and the first effect wins"
            cure = "put all that becomes of them into one effect"
            yield ScenarioProblem((at, "select"), "unreachable", detail, cure)
        elif "sample" not in select and "failTimes" not in one["effect"]:
            taken[json.encode(select)] = at


def check_effect(effect: Json) -> Iterator[ScenarioProblem]:
    """Effects of an item that contradict one another, or are none."""
    if "failTimes" in effect and "fail" not in effect:
        cure = "add fail: {code: internal}"
        yield ScenarioProblem(
            ("failTimes",), "contradiction", "failTimes counts what fails, and nothing does", cure
        )
    if "failTimes" in effect and "hang" in effect:
        detail = "hang fails the item at every attempt, whatever failTimes says"
        yield ScenarioProblem(("failTimes",), "contradiction", detail, "take one of them out")
    for name in ("duplicate", "warn"):
        if "omit" in effect and name in effect:
            detail = f"{name} would not be seen: omit leaves the item out"
            yield ScenarioProblem((name,), "contradiction", detail, "take one of them out")
    if effect == {"commit": True}:
        cure = "write commit: false, or add fail or hang"
        yield ScenarioProblem((), "no-effect", "the effect does nothing: an item takes effect anyway", cure)


def check_match(match: Json, vendors: OperationsByVendor) -> Iterator[ScenarioProblem]:
    """Vendors and operations that are not served, and headers that cannot be sent."""
    vendor, operation = match.get("vendor"), match.get("operation")
    if vendor is not None and vendor not in vendors:
        detail = f'no vendor is called "{vendor}"'
        yield ScenarioProblem(("vendor",), "unknown-vendor", detail, _suggest_name(vendor, vendors))
    elif operation is not None:
        served = vendors[vendor] if vendor is not None else frozenset[str]().union(*vendors.values())
        if operation not in served:
            whose = f"{vendor} has" if vendor is not None else "no vendor has"
            detail = f'{whose} {"no" if vendor is not None else "an"} operation "{operation}"'
            yield ScenarioProblem(
                ("operation",), "unknown-operation", detail, _suggest_name(operation, served)
            )
    yield from check_header_names(match, "headers")


def _suggest_name(word: str, words: Collection[str]) -> str:
    near = closest_match(word, words)
    if near:
        return f'rename it to "{near}"'
    told = sorted(words)[:_MAX_LISTED]
    more = f", and {len(words) - _MAX_LISTED} more" if len(words) > _MAX_LISTED else ""
    return f"there are {', '.join(told)}{more}" if told else "there are none"


def check_predicate(predicate: Json) -> Iterator[ScenarioProblem]:
    """Paths outside the subset, and patterns that are none."""
    try:
        parse_predicate(predicate)
    except InvalidPredicateError as bad:
        code = {"path": "bad-path", "matches": "bad-pattern"}.get(bad.part, "bad-predicate")
        yield ScenarioProblem((bad.part,) if bad.part else (), code, bad.detail, bad.hint)


PartCheck = Callable[[Json], Iterator[ScenarioProblem]]

_RULE_PATH: Path = ("rules", WILDCARD)


def check_document(
    document: Json, vendors: OperationsByVendor, broken: Collection[Path]
) -> Iterator[ScenarioProblem]:
    """Yield what is impossible in the parts of `document` at or below which no path of `broken` lies."""
    spoilt = {path[:length] for path in broken for length in range(len(path) + 1)}
    ids = {path: name for path, name in _matching_parts(document, (*_RULE_PATH, "id")) if path not in spoilt}
    yield from check_ids(ids)
    for pattern, check in _checks_by_path(vendors):
        for path, node in _matching_parts(document, pattern):
            if path not in spoilt:
                yield from (found._replace(path=(*path, *found.path)) for found in check(node))


def _checks_by_path(vendors: OperationsByVendor) -> tuple[tuple[Path, PartCheck], ...]:
    return (
        (("rules",), check_states),
        (_RULE_PATH, check_rule),
        ((*_RULE_PATH, "match"), partial(check_match, vendors=vendors)),
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
    """Yield every place of the document that the pattern fits."""
    if not pattern:
        yield path, node
    elif pattern[0] == WILDCARD and isinstance(node, list):
        for at, child in enumerate(node):
            yield from _matching_parts(child, pattern[1:], (*path, at))
    elif isinstance(node, dict) and pattern[0] in node:
        yield from _matching_parts(node[pattern[0]], pattern[1:], (*path, pattern[0]))
