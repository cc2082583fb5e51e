"""Rules that the schema lets pass and that could not do what they say: which calls, items, how often."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from mockserver.codec import json
from mockserver.model import Document, Json, Path
from mockserver.scenario.header_words import wrong_names
from mockserver.scenario.predicates import BadPredicate, predicate_of
from mockserver.scenario.structure import Finding, nearest

Vendors = Mapping[str, frozenset[str]]

SILENT = frozenset({"NO_RESPONSE", "EMPTY_RESPONSE", "RANDOM_DATA_THEN_CLOSE"})
"""Faults that send nothing of an answer."""

STARTED = "Started"
"""The value of a state that nothing has set yet."""

_ACTING = ("items", "envelope", "response", "quota", "transitionsState")
_ANSWER_ONLY = frozenset({"omit", "duplicate", "warn"})
_REPLACING_STATUS = 300
_MAX_LISTED = 20


def of_ids(ids: Mapping[Path, str]) -> Iterator[Finding]:
    """Two rules of one id."""
    first: dict[str, Path] = {}
    for path, name in ids.items():
        if first.setdefault(name, path) != path:
            detail = f'a second rule is called "{name}"'
            yield Finding(path, "duplicate-rule", detail, f'rename it, such as "{name[:60]}-2"')


def of_states(rules: Json) -> Iterator[Finding]:
    """States that must be what nothing sets."""
    reached: dict[str, set[str]] = {}
    for rule in rules:
        for name, value in rule.get("transitionsState", {}).items():
            reached.setdefault(name, {STARTED}).add(value)
    for at, rule in enumerate(rules):
        for name, value in rule.get("requiresState", {}).items():
            possible = reached.get(name, {STARTED})
            if value not in possible:
                detail = f'no rule ever sets the state "{name}" to "{value}"'
                cure = f"it can be {', '.join(sorted(possible))}; add transitionsState for another"
                yield Finding((at, "requiresState", name), "unreachable", detail, cure)


def of_rule(rule: Json) -> Iterator[Finding]:
    """Rules that do nothing, count twice, or whose answer hides what they do."""
    if not any(name in rule for name in _ACTING) and rule.get("commit", "full") == "full":
        cure = f"give it one of commit, {', '.join(sorted(_ACTING))}"
        yield Finding((), "no-effect", "the rule does nothing", cure)
    if "times" in rule and "nth" in rule.get("match", {}):
        cure = "take one of them out; nth: 3 is times: {after: 2, count: 1}"
        yield Finding(("times",), "contradiction", "match.nth and times both count the calls", cure)
    if rule.get("commit") == "none":
        for at, one in enumerate(rule.get("items", ())):
            if one["effect"].get("commit") is True:
                detail = "the item is to take effect, and commit: none lets nothing do so"
                where = ("items", at, "effect", "commit")
                yield Finding(where, "contradiction", detail, "take one of them out")
    yield from _hidden(rule)


def _hidden(rule: Document) -> Iterator[Finding]:
    """What nobody would see, since something else is answered."""
    instead = _instead(rule.get("response", {}))
    if not instead:
        return
    cure = "take one of them out, or put it into a rule of its own"
    if "envelope" in rule:
        detail = f"nothing of it would be seen: response.{instead} answers something else"
        yield Finding(("envelope",), "contradiction", detail, cure)
    for at, one in enumerate(rule.get("items", ())):
        if _ANSWER_ONLY.issuperset(one["effect"]):
            detail = (
                f"{', '.join(one['effect'])} would not be seen: response.{instead} answers something else"
            )
            yield Finding(("items", at, "effect"), "contradiction", detail, cure)


def _instead(response: Document) -> str:
    """What of the response takes the place of the vendor's whole answer, "" when nothing does."""
    for name in ("body", "example"):
        if name in response:
            return name
    if response.get("status", 0) >= _REPLACING_STATUS:
        return "status"
    return "fault" if response.get("fault") in SILENT else ""


def of_items(items: Json) -> Iterator[Finding]:
    """Effects that an earlier one, which takes every item of its kind and never ends, leaves no item for."""
    taken: dict[bytes, int] = {}
    for at, one in enumerate(items):
        select = one["select"]
        earlier = taken.get(json.encode({"all": True}), taken.get(json.encode(select)))
        if earlier is not None:
            detail = f"items/{earlier} has taken these items already, and the first effect wins"
            cure = "put all that becomes of them into one effect"
            yield Finding((at, "select"), "unreachable", detail, cure)
        elif "sample" not in select and "failTimes" not in one["effect"]:
            taken[json.encode(select)] = at


def of_effect(effect: Json) -> Iterator[Finding]:
    """Effects of an item that contradict one another, or are none."""
    if "failTimes" in effect and "fail" not in effect:
        cure = "add fail: {code: internal}"
        yield Finding(("failTimes",), "contradiction", "failTimes counts what fails, and nothing does", cure)
    if "failTimes" in effect and "hang" in effect:
        detail = "hang fails the item at every attempt, whatever failTimes says"
        yield Finding(("failTimes",), "contradiction", detail, "take one of them out")
    for name in ("duplicate", "warn"):
        if "omit" in effect and name in effect:
            detail = f"{name} would not be seen: omit leaves the item out"
            yield Finding((name,), "contradiction", detail, "take one of them out")
    if effect == {"commit": True}:
        cure = "write commit: false, or add fail or hang"
        yield Finding((), "no-effect", "the effect does nothing: an item takes effect anyway", cure)


def of_match(match: Json, vendors: Vendors) -> Iterator[Finding]:
    """Vendors and operations that are not served, and headers that cannot be sent."""
    vendor, operation = match.get("vendor"), match.get("operation")
    if vendor is not None and vendor not in vendors:
        detail = f'no vendor is called "{vendor}"'
        yield Finding(("vendor",), "unknown-vendor", detail, _known(vendor, vendors))
    elif operation is not None:
        served = vendors[vendor] if vendor is not None else frozenset[str]().union(*vendors.values())
        if operation not in served:
            whose = f"{vendor} has" if vendor is not None else "no vendor has"
            detail = f'{whose} {"no" if vendor is not None else "an"} operation "{operation}"'
            yield Finding(("operation",), "unknown-operation", detail, _known(operation, served))
    yield from wrong_names(match, "headers")


def _known(word: str, words: Collection[str]) -> str:
    near = nearest(word, words)
    if near:
        return f'rename it to "{near}"'
    told = sorted(words)[:_MAX_LISTED]
    more = f", and {len(words) - _MAX_LISTED} more" if len(words) > _MAX_LISTED else ""
    return f"there are {', '.join(told)}{more}" if told else "there are none"


def of_predicate(predicate: Json) -> Iterator[Finding]:
    """Paths outside the subset, and patterns that are none."""
    try:
        predicate_of(predicate)
    except BadPredicate as bad:
        code = {"path": "bad-path", "matches": "bad-pattern"}.get(bad.part, "bad-predicate")
        yield Finding((bad.part,) if bad.part else (), code, bad.detail, bad.cure)
