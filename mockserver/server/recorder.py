"""Record every answer in the journal and add Date and the Mock-* headers to its reply."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter

from msgspec.structs import replace

from mockserver.codec.instants import print_http_date
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
    """Records answers in the journal; replies get the sandbox's Date, with `show_number` the Mock-* headers.

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
        reply = answer.reply
        headers = list(reply.headers)
        if call.now is not None and not (answer.applied and _is_dated(reply)):
            headers.insert(0, ("Date", print_http_date(call.now)))
        if self.show_number and number:
            headers.append((NUMBER_HEADER, str(number)))
        if self.show_number and answer.applied:
            headers.append((APPLIED_HEADER, ", ".join(answer.applied)))
        if self.show_number and answer.reason:
            headers.append((REASON_HEADER, reason_header(answer.reason)))
        return replace(reply, headers=tuple(headers))


def _is_dated(reply: Reply) -> bool:
    return any(name.lower() == "date" for name, _ in reply.headers)


def reason_header(reason: str) -> str:
    """Return a reason as a header's text: printable ASCII on one line, cut."""
    text = one_line(reason).replace("…", "...").encode("ascii", "backslashreplace").decode()
    return text if len(text) <= _MAX_HEADER else f"{text[: _MAX_HEADER - 3]}..."
