"""One batch: open its envelope, judge its items, and apply the accepted items."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import count

from msgspec.structs import replace

from mockserver import MAX_ITEMS
from mockserver.codec import json
from mockserver.codec.http import parse_content_type
from mockserver.codec.json import check_depth, may_contain_nul
from mockserver.engine.plan import CompiledBody, CompiledItems, CompiledOperation
from mockserver.errors import InvalidCall, MalformedBody, Rejected, TooManyItems, UnsupportedMediaType
from mockserver.model import (
    Action,
    Call,
    Item,
    Json,
    Outcome,
    Problem,
    Value,
    Verdict,
    join_key,
    members_of,
    value_at,
)
from mockserver.sandbox.store import State
from mockserver.spec.batch_forms import Batch
from mockserver.spec.item_forms import listed, read_item_lines
from mockserver.spec.openapi import LINES, RouteMatch, Spec
from mockserver.vendor import (
    CheckItem,
    ClassifyProblem,
    CompleteBatchHandler,
    DispatchCall,
    Request,
    StoreItem,
    StoreItems,
)

_NO_PROBLEMS = Verdict()


class EnvelopeReader(Value, frozen=True):
    spec: Spec
    plans: Mapping[str, CompiledOperation]
    classify: ClassifyProblem
    max_items: int = MAX_ITEMS

    def open(
        self, call: Call, match: RouteMatch, dispatch: DispatchCall, *, may_take_long: bool = True
    ) -> Request:
        """Read the parameters and the body of a call; return the request with its items.

        Raises InvalidCall: parameters or envelope break the contract; UnsupportedMediaType, MalformedBody,
        TooManyItems: the body cannot be read; TakesLongError: reading would take long, and `may_take_long`
        is false.
        """
        plan = self.plans[match.operation.id]
        parameters, problems = plan.parameters.read(call, match.values)
        if problems:
            self._refuse(problems, call)
        if not plan.bodies or (not call.body and not plan.operation.body_required):
            tenant = self.spec.tenant(call.headers, parameters)
            return Request(call, plan.operation, parameters, tenant, dispatch, contract=self.spec.document)
        body, charset = _select_body(plan, call)
        most_bytes = json.MAX_LENIENT_BYTES if may_take_long else json.QUICK_LENIENT_BYTES
        unreadable: Mapping[int, str] = {}
        if body.has_lines and body.items is not None:
            document, unreadable = read_item_lines(call.body, charset, body.items.batch)
        else:
            document = _wrap_bare_item(body.decode(call, charset, most_bytes), body.items)
        document = self._read_envelope(call, body, document)
        items: tuple[list[Json], Mapping[int, Sequence[Problem]]] = ([], {})
        if body.items is not None:
            items = self._read_items(call, body.items, self._listed(call, body.items, document))
        return Request(
            call,
            plan.operation,
            parameters,
            self.spec.tenant(call.headers, parameters, document),
            dispatch,
            document=document,
            may_contain_nul=may_contain_nul(call.body),
            items=_build_items(items[0], plan.operation.batch, document),
            media_type=body.media_type,
            unproven={**items[1], **dict.fromkeys(unreadable, ())},
            unreadable=unreadable,
            contract=self.spec.document,
        )

    def _read_envelope(self, call: Call, body: CompiledBody, document: Json) -> Json:
        """Return the document as the vendor reads it. Raises InvalidCall: a problem outside the items."""
        is_closed = body.closed.accepts(document)
        if not (is_closed and body.shallow):
            check_depth(document)
        if is_closed:
            return document
        read = document if body.read is None else body.read(document)
        items = None if body.items is None else value_at(read, body.items.batch.items)
        self._refuse(body.whole.problems(read, unread=items), call, read)
        return read

    def _listed(self, call: Call, plan: CompiledItems, document: Json) -> list[Json]:
        """Return the items. Raises InvalidCall: the value is no list or map, whatever the spec allows."""
        value = value_at(document, plan.batch.items)
        if (items := listed(value, plan.batch)) is not None:
            return items
        kind, called = ("object", "an object") if plan.batch.is_map else ("array", "a list")
        problem = Problem("wrong-type", plan.batch.items, f"{called} is expected", "type", [kind], value)
        self._refuse((problem,), call, document)
        return []

    def _read_items(
        self, call: Call, plan: CompiledItems, sent: list[Json]
    ) -> tuple[list[Json], Mapping[int, Sequence[Problem]]]:
        """Return the items as the vendor reads them, and by index those that may break their schema.

        An item that is valid as sent is not coerced, and one that coercion does not change is checked once.
        """
        if len(sent) > self.max_items:
            check_depth(sent, above=len(plan.batch.items))
            raise TooManyItems(self.max_items, len(sent))
        unproven = plan.closed.find_invalid(sent, len(call.body))
        if not unproven:
            return sent, unproven
        check_depth([sent[index] for index in unproven], above=len(plan.batch.items))
        if plan.read is None:
            return sent, unproven
        items = list(sent)
        for index in unproven:
            items[index] = plan.read(sent[index])
        changed = [index for index in unproven if items[index] is not sent[index]]
        still = plan.closed.find_invalid([items[index] for index in changed], len(call.body))
        kept = {index: problems for index, problems in unproven.items() if items[index] is sent[index]}
        return items, kept | {changed[place]: problems for place, problems in still.items()}

    def _refuse(self, problems: Iterable[Problem], call: Call, document: Json = None) -> None:
        graded = [kept for problem in problems if (kept := self.classify(problem, call)) is not None]
        if graded:
            raise InvalidCall(graded, document)


def _select_body(plan: CompiledOperation, call: Call) -> tuple[CompiledBody, str]:
    if not call.body:
        raise MalformedBody("a body is required")
    media_type, charset = parse_content_type(call.headers)
    body = plan.bodies.get(media_type)
    if body is None:
        family, _, suffix = media_type.partition("+")
        body = plan.bodies.get(f"{family.split('/')[0]}/*+{suffix}") if suffix else None
    body = body or plan.bodies.get(f"{media_type.partition('/')[0]}/*") or plan.bodies.get("*/*")
    if body is None:
        raise UnsupportedMediaType(media_type, plan.bodies)
    return body, charset


def _wrap_bare_item(document: Json, plan: CompiledItems | None) -> Json:
    """Return the document. If bare items are accepted, put a bare item into an envelope with one item."""
    if plan is None or not plan.batch.bare_item or not isinstance(document, dict):
        return document
    name = str(plan.batch.items[0])
    if name in document:
        return document
    given = {key.lower() for key in document} if plan.any_case else document.keys()
    bare = (name.lower() if plan.any_case else name) not in given and not plan.members.isdisjoint(given)
    return {name: [document]} if bare else document


def _build_items(documents: list[Json], batch: Batch | None, whole: Json) -> tuple[Item, ...]:
    if batch is None:
        return ()
    paths = batch.key_paths
    if batch.is_map:
        keys = list(value_at(whole, batch.items))
    elif len(paths) == 1 and len(paths[0]) == 1:
        values = members_of(documents, batch.key[0])
        keys = ["" if value is None else str(value) for value in values]
    else:
        found = ([value_at(one, path) for path in paths] for one in documents)
        texts = ([str(value) for value in values if value is not None] for values in found)
        keys = [join_key(parts) if len(paths) > 1 else "".join(parts) for parts in texts]
    items = list(map(Item, count(), keys, documents))
    is_keyless = not batch.is_map and ("" in keys or batch.keyless)
    return _with_digests(items, batch) if is_keyless else tuple(items)


def _with_digests(items: list[Item], batch: Batch) -> tuple[Item, ...]:
    """Return the items. Items without a key get a digest, with a number from the second equal item on."""
    keyless = {item.index for item in items if not item.key}
    for name, value in batch.keyless.items():
        found = members_of([item.document for item in items], name)
        keyless.update([at for at, one in enumerate(found) if one == value] if value in found else ())
    seen: Counter[str] = Counter()
    for index in sorted(keyless):
        item, document = items[index], items[index].document
        if batch.identity and isinstance(document, dict):
            document = {name: document.get(name) for name in batch.identity}
        digest = json.digest(document)
        seen[item.key + digest] += 1
        number = seen[item.key + digest]
        items[index] = replace(item, digest=digest if number == 1 else f"{digest}.{number}")
    return tuple(items)


def judge_items(
    request: Request, plan: CompiledItems, handler: CompleteBatchHandler, classify: ClassifyProblem
) -> Mapping[int, Verdict]:
    """Return verdicts by item index. An item with neither problems nor warnings has no verdict.

    Raises InvalidCall: an item has a problem at which the vendor's own decoder refuses the call.
    """
    verdicts: dict[int, Verdict] = {}
    fatal: list[Problem] = []
    for item in _items_to_judge(request, handler):
        problems = _schema_problems(request, plan, item, classify) if item.index in request.unproven else ()
        fatal_problems = [problem for problem in problems if _is_fatal(problem, plan)]
        fatal += fatal_problems
        if not fatal_problems and (verdict := _judge_item(problems, item, request, handler)) is not None:
            verdicts[item.index] = verdict
    if fatal:
        raise InvalidCall(fatal, request.document)
    for index, problem in handler.batch_rule(request) if handler.batch_rule else ():
        known = verdicts.get(index, _NO_PROBLEMS)
        verdicts[index] = Verdict((*known.problems, problem), known.warnings)
    return verdicts


def _items_to_judge(request: Request, handler: CompleteBatchHandler) -> Sequence[Item]:
    if handler.rules or handler.warning_rules:
        return request.items
    if not request.unproven:
        return ()
    items = request.items
    return [items[index] for index in sorted(request.unproven) if index < len(items)]


def _schema_problems(
    request: Request, plan: CompiledItems, item: Item, classify: ClassifyProblem
) -> Sequence[Problem]:
    path = plan.batch.place_of(item)
    if fault := request.unreadable.get(item.index):
        return (Problem("malformed", path, fault, LINES, found=item.document),)
    problems = [replace(one, path=path + one.path) for one in request.unproven[item.index]]
    problems = problems or plan.one.problems(item.document, path)
    if (work := plan.batch.work_of(item.document)) in ("update", "delete"):
        # A change may leave members out, and a deletion has only the key.
        keys, start = plan.batch.key_paths, len(path)
        problems = [
            one
            for one in problems
            if (work == "update" and one.rule != "required")
            or any(one.path[start : start + len(key)] == key for key in keys)
        ]
    return [kept for problem in problems if (kept := classify(problem, request.call)) is not None]


def _judge_item(
    problems: Sequence[Problem], item: Item, request: Request, handler: CompleteBatchHandler
) -> Verdict | None:
    warnings: list[Problem] = []
    if isinstance(item.document, dict) and (handler.rules or handler.warning_rules):
        problems = [*problems, *[one for rule in handler.rules for one in rule(item, request)]]
        warnings = [one for rule in handler.warning_rules for one in rule(item, request)]
    return Verdict(tuple(problems), tuple(warnings)) if problems or warnings else None


def _is_fatal(problem: Problem, plan: CompiledItems) -> bool:
    if plan.fatal:
        steps = problem.path[len(plan.batch.items) + 1 :]
        override = plan.fatal.get(tuple(["*" if isinstance(step, int) else step for step in steps]))
        if override is not None:
            return override
    return problem.rule in plan.batch.fatal or problem.rule.partition(":")[0] in plan.batch.fatal


def apply_each(
    request: Request, verdicts: Mapping[int, Verdict], handler: CompleteBatchHandler, state: State
) -> tuple[Outcome, ...]:
    """Return one outcome for each item. Rejected items leave no trace; each item sees earlier writes."""
    outcomes: list[Outcome] = []
    apply_item: StoreItem = handler.apply(request, state)
    check, check_bad, ends = handler.check, handler.check_bad, handler.aborts_batch
    if isinstance(apply_item, StoreItems) and not (check or ends):
        if (stored := _store_at_once(request, verdicts, check_bad, apply_item, state)) is not None:
            return stored
        apply_item = apply_item.one
    set_mark = state.mark
    for item in request.items:
        verdict = _NO_PROBLEMS if check is None else _check_item(item, request, check, state)
        if verdicts and item.index in verdicts:
            verdict = _merge_verdicts(verdicts[item.index], verdict)
            if check_bad is not None and verdict.problems:
                verdict = _merge_verdicts(verdict, _check_item(item, request, check_bad, state))
        if verdict is not _NO_PROBLEMS and verdict.problems:
            outcome = _unapplied_outcome(item, verdict)
        else:
            mark = set_mark()
            try:
                outcome = apply_item(item)
            except Rejected as rejected:
                state.undo_to(mark)
                outcome = Outcome(item, Action.REJECTED, rejected.document, rejected.problems)
            if verdict is not _NO_PROBLEMS:
                outcome = replace(outcome, warnings=verdict.warnings + outcome.warnings)
        outcomes.append(outcome)
        if ends is not None and not outcome.accepted and ends(item):
            outcomes += [Outcome(rest, Action.SKIPPED) for rest in request.items[item.index + 1 :]]
            break
    return tuple(outcomes)


def _store_at_once(
    request: Request,
    verdicts: Mapping[int, Verdict],
    check_bad: CheckItem | None,
    store: StoreItems,
    state: State,
) -> tuple[Outcome, ...] | None:
    """Store all good items in one step and return all outcomes; return None if one step is not possible."""
    if not all(one.problems for one in verdicts.values()):
        return None
    items = request.items
    good = [one for one in items if one.index not in verdicts] if verdicts else items
    if check_bad is not None:
        verdicts = {
            index: _merge_verdicts(verdict, _check_item(items[index], request, check_bad, state))
            for index, verdict in verdicts.items()
        }
    stored = store.many(good)
    if stored is None:
        return None
    if not verdicts:
        return tuple(stored)
    following = iter(stored)
    return tuple(
        [
            _unapplied_outcome(one, verdicts[one.index]) if one.index in verdicts else next(following)
            for one in items
        ]
    )


def apply_all(
    request: Request, verdicts: Mapping[int, Verdict], handler: CompleteBatchHandler, state: State
) -> tuple[Outcome, ...]:
    """Return outcomes like `apply_each`. If an item is rejected, store nothing, and skip all good items."""
    if any(verdict.problems for verdict in verdicts.values()):
        return tuple(
            _unapplied_outcome(item, verdicts.get(item.index, _NO_PROBLEMS)) for item in request.items
        )
    mark = state.mark()
    outcomes = apply_each(request, verdicts, handler, state)
    if all(outcome.accepted for outcome in outcomes):
        return outcomes
    state.undo_to(mark)
    return tuple(
        Outcome(outcome.item, Action.SKIPPED) if outcome.accepted else outcome for outcome in outcomes
    )


def _check_item(item: Item, request: Request, check: CheckItem, state: State) -> Verdict:
    problems = tuple(check(item, request, state)) if isinstance(item.document, dict) else ()
    return Verdict(problems) if problems else _NO_PROBLEMS


def _merge_verdicts(first: Verdict, second: Verdict) -> Verdict:
    if second is _NO_PROBLEMS:
        return first
    return Verdict(first.problems + second.problems, first.warnings + second.warnings)


def _unapplied_outcome(item: Item, verdict: Verdict) -> Outcome:
    action = Action.REJECTED if verdict.problems else Action.SKIPPED
    return Outcome(item, action, None, verdict.problems, verdict.warnings)
