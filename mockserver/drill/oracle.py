"""The oracle, which judges a client's run by the sandbox's journal, and by the client's status and output."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from typing import TypeAlias

from mockserver.drill.call_findings import CallOracle, describe_refusals
from mockserver.drill.cases import Calls
from mockserver.drill.findings import (
    Kind,
    Mistake,
    Run,
    VendorAbilities,
    join_names,
    pair_histories,
    readable_name,
)
from mockserver.drill.item_findings import ItemOracle
from mockserver.journal.item_history import ItemHistory, Told
from mockserver.model import Value
from mockserver.scenario.rule_words import counted

SURVIVED, TOLD, SILENT, DOUBTFUL, UNMET = "survived", "told", "silent", "doubtful", "unmet"

_ORDER = list(Kind)

Pairs: TypeAlias = Sequence[tuple[ItemHistory, ItemHistory]]
"""For each item, its history in the run without faults, and its history in the judged run."""


class Judgement(Value, frozen=True):
    """Verdict on a run. The first of `findings` is the worst."""

    verdict: str
    message: str
    findings: tuple[Mistake, ...] = ()


def judge(clean: Run, run: Run, abilities: VendorAbilities, *, harmless: bool, is_met: bool) -> Judgement:
    """Judge a run by comparison with the run without faults.

    If `harmless`, the client must end as it ends without faults. `is_met` tells whether the case happened.
    """
    pairs, others = pair_histories(clean, run)
    taken = [(meant, sent) for meant, sent in pairs if meant.stored]
    stored = f"{sum(sent.stored for _, sent in taken)} of {len(taken)} stored"
    found = [
        *ItemOracle(clean, run, abilities).findings(pairs, others),
        *CallOracle(run, abilities).findings(),
    ]
    status, usual = run.ending.status, clean.ending.status
    if harmless and status not in (None, usual):
        end = f"ended with {status} although nothing failed ({stored}); without faults it ends with {usual}"
        found.append(Mistake(Kind.ALARM, end))
    if found:
        found.sort(key=lambda one: (one.doubtful, _ORDER.index(one.kind)))
        verdict = DOUBTFUL if found[0].doubtful else SILENT
        message = "; ".join(filter(None, (describe_refusals(run.entries), found[0].message)))
        return Judgement(verdict, message, tuple(found))
    if not is_met:
        return Judgement(UNMET, "the client makes no call in which this could happen")
    rest = f"ended with {status}" if status != usual else ""
    verdict = SURVIVED if all(sent.stored for _, sent in taken) else TOLD
    return Judgement(verdict, ", ".join(filter(None, (stored, _describe_rest(taken, rest)))))


def _describe_rest(taken: Pairs, ending: str) -> str:
    """If items are missing, return `ending` or (if "") their names; otherwise, return what was sent again."""
    missing = [readable_name(meant.key, sent.attempts) for meant, sent in taken if not sent.stored]
    if missing:
        return ending or f"and it named {join_names(missing)}"
    again = [sent for meant, sent in taken if len(sent.attempts) > len(meant.attempts)]
    if not again or len(again) == len(taken):
        return ""
    if all(any(attempt.told is Told.NOTHING for attempt in one.attempts) for one in again):
        return "only what no answer told of sent again"
    return f"only {'the failed one' if len(again) == 1 else f'the {len(again)} that failed'} sent again"


def describe_intent(clean: Run) -> str:
    """Return words such as "5 items by createBatch in 3 calls, 370.00 in all"."""
    operations = " and ".join(dict.fromkeys(one.operation for one in clean.histories))
    calls = len({attempt.number for one in clean.histories for attempt in one.attempts})
    amounts = [one.amount for one in clean.histories if one.amount is not None]
    money = f", {sum(amounts, Decimal())} in all" if amounts else ""
    items = counted(len(clean.histories), "item")
    return f"{items} by {operations} in {counted(calls, 'call')}{money}"


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
