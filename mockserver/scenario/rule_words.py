"""A rule in plain words: its calls and its effects."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from mockserver.codec import json
from mockserver.model import EMPTY, Document, Json, Value

_Words = Callable[[Json], str]

_LONGEST_LITERAL = 200
"""Number of characters after which a shown value is cut; a scenario may have values of any size."""

_CALLS: Mapping[bool | None, str] = {None: "", True: "calls that write", False: "calls that read"}
_OF_SOME_ITEMS = frozenset({"index", "key", "where"})
_OTHER_EFFECTS = frozenset({"envelope", "response", "quota", "transitionsState", "advanceClock", "commit"})
"""Members of a rule whose effects do not depend on the items of a call."""

_TIMEOUT: Document = {"fail": {"code": "timeout"}}
"""Default effect on an item that hangs."""

_FAULTS: Mapping[str, str] = {
    "CONNECTION_RESET_BY_PEER": "the connection is reset",
    "RANDOM_DATA_THEN_CLOSE": "random data instead of an answer",
    "EMPTY_RESPONSE": "closed without a byte",
    "MALFORMED_RESPONSE_CHUNK": "headers, then bytes that are not a chunk",
    "TRUNCATED_BODY": "the body is cut short",
    "WRONG_LENGTH": "its length says more than comes",
    "LENGTH_TOO_SMALL": "its length says less than comes",
    "NO_RESPONSE": "never answered",
    "CLOSE_IDLE": "a right answer, then the next call fails on the connection",
}


class RuleWords(Value, frozen=True):
    """A rule in words."""

    when: str
    """The calls that the rule takes."""
    then: tuple[str, ...]
    """One phrase for each effect."""


def describe_rule(rule: Document) -> RuleWords:
    calls = _describe_calls(rule.get("match", EMPTY))
    selectors = {name for one in rule.get("items", ()) for name in one["select"]}
    if selectors and selectors <= _OF_SOME_ITEMS and _OTHER_EFFECTS.isdisjoint(rule):
        calls = f"{calls} with such an item"
    conditions = ", ".join((calls, *_conditions(rule)))
    return RuleWords(conditions, tuple(_consequences(rule)))


def _describe_calls(match: Document) -> str:
    vendor, operation = match.get("vendor"), match.get("operation")
    if operation:
        return f"calls of {operation}" + (f" at {vendor}" if vendor else "")
    kind = _CALLS[match.get("writes")]
    return f"{kind or 'calls'} to {vendor}" if vendor else kind or "all calls"


def _conditions(rule: Document) -> Iterator[str]:
    match, times = rule.get("match", EMPTY), rule.get("times", EMPTY)
    yield from (f"with the header {name}: {text}" for name, text in match.get("headers", EMPTY).items())
    yield from (f"with {name}={text} in the query" for name, text in match.get("query", EMPTY).items())
    if "body" in match:
        yield f"with a body where {_describe_test(match['body'])}"
    if "item" in match:
        yield f"with an item where {_describe_test(match['item'])}"
    yield from (
        f"while the state {name} is {value}" for name, value in rule.get("requiresState", EMPTY).items()
    )
    if "nth" in match:
        yield _describe_times(match["nth"] - 1, 1)
    if times.get("after") or "count" in times:
        yield _describe_times(times.get("after", 0), times.get("count"))
    if "probability" in rule:
        yield f"with a chance of {_percent(rule['probability'])}"


def _describe_times(after: int, count: int | None) -> str:
    if count is None:
        return f"without the {_first(after, 'such call')}"
    if not after:
        return f"only the {_first(count, 'such call')}"
    return f"only such call number {after + 1:,}" + (f" to {after + count:,}" if count > 1 else "")


def _first(number: int, noun: str) -> str:
    """Return words such as "first item" and "first 3 items"."""
    return f"first {noun}" if number == 1 else f"first {counted(number, noun)}"


def _describe_test(predicate: Document) -> str:
    test, value = next((name, value) for name, value in predicate.items() if name != "path")
    return f"{predicate['path']} {_TESTS[test](value)}"


_TESTS: Mapping[str, _Words] = {
    "equals": lambda value: f"is {_literal(value)}",
    "contains": lambda value: f"contains {_literal(value)}",
    "matches": lambda value: f"matches {value}",
    "exists": lambda value: "is there" if value else "is not there",
    "gt": lambda value: f"is more than {value}",
    "lt": lambda value: f"is less than {value}",
    "in": lambda values: f"is one of {', '.join(map(_literal, values))}",
}


def _consequences(rule: Document) -> Iterator[str]:
    if "quota" in rule:
        quota = rule["quota"]
        window = _seconds(quota["windowMillis"])
        status = quota.get("status", 429)
        yield f"only {counted(quota['limit'], 'call')} in {window} let in, others refused with {status}"
    yield from (_describe_items(item) for item in rule.get("items", ()))
    yield from _phrases(rule.get("envelope", EMPTY), _ENVELOPE)
    yield from _phrases(rule.get("response", EMPTY), _RESPONSE)
    if (stored := _describe_commit(rule)) is not None:
        yield stored
    yield from (
        f"the state {name} becomes {value}" for name, value in rule.get("transitionsState", EMPTY).items()
    )
    if "advanceClock" in rule:
        yield f"the clock goes {_seconds(rule['advanceClock'] * 1000)} ahead"


def _describe_commit(rule: Document) -> str | None:
    """Return words about the stored items, or None if the answer shows correctly which items are stored."""
    commit = rule.get("commit", "full")
    first = commit["partial"] if isinstance(commit, Mapping) else 0
    if commit != "full":
        return f"only its {_first(first, 'item')} stored" if first else "nothing is stored"
    response = rule.get("response", EMPTY)
    return "everything is stored all the same" if {"status", "fault"} & response.keys() else None


def _describe_items(one: Document) -> str:
    ((kind, value),) = one["select"].items()
    effect = {**_TIMEOUT, **one["effect"]} if "hang" in one["effect"] else one["effect"]
    return f"{_SELECTED[kind](value)}: {', '.join(_phrases(effect, _EFFECTS))}"


def describe_selection(rule: Document) -> str:
    """Return the items that the rule selects, in words."""
    return " or ".join(
        _SELECTED[kind](value) for one in rule["items"] for kind, value in one["select"].items()
    )


def _phrases(effects: Document, words: Mapping[str, _Words]) -> Iterator[str]:
    """Yield the phrases of the effects in the order of `words`, without empty phrases."""
    for name, describe in words.items():
        if name in effects and (phrase := describe(effects[name])):
            yield phrase


def _describe_fault(fault: Document) -> str:
    status = f" {fault['status']}" if "status" in fault else ""
    message = f", “{fault['message']}”" if "message" in fault else ""
    return f"{fault['code']}{status}{message}"


_SELECTED: Mapping[str, _Words] = {
    "all": lambda _: "every item",
    "index": lambda at: f"item {at:,}",
    "firstIndex": lambda at: f"what was item {at:,} of the first call",
    "key": lambda key: f"the item {key}",
    "where": lambda predicate: f"each item where {_describe_test(predicate)}",
    "sample": lambda chance: f"each item, with a chance of {_percent(chance)}",
}

_EFFECTS: Mapping[str, _Words] = {
    "hang": lambda wait: f"held back for {_seconds(wait)}",
    "fail": lambda fault: f"rejected ({_describe_fault(fault)})",
    "failTimes": lambda times: f"in its {_first(times, 'attempt')}",
    "warn": lambda fault: f"given a warning ({_describe_fault(fault)})",
    "omit": lambda _: "left out of the answer",
    "duplicate": lambda times: f"{counted(times, 'time')} more in the answer",
    "commit": lambda is_stored: "stored all the same" if is_stored else "not stored",
    "callback": lambda effect: f"its callbacks {', '.join(_phrases(effect, _CALLBACK))}",
}

_CALLBACK: Mapping[str, _Words] = {
    "lost": lambda _: "lost",
    "duplicate": lambda times: f"sent {counted(times, 'time')} more",
    "late": lambda seconds: f"{seconds:,} s late",
    "outOfOrder": lambda _: "out of order",
    "wrongSignature": lambda _: "with a wrong signature",
    "early": lambda _: "before the answer",
}

_ENVELOPE: Mapping[str, _Words] = {
    "order": lambda order: f"outcomes in another order ({order})",
    "countAdd": lambda count: (
        f"counts {counted(abs(count), 'item')} {'more' if count > 0 else 'fewer'} than there were"
    ),
    "phantom": lambda count: f"adds {counted(count, 'outcome')} of what was never sent",
    "emptyMapAsArray": lambda is_array: "an empty map of problems is []" if is_array else "",
    "contentType": lambda media_type: f"says that its media type is {media_type}",
    "drift": lambda changes: "; ".join(
        f"{one['path']} {_DRIFTS[one['change']](one.get('to'))}" for one in changes
    ),
}

_RESPONSE: Mapping[str, _Words] = {
    "status": lambda status: f"answers {status}",
    "example": lambda name: f"answers with the example {name}",
    "body": lambda body: f"a body of its own, as {body['mediaType']}",
    "headers": lambda headers: ", ".join(f"{name}: {text}" for name, text in headers.items()),
    "retryAfter": lambda wait: f"Retry-After: {wait}",
    "delay": lambda delay: f"answers after {_DELAYS[delay['type']](delay)}{_describe_most(delay)}",
    "dribble": lambda dribble: (
        f"comes in {counted(dribble['numberOfChunks'], 'piece')} over {_seconds(dribble['totalDuration'])}"
    ),
    "truncateBodyAtFraction": lambda fraction: f"cut after {_percent(fraction)} of the body",
    "fault": lambda fault: _FAULTS[fault],
}


def _describe_most(delay: Document) -> str:
    return f", at most {_seconds(delay['max'])}" if "max" in delay else ""


_DELAYS: Mapping[str, Callable[[Document], str]] = {
    "fixed": lambda delay: _seconds(delay.get("value", 0)),
    "uniform": lambda delay: f"{_seconds(delay.get('lower', 0))} to {_seconds(delay.get('upper', 0))}",
    "lognormal": lambda delay: f"{_seconds(delay.get('median', 0))} in the middle, sometimes much longer",
}


_DRIFTS: Mapping[str, _Words] = {
    "add": lambda value: f"is added: {_literal(value)}",
    "rename": lambda name: f"is renamed to {name}",
    "widen": lambda _: "has a wider type",
    "null": lambda _: "is null",
    "value": lambda value: f"is {_literal(value)}",
    "reword": lambda words: f"says {words}" if words else "is put in quotes",
}


def _literal(value: Json) -> str:
    text = json.encode(value).decode()
    return text if len(text) <= _LONGEST_LITERAL else f"{text[:_LONGEST_LITERAL]}…"


def counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _percent(chance: float) -> str:
    return f"{float(chance) * 100:g} %"


def _seconds(milliseconds: float) -> str:
    return f"{float(milliseconds) / 1000:g} s"
