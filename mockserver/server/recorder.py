"""Record every answer in the journal and add the Mock-* headers to its reply."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter

from msgspec.structs import replace

from mockserver.engine.reasons import one_line
from mockserver.journal.journal import Journal
from mockserver.model import Answer, Call, Reply
from mockserver.sandbox.clock import Clock, system_clock

NUMBER_HEADER = "Mock-Journal"
APPLIED_HEADER = "Mock-Applied"
REASON_HEADER = "Mock-Reason"

_MAX_HEADER = 500


def _every_sandbox(_name: str) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Recorder:
    """Records answers in the journal; with `show_number`, replies get the Mock-* headers.

    `is_known` tells whether a sandbox exists. Calls to unknown sandboxes are not kept, so that made-up names
    cannot fill the memory.
    """

    journal: Journal
    show_number: bool = True
    clock: Clock = system_clock
    is_known: Callable[[str], bool] = _every_sandbox

    def record(self, call: Call, answer: Answer, started: float) -> Reply:
        """Record the answer and return the reply to be sent; `started` is a value of `perf_counter`."""
        duration_ms = (perf_counter() - started) * 1000
        is_kept = self.is_known(call.sandbox)
        number = self.journal.append(self.clock(), call, answer, duration_ms, kept=is_kept)
        if not self.show_number:
            return answer.reply
        reply = answer.reply
        mock_headers = [(NUMBER_HEADER, str(number))] if number else []
        if answer.applied:
            mock_headers.append((APPLIED_HEADER, ", ".join(answer.applied)))
        if answer.reason:
            mock_headers.append((REASON_HEADER, reason_header(answer.reason)))
        return replace(reply, headers=(*reply.headers, *mock_headers))


def reason_header(reason: str) -> str:
    """Return a reason as a header's text: printable ASCII on one line, cut."""
    text = one_line(reason).replace("…", "...").encode("ascii", "backslashreplace").decode()
    return text if len(text) <= _MAX_HEADER else f"{text[: _MAX_HEADER - 3]}..."
