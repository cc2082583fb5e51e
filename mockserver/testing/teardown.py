"""Checks at the end of a test."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from mockserver.testing import exact_json
from mockserver.testing.calls import RecordedCall
from mockserver.testing.control_client import ControlPlaneError, SandboxControl
from mockserver.testing.exact_json import Json
from mockserver.testing.scenarios import ArmedScenario

OFF_CONTRACT, NEVER_HIT = "off-contract", "never-hit"
ALLOWABLE = (OFF_CONTRACT, NEVER_HIT)
"""Violations that a test can allow."""

_NO_OPERATION = "the vendor has no such operation"
_MATCH_MEMBERS = ("vendor", "operation", "query", "headers", "body")
_MAX_KEYS = 10
_MAX_LENGTH = 160
MAX_CALLS = 10_000


def find_unused_rules(
    sandbox_control: SandboxControl, armed: Sequence[ArmedScenario], calls: Sequence[RecordedCall]
) -> Iterator[str]:
    """Yield each armed rule that was never applied, with the nearest call."""
    applied = {rule for call in calls for rule in call.applied}
    for scenario in armed:
        if scenario.is_disarmed:
            continue
        try:
            counts, rules = scenario.counts, scenario.document["rules"]
        except ControlPlaneError:
            continue  # deleted by the test, or by restoring a state
        for counted, rule in zip(counts, rules, strict=True):
            if f"{scenario.name}/{rule['id']}" not in applied:
                yield (
                    f"{scenario.name}/{rule['id']} was armed and never hit: {_describe_rule(rule)}\n"
                    f"  {_nearest_call(sandbox_control, rule, counted, calls)}"
                )


def find_contract_violations(calls: Sequence[RecordedCall], ignored: Collection[int]) -> Iterator[str]:
    """Yield each call without an operation, with the nearest one, and each answer that violates its spec."""
    for call in calls:
        violation = call.off_contract or ("" if call.operation else call.reason or _NO_OPERATION)
        if violation and call.number not in ignored:
            yield f"{_describe_head(call)} was off contract: {violation}"


def describe_verification(problem: Mapping[str, Json]) -> str:
    """Describe a failed verification, with the nearest calls."""
    lines = [str(problem["detail"])]
    for near in problem.get("nearest", ()):
        head = f"#{near['number']} {near['vendor']} {near['method']} {near['path']}"
        lines.append(f"  nearest: {head}: {_describe_differences(near['differs'])}")
    return "\n".join(lines)


def _describe_differences(found: Sequence[Mapping[str, Json]]) -> str:
    return "; ".join(
        f"{one['member']} is {_shorten_json(one['found'])}, expected {_shorten_json(one['expected'])}"
        for one in found
    )


def _nearest_call(
    sandbox_control: SandboxControl,
    rule: Mapping[str, Json],
    counted: Mapping[str, Json],
    calls: Sequence[RecordedCall],
) -> str:
    match = rule.get("match", {})
    last = next((call for call in reversed(calls) if _matches_operation(call, match)), None)
    if counted["calls"]:
        return f"nearest: {_describe_call(last)}" if last else "its calls are no longer kept"
    wanted = {member: match[member] for member in _MATCH_MEMBERS if member in match}
    try:
        sandbox_control.request("POST", "/journal/verify", {"match": wanted})
    except ControlPlaneError as error:
        near = error.problem.get("nearest")
        by_number = {call.number: call for call in calls}
        if not near or near[0]["number"] not in by_number:
            return "no call was made"
        call = by_number[near[0]["number"]]
        return f"nearest: {_describe_call(call)}: {_describe_differences(near[0]['differs'])}"
    return f"nearest: {_describe_call(last)}" if last else "no call was made"


def _matches_operation(call: RecordedCall, match: Mapping[str, Json]) -> bool:
    own = {"vendor": call.vendor, "operation": call.operation}
    return all(match.get(member, value) == value for member, value in own.items())


def _describe_call(call: RecordedCall) -> str:
    head = _describe_head(call)
    if not call.sent:
        return head
    keys = [*call.keys[:_MAX_KEYS], *(["…"] if call.sent > _MAX_KEYS else [])]
    return f"{head} sent {'item' if call.sent == 1 else 'items'} {', '.join(keys)}"


def _describe_head(call: RecordedCall) -> str:
    """Return number, vendor (unless none has the call), method and path."""
    return " ".join(filter(None, (f"#{call.number}", call.vendor, call.method, call.path or "/")))


def _describe_rule(rule: Mapping[str, Json]) -> str:
    return _shorten_json({name: one for name, one in rule.items() if name != "id"})


def _shorten_json(value: Json) -> str:
    text = exact_json.encode(value).decode()
    return text if len(text) <= _MAX_LENGTH else f"{text[:_MAX_LENGTH]}…"
