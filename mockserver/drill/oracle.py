"""The oracle, which judges a client's run by the sandbox's journal and records, and by the client's words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal

from msgspec.structs import replace

from mockserver.drill.call_findings import CallOracle, describe_refusals
from mockserver.drill.cases import Calls
from mockserver.drill.final_state import count_final_records, may_delete
from mockserver.drill.findings import Kind, Mistake, join_names, readable_name
from mockserver.drill.item_findings import ItemOracle
from mockserver.drill.matching import Pair, list_items, match_items
from mockserver.drill.real_server import Doubts
from mockserver.drill.run import Run, VendorAbilities
from mockserver.drill.webhook_findings import Deliveries, find_webhook_mistakes
from mockserver.journal.item_history import ItemHistory, Told, has_own_key
from mockserver.journal.item_values import add_amounts, print_money
from mockserver.model import Document, Value
from mockserver.scenario.rule_words import counted

SURVIVED, TOLD, SILENT, DOUBTFUL, UNMET = "survived", "told", "silent", "doubtful", "unmet"

_ORDER = list(Kind)


class Judgement(Value, frozen=True):
    """Verdict on a run. The first of `findings` is the worst."""

    verdict: str
    message: str
    findings: tuple[Mistake, ...] = ()


class Expected(Value, frozen=True):
    """What the user knows of the client's items; None if the user does not say it."""

    items: int | None = None
    sum: Decimal | None = None


def judge(  # noqa: PLR0913 - the parts of a comparison
    clean: Run,
    run: Run,
    abilities: VendorAbilities,
    *,
    harmless: bool,
    is_met: bool,
    records: Sequence[Iterable[Document]] = ((), ()),
    expected: Expected | None = None,
    deliveries: Deliveries | None = None,
) -> Judgement:
    """Judge a run by comparison with the run without faults.

    If `harmless`, the client must end as it ends without faults. `is_met` tells whether the case happened.
    `records` are those of the vendor in the end, without faults and in the run.
    """
    is_parallel = clean.has_overlap() or run.has_overlap()
    is_clean = run is clean
    counts = Counter(one.call.fingerprint for one in clean.entries)
    repeated = frozenset(one for one, number in counts.items() if number > 1)
    clean = replace(clean, is_parallel=is_parallel, repeated=repeated)
    run = clean if is_clean else replace(run, is_parallel=is_parallel, repeated=repeated)
    pairs, others = match_items(clean, run)
    has_finals = may_delete(clean, run) and not is_clean and not clean.is_forwarded
    finals = count_final_records(pairs, *records) if has_finals else {}
    doubts = Doubts(clean, run, pairs)
    items = ItemOracle(clean, run, abilities, pairs, others, finals, doubts)
    missing = items.missing
    taken = [pair for pair in pairs if pair[0].stored]
    wanted = _count_items(meant for meant, _ in taken)
    stored = f"{wanted - sum(count for _, count in missing)} of {wanted} stored"
    found = [*items.findings(), *CallOracle(run, abilities).findings()]
    found += find_webhook_mistakes(clean, run, deliveries or {})
    if is_clean:
        found += _surprises(clean, expected or Expected())
    status, usual = run.ending.status, clean.ending.status
    if harmless and status not in (None, usual):
        end = f"ended with {status} although nothing failed ({stored}); without faults it ends with {usual}"
        end = "; ".join(filter(None, (end, doubts.on_run)))
        why = "the client ended with a failure although all was well"
        found.append(Mistake(Kind.ALARM, end, why, doubtful=bool(doubts.on_run)))
    if found:
        found.sort(key=lambda one: (one.doubtful, _ORDER.index(one.kind)))
        verdict = DOUBTFUL if found[0].doubtful else SILENT
        message = "; ".join(filter(None, (describe_refusals(run.entries), found[0].message)))
        return Judgement(verdict, message, tuple(found))
    if not is_met:
        return Judgement(UNMET, "the client makes no call in which this could happen")
    if _has_untold_warnings(run):
        return Judgement(UNMET, "no answer to the client has a place for the warning of an item")
    rest = "" if run.starts[1:] else _describe_repetition(taken)
    if missing:
        sent = {meant.key: one.attempts for meant, one in taken}
        named = join_names([readable_name(one, sent[one.key]) for one, _ in missing])
        rest = f"ended with {status}" if status != usual else f"and it named {named}"
    message = ", ".join(filter(None, (stored, rest)))
    return Judgement(TOLD if missing else SURVIVED, message)


def _has_untold_warnings(run: Run) -> bool:
    """Return whether a rule gave stored items a warning, and no answer shows one."""
    warned = any(
        "warned" in effect.did and index in entry.decided.warnings
        for entry in run.entries
        for index, effect in entry.effects.items()
    )
    return warned and not any(attempt.warning for one in run.histories for attempt in one.attempts)


def _count_items(histories: Iterable[ItemHistory]) -> int:
    """Return the number of items, counting each of equal items without a key."""
    return sum(1 if has_own_key(one) else max(1, len(one.versions)) for one in histories)


def _surprises(clean: Run, expected: Expected) -> Iterable[Mistake]:
    """Yield how the items that are stored without faults differ from what the user expects."""
    stored = [one for one in list_items(clean) if one.stored]
    count, total = _count_items(stored), _sum_amounts(stored) or Decimal()
    if expected.items is not None and count != expected.items:
        kind = Kind.DROPPED if count < expected.items else Kind.TWICE
        message = f"without any fault {count} items are stored; {expected.items} are expected"
        yield Mistake(kind, message, "other items are stored than are expected")
    if expected.sum is not None and total != expected.sum:
        summed, wanted = (print_money(None, one) for one in (total, expected.sum))
        message = f"without any fault the stored items sum up to {summed}; {wanted} is expected"
        yield Mistake(Kind.WRONG, message, "another sum is stored than is expected")


def _describe_repetition(taken: Sequence[Pair]) -> str:
    """Return which items were sent again, or "" if none or all were."""
    again = [sent for meant, sent in taken if len(sent.attempts) > len(meant.attempts)]
    if not again or len(again) == len(taken):
        return ""
    if all(any(attempt.told is Told.NOTHING for attempt in one.attempts) for one in again):
        return "only what no answer told of sent again"
    return f"only {'the failed one' if len(again) == 1 else f'the {len(again)} that failed'} sent again"


def _sum_amounts(histories: Iterable[ItemHistory]) -> Decimal | None:
    """Return the sum of the items' amounts; None if no item has an amount."""
    amounts = [
        amount * (1 if has_own_key(one) else max(1, len(one.versions)))
        for one in histories
        if (amount := one.decisive.amount) is not None
    ]
    return add_amounts(amounts) if amounts else None


def describe_intent(clean: Run) -> str:
    """Return words such as "5 items (1 refused) by createBatch in 3 calls, 370.00 in all"."""
    items = list_items(clean)
    operations = " and ".join(dict.fromkeys(one.operation for one in items))
    calls = len({attempt.number for one in items for attempt in one.attempts})
    total = _sum_amounts(items)
    money = "" if total is None else f", {print_money(None, total)} in all"
    refused = sum(not one.stored for one in items)
    said = f"{counted(_count_items(items), 'item')}{f' ({refused} refused)' if refused else ''}"
    said = f"{said} by {operations} in {counted(calls, 'call')}{money}"
    real = next((one.forwarded_to for one in clean.entries if one.forwarded_to), "")
    return f"{said}, answered by {real}, which is not reset between the cases" if real else said


def count_calls(clean: Run, vendor: str) -> Calls:
    """Return the operation that carries the most items, its number of calls, and its largest call's size."""
    items = Counter(one.operation for one in clean.histories for _ in one.attempts)
    if not items:
        return Calls(vendor)
    operation = max(items, key=items.__getitem__)
    own = (one for one in clean.histories if one.operation == operation)
    sizes = Counter(attempt.number for one in own for attempt in one.attempts)
    return Calls(vendor, operation, len(sizes), max(sizes.values()))


def find_obstacle(clean: Run) -> str:
    """Return why the client cannot be drilled (how it fails without faults), or "" if it can."""
    if clean.ending.status is None:
        return f"without any fault the client does not end within {clean.ending.timeout_s:g} s"
    if not clean.entries:
        return "the client made no call to this sandbox"
    if refusals := describe_refusals(clean.entries):
        return f"without any fault {refusals}"
    if not clean.histories:
        lines = Counter(f"{one.call.method} {one.call.path} {one.status}" for one in clean.entries)
        return f"the client sent no item: {', '.join(f'{number} x {line}' for line, number in lines.items())}"
    if not any(one.stored for one in clean.histories):
        last = clean.histories[0].attempts[-1]
        return f"without any fault no item is stored; the first: {last.detail or last.code or last.status}"
    return ""
