"""What is wrong although a test passed: a rule that never hit, a call that no contract knows."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from mockserver.codec import json
from mockserver.model import Json
from mockserver.testing.arming import Armed
from mockserver.testing.calls import Call
from mockserver.testing.control import NotDone, Within

OFF_CONTRACT, NEVER_HIT = "off-contract", "never-hit"
ALLOWED = (OFF_CONTRACT, NEVER_HIT)
"""What a test may say that it is meant so."""

_VERIFIED = ("vendor", "operation", "query", "headers", "body")
_SHOWN = 10
_SIGNS = 160


def never_hit(within: Within, armed: Sequence[Armed], calls: Sequence[Call]) -> Iterator[str]:
    """Each rule that bent no call, with the call that came nearest to it."""
    applied = {rule for call in calls for rule in call.applied}
    for one in armed:
        if one.taken_back:
            continue
        try:
            counts, rules = one.counts, one.document["rules"]
        except NotDone:
            continue  # it was taken away by others: the test, or a state that was restored
        for counted, rule in zip(counts, rules, strict=True):
            if f"{one.name}/{rule['id']}" not in applied:
                yield (
                    f"{one.name}/{rule['id']} was armed and never hit: {_said(rule)}\n"
                    f"  {_nearest(within, rule, counted, calls)}"
                )


def off_contract(calls: Sequence[Call], excused: Collection[int]) -> Iterator[str]:
    """Each call that the vendor has no operation for, and each answer that its spec does not say."""
    for call in calls:
        said = call.off_contract or ("" if call.operation else "the vendor has no such operation")
        if said and call.number not in excused:
            yield f"#{call.number} {call.vendor} {call.method} {call.path} was off contract: {said}"


def not_verified(problem: Mapping[str, Json]) -> str:
    """What a verification found instead, with the calls that came near."""
    lines = [str(problem["detail"])]
    for near in problem.get("nearest", ()):
        head = f"#{near['number']} {near['vendor']} {near['method']} {near['path']}"
        lines.append(f"  nearest: {head}: {_differs(near['differs'])}")
    return "\n".join(lines)


def _differs(found: Sequence[Mapping[str, Json]]) -> str:
    return "; ".join(
        f"{one['member']} is {_text(one['found'])}, expected {_text(one['expected'])}" for one in found
    )


def _nearest(
    within: Within,
    rule: Mapping[str, Json],
    counted: Mapping[str, Json],
    calls: Sequence[Call],
) -> str:
    match = rule.get("match", {})
    if counted["calls"]:
        last = next((call for call in reversed(calls) if _is_of(call, match)), None)
        return f"nearest: {_shown(last)}" if last else "the calls that it took are no longer kept"
    wanted = {member: match[member] for member in _VERIFIED if member in match}
    try:
        within.ask("POST", "/journal/verify", {"match": wanted})
    except NotDone as told:
        near = told.problem.get("nearest")
        by_number = {call.number: call for call in calls}
        if not near or near[0]["number"] not in by_number:
            return "no call was made"
        return f"nearest: {_shown(by_number[near[0]['number']])}: {_differs(near[0]['differs'])}"
    last = next((call for call in reversed(calls) if _is_of(call, match)), None)
    return f"nearest: {_shown(last)}" if last else "no call was made"


def _is_of(call: Call, match: Mapping[str, Json]) -> bool:
    own = {"vendor": call.vendor, "operation": call.operation}
    return all(match.get(member, value) == value for member, value in own.items())


def _shown(call: Call) -> str:
    head = f"#{call.number} {call.vendor} {call.method} {call.path}"
    if not call.sent:
        return head
    keys = [*call.keys[:_SHOWN], *(["…"] if call.sent > _SHOWN else [])]
    return f"{head} sent {'item' if call.sent == 1 else 'items'} {', '.join(keys)}"


def _said(rule: Mapping[str, Json]) -> str:
    return _text({name: one for name, one in rule.items() if name != "id"})


def _text(value: Json) -> str:
    text = json.encode(value).decode()
    return text if len(text) <= _SIGNS else f"{text[:_SIGNS]}…"
