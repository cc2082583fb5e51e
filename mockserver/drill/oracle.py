"""The oracle: what a client made of a case, from the journal of its sandbox and not from its word."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from decimal import Decimal

from mockserver.drill.call_findings import CallOracle, describe_refusals
from mockserver.drill.cases import Calls
from mockserver.drill.findings import (
    Finding,
    Intent,
    Kind,
    Run,
    VendorAbilities,
    join_names,
    pair_histories,
    read_intent,
)
from mockserver.drill.item_findings import ItemOracle
from mockserver.journal.item_history import Told
from mockserver.model import Value

OK, FAILED, DOUBTFUL, UNMET = "ok", "fail", "doubtful", "unmet"
VERDICTS = (OK, FAILED, DOUBTFUL, UNMET)

_ORDER = {kind: rank for rank, kind in enumerate(Kind)}


class Judgement(Value, frozen=True):
    """The verdict on a run, its findings, the worst first, and one sentence."""

    verdict: str
    message: str
    findings: tuple[Finding, ...] = ()


def judge(clean: Run, run: Run, abilities: VendorAbilities, *, harmless: bool, is_met: bool) -> Judgement:
    """Judge a run by what the run without faults means to do.

    `harmless`: the client is to end as it does without faults. `is_met`: the case took place.
    """
    intent = read_intent(clean)
    found = [
        *ItemOracle(clean, run, intent, abilities).findings(),
        *CallOracle(run, abilities).findings(),
        *(_false_alarm(clean, run, intent) if harmless else ()),
    ]
    found.sort(key=lambda one: (one.doubtful, _ORDER[one.kind]))
    findings = tuple(found)
    refusals = describe_refusals(run.entries)
    if findings:
        verdict = DOUBTFUL if all(one.doubtful for one in findings) else FAILED
        message = "; ".join(filter(None, (refusals, findings[0].message)))
        return Judgement(verdict, message, findings)
    if not is_met:
        return Judgement(UNMET, "the client makes no call in which this could happen")
    return Judgement(OK, _summary(clean, run, intent))


def _false_alarm(clean: Run, run: Run, intent: Intent) -> Iterable[Finding]:
    """The client ended with a failure although nothing failed."""
    status, usual = run.ending.status, clean.ending.status
    if status not in (None, usual):
        stored = _count_stored(run, intent)
        message = (
            f"ended with {status} although nothing failed ({stored}); without faults it ends with {usual}"
        )
        yield Finding(Kind.ALARM, message)


def _count_stored(run: Run, intent: Intent) -> str:
    pairs, _ = pair_histories(intent, run)
    taken = [history for place, history in pairs.items() if intent[place].is_taken]
    stored = sum(one is not None and one.stored for one in taken)
    return f"{stored} of {len(taken)} stored"


def _summary(clean: Run, run: Run, intent: Intent) -> str:
    """Such as: 3 of 3 stored, only the failed one sent again."""
    pairs, _ = pair_histories(intent, run)
    taken = {place: history for place, history in pairs.items() if intent[place].is_taken}
    stored = [place for place, one in taken.items() if one is not None and one.stored]
    missing = [intent[place].key for place in taken if place not in stored]
    parts = [_count_stored(run, intent)]
    again = [
        one for place, one in taken.items() if one is not None and len(one.attempts) > intent[place].sends
    ]
    if again and not missing and len(again) < len(taken):
        is_unclear = all(any(attempt.told is Told.NOTHING for attempt in one.attempts) for one in again)
        failed = "the failed one" if len(again) == 1 else f"the {len(again)} that failed"
        parts.append(f"only {'what no answer told of' if is_unclear else failed} sent again")
    if missing:
        names, ending = join_names(missing), run.ending
        ended = "" if ending.status == clean.ending.status else f"ended with {ending.status}"
        parts.append(ended or f"and it named {names}")
    return ", ".join(parts)


def describe_intent(clean: Run) -> str:
    """Such as: 5 items by createBatch in 3 calls, 370.00 in all."""
    intent = read_intent(clean)
    operations = list(dict.fromkeys(operation for _, operation, _ in intent))
    calls = len({attempt.number for one in clean.histories for attempt in one.attempts})
    amounts = [meant.amount for meant in intent.values() if meant.amount is not None]
    total = sum(amounts, Decimal())
    items = "1 item" if len(intent) == 1 else f"{len(intent)} items"
    money = f", {total} in all" if amounts else ""
    return f"{items} by {' and '.join(operations)} in {calls} {'call' if calls == 1 else 'calls'}{money}"


def count_calls(clean: Run, vendor: str) -> Calls:
    """The calls of the operation with the most items."""
    sizes: dict[str, Counter[int]] = {}
    for history in clean.histories:
        numbers = sizes.setdefault(history.operation, Counter())
        numbers.update({attempt.number for attempt in history.attempts})
    if not sizes:
        return Calls(vendor)
    operation = max(sizes, key=lambda name: sizes[name].total())
    return Calls(vendor, operation, len(sizes[operation]), max(sizes[operation].values()))


def find_obstacle(clean: Run) -> str:
    """Why the client cannot be drilled: it does not manage without faults either; "" if it does."""
    if clean.ending.status is None:
        return f"without any fault the client does not end within {clean.ending.timeout_s:g} s"
    if not clean.entries:
        return "the client made no call to this sandbox"
    if refusals := describe_refusals(clean.entries):
        return f"without any fault {refusals}"
    if not clean.histories:
        return "the client sent no item: " + ", ".join(
            f"{number} x {line}" for line, number in _lines(clean).items()
        )
    if not any(one.stored for one in clean.histories):
        last = clean.histories[0].attempts[-1]
        return f"without any fault no item is stored; the first: {last.detail or last.code or last.status}"
    return ""


def _lines(run: Run) -> Counter[str]:
    return Counter(f"{entry.call.method} {entry.call.path} {entry.status}" for entry in run.entries)
