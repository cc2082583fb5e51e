"""Room 2: the judge. Each item against its schema and the vendor's rules, alone and without state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mockserver.errors import Invalid
from mockserver.model import Item, Problem, Verdict
from mockserver.plan import ItemPlan
from mockserver.vendor import Grade, Request, Room

_CLEAR = Verdict()


def judge(request: Request, plan: ItemPlan, room: Room, grade: Grade) -> Mapping[int, Verdict]:
    """Verdicts by item index; an item that nothing is to be said of is left out.

    Raises:
        Invalid: an item is such that the vendor's own decoder would refuse the whole call.
    """
    if request.proven and not room.rules and not room.warn and not room.across:
        return {}
    verdicts: dict[int, Verdict] = {}
    fatal: list[Problem] = []
    for item in request.items:
        found = () if request.proven else _schema_problems(request, plan, item, grade)
        refusing = [problem for problem in found if _is_fatal(problem, plan)]
        fatal += refusing
        if not refusing and (verdict := _verdict(found, item, request, room)) is not None:
            verdicts[item.index] = verdict
    if fatal:
        raise Invalid(fatal, request.document)
    for index, problem in room.across(request) if room.across else ():
        known = verdicts.get(index, _CLEAR)
        verdicts[index] = Verdict((*known.problems, problem), known.warnings)
    return verdicts


def _schema_problems(request: Request, plan: ItemPlan, item: Item, grade: Grade) -> Sequence[Problem]:
    if plan.one.accepts(item.document):
        return ()
    problems = plan.one.problems(item.document, (*plan.batch.items, item.index))
    return [kept for problem in problems if (kept := grade(problem, request.call)) is not None]


def _verdict(found: Sequence[Problem], item: Item, request: Request, room: Room) -> Verdict | None:
    problems: list[Problem] = list(found)
    warnings: list[Problem] = []
    if isinstance(item.document, dict):
        for rule in room.rules:
            problems += rule(item, request)
        for rule in room.warn:
            warnings += rule(item, request)
    return Verdict(tuple(problems), tuple(warnings)) if problems or warnings else None


def _is_fatal(problem: Problem, plan: ItemPlan) -> bool:
    steps = problem.path[len(plan.batch.items) + 1 :]
    override = plan.fatal.get(tuple("*" if isinstance(step, int) else step for step in steps))
    if override is not None:
        return override
    return problem.rule in plan.batch.fatal or problem.rule.partition(":")[0] in plan.batch.fatal
