"""Faults of a client that receives webhooks, by its answers to deliveries, its later calls and its words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from mockserver.drill.findings import Kind, Mistake
from mockserver.drill.run import Run
from mockserver.model import SAFE_METHODS, unescape_step
from mockserver.sandbox.deliveries import OwedDelivery

Deliveries = Mapping[int, Sequence[OwedDelivery]]
"""Deliveries by the number of the call that caused them."""

_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_SUCCESS = range(200, 300)
_WRONG = "wrong-signature"


@dataclass(frozen=True)
class WebhookOracle:
    clean: Run
    run: Run
    deliveries: Deliveries

    def findings(self) -> Iterator[Mistake]:
        for number, owed in self.deliveries.items():
            accepted = {one.id for one in owed if _statuses(one) & {*_SUCCESS}}
            for one in {each.id: each for each in owed}.values():
                name = f"the webhook {one.event} of {', '.join(map(unescape_step, one.items))}"
                how = " and ".join(one.effects) or "in order"
                if one.id in accepted and _WRONG in one.effects:
                    cause = "with a wrong signature was accepted"
                    yield Mistake(Kind.WRONG, f"{name} {cause}", f"a webhook {cause}", (number,), one.items)
                elif one.id not in accepted and not self._has_noticed(one):
                    told = ", ".join(map(str, sorted(_statuses(one)))) or "nothing"
                    message = f"{name} ({how}) was answered {told}; the client neither looked nor told of it"
                    cause = f"a webhook ({how}) was missed without a word"
                    yield Mistake(Kind.DROPPED, message, cause, (number,), one.items)
        yield from self._counted_twice()

    def _has_noticed(self, delivery: OwedDelivery) -> bool:
        """Return whether the client read more than without faults, failed, or named an item in a new line."""
        run, clean = self.run, self.clean
        reads, usual = [sum(one.call.method in SAFE_METHODS for one in each.entries) for each in (run, clean)]
        new = [line for shape, line in _lines(run) if shape not in dict(_lines(clean))]
        is_named = any(unescape_step(key) in line for key in delivery.items for line in new)
        return reads > usual or run.ending.status not in (0, clean.ending.status) or is_named

    def _counted_twice(self) -> Iterator[Mistake]:
        """Yield a mistake if a count in the output is higher by the number of second deliveries."""
        owed = [one for several in self.deliveries.values() for one in several]
        more, usual = len(owed) - len({one.id for one in owed}), dict(_lines(self.clean))
        for shape, line in _lines(self.run) if more else ():
            pairs = zip(_NUMBER.findall(usual.get(shape, "")), _NUMBER.findall(line), strict=False)
            if any(f"{before}{now}".isdecimal() and int(now) - int(before) == more for before, now in pairs):
                verb = "webhook was" if more == 1 else "webhooks were"
                message = f"{more} doubled {verb} counted twice: {line.strip()}"
                yield Mistake(Kind.TWICE, message, "a doubled webhook was counted twice")


def _lines(run: Run) -> list[tuple[str, str]]:
    """Return each line of the output after its shape, which has no numbers."""
    return [(_NUMBER.sub("0", line), line) for line in run.ending.output.splitlines()]


def _statuses(delivery: OwedDelivery) -> set[int]:
    return {one.status for one in delivery.attempts if one.status is not None}
