"""Search for schedules of faults that a client does not survive, and shrink them. Needs hypothesis."""

from __future__ import annotations

import dataclasses
import operator
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain, combinations, islice, product
from pprint import pformat
from typing import NamedTuple, TypeAlias, cast

import hypothesis
from hypothesis import strategies as st
from msgspec.structs import replace

from mockserver.drill.cases import drill_scenario
from mockserver.model import Value
from mockserver.testing.control_client import Json, plain_json
from mockserver.testing.drill import EXPLORED, Case, Drill, Plan, Result

_MOST_FAULTS, _MOST_TIMES = 5, 3
_DRAWS = 3
"""Number of rounds in which schedules are drawn. (Hypothesis may repeat schedules within a round.)"""

_MOST_CAUSES, _MOST_RUNS, _AT_ONCE = 12, 100, 4
"""Maximum numbers of causes that are shrunk, of runs to shrink a cause, and of runs between two decisions."""

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
    "DROPPED": "loses {items}",
    "TWICE": "doubles {items}",
    "UNNAMED": "names some lost items, but not {items}",
    "MISNAMED": "names {items} in place of a lost one",
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


class DrawnFault(Value, frozen=True):
    """A fault of one call or of one item."""

    kind: str
    call: int = 0
    """Number of the call among the calls of the operation, from 1; 0 for a fault of an item."""
    item: int = 0
    """Position of the item among all items of the client, from 1; 0 for a fault of a call."""
    times: int = 0
    """Number of failing attempts at the item; 1 for a `kind` outside `_COUNTED`, 0 for a fault of a call."""


Schedule: TypeAlias = tuple[DrawnFault, ...]
Symptom: TypeAlias = tuple[str, str]
"""Kind and cause of a finding that is not doubtful."""
_PLACE = operator.attrgetter("item", "call")


class ItemPlace(NamedTuple):
    """Members of a rule by which the rule finds an item of the client."""

    operation: str
    select: Mapping[str, Json]
    times: Mapping[str, Json]


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

_CRASHES: Mapping[str, str] = {
    "before-send": "is not sent because the client is killed",
    "after-commit": "is done but not answered because the client is killed",
    "after-answer": "is answered just before the client is killed",
}
"""Faults of a call in which the client is killed and started again, by the moment of the plan's case."""


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
    """Minimal schedules that together show each shrunk cause."""
    unrepeated: int = 0
    """Number of causes that did not show when their minimal schedule was run again."""
    left: int = 0
    """Number of causes that were not shrunk because there were more than `_MOST_CAUSES`."""


@dataclass(frozen=True)
class Explorer:
    """Explorer of schedules for a client. Each thread of `pool` runs one schedule at a time."""

    drill: Drill
    plan: Plan
    pool: ThreadPoolExecutor
    _known: dict[Schedule, Sequence[Symptom]] = field(default_factory=dict, init=False)
    """What each schedule that was run shows, the worst first."""

    def explore(self, number: int, seed: int) -> Exploration:
        """Run up to `number` schedules, and shrink one failing schedule for each cause.

        Equal seeds draw equal schedules. Raises ControlPlaneError, ServerUnreachableError: see `Drill.run`.
        """
        kills = [case.crash for case in self.plan.cases if case.crash in _CRASHES]
        drawn = draw_schedules(len(self._places), self.plan.calls, number, seed, kills)
        failed = [shown for shown in self._symptoms(drawn) if shown]
        causes = list(dict.fromkeys([*(shown[0] for shown in failed), *chain(*failed)]))
        shrunk = [(cause, self._shrink(cause)) for cause in causes[:_MOST_CAUSES]]
        minimal = list(dict.fromkeys(schedule for _, schedule in shrunk))
        again = dict(zip(minimal, self.pool.map(self._run, minimal), strict=True))
        repeated = [schedule for cause, schedule in shrunk if cause in _symptoms_of(again[schedule])]
        finds = [self._tell(number, one, again[one]) for number, one in enumerate(dict.fromkeys(repeated), 1)]
        unrepeated, left = len(shrunk) - len(repeated), len(causes) - len(shrunk)
        return Exploration(len(drawn), len(failed), finds, unrepeated, left)

    @cached_property
    def _places(self) -> Sequence[ItemPlace]:
        """Places of the plan's items, by call and index if the client makes new keys in each run."""
        again = self.drill.run(Case(EXPLORED), self.plan.clean)
        self.drill.drop(again)
        lasting = {one["key"] for one in again.items}
        calls: dict[str, set[int]] = {}
        places: dict[str, ItemPlace] = {}
        for one in self.plan.clean.items:
            key, operation, sent = one["key"], one["operation"], one["attempts"][0]
            earlier = calls.setdefault(operation, set())
            after = sum(number < sent["call"] for number in earlier)
            earlier.update(attempt["call"] for attempt in one["attempts"])
            by_call = ItemPlace(operation, {"firstIndex": sent["index"]}, {"after": after})
            places[key] = ItemPlace(operation, {"key": key}, {}) if key in lasting else by_call
        return [places.get(key) or ItemPlace(self.plan.operation, {"key": key}, {}) for key in self.plan.keys]

    def _symptoms(self, schedules: Sequence[Schedule]) -> Sequence[Sequence[Symptom]]:
        """Return what each schedule shows; run a schedule only if it has not been run before."""
        new = [one for one in dict.fromkeys(schedules) if one not in self._known]
        results = self.pool.map(self._run, new)
        self._known.update(zip(new, map(_symptoms_of, results), strict=True))
        return [self._known[one] for one in schedules]

    def _run(self, schedule: Schedule) -> Result:
        scenario = make_scenario(schedule, self.drill.vendor, self.plan, self._places)
        crash = next((fault.kind for fault in schedule if fault.kind in _CRASHES), "")
        case = Case(EXPLORED, scenario["description"], scenario, crash=crash)
        result = self.drill.run(case, self.plan.clean)
        self.drill.drop(result)
        return result

    def _shrink(self, cause: Symptom) -> Schedule:
        """Simplify a schedule that shows the cause until no simpler schedule shows the cause."""
        schedule = min((one for one, shown in self._known.items() if cause in shown), key=len)
        most, before = len(self._known) + _MOST_RUNS, None
        while schedule != before:
            before = schedule
            for simplify in (_parts, _lower):
                while found := self._first(cause, simplify(schedule), most):
                    schedule = found
        return schedule

    def _first(self, cause: Symptom, schedules: Iterator[Schedule], most: int) -> Schedule | None:
        """Return the first schedule that shows the cause, or None; stop if `most` schedules are known."""
        while len(self._known) < most and (some := list(islice(schedules, _AT_ONCE))):
            for schedule, shown in zip(some, self._symptoms(some), strict=True):
                if cause in shown:
                    return schedule
        return None

    def _tell(self, number: int, schedule: Schedule, result: Result) -> FoundSchedule:
        case = dataclasses.replace(result.case, id=f"{EXPLORED}-{number}")
        items: dict[str, list[str]] = {}
        for one in result.findings:
            if not one.doubtful:
                items.setdefault(one.kind, []).extend(one.items)
        deeds = " and ".join(_describe_deed(kind, keys, self.plan.keys) for kind, keys in items.items())
        return FoundSchedule(
            schedule, f"the client {deeds} when {case.says}", dataclasses.replace(result, case=case)
        )


def _symptoms_of(result: Result) -> Sequence[Symptom]:
    return [(one.kind, one.cause) for one in result.findings if not one.doubtful]


def make_scenario(schedule: Schedule, vendor: str, plan: Plan, places: Sequence[ItemPlace]) -> Json:
    """Return the scenario that causes the faults of the schedule."""
    rules = [
        {"id": f"fault-{number}", **rule}
        for number, fault in enumerate(schedule, 1)
        for rule in _rules(fault, vendor, plan, places)
    ]
    return drill_scenario(describe_schedule(schedule, len(places)), plain_json(rules))


def draw_schedules(items: int, calls: int, number: int, seed: int, kills: Sequence[str]) -> list[Schedule]:
    """Draw up to `number` different schedules, each with at most one fault of `kills`.

    The client has `items` items and `calls` calls.
    """
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
        @hypothesis.given(_schedules(items, calls, kills))
        def collect(schedule: Schedule) -> None:
            drawn.setdefault(schedule)

        collect()
    return list(drawn)[:number]


def _schedules(items: int, calls: int, kills: Sequence[str]) -> st.SearchStrategy[Schedule]:
    kinds = st.sampled_from([*_CALL_FAULTS, *kills])
    of_calls = st.builds(DrawnFault, kind=kinds, call=st.integers(1, calls + 2))
    of_items = st.builds(
        lambda kind, item, times: DrawnFault(kind, item=item, times=times if kind in _COUNTED else 1),
        kind=st.sampled_from(list(_ITEM_FAULTS)),
        item=st.integers(1, items),
        times=st.integers(1, _MOST_TIMES),
    )
    unique = (_PLACE, lambda one: one.kind in kills or _PLACE(one))
    faults = st.lists(of_items | of_calls, min_size=1, max_size=_MOST_FAULTS, unique_by=unique)
    return faults.map(_sort)


def _sort(faults: Iterable[DrawnFault]) -> Schedule:
    return tuple(sorted(faults, key=_PLACE))


def _parts(schedule: Schedule) -> Iterator[Schedule]:
    """Yield the parts of a schedule, the smallest first; a single fault also once at the first call or item.

    Without the other faults the client may make fewer calls, so that the calls of a part come earlier: by at
    most one call for each missing fault.
    """
    for one in schedule if len(schedule) > 1 else ():
        yield (replace(one, call=min(one.call, 1), item=min(one.item, 1), times=min(one.times, 1)),)
    for size in range(1, len(schedule)):
        parts = list(combinations(schedule, size))
        yield from dict.fromkeys(
            _earlier(part, schedule, calls) for calls in range(len(schedule)) for part in parts
        )


def _earlier(part: Schedule, whole: Schedule, calls: int) -> Schedule:
    """Return the part with each call up to `calls` earlier, but one call at most for each fault left out."""
    moved: list[DrawnFault] = []
    for one in part:
        left_out = sum(other.call < one.call for other in whole if other not in part)
        first = 1 + max((other.call for other in moved), default=0)
        moved.append(replace(one, call=max(one.call - min(calls, left_out), first)) if one.call else one)
    return tuple(moved)


def _lower(schedule: Schedule) -> Iterator[Schedule]:
    """Yield schedules with one fault earlier or less often: as low as possible, by half, and by one."""
    for fault, name in product(schedule, ("call", "item", "times")):
        number: int = getattr(fault, name)
        others = [one for one in schedule if one is not fault]
        for lower in sorted({1, number // 2, number - 1} & set(range(1, number))):
            one = replace(fault, **cast(Json, {name: lower}))
            if _PLACE(one) not in map(_PLACE, others):
                yield _sort((*others, one))


def _rules(fault: DrawnFault, vendor: str, plan: Plan, places: Sequence[ItemPlace]) -> Iterator[Json]:
    match = {"vendor": vendor, "operation": plan.operation}
    if fault.kind in _CRASHES:
        case = next(one for one in plan.cases if one.crash == fault.kind)
        for rule in case.scenario["rules"] if case.scenario else ():
            nth = {"nth": fault.call} if "nth" in rule["match"] else {}
            yield {**rule, "match": {**rule["match"], **nth}}
    elif fault.call:
        yield {"match": {**match, "nth": fault.call}, **_CALL_FAULTS[fault.kind][1]}
    else:
        place, effect = places[fault.item - 1], _ITEM_FAULTS[fault.kind][1]
        if fault.kind in _COUNTED:
            effect = {**effect, "failTimes": fault.times}
        times = {**place.times, **({"count": 1} if fault.kind in _ONCE else {})}
        yield {
            "match": {**match, "operation": place.operation},
            **({"times": times} if times else {}),
            "items": [{"select": place.select, "effect": effect}],
        }


def describe_schedule(schedule: Schedule, items: int) -> str:
    """Describe a schedule, such as "item 2 of 3 fails once and call 2 is reset after its commit"."""
    parts = []
    for fault in schedule:
        if fault.call:
            parts.append(f"call {fault.call} {_CRASHES.get(fault.kind) or _CALL_FAULTS[fault.kind][0]}")
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


def _describe_deed(kind: str, keys: Iterable[str], all_keys: Sequence[str]) -> str:
    numbers = sorted(all_keys.index(key) + 1 for key in set(keys).intersection(all_keys))
    noun = "item" if len(numbers) == 1 else "items"
    items = f"{noun} {', '.join(map(str, numbers))} of {len(all_keys)}" if numbers else "an item"
    return _DEEDS[kind].format(items=items)
