"""Faults of a client that receives webhooks, by its answers to deliveries, its later calls and its words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from mockserver.drill.findings import Kind, Mistake
from mockserver.drill.run import Run
from mockserver.model import SAFE_METHODS, unescape_step
from mockserver.sandbox.deliveries import OwedDelivery

Deliveries = Mapping[int, Sequence[OwedDelivery]]
"""Deliveries by the number of the call that caused them."""

_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_SUCCESS = range(200, 300)


def find_webhook_mistakes(clean: Run, run: Run, deliveries: Deliveries) -> Iterator[Mistake]:
    """Yield a mistake for each webhook that was accepted wrongly, missed unnoticed, or counted twice.

    A client notices if it reads more than without faults, fails, or names an item in a new line.
    """
    usual, lines = dict(_lines(clean)), _lines(run)
    new = [line for shape, line in lines if shape not in usual]
    reads, few = [sum(one.call.method in SAFE_METHODS for one in each.entries) for each in (run, clean)]
    has_noticed = reads > few or run.ending.status not in (0, clean.ending.status)
    for number, owed in deliveries.items():
        statuses = [(one.id, tried.status) for one in owed for tried in one.attempts if tried.status]
        accepted = {key for key, status in statuses if status in _SUCCESS}
        for one in {each.id: each for each in owed}.values():
            keys = [unescape_step(key) for key in one.items]
            name = f"the webhook {one.event} of {', '.join(keys)}"
            how = " and ".join(one.effects) or "in order"
            if one.id in accepted and "wrong-signature" in one.effects:
                cause = "with a wrong signature was accepted"
                yield Mistake(Kind.WRONG, f"{name} {cause}", f"a webhook {cause}", (number,), one.items)
            elif not (one.id in accepted or has_noticed or any(key in line for key in keys for line in new)):
                told = ", ".join(sorted({str(got) for key, got in statuses if key == one.id})) or "nothing"
                seen = f"{name} ({how}) was answered {told}; the client neither looked nor told of it"
                cause = f"a webhook ({how}) was missed without a word"
                yield Mistake(Kind.DROPPED, seen, cause, (number,), one.items)
    ids = [one.id for owed in deliveries.values() for one in owed]
    more = len(ids) - len({*ids})
    for shape, line in lines if more else ():
        pairs = zip(_NUMBER.findall(usual.get(shape, "")), _NUMBER.findall(line), strict=False)
        if any(f"{before}{now}".isdecimal() and int(now) - int(before) == more for before, now in pairs):
            verb = "webhook was" if more == 1 else "webhooks were"
            message = f"{more} doubled {verb} counted twice: {line.strip()}"
            yield Mistake(Kind.TWICE, message, "a doubled webhook was counted twice")


def _lines(run: Run) -> list[tuple[str, str]]:
    """Return each line of the output after its shape, which has no numbers."""
    return [(_NUMBER.sub("0", line), line) for line in run.ending.output.splitlines()]
