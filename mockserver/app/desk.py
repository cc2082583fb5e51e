"""The desk: every answer passes it, is written into the journal, and gets its number."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter

from msgspec.structs import replace

from mockserver.clock import Clock, system_clock
from mockserver.journal import Journal
from mockserver.model import Answer, Call, Reply

NUMBER = "Mock-Journal"


@dataclass(frozen=True, slots=True)
class Desk:
    """Records answers; `show_number` puts the journal's number into the reply."""

    journal: Journal
    show_number: bool = True
    clock: Clock = system_clock

    def started(self) -> float:
        """A mark to measure a call's duration from, in seconds."""
        return perf_counter()

    def close(self, call: Call, answer: Answer, started: float) -> Reply:
        """Record the answer; the reply as it is to be sent."""
        number = self.journal.append(self.clock(), call, answer, (perf_counter() - started) * 1000)
        if not self.show_number:
            return answer.reply
        reply = answer.reply
        return replace(reply, headers=(*reply.headers, (NUMBER, str(number))))
