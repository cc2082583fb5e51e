"""Judge each item by its schema and the vendor's rules, without state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mockserver.engine.plan import CompiledItems
from mockserver.errors import InvalidCall
from mockserver.model import Item, Problem, Verdict
from mockserver.vendor import ClassifyProblem, CompleteBatchHandler, Request

_NO_PROBLEMS = Verdict()


def judge_items(
    request: Request, plan: CompiledItems, handler: CompleteBatchHandler, classify: ClassifyProblem
) -> Mapping[int, Verdict]:
    """Verdicts by item index; an item that nothing is to be said of is left out.

    Raises:
        InvalidCall: an item is such that the vendor's own decoder would refuse the whole call.
    """
    verdicts: dict[int, Verdict] = {}
    fatal: list[Problem] = []
    for item in _items_to_judge(request, handler):
        found = _schema_problems(request, plan, item, classify) if item.index in request.unproven else ()
        refusing = [problem for problem in found if _is_fatal(problem, plan)]
        fatal += refusing
        if not refusing and (verdict := _judge_item(found, item, request, handler)) is not None:
            verdicts[item.index] = verdict
    if fatal:
        raise InvalidCall(fatal, request.document)
    for index, problem in handler.batch_rule(request) if handler.batch_rule else ():
        known = verdicts.get(index, _NO_PROBLEMS)
        verdicts[index] = Verdict((*known.problems, problem), known.warnings)
    return verdicts


def _items_to_judge(request: Request, handler: CompleteBatchHandler) -> Sequence[Item]:
    """Return all items where the vendor has rules, else those that may break their schema."""
    if handler.rules or handler.warning_rules:
        return request.items
    if not request.unproven:
        return ()
    items = request.items
    return [items[index] for index in sorted(request.unproven) if index < len(items)]


def _schema_problems(
    request: Request, plan: CompiledItems, item: Item, classify: ClassifyProblem
) -> Sequence[Problem]:
    problems = plan.one.problems(item.document, (*plan.batch.items, item.index))
    return [kept for problem in problems if (kept := classify(problem, request.call)) is not None]


def _judge_item(
    found: Sequence[Problem], item: Item, request: Request, handler: CompleteBatchHandler
) -> Verdict | None:
    problems: list[Problem] = list(found)
    warnings: list[Problem] = []
    if isinstance(item.document, dict):
        for rule in handler.rules:
            problems += rule(item, request)
        for rule in handler.warning_rules:
            warnings += rule(item, request)
    return Verdict(tuple(problems), tuple(warnings)) if problems or warnings else None


def _is_fatal(problem: Problem, plan: CompiledItems) -> bool:
    if plan.fatal:
        steps = problem.path[len(plan.batch.items) + 1 :]
        override = plan.fatal.get(tuple(["*" if isinstance(step, int) else step for step in steps]))
        if override is not None:
            return override
    return problem.rule in plan.batch.fatal or problem.rule.partition(":")[0] in plan.batch.fatal
