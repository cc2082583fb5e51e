"""Search for schedules of faults that a client does not survive, and shrink them. Needs hypothesis."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pprint import pformat
from typing import NamedTuple, TypeAlias

import hypothesis
from hypothesis import strategies as st

from mockserver.drill.cases import drill_scenario
from mockserver.testing.control_client import Json, plain_json
from mockserver.testing.drill import EXPLORED, SILENT, Case, Drill, Plan, Result

_MOST_FAULTS, _MOST_TIMES = 5, 3
_DRAWS = 3
"""Number of rounds in which schedules are drawn. (Hypothesis may repeat schedules within a round.)"""

_A_DAY = 86_400

_ITEM_FAULTS: Mapping[str, tuple[str, Json]] = {
    "fails": ("fails {times}", {"fail": {"code": "internal"}}),
    "throttled": ("is throttled {times}", {"fail": {"code": "throttled"}}),
    "locked": ("is locked {times}", {"fail": {"code": "locked"}}),
    "refused": ("is refused for good", {"fail": {"code": "unknown-reference"}}),
    "warned": ("is stored with a warning", {"warn": {"code": "too-long"}}),
    "left out": ("is stored and left out of an answer", {"omit": True}),
    "dropped": ("is left out of an answer and not stored", {"omit": True, "commit": False}),
    "doubled": ("is in an answer twice", {"duplicate": 1}),
}
"""Faults of an item. For each fault: its description, and the effect in a rule that causes the fault."""

_COUNTED = ("fails", "throttled", "locked")
_ONCE = ("left out", "dropped", "doubled")
_RESET = "CONNECTION_RESET_BY_PEER"
_OFTEN = {1: "once", 2: "twice"}
_PYTEST_HEAD = '''"""Schedules of faults that the client did not survive."""

from mockserver.testing.drill import Case, Drill, call_function

# from your_client import sync


def client(mock):
    """Call the client under test with the address and the credential of this sandbox."""
    raise NotImplementedError("sync(mock.url, mock.token, rows)")


def assert_survives(mockserver, scenario):
    drill = Drill(mockserver.control, "VENDOR", call_function(client))
    plan = drill.learn()
    assert not plan.obstacle, plan.obstacle
    result = drill.run(Case("found", scenario=scenario), plan.clean)
    assert result.verdict != "silent", result.message
'''
_DEEDS: Mapping[str, str] = {
    "LOST": "loses {items}",
    "TWICE": "doubles {items}",
    "WRONG": "stores {items} wrongly",
    "RESENT": "sends {items} again needlessly",
    "SILENT": "does not report the warning of {items}",
    "HANGS": "does not end",
    "FOREVER": "sends {items} forever",
    "LOGIN": "uses a refused credential again",
    "RUDE": "calls again too early",
    "KEY": "uses an idempotency key wrongly",
    "ALARM": "ends with a failure although all was well",
}


@dataclass(frozen=True, slots=True)
class DrawnFault:
    """A fault of one call or of one item."""

    kind: str
    call: int = 0
    """Number of the call among the calls of the operation, from 1; 0 for a fault of an item."""
    item: int = 0
    """Position of the item among all items of the client, from 1; 0 for a fault of a call."""
    times: int = 0
    """Number of failing attempts at the item; 1 for a `kind` outside `_COUNTED`, 0 for a fault of a call."""


Schedule: TypeAlias = tuple[DrawnFault, ...]


def _response(commit: Json = "full", **response: Json) -> Json:
    return {"commit": commit, "response": response}


_CALL_FAULTS: Mapping[str, tuple[str, Json]] = {
    "lost": ("is reset after its commit", _response(fault=_RESET)),
    "lost before": ("is reset before its commit", _response("none", fault=_RESET)),
    "half done": ("is reset after its first item", _response({"partial": 1}, fault=_RESET)),
    "empty": ("is done and gets no answer", _response(fault="EMPTY_RESPONSE")),
    "torn": ("is done and gets half of its answer", _response(fault="TRUNCATED_BODY")),
    "garbled": ("is done and gets random bytes", _response(fault="RANDOM_DATA_THEN_CLOSE")),
    "silent": ("is done and never answered", _response(fault="NO_RESPONSE")),
    "gateway": ("is done and answered 504", _response(status=504)),
    "broken": ("is answered 500 after its first item", _response({"partial": 1}, status=500)),
    "page": (
        "is answered 200 with a page, and not done",
        _response("none", status=200, body={"text": "<html>Back soon</html>", "mediaType": "text/html"}),
    ),
    "unavailable": ("is answered 503", _response("none", status=503)),
    "throttled": ("is answered 429 with Retry-After 1 s", _response("none", status=429, retryAfter=1)),
    "throttled bare": ("is answered 429", _response("none", status=429)),
    "unauthorized": ("is answered 401", _response("none", status=401)),
    "slow": ("is answered after 0.4 s", _response(delay={"type": "fixed", "value": 400})),
    "late": ("is answered after 4 s", _response(delay={"type": "fixed", "value": 4000})),
    "redirected": ("is redirected with 307", _response("none", status=307)),
    "reordered": ("is answered in reverse order", {"envelope": {"order": "reverse"}}),
    "miscounted": ("is answered with a count that is one too high", {"envelope": {"countAdd": 1}}),
    "phantom": ("is answered with an item that nobody sent", {"envelope": {"phantom": 1}}),
    "clock": ("is followed by a day in which nothing happens", {"advanceClock": _A_DAY}),
}
"""Faults of a call. For each fault: its description, and the members of the rule that causes the fault."""


class FoundSchedule(NamedTuple):
    """A minimal schedule that the client does not survive."""

    schedule: Schedule
    sentence: str
    """A sentence: what the client does wrong, and under which faults."""
    result: Result
    """A run of the client with the schedule."""


class Exploration(NamedTuple):
    schedules: int
    """Number of drawn schedules that were run; the runs of shrinking do not count."""
    failed: int
    """Number of drawn schedules that the client did not survive."""
    finds: Sequence[FoundSchedule]
    """One minimal schedule for each kind of failure."""


@dataclass(frozen=True, slots=True)
class Explorer:
    """Explorer of schedules for a client. Each thread of `pool` runs one schedule at a time."""

    drill: Drill
    plan: Plan
    pool: ThreadPoolExecutor

    def explore(self, number: int, seed: int) -> Exploration:
        """Run up to `number` schedules, and shrink the first failing schedule of each kind.

        Equal seeds draw equal schedules. Raises ControlPlaneError, ServerUnreachableError: see `Drill.run`.
        """
        drawn = draw_schedules(len(self.plan.keys), self.plan.calls, number, seed)
        failed = self._failures(drawn)
        first: dict[str, tuple[Schedule, Result]] = {}
        for schedule, result in failed:
            first.setdefault(result.word, (schedule, result))
        finds = [self._shrink(number, *one) for number, one in enumerate(first.values(), 1)]
        return Exploration(len(drawn), len(failed), finds)

    def _failures(self, schedules: Iterable[Schedule]) -> list[tuple[Schedule, Result]]:
        """Run each distinct schedule once; return each schedule that the client failed, with its result."""
        tried = list(dict.fromkeys(schedules))
        results = self.pool.map(self._run, tried)
        pairs = zip(tried, results, strict=True)
        return [(schedule, result) for schedule, result in pairs if result.verdict == SILENT]

    def _run(self, schedule: Schedule) -> Result:
        scenario = make_scenario(schedule, self.drill.vendor, self.plan)
        result = self.drill.run(Case(EXPLORED, scenario["description"], scenario), self.plan.clean)
        self.drill.drop(result)
        return result

    def _shrink(self, number: int, schedule: Schedule, result: Result) -> FoundSchedule:
        """Simplify the schedule until no simpler schedule gives the same kind of failure.

        The case id of the returned result ends with `number`.
        """
        smaller: tuple[Schedule, Result] | None = (schedule, result)
        while smaller:
            schedule, result = smaller
            same = (one for one in self._failures(_simpler(schedule)) if one[1].word == result.word)
            smaller = next(same, None)
        sentence = f"{_describe_result(result, self.plan)} when {result.case.says}"
        return FoundSchedule(
            schedule, sentence, replace(result, case=replace(result.case, id=f"{EXPLORED}-{number}"))
        )


def make_scenario(schedule: Schedule, vendor: str, plan: Plan) -> Mapping[str, Json]:
    """Return the scenario that causes the faults of the schedule."""
    match = {"vendor": vendor, "operation": plan.operation}
    rules = [
        {"id": f"fault-{number}", **_rule(fault, match, plan.keys)}
        for number, fault in enumerate(schedule, 1)
    ]
    says = describe_schedule(schedule, len(plan.keys))
    return drill_scenario(says, plain_json(rules))


def draw_schedules(items: int, calls: int, number: int, seed: int) -> list[Schedule]:
    """Draw up to `number` different schedules for a client with `items` items and `calls` calls."""
    drawn: dict[Schedule, None] = {}
    for round_ in range(_DRAWS):

        @hypothesis.seed(seed * _DRAWS + round_)
        @hypothesis.settings(
            max_examples=number,
            phases=[hypothesis.Phase.generate],
            database=None,
            deadline=None,
            suppress_health_check=list(hypothesis.HealthCheck),
        )
        @hypothesis.given(_schedules(items, calls))
        def collect(schedule: Schedule) -> None:
            drawn.setdefault(schedule)

        collect()
    return list(drawn)[:number]


def _schedules(items: int, calls: int) -> st.SearchStrategy[Schedule]:
    of_calls = st.builds(DrawnFault, kind=st.sampled_from(list(_CALL_FAULTS)), call=st.integers(1, calls + 2))
    of_items = st.builds(
        lambda kind, item, times: DrawnFault(kind, item=item, times=times if kind in _COUNTED else 1),
        kind=st.sampled_from(list(_ITEM_FAULTS)),
        item=st.integers(1, items),
        times=st.integers(1, _MOST_TIMES),
    )
    places = operator.attrgetter("item", "call")
    faults = st.lists(of_items | of_calls, min_size=1, max_size=_MOST_FAULTS, unique_by=places)
    return faults.map(lambda found: tuple(sorted(found, key=places)))


def _simpler(schedule: Schedule) -> Iterator[Schedule]:
    """Yield simpler schedules: of a single fault, without one fault, or with a fault earlier or less often.

    A single fault happens once, at the first call or item, because without the other faults the client may
    make fewer calls.
    """
    if len(schedule) > 1:
        for fault in schedule:
            yield (
                replace(fault, call=min(fault.call, 1), item=min(fault.item, 1), times=min(fault.times, 1)),
            )
        for fault in schedule:
            rest = tuple(one for one in schedule if one is not fault)
            # Without the fault there may be one retry less, so that later calls have lower numbers.
            earlier = tuple(replace(one, call=one.call - (one.call > max(fault.call, 1))) for one in rest)
            yield from dict.fromkeys((rest, earlier))
    for at, fault in enumerate(schedule):
        others = (*schedule[:at], *schedule[at + 1 :])
        smaller = (
            replace(fault, call=max(fault.call - 1, min(fault.call, 1))),
            replace(fault, item=max(fault.item - 1, min(fault.item, 1))),
            replace(fault, times=max(fault.times - 1, min(fault.times, 1))),
        )
        for one in smaller:
            if one != fault and (one.call, one.item) not in {(other.call, other.item) for other in others}:
                yield (*schedule[:at], one, *schedule[at + 1 :])


def _rule(fault: DrawnFault, match: Mapping[str, Json], keys: Sequence[str]) -> Mapping[str, Json]:
    if fault.call:
        return {"match": {**match, "nth": fault.call}, **_CALL_FAULTS[fault.kind][1]}
    effect = _ITEM_FAULTS[fault.kind][1]
    if fault.kind in _COUNTED:
        effect = {**effect, "failTimes": fault.times}
    once = {"times": {"count": 1}} if fault.kind in _ONCE else {}
    return {"match": match, **once, "items": [{"select": {"key": keys[fault.item - 1]}, "effect": effect}]}


def describe_schedule(schedule: Schedule, items: int) -> str:
    """Describe a schedule, such as "item 2 of 3 fails once and call 2 is reset after its commit"."""
    parts = []
    for fault in schedule:
        if fault.call:
            parts.append(f"call {fault.call} {_CALL_FAULTS[fault.kind][0]}")
        else:
            words = _ITEM_FAULTS[fault.kind][0].format(times=_OFTEN.get(fault.times, f"{fault.times} times"))
            parts.append(f"item {fault.item} of {items} {words}")
    return " and ".join(filter(None, (", ".join(parts[:-1]), parts[-1])))


def pytest_file(vendor: str, found: Sequence[FoundSchedule]) -> str:
    """Return a pytest file with a test for each schedule, and a function `client` for users to complete."""
    tests = "".join(
        f"\n\ndef test_{find.result.word.lower()}_{number}(mockserver):\n"
        f'    """{find.sentence}."""\n'
        f"    scenario = {pformat(plain_json(find.result.case.scenario), width=100, sort_dicts=False)}\n"
        f"    assert_survives(mockserver, scenario)\n"
        for number, find in enumerate(found, 1)
    )
    return _PYTEST_HEAD.replace("VENDOR", vendor) + tests


def _describe_result(result: Result, plan: Plan) -> str:
    finding = result.findings[0]
    places = [str(plan.keys.index(key) + 1) for key in finding.items if key in plan.keys]
    noun = "item" if len(places) == 1 else "items"
    items = f"{noun} {', '.join(places)} of {len(plan.keys)}" if places else "an item"
    return f"the client {_DEEDS[finding.kind].format(items=items)}"
