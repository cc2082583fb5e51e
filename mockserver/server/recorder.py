"""Record every answer in the journal and add the Mock-* headers to its reply."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter

from msgspec.structs import replace

from mockserver.journal.journal import Journal
from mockserver.model import Answer, Call, Reply
from mockserver.sandbox.clock import Clock, system_clock

NUMBER_HEADER = "Mock-Journal"
APPLIED_HEADER = "Mock-Applied"


def _every_sandbox(_name: str) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Recorder:
    """Records answers; `show_number` puts the journal's number and the rules applied into the reply.

    `knows` says whether a sandbox is there: of one that is not there no journal is kept, else calls to
    made-up names would fill the memory.
    """

    journal: Journal
    show_number: bool = True
    clock: Clock = system_clock
    is_known: Callable[[str], bool] = _every_sandbox

    def close(self, call: Call, answer: Answer, started: float) -> Reply:
        """Record the answer; the reply as it is to be sent."""
        duration_ms = (perf_counter() - started) * 1000
        kept = self.is_known(call.sandbox)
        number = self.journal.append(self.clock(), call, answer, duration_ms, kept=kept)
        if not self.show_number:
            return answer.reply
        reply = answer.reply
        ours = [(NUMBER_HEADER, str(number))] if kept else []
        if answer.applied:
            ours.append((APPLIED_HEADER, ", ".join(answer.applied)))
        return replace(reply, headers=(*reply.headers, *ours))
